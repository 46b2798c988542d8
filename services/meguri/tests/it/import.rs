//! `meguri import gmis`: from a file's bytes to facilities, reports and sums.
use meguri::import::{self, Options, Outcome};
use testkit::TestDb;

const HEADER: &str = "医療機関ID,医療機関名,郵便番号,都道府県名,医療機関住所,電話番号,緯度,経度,提出日,医療区分,医療区分回答,全国地方公共団体コード,市区町村名,医療機関コード";

fn rows(gmis_id: &str, name: &str, answers: [&str; 3]) -> String {
    let categories = ["入院", "外来", "救急"];
    let row = |(category, answer): (&str, &str)| {
        format!(
            "{gmis_id},{name},〒100-0001,東京都,千代田区,0312345678,35.69,139.75,2021-04-05,{category},{answer},131016,千代田区,13{gmis_id}\r\n"
        )
    };
    categories.into_iter().zip(answers).map(row).collect()
}

fn file(body: &str) -> Vec<u8> {
    format!("\u{feff}{HEADER}\r\n{body}").into_bytes()
}

async fn run(db: &TestDb, bytes: &[u8]) -> Outcome {
    import::gmis(&db.home, bytes, &Options::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_becomes_facilities_reports_and_sums() {
    let db = TestDb::new().await;
    let body = rows("10000001", "甲病院", ["通常", "制限", "設置なし"])
        + &rows("10000002", "乙病院", ["未回答", "未回答", "未回答"])
        + &rows("10000003", "丙病院", ["停止", "未回答", "通常"]);
    let first = run(&db, &file(&body)).await.summary;
    assert_eq!((first.rows, first.facilities_new, first.answers, first.rejected), (9, 3, 9, 0));
    assert_eq!(first.missing_by_category["outpatient"], 2);
    assert_eq!(first.reports_new, 2, "who answered nothing has not reported");
    let number = async |column: &str, form: &str| {
        db.number(&format!("select {column} from capacity.aggregate where form = '{form}' and municipality = '131016'"))
            .await
    };
    assert_eq!([number("due", "gmis_status").await, number("reported", "gmis_status").await], [3, 2]);
    assert_eq!(db.number("select count(*) from capacity.duty where form = 'daily'").await, 3);
    // slots of inpatient (0-3), outpatient (4-7), emergency (8-11): normal, limited, stopped, not offered
    for (slot, facilities) in [(1, 1), (2, 0), (3, 1), (6, 1), (9, 1), (12, 1)] {
        assert_eq!(number(&format!("sums[{slot}]"), "gmis_status").await, facilities, "slot {slot}");
    }

    let again = run(&db, &file(&body)).await.summary;
    assert_eq!((again.facilities_new, again.facilities_unchanged), (0, 3));
    assert_eq!((again.reports_new, again.reports_revised, again.reports_unchanged), (0, 0, 2));

    let changed = run(&db, &file(&body.replace("丙病院,〒", "丙総合病院,〒").replace("停止", "通常"))).await.summary;
    assert_eq!((changed.facilities_changed, changed.reports_revised, changed.reports_unchanged), (1, 1, 1));
    assert_eq!(number("sums[1]", "gmis_status").await, 2);
    let report = meguri::audit::run(&db.home.role_url("audit").unwrap()).await.unwrap();
    assert!(report.ok, "{}", meguri::audit::table(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_is_listed_and_the_others_are_taken() {
    let db = TestDb::new().await;
    let mut bytes = file(&rows("10000001", "甲病院", ["通常", "制限", "設置なし"]));
    bytes.extend(rows("10000002", "乙病院", ["通常", "普通", "通常"]).replace("131016", "131017").into_bytes());
    bytes.extend(b"10000003,\xff\xfe,,,,,,,,,,,,\r\n");
    bytes.extend(rows("10000001", "甲病院", ["通常", "制限", "通常"]).into_bytes());
    let summary = run(&db, &bytes).await.summary;
    assert_eq!((summary.rows, summary.facilities_new, summary.answers), (10, 1, 3));
    assert_eq!((summary.duplicates, summary.rejected), (3, 4));
    let told: Vec<(u64, &str)> = summary.rejected_rows.iter().map(|row| (row.line, row.code)).collect();
    let digit = "territory.check_digit";
    assert_eq!(told, [(5, digit), (6, digit), (7, digit), (8, "import.invalid_utf8")]);
    assert!(summary.rejected_rows.iter().all(|row| !row.ja.is_ascii() && !row.en.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_one_changes_nothing() {
    let db = TestDb::new().await;
    for bytes in [b"".to_vec(), b"a,b\n1,2\n".to_vec(), vec![0; 100]] {
        let refused = import::gmis(&db.home, &bytes, &Options::default()).await.unwrap_err();
        assert_eq!(refused.into_problem().code.code, "import.unknown_header");
    }
    assert_eq!(db.number("select count(*) from reference.facility").await, 0);
}

/// A published file in, a second time in, and another one under the same name.
#[tokio::test(flavor = "multi_thread")]
async fn rounds_of_the_past_are_imported_with_what_is_odd_about_them() {
    use meguri::past::{Kind, past_round, render};
    let db = TestDb::new().await;
    let file = |texas: i64| {
        format!(
            "Jurisdiction,Week of Allocations,1st Dose Allocations,2nd Dose Allocations\n\
             Federal Entities,2021-02-01,151180,151800\nTexas,2021-02-01,{texas},{texas}\nOhio,2021-02-08,100\n"
        )
    };
    let run =
        async |text: String| past_round(&db.home, Kind::UsAllocations, Some("moderna"), text.as_bytes()).await.unwrap();
    let first = run(file(158_500)).await;
    assert_eq!((first.rows, first.rounds_new, first.rounds_unchanged), (3, 1, 0));
    assert_eq!((first.doses, first.findings.len(), first.rejected_rows.len()), (619_980, 1, 1));
    assert!(!first.is_whole());
    let told = render(&first);
    for part in ["past.slip", "151180", "Federal Entities", "line 4", "import.column_count"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let again = run(file(158_500)).await;
    assert_eq!((again.rounds_new, again.rounds_unchanged), (0, 1));
    let other = run(file(158_600)).await;
    assert_eq!((other.rounds_new, other.rounds_differing.len()), (0, 1));
    assert_eq!(db.number("select sum(doses)::bigint from allocation.past_line").await, 619_980);
    assert_eq!(db.number("select count(*) from allocation.audit where action = 'past_round_import'").await, 3);

    for name in ["japan-2021-04", "japan-2021-07"] {
        let path = format!("{}/../../scenarios/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let announced = past_round(&db.home, Kind::Announced, None, &std::fs::read(path).unwrap()).await.unwrap();
        assert!(announced.is_whole() && announced.findings.is_empty(), "{name}");
    }
    assert_eq!(db.number("select count(*) from allocation.past_round where kind = 'announced'").await, 5);
}
