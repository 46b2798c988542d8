//! Who saw what about a facility.
use super::{
    connection::{PageInfo, page_size},
    viewer::Role,
};
use crate::{
    cursor::List,
    loader::ViewsOf,
    scalars::{DateTime, Uuid},
    session::Session,
};
use async_graphql::{Object, SimpleObject};
use domain::{
    Problem, TerritoryCode, error,
    ids::FacilityId,
    policy::{self, Action, Place, decide},
};
use platform::views::{View as Row, Wanted};

/// One request that told somebody about a facility.
pub struct View {
    row: Row,
    names_persons: bool,
}

/// One request that told somebody about a facility.
#[Object]
impl View {
    /// When, business time.
    async fn at(&self) -> DateTime {
        DateTime(self.row.business_at)
    }

    /// When, real time.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.row.recorded_at)
    }

    /// What was seen: `facility` (master data), `report/<form>/<day>`, `stock/<site>`, `shipment/<id>`, `views`.
    async fn seen(&self) -> &[String] {
        &self.row.seen
    }

    /// Why it was allowed: `own`, `duty`, `shared` (an agreement), `break_glass`.
    async fn kind(&self) -> &str {
        &self.row.kind
    }

    /// The account's role; null for one that there no longer is.
    async fn role(&self) -> Option<Role> {
        policy::Role::parse(&self.row.role).map(Role::from)
    }

    /// The body that it acted for; null where its name is not known.
    async fn organisation(&self) -> Option<&str> {
        self.row.organisation_name.as_deref()
    }

    /// The account; null for the facility itself, which is not told.
    async fn account(&self) -> Option<&str> {
        Some(self.row.actor_name.as_str()).filter(|_| self.names_persons)
    }

    /// The emergency access that it belongs to.
    async fn break_glass(&self) -> Option<Uuid> {
        self.row.break_glass.map(Uuid)
    }

    /// The service that answered.
    async fn service(&self) -> &str {
        &self.row.service
    }

    /// The request.
    async fn request_id(&self) -> Uuid {
        Uuid(self.row.request_id)
    }
}

/// A view in a page.
#[derive(SimpleObject)]
pub struct ViewEdge {
    /// The view.
    pub node: View,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of views, the newest first.
#[derive(SimpleObject)]
pub struct ViewConnection {
    /// The elements of the page.
    pub edges: Vec<ViewEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// Which views are asked for.
pub struct ViewsWanted {
    /// How many.
    pub first: i32,
    /// After which cursor.
    pub after: Option<String>,
    /// Not before this moment.
    pub from: Option<DateTime>,
    /// Before this moment.
    pub until: Option<DateTime>,
    /// Also by the facility's own staff.
    pub own: bool,
}

impl ViewConnection {
    /// A page of the views of a facility that the caller sees.
    ///
    /// # Errors
    /// `auth.forbidden` for those who may not see this, `graphql.page_size`, `graphql.bad_cursor`, the coded
    /// problem of the read.
    pub async fn load(
        session: &Session,
        (facility, municipality): (FacilityId, TerritoryCode),
        wanted: ViewsWanted,
    ) -> Result<Self, Problem> {
        let size = page_size(wanted.first)?;
        let actor = &session.op.actor;
        decide(actor, Action::ViewsRead, Place::Facility(facility, municipality))
            .map_err(|denied| denied.or_missing(Problem::new(&error::AUTH_FORBIDDEN)))?;
        let parent = facility.0.to_string();
        let list = List { name: "views", parent: &parent, account: actor.account };
        let cursors = &session.gateway.cursors;
        let bad = || Problem::new(&error::GRAPHQL_BAD_CURSOR);
        let after = wanted.after.map(|cursor| cursors.read(list, &cursor)).transpose()?;
        let after = after.map(|text| text.parse().map_err(|_| bad())).transpose()?;
        let wanted = Wanted {
            after,
            from: wanted.from.map(|at| at.0),
            until: wanted.until.map(|at| at.0),
            own: wanted.own,
            // one more than is shown tells whether there is a next page
            limit: i64::from(wanted.first) + 1,
        };
        let rows = session.loaders.one(ViewsOf { facility, municipality, wanted }).await?.unwrap_or_default();
        let is_more = rows.len() > size;
        let names_persons = !matches!(actor.role, policy::Role::Hospital | policy::Role::Clinic);
        let edge =
            |row: Row| ViewEdge { cursor: cursors.make(list, &row.id.to_string()), node: View { row, names_persons } };
        let edges: Vec<ViewEdge> = rows.iter().take(size).cloned().map(edge).collect();
        let shown: Vec<String> = edges.iter().map(|edge| edge.cursor.clone()).collect();
        Ok(Self { edges, page_info: PageInfo::of(&shown, after.is_some(), is_more) })
    }
}
