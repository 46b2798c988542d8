//! The proof of each line: everything that a reader needs to check it with a pocket calculator.
use super::{
    Apportionment, Binding, Line, Method, Recipient, Remainder, Status,
    bounds::{self, Bounds, UNCAPPED},
    check,
    next::{Asked, Lines},
    queue::{Key, Signposts},
    solve::{self, Solution},
    uncapped::{self, LastAwards},
};
use crate::Problem;
use serde::{Serialize, Serializer};
use std::{cmp::Ordering, fmt};

/// A fraction, not reduced: numerator and denominator are the ones of the formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Above the line.
    pub numerator: u128,
    /// Below the line, never 0.
    pub denominator: u128,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl Serialize for Ratio {
    /// As text, `n/d`: the numbers may be longer than JSON readers keep.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One reason for a cap: request, remaining people, freezer, wholesaler, days of supply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CapCandidate {
    /// What it is called, in the reader's language or as a code.
    pub name: String,
    /// Units.
    pub units: i64,
}

/// The divisors D of the plan: "one unit per D people". Every D with `low < D <= high` gives this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Divisors {
    /// Not itself among them: at this divisor the next in the queue is served. `None`: nobody waits, so any small D.
    pub low: Option<Ratio>,
    /// The largest: at this divisor the last award was made. `None`: nothing was awarded, or at signpost 0.
    pub high: Option<Ratio>,
}

/// The last award and the next in the queue stood at the same place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// Whether this line came first.
    pub won: bool,
    /// The other one.
    pub against: String,
    /// What decided.
    pub by: TieRule,
}

/// What decides between two at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TieRule {
    /// The larger weight first.
    Weight,
    /// The smaller code first.
    Code,
}

/// The proof of one line. All amounts in units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The recipient.
    pub code: String,
    /// What it gets.
    pub units: i64,
    /// The rule that decided.
    pub binding: Binding,
    /// How the plan was shared.
    pub method: Method,
    /// Of the plan.
    pub status: Status,
    /// Input.
    pub weight: i64,
    /// Input.
    pub committed: i64,
    /// Input.
    pub floor: i64,
    /// Input.
    pub cap: Option<i64>,
    /// Input.
    pub min_order: i64,
    /// supply × weight / sum of weights; `None` if nobody has weight.
    pub quota: Option<Ratio>,
    /// Of the plan; both `None` without a queue (Hamilton, or a status other than ok).
    pub divisors: Divisors,
    /// Units at the plan's divisor without this line's floor, cap, committed amount and minimum order;
    /// `None` where there is no divisor.
    pub units_before_bounds: Option<i64>,
    /// The reasons for the cap, as given.
    pub caps: Vec<CapCandidate>,
    /// The smallest of them, the first if several.
    pub tightest_cap: Option<CapCandidate>,
    /// If a tie at the end of the supply touched this line.
    pub tie: Option<Tie>,
    /// This many further units of supply bring this line more, and one fewer does not. `None` if never
    /// (full, or weight 0), if the supply would leave the engine's limits, or for very large plans and
    /// for those without a fixed queue if not within the limits of the search (see [`Explainer::next_units`]).
    pub next_unit_after: Option<i64>,
    /// Units without this line's cap, where the cap decided; also `None` where that would take too many runs
    /// (see [`Explainer::all`]).
    pub without_cap: Option<i64>,
}

/// What capped lines would have without their caps is told up to so many lines × runs of the plan.
const RUN_LINES_MAX: usize = 1 << 22;

/// A plan with what is needed to prove its lines.
pub struct Explainer<'a> {
    supply: i64,
    recipients: Vec<&'a Recipient>,
    bounds: Vec<Bounds>,
    method: Method,
    remainder: Remainder,
    solution: Solution,
    weights: u128,
    /// The first award of the queue that was not made.
    next: Option<Key>,
}

impl<'a> Explainer<'a> {
    /// Computes the plan, as [`super::apportion`].
    ///
    /// # Errors
    /// Those of [`super::apportion`].
    pub fn new(
        supply: i64,
        recipients: &'a [Recipient],
        method: Method,
        remainder: Remainder,
    ) -> Result<Self, Problem> {
        let explainer = Self::of_frame(supply, recipients, method, remainder)?;
        check::some_weight(supply, &explainer.recipients)?;
        Ok(explainer)
    }

    /// Computes the plan of a frame, where it may be that nobody has weight and all is left over.
    ///
    /// # Errors
    /// Those of [`super::apportion`], except `allocation.all_weights_zero`.
    pub(crate) fn of_frame(
        supply: i64,
        recipients: &'a [Recipient],
        method: Method,
        remainder: Remainder,
    ) -> Result<Self, Problem> {
        let recipients = check::sorted(supply, recipients, method)?;
        let bounds = bounds::all(&recipients);
        let solution = solve::solve(supply, &bounds, method, remainder);
        let weights = bounds.iter().map(|line| u128::from(line.weight)).sum();
        let next = next(&bounds, &solution, method);
        Ok(Self { supply, recipients, bounds, method, remainder, solution, weights, next })
    }

    /// The plan.
    #[must_use]
    pub fn apportionment(&self) -> Apportionment {
        let lines = self.recipients.iter().zip(&self.solution.units).zip(&self.solution.bindings);
        let line = |((recipient, units), binding): ((&&Recipient, &i64), &Binding)| Line {
            code: recipient.code.clone(),
            units: *units,
            binding: *binding,
        };
        Apportionment { status: self.solution.status, lines: lines.map(line).collect(), reserve: self.solution.reserve }
    }

    /// `next_unit_after` of every line, in the order of codes; together much cheaper than one by one.
    ///
    /// Exact and without a limit up to 4,096 lines. Above, a line that is not served by the next 2,097,152
    /// awards has `None` here (but not from [`Self::line`], which is without that limit). Where the queue is
    /// not fixed (Hamilton, `fill` with minimum orders), up to 1,000 larger supplies are tried, fewer for
    /// large plans: 262,144 lines in all.
    #[must_use]
    pub fn next_units(&self) -> Vec<Option<i64>> {
        self.asked().after(Lines::All)
    }

    /// The proof of one line; `None` if there is no such recipient. Takes O(n).
    #[must_use]
    pub fn line(&self, code: &str, caps: &[CapCandidate]) -> Option<Explanation> {
        let rank = self.recipients.binary_search_by(|recipient| recipient.code.as_bytes().cmp(code.as_bytes())).ok()?;
        let next_unit_after = self.asked().after(Lines::One(rank)).first().copied().flatten();
        let without_cap = if self.is_capped(rank) { self.run_without_cap(rank) } else { None };
        self.proof(rank, caps, next_unit_after, without_cap)
    }

    /// The proofs of all lines, in the order of codes; `caps` gives the reasons for a recipient's cap.
    ///
    /// In a queue of single units, what capped lines would have without their caps comes of one list. Where
    /// each needs a run of its own (minimum orders, Hamilton, floors that were prorated), all are told or,
    /// where lines × runs exceed 4,194,304, none of those: [`Self::line`] is without that limit.
    #[must_use]
    pub fn all(&self, caps: impl Fn(&str) -> Vec<CapCandidate>) -> Vec<Explanation> {
        let told = self.next_units().into_iter().zip(self.without_caps());
        let lines = self.recipients.iter().zip(told).enumerate();
        lines
            .filter_map(|(rank, (recipient, (after, without)))| {
                self.proof(rank, &caps(&recipient.code), after, without)
            })
            .collect()
    }

    fn without_caps(&self) -> Vec<Option<i64>> {
        let (awards, count) = (self.last_awards(), self.recipients.len());
        let (mut found, mut runs) = (vec![None; count], Vec::new());
        for rank in (0..count).filter(|rank| self.is_capped(*rank)) {
            match awards.as_ref().and_then(|awards| self.listed_without_cap(rank, awards)) {
                Some(units) => put(&mut found, rank, Some(units)),
                None => runs.push(rank),
            }
        }
        if runs.len() <= RUN_LINES_MAX / count.max(1) {
            for rank in runs {
                put(&mut found, rank, self.run_without_cap(rank));
            }
        }
        found
    }

    /// Where that is cheaper than to repeat the run for each line that stands at its cap.
    fn last_awards(&self) -> Option<LastAwards> {
        let capped = self.solution.bindings.iter().filter(|binding| **binding == Binding::Cap).count();
        let posts = Signposts::of(self.method).filter(|_| capped >= uncapped::LINES_MIN)?;
        LastAwards::of(posts, &self.bounds, &self.solution)
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            supply: self.supply,
            bounds: &self.bounds,
            method: self.method,
            remainder: self.remainder,
            solution: &self.solution,
        }
    }

    fn proof(
        &self,
        rank: usize,
        caps: &[CapCandidate],
        next_unit_after: Option<i64>,
        without_cap: Option<i64>,
    ) -> Option<Explanation> {
        let (recipient, line) = (self.recipients.get(rank)?, self.bounds.get(rank)?);
        let (units, binding) = (*self.solution.units.get(rank)?, *self.solution.bindings.get(rank)?);
        let quota = Ratio {
            numerator: u128::from(self.supply.unsigned_abs()) * u128::from(line.weight),
            denominator: self.weights,
        };
        Some(Explanation {
            code: recipient.code.clone(),
            units,
            binding,
            method: self.method,
            status: self.solution.status,
            weight: recipient.weight,
            committed: recipient.committed,
            floor: recipient.floor,
            cap: recipient.cap,
            min_order: recipient.min_order,
            quota: Some(quota).filter(|quota| quota.denominator > 0),
            divisors: self.divisors(),
            units_before_bounds: self.before_bounds(rank, line),
            caps: caps.to_vec(),
            tightest_cap: caps.iter().min_by_key(|cap| cap.units).cloned(),
            tie: self.tie(rank, line, units),
            next_unit_after,
            without_cap,
        })
    }

    fn divisors(&self) -> Divisors {
        let Some(posts) = Signposts::of(self.method) else { return Divisors { low: None, high: None } };
        let divisor = |key: Key| Ratio {
            numerator: u128::from(key.weight) * u128::from(posts.scale()),
            denominator: u128::from(key.position),
        };
        let positive = |ratio: &Ratio| ratio.denominator > 0;
        Divisors {
            low: self.next.map(divisor).filter(positive),
            high: self.solution.last.map(divisor).filter(positive),
        }
    }

    /// The single units that stand in the queue up to the last award.
    fn before_bounds(&self, rank: usize, line: &Bounds) -> Option<i64> {
        let (posts, last) = (Signposts::of(self.method)?, self.solution.last?);
        if line.weight == 0 {
            return Some(0);
        }
        let product = u128::from(last.position) * u128::from(line.weight);
        let units = i64::try_from(posts.units(product / u128::from(last.weight))).ok()?;
        // at the very place of the last award the tie decides
        let own_last = Key { position: posts.unit((units - 1).max(0)), weight: line.weight, rank };
        Some(if units > 0 && own_last > last { units - 1 } else { units })
    }

    fn tie(&self, rank: usize, line: &Bounds, units: i64) -> Option<Tie> {
        let posts = Signposts::of(self.method)?;
        let (last, next) = (self.solution.last?, self.next?);
        if last.cmp_place(&next) != Ordering::Equal {
            return None;
        }
        let of = |key: Option<Key>, other: Key, won: bool| {
            let key = key.filter(|key| key.cmp_place(&other) == Ordering::Equal)?;
            let by = if key.weight == other.weight { TieRule::Code } else { TieRule::Weight };
            Some(Tie { won, against: self.recipients.get(other.rank)?.code.clone(), by })
        };
        of(posts.last(rank, line, units), next, true).or_else(|| of(posts.next(rank, line, units), last, false))
    }

    /// Whether its cap decided.
    fn is_capped(&self, rank: usize) -> bool {
        let binding = self.solution.bindings.get(rank);
        let capped = binding.is_some_and(|binding| matches!(binding, Binding::Cap | Binding::CapBelowMinOrder));
        capped && self.recipients.get(rank).is_some_and(|recipient| recipient.cap.is_some())
    }

    fn listed_without_cap(&self, rank: usize, awards: &LastAwards) -> Option<i64> {
        let recipient = self.recipients.get(rank)?;
        // without the cap a floor above it would count in full, and the line would start elsewhere
        let line = self.bounds.get(rank).filter(|_| recipient.cap.is_some_and(|cap| recipient.floor <= cap))?;
        awards.without_cap(rank, line.weight, *self.solution.units.get(rank)?)
    }

    fn run_without_cap(&self, rank: usize) -> Option<i64> {
        let mut bounds = self.bounds.clone();
        *bounds.get_mut(rank)? = Bounds::of(&Recipient { cap: None, ..(*self.recipients.get(rank)?).clone() });
        debug_assert!(bounds.get(rank).is_some_and(|line| line.hi == UNCAPPED));
        solve::solve(self.supply, &bounds, self.method, self.remainder).units.get(rank).copied()
    }
}

fn put(found: &mut [Option<i64>], rank: usize, units: Option<i64>) {
    if let Some(found) = found.get_mut(rank) {
        *found = units;
    }
}

/// The first award not made. With `fill` those passed over, whose place lies before the last award, are
/// no longer in the queue.
fn next(bounds: &[Bounds], solution: &Solution, method: Method) -> Option<Key> {
    if solution.status != Status::Ok {
        return None;
    }
    let posts = Signposts::of(method)?;
    let waiting = bounds.iter().zip(&solution.units).enumerate();
    let waiting = waiting.filter_map(|(rank, (line, units))| posts.next(rank, line, *units));
    waiting.filter(|key| solution.last.is_none_or(|last| *key > last)).min()
}
