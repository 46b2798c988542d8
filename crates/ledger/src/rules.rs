//! The rules of the book, pure: from what was loaded and what is asked to what is written, or to the
//! first step that fails. No database, no clock, no randomness.
use crate::{
    AMOUNT_MAX, AccountId, CHAIN_MAX,
    refusal::{Reason, Refusal},
    transfer::{Entry, Kind, Place, Transfer, whole_millis},
};
use domain::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An account with its totals, whole units, none negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Which account.
    pub account: AccountId,
    /// What is counted.
    pub unit: String,
    /// It may go below zero: here things enter the book.
    pub source: bool,
    /// Nothing goes out any more.
    pub closed: bool,
    /// All that went out.
    pub debits_posted: i64,
    /// All that came in.
    pub credits_posted: i64,
    /// Reserved to go out.
    pub debits_pending: i64,
    /// Reserved to come in.
    pub credits_pending: i64,
}

impl Balance {
    /// What can still go out: came in, less went out, less reserved. Negative only for a source.
    #[must_use]
    pub fn available(&self) -> i64 {
        // totals are from 0 to 2^63-1, so only the last step could leave 64 bits, and only for a source
        (self.credits_posted - self.debits_posted).saturating_sub(self.debits_pending)
    }

    /// What there is: came in, less went out. Reservations do not count. Negative only for a source.
    #[must_use]
    pub fn posted(&self) -> i64 {
        self.credits_posted - self.debits_posted
    }
}

/// What a transfer has done to its two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reserved.
    Reserved,
    /// Moved.
    Moved,
    /// Given back.
    Returned,
}

impl Effect {
    /// From the word in column `kind`.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        match kind {
            "pending" => Self::Reserved,
            "void_pending" | "expire_pending" => Self::Returned,
            _ => Self::Moved,
        }
    }
}

/// So many from here to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// Where they come from.
    pub debit: AccountId,
    /// Where they go.
    pub credit: AccountId,
    /// How many.
    pub amount: i64,
}

/// A transfer of the log, as far as later ones depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What it did.
    pub effect: Effect,
    /// Between which accounts.
    pub leg: Leg,
    /// When a reservation expires.
    pub expires_at: Option<Instant>,
    /// What its caller asked.
    pub body_digest: Vec<u8>,
    /// A reservation that was posted, voided or expired.
    pub resolved: bool,
    /// How many of it were taken back.
    pub corrected: i64,
}

/// The part of the book that a chain touches: its accounts, and of the log what has an id of the
/// chain or is referred to by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    /// Accounts by id.
    pub accounts: BTreeMap<AccountId, Balance>,
    /// Transfers by id.
    pub transfers: BTreeMap<Uuid, Recorded>,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The accounts of the book, after the chain.
    pub balances: BTreeMap<AccountId, Balance>,
    /// Rows for the log, in the order of the chain.
    pub entries: Vec<Entry>,
}

/// What becomes of a chain that is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The very same chain was posted before: nothing to write.
    Exists,
    /// Every step holds.
    New(Effects),
}

/// Whether a chain may be looked at at all.
///
/// # Errors
/// [`Reason::ChainEmpty`], [`Reason::ChainTooLong`] or [`Reason::DuplicateId`].
pub fn check_shape(chain: &[Transfer]) -> Result<(), Refusal> {
    let whole = |reason| Refusal { step: 0, transfer: Uuid::nil(), reason };
    if chain.is_empty() {
        return Err(whole(Reason::ChainEmpty));
    }
    if chain.len() > CHAIN_MAX {
        return Err(whole(Reason::ChainTooLong(chain.len())));
    }
    let mut ids = BTreeSet::new();
    match chain.iter().enumerate().find(|(_, transfer)| !ids.insert(transfer.id)) {
        Some((step, transfer)) => Err(Refusal { step, transfer: transfer.id, reason: Reason::DuplicateId }),
        None => Ok(()),
    }
}

/// Applies a chain, step by step: a step may spend what an earlier one brought, and resolve or
/// correct an earlier one. `actor` and `now` are written into the entries.
///
/// # Errors
/// The first step that fails; then nothing of the chain holds.
pub fn apply(mut book: Book, chain: &[Transfer], actor: Uuid, now: Instant) -> Result<Outcome, Refusal> {
    check_shape(chain)?;
    let asked = Asked::all(chain);
    if exists(&book, &asked)? {
        return Ok(Outcome::Exists);
    }
    let now = whole_millis(now);
    let mut entries = Vec::with_capacity(chain.len());
    for (step, asked) in asked.into_iter().enumerate() {
        let refused = |reason| Refusal { step, transfer: asked.transfer.id, reason };
        let leg = book.step(asked.transfer, now).map_err(refused)?;
        let unit = book.account(leg.debit).map_err(refused)?.unit.clone();
        let entry = asked.entry(leg, unit, actor, now);
        book.record(&entry);
        entries.push(entry);
    }
    Ok(Outcome::New(Effects { balances: book.accounts, entries }))
}

/// A transfer of a chain, with what it is recognised by.
struct Asked<'a> {
    transfer: &'a Transfer,
    place: Option<Place>,
    body_digest: [u8; 32],
}

impl<'a> Asked<'a> {
    fn all(chain: &'a [Transfer]) -> Vec<Self> {
        let length = i32::try_from(chain.len()).ok().filter(|length| *length > 1);
        // a chain is named by its first transfer; a transfer by itself has no chain
        let named = chain.first().zip(length).map(|(first, length)| (first.id, length));
        (0..)
            .zip(chain)
            .map(|(index, transfer)| {
                let place = named.map(|(chain, length)| Place { chain, length, index });
                Self { transfer, place, body_digest: transfer.body_digest(place) }
            })
            .collect()
    }

    fn entry(&self, leg: Leg, unit: String, actor: Uuid, now: Instant) -> Entry {
        let (pending_id, corrects, expires_at) = match self.transfer.kind {
            Kind::Post { .. } => (None, None, None),
            Kind::Pending { expires_at, .. } => (None, None, expires_at.map(whole_millis)),
            Kind::PostPending { pending, .. } | Kind::VoidPending { pending } | Kind::ExpirePending { pending } => {
                (Some(pending), None, None)
            }
            Kind::Correction { wrong, .. } => (None, Some(wrong), None),
        };
        Entry {
            id: self.transfer.id,
            kind: self.transfer.kind.as_str(),
            debit: leg.debit,
            credit: leg.credit,
            unit,
            amount: leg.amount,
            pending_id,
            corrects,
            place: self.place,
            reason: self.transfer.reason.clone(),
            actor,
            business_at: now,
            expires_at,
            body_digest: self.body_digest,
        }
    }
}

/// Whether all of the chain was posted before. A part of it never is: chains are posted whole, and
/// the digest covers the place in the chain.
fn exists(book: &Book, asked: &[Asked<'_>]) -> Result<bool, Refusal> {
    let recorded: Vec<(usize, Uuid, bool)> = asked
        .iter()
        .enumerate()
        .filter_map(|(step, Asked { transfer, body_digest, .. })| {
            let recorded = book.transfers.get(&transfer.id)?;
            Some((step, transfer.id, recorded.body_digest == body_digest))
        })
        .collect();
    let whole = recorded.len() == asked.len();
    let other = recorded.iter().find(|(_, _, same)| !same);
    match other.or(recorded.first().filter(|_| !whole)) {
        Some((step, transfer, _)) => Err(Refusal { step: *step, transfer: *transfer, reason: Reason::IdReused }),
        None => Ok(whole),
    }
}

fn in_range(amount: i64) -> Result<i64, Reason> {
    if (1..=AMOUNT_MAX).contains(&amount) { Ok(amount) } else { Err(Reason::AmountOutOfRange(amount)) }
}

fn add(total: &mut i64, amount: i64) -> Result<(), Reason> {
    *total = total.checked_add(amount).ok_or(Reason::AmountOutOfRange(amount))?;
    Ok(())
}

impl Book {
    fn account(&self, id: AccountId) -> Result<&Balance, Reason> {
        self.accounts.get(&id).ok_or(Reason::AccountMissing(id))
    }

    fn account_mut(&mut self, id: AccountId) -> Result<&mut Balance, Reason> {
        self.accounts.get_mut(&id).ok_or(Reason::AccountMissing(id))
    }

    /// Does one step, and answers between which accounts and how many.
    fn step(&mut self, transfer: &Transfer, now: Instant) -> Result<Leg, Reason> {
        match transfer.kind {
            Kind::Post { debit, credit, amount } => {
                let leg = Leg { debit, credit, amount };
                self.check(leg)?;
                self.move_posted(leg)?;
                Ok(leg)
            }
            Kind::Pending { debit, credit, amount, .. } => {
                let leg = Leg { debit, credit, amount };
                self.check(leg)?;
                add(&mut self.account_mut(debit)?.debits_pending, amount)?;
                add(&mut self.account_mut(credit)?.credits_pending, amount)?;
                Ok(leg)
            }
            Kind::PostPending { pending, amount } => self.post_pending(pending, amount, now),
            Kind::VoidPending { pending } => {
                self.not_expired(pending, now)?;
                self.release(pending)
            }
            Kind::ExpirePending { pending } => {
                let due = self.open_pending(pending)?.expires_at.is_some_and(|expires_at| expires_at <= now);
                if !due {
                    return Err(Reason::PendingNotDue(pending));
                }
                self.release(pending)
            }
            Kind::Correction { wrong, amount } => self.correct(wrong, amount),
        }
    }

    /// What holds for everything that takes from what is available.
    fn check(&self, leg: Leg) -> Result<(), Reason> {
        in_range(leg.amount)?;
        if leg.debit == leg.credit {
            return Err(Reason::SameAccount(leg.debit));
        }
        let (debit, credit) = (self.account(leg.debit)?, self.account(leg.credit)?);
        if debit.unit != credit.unit {
            return Err(Reason::UnitMismatch { debit: debit.unit.clone(), credit: credit.unit.clone() });
        }
        if debit.closed {
            return Err(Reason::AccountClosed(leg.debit));
        }
        if !debit.source && debit.available() < leg.amount {
            let available = debit.available();
            return Err(Reason::Insufficient { account: leg.debit, needed: leg.amount, available });
        }
        Ok(())
    }

    fn move_posted(&mut self, leg: Leg) -> Result<(), Reason> {
        add(&mut self.account_mut(leg.debit)?.debits_posted, leg.amount)?;
        add(&mut self.account_mut(leg.credit)?.credits_posted, leg.amount)
    }

    /// A reservation that nobody has resolved.
    fn open_pending(&self, id: Uuid) -> Result<&Recorded, Reason> {
        let found = self.transfers.get(&id).filter(|found| found.effect == Effect::Reserved && self.holds(found.leg));
        let found = found.ok_or(Reason::PendingNotFound(id))?;
        if found.resolved { Err(Reason::PendingAlreadyResolved(id)) } else { Ok(found) }
    }

    /// A transfer that was committed between the locking of the accounts and the reading of the log
    /// can be seen without its accounts; it was not there when the chain got its turn.
    fn holds(&self, leg: Leg) -> bool {
        self.accounts.contains_key(&leg.debit) && self.accounts.contains_key(&leg.credit)
    }

    fn not_expired(&self, pending: Uuid, now: Instant) -> Result<&Recorded, Reason> {
        let held = self.open_pending(pending)?;
        match held.expires_at {
            Some(expires_at) if expires_at <= now => Err(Reason::PendingExpired { pending, expires_at }),
            _ => Ok(held),
        }
    }

    fn post_pending(&mut self, pending: Uuid, amount: Option<i64>, now: Instant) -> Result<Leg, Reason> {
        let held = self.not_expired(pending, now)?.leg;
        let amount = in_range(amount.unwrap_or(held.amount))?;
        if amount > held.amount {
            return Err(Reason::PendingAmountExceeded { pending, amount, reserved: held.amount });
        }
        if self.account(held.debit)?.closed {
            return Err(Reason::AccountClosed(held.debit));
        }
        self.release(pending)?;
        let leg = Leg { amount, ..held };
        self.move_posted(leg)?;
        Ok(leg)
    }

    /// Ends a reservation: all of it is available again.
    fn release(&mut self, pending: Uuid) -> Result<Leg, Reason> {
        let leg = self.open_pending(pending)?.leg;
        // what is released was reserved; if the totals say otherwise the database's checks refuse it
        self.account_mut(leg.debit)?.debits_pending -= leg.amount;
        self.account_mut(leg.credit)?.credits_pending -= leg.amount;
        if let Some(held) = self.transfers.get_mut(&pending) {
            held.resolved = true;
        }
        Ok(leg)
    }

    fn correct(&mut self, wrong: Uuid, amount: Option<i64>) -> Result<Leg, Reason> {
        let found = self.transfers.get(&wrong).filter(|found| found.effect == Effect::Moved && self.holds(found.leg));
        let found = found.ok_or(Reason::CorrectedNotFound(wrong))?;
        let left = found.leg.amount - found.corrected;
        let amount = match amount {
            Some(amount) => in_range(amount)?,
            None => left,
        };
        if amount > left || left < 1 {
            return Err(Reason::CorrectionExceeded { wrong, left });
        }
        let leg = Leg { debit: found.leg.credit, credit: found.leg.debit, amount };
        self.check(leg)?;
        self.move_posted(leg)?;
        if let Some(found) = self.transfers.get_mut(&wrong) {
            found.corrected += amount;
        }
        Ok(leg)
    }

    /// Later steps of the chain may refer to this one.
    fn record(&mut self, entry: &Entry) {
        let recorded = Recorded {
            effect: Effect::of(entry.kind),
            leg: Leg { debit: entry.debit, credit: entry.credit, amount: entry.amount },
            expires_at: entry.expires_at,
            body_digest: entry.body_digest.to_vec(),
            resolved: false,
            corrected: 0,
        };
        self.transfers.insert(entry.id, recorded);
    }
}
