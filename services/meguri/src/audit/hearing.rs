//! R22 of who agrees to a plan and who is heard before: two persons where the programme asks for them, the
//! time for objections, an answer to each.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    vec![persons(), windows(), answers(), objections()]
}

/// The newest handing in and agreeing of each plan, each with the actor of the trail. `distinct`: a request
/// is one step, however many lines it names.
const SIGNED: &str = "step as (
        select distinct h.plan_id, h.version, h.action, h.business_at, a.actor
        from allocation.plan_change h join allocation.audit a on a.cause_id = h.id
        where h.action in ('submit', 'approve', 'carry')),
    newest as (select plan_id, action, max(version) as version from step group by 1, 2),
    signed as (
        select n.plan_id, n.action, s.business_at, s.actor, s.version
        from newest n join step s on s.plan_id = n.plan_id and s.action = n.action and s.version = n.version),
    handed as (select * from signed where action = 'submit'),
    agreed as (select * from signed where action = 'approve'),
    carried as (select * from signed where action = 'carry')";

/// Plans from before the accounts were noted have neither.
fn persons() -> Probe {
    Probe {
        id: "R22",
        what_ja: "提出者と承認者は証跡のとおりで、二人を求める事業では別人",
        what_en: "Who handed a plan in and who agreed to it are those of the trail, and two where the programme asks for two",
        sql: format!(
            "with {SIGNED}
             select case
                when p.submitted_by is distinct from h.actor
                then format('plan %s was handed in by %s, the trail says %s', p.id, p.submitted_by, h.actor)
                when p.approved_by is distinct from g.actor
                then format('plan %s was approved by %s, the trail says %s', p.id, p.approved_by, g.actor)
                when m.second_person and g.actor = h.actor
                then format('plan %s was approved by who handed it in, %s', p.id, p.submitted_name)
                end as what
             from allocation.plan p
             join allocation.round r on r.id = p.round_id
             join allocation.programme m on m.code = r.programme
             left join handed h on h.plan_id = p.id
             left join agreed g on g.plan_id = p.id
             where num_nonnulls(p.submitted_by, p.approved_by) > 0"
        ),
    }
}

fn windows() -> Probe {
    Probe {
        id: "R22",
        what_ja: "異議の申出期間は予定のとおりで、終わる前に承認されていない",
        what_en: "Time for objections is what the calendar gives, and nothing was approved before its end",
        sql: format!(
            "with {SIGNED}
             select case
                when p.objections_until is distinct from
                     case when s.objection_hours > 0 then h.business_at + s.objection_hours * interval '1 hour' end
                then format('plan %s: objections until %s, handed in at %s with %s hours', p.id, p.objections_until,
                            h.business_at, s.objection_hours)
                when p.needs_objections and p.objections_until is null
                then format('plan %s: those below were not asked', p.id)
                when g.business_at < p.objections_until
                then format('plan %s was approved at %s, before %s', p.id, g.business_at, p.objections_until)
                when c.business_at < p.objections_until
                then format('plan %s was carried through at %s, before %s', p.id, c.business_at, p.objections_until)
                end as what
             from allocation.plan p
             left join allocation.round_step s on s.round_id = p.round_id and s.level = p.level
             left join handed h on h.plan_id = p.id
             left join agreed g on g.plan_id = p.id
             left join carried c on c.plan_id = p.id
             where p.submitted_by is not null
                or p.needs_objections and p.state in ('submitted', 'approved', 'committed', 'closed')"
        ),
    }
}

fn answers() -> Probe {
    Probe {
        id: "R22",
        what_ja: "異議は受付期間内に本人の行へ申し出られ、承認の前に回答されている",
        what_en: "Objections are to the recipient's own line and in time, and answered before the plan was approved",
        sql: format!(
            "with {SIGNED}
             select case
                when l.recipient is null then format('objection %s: %s is no recipient of plan %s', o.id, o.recipient, p.id)
                when o.version = h.version and o.business_at >= p.objections_until
                then format('objection %s was made at %s, after %s', o.id, o.business_at, p.objections_until)
                when a.id is null and p.state in ('approved', 'committed', 'closed')
                then format('plan %s is %s, objection %s has no answer', p.id, p.state, o.id)
                when a.business_at > coalesce(g.business_at, c.business_at) and o.version <= h.version
                then format('objection %s was answered at %s, after plan %s was approved', o.id, a.business_at, p.id)
                end as what
             from allocation.objection o
             join allocation.plan p on p.id = o.plan_id
             left join allocation.plan_line l on l.plan_id = o.plan_id and l.recipient = o.recipient and l.under is null
             left join allocation.objection_answer a on a.objection_id = o.id
             left join handed h on h.plan_id = p.id
             left join agreed g on g.plan_id = p.id
             left join carried c on c.plan_id = p.id"
        ),
    }
}

fn objections() -> Probe {
    Probe {
        id: "R22",
        what_ja: "異議と回答は、同じトランザクションで計画の履歴に残っている",
        what_en: "Objections and answers stand in the plan's history, written in the same transaction",
        sql: "with said as (
                select id, plan_id, txid, 'object' as action from allocation.objection
                union all
                select a.id, o.plan_id, a.txid, 'answer' from allocation.objection_answer a
                join allocation.objection o on o.id = a.objection_id),
             told as (select id, plan_id, txid, action from allocation.plan_change where action in ('object', 'answer'))
             select case
                when t.id is null then format('%s %s is not in the history', s.action, s.id)
                when s.id is null then format('the history of plan %s has %s %s, which is not there', t.plan_id, t.action, t.id)
                when (s.plan_id, s.txid) <> (t.plan_id, t.txid)
                then format('%s %s was written by transaction %s to plan %s, its history by %s to %s', s.action, s.id,
                            s.txid, s.plan_id, t.txid, t.plan_id)
                end as what
             from said s full join told t on t.id = s.id and t.action = s.action"
            .to_owned(),
    }
}
