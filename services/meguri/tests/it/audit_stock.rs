//! The audit of the stock book and of shipments: right as they stand in the small country's deliveries, and
//! wrong in one place after each planted fault.
use super::audit::{Fault, audit, delivered, each_is_found_in};

const TABLES: [&str; 40] = [
    "capacity.outbox",
    "allocation.plan_line",
    "allocation.release",
    "allocation.release_line",
    "allocation.account",
    "allocation.book_account",
    "allocation.transfer",
    "allocation.outbox",
    "allocation.subject",
    "allocation.inbox",
    "allocation.inbox_subject",
    "allocation.inbox_held",
    "allocation.idempotency",
    "allocation.audit",
    "distribution.lot",
    "distribution.inbound",
    "distribution.shipment",
    "distribution.shipment_lot",
    "distribution.shipment_split",
    "distribution.shipment_step",
    "distribution.answer",
    "distribution.receipt",
    "distribution.receipt_line",
    "distribution.discrepancy",
    "distribution.account",
    "distribution.stock_account",
    "distribution.transfer",
    "distribution.outbox",
    "distribution.subject",
    "distribution.inbox",
    "distribution.inbox_subject",
    "distribution.inbox_held",
    "distribution.idempotency",
    "distribution.audit",
    "relay.outbox",
    "relay.inbox",
    "relay.inbox_subject",
    "relay.inbox_held",
    "relay.audit",
    "relay.notification",
];

/// What the database forbids is what a bug or an administrator might do nevertheless.
const LOOSEN: &str = "
    drop trigger transfer_append_only on allocation.transfer;
    drop trigger transfer_append_only on distribution.transfer;
    alter table allocation.account alter column id drop identity;
    alter table distribution.account alter column id drop identity;
    create sequence forge.account_id start 9001;
    alter table distribution.account alter column id set default nextval('forge.account_id');
    do $$ declare c record; begin
        for c in select conrelid::regclass as place, conname from pg_constraint
                 where connamespace in ('distribution'::regnamespace, 'allocation'::regnamespace, 'relay'::regnamespace)
                   and conrelid <> 0 and conparentid = 0
        loop
            execute format('alter table %s drop constraint if exists %I cascade', c.place, c.conname);
        end loop;
    end $$;
    drop index distribution.answer_place;";

pub(super) async fn each_is_found(faults: &[Fault<'_>]) {
    let db = delivered().await;
    db.sql(LOOSEN).await;
    each_is_found_in(&db, &TABLES, faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_is_listed_and_no_fault() {
    let db = delivered().await;
    let report = audit(&db).await;
    assert!(report.ok, "{}", meguri::audit::table(&report));
    let listed = |name: &str| report.listed(name).unwrap();
    assert_eq!((listed("discrepancies_open"), listed("shipments_overdue")), (1, 0));
    assert_eq!((listed("releases_in_flight"), listed("endings_in_flight")), (1, 1));
    assert_eq!((listed("answers_held"), listed("events_held")), (1, 1));
    assert!(listed("events_unsent") >= 2);
    let text = meguri::audit::table(&report);
    assert!(
        text.contains("1 vials of EX0001 short")
            && text.contains("release 00000000-0000-0000-0000-000000000506 of 195")
    );
    assert_eq!(serde_json::to_value(&report).unwrap()["notes"][0]["name"], "discrepancies_open");
    for schema in ["identity", "capacity"] {
        db.sql(&format!("update {schema}.outbox set announced_at = now(), published_at = now()")).await;
    }
    db.sql("update allocation.outbox set announced_at = now(), published_at = now() where subject not like '%506'")
        .await;
    let sent = audit(&db).await;
    assert_eq!(sent.listed("events_unsent"), Some(3));
    let text = meguri::audit::table(&sent);
    assert!(text.contains("00000000-0000-0000-0000-000000000503; only the wholesaler lacks it"), "{text}");
    // the window ends on 9 May in Japan
    db.sql("update reference.clock set business_start = '2021-05-09T14:00:00Z'").await;
    assert_eq!(audit(&db).await.listed("shipments_overdue"), Some(0));
    db.sql("update reference.clock set business_start = '2021-05-09T15:00:00Z'").await;
    let late = audit(&db).await;
    assert!(late.ok);
    assert_eq!(late.listed("shipments_overdue"), Some(2), "one on the road, one ordered");
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_stock_is_found() {
    let shelf = |lot: &str, kind: &str, place: &str| {
        format!("forge.shelf('{lot}', '{kind}', forge.place('{kind}', '{place}'))")
    };
    let depot = shelf("EX0001", "available", "W");
    let first = format!("(select id from distribution.transfer where debit_account = {depot} order by id limit 1)");
    let change = |what: &str| format!("update distribution.transfer set {what} where id = {first}");
    each_is_found(&[
        (
            &format!("update distribution.account set credits_posted = credits_posted + 1
             where id = {}", shelf("EX0004", "available", "W")),
            &["R1", "R5"],
            "comirnaty-12plus EX0004, available at depot/W07: the book holds 100, the rows come to 99",
        ),
        (
            &format!(
                "update distribution.account set debits_posted = debits_posted + 100 where id = {};
                 update distribution.account set credits_posted = credits_posted + 100 where id = {}",
                shelf("EX0004", "available", "W"), shelf("EX0004", "available", "507")
            ),
            &["R3", "R5"],
            "reserved 0",
        ),
        (
            &format!("delete from distribution.account where id = {}", shelf("EX0002", "returned", "W")),
            &["R1", "R5", "R9"],
            "is missing",
        ),
        (
            &format!("update distribution.account set source = true where id = {depot}"),
            &["R9"],
            "(available at depot/W07) is a source: t",
        ),
        (&format!("update distribution.account set unit = 'vial/x' where id = {depot}"), &["R9"], "counts vial/x"),
        (
            &format!("delete from distribution.stock_account where account_id = {}", shelf("EX0002", "returned", "W")),
            &["R2", "R5", "R9"],
            "is nobody's",
        ),
        (
            // two lots change places on the same shelf
            "update distribution.stock_account set lot_id = case lot_id when forge.lot('EX0003') then forge.lot('EX0004')
                    else forge.lot('EX0003') end where kind = 'available' and place = 'depot/W07' and lot_id in
                    (forge.lot('EX0003'), forge.lot('EX0004'))",
            &["R2", "R5", "R9"],
            "counts vial/",
        ),
        (
            "update distribution.inbound set vials = 586 where vials = 585",
            &["R2", "R5"],
            "EX0001: received 586, out of the maker's account 585",
        ),
        (
            "delete from distribution.inbound where vials = 10",
            &["R2", "R5"],
            "EX0005: received 0, out of the maker's account 10",
        ),
        (
            "update distribution.discrepancy set decision = 'from_depot' where decision = 'from_maker'",
            &["R2", "R5"],
            "EX0003: received 190, out of the maker's account 195",
        ),
        (
            "update distribution.discrepancy set decision = 'found_at_site' where decision = 'lost'",
            &["R5"],
            "lost at shipment/",
        ),
        (
            "update distribution.discrepancy set decision = 'destroyed' where decision = 'usable'",
            &["R5"],
            "destroyed at site/",
        ),
        (&change("txid = 1"), &["R5", "R17", "R22"], "did nothing else"),
        (&change("amount = amount - 1"), &["R5", "R6", "R7", "R17", "R22"], "was changed after it was written"),
        (&change("actor = gen_random_uuid()"), &["R6"], "was changed after it was written"),
        (&change("reason = 'x'"), &["R6", "R7"], "is not what was asked"),
        (&format!("insert into distribution.transfer select * from distribution.transfer where id = {first}"),
            &["R5", "R7", "R17", "R22"], "is there twice"),
        (
            "delete from distribution.transfer where debit_account = forge.shelf('EX0004', 'maker', 'maker')",
            &["R2", "R5"],
            "EX0004: received 100, out of the maker's account 0, held 0",
        ),
        ("update distribution.transfer set chain_length = 3 where chain_index = 1", &["R6", "R7", "R8"], "2 of 3 legs"),
        (
            // posted well, and by nobody
            "select forge.vials('EX0004', 'available', 'W', 'reserved', '504', 9)",
            &["R5"],
            "reserved at shipment/00000000-0000-0000-0000-000000000504: the book holds 9, the rows come to 0",
        ),
        (
            "select forge.vials('EX0001', 'available', '501', 'available', '507', 4)",
            &["R5", "R9"],
            "from available at site/00000000-0000-0000-0000-000000000071 to available at site/00000000-0000-0000-0000-000000000074",
        ),
        (
            "select forge.vials('EX0001', 'in_transit', '503', 'available', '501', 4)",
            &["R5", "R9", "R11"],
            "which is another's",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shipments_that_are_not_what_their_steps_say_are_found() {
    each_is_found(&[
        (
            "update distribution.shipment set state = 'delivered' where id::text like '%503'",
            &["R22"],
            "is delivered, its steps say dispatched",
        ),
        (
            "update distribution.shipment set version = 9 where id::text like '%503'",
            &["R22"],
            "has version 9 and 4 steps",
        ),
        (
            "delete from distribution.shipment_step where step = 'schedule' and shipment_id::text like '%503'",
            &["R22"],
            "3 steps, 1 to 4",
        ),
        (
            "update distribution.shipment_step set state = 'delivered', step = 'deliver' where step = 'fail'",
            &["R22"],
            "version 6: return after delivered gives returned",
        ),
        (
            "update distribution.shipment set received_at = null where id::text like '%501'",
            &["R22"],
            "its moments are not those of its steps",
        ),
        (
            "delete from distribution.receipt where shipment_id::text like '%501';
             delete from distribution.receipt_line where receipt_id::text like '%a1'",
            &["R5", "R11", "R12", "R19", "R22", "R26"],
            "short found, 1 noted",
        ),
        (
            "delete from distribution.answer where type = 'shipment.lost.v1'",
            &["R22", "R23"],
            "nobody answered the step lose",
        ),
        (
            "update distribution.answer set type = 'shipment.failed.v1' where type = 'shipment.returned.v1'",
            &["R22"],
            "(shipment.failed.v1) became the step return",
        ),
        (
            "update distribution.answer set txid = 1 where type = 'shipment.lost.v1'",
            &["R22", "R26"],
            "written by transaction 1",
        ),
        (
            "update distribution.answer set sequence = 9 where type = 'shipment.lost.v1'",
            &["R23"],
            "expects answer 6: 5 applied, up to 9",
        ),
        ("update distribution.answer set sequence = 1 where state = 'held'", &["R23"], "expects answer 1, and holds 1"),
        (
            "update distribution.shipment set next_answer = 2 where id::text like '%504'",
            &["R23"],
            "expects answer 2: 0 applied",
        ),
        (
            "update distribution.shipment set delivery_on = '2021-04-28' where id::text like '%503'",
            &["R22"],
            "delivery on 2021-04-28, answered 2021-04-27",
        ),
        (
            "update distribution.answer set body = jsonb_set(body, '{data,lots,0,vials}', '194')
             where type = 'shipment.picked.v1' and shipment_id::text like '%508'",
            &["R22"],
            "195 vials of EX0002 picked, answered 194",
        ),
        (
            "update distribution.answer set body = jsonb_set(body, '{data,lots}', '[1]')
             where type = 'shipment.picked.v1'",
            &["R22"],
            "answered 0",
        ),
        (
            // in the right place at last, but a step too late
            "update distribution.transfer t set txid = s.txid from distribution.shipment_step s
             where s.step = 'fail' and t.txid = (select txid from distribution.shipment_step where step = 'dispatch'
                and shipment_id = s.shipment_id)",
            &["R22"],
            "dispatched in version 4: 195 reserved and 0 on the road instead of 0 and 195",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_and_arrivals_that_do_not_fit_are_found() {
    each_is_found(&[
        (
            "update distribution.lot set expiry = '2021-04-04' where number = 'EX0003'",
            &["R16"],
            "lot EX0003 (picked) expires on 2021-04-04",
        ),
        (
            "update distribution.lot set expiry = '2021-04-25' where number = 'EX0001'",
            &["R16"],
            "lot EX0001 (proposed) expires on 2021-04-25",
        ),
        (
            "update distribution.lot set thawed_expiry = '2021-04-04' where number = 'EX0003'",
            &["R16"],
            "expires on 2021-04-04",
        ),
        ("update distribution.lot set product = 'other' where number = 'EX0003'", &["R16"], "lot EX0003 is other"),
        (
            "update distribution.lot set recalled_at = '2021-04-05T04:50:00Z' where number = 'EX0003'",
            &["R16", "R26"],
            "lot EX0003 was recalled before it was picked",
        ),
        (
            "update distribution.lot set recalled_at = '2021-04-05T05:01:00Z' where number = 'EX0004'",
            &["R16", "R26"],
            "lot EX0004 was recalled, 99 vials are available at depot/W07",
        ),
        (
            // 99 of it never left, and nobody proposed them
            "update distribution.lot set expiry = '2021-07-01' where number = 'EX0004'",
            &["R17"],
            "99 vials of EX0004 (2021-07-01) were there",
        ),
        (
            "update distribution.shipment_lot set lot_id = forge.lot('EX0003')
             where stage = 'proposed' and shipment_id::text like '%509'",
            &["R17", "R19"],
            "195 proposed, 0 reserved",
        ),
        (
            "update distribution.shipment_lot set vials = 194
             where stage = 'proposed' and shipment_id::text like '%501'",
            &["R17", "R19", "R22"],
            "194 proposed, 390 reserved",
        ),
        (
            "update distribution.shipment_lot set vials = 194 where stage = 'picked' and shipment_id::text like '%503'",
            &["R5", "R11", "R22"],
            "of 390: 194 picked",
        ),
        (
            "update distribution.receipt_line set accepted = 195 where accepted = 194",
            &["R5", "R12", "R19"],
            "0 short found, 1 noted",
        ),
        (
            "update distribution.receipt_line set accepted = 5 where lot_id = forge.lot('EX0004')",
            &["R5", "R11", "R12", "R19"],
            "195 sent, 198 arrived",
        ),
        (
            "update distribution.receipt_line set expected = 190 where lot_id = forge.lot('EX0003')",
            &["R11", "R12", "R19"],
            "expected 190, sent 195",
        ),
        (
            "delete from distribution.receipt_line where lot_id = forge.lot('EX0002')",
            &["R5", "R11", "R19"],
            "expected 0, sent 195",
        ),
        (
            "update distribution.receipt set site_id = '00000000-0000-0000-0000-000000000074'
             where id::text like '%a1'",
            &["R11", "R19"],
            "is of the site 00000000-0000-0000-0000-000000000074",
        ),
        ("delete from distribution.discrepancy where id::text like '%d01'", &["R12"], "1 short found, 0 noted"),
        (
            "update distribution.discrepancy set vials = 2 where id::text like '%d01'",
            &["R12"],
            "1 in question, the open discrepancies come to 2",
        ),
        (
            // decided, and nothing moved
            "update distribution.discrepancy set state = 'resolved', decision = 'lost', reason = 'x', resolved_by = 'x',
                resolved_at = opened_at where id::text like '%d01'",
            &["R5", "R12", "R26"],
            "1 in question, the open discrepancies come to 0",
        ),
        (
            "update distribution.discrepancy set state = 'open', decision = null where id::text like '%d05'",
            &["R5", "R12", "R26"],
            "0 in question, the open discrepancies come to -1",
        ),
        (
            "update distribution.discrepancy set kind = 'damaged' where id::text like '%d01'",
            &["R12"],
            "0 damaged found, 1 noted",
        ),
    ])
    .await;
}
