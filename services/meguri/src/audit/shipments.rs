//! R11, R12, R16, R17 and R22 of shipments: a shipment stands as its steps and its partner's answers say,
//! takes lots that may be used, and what arrives is what was sent or an open question.
use super::{probe::Probe, stock::LEG};

pub(super) fn probes() -> Vec<Probe> {
    vec![
        history(),
        answers(),
        answered(),
        picks(),
        totals(),
        arrivals(),
        differences(),
        questions(),
        usable(),
        recalled(),
        oldest_first(),
        proposals(),
    ]
}

/// Which step leads where; `received` says whether the site must have confirmed before, or must not have.
const STEPS: &str = "way (before, step, received, after) as (values
    (null, 'order', null, 'ordered'), (null, 'order', null, 'unfulfillable'),
    ('ordered', 'schedule', null, 'scheduled'), ('scheduled', 'schedule', null, 'scheduled'),
    ('picked', 'schedule', null, 'picked'), ('scheduled', 'pick', null, 'picked'), ('picked', 'pick', null, 'picked'),
    ('picked', 'dispatch', null, 'dispatched'), ('failed', 'dispatch', null, 'dispatched'),
    ('dispatched', 'deliver', null, 'delivered'), ('delivered', 'deliver', true, 'delivered'),
    ('dispatched', 'receive', false, 'delivered'), ('failed', 'receive', false, 'delivered'),
    ('delivered', 'receive', false, 'delivered'),
    ('ordered', 'fail', null, 'unfulfillable'), ('scheduled', 'fail', null, 'unfulfillable'),
    ('picked', 'fail', null, 'unfulfillable'), ('dispatched', 'fail', null, 'failed'),
    ('ordered', 'cancel', null, 'cancelled'), ('scheduled', 'cancel', null, 'cancelled'),
    ('picked', 'cancel', null, 'cancelled'),
    ('dispatched', 'return', null, 'returned'), ('failed', 'return', null, 'returned'),
    ('dispatched', 'lose', null, 'lost'), ('failed', 'lose', null, 'lost'))";

/// The steps that are a partner's, by the type of its answer.
const ANSWERS: &str = "answers (step, type) as (values
    ('schedule', 'shipment.scheduled.v1'), ('pick', 'shipment.picked.v1'), ('dispatch', 'shipment.dispatched.v1'),
    ('deliver', 'shipment.delivered.v1'), ('fail', 'shipment.failed.v1'), ('return', 'shipment.returned.v1'),
    ('lose', 'shipment.lost.v1'))";

fn history() -> Probe {
    Probe {
        id: "R22",
        what_ja: "出荷の状態と版 = 段階の履歴の最後（版は1から連続し、どの段階も許された遷移）",
        what_en: "State and version of each shipment are what its steps say, each an allowed one, versions have no gap",
        sql: format!(
            "with {STEPS},
             step as (
                select shipment_id, version, step, state, lag(state) over sofar as before,
                       coalesce(bool_or(step = 'receive') over (sofar rows between unbounded preceding and 1 preceding),
                                false) as received
                from distribution.shipment_step window sofar as (partition by shipment_id order by version)),
             wrong as (
                select s.shipment_id, min(s.version) as version
                from step s
                where not exists (
                    select from way w
                    where w.before is not distinct from s.before and w.step = s.step and w.after = s.state
                      and (w.received is null or w.received = s.received))
                group by 1),
             run as (
                select shipment_id, count(*) as steps, min(version) as first, max(version) as last,
                       bool_or(step = 'dispatch') as dispatched, bool_or(step = 'receive') as received,
                       bool_or(step = 'schedule') as scheduled
                from distribution.shipment_step group by 1)
             select case
                when r.shipment_id is null then format('shipment %s has no step', h.id)
                when h.id is null then format('shipment %s has vanished', r.shipment_id)
                when r.first <> 1 or r.last <> r.steps or r.last <> h.version
                then format('shipment %s has version %s and %s steps, %s to %s', h.id, h.version, r.steps, r.first, r.last)
                when w.version is not null
                then format('shipment %s, version %s: %s after %s gives %s', h.id, w.version, s.step, s.before, s.state)
                when h.state <> l.state then format('shipment %s is %s, its steps say %s', h.id, h.state, l.state)
                when (h.dispatched_at is not null, h.received_at is not null, h.delivery_on is not null)
                     <> (r.dispatched, r.received, r.scheduled)
                  or r.received <> (t.id is not null)
                then format('shipment %s: its moments are not those of its steps', h.id)
                end as what
             from distribution.shipment h
             full join run r on r.shipment_id = h.id
             left join wrong w on w.shipment_id = h.id
             left join step s on s.shipment_id = w.shipment_id and s.version = w.version
             left join distribution.shipment_step l on l.shipment_id = h.id and l.version = h.version
             left join distribution.receipt t on t.shipment_id = h.id"
        ),
    }
}

/// Held ones wait for an earlier one; a refused one has left its place.
fn answers() -> Probe {
    Probe {
        id: "R23",
        what_ja: "卸の回答の連番は、適用されたものが1から欠けずに続き、保留はその先にある",
        what_en: "Answers of partners: those applied run from 1 without gap or repeat, those held lie beyond",
        sql: "with run as (
                select shipment_id, count(*) filter (where state = 'applied') as applied,
                       count(distinct sequence) filter (where state = 'applied') as numbers,
                       coalesce(max(sequence) filter (where state = 'applied'), 0) as last,
                       min(sequence) filter (where state = 'held') as held
                from distribution.answer group by 1)
             select case
                when h.id is null then format('answers to shipment %s, which does not exist', r.shipment_id)
                when h.next_answer <> coalesce(r.last, 0) + 1 or r.applied <> r.last or r.numbers <> r.last
                then format('shipment %s expects answer %s: %s applied, up to %s', h.id, h.next_answer,
                            coalesce(r.applied, 0), coalesce(r.last, 0))
                when r.held <= h.next_answer
                then format('shipment %s expects answer %s, and holds %s', h.id, h.next_answer, r.held)
                end as what
             from distribution.shipment h full join run r on r.shipment_id = h.id"
            .to_owned(),
    }
}

/// One step for one answer, in their order. An answer that was held was written before its step, and
/// applied by the transaction of the answer that it waited for.
fn answered() -> Probe {
    Probe {
        id: "R22",
        what_ja: "適用された回答と出荷の段階が同じトランザクションで一対一に対応する",
        what_en: "Applied answers and the steps of shipments match one to one, in the same transaction",
        sql: format!(
            "with {ANSWERS},
             step as (
                select s.id, s.shipment_id, s.step, s.txid, a.type,
                       row_number() over (partition by s.shipment_id order by s.version) as place
                from distribution.shipment_step s join answers a on a.step = s.step),
             answer as (
                select id, shipment_id, type,
                       row_number() over (partition by shipment_id order by sequence) as place,
                       array_agg(txid) over (partition by shipment_id order by sequence) as txids
                from distribution.answer where state = 'applied')
             select case
                when a.id is null then format('shipment %s: nobody answered the step %s', s.shipment_id, s.step)
                when s.id is null then format('answer %s (%s) has no step', a.id, a.type)
                when a.type <> s.type then format('answer %s (%s) became the step %s', a.id, a.type, s.step)
                when s.txid <> all(a.txids)
                then format('answer %s was written by transaction %s, its step by %s', a.id,
                            a.txids[cardinality(a.txids)], s.txid)
                end as what
             from answer a full join step s on s.shipment_id = a.shipment_id and s.place = a.place"
        ),
    }
}

/// What the newest answers say of day and lots, read from their own text: a lot's number is typed in many
/// ways, a day with or without zeros.
fn picks() -> Probe {
    Probe {
        id: "R22",
        what_ja: "出荷の納入日とロット = 最後に適用された卸の回答",
        what_en: "Day of delivery and lots of each shipment are those of its partner's newest answers",
        sql: "with answer as (
                select shipment_id, type, coalesce(body -> 'data', body) as data
                from distribution.answer a
                where state = 'applied' and type in ('shipment.scheduled.v1', 'shipment.picked.v1')
                  and not exists (select from distribution.answer later
                                  where later.shipment_id = a.shipment_id and later.type = a.type
                                    and later.state = 'applied' and later.sequence > a.sequence)),
             answered as (
                select a.shipment_id,
                       upper(translate(btrim(normalize(lot ->> 'lot', NFKC)), 'ー‐−', '---')) as number,
                       sum(case when jsonb_typeof(lot -> 'vials') = 'number' then (lot ->> 'vials')::numeric end) as vials
                from answer a cross join lateral jsonb_array_elements(
                    case jsonb_typeof(a.data -> 'lots') when 'array' then a.data -> 'lots' else '[]' end) as lot
                where a.type = 'shipment.picked.v1' group by 1, 2),
             picked as (
                select p.shipment_id, l.number, p.vials
                from distribution.shipment_lot p join distribution.lot l on l.id = p.lot_id where p.stage = 'picked')
             select case when a.vials is distinct from p.vials
                    then format('shipment %s: %s vials of %s picked, answered %s', shipment_id, coalesce(p.vials, 0), number,
                                coalesce(a.vials, 0))
                    end as what
             from picked p full join answered a using (shipment_id, number)
             union all
             select case when regexp_replace(a.data ->> 'delivery_on', '-(\\d)(?=-|$)', '-0\\1', 'g')
                              is distinct from h.delivery_on::text
                    then format('shipment %s: delivery on %s, answered %s', h.id, h.delivery_on, a.data ->> 'delivery_on')
                    end
             from answer a join distribution.shipment h on h.id = a.shipment_id
             where a.type = 'shipment.scheduled.v1'"
            .to_owned(),
    }
}

fn totals() -> Probe {
    Probe {
        id: "R11",
        what_ja: "選ばれたロットの合計 = 出荷の量、届いた量 ≤ 送った量（余りの差異を除く）",
        what_en: "Lots picked are the shipment's vials; no more arrived than was sent, but for a surplus that is noted",
        sql: "with lots as (
                select shipment_id, sum(vials) filter (where stage = 'picked') as picked,
                       sum(vials) filter (where stage = 'proposed') as proposed
                from distribution.shipment_lot group by 1),
             step as (
                select shipment_id, bool_or(step = 'pick') as picked from distribution.shipment_step group by 1),
             arrived as (
                select r.shipment_id, sum(l.accepted + l.damaged) as vials
                from distribution.receipt r join distribution.receipt_line l on l.receipt_id = r.id group by 1),
             surplus as (
                select shipment_id, sum(vials) as vials from distribution.discrepancy where kind = 'surplus' group by 1)
             select case
                when s.picked <> (l.picked is not null) or l.picked <> h.vials
                then format('shipment %s of %s: %s picked', h.id, h.vials, coalesce(l.picked, 0))
                when l.proposed > h.vials then format('shipment %s of %s: %s proposed', h.id, h.vials, l.proposed)
                when a.vials > coalesce(l.picked, 0) + coalesce(x.vials, 0)
                then format('shipment %s: %s sent, %s arrived', h.id, coalesce(l.picked, 0), a.vials)
                end as what
             from distribution.shipment h
             left join lots l on l.shipment_id = h.id
             left join step s on s.shipment_id = h.id
             left join arrived a on a.shipment_id = h.id
             left join surplus x on x.shipment_id = h.id"
            .to_owned(),
    }
}

fn arrivals() -> Probe {
    Probe {
        id: "R11",
        what_ja: "受領の行が見込んだ量 = 送ったロット（会場も同じ）",
        what_en: "What a receipt's lines expected are the lots that were sent, to the same site",
        sql: "with sent as (
                select r.id as receipt_id, p.lot_id, p.vials
                from distribution.receipt r
                join distribution.shipment_lot p on p.shipment_id = r.shipment_id and p.stage = 'picked')
             select case
                when r.site_id is distinct from h.site_id then format('receipt %s is of the site %s', receipt_id, r.site_id)
                when coalesce(l.expected, 0) <> coalesce(s.vials, 0)
                then format('receipt %s, lot %s: expected %s, sent %s', receipt_id, lot_id, coalesce(l.expected, 0),
                            coalesce(s.vials, 0))
                end as what
             from distribution.receipt_line l
             full join sent s using (receipt_id, lot_id)
             left join distribution.receipt r on r.id = receipt_id
             left join distribution.shipment h on h.id = r.shipment_id"
            .to_owned(),
    }
}

/// Whatever differs on arrival is a row, and no row is of anything else; what a depot's book lacked when
/// lots were picked has no receipt.
fn differences() -> Probe {
    Probe {
        id: "R12",
        what_ja: "受領の不足・余り・破損と差異の行が一致する",
        what_en: "What a receipt found short, too many or damaged is noted as discrepancies, and nothing else is",
        sql: "with found as (
                select l.receipt_id, r.shipment_id, l.lot_id, kind, n as vials
                from distribution.receipt_line l
                join distribution.receipt r on r.id = l.receipt_id
                cross join lateral (values
                    ('short', greatest(l.expected - l.accepted - l.damaged, 0)),
                    ('surplus', greatest(l.accepted + l.damaged - l.expected, 0)),
                    ('damaged', l.damaged)) as differs (kind, n)
                where n > 0),
             noted as (
                select receipt_id, shipment_id, lot_id, kind, sum(vials) as vials
                from distribution.discrepancy where kind <> 'beyond_stock' or receipt_id is not null group by 1, 2, 3, 4)
             select case when f.vials is distinct from n.vials
                    then format('shipment %s, lot %s: %s %s found, %s noted', shipment_id, lot_id, coalesce(f.vials, 0), kind,
                                coalesce(n.vials, 0))
                    end as what
             from found f full join noted n using (receipt_id, shipment_id, lot_id, kind)"
            .to_owned(),
    }
}

/// Short ones wait in the account, others are owed by it; a decision brings it to zero.
fn questions() -> Probe {
    Probe {
        id: "R12",
        what_ja: "差異の口座の残高 = 未決の不足 − 未決の余り・在庫超過（決定済みは0）",
        what_en: "What discrepancies hold is what is short less what is too many, as far as it is open; decided ones are zero",
        sql: "with open as (
                select shipment_id, lot_id, sum(case kind when 'short' then vials when 'damaged' then 0 else -vials end) as vials
                from distribution.discrepancy where state = 'open' group by 1, 2),
             held as (
                select s.place, s.lot_id, a.credits_posted - a.debits_posted as vials
                from distribution.stock_account s join distribution.account a on a.id = s.account_id
                where s.kind = 'discrepancy')
             select case when coalesce(h.vials, 0) <> coalesce(o.vials, 0)
                    then format('%s, lot %s: the book holds %s in question, the open discrepancies come to %s',
                                coalesce(h.place, 'shipment/' || o.shipment_id), coalesce(h.lot_id, o.lot_id),
                                coalesce(h.vials, 0), coalesce(o.vials, 0))
                    end as what
             from held h full join open o on 'shipment/' || o.shipment_id = h.place and o.lot_id = h.lot_id"
            .to_owned(),
    }
}

/// Days are Japan's. What was picked must last until it leaves, what is proposed until it may first be
/// delivered; a lot must not have been recalled when it was chosen. Who began to recall it may have waited
/// for who was choosing it: both times are those of the beginning, so two minutes are allowed.
fn usable() -> Probe {
    Probe {
        id: "R16",
        what_ja: "期限切れ・選択より前に回収されたロットの出荷はなく、製品は出荷のもの",
        what_en: "No shipment has a lot that had expired, or was recalled before it was chosen, or is another product",
        sql: "with chosen as (
                select shipment_id, case step when 'order' then 'proposed' else 'picked' end as stage,
                       max(business_at) as at
                from distribution.shipment_step where step in ('order', 'pick') group by 1, 2)
             select case
                when l.product <> h.product then format('shipment %s of %s: lot %s is %s', h.id, h.product, l.number, l.product)
                when l.recalled_at < c.at - interval '2 minutes'
                then format('shipment %s: lot %s was recalled before it was %s', h.id, l.number, p.stage)
                when least(l.expiry, l.thawed_expiry) < case p.stage
                        when 'proposed' then h.window_from
                        else (coalesce(h.dispatched_at, c.at) at time zone 'Asia/Tokyo')::date end
                then format('shipment %s: lot %s (%s) expires on %s', h.id, l.number, p.stage,
                            least(l.expiry, l.thawed_expiry))
                end as what
             from distribution.shipment_lot p
             join distribution.shipment h on h.id = p.shipment_id
             join distribution.lot l on l.id = p.lot_id
             left join chosen c on c.shipment_id = p.shipment_id and c.stage = p.stage"
            .to_owned(),
    }
}

fn recalled() -> Probe {
    Probe {
        id: "R16",
        what_ja: "回収されたロットは、倉庫にも会場にも使える形では残っていない",
        what_en: "Nothing of a recalled lot is available at any depot or site",
        sql: "select case when l.recalled_at is not null and a.credits_posted <> a.debits_posted
                    then format('lot %s was recalled, %s vials are available at %s', l.number,
                                a.credits_posted - a.debits_posted, s.place)
                    end as what
             from distribution.stock_account s
             join distribution.account a on a.id = s.account_id
             join distribution.lot l on l.id = s.lot_id
             where s.kind = 'available'"
            .to_owned(),
    }
}

/// What a depot held at the moment of an order is not recorded: transactions do not say in which order
/// they came. But it held at least what it had surely received by then (two minutes before, which no
/// transaction outlives), less all that ever left it. So much of a lot that expires earlier than one that
/// was proposed, or of any usable lot where fewer vials were proposed than ordered, shows that the proposal
/// was not first expired first out. What was picked instead stands beside what was proposed, and is the
/// branch's to choose.
fn oldest_first() -> Probe {
    Probe {
        id: "R17",
        what_ja: "引当の提案は期限の早い順（確かに倉庫にあった早いロットを飛ばさない）",
        what_en: "Proposals are first expired first out: none passes over an older lot that the depot surely had",
        sql: "with ordered as (
                select h.id, h.product, h.wholesaler, h.vials, s.recorded_at,
                       greatest(h.window_to, (s.business_at at time zone 'Asia/Tokyo')::date) as day,
                       max(l.expiry) as newest, coalesce(sum(p.vials), 0) as proposed
                from distribution.shipment h
                join distribution.shipment_step s on s.shipment_id = h.id and s.step = 'order'
                left join distribution.shipment_lot p on p.shipment_id = h.id and p.stage = 'proposed'
                left join distribution.lot l on l.id = p.lot_id
                where h.wholesaler is not null
                group by 1, 2, 3, 4, 5, 6),
             gone as (
                select s.lot_id, s.place, a.debits_posted as vials
                from distribution.stock_account s join distribution.account a on a.id = s.account_id
                where s.kind = 'available'),
             surely as (
                select o.id, i.lot_id, sum(i.vials) as vials
                from ordered o
                join distribution.inbound i
                  on i.wholesaler = o.wholesaler and i.recorded_at < o.recorded_at - interval '2 minutes'
                group by 1, 2)
             select case when l.product = o.product and least(l.expiry, l.thawed_expiry) >= o.day
                          and l.recalled_at is null
                          and (l.expiry < o.newest or o.proposed < o.vials)
                          and y.vials > coalesce(g.vials, 0)
                    then format('shipment %s: %s proposed up to %s, though %s vials of %s (%s) were there', o.id, o.proposed,
                                o.newest, y.vials - coalesce(g.vials, 0), l.number, l.expiry)
                    end as what
             from ordered o
             join surely y on y.id = o.id
             join distribution.lot l on l.id = y.lot_id
             left join gone g on g.lot_id = y.lot_id and g.place = 'depot/' || o.wholesaler"
            .to_owned(),
    }
}

/// So that a pick that differs can be seen: the proposal stays as it was reserved.
fn proposals() -> Probe {
    Probe {
        id: "R17",
        what_ja: "提案の行 = 発注のトランザクションで引き当てた量（別のロットを選べば見える）",
        what_en: "Proposals are kept as the order reserved them, so that another choice of lots shows",
        sql: format!(
            "with {LEG},
             reserved as (
                select s.shipment_id, l.lot_id, sum(l.amount) as vials
                from distribution.shipment_step s
                join leg l on l.place = 'shipment/' || s.shipment_id and l.txid = s.txid
                where s.step = 'order' and l.kind = 'reserved' group by 1, 2),
             proposed as (select * from distribution.shipment_lot where stage = 'proposed')
             select case when p.vials is distinct from r.vials
                    then format('shipment %s, lot %s: %s proposed, %s reserved', shipment_id, lot_id, coalesce(p.vials, 0),
                                coalesce(r.vials, 0))
                    end as what
             from proposed p full join reserved r using (shipment_id, lot_id)"
        ),
    }
}
