//! The rule of an allocation in full: components in order, each with its weight, floors, caps, minimum
//! order and stock cut as expressions over indicators; what it is applied to; and the document from
//! which anyone can compute it again.
//!
//! | where | what |
//! |---|---|
//! | [`document`], [`Rule`] | `allocation-rule/1`, read and checked |
//! | [`expression`] | the small language of weights and bounds |
//! | [`inputs`] | supply, places, and figures with their dates |
//! | [`amounts`], [`compute`] | the units; the units with their proofs, in data and words |
//! | [`publish`] | `allocation-plan/1`: written, and computed again from itself alone |
//!
//! Pure: the same rule and inputs give the same bytes everywhere, in whatever order the places come.
pub mod computed;
pub mod document;
pub mod expression;
pub mod inputs;
pub mod json;
pub mod publish;

mod check;
mod columns;
mod prove;
mod read_inputs;
mod run;
mod words;

#[cfg(test)]
mod tests;

use crate::{
    FieldError, Problem,
    apportionment::{Method, Remainder},
    error,
};
pub use check::{CANDIDATES_MAX, COMPONENTS_MAX};
pub use computed::{
    Amounts, ComponentOutcome, Computed, DaysCounted, Flag, NamedUnits, PlaceOutcome, PlaceUnits, Share, StockSeen,
    UsedFigure,
};
use document::{Component, Format, Running, Supply};
pub use document::{Document, Text};
pub use inputs::{Cell, Figure, IndicatorSource, Inputs, PlaceInput, Unit, Window};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Longest interval, delivery window and age, in days.
pub const DAYS_MAX: i64 = 400;

/// Code of rules that were written in the short form. It is no name: no rule is published under it.
pub const SHORT_FORM: &str = "short-form";

/// A rule that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    document: Document,
    compiled: check::Compiled,
}

/// One component of a rule in its short form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortPart<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Units of its own; the rest if absent.
    pub units: Option<i64>,
    /// `population` (as `population_total`), `wish` (as `wish_vials`), or an indicator's name.
    pub indicator: &'a str,
    /// How it is shared.
    pub method: Method,
}

impl Rule {
    /// Reads a rule from its text.
    ///
    /// # Errors
    /// `request.malformed` when it is not JSON or has a key twice; those of [`Self::of_document`].
    pub fn read(text: &str) -> Result<Self, Problem> {
        Self::from_value(&json::read(text.as_bytes())?)
    }

    /// Reads a rule from JSON.
    ///
    /// # Errors
    /// `request.invalid` with the path of an unknown field, or of what does not fit; those of [`Self::of_document`].
    pub fn from_value(value: &Value) -> Result<Self, Problem> {
        Self::at(value, "")
    }

    /// [`Self::from_value`] of what stands at `base` in a larger document.
    fn at(value: &Value, base: &str) -> Result<Self, Problem> {
        Self::of_document(json::typed_in(value, base, |path| check::place(value, path))?)
    }

    /// Checks a document.
    ///
    /// # Errors
    /// `request.invalid` with one error per fault and its path: `allocation.rule_expression`,
    /// `allocation.rule_duplicate_name`, `allocation.rule_name_taken`, `allocation.rule_permille`,
    /// `allocation.rule_cumulative`, `allocation.min_order_with_hamilton`, `request.invalid_field`.
    pub fn of_document(document: Document) -> Result<Self, Problem> {
        check::rule(document)
    }

    /// The rule that a list of names, sizes and indicators stands for: `short-form@1`.
    ///
    /// # Errors
    /// Those of [`Self::of_document`]; `request.invalid` also for what is not the name of an indicator.
    pub fn of_components(parts: &[ShortPart<'_>]) -> Result<Self, Problem> {
        let unfit = parts.iter().position(|part| !is_indicator_name(part.indicator));
        if let Some(index) = unfit {
            let found = FieldError::new(format!("components[{index}].indicator"), &error::REQUEST_INVALID_FIELD);
            let found = found.with("reason", "a-z, then a-z, 0-9, _");
            return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![found]));
        }
        let component = |part: &ShortPart<'_>| Component {
            name: part.name.to_owned(),
            title: None,
            supply: part.units.map_or(Supply::Rest, Supply::Units),
            method: part.method,
            remainder: Remainder::Hold,
            running: Running::Fresh,
            weight: match part.indicator {
                "population" => "population_total",
                "wish" => "wish_vials",
                indicator => indicator,
            }
            .to_owned(),
            basis: None,
            floors: Vec::new(),
            caps: Vec::new(),
            min_order: 1,
            stock_cut: None,
        };
        Self::of_document(Document {
            format: Format::One,
            code: SHORT_FORM.to_owned(),
            version: 1,
            title: Text { ja: "簡易な規則".to_owned(), en: "Short form".to_owned() },
            derived: std::collections::BTreeMap::new(),
            objections: false,
            components: parts.iter().map(component).collect(),
            total_caps: Vec::new(),
            reserve: None,
        })
    }

    /// As it was written, with what was left out filled in.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// `covid19-base-adjustment`
    #[must_use]
    pub fn code(&self) -> &str {
        &self.document.code
    }

    /// Whether it stands for a list of names, sizes and indicators ([`Self::of_components`]).
    #[must_use]
    pub fn is_short_form(&self) -> bool {
        self.code() == SHORT_FORM
    }

    /// From 1.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.document.version
    }

    /// `covid19-base-adjustment@1`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}@{}", self.document.code, self.document.version)
    }

    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.document.title
    }

    /// Recorded indicators that it needs, sorted; for a derived one that from which it is computed.
    #[must_use]
    pub fn indicators(&self) -> Vec<String> {
        check::needed(&self.document, &self.compiled).into_keys().collect()
    }

    /// Those of [`Self::indicators`] that it needs as day series.
    #[must_use]
    pub fn daily(&self) -> Vec<String> {
        let needed = check::needed(&self.document, &self.compiled);
        needed.into_iter().filter_map(|(name, daily)| daily.then_some(name)).collect()
    }

    /// Whether the inputs must say when the round is delivered.
    #[must_use]
    pub fn needs_window(&self) -> bool {
        !self.daily().is_empty()
    }

    /// Whether those below must be heard before the plan is agreed: where the rule says so, and wherever it
    /// cuts by stock: such figures lag, and whom they cut must be able to say so (July 2021: announced on
    /// the 13th, withdrawn on the 26th).
    #[must_use]
    pub fn needs_objection_window(&self) -> bool {
        self.document.objections || self.document.components.iter().any(|component| component.stock_cut.is_some())
    }

    /// Whether the one component of the rule shares the plan's supply as it is, so that what a further unit
    /// of the one brings, a further unit of the other does: no reserve, no cut, and no expression that looks
    /// at the supply.
    #[must_use]
    pub fn shares_all(&self) -> bool {
        let [component] = self.document.components.as_slice() else { return false };
        let mut programs = self.compiled.components.iter().flat_map(check::Programs::all);
        let looks = |program: &expression::Program| program.slots().any(|slot| slot == check::SUPPLY);
        let looks = programs.any(looks) || self.compiled.total_caps.iter().any(looks);
        let reserve = self.document.reserve.is_some_and(|reserve| reserve.permille > 0);
        component.supply == Supply::Rest && component.stock_cut.is_none() && !reserve && !looks
    }

    /// The rule as canonical JSON: the same rule gives the same bytes, however it was laid out.
    #[must_use]
    pub fn canonical(&self) -> String {
        // a document that was read holds whole numbers and text only, so neither step fails
        let value = serde_json::to_value(&self.document).unwrap_or_default();
        json::canonical(&value).unwrap_or_default()
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

/// Whether expressions can name it: a small letter, then small letters, digits and underscores, at most 60.
#[must_use]
pub fn is_indicator_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && name.len() <= check::INDICATOR_MAX
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Applies a rule: the units alone. O(n log n) in the places.
///
/// # Errors
/// `request.invalid` with up to 100 errors when figures are missing (`allocation.missing_population` for
/// populations, else `allocation.rule_missing_figure`) or not of the kind needed; `allocation.invalid` for
/// amounts out of range, codes given twice, figures after the day of the plan;
/// `allocation.rule_unknown_indicator`, `allocation.rule_no_window`, `allocation.rule_division_by_zero`,
/// `allocation.rule_overflow`; `allocation.all_weights_zero` when there is supply and in no component does
/// any place have weight or a floor.
pub fn amounts(rule: &Rule, inputs: &Inputs) -> Result<Amounts, Problem> {
    Ok(run::run(rule, inputs)?.amounts())
}

/// Applies a rule: the units with the proof of every line.
///
/// # Errors
/// Those of [`amounts`].
pub fn compute(rule: &Rule, inputs: &Inputs) -> Result<Computed, Problem> {
    prove::computed(&run::run(rule, inputs)?)
}
