//! R10, R19, R22, R26 and R27 of amendments: as many units move as the supply changes by, the lines are what the
//! book has moved, what was withdrawn counts no more, and each change left its event, its trace and its key.
use super::{probe::Probe, trail::traced};

pub(super) fn probes() -> Vec<Probe> {
    vec![units(), settled(), supply(), lines(), withdrawn(), moves(), events(), made(), entries(), keys()]
}

/// E11. An officer may set lines by hand; the queue moves all of them in one direction.
fn units() -> Probe {
    Probe {
        id: "R10",
        what_ja: "割当ての変更：動いた単位 = 供給の変わった単位（|S′−S|）、一つの向きだけに動く",
        what_en: "Amendments: as many units move as the supply changes by, |S′−S|, and in one direction only",
        sql: "with line as (
                select amendment_id, sum(units_after - units_before) as change,
                       sum(abs(units_after - units_before)) as moved
                from allocation.amendment_line group by 1)
             select case
                when coalesce(l.change, 0) <> a.units_after - a.units_before
                then format('amendment %s of %s: from %s to %s, its lines come to %s', a.id, a.holder, a.units_before,
                            a.units_after, coalesce(l.change, 0))
                when a.origin <> 'lines' and a.positions <> '[]' and l.moved <> abs(l.change)
                then format('amendment %s of %s: %s units move for a change of %s', a.id, a.holder, l.moved, abs(l.change))
                when a.withdrawn_vials > 0 and a.choice is null and a.state <> 'cancelled'
                 and (a.units_before - a.units_after + a.shortfall_units) * a.unit_vials::numeric <> a.withdrawn_vials
                then format('amendment %s of %s: %s vials are withdrawn, its lines give %s units', a.id, a.holder,
                            a.withdrawn_vials, a.units_before - a.units_after)
                end as what
             from allocation.amendment a left join line l on l.amendment_id = a.id"
            .to_owned(),
    }
}

/// What is done with has moved or need not; what is not done with is still due somewhere.
fn settled() -> Probe {
    Probe {
        id: "R10",
        what_ja: "割当ての変更：済んだ変更の行はすべて動き（または免除され）、済んでいない変更には戻るはずの分が残る",
        what_en: "Amendments: of what is done with every line has moved or need not, of what is not something is still due",
        sql: "with line as (
                select amendment_id, sum(settled_units) as settled,
                       sum(abs(units_after - units_before) - settled_units - forgiven_units) as due
                from allocation.amendment_line group by 1)
             select case
                when a.committed_at is null and coalesce(l.settled, 0) > 0
                then format('amendment %s of %s is %s, but %s units have moved', a.id, a.holder, a.state, l.settled)
                when a.state in ('applied', 'carried') and (coalesce(l.due, 0) > 0 or a.left_vials < a.withdrawn_vials)
                then format('amendment %s of %s is %s, but %s units and %s vials are still due', a.id, a.holder, a.state,
                            coalesce(l.due, 0), a.withdrawn_vials - a.left_vials)
                when a.committed_at is not null and a.ended_at is null and coalesce(l.due, 0) = 0
                 and a.left_vials = a.withdrawn_vials
                then format('amendment %s of %s is %s, but nothing is due', a.id, a.holder, a.state)
                end as what
             from allocation.amendment a left join line l on l.amendment_id = a.id"
            .to_owned(),
    }
}

fn supply() -> Probe {
    Probe {
        id: "R10",
        what_ja: "割当ての変更：供給から取り下げた量 = 供給元へ戻った仕訳の合計",
        what_en: "Amendments: what has left the supply is what was moved back to its source",
        sql: "select case when a.left_vials <> coalesce(v.vials, 0)
                    then format('amendment %s of %s: %s vials have left, %s were moved', a.id, a.holder, a.left_vials,
                                coalesce(v.vials, 0))
                    end as what
             from allocation.amendment a
             left join (select amendment_id, sum(vials) as vials from allocation.amendment_move
                        where getter_kind = 'supply' group by 1) v on v.amendment_id = a.id"
            .to_owned(),
    }
}

/// Counted from the transfers, whatever their ids: what went down, less what came back.
fn lines() -> Probe {
    Probe {
        id: "R10",
        what_ja: "枠の帳簿：確定した計画の行の合計 = その相手へ渡った量 − 戻った量",
        what_en: "Entitlements: what committed lines come to is what went to their recipients, less what came back",
        sql: "with line as (
                select p.round_id, p.holder, l.recipient, sum(l.units::numeric * p.unit_vials) as vials
                from allocation.plan p join allocation.plan_line l on l.plan_id = p.id and l.under is null
                where p.state in ('committed', 'closed') group by 1, 2, 3),
             leg as (
                select f.round_id, f.holder as giver, g.holder as getter, t.amount
                from (select * from allocation.transfer where kind = 'post') t
                join allocation.book_account f on f.account_id = t.debit_account and f.kind = 'granted'
                join allocation.book_account g on g.account_id = t.credit_account and g.kind = 'granted'),
             went as (
                select round_id, giver as holder, getter as recipient, amount from leg
                union all select round_id, getter, giver, -amount from leg),
             net as (
                select round_id, holder, recipient, sum(amount) as vials from went group by 1, 2, 3)
             select case when coalesce(n.vials, 0) <> l.vials
                    then format('%s for %s (round %s): its lines come to %s, the book has %s', l.holder, l.recipient,
                                l.round_id, l.vials, coalesce(n.vials, 0))
                    end as what
             from line l left join net n on n.round_id = l.round_id and n.holder = l.holder and n.recipient = l.recipient"
            .to_owned(),
    }
}

fn withdrawn() -> Probe {
    Probe {
        id: "R10",
        what_ja: "取り下げた行は 0 で、どの出荷指示にもない",
        what_en: "A line that was withdrawn counts nothing, and no standing release has it",
        sql: "select case
                when l.units <> 0 then format('plan %s: the withdrawn line %s counts %s', l.plan_id, l.recipient, l.units)
                when r.plan_id is not null then format('plan %s: the withdrawn line %s was released', l.plan_id, l.recipient)
                end as what
             from (select * from allocation.plan_line where state = 'withdrawn') l
             left join (select distinct l.plan_id, l.recipient from allocation.release_line l
                        join allocation.release r on r.id = l.release_id and r.state = 'released') r
               on r.plan_id = l.plan_id and r.recipient = l.recipient"
            .to_owned(),
    }
}

/// Units that amendments say have moved, against their transfers.
fn moves() -> Probe {
    Probe {
        id: "R10",
        what_ja: "割当ての変更：行の動いた単位 = その行の仕訳の合計",
        what_en: "Amendments: the units of a line that have moved are those of its transfers",
        sql: "with moved as (
                select amendment_id, plan_id, recipient, sum(vials) as vials from allocation.amendment_move
                where plan_id is not null and amendment_id is not null group by 1, 2, 3),
             line as (
                select l.*, a.unit_vials from allocation.amendment_line l
                join allocation.amendment a on a.id = l.amendment_id where l.settled_units > 0)
             select case when coalesce(m.vials, 0) <> coalesce(l.settled_units * l.unit_vials::numeric, 0)
                    then format('amendment %s: of the line %s %s vials are settled, %s were moved',
                                coalesce(l.amendment_id, m.amendment_id), coalesce(l.recipient, m.recipient),
                                coalesce(l.settled_units * l.unit_vials::numeric, 0), coalesce(m.vials, 0))
                    end as what
             from line l full join moved m
               on m.amendment_id = l.amendment_id and m.plan_id = l.plan_id and m.recipient = l.recipient"
            .to_owned(),
    }
}

fn events() -> Probe {
    Probe {
        id: "R19",
        what_ja: "確定した計画の変更ごとに allocation.committed.v1 が一つ同じトランザクションにあり、最後の内容が今の計画と一致する",
        what_en: "Each change of a committed plan has one event allocation.committed.v1, in its transaction, and the last says \
                  what the plan says",
        sql: "with first as (
                select plan_id, min(version) as version from allocation.plan_change
                where action in ('commit', 'carry') group by 1),
             done as (
                select distinct h.plan_id, h.version, h.txid from allocation.plan_change h
                join first f on f.plan_id = h.plan_id and f.version < h.version where h.action in ('amend', 'withdraw')),
             newest as (select plan_id, max(version) as version from done group by 1),
             line as (
                select plan_id, sum(units) as units,
                       jsonb_agg(jsonb_build_object('recipient', recipient, 'units', units) order by recipient) as lines
                from allocation.plan_line where under is null and units > 0 group by 1),
             told as (
                select subject, txid, count(*) as events,
                       max((payload -> 'vials')::text) as vials, max((select jsonb_agg(l order by l ->> 'recipient')
                            from jsonb_array_elements(
                                case jsonb_typeof(payload -> 'lines') when 'array' then payload -> 'lines' else '[]' end
                            ) as l)::text) as lines
                from allocation.outbox where type = 'allocation.committed.v1' group by 1, 2)
             select case
                when o.subject is null then format('plan %s: its version %s has no event', d.plan_id, d.version)
                when o.events > 1 then format('plan %s: its version %s has %s events', d.plan_id, d.version, o.events)
                when n.version is not null and (o.vials is distinct from (coalesce(l.units, 0) * p.unit_vials)::text
                     or coalesce(o.lines, '[]')::jsonb <> coalesce(l.lines, '[]'))
                then format('plan %s: the event of its version %s says something else', d.plan_id, d.version)
                end as what
             from done d
             join allocation.plan p on p.id = d.plan_id
             left join told o on o.subject = 'plan/' || d.plan_id and o.txid = d.txid
             left join newest n on n.plan_id = d.plan_id and n.version = d.version
             left join line l on l.plan_id = d.plan_id"
            .to_owned(),
    }
}

fn made() -> Probe {
    Probe {
        id: "R26",
        what_ja: "担当者が出した割当ての変更に、同じトランザクションの監査記録がある",
        what_en: "Every amendment that an officer proposed has an audit entry of the same transaction",
        sql: traced(
            "amendment",
            "(select id, txid from allocation.amendment where actor <> '00000000-0000-0000-0000-000000000000')",
            "allocation.audit",
        ),
    }
}

fn entries() -> Probe {
    Probe {
        id: "R26",
        what_ja: "割当ての変更・取下げについての監査記録には、その変更がある",
        what_en: "Every audit entry about an amendment or a withdrawal has what it is about",
        sql: "select case when c.id is null then format('audit entry %s: the change %s is missing', a.id, a.cause_id) end as what
             from (select id, cause_id from allocation.audit where action in ('plan_amend', 'lines_withdraw')) a
             left join (select id from allocation.plan_change union select id from allocation.amendment) c
               on c.id = a.cause_id"
            .to_owned(),
    }
}

fn keys() -> Probe {
    Probe {
        id: "R27",
        what_ja: "担当者が出した割当ての変更と冪等性の行（200）が同じトランザクションで対応する",
        what_en: "Amendments that officers proposed and idempotency rows match, in the same transaction, with status 200",
        sql: "select case
                when a.id is null then format('idempotency row %s: nothing was proposed', i.key)
                when i.txid <> a.txid
                then format('amendment %s was written by transaction %s, its idempotency row by %s', a.id, a.txid, i.txid)
                when i.status <> 200 then format('amendment %s was answered with %s', a.id, i.status)
                end as what
             from (select * from allocation.idempotency where operation = 'amend_plan') i
             left join allocation.amendment a on a.id = i.key"
            .to_owned(),
    }
}
