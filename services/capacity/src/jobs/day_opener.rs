//! Opens each business day when it begins, and follows changes of the forms.
use crate::{Capacity, app};
use capacity_store::read;
use domain::{BusinessDay, capacity::Source};
use platform::{OpCtx, failure::Result};
use std::time::Duration;

/// Days that were missed are opened up to this many back, today included: after a longer standstill
/// nobody can report for the earlier ones any more.
const CATCH_UP_DAYS: u32 = 31;
const PERIOD: Duration = Duration::from_millis(500);

/// Runs until the process ends. Trouble is logged, and tried again half a second later.
pub fn start(capacity: &Capacity) {
    let capacity = capacity.clone();
    tokio::spawn(async move {
        loop {
            if let Err(failure) = once(&capacity).await {
                tracing::warn!(%failure, "the day could not be opened; trying again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// One round: forms anew, then for every form that facilities answer the days from the last open one
/// to the present one. Days without a single report are open too: everybody was due.
///
/// # Errors
/// The database's.
pub async fn once(capacity: &Capacity) -> Result<()> {
    capacity.reload_forms().await?;
    let ctx = OpCtx::system("day-opener", &capacity.shared.clock);
    let today = BusinessDay::at(ctx.now);
    for form in capacity.forms().iter().filter(|form| form.source == Source::Facility) {
        // once a day: this process remembers what it has opened
        if capacity.is_open(&form.code, today) {
            continue;
        }
        let last = read::last_open_day(&mut *capacity.db.read().await?, &form.code, today.date()).await?;
        for day in days(last.map(BusinessDay::from_date), today) {
            app::open_day::ensure_open(capacity, &form.code, day).await?;
        }
    }
    Ok(())
}

/// The days after `last` up to `today`; only `today` when none was ever open.
fn days(last: Option<BusinessDay>, today: BusinessDay) -> Vec<BusinessDay> {
    let missed = last.map_or(0, |last| u32::try_from(today.days_since(last)).unwrap_or(0)).saturating_sub(1);
    let back = missed.min(CATCH_UP_DAYS - 1);
    let earliest = today.date() - chrono::Days::new(back.into());
    (0..=back).map(|day| BusinessDay::from_date(earliest).plus_days(day)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(last: Option<&str>, today: &str) -> Vec<String> {
        let day = |text: &str| BusinessDay::parse(text).unwrap();
        days(last.map(day), day(today)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn missed_days_are_caught_up_with_for_a_month() {
        assert_eq!(named(None, "2021-04-05"), ["2021-04-05"]);
        assert_eq!(named(Some("2021-04-04"), "2021-04-05"), ["2021-04-05"]);
        assert_eq!(named(Some("2021-04-02"), "2021-04-05"), ["2021-04-03", "2021-04-04", "2021-04-05"]);
        let month = named(Some("2020-06-29"), "2021-04-05");
        assert_eq!((month.len(), month[0].as_str(), month[30].as_str()), (31, "2021-03-06", "2021-04-05"));
    }
}
