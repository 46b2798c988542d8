//! Accounts as those who issue them see them, and their invitations.
use crate::schema::{account, invitation};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use domain::{
    FieldError, Problem, TerritoryCode, error,
    ids::{FacilityId, OrganisationId},
    issuing::Party,
    policy::{Place, Role},
};
use uuid::Uuid;

/// An account with all that issuing it is about; none of its credentials.
#[derive(Debug, Clone, QueryableByName)]
pub struct Holder {
    /// Id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Name to sign in with.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// `person`, `service`
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Role.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// Acts for.
    #[diesel(sql_type = SqlUuid)]
    pub organisation: Uuid,
    /// The organisation's name.
    #[diesel(sql_type = Text)]
    pub organisation_name: String,
    /// The organisation's English name.
    #[diesel(sql_type = Text)]
    pub organisation_name_en: String,
    /// Home.
    #[diesel(sql_type = Text)]
    pub territory: String,
    /// Home, for staff of a facility.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub facility: Option<Uuid>,
    /// Home, for a wholesaler or a branch.
    #[diesel(sql_type = Nullable<Text>)]
    pub partner: Option<String>,
    /// May issue accounts.
    #[diesel(sql_type = Bool)]
    pub administrator: bool,
    /// Of its mail.
    #[diesel(sql_type = Text)]
    pub language: String,
    /// There is an address.
    #[diesel(sql_type = Bool)]
    pub has_mail: bool,
    /// It has a password or a secret.
    #[diesel(sql_type = Bool)]
    pub has_credentials: bool,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// From then on it cannot sign in.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Suspended since.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Closed since.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Who issued it.
    #[diesel(sql_type = Nullable<Text>)]
    pub issued_by_name: Option<String>,
    /// When it was last confirmed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// By whom.
    #[diesel(sql_type = Nullable<Text>)]
    pub confirmed_by_name: Option<String>,
    /// When it was last used to sign in.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_sign_in: Option<DateTime<Utc>>,
}

/// The home that an account's row names.
///
/// # Errors
/// When a stored code is none, which the tables' rules forbid.
pub fn home(territory: &str, facility: Option<Uuid>, partner: Option<&str>) -> Result<Place, Problem> {
    let territory = TerritoryCode::parse(territory)?;
    Ok(match (facility, partner) {
        (Some(facility), _) => Place::Facility(FacilityId(facility), territory),
        (None, Some(partner)) => {
            partner.parse().map(Place::Wholesaler).or_else(|_| partner.parse().map(Place::Branch))?
        }
        (None, None) => Place::Territory(territory),
    })
}

/// A role by its stored name.
///
/// # Errors
/// `account.unknown_role`
pub fn role(text: &str) -> Result<Role, Problem> {
    let unknown = || FieldError::new("role", &error::ACCOUNT_UNKNOWN_ROLE).with("value", text);
    Role::parse(text).ok_or_else(|| Problem::of_fields(&error::REQUEST_INVALID, vec![unknown()]))
}

impl Holder {
    /// Its home.
    ///
    /// # Errors
    /// As [`home`].
    pub fn home(&self) -> Result<Place, Problem> {
        home(&self.territory, self.facility, self.partner.as_deref())
    }

    /// As far as issuing goes.
    ///
    /// # Errors
    /// As [`home`] and [`role`].
    pub fn party(&self) -> Result<Party, Problem> {
        Ok(Party {
            role: role(&self.role)?,
            home: self.home()?,
            organisation: OrganisationId(self.organisation),
            administrator: self.administrator,
        })
    }

    /// `invited`, `active`, `suspended`, `closed`, `expired`
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> &'static str {
        if self.closed_at.is_some() {
            "closed"
        } else if self.disabled_at.is_some() {
            "suspended"
        } else if self.expires_at.is_some_and(|at| at <= now) {
            "expired"
        } else if self.has_credentials {
            "active"
        } else {
            "invited"
        }
    }
}

/// A person's account to be made, without credentials.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = account)]
pub struct NewHolder {
    /// Id.
    pub id: Uuid,
    /// Name to sign in with.
    pub name: String,
    /// `person`
    pub kind: String,
    /// Role.
    pub role: String,
    /// Acts for.
    pub organisation: Uuid,
    /// Home.
    pub territory: String,
    /// Home, for staff of a facility.
    pub facility: Option<Uuid>,
    /// Home, for a wholesaler or a branch.
    pub partner: Option<String>,
    /// From then on it cannot sign in.
    pub expires_at: Option<DateTime<Utc>>,
    /// May issue accounts.
    pub administrator: bool,
    /// Where mail goes.
    pub mail: Option<String>,
    /// Of its mail.
    pub language: String,
    /// Who issued it.
    pub issued_by: Option<Uuid>,
    /// That account's name.
    pub issued_by_name: Option<String>,
}

/// An invitation to be made.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = invitation)]
pub struct NewInvitation {
    /// Id.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// `link`, `code`
    pub kind: String,
    /// By which what is given is recognised.
    pub seal: Vec<u8>,
    /// Until when, real time.
    pub expires_at: DateTime<Utc>,
}

/// An invitation.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = invitation)]
pub struct Invitation {
    /// Id.
    pub id: Uuid,
    /// Whose.
    pub account: Uuid,
    /// `link`, `code`
    pub kind: String,
    /// By which what is given is recognised.
    pub seal: Vec<u8>,
    /// Until when, real time.
    pub expires_at: DateTime<Utc>,
    /// Wrong codes given for it.
    pub tries: i16,
    /// When it was used.
    pub redeemed_at: Option<DateTime<Utc>>,
    /// When another one took its place.
    pub withdrawn_at: Option<DateTime<Utc>>,
}
