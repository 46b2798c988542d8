//! What reads may touch, for the stores to turn into conditions: the table, asked once for many objects.
use super::{
    place::{Actor, Place, Reach, Relation},
    role::{Action, Role},
    table::{Level, Verdict, answer, verdict},
};
use crate::{
    ids::FacilityId,
    partner::{BranchCode, WholesalerCode},
    territory::TerritoryCode,
};
use std::sync::Arc;

/// Which facilities an actor's reads may touch; the stores turn it into a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facilities {
    /// None at all.
    None,
    /// One.
    One(FacilityId),
    /// Those of any of these territories; the nation's are all.
    Within(Vec<TerritoryCode>),
}

impl Facilities {
    /// Is this facility among them?
    #[must_use]
    pub fn contain(&self, id: FacilityId, municipality: TerritoryCode) -> bool {
        match self {
            Self::None => false,
            Self::One(own) => *own == id,
            Self::Within(_) => self.are_all_of(municipality),
        }
    }

    /// Are all facilities of this territory among them?
    #[must_use]
    pub fn are_all_of(&self, territory: TerritoryCode) -> bool {
        matches!(self, Self::Within(codes) if codes.iter().any(|code| code.contains(territory)))
    }
}

/// Which shipments and stock an actor's reads may touch; the stores turn it into a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shipments {
    /// None at all.
    None,
    /// Those to one facility.
    To(FacilityId),
    /// Those to the sites of any of these territories; the nation's are all.
    Within(Vec<TerritoryCode>),
    /// A wholesaler's.
    Of(WholesalerCode),
    /// A branch's.
    From(BranchCode),
}

impl Shipments {
    /// Are all shipments to the sites of this territory among them?
    #[must_use]
    pub fn are_all_to(&self, territory: TerritoryCode) -> bool {
        matches!(self, Self::Within(codes) if codes.iter().any(|code| code.contains(territory)))
    }
}

/// What an actor's reads may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    role: Role,
    home: Place,
    reach: Arc<Reach>,
    actions: Option<Arc<[Action]>>,
}

impl Scope {
    /// The scope of an actor.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let Actor { role, home, ref reach, ref actions, .. } = *actor;
        Self { role, home, reach: reach.clone(), actions: actions.clone() }
    }

    fn is_limited_to(&self, action: Action) -> bool {
        self.actions.as_deref().is_none_or(|actions| actions.contains(&action))
    }

    fn sees(&self, action: Action, place: Place) -> bool {
        self.is_limited_to(action) && answer(self.role, self.home, &self.reach, action, place) == Verdict::Allow
    }

    /// May the figures of this territory be read?
    #[must_use]
    pub fn sees_figures(&self, territory: TerritoryCode) -> bool {
        self.sees(Action::FiguresRead, Place::Territory(territory))
    }

    /// The territories of whose facilities the table allows `action`.
    fn within(&self, action: Action) -> Vec<TerritoryCode> {
        let allows = |relation| verdict(self.role, action, Level::Facility, relation) == Verdict::Allow;
        if self.reach.gone || !self.is_limited_to(action) {
            return Vec::new();
        }
        let mut codes = Vec::new();
        if let Place::Territory(home) = self.home
            && allows(Relation::Child)
        {
            codes.push(home);
            codes.extend(&self.reach.absorbed);
        }
        if allows(Relation::Area) {
            codes.extend(&self.reach.area);
        }
        let agreed = self.reach.shared.iter().filter(|shared| allows(shared.what.into()));
        codes.extend(agreed.map(|shared| shared.at));
        if allows(Relation::BreakGlass) {
            codes.extend(self.reach.opened.iter().filter_map(|opened| match opened.at {
                Place::Territory(code) => Some(code),
                _ => None,
            }));
        }
        codes
    }

    /// The facility at which the table allows `action` to its own staff.
    fn own(&self, action: Action) -> Option<FacilityId> {
        let Place::Facility(id, _) = self.home else { return None };
        self.sees(action, self.home).then_some(id)
    }

    fn facilities_for(&self, action: Action) -> Facilities {
        if let Some(id) = self.own(action) {
            return Facilities::One(id);
        }
        let codes = self.within(action);
        if codes.is_empty() { Facilities::None } else { Facilities::Within(codes) }
    }

    /// The facilities whose master data may be read.
    #[must_use]
    pub fn facilities(&self) -> Facilities {
        self.facilities_for(Action::FacilityRead)
    }

    /// The facilities whose reports may be read.
    #[must_use]
    pub fn reports(&self) -> Facilities {
        self.facilities_for(Action::ReportRead)
    }

    /// The shipments, receipts, discrepancies and stock that may be read.
    #[must_use]
    pub fn shipments(&self) -> Shipments {
        match self.home {
            Place::Wholesaler(code) if self.sees(Action::ShipmentRead, self.home) => Shipments::Of(code),
            Place::Branch(code) if self.sees(Action::ShipmentRead, self.home) => Shipments::From(code),
            _ => match self.facilities_for(Action::ShipmentRead) {
                Facilities::None => Shipments::None,
                Facilities::One(id) => Shipments::To(id),
                Facilities::Within(codes) => Shipments::Within(codes),
            },
        }
    }

    /// May this facility be read?
    #[must_use]
    pub fn sees_facility(&self, id: FacilityId, municipality: TerritoryCode) -> bool {
        self.sees(Action::FacilityRead, Place::Facility(id, municipality))
    }

    /// May this facility's reports be read?
    #[must_use]
    pub fn sees_reports(&self, id: FacilityId, municipality: TerritoryCode) -> bool {
        self.sees(Action::ReportRead, Place::Facility(id, municipality))
    }

    /// Does the actor read each report of this territory, and so may know the sum of one or two?
    #[must_use]
    pub fn oversees(&self, territory: TerritoryCode) -> bool {
        self.reports().are_all_of(territory)
    }
}
