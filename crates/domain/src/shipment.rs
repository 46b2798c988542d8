//! A shipment brings whole packs of one release to one hub. Its states, the wholesaler's answers that
//! move it, and which lots it takes.
//!
//! Source: the project's contracts, "States"; first-expired-first-out as allocation.md 4.5 has it.
use crate::{
    error::{self, Problem},
    fefo::{SameExpiry, Shelf},
};
use chrono::NaiveDate;

/// Where a shipment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Made from a release; the branch has been told.
    Ordered,
    /// The branch has named a day.
    Scheduled,
    /// The actual lots are chosen.
    Picked,
    /// On the road.
    Dispatched,
    /// Handed over, by the branch's word or the site's.
    Delivered,
    /// Not handed over; still on the road or back at the branch's door.
    Failed,
    /// Physically back at the wholesaler.
    Returned,
    /// Gone.
    Lost,
    /// Called off by an officer before dispatch.
    Cancelled,
    /// Given up by the branch before dispatch.
    Unfulfillable,
}

/// What happens to a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `shipment.scheduled.v1`
    Schedule,
    /// `shipment.picked.v1`
    Pick,
    /// `shipment.dispatched.v1`
    Dispatch,
    /// `shipment.delivered.v1`
    Deliver,
    /// `shipment.failed.v1`: before dispatch the branch cannot fulfil it, afterwards nobody took it.
    Fail,
    /// `shipment.returned.v1`
    Return,
    /// `shipment.lost.v1`
    Lose,
    /// An officer calls it off.
    Cancel,
    /// The site confirms what arrived.
    Receive,
}

const STATES: [(State, &str); 10] = [
    (State::Ordered, "ordered"),
    (State::Scheduled, "scheduled"),
    (State::Picked, "picked"),
    (State::Dispatched, "dispatched"),
    (State::Delivered, "delivered"),
    (State::Failed, "failed"),
    (State::Returned, "returned"),
    (State::Lost, "lost"),
    (State::Cancelled, "cancelled"),
    (State::Unfulfillable, "unfulfillable"),
];

/// The answers that partners give, by the type of their event.
pub const ANSWERS: [(Step, &str); 7] = [
    (Step::Schedule, "shipment.scheduled.v1"),
    (Step::Pick, "shipment.picked.v1"),
    (Step::Dispatch, "shipment.dispatched.v1"),
    (Step::Deliver, "shipment.delivered.v1"),
    (Step::Fail, "shipment.failed.v1"),
    (Step::Return, "shipment.returned.v1"),
    (Step::Lose, "shipment.lost.v1"),
];

impl Step {
    /// It says that the shipment has left the depot.
    #[must_use]
    pub fn has_left(self) -> bool {
        matches!(self, Self::Dispatch | Self::Deliver | Self::Return | Self::Lose)
    }
}

impl State {
    /// All states, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        STATES.iter().map(|(state, _)| *state)
    }

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

    /// Its vials are on the road, in the book: neither at the depot nor taken in by the site.
    #[must_use]
    pub fn on_the_road(self, received: bool) -> bool {
        matches!(self, Self::Dispatched | Self::Failed) || self == Self::Delivered && !received
    }

    /// Nothing can happen to it any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Returned | Self::Lost | Self::Cancelled | Self::Unfulfillable)
    }

    /// The state after a step. `received` tells whether the site has confirmed the arrival.
    ///
    /// A branch may name another day, and pick again, until it dispatches; what was not handed over
    /// may be sent again. The site may confirm before the branch has said that it delivered: the
    /// branch's word then changes nothing.
    ///
    /// # Errors
    /// `shipment.wrong_state` when the step does not fit.
    pub fn after(self, step: Step, received: bool) -> Result<Self, Problem> {
        match (self, step) {
            (Self::Ordered | Self::Scheduled, Step::Schedule) => Ok(Self::Scheduled),
            (Self::Picked, Step::Schedule) => Ok(Self::Picked),
            (Self::Scheduled | Self::Picked, Step::Pick) => Ok(Self::Picked),
            (Self::Picked | Self::Failed, Step::Dispatch) => Ok(Self::Dispatched),
            (Self::Dispatched | Self::Failed | Self::Delivered, Step::Receive) if !received => Ok(Self::Delivered),
            (Self::Dispatched, Step::Deliver) => Ok(Self::Delivered),
            (Self::Delivered, Step::Deliver) if received => Ok(Self::Delivered),
            (Self::Ordered | Self::Scheduled | Self::Picked, Step::Fail) => Ok(Self::Unfulfillable),
            (Self::Ordered | Self::Scheduled | Self::Picked, Step::Cancel) => Ok(Self::Cancelled),
            (Self::Dispatched, Step::Fail) => Ok(Self::Failed),
            (Self::Dispatched | Self::Failed, Step::Return) => Ok(Self::Returned),
            (Self::Dispatched | Self::Failed, Step::Lose) => Ok(Self::Lost),
            _ => Err(Problem::new(&error::SHIPMENT_WRONG_STATE).with("state", self.as_str())),
        }
    }
}

/// What lies at a depot of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnHand<L> {
    /// The lot.
    pub lot: L,
    /// Last day of use.
    pub expiry: NaiveDate,
    /// Vials.
    pub vials: i64,
}

/// The lots for `vials` to be delivered on `day`: first expired first out, then by lot; only lots that
/// may still be used on that day. Answers fewer vials when there are not enough.
#[must_use]
pub fn first_expired_first_out<L: Copy + Ord>(
    on_hand: &[OnHand<L>],
    vials: i64,
    day: NaiveDate,
) -> Vec<(L, NaiveDate, i64)> {
    let mut shelf = Shelf::new(on_hand.iter().map(|lot| (lot.lot, lot.expiry, lot.vials)));
    // what is left of an opened lot leaves the depot first
    shelf.take(vials, day, SameExpiry::LotOrder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, 4, 1).unwrap() + chrono::Days::new(number)
    }

    #[test]
    fn names_round_trip() {
        for (state, name) in STATES {
            assert_eq!((state.as_str(), State::parse(name)), (name, Some(state)));
        }
    }

    #[test]
    fn the_usual_way_and_its_ends() {
        let mut state = State::Ordered;
        for step in [Step::Schedule, Step::Pick, Step::Dispatch, Step::Deliver] {
            state = state.after(step, false).unwrap();
        }
        assert_eq!(state.after(Step::Receive, false).unwrap(), State::Delivered);
        assert_eq!(state.after(Step::Receive, true).unwrap_err().code.code, "shipment.wrong_state");
        for over in [State::Returned, State::Lost, State::Cancelled, State::Unfulfillable] {
            for step in [Step::Schedule, Step::Pick, Step::Dispatch, Step::Deliver, Step::Cancel, Step::Receive] {
                assert!(over.after(step, false).is_err(), "{over:?} {step:?}");
            }
        }
        for late in [State::Dispatched, State::Delivered, State::Failed] {
            assert!(late.after(Step::Cancel, false).is_err(), "nothing is called off after dispatch");
        }
        assert_eq!(State::Picked.after(Step::Fail, false).unwrap(), State::Unfulfillable);
        assert_eq!(State::Dispatched.after(Step::Fail, false).unwrap(), State::Failed);
        assert_eq!(State::Delivered.after(Step::Deliver, true).unwrap(), State::Delivered, "the site was faster");
    }

    #[test]
    fn over_is_what_no_step_leads_out_of() {
        use Step::{Cancel, Deliver, Dispatch, Fail, Lose, Pick, Receive, Return, Schedule};
        for state in State::all() {
            let steps = [Schedule, Pick, Dispatch, Deliver, Fail, Return, Lose, Cancel, Receive];
            let leads_out =
                steps.iter().any(|step| state.after(*step, false).is_ok() || state.after(*step, true).is_ok());
            assert_eq!(state.is_over(), !leads_out, "{state:?}");
        }
    }

    proptest! {
        /// Never more than wanted or on hand, never an expired lot, and never a later expiry while an
        /// earlier one is left: as many as possible, oldest first.
        #[test]
        fn fefo_takes_the_oldest_usable(
            lots in proptest::collection::vec((0_u64..60, 0_i64..50), 0..12), wanted in 0_i64..300, on in 0_u64..60,
        ) {
            let on_hand: Vec<OnHand<usize>> = lots.iter().enumerate()
                .map(|(lot, (expiry, vials))| OnHand { lot, expiry: day(*expiry), vials: *vials }).collect();
            let taken = first_expired_first_out(&on_hand, wanted, day(on));
            let usable: i64 = on_hand.iter().filter(|lot| lot.expiry >= day(on)).map(|lot| lot.vials).sum();
            prop_assert_eq!(taken.iter().map(|(_, _, vials)| vials).sum::<i64>(), wanted.min(usable));
            for (lot, expiry, vials) in &taken {
                prop_assert!(*expiry >= day(on) && *vials > 0 && *vials <= on_hand[*lot].vials);
                for other in on_hand.iter().filter(|other| other.expiry >= day(on) && other.expiry < *expiry) {
                    let used = taken.iter().find(|(lot, _, _)| *lot == other.lot).map_or(0, |(_, _, vials)| *vials);
                    prop_assert_eq!(used, other.vials, "an older lot is used up first");
                }
            }
        }
    }
}
