//! Rules in the plainest way: place by place, with maps, without expressions. Only the sharing of one
//! supply is the engine's, which has its own oracle. Faults can be planted in it.
use super::{super::*, TODAY, day};
use crate::apportionment::{
    Recipient,
    components::{self, Component as Part},
};
use std::collections::BTreeMap;

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    ReserveForgotten,
    CutLost,
    CutWithoutAgeCheck,
    StockOffByOne,
    TotalCapPerComponent,
    LargestCap,
    SmallestFloor,
    RestSwallowed,
    PermilleOfWhatIsLeft,
    GivenForgotten,
    BeforeForgotten,
    ComponentsTwice,
    CutBelowFloor,
}

#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub supply: i64,
    pub reserve: Option<i64>,
    pub total_cap: bool,
    pub parts: Vec<PartSpec>,
    pub places: Vec<PlaceSpec>,
}

#[derive(Debug, Clone)]
pub(super) struct PartSpec {
    pub supply: Supply,
    pub method: Method,
    pub remainder: Remainder,
    pub cumulative: bool,
    /// The weight is what is missing of `w2`, else `w1`.
    pub unmet: bool,
    pub caps: usize,
    pub floors: usize,
    pub min_order: i64,
    pub cut: Option<(i64, i64)>,
}

#[derive(Debug, Clone)]
pub(super) struct PlaceSpec {
    pub code: String,
    pub given_before: i64,
    /// In the order of [`NAMES`].
    pub values: [i64; 9],
    /// Days.
    pub stock_age: u32,
}

pub(super) const NAMES: [&str; 9] = ["w1", "w2", "cap_a", "cap_b", "floor_a", "floor_b", "total", "stock", "used"];

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub lines: BTreeMap<String, Vec<i64>>,
    pub flagged: Vec<String>,
    pub reserve: i64,
    pub left: i64,
}

impl Spec {
    /// As a document.
    pub fn rule(&self) -> Rule {
        let part = |(index, part): (usize, &PartSpec)| {
            let caps = [("a", "cap_a"), ("b", "ceil(cap_b * 2, 2)")];
            let floors = [("a", "floor_a"), ("b", "-(0 - floor_b)")];
            let named = |list: &[(&str, &str)], count: usize| -> Vec<Value> {
                list.iter().take(count).map(|(name, units)| serde_json::json!({"name": name, "units": units})).collect()
            };
            let mut value = serde_json::json!({
                "name": format!("part {index}"),
                "supply": part.supply,
                "method": part.method,
                "remainder": part.remainder,
                "running": if part.cumulative { "cumulative" } else { "fresh" },
                "weight": if part.unmet { "max(0, w2 - given_units)" } else { "w1" },
                "caps": named(&caps, part.caps),
                "floors": named(&floors, part.floors),
                "min_order": part.min_order,
            });
            if let Some((rounds, percent)) = part.cut {
                value["stock_cut"] = serde_json::json!({
                    "rounds": rounds, "percent": percent, "stock": "stock", "use": "used", "max_age_days": 7,
                });
            }
            value
        };
        let mut document = serde_json::json!({
            "format": "allocation-rule/1", "code": "any", "version": 1, "title": {"ja": "任意", "en": "Any"},
            "components": self.parts.iter().enumerate().map(part).collect::<Vec<_>>(),
        });
        if let Some(permille) = self.reserve {
            document["reserve"] = serde_json::json!({"permille": permille});
        }
        if self.total_cap {
            document["total_caps"] = serde_json::json!([{"name": "total", "units": "total"}]);
        }
        Rule::from_value(&document).unwrap()
    }

    pub fn inputs(&self) -> Inputs {
        let places: Vec<(&str, &[i64])> =
            self.places.iter().map(|place| (place.code.as_str(), place.values.as_slice())).collect();
        let mut inputs = super::inputs(self.supply, &NAMES, &places);
        for (input, place) in inputs.places.iter_mut().zip(&self.places) {
            input.given_before = place.given_before;
            let as_of = day(TODAY).minus_days(place.stock_age);
            input.values[7] = Cell::Level(Figure { value: place.values[7], as_of });
        }
        inputs
    }
}

/// The engine.
pub(super) fn engine(spec: &Spec) -> Outcome {
    let amounts = amounts(&spec.rule(), &spec.inputs()).unwrap();
    Outcome {
        flagged: amounts.units.iter().filter(|line| !line.flags.is_empty()).map(|line| line.code.clone()).collect(),
        lines: amounts.units.into_iter().map(|line| (line.code, line.by_component)).collect(),
        reserve: amounts.reserve,
        left: amounts.left,
    }
}

/// The oracle.
pub(super) fn plain(spec: &Spec, fault: Fault) -> Outcome {
    let reserve =
        if fault == Fault::ReserveForgotten { 0 } else { spec.reserve.map_or(0, |part| spec.supply * part / 1_000) };
    let mut left = spec.supply - reserve;
    let mut carried = 0;
    let mut lines: BTreeMap<String, Vec<i64>> =
        spec.places.iter().map(|place| (place.code.clone(), Vec::new())).collect();
    let mut flagged: Vec<String> = Vec::new();
    for part in &spec.parts {
        let own = match part.supply {
            Supply::Rest => left,
            Supply::Units(units) => units.min(left),
            Supply::Permille(permille) => {
                let of = if fault == Fault::PermilleOfWhatIsLeft { left } else { spec.supply };
                (of * permille / 1_000).min(left)
            }
        };
        if fault != Fault::ComponentsTwice {
            left -= own;
        }
        let supply = own + carried;
        let given = share(spec, part, supply, &lines, fault);
        let mut leftover = supply;
        for place in &spec.places {
            let mut units = given[&place.code];
            let stale = place.stock_age > 7;
            if let Some((rounds, percent)) = part.cut {
                if stale && !flagged.contains(&place.code) {
                    flagged.push(place.code.clone());
                }
                let (stock, used) = (place.values[7], place.values[8]);
                let many = stock > 0 && stock >= rounds * used + i64::from(fault == Fault::StockOffByOne);
                if many && (!stale || fault == Fault::CutWithoutAgeCheck) {
                    let order = if part.min_order > 1 { part.min_order } else { 0 };
                    let floors = place.values[4..6].iter().take(part.floors).max().copied().unwrap_or(0);
                    let above = units - units.min(floors.max(order));
                    let cut = units * percent / 100;
                    let cut = if fault == Fault::CutBelowFloor { cut } else { cut.min(above) };
                    units -= cut;
                    leftover -= if fault == Fault::CutLost { cut } else { 0 };
                }
            }
            leftover -= units;
            lines.get_mut(&place.code).unwrap().push(units);
        }
        if part.supply == Supply::Rest && fault != Fault::RestSwallowed {
            (left, carried) = (left + leftover, 0);
        } else {
            carried = leftover;
        }
    }
    flagged.sort();
    Outcome { lines, flagged, reserve, left: left + carried }
}

fn share(
    spec: &Spec,
    part: &PartSpec,
    supply: i64,
    lines: &BTreeMap<String, Vec<i64>>,
    fault: Fault,
) -> BTreeMap<String, i64> {
    let mut all = supply;
    let mut recipients = Vec::new();
    for place in &spec.places {
        let [w1, w2, cap_a, cap_b, floor_a, floor_b, total, ..] = place.values;
        let given: i64 = lines[&place.code].iter().sum();
        let before = if fault == Fault::BeforeForgotten { 0 } else { place.given_before };
        let committed = if part.cumulative { before + given } else { 0 };
        all += committed;
        let missing = if fault == Fault::GivenForgotten { w2 } else { (w2 - given).max(0) };
        let own = [cap_a, cap_b].into_iter().take(part.caps);
        let own = if fault == Fault::LargestCap { own.max() } else { own.min() };
        let so_far = if fault == Fault::TotalCapPerComponent { 0 } else { given };
        let rest = spec.total_cap.then(|| (total - so_far).max(0) + committed);
        let floors = [floor_a, floor_b].into_iter().take(part.floors);
        let floor = if fault == Fault::SmallestFloor { floors.min() } else { floors.max() };
        recipients.push(Recipient {
            committed,
            floor: floor.unwrap_or(0),
            cap: own.into_iter().chain(rest).min(),
            min_order: part.min_order,
            ..Recipient::new(place.code.clone(), if part.unmet { missing } else { w1 })
        });
    }
    let committed: BTreeMap<String, i64> =
        recipients.iter().map(|recipient| (recipient.code.clone(), recipient.committed)).collect();
    let frame = Part {
        name: String::new(),
        units: all,
        method: part.method,
        remainder: part.remainder,
        recipients,
        stock_cut: None,
    };
    let shared = components::share(&[frame], &[]).unwrap();
    shared.totals.into_iter().map(|(code, units)| (code.clone(), units - committed[&code])).collect()
}
