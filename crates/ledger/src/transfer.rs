//! What a caller asks for ([`Transfer`]), what the log keeps ([`Entry`]), and the digests of both.
use chrono::DateTime;
use domain::time::{Instant, rfc3339};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An account of the book. What it stands for is written in the service's own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// What a transfer does, after TigerBeetle's model. Amounts are whole units of the account (vials),
/// 1 to [`crate::AMOUNT_MAX`]; things go from `debit` to `credit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Moves at once.
    Post {
        /// Where they come from.
        debit: AccountId,
        /// Where they go.
        credit: AccountId,
        /// How many.
        amount: i64,
    },
    /// Reserves: takes from what is available without giving yet.
    Pending {
        /// Where they come from.
        debit: AccountId,
        /// Where they go.
        credit: AccountId,
        /// How many.
        amount: i64,
        /// The business time from which on the reservation can only expire; `None`: never.
        expires_at: Option<Instant>,
    },
    /// Moves what was reserved.
    PostPending {
        /// The reservation.
        pending: Uuid,
        /// How many of it; the rest is available again. `None`: all.
        amount: Option<i64>,
    },
    /// Gives up the reservation: all is available again.
    VoidPending {
        /// The reservation.
        pending: Uuid,
    },
    /// The same, because its time has come.
    ExpirePending {
        /// The reservation.
        pending: Uuid,
    },
    /// Takes a wrong transfer back by the opposite one, which cites it. The wrong one stays.
    Correction {
        /// The wrong transfer: one that moved (post, post of a pending one, correction).
        wrong: Uuid,
        /// How many of it. `None`: all that earlier corrections left.
        amount: Option<i64>,
    },
}

impl Kind {
    /// The word in column `kind`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Post { .. } => "post",
            Self::Pending { .. } => "pending",
            Self::PostPending { .. } => "post_pending",
            Self::VoidPending { .. } => "void_pending",
            Self::ExpirePending { .. } => "expire_pending",
            Self::Correction { .. } => "correction",
        }
    }

    /// The transfer that this one resolves or corrects.
    #[must_use]
    pub fn refers_to(&self) -> Option<Uuid> {
        match self {
            Self::Post { .. } | Self::Pending { .. } => None,
            Self::PostPending { pending, .. } | Self::VoidPending { pending } | Self::ExpirePending { pending } => {
                Some(*pending)
            }
            Self::Correction { wrong, .. } => Some(*wrong),
        }
    }
}

/// One transfer as a caller asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Made by the caller, kept before it is sent: the same id is the same transfer.
    pub id: Uuid,
    /// What it does.
    pub kind: Kind,
    /// Why, in the caller's words.
    pub reason: Option<String>,
}

impl Transfer {
    fn new(id: Uuid, kind: Kind) -> Self {
        Self { id, kind, reason: None }
    }

    /// Moves `amount` at once.
    #[must_use]
    pub fn post(id: Uuid, debit: AccountId, credit: AccountId, amount: i64) -> Self {
        Self::new(id, Kind::Post { debit, credit, amount })
    }

    /// Reserves `amount`, until `expires_at` if there is such a time.
    #[must_use]
    pub fn pending(
        id: Uuid,
        debit: AccountId,
        credit: AccountId,
        amount: i64,
        expires_at: impl Into<Option<Instant>>,
    ) -> Self {
        Self::new(id, Kind::Pending { debit, credit, amount, expires_at: expires_at.into() })
    }

    /// Moves what `pending` reserved: `amount` of it, or all.
    #[must_use]
    pub fn post_pending(id: Uuid, pending: Uuid, amount: impl Into<Option<i64>>) -> Self {
        Self::new(id, Kind::PostPending { pending, amount: amount.into() })
    }

    /// Gives up what `pending` reserved.
    #[must_use]
    pub fn void_pending(id: Uuid, pending: Uuid) -> Self {
        Self::new(id, Kind::VoidPending { pending })
    }

    /// Lets `pending` expire; its time must have come.
    #[must_use]
    pub fn expire_pending(id: Uuid, pending: Uuid) -> Self {
        Self::new(id, Kind::ExpirePending { pending })
    }

    /// Takes `wrong` back: `amount` of it, or all that is left.
    #[must_use]
    pub fn correction(id: Uuid, wrong: Uuid, amount: impl Into<Option<i64>>) -> Self {
        Self::new(id, Kind::Correction { wrong, amount: amount.into() })
    }

    /// Says why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// SHA-256 over what was asked: tells a retry from another transfer under the same id. Actor and
    /// time are left out, since a retry comes later and may come from another hand.
    pub(crate) fn body_digest(&self, place: Option<Place>) -> [u8; 32] {
        let mut facts = Facts::default();
        facts.id(self.id);
        facts.text(self.kind.as_str());
        match &self.kind {
            Kind::Post { debit, credit, amount } => facts.leg(*debit, *credit, *amount),
            Kind::Pending { debit, credit, amount, expires_at } => {
                facts.leg(*debit, *credit, *amount);
                facts.optional(expires_at.map(rfc3339).as_deref());
            }
            Kind::PostPending { pending: other, amount } | Kind::Correction { wrong: other, amount } => {
                facts.id(*other);
                facts.optional(amount.map(|amount| amount.to_string()).as_deref());
            }
            Kind::VoidPending { pending } | Kind::ExpirePending { pending } => facts.id(*pending),
        }
        facts.place(place);
        facts.optional(self.reason.as_deref());
        facts.sha256()
    }
}

/// A transfer's place in the chain it was posted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Id of the chain's first transfer, which names the chain.
    pub chain: Uuid,
    /// How many transfers the chain has: 2 or more.
    pub length: i32,
    /// Which of them this is, from 0.
    pub index: i32,
}

/// One row of the log, as it is written: never changed, never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The transfer's id.
    pub id: Uuid,
    /// The word in column `kind`.
    pub kind: &'static str,
    /// Where they come from.
    pub debit: AccountId,
    /// Where they go.
    pub credit: AccountId,
    /// Of both accounts.
    pub unit: String,
    /// What moved, was reserved, or (void, expire) was given back. After a partial post the rest is
    /// the pending transfer's amount less this one.
    pub amount: i64,
    /// The pending transfer resolved by this one.
    pub pending_id: Option<Uuid>,
    /// The wrong transfer corrected by this one.
    pub corrects: Option<Uuid>,
    /// Its place in a chain; `None` when it was posted by itself.
    pub place: Option<Place>,
    /// Why.
    pub reason: Option<String>,
    /// Whose account acted (a person's or a machine's).
    pub actor: Uuid,
    /// Business time, whole milliseconds.
    pub business_at: Instant,
    /// When a pending transfer expires, whole milliseconds.
    pub expires_at: Option<Instant>,
    /// SHA-256 over what the caller asked.
    pub body_digest: [u8; 32],
}

impl Entry {
    /// SHA-256 over the row's own facts, so that an auditor can recompute it from the row alone.
    ///
    /// The facts are texts in UTF-8, each preceded by its length in bytes as an unsigned 64-bit
    /// big-endian number, in this order: id, kind, debit account, credit account, unit, amount,
    /// pending_id?, corrects?, chain_id?, chain_length?, chain_index?, reason?, actor, business_at,
    /// expires_at?, body_digest. Numbers are decimal, uuids lower-case with hyphens, instants RFC 3339
    /// with `Z` and three decimals, the body's digest lower-case hexadecimal. A fact marked `?` is two
    /// texts: `1` and the fact, or `0` and the empty text. (`txid` and `recorded_at` come from the
    /// database and are not covered.)
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut facts = Facts::default();
        facts.id(self.id);
        facts.text(self.kind);
        facts.text(&self.debit.0.to_string());
        facts.text(&self.credit.0.to_string());
        facts.text(&self.unit);
        facts.text(&self.amount.to_string());
        facts.optional_id(self.pending_id);
        facts.optional_id(self.corrects);
        facts.place(self.place);
        facts.optional(self.reason.as_deref());
        facts.id(self.actor);
        facts.text(&rfc3339(self.business_at));
        facts.optional(self.expires_at.map(rfc3339).as_deref());
        facts.text(&self.body_digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            hex.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
            hex
        }));
        facts.sha256()
    }
}

/// An instant without what lies beyond the millisecond: digests and the database then agree on it.
pub(crate) fn whole_millis(instant: Instant) -> Instant {
    DateTime::from_timestamp_millis(instant.timestamp_millis()).unwrap_or(instant)
}

/// Facts in a row, each with its length before it, so that no two different rows read the same.
#[derive(Default)]
struct Facts(Vec<u8>);

impl Facts {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.text(if text.is_some() { "1" } else { "0" });
        self.text(text.unwrap_or(""));
    }

    fn id(&mut self, id: Uuid) {
        self.text(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }

    fn optional_id(&mut self, id: Option<Uuid>) {
        let mut buffer = Uuid::encode_buffer();
        self.optional(id.map(|id| &*id.hyphenated().encode_lower(&mut buffer)));
    }

    fn leg(&mut self, debit: AccountId, credit: AccountId, amount: i64) {
        for number in [debit.0, credit.0, amount] {
            self.text(&number.to_string());
        }
    }

    fn place(&mut self, place: Option<Place>) {
        self.optional_id(place.map(|place| place.chain));
        self.optional(place.map(|place| place.length.to_string()).as_deref());
        self.optional(place.map(|place| place.index.to_string()).as_deref());
    }

    fn sha256(self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}
