//! Rules, computed documents and what-ifs.
use crate::{
    rows::{PlanDocument, Rule, WhatIf, WhatIfLine, WhatIfRun},
    schema::{plan, plan_document, plan_line, rule, what_if, what_if_line, what_if_run},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// All versions of all rules, by code, the newest version first.
///
/// # Errors
/// The database's.
pub async fn rules(conn: &mut AsyncPgConnection) -> Result<Vec<Rule>> {
    Ok(rule::table.order((rule::code, rule::version.desc())).select(Rule::as_select()).load(conn).await?)
}

/// A version of a rule.
///
/// # Errors
/// The database's.
pub async fn rule(conn: &mut AsyncPgConnection, code: &str, version: i32) -> Result<Option<Rule>> {
    Ok(rule::table.find((code, version)).select(Rule::as_select()).first(conn).await.optional()?)
}

/// Versions of rules by code; callers pick the versions that they want.
///
/// # Errors
/// The database's.
pub async fn rules_by_code(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Rule>> {
    let query = rule::table.filter(rule::code.eq_any(codes)).order((rule::code, rule::version));
    Ok(query.select(Rule::as_select()).load(conn).await?)
}

/// What was computed for the newest version of a plan for which something was computed.
///
/// # Errors
/// The database's.
pub async fn plan_document(conn: &mut AsyncPgConnection, plan: Uuid) -> Result<Option<PlanDocument>> {
    let query = plan_document::table.filter(plan_document::plan_id.eq(plan)).order(plan_document::version.desc());
    Ok(query.select(PlanDocument::as_select()).first(conn).await.optional()?)
}

/// What was computed for the newest versions of plans, without the documents: plan, fairness.
///
/// # Errors
/// The database's.
pub async fn fairness_of(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<(Uuid, serde_json::Value)>> {
    let query = plan_document::table
        .filter(plan_document::plan_id.eq_any(plans))
        .order((plan_document::plan_id, plan_document::version.desc()))
        .distinct_on(plan_document::plan_id);
    Ok(query.select((plan_document::plan_id, plan_document::fairness)).load(conn).await?)
}

/// A what-if.
///
/// # Errors
/// The database's.
pub async fn what_if(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<WhatIf>> {
    Ok(what_if::table.find(id).select(WhatIf::as_select()).first(conn).await.optional()?)
}

/// What-ifs by id.
///
/// # Errors
/// The database's.
pub async fn what_ifs_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<WhatIf>> {
    Ok(what_if::table.filter(what_if::id.eq_any(ids)).select(WhatIf::as_select()).load(conn).await?)
}

/// The rules of what-ifs, each what-if's in their order.
///
/// # Errors
/// The database's.
pub async fn runs_of(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<WhatIfRun>> {
    let query = what_if_run::table.filter(what_if_run::what_if_id.eq_any(ids));
    Ok(query.order((what_if_run::what_if_id, what_if_run::ord)).select(WhatIfRun::as_select()).load(conn).await?)
}

/// The first `limit` places of a what-if after the place `after`, in code order.
///
/// # Errors
/// The database's.
pub async fn what_if_lines(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<WhatIfLine>> {
    let mut query = what_if_line::table.filter(what_if_line::what_if_id.eq(id)).into_boxed();
    if let Some(after) = after {
        query = query.filter(what_if_line::place.gt(after.to_owned()));
    }
    Ok(query.order(what_if_line::place).limit(limit).select(WhatIfLine::as_select()).load(conn).await?)
}

/// A committed line as anybody may see it.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct PublicLine {
    /// The plan.
    pub plan: Uuid,
    /// Whose.
    pub holder: String,
    /// Vials of one unit.
    pub unit_vials: i32,
    /// As granted, units.
    pub units: i64,
    /// As computed, units.
    pub computed: i64,
    /// Why.
    pub explanation: serde_json::Value,
    /// When it was committed, business time.
    pub committed_at: Option<DateTime<Utc>>,
}

/// What a committed division granted to a territory in a round; none before it was committed.
///
/// # Errors
/// The database's.
pub async fn public_line(conn: &mut AsyncPgConnection, round: Uuid, territory: &str) -> Result<Option<PublicLine>> {
    let query = plan_line::table
        .inner_join(plan::table.on(plan::id.eq(plan_line::plan_id)))
        .filter(plan::round_id.eq(round))
        .filter(plan::kind.eq(domain::plan::Kind::Division.as_str()))
        .filter(plan::state.eq_any(["committed", "closed"]))
        .filter(plan_line::recipient.eq(territory))
        .filter(plan_line::under.is_null())
        .order((plan::committed_at.desc(), plan::id));
    let columns = (
        plan::id,
        plan::holder,
        plan::unit_vials,
        plan_line::units,
        plan_line::computed,
        plan_line::explanation,
        plan::committed_at,
    );
    Ok(query.select(columns).first(conn).await.optional()?)
}
