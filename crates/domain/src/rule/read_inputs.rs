//! Inputs in and out of JSON, and what is refused about them.
use super::{
    DAYS_MAX, check,
    inputs::{Cell, Figure, IndicatorSource, Inputs, PlaceInput, Unit, Window},
    is_indicator_name, json,
};
use crate::{
    BusinessDay, FieldError, Problem,
    apportionment::{RECIPIENTS_MAX, UNITS_MAX, WEIGHT_MAX, order_by_code},
    error,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most faults that one refusal lists.
pub(super) const ERRORS_MAX: usize = 100;

/// As written: figures by name, and per indicator how old they are and how many places have one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    as_of: BusinessDay,
    supply_units: i64,
    unit: Unit,
    #[serde(default)]
    window: Option<Window>,
    indicators: Vec<WrittenIndicator>,
    places: Vec<WrittenPlace>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIndicator {
    name: String,
    ja: String,
    en: String,
    unit: String,
    source: String,
    /// Told by the figures, so never read.
    #[serde(default)]
    oldest: Option<BusinessDay>,
    #[serde(default)]
    newest: Option<BusinessDay>,
    #[serde(default)]
    with_figures: usize,
    #[serde(default)]
    of_places: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlace {
    code: String,
    name: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    given_before: i64,
    #[serde(default)]
    values: BTreeMap<String, Figure>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<String, Vec<Figure>>,
}

impl Inputs {
    /// As a published document has them: places and indicators sorted, series by day, figures by name, and
    /// per indicator its oldest and newest day and how many places have a figure.
    ///
    /// # Errors
    /// None that an input can cause.
    pub fn to_value(&self) -> Result<Value, Problem> {
        let mut indicators: Vec<WrittenIndicator> =
            self.indicators.iter().enumerate().map(|(index, source)| self.told(index, source)).collect();
        indicators.sort_by(|a, b| a.name.cmp(&b.name));
        let mut places: Vec<WrittenPlace> = self.places.iter().map(|place| self.written(place)).collect();
        places.sort_by(|a, b| a.code.cmp(&b.code));
        let written = Written {
            as_of: self.as_of,
            supply_units: self.supply_units,
            unit: self.unit,
            window: self.window,
            indicators,
            places,
        };
        serde_json::to_value(written)
            .map_err(|error| Problem::new(&error::REQUEST_MALFORMED).with("reason", &error.to_string()))
    }

    /// Reads what [`Self::to_value`] writes; ages and coverage, which the figures tell, may be left out.
    ///
    /// # Errors
    /// `request.invalid` with the path of what does not fit; `allocation.rule_unknown_indicator` for a figure
    /// of an indicator that is not listed.
    pub fn from_value(value: &Value, base: &str) -> Result<Self, Problem> {
        let written: Written = json::typed(value, base)?;
        let names: BTreeMap<&str, usize> =
            written.indicators.iter().enumerate().map(|(index, source)| (source.name.as_str(), index)).collect();
        let mut errors = Vec::new();
        let mut places = Vec::with_capacity(written.places.len());
        for place in written.places {
            let WrittenPlace { code, name, parent, given_before, values: levels, days } = place;
            let mut values = vec![Cell::Missing; written.indicators.len()];
            let levels = levels.into_iter().map(|(name, figure)| (name, Cell::Level(figure)));
            let series = days.into_iter().map(|(name, days)| (name, Cell::Days(days)));
            for (name, cell) in levels.chain(series) {
                match names.get(name.as_str()).and_then(|index| values.get_mut(*index)) {
                    Some(value) if *value == Cell::Missing => *value = cell,
                    found => {
                        let reason = if found.is_some() { "both a figure and a series" } else { "not in indicators" };
                        let path = format!("{base}.places[{code}].{name}");
                        errors.push(FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason));
                    }
                }
            }
            places.push(PlaceInput { code, name, parent, given_before, values });
        }
        errors.truncate(ERRORS_MAX);
        if !errors.is_empty() {
            return Err(Problem::of_fields(&error::REQUEST_INVALID, errors));
        }
        let source =
            |WrittenIndicator { name, ja, en, unit, source, .. }| IndicatorSource { name, ja, en, unit, source };
        Ok(Self {
            as_of: written.as_of,
            supply_units: written.supply_units,
            unit: written.unit,
            window: written.window,
            indicators: written.indicators.into_iter().map(source).collect(),
            places,
        })
    }

    fn told(&self, index: usize, source: &IndicatorSource) -> WrittenIndicator {
        let (mut oldest, mut newest, mut with_figures) = (None, None, 0);
        for place in &self.places {
            let days: &[Figure] = match place.values.get(index) {
                Some(Cell::Level(figure)) => std::slice::from_ref(figure),
                Some(Cell::Days(days)) => days,
                Some(Cell::Missing) | None => continue,
            };
            with_figures += 1;
            for day in days.iter().map(|figure| figure.as_of) {
                oldest = Some(oldest.map_or(day, |oldest: BusinessDay| oldest.min(day)));
                newest = Some(newest.map_or(day, |newest: BusinessDay| newest.max(day)));
            }
        }
        let IndicatorSource { name, ja, en, unit, source } = source.clone();
        WrittenIndicator { name, ja, en, unit, source, oldest, newest, with_figures, of_places: self.places.len() }
    }

    fn written(&self, place: &PlaceInput) -> WrittenPlace {
        let (mut values, mut days) = (BTreeMap::new(), BTreeMap::new());
        for (source, cell) in self.indicators.iter().zip(&place.values) {
            match cell {
                Cell::Missing => {}
                Cell::Level(figure) => {
                    values.insert(source.name.clone(), *figure);
                }
                Cell::Days(series) => {
                    let mut series = series.clone();
                    series.sort_by_key(|figure| (figure.as_of, figure.value));
                    days.insert(source.name.clone(), series);
                }
            }
        }
        let PlaceInput { code, name, parent, given_before, .. } = place;
        let (code, name, parent) = (code.clone(), name.clone(), parent.clone());
        WrittenPlace { code, name, parent, given_before: *given_before, values, days }
    }
}

/// Checks the inputs of any rule and answers the places in the order of their codes.
///
/// # Errors
/// See [`super::amounts`].
pub(super) fn checked(rule: &str, inputs: &Inputs) -> Result<Vec<usize>, Problem> {
    if inputs.places.len() > RECIPIENTS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &RECIPIENTS_MAX.to_string()));
    }
    let mut faults = Faults { rule, errors: Vec::new() };
    faults.range("supply_units", "", inputs.supply_units, 0..=UNITS_MAX);
    faults.range("unit.vials", "", inputs.unit.vials, 1..=1_000_000);
    faults.range("unit.doses_per_vial", "", inputs.unit.doses_per_vial, 1..=1_000);
    if let Some(Window { from, to }) = inputs.window
        && !(0..=DAYS_MAX).contains(&to.days_since(from))
    {
        faults.invalid("window", &format!("0 - {DAYS_MAX} days"));
    }
    faults.indicators(&inputs.indicators);
    let mut given = inputs.supply_units.max(0);
    for place in &inputs.places {
        given = given.saturating_add(place.given_before.max(0));
        faults.place(inputs, place);
    }
    if given > UNITS_MAX {
        faults.range("places.given_before", "", given, 0..=UNITS_MAX);
    }
    let codes: Vec<&str> = inputs.places.iter().map(|place| place.code.as_str()).collect();
    let order = order_by_code(&codes);
    for (before, after) in order.iter().zip(order.iter().skip(1)) {
        if let (Some(before), Some(code)) = (codes.get(*before), codes.get(*after))
            && before == code
        {
            let found = FieldError::new(format!("places[{code}].code"), &error::ALLOCATION_DUPLICATE_CODE);
            faults.push(found.with("code", code));
        }
    }
    if faults.errors.is_empty() {
        Ok(order)
    } else {
        Err(Problem::of_fields(&error::ALLOCATION_INVALID, faults.errors))
    }
}

struct Faults<'a> {
    /// That is to be applied to them.
    rule: &'a str,
    errors: Vec<FieldError>,
}

impl Faults<'_> {
    fn push(&mut self, found: FieldError) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(found);
        }
    }

    fn invalid(&mut self, path: &str, reason: &str) {
        self.push(FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason));
    }

    fn range(&mut self, path: &str, code: &str, value: i64, range: std::ops::RangeInclusive<i64>) {
        let shown = value.to_string();
        if value > *range.end() {
            let found = FieldError::new(path, &error::ALLOCATION_ABOVE_LIMIT).with("code", code);
            self.push(found.with("limit", &range.end().to_string()).with("value", &shown));
        } else if value < 0 {
            let found = FieldError::new(path, &error::ALLOCATION_NEGATIVE).with("code", code);
            self.push(found.with("value", &shown));
        } else if value < *range.start() {
            self.invalid(path, &format!("{} - {}", range.start(), range.end()));
        }
    }

    fn indicators(&mut self, indicators: &[IndicatorSource]) {
        let mut seen = BTreeSet::new();
        for source in indicators {
            let path = format!("indicators[{}].name", source.name);
            if !is_indicator_name(&source.name) || check::FIXED.contains(&source.name.as_str()) {
                self.invalid(&path, "a-z, then a-z, 0-9, _; not a constant of the rules");
            }
            if !seen.insert(&source.name) {
                let found = FieldError::new(path, &error::ALLOCATION_DUPLICATE_CODE);
                self.push(found.with("code", &source.name));
            }
        }
    }

    fn place(&mut self, inputs: &Inputs, place: &PlaceInput) {
        let PlaceInput { code, given_before, values, .. } = place;
        // a path is only written for a place at fault
        if !(0..=UNITS_MAX).contains(given_before) {
            self.range(&format!("places[{code}].given_before"), code, *given_before, 0..=UNITS_MAX);
        }
        if code.is_empty() || values.len() > inputs.indicators.len() {
            self.invalid(&format!("places[{code}]"), "needs a code, and no more figures than there are indicators");
        }
        for (source, cell) in inputs.indicators.iter().zip(values) {
            let figures: &[Figure] = match cell {
                Cell::Missing => continue,
                Cell::Level(figure) => std::slice::from_ref(figure),
                Cell::Days(days) => days,
            };
            for figure in figures {
                self.figure(inputs, code, source, figure);
            }
            if !figures.is_sorted_by(|a, b| a.as_of < b.as_of) {
                self.days_twice(code, source, figures);
            }
        }
    }

    fn figure(&mut self, inputs: &Inputs, code: &str, source: &IndicatorSource, figure: &Figure) {
        let path = || format!("places[{code}].{}", source.name);
        if !(0..=WEIGHT_MAX).contains(&figure.value) {
            self.range(&path(), code, figure.value, 0..=WEIGHT_MAX);
        }
        if figure.as_of > inputs.as_of {
            let found = FieldError::new(path(), &error::ALLOCATION_RULE_FIGURE_AFTER);
            let found = found.with("rule", self.rule).with("code", code);
            let found = found.with("indicator", &source.name).with("day", &figure.as_of.to_string());
            self.push(found.with("as_of", &inputs.as_of.to_string()));
        }
    }

    fn days_twice(&mut self, code: &str, source: &IndicatorSource, figures: &[Figure]) {
        let mut seen = BTreeSet::new();
        if let Some(twice) = figures.iter().find(|figure| !seen.insert(figure.as_of)) {
            let path = format!("places[{code}].{}", source.name);
            let found = FieldError::new(path, &error::ALLOCATION_RULE_DAY_TWICE).with("code", code);
            self.push(found.with("indicator", &source.name).with("day", &twice.as_of.to_string()));
        }
    }
}
