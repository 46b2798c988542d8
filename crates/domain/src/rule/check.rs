//! Reading a rule: every refusal names the rule, the component, the expression and where it stands.
use super::{
    Rule,
    document::{Candidate, Component, Document, Running, Supply},
    expression::Program,
    read_inputs::ERRORS_MAX,
};
use crate::{
    FieldError, Problem,
    apportionment::{Method, UNITS_MAX},
    error,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most components of a rule.
pub const COMPONENTS_MAX: usize = 8;
/// Most floors or caps in a list, and most derived indicators.
pub const CANDIDATES_MAX: usize = 12;
/// Longest name of a component or candidate, in characters, and longest code of a rule.
pub const NAME_MAX: usize = 60;
/// Longest name of an indicator.
pub const INDICATOR_MAX: usize = 60;
/// Most names of indicators in all expressions together.
pub const NAMES_MAX: usize = 64;
/// So much of a name is shown before the reason of a fault, which would not fit otherwise.
const SHOWN_MAX: usize = 40;
/// Longest title or other words, in characters.
const WORDS_MAX: usize = 200;

/// Names that expressions have besides indicators; their places in the list are the first slots.
pub(super) const FIXED: [&str; 6] =
    ["doses_per_vial", "vials_per_unit", "doses_per_unit", "supply_units", "given_units", "given_before_units"];
/// Slot of what there is to share.
pub(super) const SUPPLY: usize = 3;
/// Slots of the last two, which differ by place.
pub(super) const GIVEN: usize = 4;
pub(super) const GIVEN_BEFORE: usize = 5;

/// The expressions of a rule, read once, with names as slots: those of [`FIXED`] first, then the indicators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    /// Names of indicators, recorded and derived, in the order of their slots.
    pub names: Vec<String>,
    pub components: Vec<Programs>,
    pub total_caps: Vec<Program>,
}

/// Those of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub weight: Program,
    pub floors: Vec<Program>,
    pub caps: Vec<Program>,
    /// Stock and use.
    pub stock: Option<(Program, Program)>,
}

impl Programs {
    pub fn all(&self) -> impl Iterator<Item = &Program> {
        let stock = self.stock.iter().flat_map(|(stock, used)| [stock, used]);
        std::iter::once(&self.weight).chain(&self.floors).chain(&self.caps).chain(stock)
    }
}

/// Checks a document and reads its expressions.
///
/// # Errors
/// `request.invalid` with one error per fault.
pub(super) fn rule(document: Document) -> Result<Rule, Problem> {
    let rule = format!("{}@{}", document.code, document.version);
    let mut checks = Checks { rule, errors: Vec::new(), slots: BTreeMap::new(), too_many_names: false };
    // what is far too long is not looked at
    checks.counts(&document);
    if !checks.errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, checks.errors));
    }
    checks.head(&document);
    let mut components = Vec::new();
    for (index, component) in document.components.iter().enumerate() {
        components.push(checks.component(&format!("components[{index}]"), component));
    }
    let total_caps = checks.candidates("total_caps", "total_caps", &document.total_caps);
    checks.permille(&document);
    if !checks.errors.is_empty() {
        return Err(Problem::of_fields(&error::REQUEST_INVALID, checks.errors));
    }
    let components: Option<Vec<Programs>> = components.into_iter().collect();
    let (Some(components), Some(total_caps)) = (components, total_caps) else {
        return Err(Problem::new(&error::REQUEST_INVALID));
    };
    let mut names: Vec<(String, usize)> = checks.slots.into_iter().collect();
    names.sort_by_key(|(_, slot)| *slot);
    let names = names.into_iter().map(|(name, _)| name).collect();
    Ok(Rule { compiled: Compiled { names, components, total_caps }, document })
}

struct Checks {
    rule: String,
    errors: Vec<FieldError>,
    /// Slots of the indicators that were named, in the order in which they came.
    slots: BTreeMap<String, usize>,
    too_many_names: bool,
}

impl Checks {
    fn push(&mut self, found: FieldError) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(found);
        }
    }

    fn invalid(&mut self, path: &str, reason: &str) {
        let rule: String = self.rule.chars().take(SHOWN_MAX).collect();
        let reason = format!("{rule}: {reason}");
        self.push(FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", &reason));
    }

    fn of_rule(&mut self, path: &str, code: &'static error::Code, params: &[(&'static str, &str)]) {
        let found = FieldError::new(path, code).with("rule", &self.rule);
        self.push(params.iter().fold(found, |found, (name, value)| found.with(name, value)));
    }

    /// How long the lists are.
    fn counts(&mut self, document: &Document) {
        if !(1..=COMPONENTS_MAX).contains(&document.components.len()) {
            self.invalid("components", &format!("1 - {COMPONENTS_MAX}"));
        }
        let lists = document.components.iter().take(COMPONENTS_MAX).enumerate().flat_map(|(index, component)| {
            let path = |list: &str| format!("components[{index}].{list}");
            [(path("floors"), component.floors.len()), (path("caps"), component.caps.len())]
        });
        let others = [("derived", document.derived.len()), ("total_caps", document.total_caps.len())];
        let others = others.into_iter().map(|(path, count)| (path.to_owned(), count));
        for (path, count) in lists.chain(others).collect::<Vec<_>>() {
            if count > CANDIDATES_MAX {
                self.invalid(&path, &format!("0 - {CANDIDATES_MAX}"));
            }
        }
    }

    fn within(&mut self, path: &str, value: i64, range: std::ops::RangeInclusive<i64>) {
        if !range.contains(&value) {
            self.invalid(path, &format!("{} - {}", range.start(), range.end()));
        }
    }

    fn words(&mut self, path: &str, words: &[(&str, &str)]) {
        for (field, text) in words {
            if !(1..=WORDS_MAX).contains(&text.trim().chars().count()) || text.chars().any(char::is_control) {
                self.invalid(&format!("{path}.{field}"), &format!("1 - {WORDS_MAX} characters"));
            }
        }
    }

    fn head(&mut self, document: &Document) {
        let code = document.code.as_bytes();
        let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        if !(1..=NAME_MAX).contains(&code.len()) || !code.iter().all(fits) {
            self.invalid("code", &format!("1 - {NAME_MAX} of a-z, 0-9, -"));
        }
        self.within("version", i64::from(document.version), 1..=i64::from(i32::MAX));
        self.words("title", &[("ja", &document.title.ja), ("en", &document.title.en)]);
        for (name, derived) in &document.derived {
            let path = format!("derived.{name}");
            self.indicator(&path, name);
            self.words(&path, &[("ja", &derived.ja), ("en", &derived.en)]);
            let source = &derived.sum_of_days.indicator;
            self.indicator(&format!("{path}.sum_of_days.indicator"), source);
            if document.derived.contains_key(source) {
                let path = format!("{path}.sum_of_days.indicator");
                self.of_rule(&path, &error::ALLOCATION_RULE_NAME_TAKEN, &[("name", source)]);
            }
            let days = i64::from(derived.sum_of_days.interval_days);
            self.within(&format!("{path}.sum_of_days.interval_days"), days, 0..=super::DAYS_MAX);
        }
        self.twice("components", document.components.iter().map(|component| component.name.as_str()));
    }

    fn indicator(&mut self, path: &str, name: &str) {
        if FIXED.contains(&name) || ["min", "max", "ceil"].contains(&name) {
            self.of_rule(path, &error::ALLOCATION_RULE_NAME_TAKEN, &[("name", name)]);
        } else if !super::is_indicator_name(name) {
            self.invalid(path, &format!("a-z, then 0 - {} of a-z, 0-9, _", INDICATOR_MAX - 1));
        }
    }

    fn twice<'a>(&mut self, path: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for (index, name) in names.enumerate() {
            let path = format!("{path}[{index}].name");
            if !(1..=NAME_MAX).contains(&name.trim().chars().count()) || name.chars().any(char::is_control) {
                self.invalid(&path, &format!("1 - {NAME_MAX} characters"));
            }
            if !seen.insert(name) {
                self.of_rule(&path, &error::ALLOCATION_RULE_DUPLICATE_NAME, &[("name", name)]);
            }
        }
    }

    fn permille(&mut self, document: &Document) {
        let reserve = document.reserve.map(|reserve| reserve.permille);
        if let Some(permille) = reserve {
            self.within("reserve.permille", permille, 0..=1_000);
        }
        let of = |component: &Component| match component.supply {
            Supply::Permille(permille) => Some(permille.clamp(0, 1_000)),
            Supply::Rest | Supply::Units(_) => None,
        };
        let sum: i64 = document.components.iter().filter_map(of).chain(reserve.map(|n| n.clamp(0, 1_000))).sum();
        if sum > 1_000 {
            self.of_rule("components", &error::ALLOCATION_RULE_PERMILLE, &[("sum", &sum.to_string())]);
        }
    }

    fn component(&mut self, path: &str, component: &Component) -> Option<Programs> {
        let name = &component.name;
        if let Some(title) = &component.title {
            self.words(&format!("{path}.title"), &[("ja", &title.ja), ("en", &title.en)]);
        }
        if let Some(basis) = &component.basis {
            self.words(&format!("{path}.basis"), &[("ja", &basis.ja), ("en", &basis.en), ("unit", &basis.unit)]);
        }
        match component.supply {
            Supply::Rest => {}
            Supply::Units(units) => self.within(&format!("{path}.supply.units"), units, 0..=UNITS_MAX),
            Supply::Permille(permille) => self.within(&format!("{path}.supply.permille"), permille, 0..=1_000),
        }
        self.within(&format!("{path}.min_order"), component.min_order, 1..=UNITS_MAX);
        if component.min_order > 1 && component.method == Method::Hamilton {
            let found = FieldError::new(format!("{path}.min_order"), &error::ALLOCATION_MIN_ORDER_WITH_HAMILTON);
            self.push(found.with("code", name));
        }
        if component.running == Running::Cumulative && (component.min_order > 1 || component.stock_cut.is_some()) {
            self.of_rule(&format!("{path}.running"), &error::ALLOCATION_RULE_CUMULATIVE, &[("component", name)]);
        }
        let weight = self.program(&format!("{path}.weight"), name, &component.weight);
        let floors = self.candidates(&format!("{path}.floors"), name, &component.floors);
        let caps = self.candidates(&format!("{path}.caps"), name, &component.caps);
        let stock = match &component.stock_cut {
            None => Some(None),
            Some(cut) => {
                let path = format!("{path}.stock_cut");
                self.within(&format!("{path}.rounds"), cut.rounds, 1..=100);
                self.within(&format!("{path}.percent"), cut.percent, 1..=100);
                self.within(&format!("{path}.max_age_days"), cut.max_age_days, 0..=super::DAYS_MAX);
                if let Some(unit) = &cut.unit {
                    self.words(&path, &[("unit", unit)]);
                }
                let stock = self.program(&format!("{path}.stock"), name, &cut.stock);
                let used = self.program(&format!("{path}.use"), name, &cut.used);
                if stock.as_ref().is_some_and(|stock| stock.slots().all(|slot| slot < FIXED.len())) {
                    self.invalid(&format!("{path}.stock"), "names no indicator");
                }
                stock.zip(used).map(Some)
            }
        };
        Some(Programs { weight: weight?, floors: floors?, caps: caps?, stock: stock? })
    }

    fn candidates(&mut self, path: &str, component: &str, candidates: &[Candidate]) -> Option<Vec<Program>> {
        self.twice(path, candidates.iter().map(|candidate| candidate.name.as_str()));
        let mut programs = Vec::new();
        for (index, candidate) in candidates.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if let Some(title) = &candidate.title {
                self.words(&format!("{path}.title"), &[("ja", &title.ja), ("en", &title.en)]);
            }
            programs.push(self.program(&format!("{path}.units"), component, &candidate.units));
        }
        programs.into_iter().collect()
    }

    fn program(&mut self, path: &str, component: &str, text: &str) -> Option<Program> {
        let slots = &mut self.slots;
        let read = Program::read(text, |name| {
            if let Some(slot) = FIXED.iter().position(|fixed| *fixed == name) {
                return slot;
            }
            let next = slots.len();
            FIXED.len() + slots.get(name).copied().unwrap_or_else(|| *slots.entry(name.to_owned()).or_insert(next))
        });
        if self.slots.len() > NAMES_MAX && !self.too_many_names {
            self.too_many_names = true;
            self.invalid(path, &format!("more than {NAMES_MAX} names of indicators in the rule"));
        }
        let fault = match read {
            Ok(program) => return Some(program),
            Err(fault) => fault,
        };
        let position = fault.position.to_string();
        let params = [
            ("component", component),
            ("expression", text),
            ("position", &position),
            ("reason", &fault.ja),
            ("reason_en", &fault.en),
        ];
        self.of_rule(path, &error::ALLOCATION_RULE_EXPRESSION, &params);
        None
    }
}

/// Recorded indicators that a compiled rule needs: as a figure of its own, and as a day series.
pub(super) fn needed(document: &Document, compiled: &Compiled) -> BTreeMap<String, bool> {
    let mut needed = BTreeMap::new();
    for name in &compiled.names {
        match document.derived.get(name) {
            Some(derived) => *needed.entry(derived.sum_of_days.indicator.clone()).or_default() |= true,
            None => *needed.entry(name.clone()).or_default() |= false,
        }
    }
    needed
}

/// Names the rule in which something has not the right form, and the component if it is in one, as far as
/// they can be read; `path` is in the rule.
pub(super) fn place(rule: &Value, path: &str) -> String {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.chars().take(SHOWN_MAX).collect(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "?".to_owned(),
    };
    let index = path.strip_prefix("components[").and_then(|rest| rest.split_once(']')).map(|(index, _)| index);
    let component = index.and_then(|index| rule.get("components")?.get(index.parse::<usize>().ok()?)?.get("name"));
    let component = component.map_or_else(String::new, |name| format!(", {}", text(Some(name))));
    format!("{}@{}{component}: ", text(rule.get("code")), text(rule.get("version")))
}
