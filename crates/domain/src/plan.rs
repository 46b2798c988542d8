//! A plan divides what one level holds among the level below, or assigns it to sites. Its states and
//! who may move them.
use crate::error::{self, Problem};

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Begun, without lines.
    Draft,
    /// The lines are there; they may be adjusted.
    Computed,
    /// Handed in; no line may change.
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
    /// Agree to it.
    Approve,
    /// Post it.
    Commit,
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
            (Self::Submitted, Step::Approve) => Ok(Self::Approved),
            (Self::Approved, Step::Commit) => Ok(Self::Committed),
            _ => Err(Problem::new(&error::ALLOCATION_WRONG_STATE).with("state", self.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for (state, name) in STATES {
            assert_eq!((state.as_str(), State::parse(name)), (name, Some(state)));
        }
    }

    #[test]
    fn a_plan_goes_one_way_and_never_back() {
        let steps = [Step::Compute, Step::Adjust, Step::Submit, Step::Approve, Step::Commit];
        let mut state = State::Draft;
        for step in steps {
            state = state.after(step).unwrap();
        }
        assert_eq!(state, State::Committed);
        for (state, _) in STATES {
            for step in steps {
                if let Ok(after) = state.after(step) {
                    assert!(after >= state, "{state:?} {step:?}");
                }
            }
        }
        for step in steps {
            assert_eq!(State::Committed.after(step).unwrap_err().code.code, "allocation.wrong_state");
        }
    }
}
