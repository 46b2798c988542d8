//! Taking a report, or a correction of one.
use super::{facility_permit, open_day, provisional};
use crate::Capacity;
use capacity_store::{
    read,
    rows::{Aggregate, Duty, Latest, Report},
    write,
};
use chrono::TimeDelta;
use domain::{
    BusinessDay, FieldError, Problem,
    capacity::{
        Answers, Findings, Form, Source,
        form::{from_json, to_json},
        sums::{contribution, moved},
    },
    error,
    policy::{Action, Permit, Place},
    time::{Instant, parse_instant, rfc3339},
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    outbox,
};
use uuid::Uuid;
use wire::{
    events::CapacityReported,
    problem::FieldProblem,
    report::{ReportAccepted, SubmitReport},
};

/// The name of this operation in the table of idempotency keys.
pub(crate) const OPERATION: &str = "report_submit";
const CREATED: i16 = 201;
const REASON_CHARS_MAX: usize = 500;
/// Clocks of hospitals run a little ahead; a moment this far in the future is taken.
const CLOCK_TOLERANCE_S: i64 = 60;

/// A report that was taken, now or before.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The answer to the sender.
    pub report: ReportAccepted,
    /// It is the answer to an id that was answered before.
    pub replayed: bool,
}

/// Takes a report. One transaction: audit, report, sums, event, idempotency.
///
/// # Errors
/// `facility.not_found` for what the actor cannot see; `auth.forbidden`, `report.unknown_form`,
/// `report.form_is_import_only`, `report.no_duty`, `report.day_in_future`, `report.window_closed`,
/// `report.invalid` with the fields at fault, `report.stale_revision`, `idempotency.key_reused`.
pub async fn submit_report(capacity: &Capacity, ctx: &OpCtx, request: SubmitReport) -> Result<Taken> {
    let permit = facility_permit(&capacity.db, ctx, Action::ReportSubmit, &request.facility).await?;
    let Place::Facility(facility, _) = permit.place() else {
        return Err(Failure::internal("a report's permit is for a facility"));
    };
    let form = capacity.form(&request.form)?;
    if form.source == Source::Import {
        return Err(Problem::new(&error::REPORT_FORM_IMPORT_ONLY).with("form", &form.code).into());
    }
    let key = Key::new(request.id.0, &ctx.actor, OPERATION, &request)?;
    let draft = match Draft::check(ctx, form, facility.0, request) {
        Ok(draft) => draft,
        // what was taken stays taken: by now its window may have closed, or the form be another one
        Err(refusal) => {
            let before = idempotency::replay(&mut *capacity.db.read().await?, &key).await?;
            return before.map(|report| Taken { report, replayed: true }).ok_or(refusal);
        }
    };
    open_day::ensure_open(capacity, &draft.form.code, draft.day).await?;
    match attempt(capacity, ctx, &permit, &key, &draft, false).await? {
        Step::Done(taken) => Ok(*taken),
        // A facility's first report ever, for a day with open days after it: it changes who is
        // "carried" on those, and they must stand still meanwhile.
        Step::NeedsWholeForm => match attempt(capacity, ctx, &permit, &key, &draft, true).await? {
            Step::Done(taken) => Ok(*taken),
            Step::NeedsWholeForm => Err(Failure::internal("the whole form was locked, and did not suffice")),
        },
    }
}

enum Step {
    Done(Box<Taken>),
    NeedsWholeForm,
}

async fn attempt(
    capacity: &Capacity,
    ctx: &OpCtx,
    permit: &Permit,
    key: &Key,
    draft: &Draft,
    whole_form: bool,
) -> Result<Step> {
    let entry = audit::Entry {
        target: format!("facility/{}", draft.facility),
        cause: draft.request.id.0,
        reason: draft.request.reason.clone(),
    };
    let mut tx = Tx::begin(&capacity.db, ctx, &[(permit, entry)]).await?;
    let written = write_report(&mut tx, capacity, ctx, key, draft, whole_form).await;
    match written {
        Ok(Some(report)) => {
            let taken = tx.finish(Ok(Taken { report, replayed: false })).await?;
            Ok(Step::Done(Box::new(taken)))
        }
        Ok(None) => {
            tx.abandon().await;
            // either the id was answered before, or this attempt must lock more
            let before = idempotency::replay(&mut *capacity.db.read().await?, key).await?;
            Ok(before.map_or(Step::NeedsWholeForm, |report| Step::Done(Box::new(Taken { report, replayed: true }))))
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

/// A report that is right as far as it can be told without the database.
struct Draft {
    request: SubmitReport,
    facility: Uuid,
    form: Form,
    day: BusinessDay,
    answers: Answers,
    as_of: Option<Instant>,
}

impl Draft {
    fn check(ctx: &OpCtx, form: Form, facility: Uuid, request: SubmitReport) -> Result<Self> {
        let day = request.business_day;
        let today = BusinessDay::at(ctx.now);
        if day > today {
            return Err(Problem::new(&error::REPORT_DAY_IN_FUTURE).with("day", &day.to_string()).into());
        }
        if !provisional(&form, day, ctx.now) {
            return Err(Problem::new(&error::REPORT_WINDOW_CLOSED)
                .with("day", &day.to_string())
                .with("days", &form.correction_days.to_string())
                .into());
        }
        let (answers, mut errors) = form.read(&request.values.0);
        errors.extend(form.check(&answers, None).errors);
        let as_of = match request.as_of.as_deref().map(|text| as_of(text, day, ctx.now)) {
            None => None,
            Some(Ok(as_of)) => Some(as_of),
            Some(Err(error)) => {
                errors.push(error);
                None
            }
        };
        errors.extend(request.reason.as_deref().and_then(unfit));
        if !errors.is_empty() {
            return Err(Problem::of_fields(&error::REPORT_INVALID, errors).into());
        }
        Ok(Self { request, facility, form, day, answers, as_of })
    }
}

/// What is wrong with the sender's reason.
fn unfit(reason: &str) -> Option<FieldError> {
    if reason.contains('\0') {
        return Some(FieldError::new("reason", &error::REQUEST_NUL_CHARACTER));
    }
    let limit = format!("at most {REASON_CHARS_MAX} characters");
    let too_long = || FieldError::new("reason", &error::REQUEST_INVALID_FIELD).with("reason", &limit);
    (reason.chars().count() > REASON_CHARS_MAX).then(too_long)
}

fn as_of(text: &str, day: BusinessDay, now: Instant) -> std::result::Result<Instant, FieldError> {
    let as_of = parse_instant(text).map_err(|problem| problem.at("as_of"))?;
    let shown = rfc3339(as_of);
    if BusinessDay::at(as_of) != day {
        let error = FieldError::new("as_of", &error::REPORT_AS_OF_OUTSIDE_DAY);
        return Err(error.with("as_of", &shown).with("day", &day.to_string()));
    }
    if as_of > now + TimeDelta::seconds(CLOCK_TOLERANCE_S) {
        return Err(FieldError::new("as_of", &error::REPORT_AS_OF_IN_FUTURE).with("as_of", &shown));
    }
    Ok(as_of)
}

/// What the database knows about the facility, form and day.
struct Known {
    duty: Duty,
    newest: Option<Report>,
    latest: Option<Latest>,
}

/// `None` when there is nothing to write after all: see [`attempt`].
async fn write_report(
    tx: &mut Tx,
    capacity: &Capacity,
    ctx: &OpCtx,
    key: &Key,
    draft: &Draft,
    whole_form: bool,
) -> Result<Option<ReportAccepted>> {
    let (form, day, facility) = (&draft.form, draft.day, draft.facility);
    if whole_form {
        write::lock_form(tx, &form.code).await?;
    } else {
        write::lock_report(tx, &form.code, facility, key.id).await?;
    }
    if idempotency::replay::<ReportAccepted>(tx, key).await?.is_some() {
        return Ok(None);
    }
    let no_duty = || Problem::new(&error::REPORT_NO_DUTY).with("day", &day.to_string()).with("form", &form.code);
    let known = Known {
        duty: read::duty_on(tx, facility, &form.code, day.date()).await?.ok_or_else(no_duty)?,
        newest: read::newest(tx, facility, &form.code, day.date()).await?,
        latest: read::latest(tx, facility, &form.code).await?,
    };
    let row = row(ctx, draft, &known)?;
    let first_day_moves = known.latest.as_ref().is_none_or(|latest| day.date() < latest.first_day);
    // on later days the facility may count in another municipality, which is why it is the form's open
    // days that are asked for and not the rows of this one
    let later = match first_day_moves {
        true => read::open_days(tx, &form.code, day.plus_days(1).date()).await?,
        false => Vec::new(),
    };
    if !later.is_empty() && !whole_form {
        return Ok(None);
    }
    let own = read::lock_aggregate(tx, &known.duty.municipality, &form.code, day.date()).await?;
    let mut own = own.ok_or_else(|| Failure::internal(format!("no sums for {} on {day}", known.duty.municipality)))?;
    write::insert_report(tx, &row).await?;
    write::put_latest(tx, &[latest(&row, known.latest.as_ref())]).await?;
    let carried = known.newest.is_none() && !first_day_moves;
    add(&mut own, capacity, known.newest.as_ref(), &row, carried)?;
    if known.newest.is_some_and(|before| Some(before.as_of) == own.as_of_oldest) {
        own.as_of_oldest = read::oldest_as_of(tx, &own.municipality, &form.code, day.date()).await?;
    }
    write::put_aggregate(tx, &own).await?;
    for day in later {
        write::open_day(tx, &form.code, day).await?;
    }
    outbox::emit(tx, ctx, row.id, &event(&row)).await?;
    let accepted = accepted(ctx, draft, &row, tx)?;
    Ok(idempotency::take(tx, key, CREATED, &accepted).await?.then_some(accepted))
}

/// The next revision, checked against what is known.
fn row(ctx: &OpCtx, draft: &Draft, known: &Known) -> Result<Report> {
    let (form, day, request) = (&draft.form, draft.day, &draft.request);
    let current = known.newest.as_ref().map_or(0, |report| report.revision);
    if let Some(given) = request.replaces_revision.filter(|given| *given != current) {
        return Err(Problem::new(&error::REPORT_STALE_REVISION)
            .with("given", &given.to_string())
            .with("current", &current.to_string())
            .into());
    }
    let as_of = moment(ctx, draft, known.newest.as_ref())?;
    let previous = known.latest.as_ref().map(|latest| from_json(form, &latest.answers));
    let Findings { warnings, .. } = form.check(&draft.answers, previous.as_ref());
    let warnings: Vec<FieldProblem> = warnings.iter().map(FieldProblem::from).collect();
    Ok(Report {
        id: request.id.0,
        facility_id: draft.facility,
        form: form.code.clone(),
        form_version: form.version,
        municipality: known.duty.municipality.clone(),
        business_day: day.date(),
        revision: current + 1,
        answers: to_json(form, &draft.answers),
        warnings: serde_json::to_value(&warnings)?,
        as_of,
        source: "api".to_owned(),
        actor: ctx.actor.account.0,
        actor_name: ctx.actor.name.clone(),
        reason: request.reason.clone(),
        training: ctx.training,
        business_at: ctx.now,
    })
}

/// The moment the figures describe: as given, else now; never before that of the revision before.
fn moment(ctx: &OpCtx, draft: &Draft, previous: Option<&Report>) -> Result<Instant> {
    let floor = previous.map(|report| report.as_of);
    match (draft.as_of, floor) {
        (Some(as_of), Some(floor)) if as_of < floor => {
            let error = FieldError::new("as_of", &error::REPORT_AS_OF_GOES_BACK)
                .with("as_of", &rfc3339(as_of))
                .with("previous", &rfc3339(floor));
            Err(Problem::of_fields(&error::REPORT_INVALID, vec![error]).into())
        }
        (Some(as_of), _) => Ok(as_of),
        (None, floor) => {
            let now = ctx.now.min(draft.day.last_instant());
            Ok(floor.map_or(now, |floor| floor.max(now)))
        }
    }
}

/// The facility's newest report, after this one.
pub(crate) fn latest(row: &Report, before: Option<&Latest>) -> Latest {
    let first_day = before.map_or(row.business_day, |before| before.first_day.min(row.business_day));
    match before {
        Some(before) if before.business_day > row.business_day => Latest { first_day, ..before.clone() },
        _ => Latest {
            facility_id: row.facility_id,
            form: row.form.clone(),
            first_day,
            business_day: row.business_day,
            revision: row.revision,
            report_id: row.id,
            answers: row.answers.clone(),
            as_of: row.as_of,
        },
    }
}

/// What a stored report puts into the sums, read with the version of the form that it was checked
/// against: a later version may have dropped an item that the sums still hold.
fn share(capacity: &Capacity, report: &Report) -> Result<Vec<i64>> {
    let form = capacity.form_version(&report.form, report.form_version)?;
    Ok(contribution(&form, &from_json(&form, &report.answers)))
}

/// Moves a row of sums by what the report changes. `before` is the revision it replaces; `carried`
/// says that the facility counted as carried until now.
pub(crate) fn add(
    sums: &mut Aggregate,
    capacity: &Capacity,
    before: Option<&Report>,
    row: &Report,
    carried: bool,
) -> Result<()> {
    let old = before.map(|before| share(capacity, before)).transpose()?.unwrap_or_default();
    let new = share(capacity, row)?;
    sums.sums = moved(&sums.sums, &old, &new)
        .map_err(|overflow| Failure::internal(format!("{} {}: {overflow}", sums.municipality, sums.business_day)))?;
    if before.is_none() {
        sums.reported += 1;
        sums.carried -= i32::from(carried);
    }
    sums.as_of_newest = sums.as_of_newest.max(Some(row.as_of));
    sums.as_of_oldest = Some(sums.as_of_oldest.map_or(row.as_of, |oldest| oldest.min(row.as_of)));
    Ok(())
}

pub(crate) fn event(row: &Report) -> CapacityReported {
    CapacityReported {
        report_id: row.id,
        facility_id: row.facility_id,
        municipality: row.municipality.clone(),
        form: row.form.clone(),
        form_version: row.form_version,
        business_day: BusinessDay::from_date(row.business_day).to_string(),
        revision: row.revision,
        as_of: rfc3339(row.as_of),
        source: row.source.clone(),
        training: row.training,
        values: row.answers.clone(),
    }
}

fn accepted(ctx: &OpCtx, draft: &Draft, row: &Report, tx: &Tx) -> Result<ReportAccepted> {
    Ok(ReportAccepted {
        id: draft.request.id,
        facility_id: row.facility_id,
        form: row.form.clone(),
        form_version: row.form_version,
        business_day: draft.day,
        revision: row.revision,
        as_of: rfc3339(row.as_of),
        submitted_at: rfc3339(row.business_at),
        provisional: provisional(&draft.form, draft.day, ctx.now),
        training: row.training,
        warnings: serde_json::from_value(row.warnings.clone())?,
        position: tx.position().to_string(),
    })
}
