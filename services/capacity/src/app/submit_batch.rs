//! Many reports in one request; each is taken or refused by itself.
use super::submit_report::submit_report;
use crate::Capacity;
use capacity_store::read;
use domain::{FacilityKey, Problem, error, ids::AccountId};
use futures::{StreamExt, stream};
use platform::{Failure, OpCtx, failure::Result, http::parse_json};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;
use wire::{
    problem::ProblemBody,
    report::{BatchAnswer, BatchOutcome, SubmitBatch, SubmitReport},
};

/// Most reports of one batch.
pub const ITEMS_MAX: usize = 10_000;
/// Reports of different facilities of one batch run side by side.
const SIDE_BY_SIDE: usize = 4;
/// Reports of all batches of the process at a time: half of the pool stays for single reports.
const ITEMS_AT_ONCE: usize = 8;
/// Batches of one account at a time. Its reports are not counted against the rate: ten thousand in
/// one request are what a batch is for.
const BATCHES_OF_ACCOUNT: usize = 2;

/// What the batches of the process share. Cheap to clone.
#[derive(Clone)]
pub struct Batches {
    items: Arc<Semaphore>,
    running: Arc<Mutex<HashMap<AccountId, usize>>>,
}

impl Default for Batches {
    fn default() -> Self {
        Self { items: Arc::new(Semaphore::new(ITEMS_AT_ONCE)), running: Arc::default() }
    }
}

impl Batches {
    /// Lets a batch of the account begin, unless it has too many on their way.
    fn begin(&self, account: AccountId) -> Result<Running> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(account).or_insert(0);
        if *count >= BATCHES_OF_ACCOUNT {
            let limit = BATCHES_OF_ACCOUNT.to_string();
            return Err(Problem::new(&error::REQUEST_TOO_MANY_BATCHES).with("limit", &limit).retry_after(1).into());
        }
        *count += 1;
        Ok(Running { batches: self.clone(), account })
    }
}

/// A batch on its way; it ends when this is dropped, also when the work panics.
struct Running {
    batches: Batches,
    account: AccountId,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = self.batches.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.account);
            }
        }
    }
}

/// Takes the reports of a batch. Those of one facility are taken in the order sent, however each
/// names the facility.
///
/// # Errors
/// `request.too_many_items`, `request.too_many_batches`; everything else stands in the outcome of
/// its own report.
pub async fn submit_batch(capacity: &Capacity, ctx: &OpCtx, batch: SubmitBatch, path: &str) -> Result<BatchAnswer> {
    if batch.reports.len() > ITEMS_MAX {
        return Err(Problem::new(&error::REQUEST_TOO_MANY_ITEMS).with("limit", &ITEMS_MAX.to_string()).into());
    }
    let _running = capacity.batches.begin(ctx.actor.account)?;
    let one_facility = |reports: Vec<(usize, Box<RawValue>)>| async move {
        let mut outcomes = Vec::with_capacity(reports.len());
        for (index, report) in reports {
            // never closed; each report waits its turn anew, so that no batch holds up the others
            let _turn = capacity.batches.items.acquire().await;
            outcomes.push(one(capacity, ctx, index, report.get(), path).await);
        }
        outcomes
    };
    let of_facility = by_facility(capacity, batch.reports).await?;
    let done: Vec<Vec<BatchOutcome>> =
        stream::iter(of_facility).map(one_facility).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let mut outcomes: Vec<BatchOutcome> = done.into_iter().flatten().collect();
    outcomes.sort_by_key(|outcome| outcome.index);
    let with = |status: u16| outcomes.iter().filter(|outcome| outcome.status == status).count();
    let (accepted, replayed) = (with(201), with(200));
    Ok(BatchAnswer { accepted, replayed, refused: outcomes.len() - accepted - replayed, outcomes })
}

/// The part of a report that says which others it must stay in order with.
#[derive(Default, Deserialize)]
struct Named {
    facility: String,
}

/// The reports of each facility, with their places in the batch. Reports that name no facility are
/// kept together by what they name instead: they will be refused.
async fn by_facility(capacity: &Capacity, reports: Vec<Box<RawValue>>) -> Result<Vec<Vec<(usize, Box<RawValue>)>>> {
    let named = |report: &RawValue| serde_json::from_str::<Named>(report.get()).unwrap_or_default().facility;
    let names: Vec<String> = reports.iter().map(|report| named(report)).collect();
    let keys: Vec<FacilityKey> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let ids = match keys.is_empty() {
        true => HashMap::new(),
        false => read::ids(&mut *capacity.db.read().await?, &keys).await?,
    };
    let mut of_facility: HashMap<String, Vec<(usize, Box<RawValue>)>> = HashMap::new();
    for (index, (name, report)) in names.into_iter().zip(reports).enumerate() {
        let id = name.parse().ok().and_then(|key: FacilityKey| ids.get(&key));
        of_facility.entry(id.map_or(name, ToString::to_string)).or_default().push((index, report));
    }
    Ok(of_facility.into_values().collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_two_batches_at_a_time_and_others_have_theirs() {
        let batches = Batches::default();
        let account = |n| AccountId(uuid::Uuid::from_u128(n));
        let first = batches.begin(account(1)).unwrap();
        let _second = batches.begin(account(1)).unwrap();
        let third = batches.begin(account(1)).err().unwrap().into_problem();
        assert_eq!((third.code.code, third.retry_after_s), ("request.too_many_batches", Some(1)));
        let other = batches.begin(account(2)).unwrap();
        drop(first);
        assert!(batches.begin(account(1)).is_ok());
        drop(other);
        assert_eq!(batches.running.lock().unwrap().len(), 1, "who has none is forgotten");
    }
}
