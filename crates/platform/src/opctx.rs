//! What one operation carries with it: who, on whose request, at what time, with which ids.
use crate::clock::Clock;
use domain::{
    ids::RequestId,
    policy::{Actor, Scope},
    time::Instant,
};
use uuid::Uuid;

/// The context of one operation.
#[derive(Debug, Clone)]
pub struct OpCtx {
    /// Who acts.
    pub actor: Actor,
    /// The request it belongs to.
    pub request_id: RequestId,
    /// Business time; the same for the whole operation.
    pub now: Instant,
    /// Figures entered now are a training instance's.
    pub training: bool,
    /// W3C trace context of the caller, passed on to events.
    pub traceparent: Option<String>,
}

impl OpCtx {
    /// A context for `actor`, at the clock's time, with a new request id.
    #[must_use]
    pub fn new(actor: Actor, clock: &Clock) -> Self {
        Self { actor, request_id: RequestId(new_id()), now: clock.now(), training: clock.training(), traceparent: None }
    }

    /// A context for the service's own work.
    #[must_use]
    pub fn system(job: &str, clock: &Clock) -> Self {
        Self::new(Actor::system(job), clock)
    }

    /// What this actor's reads may touch.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::of(&self.actor)
    }
}

/// A new UUIDv7.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
