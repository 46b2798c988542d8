//! The engine at the size of the country's clinics: apportionment, fairness, redistribution.
use crate::measure::{Row, against};
use domain::{
    Problem,
    apportionment::{Method, Recipient, Remainder, apportion, explain::Explainer},
    fairness::{self, measure},
    redistribution::{NEAREST, Place, Route, nearest, redistribute},
};

const CLINICS: usize = 100_000;
const MUNICIPALITIES: usize = 1_741;
const VIALS: i64 = 1_950_000;
const BOXES: i64 = 10_000;

/// A fixed sequence, the same on every machine (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to `limit` - 1.
    fn below(&mut self, limit: u64) -> i64 {
        i64::try_from(self.next() % limit.max(1)).unwrap_or(0)
    }
}

fn bounded(count: usize) -> Vec<Recipient> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let recipient = |place: usize| {
        let mut recipient = Recipient::new(format!("{place:010}"), 100 + numbers.below(20_000));
        if numbers.below(4) == 0 {
            recipient.floor = 1 + numbers.below(10);
        }
        if numbers.below(3) == 0 {
            recipient.cap = Some(5 + numbers.below(40));
        }
        recipient
    };
    (0..count).map(recipient).collect()
}

fn changed(mut recipients: Vec<Recipient>, change: impl Fn(&mut Recipient)) -> Vec<Recipient> {
    recipients.iter_mut().for_each(change);
    recipients
}

/// What each clinic gets of 1.95 million vials.
fn shared(clinics: &[Recipient]) -> Result<(Vec<fairness::Line>, i64), Problem> {
    let shared = apportion(VIALS, clinics, Method::Webster, Remainder::Hold)?;
    // the clinics stand in the order of their codes, as the lines do
    let lines = clinics.iter().zip(&shared.lines).map(|(clinic, line)| fairness::Line::of(clinic.weight, line));
    Ok((lines.collect(), shared.reserve))
}

/// Municipalities on a map of 2,000 by 1,500 km, of which half have too much and half too little.
struct Country {
    places: Vec<Place>,
    /// Kilometres from the south-western corner.
    points: Vec<(i64, i64)>,
}

impl Country {
    fn new() -> Self {
        let mut numbers = Numbers(0xd1b5_4a32_d192_ed03);
        let mut country = Self { places: Vec::new(), points: Vec::new() };
        for number in 0..MUNICIPALITIES {
            let drawn = numbers.below(100) + 1;
            let amount = 1 + drawn * drawn * drawn / 2_000;
            let (surplus, shortage) = if numbers.below(2) == 0 { (amount, 0) } else { (0, amount) };
            country.places.push(Place { code: format!("{number:05}"), surplus, shortage });
            country.points.push((numbers.below(2_000), numbers.below(1_500)));
        }
        country
    }

    /// As the crow flies, rounded down.
    fn km(&self, from: usize, to: usize) -> Option<i64> {
        let (from, to) = (self.points.get(from)?, self.points.get(to)?);
        Some(((from.0 - to.0).pow(2) + (from.1 - to.1).pow(2)).isqrt())
    }

    fn routes(&self, count: usize) -> Vec<Route> {
        nearest(&self.places, count, |from, to| self.km(from, to))
    }
}

/// Measures fairness and redistribution.
fn evenness(clinics: &[Recipient], sort: impl Fn() -> Vec<u64>) -> Result<Vec<Row>, Problem> {
    let (lines, reserve) = shared(clinics)?;
    measure(&lines, reserve)?;
    let mut rows = vec![against("100,000 lines: fairness", || measure(&lines, reserve), &sort)];
    let country = Country::new();
    rows.push(against("1,741 places: routes to the 40 nearest", || country.routes(NEAREST), &sort));
    for (name, count) in [("the 40 nearest", NEAREST), ("all pairs", MUNICIPALITIES)] {
        let routes = country.routes(count);
        let moves = redistribute(&country.places, &routes)?;
        let (moved, unmet, cost) = (moves.moves.len(), moves.unmet, moves.vial_km);
        let name = format!(
            "1,741 places: redistribution, {name} ({} routes; {moved} moves, {unmet} unmet, {cost} vial-km)",
            routes.len()
        );
        rows.push(against(name, || redistribute(&country.places, &routes), &sort));
    }
    Ok(rows)
}

/// Measures every shape of run.
pub fn run() -> Result<Vec<Row>, Problem> {
    let clinics = bounded(CLINICS);
    let ordered = changed(clinics.clone(), |recipient| recipient.min_order = 5);
    let equal = changed(clinics.clone(), |recipient| {
        *recipient = Recipient::new(recipient.code.clone(), 1_000);
    });
    let mut shuffled = clinics.clone();
    shuffled.sort_by_key(|recipient| recipient.code.bytes().rev().collect::<Vec<u8>>());
    let numbers: Vec<u64> = {
        let mut source = Numbers(0x2545_f491_4f6c_dd1d);
        (0..CLINICS).map(|_| source.next()).collect()
    };
    let (hold, fill) = (Remainder::Hold, Remainder::Fill);
    let shapes = [
        ("webster, floors and caps, 1.95 M vials", &clinics, VIALS, Method::Webster, hold),
        ("webster, the same in another order", &shuffled, VIALS, Method::Webster, hold),
        ("adams, floors and caps, 1.95 M vials", &clinics, VIALS, Method::Adams, hold),
        ("hamilton, floors and caps, 1.95 M vials", &clinics, VIALS, Method::Hamilton, hold),
        ("webster, minimum order 5, hold", &ordered, VIALS, Method::Webster, hold),
        ("webster, minimum order 5, fill", &ordered, VIALS, Method::Webster, fill),
        ("webster, all weights equal, 1.95 M + 7", &equal, VIALS + 7, Method::Webster, hold),
        ("webster, no bounds, 300 M units", &equal, 300_000_000, Method::Webster, hold),
    ];
    let sort = || {
        let mut numbers = numbers.clone();
        numbers.sort_unstable();
        numbers
    };
    let mut rows = Vec::new();
    for (name, recipients, supply, method, remainder) in shapes {
        apportion(supply, recipients, method, remainder)?;
        rows.push(against(name, || apportion(supply, recipients, method, remainder), sort));
    }
    let municipalities = changed(bounded(MUNICIPALITIES), |recipient| {
        // populations from a few hundred to three million, most of them small
        let drawn = recipient.weight % 1_000 + 1;
        recipient.weight = 300 + drawn * drawn * drawn / 330;
    });
    let explainer = Explainer::new(BOXES, &municipalities, Method::Webster, hold)?;
    rows.push(against(
        "1,741 lines: plan of 10,000 boxes",
        || apportion(BOXES, &municipalities, Method::Webster, hold),
        sort,
    ));
    rows.push(against("1,741 lines: every next_unit_after", || explainer.next_units(), sort));
    rows.push(against("1,741 lines: every explanation", || explainer.all(|_| Vec::new()), sort));
    let explainer = Explainer::new(VIALS, &clinics, Method::Webster, hold)?;
    rows.push(against("100,000 lines: every next_unit_after", || explainer.next_units(), sort));
    rows.push(against("100,000 lines: one explanation", || explainer.line("0000050000", &[]), sort));
    rows.extend(evenness(&clinics, sort)?);
    rows.extend(crate::rule::rows(sort)?);
    Ok(rows)
}
