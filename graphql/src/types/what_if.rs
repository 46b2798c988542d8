//! What-ifs: what other rules would give.
use super::{
    connection::{PageInfo, page_within},
    fairness::Fairness,
    round::Round,
    words::Words,
};
use crate::{
    cursor::List,
    loader::{WhatIfBy, WhatIfLinesOf, WhatIfRunsOf},
    scalars::{Boxes, DateTime, Difference, TerritoryCode, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::rows;
use async_graphql::{Context, Object, SimpleObject};
use domain::Problem;
use serde_json::Value;
use std::sync::Arc;
use wire::what_if::{WATERMARK_EN, WATERMARK_JA};

/// Most places of one page: more than there are municipalities.
const PLACES_MAX: i32 = 2_000;

/// A place is one row that is stored whole, so it counts a quarter of what its fields would.
fn cost(first: i32, child_complexity: usize) -> usize {
    let rows = usize::try_from(first.clamp(1, PLACES_MAX)).unwrap_or(1);
    rows.saturating_mul(child_complexity).div_ceil(4).saturating_add(1).min(1_000_000)
}

/// One rule of a what-if, and what it would give in all.
#[derive(Debug, Clone, SimpleObject)]
pub struct WhatIfRun {
    /// The rule's code.
    pub code: String,
    /// The rule's version.
    pub version: i32,
    /// What the rule is called.
    pub title: Words,
    /// The rule's document, allocation-rule/1, JSON.
    pub document: String,
    /// SHA-256 of engine, rule and inputs, hexadecimal.
    pub digest: String,
    /// Packs that it would give.
    pub given_boxes: Boxes,
    /// Packs that it would leave.
    pub reserve_boxes: Boxes,
    /// How even it would come out; all rules of a what-if are measured by the same weights.
    pub fairness: Fairness,
}

impl WhatIfRun {
    fn of(row: &rows::WhatIfRun) -> Result<Self, Problem> {
        let text = |path: &str| row.rule.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let version = row.rule.get("version").and_then(Value::as_i64).and_then(|version| i32::try_from(version).ok());
        Ok(Self {
            code: text("/code"),
            version: version.unwrap_or(0),
            title: Words { ja: text("/title/ja"), en: text("/title/en") },
            document: row.rule.to_string(),
            digest: hex::encode(&row.digest),
            given_boxes: Boxes(row.given_units),
            reserve_boxes: Boxes(row.reserve_units),
            fairness: Fairness::read(&row.fairness)?,
        })
    }
}

/// What one place would get.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct WhatIfPlace {
    /// Its code.
    pub place: String,
    /// Its name, Japanese.
    pub name: String,
    /// Packs by each rule, in their order.
    pub boxes: Vec<Boxes>,
    /// By each rule, less by the first.
    pub difference: Vec<Difference>,
    /// By the plan in force, or what the place really got in a round of the past; null where there is none.
    pub in_force: Option<Boxes>,
    /// By each rule, less by the plan in force; empty where there is none.
    pub difference_in_force: Vec<Difference>,
}

impl WhatIfPlace {
    fn of(row: &rows::WhatIfLine) -> Self {
        let less = |base: i64| row.units.iter().map(|units| Difference(units - base)).collect();
        Self {
            place: row.place.clone(),
            name: row.name.clone(),
            boxes: row.units.iter().map(|units| Boxes(*units)).collect(),
            difference: less(row.units.first().copied().unwrap_or(0)),
            in_force: row.in_force.map(Boxes),
            difference_in_force: row.in_force.map(less).unwrap_or_default(),
        }
    }
}

/// A place in a page.
#[derive(SimpleObject)]
pub struct WhatIfPlaceEdge {
    /// The place.
    pub node: WhatIfPlace,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of places, in code order.
#[derive(SimpleObject)]
pub struct WhatIfPlaceConnection {
    /// The elements of the page.
    pub edges: Vec<WhatIfPlaceEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// What other rules would give.
pub struct WhatIf(Arc<rows::WhatIf>);

impl WhatIf {
    /// The what-if with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(WhatIfBy(id)).await?.map(Self))
    }

    async fn page(
        &self,
        session: &Session,
        first: i32,
        after: Option<String>,
    ) -> Result<WhatIfPlaceConnection, Problem> {
        let size = page_within(first, PLACES_MAX)?;
        let parent = self.0.id.to_string();
        let list = List { name: "what-if places", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let has_previous = after.is_some();
        // one more than is shown tells whether there is a next page
        let key = WhatIfLinesOf { what_if: self.0.id, after, limit: i64::from(first) + 1 };
        let rows = session.loaders.one(key).await?.unwrap_or_default();
        let edge = |row: &rows::WhatIfLine| WhatIfPlaceEdge {
            node: WhatIfPlace::of(row),
            cursor: cursors.make(list, &row.place),
        };
        let edges: Vec<WhatIfPlaceEdge> = rows.iter().take(size).map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(WhatIfPlaceConnection { edges, page_info: PageInfo::of(&shown, has_previous, rows.len() > size) })
    }
}

/// What other rules would give, side by side. It is no allocation, and nothing leads from it to one.
#[Object]
impl WhatIf {
    /// Our own id of it.
    async fn what_if_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// To be shown wherever its figures are: 試算（割当ではありません）.
    async fn watermark(&self) -> Words {
        Words { ja: WATERMARK_JA.to_owned(), en: WATERMARK_EN.to_owned() }
    }

    /// The round; null for a supply that was made up without one.
    async fn round(&self, ctx: &Context<'_>) -> Result<Option<Round>, Problem> {
        let Some(round) = self.0.round_id else { return Ok(None) };
        Round::load(session(ctx)?, round).await
    }

    /// The round of the past, as it was published; `inForce` of a place is then what it really got.
    async fn past_round_id(&self) -> Option<Uuid> {
        self.0.past_round.map(Uuid)
    }

    /// Figures that were used in it alone: names, source, day and a value for each place, JSON.
    async fn figures(&self) -> String {
        self.0.figures.to_string()
    }

    /// The nation, or the prefecture whose municipalities take part.
    async fn holder(&self) -> Result<TerritoryCode, Problem> {
        domain::TerritoryCode::parse(&self.0.holder).map(TerritoryCode)
    }

    /// What there would be to divide, packs.
    async fn supply_boxes(&self) -> Boxes {
        Boxes(self.0.supply_units)
    }

    /// Vials of one pack.
    async fn pack_vials(&self) -> Vials {
        Vials(i64::from(self.0.unit_vials))
    }

    /// Doses counted for one vial.
    async fn doses_per_vial(&self) -> i32 {
        self.0.doses_per_vial
    }

    /// The plan in force that it is compared with; null where there was none.
    async fn plan_id(&self) -> Option<Uuid> {
        self.0.plan_id.map(Uuid)
    }

    /// The rules, in the order of the request.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn runs(&self, ctx: &Context<'_>) -> Result<Vec<WhatIfRun>, Problem> {
        let rows = session(ctx)?.loaders.one(WhatIfRunsOf(self.0.id)).await?.unwrap_or_default();
        rows.iter().map(WhatIfRun::of).collect()
    }

    /// What each place would get.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn places(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 2000.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<WhatIfPlaceConnection, Problem> {
        self.page(session(ctx)?, first, after).await
    }

    /// Name of the account that asked.
    async fn by(&self) -> &str {
        &self.0.actor_name
    }

    /// When, business time.
    async fn at(&self) -> DateTime {
        DateTime(self.0.business_at)
    }
}
