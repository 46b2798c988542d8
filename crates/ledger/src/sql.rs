//! The book's SQL, all of it, prepared once per connection ([`platform::statement`]); names are
//! unqualified, since every service has the tables in its own schema.
use crate::{
    rules::{Balance, Effect, Effects, Leg, Recorded},
    transfer::AccountId,
};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use platform::statement;
use std::collections::BTreeMap;
use uuid::Uuid;

type AccountRow = (BigInt, Text, Bool, Bool, BigInt, BigInt, BigInt, BigInt);
type TransferRow = (SqlUuid, Text, BigInt, BigInt, BigInt, Nullable<Timestamptz>, Binary, Bool, BigInt);

statement! {
    /// Opens accounts; the ids rise in the order given.
    Open { units: Vec<String> as Array<Text>, sources: Vec<bool> as Array<Bool> } -> BigInt,
    "insert into account (unit, source)
     select unit, source from unnest(?, ?) with ordinality as given (unit, source, place) order by place
     returning id"
}

statement! {
    /// Accounts without locking them, in id order.
    Read { ids: Vec<i64> as Array<BigInt> } -> AccountRow,
    "select id, unit, source, closed, debits_posted, credits_posted, debits_pending, credits_pending
     from account where id = any(?) order by id"
}

statement! {
    /// Locks and loads the accounts named and those of the transfers named, in id order: two postings
    /// can wait for each other only in one direction. Transfers never change, so that their accounts
    /// may be looked up before anything is locked. Foreign keys to an account are not kept waiting. (An array, not a
    /// join: a plan made while there were few accounts would merge, and go through all of them later.)
    Lock { ids: Vec<i64> as Array<BigInt>, through: Vec<Uuid> as Array<SqlUuid> } -> AccountRow,
    "select id, unit, source, closed, debits_posted, credits_posted, debits_pending, credits_pending
     from account
     where id = any(array(
         select unnest(?) union select unnest(array[debit_account, credit_account]) from transfer where id = any(?)))
     order by id
     for no key update"
}

statement! {
    /// Transfers as later ones depend on them. A statement of its own, after the locks: its snapshot
    /// sees all that was committed before they were had.
    Recall { ids: Vec<Uuid> as Array<SqlUuid> } -> TransferRow,
    "select t.id, t.kind, t.debit_account, t.credit_account, t.amount, t.expires_at, t.body_digest,
            exists (select from transfer r where r.pending_id = t.id),
            coalesce((select sum(c.amount) from transfer c where c.corrects = t.id), 0)::bigint
     from transfer t where t.id = any(?)"
}

statement! {
    /// Pending transfers whose time has come, of accounts that hold reservations at all.
    Due { now: DateTime<Utc> as Timestamptz, limit: i64 as BigInt } -> SqlUuid,
    "select t.id from account a
     join transfer t on t.debit_account = a.id and t.kind = 'pending' and t.expires_at <= ?
     where a.debits_pending > 0 and not exists (select from transfer r where r.pending_id = t.id)
     order by t.expires_at, t.id limit ?"
}

statement! {
    /// Closes accounts, or opens them again, locked in id order as everything else.
    SetClosed { ids: Vec<i64> as Array<BigInt>, closed: bool as Bool },
    "with locked as (select id from account where id = any(?) order by id for no key update)
     update account a set closed = ? from locked where a.id = locked.id"
}

statement! {
    /// Writes a chain: totals as differences, and the log. (The array for the same reason as in [`Lock`].)
    Write {
        accounts: Vec<i64> as Array<BigInt>,
        debits_posted: Vec<i64> as Array<BigInt>,
        credits_posted: Vec<i64> as Array<BigInt>,
        debits_pending: Vec<i64> as Array<BigInt>,
        credits_pending: Vec<i64> as Array<BigInt>,
        ids: Vec<Uuid> as Array<SqlUuid>,
        debits: Vec<i64> as Array<BigInt>,
        credits: Vec<i64> as Array<BigInt>,
        units: Vec<String> as Array<Text>,
        amounts: Vec<i64> as Array<BigInt>,
        kinds: Vec<&'static str> as Array<Text>,
        pending_ids: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        corrects: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        chain_ids: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        chain_lengths: Vec<Option<i32>> as Array<Nullable<Integer>>,
        chain_indexes: Vec<Option<i32>> as Array<Nullable<Integer>>,
        reasons: Vec<Option<String>> as Array<Nullable<Text>>,
        actors: Vec<Uuid> as Array<SqlUuid>,
        business_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
        expires_ats: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        body_digests: Vec<Vec<u8>> as Array<Binary>,
        digests: Vec<Vec<u8>> as Array<Binary>,
    },
    "with d as (
         select * from unnest(?, ?, ?, ?, ?)
             as d (id, debits_posted, credits_posted, debits_pending, credits_pending)),
     moved as (
         update account a
         set debits_posted = a.debits_posted + d.debits_posted, credits_posted = a.credits_posted + d.credits_posted,
             debits_pending = a.debits_pending + d.debits_pending,
             credits_pending = a.credits_pending + d.credits_pending
         from d where a.id = d.id and a.id = any(array(select id from d)))
     insert into transfer (id, debit_account, credit_account, unit, amount, kind, pending_id, corrects,
                           chain_id, chain_length, chain_index, reason, actor, business_at, expires_at,
                           body_digest, digest)
     select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
}

impl Write {
    /// What `effects` changes of accounts that were as in `before`.
    pub(crate) fn new(before: &BTreeMap<AccountId, Balance>, effects: &Effects) -> Self {
        let changed: Vec<(&Balance, &Balance)> = before
            .iter()
            .filter_map(|(id, before)| effects.balances.get(id).map(|after| (before, after)))
            .filter(|(before, after)| before != after)
            .collect();
        let difference = |total: fn(&Balance) -> i64| -> Vec<i64> {
            changed.iter().map(|(before, after)| total(after) - total(before)).collect()
        };
        let entries = &effects.entries;
        Self {
            accounts: changed.iter().map(|(before, _)| before.account.0).collect(),
            debits_posted: difference(|balance| balance.debits_posted),
            credits_posted: difference(|balance| balance.credits_posted),
            debits_pending: difference(|balance| balance.debits_pending),
            credits_pending: difference(|balance| balance.credits_pending),
            ids: entries.iter().map(|entry| entry.id).collect(),
            debits: entries.iter().map(|entry| entry.debit.0).collect(),
            credits: entries.iter().map(|entry| entry.credit.0).collect(),
            units: entries.iter().map(|entry| entry.unit.clone()).collect(),
            amounts: entries.iter().map(|entry| entry.amount).collect(),
            kinds: entries.iter().map(|entry| entry.kind).collect(),
            pending_ids: entries.iter().map(|entry| entry.pending_id).collect(),
            corrects: entries.iter().map(|entry| entry.corrects).collect(),
            chain_ids: entries.iter().map(|entry| entry.place.map(|place| place.chain)).collect(),
            chain_lengths: entries.iter().map(|entry| entry.place.map(|place| place.length)).collect(),
            chain_indexes: entries.iter().map(|entry| entry.place.map(|place| place.index)).collect(),
            reasons: entries.iter().map(|entry| entry.reason.clone()).collect(),
            actors: entries.iter().map(|entry| entry.actor).collect(),
            business_ats: entries.iter().map(|entry| entry.business_at).collect(),
            expires_ats: entries.iter().map(|entry| entry.expires_at).collect(),
            body_digests: entries.iter().map(|entry| entry.body_digest.to_vec()).collect(),
            digests: entries.iter().map(|entry| entry.digest().to_vec()).collect(),
        }
    }
}

type AccountValues = (i64, String, bool, bool, i64, i64, i64, i64);

/// A row of [`Read`] or [`Lock`].
pub(crate) fn balance(row: AccountValues) -> Balance {
    let (id, unit, source, closed, debits_posted, credits_posted, debits_pending, credits_pending) = row;
    let account = AccountId(id);
    Balance { account, unit, source, closed, debits_posted, credits_posted, debits_pending, credits_pending }
}

type TransferValues = (Uuid, String, i64, i64, i64, Option<DateTime<Utc>>, Vec<u8>, bool, i64);

/// A row of [`Recall`].
pub(crate) fn recorded(row: TransferValues) -> (Uuid, Recorded) {
    let (id, kind, debit, credit, amount, expires_at, body_digest, resolved, corrected) = row;
    let leg = Leg { debit: AccountId(debit), credit: AccountId(credit), amount };
    (id, Recorded { effect: Effect::of(&kind), leg, expires_at, body_digest, resolved, corrected })
}
