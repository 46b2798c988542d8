use super::*;
use proptest::prelude::*;
use std::{collections::BTreeSet, path::Path};

const HEADER: &str = "\"医療機関ID\",\"医療機関名\",\"郵便番号\",\"都道府県名\",\"医療機関住所\",\"電話番号\",\"緯度\",\"経度\",\
    \"提出日\",\"医療区分\",\"医療区分回答\",\"全国地方公共団体コード\",\"市区町村名\",\"医療機関コード\"";
const FIELDS: [&str; 14] = [
    "10101075",
    "創成東病院",
    "〒060-0053",
    "北海道",
    "札幌市中央区南３条東３丁目１３番地",
    "0112222117",
    "43.0582096",
    "141.3617177",
    "2021-04-05",
    "入院",
    "通常",
    "011002",
    "札幌市",
    "0110117785",
];

/// A good row with some columns changed.
fn row(changes: &[(&str, &str)]) -> String {
    let value = |(name, value): (&&str, &&str)| {
        let changed = changes.iter().find(|(column, _)| column == name).map_or(*value, |(_, new)| *new);
        format!("\"{}\"", changed.replace('"', "\"\""))
    };
    row::ORDER.iter().zip(FIELDS.iter()).map(value).collect::<Vec<_>>().join(",")
}

fn file(rows: &[String]) -> File {
    let text = format!("\u{feff}{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    let file = read(text.as_bytes(), None).unwrap();
    whole(&file);
    file
}

/// What holds for every file.
fn whole(file: &File) {
    let accounted = file.answers.len() + file.duplicates.len() + file.rejected.len() + file.other_days;
    assert_eq!(file.rows_read, accounted);
    assert_eq!(file.answers_count, file.answers.len());
    let missing = file.answers.iter().filter(|row| row.answer.is_none()).count();
    assert_eq!(file.missing_by_category.values().sum::<usize>(), missing);
    let known: BTreeSet<&GmisId> = file.facilities.iter().map(|facts| &facts.gmis_id).collect();
    assert_eq!(known.len(), file.facilities.len());
    assert!(file.answers.iter().all(|row| known.contains(&row.gmis_id)));
}

fn rejected(changes: &[(&str, &str)]) -> (String, &'static str) {
    let file = file(&[row(changes)]);
    assert_eq!((file.rows_read, file.rejected.len(), file.facilities.len()), (1, 1, 0), "{changes:?}");
    assert_eq!(file.rejected[0].line, 2);
    let error = &file.rejected[0].error;
    assert!(!error.ja().contains('{') && !error.en().contains('{'), "{} {}", error.ja(), error.en());
    (error.path.clone(), error.code.code)
}

#[test]
fn the_real_file_of_the_nation_is_read_whole() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gmis-hospital-status/raw-2021-04-05.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: the published file is not in this checkout");
        return;
    };
    let file = read(&bytes, None).unwrap();
    whole(&file);
    assert_eq!(file.rejected.first(), None);
    assert_eq!((file.rows_read, file.facilities.len(), file.answers.len()), (24_870, 8_290, 24_870));
    assert_eq!((file.rejected.len(), file.duplicates.len()), (0, 0));
    assert_eq!(file.missing_by_category, Category::ALL.map(|category| (category.item(), 624)).into());
    let length = |length: usize| {
        file.facilities.iter().filter(|f| f.facility_code.as_ref().is_some_and(|c| c.as_str().len() == length)).count()
    };
    assert_eq!((length(10), length(11)), (8_285, 5));
    assert!(file.facilities.iter().all(|f| f.latitude_e6.is_some() && f.longitude_e6.is_some()));
    assert!(file.facilities.iter().all(|f| f.postal_code.is_some()));
    assert_eq!(file.facilities.iter().filter(|f| f.phone.is_none()).count(), 2);
    assert_eq!(file.answers.last().unwrap().line, 24_871);
}

#[test]
fn a_good_row_gives_facts_and_an_answer() {
    let file = file(&[
        row(&[]),
        row(&[("医療区分", "外来"), ("医療区分回答", "未回答")]),
        row(&[("医療区分", "救急"), ("医療区分回答", "設置なし")]),
    ]);
    let facts = FacilityFacts {
        gmis_id: GmisId::parse("10101075").unwrap(),
        facility_code: Some(FacilityCode::parse("0110117785").unwrap()),
        name: "創成東病院".into(),
        postal_code: Some("0600053".into()),
        address: "札幌市中央区南３条東３丁目１３番地".into(),
        phone: Some("0112222117".into()),
        municipality: TerritoryCode::parse("011002").unwrap(),
        latitude_e6: Some(43_058_210),
        longitude_e6: Some(141_361_718),
    };
    assert_eq!(file.facilities, [facts]);
    let told: Vec<_> = file.answers.iter().map(|row| (row.line, row.category.item(), row.answer)).collect();
    let expected = [
        (2, "inpatient", Some(StatusAnswer::Normal)),
        (3, "outpatient", None),
        (4, "emergency", Some(StatusAnswer::NotOffered)),
    ];
    assert_eq!(told, expected);
    assert_eq!(file.missing_by_category, [("inpatient", 0), ("outpatient", 1), ("emergency", 0)].into());
    assert_eq!((file.rejected, file.duplicates), (vec![], vec![]));
}

#[test]
fn the_answers_are_the_choices_of_a_status_item() {
    assert_eq!(StatusAnswer::ALL.map(StatusAnswer::choice), Kind::Status.choices());
    assert_eq!(StatusAnswer::Limited.choice(), "limited");
}

#[test]
fn columns_are_found_by_name_with_or_without_a_bom_and_with_either_line_end() {
    let (header, line) = (format!("メモ,{}", HEADER.replace('"', "")), format!("x,{}", row(&[])));
    for text in [format!("{header}\n{line}"), format!("\u{feff}{header}\r\n\r\n{line}\r\n\r\n")] {
        let file = read(text.as_bytes(), None).unwrap();
        assert_eq!((file.rows_read, file.answers.len(), file.rejected.len()), (1, 1, 0));
    }
    let backwards = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let text = format!("{}\n{}", backwards(HEADER), backwards(&row(&[])));
    assert_eq!(read(text.as_bytes(), None).unwrap().answers.len(), 1);
}

#[test]
fn older_formats_and_other_files_are_refused_with_the_missing_columns() {
    let columns: Vec<&str> = HEADER.split(',').collect();
    for (kept, missing) in [
        (11, "全国地方公共団体コード, 市区町村名, 医療機関コード"),
        (13, "医療機関コード"),
        (0, "医療機関ID, 医療機関名"),
    ] {
        let problem = read(columns[..kept].join(",").as_bytes(), None).unwrap_err();
        assert_eq!(problem.code.code, "import.unknown_header");
        assert!(problem.en().contains(missing) && problem.ja().contains(missing), "{}", problem.en());
    }
    let shift_jis = [0x88_u8, 0xe3, 0x97, 0xc3, b',', b'\n'];
    assert_eq!(read(&shift_jis, None).unwrap_err().code.code, "import.unknown_header");
    assert_eq!(read(b"", None).unwrap_err().code.code, "import.unknown_header");
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    assert_eq!(read(&vec![b'x'; BYTES_MAX + 1], None).unwrap_err().code.code, "import.too_large");
}

#[test]
fn each_column_has_its_own_rejection() {
    for (column, value, code) in [
        ("医療機関ID", "1010107", "facility.malformed_gmis_id"),
        ("医療機関ID", "", "facility.malformed_gmis_id"),
        ("医療機関コード", "Y0110117785", "facility.malformed_code"),
        ("医療機関名", "　 ", "import.empty_name"),
        ("医療機関名", "病\0院", "request.invalid_field"),
        ("医療機関住所", "\0", "request.invalid_field"),
        ("緯度", "北緯43度", "import.malformed_coordinate"),
        ("緯度", "46.0000005", "import.malformed_coordinate"),
        ("経度", "121.9999994", "import.malformed_coordinate"),
        ("提出日", "2021/04/05", "time.malformed_day"),
        ("提出日", "", "time.malformed_day"),
        ("医療区分", "透析", "import.unknown_category"),
        ("医療区分回答", "休止", "import.unknown_answer"),
        ("全国地方公共団体コード", "11002", "territory.malformed"),
        ("全国地方公共団体コード", "011003", "territory.check_digit"),
        ("全国地方公共団体コード", "010014", "territory.not_found"),
        ("全国地方公共団体コード", "010006", "territory.not_found"),
        ("全国地方公共団体コード", "000000", "territory.not_found"),
        ("全国地方公共団体コード", "011011", "territory.is_city_ward"),
        ("全国地方公共団体コード", "016951", "territory.northern_village"),
    ] {
        assert_eq!(rejected(&[(column, value)]), (column.to_owned(), code), "{value}");
    }
    assert_eq!(rejected(&[("都道府県名", "東京都")]), ("都道府県名".to_owned(), "import.prefecture_mismatch"));
}

#[test]
fn empty_optional_columns_are_no_fault() {
    let changes = [("医療機関コード", ""), ("緯度", ""), ("経度", ""), ("電話番号", ""), ("郵便番号", "〒60-53")];
    let file = file(&[row(&changes)]);
    let facts = &file.facilities[0];
    assert_eq!((&facts.facility_code, facts.latitude_e6, facts.longitude_e6), (&None, None, None));
    assert_eq!((&facts.phone, &facts.postal_code), (&None, &None));
}

#[test]
fn a_row_with_too_few_or_too_many_columns_fails_alone() {
    let file = file(&[row(&[]) + ",x", "a,b".to_owned(), row(&[])]);
    let told: Vec<_> = file.rejected.iter().map(|r| (r.line, r.error.code.code, r.error.en())).collect();
    assert_eq!(
        told,
        [
            (2, "import.column_count", "The row has 15 columns instead of 14.".to_owned()),
            (3, "import.column_count", "The row has 2 columns instead of 14.".to_owned()),
        ]
    );
    assert_eq!(file.answers.len(), 1);
}

#[test]
fn a_row_that_is_not_utf8_fails_alone_with_its_line() {
    let mut bytes = format!("{HEADER}\n{}\n", row(&[])).into_bytes();
    bytes.extend(row(&[("医療区分", "外来"), ("市区町村名", "#")]).into_bytes());
    let place = bytes.iter().rposition(|byte| *byte == b'#').unwrap();
    bytes[place] = 0xff;
    bytes.extend(format!("\n{}\n", row(&[("医療区分", "救急")])).into_bytes());
    let file = read(&bytes, None).unwrap();
    assert_eq!(file.answers.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!((file.rejected[0].line, file.rejected[0].error.code.code), (3, "import.invalid_utf8"));
}

#[test]
fn line_numbers_hold_across_quoted_newlines_and_empty_lines() {
    for end in ["\n", "\r\n"] {
        let two_lines = format!("札幌市{end}中央区");
        let rows = [
            row(&[("医療機関住所", &two_lines)]),
            row(&[("医療機関住所", &two_lines), ("医療区分", "外来")]),
            String::new(),
            row(&[("医療機関住所", &two_lines), ("医療区分", "透析")]),
        ];
        let file = read(format!("{HEADER}{end}{}{end}", rows.join(end)).as_bytes(), None).unwrap();
        assert_eq!(file.answers.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(file.rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [7]);
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_is_told() {
    let told = |file: &File| file.rejected.iter().map(|r| (r.line, r.error.code.code)).collect::<Vec<_>>();
    let within = row(&[("医療区分", "外来")]).replacen("\"札幌市\"", "\"札幌市", 1);
    let within_row = file(&[row(&[]), within, row(&[("医療区分", "救急")])]);
    assert_eq!((told(&within_row), within_row.answers.len()), (vec![(3, "import.malformed_csv")], 2));
    // at the end of a row it swallows what follows; nothing of that may pass for read
    let last = row(&[("医療区分", "外来")]);
    let swallowed = file(&[row(&[]), last.trim_end_matches('"').to_owned(), "x".to_owned()]);
    assert_eq!((told(&swallowed), swallowed.answers.len()), (vec![(3, "import.malformed_csv")], 1));
}

#[test]
fn later_rows_of_a_hospital_must_agree_with_the_first_valid_one() {
    for (column, value) in [
        ("医療機関コード", ""),
        ("医療機関コード", "0110117786"),
        ("医療機関名", "創成西病院"),
        ("郵便番号", "〒060-0054"),
        ("医療機関住所", "札幌市"),
        ("電話番号", ""),
        ("緯度", "43.0582086"),
        ("経度", ""),
        ("市区町村名", "札幌"),
        ("全国地方公共団体コード", "012025"),
    ] {
        let file = file(&[
            // not valid, so it does not speak for the hospital
            row(&[("医療機関名", "別の病院"), ("医療区分", "透析")]),
            row(&[]),
            row(&[("医療区分", "外来"), (column, value)]),
        ]);
        let error = &file.rejected[1].error;
        assert_eq!((error.path.as_str(), error.code.code), (column, "import.facility_inconsistent"));
        assert!(error.en().contains(column) && error.en().contains("10101075"), "{}", error.en());
        assert_eq!((file.facilities.len(), file.answers.len()), (1, 1));
    }
}

#[test]
fn of_two_hospitals_with_one_code_the_first_keeps_it() {
    let file = file(&[row(&[]), row(&[("医療機関ID", "10101076")]), row(&[("医療区分", "外来")])]);
    let error = &file.rejected[0].error;
    assert_eq!((error.path.as_str(), error.code.code), ("医療機関コード", "import.facility_code_taken"));
    assert_eq!((file.facilities.len(), file.answers.len()), (1, 2));
}

#[test]
fn a_repeated_key_is_a_duplicate_and_the_first_counts() {
    let file = file(&[row(&[]), row(&[]), row(&[("医療区分回答", "停止")]), row(&[("提出日", "2021-04-06")])]);
    let duplicate = |line, conflicting| Duplicate { line, first_line: 2, conflicting };
    assert_eq!(file.duplicates, [duplicate(3, false), duplicate(4, true)]);
    assert_eq!(file.answers.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
    assert_eq!(file.answers[0].answer, Some(StatusAnswer::Normal));
}

#[test]
fn asked_for_one_day_the_others_are_counted_and_left() {
    let text = format!("{HEADER}\n{}\n{}\n", row(&[("提出日", "2021-04-06")]), row(&[]));
    let file = read(text.as_bytes(), Some(BusinessDay::parse("2021-04-05").unwrap())).unwrap();
    whole(&file);
    assert_eq!((file.rows_read, file.answers.len(), file.other_days), (2, 1, 1));
    assert_eq!(file.answers[0].line, 3);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes, None);
        let mut under_a_header = format!("{HEADER}\n").into_bytes();
        under_a_header.extend(&bytes);
        whole(&read(&under_a_header, None).unwrap());
    }

    /// Closer to the real thing: good rows, cut up and glued together.
    #[test]
    fn no_damage_loses_a_row(cuts in proptest::collection::vec((0..3_000_usize, "[\"\\r\\n,0-9通]{0,3}"), 0..20)) {
        let rows = Category::ALL.map(|category| row(&[("医療区分", category.ja())])).join("\r\n");
        let mut bytes = rows.into_bytes();
        for (place, damage) in cuts {
            let place = place % bytes.len().max(1);
            bytes.splice(place..(place + 1).min(bytes.len()), damage.bytes());
        }
        bytes.splice(0..0, format!("{HEADER}\r\n").into_bytes());
        whole(&read(&bytes, None).unwrap());
    }
}
