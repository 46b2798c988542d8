//! Reads that answer many objects of one question together.
use super::people::{Bounds, bounded};
use crate::{
    rows::{Branch, Wholesaler},
    schema::{branch, wholesaler},
};
use diesel::{prelude::*, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::policy::Scope;
use platform::failure::Result;
use uuid::Uuid;

/// Companies by code.
///
/// # Errors
/// The database's.
pub async fn wholesalers_by_code(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Wholesaler>> {
    Ok(wholesaler::table.filter(wholesaler::code.eq_any(codes)).select(Wholesaler::as_select()).load(conn).await?)
}

/// The branches of these companies, by code.
///
/// # Errors
/// The database's.
pub async fn branches_of(conn: &mut AsyncPgConnection, wholesalers: &[String]) -> Result<Vec<Branch>> {
    let query = branch::table.filter(branch::wholesaler.eq_any(wholesalers)).order(branch::code);
    Ok(query.select(Branch::as_select()).load(conn).await?)
}

/// How far the doses of a round have come in a municipality.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Progress {
    /// The round.
    #[diesel(sql_type = sql_types::Uuid)]
    pub round_id: Uuid,
    /// The hubs' municipality.
    #[diesel(sql_type = sql_types::Text)]
    pub municipality: String,
    /// Vials on the road: see `domain::shipment::State::on_the_road`.
    #[diesel(sql_type = sql_types::BigInt)]
    pub in_transit_vials: i64,
    /// Vials that the sites have counted, usable and broken ones.
    #[diesel(sql_type = sql_types::BigInt)]
    pub received_vials: i64,
}

/// How far the doses of these rounds have come in each municipality, as far as the scope shows it.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn progress_of(conn: &mut AsyncPgConnection, scope: &Scope, rounds: &[Uuid]) -> Result<Vec<Progress>> {
    let text = format!(
        "select s.round_id, s.municipality,
             coalesce(sum(s.vials) filter (where s.state in ('dispatched', 'failed')
                 or s.state = 'delivered' and s.received_at is null), 0)::bigint as in_transit_vials,
             coalesce(sum(arrived.vials), 0)::bigint as received_vials
         from distribution.shipment s left join lateral (
             select sum(l.accepted + l.damaged) as vials
             from distribution.receipt r join distribution.receipt_line l on l.receipt_id = r.id
             where r.shipment_id = s.id) as arrived on true
         where s.round_id = any($6) and {}
         group by s.round_id, s.municipality order by s.round_id, s.municipality",
        Bounds::SQL
    );
    let query = bounded!(text, Bounds::of(scope)).bind::<sql_types::Array<sql_types::Uuid>, _>(rounds);
    Ok(query.load(conn).await?)
}

/// Vials of a lot on the road to a site.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct InTransit {
    /// The site.
    #[diesel(sql_type = sql_types::Uuid)]
    pub site_id: Uuid,
    /// The lot.
    #[diesel(sql_type = sql_types::Uuid)]
    pub lot_id: Uuid,
    /// Vials.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
}

/// What is on the road to these sites, lot by lot, as the stock book has it. Who may see the sites is
/// decided before.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn in_transit_to(conn: &mut AsyncPgConnection, sites: &[Uuid]) -> Result<Vec<InTransit>> {
    Ok(diesel::sql_query(
        "select s.site_id, k.lot_id, sum(a.credits_posted - a.debits_posted)::bigint as vials
         from distribution.shipment s
         join distribution.stock_account k on k.place = 'shipment/' || s.id and k.kind = 'in_transit'
         join distribution.account a on a.id = k.account_id
         where s.site_id = any($1) and s.state in ('dispatched', 'delivered', 'failed')
             and a.credits_posted <> a.debits_posted
         group by s.site_id, k.lot_id order by s.site_id, k.lot_id",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(sites)
    .load(conn)
    .await?)
}

/// What is yet to come to a site, and what it will hand on.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Coming {
    /// The site.
    #[diesel(sql_type = sql_types::Uuid)]
    pub site_id: Uuid,
    /// Vials of shipments to it that have not left the depot.
    #[diesel(sql_type = sql_types::BigInt)]
    pub ordered_vials: i64,
    /// Vials meant for it in shipments to its hub that have not come to nothing.
    #[diesel(sql_type = sql_types::BigInt)]
    pub expected_vials: i64,
    /// Vials meant for its satellites in shipments to it that have not come to nothing.
    #[diesel(sql_type = sql_types::BigInt)]
    pub to_hand_on_vials: i64,
}

/// What is yet to come to these sites, and what they will hand on. Who may see the sites is decided
/// before.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn coming_to(conn: &mut AsyncPgConnection, sites: &[Uuid]) -> Result<Vec<Coming>> {
    Ok(diesel::sql_query(
        "select wanted.id as site_id,
             coalesce((select sum(s.vials) from distribution.shipment s
                 where s.site_id = wanted.id and s.state in ('ordered', 'scheduled', 'picked')), 0)::bigint
                 as ordered_vials,
             coalesce((select sum(p.vials) from distribution.shipment_split p
                 join distribution.shipment s on s.id = p.shipment_id
                 where p.site_id = wanted.id
                     and s.state not in ('returned', 'lost', 'cancelled', 'unfulfillable')), 0)::bigint
                 as expected_vials,
             coalesce((select sum(p.vials) from distribution.shipment_split p
                 join distribution.shipment s on s.id = p.shipment_id
                 where s.site_id = wanted.id
                     and s.state not in ('returned', 'lost', 'cancelled', 'unfulfillable')), 0)::bigint
                 as to_hand_on_vials
         from unnest($1) as wanted (id)",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(sites)
    .load(conn)
    .await?)
}

/// Vials of a lot that a company's depot has set aside.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Reserved {
    /// The company.
    #[diesel(sql_type = sql_types::Text)]
    pub wholesaler: String,
    /// The lot.
    #[diesel(sql_type = sql_types::Uuid)]
    pub lot_id: Uuid,
    /// Vials.
    #[diesel(sql_type = sql_types::BigInt)]
    pub vials: i64,
}

/// What these companies' depots have set aside for shipments that have not left, lot by lot. Who may see
/// the depots is decided before.
///
/// # Errors
/// The database's; a sum beyond i64 is one.
pub async fn reserved_at(conn: &mut AsyncPgConnection, wholesalers: &[String]) -> Result<Vec<Reserved>> {
    Ok(diesel::sql_query(
        "select b.wholesaler, k.lot_id, sum(a.credits_posted - a.debits_posted)::bigint as vials
         from distribution.branch b
         join distribution.shipment s on s.branch = b.code and s.state in ('ordered', 'scheduled', 'picked')
         join distribution.stock_account k on k.place = 'shipment/' || s.id and k.kind = 'reserved'
         join distribution.account a on a.id = k.account_id
         where b.wholesaler = any($1) and a.credits_posted <> a.debits_posted
         group by b.wholesaler, k.lot_id order by b.wholesaler, k.lot_id",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(wholesalers)
    .load(conn)
    .await?)
}
