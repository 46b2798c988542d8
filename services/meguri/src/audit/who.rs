//! What the trail says about one facility or one account: for a notice of a breach, and for whoever asks.
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use platform::{Failure, failure::Result};
use serde::{Serialize, Serializer};
use uuid::Uuid;

fn instant<S: Serializer>(at: &DateTime<Utc>, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Somebody saw or changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Deed {
    /// Business time.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "instant")]
    pub business_at: DateTime<Utc>,
    /// Real time.
    #[diesel(sql_type = Timestamptz)]
    #[serde(serialize_with = "instant")]
    pub recorded_at: DateTime<Utc>,
    /// The account.
    #[diesel(sql_type = Text)]
    pub account: String,
    /// Its role.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// The body that it acted for.
    #[diesel(sql_type = Text)]
    pub organisation: String,
    /// `saw`, or the action of a change.
    #[diesel(sql_type = Text)]
    pub what: String,
    /// What it was done to: `facility/<id>`.
    #[diesel(sql_type = Text)]
    pub target: String,
    /// What was seen.
    #[diesel(sql_type = Array<Text>)]
    pub seen: Vec<String>,
    /// Why, where it was said.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The request.
    #[diesel(sql_type = SqlUuid)]
    pub request_id: Uuid,
}

/// A period of business time; open where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
}

/// Most deeds that are listed.
pub const DEEDS_MAX: i64 = 10_000;

async fn connect(url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url).await.map_err(|error| Failure::Unavailable(error.to_string()))
}

const SAW: &str = "select l.business_at, l.recorded_at, l.actor_name as account, l.role,
       coalesce(o.name, l.organisation::text) as organisation, 'saw' as what, 'facility/' || l.facility as target,
       l.seen, l.reason, l.request_id
from views.log l left join reference.organisation o on o.id = l.organisation";

/// Who saw what about a facility, named by its id, code or G-MIS id (`gmis:` before it), the newest first.
///
/// # Errors
/// The database's.
pub async fn views(url: &str, facility: &str, period: Period) -> Result<Vec<Deed>> {
    let sql = format!(
        "{SAW}
         where l.facility = (select id from reference.facility
                             where id::text = lower($1) or facility_code = upper($1) or 'gmis:' || gmis_id = lower($1))
           and ($2 is null or l.business_at >= $2) and ($3 is null or l.business_at < $3)
         order by l.id desc limit {DEEDS_MAX}"
    );
    let rows = diesel::sql_query(sql)
        .bind::<Text, _>(facility)
        .bind::<Nullable<Timestamptz>, _>(period.from)
        .bind::<Nullable<Timestamptz>, _>(period.until);
    Ok(rows.load(&mut connect(url).await?).await?)
}

/// What an account saw and changed, the oldest first.
///
/// # Errors
/// The database's.
pub async fn account(url: &str, name: &str, period: Period) -> Result<Vec<Deed>> {
    let within = "($2 is null or business_at >= $2) and ($3 is null or business_at < $3)";
    let changed = ["identity", "capacity", "allocation", "distribution", "relay"].map(|schema| {
        format!(
            "select a.business_at, a.recorded_at, a.actor_name as account, a.role,
                    coalesce(o.name, a.organisation::text) as organisation, a.action as what, a.target,
                    '{{}}'::text[] as seen, a.reason, a.request_id
             from {schema}.audit a left join reference.organisation o on o.id = a.organisation
             where a.actor_name = $1"
        )
    });
    let sql = format!(
        "select * from ({SAW} where l.actor_name = $1 union all {}) as deeds
         where {within} order by recorded_at, target limit $4",
        changed.join(" union all ")
    );
    let rows = diesel::sql_query(sql)
        .bind::<Text, _>(name)
        .bind::<Nullable<Timestamptz>, _>(period.from)
        .bind::<Nullable<Timestamptz>, _>(period.until)
        .bind::<BigInt, _>(DEEDS_MAX);
    Ok(rows.load(&mut connect(url).await?).await?)
}
