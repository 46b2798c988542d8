//! National totals as the auditor computes them: straight from the reports, item by item, without
//! the rows of sums, their slots or any territory.
use super::probe::{ANSWER, NEWEST};
use chrono::NaiveDate;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Date, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::BusinessDay;
use platform::failure::Result;
use serde::Serialize;
use std::collections::BTreeMap;

/// National totals by day, form and item; a choice stands as `item=choice`, with the number of
/// facilities that chose it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Recomputed(BTreeMap<BusinessDay, BTreeMap<String, BTreeMap<String, i64>>>);

impl Recomputed {
    /// Days with at least one report.
    pub fn days(&self) -> impl Iterator<Item = BusinessDay> {
        self.0.keys().copied()
    }

    /// Sum of a count over all facilities that answered it; `None` when none did.
    #[must_use]
    pub fn sum(&self, day: BusinessDay, form: &str, item: &str) -> Option<i64> {
        self.0.get(&day)?.get(form)?.get(item).copied()
    }

    /// Facilities that gave this choice; `None` when none did.
    #[must_use]
    pub fn choice(&self, day: BusinessDay, form: &str, item: &str, choice: &str) -> Option<i64> {
        self.sum(day, form, &format!("{item}={choice}"))
    }

    /// ICU beds occupied in the whole country.
    #[must_use]
    pub fn icu_occupied(&self, day: BusinessDay) -> Option<i64> {
        self.sum(day, "daily", "icu_occupied")
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    form: String,
    #[diesel(sql_type = Date)]
    business_day: NaiveDate,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Nullable<Text>)]
    choice: Option<String>,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

pub(super) async fn recompute(conn: &mut AsyncPgConnection) -> Result<Recomputed> {
    // a damaged number must be a violation elsewhere, not the end of the audit here: kept in range
    let sql = format!(
        "with {NEWEST}, {ANSWER}
         select form, business_day, code, choice,
                case when choice is null
                     then least(greatest(trunc(sum(number)), -9007199254740992), 9007199254740992)::bigint
                     else count(*) end as total
         from answer where number is not null or choice is not null
         group by form, business_day, code, choice"
    );
    let rows: Vec<Row> = diesel::sql_query(sql).load(conn).await?;
    let mut totals = BTreeMap::<_, BTreeMap<_, BTreeMap<_, _>>>::new();
    for row in rows {
        let item = row.choice.map_or_else(|| row.code.clone(), |choice| format!("{}={choice}", row.code));
        let day = BusinessDay::from_date(row.business_day);
        totals.entry(day).or_default().entry(row.form).or_default().insert(item, row.total);
    }
    Ok(Recomputed(totals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_found_and_written_by_day_form_and_item() {
        let day = BusinessDay::parse("2021-04-05").unwrap();
        let items = [("icu_occupied".to_owned(), 7), ("status_inpatient=normal".to_owned(), 3)];
        let totals = Recomputed([(day, [("daily".to_owned(), items.into())].into())].into());
        assert_eq!((totals.icu_occupied(day), totals.icu_occupied(day.plus_days(1))), (Some(7), None));
        assert_eq!(totals.choice(day, "daily", "status_inpatient", "normal"), Some(3));
        assert_eq!(totals.days().collect::<Vec<_>>(), [day]);
        assert_eq!(
            serde_json::to_string(&totals).unwrap(),
            r#"{"2021-04-05":{"daily":{"icu_occupied":7,"status_inpatient=normal":3}}}"#
        );
    }
}
