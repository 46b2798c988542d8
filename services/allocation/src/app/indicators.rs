//! Indicators: what is counted for places, registered once and recorded with day and source.
use super::permit;
use crate::Allocation;
use allocation_store::{
    read::inputs as read,
    rows::{Figure, Indicator, IndicatorRecording, IndicatorState},
    write::rules as write,
};
use chrono::NaiveDate;
use domain::{BusinessDay, FieldError, Problem, TerritoryCode, error, policy::Action, units::COUNT_MAX};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    opctx::new_id,
};
use std::collections::{BTreeSet, HashMap};
use wire::indicator::{FigureValue, FiguresRecorded, IndicatorInfo, IndicatorList, PutIndicator, RecordFigures};

const OPERATION: &str = "record_figures";
const TEXT_CHARS_MAX: usize = 500;
const CODE_CHARS_MAX: usize = 60;
/// Faults that an answer lists; a file of another indicator has one in each line.
const ERRORS_MAX: usize = 1_000;
/// Figures that there are without anybody recording them.
const BUILT_IN: [&str; 4] = ["wish_vials", "population_total", "past_doses", "past_doses_before"];
/// Words that mean something fixed in the expressions of rules.
pub(super) const FIXED_WORDS: [&str; 11] = [
    "doses_per_vial",
    "vials_per_unit",
    "doses_per_unit",
    "supply_units",
    "given_units",
    "given_before_units",
    "given_before",
    "min",
    "max",
    "ceil",
    "if",
];

/// Registers an indicator, or mends its names.
///
/// # Errors
/// `auth.forbidden`, `allocation.indicator_reserved`, `allocation.indicator_kind` when it is registered as
/// another kind, `request.invalid` by field.
pub async fn put_indicator(
    allocation: &Allocation,
    ctx: &OpCtx,
    code: &str,
    request: PutIndicator,
) -> Result<IndicatorInfo> {
    let permit = allowed(ctx)?;
    check_names(code, &request)?;
    let PutIndicator { ja, en, unit, kind, source } = request;
    let row = Indicator { code: code.to_owned(), ja, en, unit, kind, source };
    let known = read::indicators(&mut *allocation.db.read().await?, &[code.to_owned()]).await?;
    if known.first() != Some(&row) {
        let entry = audit::Entry { target: format!("indicator/{code}"), cause: new_id(), reason: None };
        let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
        let written = put(&mut tx, &row).await;
        tx.finish(written).await?;
    }
    let states = read::indicator_states(&mut *allocation.db.read().await?).await?;
    let state = states.into_iter().find(|state| state.code == code);
    Ok(info(state.ok_or_else(|| Failure::internal("an indicator has vanished"))?))
}

async fn put(tx: &mut Tx, row: &Indicator) -> Result<()> {
    write::lock_indicator(tx, &row.code).await?;
    let known = read::indicators(tx, std::slice::from_ref(&row.code)).await?;
    if let Some(known) = known.first().filter(|known| known.kind != row.kind) {
        let problem = Problem::new(&error::ALLOCATION_INDICATOR_KIND).with("indicator", &row.code);
        return Err(problem.with("kind", &known.kind).into());
    }
    write::indicator(tx, row).await
}

fn allowed(ctx: &OpCtx) -> Result<domain::policy::Permit> {
    permit(ctx, Action::IndicatorRecord, TerritoryCode::NATION, Problem::new(&error::AUTH_FORBIDDEN))
}

/// Lower-case letters, digits and _, beginning with a letter.
pub(super) fn is_code(code: &str) -> bool {
    let begins = code.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let is_name = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    begins && is_name && code.len() <= CODE_CHARS_MAX
}

fn check_names(code: &str, request: &PutIndicator) -> Result<()> {
    if !is_code(code) || BUILT_IN.contains(&code) || FIXED_WORDS.contains(&code) {
        return Err(Problem::new(&error::ALLOCATION_INDICATOR_RESERVED).with("indicator", code).into());
    }
    let invalid =
        |path: &str, reason: &str| FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason);
    let texts = [("ja", &request.ja), ("en", &request.en), ("unit", &request.unit), ("source", &request.source)];
    let mut errors: Vec<FieldError> = texts
        .into_iter()
        .filter(|(_, text)| !is_text(text))
        .map(|(path, _)| invalid(path, &format!("1 to {TEXT_CHARS_MAX} characters")))
        .collect();
    if !["level", "daily"].contains(&request.kind.as_str()) {
        errors.push(invalid("kind", "level, daily"));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

pub(super) fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS_MAX && !text.contains('\0')
}

fn info(state: IndicatorState) -> IndicatorInfo {
    let IndicatorState { code, ja, en, unit, kind, source, municipalities, prefectures, oldest, newest, recorded_at } =
        state;
    IndicatorInfo { code, ja, en, unit, kind, source, municipalities, prefectures, oldest, newest, recorded_at }
}

/// All indicators with what there is of each.
///
/// # Errors
/// `auth.forbidden`.
pub async fn indicators(allocation: &Allocation, ctx: &OpCtx) -> Result<IndicatorList> {
    permit(ctx, Action::PublishedRead, TerritoryCode::NATION, Problem::new(&error::AUTH_FORBIDDEN))?;
    let states = read::indicator_states(&mut *allocation.db.read().await?).await?;
    Ok(IndicatorList { indicators: states.into_iter().map(info).collect() })
}

/// Records figures, all or none. The second value tells that this id was answered before.
///
/// # Errors
/// `auth.forbidden`, `allocation.indicator_not_found`, `idempotency.key_reused`; `request.invalid` with one
/// of `territory.malformed`, `territory.check_digit`, `territory.not_found`, `time.malformed_day`,
/// `allocation.day_in_future`, `allocation.amount_out_of_range`, `allocation.figure_twice` for each figure
/// at fault, the first thousand.
pub async fn record_figures(
    allocation: &Allocation,
    ctx: &OpCtx,
    code: &str,
    request: RecordFigures,
) -> Result<(FiguresRecorded, bool)> {
    let permit = allowed(ctx)?;
    let key = Key::new(request.id, &ctx.actor, OPERATION, &(code, &request))?;
    let missing = || Problem::new(&error::ALLOCATION_INDICATOR_NOT_FOUND).with("indicator", code);
    let mut conn = allocation.db.read().await?;
    if read::indicators(&mut conn, &[code.to_owned()]).await?.is_empty() {
        return Err(missing().into());
    }
    let territories = read::territories(&mut conn, None).await?;
    drop(conn);
    let known: BTreeSet<&str> = territories.iter().map(|(code, ..)| code.as_str()).collect();
    let figures = check_figures(ctx, &request, &known)?;
    let entry = audit::Entry { target: format!("indicator/{code}"), cause: request.id, reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    match write_figures(&mut tx, ctx, &key, code, &request, &figures).await {
        Ok(Some(recorded)) => Ok((tx.finish(Ok(recorded)).await?, false)),
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *allocation.db.read().await?, &key).await?;
            Ok((before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?, true))
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// Place, day and value of each figure.
fn check_figures(
    ctx: &OpCtx,
    request: &RecordFigures,
    known: &BTreeSet<&str>,
) -> Result<Vec<(String, NaiveDate, i64)>> {
    let today = BusinessDay::at(ctx.now);
    let mut errors = Vec::new();
    if !is_text(&request.source) {
        let reason = format!("1 to {TEXT_CHARS_MAX} characters");
        errors.push(FieldError::new("source", &error::REQUEST_INVALID_FIELD).with("reason", &reason));
    }
    if request.values.is_empty() {
        errors.push(FieldError::new("values", &error::ALLOCATION_NOTHING_TO_DO));
    }
    let mut seen = BTreeSet::new();
    let mut figures = Vec::with_capacity(request.values.len());
    for (index, figure) in request.values.iter().enumerate() {
        if errors.len() >= ERRORS_MAX {
            break;
        }
        let at = |field: &str| format!("values[{index}].{field}");
        match check_figure(figure, known, today) {
            Ok((place, day)) if seen.insert((place.clone(), day)) => figures.push((place, day, figure.value)),
            Ok(_) => {
                let error = FieldError::new(at("place"), &error::ALLOCATION_FIGURE_TWICE);
                errors.push(error.with("place", &figure.place).with("as_of", &figure.as_of));
            }
            Err(faults) => errors.extend(faults.into_iter().map(|(field, problem)| problem.at(&at(field)))),
        }
    }
    if errors.is_empty() { Ok(figures) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

/// What is wrong with a figure, by field.
type Faults = Vec<(&'static str, Problem)>;

fn check_figure(
    figure: &FigureValue,
    known: &BTreeSet<&str>,
    today: BusinessDay,
) -> std::result::Result<(String, NaiveDate), Faults> {
    let place = TerritoryCode::parse(&figure.place).and_then(|code| {
        let code = code.to_string();
        let missing = || Problem::new(&error::TERRITORY_NOT_FOUND).with("code", &code);
        if known.contains(code.as_str()) { Ok(code) } else { Err(missing()) }
    });
    let day = BusinessDay::parse(&figure.as_of).and_then(|day| {
        let future = || Problem::new(&error::ALLOCATION_DAY_IN_FUTURE).with("day", &day.to_string());
        if day <= today { Ok(day.date()) } else { Err(future()) }
    });
    let mut faults = Vec::new();
    if !(0..=COUNT_MAX).contains(&figure.value) {
        let problem = Problem::new(&error::ALLOCATION_AMOUNT).with("max", &COUNT_MAX.to_string());
        faults.push(("value", problem.with("value", &figure.value.to_string())));
    }
    match (place, day) {
        (Ok(place), Ok(day)) if faults.is_empty() => Ok((place, day)),
        (place, day) => {
            faults.extend(place.err().map(|problem| ("place", problem)));
            faults.extend(day.err().map(|problem| ("as_of", problem)));
            Err(faults)
        }
    }
}

/// `None` when the id was answered before.
async fn write_figures(
    tx: &mut Tx,
    ctx: &OpCtx,
    key: &Key,
    code: &str,
    request: &RecordFigures,
    figures: &[(String, NaiveDate, i64)],
) -> Result<Option<FiguresRecorded>> {
    write::lock_indicator(tx, code).await?;
    if idempotency::replay::<FiguresRecorded>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let places: Vec<String> = figures.iter().map(|(place, ..)| place.clone()).collect();
    let days: Vec<NaiveDate> = figures.iter().map(|(_, day, _)| *day).collect();
    let known = read::recorded(tx, code, &places, &days).await?;
    let known: HashMap<(&str, NaiveDate), &Figure> =
        known.iter().map(|figure| ((figure.place.as_str(), figure.as_of), figure)).collect();
    let is_new = |(place, day, value): &&(String, NaiveDate, i64)| {
        let known = known.get(&(place.as_str(), *day));
        known.is_none_or(|known| known.value != *value || known.source != request.source)
    };
    let new: Vec<(&str, NaiveDate, i64)> =
        figures.iter().filter(is_new).map(|(place, day, value)| (place.as_str(), *day, *value)).collect();
    let row = IndicatorRecording {
        id: request.id,
        indicator: code.to_owned(),
        source: request.source.clone(),
        figures: i32::try_from(new.len()).map_err(Failure::internal)?,
        actor: ctx.actor.account.0,
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    write::recording(tx, &row, &new).await?;
    let recorded = FiguresRecorded {
        recording: request.id,
        indicator: code.to_owned(),
        recorded: i64::from(row.figures),
        unchanged: i64::try_from(figures.len() - new.len()).map_err(Failure::internal)?,
        position: tx.position().to_string(),
    };
    Ok(idempotency::take(tx, key, 200, &recorded).await?.then_some(recorded))
}
