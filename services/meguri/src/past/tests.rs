//! Small samples with the traits of the real files; and the real files, where they are beside the checkout.
use super::*;
use std::collections::BTreeMap;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn us(product: &str, text: &str) -> File {
    read(Kind::UsAllocations, Some(product), text.as_bytes()).unwrap()
}

/// Week, product, and what is odd about it: row, place, code.
fn odd(file: &File) -> Vec<(String, i64, &str, &str)> {
    file.rounds
        .iter()
        .flat_map(|round| {
            let day = round.day.to_string();
            round.findings.iter().map(move |found| (day.clone(), found.row, found.place.as_str(), found.code.as_str()))
        })
        .collect()
}

/// Line and code of each row that was not taken.
fn refused(file: &File) -> Vec<(u64, &'static str)> {
    file.rejected.iter().map(|(line, error)| (*line, error.code.code)).collect()
}

/// Place, part, doses, boxes.
fn lines(round: &NewPastRound) -> Vec<(&str, &str, i64, Option<i64>)> {
    round.lines.iter().map(|line| (line.place.as_str(), line.part.as_str(), line.doses, line.units)).collect()
}

/// A published file beside this checkout.
fn published(path: &str) -> Option<Vec<u8>> {
    let found = std::fs::read(format!("{}/../../../shared/data/{path}", env!("CARGO_MANIFEST_DIR"))).ok();
    if found.is_none() {
        println!("skipped: the published file is not beside this checkout: {path}");
    }
    found
}

const LONG: &str = "Jurisdiction,Week of Allocations,1st Dose Allocations,2nd Dose Allocations\n";

#[test]
fn numbers_are_read_as_publications_write_them() {
    for (text, expected) in [
        ("0", Some(0)),
        ("31200", Some(31_200)),
        ("31,200", Some(31_200)),
        ("1,031,200", Some(1_031_200)),
        ("-50000", Some(-50_000)),
        ("-1,000", Some(-1_000)),
        ("9007199254740992", Some(1 << 53)),
        ("9007199254740993", None),
        ("99999999999999999999999", None),
        ("", None),
        ("-", None),
        ("--1", None),
        (",200", None),
        ("31,20", None),
        ("3120,200", None),
        ("1.5", None),
        ("+1", None),
        ("１", None),
        ("N/A", None),
    ] {
        assert_eq!(number(text), expected, "{text}");
    }
    assert_eq!(slug("Vaxzevria (AstraZeneca)"), "vaxzevria-astrazeneca");
    assert_eq!(slug("Pfizer/BioNTech"), "pfizer-biontech");
}

/// The box changed from 195 x 5 to 195 x 6 doses between two weeks.
#[test]
fn boxes_are_those_of_the_week() {
    let file = us("Pfizer", &format!("{LONG}Maine,2021-02-22,17550,17550\nMaine,2021-02-15,9750,9750\n"));
    assert_eq!((file.rows, file.rounds.len()), (2, 2));
    let [before, after] = &file.rounds[..] else { panic!() };
    assert_eq!((before.day, before.pack_doses), (day("2021-02-15"), Some(975)));
    assert_eq!(lines(before), [("Maine", "first", 9_750, Some(10)), ("Maine", "second", 9_750, Some(10))]);
    assert_eq!((after.day, after.pack_doses, after.lines[0].units), (day("2021-02-22"), Some(1_170), Some(15)));
    assert_eq!((after.kind.as_str(), after.product.as_str(), after.days), ("us-allocations", "pfizer", 7));
    assert!(odd(&file).is_empty() && file.rejected.is_empty());
    // one week too early for the larger box
    let file = us("pfizer", &format!("{LONG}Maine,2021-02-15,17550,17550\n"));
    assert_eq!(odd(&file).len(), 0, "17,550 are whole boxes of either size");
    let file = us("pfizer", &format!("{LONG}Maine,2021-02-15,1170,1170\nMaine,2021-02-22,975,975\n"));
    let code = "past.not_whole_packs";
    let expected = [("2021-02-15", 2), ("2021-02-15", 2), ("2021-02-22", 3), ("2021-02-22", 3)];
    assert_eq!(odd(&file), expected.map(|(day, row)| (day.to_owned(), row, "Maine", code)));
    assert_eq!(file.rounds[0].lines[0].units, None, "no whole box");
}

/// The slip of the week of 1 February 2021, and figures that merely look like it.
#[test]
fn slips_are_told_and_taken_as_published() {
    let rows = [
        "Federal Entities,2021-02-01,151180,151800",
        "Texas,2021-02-01,158500,158500",
        "Ohio,2021-02-01,30300,30200",
        "Iowa,2021-02-01,10050,10500",
        "Utah,2021-02-01,10150,10250",
        "Maine,2021-02-01,11150,22200",
        "Ohio,2021-02-08,1050,10500",
    ];
    let rows = rows.join("\n");
    let file = us("moderna", &format!("{LONG}{rows}"));
    let found = odd(&file);
    let codes: Vec<(i64, &str)> = found.iter().map(|(_, row, _, code)| (*row, *code)).collect();
    assert_eq!(
        codes,
        [
            (2, "past.slip"),
            (4, "past.doses_differ"),
            (5, "past.slip"),
            // two slips that are not each other's
            (6, "past.not_whole_packs"),
            (6, "past.not_whole_packs"),
            // too far from each other
            (7, "past.not_whole_packs"),
            (8, "past.not_whole_packs"),
        ]
    );
    let told = &file.rounds[0].findings[0];
    for text in [&told.ja, &told.en] {
        assert!(["Federal Entities", "151180", "151800", "100"].iter().all(|part| text.contains(part)), "{text}");
    }
    assert_eq!(lines(&file.rounds[0])[0], ("Federal Entities", "first", 151_180, None));
    assert_eq!(lines(&file.rounds[0])[1], ("Federal Entities", "second", 151_800, Some(1_518)));
}

#[test]
fn a_row_at_fault_is_named_and_the_others_are_taken() {
    let rows = "Maine,2021-03-08,100\nMaine,2021-03-08,100,100\nMaine,2021-03-08,100,100\nOhio,03/08/2021,100,100\n\
                Ohio,2021-03-08,100,x\n,2021-03-08,100,100\n**,2021-03-08,100,100\n,,,\nUtah,2021-03-08,200,200\n";
    let file = us("moderna", &format!("\u{feff}{LONG}{rows}"));
    assert_eq!(
        refused(&file),
        [
            (2, "import.column_count"),
            (4, "past.duplicate_row"),
            (5, "request.invalid_field"),
            (6, "request.invalid_field"),
            (7, "request.invalid_field"),
            (8, "request.invalid_field"),
        ]
    );
    assert_eq!(
        lines(&file.rounds[0]).iter().map(|line| line.0).collect::<Vec<_>>(),
        ["Maine", "Maine", "Utah", "Utah"]
    );
    let mut broken = LONG.as_bytes().to_vec();
    broken.extend(b"Ma\xffine,2021-03-08,100,100\n");
    let file = read(Kind::UsAllocations, Some("moderna"), &broken).unwrap();
    assert_eq!(refused(&file), [(2, "import.invalid_utf8")]);
}

#[test]
fn a_file_that_is_another_is_refused() {
    let code = |kind, product, text: &str| read(kind, product, text.as_bytes()).unwrap_err().code.code;
    assert_eq!(code(Kind::UsAllocations, None, LONG), "request.invalid_field", "which product?");
    for text in ["", "a,b\n1,2\n", "Jurisdiction,HHS Region\n", "Jurisdiction,Doses allocated week of 13/41\n"] {
        assert_eq!(code(Kind::UsAllocations, Some("pfizer"), text), "import.unknown_header", "{text}");
    }
    assert_eq!(code(Kind::ItalyDeliveries, None, LONG), "import.unknown_header");
    for text in ["", "[]", "{\"format\": \"past-rounds/2\", \"source\": \"s\", \"product\": \"p\", \"rounds\": []}"] {
        assert_eq!(code(Kind::Announced, None, text), "request.malformed", "{text}");
    }
}

const WIDE: &str = "\u{feff}Jurisdiction,HHS Region,Doses allocated week of 12/28,Second Dose Shipment (21 days later) week of 12/28,\
    Doses allocated for distribution week of 01/04,Second dose shipment for distribution (21 days later) week of 01/04,\
    \"Total Pfizer Allocation \"\"First Dose\"\" Shipments\",\"Total Allocation Pfizer \"\"Second Dose\"\" Shipments\"\n\
    Maine,Region 1,\"9,750\",\"9,750\",975,975,\"10,725\",\"10,725\"\n\
    Guam**,Region 9,\"7,800\",N/A,N/A,N/A,\"7,800\",0\n\
    Houston ~,Region 6,N/A,N/A,N/A,N/A,0,0\n\
    Total,,\"17,550\",\"9,751\",975,975,,\n";

#[test]
fn wide_files_are_read_with_their_marks_and_sums() {
    let file = read(Kind::UsAllocations, None, WIDE.as_bytes()).unwrap();
    let rounds: Vec<_> = file.rounds.iter().map(|round| (round.day.to_string(), lines(round))).collect();
    let maine = |doses, boxes| [("Maine", "first", doses, Some(boxes)), ("Maine", "second", doses, Some(boxes))];
    let december = [&maine(9_750, 10)[..], &[("Guam", "first", 7_800, Some(8))]].concat();
    assert_eq!(rounds, [("2020-12-28".to_owned(), december), ("2021-01-04".to_owned(), maine(975, 1).to_vec())]);
    assert_eq!(odd(&file), [("2020-12-28".to_owned(), 5, "Total", "past.total_differs")]);
    assert_eq!((file.rounds[0].kind.as_str(), file.rounds[0].product.as_str()), ("us-allocations-wide", "pfizer"));
    let bad = WIDE.replace("\"9,750\",\"9,750\"", "\"9,750\",?");
    let file = read(Kind::UsAllocations, None, bad.as_bytes()).unwrap();
    assert_eq!(refused(&file), [(2, "request.invalid_field")]);
    assert_eq!(file.rounds[0].lines.len(), 1, "nothing of a row at fault is taken");
}

#[test]
fn deliveries_below_zero_are_kept_and_listed() {
    let text = "area,forn,numero_dosi,data_consegna,N1,N2,ISTAT,reg\n\
                LAZ,Moderna,-17888,2021-05-27,ITI,ITI4,12,Lazio\nABR,Moderna,135,2021-05-27,ITF,ITF1,13,Abruzzo\n\
                ABR,Pfizer/BioNTech,135,2021-05-27,ITF,ITF1,13,Abruzzo\nABR,Moderna,1,2021-05-27,ITF,ITF1,13,Abruzzo\n\
                ABR,Moderna,1.5,2021-05-28,ITF,ITF1,13,Abruzzo\nABR,Moderna,1,28/05/2021,ITF,ITF1,13,Abruzzo\n\
                ,Moderna,1,2021-05-28,ITF,ITF1,13,Abruzzo\n";
    let file = read(Kind::ItalyDeliveries, None, text.as_bytes()).unwrap();
    let moderna = &file.rounds[0];
    assert_eq!((moderna.product.as_str(), moderna.day, moderna.days), ("moderna", day("2021-05-27"), 1));
    assert_eq!(lines(moderna), [("LAZ", "all", -17_888, None), ("ABR", "all", 135, None)]);
    assert_eq!((moderna.lines[0].name.as_str(), moderna.lines[0].row), ("Lazio", 2));
    assert_eq!(odd(&file), [("2021-05-27".to_owned(), 2, "LAZ", "past.negative")]);
    assert_eq!(file.rounds[1].product, "pfizer-biontech");
    let invalid = "request.invalid_field";
    assert_eq!(refused(&file), [(5, "past.duplicate_row"), (6, invalid), (7, invalid), (8, invalid)]);
}

fn scenario(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../scenarios/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// What our own nation announced: see the design's chapter on allocation, section 1.
#[test]
fn the_shipped_scenarios_are_the_announced_figures() {
    let file = read(Kind::Announced, None, &scenario("japan-2021-04")).unwrap();
    let boxes = |round: &NewPastRound| round.lines.iter().map(|line| line.units.unwrap()).sum::<i64>();
    let weeks: Vec<_> = file.rounds.iter().map(|round| (round.day.to_string(), boxes(round))).collect();
    let weeks: Vec<_> = weeks.iter().map(|(day, boxes)| (day.as_str(), *boxes)).collect();
    assert_eq!(weeks, [("2021-04-05", 100), ("2021-04-12", 500), ("2021-04-19", 500), ("2021-04-26", 1_741)]);
    let first: BTreeMap<&str, i64> =
        file.rounds[0].lines.iter().map(|line| (line.place.as_str(), line.units.unwrap())).collect();
    assert_eq!(first.len(), 47);
    let more: Vec<&str> = first.iter().filter(|(_, boxes)| **boxes == 4).map(|(place, _)| *place).collect();
    assert_eq!(more, ["130001", "140007", "270008"], "Tokyo, Kanagawa, Osaka");
    assert_eq!(file.rounds[0].lines[0].doses, 2 * 975);
    assert_eq!((file.rounds[3].lines.len(), file.rejected.len()), (1_741, 0));

    let file = read(Kind::Announced, None, &scenario("japan-2021-07")).unwrap();
    let parts = lines(&file.rounds[0]);
    assert_eq!(
        parts,
        [("000000", "base", 8_000 * 1_170, Some(8_000)), ("000000", "adjustment", 2_000 * 1_170, Some(2_000))]
    );
    assert_eq!(file.rounds[0].days, 14);
}

#[test]
fn lines_that_are_about_nobody_are_told() {
    let of = |lines: &str| {
        let text = format!(
            "{{\"format\": \"past-rounds/1\", \"source\": \"s\", \"product\": \"p\", \"rounds\": [
               {{\"day\": \"2021-04-05\", \"days\": 7, \"pack_doses\": 975, \"lines\": [{lines}]}}]}}"
        );
        read(Kind::Announced, None, text.as_bytes())
    };
    let odd = "{\"units\": 1}, {\"every\": \"ward\", \"units\": 1}, {\"place\": \"131016\", \"every\": \"nation\", \"units\": 1},
               {\"place\": \"131016\", \"units\": 9223372036854775807}, {\"place\": \"131016\", \"units\": 1},
               {\"every\": \"municipality\", \"units\": 1}";
    let file = of(odd).unwrap();
    let invalid = "request.invalid_field";
    assert_eq!(refused(&file), [(1, invalid), (2, invalid), (3, invalid), (4, invalid), (6, "past.duplicate_row")]);
    for malformed in
        ["{\"place\": \"131017\", \"units\": 1}", "{\"place\": \"131016\", \"units\": 1.5}", "{\"unit\": 1}"]
    {
        assert_eq!(of(malformed).unwrap_err().code.code, "request.malformed", "{malformed}");
    }
}

fn total(file: &File) -> i64 {
    file.rounds.iter().flat_map(|round| &round.lines).map(|line| line.doses).sum()
}

fn count(file: &File, code: &str) -> usize {
    odd(file).iter().filter(|found| found.3 == code).count()
}

#[test]
fn the_published_american_files() {
    let folder = "vaccine-allocations-us";
    for (name, product, rows, weeks, differ) in [
        ("pfizer_weekly_to_2021-03-08", "pfizer", 819, 13, 17),
        // of its 29 rows that differ one is the slip
        ("moderna_weekly_to_2021-03-08", "moderna", 756, 12, 28),
        ("janssen_weekly_to_2021-03-08", "janssen", 63, 1, 0),
    ] {
        let Some(bytes) = published(&format!("{folder}/{name}.csv")) else { return };
        let file = read(Kind::UsAllocations, Some(product), &bytes).unwrap();
        assert_eq!((file.rows, file.rounds.len(), file.rejected.len()), (rows, weeks, 0), "{product}");
        assert_eq!(count(&file, "past.doses_differ"), differ, "{product}");
        assert_eq!(count(&file, "past.not_whole_packs"), 0, "{product}");
        let slips: Vec<_> = odd(&file).into_iter().filter(|found| found.3 == "past.slip").collect();
        let expected = ("2021-02-01".to_owned(), 328, "Federal Entities", "past.slip");
        assert_eq!(slips, if product == "moderna" { vec![expected] } else { vec![] });
    }
    for (name, weeks) in [("pfizer_wide_as_published_2021-01", 7), ("moderna_wide_as_published_2021-01", 7)] {
        let Some(bytes) = published(&format!("{folder}/{name}.csv")) else { return };
        let file = read(Kind::UsAllocations, None, &bytes).unwrap();
        assert_eq!((file.rows, file.rounds.len(), file.rejected.len()), (66, weeks, 0), "{name}");
        assert_eq!((count(&file, "past.total_differs"), count(&file, "past.not_whole_packs")), (0, 0), "{name}");
        let places: std::collections::BTreeSet<&str> =
            file.rounds.iter().flat_map(|round| &round.lines).map(|line| line.place.as_str()).collect();
        assert!(places.contains("Guam") && places.contains("Federal Entities") && !places.contains("Total"));
    }
}

#[test]
fn the_published_italian_deliveries() {
    let Some(bytes) = published("vaccine-deliveries-italy/deliveries_2020-12-27_2021-07-31.csv") else { return };
    let file = read(Kind::ItalyDeliveries, None, &bytes).unwrap();
    assert_eq!((file.rows, file.rejected.len(), count(&file, "past.negative")), (4_510, 0, 7));
    let places: std::collections::BTreeSet<&str> =
        file.rounds.iter().flat_map(|round| &round.lines).map(|line| line.place.as_str()).collect();
    assert_eq!(places.len(), 21);
    // summed from the file by another program
    assert_eq!(total(&file), 71_289_335);
}
