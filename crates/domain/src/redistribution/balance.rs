//! What each place should hold of everything that lies somewhere, and what it has too much or too little.
use super::Place;
use crate::{
    Problem,
    apportionment::{Apportionment, Method, Recipient, Remainder, Status, UNITS_MAX, apportion, check::Errors},
};
use serde::{Deserialize, Serialize};

/// How vials are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// In a deep freezer.
    UltraCold,
    /// In a freezer.
    Frozen,
    /// Thawed.
    Refrigerated,
}

/// Vials of a place that are kept the same way and have travelled equally often since they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parcel {
    /// How they are kept.
    pub storage: Storage,
    /// How often they have travelled, kept so.
    pub hops: i64,
    /// How many.
    pub vials: i64,
}

/// How often vials may travel, by how they are kept; `None` for no limit. What has travelled that often
/// stays where it is: the routes from it are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HopLimits {
    /// In a deep freezer.
    pub ultra_cold: Option<i64>,
    /// In a freezer.
    pub frozen: Option<i64>,
    /// Thawed.
    pub refrigerated: Option<i64>,
}

impl Default for HopLimits {
    /// A vial may travel once after it was thawed.
    fn default() -> Self {
        Self { ultra_cold: None, frozen: None, refrigerated: Some(1) }
    }
}

impl HopLimits {
    fn lets(&self, parcel: &Parcel) -> bool {
        let limit = match parcel.storage {
            Storage::UltraCold => self.ultra_cold,
            Storage::Frozen => self.frozen,
            Storage::Refrigerated => self.refrigerated,
        };
        limit.is_none_or(|limit| parcel.hops < limit)
    }
}

/// What lies at a place, and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Unique.
    pub code: String,
    /// Everything that lies there.
    pub parcels: Vec<Parcel>,
    /// What the whole stock is shared in proportion to: use a day, or people who are due.
    pub need_rate: i64,
    /// Vials for bookings and second doses: its target is never below this.
    pub reserved: i64,
}

impl Holding {
    /// Vials that lie there.
    #[must_use]
    pub fn stock(&self) -> i64 {
        self.parcels.iter().fold(0, |sum, parcel| sum.saturating_add(parcel.vials))
    }
}

/// A place against its target, in vials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The place.
    pub code: String,
    /// What lies there.
    pub stock: i64,
    /// What should.
    pub target: i64,
    /// What it has above target and threshold and may travel.
    pub surplus: i64,
    /// What it has above target and threshold and may not travel any more.
    pub stuck: i64,
    /// What it lacks below target and threshold.
    pub shortage: i64,
}

impl From<&Balance> for Place {
    fn from(balance: &Balance) -> Self {
        Self { code: balance.code.clone(), surplus: balance.surplus, shortage: balance.shortage }
    }
}

/// Every place against its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balances {
    /// Of the targets. When overcommitted, more is reserved than lies anywhere and targets are what is reserved.
    pub status: Status,
    /// Sorted by code.
    pub places: Vec<Balance>,
}

/// What each place should hold: the whole stock shared by need (Webster), what is reserved committed. The
/// lines are sorted by code.
///
/// # Errors
/// `allocation.invalid` naming each field at fault (`places.2.parcels`; else as
/// [`apportion`] names them: `recipients.2.weight` is the need rate, `recipients.2.committed` the
/// reserved amount). `allocation.all_weights_zero` when there is stock and nobody has need.
pub fn targets(holdings: &[Holding]) -> Result<Apportionment, Problem> {
    let mut errors = Errors::default();
    for (place, holding) in holdings.iter().enumerate() {
        for parcel in &holding.parcels {
            errors.units(&format!("places.{place}.parcels"), &holding.code, parcel.vials);
            errors.units(&format!("places.{place}.parcels"), &holding.code, parcel.hops);
        }
    }
    errors.finish()?;
    let recipient = |holding: &Holding| Recipient {
        committed: holding.reserved,
        ..Recipient::new(holding.code.clone(), holding.need_rate)
    };
    let recipients: Vec<Recipient> = holdings.iter().map(recipient).collect();
    let stock = holdings.iter().fold(0_i64, |sum, holding| sum.saturating_add(holding.stock()));
    apportion(stock, &recipients, Method::Webster, Remainder::Hold)
}

/// Surplus and shortage of each place: what it is off its target by more than `threshold` vials. Of a
/// surplus only what `limits` lets travel is given.
///
/// # Errors
/// Those of [`targets`]; `allocation.invalid` for a negative threshold.
pub fn balances(holdings: &[Holding], threshold: i64, limits: &HopLimits) -> Result<Balances, Problem> {
    let mut errors = Errors::default();
    errors.range("threshold", "", threshold, UNITS_MAX);
    errors.finish()?;
    let Apportionment { status, lines, .. } = targets(holdings)?;
    let mut sorted: Vec<&Holding> = holdings.iter().collect();
    sorted.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
    let balance = |(holding, target): (&Holding, i64)| {
        let stock = holding.stock();
        let movable: i64 = holding.parcels.iter().filter(|parcel| limits.lets(parcel)).map(|parcel| parcel.vials).sum();
        let above = (stock - target - threshold).max(0);
        Balance {
            code: holding.code.clone(),
            stock,
            target,
            surplus: above.min(movable),
            stuck: (above - movable).max(0),
            shortage: (target - stock - threshold).max(0),
        }
    };
    let places = sorted.into_iter().zip(lines.iter().map(|line| line.units)).map(balance).collect();
    Ok(Balances { status, places })
}
