//! 割当ての変更: committed plans whose supply or lines change, and assignments that are taken back.
use crate::plan::LineUnits;
use domain::TerritoryCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST /v1/plans/{plan}:amend`: propose a change of a committed plan. Exactly one of `supply_vials` and
/// `lines`. Nothing is posted before it is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendPlan {
    /// Made by the caller: the id of this request and of the amendment.
    pub id: Uuid,
    /// The plan's version that was read.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// What there shall be in all, vials: it differs from the plan's supply by whole packs, and the queue of the
    /// plan's rule says whose lines move. On the stream's first level a smaller supply leaves the round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub supply_vials: Option<i64>,
    /// The lines, as they shall be. What comes back stays with the holder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineUnits>,
    /// How long those below have to give back what they have passed on, hours; 48 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 8784)]
    pub hours: Option<i32>,
}

/// `POST /v1/amendments/{amendment}:commit`: post it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitAmendment {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The amendment's version that was read.
    pub version: i32,
}

/// `POST /v1/amendments/{amendment}:choose`: what is done where more is locked than would be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseForOvercommitted {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The amendment's version that was read.
    pub version: i32,
    /// `return`: others who still can give back instead; `reserve`: the holder's reserve covers it.
    pub choice: String,
}

/// A line of an assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignedLine {
    /// The assignment.
    pub plan: Uuid,
    /// The site.
    pub site: Uuid,
}

/// `POST /v1/assignments:withdraw`: take assigned lines back that have not been released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawLines {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Who assigned them.
    #[schema(value_type = String, example = "131016")]
    pub holder: TerritoryCode,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// The lines, each once and whole; at most 2,000.
    pub lines: Vec<AssignedLine>,
}

/// A place that still has something to give back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Surplus {
    /// A territory's code.
    pub recipient: String,
    /// Units that are not locked.
    pub units: i64,
}

/// What can be chosen while an amendment is overcommitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// `return`, `reserve`
    pub choice: String,
    /// How many units it can cover.
    pub units: i64,
    /// For `return`: by whom.
    #[serde(default)]
    pub places: Vec<Surplus>,
}

/// An amendment after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AmendmentMoved {
    /// The amendment.
    pub amendment: Uuid,
    /// Whose division, or whose assignments.
    #[schema(value_type = String)]
    pub holder: TerritoryCode,
    /// The division; absent for who assigns to sites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Uuid>,
    /// `proposed`, `pending`, `overcommitted`, `waiting`, `applied`, `carried`
    pub state: String,
    /// Its version now.
    pub version: i32,
    /// Vials of one unit.
    pub unit_vials: i64,
    /// What the lines come to before, units.
    pub units_before: i64,
    /// What the lines come to after, units.
    pub units_after: i64,
    /// Of more supply: units that no line may take; they stay with the holder.
    pub kept_units: i64,
    /// Units that are locked beyond what would be left.
    pub shortfall_units: i64,
    /// Units that are still to come back from below.
    pub due_units: i64,
    /// Lines that move.
    pub lines: i64,
    /// When the service carries it, RFC 3339; absent when it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// What can be chosen while it is overcommitted.
    pub choices: Vec<Choice>,
    /// Commit position.
    pub position: String,
}

/// Lines that were taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinesWithdrawn {
    /// The round.
    pub round: Uuid,
    /// Who had assigned them.
    #[schema(value_type = String)]
    pub holder: TerritoryCode,
    /// Lines.
    pub lines: i64,
    /// Vials that came back.
    pub vials: i64,
    /// Of these, vials that went on to the level above, which wanted them back.
    pub passed_vials: i64,
    /// Commit position.
    pub position: String,
}
