//! Writes sent to a service: done, refused as could be expected, or an error.
use super::client::{Client, Refusal};
use crate::{
    session::Session,
    types::{problem::FieldProblem, words::Words},
};
use domain::{Problem, error, policy::Role};
use platform::{Position, failure::Failure};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::OnceCell;
use wire::{objection, shipment, what_if};

/// An answer of a service that tells its commit.
pub trait Written {
    /// The commit position, as the service wrote it.
    fn position(&self) -> &str;
}

macro_rules! written {
    ($($answer:ty),+) => {$(
        impl Written for $answer {
            fn position(&self) -> &str {
                &self.position
            }
        }
    )+};
}
written!(
    wire::notice::NoticeMoved,
    objection::ObjectionAnswered,
    objection::ObjectionMade,
    shipment::LinesReleased,
    shipment::ReceiptConfirmed,
    shipment::ShipmentMoved,
    shipment::DiscrepancyResolved,
    what_if::WhatIfRan,
    wire::amendment::AmendmentMoved,
    wire::amendment::LinesWithdrawn
);

/// A write that was done.
#[derive(Debug)]
pub struct Done<T> {
    /// The service's answer.
    pub answer: T,
    /// It is the first answer to this id, given again.
    pub replayed: bool,
    commit: Position,
    /// The request's snapshot sees the write.
    seen: OnceCell<()>,
}

/// What can become of a write, as far as it is to be expected.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Done, now or before under the same id.
    Done(Done<T>),
    /// You may see it, but it cannot be done.
    Refused(Refusal),
}

impl<T: Written> Done<T> {
    /// The write as the service told it.
    ///
    /// # Errors
    /// `service.internal` when its position cannot be read.
    pub fn of(answer: T, replayed: bool) -> Result<Self, Refusal> {
        let position = answer.position();
        let unreadable = |_| Failure::internal(format!("answer of a service: position {position:?}")).into_problem();
        let commit = position.parse().map(Position).map_err(unreadable)?;
        Ok(Self { answer, replayed, commit, seen: OnceCell::new() })
    }

    /// The commit position, for later reads that must see the write.
    pub fn position(&self) -> &str {
        self.answer.position()
    }

    /// Reads on from a snapshot that sees the write.
    ///
    /// # Errors
    /// As `Session::catch_up`.
    pub async fn catch_up(&self, session: &Session) -> Result<(), Problem> {
        self.seen.get_or_try_init(|| session.catch_up(self.commit)).await?;
        Ok(())
    }
}

/// Sends a write to a service in the caller's name.
///
/// # Errors
/// `auth.missing_token` and `auth.invalid_token`, what does not exist for the caller,
/// `request.rate_limited`, `service.unavailable`, and whatever else is no outcome of the write itself.
pub async fn send<T: DeserializeOwned + Written>(
    session: &Session,
    service: &Client,
    path: &str,
    request: &impl Serialize,
) -> Result<Outcome<T>, Refusal> {
    if session.op.actor.role == Role::Public {
        return Err(Problem::new(&error::AUTH_MISSING_TOKEN).into());
    }
    match service.post::<T>(path, &session.op, session.authorization.as_deref(), request).await {
        Ok(answered) => Done::of(answered.body, answered.replayed).map(Outcome::Done),
        Err(refusal) => expected(refusal).map(Outcome::Refused),
    }
}

/// A refusal that is an outcome of the write itself.
fn expected(refusal: Refusal) -> Result<Refusal, Refusal> {
    if matches!(refusal.status, 403 | 409 | 422) { Ok(refusal) } else { Err(refusal) }
}

/// The parts of a refusal as they are shown.
pub fn shown(refusal: Refusal) -> (String, Words, Vec<FieldProblem>) {
    let errors = refusal.errors.into_iter().map(FieldProblem::from).collect();
    (refusal.code, Words { ja: refusal.ja, en: refusal.en }, errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_to_be_expected_are_outcomes_and_everything_else_is_an_error() {
        let refusal = |status: u16| Refusal { status, ..Refusal::from(Problem::new(&error::REQUEST_INVALID)) };
        for status in [403, 409, 422] {
            assert_eq!(expected(refusal(status)), Ok(refusal(status)));
        }
        for status in [400, 401, 404, 413, 429, 500, 503] {
            assert_eq!(expected(refusal(status)), Err(refusal(status)));
        }
    }

    #[test]
    fn what_was_done_is_told_only_if_its_position_can_be_read() {
        let done = |position: &str| {
            let (shipment, state) = (uuid::Uuid::nil(), "cancelled".to_owned());
            Done::of(shipment::ShipmentMoved { shipment, state, version: 2, position: position.to_owned() }, true)
        };
        let read = done("77").unwrap();
        assert_eq!((read.position(), read.commit, read.replayed), ("77", Position(77), true));
        for position in ["", "-", "x"] {
            assert_eq!(done(position).map(|_| ()).unwrap_err().status, 500);
        }
    }
}
