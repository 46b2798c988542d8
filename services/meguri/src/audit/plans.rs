//! R10, R19, R22, R26 and R27 of plans: each stands in its round's stream, each step left its history,
//! its event, its trace and its key, and a plan is what its history says.
use super::{documents::OPERATIONS, probe::Probe, trail::traced};

pub(super) fn probes() -> Vec<Probe> {
    vec![levels(), events(), history(), lines(), changes(), supplies(), rounds(), entries(), keys()]
}

/// A request may change many lines, and a nation's commit makes the drafts of all prefectures.
const CHANGE: &str = "(select distinct id, txid from allocation.plan_change)";

/// Who stands last in the stream assigns to sites, in vials; the levels above divide, in packs.
fn levels() -> Probe {
    Probe {
        id: "R10",
        what_ja: "計画の持ち主は枠の段にあり、最後の段だけが会場へ割り当てる",
        what_en: "Plans are of holders on their stream's levels, and the last of these alone assigns to sites",
        sql: "select case
                when t.tier is distinct from p.level or not p.level = any(s.levels)
                then format('plan %s: %s is not on a level %s of the stream %s', p.id, p.holder, p.level, s.code)
                when case when p.level = s.levels[cardinality(s.levels) - 1]
                          then (p.kind, p.unit_vials) <> ('assignment', 1)
                          else (p.kind, p.unit_vials) <> ('division', r.pack_vials) end
                then format('plan %s: %s in units of %s vials by %s, %s in the stream %s', p.id, p.kind, p.unit_vials,
                            p.holder, p.level, s.code)
                end as what
             from allocation.plan p
             join allocation.round r on r.id = p.round_id
             join allocation.stream s on s.programme = r.programme and s.code = r.stream
             left join reference.territory t on t.code = p.holder"
            .to_owned(),
    }
}

fn events() -> Probe {
    Probe {
        id: "R19",
        what_ja: "確定した計画と allocation.committed.v1 が同じトランザクションで一対一に対応し、内容が一致する",
        what_en: "Committed plans and their events allocation.committed.v1 match one to one, and say the same",
        sql: "with done as (
                select id, plan_id, txid, count(*) over (partition by plan_id) as times
                from allocation.plan_change where action in ('commit', 'carry')),
             line as (
                select plan_id, sum(units) as units,
                       jsonb_agg(jsonb_build_object('recipient', recipient, 'units', units) order by recipient) as lines
                from allocation.plan_line where under is null and units > 0 group by 1),
             committed as (
                select p.*, coalesce(l.lines, '[]') as lines, coalesce(l.units, 0) * p.unit_vials as vials
                from allocation.plan p left join line l on l.plan_id = p.id where p.state in ('committed', 'closed')),
             told as (
                select id, cause_id, txid, subject, payload, coalesce(payload ->> 'plan_id' in (
                           select plan_id::text from allocation.plan_change where action in ('amend', 'withdraw')), false)
                           as amended,
                       coalesce((select jsonb_agg(l order by l ->> 'recipient')
                                 from jsonb_array_elements(
                                     case jsonb_typeof(payload -> 'lines') when 'array' then payload -> 'lines' else '[]' end
                                 ) as l), '[]') as lines
                from allocation.outbox where type = 'allocation.committed.v1'
                 and (subject, txid) not in (
                    select 'plan/' || plan_id, txid from allocation.plan_change where action in ('amend', 'withdraw')))
             select case
                when p.id is null and d.id is null then format('event %s tells about no commit (%s)', o.id, o.cause_id)
                when p.id is null then format('plan %s was committed, but does not say so', d.plan_id)
                when d.id is null then format('plan %s says committed, but nobody committed it', p.id)
                when d.times > 1 then format('plan %s was committed %s times', p.id, d.times)
                when o.id is null then format('plan %s has no event', p.id)
                when o.txid <> d.txid
                then format('plan %s was committed by transaction %s, its event by %s', p.id, d.txid, o.txid)
                -- what an amended plan has come to since is told by a later event (`amendments`)
                when o.subject <> 'plan/' || p.id or o.lines <> p.lines and not o.amended
                  or not o.payload @> jsonb_build_object(
                        'plan_id', p.id, 'round_id', p.round_id, 'holder', p.holder, 'level', p.level,
                        'unit_vials', p.unit_vials, 'training', p.training)
                  or not o.amended and not o.payload @> jsonb_build_object('vials', p.vials)
                then format('plan %s: its event says something else', p.id)
                end as what
             from committed p
             full join done d on d.plan_id = p.id
             full join told o on o.cause_id = d.id"
            .to_owned(),
    }
}

fn history() -> Probe {
    Probe {
        id: "R22",
        what_ja: "計画の状態と版 = 履歴の最後（版は1から欠けずに続く）",
        what_en: "State and version of each plan are what its history says, and versions have no gap",
        sql: "with change as (
                select plan_id, count(distinct version) as versions, min(version) as first, max(version) as last
                from allocation.plan_change group by 1),
             newest as (
                select distinct plan_id, version,
                       case when action in ('amend', 'withdraw') and plan_id in (
                                select plan_id from allocation.plan_change where action in ('commit', 'carry'))
                            then 'committed' else case action when 'submit' then 'submitted' when 'approve' then 'approved'
                            when 'commit' then 'committed' when 'carry' then 'committed' else 'computed' end end as state
                from allocation.plan_change where action not in ('object', 'answer'))
             select case
                when c.plan_id is null then format('plan %s has no history', p.id)
                when p.id is null then format('plan %s has vanished', c.plan_id)
                when c.first <> 1 or c.last <> c.versions or c.last <> p.version
                then format('plan %s has version %s and %s changes, %s to %s', p.id, p.version, c.versions, c.first, c.last)
                when p.state <> n.state and p.state not in ('closed', 'superseded', 'cancelled')
                then format('plan %s is %s, its history says %s', p.id, p.state, n.state)
                end as what
             from allocation.plan p
             full join change c on c.plan_id = p.id
             left join newest n on n.plan_id = p.id and n.version = c.last"
            .to_owned(),
    }
}

fn lines() -> Probe {
    Probe {
        id: "R22",
        what_ja: "計画の各行 = 計算した数に、その後の手直しを順に当てたもの",
        what_en: "Each line is what was computed, with the later adjustments by hand",
        sql: "with computed as (
                select plan_id, coalesce(max(version) filter (where action = 'compute'), 0) as version
                from allocation.plan_change group by 1),
             by_hand as (
                select h.plan_id, h.recipient, max(h.version) as version
                from allocation.plan_change h join computed c on c.plan_id = h.plan_id and c.version < h.version
                where h.action in ('adjust', 'amend', 'withdraw') and h.recipient is not null group by 1, 2),
             adjusted as (
                select h.plan_id, h.recipient, h.units_after as units
                from allocation.plan_change h join by_hand b on b.plan_id = h.plan_id and b.recipient = h.recipient
                 and b.version = h.version)
             select case
                when l.recipient is null then format('plan %s: the line %s has vanished', a.plan_id, a.recipient)
                when l.units <> coalesce(case when l.under is null then a.units end, l.computed)
                then format('plan %s: the line %s is %s, its history says %s', l.plan_id, l.recipient, l.units,
                            coalesce(a.units, l.computed))
                end as what
             from allocation.plan_line l
             full join adjusted a on a.plan_id = l.plan_id and a.recipient = l.recipient"
            .to_owned(),
    }
}

fn changes() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべての計画の変更に、同じトランザクションの監査記録がある",
        what_en: "Every change of a plan has an audit entry of the same transaction",
        sql: traced("plan change", CHANGE, "allocation.audit"),
    }
}

fn supplies() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべての供給の知らせに、同じトランザクションの監査記録がある",
        what_en: "Every supply notice has an audit entry of the same transaction",
        sql: traced("supply notice", "allocation.supply_notice", "allocation.audit"),
    }
}

fn rounds() -> Probe {
    Probe {
        id: "R26",
        what_ja: "すべてのクールに監査記録がある",
        what_en: "Every round has an audit entry",
        // a round does not know its transaction
        sql: traced("round", "(select id, null::bigint as txid from allocation.round)", "allocation.audit"),
    }
}

fn entries() -> Probe {
    Probe {
        id: "R26",
        what_ja: "計画についての監査記録には、その変更がある",
        what_en: "Every audit entry about a plan has its change",
        sql: format!(
            "select case when c.id is null then format('audit entry %s: plan change %s is missing', a.id, a.cause_id) end
                as what
             from (select id, cause_id from allocation.audit where action in
                ('plan_draft', 'plan_approve', 'plan_commit', 'plan_carry', 'plan_object')) a
             left join {CHANGE} c on c.id = a.cause_id"
        ),
    }
}

fn keys() -> Probe {
    Probe {
        id: "R27",
        what_ja: "計画の変更と冪等性の行（200）が同じトランザクションで対応する",
        what_en: "Changes of plans and idempotency rows match, in the same transaction, with status 200",
        sql: format!(
            "select case
                when i.key is null then format('plan change %s has no idempotency row', c.id)
                when c.id is null then format('idempotency row %s: nothing was changed', i.key)
                when i.txid <> c.txid
                then format('plan change %s was written by transaction %s, its idempotency row by %s', c.id, c.txid, i.txid)
                when i.status <> 200 then format('plan change %s was answered with %s', c.id, i.status)
                end as what
             from {CHANGE} c
             full join (select * from allocation.idempotency
                        where key not in (select id from allocation.release) and operation <> 'amend_plan'
                          and operation not in {OPERATIONS}) i
               on i.key = c.id"
        ),
    }
}
