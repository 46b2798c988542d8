//! Applying a rule: expressions to bounds, and component after component through the apportionment.
use super::{
    Rule,
    check::{self, Programs},
    columns::Table,
    computed::{Amounts, ComponentOutcome, Flag, PlaceUnits},
    document::{Component, Running, Supply},
    expression::{Fault, Program},
    inputs::Inputs,
};
use crate::{
    BusinessDay, FieldError, Problem,
    apportionment::{Terms, UNITS_MAX, WEIGHT_MAX, share_terms},
    error,
};

/// A rule applied, with what is needed to prove its lines. Columns are in the order of codes.
pub(super) struct Run<'a> {
    pub rule: &'a Rule,
    pub inputs: &'a Inputs,
    pub table: Table<'a>,
    pub reserve: i64,
    pub left: i64,
    pub frames: Vec<Frame>,
    /// Units of all components.
    pub totals: Vec<i64>,
}

/// One component, applied.
pub(super) struct Frame {
    pub outcome: ComponentOutcome,
    /// What was shared: the component's supply, in a cumulative one with all that was given before.
    pub shared: i64,
    pub terms: Vec<Terms>,
    /// Units of the components before.
    pub before: Vec<i64>,
    /// This round's units, after the cut.
    pub units: Vec<i64>,
    /// What the stock cut saw; empty without one.
    pub stock: Vec<Stock>,
}

/// What the stock cut saw of a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stock {
    pub stock: i64,
    pub used: i64,
    pub as_of: Option<BusinessDay>,
    pub lag_days: Option<i64>,
    pub stale: bool,
    pub applied: bool,
    pub least: i64,
    pub cut: i64,
}

/// Applies a rule.
///
/// # Errors
/// See [`super::amounts`].
pub(super) fn run<'a>(rule: &'a Rule, inputs: &'a Inputs) -> Result<Run<'a>, Problem> {
    let table = Table::new(rule, inputs)?;
    let whole = inputs.supply_units;
    let reserve = rule.document.reserve.map_or(0, |reserve| permille(whole, reserve.permille));
    let (mut left, mut carried) = (whole - reserve, 0);
    let mut evaluation = Evaluation::new(rule, inputs, &table);
    let total_caps = evaluation.total_caps()?;
    let mut frames: Vec<Frame> = Vec::with_capacity(rule.compiled.components.len());
    for (component, programs) in rule.document.components.iter().zip(&rule.compiled.components) {
        let own = match component.supply {
            Supply::Rest => left,
            Supply::Units(units) => units.min(left),
            Supply::Permille(part) => permille(whole, part).min(left),
        };
        left -= own;
        let frame = evaluation.frame(component, programs, own + carried, total_caps.as_deref())?;
        for (total, units) in evaluation.given.iter_mut().zip(&frame.units) {
            *total += units;
        }
        match component.supply {
            Supply::Rest => (left, carried) = (frame.outcome.left, 0),
            Supply::Units(_) | Supply::Permille(_) => carried = frame.outcome.left,
        }
        frames.push(frame);
    }
    let totals = evaluation.given;
    let nobody = |frame: &Frame| frame.terms.iter().all(|terms| terms.weight == 0 && terms.floor == 0);
    if whole > 0 && !totals.is_empty() && frames.iter().all(nobody) {
        return Err(all_zero(rule));
    }
    Ok(Run { rule, inputs, table, reserve, left: left + carried, frames, totals })
}

/// Which weights of which components are 0 everywhere.
fn all_zero(rule: &Rule) -> Problem {
    let name = rule.name();
    let zero = |(index, component): (usize, &Component)| {
        let found = FieldError::new(format!("components[{index}].weight"), &error::ALLOCATION_RULE_WEIGHT_ZERO);
        let found = found.with("rule", &name).with("component", &component.name);
        found.with("expression", &component.weight)
    };
    let zero = rule.document.components.iter().enumerate().map(zero).collect();
    Problem::of_fields(&error::ALLOCATION_ALL_WEIGHTS_ZERO, zero)
}

fn permille(whole: i64, part: i64) -> i64 {
    // 2^40 times 1,000 is far from the end of i64
    whole * part / 1_000
}

impl Run<'_> {
    /// The units alone.
    pub fn amounts(&self) -> Amounts {
        let places = self.table.places.iter().zip(&self.totals).enumerate();
        let units = places.map(|(index, (place, units))| PlaceUnits {
            code: place.code.clone(),
            units: *units,
            by_component: self.frames.iter().filter_map(|frame| frame.units.get(index).copied()).collect(),
            flags: self.flags(index),
        });
        Amounts {
            supply: self.inputs.supply_units,
            reserve: self.reserve,
            left: self.left,
            components: self.frames.iter().map(|frame| frame.outcome.clone()).collect(),
            units: units.collect(),
        }
    }

    /// What a person should look at.
    pub fn flags(&self, place: usize) -> Vec<Flag> {
        let stale = |frame: &Frame| frame.stock.get(place).is_some_and(|stock| stock.stale);
        let stale = self.frames.iter().any(stale).then_some(Flag::StaleStock);
        let early = self.table.ends_early(place).then_some(Flag::IncompleteSeries);
        stale.into_iter().chain(early).collect()
    }
}

/// The values of expressions, place by place, as the run goes on.
pub(super) struct Evaluation<'a> {
    rule: &'a Rule,
    inputs: &'a Inputs,
    table: &'a Table<'a>,
    fixed: [i64; check::GIVEN],
    /// Units of the components so far.
    pub given: Vec<i64>,
    stack: Vec<i128>,
}

impl<'a> Evaluation<'a> {
    pub fn new(rule: &'a Rule, inputs: &'a Inputs, table: &'a Table<'a>) -> Self {
        let unit = inputs.unit;
        let fixed = [unit.doses_per_vial, unit.vials, unit.vials * unit.doses_per_vial, inputs.supply_units];
        Self { rule, inputs, table, fixed, given: vec![0; table.places.len()], stack: Vec::new() }
    }

    fn name(&self, slot: usize, place: usize) -> i64 {
        match slot {
            check::GIVEN => self.given.get(place).copied().unwrap_or(0),
            check::GIVEN_BEFORE => self.table.places.get(place).map_or(0, |place| place.given_before),
            slot => match self.fixed.get(slot) {
                Some(fixed) => *fixed,
                None => self.table.value(slot - check::FIXED.len(), place),
            },
        }
    }

    /// An expression at every place, as it is.
    fn values(&mut self, component: &str, program: &Program, limit: i64) -> Result<Vec<i64>, Problem> {
        if let Some(name) = program.only_slot().and_then(|slot| slot.checked_sub(check::FIXED.len())) {
            let column = self.table.column(name);
            if column.iter().all(|value| *value <= limit) {
                return Ok(column.to_vec());
            }
        }
        let mut stack = std::mem::take(&mut self.stack);
        let mut column = Vec::with_capacity(self.given.len());
        for place in 0..self.given.len() {
            let value = program.value(&mut stack, |slot| self.name(slot, place));
            match value {
                // what is below zero never counts as anything but that, however far below it is
                Ok(value) if value <= i128::from(limit) => column.push(i64::try_from(value).unwrap_or(i64::MIN)),
                Ok(_) => return Err(self.fault(component, program, place, &error::ALLOCATION_RULE_OVERFLOW, limit)),
                Err(fault) => {
                    let code = match fault {
                        Fault::DivisionByZero => &error::ALLOCATION_RULE_DIVISION_BY_ZERO,
                        Fault::Overflow => &error::ALLOCATION_RULE_TOO_LARGE,
                    };
                    return Err(self.fault(component, program, place, code, limit));
                }
            }
        }
        self.stack = stack;
        Ok(column)
    }

    /// An expression at every place; what is negative counts as 0.
    pub fn column(&mut self, component: &str, program: &Program, limit: i64) -> Result<Vec<i64>, Problem> {
        let mut column = self.values(component, program, limit)?;
        for value in &mut column {
            *value = (*value).max(0);
        }
        Ok(column)
    }

    fn fault(
        &self,
        component: &str,
        program: &Program,
        place: usize,
        code: &'static error::Code,
        limit: i64,
    ) -> Problem {
        let place = self.table.places.get(place);
        let problem = Problem::new(code).with("rule", &self.rule.name()).with("component", component);
        let problem = problem.with("expression", program.text()).with("limit", &limit.to_string());
        let problem = problem.with("place", place.map_or("", |place| &place.code));
        problem.with("name", place.map_or("", |place| &place.name))
    }

    /// The smallest, at every place; `None` without any.
    fn smallest(&mut self, component: &str, programs: &[Program]) -> Result<Option<Vec<i64>>, Problem> {
        let mut smallest: Option<Vec<i64>> = None;
        for program in programs {
            let column = self.column(component, program, UNITS_MAX)?;
            smallest = Some(match smallest {
                None => column,
                Some(before) => before.into_iter().zip(column).map(|(before, value)| before.min(value)).collect(),
            });
        }
        Ok(smallest)
    }

    /// At every place; `given_units` in a total cap is 0.
    fn total_caps(&mut self) -> Result<Option<Vec<i64>>, Problem> {
        let rule = self.rule;
        self.smallest("total_caps", &rule.compiled.total_caps)
    }

    /// What the component's run has for each place.
    fn terms(
        &mut self,
        component: &Component,
        programs: &Programs,
        total_caps: Option<&[i64]>,
    ) -> Result<Vec<Terms>, Problem> {
        let weights = self.column(&component.name, &programs.weight, WEIGHT_MAX)?;
        let mut floors = vec![0; weights.len()];
        for program in &programs.floors {
            for (floor, value) in floors.iter_mut().zip(self.column(&component.name, program, UNITS_MAX)?) {
                *floor = value.max(*floor);
            }
        }
        let caps = self.smallest(&component.name, &programs.caps)?;
        let cumulative = component.running == Running::Cumulative;
        let term = |(place, (weight, floor)): (usize, (i64, i64))| {
            let given = self.given.get(place).copied().unwrap_or(0);
            let committed = if cumulative { given + self.name(check::GIVEN_BEFORE, place) } else { 0 };
            let own = caps.as_ref().and_then(|caps| caps.get(place).copied());
            let rest = total_caps.and_then(|caps| caps.get(place)).map(|cap| remaining(*cap, given, committed));
            let cap = own.into_iter().chain(rest).min();
            Terms { weight, committed, floor, cap, min_order: component.min_order }
        };
        Ok(weights.into_iter().zip(floors).enumerate().map(term).collect())
    }

    fn frame(
        &mut self,
        component: &Component,
        programs: &Programs,
        supply: i64,
        total_caps: Option<&[i64]>,
    ) -> Result<Frame, Problem> {
        let terms = self.terms(component, programs, total_caps)?;
        let committed: i64 = terms.iter().map(|terms| terms.committed).sum();
        let shared = supply + committed;
        let (status, mut units) = share_terms(shared, &terms, component.method, component.remainder);
        for (units, terms) in units.iter_mut().zip(&terms) {
            *units -= terms.committed;
        }
        let stock = match (&component.stock_cut, &programs.stock) {
            (Some(_), Some((stock, used))) => self.cut(component, (stock, used), &terms, &mut units)?,
            _ => Vec::new(),
        };
        let given: i64 = units.iter().sum();
        let cut = stock.iter().map(|stock| stock.cut).sum();
        let name = component.name.clone();
        let outcome = ComponentOutcome { name, status, supply, given, cut, left: supply - given };
        Ok(Frame { outcome, shared, terms, before: self.given.clone(), units, stock })
    }

    /// Takes from those who hold much, unless their figures are too old or say nothing; never what a floor or
    /// a minimum order gave.
    fn cut(
        &mut self,
        component: &Component,
        (stock, used): (&Program, &Program),
        terms: &[Terms],
        units: &mut [i64],
    ) -> Result<Vec<Stock>, Problem> {
        let Some(rule) = &component.stock_cut else { return Ok(Vec::new()) };
        let stocks = self.values(&component.name, stock, i64::MAX)?;
        let uses = self.values(&component.name, used, i64::MAX)?;
        let mut names: Vec<usize> =
            stock.slots().chain(used.slots()).filter_map(|slot| slot.checked_sub(check::FIXED.len())).collect();
        names.sort_unstable();
        names.dedup();
        let mut seen = Vec::with_capacity(units.len());
        let figures = stocks.into_iter().zip(uses).zip(terms);
        for (place, (units, ((stock, used), terms))) in units.iter_mut().zip(figures).enumerate() {
            let days = || names.iter().map(|name| self.table.as_of(*name, place));
            // a series without any day says nothing about how old it is
            let as_of = if days().all(|day| day.is_some()) { days().flatten().min() } else { None };
            let lag_days = as_of.map(|day| self.inputs.as_of.days_since(day));
            let stale = used < 0 || lag_days.is_none_or(|lag| lag > rule.max_age_days);
            let lasts = stock > 0 && i128::from(stock) >= i128::from(rule.rounds) * i128::from(used);
            let applied = lasts && !stale;
            let order = if terms.min_order > 1 { terms.min_order } else { 0 };
            let least = terms.floor.max(order).min(*units);
            let cut = if applied { (*units * rule.percent / 100).min(*units - least) } else { 0 };
            *units -= cut;
            seen.push(Stock { stock, used, as_of, lag_days, stale, applied, least, cut });
        }
        Ok(seen)
    }
}

/// What is left of a total cap, on the scale of the component's run.
pub(super) fn remaining(total_cap: i64, given: i64, committed: i64) -> i64 {
    ((total_cap - given).max(0) + committed).min(UNITS_MAX)
}
