//! What a rule is applied to: the supply, the places, and every figure with its date.
use crate::BusinessDay;
use serde::{Deserialize, Serialize};

/// Everything a rule needs to know. Nothing else reaches the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The day as of which the plan is computed. No figure is newer.
    pub as_of: BusinessDay,
    /// Whole units to share, 0 to 2^40.
    pub supply_units: i64,
    /// What a unit is.
    pub unit: Unit,
    /// When the round is delivered; needed by rules with a derived indicator.
    pub window: Option<Window>,
    /// What the figures are and where they come from, each name once.
    pub indicators: Vec<IndicatorSource>,
    /// Each code once, in any order.
    pub places: Vec<PlaceInput>,
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// 1 to 1,000,000. 1: the plan is in vials, else in boxes.
    pub vials: i64,
    /// 1 to 1,000.
    pub doses_per_vial: i64,
}

/// The days of delivery, both among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First day.
    pub from: BusinessDay,
    /// Last day, at most 400 days later.
    pub to: BusinessDay,
}

/// One indicator. How old its figures are and how many places have one is told by the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorSource {
    /// As expressions call it: `population_total`.
    pub name: String,
    /// 人口
    pub ja: String,
    /// population
    pub en: String,
    /// What it counts: `people`, `vials`, `doses`, or any other word.
    pub unit: String,
    /// Where the figures come from.
    pub source: String,
}

/// A number and the day it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// 0 to 2^53.
    pub value: i64,
    /// The day it stands for.
    pub as_of: BusinessDay,
}

/// What is known of one indicator at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing. A rule that needs it is refused, naming the place.
    #[default]
    Missing,
    /// A level, or a total.
    Level(Figure),
    /// A day series, each day once, in any order. A day without a figure counts as 0; where the series ends
    /// before the last day that is counted, or is empty, the line is flagged, so a day on which there was
    /// nothing is best recorded as 0.
    Days(Vec<Figure>),
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceInput {
    /// Unique; breaks ties.
    pub code: String,
    /// For people.
    pub name: String,
    /// Code of the level above.
    pub parent: String,
    /// Units that it was given of this stream and product in the rounds before.
    pub given_before: i64,
    /// In the order of [`Inputs::indicators`]; what lies beyond the end is missing.
    pub values: Vec<Cell>,
}
