//! The audit of the bridge between the books, of events and their consumers, and of the traces of both: one
//! planted fault after the other in the small country's deliveries.
use super::audit_stock::each_is_found;

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_bridge_is_found() {
    each_is_found(&[
        (
            "update allocation.release set vials = 391 where id::text like '%501'",
            &["R11", "R19"],
            "of 391: its lines come to 390",
        ),
        ("update allocation.release set packs = 3 where id::text like '%501'", &["R11"], "3 packs of 195"),
        ("update allocation.release set holder = '310000' where id::text like '%501'", &["R11"], "of another round or holder"),
        (
            "update allocation.release_line set recipient = '00000000-0000-0000-0000-000000000073'
             where release_id::text like '%501'",
            &["R11", "R19"],
            "has a line of another hub's",
        ),
        (
            "update allocation.release_line set plan_id = '00000000-0000-0000-0000-0000000000d2'
             where release_id::text like '%501'",
            &["R11"],
            "of another round",
        ),
        (
            "update allocation.plan_line set state = 'planned' where state = 'released' and recipient like '%76'",
            &["R11"],
            "is planned, and a release has it",
        ),
        (
            "update allocation.plan_line set state = 'released' where recipient like '%64'",
            &["R11"],
            "is released, and no release has it",
        ),
        (
            "update allocation.release set state = 'released' where id::text like '%502'",
            &["R11"],
            "is released, allocation has heard that it is cancelled",
        ),
        (
            "insert into allocation.release_line select '00000000-0000-0000-0000-000000000504', plan_id, recipient, vials
             from allocation.release_line where release_id::text like '%509'",
            &["R11"],
            "was released 2 times",
        ),
        (
            "select forge.move('allocation', gen_random_uuid(), forge.account('granted', recipient, round_id),
                forge.account('released', recipient, round_id), 1)
             from (values ('00000000-0000-0000-0000-000000000073', '00000000-0000-0000-0000-000000000003'::uuid))
                as x (recipient, round_id)",
            &["R11"],
            "the book has released 391, the releases come to 390",
        ),
        (
            "delete from distribution.shipment where id::text like '%505';
             delete from distribution.shipment_step where shipment_id::text like '%505'",
            &["R11", "R19"],
            "was heard of, but there is no shipment",
        ),
        (
            "delete from distribution.inbox where subject like '%504';
             delete from distribution.inbox_subject where subject like '%504'",
            &["R11"],
            "its release was not heard of",
        ),
        ("update distribution.inbox set txid = 1 where subject like '%504'", &["R11"], "its release heard of by 1"),
        (
            "update distribution.shipment set vials = 585 where id::text like '%505'",
            &["R11"],
            "is not what was released",
        ),
        (
            "update distribution.shipment set site_id = '00000000-0000-0000-0000-000000000071'
             where id::text like '%504'",
            &["R11", "R19"],
            "to 00000000-0000-0000-0000-000000000071 is not what was released",
        ),
        (
            "delete from distribution.shipment_split",
            &["R11", "R19"],
            "390 for the site 00000000-0000-0000-0000-000000000074, 340 were released",
        ),
        ("update distribution.shipment_split set vials = 51", &["R11", "R19"], "51 for the site"),
        (
            "delete from allocation.release where id::text like '%505';
             delete from allocation.release_line where release_id::text like '%505'",
            &["R11", "R19", "R26", "R27"],
            "was never released",
        ),
        (
            "update allocation.release set state = 'unfulfillable', ended_at = business_at where id::text like '%505'",
            &["R11"],
            "is unfulfillable, which allocation has not heard",
        ),
        (
            "update allocation.release set state = 'cancelled', ended_at = business_at where id::text like '%503'",
            &["R11"],
            "is cancelled, its shipment dispatched",
        ),
        (
            "update allocation.release set state = 'cancelled', ended_at = business_at where id::text like '%506'",
            &["R11"],
            "and was never a shipment",
        ),
        (
            // it came back, and only half of it was given back
            "update allocation.transfer set txid = 1 where kind = 'correction'",
            &["R11"],
            "0 came back, 195 were to",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_and_invented_events_are_found() {
    let gone = |schema: &str, what: &str| {
        format!(
            "delete from {schema}.subject where name in (select subject from {schema}.outbox where {what});
             delete from {schema}.outbox where {what}"
        )
    };
    each_is_found(&[
        (&gone("allocation", "subject like '%506' and type like 'allocation.released%'"), &["R19"], "506 has no event"),
        (
            &gone("allocation", "subject like '%504' and type like 'allocation.released%'"),
            &["R11", "R19", "R20"],
            "which /meguri/allocation never wrote",
        ),
        (&gone("distribution", "subject like '%505'"), &["R19"], "its end has no event"),
        (
            "update allocation.outbox set payload = jsonb_set(payload, '{splits,0,vials}', '49')
             where subject like '%503'",
            &["R19"],
            "503: its event says something else",
        ),
        ("update allocation.outbox set txid = 1 where subject like '%506'", &["R19"], "its event by 1"),
        (
            "update distribution.outbox set payload = payload || '{\"branch\": \"W07-04\"}'
             where type = 'shipment.ordered.v1'",
            &["R19"],
            "the event of its order says something else",
        ),
        (
            "update distribution.outbox set payload = jsonb_set(payload, '{lots,0,vials}', '1')
             where type = 'shipment.ordered.v1'",
            &["R19"],
            "the event of its order says something else",
        ),
        (
            "update distribution.outbox set txid = 1 where type = 'receipt.recorded.v1'",
            &["R19"],
            "its receipt was written by",
        ),
        (
            "update distribution.outbox set payload = payload || '{\"vials_short\": 0}'
             where type = 'receipt.recorded.v1'",
            &["R19"],
            "the event of its receipt says something else",
        ),
        (
            "update distribution.outbox set payload = payload || '{\"reason\": \"x\"}'
             where type = 'shipment.cancelled.v1'",
            &["R19"],
            "the event of its end says something else",
        ),
        (
            "insert into distribution.outbox (id, subject, sequence, type, cause_id, business_at, payload)
             select gen_random_uuid(), subject, 2, 'shipment.cancelled.v1', cause_id, business_at, payload
             from distribution.outbox where subject like 'shipment/%503';
             update distribution.subject set sequence = 2 where name like 'shipment/%503'",
            &["R19"],
            "tells about nothing that happened",
        ),
        (
            "update distribution.outbox set payload = payload || '{\"about\": \"x\"}'
             where payload ->> 'notification_id' like '%d01'",
            &["R19", "R20"],
            "nobody was told of the discrepancy",
        ),
        (
            "update distribution.outbox set sequence = 3 where type = 'receipt.recorded.v1'",
            &["R19", "R20", "R23"],
            "3, counter at 2",
        ),
        (
            "update capacity.outbox set announced_at = now(), published_at = now() where sequence = 2",
            &["R21"],
            "2 was published, 1 was not",
        ),
        ("update capacity.outbox set announced_at = now() where sequence = 3", &["R21"], "3 was published, 1 was not"),
        (
            "update allocation.outbox set announced_at = null where subject like '%501'",
            &["R21"],
            "allocation.released.v1 was published, but our own consumers have it not",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_consumers_should_not_have_done_is_found() {
    each_is_found(&[
        (
            "update distribution.inbox set event_id = gen_random_uuid() where subject like '%504'",
            &["R11", "R20"],
            "never wrote",
        ),
        (
            "update distribution.inbox set type = 'allocation.released.v2' where subject like '%504'",
            &["R20"],
            "as allocation.released.v2",
        ),
        (
            "insert into allocation.inbox select * from allocation.inbox where subject like '%504'",
            &["R20", "R23"],
            "2 times",
        ),
        (
            "delete from allocation.inbox where type = 'shipment.ordered.v1' and subject like '%507'",
            &["R23"],
            "1 events numbered 2 to 2",
        ),
        ("update allocation.inbox_subject set next_sequence = 9 where subject like '%504'", &["R23"], "9 is next"),
        ("delete from allocation.inbox_subject where subject like '%504'", &["R23"], "events, but no counter"),
        ("update allocation.inbox_held set sequence = 1", &["R23"], "holds event"),
        (
            "insert into allocation.inbox_subject select source, subject, 3 from allocation.inbox_held",
            &["R23"],
            "holds 2 of shipment/00000000-0000-0000-0000-000000000501, and expects 3",
        ),
        ("update allocation.inbox_held set event_id = gen_random_uuid()", &["R23"], "never wrote"),
        ("delete from relay.notification where about like '%501'", &["R20"], "nobody was shown the notice"),
        ("update relay.notification set ja = 'x'", &["R20"], "is not what was asked for"),
        (
            "update relay.notification set id = gen_random_uuid() where about like '%501'",
            &["R20"],
            "nobody asked for it",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_traces_and_keys_of_deliveries_are_found() {
    each_is_found(&[
        ("delete from allocation.audit where action = 'lines_release'", &["R26"], "has no audit entry lines_release"),
        ("delete from distribution.audit where action = 'event_apply'", &["R26"], "has no audit entry event_apply"),
        (
            "delete from distribution.audit where action = 'shipment_answer'",
            &["R26"],
            "has no audit entry shipment_answer",
        ),
        (
            "update distribution.audit set txid = 1 where action = 'receipt_confirm'",
            &["R26", "R27"],
            "transaction 1 did nothing else",
        ),
        (
            "delete from distribution.audit where action = 'inbound_record'",
            &["R26", "R27"],
            "has no audit entry inbound_record",
        ),
        (
            "delete from distribution.audit where action = 'discrepancy_resolve'
               and cause_id = '00000000-0000-0000-0000-000000000d03'",
            &["R5", "R26", "R27"],
            "discrepancy_resolve: 4 rows, 3 audit entries",
        ),
        (
            "delete from distribution.audit where action = 'lot_recall'",
            &["R5", "R26", "R27"],
            "lot_recall: 1 rows, 0 audit entries",
        ),
        (
            "update distribution.audit set reason = 'x' where action = 'lot_recall'",
            &["R26"],
            "distribution audit entry",
        ),
        ("update relay.audit set actor_name = ''", &["R26"], "is incomplete"),
        (
            "delete from allocation.idempotency where operation = 'line.release'",
            &["R27"],
            "release 00000000-0000-0000-0000-000000000501",
        ),
        (
            "delete from distribution.idempotency where operation = 'receipt.confirm'",
            &["R27"],
            "receipt 00000000-0000-0000-0000-0000000000a1",
        ),
        ("delete from distribution.idempotency where operation = 'shipment.cancel'", &["R27"], "cancellation"),
        ("delete from distribution.idempotency where operation = 'inbound.record'", &["R27"], "inbound"),
        (
            "delete from distribution.idempotency where operation = 'discrepancy.resolve'",
            &["R27"],
            "decision or recall",
        ),
        (
            "update distribution.idempotency set status = 409 where operation = 'receipt.confirm'",
            &["R27"],
            "was answered with 409",
        ),
        (
            "update distribution.idempotency set txid = 1 where operation = 'lot.recall'",
            &["R27"],
            "nothing was changed",
        ),
    ])
    .await;
}
