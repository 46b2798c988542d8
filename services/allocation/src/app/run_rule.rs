//! A rule applied: the units, the proof of each line as it is stored, the document that is published, and
//! how even it came out.
use allocation_store::rows::PlanDocument;
use domain::{
    Problem,
    apportionment::Binding,
    fairness::{self, Line},
    rule::{
        self, Computed, Inputs, PlaceOutcome, Rule,
        publish::{self, Subject},
    },
};
use platform::{Failure, OpCtx, failure::Result};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a rule gave.
pub(super) struct Ran {
    /// Units and proofs.
    pub computed: Computed,
    /// SHA-256 of engine, rule, inputs and subject.
    pub digest: Vec<u8>,
    /// SHA-256 of the result.
    pub result_digest: Vec<u8>,
    /// allocation-plan/1, canonical.
    pub document: String,
    /// The computation alone, without the writing of the document.
    pub took: Duration,
}

/// Applies a rule and writes its document, that of a plan with whose it is.
///
/// # Errors
/// Those of [`rule::compute`] and [`publish::document`].
pub(super) fn run(rule: &Rule, inputs: &Inputs, subject: Option<&Subject>) -> Result<Ran> {
    let started = Instant::now();
    let computed = rule::compute(rule, inputs)?;
    let took = started.elapsed();
    let published = publish::document(rule, inputs, &computed, subject)?;
    let bytes = |text: &str| hex::decode(text).map_err(Failure::internal);
    Ok(Ran {
        digest: bytes(&published.digest)?,
        result_digest: bytes(&published.result_digest)?,
        document: published.text,
        computed,
        took,
    })
}

impl Ran {
    /// As it is kept beside a plan.
    ///
    /// # Errors
    /// Those of [`Self::fairness`].
    pub(super) fn row(
        self,
        ctx: &OpCtx,
        plan: Uuid,
        version: i32,
        rule: &Rule,
        is_stored: bool,
    ) -> Result<PlanDocument> {
        let fairness = self.fairness(rule, None)?;
        Ok(PlanDocument {
            plan_id: plan,
            version,
            rule_code: is_stored.then(|| rule.code().to_owned()),
            rule_version: is_stored.then(|| rule.version()),
            digest: self.digest,
            result_digest: self.result_digest,
            fairness,
            document: self.document,
            business_at: ctx.now,
        })
    }

    /// The component that gave most, the first if several: coverage is measured by its weight.
    pub(super) fn main_component(&self) -> usize {
        let given = self.computed.components.iter().map(|component| component.given);
        given.enumerate().max_by_key(|(place, given)| (*given, std::cmp::Reverse(*place))).map_or(0, |(place, _)| place)
    }

    /// Weights of a component, in the order of the places.
    pub(super) fn weights(&self, component: usize) -> Vec<i64> {
        let weight = |place: &PlaceOutcome| place.components.get(component).map_or(0, |share| share.proof.weight);
        self.computed.places.iter().map(weight).collect()
    }

    /// The figures of fairness, measured by the weights of its main component, or by those of another rule
    /// that it is compared with (the name of what they count, and one for each place).
    ///
    /// # Errors
    /// Those of [`fairness::measure`].
    pub(super) fn fairness(&self, rule: &Rule, by: Option<(&str, &[i64])>) -> std::result::Result<Value, Problem> {
        let main = self.main_component();
        let (own_basis, own) = (self.basis(rule), self.weights(main));
        let (basis, weights) = by.unwrap_or((&own_basis, &own));
        let line = |(place, weight): (&PlaceOutcome, &i64)| Line {
            weight: *weight,
            units: place.units,
            at_cap: at_cap(place),
            at_floor: place
                .components
                .iter()
                .any(|share| matches!(share.proof.binding, Binding::Floor | Binding::FloorProrated)),
        };
        let lines: Vec<Line> = self.computed.places.iter().zip(weights).map(line).collect();
        let measured = fairness::measure(&lines, self.computed.reserve + self.computed.left)?;
        let mut value = serde_json::to_value(measured).unwrap_or_default();
        if let Value::Object(figures) = &mut value {
            figures.insert("basis".to_owned(), json!(basis));
        }
        Ok(value)
    }

    /// What the main component's weight is, as the rule writes it.
    pub(super) fn basis(&self, rule: &Rule) -> String {
        rule.document().components.get(self.main_component()).map_or_else(String::new, |part| part.weight.clone())
    }
}

fn at_cap(place: &PlaceOutcome) -> bool {
    let capped = |binding| matches!(binding, Binding::Cap | Binding::CapBelowMinOrder);
    place.binding_total_cap.is_some() || place.components.iter().any(|share| capped(share.proof.binding))
}

/// A line's explanation as it is stored: all of its outcome, and each part under the name that readers of
/// older plans know.
///
/// # Errors
/// When it cannot be written as JSON, which is a bug.
pub(super) fn explanation(place: &PlaceOutcome) -> Result<Value> {
    let mut value = serde_json::to_value(place)?;
    if let Some(parts) = value.get_mut("components").and_then(Value::as_array_mut) {
        for part in parts.iter_mut().filter_map(Value::as_object_mut) {
            if let Some(name) = part.get("name").cloned() {
                part.insert("component".to_owned(), name);
            }
        }
    }
    Ok(value)
}
