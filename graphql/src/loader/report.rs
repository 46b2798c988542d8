//! Reports of facilities that the caller sees.
use super::{Source, grouped};
use async_graphql::dataloader::Loader;
use capacity_store::{read, rows::Report};
use domain::{BusinessDay, Problem, TerritoryCode, ids::FacilityId};
use platform::failure::Failure;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// The newest report of a facility.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LatestReport {
    /// Whose.
    pub facility: FacilityId,
    /// Where it is: the scope decides by it.
    pub municipality: TerritoryCode,
    /// Of which form.
    pub form: String,
}

/// The newest revision of a facility's report of a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DayReport {
    /// Whose.
    pub facility: FacilityId,
    /// Where it is: the scope decides by it.
    pub municipality: TerritoryCode,
    /// Of which form.
    pub form: String,
    /// Of which day.
    pub day: BusinessDay,
}

impl Source {
    fn shows_report(&self, row: &Report) {
        let what = format!("report/{}/{}", row.form, row.business_day);
        self.viewed.add(FacilityId(row.facility_id), &row.municipality, what);
    }
}

impl Loader<LatestReport> for Source {
    type Value = Arc<Report>;
    type Error = Problem;

    async fn load(&self, keys: &[LatestReport]) -> Result<HashMap<LatestReport, Arc<Report>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for (form, keys) in grouped(keys, |key| key.form.clone()) {
            let places: Vec<_> = keys.iter().map(|key| (key.facility, key.municipality)).collect();
            let rows = read::latest_reports(snapshot.conn(), &self.scope, &places, &form)
                .await
                .map_err(Failure::into_problem)?;
            let mut rows: HashMap<Uuid, Report> = rows.into_iter().map(|row| (row.facility_id, row)).collect();
            for row in rows.values() {
                self.shows_report(row);
            }
            let row = |key: LatestReport| rows.remove(&key.facility.0).map(|row| (key, Arc::new(row)));
            found.extend(keys.into_iter().filter_map(row));
        }
        Ok(found)
    }
}

impl Loader<DayReport> for Source {
    type Value = Arc<Report>;
    type Error = Problem;

    async fn load(&self, keys: &[DayReport]) -> Result<HashMap<DayReport, Arc<Report>>, Problem> {
        let mut found = HashMap::new();
        let mut snapshot = self.reading.snapshot().await?;
        for ((form, day), keys) in grouped(keys, |key| (key.form.clone(), key.day)) {
            let visible: Vec<DayReport> =
                keys.into_iter().filter(|key| self.scope.sees_reports(key.facility, key.municipality)).collect();
            let ids: Vec<Uuid> = visible.iter().map(|key| key.facility.0).collect();
            if ids.is_empty() {
                continue;
            }
            let rows =
                read::newest_of(snapshot.conn(), &ids, &form, day.date()).await.map_err(Failure::into_problem)?;
            let mut rows: HashMap<Uuid, Report> = rows.into_iter().map(|row| (row.facility_id, row)).collect();
            for row in rows.values() {
                self.shows_report(row);
            }
            let row = |key: DayReport| rows.remove(&key.facility.0).map(|row| (key, Arc::new(row)));
            found.extend(visible.into_iter().filter_map(row));
        }
        Ok(found)
    }
}
