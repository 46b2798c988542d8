//! The root of all reads.
use crate::{
    forms,
    loader::{FormBy, PointOf},
    scalars::{Date, DateTime, FacilityKey, TerritoryCode, Uuid},
    session::{Session, session},
    types::{
        facility::Facility,
        form::Form,
        node::Node,
        or_null,
        plan::Plan,
        round::Round,
        territory::Territory,
        viewer::{Clock, Viewer},
    },
};
use async_graphql::{Context, ID, Object};
use domain::{BusinessDay, Problem, error};
use platform::failure::Failure;

/// The root of all reads.
pub struct Query;

/// Reads. What is not open to you answers as what does not exist.
#[Object]
impl Query {
    /// The instance's business time.
    async fn clock(&self, ctx: &Context<'_>) -> Result<Clock, Problem> {
        let op = &session(ctx)?.op;
        let business_day = Date(BusinessDay::at(op.now));
        Ok(Clock { now: DateTime(op.now), business_day, training: op.training })
    }

    /// Who is asking.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer, Problem> {
        Ok(Viewer(session(ctx)?.op.actor.clone()))
    }

    /// The whole country.
    async fn nation(&self, ctx: &Context<'_>) -> Result<Territory, Problem> {
        let nation = Territory::load(session(ctx)?, domain::TerritoryCode::NATION).await?;
        nation.ok_or_else(|| Failure::internal("the territories were never loaded").into_problem())
    }

    /// A territory by its code. Errors: `territory.not_found`; for the ward of a designated city
    /// `territory.is_city_ward`, for a village of the northern territories
    /// `territory.northern_village`.
    async fn territory(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Six digits.")] code: TerritoryCode,
    ) -> Option<Territory> {
        let load = async { territory(session(ctx)?, code.0).await.map(Some) };
        or_null(ctx, load.await)
    }

    /// A facility by any of its keys. Error: `facility.not_found`, also for one that is not open to
    /// you.
    async fn facility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its uuid, its ten-digit code, or `gmis:` and its G-MIS id.")] key: FacilityKey,
    ) -> Option<Facility> {
        let load = async {
            let missing = || Problem::new(&error::FACILITY_NOT_FOUND).with("key", &key.0.to_string());
            Facility::find(session(ctx)?, key.0.clone()).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// An object by its global id; null when there is none, when it is not open to you, and when the
    /// id is not one of ours.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "A global id.")] id: ID) -> Option<Node> {
        let load = async { Node::load(session(ctx)?, &id).await };
        or_null(ctx, load.await)
    }

    /// A survey form in the version that is in force. Error: `report.unknown_form`.
    async fn form(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = "daily", desc = "The form's code.")] code: String,
    ) -> Option<Form> {
        let load = async {
            let form = session(ctx)?.loaders.one(FormBy(code.clone())).await?;
            form.ok_or_else(|| forms::unknown(&code)).map(|form| Some(Form(form)))
        };
        or_null(ctx, load.await)
    }

    /// All rounds (クール), newest first; empty for those who may read no plan.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn rounds(&self, ctx: &Context<'_>) -> Result<Vec<Round>, Problem> {
        Round::all(session(ctx)?).await
    }

    /// A round by its id. Error: `allocation.round_not_found`, also for one that is not open to you.
    async fn round(&self, ctx: &Context<'_>, #[graphql(desc = "The round's id.")] id: Uuid) -> Option<Round> {
        let load = async {
            let missing = || Problem::new(&error::ALLOCATION_ROUND_NOT_FOUND).with("round", &id.0.to_string());
            Round::load(session(ctx)?, id.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// A plan by its id. Error: `allocation.plan_not_found`, also for one that is not open to you.
    async fn plan(&self, ctx: &Context<'_>, #[graphql(desc = "The plan's id.")] id: Uuid) -> Option<Plan> {
        let load = async {
            let missing = || Problem::new(&error::ALLOCATION_PLAN_NOT_FOUND).with("plan", &id.0.to_string());
            Plan::load(session(ctx)?, id.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }
}

/// A territory, or why there is none: people know the codes of wards and mean the city.
async fn territory(session: &Session, code: domain::TerritoryCode) -> Result<Territory, Problem> {
    if let Some(territory) = Territory::load(session, code).await? {
        return Ok(territory);
    }
    let text = code.to_string();
    let point = session.loaders.one(PointOf(code)).await?;
    Err(match point {
        None => Problem::new(&error::TERRITORY_NOT_FOUND).with("code", &text),
        Some(point) if point.kind == "city_ward" => Problem::new(&error::TERRITORY_IS_CITY_WARD)
            .with("code", &text)
            .with("name", &point.name)
            .with("parent", &point.parent),
        Some(point) => Problem::new(&error::TERRITORY_NORTHERN_VILLAGE).with("code", &text).with("name", &point.name),
    })
}
