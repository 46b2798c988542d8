//! Writes of every plan, prepared once per connection ([`platform::statement`]).
use crate::rows::{BookAccount, Plan, PlanChange, PlanLine};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use platform::{statement, statement::column};
use serde_json::Value;
use uuid::Uuid;

statement! {
    /// Waits for and takes the advisory lock of a name, until the transaction ends. Until then every row is
    /// looked up by an index where there is one: a connection keeps the plans of its statements, and those
    /// that it made while a new round's tables were small would read them from end to end when they have filled,
    /// until the server gathers statistics a minute later.
    Lock { name: String as Text },
    "select pg_advisory_xact_lock(hashtextextended(?, 0)), set_config('enable_seqscan', 'off', true),
            set_config('enable_bitmapscan', 'off', true)"
}

statement! {
    /// Accounts by kind and holders, each looked up by the whole key. (`holder = any(?)` may be planned as a
    /// filter over all accounts of the round, for the same reason as above.)
    FindAccounts<'a> { round: Uuid as SqlUuid, kind: &'a str as Text, holders: &'a [String] as Array<Text> }
        -> (BigInt, Text),
    "with of as (select ? as round_id, ? as kind)
     select found.account_id, wanted.holder
     from of cross join unnest(?) as wanted (holder) cross join lateral (
         select account_id from allocation.book_account
         where round_id = of.round_id and kind = of.kind and holder = wanted.holder limit 1) as found"
}

statement! {
    /// Adds plans with their lines, and to the history of each that it was made: a step on no line.
    NewPlans<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        round_ids: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'a str> as Array<Text>,
        levels: Vec<&'a str> as Array<Text>,
        holders: Vec<&'a str> as Array<Text>,
        states: Vec<&'a str> as Array<Text>,
        versions: Vec<i32> as Array<Integer>,
        supplies_vials: Vec<i64> as Array<BigInt>,
        units_vials: Vec<i32> as Array<Integer>,
        rules: Vec<&'a Value> as Array<Jsonb>,
        digests: Vec<&'a [u8]> as Array<Binary>,
        computed_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
        committed_ats: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        training: Vec<bool> as Array<Bool>,
        needs_objections: Vec<bool> as Array<Bool>,
        line_plan_ids: Vec<Uuid> as Array<SqlUuid>,
        recipients: Vec<&'a str> as Array<Text>,
        unders: Vec<Option<&'a str>> as Array<Nullable<Text>>,
        computed: Vec<i64> as Array<BigInt>,
        units: Vec<i64> as Array<BigInt>,
        explanations: Vec<&'a Value> as Array<Jsonb>,
        line_states: Vec<&'a str> as Array<Text>,
        change_ids: Vec<Uuid> as Array<SqlUuid>,
        change_plan_ids: Vec<Uuid> as Array<SqlUuid>,
        change_versions: Vec<i32> as Array<Integer>,
        actions: Vec<&'a str> as Array<Text>,
        actor_names: Vec<&'a str> as Array<Text>,
        business_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
    },
    "with new as (
         insert into allocation.plan (id, round_id, kind, level, holder, state, version, supply_vials, unit_vials, rule,
                                      digest, computed_at, committed_at, training, needs_objections)
         select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)),
     lines as (
         insert into allocation.plan_line (plan_id, recipient, under, computed, units, explanation, state)
         select * from unnest(?, ?, ?, ?, ?, ?, ?))
     insert into allocation.plan_change (id, plan_id, version, action, actor_name, business_at)
     select * from unnest(?, ?, ?, ?, ?, ?)"
}

impl<'a> NewPlans<'a> {
    pub(crate) fn new(rows: &'a [Plan], lines: &'a [PlanLine], changes: &'a [PlanChange]) -> Self {
        Self {
            ids: column(rows, |row| row.id),
            round_ids: column(rows, |row| row.round_id),
            kinds: column(rows, |row| row.kind.as_str()),
            levels: column(rows, |row| row.level.as_str()),
            holders: column(rows, |row| row.holder.as_str()),
            states: column(rows, |row| row.state.as_str()),
            versions: column(rows, |row| row.version),
            supplies_vials: column(rows, |row| row.supply_vials),
            units_vials: column(rows, |row| row.unit_vials),
            rules: column(rows, |row| &row.rule),
            digests: column(rows, |row| row.digest.as_slice()),
            computed_ats: column(rows, |row| row.computed_at),
            committed_ats: column(rows, |row| row.committed_at),
            training: column(rows, |row| row.training),
            needs_objections: column(rows, |row| row.needs_objections),
            line_plan_ids: column(lines, |row| row.plan_id),
            recipients: column(lines, |row| row.recipient.as_str()),
            unders: column(lines, |row| row.under.as_deref()),
            computed: column(lines, |row| row.computed),
            units: column(lines, |row| row.units),
            explanations: column(lines, |row| &row.explanation),
            line_states: column(lines, |row| row.state.as_str()),
            change_ids: column(changes, |row| row.id),
            change_plan_ids: column(changes, |row| row.plan_id),
            change_versions: column(changes, |row| row.version),
            actions: column(changes, |row| row.action.as_str()),
            actor_names: column(changes, |row| row.actor_name.as_str()),
            business_ats: column(changes, |row| row.business_at),
        }
    }
}

statement! {
    /// Replaces what was computed.
    Recompute<'a> {
        version: i32 as Integer,
        supply_vials: i64 as BigInt,
        rule: &'a Value as Jsonb,
        digest: &'a [u8] as Binary,
        computed_at: DateTime<Utc> as Timestamptz,
        needs_objections: bool as Bool,
        id: Uuid as SqlUuid,
    },
    "update allocation.plan set version = ?, supply_vials = ?, rule = ?, digest = ?, computed_at = ?,
         needs_objections = ? where id = ?"
}

statement! {
    /// Moves a plan to a state and version.
    Move<'a> {
        state: &'a str as Text,
        version: i32 as Integer,
        committed_at: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        objections_until: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        submitted_by: Option<Uuid> as Nullable<SqlUuid>,
        submitted_name: Option<&'a str> as Nullable<Text>,
        approved_by: Option<Uuid> as Nullable<SqlUuid>,
        approved_name: Option<&'a str> as Nullable<Text>,
        id: Uuid as SqlUuid,
    },
    "update allocation.plan set state = ?, version = ?, committed_at = ?, objections_until = ?, submitted_by = ?,
         submitted_name = ?, approved_by = ?, approved_name = ? where id = ?"
}

statement! {
    /// Adds lines.
    Lines<'a> {
        plan_ids: Vec<Uuid> as Array<SqlUuid>,
        recipients: Vec<&'a str> as Array<Text>,
        unders: Vec<Option<&'a str>> as Array<Nullable<Text>>,
        computed: Vec<i64> as Array<BigInt>,
        units: Vec<i64> as Array<BigInt>,
        explanations: Vec<&'a Value> as Array<Jsonb>,
        states: Vec<&'a str> as Array<Text>,
    },
    "insert into allocation.plan_line (plan_id, recipient, under, computed, units, explanation, state)
     select * from unnest(?, ?, ?, ?, ?, ?, ?)"
}

impl<'a> Lines<'a> {
    pub(crate) fn new(rows: &'a [PlanLine]) -> Self {
        Self {
            plan_ids: column(rows, |row| row.plan_id),
            recipients: column(rows, |row| row.recipient.as_str()),
            unders: column(rows, |row| row.under.as_deref()),
            computed: column(rows, |row| row.computed),
            units: column(rows, |row| row.units),
            explanations: column(rows, |row| &row.explanation),
            states: column(rows, |row| row.state.as_str()),
        }
    }
}

statement! {
    /// Sets a line's units.
    LineUnits<'a> { units: i64 as BigInt, plan_id: Uuid as SqlUuid, recipient: &'a str as Text },
    "update allocation.plan_line set units = ? where plan_id = ? and recipient = ?"
}

statement! {
    /// Adds to the history of plans.
    Changes<'a> {
        ids: Vec<Uuid> as Array<SqlUuid>,
        plan_ids: Vec<Uuid> as Array<SqlUuid>,
        versions: Vec<i32> as Array<Integer>,
        actions: Vec<&'a str> as Array<Text>,
        recipients: Vec<Option<&'a str>> as Array<Nullable<Text>>,
        units_before: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        units_after: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        reasons: Vec<Option<&'a str>> as Array<Nullable<Text>>,
        actor_names: Vec<&'a str> as Array<Text>,
        business_ats: Vec<DateTime<Utc>> as Array<Timestamptz>,
    },
    "insert into allocation.plan_change (id, plan_id, version, action, recipient, units_before, units_after, reason,
                                         actor_name, business_at)
     select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
}

impl<'a> Changes<'a> {
    pub(crate) fn new(rows: &'a [PlanChange]) -> Self {
        Self {
            ids: column(rows, |row| row.id),
            plan_ids: column(rows, |row| row.plan_id),
            versions: column(rows, |row| row.version),
            actions: column(rows, |row| row.action.as_str()),
            recipients: column(rows, |row| row.recipient.as_deref()),
            units_before: column(rows, |row| row.units_before),
            units_after: column(rows, |row| row.units_after),
            reasons: column(rows, |row| row.reason.as_deref()),
            actor_names: column(rows, |row| row.actor_name.as_str()),
            business_ats: column(rows, |row| row.business_at),
        }
    }
}

statement! {
    /// Notes whose accounts are whose.
    Accounts<'a> {
        account_ids: Vec<i64> as Array<BigInt>,
        round_ids: Vec<Uuid> as Array<SqlUuid>,
        kinds: Vec<&'a str> as Array<Text>,
        holders: Vec<&'a str> as Array<Text>,
    },
    "insert into allocation.book_account (account_id, round_id, kind, holder) select * from unnest(?, ?, ?, ?)"
}

impl<'a> Accounts<'a> {
    pub(crate) fn new(rows: &'a [BookAccount]) -> Self {
        Self {
            account_ids: column(rows, |row| row.account_id),
            round_ids: column(rows, |row| row.round_id),
            kinds: column(rows, |row| row.kind.as_str()),
            holders: column(rows, |row| row.holder.as_str()),
        }
    }
}
