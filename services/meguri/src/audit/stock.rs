//! R2, R5, R9 and R22 of the stock book: whose account is whose, and its balances rebuilt from the rows
//! that moved something — inbound, shipments, receipts, decisions — without looking at a transfer.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    vec![received(), rebuilt(), caused(), owners(), ways(), stages()]
}

/// What the posted transfers brought to and took from each account: kind, place and lot of the account,
/// and the transaction.
pub(super) const LEG: &str = "moved as (
    select credit_account as account_id, amount, txid from distribution.transfer
    where kind in ('post', 'post_pending', 'correction')
    union all
    select debit_account, -amount, txid from distribution.transfer
    where kind in ('post', 'post_pending', 'correction')),
leg as (
    select s.lot_id, s.kind, s.place, m.amount, m.txid
    from moved m join distribution.stock_account s on s.account_id = m.account_id)";

/// Where the lots that count are: of each shipment those picked, before that those proposed.
pub(super) const TAKEN: &str = "fate as (
    select s.id, s.state, s.wholesaler, s.vials, 'depot/' || s.wholesaler as depot, 'shipment/' || s.id as road,
           'site/' || s.site_id as site, r.id is not null as received
    from distribution.shipment s left join distribution.receipt r on r.shipment_id = s.id),
taken as (
    select f.*, l.lot_id, l.vials as lot_vials
    from fate f join distribution.shipment_lot l on l.shipment_id = f.id
    where l.stage = case when f.state in ('ordered', 'scheduled') then 'proposed' else 'picked' end
      and f.state not in ('cancelled', 'unfulfillable'))";

/// Written a second time, from transfers and from rows: the accounts' totals have no part in it.
fn received() -> Probe {
    Probe {
        id: "R2",
        what_ja: "在庫の帳簿：ロットごとに、メーカーからの入荷 = 手持ち・引当・輸送中・隔離・開封・廃棄・返品・紛失・破棄・差異の合計",
        what_en: "Stock: of each lot, received from the maker = available, reserved, in transit, quarantined, opened, \
                  wasted, returned, lost, destroyed and in discrepancy",
        sql: format!(
            "with {LEG},
             noted as (
                select lot_id, sum(vials) as vials
                from (select lot_id, vials from distribution.inbound
                      union all
                      select lot_id, vials from distribution.discrepancy where decision = 'from_maker') as rows
                group by 1),
             held as (
                select lot_id, -sum(amount) filter (where kind = 'maker') as made,
                       sum(amount) filter (where kind in ('available', 'reserved', 'in_transit', 'quarantined', 'opened',
                           'wasted', 'returned', 'lost', 'destroyed', 'discrepancy')) as held
                from leg group by 1)
             select case when (received, made) is distinct from (made, held)
                    then format('%s %s: received %s, out of the maker''s account %s, held %s', product, number, received,
                                made, held)
                    end as what
             from (select l.product, l.number, coalesce(n.vials, 0) as received, coalesce(h.made, 0) as made,
                          coalesce(h.held, 0) as held
                   from distribution.lot l
                   left join noted n on n.lot_id = l.id
                   left join held h on h.lot_id = l.id) as lots"
        ),
    }
}

/// Nothing of a transfer is read here. Vials that arrive pass through the shipment's discrepancy: what was
/// expected goes in, what was found comes out. A recall moves what it finds when it comes, which no row
/// tells: of a recalled lot, what a place has at hand, in quarantine or reserved is one amount. What was
/// picked beyond the depot's book and put back again (`withdrawn`) has left no vials anywhere.
fn rebuilt() -> Probe {
    Probe {
        id: "R5",
        what_ja: "在庫の帳簿：各口座の残高 = 入荷・出荷・受領・決定の行から組み立て直した値",
        what_en: "Stock: each account holds what the rows of inbound, shipments, receipts and decisions come to",
        sql: format!(
            "with {TAKEN},
             differing as (
                select d.kind, d.decision, d.lot_id, d.vials, f.depot, f.road, f.site
                from distribution.discrepancy d join fate f on f.id = d.shipment_id
                where d.decision is distinct from 'withdrawn'),
             arrived as (
                select l.lot_id, l.accepted, l.damaged, f.road, f.site
                from distribution.receipt_line l
                join distribution.receipt r on r.id = l.receipt_id
                join fate f on f.id = r.shipment_id),
             effect (lot_id, kind, place, vials) as (
                select lot_id, 'available', 'depot/' || wholesaler, vials from distribution.inbound
                union all select lot_id, 'maker', 'maker', -vials from distribution.inbound
                union all select lot_id, 'available', depot, -lot_vials from taken
                union all
                select lot_id,
                       case when state in ('ordered', 'scheduled', 'picked') then 'reserved'
                            when state in ('returned', 'lost') then state
                            when received then 'discrepancy' else 'in_transit' end,
                       case state when 'returned' then depot else road end, lot_vials
                from taken
                union all select lot_id, 'available', site, accepted from arrived
                union all select lot_id, 'quarantined', site, damaged from arrived
                union all select lot_id, 'discrepancy', road, -accepted - damaged from arrived
                union all select lot_id, 'available', depot, vials from differing where kind = 'beyond_stock'
                union all select lot_id, 'discrepancy', road, -vials from differing where kind = 'beyond_stock'
                union all
                select lot_id,
                       case decision when 'from_maker' then 'maker'
                            when 'from_depot' then 'available' when 'lost' then 'discrepancy'
                            when 'found_at_depot' then 'discrepancy' when 'found_at_site' then 'discrepancy'
                            else 'quarantined' end,
                       case decision when 'from_maker' then 'maker' when 'from_depot' then depot
                            when 'lost' then road when 'found_at_depot' then road when 'found_at_site' then road
                            else site end, -vials
                from differing where decision is not null
                union all
                select lot_id,
                       case decision when 'from_maker' then 'discrepancy' when 'from_depot' then 'discrepancy'
                            when 'lost' then 'lost' when 'destroyed' then 'destroyed' when 'returned' then 'returned'
                            else 'available' end,
                       case when decision in ('from_maker', 'from_depot', 'lost') then road
                            when decision in ('found_at_depot', 'returned') then depot else site end, vials
                from differing where decision is not null),
             held as (
                select s.lot_id, s.kind, s.place, a.credits_posted - a.debits_posted as vials
                from distribution.stock_account s join distribution.account a on a.id = s.account_id),
             side (lot_id, kind, place, expected, vials) as (
                select lot_id, kind, place, vials, 0 from effect
                union all select lot_id, kind, place, 0, vials from held),
             account as (
                select l.product, l.number,
                       case when l.recalled_at is not null and s.kind in ('available', 'quarantined', 'reserved')
                            then 'at hand' else s.kind end as kind,
                       case when l.recalled_at is not null and s.kind = 'reserved' then coalesce(f.depot, s.place)
                            else s.place end as place,
                       s.expected, s.vials
                from side s
                left join distribution.lot l on l.id = s.lot_id
                left join fate f on f.road = s.place)
             select case when sum(vials) <> sum(expected)
                    then format('%s %s, %s at %s: the book holds %s, the rows come to %s', product, number, kind, place,
                                sum(vials), sum(expected))
                    end as what
             from account group by product, number, kind, place"
        ),
    }
}

/// A recall and a decision leave no row with a transaction of their own but the audit entry.
fn caused() -> Probe {
    Probe {
        id: "R5",
        what_ja: "在庫の帳簿：どの仕訳にも、同じトランザクションに入荷・出荷の段階・受領・決定・回収がある",
        what_en: "Stock: in the transaction of every transfer is an inbound, a step, a receipt, a decision or a recall",
        sql: "with cause as (
                select txid from distribution.inbound
                union select txid from distribution.shipment_step
                union select txid from distribution.receipt
                union select txid from distribution.audit where action in ('discrepancy_resolve', 'lot_recall'))
             select case when c.txid is null
                    then format('transfer %s of %s was written by transaction %s, which did nothing else', t.id, t.amount,
                                t.txid)
                    end as what
             from distribution.transfer t left join cause c on c.txid = t.txid"
            .to_owned(),
    }
}

fn owners() -> Probe {
    Probe {
        id: "R9",
        what_ja: "在庫の帳簿：口座には持ち主があり、単位はそのロットで、供給元はメーカーと差異だけ",
        what_en: "Stock: every account is somebody's, its unit is its lot; only maker and discrepancies are sources",
        sql: "select case
                when b.account_id is null then format('account %s is nobody''s', a.id)
                when a.id is null then format('%s at %s: account %s is missing', b.kind, b.place, b.account_id)
                when l.id is null then format('account %s (%s at %s) is of no lot', a.id, b.kind, b.place)
                when a.unit <> 'vial/' || b.lot_id
                then format('account %s (%s at %s) counts %s', a.id, b.kind, b.place, a.unit)
                when a.source <> (b.kind in ('maker', 'discrepancy'))
                then format('account %s (%s at %s) is a source: %s', a.id, b.kind, b.place, a.source)
                when b.place like 'shipment/%' and s.id is null then format('account %s: no %s', a.id, b.place)
                when count(*) over (partition by b.lot_id, b.kind, b.place) > 1
                then format('account %s (%s at %s) is there twice', a.id, b.kind, b.place)
                end as what
             from distribution.account a
             full join distribution.stock_account b on b.account_id = a.id
             left join distribution.lot l on l.id = b.lot_id
             left join distribution.shipment s on 'shipment/' || s.id = b.place"
            .to_owned(),
    }
}

/// Between which kinds of places vials go, and that both are the shipment's own ends.
const WAYS: &str = "way (giver, from_place, getter, to_place) as (values
    ('maker', 'maker', 'available', 'depot'), ('maker', 'maker', 'quarantined', 'depot'),
    ('maker', 'maker', 'discrepancy', 'shipment'),
    ('available', 'depot', 'reserved', 'shipment'), ('reserved', 'shipment', 'available', 'depot'),
    ('discrepancy', 'shipment', 'reserved', 'shipment'), ('reserved', 'shipment', 'discrepancy', 'shipment'),
    ('reserved', 'shipment', 'in_transit', 'shipment'), ('reserved', 'shipment', 'quarantined', 'depot'),
    ('in_transit', 'shipment', 'available', 'site'), ('in_transit', 'shipment', 'quarantined', 'site'),
    ('in_transit', 'shipment', 'discrepancy', 'shipment'), ('in_transit', 'shipment', 'lost', 'shipment'),
    ('in_transit', 'shipment', 'returned', 'depot'),
    ('discrepancy', 'shipment', 'available', 'site'), ('discrepancy', 'shipment', 'quarantined', 'site'),
    ('discrepancy', 'shipment', 'available', 'depot'), ('discrepancy', 'shipment', 'quarantined', 'depot'),
    ('discrepancy', 'shipment', 'lost', 'shipment'), ('discrepancy', 'shipment', 'in_transit', 'shipment'),
    ('available', 'depot', 'discrepancy', 'shipment'), ('quarantined', 'depot', 'discrepancy', 'shipment'),
    ('available', 'depot', 'quarantined', 'depot'), ('available', 'site', 'quarantined', 'site'),
    ('quarantined', 'site', 'destroyed', 'site'), ('quarantined', 'site', 'available', 'site'),
    ('quarantined', 'site', 'returned', 'depot'))";

fn ways() -> Probe {
    Probe {
        id: "R9",
        what_ja: "在庫の帳簿：仕訳は決まった道だけを通り、出荷の両端はその倉庫とその会場",
        what_en: "Stock: transfers go only the ways there are, and the ends of a shipment are its depot and its site",
        sql: format!(
            "with {WAYS},
             owner as (
                select b.account_id, b.kind, b.place, split_part(b.place, '/', 1) as sort,
                       case when b.place like 'depot/%' then b.place else 'depot/' || s.wholesaler end as depot,
                       case when b.place like 'site/%' then b.place else 'site/' || s.site_id end as site
                from distribution.stock_account b
                left join distribution.shipment s on 'shipment/' || s.id = b.place)
             select case
                when w.giver is null
                then format('transfer %s: from %s at %s to %s at %s', t.id, f.kind, f.place, g.kind, g.place)
                when f.sort = g.sort and f.place <> g.place or f.depot <> g.depot or f.site <> g.site
                then format('transfer %s: from %s to %s, which is another''s', t.id, f.place, g.place)
                end as what
             from (select id, case kind when 'correction' then credit_account else debit_account end as giver,
                          case kind when 'correction' then debit_account else credit_account end as getter
                   from distribution.transfer) t
             left join owner f on f.account_id = t.giver
             left join owner g on g.account_id = t.getter
             left join way w on w.giver = f.kind and w.from_place = f.sort and w.getter = g.kind and w.to_place = g.sort"
        ),
    }
}

/// After every transaction, and not only at the end: what a shipment had reserved and on the road. A
/// recall takes vials away between two steps; shipments that it met are left out.
fn stages() -> Probe {
    Probe {
        id: "R22",
        what_ja: "出荷の各段階の後で、引当と輸送中の量がその状態のとおり",
        what_en: "After each step of a shipment, what it has reserved and on the road is what the state says",
        sql: format!(
            "with {LEG},
             ended as (
                select shipment_id, txid, max(version) as version from distribution.shipment_step group by 1, 2),
             step as (
                select e.shipment_id, e.txid, e.version, s.state,
                       exists (select from distribution.shipment_step r
                               where r.shipment_id = e.shipment_id and r.step = 'receive' and r.version <= e.version)
                           as received
                from ended e
                join distribution.shipment_step s on s.shipment_id = e.shipment_id and s.version = e.version),
             amount as (
                select place, txid, sum(amount) filter (where kind = 'reserved') as reserved,
                       sum(amount) filter (where kind = 'in_transit') as moving
                from leg where kind in ('reserved', 'in_transit') group by 1, 2),
             running as (
                select s.*, coalesce(sum(a.reserved) over through, 0) as reserved,
                       coalesce(sum(a.moving) over through, 0) as moving
                from step s left join amount a on a.place = 'shipment/' || s.shipment_id and a.txid = s.txid
                window through as (partition by s.shipment_id order by s.version)),
             lots as (
                select l.shipment_id, sum(l.vials) filter (where l.stage = 'proposed') as proposed,
                       bool_or(o.recalled_at is not null) as recalled
                from distribution.shipment_lot l join distribution.lot o on o.id = l.lot_id group by 1),
             said as (
                select r.*,
                       case when r.state in ('ordered', 'scheduled') then coalesce(l.proposed, 0)
                            when r.state = 'picked' then h.vials else 0 end as to_reserve,
                       case when r.state in ('dispatched', 'failed') or r.state = 'delivered' and not r.received
                            then h.vials else 0 end as to_move
                from running r
                join distribution.shipment h on h.id = r.shipment_id
                left join lots l on l.shipment_id = r.shipment_id
                where l.recalled is not true)
             select case when (reserved, moving) <> (to_reserve, to_move)
                    then format('shipment %s, %s in version %s: %s reserved and %s on the road instead of %s and %s',
                                shipment_id, state, version, reserved, moving, to_reserve, to_move)
                    end as what
             from said"
        ),
    }
}
