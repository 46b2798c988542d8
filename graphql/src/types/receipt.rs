//! What arrived, and what is not where the book expected it.
use super::{
    connection::{PageInfo, page_size},
    lot::Lot,
    node::NodeId,
    shipment::Shipment,
    territory::Territory,
    unknown,
};
use crate::{
    cursor::List,
    loader::{DiscrepanciesIn, DiscrepancyBy, WholeReceipt},
    scalars::{DateTime, Uuid, Vials},
    session::{Session, session},
};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use distribution_store::{read::Discrepancies, rows};
use domain::{
    Problem, TerritoryCode,
    discrepancy::{Kind, WITHDRAWN},
    error,
};
use std::sync::Arc;

/// One lot of a receipt.
#[derive(Clone, SimpleObject)]
pub struct ReceiptLine {
    /// The lot.
    pub lot: Lot,
    /// Vials of it that were on the road.
    pub expected_vials: Vials,
    /// Usable vials that arrived.
    pub accepted_vials: Vials,
    /// Broken or warm vials that arrived: in quarantine.
    pub damaged_vials: Vials,
}

/// What arrived, as the site counted it.
pub struct Receipt(pub Arc<WholeReceipt>);

impl Receipt {
    fn sum(&self, vials: impl Fn(&rows::ReceiptLine) -> i64) -> Vials {
        Vials(self.0.lines.iter().fold(0, |sum: i64, (line, _)| sum.saturating_add(vials(line))))
    }
}

/// 納品確認: what arrived, as the site counted it. It is never changed, and so are its sums.
#[Object]
impl Receipt {
    /// Our own id of it.
    async fn receipt_id(&self) -> Uuid {
        Uuid(self.0.row.id)
    }

    /// Name of the account that confirmed it.
    async fn by(&self) -> &str {
        &self.0.row.actor_name
    }

    /// When it arrived, as the site says.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.row.received_at)
    }

    /// When it was confirmed, business time.
    async fn confirmed_at(&self) -> DateTime {
        DateTime(self.0.row.business_at)
    }

    /// Vials that were on the road.
    async fn expected_vials(&self) -> Vials {
        self.sum(|line| line.expected)
    }

    /// Usable vials that arrived.
    async fn accepted_vials(&self) -> Vials {
        self.sum(|line| line.accepted)
    }

    /// Broken or warm vials that arrived.
    async fn damaged_vials(&self) -> Vials {
        self.sum(|line| line.damaged)
    }

    /// Lot by lot, in order of number.
    #[graphql(complexity = "5_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn lines(&self) -> Vec<ReceiptLine> {
        let line = |(line, lot): &(rows::ReceiptLine, Arc<rows::Lot>)| ReceiptLine {
            lot: Lot::of(lot),
            expected_vials: Vials(line.expected),
            accepted_vials: Vials(line.accepted),
            damaged_vials: Vials(line.damaged),
        };
        self.0.lines.iter().map(line).collect()
    }
}

/// How vials differ from the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case", remote = "Kind")]
pub enum DiscrepancyKind {
    /// They should have arrived and did not.
    Short,
    /// They arrived and should not have.
    Surplus,
    /// They arrived broken or warm.
    Damaged,
    /// The branch picked more than the depot's book had.
    BeyondStock,
}

/// What became of vials that are not where the book expected them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum DiscrepancyDecision {
    /// Short: they are gone.
    Lost,
    /// Short: they never left the depot.
    FoundAtDepot,
    /// Short: they were at the site after all.
    FoundAtSite,
    /// Surplus, beyond stock: they came from the depot's own stock.
    FromDepot,
    /// Surplus, beyond stock: the maker had sent them, and nobody had noted it.
    FromMaker,
    /// Damaged: thrown away.
    Destroyed,
    /// Damaged: looked at, and good.
    Usable,
    /// Damaged: sent back to the depot.
    Returned,
    /// The branch put back before dispatch what it had picked beyond the depot's book. Nobody decides it.
    Withdrawn,
}

const DECISIONS: [(DiscrepancyDecision, &str); 9] = [
    (DiscrepancyDecision::Lost, "lost"),
    (DiscrepancyDecision::FoundAtDepot, "found_at_depot"),
    (DiscrepancyDecision::FoundAtSite, "found_at_site"),
    (DiscrepancyDecision::FromDepot, "from_depot"),
    (DiscrepancyDecision::FromMaker, "from_maker"),
    (DiscrepancyDecision::Destroyed, "destroyed"),
    (DiscrepancyDecision::Usable, "usable"),
    (DiscrepancyDecision::Returned, "returned"),
    (DiscrepancyDecision::Withdrawn, WITHDRAWN),
];

impl DiscrepancyDecision {
    /// The decision that a row or a service's answer names.
    ///
    /// # Errors
    /// `service.internal` when there is no such decision.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let found = DECISIONS.iter().find(|(_, name)| *name == text).map(|(decision, _)| *decision);
        found.ok_or_else(|| unknown("decision", text))
    }

    /// As the service knows it.
    pub fn as_str(self) -> &'static str {
        DECISIONS.iter().find(|(decision, _)| *decision == self).map_or("", |(_, name)| name)
    }
}

/// Vials that are not where the book expected them.
#[derive(Clone)]
pub struct Discrepancy {
    row: Arc<rows::Discrepancy>,
    kind: Kind,
}

impl Discrepancy {
    /// A row that a loader gave out, so that the caller's scope has been applied.
    ///
    /// # Errors
    /// `service.internal` when its kind is none.
    pub fn of(row: Arc<rows::Discrepancy>) -> Result<Self, Problem> {
        let kind = Kind::parse(&row.kind).ok_or_else(|| unknown("kind of discrepancy", &row.kind))?;
        Ok(Self { row, kind })
    }

    /// The discrepancy with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: uuid::Uuid) -> Result<Option<Self>, Problem> {
        session.loaders.one(DiscrepancyBy(id)).await?.map(Self::of).transpose()
    }
}

/// 差異: vials of a shipment that are not where the book expected them. A signed decision brings them to
/// zero. One that is not open to you answers as one that does not exist.
#[Object]
impl Discrepancy {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Discrepancy(self.row.id).id()
    }

    /// Our own id of it.
    async fn discrepancy_id(&self) -> Uuid {
        Uuid(self.row.id)
    }

    /// The shipment.
    async fn shipment(&self, ctx: &Context<'_>) -> Result<Shipment, Problem> {
        let missing = || unknown("shipment of a discrepancy", &self.row.shipment_id.to_string());
        Shipment::load(session(ctx)?, self.row.shipment_id).await?.ok_or_else(missing)
    }

    /// The lot.
    async fn lot(&self, ctx: &Context<'_>) -> Result<Lot, Problem> {
        Lot::named(session(ctx)?, self.row.lot_id).await
    }

    /// How they differ.
    #[graphql(name = "kind")]
    async fn kind_of_it(&self) -> DiscrepancyKind {
        self.kind.into()
    }

    /// Vials.
    async fn vials(&self) -> Vials {
        Vials(self.row.vials)
    }

    /// The municipality that the hub lies in.
    async fn municipality(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let code = TerritoryCode::parse(&self.row.municipality)?;
        Territory::load(session(ctx)?, code).await?.ok_or_else(|| unknown("municipality", &self.row.municipality))
    }

    /// When it was found, business time.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.row.opened_at)
    }

    /// It waits for a decision.
    async fn open(&self) -> bool {
        self.row.decision.is_none()
    }

    /// What can be decided about vials that differ so.
    #[graphql(complexity = "3_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn decisions(&self) -> Result<Vec<DiscrepancyDecision>, Problem> {
        self.kind.decisions().iter().map(|decision| DiscrepancyDecision::parse(decision.as_str())).collect()
    }

    /// What was decided; null while it is open.
    async fn decision(&self) -> Result<Option<DiscrepancyDecision>, Problem> {
        self.row.decision.as_deref().map(DiscrepancyDecision::parse).transpose()
    }

    /// Why it was decided so; null while it is open.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.as_deref()
    }

    /// Name of the account that decided; null while it is open.
    async fn resolved_by(&self) -> Option<&str> {
        self.row.resolved_by.as_deref()
    }

    /// When it was decided, business time; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.row.resolved_at.map(DateTime)
    }
}

/// A discrepancy in a page.
#[derive(SimpleObject)]
pub struct DiscrepancyEdge {
    /// The discrepancy.
    pub node: Discrepancy,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of discrepancies, in the order of their ids.
#[derive(SimpleObject)]
pub struct DiscrepancyConnection {
    /// The elements of the page.
    pub edges: Vec<DiscrepancyEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

impl DiscrepancyConnection {
    /// A page of a territory's discrepancies, as far as they are open to the caller.
    ///
    /// # Errors
    /// `graphql.page_size`, `graphql.bad_cursor`, or the coded problem of the read.
    pub async fn load(
        session: &Session,
        territory: TerritoryCode,
        open: bool,
        first: i32,
        after: Option<String>,
    ) -> Result<Self, Problem> {
        let size = page_size(first)?;
        let which = if open { Discrepancies::Open } else { Discrepancies::All };
        let of = format!("{territory}/{which:?}");
        let list = List { name: "discrepancies", parent: &of, account: session.op.actor.account };
        let cursors = &session.gateway.cursors;
        let after = after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|id| id.parse().map_err(|_| Problem::new(&error::GRAPHQL_BAD_CURSOR))).transpose()?;
        // one more than is shown tells whether there is a next page
        let limit = i64::from(first) + 1;
        let rows = session.loaders.one(DiscrepanciesIn { territory, which, after, limit }).await?.unwrap_or_default();
        let edge = |row: &Arc<rows::Discrepancy>| {
            let cursor = cursors.make(list, &row.id.to_string());
            Discrepancy::of(Arc::clone(row)).map(|node| DiscrepancyEdge { node, cursor })
        };
        let edges = rows.iter().take(size).map(edge).collect::<Result<Vec<_>, _>>()?;
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self { edges, page_info: PageInfo::of(&shown, after.is_some(), rows.len() > size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_its_name() {
        for (decision, name) in DECISIONS {
            assert_eq!((decision.as_str(), DiscrepancyDecision::parse(name)), (name, Ok(decision)));
        }
        for kind in [Kind::Short, Kind::Surplus, Kind::Damaged, Kind::BeyondStock] {
            for decision in kind.decisions() {
                assert!(DiscrepancyDecision::parse(decision.as_str()).is_ok(), "{decision:?}");
            }
        }
        assert_eq!(DiscrepancyDecision::parse("x").unwrap_err().code.code, "service.internal");
    }
}
