//! Figures that a what-if brings with it.
use super::indicators::{FIXED_WORDS, is_code, is_text};
use domain::{FieldError, error, units::COUNT_MAX};
use std::collections::BTreeSet;
use wire::what_if::WhatIfFigures;

/// Indicators that one what-if may bring.
const INDICATORS_MAX: usize = 20;
/// Places that an error lists.
const PLACES_SHOWN: usize = 20;

/// What is wrong with them, whatever the places are.
pub(super) fn check(figures: &[WhatIfFigures]) -> Vec<FieldError> {
    let invalid =
        |path: String, reason: &str| FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    let mut errors = Vec::new();
    if figures.len() > INDICATORS_MAX {
        errors.push(invalid("figures".to_owned(), &format!("0 to {INDICATORS_MAX}")));
    }
    let mut codes = BTreeSet::new();
    for (index, figures) in figures.iter().enumerate().take(INDICATORS_MAX) {
        let path = |field: &str| format!("figures[{index}].{field}");
        let code = figures.code.as_str();
        if !is_code(code) || FIXED_WORDS.contains(&code) {
            errors.push(FieldError::new(path("code"), &error::ALLOCATION_INDICATOR_RESERVED).with("indicator", code));
        }
        if !codes.insert(code) {
            errors.push(invalid(path("code"), "once"));
        }
        let texts = [("ja", &figures.ja), ("en", &figures.en), ("unit", &figures.unit), ("source", &figures.source)];
        let empty = texts.into_iter().filter(|(_, text)| !is_text(text));
        errors.extend(empty.map(|(field, _)| invalid(path(field), "a text")));
        let out_of_range = figures.values.iter().filter(|(_, value)| !(0..=COUNT_MAX).contains(*value));
        errors.extend(out_of_range.take(PLACES_SHOWN).map(|(place, _)| {
            let error = FieldError::new(path(&format!("values.{place}")), &error::ALLOCATION_AMOUNT);
            error.with("max", &COUNT_MAX.to_string())
        }));
    }
    errors
}

/// Those that name a place or a day that there is not.
pub(super) fn misplaced(
    figures: &[WhatIfFigures],
    day: domain::BusinessDay,
    is_place: impl Fn(&str) -> bool,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, figures) in figures.iter().enumerate() {
        let unknown: Vec<&str> =
            figures.values.keys().map(String::as_str).filter(|place| !is_place(place)).take(PLACES_SHOWN).collect();
        if !unknown.is_empty() {
            let error = FieldError::new(format!("figures[{index}].values"), &error::ALLOCATION_UNKNOWN_PLACES);
            errors.push(error.with("places", &unknown.join(", ")));
        }
        if figures.as_of > day {
            let error = FieldError::new(format!("figures[{index}].as_of"), &error::ALLOCATION_FIGURE_TOO_NEW);
            errors.push(error.with("as_of", &figures.as_of.to_string()).with("day", &day.to_string()));
        }
    }
    errors
}
