//! The table itself: an exhaustive match, so that a new action does not compile without its row.
use super::{
    place::{Place, Reach, Relation, relations},
    role::{Action, Role},
};
use crate::territory::Tier;

/// The table's answer, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The object does not exist for this actor: 404.
    Hide,
    /// The object may be seen, this may not be done to it: 403.
    Refuse,
    /// It may be done.
    Allow,
}

/// The kind of place, as the table distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Nation and prefectures: their figures are published.
    Published,
    /// A municipality.
    Municipality,
    /// A facility.
    Facility,
    /// A wholesaler or its branch.
    Partner,
}

impl Level {
    /// All, in the order of the golden file.
    pub(super) const ALL: &'static [Self] = &[Self::Published, Self::Municipality, Self::Facility, Self::Partner];

    /// As the golden file shows it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Published => "nation/pref",
            Self::Municipality => "municipality",
            Self::Facility => "facility",
            Self::Partner => "partner",
        }
    }

    fn of(place: Place) -> Self {
        match place {
            Place::Facility(..) => Self::Facility,
            Place::Wholesaler(_) | Place::Branch(_) => Self::Partner,
            Place::Territory(code) if code.tier() == Tier::Municipality => Self::Municipality,
            Place::Territory(_) => Self::Published,
        }
    }
}

/// The table's answer to somebody of `role` at `home`: the best that any of its relations to the place gives.
pub(super) fn answer(role: Role, home: Place, reach: &Reach, action: Action, place: Place) -> Verdict {
    let level = Level::of(place);
    let closed = matches!(place, Place::Facility(id, _) if reach.is_closed(id));
    let best = relations(home, reach, place).iter().map(|relation| match relation {
        // closing concerns whoever sees the facility by itself, not those who see it by agreement
        Relation::Own | Relation::Child | Relation::Area if closed && sees(role, relation) => {
            verdict(role, action, level, Relation::Closed)
        }
        relation => verdict(role, action, level, relation),
    });
    best.max().unwrap_or(Verdict::Hide)
}

/// Roles to whom a relation shows each facility of their place, its master data.
pub(super) fn sees(role: Role, relation: Relation) -> bool {
    match role {
        Role::Hospital | Role::Clinic => relation == Relation::Own,
        Role::MedicalAssociation | Role::HelpDesk => relation.is_inside(),
        role => oversees(role, relation) || shown_by_agreement(role, relation, &[Relation::SharedFacilities]),
    }
}

/// Roles that look after the facilities of their place and read what each reports.
pub(super) fn oversees(role: Role, relation: Relation) -> bool {
    match role {
        Role::HealthCentre => relation == Relation::Area,
        Role::Ministry
        | Role::Prefecture
        | Role::CoordinationHq
        | Role::Municipality
        | Role::Auditor
        | Role::ReportingProxy
        | Role::ExpertNetwork
        | Role::FireService => relation.is_inside(),
        _ => false,
    }
}

/// Bodies with whom data are shared by agreement.
fn shown_by_agreement(role: Role, relation: Relation, what: &[Relation]) -> bool {
    matches!(
        role,
        Role::Ministry
            | Role::Prefecture
            | Role::CoordinationHq
            | Role::Municipality
            | Role::HealthCentre
            | Role::FireService
    ) && what.contains(&relation)
}

/// Roles that may ask for access in an emergency: those who move patients.
fn may_break_glass(role: Role) -> bool {
    matches!(role, Role::Prefecture | Role::CoordinationHq | Role::HealthCentre | Role::FireService)
}

/// Roles that see how the doses of their place are divided and where they are brought.
pub(super) fn looks_on(role: Role, relation: Relation) -> bool {
    match role {
        Role::HealthCentre => relation == Relation::Area,
        Role::Ministry
        | Role::Prefecture
        | Role::CoordinationHq
        | Role::Municipality
        | Role::MedicalAssociation
        | Role::Auditor => relation.is_inside(),
        _ => false,
    }
}

fn when(holds: bool, otherwise: Verdict) -> Verdict {
    if holds { Verdict::Allow } else { otherwise }
}

/// What is not allowed is refused to whoever sees the place, and hidden from all others.
fn of_seen(allowed: bool, seen: bool) -> Verdict {
    when(allowed, if seen { Verdict::Refuse } else { Verdict::Hide })
}

/// Both ends of a shipment: the branch that brings it and the site that takes it.
fn shipment(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let visible = match (role, level) {
        (Role::Wholesaler | Role::Ministry | Role::Auditor, Level::Partner) => relation.is_inside(),
        (_, Level::Partner) => false,
        (Role::Hospital | Role::Clinic, level) => level == Level::Facility && relation == Relation::Own,
        (role, _) => looks_on(role, relation),
    };
    let may = match action {
        Action::ShipmentRead => true,
        Action::ShipmentAnswer => role == Role::Wholesaler,
        Action::ShipmentCancel => matches!(role, Role::Ministry | Role::Prefecture | Role::Municipality),
        // a mass site is its municipality's, or its prefecture's; a facility's own staff confirm theirs
        Action::ReceiptConfirm => {
            matches!(role, Role::Prefecture | Role::Municipality | Role::Hospital | Role::Clinic)
        }
        Action::DiscrepancyResolve => matches!(role, Role::Ministry | Role::Prefecture),
        _ => false,
    };
    of_seen(visible && may, visible)
}

/// Plans, and what becomes of their lines.
fn plan(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let (own, seen) = (relation == Relation::Own, looks_on(role, relation));
    match action {
        Action::PlanRead => when(seen, Verdict::Hide),
        // what is not agreed yet is the officers' alone
        Action::PlanProposalRead => of_seen(seen && role != Role::MedicalAssociation, seen),
        // a territory speaks for itself, by its own officers
        Action::PlanObject => of_seen(own && matches!(role, Role::Prefecture | Role::Municipality), seen),
        Action::WhatIfRun => of_seen(seen && matches!(role, Role::Ministry | Role::Prefecture), seen),
        Action::LinesRelease if level == Level::Partner => Verdict::Hide,
        // the officers of the holder release what it assigned, or the prefecture above
        Action::LinesRelease if role == Role::Prefecture => when(seen, Verdict::Hide),
        // each level divides what it holds, by its own officers; a level above looks on
        _ => of_seen(own && matches!(role, Role::Ministry | Role::Prefecture | Role::Municipality), seen),
    }
}

/// Facilities, their reports and the sums of these.
fn care(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let seen = level == Level::Facility
        && (sees(role, relation)
            || shown_by_agreement(role, relation, &[Relation::SharedReports])
            || relation == Relation::BreakGlass && may_break_glass(role));
    match (action, level) {
        (Action::FiguresRead, Level::Published) => Verdict::Allow,
        // the sum over a municipality with one hospital is that hospital's report
        (Action::FiguresRead, Level::Municipality) => when(
            oversees(role, relation) || shown_by_agreement(role, relation, &[Relation::SharedFigures]),
            Verdict::Hide,
        ),
        (Action::FiguresRead, _) => Verdict::Hide,
        (Action::FacilityRead, _) => when(seen, Verdict::Hide),
        (Action::ReportRead, _) => of_seen(
            seen && (oversees(role, relation)
                || matches!(role, Role::Hospital | Role::Clinic)
                || matches!(relation, Relation::SharedReports | Relation::BreakGlass)),
            seen,
        ),
        // those who answer for it, and the facility about itself
        (Action::ViewsRead, _) => {
            let above = matches!(role, Role::Ministry | Role::Prefecture | Role::Auditor);
            let own = matches!(role, Role::Hospital | Role::Clinic);
            of_seen(seen && relation.is_inside() && (above || own), seen)
        }
        (Action::ReportSubmit, _) => {
            let reports = matches!(role, Role::Hospital | Role::Clinic | Role::ReportingProxy);
            of_seen(seen && reports, seen)
        }
        // opened again by the same
        (Action::FacilityClose, Level::Facility) if role == Role::Operator => {
            when(relation.is_inside(), Verdict::Refuse)
        }
        _ => of_seen(seen && role == Role::Prefecture && relation.is_inside(), seen),
    }
}

/// Accounts, who acts for whom, and what is told to all. Which of the accounts of a place may be issued, and by
/// whom, `domain::issuing` says; whom a notice is for, the notice itself.
fn people(role: Role, action: Action, relation: Relation) -> Verdict {
    let (own, inside) = (relation == Relation::Own, relation.is_inside());
    match action {
        Action::NoticeRead => Verdict::Allow,
        Action::NoticePublish => {
            when(inside && matches!(role, Role::Ministry | Role::Prefecture | Role::Operator), Verdict::Refuse)
        }
        _ if role == Role::Public => Verdict::Hide,
        Action::InvitationRedeem => when(own, Verdict::Hide),
        // who looks on or helps has nothing that others could do for it; the machine ends what is over
        Action::Delegate => of_seen(own && !matches!(role, Role::Auditor | Role::HelpDesk), inside),
        _ => match role {
            Role::Ministry | Role::Prefecture | Role::Municipality | Role::Wholesaler | Role::Operator => {
                when(inside, Verdict::Hide)
            }
            Role::Auditor | Role::HelpDesk => of_seen(inside && action == Action::AccountRead || own, inside),
            // an organisation's own
            _ => when(own, Verdict::Hide),
        },
    }
}

/// What goes on at a closed facility when whoever looks after it wants it: reading, and settling what is left.
fn goes_on(action: Action) -> bool {
    action.is_read()
        || matches!(
            action,
            Action::FacilityClose | Action::ShipmentCancel | Action::DiscrepancyResolve | Action::AccountIssue
        )
}

/// A closed facility: those who look after it read on and write no more, its own staff see nothing.
fn closed(role: Role, action: Action, level: Level) -> Verdict {
    let of = |relation| verdict(role, action, level, relation);
    let seen = [Relation::Own, Relation::Child, Relation::Area].into_iter().filter(|relation| sees(role, *relation));
    match seen.map(of).max() {
        // nobody's facility is a closed one's
        _ if level != Level::Facility || matches!(role, Role::Hospital | Role::Clinic) => of(Relation::Elsewhere),
        // whoever does not see facilities does not see that they close
        None => of(Relation::Child),
        Some(Verdict::Allow) => when(goes_on(action), Verdict::Refuse),
        Some(verdict) => verdict,
    }
}

pub(super) fn verdict(role: Role, action: Action, level: Level, relation: Relation) -> Verdict {
    let inside = relation.is_inside();
    match relation {
        Relation::Closed => return closed(role, action, level),
        // accounts of what is no more are strangers
        Relation::Merged if role != Role::Public => return verdict(Role::Public, action, level, Relation::Elsewhere),
        _ => {}
    }
    match action {
        Action::TerritoryRead => Verdict::Allow,
        Action::FiguresRead
        | Action::FacilityRead
        | Action::ReportRead
        | Action::ViewsRead
        | Action::ReportSubmit
        | Action::FacilityClose => care(role, action, level, relation),
        Action::PlanRead
        | Action::PlanProposalRead
        | Action::PlanObject
        | Action::PlanDraft
        | Action::PlanApprove
        | Action::PlanCommit
        | Action::PlanAmend
        | Action::LinesWithdraw
        | Action::WhatIfRun
        | Action::LinesRelease => plan(role, action, level, relation),
        Action::PublishedRead => when(matches!(level, Level::Published | Level::Municipality), Verdict::Hide),
        // by the ministry, or the shipped rules and files by who runs the machine
        Action::RulePublish | Action::IndicatorRecord | Action::TerritoryMerge => {
            when(inside && matches!(role, Role::Ministry | Role::Operator), Verdict::Refuse)
        }
        Action::ShipmentRead
        | Action::ShipmentAnswer
        | Action::ShipmentCancel
        | Action::ReceiptConfirm
        | Action::DiscrepancyResolve => shipment(role, action, level, relation),
        Action::InboundRecord => match role {
            Role::Wholesaler => when(level == Level::Partner && inside, Verdict::Hide),
            role => when(inside && role == Role::Operator, Verdict::Refuse),
        },
        Action::SignIn | Action::SessionEnd | Action::CredentialChange => {
            when(relation == Relation::Own && role != Role::Public, Verdict::Refuse)
        }
        Action::SubscriptionManage => {
            let machine_room = matches!(role, Role::Public | Role::Operator | Role::HelpDesk);
            when(relation == Relation::Own && !machine_room, Verdict::Refuse)
        }
        // what is seen anyway needs no emergency, which the use case says first
        Action::BreakGlassOpen => {
            let place = matches!(level, Level::Published | Level::Municipality | Level::Facility);
            when(place && may_break_glass(role), Verdict::Refuse)
        }
        Action::BreakGlassReview => {
            let seen = inside && oversees(role, relation);
            of_seen(seen && matches!(role, Role::Ministry | Role::Prefecture), seen)
        }
        // by the officers of its own organisation, or of a level above
        Action::ServiceAccountManage => {
            let officer = !matches!(role, Role::ReportingProxy | Role::Auditor | Role::HelpDesk | Role::Public);
            let seen = inside && role != Role::Public;
            of_seen(officer && inside, seen)
        }
        Action::LotRecall => when(inside && role == Role::Ministry, Verdict::Refuse),
        // between territories: their officers, and whoever looks after them, know what was agreed
        Action::SharingRead | Action::SharingManage => {
            let territory = matches!(level, Level::Published | Level::Municipality);
            let seen = territory && oversees(role, relation) && role != Role::ReportingProxy;
            match action {
                Action::SharingRead => when(seen, Verdict::Hide),
                // that there is such a territory is known to everybody
                _ => when(seen && matches!(role, Role::Ministry | Role::Prefecture), Verdict::Refuse),
            }
        }
        Action::AccountRead
        | Action::AccountIssue
        | Action::InvitationRedeem
        | Action::Delegate
        | Action::NoticeRead
        | Action::NoticePublish => people(role, action, relation),
        Action::RoundOpen
        | Action::PlanCarry
        | Action::PastRoundImport
        | Action::WholesalerManage
        | Action::EventApply
        | Action::FacilityImport
        | Action::StatusImport
        | Action::DayOpen
        | Action::AreaImport
        | Action::ClockStep => when(inside && role == Role::Operator, Verdict::Refuse),
    }
}
