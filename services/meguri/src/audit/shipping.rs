//! R19, R26 and R27 of releases, shipments and receipts: each change has one event of the same
//! transaction that says the same, its trace, and its key where somebody asked for it.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    let traces = TRACES.map(|(name, rows, audit, what_ja, what_en)| traced(name, rows, audit, what_ja, what_en));
    let keys = KEYS.map(|(name, rows, schema, what_ja, what_en)| keyed(name, rows, schema, what_ja, what_en));
    [
        vec![releases(), orders(), endings(), receipts(), notices()],
        traces.into(),
        vec![entries()],
        keys.into(),
        vec![nothing()],
    ]
    .concat()
}

/// Parts of a payload that are lists, in an order of their own: `jsonb` keeps the sender's.
fn sorted(list: &str, by: &str, keys: &[&str]) -> String {
    let members: Vec<String> = keys.iter().map(|key| format!("'{key}', e -> '{key}'")).collect();
    format!(
        "coalesce((select jsonb_agg(jsonb_build_object({}) order by e ->> '{by}' collate \"C\")
          from jsonb_array_elements(case jsonb_typeof({list}) when 'array' then {list} else '[]' end) as e), '[]')",
        members.join(", ")
    )
}

fn releases() -> Probe {
    let splits = sorted("o.payload -> 'splits'", "site_id", &["site_id", "vials"]);
    Probe {
        id: "R19",
        what_ja: "出荷指示と allocation.released.v1 が同じトランザクションで一対一に対応し、内容が一致する",
        what_en: "Releases and their events allocation.released.v1 match one to one, in the same transaction, and say the same",
        sql: format!(
            "with split as (
                select l.release_id, jsonb_agg(jsonb_build_object('site_id', l.recipient, 'vials', l.vials)
                           order by l.recipient collate \"C\") as splits
                from (select release_id, recipient, sum(vials) as vials from allocation.release_line group by 1, 2) l
                join allocation.release r on r.id = l.release_id and r.hub_id::text <> l.recipient
                group by 1),
             told as (select o.*, {splits} as splits from allocation.outbox o where o.type = 'allocation.released.v1')
             select case
                when o.id is null then format('release %s has no event', r.id)
                when r.id is null then format('event %s tells about no release (%s)', o.id, o.subject)
                when count(*) over (partition by o.subject) > 1 then format('release %s has more than one event', r.id)
                when o.txid <> r.txid
                then format('release %s was written by transaction %s, its event by %s', r.id, r.txid, o.txid)
                when o.splits <> coalesce(s.splits, '[]')
                  or o.payload -> 'hub' ->> 'site_id' is distinct from r.hub_id::text
                  or not o.payload @> jsonb_build_object(
                        'release_id', r.id, 'round_id', r.round_id, 'programme', c.programme, 'round', c.number,
                        'product', c.product, 'pack', c.pack, 'pack_vials', c.pack_vials, 'vials', r.vials,
                        'delivery_from', c.delivery_from, 'delivery_to', c.delivery_to)
                then format('release %s: its event says something else', r.id)
                end as what
             from allocation.release r
             full join told o on o.subject = 'release/' || r.id
             left join split s on s.release_id = r.id
             left join allocation.round c on c.id = r.round_id"
        ),
    }
}

/// What `told` must say, matched by subject: a shipment is ordered, ended and received once at most.
fn said(what: &str, due: &str, told: &str) -> String {
    format!(
        "with due as ({due}), told as ({told})
         select case
            when o.id is null then format('shipment %s: its {what} has no event', d.id)
            when d.id is null then format('event %s (%s) tells about nothing that happened to the %s', o.id, o.type, o.subject)
            when count(*) over (partition by o.subject, o.type) > 1
            then format('shipment %s: its {what} has more than one event', d.id)
            when o.txid <> d.txid
            then format('shipment %s: its {what} was written by transaction %s, its event by %s', d.id, d.txid, o.txid)
            when not o.payload @> d.says or o.lists <> d.lists
            then format('shipment %s: the event of its {what} says something else', d.id)
            end as what
         from due d full join told o on o.subject = 'shipment/' || d.id and o.type = d.type"
    )
}

fn orders() -> Probe {
    let lots = sorted("o.payload -> 'lots'", "lot", &["lot", "vials"]);
    let splits = sorted("o.payload -> 'splits'", "site_id", &["site_id", "vials"]);
    Probe {
        id: "R19",
        what_ja: "発注と shipment.ordered.v1 が同じトランザクションで一対一に対応し、内容が一致する",
        what_en: "Orders and their events shipment.ordered.v1 match one to one, in the same transaction, and say the same",
        sql: said(
            "order",
            "select h.id, s.txid, 'shipment.ordered.v1' as type,
                    jsonb_build_object('shipment_id', h.id, 'wholesaler', h.wholesaler, 'branch', h.branch,
                        'product', h.product, 'programme', h.programme, 'round', h.round_number, 'vials', h.vials,
                        'storage', h.storage, 'training', h.training,
                        'to', jsonb_build_object('site_id', h.site_id, 'municipality', h.municipality),
                        'window', jsonb_build_object('from', h.window_from, 'to', h.window_to),
                        'packs', jsonb_build_array(jsonb_build_object('pack', h.pack, 'count', h.vials / h.pack_vials)))
                        as says,
                    jsonb_build_array(
                        coalesce((select jsonb_agg(jsonb_build_object('lot', l.number, 'vials', p.vials)
                                      order by l.number collate \"C\")
                                  from distribution.shipment_lot p join distribution.lot l on l.id = p.lot_id
                                  where p.shipment_id = h.id and p.stage = 'proposed'), '[]'),
                        coalesce((select jsonb_agg(jsonb_build_object('site_id', p.site_id, 'vials', p.vials)
                                      order by p.site_id::text collate \"C\")
                                  from distribution.shipment_split p where p.shipment_id = h.id), '[]')) as lists
             from distribution.shipment h
             join distribution.shipment_step s on s.shipment_id = h.id and s.step = 'order'
             where h.branch is not null",
            &format!(
                "select o.*, jsonb_build_array({lots}, {splits}) as lists
                 from distribution.outbox o where o.type = 'shipment.ordered.v1'"
            ),
        ),
    }
}

fn endings() -> Probe {
    Probe {
        id: "R19",
        what_ja: "取消し・出荷不能と shipment.cancelled.v1・shipment.unfulfillable.v1 が一対一に対応し、内容が一致する",
        what_en: "Shipments called off or given up and their events shipment.cancelled.v1 and shipment.unfulfillable.v1 match \
                  one to one, in the same transaction, and say the same",
        sql: said(
            "end",
            "select h.id, s.txid, 'shipment.' || s.state || '.v1' as type,
                    jsonb_strip_nulls(jsonb_build_object('shipment_id', h.id, 'wholesaler', h.wholesaler,
                        'branch', h.branch, 'reason', s.reason, 'training', h.training)) as says, '[]'::jsonb as lists
             from distribution.shipment_step s join distribution.shipment h on h.id = s.shipment_id
             where s.state in ('cancelled', 'unfulfillable')",
            "select o.*, '[]'::jsonb as lists from distribution.outbox o
             where o.type in ('shipment.cancelled.v1', 'shipment.unfulfillable.v1')",
        ),
    }
}

fn receipts() -> Probe {
    let lots = sorted("o.payload -> 'lots'", "lot", &["lot", "expected", "accepted", "damaged"]);
    Probe {
        id: "R19",
        what_ja: "受領と receipt.recorded.v1 が同じトランザクションで一対一に対応し、内容が一致する",
        what_en: "Receipts and their events receipt.recorded.v1 match one to one, in the same transaction, and say the same",
        sql: said(
            "receipt",
            "select h.id, r.txid, 'receipt.recorded.v1' as type,
                    jsonb_build_object('receipt_id', r.id, 'shipment_id', h.id, 'wholesaler', h.wholesaler,
                        'branch', h.branch, 'site_id', r.site_id, 'training', h.training,
                        'vials_accepted', l.accepted, 'vials_damaged', l.damaged, 'vials_short', l.short,
                        'vials_surplus', l.surplus) as says, coalesce(l.lots, '[]') as lists
             from distribution.receipt r
             join distribution.shipment h on h.id = r.shipment_id
             cross join lateral (
                select coalesce(sum(accepted), 0) as accepted, coalesce(sum(damaged), 0) as damaged,
                       coalesce(sum(greatest(expected - accepted - damaged, 0)), 0) as short,
                       coalesce(sum(greatest(accepted + damaged - expected, 0)), 0) as surplus,
                       jsonb_agg(jsonb_build_object('lot', o.number, 'expected', expected, 'accepted', accepted,
                           'damaged', damaged) order by o.number collate \"C\") as lots
                from distribution.receipt_line x join distribution.lot o on o.id = x.lot_id
                where x.receipt_id = r.id) l",
            &format!("select o.*, {lots} as lists from distribution.outbox o where o.type = 'receipt.recorded.v1'"),
        ),
    }
}

/// Somebody must decide, so somebody must be told.
fn notices() -> Probe {
    Probe {
        id: "R19",
        what_ja: "受領で差異が出れば、同じトランザクションで notification.requested.v1 が出る",
        what_en: "A receipt with discrepancies has its event notification.requested.v1, in the same transaction",
        sql: "with told as (
                select distinct payload ->> 'about' as about, txid from distribution.outbox
                where type = 'notification.requested.v1')
             select case when t.about is null
                    then format('shipment %s: nobody was told of the discrepancy %s', d.shipment_id, d.id) end as what
             from distribution.discrepancy d
             left join told t on t.about = 'shipment/' || d.shipment_id and t.txid = d.txid
             where d.receipt_id is not null"
            .to_owned(),
    }
}

/// What was done (a name, the rows with the action that they need), and whose audit tells.
type Trace = (&'static str, &'static str, &'static str, &'static str, &'static str);

const TRACES: [Trace; 5] = [
    (
        "release",
        "select id, txid, 'lines_release' as action from allocation.release",
        "allocation.audit",
        "すべての出荷指示に、同じトランザクションの監査記録がある",
        "Every release has an audit entry of the same transaction",
    ),
    (
        "step",
        "select id, txid, case step when 'order' then 'event_apply' when 'cancel' then 'shipment_cancel'
                          when 'receive' then 'receipt_confirm' else 'shipment_answer' end as action
         from distribution.shipment_step",
        "distribution.audit",
        "出荷のすべての段階に、同じトランザクションの監査記録がある",
        "Every step of a shipment has an audit entry of the same transaction",
    ),
    (
        "receipt",
        "select id, txid, 'receipt_confirm' as action from distribution.receipt",
        "distribution.audit",
        "すべての受領に、同じトランザクションの監査記録がある",
        "Every receipt has an audit entry of the same transaction",
    ),
    (
        "answer",
        "select id, txid, 'shipment_answer' as action from distribution.answer",
        "distribution.audit",
        "すべての回答に、同じトランザクションの監査記録がある",
        "Every answer has an audit entry of the same transaction",
    ),
    (
        "inbound",
        "select id, txid, 'inbound_record' as action from distribution.inbound",
        "distribution.audit",
        "すべての入荷に、同じトランザクションの監査記録がある",
        "Every inbound has an audit entry of the same transaction",
    ),
];

fn traced(name: &str, rows: &str, audit: &str, what_ja: &'static str, what_en: &'static str) -> Probe {
    Probe {
        id: "R26",
        what_ja,
        what_en,
        sql: format!(
            "with entry as (select distinct txid, action from {audit})
             select case when e.txid is null
                    then format('{name} %s: transaction %s has no audit entry %s', r.id, r.txid, r.action) end as what
             from ({rows}) r left join entry e on e.txid = r.txid and e.action = r.action"
        ),
    }
}

/// The other way round; and every decision and every recall, which have no row of their own, is one of as
/// many entries as there are.
fn entries() -> Probe {
    Probe {
        id: "R26",
        what_ja: "出荷指示・受領・取消し・入荷・決定・回収の監査記録に、その行がある",
        what_en: "Audit entries of releases, receipts, cancellations, inbounds, decisions and recalls have their rows",
        sql: "with done as (
                select txid, 'receipt_confirm' as action from distribution.receipt
                union select txid, 'shipment_cancel' from distribution.shipment_step where step = 'cancel'
                union select txid, 'inbound_record' from distribution.inbound
                union select txid, 'lines_release' from allocation.release),
             entry as (
                select id, action, txid from distribution.audit
                where action in ('receipt_confirm', 'shipment_cancel', 'inbound_record')
                union all
                select id, action, txid from allocation.audit where action = 'lines_release')
             select case when d.txid is null
                    then format('audit entry %s (%s): transaction %s did nothing else', a.id, a.action, a.txid) end as what
             from entry a left join done d on d.txid = a.txid and d.action = a.action
             union all
             select case when decided <> entries then format('%s: %s rows, %s audit entries', action, decided, entries) end
             from (select 'discrepancy_resolve' as action,
                          (select count(*) from distribution.discrepancy
                           where state = 'resolved' and decision <> 'withdrawn') as decided,
                          (select count(*) from distribution.audit where action = 'discrepancy_resolve') as entries
                   union all
                   select 'lot_recall', (select count(*) from distribution.lot where recalled_at is not null),
                          (select count(*) from distribution.audit where action = 'lot_recall')) as counts"
            .to_owned(),
    }
}

/// What somebody asked for: a name, the rows, and whose keys tell. A job of the service itself has none.
const KEYS: [Trace; 5] = [
    (
        "release",
        "select id, txid from allocation.release",
        "allocation",
        "すべての出荷指示に、同じトランザクションの冪等性の行がある",
        "Every release has an idempotency row of the same transaction",
    ),
    (
        "receipt",
        "select id, txid from distribution.receipt",
        "distribution",
        "すべての受領に、同じトランザクションの冪等性の行がある",
        "Every receipt has an idempotency row of the same transaction",
    ),
    (
        "cancellation",
        "select id, txid from distribution.shipment_step where step = 'cancel'",
        "distribution",
        "すべての取消しに、同じトランザクションの冪等性の行がある",
        "Every cancellation has an idempotency row of the same transaction",
    ),
    (
        "inbound",
        "select i.id, i.txid from distribution.inbound i
         where exists (select from distribution.audit a where a.txid = i.txid and a.action = 'inbound_record'
                         and a.actor <> uuid '00000000-0000-0000-0000-000000000000')",
        "distribution",
        "依頼されたすべての入荷に、同じトランザクションの冪等性の行がある",
        "Every inbound that was asked for has an idempotency row of the same transaction",
    ),
    (
        "decision or recall",
        "select cause_id as id, txid from distribution.audit
         where action in ('discrepancy_resolve', 'lot_recall') and actor <> uuid '00000000-0000-0000-0000-000000000000'",
        "distribution",
        "すべての決定と回収に、同じトランザクションの冪等性の行がある",
        "Every decision and recall has an idempotency row of the same transaction",
    ),
];

fn keyed(name: &str, rows: &str, schema: &str, what_ja: &'static str, what_en: &'static str) -> Probe {
    Probe {
        id: "R27",
        what_ja,
        what_en,
        sql: format!(
            "with key as (select txid, min(status) as least, max(status) as most from {schema}.idempotency group by 1)
             select case
                when k.txid is null then format('{name} %s: transaction %s has no idempotency row', r.id, r.txid)
                when k.least < 200 or k.most > 299 then format('{name} %s was answered with %s', r.id, k.most)
                end as what
             from ({rows}) r left join key k on k.txid = r.txid"
        ),
    }
}

fn nothing() -> Probe {
    Probe {
        id: "R27",
        what_ja: "distribution の冪等性の行に、同じトランザクションの監査記録がある",
        what_en: "Every idempotency row of distribution has an audit entry of the same transaction",
        sql: "with entry as (select distinct txid from distribution.audit)
             select case when e.txid is null then format('idempotency row %s: nothing was changed', i.key) end as what
             from distribution.idempotency i left join entry e on e.txid = i.txid"
            .to_owned(),
    }
}
