//! From a rule applied to the proof of every line.
use super::{
    check::{self, Programs},
    computed::{Computed, NamedUnits, PlaceOutcome, Share, StockSeen, UsedFigure},
    document::{Candidate, Component, Running},
    expression::Program,
    run::{Evaluation, Frame, Run, remaining},
    words::{self, Language},
};
use crate::{
    Problem,
    apportionment::{
        Recipient, UNITS_MAX,
        explain::{CapCandidate, Explainer},
        sentence::More,
    },
};

/// Candidates with their values at every place.
type Columns<'a> = Vec<(&'a Candidate, Vec<i64>)>;

/// Proves every line.
///
/// # Errors
/// Those of the run, which has been made, so none.
pub(super) fn computed(run: &Run<'_>) -> Result<Computed, Problem> {
    let document = run.rule.document();
    let mut evaluation = Evaluation::new(run.rule, run.inputs, &run.table);
    let total_caps = columns(&mut evaluation, "total_caps", &document.total_caps, &run.rule.compiled.total_caps)?;
    let mut shares: Vec<Vec<Share>> = run.totals.iter().map(|_| Vec::with_capacity(run.frames.len())).collect();
    let components = document.components.iter().zip(&run.rule.compiled.components);
    for ((component, programs), frame) in components.zip(&run.frames) {
        evaluation.given.clone_from(&frame.before);
        let caps = columns(&mut evaluation, &component.name, &component.caps, &programs.caps)?;
        let floors = columns(&mut evaluation, &component.name, &component.floors, &programs.floors)?;
        let of_frame = OfFrame { run, component, programs, frame, total_caps: &total_caps, caps, floors };
        for (place, share) in shares.iter_mut().zip(of_frame.shares()?) {
            place.push(share);
        }
    }
    let places = shares.into_iter().enumerate();
    Ok(Computed {
        supply: run.inputs.supply_units,
        reserve: run.reserve,
        left: run.left,
        components: run.frames.iter().map(|frame| frame.outcome.clone()).collect(),
        places: places.filter_map(|(index, shares)| place(run, index, shares, &total_caps)).collect(),
    })
}

fn columns<'a>(
    evaluation: &mut Evaluation<'_>,
    component: &str,
    candidates: &'a [Candidate],
    programs: &[Program],
) -> Result<Columns<'a>, Problem> {
    let column = |(candidate, program)| Ok((candidate, evaluation.column(component, program, UNITS_MAX)?));
    candidates.iter().zip(programs).map(column).collect()
}

fn named(columns: &Columns<'_>, place: usize) -> Vec<NamedUnits> {
    let named = |(candidate, column): &(&Candidate, Vec<i64>)| {
        Some(NamedUnits { name: candidate.name.clone(), units: *column.get(place)? })
    };
    columns.iter().filter_map(named).collect()
}

struct OfFrame<'a> {
    run: &'a Run<'a>,
    component: &'a Component,
    programs: &'a Programs,
    frame: &'a Frame,
    total_caps: &'a Columns<'a>,
    caps: Columns<'a>,
    floors: Columns<'a>,
}

impl OfFrame<'_> {
    /// In the order of codes.
    fn shares(&self) -> Result<Vec<Share>, Problem> {
        let Self { run, component, frame, .. } = self;
        let places = run.table.places.iter().zip(&frame.terms);
        let recipients: Vec<Recipient> = places.map(|(place, terms)| terms.named(place.code.clone())).collect();
        let explainer = Explainer::of_frame(frame.shared, &recipients, component.method, component.remainder)?;
        let weight = self.programs.weight.only_slot().and_then(|slot| slot.checked_sub(check::FIXED.len()));
        let told =
            words::Told { document: run.rule.document(), component, words: words::words(run, component, weight) };
        let more = if run.rule.shares_all() { More::Plan } else { More::Frame };
        let mut shares = Vec::with_capacity(recipients.len());
        let proofs = explainer.all(|_| Vec::new()).into_iter().zip(&run.table.places).zip(&frame.units);
        for (index, ((mut proof, place), units)) in proofs.enumerate() {
            proof.caps = self.cap_candidates(index);
            proof.tightest_cap = proof.caps.iter().min_by_key(|cap| cap.units).cloned();
            let stock = self.stock(index);
            let is_cut = stock.as_ref().is_some_and(|stock| stock.applied);
            if is_cut {
                proof.next_unit_after = None;
            }
            let floors = named(&self.floors, index);
            let largest = floors.iter().rev().max_by_key(|floor| floor.units).map(|floor| floor.name.clone());
            let mut share = Share {
                name: component.name.clone(),
                units: *units,
                proof,
                floors,
                largest_floor: largest,
                cumulative: component.running == Running::Cumulative,
                earlier: frame.before.get(index).copied().unwrap_or(0),
                given_before: place.given_before,
                stock,
                ja: String::new(),
                en: String::new(),
            };
            let more = if is_cut { More::Unsaid } else { more };
            let total_caps = named(self.total_caps, index);
            share.ja = told.share(&place.name, &share, &total_caps, more, Language::Ja);
            share.en = told.share(&place.name, &share, &total_caps, more, Language::En);
            shares.push(share);
        }
        Ok(shares)
    }

    /// The component's own, then what is left of each total cap.
    fn cap_candidates(&self, place: usize) -> Vec<CapCandidate> {
        let given = self.frame.before.get(place).copied().unwrap_or(0);
        let committed = self.frame.terms.get(place).map_or(0, |terms| terms.committed);
        let left = |cap: NamedUnits| NamedUnits { units: remaining(cap.units, given, committed), ..cap };
        let totals = named(self.total_caps, place).into_iter().map(left);
        let all = named(&self.caps, place).into_iter().chain(totals);
        all.map(|NamedUnits { name, units }| CapCandidate { name, units }).collect()
    }

    fn stock(&self, place: usize) -> Option<StockSeen> {
        let (seen, rule) = (self.frame.stock.get(place)?, self.component.stock_cut.as_ref()?);
        Some(StockSeen {
            stock: seen.stock,
            used: seen.used,
            rounds: rule.rounds,
            percent: rule.percent,
            unit: rule.unit.clone(),
            as_of: seen.as_of,
            lag_days: seen.lag_days,
            stale: seen.stale,
            applied: seen.applied,
            least: seen.least,
            cut: seen.cut,
        })
    }
}

fn place(run: &Run<'_>, index: usize, shares: Vec<Share>, total_caps: &Columns<'_>) -> Option<PlaceOutcome> {
    let (place, units) = (run.table.places.get(index)?, *run.totals.get(index)?);
    let total_caps = named(total_caps, index);
    let binding = total_caps.iter().min_by_key(|cap| cap.units).filter(|cap| cap.units == units);
    let words = words::unit_words(run);
    let figure = |(name, indicator): (usize, &String)| {
        let source = run.inputs.indicators.get(run.table.indicator(name)?)?;
        Some(UsedFigure {
            indicator: indicator.clone(),
            unit: source.unit.clone(),
            value: run.table.value(name, index),
            as_of: run.table.as_of(name, index),
            source: source.source.clone(),
            days: run.table.days(name, index),
        })
    };
    let figures: Vec<UsedFigure> = run.rule.compiled.names.iter().enumerate().filter_map(figure).collect();
    let document = run.rule.document();
    let said = |language| {
        let line = words::place(document, &words, (&place.name, units), &shares, binding, language);
        line + &words::missing_days(document, &figures, language)
    };
    let next_unit_after =
        shares.first().filter(|_| run.rule.shares_all()).and_then(|share| share.proof.next_unit_after);
    Some(PlaceOutcome {
        code: place.code.clone(),
        units,
        ja: said(Language::Ja),
        en: said(Language::En),
        binding_total_cap: binding.map(|cap| cap.name.clone()),
        total_caps,
        figures,
        flags: run.flags(index),
        next_unit_after,
        components: shares,
    })
}
