//! Refuses what cannot be shared, naming each field at fault, and sorts the rest by code.
use super::{Method, RECIPIENTS_MAX, Recipient, UNITS_MAX, WEIGHT_MAX, order_by_code};
use crate::{FieldError, Problem, error};

/// Most fields at fault that one refusal lists.
const ERRORS_MAX: usize = 100;

/// The recipients in the order of their codes.
///
/// # Errors
/// See [`super::apportion`].
pub(super) fn sorted<'a>(
    supply: i64,
    recipients: impl IntoIterator<Item = &'a Recipient>,
    method: Method,
) -> Result<Vec<&'a Recipient>, Problem> {
    let recipients: Vec<&Recipient> = recipients.into_iter().collect();
    let mut errors = Errors::default();
    errors.units("supply", "", supply);
    if recipients.len() > RECIPIENTS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &RECIPIENTS_MAX.to_string()));
    }
    for (place, recipient) in recipients.iter().copied().enumerate() {
        // a path is only written for a recipient at fault
        if !is_sound(recipient, method) {
            errors.recipient(place, recipient, method);
        }
    }
    let codes: Vec<&str> = recipients.iter().map(|recipient| recipient.code.as_str()).collect();
    let order = order_by_code(&codes);
    let sorted: Vec<&Recipient> = order.iter().filter_map(|place| recipients.get(*place).copied()).collect();
    for ((before, recipient), place) in sorted.iter().zip(sorted.iter().skip(1)).zip(order.iter().skip(1)) {
        if before.code == recipient.code {
            errors.push(format!("recipients.{place}.code"), &error::ALLOCATION_DUPLICATE_CODE, &recipient.code, &[]);
        }
    }
    errors.finish()?;
    Ok(sorted)
}

/// A supply needs somebody to share it.
///
/// # Errors
/// `allocation.all_weights_zero` when there is supply and recipients, and none has weight.
pub(super) fn some_weight(supply: i64, recipients: &[&Recipient]) -> Result<(), Problem> {
    if supply > 0 && !recipients.is_empty() && recipients.iter().all(|recipient| recipient.weight == 0) {
        return Err(Problem::new(&error::ALLOCATION_ALL_WEIGHTS_ZERO));
    }
    Ok(())
}

fn is_sound(recipient: &Recipient, method: Method) -> bool {
    let units = 0..=UNITS_MAX;
    (0..=WEIGHT_MAX).contains(&recipient.weight)
        && units.contains(&recipient.committed)
        && units.contains(&recipient.floor)
        && recipient.cap.is_none_or(|cap| units.contains(&cap))
        && (1..=UNITS_MAX).contains(&recipient.min_order)
        && (method != Method::Hamilton || recipient.min_order == 1)
}

/// A sum of weights that stands for a parent.
///
/// # Errors
/// `allocation.invalid` when it exceeds [`WEIGHT_MAX`].
pub(super) fn parent_weight(place: usize, code: &str, sum: u128) -> Result<u64, Problem> {
    let weight = u64::try_from(sum).ok().filter(|weight| *weight <= WEIGHT_MAX.unsigned_abs());
    weight.ok_or_else(|| {
        let mut errors = Errors::default();
        let limit = WEIGHT_MAX.to_string();
        let params = [("limit", limit.as_str()), ("value", &sum.to_string())];
        errors.push(format!("parents.{place}.weight"), &error::ALLOCATION_ABOVE_LIMIT, code, &params);
        Problem::of_fields(&error::ALLOCATION_INVALID, errors.list)
    })
}

/// What was found so far.
#[derive(Default)]
pub(crate) struct Errors {
    list: Vec<FieldError>,
}

impl Errors {
    pub(crate) fn push(
        &mut self,
        path: String,
        row: &'static error::Code,
        code: &str,
        params: &[(&'static str, &str)],
    ) {
        if self.list.len() < ERRORS_MAX {
            let found = FieldError::new(path, row).with("code", code);
            self.list.push(params.iter().fold(found, |found, (name, value)| found.with(name, value)));
        }
    }

    /// A number of units: 0 to [`UNITS_MAX`].
    pub(crate) fn units(&mut self, path: &str, code: &str, value: i64) {
        self.range(path, code, value, UNITS_MAX);
    }

    pub(crate) fn range(&mut self, path: &str, code: &str, value: i64, limit: i64) {
        let shown = value.to_string();
        if value < 0 {
            self.push(path.to_owned(), &error::ALLOCATION_NEGATIVE, code, &[("value", &shown)]);
        } else if value > limit {
            let params = [("limit", limit.to_string()), ("value", shown)];
            let params: Vec<(&'static str, &str)> = params.iter().map(|(name, text)| (*name, text.as_str())).collect();
            self.push(path.to_owned(), &error::ALLOCATION_ABOVE_LIMIT, code, &params);
        }
    }

    fn recipient(&mut self, place: usize, recipient: &Recipient, method: Method) {
        let code = recipient.code.as_str();
        let path = |field: &str| format!("recipients.{place}.{field}");
        self.range(&path("weight"), code, recipient.weight, WEIGHT_MAX);
        self.units(&path("committed"), code, recipient.committed);
        self.units(&path("floor"), code, recipient.floor);
        if let Some(cap) = recipient.cap {
            self.units(&path("cap"), code, cap);
        }
        let order = recipient.min_order;
        if order < 1 {
            let row = &error::ALLOCATION_MIN_ORDER_BELOW_ONE;
            self.push(path("min_order"), row, code, &[("value", &order.to_string())]);
        } else {
            self.units(&path("min_order"), code, order);
        }
        if order > 1 && method == Method::Hamilton {
            self.push(path("min_order"), &error::ALLOCATION_MIN_ORDER_WITH_HAMILTON, code, &[]);
        }
    }

    /// # Errors
    /// `allocation.invalid` when anything was found.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.list.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::ALLOCATION_INVALID, self.list)) }
    }
}
