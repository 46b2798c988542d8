//! One hospital's daily report: what it owns stays the same, what happens in it moves a little
//! from day to day.
use super::Draws;
use domain::BusinessDay;
use serde_json::Value;

/// What a hospital is, whatever the day.
struct Profile {
    beds: u64,
    beds_ready: u64,
    icu: u64,
    hcu: u64,
    ventilators: u64,
    ecmo: u64,
    hfnc: u64,
    emergency: bool,
    surgery: bool,
    dialysis: bool,
    /// Per cent of beds in use on an ordinary day.
    load_percent: u64,
}

impl Profile {
    fn of(gmis_id: &str) -> Self {
        let mut draws = Draws::new(&["profile", gmis_id]);
        // more than half of Japan's hospitals have fewer than 150 beds; 23 % of all have an ICU here
        let beds = match draws.below(100) {
            0..55 => draws.between(20, 149),
            55..85 => draws.between(150, 299),
            85..97 => draws.between(300, 599),
            _ => draws.between(600, 1_100),
        };
        let (large, acute) = (beds >= 300, beds >= 150);
        let icu = if (large && draws.chance(80)) || (acute && draws.chance(25)) { 4 + beds / 60 } else { 0 };
        let hcu = if icu > 0 && draws.chance(70) || acute && draws.chance(10) { 4 + beds / 50 } else { 0 };
        let ready = (acute && draws.chance(55)) || draws.chance(6);
        Self {
            beds,
            beds_ready: if ready { 2 + beds / draws.between(20, 60) } else { 0 },
            icu,
            hcu,
            ventilators: if acute { beds / 25 + icu } else { draws.between(0, 3) },
            ecmo: if icu > 0 && large { draws.between(1, 3) } else { 0 },
            hfnc: if acute { 1 + beds / 100 } else { 0 },
            emergency: acute || draws.chance(40),
            surgery: acute || draws.chance(35),
            dialysis: draws.chance(38),
            load_percent: draws.between(55, 85),
        }
    }
}

/// Of `whole`, about `percent`, give or take `sway` per cent; never more than `whole`.
fn part(draws: &mut Draws, whole: u64, percent: u64, sway: u64) -> u64 {
    let percent = (percent + draws.between(0, 2 * sway)).saturating_sub(sway).min(100);
    // the draw rounds, so that small hospitals do not all round the same way
    (whole * percent + draws.below(100)).div_euclid(100).min(whole)
}

fn status(draws: &mut Draws, offered: bool) -> Value {
    let choice = match draws.below(1_000) {
        _ if !offered => "not_offered",
        0..11 => "stopped",
        11..90 => "limited",
        _ => "normal",
    };
    Value::from(choice)
}

fn staffing(draws: &mut Draws) -> Value {
    let choice = match draws.below(1_000) {
        0..10 => "exhausted",
        10..80 => "short",
        _ => "normal",
    };
    Value::from(choice)
}

/// An answer to every item of form `daily`, in the order of the form: it keeps all the form's rules,
/// and a hospital without an ICU, ready beds and the like reports 0 for them. Revision 1 is the
/// report of the day; each further revision corrects a few of its numbers.
#[must_use]
pub fn daily_values(gmis_id: &str, day: BusinessDay, revision: u32) -> Vec<(String, Value)> {
    let profile = Profile::of(gmis_id);
    let mut draws = Draws::new(&["daily", gmis_id, &day.to_string()]);
    let mut answers = Vec::with_capacity(39);
    services(&profile, &mut draws, &mut answers);
    let mut counts = beds(&profile, &mut draws);
    counts.extend(devices_and_flow(&profile, &mut draws));
    correct(&mut counts, revision);
    answers.extend(counts.into_iter().map(|(item, count)| (item.to_owned(), Value::from(count))));
    for item in ["staffing_doctors", "staffing_nurses", "staffing_engineers"] {
        answers.push((item.to_owned(), staffing(&mut draws)));
        answers.push((format!("{item}_week"), staffing(&mut draws)));
    }
    answers
}

fn services(profile: &Profile, draws: &mut Draws, answers: &mut Vec<(String, Value)>) {
    for (item, offered) in [
        ("status_inpatient", true),
        ("status_outpatient", true),
        ("status_emergency", profile.emergency),
        ("status_surgery", profile.surgery),
        ("status_dialysis", profile.dialysis),
    ] {
        answers.push((item.to_owned(), status(draws, offered)));
    }
}

type Counts = Vec<(&'static str, u64)>;

fn beds(profile: &Profile, draws: &mut Draws) -> Counts {
    let infected_in_ready = part(draws, profile.beds_ready, 35, 8);
    let icu_staffed = part(draws, profile.icu, 92, 6);
    let hcu_staffed = part(draws, profile.hcu, 92, 6);
    // beds for severe cases are some of the intensive-care beds of a hospital that takes infected patients
    let severe_ready = if profile.beds_ready > 0 { profile.icu / 3 } else { 0 };
    let severe_occupied = part(draws, severe_ready, 30, 10);
    vec![
        ("beds_total", profile.beds),
        ("beds_ready", profile.beds_ready),
        ("beds_idled", part(draws, profile.beds, 2, 2)),
        ("infected_in_ready_beds", infected_in_ready),
        ("infected_inpatients", infected_in_ready + u64::from(draws.chance(5))),
        ("icu_total", profile.icu),
        ("icu_staffed", icu_staffed),
        ("icu_occupied", part(draws, icu_staffed, profile.load_percent, 8)),
        ("hcu_total", profile.hcu),
        ("hcu_staffed", hcu_staffed),
        ("hcu_occupied", part(draws, hcu_staffed, profile.load_percent, 8)),
        ("severe_beds_ready", severe_ready),
        ("severe_beds_occupied", severe_occupied),
    ]
}

fn devices_and_flow(profile: &Profile, draws: &mut Draws) -> Counts {
    let ventilators_staffed = part(draws, profile.ventilators, 80, 5);
    let ventilators_in_use = part(draws, ventilators_staffed, 40, 6);
    let ecmo_in_use = part(draws, profile.ecmo, 15, 10);
    let infected = profile.beds_ready > 0;
    let on_ventilator = if infected { part(draws, ventilators_in_use, 12, 6) } else { 0 };
    let on_ecmo = if infected { part(draws, ecmo_in_use, 40, 20) } else { 0 };
    let admissions = part(draws, profile.beds, 6, 1);
    vec![
        ("ventilators_owned", profile.ventilators),
        ("ventilators_staffed", ventilators_staffed),
        ("ventilators_in_use", ventilators_in_use),
        ("ecmo_owned", profile.ecmo),
        ("ecmo_staffed", profile.ecmo),
        ("ecmo_in_use", ecmo_in_use),
        ("hfnc_owned", profile.hfnc),
        ("hfnc_in_use", part(draws, profile.hfnc, 25, 10)),
        ("infected_on_ventilator", on_ventilator),
        ("infected_on_ecmo", on_ecmo),
        ("infected_severe", on_ventilator.max(on_ecmo)),
        ("admissions_24h", admissions),
        ("discharges_24h", part(draws, profile.beds, 6, 1)),
        ("tests_24h", if profile.emergency { draws.between(0, 5 + profile.beds / 10) } else { 0 }),
        ("outpatients_fever_24h", if profile.emergency { draws.between(0, 3 + profile.beds / 20) } else { 0 }),
    ]
}

/// What a correction typically corrects: patients counted twice, admissions that were forgotten.
fn correct(counts: &mut Counts, revision: u32) {
    let by = u64::from(revision.saturating_sub(1));
    for (item, count) in counts {
        match *item {
            // less is always within the rules: what is in use never exceeds what there is
            "icu_occupied" | "hfnc_in_use" | "outpatients_fever_24h" => *count = count.saturating_sub(by),
            "admissions_24h" | "tests_24h" => *count = (*count + by).min(9_999),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveTime;
    use domain::capacity::{Answer, Form, Item, Kind, Rule, Severity, Source};

    const FORMS: &str = include_str!("../../../../migrations/capacity/2026-11-20-000002_forms/up.sql");

    /// The literals of one row of VALUES, without their quotes.
    fn literals(row: &str) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut quoted = false;
        for c in row.trim().trim_end_matches([',', ';']).trim_start_matches('(').trim_end_matches(')').chars() {
            match c {
                '\'' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().unwrap().push(c),
            }
        }
        fields.iter().map(|field| field.trim().to_owned()).collect()
    }

    /// Form `daily` as the migration writes it.
    fn form() -> Form {
        let rows: Vec<Vec<String>> =
            FORMS.lines().filter(|line| line.starts_with("    ('daily', 1, ")).map(literals).collect();
        let item = |row: &[String]| Item {
            code: row[3].clone(),
            kind: Kind::parse(&row[4]).unwrap(),
            max: 9_999,
            slot: row[5].parse().unwrap(),
            unit: row[6].clone(),
            moment: row[7].clone(),
            ja: row[8].clone(),
            en: row[9].clone(),
        };
        let rule = |row: &[String]| match row[3].as_str() {
            "not_above" => Rule::NotAbove {
                left: row[5].clone(),
                right: row[6].clone(),
                severity: if row[4] == "error" { Severity::Error } else { Severity::Warning },
            },
            _ => Rule::Jump { permille: row[7].parse().unwrap(), min: row[8].parse().unwrap() },
        };
        let is_rule = |row: &&Vec<String>| matches!(row[3].as_str(), "not_above" | "jump");
        Form {
            code: "daily".into(),
            version: 1,
            ja: String::new(),
            en: String::new(),
            due: NaiveTime::MIN,
            correction_days: 7,
            source: Source::Facility,
            items: rows.iter().filter(|row| row.len() == 10).map(|row| item(row)).collect(),
            rules: rows.iter().filter(is_rule).map(|row| rule(row)).collect(),
        }
    }

    fn ids() -> impl Iterator<Item = String> {
        (1..=2_000).map(|serial| format!("9913{serial:04}"))
    }

    fn day(text: &str) -> BusinessDay {
        BusinessDay::parse(text).unwrap()
    }

    #[test]
    fn every_item_is_answered_within_the_rules() {
        let form = form();
        assert_eq!((form.items.len(), form.rules.len()), (39, 17));
        for id in ids() {
            let mut before = None;
            for (on, revision) in [("2021-04-05", 1), ("2021-04-05", 2), ("2021-04-05", 40), ("2021-04-06", 1)] {
                let raw = daily_values(&id, day(on), revision);
                let order: Vec<&str> = raw.iter().map(|(code, _)| code.as_str()).collect();
                assert_eq!(order, form.items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>());
                let (answers, errors) = form.read(&raw);
                assert_eq!(errors, [], "{id} {on} {revision}");
                let findings = form.check(&answers, before.as_ref());
                assert_eq!(findings.errors, [], "{id} {on} {revision}");
                let jumped = |warning: &domain::FieldError| warning.code.code == "report.jump";
                assert!(findings.warnings.iter().all(jumped), "{:?}", findings.warnings);
                before = Some(answers);
            }
        }
    }

    #[test]
    fn a_correction_changes_some_numbers_and_not_the_rest() {
        let mut changed_icu = 0;
        for id in ids() {
            let (first, second) = (daily_values(&id, day("2021-04-05"), 1), daily_values(&id, day("2021-04-05"), 2));
            let differ: Vec<&str> =
                first.iter().zip(&second).filter(|(a, b)| a != b).map(|((code, _), _)| code.as_str()).collect();
            assert!((2..=5).contains(&differ.len()), "{id}: {differ:?}");
            changed_icu += usize::from(differ.contains(&"icu_occupied"));
        }
        assert!(changed_icu > 100, "{changed_icu}");
    }

    #[test]
    fn sizes_are_plausible() {
        let form = form();
        let count = |id: &str, item: &str| match form.read(&daily_values(id, day("2021-04-05"), 1)).0.get(item) {
            Some(Answer::Count(count)) => *count,
            other => panic!("{item}: {other:?}"),
        };
        let with_icu: Vec<String> = ids().filter(|id| count(id, "icu_total") > 0).collect();
        assert!((300..700).contains(&with_icu.len()), "{}", with_icu.len());
        assert!(with_icu.iter().filter(|id| count(id, "icu_occupied") > 0).count() * 10 > with_icu.len() * 9);
        let beds: i64 = ids().map(|id| count(&id, "beds_total")).sum();
        assert!((150..260).contains(&(beds / 2_000)), "{}", beds / 2_000);
        // what a hospital owns does not change overnight
        let total = |id: &str, on: &str| daily_values(id, day(on), 1)[5].clone();
        assert!(ids().all(|id| total(&id, "2021-04-05") == total(&id, "2021-05-05")));
    }
}
