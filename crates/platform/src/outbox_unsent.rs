//! The other half of the outbox: what the relay reads, publishes and marks. The connection's search_path
//! says whose outbox it is.
use crate::{failure::Result, statement};
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::time::{Instant, rfc3339};
use serde_json::Value;
use uuid::Uuid;
use wire::events::CloudEvent;

type Columns = (BigInt, SqlUuid, BigInt, Text, BigInt, Text, Timestamptz, Nullable<Text>, Jsonb);
type Values = (i64, Uuid, i64, String, i64, String, Instant, Option<String>, Value);

statement! {
    /// What no queue has yet, in the order of writing. Never by "greater than the last": a lower `pos` may
    /// be committed later.
    Fresh<'a> {
        without_types: &'a [String] as Array<Text>,
        none_left_out: bool as Bool,
        left_out: &'a [String] as Array<Text>,
        limit: i64 as BigInt,
    } -> Columns,
    // what follows a row that is left out waits with it: no event overtakes another of its subject
    "select o.pos, o.id, o.txid, o.subject, o.sequence, o.type, o.business_at, o.traceparent, o.payload
     from outbox o
     where o.published_at is null and o.announced_at is null and o.type <> all(?)
       and (? or not exists (
           select from outbox e
           where e.subject = o.subject and e.sequence < o.sequence and e.published_at is null
             and e.announced_at is null and e.type = any(?)))
     order by o.pos
     limit ?"
}

statement! {
    /// What our own consumers have and a wholesaler has not.
    Waiting<'a> {
        wholesaler: &'a str as Text,
        limit: i64 as BigInt,
    } -> Columns,
    "select pos, id, txid, subject, sequence, type, business_at, traceparent, payload
     from outbox
     where published_at is null and announced_at is not null and payload->>'wholesaler' = ?
     order by pos
     limit ?"
}

statement! {
    /// Wholesalers that lack something.
    Lacking {} -> Text,
    "select distinct payload->>'wholesaler' from outbox
     where published_at is null and announced_at is not null and payload->>'wholesaler' is not null"
}

statement! {
    /// Marks rows: those that are `done` everybody has, the others only our own consumers.
    Mark {
        rows: Vec<i64> as Array<BigInt>,
        done: Vec<bool> as Array<Bool>,
    },
    "update outbox
     set published_at = case when given.done then now() end, announced_at = coalesce(announced_at, now())
     from unnest(?, ?) as given (pos, done)
     where outbox.pos = given.pos and published_at is null"
}

statement! {
    /// A subject's events from a number on.
    OfSubject<'a> {
        subject: &'a str as Text,
        from_sequence: i64 as BigInt,
        limit: i64 as BigInt,
    } -> Columns,
    "select pos, id, txid, subject, sequence, type, business_at, traceparent, payload
     from outbox
     where subject = ? and sequence >= ?
     order by sequence
     limit ?"
}

statement! {
    /// Events in the order of writing, all or a wholesaler's.
    FromPos<'a> {
        pos: i64 as BigInt,
        wholesaler: Option<&'a str> as Nullable<Text>,
        wholesaler_again: Option<&'a str> as Nullable<Text>,
        limit: i64 as BigInt,
    } -> Columns,
    "select pos, id, txid, subject, sequence, type, business_at, traceparent, payload
     from outbox
     where pos >= ? and (?::text is null or payload->>'wholesaler' = ?)
     order by pos
     limit ?"
}

statement! {
    /// How far behind the relay is.
    Behind {} -> (BigInt, BigInt, Nullable<Timestamptz>),
    "select count(*) filter (where announced_at is null), count(*) filter (where announced_at is not null),
            min(recorded_at)
     from outbox
     where published_at is null"
}

statement! {
    /// Takes the right to publish this outbox, unless another session has it. It lasts as long as the session,
    /// in which the few unsent rows among the many sent are found by their own index and in its order:
    /// statistics say that there are none, and a planner that believes them reads and sorts the whole
    /// backlog for each batch.
    TakeTurn {} -> Bool,
    "select pg_try_advisory_lock(hashtext('meguri-relay'), hashtext(current_schema()))
            and set_config('enable_seqscan', 'off', false) is not null
            and set_config('enable_bitmapscan', 'off', false) is not null"
}

/// An event of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Place in the outbox. A lower one may be committed later.
    pub pos: i64,
    /// The event's id.
    pub id: Uuid,
    /// Its commit.
    pub txid: i64,
    /// What it is about.
    pub subject: String,
    /// Place within the subject.
    pub sequence: i64,
    /// Its type.
    pub kind: String,
    /// Business time.
    pub business_at: Instant,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Its data.
    pub payload: Value,
}

impl Row {
    fn of((pos, id, txid, subject, sequence, kind, business_at, traceparent, payload): Values) -> Self {
        Self { pos, id, txid, subject, sequence, kind, business_at, traceparent, payload }
    }

    /// The event as it is published by the service `schema`.
    #[must_use]
    pub fn event(self, schema: &str) -> CloudEvent {
        CloudEvent {
            specversion: "1.0".to_owned(),
            id: self.id,
            dataschema: format!("/contracts/events/{}.schema.json", self.kind),
            kind: self.kind,
            source: source(schema),
            subject: self.subject,
            time: rfc3339(self.business_at),
            datacontenttype: "application/json".to_owned(),
            sequence: self.sequence.to_string(),
            traceparent: self.traceparent,
            position: self.txid.to_string(),
            data: self.payload,
        }
    }

    /// A text of the data's first level.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.payload.get(name)?.as_str()
    }
}

/// The `source` of a service's events: `/meguri/<schema>`.
#[must_use]
pub fn source(schema: &str) -> String {
    format!("/meguri/{schema}")
}

/// How far behind the relay is with one outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Events that nobody has yet.
    pub unsent: i64,
    /// Events that only a wholesaler waits for.
    pub waiting: i64,
    /// When the oldest of both was written, real time.
    pub oldest: Option<Instant>,
}

fn rows(values: Vec<Values>) -> Vec<Row> {
    values.into_iter().map(Row::of).collect()
}

/// The oldest `limit` events that nobody has yet, except for some types.
///
/// # Errors
/// The database's.
pub async fn fresh(conn: &mut AsyncPgConnection, without_types: &[String], limit: i64) -> Result<Vec<Row>> {
    let none_left_out = without_types.is_empty();
    let fresh = Fresh { without_types, none_left_out, left_out: without_types, limit };
    Ok(rows(fresh.load(conn).await?))
}

/// The oldest `limit` events that only `wholesaler` (its code) waits for.
///
/// # Errors
/// The database's.
pub async fn waiting(conn: &mut AsyncPgConnection, wholesaler: &str, limit: i64) -> Result<Vec<Row>> {
    Ok(rows(Waiting { wholesaler, limit }.load(conn).await?))
}

/// The codes of the wholesalers that wait for something.
///
/// # Errors
/// The database's.
pub async fn lacking(conn: &mut AsyncPgConnection) -> Result<Vec<String>> {
    Ok(Lacking {}.load(conn).await?)
}

/// Marks rows by `pos`: `published` are with everybody, `announced` with our own consumers only.
///
/// # Errors
/// The database's; then nothing is marked, and the rows are published again.
pub async fn mark(conn: &mut AsyncPgConnection, published: &[i64], announced: &[i64]) -> Result<usize> {
    if published.is_empty() && announced.is_empty() {
        return Ok(0);
    }
    let done = published.iter().map(|_| true).chain(announced.iter().map(|_| false)).collect();
    Ok(Mark { rows: [published, announced].concat(), done }.execute(conn).await?)
}

/// A subject's events from a number on, published or not.
///
/// # Errors
/// The database's.
pub async fn of_subject(
    conn: &mut AsyncPgConnection,
    subject: &str,
    from_sequence: i64,
    limit: i64,
) -> Result<Vec<Row>> {
    Ok(rows(OfSubject { subject, from_sequence, limit }.load(conn).await?))
}

/// Events from a place on, published or not; all, or those of one wholesaler (its code).
///
/// # Errors
/// The database's.
pub async fn from_pos(
    conn: &mut AsyncPgConnection,
    pos: i64,
    wholesaler: Option<&str>,
    limit: i64,
) -> Result<Vec<Row>> {
    Ok(rows(FromPos { pos, wholesaler, wholesaler_again: wholesaler, limit }.load(conn).await?))
}

/// How far behind the relay is.
///
/// # Errors
/// The database's.
pub async fn backlog(conn: &mut AsyncPgConnection) -> Result<Backlog> {
    let (unsent, waiting, oldest) = Behind {}.get_result(conn).await?;
    Ok(Backlog { unsent, waiting, oldest })
}

/// Tries to become the one session that publishes this outbox; it is for as long as it lives.
///
/// # Errors
/// The database's.
pub async fn take_turn(conn: &mut AsyncPgConnection) -> Result<bool> {
    Ok(TakeTurn {}.get_result(conn).await?)
}
