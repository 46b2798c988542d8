//! Kinds `fefo` and `redistribution`: which lots, and which ways. Amounts are whole units already.
use domain::{
    FieldError, Problem, error, fefo,
    redistribution::{Place, Route, redistribute},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct FefoInput {
    lots: Vec<LotInput>,
    lines: Vec<LineInput>,
}

#[derive(Deserialize)]
struct LotInput {
    id: String,
    expiry_day: i64,
    qty: i64,
}

#[derive(Deserialize)]
struct LineInput {
    code: String,
    delivery_day: i64,
    min_days: i64,
    qty: i64,
}

pub(super) fn lots_for_lines(input: FefoInput) -> Result<Value, Problem> {
    let lot = |LotInput { id, expiry_day, qty }| fefo::Lot { id, expiry_day, quantity: qty };
    let line =
        |LineInput { code, delivery_day, min_days, qty }| fefo::Line { code, delivery_day, min_days, quantity: qty };
    let lots: Vec<fefo::Lot> = input.lots.into_iter().map(lot).collect();
    let lines: Vec<fefo::Line> = input.lines.into_iter().map(line).collect();
    let fefo::Assignment { pieces, short } = fefo::assign(&lots, &lines)?;
    let piece = |piece: &fefo::Piece| json!({ "code": piece.code, "lot": piece.lot, "qty": piece.quantity });
    let missing = |short: &fefo::Short| json!({ "code": short.code, "qty": short.quantity });
    Ok(json!({
        "pieces": pieces.iter().map(piece).collect::<Vec<_>>(),
        "short": short.iter().map(missing).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
pub(super) struct RedistributionInput {
    places: Vec<PlaceInput>,
    routes: Vec<RouteInput>,
}

#[derive(Deserialize)]
struct PlaceInput {
    code: String,
    surplus: i64,
    shortage: i64,
}

#[derive(Deserialize)]
struct RouteInput {
    from: String,
    to: String,
    km: i64,
}

pub(super) fn redistributed(input: RedistributionInput) -> Result<Value, Problem> {
    let RedistributionInput { places, routes } = input;
    let place = |PlaceInput { code, surplus, shortage }| Place { code, surplus, shortage };
    let places: Vec<Place> = places.into_iter().map(place).collect();
    let found = redistribute(&places, &by_position(&places, &routes)?)?;
    let moves = found.moves.iter().map(|step| json!({ "from": step.from, "to": step.to, "qty": step.quantity }));
    Ok(json!({ "unmet": found.unmet, "vial_km": found.vial_km, "moves": moves.collect::<Vec<_>>() }))
}

fn by_position(places: &[Place], routes: &[RouteInput]) -> Result<Vec<Route>, Problem> {
    let positions: BTreeMap<&str, usize> =
        places.iter().enumerate().map(|(position, place)| (place.code.as_str(), position)).collect();
    let position = |number: usize, end: &str, code: &str| {
        let unknown = || FieldError::new(format!("routes.{number}.{end}"), &error::ALLOCATION_UNKNOWN_PLACE);
        let found = positions.get(code).copied();
        found.ok_or_else(|| Problem::of_fields(&error::ALLOCATION_INVALID, vec![unknown().with("code", code)]))
    };
    let route = |(number, RouteInput { from, to, km }): (usize, &RouteInput)| {
        Ok(Route { from: position(number, "from", from)?, to: position(number, "to", to)?, km: *km })
    };
    routes.iter().enumerate().map(route).collect()
}
