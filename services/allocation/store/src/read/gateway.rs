//! Reads that answer many objects of one question together.
use crate::{rows::Site, schema::site};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use uuid::Uuid;

/// Vials of a round that were released to hubs in a municipality, without what came back.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Released {
    /// The round.
    #[diesel(sql_type = sql_types::Uuid)]
    pub round_id: Uuid,
    /// The hubs' municipality.
    #[diesel(sql_type = sql_types::Text)]
    pub municipality: String,
    /// Vials.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
}

/// What of these rounds was released, by the hubs' municipality.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn released_of(conn: &mut AsyncPgConnection, rounds: &[Uuid]) -> Result<Vec<Released>> {
    Ok(diesel::sql_query(
        "select release.round_id, site.municipality, sum(release.vials)::bigint as vials
         from allocation.release join allocation.site on site.id = release.hub_id
         where release.round_id = any($1) and release.state = 'released'
         group by release.round_id, site.municipality order by release.round_id, site.municipality",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(rounds)
    .load(conn)
    .await?)
}

/// The sites that are these hospitals and clinics.
///
/// # Errors
/// The database's.
pub async fn sites_of_facilities(conn: &mut AsyncPgConnection, facilities: &[Uuid]) -> Result<Vec<Site>> {
    let query = site::table.filter(site::facility_id.eq_any(facilities));
    Ok(query.select(Site::as_select()).load(conn).await?)
}
