//! A survey form (調査票): items with their kind and range, rules between items, and how answers are
//! read and checked. Forms are rows in the database; nothing here knows a particular item.
use crate::error::{self, FieldError};
use chrono::NaiveTime;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How an item is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A whole number from 0 to the item's maximum.
    Count,
    /// 医療提供状況
    Status,
    /// 充足
    Staffing,
}

impl Kind {
    /// The answers to choose from; empty for a count.
    #[must_use]
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Count => &[],
            Self::Status => &["normal", "limited", "stopped", "not_offered"],
            Self::Staffing => &["normal", "short", "exhausted"],
        }
    }

    /// Places that one item takes in an aggregate's row of sums: a count its sum and the number of
    /// facilities that answered; a choice the number of facilities for each answer.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Count => 2,
            Self::Status | Self::Staffing => self.choices().len(),
        }
    }

    /// The name in the database and every API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Status => "status",
            Self::Staffing => "staffing",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Count, Self::Status, Self::Staffing].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `icu_occupied`
    pub code: String,
    /// How it is answered.
    pub kind: Kind,
    /// The largest count that is not absurd.
    pub max: i64,
    /// First place of this item in an aggregate's row of sums; never reused by another item.
    pub slot: usize,
    /// Japanese label.
    pub ja: String,
    /// English label.
    pub en: String,
    /// What is counted: `beds`, `patients`, `devices`, `staff`, `tests`, `status`.
    pub unit: String,
    /// `now`, `previous_day` or `within_week`: the moment or period the answer is about.
    pub moment: String,
}

/// What happens when a rule does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The report is refused.
    Error,
    /// The report is taken, with a warning.
    Warning,
}

/// A rule between items, or between a report and the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// `left ≤ right`; not checked unless both are counts that were answered.
    NotAbove {
        /// The smaller item.
        left: String,
        /// The larger item.
        right: String,
        /// Refuse or warn.
        severity: Severity,
    },
    /// A warning for every count that moved by more than `permille` of the last report's and by
    /// more than `min`.
    Jump {
        /// Thousandths of the last report's count.
        permille: i64,
        /// Changes up to this are never remarkable.
        min: i64,
    },
}

/// Who may write answers to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Facilities and their proxies, through the API.
    Facility,
    /// Only the import of a published file.
    Import,
}

/// One version of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `daily`
    pub code: String,
    /// Counts up with every change of its items or rules.
    pub version: i32,
    /// Japanese title.
    pub ja: String,
    /// English title.
    pub en: String,
    /// When it is due, Japan's clock.
    pub due: NaiveTime,
    /// For how many days after its day a report may be sent or corrected.
    pub correction_days: u32,
    /// Who may write it.
    pub source: Source,
    /// In the order of the form.
    pub items: Vec<Item>,
    /// In the order of checking.
    pub rules: Vec<Rule>,
}

/// The answer to one item. Absence from [`Answers`] means "not answered", which is neither of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A whole number.
    Count(i64),
    /// Index into the kind's choices.
    Choice(usize),
    /// `null`: the question does not apply here.
    NotApplicable,
}

/// Answers by item code.
pub type Answers = BTreeMap<String, Answer>;

/// What checking found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Any of these refuses the report.
    pub errors: Vec<FieldError>,
    /// These go along with it.
    pub warnings: Vec<FieldError>,
}

fn path(item: &str) -> String {
    format!("values.{}", error::echo(item))
}

impl Form {
    /// An item by its code.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.code == code)
    }

    /// Length of an aggregate's row of sums.
    #[must_use]
    pub fn width(&self) -> usize {
        self.items.iter().map(|item| item.slot + item.kind.width()).max().unwrap_or(0)
    }

    /// An item whose places in the row of sums belong to another item too, if there is one.
    #[must_use]
    pub fn overlap(&self) -> Option<&str> {
        let mut taken = BTreeSet::new();
        let places = |item: &Item| item.slot..item.slot + item.kind.width();
        self.items.iter().find(|item| places(item).any(|place| !taken.insert(place))).map(|item| item.code.as_str())
    }

    /// Reads raw JSON values, in the order sent, into answers. Every fault is reported, not only
    /// the first; a key that stands twice is one.
    #[must_use]
    pub fn read(&self, raw: &[(String, Value)]) -> (Answers, Vec<FieldError>) {
        let mut answers = Answers::new();
        let mut errors = Vec::new();
        let mut seen = BTreeSet::new();
        for (code, value) in raw {
            if !seen.insert(code) {
                errors.push(FieldError::new(path(code), &error::REPORT_DUPLICATE_ITEM).with("item", code));
                continue;
            }
            let Some(item) = self.item(code) else {
                errors.push(FieldError::new(path(code), &error::REPORT_UNKNOWN_ITEM).with("item", code));
                continue;
            };
            match read_answer(item, value) {
                Ok(answer) => {
                    answers.insert(code.clone(), answer);
                }
                Err(error) => errors.push(error),
            }
        }
        if raw.is_empty() {
            errors.push(FieldError::new("values", &error::REPORT_EMPTY));
        }
        (answers, errors)
    }

    /// Checks the rules. `previous` is the facility's last report of this form, if it has one.
    #[must_use]
    pub fn check(&self, answers: &Answers, previous: Option<&Answers>) -> Findings {
        let mut findings = Findings::default();
        for rule in &self.rules {
            match rule {
                Rule::NotAbove { left, right, severity } => {
                    let Some(error) = self.not_above(answers, left, right, *severity) else { continue };
                    match severity {
                        Severity::Error => findings.errors.push(error),
                        Severity::Warning => findings.warnings.push(error),
                    }
                }
                Rule::Jump { permille, min } => {
                    let Some(previous) = previous else { continue };
                    findings.warnings.extend(self.jumps(answers, previous, *permille, *min));
                }
            }
        }
        findings
    }

    fn labels<'a>(&'a self, code: &'a str) -> (&'a str, &'a str) {
        self.item(code).map_or((code, code), |item| (&item.ja, &item.en))
    }

    fn not_above(&self, answers: &Answers, left: &str, right: &str, severity: Severity) -> Option<FieldError> {
        let (Some(Answer::Count(small)), Some(Answer::Count(large))) = (answers.get(left), answers.get(right)) else {
            return None;
        };
        if small <= large {
            return None;
        }
        let ((left_ja, left_en), (right_ja, right_en)) = (self.labels(left), self.labels(right));
        let code = match severity {
            Severity::Error => &error::REPORT_EXCEEDS,
            Severity::Warning => &error::REPORT_UNUSUAL_RELATION,
        };
        let error = FieldError::new(path(left), code)
            .with("left", left_ja)
            .with("left_en", left_en)
            .with("left_value", &small.to_string())
            .with("right", right_ja)
            .with("right_en", right_en)
            .with("right_value", &large.to_string());
        Some(error)
    }

    fn jumps(&self, answers: &Answers, previous: &Answers, permille: i64, min: i64) -> Vec<FieldError> {
        let moved = |item: &&Item| match (answers.get(&item.code), previous.get(&item.code)) {
            (Some(Answer::Count(now)), Some(Answer::Count(before))) => {
                let change = (now - before).abs();
                (change > min && change * 1_000 > before * permille).then_some((*now, *before))
            }
            _ => None,
        };
        self.items
            .iter()
            .filter_map(|item| moved(&item).map(|(now, before)| (item, now, before)))
            .map(|(item, now, before)| {
                FieldError::new(path(&item.code), &error::REPORT_JUMP)
                    .with("previous", &before.to_string())
                    .with("value", &now.to_string())
            })
            .collect()
    }
}

fn read_answer(item: &Item, value: &Value) -> Result<Answer, FieldError> {
    if value.is_null() {
        return Ok(Answer::NotApplicable);
    }
    let at = path(&item.code);
    if item.kind == Kind::Count {
        let max = item.max.to_string();
        return match value.as_i64() {
            Some(count) if (0..=item.max).contains(&count) => Ok(Answer::Count(count)),
            // a number, but not one of ours: negative, absurd, beyond 64 bits
            None if value.is_u64() => Err(FieldError::new(at, &error::REPORT_OUT_OF_RANGE)
                .with("max", &max)
                .with("value", &value.to_string())),
            Some(count) => Err(FieldError::new(at, &error::REPORT_OUT_OF_RANGE)
                .with("max", &max)
                .with("value", &count.to_string())),
            // 1.0, "12", "１２", [], true: we do not guess what was meant
            None => Err(FieldError::new(at, &error::REPORT_NOT_WHOLE_NUMBER).with("max", &max)),
        };
    }
    let choices = item.kind.choices();
    let chosen = value.as_str().and_then(|text| choices.iter().position(|choice| *choice == text));
    chosen
        .map(Answer::Choice)
        .ok_or_else(|| FieldError::new(at, &error::REPORT_UNKNOWN_CHOICE).with("choices", &choices.join(", ")))
}

/// Answers as the JSON object that is stored and sent: `{item: 12, other: "normal", third: null}`.
#[must_use]
pub fn to_json(form: &Form, answers: &Answers) -> Value {
    let value = |code: &String, answer: &Answer| match answer {
        Answer::Count(count) => Value::from(*count),
        Answer::Choice(index) => form
            .item(code)
            .and_then(|item| item.kind.choices().get(*index))
            .map_or(Value::Null, |choice| Value::from(*choice)),
        Answer::NotApplicable => Value::Null,
    };
    Value::Object(answers.iter().map(|(code, answer)| (code.clone(), value(code, answer))).collect())
}

/// Stored answers back from JSON. Items that the form no longer has are passed over: an older
/// report stays readable under a newer form.
#[must_use]
pub fn from_json(form: &Form, stored: &Value) -> Answers {
    let Some(object) = stored.as_object() else { return Answers::new() };
    object
        .iter()
        .filter_map(|(code, value)| {
            let item = form.item(code)?;
            read_answer(item, value).ok().map(|answer| (code.clone(), answer))
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    fn item(code: &str, kind: Kind, slot: usize) -> Item {
        Item {
            code: code.into(),
            kind,
            max: 9_999,
            slot,
            ja: format!("{code}の数"),
            en: code.into(),
            unit: "beds".into(),
            moment: "now".into(),
        }
    }

    pub(crate) fn form() -> Form {
        let rule =
            |left: &str, right: &str, severity| Rule::NotAbove { left: left.into(), right: right.into(), severity };
        Form {
            code: "test".into(),
            version: 1,
            ja: "試験".into(),
            en: "Test".into(),
            due: NaiveTime::from_hms_opt(13, 0, 0).unwrap(),
            correction_days: 7,
            source: Source::Facility,
            items: vec![
                item("total", Kind::Count, 0),
                item("staffed", Kind::Count, 2),
                item("occupied", Kind::Count, 4),
                item("status", Kind::Status, 6),
                item("nurses", Kind::Staffing, 10),
            ],
            rules: vec![
                rule("occupied", "staffed", Severity::Error),
                rule("occupied", "total", Severity::Error),
                rule("staffed", "total", Severity::Warning),
                Rule::Jump { permille: 300, min: 5 },
            ],
        }
    }

    fn raw(value: impl Into<Value>) -> Vec<(String, Value)> {
        value.into().as_object().unwrap().clone().into_iter().collect()
    }

    fn answers(value: impl Into<Value>) -> Answers {
        let (answers, errors) = form().read(&raw(value));
        assert_eq!(errors, []);
        answers
    }

    #[test]
    fn items_must_not_share_a_place_in_the_sums() {
        let mut form = form();
        assert_eq!(form.overlap(), None);
        form.items[1].slot = 1;
        assert_eq!(form.overlap(), Some("staffed"));
    }

    #[test]
    fn absent_null_and_zero_are_three_things() {
        let answers = answers(json!({"total": 0, "staffed": null, "status": "limited"}));
        assert_eq!(answers.get("total"), Some(&Answer::Count(0)));
        assert_eq!(answers.get("staffed"), Some(&Answer::NotApplicable));
        assert_eq!(answers.get("occupied"), None);
        assert_eq!(to_json(&form(), &answers), json!({"total": 0, "staffed": null, "status": "limited"}));
        assert_eq!(from_json(&form(), &to_json(&form(), &answers)), answers);
    }

    #[test]
    fn counts_that_are_not_plain_whole_numbers_are_refused() {
        for (value, code) in [
            (json!(-1), "report.out_of_range"),
            (json!(10_000), "report.out_of_range"),
            (json!(4_294_967_296_i64), "report.out_of_range"),
            (json!(9_223_372_036_854_775_808_u64), "report.out_of_range"),
            (json!(1.0), "report.not_whole_number"),
            (json!(-0.0), "report.not_whole_number"),
            (json!("12"), "report.not_whole_number"),
            (json!("１２"), "report.not_whole_number"),
            (json!(" 12 "), "report.not_whole_number"),
            (json!([1]), "report.not_whole_number"),
            (json!(true), "report.not_whole_number"),
        ] {
            let (_, errors) = form().read(&raw(json!({"total": value})));
            assert_eq!(
                errors.iter().map(|e| (e.path.as_str(), e.code.code)).collect::<Vec<_>>(),
                [("values.total", code)]
            );
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let sent = vec![
            ("total".to_owned(), json!(1)),
            ("total".to_owned(), json!(2)),
            ("beds".to_owned(), json!(3)),
            ("status".to_owned(), json!("open")),
            ("nurses".to_owned(), json!("limited")),
        ];
        let (_, errors) = form().read(&sent);
        assert_eq!(
            errors.iter().map(|e| e.code.code).collect::<Vec<_>>(),
            ["report.duplicate_item", "report.unknown_item", "report.unknown_choice", "report.unknown_choice"]
        );
        assert_eq!(form().read(&[]).1[0].code.code, "report.empty");
    }

    #[test]
    fn rules_skip_what_was_not_answered() {
        assert_eq!(form().check(&answers(json!({"occupied": 9, "total": null})), None), Findings::default());
        let findings = form().check(&answers(json!({"occupied": 9, "staffed": 8, "total": 7})), None);
        assert_eq!(findings.errors.len(), 2);
        assert_eq!(findings.errors[0].en(), "occupied (9) is more than staffed (8).");
        assert_eq!(findings.warnings[0].code.code, "report.unusual_relation");
    }

    #[test]
    fn a_jump_needs_both_the_share_and_the_size() {
        let jumps = |before: i64, now: i64| {
            let before = answers(json!({"total": before}));
            form().check(&answers(json!({"total": now})), Some(&before)).warnings.len()
        };
        assert_eq!(jumps(10, 15), 0, "50 %, but only 5");
        assert_eq!(jumps(10, 16), 1);
        assert_eq!(jumps(100, 130), 0, "exactly 30 %");
        assert_eq!(jumps(100, 131), 1);
        assert_eq!(jumps(100, 69), 1);
        assert_eq!(jumps(0, 6), 1);
        assert_eq!(jumps(0, 5), 0);
    }
}
