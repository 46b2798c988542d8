//! Who may do what to what: one table, decided in one place.
//!
//! [`decide`] is the only maker of a [`Permit`], and a transaction can only be begun with one
//! (`platform::db::Tx`), so that a forgotten check does not compile. Reads are bounded by a
//! [`Scope`], which the stores turn into SQL. The whole table stands, role by role, in
//! `contracts/authz-matrix.txt`; any change of it is a change of that file.
use crate::{
    error::{self, Problem},
    ids::{AccountId, FacilityId, OrganisationId},
    territory::{TerritoryCode, Tier},
};
use std::fmt::Write as _;

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$vdoc])* $variant),+ }
        impl $type {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name used in the database, tokens and every API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// The reverse of [`Self::as_str`].
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names! {
    /// What an account is for. A person with two jobs has two accounts.
    Role {
        /// 国
        Ministry = "ministry",
        /// 都道府県
        Prefecture = "prefecture",
        /// 市町村
        Municipality = "municipality",
        /// 保健所
        HealthCentre = "health_centre",
        /// 病院・診療所
        Hospital = "hospital",
        /// とりまとめ団体: reports for all facilities of its prefecture
        ReportingProxy = "reporting_proxy",
        /// 卸
        Wholesaler = "wholesaler",
        /// 監査
        Auditor = "auditor",
        /// runs the machine: imports, clock, jobs; sees no figures
        Operator = "operator",
        /// anybody, not signed in
        Public = "public",
    }
}

names! {
    /// What can be asked for.
    Action {
        /// Names, codes and populations of territories: published facts.
        TerritoryRead = "territory_read",
        /// Sums over the facilities of a territory, with their coverage.
        FiguresRead = "figures_read",
        /// A facility's master data.
        FacilityRead = "facility_read",
        /// A facility's own reports.
        ReportRead = "report_read",
        /// Sending or correcting a facility's report.
        ReportSubmit = "report_submit",
        /// Creating and changing facilities in bulk, and who must report.
        FacilityImport = "facility_import",
        /// Writing the status answers of a published file.
        StatusImport = "status_import",
        /// Opening a business day: who is due.
        DayOpen = "day_open",
        /// Making accounts, service accounts and signing keys.
        AccountIssue = "account_issue",
        /// Reading a round's plans and grants at a place.
        PlanRead = "plan_read",
        /// Computing, adjusting and handing in a plan.
        PlanDraft = "plan_draft",
        /// Agreeing to a plan that was handed in.
        PlanApprove = "plan_approve",
        /// Posting a plan, or assigning vials to sites.
        PlanCommit = "plan_commit",
        /// Opening rounds, recording supply, registering sites.
        RoundOpen = "round_open",
        /// Moving the clock of a training instance.
        ClockStep = "clock_step",
    }
}

/// Where something or somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A nation, prefecture or municipality.
    Territory(TerritoryCode),
    /// A facility, and the municipality it lies in.
    Facility(FacilityId, TerritoryCode),
}

impl Place {
    /// The territory: the facility's municipality for a facility.
    #[must_use]
    pub fn territory(self) -> TerritoryCode {
        match self {
            Self::Territory(code) | Self::Facility(_, code) => code,
        }
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
}

impl Actor {
    /// Somebody who has not signed in.
    #[must_use]
    pub fn public() -> Self {
        let nil = uuid::Uuid::nil();
        Self {
            account: AccountId(nil),
            organisation: OrganisationId(nil),
            name: "public".to_owned(),
            role: Role::Public,
            home: Place::Territory(TerritoryCode::NATION),
            machine: false,
        }
    }

    /// The service itself, at work under the name of a job: `importer`, `open-day`.
    #[must_use]
    pub fn system(job: &str) -> Self {
        Self { name: job.to_owned(), role: Role::Operator, machine: true, ..Self::public() }
    }
}

names! {
    /// How the actor's home stands to the place asked about.
    Relation {
        /// the same place
        Own = "own",
        /// the place lies within the actor's home
        Below = "below",
        /// the actor's home lies within the place
        Above = "above",
        /// neither
        Elsewhere = "elsewhere",
    }
}

/// How `home` stands to `place`.
#[must_use]
pub fn relation(home: Place, place: Place) -> Relation {
    match (home, place) {
        // a token remembers where the facility was when it was issued: it stays the same facility
        (Place::Facility(home, _), Place::Facility(place, _)) if home == place => Relation::Own,
        (Place::Facility(..), Place::Facility(..)) => Relation::Elsewhere,
        (home, place) if home == place => Relation::Own,
        (Place::Territory(home), Place::Facility(_, at)) if home.contains(at) => Relation::Below,
        (Place::Facility(_, at), Place::Territory(place)) if place.contains(at) => Relation::Above,
        (Place::Territory(home), Place::Territory(place)) if home.contains(place) => Relation::Below,
        (Place::Territory(home), Place::Territory(place)) if place.contains(home) => Relation::Above,
        _ => Relation::Elsewhere,
    }
}

/// The table's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    /// The object may be seen, this may not be done to it: 403.
    Refuse,
    /// The object does not exist for this actor: 404.
    Hide,
}

/// The kind of place, as the table distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Nation and prefectures: their figures are published.
    Published,
    Municipality,
    Facility,
}

fn level(place: Place) -> Level {
    match place {
        Place::Facility(..) => Level::Facility,
        Place::Territory(code) if code.tier() == Tier::Municipality => Level::Municipality,
        Place::Territory(_) => Level::Published,
    }
}

/// Roles that look after the facilities of a territory and see each of them.
fn oversees(role: Role) -> bool {
    matches!(
        role,
        Role::Ministry
            | Role::Prefecture
            | Role::Municipality
            | Role::HealthCentre
            | Role::Auditor
            | Role::ReportingProxy
    )
}

fn verdict(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let inside = matches!(relation, Relation::Own | Relation::Below);
    let sees_facility = match role {
        Role::Hospital => relation == Relation::Own,
        role => oversees(role) && inside,
    };
    match action {
        Action::TerritoryRead => Verdict::Allow,
        Action::FiguresRead => match level {
            Level::Published => Verdict::Allow,
            // the sum over a municipality with one hospital is that hospital's report
            Level::Municipality if oversees(role) && inside => Verdict::Allow,
            Level::Municipality | Level::Facility => Verdict::Hide,
        },
        Action::FacilityRead | Action::ReportRead if level == Level::Facility && sees_facility => Verdict::Allow,
        Action::FacilityRead | Action::ReportRead => Verdict::Hide,
        Action::ReportSubmit => match (level, role) {
            (Level::Facility, Role::Hospital | Role::ReportingProxy) if sees_facility => Verdict::Allow,
            (Level::Facility, _) if sees_facility => Verdict::Refuse,
            _ => Verdict::Hide,
        },
        Action::PlanRead if oversees(role) && role != Role::ReportingProxy && inside => Verdict::Allow,
        Action::PlanRead => Verdict::Hide,
        Action::PlanDraft | Action::PlanApprove | Action::PlanCommit => match role {
            // each level divides what it holds, by its own officers; a level above looks on
            Role::Ministry | Role::Prefecture | Role::Municipality if relation == Relation::Own => Verdict::Allow,
            Role::Ministry | Role::Prefecture | Role::Municipality | Role::HealthCentre | Role::Auditor if inside => {
                Verdict::Refuse
            }
            _ => Verdict::Hide,
        },
        Action::RoundOpen
        | Action::FacilityImport
        | Action::StatusImport
        | Action::DayOpen
        | Action::AccountIssue
        | Action::ClockStep => {
            if role == Role::Operator && inside {
                Verdict::Allow
            } else {
                Verdict::Refuse
            }
        }
    }
}

/// Proof that [`decide`] allowed an action. It cannot be made elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    actor: Actor,
    action: Action,
    place: Place,
}

impl Permit {
    /// Who was allowed.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What was allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// On what.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Visible, but not to be done: 403.
    Refused,
    /// Invisible: answer exactly as if the object did not exist (404).
    Invisible,
}

impl Denied {
    /// As a problem; `missing` is what a nonexistent object answers.
    #[must_use]
    pub fn or_missing(self, missing: Problem) -> Problem {
        match self {
            Self::Refused => Problem::new(&error::AUTH_FORBIDDEN),
            Self::Invisible => missing,
        }
    }
}

/// Decides, without a query and without a side effect.
///
/// # Errors
/// [`Denied`], which says whether the object may be known to exist.
pub fn decide(actor: &Actor, action: Action, place: Place) -> Result<Permit, Denied> {
    match verdict(actor.role, action, level(place), relation(actor.home, place)) {
        Verdict::Allow => Ok(Permit { actor: actor.clone(), action, place }),
        Verdict::Refuse => Err(Denied::Refused),
        Verdict::Hide => Err(Denied::Invisible),
    }
}

/// Which facilities an actor's reads may touch; the stores turn it into a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facilities {
    /// None at all.
    None,
    /// One.
    One(FacilityId),
    /// Those of a territory; the nation's are all.
    Within(TerritoryCode),
}

/// What an actor's reads may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    role: Role,
    home: Place,
}

impl Scope {
    /// The scope of an actor.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        Self { role: actor.role, home: actor.home }
    }

    /// May the figures of this territory be read?
    #[must_use]
    pub fn sees_figures(self, territory: TerritoryCode) -> bool {
        let place = Place::Territory(territory);
        verdict(self.role, Action::FiguresRead, level(place), relation(self.home, place)) == Verdict::Allow
    }

    /// The facilities whose data and reports may be read.
    #[must_use]
    pub fn facilities(self) -> Facilities {
        match (self.role, self.home) {
            (Role::Hospital, Place::Facility(id, _)) => Facilities::One(id),
            (role, Place::Territory(code)) if oversees(role) => Facilities::Within(code),
            _ => Facilities::None,
        }
    }

    /// May this facility be read?
    #[must_use]
    pub fn sees_facility(self, id: FacilityId, municipality: TerritoryCode) -> bool {
        match self.facilities() {
            Facilities::None => false,
            Facilities::One(own) => own == id,
            Facilities::Within(code) => code.contains(municipality),
        }
    }
}

/// The whole table as text, one line an action and kind of place, one column a role: the golden
/// file `contracts/authz-matrix.txt`.
#[must_use]
pub fn matrix() -> String {
    let mut text = String::from(
        "# Role x action x kind of place x relation. Generated by `meguri contracts`; every change is a review.\n\
         # A cell lists the relations (o own, b below, a above, e elsewhere) that are allowed; then, after\n\
         # `403`, those that are refused although the object may be seen. All others answer 404.\n",
    );
    let _ = write!(text, "{:<16} {:<12}", "action", "place");
    for role in Role::ALL {
        let _ = write!(text, " {:<15}", role.as_str());
    }
    text.push('\n');
    for action in Action::ALL {
        for (level, name) in
            [(Level::Published, "nation/pref"), (Level::Municipality, "municipality"), (Level::Facility, "facility")]
        {
            let _ = write!(text, "{:<16} {:<12}", action.as_str(), name);
            for role in Role::ALL {
                let pick = |wanted: Verdict| -> String {
                    Relation::ALL
                        .iter()
                        .filter(|relation| verdict(*role, *action, level, **relation) == wanted)
                        .filter_map(|relation| relation.as_str().chars().next())
                        .collect()
                };
                let cell = match (pick(Verdict::Allow), pick(Verdict::Refuse)) {
                    (allow, refuse) if allow.is_empty() && refuse.is_empty() => "-".to_owned(),
                    (allow, refuse) if refuse.is_empty() => allow,
                    (allow, refuse) => format!("{allow} 403:{refuse}").trim().to_owned(),
                };
                let _ = write!(text, " {cell:<15}");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn code(text: &str) -> TerritoryCode {
        TerritoryCode::parse(text).unwrap()
    }

    fn facility(n: u128, municipality: &str) -> Place {
        Place::Facility(FacilityId(Uuid::from_u128(n)), code(municipality))
    }

    fn actor(role: Role, home: Place) -> Actor {
        Actor { role, home, ..Actor::public() }
    }

    #[test]
    fn relations_follow_the_tree() {
        let (nation, tokyo, chiyoda) = (code("000000"), code("130001"), code("131016"));
        let t = Place::Territory;
        assert_eq!(relation(t(tokyo), t(tokyo)), Relation::Own);
        assert_eq!(relation(t(nation), t(chiyoda)), Relation::Below);
        assert_eq!(relation(t(chiyoda), t(nation)), Relation::Above);
        assert_eq!(relation(t(tokyo), t(code("140007"))), Relation::Elsewhere);
        assert_eq!(relation(t(tokyo), facility(1, "131016")), Relation::Below);
        assert_eq!(relation(facility(1, "131016"), t(tokyo)), Relation::Above);
        assert_eq!(relation(facility(1, "131016"), facility(2, "131016")), Relation::Elsewhere);
        assert_eq!(relation(facility(1, "131016"), facility(1, "131024")), Relation::Own, "it moved");
    }

    #[test]
    fn a_sibling_prefecture_does_not_exist() {
        let kanagawa = actor(Role::ReportingProxy, Place::Territory(code("140007")));
        assert_eq!(decide(&kanagawa, Action::ReportSubmit, facility(1, "131016")), Err(Denied::Invisible));
        let tokyo = actor(Role::ReportingProxy, Place::Territory(code("130001")));
        assert!(decide(&tokyo, Action::ReportSubmit, facility(1, "131016")).is_ok());
        let officer = actor(Role::Prefecture, Place::Territory(code("130001")));
        assert_eq!(decide(&officer, Action::ReportSubmit, facility(1, "131016")), Err(Denied::Refused));
    }

    #[test]
    fn a_hospital_sees_itself_and_published_figures_only() {
        let hospital = actor(Role::Hospital, facility(1, "131016"));
        assert!(decide(&hospital, Action::ReportSubmit, facility(1, "131016")).is_ok());
        assert_eq!(decide(&hospital, Action::FacilityRead, facility(2, "131016")), Err(Denied::Invisible));
        assert!(decide(&hospital, Action::FiguresRead, Place::Territory(code("130001"))).is_ok());
        assert_eq!(decide(&hospital, Action::FiguresRead, Place::Territory(code("131016"))), Err(Denied::Invisible));
    }

    /// Scope (reads) and decide (everything) are two views of one table and must not drift apart.
    #[test]
    fn scope_agrees_with_decide() {
        let homes = [
            Place::Territory(code("000000")),
            Place::Territory(code("130001")),
            Place::Territory(code("131016")),
            Place::Territory(code("140007")),
            facility(1, "131016"),
        ];
        for role in Role::ALL {
            for home in homes {
                // a hospital's home is a facility, everybody else's a territory
                if (*role == Role::Hospital) != matches!(home, Place::Facility(..)) {
                    continue;
                }
                let actor = actor(*role, home);
                let scope = Scope::of(&actor);
                for territory in ["000000", "130001", "131016", "131024", "140007", "141003"] {
                    let territory = code(territory);
                    let allowed = decide(&actor, Action::FiguresRead, Place::Territory(territory)).is_ok();
                    assert_eq!(scope.sees_figures(territory), allowed, "{role:?} {home:?} {territory}");
                }
                // facility 1 has moved since the hospital's token was issued
                for (id, at) in [(1, "131016"), (1, "131024"), (1, "141003"), (2, "131016"), (3, "141003")] {
                    let place = facility(id, at);
                    let Place::Facility(id, at) = place else { unreachable!() };
                    let allowed = decide(&actor, Action::FacilityRead, place).is_ok();
                    assert_eq!(scope.sees_facility(id, at), allowed, "{role:?} {home:?} {id}");
                }
            }
        }
    }

    #[test]
    fn the_matrix_is_the_committed_one() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/authz-matrix.txt");
        let committed = std::fs::read_to_string(golden).unwrap_or_default();
        assert_eq!(matrix(), committed, "run `cargo run -p meguri -- contracts` and review the change");
    }
}
