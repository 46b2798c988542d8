//! Sums over the answers of many facilities, kept as one row of numbers per municipality, day and
//! form, and moved by the difference that each report makes.
use super::form::{Answer, Answers, Form, Kind};

/// A sum would leave the range of exact numbers: the row is damaged, or there is a bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a sum left the range of exact whole numbers")
    }
}

impl std::error::Error for Overflow {}

/// One item of a territory: what was answered, and by how many facilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// A count's sum and the number of facilities behind it.
    Sum {
        /// Sum over the facilities that answered.
        sum: i64,
        /// How many answered.
        answered: i64,
    },
    /// Facilities per answer, in the order of the kind's choices.
    Choices(Vec<i64>),
}

/// What one report puts into the row of sums; `form.width()` long.
#[must_use]
pub fn contribution(form: &Form, answers: &Answers) -> Vec<i64> {
    let mut row = vec![0; form.width()];
    let mut put = |place: usize, amount: i64| {
        if let Some(cell) = row.get_mut(place) {
            *cell = amount;
        }
    };
    for item in &form.items {
        match (item.kind, answers.get(&item.code)) {
            (Kind::Count, Some(Answer::Count(count))) => {
                put(item.slot, *count);
                put(item.slot + 1, 1);
            }
            (Kind::Status | Kind::Staffing, Some(Answer::Choice(index))) => put(item.slot + index, 1),
            _ => {}
        }
    }
    row
}

/// `sums - before + after`, cell by cell; rows of an older, shorter version count as zeros.
///
/// # Errors
/// [`Overflow`] when a cell would be negative or leave i64: then the row does not hold what the
/// report before contributed.
pub fn moved(sums: &[i64], before: &[i64], after: &[i64]) -> Result<Vec<i64>, Overflow> {
    let width = sums.len().max(before.len()).max(after.len());
    let cell = |row: &[i64], place: usize| row.get(place).copied().unwrap_or(0);
    (0..width)
        .map(|place| {
            cell(sums, place)
                .checked_sub(cell(before, place))
                .and_then(|rest| rest.checked_add(cell(after, place)))
                .filter(|sum| *sum >= 0)
                .ok_or(Overflow)
        })
        .collect()
}

/// The items' figures in a row of sums, in the order of the form.
#[must_use]
pub fn figures<'form>(form: &'form Form, sums: &[i64]) -> Vec<(&'form super::Item, Figure)> {
    let cell = |place: usize| sums.get(place).copied().unwrap_or(0);
    form.items
        .iter()
        .map(|item| {
            let figure = match item.kind {
                Kind::Count => Figure::Sum { sum: cell(item.slot), answered: cell(item.slot + 1) },
                Kind::Status | Kind::Staffing => {
                    Figure::Choices((0..item.kind.width()).map(|index| cell(item.slot + index)).collect())
                }
            };
            (item, figure)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::form::tests::form, *};
    use proptest::prelude::*;

    fn any_answers() -> impl Strategy<Value = Answers> {
        let count = prop_oneof![
            Just(None),
            Just(Some(Answer::NotApplicable)),
            (0..=9_999_i64).prop_map(|n| Some(Answer::Count(n)))
        ];
        let status = proptest::option::of((0..4_usize).prop_map(Answer::Choice));
        let staffing = proptest::option::of((0..3_usize).prop_map(Answer::Choice));
        (count.clone(), count.clone(), count, status, staffing).prop_map(|(a, b, c, d, e)| {
            [("total", a), ("staffed", b), ("occupied", c), ("status", d), ("nurses", e)]
                .into_iter()
                .filter_map(|(code, answer)| answer.map(|answer| (code.to_owned(), answer)))
                .collect()
        })
    }

    proptest! {
        /// Moving a row report by report gives what summing the newest reports from nothing gives.
        #[test]
        fn moving_equals_summing(history in proptest::collection::vec((0..4_usize, any_answers()), 1..40)) {
            let form = form();
            let mut newest: [Option<Answers>; 4] = Default::default();
            let mut sums = vec![0; form.width()];
            for (facility, answers) in history {
                let before = newest[facility].as_ref().map(|a| contribution(&form, a)).unwrap_or_default();
                sums = moved(&sums, &before, &contribution(&form, &answers)).unwrap();
                newest[facility] = Some(answers);
            }
            // the oracle adds item by item, without slots
            for (item, figure) in figures(&form, &sums) {
                let given: Vec<Answer> = newest.iter().flatten().filter_map(|a| a.get(&item.code)).copied().collect();
                match figure {
                    Figure::Sum { sum, answered } => {
                        let count = |answer: &Answer| if let Answer::Count(n) = answer { Some(*n) } else { None };
                        let counts: Vec<i64> = given.iter().filter_map(count).collect();
                        prop_assert_eq!((sum, answered), (counts.iter().sum(), counts.len() as i64));
                    }
                    Figure::Choices(per_choice) => for (index, n) in per_choice.iter().enumerate() {
                        prop_assert_eq!(*n, given.iter().filter(|a| **a == Answer::Choice(index)).count() as i64);
                    },
                }
            }
        }
    }

    #[test]
    fn a_row_that_cannot_hold_the_old_report_is_an_error() {
        assert_eq!(moved(&[1], &[2], &[0]), Err(Overflow));
        assert_eq!(moved(&[i64::MAX], &[], &[1]), Err(Overflow));
        assert_eq!(moved(&[1], &[], &[1, 2]), Ok(vec![2, 2]));
    }
}
