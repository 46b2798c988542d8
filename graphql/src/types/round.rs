//! Rounds: how far the doses have run down, and where they are stuck.
use super::{
    amendment::Amendment,
    connection::{PageInfo, page_size, page_within},
    fairness::Fairness,
    node::NodeId,
    objection::{Objection, Proposal},
    or_null,
    plan::{Plan, PlanState},
    product::{GoodsPieces, Product},
    progress::{Delivery, delivered},
    shipment::{ShipmentConnection, ShipmentCounts, ShipmentState, Wanted},
    site::{Site, SiteConnection, SiteEdge, SiteKind},
    territory::{Territory, TerritoryTier},
    unknown,
    words::Words,
};
use crate::{
    cursor::List,
    loader::{
        AllRounds, ChildrenOf, Delivered, HoldingOf, HoldingsOf, RoundBy, SitesOf, StatesOf, StepsOf, StreamBy,
        SupplyOf, sees_plans,
    },
    scalars::{self, Count, Date, DateTime, Uuid, Vials},
    session::{Session, session},
};
use allocation_store::{read::Holding, rows};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use distribution_store::read::Parent;
use domain::{
    BusinessDay, Problem, TerritoryCode, error,
    plan::{self, State},
    stream::Levels,
    territory::Tier,
    time::Instant,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// 接種の枠: the doses of one group, and the levels through which they pass.
#[derive(Debug, Clone, SimpleObject)]
pub struct Stream {
    /// Its code: `residents`, `health_workers`, `prefecture_site`, `workplace`, `national_centre`.
    pub code: String,
    /// Its name.
    pub name: Words,
    /// Its territorial levels, from above: supply enters at the first, and who stands on the last
    /// assigns to sites.
    pub levels: Vec<TerritoryTier>,
    /// Which kinds of sites its doses may be assigned to.
    pub site_kinds: Vec<SiteKind>,
}

impl Stream {
    /// Of a row.
    ///
    /// # Errors
    /// `service.internal` when its levels or kinds are none.
    pub fn of(row: &rows::Stream) -> Result<Self, Problem> {
        let levels = Levels::parse(&row.levels).ok_or_else(|| unknown("levels of a stream", &row.levels.join(" ")))?;
        Ok(Self {
            code: row.code.clone(),
            name: Words { ja: row.ja.clone(), en: row.en.clone() },
            levels: levels.tiers().iter().map(|tier| (*tier).into()).collect(),
            site_kinds: row.site_kinds.iter().map(|kind| SiteKind::parse(kind)).collect::<Result<_, _>>()?,
        })
    }
}

/// What one territory was granted in a round, from the balances of the entitlement book.
#[derive(Debug, Clone, SimpleObject)]
pub struct Grant {
    /// The territory.
    pub holder: scalars::TerritoryCode,
    /// Granted to it so far, vials.
    pub granted_vials: Vials,
    /// Of these, left to be granted by it, vials.
    pub available_vials: Vials,
    /// Of these, kept back when its plan was committed, vials.
    pub reserve_vials: Vials,
}

impl Grant {
    fn of(holder: TerritoryCode, row: &Holding) -> Self {
        Self {
            holder: scalars::TerritoryCode(holder),
            granted_vials: Vials(row.granted_vials),
            available_vials: Vials(row.available_vials),
            reserve_vials: Vials(row.reserve_vials),
        }
    }
}

/// How many holders of a level stand where.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct StateCount {
    /// Where their plans stand; null: they have none.
    pub state: Option<PlanState>,
    /// Holders.
    pub count: Count,
}

/// A holder that has not committed.
pub struct Waiting {
    holder: TerritoryCode,
    state: Option<State>,
}

/// A holder that has not committed.
#[Object]
impl Waiting {
    /// Who.
    async fn territory(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let missing = || unknown("holder", &self.holder.to_string());
        Territory::load(session(ctx)?, self.holder).await?.ok_or_else(missing)
    }

    /// Where its plan stands; null: it has none.
    async fn state(&self) -> Option<PlanState> {
        self.state.map(PlanState::from)
    }
}

/// Where one holder of a level stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holder {
    code: TerritoryCode,
    state: Option<State>,
    passed_vials: i64,
}

impl Holder {
    fn has_committed(&self) -> bool {
        matches!(self.state, Some(State::Committed | State::Closed))
    }
}

/// What becomes of a plan that is not committed when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case", remote = "plan::OnLate")]
pub enum OnLate {
    /// It waits for its officers; they and the level above are told.
    Wait,
    /// It is committed as it stands, within its supply and after those below were heard.
    Carry,
}

/// One level of a round, with those of its holders that the caller may see.
pub struct RoundLevel {
    round: uuid::Uuid,
    level: TerritoryTier,
    due_at: Instant,
    objection_hours: i32,
    on_late: OnLate,
    now: Instant,
    holders: Vec<Holder>,
}

impl RoundLevel {
    fn number_committed(&self) -> usize {
        self.holders.iter().filter(|holder| holder.has_committed()).count()
    }

    /// What is delivered in the territories of this level whose plans the caller sees.
    async fn delivered(&self, ctx: &Context<'_>) -> Result<Delivered, Problem> {
        let session = session(ctx)?;
        let at_level = |municipality: TerritoryCode| match self.level {
            TerritoryTier::Nation => Some(TerritoryCode::NATION),
            TerritoryTier::Prefecture => municipality.prefecture(),
            TerritoryTier::Municipality => Some(municipality),
        };
        let is_seen = |code: TerritoryCode| at_level(code).is_some_and(|code| sees_plans(&session.op.actor, code));
        delivered(session, self.round, is_seen).await
    }
}

fn count(number: usize) -> Count {
    Count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// One level of a round. Everything counts only those holders whose plans are open to you.
#[Object]
impl RoundLevel {
    /// Whose plans.
    async fn level(&self) -> TerritoryTier {
        self.level
    }

    /// Until when they must have committed.
    async fn due_at(&self) -> DateTime {
        DateTime(self.due_at)
    }

    /// How long those below may object to what was handed in, hours; 0: they are not asked.
    async fn objection_hours(&self) -> i32 {
        self.objection_hours
    }

    /// What becomes of a plan that is not committed at `dueAt`.
    async fn on_late(&self) -> OnLate {
        self.on_late
    }

    /// It is past `dueAt`, and somebody has not committed.
    async fn late(&self) -> bool {
        self.now > self.due_at && self.number_committed() < self.holders.len()
    }

    /// Holders that must commit: of the last level, who assign to sites, those that were granted
    /// something; above, all of them.
    async fn due(&self) -> Count {
        count(self.holders.len())
    }

    /// Of those, the ones that have committed: a plan, or on the last level an assignment to sites.
    async fn committed(&self) -> Count {
        count(self.number_committed())
    }

    /// What the level has granted to the one below or assigned to sites, vials.
    async fn granted_vials(&self) -> Vials {
        Vials(self.holders.iter().fold(0, |sum: i64, holder| sum.saturating_add(holder.passed_vials)))
    }

    /// Everything up to this moment of business time is in the figures.
    async fn as_of(&self) -> DateTime {
        DateTime(self.now)
    }

    /// Released to hubs in the level's territories, vials, without what came back before dispatch.
    async fn released_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.delivered(ctx).await?.released))
    }

    /// On the road to hubs in the level's territories, vials.
    async fn in_transit_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.delivered(ctx).await?.in_transit))
    }

    /// Counted by hubs in the level's territories when they arrived, vials, usable and broken ones.
    async fn received_vials(&self, ctx: &Context<'_>) -> Result<Vials, Problem> {
        Ok(Vials(self.delivered(ctx).await?.received))
    }

    /// How many holders stand where, in the order of the states; those without a plan first. The
    /// counts add up to `due`.
    #[graphql(complexity = "8_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn states(&self) -> Vec<StateCount> {
        let mut states: BTreeMap<Option<State>, usize> = BTreeMap::new();
        for holder in &self.holders {
            *states.entry(holder.state).or_default() += 1;
        }
        let counted = |(state, holders): (Option<State>, usize)| StateCount {
            state: state.map(PlanState::from),
            count: count(holders),
        };
        states.into_iter().map(counted).collect()
    }

    /// Where it is stuck: holders that have not committed, in code order.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn waiting(&self, #[graphql(desc = "How many, 1 to 200.")] first: i32) -> Result<Vec<Waiting>, Problem> {
        let size = page_size(first)?;
        let waiting = self.holders.iter().filter(|holder| !holder.has_committed()).take(size);
        Ok(waiting.map(|holder| Waiting { holder: holder.code, state: holder.state }).collect())
    }
}

/// A round of allotment.
#[derive(Clone)]
pub struct Round(Arc<rows::Round>);

impl Round {
    /// All rounds that are open to the caller, newest first.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn all(session: &Session) -> Result<Vec<Self>, Problem> {
        let rows = session.loaders.one(AllRounds).await?.unwrap_or_default();
        Ok(rows.iter().map(|row| Self(Arc::clone(row))).collect())
    }

    /// The round with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(RoundBy(id)).await?.map(Self))
    }

    async fn levels_of(&self, session: &Session) -> Result<Vec<RoundLevel>, Problem> {
        let (loaders, round) = (&session.loaders, self.0.id);
        let steps = loaders.one(StepsOf(round)).await?.unwrap_or_default();
        let states = loaders.one(StatesOf(round)).await?.unwrap_or_default();
        let holdings = loaders.one(HoldingsOf(round)).await?.unwrap_or_default();
        let prefectures = loaders.one(ChildrenOf(TerritoryCode::NATION)).await?.unwrap_or_default();
        let prefectures: Vec<TerritoryCode> =
            prefectures.iter().map(|row| TerritoryCode::parse(&row.code)).collect::<Result<_, _>>()?;
        let mut calendar = Vec::with_capacity(steps.len());
        for step in steps.iter() {
            let tier = Tier::parse(&step.level).ok_or_else(|| unknown("level of a round", &step.level))?;
            let on_late = plan::OnLate::parse(&step.on_late).ok_or_else(|| unknown("lateness", &step.on_late))?;
            calendar.push((tier, step, OnLate::from(on_late)));
        }
        // the calendar has the levels of the stream
        calendar.sort_by_key(|(tier, ..)| *tier);
        let last = calendar.last().map(|(tier, ..)| *tier);
        let mut levels = Vec::with_capacity(calendar.len());
        for (tier, step, on_late) in calendar {
            let granted = |(code, row): (&TerritoryCode, &Holding)| {
                (code.tier() == tier && row.granted_vials > 0).then_some(*code)
            };
            let codes: BTreeSet<TerritoryCode> = match tier {
                Tier::Nation => [TerritoryCode::NATION].into(),
                Tier::Prefecture if Some(tier) != last => prefectures.iter().copied().collect(),
                Tier::Prefecture | Tier::Municipality => holdings.iter().filter_map(granted).collect(),
            };
            let holder = |code: TerritoryCode| Holder {
                code,
                state: states.get(&code).copied(),
                passed_vials: holdings.get(&code).map_or(0, |row| {
                    row.granted_vials.saturating_sub(row.available_vials).saturating_sub(row.reserve_vials)
                }),
            };
            let seen = codes.into_iter().filter(|code| sees_plans(&session.op.actor, *code));
            let holders = seen.map(holder).collect();
            let (due_at, objection_hours, now) = (step.due_at, step.objection_hours, session.op.now);
            levels.push(RoundLevel { round, level: tier.into(), due_at, objection_hours, on_late, now, holders });
        }
        Ok(levels)
    }

    async fn site_page(
        &self,
        session: &Session,
        municipality: TerritoryCode,
        first: i32,
        after: Option<String>,
    ) -> Result<Option<SiteConnection>, Problem> {
        let size = page_size(first)?;
        let (round, code) = (self.0.id, municipality.to_string());
        if municipality.tier() != Tier::Municipality {
            return Err(Problem::new(&error::GRAPHQL_NOT_A_MUNICIPALITY).with("code", &code));
        }
        let parent = format!("{round}/{code}");
        let list = List { name: "sites", parent: &parent, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|id| id.parse().map_err(|_| Problem::new(&error::GRAPHQL_BAD_CURSOR))).transpose()?;
        // one more than is shown tells whether there is a next page
        let limit = i64::from(first) + 1;
        let Some(rows) = session.loaders.one(SitesOf { municipality, after, limit }).await? else { return Ok(None) };
        let edge = |row: &Arc<rows::Site>| SiteEdge {
            cursor: cursors.make(list, &row.id.to_string()),
            node: Site::of(Arc::clone(row), municipality, round),
        };
        let edges: Vec<SiteEdge> = rows.iter().take(size).map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Some(SiteConnection { edges, page_info: PageInfo::of(&shown, after.is_some(), rows.len() > size) }))
    }
}

/// A round (クール): one delivery of a product, which runs down the levels of its stream to the sites.
#[Object]
impl Round {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Round(self.0.id).id()
    }

    /// Our own id of it.
    async fn round_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// Code of the programme: `covid19-2021`.
    async fn programme(&self) -> &str {
        &self.0.programme
    }

    /// The stream (接種の枠) whose doses it divides.
    async fn stream(&self, ctx: &Context<'_>) -> Result<Stream, Problem> {
        let key = StreamBy { programme: self.0.programme.clone(), code: self.0.stream.clone() };
        let row = session(ctx)?.loaders.one(key).await?;
        Stream::of(&*row.ok_or_else(|| unknown("stream", &self.0.stream))?)
    }

    /// Code of the product: `comirnaty-12plus`.
    async fn product(&self) -> &str {
        &self.0.product
    }

    /// The product itself: its name, and what its pieces are called wherever a field says vials.
    async fn product_details(&self, ctx: &Context<'_>) -> Result<Product, Problem> {
        Product::load(session(ctx)?, &self.0.product).await
    }

    /// What goes along with all that was released of it to hubs in a territory and did not come back; null
    /// when that is not open to you.
    #[graphql(complexity = "8_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn goods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The territory.")] holder: scalars::TerritoryCode,
    ) -> Option<Vec<GoodsPieces>> {
        let load = async { GoodsPieces::of_round(session(ctx)?, &self.0, holder.0).await };
        or_null(ctx, load.await)
    }

    /// The sites in a territory to which its doses may be assigned, in the order of their ids: for a round
    /// of health workers a prefecture's hubs; null when that is not open to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn taking_sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The territory.")] territory: scalars::TerritoryCode,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Option<SiteConnection> {
        let load = async { SiteConnection::taking(session(ctx)?, &self.0, territory.0, first, after).await };
        or_null(ctx, load.await)
    }

    /// Its number; restarts with each product and stream.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// Code of the pack that is delivered: `box195`.
    async fn pack(&self) -> &str {
        &self.0.pack
    }

    /// Vials of one pack, as dated when the round was opened.
    async fn pack_vials(&self) -> Vials {
        Vials(i64::from(self.0.pack_vials))
    }

    /// Doses counted for one vial, as dated when the round was opened.
    async fn doses_per_vial(&self) -> i32 {
        self.0.doses_per_vial
    }

    /// First day of delivery.
    async fn delivery_from(&self) -> Date {
        Date(BusinessDay::from_date(self.0.delivery_from))
    }

    /// Last day of delivery.
    async fn delivery_to(&self) -> Date {
        Date(BusinessDay::from_date(self.0.delivery_to))
    }

    /// The supply of all its holders as noted so far, vials; null unless the nation's plans are open to
    /// you.
    async fn supply_vials(&self, ctx: &Context<'_>) -> Option<Vials> {
        let load = async { Ok(session(ctx)?.loaders.one(SupplyOf(self.0.id)).await?.map(Vials)) };
        or_null(ctx, load.await)
    }

    /// How far each level of its stream is, from above, as far as its plans are open to you.
    #[graphql(complexity = "3_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn levels(&self, ctx: &Context<'_>) -> Result<Vec<RoundLevel>, Problem> {
        self.levels_of(session(ctx)?).await
    }

    /// The plan in force of a holder (of who assigns to sites, the newest assignment); null when there
    /// is none, and when it is not open to you.
    async fn plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose holdings it divides.")] holder: scalars::TerritoryCode,
    ) -> Option<Plan> {
        let load = async { Plan::in_force(session(ctx)?, self.0.id, holder.0).await };
        or_null(ctx, load.await)
    }

    /// 案: what is proposed for a territory by the plan above it, which was handed in and may be objected to;
    /// null when there is none, and when it is not open to you.
    async fn proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom.")] recipient: scalars::TerritoryCode,
    ) -> Option<Proposal> {
        let load = async { Proposal::load(session(ctx)?, self.0.id, recipient.0).await };
        or_null(ctx, load.await)
    }

    /// What a territory has objected in this round, with the answers; null when that is not open to you.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn objections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who objected.")] recipient: scalars::TerritoryCode,
    ) -> Option<Vec<Objection>> {
        let load = async { Objection::of(session(ctx)?, self.0.id, recipient.0).await };
        or_null(ctx, load.await)
    }

    /// Amendments of committed plans, your own and those of the levels below, newest first.
    #[graphql(
        complexity = "usize::try_from(first.clamp(1, 500)).unwrap_or(1).saturating_mul(child_complexity).saturating_add(1).min(1_000_000)"
    )]
    async fn amendments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "How many, 1 to 500.")] first: i32,
    ) -> Result<Vec<Amendment>, Problem> {
        page_within(first, 500)?;
        Amendment::of_round(session(ctx)?, self.0.id, i64::from(first)).await
    }

    /// What a territory was granted; null when it was granted nothing yet, and when it is not open
    /// to you.
    async fn granted(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The territory.")] holder: scalars::TerritoryCode,
    ) -> Option<Grant> {
        let load = async {
            let key = HoldingOf { round: self.0.id, territory: holder.0, site: None };
            Ok(session(ctx)?.loaders.one(key).await?.map(|row| Grant::of(holder.0, &row)))
        };
        or_null(ctx, load.await)
    }

    /// How even it came out among the territories of a level, in vials by total population: by what they were
    /// granted in it, or in it and all earlier rounds of its programme, product and stream together. Null unless
    /// the nation's plans are open to you.
    async fn fairness(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Prefectures or municipalities.")] level: TerritoryTier,
        #[graphql(default, desc = "With all earlier rounds.")] cumulative: bool,
    ) -> Option<Fairness> {
        let tier = match level {
            TerritoryTier::Nation => Tier::Nation,
            TerritoryTier::Prefecture => Tier::Prefecture,
            TerritoryTier::Municipality => Tier::Municipality,
        };
        let load = async { Fairness::of_round(session(ctx)?, &self.0, tier, cumulative).await };
        or_null(ctx, load.await)
    }

    /// How far its doses have come in a territory; null when that is not open to you.
    async fn delivery(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The territory.")] holder: scalars::TerritoryCode,
    ) -> Option<Delivery> {
        let load = async { Delivery::load(session(ctx)?, self.0.id, holder.0).await };
        or_null(ctx, load.await)
    }

    /// Its shipments, as far as they are open to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let wanted = Wanted { state, first, after };
        ShipmentConnection::load(session(ctx)?, Parent::Round, self.0.id.to_string(), wanted).await
    }

    /// How many of its shipments stand where, as far as they are open to you.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn shipment_counts(&self, ctx: &Context<'_>) -> Result<ShipmentCounts, Problem> {
        ShipmentCounts::load(session(ctx)?, Parent::Round, self.0.id.to_string(), None).await
    }

    /// The sites of a municipality, in the order of their ids; null when they are not open to you.
    /// Error: `graphql.not_a_municipality`.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: scalars::TerritoryCode,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Option<SiteConnection> {
        let load = async { self.site_page(session(ctx)?, municipality.0, first, after).await };
        or_null(ctx, load.await)
    }
}
