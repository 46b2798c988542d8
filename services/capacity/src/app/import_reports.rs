//! Writing the answers of a published file: in bulk, idempotently, as reports of source `gmis`.
use super::{
    open_day,
    submit_report::{OPERATION, add, event, latest},
    system_permit,
};
use crate::Capacity;
use capacity_store::{
    read,
    rows::{Aggregate, Duty, Latest, Report},
    write,
};
use domain::{
    BusinessDay, Problem,
    capacity::{Answers, Form, form::to_json},
    error,
    ids::FacilityId,
    policy::{Action, Permit},
};
use platform::{
    Failure, OpCtx, Tx, audit,
    failure::Result,
    idempotency::{self, Key},
    opctx::new_id,
    outbox,
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// A day's answers from a published file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The day.
    pub day: BusinessDay,
    /// One report a facility.
    pub reports: &'a [(FacilityId, Answers)],
    /// The file was made up, for training.
    pub synthetic: bool,
}

/// What importing a day of reports did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// First reports of their facility for the day.
    pub new: usize,
    /// Further revisions: the file says something else than before.
    pub revised: usize,
    /// Said the same before.
    pub unchanged: usize,
}

/// Imports the answers of one form and day, one report a facility. The facilities must have the
/// duty. Importing the same again changes nothing.
///
/// # Errors
/// `auth.forbidden`, `report.unknown_form`, `report.day_in_future`, `report.no_duty`; the database's.
pub async fn import_reports(capacity: &Capacity, ctx: &OpCtx, form: &str, file: &File<'_>) -> Result<Imported> {
    let day = file.day;
    let permit = system_permit(ctx, Action::StatusImport)?;
    let form = capacity.form(form)?;
    if day > BusinessDay::at(ctx.now) {
        return Err(Problem::new(&error::REPORT_DAY_IN_FUTURE).with("day", &day.to_string()).into());
    }
    open_day::ensure_open(capacity, &form.code, day).await?;
    let entry = audit::Entry { target: format!("import/{}/{day}", form.code), cause: new_id(), reason: None };
    let mut tx = Tx::begin(&capacity.db, ctx, &[(&permit, entry)]).await?;
    let imported = write_all(&mut tx, capacity, ctx, &permit, &form, file).await;
    tx.finish(imported).await
}

/// What the database knows of a day, by facility.
struct Known {
    duties: HashMap<Uuid, Duty>,
    newest: HashMap<Uuid, Report>,
    latest: HashMap<Uuid, Latest>,
    sums: HashMap<String, Aggregate>,
}

impl Known {
    async fn load(tx: &mut Tx, form: &Form, day: BusinessDay, facilities: &[Uuid]) -> Result<Self> {
        let date = day.date();
        let duties = read::duties(tx, facilities).await?.into_iter().filter(|duty| {
            duty.form == form.code && duty.valid_from <= date && duty.valid_to.is_none_or(|to| to > date)
        });
        let newest = read::newest_of(tx, facilities, &form.code, date).await?.into_iter();
        let latest = read::latest_of(tx, facilities, &form.code).await?.into_iter();
        let sums = read::aggregates_of_day(tx, &form.code, date).await?.into_iter();
        Ok(Self {
            duties: duties.map(|row| (row.facility_id, row)).collect(),
            newest: newest.map(|row| (row.facility_id, row)).collect(),
            latest: latest.map(|row| (row.facility_id, row)).collect(),
            sums: sums.map(|row| (row.municipality.clone(), row)).collect(),
        })
    }
}

async fn write_all(
    tx: &mut Tx,
    capacity: &Capacity,
    ctx: &OpCtx,
    permit: &Permit,
    form: &Form,
    file: &File<'_>,
) -> Result<Imported> {
    let File { day, reports, .. } = *file;
    // no other report of the form moves the sums meanwhile, so they need no row locks
    write::lock_form(tx, &form.code).await?;
    let facilities: Vec<Uuid> = reports.iter().map(|(facility, _)| facility.0).collect();
    let mut known = Known::load(tx, form, day, &facilities).await?;
    let mut imported = Imported::default();
    let (mut rows, mut newest) = (Vec::new(), Vec::new());
    for (facility, answers) in reports {
        let answers = to_json(form, answers);
        let before = known.newest.get(&facility.0);
        if before.is_some_and(|before| before.answers == answers) {
            imported.unchanged += 1;
            continue;
        }
        let row = row(ctx, form, file, facility.0, answers, &known)?;
        let earlier = known.latest.get(&facility.0);
        let carried = before.is_none() && earlier.is_some_and(|latest| latest.first_day < day.date());
        let before = before.cloned();
        match before {
            Some(_) => imported.revised += 1,
            None => imported.new += 1,
        }
        newest.push(latest(&row, earlier));
        let sums = known.sums.get_mut(&row.municipality);
        let sums = sums.ok_or_else(|| Failure::internal(format!("no sums for {} on {day}", row.municipality)))?;
        add(sums, capacity, before.as_ref(), &row, carried)?;
        rows.push(row);
    }
    write::insert_reports(tx, &rows).await?;
    write::put_latest(tx, &newest).await?;
    put_sums(tx, form, &rows, known.sums).await?;
    record(tx, ctx, permit, &rows).await?;
    // a facility's first report ever may lie before days that are open
    for later in read::open_days(tx, &form.code, day.plus_days(1).date()).await? {
        write::open_day(tx, &form.code, later).await?;
    }
    Ok(imported)
}

fn row(
    ctx: &OpCtx,
    form: &Form,
    file: &File<'_>,
    facility: Uuid,
    answers: serde_json::Value,
    known: &Known,
) -> Result<Report> {
    let day = file.day;
    let no_duty = || Problem::new(&error::REPORT_NO_DUTY).with("day", &day.to_string()).with("form", &form.code);
    let duty = known.duties.get(&facility).ok_or_else(no_duty)?;
    let before = known.newest.get(&facility);
    // the file names the day only; its answers are those of the due time
    let as_of = day.instant_of(form.due).min(ctx.now);
    Ok(Report {
        id: new_id(),
        facility_id: facility,
        form: form.code.clone(),
        form_version: form.version,
        municipality: duty.municipality.clone(),
        business_day: day.date(),
        revision: before.map_or(1, |before| before.revision + 1),
        answers,
        warnings: json!([]),
        as_of: before.map_or(as_of, |before| before.as_of.max(as_of)),
        source: "gmis".to_owned(),
        actor: ctx.actor.account.0,
        actor_name: ctx.actor.name.clone(),
        reason: None,
        training: file.synthetic,
        business_at: ctx.now,
    })
}

async fn put_sums(tx: &mut Tx, form: &Form, rows: &[Report], sums: HashMap<String, Aggregate>) -> Result<()> {
    let touched: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.municipality.as_str()).collect();
    for municipality in touched {
        let Some(mut sums) = sums.get(municipality).cloned() else { continue };
        // a revision may have replaced the oldest moment; here it is cheap to ask
        sums.as_of_oldest = read::oldest_as_of(tx, municipality, &form.code, sums.business_day).await?;
        write::put_aggregate(tx, &sums).await?;
    }
    Ok(())
}

/// Audit, event and idempotency of each report.
async fn record(tx: &mut Tx, ctx: &OpCtx, permit: &Permit, rows: &[Report]) -> Result<()> {
    let entry =
        |row: &Report| audit::Entry { target: format!("facility/{}", row.facility_id), cause: row.id, reason: None };
    let entries: Vec<_> = rows.iter().map(|row| (permit, entry(row))).collect();
    tx.note(ctx, &entries).await?;
    let events: Vec<_> = rows.iter().map(|row| (row.id, event(row))).collect();
    outbox::emit_all(tx, ctx, &events).await?;
    let keys = rows
        .iter()
        .map(|row| {
            let key = Key::new(row.id, &ctx.actor, OPERATION, &row.answers)?;
            Ok((key, json!({"id": row.id, "revision": row.revision})))
        })
        .collect::<Result<Vec<_>>>()?;
    idempotency::take_all(tx, &keys, 201).await
}
