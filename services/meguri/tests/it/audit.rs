//! The audit against a small country written by hand: right as it stands, and wrong in one place
//! after each planted fault. None of the services' code writes the reports, so that the auditor and
//! the services are not tested against each other's mistakes; the story does that.
use domain::BusinessDay;
use meguri::audit::{self, Report};
use serde_json::json;
use std::collections::BTreeSet;
use testkit::{
    TestApp, TestDb,
    app::{report, take},
};

const BASE: &str = concat!(include_str!("audit_base.sql"), include_str!("audit_book_base.sql"));

pub(super) async fn country() -> TestDb {
    let db = TestDb::new().await;
    db.sql(BASE).await;
    db
}

/// The country with its deliveries.
pub(super) async fn delivered() -> TestDb {
    let db = TestDb::new().await;
    db.sql(&format!("{BASE}{}", include_str!("audit_stock_base.sql"))).await;
    db
}

#[expect(clippy::unwrap_used, reason = "without an audit there is nothing to test")]
pub(super) async fn audit(db: &TestDb) -> Report {
    audit::run(&db.home.role_url("audit").unwrap()).await.unwrap()
}

/// What the faults of this file touch, parents first.
const TABLES: [&str; 15] = [
    "reference.facility",
    "reference.facility_change",
    "identity.outbox",
    "identity.subject",
    "identity.audit",
    "capacity.form_rule",
    "capacity.duty",
    "capacity.report",
    "capacity.latest",
    "capacity.opened_day",
    "capacity.aggregate",
    "capacity.outbox",
    "capacity.subject",
    "capacity.idempotency",
    "capacity.audit",
];

/// One database serves many faults: copying rows back is faster than another clone.
fn save(tables: &[&str]) -> String {
    let copies = tables.iter().map(|table| format!("create table saved.\"{table}\" as table {table};"));
    format!("create schema saved; {}", copies.collect::<String>())
}

fn restore(tables: &[&str]) -> String {
    let emptied = tables.iter().rev().map(|table| format!("delete from {table};"));
    let filled = tables.iter().map(|table| format!("insert into {table} select * from saved.\"{table}\";"));
    let tier = "update reference.territory set tier = 'municipality' where code = '312011' and tier <> 'municipality';";
    format!("{} {} {tier}", emptied.collect::<String>(), filled.collect::<String>())
}

/// A fault, the checks that must find it (and no others), and what one of them must say.
pub(super) type Fault<'a> = (&'a str, &'a [&'a str], &'a str);

async fn each_is_found(faults: &[Fault<'_>]) {
    let db = TestDb::new().await;
    db.sql(include_str!("audit_base.sql")).await;
    each_is_found_in(&db, &TABLES, faults).await;
}

pub(super) async fn each_is_found_in(db: &TestDb, tables: &[&str], faults: &[Fault<'_>]) {
    db.sql(&save(tables)).await;
    let restore = restore(tables);
    // all faults are tried before any of them fails the test
    let mut missed = Vec::new();
    for (sql, ids, said) in faults {
        db.sql(&format!("{restore} {sql}")).await;
        let report = audit(db).await;
        let wrong: Vec<&audit::Check> = report.checks.iter().filter(|check| check.violations_count > 0).collect();
        let found: BTreeSet<&str> = wrong.iter().map(|check| check.id).collect();
        let texts = || wrong.iter().flat_map(|check| check.violations.iter().map(move |text| (check.id, text)));
        if report.ok || found != ids.iter().copied().collect() || !texts().any(|(_, text)| text.contains(said)) {
            missed.push(format!(
                "{sql}\n  expected {ids:?}: {said}\n  found {found:?}: {:#?}",
                texts().collect::<Vec<_>>()
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    // the last word: it was the faults that were found, and not what restoring left behind
    db.sql(&restore).await;
    let report = audit(db).await;
    assert!(report.ok, "{}", audit::table(&report));
}

/// What the country has nothing to look at for, and nothing else: sealed chains (`audit_chain` has them), emergency
/// accesses (identity's tests), amendments, documents, recordings and what-ifs (allocation's).
const NOT_HERE: [&str; 24] = [
    "A line that was withdrawn counts nothing, and no standing release has it",
    "Every emergency access, and every review of one, has an idempotency row of the same transaction",
    "Every emergency access has an audit entry of the same transaction",
    "Every review of an emergency access has an audit entry of the same transaction, and is a second person's",
    "Of every emergency access those whom it concerns were told, in the same transaction",
    "Allocation's sealed chain holds, with its book",
    "Capacity's sealed chain holds",
    "Distribution's sealed chain holds, with its book",
    "Identity's sealed chain holds",
    "Relay's sealed chain holds",
    "The sealed chain of views holds",
    "Amendments that officers proposed and idempotency rows match, in the same transaction, with status 200",
    "Amendments: as many units move as the supply changes by, |S′−S|, and in one direction only",
    "Amendments: of what is done with every line has moved or need not, of what is not something is still due",
    "Amendments: the units of a line that have moved are those of its transfers",
    "Amendments: what has left the supply is what was moved back to its source",
    "Digest, rule and supply of a plan are those of its published document",
    "Each change of a committed plan has one event allocation.committed.v1, in its transaction, and the last says what the plan says",
    "Every amendment that an officer proposed has an audit entry of the same transaction",
    "Every audit entry about an amendment or a withdrawal has what it is about",
    "Every recording of figures has an audit entry of the same transaction",
    "Every what-if has an audit entry of the same transaction",
    "Recordings of figures, what-ifs and idempotency rows match, in the same transaction, with status 200",
    "What was published of a plan is what its lines say was computed",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_country_in_which_all_is_right_passes() {
    let db = delivered().await;
    let report = audit(&db).await;
    assert!(report.ok, "{}", audit::table(&report));
    let empty: BTreeSet<&str> =
        report.checks.iter().filter(|check| check.examined == 0).map(|check| check.what_en).collect();
    assert_eq!(empty, BTreeSet::from(NOT_HERE));
    let covered: Vec<&str> = report.coverage.iter().map(|row| row.id).collect();
    assert_eq!(
        covered,
        [
            "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R16", "R17", "R19",
            "R20", "R21", "R22", "R23", "R24", "R26", "R27"
        ]
    );
    let day = |text| BusinessDay::parse(text).unwrap();
    // the correction counts, the report that it replaced does not
    assert_eq!(report.recomputed.icu_occupied(day("2021-04-05")), Some(10));
    assert_eq!(report.recomputed.icu_occupied(day("2021-04-04")), Some(1));
    assert_eq!(report.recomputed.icu_occupied(day("2021-04-03")), None);
    assert_eq!(report.recomputed.choice(day("2021-04-05"), "gmis_status", "outpatient", "stopped"), Some(1));
    assert!(serde_json::to_value(&report).unwrap()["ok"].as_bool().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_instance_passes() {
    let db = TestDb::new().await;
    let report = audit(&db).await;
    assert!(report.ok, "{}", audit::table(&report));
    assert_eq!(report.recomputed.days().count(), 0);
}

/// The services' own writing, with a correction and a hospital that does not report.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_services_write_passes() {
    let app = TestApp::start().await;
    let facilities = app.facilities(&["131016", "131024", "131016"]).await;
    let tokyo = app.proxy(13).await;
    let ward = |occupied: u32| json!({"icu_total": 8, "icu_staffed": 7, "icu_occupied": occupied, "status_surgery": "limited"});
    take(&tokyo, &report(&facilities[0], app.today, ward(3))).await;
    take(&tokyo, &report(&facilities[1], app.today, ward(5))).await;
    take(&tokyo, &report(&facilities[0], app.today, ward(4))).await;
    let report = audit(&app.db).await;
    assert!(report.ok, "{}", audit::table(&report));
    assert_eq!(report.recomputed.icu_occupied(app.today), Some(9));
    assert_eq!(report.recomputed.choice(app.today, "daily", "status_surgery", "limited"), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sums_and_counters_are_found() {
    each_is_found(&[
        (
            "update capacity.aggregate set sums[35] = 7
             where (form, business_day, municipality) = ('daily', '2021-04-05', '131016')",
            &["R13"],
            "daily 2021-04-05 131016 slot 34 (icu_occupied): stored 7, reports give 6",
        ),
        (
            "update capacity.aggregate set sums[35] = 7
             where (form, business_day, municipality) = ('daily', '2021-04-05', '131016')",
            &["R13"],
            "daily 2021-04-05 slot 34 (icu_occupied): prefectures 11, municipalities 11, facilities 10",
        ),
        (
            // the nation is right, two municipalities are not
            "update capacity.aggregate set sums[35] = sums[35] + case municipality when '131016' then 1 else -1 end
             where form = 'daily' and business_day = '2021-04-05' and municipality in ('131016', '312011')",
            &["R13"],
            "daily 2021-04-05 312011 slot 34 (icu_occupied): stored 3, reports give 4",
        ),
        (
            // a cell beyond the form's items
            "update capacity.aggregate set sums[200] = 1
             where (form, business_day, municipality) = ('daily', '2021-04-04', '131024')",
            &["R13"],
            "slot 199 (no item): stored 1, reports give 0",
        ),
        (
            "update capacity.aggregate set carried = 0
             where (form, business_day, municipality) = ('daily', '2021-04-05', '131024')",
            &["R13"],
            "stored due 1, reported 0, carried 0; recounted 1, 0, 1",
        ),
        (
            "update capacity.aggregate set due = 2
             where (form, business_day, municipality) = ('gmis_status', '2021-04-05', '131024')",
            &["R13"],
            "gmis_status 2021-04-05 131024: stored due 2",
        ),
        (
            "delete from capacity.aggregate where (form, business_day, municipality) = ('daily', '2021-04-05', '131024')",
            &["R13"],
            "daily 2021-04-05 131024: no row of sums",
        ),
        (
            // open, and nobody reported: still every place that owes a report must be there
            "delete from capacity.aggregate where business_day = '2021-04-03'",
            &["R13"],
            "daily 2021-04-03 312011: no row of sums",
        ),
        (
            "delete from capacity.opened_day where business_day = '2021-04-04'",
            &["R13"],
            "daily 2021-04-04 131024: sums of a day that is not open",
        ),
        (
            "delete from capacity.aggregate where form = 'gmis_status'",
            &["R13"],
            "gmis_status 2021-04-05 312011: no row of sums",
        ),
        (
            "update capacity.aggregate set as_of_newest = as_of_newest + interval '1 s'
             where municipality = '312011' and reported > 0",
            &["R13"],
            "312011: stored as of",
        ),
        (
            "update reference.territory set tier = 'prefecture' where code = '312011'",
            &["R13"],
            "prefectures 6, municipalities 10",
        ),
        ("update capacity.latest set answers = '{}' where form = 'gmis_status'", &["R13"], "the latest answers differ"),
        ("update capacity.latest set first_day = '2021-04-01'", &["R13"], "first day 2021-04-01, first report for 2021-04-04"),
        ("update capacity.latest set revision = 1 where revision = 2", &["R13"], "latest is 2021-04-05 revision 1, newest is"),
        ("delete from capacity.latest where form = 'daily'", &["R13"], "no latest row"),
        ("insert into capacity.latest select gen_random_uuid(), form, first_day, business_day, revision, report_id, answers, as_of
          from capacity.latest limit 1", &["R13"], "latest row without any report"),
        (
            "insert into capacity.duty select facility_id, form, municipality, '2021-04-03' from capacity.duty",
            &["R13"],
            "duty from 2021-04-03 overlaps",
        ),
        (
            // the facility moved, and its past with it
            "update capacity.duty set municipality = '131016' where municipality = '131024'",
            &["R13"],
            "counted in 131024, due in 131016",
        ),
        ("update capacity.duty set valid_from = '2021-04-05' where municipality = '131024'", &["R13"], "no duty on 2021-04-04"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_and_invented_events_are_found() {
    each_is_found(&[
        ("delete from capacity.outbox where pos = 2", &["R19"], "has no event"),
        // the last of its subject: only the counter still knows
        ("delete from identity.outbox where subject like '%c'", &["R19"], "counter at 1, but no event"),
        ("delete from capacity.outbox where sequence = 2", &["R19"], "1 to 3, counter at 3"),
        ("update capacity.outbox set cause_id = gen_random_uuid() where pos = 1", &["R19"], "tells about no report"),
        ("update capacity.outbox set type = 'capacity.reported.v2' where pos = 1", &["R19"], "has no event"),
        ("update capacity.outbox set txid = txid + 1 where pos = 1", &["R19"], "its event by"),
        (
            "update capacity.outbox set payload = jsonb_set(payload, '{values,icu_occupied}', '0') where pos = 1",
            &["R19"],
            "says something else",
        ),
        (
            "update capacity.outbox set subject = 'facility/x', sequence = 1 where pos = 1;
          insert into capacity.subject values ('facility/x', 1); delete from capacity.subject where name like '%b'",
            &["R19"],
            "says something else",
        ),
        ("update capacity.subject set sequence = sequence + 1", &["R19"], "counter at"),
        ("delete from capacity.subject where name like '%a'", &["R19"], "events, but no counter"),
        (
            "insert into reference.facility_change (id, facility_id, version, facts, business_at)
             select gen_random_uuid(), facility_id, 2, facts, business_at from reference.facility_change limit 1",
            &["R19", "R26"],
            "has no event",
        ),
        (
            "update reference.facility set name = '別の病院' where gmis_id = '99130001'",
            &["R19"],
            "is not what its last change says",
        ),
        (
            "update reference.facility set version = 2 where gmis_id = '99130001'",
            &["R19"],
            "has version 2 and 1 changes",
        ),
        (
            "update identity.outbox set payload = '{}' where subject like '%c'",
            &["R19"],
            "its event says something else",
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_against_the_rules_are_found() {
    let set = |item: &str, value: &str| -> &'static str {
        // the fault is in the row, its event, the latest report and the sums alike: only the rule is broken
        let sql = format!(
            "update capacity.report set answers = answers || '{{\"{item}\": {value}}}'
             where form = 'daily' and municipality = '312011';
             update capacity.latest set answers = answers || '{{\"{item}\": {value}}}'
             where form = 'daily' and facility_id::text like '%c';
             update capacity.outbox set payload = jsonb_set(payload, '{{values,{item}}}', '{value}')
             where payload ->> 'form' = 'daily' and subject like '%c'"
        );
        sql.leak()
    };
    each_is_found(&[
        (set("icu_occupied", "5"), &["R13", "R24"], "icu_occupied 5 above icu_staffed 4"),
        (set("icu_occupied", "5"), &["R13", "R24"], "icu occupied 5, staffed 4, total 4"),
        (set("icu_staffed", "5"), &["R13", "R24"], "icu occupied 4, staffed 5, total 4"),
        (set("hcu_occupied", "-1"), &["R13", "R24"], "hcu_occupied is -1"),
        (set("beds_total", "10000"), &["R13", "R24"], "beds_total is 10000"),
        (set("beds_total", "1.5"), &["R13", "R24"], "beds_total is 1.5"),
        (set("beds_total", "1e300"), &["R13", "R24"], "beds_total is 1000000"),
        (set("beds_total", "\"12\""), &["R24"], "beds_total is \"12\""),
        (set("beds_total", "[1]"), &["R24"], "beds_total is [1]"),
        (set("status_surgery", "\"open\""), &["R24"], "status_surgery is \"open\""),
        (set("status_surgery", "1"), &["R24"], "status_surgery is 1"),
        (set("staffing_nurses", "\"stopped\""), &["R13", "R24"], "staffing_nurses is \"stopped\""),
        (set("beds_imagined", "1"), &["R24"], "unknown item beds_imagined"),
        (
            format!("delete from capacity.form_rule where left_item = 'icu_occupied'; {}", set("icu_occupied", "5"))
                .leak(),
            &["R13", "R24"],
            "icu occupied 5, staffed 4, total 4",
        ),
        (
            "update capacity.report set as_of = '2021-04-05T02:59Z'
             where revision = 1 and form = 'daily' and municipality = '131016';
             update capacity.report set as_of = '2021-04-05T02:58Z' where revision = 2",
            &["R13", "R24"],
            "revision 2 is as of",
        ),
        ("update capacity.report set revision = 3 where revision = 2", &["R13", "R19", "R24"], "2 revisions, 1 to 3"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_and_altered_traces_are_found() {
    each_is_found(&[
        (
            "update capacity.audit set reason = '誤記' where reason = '訂正'",
            &["R26"],
            "was changed after it was written",
        ),
        (
            "update capacity.audit set reason = null where reason is not null",
            &["R26"],
            "was changed after it was written",
        ),
        ("update identity.audit set actor_name = '別人' where target = 'facility'", &["R26"], "identity audit entry"),
        (
            "update capacity.audit set business_at = business_at + interval '1 ms' where reason is not null",
            &["R26"],
            "was changed",
        ),
        ("update capacity.audit set actor_name = ''", &["R26"], "is incomplete"),
        ("update capacity.audit set request_id = '00000000-0000-0000-0000-000000000000'", &["R26"], "is incomplete"),
        ("delete from capacity.audit where reason is not null", &["R26"], "has no audit entry"),
        ("delete from identity.audit", &["R26"], "facility change"),
        ("update capacity.audit set txid = txid + 1 where reason is not null", &["R26"], "its audit entry by"),
        (
            "delete from capacity.idempotency where key in (select id from capacity.report where revision = 2)",
            &["R27"],
            "has no idempotency row",
        ),
        ("update capacity.idempotency set txid = txid - 1", &["R27"], "its idempotency row by"),
        ("update capacity.idempotency set status = 409", &["R27"], "was answered with 409"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_counted_and_twenty_are_shown() {
    let db = country().await;
    db.sql("update capacity.aggregate set sums = array_fill(3, array[60])").await;
    let report = audit(&db).await;
    let check = report.checks.iter().max_by_key(|check| check.violations_count).unwrap();
    assert!(check.violations_count > 400 && check.violations.len() == audit::SHOWN_MAX);
    assert!(audit::table(&report).contains(&format!("+{}", check.violations_count - 20)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_cannot_be_reached_is_a_failure_and_no_report() {
    let failure = audit::run("postgres://nobody@127.0.0.1:1/none").await.unwrap_err();
    assert!(matches!(failure, platform::Failure::Unavailable(_)), "{failure}");
}
