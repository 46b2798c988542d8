//! Rows as the use cases and the gateway see them.
use crate::schema::{
    book_account, plan, plan_change, plan_line, release, release_line, round, round_step, site, stream, supply_notice,
    wish,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

mod amendments;
mod objection;
mod past;
mod rules;
pub use amendments::{Amendment, AmendmentLine, AmendmentMove, Owed, QueuePosition};
pub use objection::{Due, Late, NewAnswer, NewObjection, Objection, Reminder};
pub use past::{Goods, GoodsRatio, PastLine, PastRound, Product};
pub use rules::{
    Figure, Given, Indicator, IndicatorRecording, IndicatorState, PlanDocument, Rule, WhatIf, WhatIfLine, WhatIfRun,
};

/// 接種の枠: the doses of one group.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = stream)]
pub struct Stream {
    /// Programme's code.
    pub programme: String,
    /// Code.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// Through which levels they pass, from above: see `domain::stream::Levels`.
    pub levels: Vec<String>,
    /// Which kinds of sites its doses may be assigned to.
    pub site_kinds: Vec<String>,
}

/// クール: a delivery round of one product.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = round)]
pub struct Round {
    /// Id.
    pub id: Uuid,
    /// Programme's code.
    pub programme: String,
    /// Stream's code.
    pub stream: String,
    /// Product's code.
    pub product: String,
    /// Restarts with each product and stream.
    pub number: i32,
    /// Pack's code.
    pub pack: String,
    /// Vials of one pack.
    pub pack_vials: i32,
    /// Doses counted for one vial.
    pub doses_per_vial: i32,
    /// First day of delivery.
    pub delivery_from: NaiveDate,
    /// Last day of delivery.
    pub delivery_to: NaiveDate,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// Until when a level must have committed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = round_step)]
pub struct RoundStep {
    /// The round.
    pub round_id: Uuid,
    /// `nation`, `prefecture`, `municipality`
    pub level: String,
    /// Due.
    pub due_at: DateTime<Utc>,
    /// How long those below may object to what was handed in, hours; 0: they are not asked.
    pub objection_hours: i32,
    /// See `domain::plan::OnLate`.
    pub on_late: String,
}

/// Vials that enter a round.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = supply_notice)]
pub struct SupplyNotice {
    /// Id.
    pub id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// Who has them: a territory of the first level of the round's stream.
    pub holder: String,
    /// Vials.
    pub vials: i64,
    /// When it was noted.
    pub business_at: DateTime<Utc>,
}

/// Where vaccine is given.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = site)]
pub struct Site {
    /// Id.
    pub id: Uuid,
    /// `mass` (a hub), `satellite`, `workplace`, `national_centre`
    pub kind: String,
    /// The hospital, for a satellite.
    pub facility_id: Option<Uuid>,
    /// Where.
    pub municipality: String,
    /// The hub that it gets its vials from.
    pub hub_id: Option<Uuid>,
    /// Name.
    pub name: String,
    /// Address; empty where none is known.
    pub address: String,
    /// What its freezer for vaccine is for, where that is known: `ultra_cold`, `frozen`, `refrigerated`
    pub freezer_storage: Option<String>,
    /// How many vials the freezer takes.
    pub freezer_vials: Option<i64>,
}

/// 希望量: what a site asked for.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = wish)]
pub struct Wish {
    /// The round.
    pub round_id: Uuid,
    /// The site.
    pub site_id: Uuid,
    /// Vials.
    pub vials: i64,
    /// Made up, for training.
    pub synthetic: bool,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = plan)]
pub struct Plan {
    /// Id.
    pub id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// See `domain::plan::Kind`.
    pub kind: String,
    /// Its holder's: `nation`, `prefecture`, `municipality`
    pub level: String,
    /// Whose holdings it divides or assigns.
    pub holder: String,
    /// See `domain::plan::State`.
    pub state: String,
    /// Counts up with every change.
    pub version: i32,
    /// What there is to divide.
    pub supply_vials: i64,
    /// Vials of one unit of its lines.
    pub unit_vials: i32,
    /// How the lines were computed.
    pub rule: Value,
    /// SHA-256 of rule and inputs.
    pub digest: Vec<u8>,
    /// When.
    pub computed_at: DateTime<Utc>,
    /// When it was posted.
    pub committed_at: Option<DateTime<Utc>>,
    /// Figures of a training instance.
    pub training: bool,
    /// Its rule takes something away from somebody: those below must be asked.
    pub needs_objections: bool,
    /// Handed in with a window: until when its recipients may object.
    pub objections_until: Option<DateTime<Utc>>,
    /// Whose account handed it in.
    pub submitted_by: Option<Uuid>,
    /// The account's name.
    pub submitted_name: Option<String>,
    /// Whose account agreed to it.
    pub approved_by: Option<Uuid>,
    /// The account's name.
    pub approved_name: Option<String>,
}

/// A line of a plan.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = plan_line)]
pub struct PlanLine {
    /// The plan.
    pub plan_id: Uuid,
    /// A territory's code, or a site's id.
    pub recipient: String,
    /// For the municipalities of a national plan: their prefecture. Such lines are shown, not posted.
    pub under: Option<String>,
    /// As computed, units.
    pub computed: i64,
    /// As it stands, units.
    pub units: i64,
    /// Why.
    pub explanation: Value,
    /// `planned`, …
    pub state: String,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = plan_change)]
pub struct PlanChange {
    /// Of the request that made it; all lines changed together share it.
    pub id: Uuid,
    /// The plan.
    pub plan_id: Uuid,
    /// The version that it made.
    pub version: i32,
    /// `compute`, `adjust`, `submit`, `take_back`, `approve`, `commit`, `carry`; `object` and `answer`, which
    /// make no version.
    pub action: String,
    /// The line, for `adjust`.
    pub recipient: Option<String>,
    /// Units before.
    pub units_before: Option<i64>,
    /// Units after.
    pub units_after: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub actor_name: String,
    /// When.
    pub business_at: DateTime<Utc>,
}

/// Whose account an account of the book is.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = book_account)]
pub struct BookAccount {
    /// The ledger's id.
    pub account_id: i64,
    /// The round.
    pub round_id: Uuid,
    /// `supply`, `granted`, `reserve`, `released`
    pub kind: String,
    /// A territory's code, or a site's id.
    pub holder: String,
}

/// Assigned lines of one hub group that were released together: one shipment.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = release, treat_none_as_default_value = false)]
pub struct Release {
    /// Id, also the shipment's.
    pub id: Uuid,
    /// The round.
    pub round_id: Uuid,
    /// The hub.
    pub hub_id: Uuid,
    /// Whose officers released it: a territory's code.
    pub holder: String,
    /// Vials in all.
    pub vials: i64,
    /// Whole packs.
    pub packs: i64,
    /// `released`, `cancelled`, `unfulfillable`
    pub state: String,
    /// Why it came back.
    pub reason: Option<String>,
    /// Who released it.
    pub actor_name: String,
    /// When.
    pub business_at: DateTime<Utc>,
    /// When it came back.
    pub ended_at: Option<DateTime<Utc>>,
}

/// One line of a release.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = release_line)]
pub struct ReleaseLine {
    /// The release.
    pub release_id: Uuid,
    /// The assignment.
    pub plan_id: Uuid,
    /// The site's id, as the assignment's line names it.
    pub recipient: String,
    /// Vials.
    pub vials: i64,
}
