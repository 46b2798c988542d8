//! Hospitals and clinics.
use super::{
    node::NodeId,
    or_null,
    report::Report,
    shipment::{ShipmentConnection, ShipmentState, Wanted},
    stock::SiteStock,
    territory::Territory,
    unknown,
    view::{ViewConnection, ViewsWanted},
};
use crate::{
    loader::{ByKey, DayReport, LatestReport},
    scalars::{Date, DateTime, Uuid},
    session::{Session, session},
};
use async_graphql::{Context, Enum, ID, Object};
use distribution_store::read::Parent;
use domain::{Problem, TerritoryCode, ids::FacilityId};
use identity_store::rows;
use std::sync::Arc;

/// What a facility is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum FacilityKind {
    /// 病院: a hospital, 20 beds or more.
    Hospital,
    /// 診療所: a clinic, fewer than 20 beds.
    Clinic,
}

/// A hospital or clinic.
#[derive(Clone)]
pub struct Facility(Arc<rows::Facility>);

impl Facility {
    /// A row that a loader gave out, so that the caller's scope has been applied.
    pub fn of(row: Arc<rows::Facility>) -> Self {
        Self(row)
    }

    /// The facility with this id, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(session: &Session, id: FacilityId) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(id).await?.map(Self))
    }

    /// The facility with this key, if there is one for the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn find(session: &Session, key: domain::FacilityKey) -> Result<Option<Self>, Problem> {
        Ok(session.loaders.one(ByKey(key)).await?.map(Self))
    }

    fn place(&self) -> Result<(FacilityId, TerritoryCode), Problem> {
        Ok((FacilityId(self.0.id), TerritoryCode::parse(&self.0.municipality)?))
    }

    async fn latest(&self, session: &Session, form: &str) -> Result<Option<Report>, Problem> {
        let form = session.loaders.form(form).await?;
        let (facility, municipality) = self.place()?;
        let row = session.loaders.one(LatestReport { facility, municipality, form: form.code.clone() }).await?;
        Ok(row.map(|row| Report::new(row, form, session.op.now)))
    }

    async fn of_day(&self, session: &Session, day: Date, form: &str) -> Result<Option<Report>, Problem> {
        let form = session.loaders.form(form).await?;
        let (facility, municipality) = self.place()?;
        let key = DayReport { facility, municipality, form: form.code.clone(), day: day.0 };
        Ok(session.loaders.one(key).await?.map(|row| Report::new(row, form, session.op.now)))
    }
}

/// A hospital or clinic that is open to you. One that is not answers as one that does not exist.
#[Object]
impl Facility {
    /// Global id.
    pub async fn id(&self) -> ID {
        NodeId::Facility(FacilityId(self.0.id)).id()
    }

    /// Our own id of it.
    async fn facility_id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    /// 医療機関コード: ten digits, or `X` and ten digits; null where unknown.
    async fn code(&self) -> Option<&str> {
        self.0.facility_code.as_deref()
    }

    /// 医療機関ID of G-MIS; null where unknown.
    async fn gmis_id(&self) -> Option<&str> {
        self.0.gmis_id.as_deref()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is.
    async fn kind(&self) -> Result<FacilityKind, Problem> {
        match self.0.kind.as_str() {
            "hospital" => Ok(FacilityKind::Hospital),
            "clinic" => Ok(FacilityKind::Clinic),
            other => Err(unknown("kind of facility", other)),
        }
    }

    /// Its address, without the postal code.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// The municipality it lies in.
    async fn municipality(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let (_, code) = self.place()?;
        Territory::load(session(ctx)?, code).await?.ok_or_else(|| unknown("municipality", &self.0.municipality))
    }

    /// A made-up facility of a training instance.
    async fn synthetic(&self) -> bool {
        self.0.synthetic
    }

    /// Its newest report of a form, whatever its day; null when it never reported.
    async fn latest_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = "daily", desc = "The form's code.")] form: String,
    ) -> Option<Report> {
        let load = async { self.latest(session(ctx)?, &form).await };
        or_null(ctx, load.await)
    }

    /// What counts as its report of a day: the newest revision; null when there is none.
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day reported about.")] day: Date,
        #[graphql(default = "daily", desc = "The form's code.")] form: String,
    ) -> Option<Report> {
        let load = async { self.of_day(session(ctx)?, day, &form).await };
        or_null(ctx, load.await)
    }

    /// The shipments to it, as far as they are open to you.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let wanted = Wanted { state, first, after };
        ShipmentConnection::load(session(ctx)?, Parent::Facility, self.0.id.to_string(), wanted).await
    }

    /// Who saw what about it, the newest first: for the ministry, the auditor, its prefecture, and the facility
    /// itself, which is told organisations and roles and no account's name.
    #[graphql(complexity = "super::connection::cost(first, child_complexity)")]
    async fn views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "Not before this moment, business time.")] from: Option<DateTime>,
        #[graphql(desc = "Before this moment, business time.")] until: Option<DateTime>,
        #[graphql(default = false, desc = "Also by its own staff.")] own: bool,
    ) -> Result<ViewConnection, Problem> {
        let wanted = ViewsWanted { first, after, from, until, own };
        ViewConnection::load(session(ctx)?, self.place()?, wanted).await
    }

    /// What lies at it; null when no vaccine is given there, and when it is not open to you.
    async fn stock(&self, ctx: &Context<'_>) -> Option<SiteStock> {
        let load = async { SiteStock::of_facility(session(ctx)?, FacilityId(self.0.id)).await };
        or_null(ctx, load.await)
    }
}
