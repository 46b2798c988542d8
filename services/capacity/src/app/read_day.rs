//! Reading back what a facility reported for a day.
use super::{facility_permit, provisional};
use crate::Capacity;
use capacity_store::{read, rows::Report};
use domain::{
    BusinessDay, Problem, error,
    ids::ReportId,
    policy::{Action, Place},
    time::rfc3339,
};
use platform::{Failure, OpCtx, failure::Result, views};
use wire::report::{DayOfReports, ReportRevision};

/// All revisions of a facility's report of a day, newest first.
///
/// # Errors
/// `facility.not_found` for what the actor cannot see; `report.unknown_form`; `report.not_found`
/// when nothing was reported.
pub async fn read_day(
    capacity: &Capacity,
    ctx: &OpCtx,
    key: &str,
    form: &str,
    day: BusinessDay,
) -> Result<DayOfReports> {
    let permit = facility_permit(&capacity.db, ctx, Action::ReportRead, key).await?;
    let Place::Facility(facility, municipality) = permit.place() else {
        return Err(Failure::internal("a report's permit is for a facility"));
    };
    let form = capacity.form(form)?;
    let rows = read::revisions(&mut *capacity.db.read().await?, facility.0, &form.code, day.date()).await?;
    if rows.is_empty() {
        return Err(Problem::new(&error::REPORT_NOT_FOUND).with("day", &day.to_string()).into());
    }
    let seen = format!("report/{}/{day}", form.code);
    views::note(&capacity.db, ctx, "capacity", [(facility, municipality.to_string(), seen)]).await?;
    Ok(DayOfReports {
        facility_id: facility.0,
        business_day: day,
        due_at: rfc3339(day.instant_of(form.due)),
        provisional: provisional(&form, day, ctx.now),
        revisions: rows.into_iter().map(revision).collect::<Result<_>>()?,
        form: form.code,
    })
}

fn revision(row: Report) -> Result<ReportRevision> {
    Ok(ReportRevision {
        id: ReportId(row.id),
        revision: row.revision,
        values: row.answers,
        warnings: serde_json::from_value(row.warnings)?,
        as_of: rfc3339(row.as_of),
        submitted_at: rfc3339(row.business_at),
        submitted_by: row.actor_name,
        source: row.source,
        reason: row.reason,
        training: row.training,
    })
}
