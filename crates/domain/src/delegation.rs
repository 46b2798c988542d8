//! 委任: an organisation lets another organisation's account do named things for it, until a day.
use crate::{
    policy::{Action, Actor, Place, Role, decide},
    time::BusinessDay,
};

/// Most days that one delegation lasts.
pub const DAYS_MAX: u32 = 400;

/// May this ever be done by another organisation? What gives powers to others, and what the machine does
/// by itself, stays with the giver.
#[must_use]
pub fn is_delegable(action: Action) -> bool {
    !matches!(
        action,
        Action::AccountIssue
            | Action::AccountRead
            | Action::InvitationRedeem
            | Action::Delegate
            | Action::NoticePublish
            | Action::SharingManage
            | Action::TerritoryMerge
            | Action::FacilityClose
            | Action::WholesalerManage
            | Action::EventApply
            | Action::PlanCarry
            | Action::DayOpen
            | Action::ClockStep
    )
}

/// Those of `actions` that the giver cannot give: they are not for others, or the giver itself may not do
/// them at its own home.
#[must_use]
pub fn not_to_give(giver: &Actor, actions: &[Action]) -> Vec<Action> {
    // who runs the machine ends what is over, and has nothing to give
    let may = |action: &Action| giver.role != Role::Operator && is_delegable(*action) && has_at_home(giver, *action);
    actions.iter().copied().filter(|action| !may(action)).collect()
}

fn has_at_home(giver: &Actor, action: Action) -> bool {
    decide(giver, action, giver.home).is_ok()
        // whoever looks after facilities does so in its municipalities
        || matches!(giver.home, Place::Territory(_)) && below(giver).is_some_and(|place| decide(giver, action, place).is_ok())
}

/// Some facility of the home territory.
fn below(giver: &Actor) -> Option<Place> {
    match giver.home {
        Place::Territory(code) => Some(Place::Facility(crate::ids::FacilityId(uuid::Uuid::nil()), code)),
        _ => None,
    }
}

/// Does a delegation from one day to another, both included, count on this one?
#[must_use]
pub fn is_in_force(from: BusinessDay, until: BusinessDay, today: BusinessDay) -> bool {
    (from..=until).contains(&today)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TerritoryCode;

    fn actor(role: Role, home: Place) -> Actor {
        Actor { role, home, ..Actor::public() }
    }

    #[test]
    fn nobody_gives_what_it_has_not() {
        let at = TerritoryCode::parse("131016").unwrap();
        let hospital = actor(Role::Hospital, Place::Facility(crate::ids::FacilityId(uuid::Uuid::from_u128(1)), at));
        let wanted = [Action::ReportSubmit, Action::ReceiptConfirm, Action::PlanDraft, Action::AccountIssue];
        assert_eq!(not_to_give(&hospital, &wanted), [Action::PlanDraft, Action::AccountIssue]);
        let town = actor(Role::Municipality, Place::Territory(at));
        let wanted =
            [Action::PlanDraft, Action::ReceiptConfirm, Action::FacilityRead, Action::RoundOpen, Action::Delegate];
        assert_eq!(not_to_give(&town, &wanted), [Action::RoundOpen, Action::Delegate]);
    }

    #[test]
    fn both_days_are_included() {
        let day = |text: &str| BusinessDay::parse(text).unwrap();
        let (from, until) = (day("2021-04-05"), day("2021-04-09"));
        for (today, expected) in
            [("2021-04-04", false), ("2021-04-05", true), ("2021-04-09", true), ("2021-04-10", false)]
        {
            assert_eq!(is_in_force(from, until, day(today)), expected, "{today}");
        }
    }
}
