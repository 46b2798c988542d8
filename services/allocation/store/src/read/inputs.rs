//! What rules are computed from: places, populations, wishes, indicators, and what places were given
//! before. One statement each, however many places there are.
use crate::{
    rows::{Figure, Given, Indicator, IndicatorState},
    schema::{indicator, territory},
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// A territory below the nation: code, name, what it lies in.
pub type Territory = (String, String, Option<String>);

/// All prefectures and municipalities, or one prefecture and its municipalities; in code order.
///
/// # Errors
/// The database's.
pub async fn territories(conn: &mut AsyncPgConnection, prefecture: Option<&str>) -> Result<Vec<Territory>> {
    let mut query = territory::table.filter(territory::tier.ne("nation")).order(territory::code).into_boxed();
    if let Some(prefecture) = prefecture {
        let prefecture = prefecture.to_owned();
        query =
            query.filter(territory::code.eq(prefecture.clone()).or(territory::parent.eq(prefecture).assume_not_null()));
    }
    Ok(query.select((territory::code, territory::name, territory::parent)).load(conn).await?)
}

/// A territory's name.
///
/// # Errors
/// The database's.
pub async fn territory_name(conn: &mut AsyncPgConnection, code: &str) -> Result<Option<String>> {
    Ok(territory::table.find(code).select(territory::name).first(conn).await.optional()?)
}

/// The newest population of each territory and age band that is not after `day`.
///
/// # Errors
/// The database's.
pub async fn populations(conn: &mut AsyncPgConnection, bands: &[String], day: NaiveDate) -> Result<Vec<Figure>> {
    Ok(diesel::sql_query(
        "select distinct on (territory, band) band as indicator, territory as place, as_of, persons as value, source
         from reference.population where band = any($1) and as_of <= $2 order by territory, band, as_of desc",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(bands)
    .bind::<sql_types::Date, _>(day)
    .load(conn)
    .await?)
}

/// What the sites of each municipality wish for in a round, vials; those without a wish are missing.
///
/// # Errors
/// The database's.
pub async fn wished(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<Given>> {
    Ok(diesel::sql_query(
        "select s.municipality as place, sum(w.vials)::bigint as vials
         from allocation.wish w join allocation.site s on s.id = w.site_id where w.round_id = $1
         group by s.municipality order by s.municipality",
    )
    .bind::<sql_types::Uuid, _>(round)
    .load(conn)
    .await?)
}

/// Indicators by code.
///
/// # Errors
/// The database's.
pub async fn indicators(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Indicator>> {
    let query = indicator::table.filter(indicator::code.eq_any(codes)).order(indicator::code);
    Ok(query.select(Indicator::as_select()).load(conn).await?)
}

/// The figures of indicators for each place: of a `level` the newest that is not after `day`, of a
/// `daily` one each day from `first` to `day`. Of several recordings of one day the last counts.
///
/// # Errors
/// The database's.
pub async fn figures(
    conn: &mut AsyncPgConnection,
    codes: &[String],
    first: NaiveDate,
    day: NaiveDate,
) -> Result<Vec<Figure>> {
    Ok(diesel::sql_query(
        "with newest as (
             select distinct on (v.indicator, v.place, v.as_of) v.indicator, v.place, v.as_of, v.value, r.source,
                    i.kind
             from allocation.indicator_value v
             join allocation.indicator i on i.code = v.indicator
             join allocation.indicator_recording r on r.id = v.recording
             where v.indicator = any($1) and v.as_of <= $3 and (i.kind = 'level' or v.as_of >= $2)
             order by v.indicator, v.place, v.as_of, v.pos desc)
         select indicator, place, as_of, value, source from (
             select *, row_number() over (partition by indicator, place order by as_of desc) as age from newest) as dated
         where kind = 'daily' or age = 1 order by indicator, place, as_of",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(codes)
    .bind::<sql_types::Date, _>(first)
    .bind::<sql_types::Date, _>(day)
    .load(conn)
    .await?)
}

/// The newest figure of these places and days of one indicator, for comparing with what is recorded.
///
/// # Errors
/// The database's.
pub async fn recorded(
    conn: &mut AsyncPgConnection,
    code: &str,
    places: &[String],
    days: &[NaiveDate],
) -> Result<Vec<Figure>> {
    Ok(diesel::sql_query(
        "select distinct on (v.place, v.as_of) v.indicator, v.place, v.as_of, v.value, r.source
         from unnest($2, $3) as wanted (place, as_of)
         join allocation.indicator_value v on v.indicator = $1 and v.place = wanted.place and v.as_of = wanted.as_of
         join allocation.indicator_recording r on r.id = v.recording
         order by v.place, v.as_of, v.pos desc",
    )
    .bind::<sql_types::Text, _>(code)
    .bind::<sql_types::Array<sql_types::Text>, _>(places)
    .bind::<sql_types::Array<sql_types::Date>, _>(days)
    .load(conn)
    .await?)
}

/// All indicators with what there is of each, in the order of their codes.
///
/// # Errors
/// The database's.
pub async fn indicator_states(conn: &mut AsyncPgConnection) -> Result<Vec<IndicatorState>> {
    Ok(diesel::sql_query(
        "with newest as (
             select v.indicator, v.place, max(v.as_of) as as_of, max(v.pos) as pos
             from allocation.indicator_value v group by v.indicator, v.place)
         select i.code, i.ja, i.en, i.unit, i.kind, i.source,
                count(n.place) filter (where t.tier = 'municipality') as municipalities,
                count(n.place) filter (where t.tier = 'prefecture') as prefectures,
                min(n.as_of) as oldest, max(n.as_of) as newest,
                (select max(r.business_at) from allocation.indicator_recording r
                 where r.indicator = i.code and r.figures > 0) as recorded_at
         from allocation.indicator i
         left join newest n on n.indicator = i.code
         left join reference.territory t on t.code = n.place
         group by i.code order by i.code",
    )
    .load(conn)
    .await?)
}

/// What each place was given in earlier rounds of the same programme, product and stream: vials of the
/// lines of committed plans. A prefecture that has not committed its own plan of such a round counts by
/// the municipal lines of the nation's.
///
/// # Errors
/// The database's.
pub async fn given_before(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<Given>> {
    Ok(diesel::sql_query(
        "with earlier as (
             select e.id from allocation.round r
             join allocation.round e on e.programme = r.programme and e.product = r.product
                  and e.stream = r.stream and e.number < r.number
             where r.id = $1),
         posted as (
             select p.id, p.round_id, p.level, p.holder, p.unit_vials from allocation.plan p
             where p.round_id in (select id from earlier) and p.kind = 'division'
                   and p.state in ('committed', 'closed'))
         select l.recipient as place, sum(l.units * p.unit_vials)::bigint as vials
         from posted p join allocation.plan_line l on l.plan_id = p.id
         where l.under is null
            or not exists (select from posted own where own.round_id = p.round_id and own.holder = l.under)
         group by l.recipient order by l.recipient",
    )
    .bind::<sql_types::Uuid, _>(round)
    .load(conn)
    .await?)
}
