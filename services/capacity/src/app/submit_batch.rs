//! Many reports in one request; each is taken or refused by itself.
use super::submit_report::submit_report;
use crate::Capacity;
use domain::{Problem, error};
use futures::{StreamExt, stream};
use platform::{Failure, OpCtx, failure::Result, http::parse_json};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use wire::{
    problem::ProblemBody,
    report::{BatchAnswer, BatchOutcome, SubmitBatch, SubmitReport},
};

/// Most reports of one batch.
pub const ITEMS_MAX: usize = 10_000;
/// Reports of different facilities run side by side; as many as leave connections for others.
const SIDE_BY_SIDE: usize = 4;

/// Takes the reports of a batch. Those of one facility are taken in the order sent.
///
/// # Errors
/// `request.too_many_items`; everything else stands in the outcome of its own report.
pub async fn submit_batch(capacity: &Capacity, ctx: &OpCtx, batch: SubmitBatch, path: &str) -> Result<BatchAnswer> {
    if batch.reports.len() > ITEMS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &ITEMS_MAX.to_string()).into());
    }
    let mut of_facility: HashMap<String, Vec<(usize, Box<RawValue>)>> = HashMap::new();
    for (index, report) in batch.reports.into_iter().enumerate() {
        let facility = serde_json::from_str::<Named>(report.get()).map(|named| named.facility).unwrap_or_default();
        of_facility.entry(facility).or_default().push((index, report));
    }
    let one_facility = |reports: Vec<(usize, Box<RawValue>)>| async move {
        let mut outcomes = Vec::with_capacity(reports.len());
        for (index, report) in reports {
            outcomes.push(one(capacity, ctx, index, report.get(), path).await);
        }
        outcomes
    };
    let done: Vec<Vec<BatchOutcome>> =
        stream::iter(of_facility.into_values()).map(one_facility).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let mut outcomes: Vec<BatchOutcome> = done.into_iter().flatten().collect();
    outcomes.sort_by_key(|outcome| outcome.index);
    let with = |status: u16| outcomes.iter().filter(|outcome| outcome.status == status).count();
    let (accepted, replayed) = (with(201), with(200));
    Ok(BatchAnswer { accepted, replayed, refused: outcomes.len() - accepted - replayed, outcomes })
}

/// The part of a report that says which others it must stay in order with.
#[derive(Deserialize)]
struct Named {
    facility: String,
}

async fn one(capacity: &Capacity, ctx: &OpCtx, index: usize, report: &str, path: &str) -> BatchOutcome {
    let taken = match parse_json::<SubmitReport>(report) {
        Ok(request) => submit_report(capacity, ctx, request).await,
        Err(problem) => Err(Failure::from(problem)),
    };
    match taken {
        Ok(taken) => BatchOutcome {
            index,
            status: if taken.replayed { 200 } else { 201 },
            report: Some(taken.report),
            problem: None,
        },
        Err(failure) => {
            let problem = failure.into_problem();
            let body = ProblemBody::new(&problem, path, &ctx.request_id.to_string());
            BatchOutcome { index, status: problem.code.status, report: None, problem: Some(body) }
        }
    }
}
