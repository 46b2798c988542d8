//! Shipments: whole packs of one release on their way to one hub.
use super::{
    connection::{PageInfo, page_size},
    delivery::{DayWindow, Destination, ShipmentAnswer, ShipmentLot, ShipmentStep, Split, Storage},
    lot::Lot,
    node::NodeId,
    or_null,
    partner::{Branch, Wholesaler},
    product::{GoodsPieces, Product},
    receipt::{Discrepancy, Receipt},
    round::Round,
    unknown,
};
use crate::{
    cursor::List,
    loader::{
        AlongWith, AnswersOf, CountsOf, DiscrepanciesOf, ReceiptOf, ShipmentBy, ShipmentKey, ShipmentLotsOf,
        ShipmentStepsOf, ShipmentsOf, SplitsOf,
    },
    scalars::{Boxes, Count, Date, DateTime, Uuid, Vials},
    session::{Session, session},
};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use distribution_store::{
    read::{Parent, goods::GoodsKey},
    rows,
};
use domain::{BusinessDay, Problem, error, shipment::State};
use std::sync::Arc;

/// Where a shipment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case", remote = "State")]
pub enum ShipmentState {
    /// Made from a release; the branch has been told.
    Ordered,
    /// The branch has named a day.
    Scheduled,
    /// The actual lots are chosen.
    Picked,
    /// On the road.
    Dispatched,
    /// Handed over, by the branch's word or the site's.
    Delivered,
    /// Not handed over; still on the road or back at the branch's door.
    Failed,
    /// Physically back at the wholesaler.
    Returned,
    /// Gone.
    Lost,
    /// Called off by an officer before dispatch.
    Cancelled,
    /// Given up by the branch before dispatch, or nobody serves the place.
    Unfulfillable,
}

impl ShipmentState {
    /// The state that a row or a service's answer names.
    ///
    /// # Errors
    /// `service.internal` when there is no such state.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        State::parse(text).map(Self::from).ok_or_else(|| unknown("state of a shipment", text))
    }
}

/// Something is still to be done about it: by the branch, or by the site, which has not confirmed it.
fn is_under_way(state: State, received: bool) -> bool {
    match state {
        State::Ordered | State::Scheduled | State::Picked | State::Dispatched | State::Failed => true,
        State::Delivered => !received,
        State::Returned | State::Lost | State::Cancelled | State::Unfulfillable => false,
    }
}

/// A shipment.
#[derive(Clone)]
pub struct Shipment {
    row: Arc<rows::Shipment>,
    key: ShipmentKey,
    state: ShipmentState,
}

impl Shipment {
    /// The shipment with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        session.loaders.one(ShipmentBy(id)).await?.map(Self::of).transpose()
    }

    /// A row that a loader gave out, so that the caller's scope has been applied.
    fn of(row: Arc<rows::Shipment>) -> Result<Self, Problem> {
        Ok(Self { key: ShipmentKey::of(&row)?, state: ShipmentState::parse(&row.state)?, row })
    }

    async fn lots(&self, session: &Session, stage: &'static str) -> Result<Vec<ShipmentLot>, Problem> {
        let rows = session.loaders.one(ShipmentLotsOf(self.key)).await?.unwrap_or_default();
        let of_stage = rows.iter().filter(|(row, _)| row.stage == stage);
        Ok(of_stage.map(|(row, lot)| ShipmentLot { lot: Lot::of(lot), vials: Vials(row.vials) }).collect())
    }
}

/// Whole packs of one release on their way to one hub. One that is not open to you answers as one that
/// does not exist.
#[Object]
impl Shipment {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Shipment(self.row.id).id()
    }

    /// Our own id of it, which is the release's.
    async fn shipment_id(&self) -> Uuid {
        Uuid(self.row.id)
    }

    /// Where it stands.
    async fn state(&self) -> ShipmentState {
        self.state
    }

    /// Counts up with every step; name the one you read when you call it off.
    async fn version(&self) -> i32 {
        self.row.version
    }

    /// Code of the programme: `covid19-2021`.
    async fn programme(&self) -> &str {
        &self.row.programme
    }

    /// Our own id of the round.
    async fn round_id(&self) -> Uuid {
        Uuid(self.row.round_id)
    }

    /// Number of the round.
    async fn round_number(&self) -> i32 {
        self.row.round_number
    }

    /// The round; null unless rounds are open to you.
    async fn round(&self, ctx: &Context<'_>) -> Option<Round> {
        let load = async { Round::load(session(ctx)?, self.row.round_id).await };
        or_null(ctx, load.await)
    }

    /// Code of the product.
    async fn product(&self) -> &str {
        &self.row.product
    }

    /// The product itself: its name, and what its pieces are called wherever a field says vials.
    async fn product_details(&self, ctx: &Context<'_>) -> Result<Product, Problem> {
        Product::load(session(ctx)?, &self.row.product).await
    }

    /// What goes along with it by ratio: syringes, needles, diluent.
    #[graphql(complexity = "8_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn goods(&self, ctx: &Context<'_>) -> Result<Vec<GoodsPieces>, Problem> {
        let key = GoodsKey {
            product: self.row.product.clone(),
            programme: self.row.programme.clone(),
            pack: self.row.pack.clone(),
            day: self.row.window_from,
        };
        let along = session(ctx)?.loaders.one(AlongWith(key)).await?.unwrap_or_default();
        GoodsPieces::of(along.with_vials(self.row.vials))
    }

    /// The company that brings it; null where nobody serves the place.
    async fn wholesaler(&self, ctx: &Context<'_>) -> Option<Wholesaler> {
        let load = async {
            let Some(branch) = self.key.branch else { return Ok(None) };
            Wholesaler::load(session(ctx)?, branch.wholesaler()).await
        };
        or_null(ctx, load.await)
    }

    /// The branch that brings it; null where nobody serves the place.
    async fn branch(&self, ctx: &Context<'_>) -> Option<Branch> {
        let load = async {
            let Some(branch) = self.key.branch else { return Ok(None) };
            Branch::load(session(ctx)?, branch).await
        };
        or_null(ctx, load.await)
    }

    /// Where it goes.
    async fn to(&self) -> Destination {
        Destination::of(Arc::clone(&self.row), self.key.municipality)
    }

    /// Vials in all.
    async fn vials(&self) -> Vials {
        Vials(self.row.vials)
    }

    /// Code of the pack: `box195`.
    async fn pack(&self) -> &str {
        &self.row.pack
    }

    /// Vials of one pack.
    async fn pack_vials(&self) -> Vials {
        Vials(i64::from(self.row.pack_vials))
    }

    /// Packs in all.
    async fn boxes(&self) -> Result<Boxes, Problem> {
        let packs = self.row.vials.checked_div(i64::from(self.row.pack_vials));
        packs.map(Boxes).ok_or_else(|| unknown("pack", &self.row.pack))
    }

    /// How it is kept.
    async fn storage(&self) -> Result<Storage, Problem> {
        Storage::parse(&self.row.storage)
    }

    /// The days on which it may be delivered.
    async fn window(&self) -> DayWindow {
        let day = |day| Date(BusinessDay::from_date(day));
        DayWindow { from: day(self.row.window_from), to: day(self.row.window_to) }
    }

    /// The day that the branch has named; null until it has.
    async fn delivery_on(&self) -> Option<Date> {
        self.row.delivery_on.map(|day| Date(BusinessDay::from_date(day)))
    }

    /// The hours that the branch has named, `09:00-12:00`; null when it has not.
    async fn delivery_hours(&self) -> Option<&str> {
        self.row.delivery_hours.as_deref()
    }

    /// When it was made, business time.
    async fn ordered_at(&self) -> DateTime {
        DateTime(self.row.ordered_at)
    }

    /// When it left the depot, as the branch says; null until then.
    async fn dispatched_at(&self) -> Option<DateTime> {
        self.row.dispatched_at.map(DateTime)
    }

    /// When it was handed over; null until then.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.row.delivered_at.map(DateTime)
    }

    /// When the site says that it arrived; null until it has confirmed it.
    async fn received_at(&self) -> Option<DateTime> {
        self.row.received_at.map(DateTime)
    }

    /// The last day of its window is over, and it is neither confirmed nor at an end.
    async fn overdue(&self, ctx: &Context<'_>) -> Result<bool, Problem> {
        let today = BusinessDay::at(session(ctx)?.op.now).date();
        Ok(self.row.window_to < today && is_under_way(self.state.into(), self.row.received_at.is_some()))
    }

    /// Figures of a training instance: made up.
    async fn training(&self) -> bool {
        self.row.training
    }

    /// The lots that were proposed when it was ordered, first expired first out. Together fewer vials than
    /// the shipment's when the depot's book held fewer.
    #[graphql(complexity = "3_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn lots_proposed(&self, ctx: &Context<'_>) -> Result<Vec<ShipmentLot>, Problem> {
        self.lots(session(ctx)?, "proposed").await
    }

    /// The lots that were picked; empty until they were.
    #[graphql(complexity = "3_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn lots_picked(&self, ctx: &Context<'_>) -> Result<Vec<ShipmentLot>, Problem> {
        self.lots(session(ctx)?, "picked").await
    }

    /// What its hub hands on to its satellites, in order of name; the rest is the hub's own.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn splits(&self, ctx: &Context<'_>) -> Result<Vec<Split>, Problem> {
        let rows = session(ctx)?.loaders.one(SplitsOf(self.key)).await?.unwrap_or_default();
        Ok(rows.iter().cloned().map(Split).collect())
    }

    /// What happened to it, from the first step to the last.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn steps(&self, ctx: &Context<'_>) -> Result<Vec<ShipmentStep>, Problem> {
        let rows = session(ctx)?.loaders.one(ShipmentStepsOf(self.key)).await?.unwrap_or_default();
        rows.iter().map(ShipmentStep::of).collect()
    }

    /// The branch's answers that were taken, by sequence: applied, held until an earlier one comes, or
    /// refused after they had been held.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn answers(&self, ctx: &Context<'_>) -> Result<Vec<ShipmentAnswer>, Problem> {
        let rows = session(ctx)?.loaders.one(AnswersOf(self.key)).await?.unwrap_or_default();
        rows.iter().map(ShipmentAnswer::of).collect()
    }

    /// The sequence that the branch's next answer must have.
    async fn next_answer(&self) -> Count {
        Count(self.row.next_answer)
    }

    /// What arrived, as the site counted it; null until it has.
    async fn receipt(&self, ctx: &Context<'_>) -> Option<Receipt> {
        let load = async { Ok(session(ctx)?.loaders.one(ReceiptOf(self.key)).await?.map(Receipt)) };
        or_null(ctx, load.await)
    }

    /// Vials of it that are not where the book expected them, open and resolved, the oldest first.
    #[graphql(complexity = "3_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn discrepancies(&self, ctx: &Context<'_>) -> Result<Vec<Discrepancy>, Problem> {
        let rows = session(ctx)?.loaders.one(DiscrepanciesOf(self.key)).await?.unwrap_or_default();
        rows.iter().map(|row| Discrepancy::of(Arc::clone(row))).collect()
    }
}

/// A shipment in a page.
#[derive(SimpleObject)]
pub struct ShipmentEdge {
    /// The shipment.
    pub node: Shipment,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of shipments, in the order of their ids, which is the order of release.
#[derive(SimpleObject)]
pub struct ShipmentConnection {
    /// The elements of the page.
    pub edges: Vec<ShipmentEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// Which shipments of a list.
pub struct Wanted {
    /// In any of these states; in all when absent or empty.
    pub state: Option<Vec<ShipmentState>>,
    /// How many.
    pub first: i32,
    /// After which cursor.
    pub after: Option<String>,
}

impl ShipmentConnection {
    /// A page of a parent's shipments, as far as they are open to the caller.
    ///
    /// # Errors
    /// `graphql.page_size`, `graphql.bad_cursor`, or the coded problem of the read.
    pub async fn load(session: &Session, parent: Parent, key: String, wanted: Wanted) -> Result<Self, Problem> {
        let size = page_size(wanted.first)?;
        let mut states: Vec<State> = wanted.state.unwrap_or_default().into_iter().map(State::from).collect();
        states.sort_unstable();
        states.dedup();
        let filter: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
        let of = format!("{parent:?}/{key}/{}", filter.join(","));
        let list = List { name: "shipments", parent: &of, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = wanted.after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|id| id.parse().map_err(|_| Problem::new(&error::GRAPHQL_BAD_CURSOR))).transpose()?;
        // one more than is shown tells whether there is a next page
        let limit = i64::from(wanted.first) + 1;
        let rows = session.loaders.one(ShipmentsOf { parent, key, states, after, limit }).await?.unwrap_or_default();
        let edge = |row: &Arc<rows::Shipment>| {
            let cursor = cursors.make(list, &row.id.to_string());
            Shipment::of(Arc::clone(row)).map(|node| ShipmentEdge { node, cursor })
        };
        let edges = rows.iter().take(size).map(edge).collect::<Result<Vec<_>, _>>()?;
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self { edges, page_info: PageInfo::of(&shown, after.is_some(), rows.len() > size) })
    }
}

/// How many shipments stand in one state.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ShipmentCount {
    /// The state.
    pub state: ShipmentState,
    /// How many.
    pub shipments: Count,
    /// Their vials.
    pub vials: Vials,
}

/// How many shipments stand where, as far as they are open to you.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ShipmentCounts {
    /// Everything up to this moment of business time is counted.
    pub as_of: DateTime,
    /// The states in their order; those without a shipment are left out.
    pub states: Vec<ShipmentCount>,
}

impl ShipmentCounts {
    /// The counts of a parent; of one round, or of all.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(
        session: &Session,
        parent: Parent,
        key: String,
        round: Option<uuid::Uuid>,
    ) -> Result<Self, Problem> {
        let rows = session.loaders.one(CountsOf { parent, key, round }).await?.unwrap_or_default();
        let mut states = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            let state = State::parse(&row.state).ok_or_else(|| unknown("state of a shipment", &row.state))?;
            states.push((state, Count(row.shipments), Vials(row.vials)));
        }
        states.sort_by_key(|(state, ..)| *state);
        let count = |(state, shipments, vials): (State, _, _)| ShipmentCount { state: state.into(), shipments, vials };
        Ok(Self { as_of: DateTime(session.op.now), states: states.into_iter().map(count).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shipment_is_under_way_until_it_is_confirmed_or_at_an_end() {
        let names = |received: bool| -> Vec<&str> {
            State::all().filter(|state| is_under_way(*state, received)).map(State::as_str).collect()
        };
        assert_eq!(names(false), ["ordered", "scheduled", "picked", "dispatched", "delivered", "failed"]);
        assert_eq!(names(true), ["ordered", "scheduled", "picked", "dispatched", "failed"]);
    }
}
