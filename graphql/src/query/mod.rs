//! The root of all reads.
use crate::{
    forms,
    loader::{ByKey, FormBy, PointOf, parent_of},
    scalars::{Date, DateTime, FacilityKey, TerritoryCode, Uuid},
    session::{Session, session},
    types::{
        facility::Facility,
        form::Form,
        node::Node,
        notice::{Notice, NoticeConnection},
        objection::Objection,
        or_null,
        partner::{Area, Branch, Wholesaler},
        past_round::{PastRoundConnection, PastWanted},
        plan::Plan,
        product::{GoodsRatio, Product},
        receipt::DiscrepancyConnection,
        round::Round,
        rule::{Indicator, PublicAllocation, Rule},
        shipment::{Shipment, ShipmentConnection, ShipmentState, Wanted},
        stock::SiteStock,
        territory::Territory,
        viewer::{Clock, Viewer},
        what_if::WhatIf,
    },
};
use async_graphql::{Context, ID, Object};
use distribution_store::read::Parent;
use domain::{BranchCode, BusinessDay, Problem, WholesalerCode, error};
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

    /// All published rules, by code, the newest version first. Open to everybody.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn rules(&self, ctx: &Context<'_>) -> Result<Vec<Rule>, Problem> {
        Rule::all(session(ctx)?).await
    }

    /// A published rule by its name. Open to everybody. Error: `allocation.rule_not_found`.
    async fn rule(&self, ctx: &Context<'_>, #[graphql(desc = "`covid19-standard@1`")] name: String) -> Option<Rule> {
        let load = async {
            let missing = || Problem::new(&error::ALLOCATION_RULE_NOT_FOUND).with("rule", &name);
            Rule::named(session(ctx)?, &name).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// All indicators with what there is of each, in the order of their codes. Open to everybody.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn indicators(&self, ctx: &Context<'_>) -> Result<Vec<Indicator>, Problem> {
        Indicator::all(session(ctx)?).await
    }

    /// A what-if by its id: no allocation. Error: `allocation.what_if_not_found`, also for one that is not open
    /// to you.
    async fn what_if(&self, ctx: &Context<'_>, #[graphql(desc = "The what-if's id.")] id: Uuid) -> Option<WhatIf> {
        let load = async {
            let missing = || Problem::new(&error::ALLOCATION_WHAT_IF_NOT_FOUND).with("what_if", &id.0.to_string());
            WhatIf::load(session(ctx)?, id.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// What was granted to a territory in a round, and why. Open to everybody; only what is committed. Error:
    /// `allocation.not_published`.
    async fn public_allocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The round's id.")] round: Uuid,
        #[graphql(desc = "The prefecture or municipality.")] territory: TerritoryCode,
    ) -> Option<PublicAllocation> {
        let load = async {
            let missing = || {
                let problem = Problem::new(&error::ALLOCATION_NOT_PUBLISHED).with("round", &round.0.to_string());
                problem.with("territory", &territory.0.to_string())
            };
            let found = PublicAllocation::load(session(ctx)?, round.0, territory.0).await?;
            found.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// An objection by its id, for who made it and for the plan's holder. Error:
    /// `allocation.objection_not_found`, also for one of others.
    async fn objection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The objection's id.")] id: Uuid,
    ) -> Option<Objection> {
        let load = async {
            let missing = || Problem::new(&error::ALLOCATION_OBJECTION_NOT_FOUND).with("objection", &id.0.to_string());
            Objection::load(session(ctx)?, id.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// The notices that are for you, newest first; without signing in the public ones.
    #[graphql(complexity = "crate::types::connection::cost(first, child_complexity)")]
    async fn notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Only what you have not read, is for you and counts today.")] unread: bool,
        #[graphql(default, desc = "Only vital ones that count today: they are shown before signing in.")] vital: bool,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<NoticeConnection, Problem> {
        NoticeConnection::load(session(ctx)?, unread, vital, first, after).await
    }

    /// A notice by its id. Error: `notice.not_found`, also for one that is not for you.
    async fn notice(&self, ctx: &Context<'_>, #[graphql(desc = "The notice's id.")] id: Uuid) -> Option<Notice> {
        let load = async {
            let missing = || Problem::new(&error::NOTICE_NOT_FOUND).with("notice", &id.0.to_string());
            Notice::load(session(ctx)?, id.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// All products that are allotted, vaccines and devices, by code. Open to everybody.
    #[graphql(complexity = "10_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn products(&self, ctx: &Context<'_>) -> Result<Vec<Product>, Problem> {
        Product::all(session(ctx)?).await
    }

    /// What goes along with products by ratio on a day: syringes, needles, diluent. Open to everybody.
    #[graphql(complexity = "20_usize.saturating_mul(child_complexity).saturating_add(1).min(1_000_000)")]
    async fn goods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only with this product.")] product: Option<String>,
        #[graphql(desc = "The day; the clock's business day unless given.")] on: Option<Date>,
    ) -> Result<Vec<GoodsRatio>, Problem> {
        let session = session(ctx)?;
        let day = on.map_or_else(|| BusinessDay::at(session.op.now), |day| day.0);
        GoodsRatio::on(session, product, day).await
    }

    /// Rounds of the past as they were published, by day: for comparisons and what-ifs. Open to everybody.
    #[graphql(complexity = "crate::types::connection::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn past_rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this publication: `us-allocations`.")] kind: Option<String>,
        #[graphql(desc = "Only of this product, as the publication names it.")] product: Option<String>,
        #[graphql(desc = "Only those that begin on this day or later.")] from: Option<Date>,
        #[graphql(desc = "Only those that begin on this day or earlier.")] to: Option<Date>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<PastRoundConnection, Problem> {
        let day = |day: Option<Date>| day.map(|day| day.0);
        let wanted = PastWanted { kind, product, from: day(from), to: day(to) };
        PastRoundConnection::load(session(ctx)?, wanted, first, after).await
    }

    /// Shipments that are open to you, in the order of release: all of them, or those of one territory,
    /// branch, hospital or site.
    #[graphql(complexity = "crate::types::connection::cost(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn shipments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those to sites in it.")] territory: Option<TerritoryCode>,
        #[graphql(desc = "Only those that this branch brings: `W07-03`.")] branch: Option<String>,
        #[graphql(desc = "Only those to this hospital.")] facility: Option<FacilityKey>,
        #[graphql(desc = "Only those to this site.")] site: Option<Uuid>,
        #[graphql(desc = "Only those in these states.")] state: Option<Vec<ShipmentState>>,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<ShipmentConnection, Problem> {
        let session = session(ctx)?;
        let (parent, key) = listed_by(session, Listed { territory, branch, facility, site }).await?;
        ShipmentConnection::load(session, parent, key, Wanted { state, first, after }).await
    }

    /// A shipment by its id. Error: `shipment.not_found`, also for one that is not open to you.
    async fn shipment(&self, ctx: &Context<'_>, #[graphql(desc = "The shipment's id.")] id: Uuid) -> Option<Shipment> {
        let load = async {
            let missing = || Problem::new(&error::SHIPMENT_NOT_FOUND).with("shipment", &id.0.to_string());
            Shipment::load(session(ctx)?, id.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// Vials that are not where the book expected them, in the order of their ids, as far as they are open
    /// to you.
    #[graphql(complexity = "crate::types::connection::cost(first, child_complexity)")]
    async fn discrepancies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of shipments to sites in it.")] territory: Option<TerritoryCode>,
        #[graphql(default = true, desc = "Only those that wait for a decision; with false all of them.")] open: bool,
        #[graphql(desc = "How many, 1 to 200.")] first: i32,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> Result<DiscrepancyConnection, Problem> {
        let territory = territory.map_or(domain::TerritoryCode::NATION, |territory| territory.0);
        DiscrepancyConnection::load(session(ctx)?, territory, open, first, after).await
    }

    /// What lies at a site and is coming to it. Error: `allocation.site_not_found`, also for one that is
    /// not open to you.
    async fn stock(&self, ctx: &Context<'_>, #[graphql(desc = "The site's id.")] site: Uuid) -> Option<SiteStock> {
        let load = async {
            let missing = || Problem::new(&error::ALLOCATION_SITE_NOT_FOUND).with("site", &site.0.to_string());
            SiteStock::load(session(ctx)?, site.0).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// A wholesaler by its code. Error: `wholesaler.not_found`, also for those who may read no shipment.
    async fn wholesaler(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code: `W07`.")] code: String,
    ) -> Option<Wholesaler> {
        let load = async {
            let missing = || Problem::new(&error::WHOLESALER_NOT_FOUND).with("wholesaler", &code);
            let known: WholesalerCode = code.parse()?;
            Wholesaler::load(session(ctx)?, known).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// A wholesaler's branch by its code. Error: `wholesaler.not_found`, also for those who may read no
    /// shipment.
    async fn branch(&self, ctx: &Context<'_>, #[graphql(desc = "Its code: `W07-03`.")] code: String) -> Option<Branch> {
        let load = async {
            let missing = || Problem::new(&error::WHOLESALER_NOT_FOUND).with("wholesaler", &code);
            let known: BranchCode = code.parse()?;
            Branch::load(session(ctx)?, known).await?.ok_or_else(missing).map(Some)
        };
        or_null(ctx, load.await)
    }

    /// Who brings a group of products to a municipality on a day; null when nobody does, and when it is
    /// not open to you.
    async fn area(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: TerritoryCode,
        #[graphql(default = "covid19", desc = "The group of products.")] product_group: String,
        #[graphql(desc = "The day; the clock's business day unless given.")] on: Option<Date>,
    ) -> Option<Area> {
        let load = async { Area::load(session(ctx)?, municipality.0, product_group, on).await };
        or_null(ctx, load.await)
    }
}

/// What shipments are to be listed by.
struct Listed {
    territory: Option<TerritoryCode>,
    branch: Option<String>,
    facility: Option<FacilityKey>,
    site: Option<Uuid>,
}

/// The parent of a list of shipments; all of them without any.
async fn listed_by(session: &Session, listed: Listed) -> Result<(Parent, String), Problem> {
    let Listed { territory, branch, facility, site } = listed;
    Ok(match (territory, branch, facility, site) {
        (None, None, None, None) => (Parent::Nation, String::new()),
        (Some(territory), None, None, None) => parent_of(territory.0),
        (None, Some(branch), None, None) => (Parent::Branch, branch.parse::<BranchCode>()?.to_string()),
        (None, None, Some(key), None) => {
            let id = match &key.0 {
                domain::FacilityKey::Id(id) => Some(id.0),
                key => session.loaders.one(ByKey(key.clone())).await?.map(|row| row.id),
            };
            // a hospital that is not there gets no shipment
            (Parent::Facility, id.unwrap_or_default().to_string())
        }
        (None, None, None, Some(site)) => (Parent::Site, site.0.to_string()),
        _ => {
            let reason = "at most one of territory, branch, facility and site";
            return Err(Problem::new(&error::REQUEST_INVALID_FIELD).with("reason", reason));
        }
    })
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
