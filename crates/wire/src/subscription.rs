//! Who wants which notices where.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Asks for notices by mail or webhook: those to the account's own office, facility or company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// Made by the sender; the same id again gets the same answer.
    pub id: Uuid,
    /// `mail` or `webhook`
    pub kind: String,
    /// A mail address, or an https address.
    pub address: String,
    /// Topics or their beginnings: `shipment`, `shipment.discrepancy`; all when empty or absent.
    #[serde(default)]
    pub topics: Vec<String>,
    /// `ja` or `en`; `ja` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// `mail` or `webhook`
    pub kind: String,
    /// Where.
    pub address: String,
    /// Topics or their beginnings; all when empty.
    pub topics: Vec<String>,
    /// `ja` or `en`
    pub language: String,
    /// The account that asked for it.
    pub made_by: String,
    /// It is confirmed: notices are sent.
    pub confirmed: bool,
    /// The key by which a webhook's messages are signed. Only in the answer to whoever asks for the subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<String>,
}

/// All subscriptions of an office, facility or company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscriptions {
    /// The subscriptions.
    pub subscriptions: Vec<Subscription>,
}

/// Confirms a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmSubscription {
    /// What was sent to its address.
    pub code: String,
}
