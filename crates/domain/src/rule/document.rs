//! A rule as it is written: format `allocation-rule/1`. Unknown fields are refused everywhere.
use crate::apportionment::{Method, Remainder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The only format there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Format {
    /// `allocation-rule/1`
    #[default]
    #[serde(rename = "allocation-rule/1")]
    One,
}

/// Words for people, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// The whole rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// `allocation-rule/1`
    pub format: Format,
    /// Small letters, digits and hyphens, at most 60: `covid19-base-adjustment`.
    pub code: String,
    /// From 1. A rule in use is never changed; a change is a new version.
    pub version: i32,
    /// What it is called.
    pub title: Text,
    /// Indicators that the rule computes itself, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub derived: BTreeMap<String, Derived>,
    /// Those below must be heard before a plan by it is agreed, whatever else the rule says.
    #[serde(default, skip_serializing_if = "is_false")]
    pub objections: bool,
    /// In order, 1 to 8.
    pub components: Vec<Component>,
    /// Most units of all components together, this round; the smallest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub total_caps: Vec<Candidate>,
    /// What the rule never hands out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<Reserve>,
}

/// An indicator computed from another: people who become due in the round's delivery window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// What it is called in Japanese.
    pub ja: String,
    /// What it is called in English.
    pub en: String,
    /// How it is computed.
    pub sum_of_days: SumOfDays,
}

/// Σ over the days d of the delivery window of the figure of day d − `interval_days`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SumOfDays {
    /// A daily indicator: `first_doses`.
    pub indicator: String,
    /// Days from one to the other, 0 to 400.
    pub interval_days: u32,
}

/// One frame of the supply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Unique in the rule, 1 to 60 characters: `base`.
    pub name: String,
    /// What it is called; its name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// What it shares.
    pub supply: Supply,
    /// How.
    #[serde(default)]
    pub method: Method,
    /// What a minimum order that does not fit does.
    #[serde(default)]
    pub remainder: Remainder,
    /// This round alone, or the running total.
    #[serde(default)]
    pub running: Running,
    /// Expression: what the share is in proportion to.
    pub weight: String,
    /// What the weight is called; needed where it is not just one indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// Least units; the largest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floors: Vec<Candidate>,
    /// Most units; the smallest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Candidate>,
    /// Nothing, or at least so many units.
    #[serde(default = "one")]
    pub min_order: i64,
    /// Takes from those who hold much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_cut: Option<StockCut>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

const fn one() -> i64 {
    1
}

/// What a component shares, to which comes what the one before left of its own.
///
/// `units` and `permille` take no more than is still unassigned, and what they leave rolls into the next
/// component. `rest` takes all that is unassigned, and what it leaves is unassigned again: so a component
/// for second doses in front, capped by those due, leaves the sizes of the later ones as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supply {
    /// All that no component before has taken.
    Rest,
    /// So many units.
    Units(i64),
    /// So many thousandths of the whole supply, rounded down.
    Permille(i64),
}

/// What a component's run spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// This round's supply only.
    #[default]
    Fresh,
    /// All that was given in the rounds before, and by the components before in this one, counts as
    /// committed: the running total is shared, and the line is what is new. Floors and caps are then on the
    /// running total. Such a component has no minimum order and no stock cut, which the next round would
    /// give back. (allocation.md, section 4.3)
    Cumulative,
}

/// How the weight is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// 未充足の希望量
    pub ja: String,
    /// unmet wishes
    pub en: String,
    /// What it counts: `people`, `vials`, `doses`, `units`, or any other word.
    pub unit: String,
}

/// One reason for a floor or a cap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Unique in its list, 1 to 60 characters: `freezer`.
    pub name: String,
    /// What it is called; its name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Expression, in units of the supply.
    pub units: String,
}

/// Who holds something, and `rounds` rounds' worth of use or more, loses `percent` % of the component, rounded
/// down, but nothing that a floor or a minimum order of the component gave it. A use below zero says nothing:
/// the line is then treated as one with old figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockCut {
    /// In rounds of use, 1 to 100.
    pub rounds: i64,
    /// 1 to 100.
    pub percent: i64,
    /// Expression: what a place holds. Names at least one indicator.
    pub stock: String,
    /// Expression: what it used in a round, in the same measure.
    #[serde(rename = "use")]
    pub used: String,
    /// Days. With an older figure nothing is cut and the line needs a person.
    pub max_age_days: i64,
    /// What stock and use count: `people`, `vials`, `doses`, `units`, or any other word. The sentence names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Taken off the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// Thousandths of the whole supply, rounded down.
    pub permille: i64,
}
