//! Several frames of one supply, in order (second doses, base by population, adjustment by request …):
//! each has its own weights, caps and method, what one leaves rolls into the next, and a recipient's
//! total cap spans all. A frame may be cut for those who still hold several rounds' worth.
use super::{
    Apportionment, Line, Method, Recipient, Remainder, Status, UNITS_MAX, bounds, check, order_by_code, solve,
};
use crate::{Problem, error};
use std::collections::BTreeMap;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What it is called: base, adjustment.
    pub name: String,
    /// Units of its own, to which comes what the frame before carried on.
    pub units: i64,
    /// How it is shared.
    pub method: Method,
    /// What a minimum order that does not fit does.
    pub remainder: Remainder,
    /// Who takes part, with the weights and bounds of this frame. If nobody has weight, all is carried on.
    pub recipients: Vec<Recipient>,
    /// Takes from those who hold much.
    pub stock_cut: Option<StockCut>,
}

/// Who holds `rounds` rounds' worth or more loses `percent` % of the frame, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockCut {
    /// In rounds of last round's use.
    pub rounds: i64,
    /// 0 to 100.
    pub percent: i64,
}

/// What a recipient holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Doses that came.
    pub delivered: i64,
    /// Doses that were given.
    pub administered: i64,
    /// Doses given in the last round.
    pub used_last_round: i64,
}

impl Stock {
    /// `delivered - administered >= rounds × used_last_round`.
    #[must_use]
    pub fn lasts(&self, rounds: i64) -> bool {
        i128::from(self.delivered) - i128::from(self.administered)
            >= i128::from(rounds) * i128::from(self.used_last_round)
    }
}

/// What holds for a recipient over all frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The recipient.
    pub code: String,
    /// Most units of all frames together.
    pub total_cap: Option<i64>,
    /// For the stock cut; without it nothing is cut.
    pub stock: Option<Stock>,
}

/// What one frame gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The frame's name.
    pub name: String,
    /// Of its run.
    pub status: Status,
    /// Its recipients, sorted by code, after the cut.
    pub lines: Vec<Line>,
    /// Units that the cut took away, per recipient who lost any, by code.
    pub cut: BTreeMap<String, i64>,
    /// Units that roll into the next frame: not given, or cut.
    pub carried_on: i64,
}

/// What all frames gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// In the order given.
    pub frames: Vec<Frame>,
    /// Units per recipient over all frames, by code.
    pub totals: BTreeMap<String, i64>,
    /// What the last frame left.
    pub reserve: i64,
}

/// Shares frame after frame.
///
/// # Errors
/// Those of [`super::apportion`] except `allocation.all_weights_zero`; `allocation.invalid` also for a
/// holding named twice, a total cap or a cut out of range.
pub fn share(components: &[Component], holdings: &[Holding]) -> Result<Components, Problem> {
    check_holdings(holdings)?;
    let by_code: BTreeMap<&str, &Holding> = holdings.iter().map(|holding| (holding.code.as_str(), holding)).collect();
    let mut totals: BTreeMap<String, i64> = holdings.iter().map(|holding| (holding.code.clone(), 0)).collect();
    let mut frames = Vec::with_capacity(components.len());
    let mut carried_on = 0;
    for (place, component) in components.iter().enumerate() {
        check_component(place, component)?;
        let frame = frame(component, component.units + carried_on, &by_code, &totals)?;
        for line in &frame.lines {
            *totals.entry(line.code.clone()).or_default() += line.units;
        }
        carried_on = frame.carried_on;
        frames.push(frame);
    }
    Ok(Components { frames, totals, reserve: carried_on })
}

fn frame(
    component: &Component,
    supply: i64,
    holdings: &BTreeMap<&str, &Holding>,
    totals: &BTreeMap<String, i64>,
) -> Result<Frame, Problem> {
    let within_total = |recipient: &Recipient| {
        let total_cap = holdings.get(recipient.code.as_str()).and_then(|holding| holding.total_cap);
        let so_far = totals.get(&recipient.code).copied().unwrap_or(0);
        let rest = total_cap.map(|cap| (cap - so_far).max(0));
        Recipient { cap: recipient.cap.into_iter().chain(rest).min(), ..recipient.clone() }
    };
    let recipients: Vec<Recipient> = component.recipients.iter().map(within_total).collect();
    let sorted = check::sorted(supply, &recipients, component.method)?;
    let solution = solve::solve(supply, &bounds::all(&sorted), component.method, component.remainder);
    let Apportionment { status, mut lines, reserve } = solve::lines(&sorted, solution);
    let mut cut = BTreeMap::new();
    for line in &mut lines {
        let stock = holdings.get(line.code.as_str()).and_then(|holding| holding.stock);
        if let (Some(rule), Some(stock)) = (component.stock_cut, stock)
            && stock.lasts(rule.rounds)
        {
            let lost = line.units * rule.percent / 100;
            line.units -= lost;
            if lost > 0 {
                cut.insert(line.code.clone(), lost);
            }
        }
    }
    let carried_on = reserve + cut.values().sum::<i64>();
    Ok(Frame { name: component.name.clone(), status, lines, cut, carried_on })
}

fn check_holdings(holdings: &[Holding]) -> Result<(), Problem> {
    let mut errors = check::Errors::default();
    for (place, holding) in holdings.iter().enumerate() {
        if let Some(cap) = holding.total_cap {
            errors.units(&format!("recipients.{place}.total_cap"), &holding.code, cap);
        }
    }
    let codes: Vec<&str> = holdings.iter().map(|holding| holding.code.as_str()).collect();
    let order = order_by_code(&codes);
    for (before, place) in order.iter().zip(order.iter().skip(1)) {
        let (before, code) = (codes.get(*before), codes.get(*place));
        if let Some(code) = code.filter(|_| before == code) {
            errors.push(format!("recipients.{place}.code"), &error::ALLOCATION_DUPLICATE_CODE, code, &[]);
        }
    }
    errors.finish()
}

fn check_component(place: usize, component: &Component) -> Result<(), Problem> {
    let mut errors = check::Errors::default();
    errors.units(&format!("components.{place}.units"), "", component.units);
    if let Some(cut) = component.stock_cut {
        errors.range(&format!("components.{place}.stock_cut.percent"), "", cut.percent, 100);
        errors.range(&format!("components.{place}.stock_cut.cycles"), "", cut.rounds, UNITS_MAX);
    }
    errors.finish()
}
