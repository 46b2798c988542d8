//! Reads. Permission is decided before they are called (`domain::policy`), or by `scope` where a
//! list must leave out what lies outside.
pub mod amendments;
mod gateway;
pub mod goods;
pub mod inputs;
pub mod objections;
pub mod past;
pub mod programmes;
pub mod rules;

pub use gateway::{Released, released_of, sites_of_facilities};

use crate::{
    rows::{
        BookAccount, Plan, PlanChange, PlanLine, Release, ReleaseLine, Round, RoundStep, Site, Stream, SupplyNotice,
    },
    schema::{
        amendment_move, pack, plan, plan_change, plan_line, release, release_line, round, round_step, site, stream,
        supply_notice, wish,
    },
    sql,
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::plan::Kind;
use platform::failure::Result;
use uuid::Uuid;

/// A round.
///
/// # Errors
/// The database's.
pub async fn round(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Round>> {
    Ok(round::table.find(id).select(Round::as_select()).first(conn).await.optional()?)
}

/// A round, and the levels of its stream.
///
/// # Errors
/// The database's.
pub async fn round_with_levels(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<(Round, Vec<String>)>> {
    let same = stream::programme.eq(round::programme).and(stream::code.eq(round::stream));
    let query = round::table.inner_join(stream::table.on(same)).filter(round::id.eq(id));
    Ok(query.select((Round::as_select(), stream::levels)).first(conn).await.optional()?)
}

/// All streams.
///
/// # Errors
/// The database's.
pub async fn streams(conn: &mut AsyncPgConnection) -> Result<Vec<Stream>> {
    Ok(stream::table.select(Stream::as_select()).load(conn).await?)
}

/// A stream.
///
/// # Errors
/// The database's.
pub async fn stream(conn: &mut AsyncPgConnection, programme: &str, code: &str) -> Result<Option<Stream>> {
    Ok(stream::table.find((programme, code)).select(Stream::as_select()).first(conn).await.optional()?)
}

/// All rounds, newest first.
///
/// # Errors
/// The database's.
pub async fn rounds(conn: &mut AsyncPgConnection) -> Result<Vec<Round>> {
    let ordered = round::table.order((round::opened_at.desc(), round::id));
    Ok(ordered.select(Round::as_select()).load(conn).await?)
}

/// The calendar of a round, from the nation down.
///
/// # Errors
/// The database's.
pub async fn steps(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<RoundStep>> {
    let steps = round_step::table.filter(round_step::round_id.eq(round)).order(round_step::due_at);
    Ok(steps.select(RoundStep::as_select()).load(conn).await?)
}

/// A notice of supply.
///
/// # Errors
/// The database's.
pub async fn supply_notice(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<SupplyNotice>> {
    Ok(supply_notice::table.find(id).select(SupplyNotice::as_select()).first(conn).await.optional()?)
}

/// The pack in force on a day: vials, doses a vial.
///
/// # Errors
/// The database's.
pub async fn pack_on(
    conn: &mut AsyncPgConnection,
    product: &str,
    programme: &str,
    code: &str,
    day: NaiveDate,
) -> Result<Option<(i32, i32)>> {
    let covers = pack::valid_from.le(day).and(pack::valid_to.is_null().or(pack::valid_to.gt(day)));
    let found = pack::table
        .filter(pack::product.eq(product))
        .filter(pack::programme.eq(programme))
        .filter(pack::code.eq(code))
        .filter(covers.assume_not_null())
        .select((pack::vials, pack::doses_per_vial));
    Ok(found.first(conn).await.optional()?)
}

/// A plan; with `lock`, kept from others to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn plan(conn: &mut AsyncPgConnection, id: Uuid, lock: bool) -> Result<Option<Plan>> {
    let query = plan::table.find(id).select(Plan::as_select());
    Ok(if lock { query.for_update().first(conn).await } else { query.first(conn).await }.optional()?)
}

/// The division in force of a holder.
///
/// # Errors
/// The database's.
pub async fn plan_of(conn: &mut AsyncPgConnection, round: Uuid, holder: &str) -> Result<Option<Plan>> {
    let query = plan::table
        .filter(plan::round_id.eq(round))
        .filter(plan::holder.eq(holder))
        .filter(plan::kind.eq(Kind::Division.as_str()))
        .filter(plan::state.ne_all(["superseded", "cancelled"]));
    Ok(query.select(Plan::as_select()).first(conn).await.optional()?)
}

/// The lines of a plan, in order of recipient. With `below`, those two levels below as well.
///
/// # Errors
/// The database's.
pub async fn lines(conn: &mut AsyncPgConnection, plan: Uuid, below: bool) -> Result<Vec<PlanLine>> {
    let mut query = plan_line::table.filter(plan_line::plan_id.eq(plan)).order(plan_line::recipient).into_boxed();
    if !below {
        query = query.filter(plan_line::under.is_null());
    }
    Ok(query.select(PlanLine::as_select()).load(conn).await?)
}

/// Changes of a plan after a version, oldest first.
///
/// # Errors
/// The database's.
pub async fn changes_since(conn: &mut AsyncPgConnection, plan: Uuid, version: i32) -> Result<Vec<PlanChange>> {
    let query = plan_change::table.filter(plan_change::plan_id.eq(plan)).filter(plan_change::version.gt(version));
    Ok(query.order(plan_change::version).select(PlanChange::as_select()).load(conn).await?)
}

/// Accounts of a round's book by kind and holders.
///
/// # Errors
/// The database's.
pub async fn accounts(
    conn: &mut AsyncPgConnection,
    round: Uuid,
    kind: &str,
    holders: &[String],
) -> Result<Vec<BookAccount>> {
    let found: Vec<(i64, String)> = sql::FindAccounts { round, kind, holders }.load(conn).await?;
    let row = |(account_id, holder)| BookAccount { account_id, round_id: round, kind: kind.to_owned(), holder };
    Ok(found.into_iter().map(row).collect())
}

/// Wishes of sites for a round: site, vials.
///
/// # Errors
/// The database's.
pub async fn wishes(conn: &mut AsyncPgConnection, round: Uuid, sites: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let query = wish::table.filter(wish::round_id.eq(round)).filter(wish::site_id.eq_any(sites));
    Ok(query.select((wish::site_id, wish::vials)).load(conn).await?)
}

/// Rounds by id.
///
/// # Errors
/// The database's.
pub async fn rounds_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Round>> {
    Ok(round::table.filter(round::id.eq_any(ids)).select(Round::as_select()).load(conn).await?)
}

/// The calendars of rounds, each from the first due to the last.
///
/// # Errors
/// The database's.
pub async fn steps_of(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<RoundStep>> {
    let steps = round_step::table.filter(round_step::round_id.eq_any(rounds));
    Ok(steps.order((round_step::round_id, round_step::due_at)).select(RoundStep::as_select()).load(conn).await?)
}

/// Vials noted as the supply of rounds, and below zero what was withdrawn from it: round, vials of one notice.
///
/// # Errors
/// The database's.
pub async fn supply_of(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let notices = supply_notice::table.filter(supply_notice::round_id.eq_any(rounds));
    let withdrawn = amendment_move::table
        .filter(amendment_move::round_id.eq_any(rounds))
        .filter(amendment_move::getter_kind.eq("supply"))
        .select((amendment_move::round_id, amendment_move::vials * -1_i64));
    Ok(notices.select((supply_notice::round_id, supply_notice::vials)).union_all(withdrawn).load(conn).await?)
}

/// Where each plan in force of rounds stands: round, holder, state; the oldest of a holder first.
///
/// # Errors
/// The database's.
pub async fn plan_states(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<(Uuid, String, String)>> {
    let query = plan::table
        .filter(plan::round_id.eq_any(rounds))
        .filter(plan::state.ne_all(["superseded", "cancelled"]))
        .order((plan::round_id, plan::holder, plan::computed_at, plan::id));
    Ok(query.select((plan::round_id, plan::holder, plan::state)).load(conn).await?)
}

/// Plans by id.
///
/// # Errors
/// The database's.
pub async fn plans_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Plan>> {
    Ok(plan::table.filter(plan::id.eq_any(ids)).select(Plan::as_select()).load(conn).await?)
}

/// The newest plan in force of each of these holders in each of these rounds.
///
/// # Errors
/// The database's.
pub async fn plans_in_force(conn: &mut AsyncPgConnection, rounds: &[Uuid], holders: &[String]) -> Result<Vec<Plan>> {
    let query = plan::table
        .filter(plan::round_id.eq_any(rounds))
        .filter(plan::holder.eq_any(holders))
        .filter(plan::state.ne_all(["superseded", "cancelled"]))
        .order((plan::round_id, plan::holder, plan::computed_at.desc(), plan::id.desc()))
        .distinct_on((plan::round_id, plan::holder));
    Ok(query.select(Plan::as_select()).load(conn).await?)
}

/// Units that the plans' own lines come to: plan, sum.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn units_of(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = sql_types::Uuid)]
        plan_id: Uuid,
        #[diesel(sql_type = sql_types::BigInt)]
        units: i64,
    }
    let rows: Vec<Sum> = diesel::sql_query(
        "select plan_id, sum(units)::bigint as units from allocation.plan_line
         where plan_id = any($1) and under is null group by plan_id",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(plans)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.plan_id, row.units)).collect())
}

/// The first `limit` lines of each of these plans after the recipient `after`, in order of recipient:
/// its own, or with `below` those two levels below. One statement for all plans.
///
/// # Errors
/// The database's.
pub async fn lines_of(
    conn: &mut AsyncPgConnection,
    plans: &[Uuid],
    below: bool,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<PlanLine>> {
    Ok(diesel::sql_query(
        "select page.* from unnest($1) as wanted (id) cross join lateral (
             select plan_id, recipient, under, computed, units, explanation, state from allocation.plan_line
             where plan_id = wanted.id and (under is not null) = $2 and ($3 is null or recipient > $3)
             order by recipient limit $4) as page
         order by page.plan_id, page.recipient",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(plans)
    .bind::<sql_types::Bool, _>(below)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(after)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// The newest change by hand of each line of these plans.
///
/// # Errors
/// The database's.
pub async fn adjustments_of(conn: &mut AsyncPgConnection, plans: &[Uuid]) -> Result<Vec<PlanChange>> {
    let query = plan_change::table
        .filter(plan_change::plan_id.eq_any(plans))
        .filter(plan_change::recipient.is_not_null())
        .order((plan_change::plan_id, plan_change::recipient, plan_change::version.desc()))
        .distinct_on((plan_change::plan_id, plan_change::recipient));
    Ok(query.select(PlanChange::as_select()).load(conn).await?)
}

/// The newest `limit` changes of each of these plans, newest first. One statement for all plans.
///
/// # Errors
/// The database's.
pub async fn changes_of(conn: &mut AsyncPgConnection, plans: &[Uuid], limit: i64) -> Result<Vec<PlanChange>> {
    Ok(diesel::sql_query(
        "select page.* from unnest($1) as wanted (id) cross join lateral (
             select id, plan_id, version, action, recipient, units_before, units_after, reason, actor_name, business_at,
                    recorded_at
             from allocation.plan_change where plan_id = wanted.id
             order by version desc, recorded_at desc, recipient limit $2) as page
         order by page.plan_id, page.version desc, page.recorded_at desc, page.recipient",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(plans)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// What the book says of one holder in one round.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Holding {
    /// The round.
    #[diesel(sql_type = sql_types::Uuid)]
    pub round_id: Uuid,
    /// A territory's code, or a site's id.
    #[diesel(sql_type = sql_types::Text)]
    pub holder: String,
    /// Granted to it so far.
    #[diesel(sql_type = sql_types::BigInt)]
    pub granted_vials: i64,
    /// Left to be granted by it.
    #[diesel(sql_type = sql_types::BigInt)]
    pub available_vials: i64,
    /// Kept back when its plan was committed.
    #[diesel(sql_type = sql_types::BigInt)]
    pub reserve_vials: i64,
}

/// What these holders hold in rounds, from the balances of the book; without `holders`, all
/// territories (sites are left out). Who was never granted anything is missing.
///
/// # Errors
/// The database's.
pub async fn holdings(
    conn: &mut AsyncPgConnection,
    rounds: &[Uuid],
    holders: Option<&[String]>,
) -> Result<Vec<Holding>> {
    Ok(diesel::sql_query(
        "select book.round_id, book.holder,
             coalesce(sum(account.credits_posted) filter (where book.kind = 'granted'), 0)::bigint as granted_vials,
             coalesce(sum(account.credits_posted - account.debits_posted - account.debits_pending)
                 filter (where book.kind = 'granted'), 0)::bigint as available_vials,
             coalesce(sum(account.credits_posted - account.debits_posted - account.debits_pending)
                 filter (where book.kind = 'reserve'), 0)::bigint as reserve_vials
         from allocation.book_account as book join allocation.account as account on account.id = book.account_id
         where book.round_id = any($1) and book.kind in ('granted', 'reserve')
             and (book.holder = any($2) or $2 is null and length(book.holder) = 6)
         group by book.round_id, book.holder order by book.round_id, book.holder",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rounds)
    .bind::<sql_types::Nullable<sql_types::Array<sql_types::Text>>, _>(holders)
    .load(conn)
    .await?)
}

/// Sites by id.
///
/// # Errors
/// The database's.
pub async fn sites_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Site>> {
    Ok(site::table.filter(site::id.eq_any(ids)).select(Site::as_select()).load(conn).await?)
}

/// The first `limit` sites of each of these municipalities after the site `after`, in order of id.
/// One statement for all municipalities.
///
/// # Errors
/// The database's.
pub async fn sites_of(
    conn: &mut AsyncPgConnection,
    municipalities: &[String],
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Site>> {
    Ok(diesel::sql_query(
        "select page.* from unnest($1) as place (code) cross join lateral (
             select id, kind, facility_id, municipality, hub_id, name, address, freezer_storage, freezer_vials
             from allocation.site
             where municipality = place.code and ($2 is null or id > $2) order by id limit $3) as page
         order by page.municipality, page.id",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(municipalities)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// A hub and the sites that get their vials from it, the hub first.
///
/// # Errors
/// The database's.
pub async fn hub_group(conn: &mut AsyncPgConnection, hub: Uuid) -> Result<Vec<Site>> {
    let group = site::table.filter(site::id.eq(hub).or(site::hub_id.eq(hub).assume_not_null()));
    Ok(group.order((site::hub_id.is_not_null(), site::id)).select(Site::as_select()).load(conn).await?)
}

/// Assigned lines of these sites that have not been released, with whose assignment each is; kept from
/// others to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn releasable(
    conn: &mut AsyncPgConnection,
    round: Uuid,
    sites: &[String],
) -> Result<Vec<(PlanLine, String)>> {
    let query = plan_line::table
        .inner_join(plan::table.on(plan::id.eq(plan_line::plan_id)))
        .filter(plan::round_id.eq(round))
        .filter(plan::kind.eq(Kind::Assignment.as_str()))
        .filter(plan_line::recipient.eq_any(sites))
        .filter(plan_line::state.eq("planned"))
        .filter(plan_line::units.gt(0))
        .order((plan_line::plan_id, plan_line::recipient))
        .select((PlanLine::as_select(), plan::holder))
        .for_update();
    Ok(query.load(conn).await?)
}

/// A release; with `lock`, kept from others to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn release(conn: &mut AsyncPgConnection, id: Uuid, lock: bool) -> Result<Option<Release>> {
    let query = release::table.find(id).select(Release::as_select());
    Ok(if lock { query.for_update().first(conn).await } else { query.first(conn).await }.optional()?)
}

/// The lines of releases, in order.
///
/// # Errors
/// The database's.
pub async fn release_lines(conn: &mut AsyncPgConnection, releases: &[Uuid]) -> Result<Vec<ReleaseLine>> {
    let query = release_line::table.filter(release_line::release_id.eq_any(releases));
    let ordered = query.order((release_line::release_id, release_line::plan_id, release_line::recipient));
    Ok(ordered.select(ReleaseLine::as_select()).load(conn).await?)
}
