//! What a rule gives: units, and the proof of each line.
use crate::{
    BusinessDay,
    apportionment::{Status, explain::Explanation},
};
use serde::Serialize;

/// The result of a rule. All amounts in units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Computed {
    /// What there was.
    pub supply: i64,
    /// What the rule's `reserve` took off the top.
    pub reserve: i64,
    /// What nobody took. Units of all places, `reserve` and this add up to `supply`.
    pub left: i64,
    /// In the order of the rule.
    pub components: Vec<ComponentOutcome>,
    /// Sorted by code.
    pub places: Vec<PlaceOutcome>,
}

/// One component of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentOutcome {
    /// As in the rule.
    pub name: String,
    /// Whether its floors fitted.
    pub status: Status,
    /// What it had to share.
    pub supply: i64,
    /// What it gave, after the cut.
    pub given: i64,
    /// What the stock cut took away.
    pub cut: i64,
    /// What it left: `supply - given`, the cut units among them.
    pub left: i64,
}

/// One place's line, with everything that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceOutcome {
    /// The place.
    pub code: String,
    /// Units of all components.
    pub units: i64,
    /// By component, in the order of the rule.
    pub components: Vec<Share>,
    /// Every reason for a cap on all components together.
    pub total_caps: Vec<NamedUnits>,
    /// The one that is reached.
    pub binding_total_cap: Option<String>,
    /// Every figure that the rule looked at.
    pub figures: Vec<UsedFigure>,
    /// What a person should look at.
    pub flags: Vec<Flag>,
    /// This many further units of the plan's supply bring this line more, and one fewer does not. Only of
    /// rules for which that is exact, [`super::Rule::shares_all`]; a part's own is in its proof.
    pub next_unit_after: Option<i64>,
    /// The line in Japanese.
    pub ja: String,
    /// The line in English.
    pub en: String,
}

/// What one component gives one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The component.
    pub name: String,
    /// This round's units, after the cut.
    pub units: i64,
    /// Of the component's run, before the cut; in a cumulative component on the running total. Its `caps`
    /// are all reasons for a cap, what remains of each total cap among them. `next_unit_after` counts
    /// further units of the component's supply, all else being equal; it is absent where the stock cut
    /// applies, which may take the next unit away again.
    pub proof: Explanation,
    /// Every reason for a floor.
    pub floors: Vec<NamedUnits>,
    /// The largest of them, the first if several.
    pub largest_floor: Option<String>,
    /// Whether the run is on the running total; then `proof.committed` is what the place had already.
    pub cumulative: bool,
    /// Units of the components before, in this round.
    pub earlier: i64,
    /// Units of the rounds before. In a cumulative component `proof.committed` is this and `earlier`.
    pub given_before: i64,
    /// What the stock cut looked at.
    pub stock: Option<StockSeen>,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// A reason for a bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedUnits {
    /// As in the rule.
    pub name: String,
    /// Units.
    pub units: i64,
}

/// A figure that the rule looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedFigure {
    /// Name of the indicator.
    pub indicator: String,
    /// What it counts.
    pub unit: String,
    /// The number.
    pub value: i64,
    /// The day it stands for; of a sum of days, the newest day that is in the series. `None` when the series is empty.
    pub as_of: Option<BusinessDay>,
    /// Where it comes from.
    pub source: String,
    /// Of a sum of days, which days are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<DaysCounted>,
}

/// The days of a sum. One without a figure counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DaysCounted {
    /// First day of the sum.
    pub from: BusinessDay,
    /// Last day of the sum.
    pub to: BusinessDay,
    /// How many of the days have a figure.
    pub with_figures: i64,
    /// The series goes to the last day or beyond. Else days at the end are not known to be 0, the sum may be
    /// too small, and the line is flagged.
    pub complete: bool,
}

/// What the stock cut looked at, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockSeen {
    /// What the place holds, by the figures; negative when more was used than came.
    pub stock: i64,
    /// What it used in a round.
    #[serde(rename = "use")]
    pub used: i64,
    /// Of the rule.
    pub rounds: i64,
    /// Of the rule.
    pub percent: i64,
    /// What stock and use count, if the rule says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The oldest day among its figures.
    pub as_of: Option<BusinessDay>,
    /// Days from there to the day of the plan.
    pub lag_days: Option<i64>,
    /// Too old, or a use below zero: nothing is cut, a person looks.
    pub stale: bool,
    /// Whether the cut applies.
    pub applied: bool,
    /// The cut leaves at least so many units: the floor, or the minimum order.
    pub least: i64,
    /// Units that it took: `percent` % rounded down, or what is above `least` if that is less.
    pub cut: i64,
}

/// What a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The figures of its stock are too old for the cut, or say nothing.
    StaleStock,
    /// A series ends before the last day that a sum of days counts.
    IncompleteSeries,
}

/// The units alone, without proofs: for what-ifs over many places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amounts {
    /// As in [`Computed`].
    pub supply: i64,
    /// As in [`Computed`].
    pub reserve: i64,
    /// As in [`Computed`].
    pub left: i64,
    /// As in [`Computed`].
    pub components: Vec<ComponentOutcome>,
    /// Sorted by code.
    pub units: Vec<PlaceUnits>,
}

/// A place's units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceUnits {
    /// The place.
    pub code: String,
    /// Units of all components.
    pub units: i64,
    /// Of each component, in the order of the rule.
    pub by_component: Vec<i64>,
    /// Whether a person should look at it.
    pub flags: Vec<Flag>,
}
