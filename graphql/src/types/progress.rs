//! How far the doses of a round have come.
use crate::{
    loader::{Delivered, DeliveriesOf, sees_plans},
    scalars::{self, DateTime, Vials},
    session::Session,
};
use async_graphql::SimpleObject;
use domain::{Problem, TerritoryCode};

/// How far the doses of a round have come in a territory.
#[derive(Debug, Clone, SimpleObject)]
pub struct Delivery {
    /// The territory.
    pub holder: scalars::TerritoryCode,
    /// Everything up to this moment of business time is in the figures.
    pub as_of: DateTime,
    /// Released to hubs in it, vials, without what came back before dispatch.
    pub released_vials: Vials,
    /// On the road to hubs in it, vials.
    pub in_transit_vials: Vials,
    /// Counted by hubs in it when they arrived, vials, usable and broken ones.
    pub received_vials: Vials,
}

impl Delivery {
    /// Of a territory, if its plans are open to the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, round: uuid::Uuid, holder: TerritoryCode) -> Result<Option<Self>, Problem> {
        if !sees_plans(&session.op.actor, holder) {
            return Ok(None);
        }
        let sum = delivered(session, round, |municipality| holder.contains(municipality)).await?;
        Ok(Some(Self {
            holder: scalars::TerritoryCode(holder),
            as_of: DateTime(session.op.now),
            released_vials: Vials(sum.released),
            in_transit_vials: Vials(sum.in_transit),
            received_vials: Vials(sum.received),
        }))
    }
}

/// What is delivered in some municipalities of a round.
///
/// # Errors
/// The coded problem of the read.
pub async fn delivered(
    session: &Session,
    round: uuid::Uuid,
    counts: impl Fn(TerritoryCode) -> bool,
) -> Result<Delivered, Problem> {
    let by_municipality = session.loaders.one(DeliveriesOf(round)).await?.unwrap_or_default();
    let counted = by_municipality.iter().filter(|(code, _)| counts(**code));
    Ok(counted.fold(Delivered::default(), |sum, (_, part)| Delivered {
        released: sum.released.saturating_add(part.released),
        in_transit: sum.in_transit.saturating_add(part.in_transit),
        received: sum.received.saturating_add(part.received),
    }))
}
