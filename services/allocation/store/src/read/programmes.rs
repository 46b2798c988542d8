//! Which sites take part in what, what was assigned to them, and what they can keep cold.
use crate::{
    rows::{Given, Site},
    schema::{product, round, stream},
};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// The kinds of sites that take part in a round's stream; none when there is no such round.
///
/// # Errors
/// The database's.
pub async fn site_kinds(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Vec<String>> {
    let same = stream::programme.eq(round::programme).and(stream::code.eq(round::stream));
    let query = round::table.inner_join(stream::table.on(same)).filter(round::id.eq(round));
    Ok(query.select(stream::site_kinds).first(conn).await.optional()?.unwrap_or_default())
}

/// What pieces of a round's product are called: Japanese, English.
///
/// # Errors
/// The database's.
pub async fn unit_of(conn: &mut AsyncPgConnection, round: Uuid) -> Result<Option<(String, String)>> {
    let query = round::table.inner_join(product::table.on(product::code.eq(round::product)));
    let query = query.filter(round::id.eq(round)).select((product::unit_ja, product::unit_en));
    Ok(query.first(conn).await.optional()?)
}

/// A site that wishes for doses of a stream in which it takes no part.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Astray {
    /// The site.
    #[diesel(sql_type = sql_types::Uuid)]
    pub site_id: Uuid,
    /// Its kind.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// The stream's code.
    #[diesel(sql_type = sql_types::Text)]
    pub stream: String,
}

/// Of these wishes the first of a site whose kind takes no part in the round's stream.
///
/// # Errors
/// The database's.
pub async fn astray(conn: &mut AsyncPgConnection, rounds: &[Uuid], sites: &[Uuid]) -> Result<Option<Astray>> {
    let found: Vec<Astray> = diesel::sql_query(
        "select w.site_id, s.kind, r.stream from unnest($1, $2) as wanted (round_id, site_id)
         join allocation.wish w on w.round_id = wanted.round_id and w.site_id = wanted.site_id
         join allocation.site s on s.id = w.site_id
         join allocation.round r on r.id = w.round_id
         join allocation.stream t on t.programme = r.programme and t.code = r.stream
         where s.kind <> all (t.site_kinds) order by w.site_id limit 1",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rounds)
    .bind::<sql_types::Array<sql_types::Uuid>, _>(sites)
    .load(conn)
    .await?;
    Ok(found.into_iter().next())
}

/// The first `limit` sites of these kinds in each of these territories after the site `after`, in order of
/// id. One statement for all territories.
///
/// # Errors
/// The database's.
pub async fn sites_taking(
    conn: &mut AsyncPgConnection,
    territories: &[String],
    kinds: &[String],
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(String, Site)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        territory: String,
        #[diesel(embed)]
        site: Site,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select wanted.code as territory, page.* from unnest($1) as wanted (code) cross join lateral (
             select s.id, s.kind, s.facility_id, s.municipality, s.hub_id, s.name, s.address, s.freezer_storage,
                    s.freezer_vials
             from allocation.site s join reference.territory t on t.code = s.municipality
             where s.kind = any($2) and ($3 is null or s.id > $3)
                   and (wanted.code = '000000' or t.code = wanted.code or t.parent = wanted.code)
             order by s.id limit $4) as page
         order by wanted.code, page.id",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(territories)
    .bind::<sql_types::Array<sql_types::Text>, _>(kinds)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
    .bind::<sql_types::BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.territory, row.site)).collect())
}

/// What the sites in a territory were assigned out of one stream, of one product.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Assigned {
    /// The territory's code.
    #[diesel(sql_type = sql_types::Text)]
    pub territory: String,
    /// Programme's code.
    #[diesel(sql_type = sql_types::Text)]
    pub programme: String,
    /// Stream's code.
    #[diesel(sql_type = sql_types::Text)]
    pub stream: String,
    /// Product's code.
    #[diesel(sql_type = sql_types::Text)]
    pub product: String,
    /// Vials, or pieces of a device.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
    /// Doses, as each round counts them.
    #[diesel(sql_type = sql_types::BigInt)]
    pub doses: i64,
    /// Sites.
    #[diesel(sql_type = sql_types::BigInt)]
    pub sites: i64,
}

/// What the sites in these territories hold of each stream and product, from the balances of the book: what
/// was assigned to them, less what came back. All rounds; one statement for all territories.
///
/// # Errors
/// The database's.
pub async fn assigned(conn: &mut AsyncPgConnection, territories: &[String]) -> Result<Vec<Assigned>> {
    Ok(diesel::sql_query(
        "with held as (
             select s.municipality, r.programme, r.stream, r.product, s.id as site, r.doses_per_vial,
                    a.credits_posted - a.debits_posted as vials
             from allocation.round r
             join allocation.book_account b on b.round_id = r.id and b.kind in ('granted', 'released')
                  and length(b.holder) = 36
             join allocation.site s on s.id = b.holder::uuid
             join allocation.account a on a.id = b.account_id)
         select wanted.code as territory, h.programme, h.stream, h.product, sum(h.vials)::bigint as vials,
                sum(h.vials * h.doses_per_vial)::bigint as doses, count(distinct h.site) as sites
         from unnest($1) as wanted (code)
         join reference.territory t on t.tier = 'municipality'
              and (wanted.code = '000000' or t.code = wanted.code or t.parent = wanted.code)
         join held h on h.municipality = t.code and h.vials > 0
         group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(territories)
    .load(conn)
    .await?)
}

/// How many vials of a product the freezers of each municipality's sites take: those of the storage that the
/// product needs. Municipalities without a known freezer of that kind are missing.
///
/// # Errors
/// The database's.
pub async fn freezer_vials(conn: &mut AsyncPgConnection, product: &str) -> Result<Vec<Given>> {
    Ok(diesel::sql_query(
        "select s.municipality as place, sum(s.freezer_vials)::bigint as vials
         from allocation.site s join reference.product p on p.storage = s.freezer_storage
         where p.code = $1 group by s.municipality order by s.municipality",
    )
    .bind::<sql_types::Text, _>(product)
    .load(conn)
    .await?)
}

/// Shipments of one size that were released to hubs in a municipality.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ReleasedPacks {
    /// The round.
    #[diesel(sql_type = sql_types::Uuid)]
    pub round_id: Uuid,
    /// The hubs' municipality.
    #[diesel(sql_type = sql_types::Text)]
    pub municipality: String,
    /// Vials of one of them.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
    /// How many.
    #[diesel(sql_type = sql_types::BigInt)]
    pub shipments: i64,
}

/// What of these rounds was released and did not come back, by municipality and size.
///
/// # Errors
/// The database's.
pub async fn released_packs(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<ReleasedPacks>> {
    Ok(diesel::sql_query(
        "select release.round_id, site.municipality, release.vials, count(*) as shipments
         from allocation.release join allocation.site on site.id = release.hub_id
         where release.round_id = any($1) and release.state = 'released'
         group by 1, 2, 3 order by 1, 2, 3",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rounds)
    .load(conn)
    .await?)
}
