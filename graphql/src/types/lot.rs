//! Lots.
use crate::{
    loader::LotBy,
    scalars::{Date, DateTime},
    session::Session,
};
use async_graphql::Object;
use distribution_store::rows;
use domain::{BusinessDay, Problem};
use std::{collections::BTreeMap, sync::Arc};

/// A lot of a product.
#[derive(Clone)]
pub struct Lot(Arc<rows::Lot>);

impl Lot {
    /// A row that a loader gave out.
    pub fn of(row: &Arc<rows::Lot>) -> Self {
        Self(Arc::clone(row))
    }

    /// The lot that something the caller sees names.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn named(session: &Session, id: uuid::Uuid) -> Result<Self, Problem> {
        let row = session.loaders.one(LotBy(id)).await?;
        row.map(Self).ok_or_else(|| super::unknown("lot", &id.to_string()))
    }

    /// What a book says of lots, each with its lot: first expired first.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn with_each<T: Copy>(
        session: &Session,
        lots: &BTreeMap<uuid::Uuid, T>,
    ) -> Result<Vec<(Self, T)>, Problem> {
        // together, so that one statement answers all
        let load = |(id, said): (&uuid::Uuid, &T)| {
            let (id, said) = (*id, *said);
            async move { Ok::<_, Problem>((Self::named(session, id).await?, said)) }
        };
        let mut found = futures::future::try_join_all(lots.iter().map(load)).await?;
        found.sort_by(|(one, _), (other, _)| one.order().cmp(&other.order()));
        Ok(found)
    }

    fn order(&self) -> (BusinessDay, &str) {
        (BusinessDay::from_date(self.0.expiry), &self.0.number)
    }
}

/// A lot of a product. The stock book keeps lots apart: vials of one never become vials of another.
#[Object]
impl Lot {
    /// Its number: half width, upper case.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Code of the product.
    async fn product(&self) -> &str {
        &self.0.product
    }

    /// Last day of use.
    async fn expiry(&self) -> Date {
        Date(BusinessDay::from_date(self.0.expiry))
    }

    /// Last day of use once it has left the freezer; null until that is known.
    async fn thawed_expiry(&self) -> Option<Date> {
        self.0.thawed_expiry.map(|day| Date(BusinessDay::from_date(day)))
    }

    /// It must not be used any more.
    async fn recalled(&self) -> bool {
        self.0.recalled_at.is_some()
    }

    /// Since when it must not be used any more; null unless it was recalled.
    async fn recalled_at(&self) -> Option<DateTime> {
        self.0.recalled_at.map(DateTime)
    }
}
