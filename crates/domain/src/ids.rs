//! Typed identifiers: a report's id cannot be passed where a facility's is meant.
//!
//! All are UUIDs (version 7 where we make them). The caller makes the id of everything it may have
//! to send twice, so an id doubles as the idempotency key.
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )+};
}

typed_ids! {
    /// A hospital or clinic.
    FacilityId,
    /// One revision of one report; also its idempotency key.
    ReportId,
    /// A person's or machine's account.
    AccountId,
    /// A ministry, prefecture, municipality, hospital … as a body that employs people.
    OrganisationId,
    /// One request as it runs through the services; shown to the caller in `X-Request-Id`.
    RequestId,
    /// One event in an outbox.
    EventId,
}
