//! Notices: whom they are for is part of every statement.
use crate::{
    rows::notices::{Attachment, NotRead, Notice, Reader, ReadersOf},
    schema::{notice, notice_attachment},
};
use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Date, Integer, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// What a reader sees: `$1` account, `$2` role, `$3` home and what stands above, `$4` organisation. What was
/// withdrawn stays with its publisher.
const SEEN: &str =
    "select n.id, n.kind, n.organisation, n.organisation_name, n.organisation_name_en, n.territory, n.roles,
        n.territories, n.is_public, n.is_vital, n.number, n.version, n.published_at, n.valid_until, n.withdrawn_at,
        v.title_ja, v.title_en, v.body_ja, v.body_en, v.reason,
        exists (select from identity.notice_receipt r
                where r.notice = n.id and r.account = $1 and r.version = n.version) as is_read
    from identity.notice n join identity.notice_version v on v.notice = n.id and v.version = n.version
    where (n.organisation = $4 or n.withdrawn_at is null and (
        n.is_public or n.territories && $3 and (cardinality(n.roles) = 0 or $2 = any(n.roles))))";

/// What is wanted of a page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Wanted {
    /// Only what the reader has not read, is for it, and still counts.
    pub unread: bool,
    /// Only vital ones that still count.
    pub vital: bool,
    /// Only what was published before this one.
    pub after: Option<Uuid>,
}

/// A page of what there is for a reader, newest first.
///
/// # Errors
/// The database's.
pub async fn page(
    conn: &mut AsyncPgConnection,
    reader: &Reader,
    wanted: &Wanted,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<Notice>> {
    // `$3` once more: what a publisher merely published does not wait to be read by it
    let sql = format!(
        "{SEEN} and (not $5 or n.is_vital) and (not ($5 or $6) or n.withdrawn_at is null and coalesce(n.valid_until >= $7, true))
             and (not $6 or n.territories && $3 and (cardinality(n.roles) = 0 or $2 = any(n.roles)) and not exists (
                    select from identity.notice_receipt r
                    where r.notice = n.id and r.account = $1 and r.version = n.version))
             and ($8 is null or (n.published_at, n.id) < (select p.published_at, p.id from identity.notice p where p.id = $8))
         order by n.published_at desc, n.id desc limit $9"
    );
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(reader.account)
        .bind::<Text, _>(reader.role)
        .bind::<Array<Text>, _>(&reader.chain)
        .bind::<SqlUuid, _>(reader.organisation)
        .bind::<Bool, _>(wanted.vital)
        .bind::<Bool, _>(wanted.unread)
        .bind::<Date, _>(today)
        .bind::<Nullable<SqlUuid>, _>(wanted.after)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}

/// Those of these notices that a reader sees.
///
/// # Errors
/// The database's.
pub async fn seen(conn: &mut AsyncPgConnection, reader: &Reader, ids: &[Uuid]) -> Result<Vec<Notice>> {
    diesel::sql_query(format!("{SEEN} and n.id = any($5)"))
        .bind::<SqlUuid, _>(reader.account)
        .bind::<Text, _>(reader.role)
        .bind::<Array<Text>, _>(&reader.chain)
        .bind::<SqlUuid, _>(reader.organisation)
        .bind::<Array<SqlUuid>, _>(ids)
        .load(conn)
        .await
}

/// Version and end of a notice, locked against other changes to the end of the transaction.
///
/// # Errors
/// The database's.
pub async fn locked(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<(i32, bool)>> {
    let row = notice::table.find(id).select((notice::version, notice::withdrawn_at.is_not_null())).for_update();
    row.first(conn).await.optional()
}

/// The attachments of the present versions of these notices, in their order; without content.
///
/// # Errors
/// The database's.
pub async fn attachments(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<Attachment>> {
    let present =
        notice::table.on(notice::id.eq(notice_attachment::notice).and(notice::version.eq(notice_attachment::version)));
    let columns = (
        notice_attachment::notice,
        notice_attachment::place,
        notice_attachment::name,
        notice_attachment::link,
        notice_attachment::media_type,
        notice_attachment::bytes,
    );
    let rows = notice_attachment::table.inner_join(present).filter(notice_attachment::notice.eq_any(ids));
    rows.order((notice_attachment::notice, notice_attachment::place)).select(columns).load(conn).await
}

/// A file of the present version: its name, media type and content.
///
/// # Errors
/// The database's.
pub async fn file(conn: &mut AsyncPgConnection, id: Uuid, place: i16) -> Result<Option<(String, String, Vec<u8>)>> {
    let present =
        notice::table.on(notice::id.eq(notice_attachment::notice).and(notice::version.eq(notice_attachment::version)));
    let row = notice_attachment::table
        .inner_join(present)
        .filter(notice_attachment::notice.eq(id))
        .filter(notice_attachment::place.eq(place))
        .filter(notice_attachment::content.is_not_null());
    let columns = (
        notice_attachment::name,
        notice_attachment::media_type.assume_not_null(),
        notice_attachment::content.assume_not_null(),
    );
    row.select(columns).first(conn).await.optional()
}

/// Whom a notice is for (`$1`), each with whether it has read the present version.
const READERS: &str = "select a.name, a.role, a.organisation_name, a.territory, r.account is not null as is_read
    from identity.notice n
    join identity.notice_reader a on (cardinality(n.roles) = 0 or a.role = any(n.roles)) and exists (
        select from unnest(n.territories) t
        where t = '000000' or t = a.territory or substr(t, 3, 3) = '000' and left(t, 2) = left(a.territory, 2))
    left join identity.notice_receipt r on r.notice = n.id and r.account = a.account and r.version = n.version
    where n.id = $1";

/// How many have read it, by the first `digits` of their homes' codes.
///
/// # Errors
/// The database's.
pub async fn readers(conn: &mut AsyncPgConnection, id: Uuid, digits: i32) -> Result<Vec<ReadersOf>> {
    let sql = format!(
        "select left(territory, $2) as place, count(*) as accounts, count(*) filter (where is_read) as read
         from ({READERS}) a group by 1 order by 1"
    );
    diesel::sql_query(sql).bind::<SqlUuid, _>(id).bind::<Integer, _>(digits).load(conn).await
}

/// A page of those who have not read it, in the order of their names.
///
/// # Errors
/// The database's.
pub async fn not_read(conn: &mut AsyncPgConnection, id: Uuid, after: Option<&str>, limit: i64) -> Result<Vec<NotRead>> {
    let sql = format!(
        "select name, role, organisation_name, territory from ({READERS}) a
         where not is_read and ($2 is null or name > $2) order by name limit $3"
    );
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(id)
        .bind::<Nullable<Text>, _>(after)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}
