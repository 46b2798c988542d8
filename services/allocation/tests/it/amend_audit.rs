//! The audit of amendments bites: each planted fault is found, and told as what it is.
use super::{
    amend::{amend, assigned, cascade, commit, withdraw},
    setup::{NATION, Setup, TOTTORI, TOTTORI_CITY},
};
use serde_json::json;
use testkit::round::BOX_VIALS;

/// A nation that has taken five boxes out of the supply and two back from Tottori, whose city has withdrawn.
async fn amended() -> Setup {
    let (setup, tottori, city) = cascade(2_000).await;
    let (ministry, second) = (setup.app.ministry().await, setup.app.second_officer(NATION).await);
    let (plan, version) = setup.plan_of(NATION).await;
    let supply = json!({"supply_vials": 1_995 * BOX_VIALS});
    let proposed = amend(&ministry, &plan, version, supply).await;
    commit(&second, &proposed.ok(200).at("/amendment"), 1).await.ok(200);
    let version = setup.plan_of(NATION).await.1;
    let units = setup.units(&plan, TOTTORI).await;
    let proposed =
        amend(&ministry, &plan, version, json!({"lines": [{"recipient": TOTTORI, "units": units - 2}]})).await;
    commit(&second, &proposed.ok(200).at("/amendment"), 1).await.ok(200);
    let pending = super::amend::open(&setup, TOTTORI).await;
    if !pending.is_null() {
        commit(&tottori, &pending["id"], pending["version"].as_i64().unwrap()).await.ok(200);
    }
    let lines = assigned(&setup, TOTTORI_CITY).await[..1].to_vec();
    withdraw(&setup, &city, TOTTORI_CITY, &lines).await.ok(200);
    setup.app.audit_ok().await;
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_faults_are_found() {
    let setup = amended().await;
    let db = &setup.app.db;
    db.sql(
        "drop trigger transfer_append_only on allocation.transfer;
            alter table allocation.amendment_line drop constraint if exists amendment_line_check;
            create table public.kept_line as select * from allocation.amendment_line;
            create table public.kept as select * from allocation.amendment;
            create table public.kept_move as select * from allocation.amendment_move;
            create table public.kept_plan_line as select * from allocation.plan_line;
            create table public.kept_outbox as select * from allocation.outbox;
            create table public.kept_key as select * from allocation.idempotency;
            create table public.kept_audit as select * from allocation.audit",
    )
    .await;
    let supply = "(select id from allocation.amendment where withdrawn_vials > 0)";
    let first = format!("(select min(recipient) from allocation.amendment_line where amendment_id = {supply})");
    let withdrawn = "state = 'withdrawn'";
    let faults: [(&str, String, &str); 14] = [
        (
            "amendment_line",
            format!("update allocation.amendment_line set units_after = units_after - 1, settled_units = settled_units + 1 where amendment_id = {supply} and recipient = {first}"),
            "its lines come to -6",
        ),
        (
            "amendment_line",
            format!("update allocation.amendment_line set units_after = units_after + 2 where amendment_id = {supply} and recipient = {first}"),
            "its lines come to -3",
        ),
        (
            "amendment",
            format!("update allocation.amendment set units_after = units_after + 1 where id = {supply}"),
            "its lines come to -5",
        ),
        ("amendment", format!("update allocation.amendment set left_vials = left_vials - 1 where id = {supply}"), "1 vials are still due"),
        ("amendment", format!("update allocation.amendment set withdrawn_vials = 1, left_vials = 1 where id = {supply}"), "1 vials have left, 975 were moved"),
        (
            "amendment",
            "update allocation.amendment set state = 'waiting', ended_at = null where state = 'applied' and withdrawn_vials > 0".to_owned(),
            "is waiting, but nothing is due",
        ),
        ("plan_line", format!("update allocation.plan_line set units = 10 where {withdrawn}"), "counts 10"),
        (
            "plan_line",
            format!("update allocation.plan_line set units = units + 1 where recipient = '{TOTTORI}' and under is null"),
            "its lines come to",
        ),
        (
            "amendment_move",
            "delete from allocation.amendment_move where getter_kind = 'supply'".to_owned(),
            "which no plan and no supply notice says",
        ),
        (
            "amendment_move",
            format!("update allocation.amendment_move set vials = vials + 195 where amendment_id = {supply} and recipient = {first}"),
            "were moved",
        ),
        (
            "amendment_move",
            "update allocation.amendment_move set getter = '130001' where getter = '000000' and getter_kind = 'granted' and giver = '310000'".to_owned(),
            "but",
        ),
        (
            "outbox",
            "delete from allocation.outbox o using allocation.plan_change h where h.action = 'withdraw'
             and o.txid = h.txid and o.subject = 'plan/' || h.plan_id".to_owned(),
            "has no event",
        ),
        ("idempotency", "delete from allocation.idempotency where operation = 'withdraw_lines'".to_owned(), "has no idempotency row"),
        ("audit", "delete from allocation.audit where action = 'lines_withdraw'".to_owned(), "has no audit entry"),
    ];
    let kept = [
        ("amendment_line", "kept_line"),
        ("amendment", "kept"),
        ("amendment_move", "kept_move"),
        ("plan_line", "kept_plan_line"),
        ("outbox", "kept_outbox"),
        ("idempotency", "kept_key"),
        ("audit", "kept_audit"),
    ];
    for (table, fault, expected) in faults {
        let copy = kept.iter().find(|(name, _)| *name == table).unwrap().1;
        db.sql(&format!("set session_replication_role = replica; {fault}")).await;
        assert!(setup.app.audit_finds(expected).await, "not found: {expected}, after {fault}");
        db.sql(&format!(
            "set session_replication_role = replica; delete from allocation.{table};
             insert into allocation.{table} select * from public.{copy}"
        ))
        .await;
    }
    setup.app.audit_ok().await;
}
