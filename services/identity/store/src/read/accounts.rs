//! Accounts, as those above them and their own organisation see them; invitations.
use crate::{
    rows::{Facility, Organisation, accounts::Holder, accounts::Invitation},
    schema::{facility, invitation, organisation},
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    TerritoryCode,
    policy::{Actor, Place, Role},
    territory::Tier,
};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// All columns of a [`Holder`].
const HOLDER: &str = "select a.id, a.name, a.kind, a.role, a.organisation, o.name as organisation_name,
        o.name_en as organisation_name_en, a.territory, a.facility, a.partner, a.administrator, a.language,
        a.mail is not null as has_mail, a.password_hash is not null or a.secret_sha256 is not null as has_credentials,
        a.created_at, a.expires_at, a.disabled_at, a.closed_at, a.issued_by_name, a.confirmed_at, a.confirmed_by_name,
        (select max(s.started_at) from identity.session s where s.account = a.id) as last_sign_in
    from identity.account a join reference.organisation o on o.id = a.organisation";

/// Which accounts somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sees {
    /// All.
    All,
    /// Those at home in a territory, without wholesalers.
    Within(TerritoryCode),
    /// Those of a company and its branches.
    Company(String),
    /// Those of one organisation.
    Own(Uuid),
    /// None.
    Nobody,
}

impl Sees {
    /// What the permission table's `account_read` allows, as a condition.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        match (actor.role, actor.home) {
            (Role::Public, _) => Self::Nobody,
            (Role::Ministry | Role::Operator | Role::Auditor | Role::HelpDesk, _) => Self::All,
            (Role::Prefecture | Role::Municipality, Place::Territory(code)) => Self::Within(code),
            (_, Place::Wholesaler(code)) => Self::Company(code.to_string()),
            _ => Self::Own(actor.organisation.0),
        }
    }
}

/// What is wanted of a page.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only of this role.
    pub role: Option<String>,
    /// Only of this organisation.
    pub organisation: Option<Uuid>,
    /// Only those not confirmed since, RFC 3339.
    pub unconfirmed_since: Option<chrono::DateTime<chrono::Utc>>,
    /// Only names after this one.
    pub after: Option<String>,
}

/// A page of accounts, in the order of their names.
///
/// # Errors
/// The database's.
pub async fn page(conn: &mut AsyncPgConnection, sees: &Sees, wanted: Wanted, limit: i64) -> Result<Vec<Holder>> {
    let (condition, one) = match sees {
        Sees::Nobody => return Ok(Vec::new()),
        Sees::All => ("$1::text is null", None),
        Sees::Within(code) => match code.tier() {
            Tier::Nation => ("$1::text is null", None),
            Tier::Prefecture => ("left(a.territory, 2) = left($1, 2) and a.partner is null", Some(code.to_string())),
            Tier::Municipality => ("a.territory = $1", Some(code.to_string())),
        },
        Sees::Company(code) => ("left(a.partner, 3) = $1", Some(code.clone())),
        Sees::Own(organisation) => ("a.organisation = $1::uuid", Some(organisation.to_string())),
    };
    let sql = format!(
        "{HOLDER} where {condition} and ($2 is null or a.role = $2) and ($3 is null or a.organisation = $3)
             and ($4 is null or coalesce(a.confirmed_at, a.created_at) < $4) and ($5 is null or a.name > $5)
         order by a.name limit $6"
    );
    diesel::sql_query(sql)
        .bind::<Nullable<Text>, _>(one)
        .bind::<Nullable<Text>, _>(wanted.role)
        .bind::<Nullable<SqlUuid>, _>(wanted.organisation)
        .bind::<Nullable<diesel::sql_types::Timestamptz>, _>(wanted.unconfirmed_since)
        .bind::<Nullable<Text>, _>(wanted.after)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}

/// An account by its name, whoever asks.
///
/// # Errors
/// The database's.
pub async fn holder(conn: &mut AsyncPgConnection, name: &str) -> Result<Option<Holder>> {
    diesel::sql_query(format!("{HOLDER} where a.name = $1")).bind::<Text, _>(name).get_result(conn).await.optional()
}

/// The same, locked against other changes to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn locked(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Holder>> {
    diesel::sql_query(format!("{HOLDER} where a.id = $1 for update of a"))
        .bind::<SqlUuid, _>(id)
        .get_result(conn)
        .await
        .optional()
}

/// An account by its id, whoever asks.
///
/// # Errors
/// The database's.
pub async fn holder_by_id(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Holder>> {
    diesel::sql_query(format!("{HOLDER} where a.id = $1")).bind::<SqlUuid, _>(id).get_result(conn).await.optional()
}

/// Organisations by their ids.
///
/// # Errors
/// The database's.
pub async fn organisations(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Organisation>> {
    organisation::table.filter(organisation::id.eq_any(ids)).select(Organisation::as_select()).load(conn).await
}

/// Facilities by their ids, whoever asks: for a service's own decisions.
///
/// # Errors
/// The database's.
pub async fn facilities_by_id(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Facility>> {
    facility::table.filter(facility::id.eq_any(ids)).select(Facility::as_select()).load(conn).await
}

/// The invitation that a link's token was made for, whatever became of it.
///
/// # Errors
/// The database's.
pub async fn invitation_by_seal(conn: &mut AsyncPgConnection, seal: &[u8]) -> Result<Option<Invitation>> {
    let query = invitation::table.filter(invitation::seal.eq(seal)).filter(invitation::kind.eq("link"));
    query.select(Invitation::as_select()).first(conn).await.optional()
}

/// The newest invitation of an account.
///
/// # Errors
/// The database's.
pub async fn newest_invitation(conn: &mut AsyncPgConnection, account: Uuid) -> Result<Option<Invitation>> {
    let query = invitation::table.filter(invitation::account.eq(account)).order(invitation::made_at.desc());
    query.select(Invitation::as_select()).first(conn).await.optional()
}

/// An invitation, locked to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn locked_invitation(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Invitation>> {
    invitation::table.find(id).select(Invitation::as_select()).for_update().first(conn).await.optional()
}
