//! Two levels. Flat: one run over all, summed by parent, so a floor or cap in one village is shared
//! by the nation. Nested: parents first with the sums of their children's bounds, then each parent's
//! children, so siblings pay for a floor and inherit an unused cap.
use super::{
    Apportionment, Binding, Line, Method, Recipient, Remainder, Status,
    bounds::{self, Bounds, UNCAPPED},
    check, order_by_code, solve,
};
use crate::{Problem, error};
use std::collections::BTreeMap;

/// A parent and its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Unique among the parents.
    pub code: String,
    /// The children; their codes are unique over all parents.
    pub recipients: Vec<Recipient>,
}

/// What a parent and its children get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The parent.
    pub code: String,
    /// Units of the parent; with its own reserve, the sum of its lines.
    pub units: i64,
    /// The rule that decided at the parents' level; `None` when flat.
    pub binding: Option<Binding>,
    /// Units that the parent got and no child could take: only with minimum orders.
    pub reserve: i64,
    /// The children, sorted by code.
    pub lines: Vec<Line>,
}

/// The result of both levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cascade {
    /// Of the upper level, or of the one run.
    pub status: Status,
    /// Sorted by code.
    pub parents: Vec<Share>,
    /// Units that no parent got.
    pub reserve: i64,
}

/// One run over all children, summed by parent.
///
/// # Errors
/// Those of [`super::apportion`]; `allocation.invalid` when a parent's code occurs twice.
pub fn flat(supply: i64, parents: &[Parent], method: Method, remainder: Remainder) -> Result<Cascade, Problem> {
    let (all, recipients) = checked(supply, parents, method)?;
    let solution = solve::solve(supply, &bounds::all(&recipients), method, remainder);
    let Apportionment { status, lines, reserve } = solve::lines(&recipients, solution);
    let mut of_parent = BTreeMap::new();
    for (place, parent) in all.iter().enumerate() {
        of_parent.extend(parent.recipients.iter().map(|recipient| (recipient.code.as_str(), place)));
    }
    let mut by_parent: Vec<Vec<Line>> = vec![Vec::new(); all.len()];
    for line in lines {
        if let Some(own) = of_parent.get(line.code.as_str()).and_then(|place| by_parent.get_mut(*place)) {
            own.push(line);
        }
    }
    let share = |(parent, lines): (&&Parent, Vec<Line>)| Share {
        code: parent.code.clone(),
        units: lines.iter().map(|line| line.units).sum(),
        binding: None,
        reserve: 0,
        lines,
    };
    Ok(Cascade { status, parents: all.iter().zip(by_parent).map(share).collect(), reserve })
}

/// Parents first, then each parent's children.
///
/// # Errors
/// Those of [`super::apportion`]; `allocation.invalid` when a parent's code occurs twice or the weights
/// of its children add up to more than [`super::WEIGHT_MAX`].
pub fn nested(supply: i64, parents: &[Parent], method: Method, remainder: Remainder) -> Result<Cascade, Problem> {
    let (all, _) = checked(supply, parents, method)?;
    let mut children = Vec::with_capacity(all.len());
    let mut upper = Vec::with_capacity(all.len());
    for (place, parent) in all.iter().enumerate() {
        let codes: Vec<&str> = parent.recipients.iter().map(|recipient| recipient.code.as_str()).collect();
        let own: Vec<&Recipient> =
            order_by_code(&codes).into_iter().filter_map(|place| parent.recipients.get(place)).collect();
        let own_bounds = bounds::all(&own);
        upper.push(sum(place, parent, &own_bounds)?);
        children.push((own, own_bounds));
    }
    let decided = solve::solve(supply, &upper, method, remainder);
    let overcommitted = matches!(decided.status, Status::Overcommitted { .. });
    let mut shares = Vec::with_capacity(all.len());
    for (((parent, (own, own_bounds)), units), binding) in
        all.iter().zip(children).zip(&decided.units).zip(&decided.bindings)
    {
        let mut solution = solve::solve(*units, &own_bounds, method, remainder);
        if overcommitted {
            solution.units = own_bounds.iter().map(|line| line.committed).collect();
            solution.bindings = vec![Binding::Committed; own.len()];
        }
        let Apportionment { lines, reserve, .. } = solve::lines(&own, solution);
        shares.push(Share { code: parent.code.clone(), units: *units, binding: Some(*binding), reserve, lines });
    }
    Ok(Cascade { status: decided.status, parents: shares, reserve: decided.reserve })
}

/// A parent as one line: what every child keeps feasible, and no more. A child of weight 0 never takes
/// more than its `lo`, whatever its cap.
fn sum(place: usize, parent: &Parent, children: &[Bounds]) -> Result<Bounds, Problem> {
    let total =
        |amount: fn(&Bounds) -> i64| children.iter().fold(0_i64, |sum, child| sum.saturating_add(amount(child)));
    let weight = children.iter().map(|child| u128::from(child.weight)).sum();
    let hi = if children.iter().any(|child| child.reach() == UNCAPPED) { UNCAPPED } else { total(Bounds::reach) };
    Ok(Bounds {
        weight: check::parent_weight(place, &parent.code, weight)?,
        committed: total(|child| child.committed),
        lo: total(|child| child.lo),
        hi,
        min_order: 1,
        cap_below_min_order: false,
    })
}

/// The parents sorted by code, and all children sorted by code.
fn checked(supply: i64, parents: &[Parent], method: Method) -> Result<(Vec<&Parent>, Vec<&Recipient>), Problem> {
    let codes: Vec<&str> = parents.iter().map(|parent| parent.code.as_str()).collect();
    let order = order_by_code(&codes);
    let sorted: Vec<&Parent> = order.iter().filter_map(|place| parents.get(*place)).collect();
    let mut errors = check::Errors::default();
    for ((before, parent), place) in sorted.iter().zip(sorted.iter().skip(1)).zip(order.iter().skip(1)) {
        if before.code == parent.code {
            errors.push(format!("parents.{place}.code"), &error::ALLOCATION_DUPLICATE_CODE, &parent.code, &[]);
        }
    }
    errors.finish()?;
    let recipients = parents.iter().flat_map(|parent| &parent.recipients);
    let recipients = check::sorted(supply, recipients, method)?;
    check::some_weight(supply, &recipients)?;
    Ok((sorted, recipients))
}
