//! R11, the bridge between the books: what allocation released is what distribution ships, release by
//! release, and comes back when it is not shipped. An event that has not been applied yet is in flight:
//! no fault, but listed (`notes`).
use super::{probe::Probe, stock::TAKEN};

pub(super) fn probes() -> Vec<Probe> {
    vec![lines(), planned(), released(), shipments(), parts(), endings(), comebacks(), road()]
}

/// Who releases may stand above who has assigned.
fn lines() -> Probe {
    Probe {
        id: "R11",
        what_ja: "出荷指示の量 = その行の合計 = 箱数 × 箱の入数、行はその会場と連携先のもの",
        what_en: "A release is the sum of its lines, in whole packs, and these are its hub's and the hub's satellites'",
        sql: "with line as (
                select l.release_id, sum(l.vials) as vials,
                       bool_or(s.id is null or s.id <> r.hub_id and s.hub_id is distinct from r.hub_id) as foreign_,
                       bool_or(p.round_id is distinct from r.round_id
                           or r.holder <> all(array[p.holder, coalesce(t.parent, ''), coalesce(n.parent, '')])) as astray
                from allocation.release_line l
                join allocation.release r on r.id = l.release_id
                left join allocation.site s on s.id::text = l.recipient
                left join allocation.plan p on p.id = l.plan_id
                left join reference.territory t on t.code = p.holder
                left join reference.territory n on n.code = t.parent
                group by 1)
             select case
                when coalesce(l.vials, 0) <> r.vials then format('release %s of %s: its lines come to %s', r.id, r.vials, l.vials)
                when r.packs::numeric * c.pack_vials <> r.vials
                then format('release %s of %s: %s packs of %s', r.id, r.vials, r.packs, c.pack_vials)
                when l.foreign_ then format('release %s has a line of another hub''s', r.id)
                when l.astray then format('release %s has a line of another round or holder', r.id)
                end as what
             from allocation.release r
             join allocation.round c on c.id = r.round_id
             left join line l on l.release_id = r.id"
            .to_owned(),
    }
}

/// A line that came back is planned again, and may be released again under another id.
fn planned() -> Probe {
    Probe {
        id: "R11",
        what_ja: "計画の行が「出荷指示済み」なのは、有効な出荷指示が一つあるときだけで、量も同じ",
        what_en: "A plan's line is released when one standing release has it, with all its vials",
        sql: "with line as (
                select l.plan_id, l.recipient, count(*) as times, sum(l.vials) as vials
                from allocation.release_line l join allocation.release r on r.id = l.release_id
                where r.state = 'released' group by 1, 2)
             select case
                when p.recipient is null then format('plan %s: the released line %s has vanished', l.plan_id, l.recipient)
                when l.times > 1 then format('plan %s: the line %s was released %s times', p.plan_id, p.recipient, l.times)
                when (p.state = 'released') <> (l.plan_id is not null)
                then format('plan %s: the line %s is %s, and %s release has it', p.plan_id, p.recipient, p.state,
                            case when l.plan_id is null then 'no' else 'a' end)
                when l.vials <> p.units::numeric * h.unit_vials
                then format('plan %s: the line %s of %s was released with %s', p.plan_id, p.recipient,
                            p.units::numeric * h.unit_vials, l.vials)
                end as what
             from (select * from allocation.plan_line where under is null) p
             full join line l on l.plan_id = p.plan_id and l.recipient = p.recipient
             left join allocation.plan h on h.id = p.plan_id"
            .to_owned(),
    }
}

fn released() -> Probe {
    Probe {
        id: "R11",
        what_ja: "枠の帳簿：会場の「出荷指示済み」の口座 = 有効な出荷指示の行の合計",
        what_en: "Entitlements: what a site's released account holds is the sum of its lines in standing releases",
        sql: "with line as (
                select r.round_id, l.recipient as holder, sum(l.vials) as vials
                from allocation.release_line l join allocation.release r on r.id = l.release_id
                where r.state = 'released' group by 1, 2),
             held as (
                select b.round_id, b.holder, a.credits_posted - a.debits_posted as vials
                from allocation.book_account b join allocation.account a on a.id = b.account_id
                where b.kind = 'released')
             select case when coalesce(h.vials, 0) <> coalesce(l.vials, 0)
                    then format('%s (round %s): the book has released %s, the releases come to %s', holder, round_id,
                                coalesce(h.vials, 0), coalesce(l.vials, 0))
                    end as what
             from held h full join line l using (round_id, holder)"
            .to_owned(),
    }
}

/// One to one by id, once the event has been applied; in the transaction that applied it.
fn shipments() -> Probe {
    Probe {
        id: "R11",
        what_ja: "届いた出荷指示と出荷が、IDと量で一対一に対応する",
        what_en: "Releases that distribution has heard of and shipments match one to one, in id and vials",
        sql: "with told as (
                select o.subject, i.event_id, i.txid
                from allocation.outbox o join distribution.inbox i on i.event_id = o.id
                where o.type = 'allocation.released.v1')
             select case
                when r.id is null then format('shipment %s of %s was never released', s.id, s.vials)
                when s.id is null and t.event_id is not null
                then format('release %s was heard of, but there is no shipment', r.id)
                when s.id is null then null
                when t.event_id is null then format('shipment %s was made, but its release was not heard of', s.id)
                when t.txid <> o.txid
                then format('shipment %s was made by transaction %s, its release heard of by %s', s.id, o.txid, t.txid)
                when (s.vials, s.round_id, s.site_id) <> (r.vials, r.round_id, r.hub_id)
                  or (s.programme, s.round_number, s.product, s.pack, s.pack_vials)
                     is distinct from (c.programme, c.number, c.product, c.pack, c.pack_vials)
                then format('shipment %s of %s to %s is not what was released: %s to %s', s.id, s.vials, s.site_id, r.vials,
                            r.hub_id)
                end as what
             from allocation.release r
             full join distribution.shipment s on s.id = r.id
             left join distribution.shipment_step o on o.shipment_id = s.id and o.step = 'order'
             left join told t on t.subject = 'release/' || r.id
             left join allocation.round c on c.id = r.round_id"
            .to_owned(),
    }
}

fn parts() -> Probe {
    Probe {
        id: "R11",
        what_ja: "出荷の小分けと会場自身の分 = 出荷指示の行（会場ごと）",
        what_en: "A shipment's splits and the hub's own part are the lines of its release, site by site",
        sql: "with split as (
                select shipment_id, sum(vials) as vials from distribution.shipment_split group by 1),
             part as (
                select shipment_id, site_id::text as site, vials from distribution.shipment_split
                union all
                select s.id, s.site_id::text, s.vials - coalesce(p.vials, 0)
                from distribution.shipment s left join split p on p.shipment_id = s.id
                where s.vials <> coalesce(p.vials, 0)),
             line as (
                select l.release_id as shipment_id, l.recipient as site, sum(l.vials) as vials
                from allocation.release_line l join distribution.shipment s on s.id = l.release_id group by 1, 2)
             select case when p.vials is distinct from l.vials
                    then format('shipment %s: %s for the site %s, %s were released', shipment_id, coalesce(p.vials, 0), site,
                                coalesce(l.vials, 0))
                    end as what
             from part p full join line l using (shipment_id, site)"
            .to_owned(),
    }
}

/// How a shipment ended before dispatch, and whether allocation has heard of it.
pub(super) const ENDED: &str = "ended as (
    select s.id, s.state, o.id as event, i.event_id is not null as heard
    from distribution.shipment s
    left join distribution.outbox o
      on o.subject = 'shipment/' || s.id and o.type = 'shipment.' || s.state || '.v1'
    left join allocation.inbox i on i.event_id = o.id
    where s.state in ('cancelled', 'unfulfillable'))";

fn endings() -> Probe {
    Probe {
        id: "R11",
        what_ja: "取り消された・できない出荷の出荷指示は、知らせが届けば戻っている",
        what_en: "Shipments that were called off or given up: their releases have come back, once that was heard of",
        sql: format!(
            "with {ENDED}
             select case
                when e.id is null and r.state <> 'released' and s.id is not null
                then format('release %s is %s, its shipment %s', r.id, r.state, s.state)
                when e.id is null and r.state <> 'released'
                then format('release %s is %s, and was never a shipment', r.id, r.state)
                when e.heard and r.state <> e.state
                then format('release %s is %s, allocation has heard that it is %s', r.id, r.state, e.state)
                when not e.heard and r.state <> 'released'
                then format('release %s is %s, which allocation has not heard', r.id, r.state)
                end as what
             from allocation.release r
             left join distribution.shipment s on s.id = r.id
             left join ended e on e.id = r.id"
        ),
    }
}

/// In the transaction that heard of the ending, all that was released went back, line by line.
fn comebacks() -> Probe {
    Probe {
        id: "R11",
        what_ja: "戻った出荷指示の量が、知らせを受けたトランザクションで会場の枠に戻っている",
        what_en: "What came back went back to its sites in the transaction that heard of it, line by line",
        sql: format!(
            "with {ENDED},
             due as (
                select i.txid, r.round_id, l.recipient as holder, sum(l.vials) as vials
                from ended e
                join allocation.inbox i on i.event_id = e.event
                join allocation.release r on r.id = e.id
                join allocation.release_line l on l.release_id = r.id
                group by 1, 2, 3),
             done as (
                select t.txid, f.round_id, f.holder, sum(t.amount) as vials
                from allocation.transfer t
                join allocation.book_account f on f.account_id = t.debit_account
                join allocation.book_account g on g.account_id = t.credit_account
                where f.kind = 'released' and g.kind = 'granted' and g.holder = f.holder
                group by 1, 2, 3)
             select case when d.vials is distinct from b.vials
                    then format('%s (round %s), transaction %s: %s came back, %s were to', holder, round_id, txid,
                                coalesce(b.vials, 0), coalesce(d.vials, 0))
                    end as what
             from due d full join done b using (txid, round_id, holder)"
        ),
    }
}

fn road() -> Probe {
    Probe {
        id: "R11",
        what_ja: "在庫の帳簿：輸送中の残高 = 輸送中の出荷の選ばれたロット",
        what_en: "Stock: what is in transit is the picked lots of the shipments on the road, lot by lot",
        sql: format!(
            "with {TAKEN},
             moving as (
                select road, lot_id, lot_vials from taken
                where state in ('dispatched', 'failed') or state = 'delivered' and not received),
             held as (
                select s.place, s.lot_id, a.credits_posted - a.debits_posted as vials
                from distribution.stock_account s join distribution.account a on a.id = s.account_id
                where s.kind = 'in_transit')
             select case when coalesce(h.vials, 0) <> coalesce(m.lot_vials, 0)
                    then format('%s, lot %s: the book has %s in transit, %s are on the road', coalesce(h.place, m.road),
                                coalesce(h.lot_id, m.lot_id), coalesce(h.vials, 0), coalesce(m.lot_vials, 0))
                    end as what
             from held h full join moving m on m.road = h.place and m.lot_id = h.lot_id"
        ),
    }
}
