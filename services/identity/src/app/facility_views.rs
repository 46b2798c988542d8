//! Who saw what about a facility.
use crate::Identity;
use domain::{
    FacilityKey, Problem, TerritoryCode, error,
    ids::FacilityId,
    policy::{Action, Place, Role, decide},
    time::{parse_instant, rfc3339},
};
use identity_store::read;
use platform::{
    OpCtx,
    failure::Result,
    views::{self, View, Wanted},
};
use serde::Deserialize;
use uuid::Uuid;
use wire::views::{FacilityView, FacilityViews};

/// Most views of one page.
pub const PAGE_MAX: i64 = 200;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewsQuery {
    /// Before this view: `next` of the page before.
    pub after: Option<Uuid>,
    /// Not before this moment, business time.
    pub from: Option<String>,
    /// Before this moment, business time.
    pub until: Option<String>,
    /// Also by the facility's own staff.
    pub own: Option<bool>,
    /// 1 to 200; 200 when absent.
    pub limit: Option<i64>,
}

/// Who saw what about a facility, the newest first. The facility itself is told organisations and roles, and no
/// person's name.
///
/// # Errors
/// `facility.not_found`, also for what the actor cannot see; `auth.forbidden` for those who see the facility and
/// may not see this; `facility.malformed_key`, `time.malformed_instant`, `request.invalid` for a limit that
/// there is not.
pub async fn facility_views(identity: &Identity, ctx: &OpCtx, key: &str, query: ViewsQuery) -> Result<FacilityViews> {
    let parsed: FacilityKey = key.parse()?;
    let missing = || Problem::new(&error::FACILITY_NOT_FOUND).with("key", key);
    let row = read::facility(&mut *identity.db.read().await?, &parsed).await?.ok_or_else(missing)?;
    let facility = FacilityId(row.id);
    let place = Place::Facility(facility, TerritoryCode::parse(&row.municipality)?);
    decide(&ctx.actor, Action::ViewsRead, place).map_err(|denied| denied.or_missing(missing()))?;
    let limit = query.limit.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&limit) {
        let field = domain::FieldError::new("limit", &error::REQUEST_INVALID_FIELD).with("reason", "1 to 200");
        return Err(Problem::of_fields(&error::REQUEST_INVALID, vec![field]).into());
    }
    let wanted = Wanted {
        after: query.after,
        from: query.from.as_deref().map(parse_instant).transpose()?,
        until: query.until.as_deref().map(parse_instant).transpose()?,
        own: query.own.unwrap_or(false),
        // one more than is shown tells whether there is a next page
        limit: limit + 1,
    };
    let mut rows = views::of_facilities(&mut *identity.db.read().await?, &[facility.0], wanted).await?;
    let is_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if is_more {
        rows.pop();
    }
    views::note(&identity.db, ctx, "identity", [(facility, row.municipality, "views".to_owned())]).await?;
    let names_persons = !matches!(ctx.actor.role, Role::Hospital | Role::Clinic);
    let next = is_more.then(|| rows.last().map(|row| row.id)).flatten();
    Ok(FacilityViews { views: rows.into_iter().map(|row| told(row, names_persons)).collect(), next })
}

fn told(row: View, names_persons: bool) -> FacilityView {
    FacilityView {
        id: row.id,
        at: rfc3339(row.business_at),
        recorded_at: rfc3339(row.recorded_at),
        seen: row.seen,
        kind: row.kind,
        role: row.role,
        organisation: row.organisation,
        organisation_name: row.organisation_name,
        account: names_persons.then_some(row.actor_name),
        break_glass: row.break_glass,
        service: row.service,
        request_id: row.request_id,
    }
}
