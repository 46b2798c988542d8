//! Rules, indicators, and what anybody may know of an allocation.
use super::{
    line::{Explanation, explain},
    territory::Territory,
    unknown,
    words::Words,
};
use crate::{
    loader::{AllIndicators, AllRules, PublicLineOf},
    scalars::{Boxes, Count, Date, DateTime, TerritoryCode, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::{read::rules::PublicLine, rows};
use async_graphql::{Context, Object, SimpleObject};
use domain::{BusinessDay, Problem, rule};
use std::sync::Arc;

/// A version of a rule; it never changes.
#[derive(Clone)]
pub struct Rule {
    row: rows::Rule,
    rule: rule::Rule,
}

impl Rule {
    /// All versions of all rules, by code, the newest version first.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn all(session: &Session) -> Result<Vec<Self>, Problem> {
        let rows = session.loaders.one(AllRules).await?.unwrap_or_default();
        rows.iter().map(Self::of).collect()
    }

    /// A version by its name, `code@version`.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn named(session: &Session, name: &str) -> Result<Option<Self>, Problem> {
        let rows = session.loaders.one(AllRules).await?.unwrap_or_default();
        rows.iter().find(|row| format!("{}@{}", row.code, row.version) == name).map(Self::of).transpose()
    }

    fn of(row: &rows::Rule) -> Result<Self, Problem> {
        let rule = rule::Rule::from_value(&row.document).map_err(|_| unknown("rule", &row.code))?;
        Ok(Self { row: row.clone(), rule })
    }
}

/// A published version of a rule. It never changes: another rule is another version.
#[Object]
impl Rule {
    /// Its name, by which a plan can be computed: `covid19-standard@1`.
    async fn name(&self) -> String {
        self.rule.name()
    }

    /// Its code.
    async fn code(&self) -> &str {
        &self.row.code
    }

    /// Its version, from 1.
    async fn version(&self) -> i32 {
        self.row.version
    }

    /// What it is called.
    async fn title(&self) -> Words {
        let title = self.rule.title();
        Words { ja: title.ja.clone(), en: title.en.clone() }
    }

    /// SHA-256 of the canonical document, hexadecimal.
    async fn digest(&self) -> String {
        hex::encode(&self.row.digest)
    }

    /// Those below may object to a plan by this rule before it is approved.
    async fn needs_objections(&self) -> bool {
        self.rule.needs_objection_window()
    }

    /// The indicators that it looks at.
    async fn indicators(&self) -> Vec<String> {
        self.rule.indicators()
    }

    /// The document, allocation-rule/1, as canonical JSON.
    async fn document(&self) -> String {
        self.rule.canonical()
    }

    /// When it was published, business time.
    async fn published_at(&self) -> DateTime {
        DateTime(self.row.published_at)
    }

    /// Name of the account that published it.
    async fn published_by(&self) -> &str {
        &self.row.actor_name
    }
}

/// What is counted for places, beside populations and wishes, and what there is of it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Indicator {
    /// As rules name it.
    pub code: String,
    /// Its name.
    pub name: Words,
    /// What is counted: `doses`.
    pub unit: String,
    /// `level` (as it stood on a day) or `daily` (what happened on each day).
    pub kind: String,
    /// Where its figures come from.
    pub source: String,
    /// Municipalities with a figure.
    pub municipalities: Count,
    /// Prefectures with a figure of their own.
    pub prefectures: Count,
    /// Of the places' newest figures the oldest day; null without figures.
    pub oldest: Option<Date>,
    /// Of the places' newest figures the newest day; null without figures.
    pub newest: Option<Date>,
    /// When a figure was recorded last, business time; null without figures.
    pub recorded_at: Option<DateTime>,
}

impl Indicator {
    /// All indicators, in the order of their codes.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn all(session: &Session) -> Result<Vec<Self>, Problem> {
        let rows = session.loaders.one(AllIndicators).await?.unwrap_or_default();
        let indicator = |row: &rows::IndicatorState| Self {
            code: row.code.clone(),
            name: Words { ja: row.ja.clone(), en: row.en.clone() },
            unit: row.unit.clone(),
            kind: row.kind.clone(),
            source: row.source.clone(),
            municipalities: Count(row.municipalities),
            prefectures: Count(row.prefectures),
            oldest: row.oldest.map(BusinessDay::from_date).map(Date),
            newest: row.newest.map(BusinessDay::from_date).map(Date),
            recorded_at: row.recorded_at.map(DateTime),
        };
        Ok(rows.iter().map(indicator).collect())
    }
}

/// What was granted to a territory in a round.
pub struct PublicAllocation {
    round: uuid::Uuid,
    territory: domain::TerritoryCode,
    row: Arc<PublicLine>,
}

impl PublicAllocation {
    /// What was committed to a territory, if anything was.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(
        session: &Session,
        round: uuid::Uuid,
        territory: domain::TerritoryCode,
    ) -> Result<Option<Self>, Problem> {
        let row = session.loaders.one(PublicLineOf { round, territory }).await?;
        Ok(row.map(|row| Self { round, territory, row }))
    }
}

/// What was granted to a territory in a round, and why. Open to everybody; only what is committed.
#[Object]
impl PublicAllocation {
    /// The round's id.
    async fn round(&self) -> Uuid {
        Uuid(self.round)
    }

    /// The territory.
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let missing = || unknown("recipient", &self.territory.to_string());
        Territory::load(session(ctx)?, self.territory).await?.ok_or_else(missing)
    }

    /// Whose plan granted it.
    async fn granted_by(&self) -> Result<TerritoryCode, Problem> {
        domain::TerritoryCode::parse(&self.row.holder).map(TerritoryCode)
    }

    /// The plan's id; its document is at `/v1/plans/{id}/document`.
    async fn plan_id(&self) -> Uuid {
        Uuid(self.row.plan)
    }

    /// Whole packs.
    async fn boxes(&self) -> Boxes {
        Boxes(self.row.units)
    }

    /// Vials.
    async fn vials(&self) -> Vials {
        Vials(self.row.units.saturating_mul(i64::from(self.row.unit_vials)))
    }

    /// As the rule computed it, whole packs; an officer may have changed it.
    async fn computed_boxes(&self) -> Boxes {
        Boxes(self.row.computed)
    }

    /// When it was committed, business time.
    async fn committed_at(&self) -> Option<DateTime> {
        self.row.committed_at.map(DateTime)
    }

    /// Why it was computed so, one entry for each part of the rule.
    async fn explanations(&self) -> Vec<Explanation> {
        explain(&self.row.explanation)
    }

    /// All that the rule looked at for this line, JSON.
    async fn data(&self) -> String {
        self.row.explanation.to_string()
    }
}
