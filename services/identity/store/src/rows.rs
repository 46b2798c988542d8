//! Rows as the use cases and the gateway see them.
pub mod access;
pub mod accounts;
pub mod delegations;
pub mod notices;

use crate::schema::{
    account, facility, facility_change, facility_closure, organisation, population, sharing_agreement, signing_key,
    territory, territory_point,
};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::{Problem, TerritoryCode, policy::Place};
use serde_json::Value;
use uuid::Uuid;

/// A nation, prefecture or municipality.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = territory)]
pub struct Territory {
    /// Six digits.
    pub code: String,
    /// `nation`, `prefecture`, `municipality`
    pub tier: String,
    /// The tier, or the kind of municipality.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Name in hiragana.
    pub kana: String,
    /// English name, where there is one.
    pub name_en: Option<String>,
    /// Code of the territory above.
    pub parent: Option<String>,
}

/// A municipality's merging into another.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = territory)]
pub struct Merging {
    /// Which.
    pub code: String,
    /// `nation`, `prefecture`, `municipality`
    pub tier: String,
    /// Into which, where it merges.
    pub merged_into: Option<String>,
    /// From which day on.
    pub merged_on: Option<NaiveDate>,
}

/// A ward of a designated city, or a northern village.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = territory_point)]
pub struct Point {
    /// Six digits.
    pub code: String,
    /// `city_ward`, `northern_village`
    pub kind: String,
    /// Name.
    pub name: String,
    /// Name in hiragana.
    pub kana: String,
    /// The city, or the prefecture.
    pub parent: String,
}

/// Persons of an age band.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = population)]
pub struct Population {
    /// Whose.
    pub territory: String,
    /// `0_14`, `15_64`, `65_plus`, `75_plus` (part of it), `total`
    pub band: String,
    /// As of.
    pub as_of: NaiveDate,
    /// Persons.
    pub persons: i64,
    /// Where the figure comes from.
    pub source: String,
}

/// A body that people and machines act for.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = organisation)]
pub struct Organisation {
    /// Id.
    pub id: Uuid,
    /// `ministry`, `prefecture`, …
    pub kind: String,
    /// Name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Where it is.
    pub territory: String,
    /// Who stands above it.
    pub parent: Option<Uuid>,
    /// Counts up with every change.
    pub version: i32,
    /// From this day on nobody signs in for it.
    pub closed_on: Option<NaiveDate>,
}

/// A hospital or clinic.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = facility, treat_none_as_null = true)]
pub struct Facility {
    /// Id.
    pub id: Uuid,
    /// 医療機関コード
    pub facility_code: Option<String>,
    /// 医療機関ID of G-MIS
    pub gmis_id: Option<String>,
    /// `hospital`, `clinic`
    pub kind: String,
    /// Name.
    pub name: String,
    /// Seven digits.
    pub postal_code: Option<String>,
    /// Address.
    pub address: String,
    /// Digits.
    pub phone: Option<String>,
    /// Municipality's code.
    pub municipality: String,
    /// Millionths of a degree.
    pub latitude_e6: Option<i32>,
    /// Millionths of a degree.
    pub longitude_e6: Option<i32>,
    /// Counts up with every change.
    pub version: i32,
    /// Made up, for training.
    pub synthetic: bool,
}

impl Facility {
    /// Where it is, for the permission table.
    ///
    /// # Errors
    /// When the stored municipality is no territory code, which the table's rules forbid.
    pub fn place(&self) -> Result<Place, Problem> {
        Ok(Place::Facility(domain::ids::FacilityId(self.id), TerritoryCode::parse(&self.municipality)?))
    }
}

/// A time for which a facility is closed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = facility_closure)]
pub struct FacilityClosure {
    /// Which.
    pub facility_id: Uuid,
    /// The first day on which it is closed.
    pub closed_on: NaiveDate,
    /// The first day on which it is open again.
    pub reopened_on: Option<NaiveDate>,
}

/// What a territory shares with another body.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sharing_agreement)]
pub struct SharingAgreement {
    /// Id.
    pub id: Uuid,
    /// Whose facilities and figures.
    pub giver: String,
    /// The organisation that may see them.
    pub receiver: Uuid,
    /// `figures`, `facilities`, `reports`
    pub what: Vec<String>,
    /// Codes of medical areas; none for the whole territory.
    pub medical_areas: Vec<String>,
    /// What for.
    pub purpose: String,
    /// First day.
    pub since: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// Account that made it.
    pub made_by: Uuid,
    /// Its name.
    pub made_by_name: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Account that ended it early.
    pub ended_by: Option<Uuid>,
    /// Its name.
    pub ended_by_name: Option<String>,
    /// From when on nothing is open.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub end_reason: Option<String>,
}

/// One change of a facility.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = facility_change)]
pub struct FacilityChange {
    /// Id of the change.
    pub id: Uuid,
    /// Whose.
    pub facility_id: Uuid,
    /// The version that it made.
    pub version: i32,
    /// The row after it.
    pub facts: Value,
    /// When, business time.
    pub business_at: DateTime<Utc>,
}

/// A person's or machine's account.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = account, treat_none_as_null = true)]
pub struct Account {
    /// Id.
    pub id: Uuid,
    /// Name to sign in with.
    pub name: String,
    /// `person`, `service`
    pub kind: String,
    /// Role.
    pub role: String,
    /// Acts for.
    pub organisation: Uuid,
    /// Home.
    pub territory: String,
    /// Home, for staff of a facility.
    pub facility: Option<Uuid>,
    /// Home, for a wholesaler company (`W07`) or a branch of one (`W07-03`).
    pub partner: Option<String>,
    /// Argon2id, PHC form.
    pub password_hash: Option<String>,
    /// SHA-256 of the secret.
    pub secret_sha256: Option<Vec<u8>>,
    /// From then on it cannot sign in.
    pub expires_at: Option<DateTime<Utc>>,
    /// Suspended since.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// A key that signs tokens.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_key)]
pub struct SigningKey {
    /// Key id.
    pub kid: String,
    /// Ed25519 seed, 32 bytes.
    pub seed: Vec<u8>,
    /// Ed25519 public key, 32 bytes.
    pub public: Vec<u8>,
    /// It signs from then on, real time; it is published before.
    pub active_from: DateTime<Utc>,
}
