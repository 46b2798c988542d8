//! R22, R26 and R27 of rules, figures, computed documents and what-ifs: what is published of a plan is what
//! its lines say, and each left its trace.
use super::{probe::Probe, trail::traced};

/// Operations whose idempotency rows belong to no plan.
pub(super) const OPERATIONS: &str = "('record_figures', 'run_what_if')";

pub(super) fn probes() -> Vec<Probe> {
    let trace = |what_ja, what_en, name: &str, table: &str| Probe {
        id: "R26",
        what_ja,
        what_en,
        sql: traced(name, table, "allocation.audit"),
    };
    vec![
        lines(),
        digests(),
        trace(
            "すべての規則に、同じトランザクションの監査記録がある",
            "Every rule has an audit entry of the same transaction",
            "rule",
            "(select cause_id as id, txid from allocation.rule)",
        ),
        trace(
            "指標の記録に、同じトランザクションの監査記録がある",
            "Every recording of figures has an audit entry of the same transaction",
            "recording",
            "allocation.indicator_recording",
        ),
        trace(
            "すべての試算に、同じトランザクションの監査記録がある",
            "Every what-if has an audit entry of the same transaction",
            "what-if",
            "allocation.what_if",
        ),
        keys(),
    ]
}

/// The newest document of each plan.
const NEWEST: &str = "newest as (
    select distinct on (plan_id) plan_id, version, digest, document::jsonb as document
    from allocation.plan_document order by plan_id, version desc)";

fn lines() -> Probe {
    Probe {
        id: "R22",
        what_ja: "公表した計算の結果 = 計画の計算した行",
        what_en: "What was published of a plan is what its lines say was computed",
        sql: format!(
            "with {NEWEST},
             told as (
                select n.plan_id, p ->> 'code' as recipient, (p ->> 'units')::bigint as units
                from newest n cross join lateral jsonb_array_elements(n.document -> 'result' -> 'places') as p),
             line as (
                select l.plan_id, l.recipient, l.computed from allocation.plan_line l
                where l.plan_id in (select plan_id from newest) and not l.explanation ? 'sum_of_municipalities')
             select case
                when t.recipient is null then format('plan %s: the line %s is not in its document', l.plan_id, l.recipient)
                when l.recipient is null then format('plan %s: its document has a line %s', t.plan_id, t.recipient)
                when l.computed <> t.units
                then format('plan %s: %s was computed %s, its document says %s', l.plan_id, l.recipient, l.computed, t.units)
                end as what
             from told t full join line l on l.plan_id = t.plan_id and l.recipient = t.recipient"
        ),
    }
}

fn digests() -> Probe {
    Probe {
        id: "R22",
        what_ja: "計画の要約値・規則・供給 = 公表した計算の記録のもの",
        what_en: "Digest, rule and supply of a plan are those of its published document",
        sql: format!(
            "with {NEWEST}
             select case
                when p.id is null then format('document of plan %s: there is no such plan', n.plan_id)
                when p.digest <> n.digest or encode(n.digest, 'hex') <> n.document ->> 'digest'
                then format('plan %s: its digest is not its document''s', p.id)
                when p.rule -> 'document' <> n.document -> 'rule'
                then format('plan %s: its rule is not its document''s', p.id)
                -- an amendment has changed what there is, not what was computed
                when p.supply_vials / p.unit_vials <> (n.document -> 'result' ->> 'supply')::bigint
                 and p.id not in (select plan_id from allocation.plan_change where action = 'amend')
                then format('plan %s: its supply is not its document''s', p.id)
                end as what
             from newest n left join allocation.plan p on p.id = n.plan_id"
        ),
    }
}

fn keys() -> Probe {
    Probe {
        id: "R27",
        what_ja: "指標の記録と試算が、冪等性の行（200）と同じトランザクションで対応する",
        what_en: "Recordings of figures, what-ifs and idempotency rows match, in the same transaction, with status 200",
        sql: format!(
            "with done as (
                select id, txid from allocation.indicator_recording
                union all select id, txid from allocation.what_if)
             select case
                when i.key is null then format('%s has no idempotency row', d.id)
                when d.id is null then format('idempotency row %s: nothing was written', i.key)
                when i.txid <> d.txid
                then format('%s was written by transaction %s, its idempotency row by %s', d.id, d.txid, i.txid)
                when i.status <> 200 then format('%s was answered with %s', d.id, i.status)
                end as what
             from done d
             full join (select * from allocation.idempotency where operation in {OPERATIONS}) i on i.key = d.id"
        ),
    }
}
