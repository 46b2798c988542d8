//! Accesses in an emergency: rows that are only ever added.
use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension, QueryResult, QueryableByName,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// An access, with the second person's word on it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Access {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The facility, if it is for one.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub facility: Option<Uuid>,
    /// The facility's municipality.
    #[diesel(sql_type = Nullable<Text>)]
    pub municipality: Option<String>,
    /// The territory, if it is for one.
    #[diesel(sql_type = Nullable<Text>)]
    pub territory: Option<String>,
    /// Who asked.
    #[diesel(sql_type = SqlUuid)]
    pub account: Uuid,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub account_name: String,
    /// Its role.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// The body that it acts for.
    #[diesel(sql_type = SqlUuid)]
    pub organisation: Uuid,
    /// Why.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// Since when, real time.
    #[diesel(sql_type = Timestamptz)]
    pub from_at: DateTime<Utc>,
    /// Until when, real time.
    #[diesel(sql_type = Timestamptz)]
    pub until: DateTime<Utc>,
    /// Right or wrong.
    #[diesel(sql_type = Nullable<Text>)]
    pub verdict: Option<String>,
    /// In words.
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
    /// Who says so.
    #[diesel(sql_type = Nullable<Text>)]
    pub reviewer_name: Option<String>,
    /// When, business time.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reviewed_at: Option<DateTime<Utc>>,
}

const SELECT: &str = "select b.id, b.facility, f.municipality, b.territory, b.account, b.account_name, b.role,
       b.organisation, b.reason, b.from_at, b.until, r.verdict, r.note, r.reviewer_name, r.business_at as reviewed_at
from reference.break_glass b
left join reference.facility f on f.id = b.facility
left join reference.break_glass_review r on r.break_glass = b.id";

/// Which accesses somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Those to a territory and all in it: what the codes of its municipalities begin with; nothing for the nation.
    pub prefix: Option<String>,
    /// Those to this facility.
    pub facility: Option<Uuid>,
    /// Those that this account asked for.
    pub account: Uuid,
}

/// Which of them are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that have not ended.
    Active,
    /// Those that wait for a second person.
    Unreviewed,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// An access by its id.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Access>> {
    diesel::sql_query(format!("{SELECT} where b.id = $1")).bind::<SqlUuid, _>(id).get_result(conn).await.optional()
}

/// A page of accesses, the newest first, after the one with id `after`.
///
/// # Errors
/// The database's.
pub async fn page(
    conn: &mut AsyncPgConnection,
    sight: &Sight,
    which: Which,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Access>> {
    let narrowed = match which {
        Which::All => "true",
        Which::Active => "b.until > now()",
        Which::Unreviewed => "r.id is null",
    };
    // ids are their senders': the order is that of taking
    diesel::sql_query(format!(
        "{SELECT}
         where (b.account = $1 or b.facility = $2
                or $3 is not null and (starts_with(f.municipality, $3) or starts_with(b.territory, $3)))
           and {narrowed}
           and ($4 is null or (b.recorded_at, b.id) < (select recorded_at, id from reference.break_glass where id = $4))
         order by b.recorded_at desc, b.id desc
         limit $5"
    ))
    .bind::<SqlUuid, _>(sight.account)
    .bind::<Nullable<SqlUuid>, _>(sight.facility)
    .bind::<Nullable<Text>, _>(sight.prefix.as_deref())
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Accesses of an account that have not ended. The caller holds the account's lock.
///
/// # Errors
/// The database's.
pub async fn active_of(conn: &mut AsyncPgConnection, account: Uuid) -> Result<i64> {
    let sql = "select count(*) as number from reference.break_glass where account = $1 and until > now()";
    Ok(diesel::sql_query(sql).bind::<SqlUuid, _>(account).get_result::<Number>(conn).await?.number)
}

/// Locks what an account does here, to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection, account: Uuid) -> Result<()> {
    #[derive(QueryableByName)]
    struct Locked {
        #[diesel(sql_type = Bool)]
        #[expect(dead_code, reason = "the lock is what is wanted")]
        locked: bool,
    }
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('break-glass' || $1::text, 0)) is null as locked")
        .bind::<SqlUuid, _>(account)
        .get_result::<Locked>(conn)
        .await?;
    Ok(())
}

/// A new access.
#[derive(Debug, Clone)]
pub struct NewAccess<'a> {
    /// Its id.
    pub id: Uuid,
    /// The facility, if it is for one.
    pub facility: Option<Uuid>,
    /// The territory, if it is for one.
    pub territory: Option<&'a str>,
    /// Who asks.
    pub account: Uuid,
    /// Its name.
    pub account_name: &'a str,
    /// Its role.
    pub role: &'static str,
    /// The body that it acts for.
    pub organisation: Uuid,
    /// Why.
    pub reason: &'a str,
    /// Business time.
    pub business_at: DateTime<Utc>,
    /// Since when, real time.
    pub from_at: DateTime<Utc>,
    /// Until when, real time.
    pub until: DateTime<Utc>,
    /// The request.
    pub request_id: Uuid,
}

/// Adds an access.
///
/// # Errors
/// The database's.
pub async fn add(conn: &mut AsyncPgConnection, row: &NewAccess<'_>) -> Result<()> {
    diesel::sql_query(
        "insert into reference.break_glass (id, facility, territory, account, account_name, role, organisation, reason,
                                            business_at, from_at, until, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<SqlUuid, _>(row.id)
    .bind::<Nullable<SqlUuid>, _>(row.facility)
    .bind::<Nullable<Text>, _>(row.territory)
    .bind::<SqlUuid, _>(row.account)
    .bind::<Text, _>(row.account_name)
    .bind::<Text, _>(row.role)
    .bind::<SqlUuid, _>(row.organisation)
    .bind::<Text, _>(row.reason)
    .bind::<Timestamptz, _>(row.business_at)
    .bind::<Timestamptz, _>(row.from_at)
    .bind::<Timestamptz, _>(row.until)
    .bind::<SqlUuid, _>(row.request_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// A second person's word.
#[derive(Debug, Clone)]
pub struct NewReview<'a> {
    /// Its id.
    pub id: Uuid,
    /// On which access.
    pub access: Uuid,
    /// `right` or `wrong`
    pub verdict: &'a str,
    /// In words.
    pub note: &'a str,
    /// Who.
    pub reviewer: Uuid,
    /// The name.
    pub reviewer_name: &'a str,
    /// The body that it acts for.
    pub organisation: Uuid,
    /// Business time.
    pub business_at: DateTime<Utc>,
}

/// Adds a second person's word; answers `false` when there is one already.
///
/// # Errors
/// The database's.
pub async fn review(conn: &mut AsyncPgConnection, row: &NewReview<'_>) -> Result<bool> {
    let added = diesel::sql_query(
        "insert into reference.break_glass_review (id, break_glass, verdict, note, reviewer, reviewer_name,
                                                   organisation, business_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (break_glass) do nothing",
    )
    .bind::<SqlUuid, _>(row.id)
    .bind::<SqlUuid, _>(row.access)
    .bind::<Text, _>(row.verdict)
    .bind::<Text, _>(row.note)
    .bind::<SqlUuid, _>(row.reviewer)
    .bind::<Text, _>(row.reviewer_name)
    .bind::<SqlUuid, _>(row.organisation)
    .bind::<Timestamptz, _>(row.business_at)
    .execute(conn)
    .await?;
    Ok(added == 1)
}
