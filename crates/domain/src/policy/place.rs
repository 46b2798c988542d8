//! Where somebody stands to what is asked about.
use super::{Action, Role};
use crate::{
    ids::{AccountId, FacilityId, OrganisationId},
    partner::{BranchCode, WholesalerCode},
    territory::{TerritoryCode, Tier},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};
use uuid::Uuid;

/// Where something or somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A nation, prefecture or municipality.
    Territory(TerritoryCode),
    /// A facility, and the municipality it lies in.
    Facility(FacilityId, TerritoryCode),
    /// A wholesaler company: it works all over the nation.
    Wholesaler(WholesalerCode),
    /// One of its branches.
    Branch(BranchCode),
}

impl Place {
    /// The territory: the facility's municipality for a facility, the nation for a wholesaler.
    #[must_use]
    pub fn territory(self) -> TerritoryCode {
        match self {
            Self::Territory(code) | Self::Facility(_, code) => code,
            Self::Wholesaler(_) | Self::Branch(_) => TerritoryCode::NATION,
        }
    }

    /// A shipment has two ends. For a wholesaler it lies at its `branch`, for all others at the `site`.
    #[must_use]
    pub fn of_shipment(actor: &Actor, branch: BranchCode, site: Self) -> Self {
        if actor.role == Role::Wholesaler { Self::Branch(branch) } else { site }
    }
}

names! {
    /// What a sharing agreement opens to whom it is made with. Each kind is agreed by itself.
    Share {
        /// The sums of municipalities.
        Figures = "figures",
        /// The facilities' master data.
        Facilities = "facilities",
        /// The facilities' own reports, and with them the facilities.
        Reports = "reports",
    }
}

/// What a sharing agreement in force opens at one territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// The agreement.
    pub agreement: Uuid,
    /// A whole prefecture, or one municipality of an agreed medical area.
    pub at: TerritoryCode,
    /// What it opens there.
    pub what: Share,
}

/// An access in an emergency that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The access.
    pub access: Uuid,
    /// A facility, or a territory with all its facilities.
    pub at: Place,
}

impl Opened {
    /// Is this facility open to it?
    #[must_use]
    pub fn covers(&self, facility: FacilityId, municipality: TerritoryCode) -> bool {
        match self.at {
            Place::Facility(id, _) => id == facility,
            Place::Territory(code) => code.contains(municipality),
            Place::Wholesaler(_) | Place::Branch(_) => false,
        }
    }
}

/// What an actor reaches beyond the tree of territories on a business day. Resolved outside
/// (`platform::directory`) and carried along, so that a decision needs no query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The municipalities of a health centre's area, in ascending order.
    pub area: Vec<TerritoryCode>,
    /// Municipalities that were merged into the home: what is theirs is the home's.
    pub absorbed: Vec<TerritoryCode>,
    /// What others have agreed to share with the actor's organisation.
    pub shared: Vec<Shared>,
    /// The home was merged away: its accounts have become strangers.
    pub gone: bool,
    /// All facilities of the instance that are closed on this day.
    pub closed: Arc<BTreeSet<FacilityId>>,
    /// What the actor's own account has asked for in an emergency.
    pub opened: Vec<Opened>,
}

static NOTHING: LazyLock<Arc<Reach>> = LazyLock::new(Arc::default);

impl Reach {
    /// Nothing beyond the tree.
    #[must_use]
    pub fn none() -> Arc<Self> {
        NOTHING.clone()
    }

    /// Is this facility closed?
    #[must_use]
    pub fn is_closed(&self, facility: FacilityId) -> bool {
        self.closed.contains(&facility)
    }
}

/// Somebody who acts: an account, or a job of the service itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account; nil for the public.
    pub account: AccountId,
    /// The body it acts for; nil for the public.
    pub organisation: OrganisationId,
    /// Its name as the audit trail shows it: `ministry`, `proxy-13`, `importer`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Where it is at home.
    pub home: Place,
    /// A machine's account (its request rate is higher).
    pub machine: bool,
    /// The session it signed in with; machines have none.
    pub session: Option<Uuid>,
    /// The delegation under which it acts for somebody else.
    pub delegation: Option<Uuid>,
    /// A service account's own narrower limits; `None`: all that its role may do.
    pub actions: Option<Arc<[Action]>>,
    /// What it reaches beyond the tree of territories.
    pub reach: Arc<Reach>,
}

impl Actor {
    /// Somebody who has not signed in.
    #[must_use]
    pub fn public() -> Self {
        let nil = Uuid::nil();
        Self {
            account: AccountId(nil),
            organisation: OrganisationId(nil),
            name: "public".to_owned(),
            role: Role::Public,
            home: Place::Territory(TerritoryCode::NATION),
            machine: false,
            session: None,
            delegation: None,
            actions: None,
            reach: Reach::none(),
        }
    }

    /// The service itself, at work under the name of a job: `importer`, `open-day`.
    #[must_use]
    pub fn system(job: &str) -> Self {
        Self { name: job.to_owned(), role: Role::Operator, machine: true, ..Self::public() }
    }

    /// May this account ask for `action` at all, as far as its own narrower limits go?
    #[must_use]
    pub fn is_limited_to(&self, action: Action) -> bool {
        self.actions.as_deref().is_none_or(|actions| actions.contains(&action))
    }
}

names! {
    /// How the actor's home stands to the place asked about.
    Relation {
        /// the same place
        Own = "own",
        /// the place lies within the actor's home
        Child = "child",
        /// both lie directly within the same place
        Sibling = "sibling",
        /// the actor's home lies within the place
        Parent = "parent",
        /// none of these
        Elsewhere = "elsewhere",
        /// the place lies in the area of the actor's health centre
        Area = "area",
        /// the sums of the place are shared by agreement
        SharedFigures = "shared_figures",
        /// the facilities' master data are shared by agreement
        SharedFacilities = "shared_facilities",
        /// the facilities' reports are shared by agreement
        SharedReports = "shared_reports",
        /// the facility's reports were asked for in an emergency
        BreakGlass = "break_glass",
        /// the actor's home was merged away
        Merged = "merged",
        /// the facility is the actor's to see, and closed
        Closed = "closed",
    }
}

impl Relation {
    /// The letter by which the golden file shows it.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Own => 'o',
            Self::Child => 'c',
            Self::Sibling => 's',
            Self::Parent => 'p',
            Self::Elsewhere => 'e',
            Self::Area => 'a',
            Self::SharedFigures => 'f',
            Self::SharedFacilities => 'm',
            Self::SharedReports => 'r',
            Self::BreakGlass => 'b',
            Self::Merged => 'g',
            Self::Closed => 'x',
        }
    }

    /// At home, or within it.
    pub(super) fn is_inside(self) -> bool {
        matches!(self, Self::Own | Self::Child)
    }
}

impl From<Share> for Relation {
    fn from(what: Share) -> Self {
        match what {
            Share::Figures => Self::SharedFigures,
            Share::Facilities => Self::SharedFacilities,
            Share::Reports => Self::SharedReports,
        }
    }
}

/// What lies directly above a place.
fn parent(place: Place) -> Option<Place> {
    match place {
        Place::Territory(code) => code.above().map(Place::Territory),
        Place::Facility(_, at) => Some(Place::Territory(at)),
        Place::Wholesaler(_) => Some(Place::Territory(TerritoryCode::NATION)),
        Place::Branch(branch) => Some(Place::Wholesaler(branch.wholesaler())),
    }
}

fn same_tier(one: Place, other: Place) -> bool {
    match (one, other) {
        (Place::Territory(one), Place::Territory(other)) => one.tier() == other.tier(),
        (one, other) => std::mem::discriminant(&one) == std::mem::discriminant(&other),
    }
}

/// How `home` stands to `place` in the tree.
#[must_use]
pub fn relation(home: Place, place: Place) -> Relation {
    match (home, place) {
        // a token remembers where the facility was when it was issued: it stays the same facility
        (Place::Facility(home, _), Place::Facility(place, _)) if home == place => Relation::Own,
        (home, place) if home == place => Relation::Own,
        (Place::Territory(home), Place::Facility(_, at)) if home.contains(at) => Relation::Child,
        (Place::Facility(_, at), Place::Territory(place)) if place.contains(at) => Relation::Parent,
        (Place::Territory(home), Place::Territory(place)) if home.contains(place) => Relation::Child,
        (Place::Territory(home), Place::Territory(place)) if place.contains(home) => Relation::Parent,
        (Place::Territory(home), Place::Wholesaler(_) | Place::Branch(_)) if home == TerritoryCode::NATION => {
            Relation::Child
        }
        (Place::Wholesaler(home), Place::Branch(branch)) if branch.wholesaler() == home => Relation::Child,
        (Place::Branch(home), Place::Wholesaler(place)) if home.wholesaler() == place => Relation::Parent,
        (home, place) if same_tier(home, place) && parent(home) == parent(place) => Relation::Sibling,
        _ => Relation::Elsewhere,
    }
}

/// A few relations at once: a place may lie in the home, in the area and under an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Relations(u16);

impl Relations {
    fn one(relation: Relation) -> Self {
        Self(1 << relation as u16)
    }

    fn add(&mut self, relation: Relation) {
        self.0 |= Self::one(relation).0;
    }

    /// Those that hold.
    pub(super) fn iter(self) -> impl Iterator<Item = Relation> {
        Relation::ALL.iter().copied().filter(move |relation| self.0 & Self::one(*relation).0 != 0)
    }
}

/// All relations of somebody at `home` with this reach to `place`, but for closing, which the table knows.
pub(super) fn relations(home: Place, reach: &Reach, place: Place) -> Relations {
    if reach.gone {
        return Relations::one(Relation::Merged);
    }
    let at = match place {
        Place::Territory(code) | Place::Facility(_, code) if code.tier() == Tier::Municipality => Some(code),
        _ => None,
    };
    // only a territory absorbs others
    let absorbed = matches!(home, Place::Territory(_)) && at.is_some_and(|at| reach.absorbed.contains(&at));
    let mut found = Relations::one(match place {
        Place::Territory(_) if absorbed => Relation::Own,
        _ if absorbed => Relation::Child,
        _ => relation(home, place),
    });
    if let Some(at) = at {
        if reach.area.binary_search(&at).is_ok() {
            found.add(Relation::Area);
        }
        for shared in reach.shared.iter().filter(|shared| shared.at.contains(at)) {
            found.add(shared.what.into());
        }
    }
    if let Place::Facility(id, at) = place
        && reach.opened.iter().any(|opened| opened.covers(id, at))
    {
        found.add(Relation::BreakGlass);
    }
    found
}
