//! Lists for people: never more than the caller's [`Scope`] shows.
use crate::{
    rows::{Discrepancy, Shipment},
    schema::{discrepancy, shipment},
};
use diesel::{dsl::sql, pg::Pg, prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    TerritoryCode,
    policy::{Scope, Shipments},
    territory::Tier,
};
use platform::failure::Result;
use uuid::Uuid;

/// A scope as the values of a condition on table `s` (a shipment): `$1` to `$5` of [`Bounds::SQL`].
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub all: bool,
    pub facility: Option<Uuid>,
    /// Patterns of municipalities' codes.
    pub within: Vec<String>,
    pub wholesaler: Option<String>,
    pub branch: Option<String>,
}

/// The codes of the territories' municipalities as patterns of `like`.
fn patterns(territories: &[TerritoryCode]) -> Vec<String> {
    territories.iter().copied().map(pattern).collect()
}

fn pattern(territory: TerritoryCode) -> String {
    match territory.tier() {
        Tier::Nation => "%".to_owned(),
        Tier::Prefecture => format!("{:02}%", territory.prefecture_number()),
        Tier::Municipality => territory.to_string(),
    }
}

impl Bounds {
    /// What stands for an unknown value is null, and null shows nothing.
    pub(super) const SQL: &str =
        "($1 or s.facility_id = $2 or s.municipality like any ($3) or s.wholesaler = $4 or s.branch = $5)";

    pub(super) fn of(scope: &Scope) -> Self {
        let none = Self::default();
        match scope.shipments() {
            Shipments::None => none,
            Shipments::To(facility) => Self { facility: Some(facility.0), ..none },
            Shipments::Within(codes) if codes.contains(&TerritoryCode::NATION) => Self { all: true, ..none },
            Shipments::Within(codes) => Self { within: patterns(&codes), ..none },
            Shipments::Of(company) => Self { wholesaler: Some(company.to_string()), ..none },
            Shipments::From(branch) => Self { branch: Some(branch.to_string()), ..none },
        }
    }
}

/// Binds a scope as `$1` to `$5`.
macro_rules! bounded {
    ($sql:expr, $bounds:expr) => {
        diesel::sql_query($sql)
            .bind::<diesel::sql_types::Bool, _>($bounds.all)
            .bind::<diesel::sql_types::Nullable<diesel::sql_types::Uuid>, _>($bounds.facility)
            .bind::<diesel::sql_types::Array<diesel::sql_types::Text>, _>($bounds.within)
            .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>($bounds.wholesaler)
            .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>($bounds.branch)
    };
}
pub(super) use bounded;

fn visible<'a>(query: shipment::BoxedQuery<'a, Pg>, scope: &Scope) -> shipment::BoxedQuery<'a, Pg> {
    match scope.shipments() {
        Shipments::None => query.filter(sql::<sql_types::Bool>("false")),
        Shipments::To(facility) => query.filter(shipment::facility_id.eq(facility.0)),
        Shipments::Within(codes) if codes.contains(&TerritoryCode::NATION) => query,
        Shipments::Within(codes) => query.filter(
            sql::<sql_types::Bool>("shipment.municipality like any (")
                .bind::<sql_types::Array<sql_types::Text>, _>(patterns(&codes))
                .sql(")"),
        ),
        Shipments::Of(company) => query.filter(shipment::wholesaler.eq(company.to_string())),
        Shipments::From(branch) => query.filter(shipment::branch.eq(branch.to_string())),
    }
}

/// Shipments by id, as far as the scope shows them.
///
/// # Errors
/// The database's.
pub async fn shipments_by_id(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[Uuid]) -> Result<Vec<Shipment>> {
    let query = visible(shipment::table.into_boxed(), scope).filter(shipment::id.eq_any(ids));
    Ok(query.select(Shipment::as_select()).load(conn).await?)
}

/// The first `limit` shipments after the id `after`, in order of id, which is the order of release:
/// all of the scope, or those of a branch, or in any of some states (all when `states` is empty).
///
/// # Errors
/// The database's.
pub async fn shipments(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    branch: Option<&str>,
    states: &[String],
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let mut query = visible(shipment::table.into_boxed(), scope).order(shipment::id).limit(limit);
    if let Some(branch) = branch {
        query = query.filter(shipment::branch.eq(branch.to_owned()));
    }
    if !states.is_empty() {
        query = query.filter(shipment::state.eq_any(states.to_vec()));
    }
    if let Some(after) = after {
        query = query.filter(shipment::id.gt(after));
    }
    Ok(query.select(Shipment::as_select()).load(conn).await?)
}

/// What shipments and discrepancies are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parent {
    /// The nation: one list of all. The key is not looked at.
    Nation,
    /// Prefectures, by their codes (`130001`).
    Prefecture,
    /// Municipalities, by their codes.
    Municipality,
    /// Hubs, by their ids.
    Site,
    /// Hubs that are hospitals, by the hospitals' ids.
    Facility,
    /// Rounds, by their ids.
    Round,
    /// Branches, by their codes.
    Branch,
    /// Companies, by their codes.
    Wholesaler,
}

impl Parent {
    /// Whether shipment `s` belongs to `wanted.key`.
    fn condition(self) -> &'static str {
        match self {
            Self::Nation => "true",
            Self::Prefecture => "s.municipality like left(wanted.key, 2) || '%'",
            Self::Municipality => "s.municipality = wanted.key",
            Self::Site => "s.site_id = wanted.key::uuid",
            Self::Facility => "s.facility_id = wanted.key::uuid",
            Self::Round => "s.round_id = wanted.key::uuid",
            Self::Branch => "s.branch = wanted.key",
            Self::Wholesaler => "s.wholesaler = wanted.key",
        }
    }
}

/// The first `limit` shipments of each of these parents after the id `after`, in order of id: in any of
/// some states, or all when `states` is empty. One statement for all parents; a shipment tells by itself
/// whose it is.
///
/// # Errors
/// The database's.
pub async fn shipments_under(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    parent: Parent,
    keys: &[String],
    states: &[String],
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Shipment>> {
    let text = format!(
        "select page.* from unnest($6) as wanted (key) cross join lateral (
             select s.* from distribution.shipment s
             where {} and {} and (cardinality($7) = 0 or s.state = any($7)) and ($8 is null or s.id > $8)
             order by s.id limit $9) as page
         order by wanted.key, page.id",
        parent.condition(),
        Bounds::SQL
    );
    let query = bounded!(text, Bounds::of(scope))
        .bind::<sql_types::Array<sql_types::Text>, _>(keys)
        .bind::<sql_types::Array<sql_types::Text>, _>(states)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.load(conn).await?)
}

/// How many shipments of a parent are in a state, and their vials.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StateCount {
    /// The parent's key.
    #[diesel(sql_type = sql_types::Text)]
    pub key: String,
    /// The state.
    #[diesel(sql_type = sql_types::Text)]
    pub state: String,
    /// How many.
    #[diesel(sql_type = sql_types::BigInt)]
    pub shipments: i64,
    /// Their vials.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
}

/// How many shipments of each of these parents are in each state, as far as the scope shows them; of one
/// round, or of all.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn state_counts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    parent: Parent,
    keys: &[String],
    round: Option<Uuid>,
) -> Result<Vec<StateCount>> {
    let text = format!(
        "select wanted.key, s.state, count(*) as shipments, sum(s.vials)::bigint as vials
         from unnest($6) as wanted (key) join distribution.shipment s on {}
         where {} and ($7 is null or s.round_id = $7)
         group by wanted.key, s.state order by wanted.key, s.state",
        parent.condition(),
        Bounds::SQL
    );
    let query = bounded!(text, Bounds::of(scope))
        .bind::<sql_types::Array<sql_types::Text>, _>(keys)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(round);
    Ok(query.load(conn).await?)
}

/// Which discrepancies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Discrepancies {
    /// Those that wait for a decision.
    Open,
    /// All.
    All,
}

/// The first `limit` discrepancies of the scope after the id `after`, in order of id.
///
/// # Errors
/// The database's.
pub async fn discrepancies(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    which: Discrepancies,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Discrepancy>> {
    discrepancies_under(conn, scope, Parent::Nation, &[String::new()], which, after, limit).await
}

/// The first `limit` discrepancies of each of these parents' shipments after the id `after`, in order of
/// id. One statement for all parents.
///
/// # Errors
/// The database's.
pub async fn discrepancies_under(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    parent: Parent,
    keys: &[String],
    which: Discrepancies,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Discrepancy>> {
    let text = format!(
        "select page.* from unnest($6) as wanted (key) cross join lateral (
             select d.* from distribution.discrepancy d join distribution.shipment s on s.id = d.shipment_id
             where {} and {} and ($7 or d.state = 'open') and ($8 is null or d.id > $8)
             order by d.id limit $9) as page
         order by wanted.key, page.id",
        parent.condition(),
        Bounds::SQL
    );
    let query = bounded!(text, Bounds::of(scope))
        .bind::<sql_types::Array<sql_types::Text>, _>(keys)
        .bind::<sql_types::Bool, _>(which == Discrepancies::All)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
        .bind::<sql_types::BigInt, _>(limit);
    Ok(query.load(conn).await?)
}

/// Discrepancies by id, as far as the scope shows them.
///
/// # Errors
/// The database's.
pub async fn discrepancies_by_id(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[Uuid],
) -> Result<Vec<Discrepancy>> {
    let shown = visible(shipment::table.into_boxed(), scope).select(shipment::id);
    let query = discrepancy::table.filter(discrepancy::id.eq_any(ids)).filter(discrepancy::shipment_id.eq_any(shown));
    Ok(query.select(Discrepancy::as_select()).load(conn).await?)
}
