//! Plans: what one level grants to the level below, as officers compute, adjust and commit it.
use domain::TerritoryCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// One part of a rule: so much of the supply, in proportion to an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleComponent {
    /// `base`, `adjustment`
    pub name: String,
    /// Units of the supply for this part, at most what is left; the rest when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub units: Option<i64>,
    /// `population` (total, newest date) or `wish` (vials wished by the sites).
    pub indicator: String,
    /// `webster` unless given; `adams`, `dhondt`, `hamilton`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// `POST /v1/plans`: compute the plan of a level, or compute it again before it is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputePlan {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose holdings are divided.
    #[schema(value_type = String, example = "000000")]
    pub holder: TerritoryCode,
    /// The version that was read, when the plan exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// A published rule, `covid19-standard@1`; instead of `components`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The short form of a rule, instead of `rule`: its parts in order; what one leaves rolls into the next.
    #[serde(default)]
    pub components: Vec<RuleComponent>,
}

/// One line changed by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineUnits {
    /// A territory's code.
    pub recipient: String,
    /// In the plan's units.
    #[schema(minimum = 0)]
    pub units: i64,
}

/// `POST /v1/plans/{plan}:adjust`: change lines by hand, together, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustLines {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The version that was read.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
    /// The lines, as they shall be.
    pub lines: Vec<LineUnits>,
}

/// `POST /v1/plans/{plan}:submit`, `:approve`, `:commit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePlan {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The version that was read.
    pub version: i32,
}

/// `POST /v1/plans/{plan}:take-back`: take a plan back that was handed in, to change its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBackPlan {
    /// Made by the caller: the id of this request.
    pub id: Uuid,
    /// The version that was read.
    pub version: i32,
    /// Why; 1 to 500 characters.
    pub reason: String,
}

/// Vials for one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteVials {
    /// The site.
    pub site: Uuid,
    /// Vials, from 1.
    #[schema(minimum = 1)]
    pub vials: i64,
}

/// `POST /v1/assignments`: who stands last in the round's stream assigns vials to sites in its
/// territory. May be done in several steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignToSites {
    /// Made by the caller: the id of this request and of the plan that it becomes.
    pub id: Uuid,
    /// The round.
    pub round: Uuid,
    /// Whose holdings are assigned: a municipality, or a prefecture in a round of its own sites.
    #[schema(value_type = String, example = "131016")]
    pub holder: TerritoryCode,
    /// The sites, each once.
    pub sites: Vec<SiteVials>,
}

/// A plan after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanMoved {
    /// The plan.
    pub plan: Uuid,
    /// Whose holdings it divides.
    #[schema(value_type = String)]
    pub holder: TerritoryCode,
    /// Where it stands now.
    pub state: String,
    /// Its version now.
    pub version: i32,
    /// What there is to divide, vials.
    pub supply_vials: i64,
    /// What its lines come to, vials.
    pub granted_vials: i64,
    /// Lines.
    pub lines: i64,
    /// The computation alone, milliseconds; when something was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_ms: Option<i64>,
    /// Commit position.
    pub position: String,
}

/// A line that another officer changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineDifference {
    /// The line.
    pub recipient: String,
    /// In the version that was read.
    pub yours: i64,
    /// Now.
    pub theirs: i64,
    /// Who changed it last.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}
