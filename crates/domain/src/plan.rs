//! A plan divides what one level holds among the level below, or assigns it to sites. Its states, who
//! may move them, and the window in which those below may object.
use crate::{
    error::{self, Problem},
    ids::AccountId,
    time::{Instant, in_japan},
};
use chrono::TimeDelta;

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Begun, without lines.
    Draft,
    /// The lines are there; they may be adjusted.
    Computed,
    /// Handed in; no line may change. With a window it is a proposal: its recipients may object.
    Submitted,
    /// May be committed.
    Approved,
    /// In the book.
    Committed,
    /// The round is over.
    Closed,
    /// Another plan has taken its place.
    Superseded,
    /// Given up.
    Cancelled,
}

/// What a plan does with what its holder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Divides it among the territories of the level below, in packs; one at a time is in force.
    Division,
    /// Assigns it to sites, in vials, and is posted at once; several add up.
    Assignment,
}

impl Kind {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Division => "division",
            Self::Assignment => "assignment",
        }
    }
}

/// What an officer does to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Compute the lines (again).
    Compute,
    /// Change lines by hand.
    Adjust,
    /// Hand it in.
    Submit,
    /// Take it back after it was handed in, so that lines can be changed.
    TakeBack,
    /// Agree to it.
    Approve,
    /// Post it.
    Commit,
    /// Post it as it stands, because its officers are late: the service's own step.
    Carry,
}

const STATES: [(State, &str); 8] = [
    (State::Draft, "draft"),
    (State::Computed, "computed"),
    (State::Submitted, "submitted"),
    (State::Approved, "approved"),
    (State::Committed, "committed"),
    (State::Closed, "closed"),
    (State::Superseded, "superseded"),
    (State::Cancelled, "cancelled"),
];

impl State {
    /// The name in the database and every API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        STATES.iter().find(|(_, name)| *name == text).map(|(state, _)| *state)
    }

    /// The state after a step.
    ///
    /// # Errors
    /// `allocation.wrong_state` when the step does not fit.
    pub fn after(self, step: Step) -> Result<Self, Problem> {
        match (self, step) {
            (Self::Draft | Self::Computed, Step::Compute) | (Self::Computed, Step::Adjust) => Ok(Self::Computed),
            (Self::Computed, Step::Submit) => Ok(Self::Submitted),
            (Self::Submitted, Step::TakeBack) => Ok(Self::Computed),
            (Self::Submitted, Step::Approve) => Ok(Self::Approved),
            (Self::Approved, Step::Commit) | (Self::Computed | Self::Submitted | Self::Approved, Step::Carry) => {
                Ok(Self::Committed)
            }
            _ => Err(Problem::new(&error::ALLOCATION_WRONG_STATE).with("state", self.as_str())),
        }
    }
}

/// What is done with a plan that is not committed when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnLate {
    /// It waits for its officers; they and the level above are told.
    Wait,
    /// It is committed as it stands.
    Carry,
}

impl OnLate {
    /// The name in the database and every API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Carry => "carry",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Wait, Self::Carry].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What is shown beside every figure of a plan that is not decided yet: Japanese, English.
pub const PROPOSAL: (&str, &str) = ("案（未確定）", "Proposal, not yet decided");

/// Until when those below may object to a plan that is handed in `now`; `None` when they are not asked.
/// `hours` is what the round's calendar gives the level, `needed` whether the plan's rule takes something
/// away from somebody.
///
/// # Errors
/// `allocation.objection_window_required` when they must be asked and the calendar has no time for it.
pub fn window(level: &str, hours: i32, needed: bool, now: Instant) -> Result<Option<Instant>, Problem> {
    if hours <= 0 && needed {
        return Err(Problem::new(&error::ALLOCATION_OBJECTION_WINDOW_REQUIRED).with("level", level));
    }
    Ok((hours > 0).then(|| now + TimeDelta::hours(i64::from(hours))))
}

/// May a recipient object `now` to a plan whose window ends at `until`? The last moment is the one before.
///
/// # Errors
/// `allocation.wrong_state` unless the plan is handed in, `allocation.window_closed` at the end and after.
pub fn may_object(state: State, until: Instant, now: Instant) -> Result<(), Problem> {
    if state != State::Submitted {
        return Err(Problem::new(&error::ALLOCATION_WRONG_STATE).with("state", state.as_str()));
    }
    if now >= until {
        return Err(Problem::new(&error::ALLOCATION_WINDOW_CLOSED).with("until", &in_japan(until)));
    }
    Ok(())
}

/// A plan that was handed in, as far as it matters to who would agree to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// By whom: account and name; none for plans from before the accounts were noted.
    pub by: Option<(AccountId, String)>,
    /// Its programme asks for two persons.
    pub second_person: bool,
    /// When its window ends, if it has one.
    pub until: Option<Instant>,
    /// Objections without an answer.
    pub open: i64,
}

impl HandedIn {
    /// May `account` agree to it?
    ///
    /// # Errors
    /// `allocation.second_person`, and what [`Self::heard`] refuses.
    pub fn may_be_approved(&self, account: AccountId, now: Instant) -> Result<(), Problem> {
        if let Some((_, name)) = self.by.as_ref().filter(|(by, _)| self.second_person && *by == account) {
            return Err(Problem::new(&error::ALLOCATION_SECOND_PERSON).with("name", name));
        }
        self.heard(now)
    }

    /// Have those below been heard: has the window ended, and does each objection have an answer?
    ///
    /// # Errors
    /// `allocation.window_open` before its end, `allocation.objection_open`.
    pub fn heard(&self, now: Instant) -> Result<(), Problem> {
        if let Some(until) = self.until.filter(|until| now < *until) {
            return Err(Problem::new(&error::ALLOCATION_WINDOW_OPEN).with("until", &in_japan(until)));
        }
        if self.open > 0 {
            return Err(Problem::new(&error::ALLOCATION_OBJECTION_OPEN).with("open", &self.open.to_string()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_instant;
    use uuid::Uuid;

    const FORWARD: [Step; 5] = [Step::Compute, Step::Adjust, Step::Submit, Step::Approve, Step::Commit];

    #[test]
    fn names_round_trip() {
        for (state, name) in STATES {
            assert_eq!((state.as_str(), State::parse(name)), (name, Some(state)));
        }
        for kind in [OnLate::Wait, OnLate::Carry] {
            assert_eq!(OnLate::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(OnLate::parse(""), None);
    }

    #[test]
    fn a_plan_goes_one_way_and_back_only_from_where_it_was_handed_in() {
        let mut state = State::Draft;
        for step in FORWARD {
            state = state.after(step).unwrap();
        }
        assert_eq!(state, State::Committed);
        for (state, _) in STATES {
            for step in FORWARD.into_iter().chain([Step::Carry]) {
                if let Ok(after) = state.after(step) {
                    assert!(after >= state, "{state:?} {step:?}");
                }
            }
            assert_eq!(state.after(Step::TakeBack).ok(), (state == State::Submitted).then_some(State::Computed));
            let carried = matches!(state, State::Computed | State::Submitted | State::Approved);
            assert_eq!(state.after(Step::Carry).ok(), carried.then_some(State::Committed));
        }
        for step in FORWARD.into_iter().chain([Step::TakeBack, Step::Carry]) {
            assert_eq!(State::Committed.after(step).unwrap_err().code.code, "allocation.wrong_state");
        }
    }

    fn at(text: &str) -> Instant {
        parse_instant(text).unwrap()
    }

    #[test]
    fn those_below_are_asked_for_as_long_as_the_calendar_says() {
        let now = at("2021-04-05T03:30:00Z");
        assert_eq!(window("nation", 0, false, now), Ok(None));
        assert_eq!(window("nation", 24, false, now), Ok(Some(at("2021-04-06T03:30:00Z"))));
        assert_eq!(window("nation", 24, true, now), Ok(Some(at("2021-04-06T03:30:00Z"))));
        let refused = window("nation", 0, true, now).unwrap_err();
        assert_eq!(refused.code.code, "allocation.objection_window_required");
    }

    #[test]
    fn the_window_ends_at_the_very_moment() {
        let until = at("2021-04-06T03:30:00Z");
        let before = at("2021-04-06T03:29:59.999Z");
        let heard = |now| HandedIn { by: None, second_person: true, until: Some(until), open: 0 }.heard(now);
        assert_eq!((may_object(State::Submitted, until, before), heard(until)), (Ok(()), Ok(())));
        let code = |result: Result<(), Problem>| result.unwrap_err().code.code;
        assert_eq!(code(may_object(State::Submitted, until, until)), "allocation.window_closed");
        assert_eq!(code(heard(before)), "allocation.window_open");
        for (state, _) in STATES.into_iter().filter(|(state, _)| *state != State::Submitted) {
            assert_eq!(code(may_object(state, until, before)), "allocation.wrong_state");
        }
    }

    #[test]
    fn who_handed_it_in_does_not_agree_to_it() {
        let [one, two] = [1, 2].map(|number| AccountId(Uuid::from_u128(number)));
        let now = at("2021-04-05T03:30:00Z");
        let plan = HandedIn { by: Some((one, "officer".into())), second_person: true, until: None, open: 0 };
        assert_eq!(plan.may_be_approved(one, now).unwrap_err().code.code, "allocation.second_person");
        assert_eq!(plan.may_be_approved(two, now), Ok(()));
        assert_eq!(HandedIn { second_person: false, ..plan.clone() }.may_be_approved(one, now), Ok(()));
        assert_eq!(HandedIn { by: None, ..plan.clone() }.may_be_approved(one, now), Ok(()));
        let objected = HandedIn { open: 2, ..plan };
        assert_eq!(objected.may_be_approved(two, now).unwrap_err().code.code, "allocation.objection_open");
    }
}
