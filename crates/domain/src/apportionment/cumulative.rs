//! Round after round on the running total: what is given so far is committed, and the whole supply so
//! far is shared again, so remainders carry over and a small place gets its unit when its turn comes.
//!
//! Keeping each round *and* the total within quota is impossible for more than three (Cembrano,
//! Correa, Griesbach, Verdugo, *Online Proportional Apportionment*); the total is what matters.
use super::{Method, Recipient, Remainder, Status, UNITS_MAX, apportion, check};
use crate::Problem;

/// One line of one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The recipient.
    pub code: String,
    /// Units of this round.
    pub delivered: i64,
    /// Units of all rounds up to this one.
    pub total: i64,
}

/// What one round brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Of the run over everything up to this round.
    pub status: Status,
    /// Sorted by code.
    pub deliveries: Vec<Delivery>,
    /// Units of the whole supply so far that nobody has.
    pub reserve: i64,
}

/// Shares round after round. `totals` is the supply of all rounds up to and including each, in units
/// and never falling; recipients' committed amounts are what they had before the first round, and
/// floors and caps are on the running total.
///
/// # Errors
/// Those of [`apportion`]; `allocation.invalid` when `totals` falls.
pub fn rounds(
    totals: &[i64],
    recipients: &[Recipient],
    method: Method,
    remainder: Remainder,
) -> Result<Vec<Round>, Problem> {
    let mut running: Vec<Recipient> = recipients.to_vec();
    running.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
    let mut rounds = Vec::with_capacity(totals.len());
    let mut before = 0;
    for (place, total) in totals.iter().enumerate() {
        let mut errors = check::Errors::default();
        errors.units(&format!("rounds.{place}"), "", (*total).min(UNITS_MAX + 1));
        errors.units(&format!("rounds.{place}"), "", total.saturating_sub(before).min(0));
        errors.finish()?;
        before = *total;
        let shared = apportion(*total, &running, method, remainder)?;
        let mut deliveries = Vec::with_capacity(running.len());
        for (recipient, line) in running.iter_mut().zip(shared.lines) {
            deliveries.push(Delivery {
                delivered: line.units - recipient.committed,
                total: line.units,
                code: line.code,
            });
            recipient.committed = line.units;
        }
        rounds.push(Round { status: shared.status, deliveries, reserve: shared.reserve });
    }
    Ok(rounds)
}
