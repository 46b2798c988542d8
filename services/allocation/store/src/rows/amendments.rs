//! Rows of amendments: divisions whose supply or lines change after they were committed.
use crate::schema::{amendment, amendment_line, amendment_move, queue_position};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer, Text, Uuid as SqlUuid},
};
use serde_json::Value;
use uuid::Uuid;

/// 割当ての変更: what is proposed, or has been committed, for one holder.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = amendment, treat_none_as_default_value = false)]
pub struct Amendment {
    /// The request's, or made of the cause.
    pub id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// Whose division, or whose assignments: a territory's code.
    pub holder: String,
    /// The division; none for who assigns to sites.
    pub plan_id: Option<Uuid>,
    /// `supply`, `lines`, `noted`, `above`
    pub origin: String,
    /// `proposed`, `pending`, `overcommitted`, `waiting`, `applied`, `carried`, `cancelled`
    pub state: String,
    /// Counts up with every change.
    pub version: i32,
    /// The plan's version that it was computed from.
    pub plan_version: Option<i32>,
    /// Vials of one unit.
    pub unit_vials: i32,
    /// What the lines come to before.
    pub units_before: i64,
    /// What the lines come to after.
    pub units_after: i64,
    /// Of more supply: units that no line may take.
    pub kept_units: i64,
    /// Units that are locked beyond what would be left.
    pub shortfall_units: i64,
    /// What can be chosen while it is overcommitted.
    pub choices: Value,
    /// What was chosen: `return`, `reserve`.
    pub choice: Option<String>,
    /// Where the rule's queues stand once it is committed: [[recipient, units], …].
    pub positions: Value,
    /// Vials that leave the round's supply.
    pub withdrawn_vials: i64,
    /// How many of them have left.
    pub left_vials: i64,
    /// How long those below have, hours.
    pub hours: i32,
    /// When the service carries it.
    pub deadline: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// Who proposed it; nil is the service.
    pub actor: Uuid,
    /// Name of that account.
    pub actor_name: String,
    /// Figures of a training instance.
    pub training: bool,
    /// When it was proposed.
    pub business_at: DateTime<Utc>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// By the service, at the deadline.
    pub carried: bool,
    /// When it was done with.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A line that an amendment moves.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = amendment_line)]
pub struct AmendmentLine {
    /// The amendment.
    pub amendment_id: Uuid,
    /// The plan that the line is of.
    pub plan_id: Uuid,
    /// A territory's code, or a site's id.
    pub recipient: String,
    /// Units before.
    pub units_before: i64,
    /// Units after.
    pub units_after: i64,
    /// Units that cannot come back.
    pub locked_units: i64,
    /// Once committed: units that have moved.
    pub settled_units: i64,
    /// Units that need not move any more.
    pub forgiven_units: i64,
    /// Why, Japanese.
    pub ja: String,
    /// Why, English.
    pub en: String,
}

/// A transfer by which something was amended or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = amendment_move, treat_none_as_default_value = false)]
pub struct AmendmentMove {
    /// The transfer's.
    pub id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// The amendment; none where an officer withdrew a line.
    pub amendment_id: Option<Uuid>,
    /// The plan whose line it changes.
    pub plan_id: Option<Uuid>,
    /// That line.
    pub recipient: Option<String>,
    /// `granted`, `reserve`
    pub giver_kind: String,
    /// Whose account gave.
    pub giver: String,
    /// `granted`, `supply`
    pub getter_kind: String,
    /// Whose account got.
    pub getter: String,
    /// How much.
    pub vials: i64,
    /// Of the plans' history.
    pub cause_id: Uuid,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// Where the rule's queue stands for a recipient after amendments.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = queue_position)]
pub struct QueuePosition {
    /// The plan.
    pub plan_id: Uuid,
    /// A territory's code; for the nation's plan those two levels below.
    pub recipient: String,
    /// Units.
    pub units: i64,
}

/// Units that are still to come back from below.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Owed {
    /// The committed amendment.
    #[diesel(sql_type = SqlUuid)]
    pub amendment_id: Uuid,
    /// Whose division it is.
    #[diesel(sql_type = Text)]
    pub holder: String,
    /// The division.
    #[diesel(sql_type = SqlUuid)]
    pub plan_id: Uuid,
    /// Who owes.
    #[diesel(sql_type = Text)]
    pub recipient: String,
    /// So many.
    #[diesel(sql_type = BigInt)]
    pub units: i64,
    /// Vials of one.
    #[diesel(sql_type = Integer)]
    pub unit_vials: i32,
}
