//! The figures that a rule looks at, each as a column in the order of codes: names are resolved once.
use super::{
    DaysCounted, Rule, check,
    inputs::{Cell, Figure, Inputs, PlaceInput, Window},
    read_inputs::{self, ERRORS_MAX},
};
use crate::{BusinessDay, FieldError, Problem, error};

/// Where the figures of a slot come from.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// Of this indicator.
    Level(usize),
    /// The sum over these days of this indicator.
    Days(usize, BusinessDay, BusinessDay),
}

/// The places of a run and the figures of its rule.
pub(super) struct Table<'a> {
    /// Sorted by code.
    pub places: Vec<&'a PlaceInput>,
    /// One column per name of the rule.
    columns: Vec<Vec<i64>>,
    sources: Vec<Source>,
}

impl<'a> Table<'a> {
    /// Checks the inputs and looks up every figure that the rule names.
    ///
    /// # Errors
    /// See [`super::amounts`].
    pub fn new(rule: &Rule, inputs: &'a Inputs) -> Result<Self, Problem> {
        let order = read_inputs::checked(&rule.name(), inputs)?;
        let places: Vec<&PlaceInput> = order.iter().filter_map(|index| inputs.places.get(*index)).collect();
        let mut errors = Vec::new();
        let mut sources = Vec::new();
        for (slot, name) in rule.compiled.names.iter().enumerate() {
            match source(rule, inputs, slot, name) {
                Ok(source) => sources.push(source),
                Err(fault) => errors.push(fault),
            }
        }
        if !errors.is_empty() {
            return Err(Problem::of_fields(&error::REQUEST_INVALID, errors));
        }
        let mut columns = Vec::with_capacity(sources.len());
        for (slot, source) in sources.iter().enumerate() {
            let mut column = Vec::with_capacity(places.len());
            for place in &places {
                match figure(place, *source) {
                    Some((value, _)) => column.push(value),
                    None if errors.len() < ERRORS_MAX => errors.push(missing(rule, inputs, place, (slot, *source))),
                    None => {}
                }
            }
            columns.push(column);
        }
        if errors.is_empty() {
            Ok(Self { places, columns, sources })
        } else {
            Err(Problem::of_fields(&error::REQUEST_INVALID, errors))
        }
    }

    /// The figure of a name at a place.
    pub fn value(&self, name: usize, place: usize) -> i64 {
        self.columns.get(name).and_then(|column| column.get(place)).copied().unwrap_or(0)
    }

    /// The whole column of a name.
    pub fn column(&self, name: usize) -> &[i64] {
        self.columns.get(name).map_or(&[], Vec::as_slice)
    }

    /// The day that the figure of a name at a place stands for; of a sum of days the newest in the series.
    pub fn as_of(&self, name: usize, place: usize) -> Option<BusinessDay> {
        let (place, source) = (self.places.get(place)?, self.sources.get(name)?);
        figure(place, *source).and_then(|(_, as_of)| as_of)
    }

    /// The days of the figure of a name at a place, if it is a sum of days.
    pub fn days(&self, name: usize, place: usize) -> Option<DaysCounted> {
        let Source::Days(index, from, to) = *self.sources.get(name)? else { return None };
        let Cell::Days(days) = self.places.get(place)?.values.get(index)? else { return None };
        let with_figures = days.iter().filter(|day| (from..=to).contains(&day.as_of)).count();
        let complete = days.iter().any(|day| day.as_of >= to);
        Some(DaysCounted { from, to, with_figures: i64::try_from(with_figures).unwrap_or(0), complete })
    }

    /// Whether a series of a place ends before what is counted of it.
    pub fn ends_early(&self, place: usize) -> bool {
        (0..self.sources.len()).any(|name| self.days(name, place).is_some_and(|days| !days.complete))
    }

    /// Which indicator of the inputs a name comes from.
    pub fn indicator(&self, name: usize) -> Option<usize> {
        self.sources.get(name).map(|source| match source {
            Source::Level(index) | Source::Days(index, ..) => *index,
        })
    }
}

fn source(rule: &Rule, inputs: &Inputs, slot: usize, name: &str) -> Result<Source, FieldError> {
    let listed = |wanted: &str| {
        let found = inputs.indicators.iter().position(|source| source.name == wanted);
        found.ok_or_else(|| {
            let found = FieldError::new(naming(rule, slot).0, &error::ALLOCATION_RULE_UNKNOWN_INDICATOR);
            named(found, rule, slot).with("indicator", wanted)
        })
    };
    let Some(derived) = rule.document.derived.get(name) else { return Ok(Source::Level(listed(name)?)) };
    let Some(Window { from, to }) = inputs.window else {
        let found = FieldError::new("window", &error::ALLOCATION_RULE_NO_WINDOW);
        return Err(named(found, rule, slot).with("indicator", name));
    };
    let days = derived.sum_of_days.interval_days;
    let index = listed(&derived.sum_of_days.indicator)?;
    Ok(Source::Days(index, from.minus_days(days), to.minus_days(days)))
}

/// The first expression that names a slot, and its component.
fn naming(rule: &Rule, slot: usize) -> (&str, &str) {
    let wanted = check::FIXED.len() + slot;
    let of_components = rule.document.components.iter().zip(&rule.compiled.components);
    let mut named = of_components
        .flat_map(|(component, programs)| programs.all().map(|program| (component.name.as_str(), program)));
    let total = rule.compiled.total_caps.iter().map(|program| ("total_caps", program));
    let found = named.find(|(_, program)| program.slots().any(|slot| slot == wanted));
    let found = found.or_else(|| total.into_iter().find(|(_, program)| program.slots().any(|slot| slot == wanted)));
    found.map_or(("", ""), |(component, program)| (component, program.text()))
}

/// With the rule, and with the component and expression that name a slot.
fn named(found: FieldError, rule: &Rule, slot: usize) -> FieldError {
    let (component, expression) = naming(rule, slot);
    found.with("rule", &rule.name()).with("component", component).with("expression", expression)
}

/// A place's figure and its day; `None` if there is none, or not one of the kind needed.
fn figure(place: &PlaceInput, source: Source) -> Option<(i64, Option<BusinessDay>)> {
    match source {
        Source::Level(index) => match place.values.get(index)? {
            Cell::Level(Figure { value, as_of }) => Some((*value, Some(*as_of))),
            Cell::Missing | Cell::Days(_) => None,
        },
        Source::Days(index, from, to) => match place.values.get(index)? {
            Cell::Days(days) => {
                let due = days.iter().filter(|day| (from..=to).contains(&day.as_of));
                // at most 401 days of 2^53
                let sum = due.fold(0_i64, |sum, day| sum.saturating_add(day.value));
                Some((sum, days.iter().map(|day| day.as_of).max()))
            }
            Cell::Missing | Cell::Level(_) => None,
        },
    }
}

fn missing(rule: &Rule, inputs: &Inputs, place: &PlaceInput, (slot, source): (usize, Source)) -> FieldError {
    let (Source::Level(index) | Source::Days(index, ..)) = source;
    let indicator = inputs.indicators.get(index).map_or("", |source| source.name.as_str());
    let code = match (place.values.get(index), source) {
        (Some(Cell::Days(_)), Source::Level(_)) => &error::ALLOCATION_RULE_NOT_LEVEL,
        (Some(Cell::Level(_)), Source::Days(..)) => &error::ALLOCATION_RULE_NOT_DAILY,
        _ if indicator.starts_with("population_") => &error::ALLOCATION_MISSING_POPULATION,
        _ => &error::ALLOCATION_RULE_MISSING_FIGURE,
    };
    let found = FieldError::new(format!("places[{}].{indicator}", place.code), code);
    named(found, rule, slot).with("indicator", indicator).with("name", &place.name).with("territory", &place.code)
}
