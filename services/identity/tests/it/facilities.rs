//! Importing facilities.
use domain::{FacilityCode, GmisId, TerritoryCode};
use identity::app::facilities::{FacilityFacts, Imported, import};
use platform::{Db, OpCtx, clock::Clock};
use testkit::{TestDb, meguri};

fn facts(gmis_id: &str, code: Option<&str>, name: &str) -> FacilityFacts {
    FacilityFacts {
        gmis_id: GmisId::parse(gmis_id).unwrap(),
        facility_code: code.map(|code| FacilityCode::parse(code).unwrap()),
        name: name.to_owned(),
        postal_code: None,
        address: "千代田区".to_owned(),
        phone: None,
        municipality: TerritoryCode::parse("131016").unwrap(),
        latitude_e6: Some(35_694_000),
        longitude_e6: None,
        synthetic: true,
    }
}

async fn run(db: &Db, facts: &[FacilityFacts]) -> Imported {
    let ctx = OpCtx::system("importer", &Clock::load(db).await.unwrap());
    import(db, &ctx, facts).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_again_changes_only_what_changed() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    let first = run(&db, &[facts("10000001", Some("1310000001"), "甲病院"), facts("10000002", None, "乙病院")]).await;
    assert_eq!((first.new, first.changed, first.unchanged), (2, 0, 0));
    let again = run(&db, &[facts("10000001", Some("1310000001"), "甲病院"), facts("10000002", None, "乙病院")]).await;
    assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 2));
    assert_eq!(again.ids, first.ids);
    let renamed =
        run(&db, &[facts("10000001", Some("1310000001"), "甲総合病院"), facts("10000003", None, "丙病院")]).await;
    assert_eq!((renamed.new, renamed.changed, renamed.unchanged), (1, 1, 0));
    assert_eq!(test.number("select count(*) from reference.facility_change").await, 4);
    assert_eq!(test.number("select version from reference.facility where gmis_id = '10000001'").await, 2);
    let subject = first.ids["10000001"];
    let sequences = format!("select sum(sequence) from identity.outbox where subject = 'facility/{subject}'");
    assert_eq!(test.number(&sequences).await, 1 + 2);
    let report = meguri::audit::run(&test.home.role_url("audit").unwrap()).await.unwrap();
    assert!(report.ok, "{}", meguri::audit::table(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_belongs_to_another_is_refused_alone() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    run(&db, &[facts("10000001", Some("1310000001"), "甲病院")]).await;
    let second = run(&db, &[facts("10000002", Some("1310000001"), "乙病院"), facts("10000003", None, "丙病院")]).await;
    assert_eq!((second.new, second.refused.len()), (1, 1));
    assert_eq!(second.refused[0].1.code.code, "import.facility_code_taken");
    assert!(!second.ids.contains_key("10000002"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_may_import() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    let mut ctx = OpCtx::system("importer", &Clock::load(&db).await.unwrap());
    ctx.actor.role = domain::policy::Role::Ministry;
    let refused = import(&db, &ctx, &[facts("10000001", None, "甲病院")]).await.unwrap_err();
    assert_eq!(refused.into_problem().code.code, "auth.forbidden");
    assert_eq!(test.number("select count(*) from reference.facility").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_cannot_touch_anothers_tables() {
    use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
    let test = TestDb::new().await;
    let refused = async |role: &str, sql: &str| {
        let mut conn = AsyncPgConnection::establish(&test.home.role_url(role).unwrap()).await.unwrap();
        let error = conn.batch_execute(sql).await.expect_err(sql).to_string();
        assert!(error.contains("permission denied") || error.contains("read-only"), "{role}: {sql}: {error}");
    };
    for sql in [
        "select * from identity.account",
        "select * from identity.signing_key",
        "select * from identity.outbox",
        "insert into reference.territory values ('999999', 'nation', 'nation', 'x', 'x', null, null)",
        "update reference.facility set name = 'x'",
        "update capacity.report set revision = 2",
        "delete from capacity.report",
        "update capacity.audit set reason = 'x'",
        "delete from capacity.outbox",
        "delete from capacity.idempotency",
        "create table capacity.mine (x int)",
    ] {
        refused("capacity_app", sql).await;
    }
    for sql in [
        "select * from capacity.report",
        "insert into capacity.duty values (gen_random_uuid(), 'daily', '131016', now(), null)",
        "delete from reference.facility",
        "update reference.facility_change set version = 2",
        "delete from identity.audit",
        "update identity.outbox set published_at = now()",
    ] {
        refused("identity_app", sql).await;
    }
    for sql in [
        "select * from identity.account",
        "select * from identity.audit",
        "select * from capacity.audit",
        "select * from capacity.outbox",
        "insert into capacity.duty values (gen_random_uuid(), 'daily', '131016', now(), null)",
        "set default_transaction_read_only = off; update reference.facility set name = 'x'",
    ] {
        refused("gateway", sql).await;
    }
    for sql in [
        "select * from identity.account",
        "select * from identity.signing_key",
        "set default_transaction_read_only = off; delete from capacity.report",
    ] {
        refused("audit", sql).await;
    }
}

fn code_of(id: &str, code: &str) -> String {
    format!("select count(*) from reference.facility where gmis_id = '{id}' and facility_code = '{code}'")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_handed_over_within_one_file() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    let (a, b, c) = ("1310000001", "1310000002", "1310000003");
    run(&db, &[facts("10000001", Some(a), "甲"), facts("10000002", Some(b), "乙"), facts("10000003", Some(c), "丙")])
        .await;
    // 1 gives its code to a new facility, 2 and 3 change theirs
    let file = [
        facts("10000004", Some(a), "丁"),
        facts("10000001", None, "甲"),
        facts("10000002", Some(c), "乙"),
        facts("10000003", Some(b), "丙"),
    ];
    let handed = run(&db, &file).await;
    assert_eq!((handed.new, handed.changed, handed.refused.len()), (1, 3, 0), "{:?}", handed.refused);
    for (id, code) in [("10000004", a), ("10000002", c), ("10000003", b)] {
        assert_eq!(test.number(&code_of(id, code)).await, 1, "{id}");
    }
    assert_eq!(run(&db, &file).await.unchanged, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_keeps_its_code() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    let (a, b) = ("1310000001", "1310000002");
    run(&db, &[facts("10000001", Some(a), "甲"), facts("10000009", Some(b), "壬")]).await;
    // 9 is not in the file and keeps b; so 1 is refused and keeps a; so 2 is refused too
    let file = [facts("10000002", Some(a), "乙"), facts("10000001", Some(b), "甲"), facts("10000003", Some(a), "丙")];
    let refused = run(&db, &file).await;
    assert_eq!((refused.new, refused.changed, refused.refused.len()), (0, 0, 3), "{:?}", refused.refused);
    assert_eq!(test.number(&code_of("10000001", a)).await, 1);
    // of two who want a code that is free the first one gets it
    let both =
        run(&db, &[facts("10000004", Some("1310000004"), "丁"), facts("10000005", Some("1310000004"), "戊")]).await;
    assert_eq!((both.new, both.refused.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_stored_is_refused_alone() {
    let test = TestDb::new().await;
    let db = test.home.pool("identity_app", "identity").unwrap();
    let imported = run(&db, &[facts("10000001", None, "甲\0病院"), facts("10000002", None, "乙病院")]).await;
    assert_eq!((imported.new, imported.refused.len()), (1, 1));
    assert_eq!(imported.refused[0].1.code.code, "request.nul_character");
}
