//! Rounds of the past, as they were published.
use super::{
    connection::{PageInfo, page_size},
    words::Words,
};
use crate::{
    cursor::List,
    loader::{PastDosesOf, PastLinesOf, PastRounds},
    scalars::{Count, Date, Difference, Uuid},
    session::{Session, session},
};
use allocation_store::{read::past::Wanted, rows};
use async_graphql::{Context, Object, SimpleObject};
use domain::{BusinessDay, Problem, error};
use platform::failure::Failure;
use std::sync::Arc;
use wire::past_round::Finding;

/// What is odd about a row of a publication. The row was taken as published.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PastFinding {
    /// Line in the file.
    pub row: Count,
    /// The place that it is about.
    pub place: String,
    /// Stable code: `past.not_whole_packs`, `past.slip`, `past.doses_differ`, `past.negative`,
    /// `past.total_differs`.
    pub code: String,
    /// Why.
    pub message: Words,
}

/// What a place got in a round of the past.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PastLine {
    /// As the publication names it: a jurisdiction, a region's or a territory's code.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Of what: `all`; `first` and `second` doses; `base` and `adjustment`.
    pub part: String,
    /// Doses; below zero: handed over to others.
    pub doses: Difference,
    /// Whole boxes; null where the doses are none.
    pub units: Option<Difference>,
    /// Line in the file.
    pub row: Count,
}

impl PastLine {
    fn of(row: &rows::PastLine) -> Self {
        Self {
            place: row.place.clone(),
            name: row.name.clone(),
            part: row.part.clone(),
            doses: Difference(row.doses),
            units: row.units.map(Difference),
            row: Count(i64::from(row.row_number)),
        }
    }
}

/// A line in a page.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PastLineEdge {
    /// The line.
    pub node: PastLine,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of lines, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PastLineConnection {
    /// The elements of the page.
    pub edges: Vec<PastLineEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// A round that somebody allocated in the past.
#[derive(Clone)]
pub struct PastRound(Arc<rows::PastRound>);

/// A round that somebody allocated in the past, as it was published: for comparisons and what-ifs. It has
/// nothing to do with our own plans.
#[Object]
impl PastRound {
    /// Our own id of it, made of publication, product and day.
    async fn past_round_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// The publication: `us-allocations`, `us-allocations-wide`, `italy-deliveries`, `announced`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it was published.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// The product as the publication names it, in lower case.
    async fn product(&self) -> &str {
        &self.0.product
    }

    /// The first of the days that it covers.
    async fn day(&self) -> Date {
        Date(BusinessDay::from_date(self.0.day))
    }

    /// How many days it covers.
    async fn days(&self) -> i32 {
        self.0.days
    }

    /// Doses of the smallest box that is shipped; null where single doses are counted.
    async fn pack_doses(&self) -> Option<i32> {
        self.0.pack_doses
    }

    /// Doses of all lines; below zero when more was handed over than came.
    async fn doses(&self, ctx: &Context<'_>) -> Result<Difference, Problem> {
        Ok(Difference(session(ctx)?.loaders.one(PastDosesOf(self.0.id)).await?.unwrap_or(0)))
    }

    /// What is odd about its rows, in the order of the file.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn findings(&self) -> Result<Vec<PastFinding>, Problem> {
        let findings: Vec<Finding> =
            serde_json::from_value(self.0.findings.clone()).map_err(|error| Failure::internal(error).into_problem())?;
        let finding = |finding: Finding| PastFinding {
            row: Count(finding.row),
            place: finding.place,
            code: finding.code,
            message: Words { ja: finding.ja, en: finding.en },
        };
        Ok(findings.into_iter().map(finding).collect())
    }

    /// What each place got, in the order of the file.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<PastLineConnection, Problem> {
        let (session, size) = (session(ctx)?, page_size(first)?);
        let parent = self.0.id.to_string();
        let list = List { name: "pastLines", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let bad = || Problem::new(&error::GRAPHQL_BAD_CURSOR);
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after: i64 = after.map_or(Ok(0), |text| text.parse().map_err(|_| bad()))?;
        // one more than is shown tells whether there is a next page
        let key = PastLinesOf { past_round: self.0.id, after, limit: i64::from(first) + 1 };
        let rows = session.loaders.one(key).await?.unwrap_or_default();
        let edge = |(row, place): (&rows::PastLine, i64)| PastLineEdge {
            node: PastLine::of(row),
            cursor: cursors.make(list, &place.to_string()),
        };
        let edges: Vec<PastLineEdge> = rows.iter().zip(after.saturating_add(1)..).take(size).map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(PastLineConnection { edges, page_info: PageInfo::of(&shown, after > 0, rows.len() > size) })
    }
}

/// A round of the past in a page.
#[derive(SimpleObject)]
pub struct PastRoundEdge {
    /// The round.
    pub node: PastRound,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of rounds of the past, by day.
#[derive(SimpleObject)]
pub struct PastRoundConnection {
    /// The elements of the page.
    pub edges: Vec<PastRoundEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// Which rounds of the past are asked for.
pub struct PastWanted {
    /// Of this publication.
    pub kind: Option<String>,
    /// Of this product.
    pub product: Option<String>,
    /// Beginning on this day or later.
    pub from: Option<BusinessDay>,
    /// Beginning on this day or earlier.
    pub to: Option<BusinessDay>,
}

impl PastRoundConnection {
    /// A page of what is wanted.
    ///
    /// # Errors
    /// `graphql.page_size`, `graphql.bad_cursor`, the coded problem of the read.
    pub async fn load(
        session: &Session,
        wanted: PastWanted,
        first: i32,
        after: Option<String>,
    ) -> Result<Self, Problem> {
        let size = page_size(first)?;
        let PastWanted { kind, product, from, to } = wanted;
        let parent = format!("{kind:?}/{product:?}/{from:?}/{to:?}");
        let list = List { name: "pastRounds", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|text| position(&text)).transpose()?.map(|(day, id)| (day.date(), id));
        let has_previous = after.is_some();
        let date = |day: Option<BusinessDay>| day.map(BusinessDay::date);
        let wanted = Wanted { kind, product, from: date(from), to: date(to), after };
        // one more than is shown tells whether there is a next page
        let rows = session.loaders.one(PastRounds { wanted, limit: i64::from(first) + 1 }).await?.unwrap_or_default();
        let edge = |row: &Arc<rows::PastRound>| PastRoundEdge {
            node: PastRound(Arc::clone(row)),
            cursor: cursors.make(list, &format!("{}/{}", row.day, row.id)),
        };
        let edges: Vec<PastRoundEdge> = rows.iter().take(size).map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self { edges, page_info: PageInfo::of(&shown, has_previous, rows.len() > size) })
    }
}

/// Day and id of the round that a cursor names.
fn position(text: &str) -> Result<(BusinessDay, uuid::Uuid), Problem> {
    let read = || {
        let (day, id) = text.split_once('/')?;
        Some((BusinessDay::parse(day).ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| Problem::new(&error::GRAPHQL_BAD_CURSOR))
}
