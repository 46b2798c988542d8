//! Why a chain is not posted: the first step that fails, and what is wrong with it.
use crate::{AMOUNT_MAX, AccountId, CHAIN_MAX};
use domain::{
    Problem,
    error::{self, Code},
    time::{Instant, rfc3339},
};
use platform::failure::Failure;
use uuid::Uuid;

/// What is wrong. Each is a row of the table of error codes, area `ledger.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The chain has no transfer.
    ChainEmpty,
    /// The chain has more than [`CHAIN_MAX`] transfers.
    ChainTooLong(usize),
    /// An earlier step of the chain has the same id.
    DuplicateId,
    /// The id belongs to another transfer, or to one that was posted with another chain.
    IdReused,
    /// Not from 1 to [`AMOUNT_MAX`], or the account's totals would leave 64 bits.
    AmountOutOfRange(i64),
    /// Debit and credit are the same account.
    SameAccount(AccountId),
    /// There is no such account.
    AccountMissing(AccountId),
    /// Nothing goes out of this account any more.
    AccountClosed(AccountId),
    /// The two sides count different things.
    UnitMismatch {
        /// What the debit side counts.
        debit: String,
        /// What the credit side counts.
        credit: String,
    },
    /// The debit account has too little.
    Insufficient {
        /// Which account.
        account: AccountId,
        /// How many were asked.
        needed: i64,
        /// How many there are.
        available: i64,
    },
    /// No such transfer, or not a pending one.
    PendingNotFound(Uuid),
    /// It was posted, voided or expired before.
    PendingAlreadyResolved(Uuid),
    /// Its time has come: it can only expire.
    PendingExpired {
        /// The pending transfer.
        pending: Uuid,
        /// When it expired.
        expires_at: Instant,
    },
    /// It cannot expire yet, or never will.
    PendingNotDue(Uuid),
    /// More is posted than was reserved.
    PendingAmountExceeded {
        /// The pending transfer.
        pending: Uuid,
        /// How many were asked.
        amount: i64,
        /// How many were reserved.
        reserved: i64,
    },
    /// No such transfer, or not one that moved anything.
    CorrectedNotFound(Uuid),
    /// More is taken back than earlier corrections left.
    CorrectionExceeded {
        /// The wrong transfer.
        wrong: Uuid,
        /// How many can still be taken back.
        left: i64,
    },
}

impl Reason {
    fn code(&self) -> &'static Code {
        match self {
            Self::ChainEmpty => &error::LEDGER_CHAIN_EMPTY,
            Self::ChainTooLong(_) => &error::LEDGER_CHAIN_TOO_LONG,
            Self::DuplicateId => &error::LEDGER_DUPLICATE_ID,
            Self::IdReused => &error::LEDGER_ID_REUSED,
            Self::AmountOutOfRange(_) => &error::LEDGER_AMOUNT_OUT_OF_RANGE,
            Self::SameAccount(_) => &error::LEDGER_SAME_ACCOUNT,
            Self::AccountMissing(_) => &error::LEDGER_ACCOUNT_MISSING,
            Self::AccountClosed(_) => &error::LEDGER_ACCOUNT_CLOSED,
            Self::UnitMismatch { .. } => &error::LEDGER_UNIT_MISMATCH,
            Self::Insufficient { .. } => &error::LEDGER_INSUFFICIENT,
            Self::PendingNotFound(_) => &error::LEDGER_PENDING_NOT_FOUND,
            Self::PendingAlreadyResolved(_) => &error::LEDGER_PENDING_ALREADY_RESOLVED,
            Self::PendingExpired { .. } => &error::LEDGER_PENDING_EXPIRED,
            Self::PendingNotDue(_) => &error::LEDGER_PENDING_NOT_DUE,
            Self::PendingAmountExceeded { .. } => &error::LEDGER_PENDING_AMOUNT_EXCEEDED,
            Self::CorrectedNotFound(_) => &error::LEDGER_CORRECTED_NOT_FOUND,
            Self::CorrectionExceeded { .. } => &error::LEDGER_CORRECTION_EXCEEDED,
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ChainEmpty | Self::DuplicateId | Self::IdReused => Vec::new(),
            Self::ChainTooLong(given) => vec![("limit", CHAIN_MAX.to_string()), ("given", given.to_string())],
            Self::AmountOutOfRange(amount) => vec![("max", AMOUNT_MAX.to_string()), ("amount", amount.to_string())],
            Self::SameAccount(account) | Self::AccountMissing(account) | Self::AccountClosed(account) => {
                vec![("account", account.0.to_string())]
            }
            Self::UnitMismatch { debit, credit } => {
                vec![("debit_unit", debit.clone()), ("credit_unit", credit.clone())]
            }
            Self::Insufficient { account, needed, available } => vec![
                ("account", account.0.to_string()),
                ("needed", needed.to_string()),
                ("available", available.to_string()),
            ],
            Self::PendingNotFound(pending) | Self::PendingAlreadyResolved(pending) | Self::PendingNotDue(pending) => {
                vec![("pending", pending.to_string())]
            }
            Self::PendingExpired { pending, expires_at } => {
                vec![("pending", pending.to_string()), ("expires_at", rfc3339(*expires_at))]
            }
            Self::PendingAmountExceeded { pending, amount, reserved } => vec![
                ("pending", pending.to_string()),
                ("amount", amount.to_string()),
                ("reserved", reserved.to_string()),
            ],
            Self::CorrectedNotFound(wrong) => vec![("wrong", wrong.to_string())],
            Self::CorrectionExceeded { wrong, left } => {
                vec![("wrong", wrong.to_string()), ("left", left.to_string())]
            }
        }
    }
}

/// The chain was not posted, not one step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The first step that fails, counted from 0.
    pub step: usize,
    /// Its transfer; nil when the chain as such is refused.
    pub transfer: Uuid,
    /// What is wrong with it.
    pub reason: Reason,
}

impl From<Refusal> for Problem {
    /// With the parameters `step` and `transfer` beside those of the reason.
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(refusal.reason.code())
            .with("step", &refusal.step.to_string())
            .with("transfer", &refusal.transfer.to_string());
        refusal.reason.params().iter().fold(problem, |problem, (name, value)| problem.with(name, value))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Problem(refusal.into())
    }
}
