//! Reads. Those for people take a [`Scope`] and answer nothing outside it.
pub mod access;
pub mod accounts;
pub mod credentials;
pub mod delegations;
pub mod notices;
pub mod reach;

use crate::{
    rows::{Account, Facility, Population, SigningKey, Territory},
    schema::{account, facility, population, signing_key, territory},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    FacilityKey, TerritoryCode,
    policy::{Facilities, Scope},
};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// Territories by their codes, in code order.
///
/// # Errors
/// The database's.
pub async fn territories(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Territory>> {
    let rows = territory::table.filter(territory::code.eq_any(codes)).order(territory::code);
    rows.select(Territory::as_select()).load(conn).await
}

/// All territories below `parents`, in order of parent and code.
///
/// # Errors
/// The database's.
pub async fn children(conn: &mut AsyncPgConnection, parents: &[String]) -> Result<Vec<Territory>> {
    let rows = territory::table.filter(territory::parent.eq_any(parents)).order((territory::parent, territory::code));
    rows.select(Territory::as_select()).load(conn).await
}

/// Populations of these territories, all bands, newest date of each first.
///
/// # Errors
/// The database's.
pub async fn populations(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Population>> {
    let rows = population::table.filter(population::territory.eq_any(codes));
    let ordered = rows.order((population::territory, population::as_of.desc(), population::band));
    ordered.select(Population::as_select()).load(conn).await
}

/// A facility by any of its keys, whoever asks: for a service's own decisions.
///
/// # Errors
/// The database's.
pub async fn facility(conn: &mut AsyncPgConnection, key: &FacilityKey) -> Result<Option<Facility>> {
    let mut query = facility::table.select(Facility::as_select()).into_boxed();
    query = match key {
        FacilityKey::Id(id) => query.filter(facility::id.eq(id.0)),
        FacilityKey::Code(code) => query.filter(facility::facility_code.eq(code.as_str().to_owned())),
        FacilityKey::Gmis(id) => query.filter(facility::gmis_id.eq(id.as_str().to_owned())),
    };
    query.first(conn).await.optional()
}

/// Facilities by their ids, as far as `scope` sees them.
///
/// # Errors
/// The database's.
pub async fn facilities(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[Uuid]) -> Result<Vec<Facility>> {
    let found: Vec<Facility> =
        facility::table.filter(facility::id.eq_any(ids)).select(Facility::as_select()).load(conn).await?;
    Ok(found.into_iter().filter(|facility| sees(scope, facility)).collect())
}

fn sees(scope: &Scope, facility: &Facility) -> bool {
    TerritoryCode::parse(&facility.municipality)
        .is_ok_and(|municipality| scope.sees_facility(domain::ids::FacilityId(facility.id), municipality))
}

/// The first `limit` facilities of each of these municipalities, after the id `after`, in id order,
/// as far as `scope` sees them. One statement for all municipalities.
///
/// # Errors
/// The database's.
pub async fn facilities_of(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    municipalities: &[String],
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Facility>> {
    // what lies outside the scope is left out before the database is asked
    let shown = scope.facilities();
    let one = match shown {
        Facilities::None => return Ok(Vec::new()),
        Facilities::One(id) => Some(id.0),
        Facilities::Within(_) => None,
    };
    let visible = |code: &&String| one.is_some() || TerritoryCode::parse(code).is_ok_and(|code| shown.are_all_of(code));
    let visible: Vec<String> = municipalities.iter().filter(visible).cloned().collect();
    if visible.is_empty() {
        return Ok(Vec::new());
    }
    let ids = page_of_ids(conn, &visible, after, one, limit).await?;
    let rows = facility::table.filter(facility::id.eq_any(ids)).order((facility::municipality, facility::id));
    rows.select(Facility::as_select()).load(conn).await
}

/// Ids of at most `limit` facilities of each municipality: LATERAL is beyond the query builder.
async fn page_of_ids(
    conn: &mut AsyncPgConnection,
    municipalities: &[String],
    after: Option<Uuid>,
    one: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let ids: Vec<Id> = diesel::sql_query(
        "select page.id from unnest($1) as place (code) cross join lateral (
             select id from reference.facility
             where municipality = place.code and ($2 is null or id > $2) and ($3 is null or id = $3)
             order by id limit $4) as page",
    )
    .bind::<Array<Text>, _>(municipalities)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<Nullable<SqlUuid>, _>(one)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(ids.into_iter().map(|row| row.id).collect())
}

/// All facilities that have one of these G-MIS ids.
///
/// # Errors
/// The database's.
pub async fn facilities_by_gmis_id(conn: &mut AsyncPgConnection, ids: &[String]) -> Result<Vec<Facility>> {
    facility::table.filter(facility::gmis_id.eq_any(ids)).select(Facility::as_select()).load(conn).await
}

/// All facilities that have one of these facility codes.
///
/// # Errors
/// The database's.
pub async fn facilities_by_code(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Facility>> {
    facility::table.filter(facility::facility_code.eq_any(codes)).select(Facility::as_select()).load(conn).await
}

/// Names of accounts that exist among `names`.
///
/// # Errors
/// The database's.
pub async fn account_names(conn: &mut AsyncPgConnection, names: &[String]) -> Result<Vec<String>> {
    account::table.filter(account::name.eq_any(names)).select(account::name).load(conn).await
}

/// An account by the name it signs in with.
///
/// # Errors
/// The database's.
pub async fn account(conn: &mut AsyncPgConnection, name: &str) -> Result<Option<Account>> {
    account::table.filter(account::name.eq(name)).select(Account::as_select()).first(conn).await.optional()
}

/// Keys that are published at `now` (real time), the newest first.
///
/// # Errors
/// The database's.
pub async fn signing_keys(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<Vec<SigningKey>> {
    let published = signing_key::retired_at.is_null().or(signing_key::retired_at.gt(now));
    let keys = signing_key::table.filter(published).order(signing_key::active_from.desc());
    keys.select(SigningKey::as_select()).load(conn).await
}

/// Wards and northern villages by their codes, in code order: no territories, but people know their
/// codes and are told which territory to use.
///
/// # Errors
/// The database's.
pub async fn points(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<crate::rows::Point>> {
    use crate::schema::territory_point::dsl;
    let rows: Vec<(String, String, String, String, String)> = dsl::territory_point
        .filter(dsl::code.eq_any(codes))
        .order(dsl::code)
        .select((dsl::code, dsl::kind, dsl::name, dsl::kana, dsl::parent))
        .load(conn)
        .await?;
    let point = |(code, kind, name, kana, parent)| crate::rows::Point { code, kind, name, kana, parent };
    Ok(rows.into_iter().map(point).collect())
}
