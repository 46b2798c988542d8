//! What bodies reach beyond the tree of territories.
use crate::{
    rows::{FacilityClosure, Merging, SharingAgreement},
    schema::{facility_closure, medical_area, organisation, sharing_agreement, territory},
};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

type Result<T> = QueryResult<T>;

/// A body that an agreement may be made with.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = organisation)]
pub struct Body {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Where it is.
    pub territory: String,
}

/// An organisation by its id.
///
/// # Errors
/// The database's.
pub async fn body(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<Body>> {
    organisation::table.find(id).select(Body::as_select()).first(conn).await.optional()
}

/// The medical areas among `codes` that lie in a prefecture.
///
/// # Errors
/// The database's.
pub async fn medical_areas(conn: &mut AsyncPgConnection, prefecture: &str, codes: &[String]) -> Result<Vec<String>> {
    let rows = medical_area::table.filter(medical_area::prefecture.eq(prefecture));
    rows.filter(medical_area::code.eq_any(codes)).select(medical_area::code).load(conn).await
}

/// An agreement and the body it was made with.
///
/// # Errors
/// The database's.
pub async fn agreement(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<(SharingAgreement, Body)>> {
    let joined = sharing_agreement::table
        .inner_join(organisation::table.on(organisation::id.eq(sharing_agreement::receiver)))
        .filter(sharing_agreement::id.eq(id));
    joined.select((SharingAgreement::as_select(), Body::as_select())).first(conn).await.optional()
}

/// All agreements, the newest first. Who may see which is decided by the caller, one by one.
///
/// # Errors
/// The database's.
pub async fn agreements(conn: &mut AsyncPgConnection) -> Result<Vec<(SharingAgreement, Body)>> {
    let joined = sharing_agreement::table
        .inner_join(organisation::table.on(organisation::id.eq(sharing_agreement::receiver)))
        .order((sharing_agreement::made_at.desc(), sharing_agreement::id));
    joined.select((SharingAgreement::as_select(), Body::as_select())).load(conn).await
}

/// The mergers of these territories.
///
/// # Errors
/// The database's.
pub async fn mergings(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<Vec<Merging>> {
    territory::table.filter(territory::code.eq_any(codes)).select(Merging::as_select()).load(conn).await
}

/// The newest closure of each of these facilities.
///
/// # Errors
/// The database's.
pub async fn last_closures(conn: &mut AsyncPgConnection, facilities: &[Uuid]) -> Result<Vec<FacilityClosure>> {
    let rows = facility_closure::table
        .filter(facility_closure::facility_id.eq_any(facilities))
        .order((facility_closure::facility_id, facility_closure::closed_on.desc()))
        .distinct_on(facility_closure::facility_id);
    rows.select(FacilityClosure::as_select()).load(conn).await
}
