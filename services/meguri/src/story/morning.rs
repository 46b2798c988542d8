//! The morning: most hospitals send their bed report before it is due, some after, some never; a few
//! correct theirs. Everything is made up, the same at every run, and marked as training.
use super::client::Client;
use crate::{
    home::Home,
    seed::{proxy_name, service_secret},
    synthetic::daily_values,
};
use domain::{
    BusinessDay, TerritoryCode,
    ids::{FacilityId, ReportId},
};
use futures::{StreamExt, stream};
use platform::{failure::Result, opctx::new_id};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicUsize, Ordering};
use wire::report::{RawAnswers, SubmitReport};

/// Of a hundred hospitals, how many report in time, and how many never.
const IN_TIME_PERCENT: usize = 65;
const NEVER_PERCENT: usize = 5;
/// How many correct their report.
const CORRECTIONS: usize = 50;
/// Reports on their way at the same time: as from so many hospitals' systems.
const IN_FLIGHT: usize = 24;

/// A hospital of the story.
#[derive(Debug, Clone)]
pub struct Hospital {
    /// 医療機関ID of G-MIS.
    pub gmis_id: String,
    /// Our id.
    pub id: FacilityId,
    /// Where.
    pub municipality: TerritoryCode,
}

/// Who reports when.
pub struct Plan {
    /// Before the due time.
    pub in_time: Vec<Hospital>,
    /// After it.
    pub late: Vec<Hospital>,
    /// Not at all.
    pub never: Vec<Hospital>,
}

impl Plan {
    /// Divides the hospitals in an order that mixes prefectures and is always the same.
    #[must_use]
    pub fn new(mut hospitals: Vec<Hospital>) -> Self {
        hospitals.sort_by_cached_key(|hospital| Sha256::digest(hospital.gmis_id.as_bytes()).to_vec());
        let in_time = hospitals.len() * IN_TIME_PERCENT / 100;
        let never = hospitals.len() * NEVER_PERCENT / 100;
        let mut late = hospitals.split_off(in_time);
        let never = late.split_off(late.len() - never);
        Self { in_time: hospitals, late, never }
    }

    /// Those who correct their report later.
    #[must_use]
    pub fn corrections(&self) -> &[Hospital] {
        self.in_time.get(..CORRECTIONS).unwrap_or(&self.in_time)
    }
}

/// What came of sending.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Taken (201).
    pub accepted: usize,
    /// Refused.
    pub rejected: usize,
    /// The first refusals, as the server put them.
    pub problems: Vec<String>,
}

/// One revision of a hospital's report of a day.
#[must_use]
pub fn report(hospital: &Hospital, day: BusinessDay, revision: u32) -> SubmitReport {
    SubmitReport {
        id: ReportId(new_id()),
        facility: format!("gmis:{}", hospital.gmis_id),
        form: "daily".to_owned(),
        business_day: day,
        as_of: None,
        replaces_revision: (revision > 1).then(|| i32::try_from(revision).unwrap_or(i32::MAX) - 1),
        reason: (revision > 1).then(|| "訓練: 数の訂正 / training: corrected count".to_owned()),
        values: RawAnswers(daily_values(&hospital.gmis_id, day, revision)),
    }
}

/// Sends one report for each hospital, as single requests by its prefecture's service account.
///
/// # Errors
/// When the server cannot be reached; refusals are counted.
pub async fn send(
    client: &Client,
    home: &Home,
    hospitals: &[Hospital],
    day: BusinessDay,
    revision: u32,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Sent> {
    let done = AtomicUsize::new(0);
    let one = |hospital: &Hospital| {
        let (hospital, done) = (hospital.clone(), &done);
        async move {
            let name = proxy_name(hospital.municipality.prefecture_number());
            let token = client.token(&name, &service_secret(home, &name), true).await?;
            let answer = client.submit(&token, &report(&hospital, day, revision)).await?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, hospitals.len());
            Ok(answer)
        }
    };
    let answers: Vec<Result<_>> = stream::iter(hospitals).map(one).buffer_unordered(IN_FLIGHT).collect().await;
    let mut sent = Sent::default();
    for answer in answers {
        match answer? {
            Ok(_) => sent.accepted += 1,
            Err(problem) => {
                sent.rejected += 1;
                if sent.problems.len() < 3 {
                    sent.problems.push(problem.to_string());
                }
            }
        }
    }
    Ok(sent)
}

/// The sum of an item over reports, as the hospitals themselves would add it up.
#[must_use]
pub fn sum_of(item: &str, hospitals: &[Hospital], day: BusinessDay, revision: u32) -> i64 {
    let value = |hospital: &Hospital| {
        let values = daily_values(&hospital.gmis_id, day, revision);
        values.iter().find(|(code, _)| code == item).and_then(|(_, value)| value.as_i64()).unwrap_or(0)
    };
    hospitals.iter().map(value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_days_hospitals_divide_as_announced() {
        let hospitals = (0..8_290)
            .map(|n| Hospital {
                gmis_id: format!("{n:08}"),
                id: FacilityId(uuid::Uuid::from_u128(n)),
                municipality: TerritoryCode::of_prefecture(13),
            })
            .collect();
        let plan = Plan::new(hospitals);
        assert_eq!((plan.in_time.len(), plan.late.len(), plan.never.len()), (5_388, 2_488, 414));
        assert_eq!(plan.corrections().len(), 50);
    }
}
