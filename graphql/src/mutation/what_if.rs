//! What-ifs, sent to the allocation service.
use super::{
    client::Refusal,
    done::{Done, Outcome, send, shown},
};
use crate::{
    scalars::{Boxes, Count, Date, TerritoryCode, Uuid},
    session::{Session, session},
    types::{or_null, problem::FieldProblem, what_if::WhatIf, words::Words},
};
use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use domain::{Problem, error};
use std::collections::BTreeMap;
use wire::what_if::{RunWhatIf, WhatIfFigures, WhatIfRan, WhatIfRule, WhatIfSupply};

/// A rule to be tried out: a published one, or a document.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfRuleInput {
    /// A published rule: `covid19-standard@1`.
    pub rule: Option<String>,
    /// Or a document, allocation-rule/1, as JSON text.
    pub document: Option<String>,
}

/// A supply that is made up.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfSupplyInput {
    /// Whole packs.
    pub boxes: Boxes,
    /// Vials of a pack; the round's unless given.
    pub pack_vials: Option<i32>,
    /// Doses counted for one vial; the round's unless given.
    pub doses_per_vial: Option<i32>,
}

/// Figures of one indicator that are used in one what-if only.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfFiguresInput {
    /// The name by which rules know it: `population_total`.
    pub code: String,
    /// Name, Japanese.
    pub ja: String,
    /// Name, English.
    pub en: String,
    /// What is counted: `people`, `doses`.
    pub unit: String,
    /// Where the figures come from.
    pub source: String,
    /// Of which day; not later than the day of the what-if.
    pub as_of: Date,
    /// A value for each place; a place that is missing has none.
    pub values: Vec<WhatIfFigureInput>,
}

/// The figure of one place.
#[derive(Debug, Clone, InputObject)]
pub struct WhatIfFigureInput {
    /// Its code, or its name in the publication of a round of the past.
    pub place: String,
    /// 0 to 2^53.
    pub value: Count,
}

/// Rules to be tried out.
#[derive(Debug, Clone, InputObject)]
pub struct RunWhatIfInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. The what-if
    /// gets this id.
    pub id: Uuid,
    /// The round whose supply, wishes and history are used, also a closed one.
    pub round: Option<Uuid>,
    /// Or a round of the past as it was published: its boxes are the supply, its places take part, and what they
    /// really got stands beside. Rules may name `past_doses` and `past_doses_before`.
    pub past_round: Option<Uuid>,
    /// Figures for this what-if alone, before those recorded under the same name; at most 20.
    #[graphql(default)]
    pub figures: Vec<WhatIfFiguresInput>,
    /// Instead of the round's supply; needed, with pack and doses, where no round is named.
    pub supply: Option<WhatIfSupplyInput>,
    /// The nation, or the prefecture whose municipalities take part.
    pub holder: TerritoryCode,
    /// The rules, 1 to 5; the others are compared with the first.
    pub rules: Vec<WhatIfRuleInput>,
}

/// The rules were tried out.
pub struct WhatIfDone(Done<WhatIfRan>);

/// The rules were tried out, now or (`replayed`) before under the same id.
#[Object]
impl WhatIfDone {
    /// What came of it. Null with an error when the read side has not seen it yet.
    async fn what_if(&self, ctx: &Context<'_>) -> Option<WhatIf> {
        let load = async {
            let session = session(ctx)?;
            self.0.catch_up(session).await?;
            WhatIf::load(session, self.0.answer.answer.what_if).await
        };
        or_null(ctx, load.await)
    }

    /// Our own id of it.
    async fn what_if_id(&self) -> Uuid {
        Uuid(self.0.answer.answer.what_if)
    }

    /// To be shown wherever its figures are.
    async fn watermark(&self) -> Words {
        let watermark = &self.0.answer.answer.watermark;
        Words { ja: watermark.ja.clone(), en: watermark.en.clone() }
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.0.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.0.replayed
    }
}

/// The rules cannot be tried out: not by you, or not with this input.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct WhatIfRefused {
    /// Stable code: `auth.forbidden`, `request.invalid`, …
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The fields at fault, naming rule, indicator and place; empty when it is not about fields.
    pub errors: Vec<FieldProblem>,
}

/// What can become of a what-if.
#[derive(Union)]
pub enum WhatIfPayload {
    /// Done.
    Done(Box<WhatIfDone>),
    /// Not to be done.
    Refused(WhatIfRefused),
}

/// Figures as the service takes them.
fn own_figures(figures: WhatIfFiguresInput) -> Result<WhatIfFigures, Problem> {
    let WhatIfFiguresInput { code, ja, en, unit, source, as_of, values: given } = figures;
    let mut values = BTreeMap::new();
    for WhatIfFigureInput { place, value } in given {
        if values.insert(place.clone(), value.0).is_some() {
            let problem = Problem::new(&error::ALLOCATION_FIGURE_TWICE).with("place", &place);
            return Err(problem.with("as_of", &as_of.0.to_string()));
        }
    }
    Ok(WhatIfFigures { code, ja, en, unit, source, as_of: as_of.0, values })
}

/// Has rules tried out.
///
/// # Errors
/// What is no outcome of it: see [`send`]; `request.malformed` when a document is not JSON.
pub async fn run(session: &Session, input: RunWhatIfInput) -> Result<WhatIfPayload, Refusal> {
    let rule = |rule: WhatIfRuleInput| -> Result<WhatIfRule, Refusal> {
        let document = rule.document.map(|text| domain::rule::json::read(text.as_bytes())).transpose()?;
        Ok(WhatIfRule { rule: rule.rule, document })
    };
    let supply = |supply: WhatIfSupplyInput| WhatIfSupply {
        units: supply.boxes.0,
        unit_vials: supply.pack_vials,
        doses_per_vial: supply.doses_per_vial,
    };
    let request = RunWhatIf {
        id: input.id.0,
        round: input.round.map(|round| round.0),
        past_round: input.past_round.map(|round| round.0),
        figures: input.figures.into_iter().map(own_figures).collect::<Result<_, _>>()?,
        supply: input.supply.map(supply),
        holder: input.holder.0,
        rules: input.rules.into_iter().map(rule).collect::<Result<_, _>>()?,
    };
    Ok(match send(session, &session.gateway.allocation, "/v1/what-ifs", &request).await? {
        Outcome::Done(done) => WhatIfPayload::Done(Box::new(WhatIfDone(done))),
        Outcome::Refused(refusal) => {
            let (code, message, errors) = shown(refusal);
            WhatIfPayload::Refused(WhatIfRefused { code, message, errors })
        }
    })
}
