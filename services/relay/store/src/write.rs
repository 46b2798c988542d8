//! What relay writes, inside a transaction that a permit has begun.
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::time::Instant;
use platform::{failure::Result, statement};
use uuid::Uuid;

/// A message to somebody.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Made by the service that asked for it.
    pub id: Uuid,
    /// `territory`, `facility`, `wholesaler`
    pub recipient_kind: String,
    /// Territory's code, facility's id, wholesaler's or branch's code.
    pub recipient: String,
    /// What it is about: `shipment/<id>`.
    pub about: String,
    /// `shipment.discrepancy`
    pub topic: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
    /// When something is due.
    pub due_at: Option<Instant>,
    /// When it was asked for, business time.
    pub business_at: Instant,
}

statement! {
    /// Keeps a notification, once.
    Put<'a> {
        id: Uuid as SqlUuid,
        recipient_kind: &'a str as Text,
        recipient: &'a str as Text,
        about: &'a str as Text,
        topic: &'a str as Text,
        ja: &'a str as Text,
        en: &'a str as Text,
        due_at: Option<Instant> as Nullable<Timestamptz>,
        business_at: Instant as Timestamptz,
    },
    "insert into notification (id, recipient_kind, recipient, about, topic, ja, en, due_at, business_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do nothing"
}

/// Keeps a notification, unless it is kept already.
///
/// # Errors
/// The database's; a recipient of an unknown kind or an empty text breaks a constraint.
pub async fn put_notification(conn: &mut AsyncPgConnection, notification: &Notification) -> Result<()> {
    let Notification { id, recipient_kind, recipient, about, topic, ja, en, due_at, business_at } = notification;
    let (id, due_at, business_at) = (*id, *due_at, *business_at);
    Put { id, recipient_kind, recipient, about, topic, ja, en, due_at, business_at }.execute(conn).await?;
    Ok(())
}
