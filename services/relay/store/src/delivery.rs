//! Subscriptions to notices, and their deliveries.
use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// Who wants which notices where.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Subscription {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The body that wants it.
    #[diesel(sql_type = SqlUuid)]
    pub organisation: Uuid,
    /// `territory`, `facility`, `wholesaler`
    #[diesel(sql_type = Text)]
    pub recipient_kind: String,
    /// Whose notices.
    #[diesel(sql_type = Text)]
    pub recipient: String,
    /// `mail` or `webhook`
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Where.
    #[diesel(sql_type = Text)]
    pub address: String,
    /// Topics or their beginnings; none means all.
    #[diesel(sql_type = Array<Text>)]
    pub topics: Vec<String>,
    /// `ja` or `en`
    #[diesel(sql_type = Text)]
    pub language: String,
    /// Who asked for it.
    #[diesel(sql_type = SqlUuid)]
    pub made_by: Uuid,
    /// The account's name.
    #[diesel(sql_type = Text)]
    pub made_by_name: String,
    /// Since when.
    #[diesel(sql_type = Timestamptz)]
    pub made_at: DateTime<Utc>,
    /// Since when it is confirmed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub verified_at: Option<DateTime<Utc>>,
}

const SUBSCRIPTION: &str =
    "select id, organisation, recipient_kind, recipient, kind, address, topics, language, made_by,
       made_by_name, made_at, verified_at
from subscription";

/// A subscription that has not ended, by its id.
///
/// # Errors
/// The database's.
pub async fn subscription(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Subscription>> {
    let query = diesel::sql_query(format!("{SUBSCRIPTION} where id = $1 and ended_at is null"));
    Ok(query.bind::<SqlUuid, _>(id).get_result(conn).await.optional()?)
}

/// The subscriptions of a recipient that have not ended.
///
/// # Errors
/// The database's.
pub async fn subscriptions(conn: &mut AsyncPgConnection, kind: &str, recipient: &str) -> Result<Vec<Subscription>> {
    let query = diesel::sql_query(format!(
        "{SUBSCRIPTION} where recipient_kind = $1 and recipient = $2 and ended_at is null order by made_at, id"
    ));
    Ok(query.bind::<Text, _>(kind).bind::<Text, _>(recipient).load(conn).await?)
}

/// Locks a recipient's subscriptions, to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut AsyncPgConnection, kind: &str, recipient: &str) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('subscription/' || $1 || '/' || $2, 0))")
        .bind::<Text, _>(kind)
        .bind::<Text, _>(recipient)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a subscription, and the message that asks for its confirmation.
///
/// # Errors
/// The database's.
pub async fn subscribe(conn: &mut AsyncPgConnection, row: &Subscription, delivery: Uuid) -> Result<()> {
    diesel::sql_query(
        "insert into subscription (id, organisation, recipient_kind, recipient, kind, address, topics, language,
                                   made_by, made_by_name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind::<SqlUuid, _>(row.id)
    .bind::<SqlUuid, _>(row.organisation)
    .bind::<Text, _>(&row.recipient_kind)
    .bind::<Text, _>(&row.recipient)
    .bind::<Text, _>(&row.kind)
    .bind::<Text, _>(&row.address)
    .bind::<Array<Text>, _>(&row.topics)
    .bind::<Text, _>(&row.language)
    .bind::<SqlUuid, _>(row.made_by)
    .bind::<Text, _>(&row.made_by_name)
    .execute(conn)
    .await?;
    diesel::sql_query("insert into delivery (id, subscription) values ($1, $2)")
        .bind::<SqlUuid, _>(delivery)
        .bind::<SqlUuid, _>(row.id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a subscription is confirmed, or that it has ended.
///
/// # Errors
/// The database's.
pub async fn mark(conn: &mut AsyncPgConnection, id: Uuid, ended: bool) -> Result<()> {
    let column = if ended { "ended_at" } else { "verified_at" };
    diesel::sql_query(format!("update subscription set {column} = now() where id = $1 and {column} is null"))
        .bind::<SqlUuid, _>(id)
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

/// Tries to become the one session that delivers; it is for as long as it lives.
///
/// # Errors
/// The database's.
pub async fn take_turn(conn: &mut AsyncPgConnection) -> Result<bool> {
    let sql = "select pg_try_advisory_lock(hashtext('meguri-deliver')) as flag";
    Ok(diesel::sql_query(sql).get_result::<Flag>(conn).await?.flag)
}

/// Makes out the deliveries of new notices: one for each confirmed subscription whose topics fit, one for the
/// account that a notice is for.
///
/// # Errors
/// The database's: then nothing is made out, and it is tried again.
pub async fn plan(conn: &mut AsyncPgConnection) -> Result<usize> {
    Ok(diesel::sql_query(
        "with due as (
             update notification set planned_at = now() where planned_at is null
             returning id, recipient_kind, recipient, topic, recorded_at)
         insert into delivery (id, notification, subscription, account)
         select gen_random_uuid(), d.id, s.id, null::uuid
         from due d
         join subscription s on s.recipient_kind = d.recipient_kind and s.recipient = d.recipient
         where s.ended_at is null and s.verified_at <= d.recorded_at
           and (cardinality(s.topics) = 0
                or exists (select from unnest(s.topics) t where d.topic = t or starts_with(d.topic, t || '.')))
         union all
         select gen_random_uuid(), d.id, null, d.recipient::uuid
         from due d where d.recipient_kind = 'account'
         on conflict do nothing",
    )
    .execute(conn)
    .await?)
}

/// A delivery whose turn it is.
#[derive(Debug, Clone, QueryableByName)]
pub struct Due {
    /// Its id: the same at every attempt.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// So often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// When it was made out.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// The subscription; none for mail to a person.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub subscription: Option<Uuid>,
    /// The account, for mail to a person.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub account: Option<Uuid>,
    /// `mail` or `webhook`
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Where; none for mail to a person.
    #[diesel(sql_type = Nullable<Text>)]
    pub address: Option<String>,
    /// `ja` or `en`
    #[diesel(sql_type = Text)]
    pub language: String,
    /// The notice; none when confirmation is asked for.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub notification: Option<Uuid>,
    /// What it is about.
    #[diesel(sql_type = Nullable<Text>)]
    pub about: Option<String>,
    /// Its topic.
    #[diesel(sql_type = Nullable<Text>)]
    pub topic: Option<String>,
    /// In Japanese.
    #[diesel(sql_type = Nullable<Text>)]
    pub ja: Option<String>,
    /// In English.
    #[diesel(sql_type = Nullable<Text>)]
    pub en: Option<String>,
    /// When something is due.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub due_at: Option<DateTime<Utc>>,
    /// When it was asked for, business time.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub business_at: Option<DateTime<Utc>>,
}

/// The deliveries whose turn it is; mail only if it can be sent.
///
/// # Errors
/// The database's.
pub async fn due(conn: &mut AsyncPgConnection, with_mail: bool, limit: i64) -> Result<Vec<Due>> {
    Ok(diesel::sql_query(
        "select d.id, d.attempts, d.created_at, d.subscription, d.account, coalesce(s.kind, 'mail') as kind, s.address,
                coalesce(s.language, 'ja') as language, d.notification, n.about, n.topic, n.ja, n.en, n.due_at,
                n.business_at
         from delivery d
         left join subscription s on s.id = d.subscription
         left join notification n on n.id = d.notification
         where d.state = 'waiting' and d.next_at <= now() and ($1 or s.kind = 'webhook')
         order by d.next_at, d.id limit $2",
    )
    .bind::<Bool, _>(with_mail)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?)
}

/// Where mail to an account goes.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Mailbox {
    /// The address.
    #[diesel(sql_type = Text)]
    pub address: String,
    /// `ja` or `en`
    #[diesel(sql_type = Text)]
    pub language: String,
}

/// An account's mailbox, from identity's view of it; none where it has none.
///
/// # Errors
/// The database's.
pub async fn mailbox(conn: &mut AsyncPgConnection, account: Uuid) -> Result<Option<Mailbox>> {
    // the one thing that relay may know of accounts; not there in an older database
    let sql = "select to_regclass('identity.mailbox') is not null as flag";
    if !diesel::sql_query(sql).get_result::<Flag>(conn).await?.flag {
        return Ok(None);
    }
    let query = diesel::sql_query(
        "select address, coalesce(language, 'ja') as language from identity.mailbox where account = $1",
    );
    Ok(query.bind::<SqlUuid, _>(account).get_result(conn).await.optional()?)
}

/// Notes that a delivery arrived.
///
/// # Errors
/// The database's: then it is delivered once more.
pub async fn delivered(conn: &mut AsyncPgConnection, id: Uuid) -> Result<()> {
    diesel::sql_query(
        "with done as (
             update delivery set state = 'delivered', attempts = attempts + 1, ended_at = now(), last_error = null
             where id = $1 and state = 'waiting' returning notification)
         update notification n set delivered_at = now() from done where n.id = done.notification and n.delivered_at is null",
    )
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a delivery failed: it is tried again in `pause_s` seconds, or never.
///
/// # Errors
/// The database's.
pub async fn failed(conn: &mut AsyncPgConnection, id: Uuid, error: &str, pause_s: Option<i64>) -> Result<()> {
    diesel::sql_query(
        "update delivery
         set attempts = attempts + 1, last_error = left($2, 500),
             state = case when $3 is null then 'dead' else 'waiting' end,
             ended_at = case when $3 is null then now() end,
             next_at = now() + coalesce($3, 0) * interval '1 second'
         where id = $1 and state = 'waiting'",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(error)
    .bind::<Nullable<BigInt>, _>(pause_s)
    .execute(conn)
    .await?;
    Ok(())
}

/// How one kind of channel stands.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName, serde::Serialize)]
pub struct Standing {
    /// `mail` or `webhook`
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Deliveries that wait.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Deliveries given up.
    #[diesel(sql_type = BigInt)]
    pub dead: i64,
    /// Deliveries that arrived.
    #[diesel(sql_type = BigInt)]
    pub delivered: i64,
    /// Age of the oldest that waits, seconds.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub oldest_age_s: Option<i64>,
    /// What went wrong last with one that waits or was given up.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

/// How both kinds of channels stand.
///
/// # Errors
/// The database's.
pub async fn standing(conn: &mut AsyncPgConnection) -> Result<Vec<Standing>> {
    Ok(diesel::sql_query(
        "select k.kind, count(*) filter (where d.state = 'waiting') as waiting,
                count(*) filter (where d.state = 'dead') as dead,
                count(*) filter (where d.state = 'delivered') as delivered,
                greatest(extract(epoch from now() - min(d.created_at) filter (where d.state = 'waiting')), 0)::bigint
                    as oldest_age_s,
                (array_agg(d.last_error order by d.next_at desc) filter (where d.last_error is not null))[1] as last_error
         from (values ('mail'), ('webhook')) as k (kind)
         left join (select d.*, coalesce(s.kind, 'mail') as kind
                    from delivery d left join subscription s on s.id = d.subscription) d on d.kind = k.kind
         group by k.kind order by k.kind",
    )
    .load(conn)
    .await?)
}
