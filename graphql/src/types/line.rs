//! The lines of a plan, and why each is what it is.
use super::{connection::PageInfo, plan::PlanUnit, unknown};
use crate::{
    loader::{AdjustmentsOf, PlanKey, SiteBy},
    scalars::{Boxes, Count, Difference, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{Problem, TerritoryCode};
use platform::failure::Failure;
use serde_json::Value;
use std::sync::Arc;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum LineState {
    /// Not told to the recipient yet.
    Planned,
    /// Told to the recipient.
    Notified,
    /// Delivered against.
    Released,
    /// Taken back.
    Withdrawn,
}

/// Why a line is what it is: one part of the rule, as a sentence and as data.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Explanation {
    /// The part of the rule: `base`, `adjustment`; `sum_of_municipalities` for a prefecture's line of
    /// the national run, `by_hand` for a line that was not computed.
    pub component: String,
    /// The sentence in Japanese.
    pub ja: String,
    /// The sentence in English.
    pub en: String,
    /// The proof, JSON: everything that is needed to check the sentence with a pocket calculator.
    pub proof: String,
}

/// A figure that the rule looked at for a line.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct LineFigure {
    /// As rules name it: `population_total`, `wish_vials`, an indicator's code.
    pub indicator: String,
    /// What is counted: `people`, `vials`.
    pub unit: String,
    /// The figure.
    pub value: Difference,
    /// The day it is of; null where it has none.
    pub as_of: Option<String>,
    /// Where it comes from; null where nothing is said.
    pub source: Option<String>,
}

/// The figures of a stored explanation. One that is no whole number stands in the details only.
fn figures(explanation: &Value) -> Vec<LineFigure> {
    let text = |figure: &Value, name: &str| figure.get(name).and_then(Value::as_str).map(str::to_owned);
    let figure = |figure: &Value| {
        Some(LineFigure {
            indicator: text(figure, "indicator")?,
            unit: text(figure, "unit").unwrap_or_default(),
            value: Difference(figure.get("value")?.as_i64()?),
            as_of: text(figure, "as_of"),
            source: text(figure, "source"),
        })
    };
    let stored = explanation.get("figures").and_then(Value::as_array);
    stored.into_iter().flatten().filter_map(figure).collect()
}

/// The parts of a stored explanation.
fn parts(explanation: &Value) -> &[Value] {
    explanation.get("components").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A stored explanation as it is shown.
pub(super) fn explain(explanation: &Value) -> Vec<Explanation> {
    let made = |component: &str, ja: String, en: String| {
        vec![Explanation { component: component.to_owned(), ja, en, proof: explanation.to_string() }]
    };
    if let Some(number) = explanation.get("sum_of_municipalities").and_then(Value::as_u64) {
        let (ja, en) = (format!("{number}市区町村の合計です。"), format!("The sum of {number} municipalities."));
        return made("sum_of_municipalities", ja, en);
    }
    if explanation.get("by_hand").is_some() {
        let (ja, en) = ("担当者が手で割り当てました。", "Assigned by hand by an officer.");
        return made("by_hand", ja.to_owned(), en.to_owned());
    }
    let text = |part: &Value, name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let part = |part: &Value| Explanation {
        component: text(part, "component"),
        ja: text(part, "ja"),
        en: text(part, "en"),
        proof: part.get("proof").map(Value::to_string).unwrap_or_default(),
    };
    parts(explanation).iter().map(part).collect()
}

/// Of the line as a whole; what a part's proof says of its own frame is another thing.
fn next_unit_after(explanation: &Value) -> Option<i64> {
    explanation.get("next_unit_after")?.as_i64()
}

/// A line of a plan.
pub struct PlanLine {
    row: Arc<rows::PlanLine>,
    key: PlanKey,
    unit_vials: i32,
    unit: PlanUnit,
    /// The newest change of it by hand, where the caller may not read the plan's history.
    told: Option<rows::PlanChange>,
}

impl PlanLine {
    /// A row that a loader gave out, so that permission has been decided.
    pub fn of(row: Arc<rows::PlanLine>, key: PlanKey, unit_vials: i32, unit: PlanUnit) -> Self {
        Self { row, key, unit_vials, unit, told: None }
    }

    /// With the newest change of it by hand, for a recipient who may not read the plan's history.
    pub fn told(self, change: Option<rows::PlanChange>) -> Self {
        Self { told: change, ..self }
    }

    fn is_adjusted(&self) -> bool {
        self.row.units != self.row.computed
    }

    /// The newest change of it by hand, if it is not as computed.
    async fn adjustment(&self, session: &Session) -> Result<Option<rows::PlanChange>, Problem> {
        if !self.is_adjusted() {
            return Ok(None);
        }
        if self.told.is_some() {
            return Ok(self.told.clone());
        }
        let adjustments = session.loaders.one(AdjustmentsOf(self.key)).await?.unwrap_or_default();
        Ok(adjustments.get(&self.row.recipient).cloned())
    }

    async fn name_of(&self, session: &Session) -> Result<String, Problem> {
        let recipient = &self.row.recipient;
        let found = if let Ok(id) = recipient.parse::<uuid::Uuid>() {
            session.loaders.one(SiteBy(id)).await?.map(|site| site.name.clone())
        } else {
            session.loaders.one(TerritoryCode::parse(recipient)?).await?.map(|territory| territory.name.clone())
        };
        found.ok_or_else(|| unknown("recipient", recipient))
    }
}

/// What one recipient of a plan gets.
#[Object]
impl PlanLine {
    /// The recipient: a territory's code, or a site's id.
    async fn recipient(&self) -> &str {
        &self.row.recipient
    }

    /// The recipient's name, Japanese.
    async fn name(&self, ctx: &Context<'_>) -> Result<String, Problem> {
        self.name_of(session(ctx)?).await
    }

    /// As computed, in the plan's unit.
    async fn computed(&self) -> Count {
        Count(self.row.computed)
    }

    /// As it stands, in the plan's unit.
    async fn units(&self) -> Count {
        Count(self.row.units)
    }

    /// As it stands, vials.
    async fn vials(&self) -> Result<Vials, Problem> {
        let overflow = || Failure::internal(format!("a line of plan {} overflows", self.row.plan_id)).into_problem();
        self.row.units.checked_mul(i64::from(self.unit_vials)).map(Vials).ok_or_else(overflow)
    }

    /// As it stands, packs; null in a plan that is counted in vials.
    async fn boxes(&self) -> Option<Boxes> {
        (self.unit == PlanUnit::Pack).then_some(Boxes(self.row.units))
    }

    /// It is not as computed: an officer changed it, or an amendment did.
    async fn adjusted(&self) -> bool {
        self.is_adjusted()
    }

    /// Why it was changed last; null unless it is `adjusted`.
    async fn adjusted_reason(&self, ctx: &Context<'_>) -> Result<Option<String>, Problem> {
        Ok(self.adjustment(session(ctx)?).await?.and_then(|change| change.reason))
    }

    /// Name of the account that changed it last; null unless it is `adjusted`.
    async fn adjusted_by(&self, ctx: &Context<'_>) -> Result<Option<String>, Problem> {
        Ok(self.adjustment(session(ctx)?).await?.map(|change| change.actor_name))
    }

    /// Where it stands.
    async fn state(&self) -> Result<LineState, Problem> {
        Ok(match self.row.state.as_str() {
            "planned" => LineState::Planned,
            "notified" => LineState::Notified,
            "released" => LineState::Released,
            "withdrawn" => LineState::Withdrawn,
            other => return Err(unknown("state of a line", other)),
        })
    }

    /// Why it was computed so, one entry for each part of the rule.
    async fn explanations(&self) -> Vec<Explanation> {
        explain(&self.row.explanation)
    }

    /// The figures that the rule looked at for it; empty where nothing was computed for the line itself.
    async fn figures(&self) -> Vec<LineFigure> {
        figures(&self.row.explanation)
    }

    /// All that the rule looked at for it, JSON: figures with their dates and sources, all reasons for caps and
    /// floors, what a stock cut saw.
    async fn details(&self) -> String {
        self.row.explanation.to_string()
    }

    /// What a person should look at: `stale_stock` where the figures of its stock are too old to be cut by, or
    /// say nothing; `incomplete_series` where a series ends before the last day that the rule counts.
    async fn flags(&self) -> Vec<String> {
        let flags = self.row.explanation.get("flags").and_then(Value::as_array);
        flags.into_iter().flatten().filter_map(|flag| flag.as_str().map(str::to_owned)).collect()
    }

    /// So many further units of the plan's supply bring this line more, and one fewer does not; null when none
    /// do, when nobody knows, and for rules of several parts, with a reserve or a cut, whose parts' proofs
    /// speak of their own frame only.
    async fn next_unit_after(&self) -> Option<Count> {
        next_unit_after(&self.row.explanation).map(Count)
    }
}

/// A line in a page.
#[derive(SimpleObject)]
pub struct PlanLineEdge {
    /// The line.
    pub node: PlanLine,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of lines, in the order of their recipients.
#[derive(SimpleObject)]
pub struct PlanLineConnection {
    /// The elements of the page.
    pub edges: Vec<PlanLineEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn explanations_are_shown_in_each_of_their_forms() {
        let computed = json!({"components": [
            {"component": "base", "ja": "八箱", "en": "Eight boxes", "proof": {"next_unit_after": null}},
            {"component": "adjustment", "ja": "一箱", "en": "One box", "proof": {"next_unit_after": 3}},
        ], "next_unit_after": null});
        let shown = explain(&computed);
        assert_eq!((shown.len(), shown[0].component.as_str(), shown[1].en.as_str()), (2, "base", "One box"));
        assert_eq!(shown[1].proof, "{\"next_unit_after\":3}");
        assert_eq!(next_unit_after(&computed), None, "three more of the adjustment, and not of the plan");
        assert_eq!(next_unit_after(&json!({"components": [], "next_unit_after": 3})), Some(3));
        let looked_at = json!({"figures": [
            {"as_of": "2010-10-01", "indicator": "population_total", "source": "census", "unit": "people", "value": 1_913_545},
            {"indicator": "ratio", "unit": "", "value": "1/3"},
            {"indicator": "wish_vials", "unit": "vials", "value": 927},
        ]});
        let shown = figures(&looked_at);
        assert_eq!(
            (shown.len(), shown[0].value, shown[0].as_of.as_deref()),
            (2, Difference(1_913_545), Some("2010-10-01"))
        );
        assert_eq!((shown[1].indicator.as_str(), shown[1].source.as_deref()), ("wish_vials", None));
        let sum = json!({"sum_of_municipalities": 62});
        assert_eq!(figures(&sum), vec![]);
        assert_eq!(explain(&sum)[0].en, "The sum of 62 municipalities.");
        assert_eq!(explain(&json!({"by_hand": true}))[0].component, "by_hand");
        assert_eq!((explain(&json!({"components": null})), next_unit_after(&sum)), (vec![], None));
    }
}
