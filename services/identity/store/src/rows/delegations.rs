//! Delegations.
use crate::schema::delegation;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::{BusinessDay, Problem, delegation::is_in_force, policy::Place};
use uuid::Uuid;

/// A delegation. The giver's role and home are those that the taker acts with.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = delegation)]
pub struct Delegation {
    /// Id.
    pub id: Uuid,
    /// The giver.
    pub organisation: Uuid,
    /// The giver's name.
    pub organisation_name: String,
    /// The giver's English name.
    pub organisation_name_en: String,
    /// The giver's role.
    pub role: String,
    /// The giver's home.
    pub territory: String,
    /// The giver's home, if it is a facility.
    pub facility: Option<Uuid>,
    /// The giver's home, if it is a wholesaler.
    pub partner: Option<String>,
    /// The taker.
    pub account: Uuid,
    /// The taker's name.
    pub account_name: String,
    /// What it may do.
    pub actions: Vec<String>,
    /// The first business day.
    pub valid_from: NaiveDate,
    /// The last business day.
    pub valid_until: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub made_by: Uuid,
    /// That account's name.
    pub made_by_name: String,
    /// When, business time.
    pub made_at: DateTime<Utc>,
    /// The second person.
    pub confirmed_by: Option<Uuid>,
    /// That account's name.
    pub confirmed_by_name: Option<String>,
    /// When, business time.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Who ended it.
    pub ended_by_name: Option<String>,
    /// When, business time.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub end_reason: Option<String>,
    /// Counts up with every step.
    pub version: i32,
}

impl Delegation {
    /// `proposed`, `confirmed`, `ended`
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.ended_at, self.confirmed_at) {
            (Some(_), _) => "ended",
            (None, Some(_)) => "confirmed",
            (None, None) => "proposed",
        }
    }

    /// Can it be used on this business day?
    #[must_use]
    pub fn is_in_force(&self, today: BusinessDay) -> bool {
        let (from, until) = (BusinessDay::from_date(self.valid_from), BusinessDay::from_date(self.valid_until));
        self.state() == "confirmed" && is_in_force(from, until, today)
    }

    /// The giver's home.
    ///
    /// # Errors
    /// When a stored code is none.
    pub fn home(&self) -> Result<Place, Problem> {
        super::accounts::home(&self.territory, self.facility, self.partner.as_deref())
    }
}
