//! Writes of every report, prepared once per connection ([`platform::statement`]).
use crate::rows::{Aggregate, Latest};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, BigInt, Date, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use platform::{statement, statement::column};
use serde_json::Value;
use uuid::Uuid;

statement! {
    /// Writes the newest reports of facilities, or replaces them.
    PutLatest<'a> {
        facility_ids: Vec<Uuid> as Array<SqlUuid>,
        forms: Vec<&'a str> as Array<Text>,
        first_days: Vec<NaiveDate> as Array<Date>,
        business_days: Vec<NaiveDate> as Array<Date>,
        revisions: Vec<i32> as Array<Integer>,
        report_ids: Vec<Uuid> as Array<SqlUuid>,
        answers: Vec<&'a Value> as Array<Jsonb>,
        as_ofs: Vec<DateTime<Utc>> as Array<Timestamptz>,
    },
    "insert into capacity.latest (facility_id, form, first_day, business_day, revision, report_id, answers, as_of)
     select * from unnest(?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (facility_id, form) do update
     set first_day = excluded.first_day, business_day = excluded.business_day, revision = excluded.revision,
         report_id = excluded.report_id, answers = excluded.answers, as_of = excluded.as_of"
}

impl<'a> PutLatest<'a> {
    pub(crate) fn new(rows: &'a [Latest]) -> Self {
        Self {
            facility_ids: column(rows, |row| row.facility_id),
            forms: column(rows, |row| row.form.as_str()),
            first_days: column(rows, |row| row.first_day),
            business_days: column(rows, |row| row.business_day),
            revisions: column(rows, |row| row.revision),
            report_ids: column(rows, |row| row.report_id),
            answers: column(rows, |row| &row.answers),
            as_ofs: column(rows, |row| row.as_of),
        }
    }
}

statement! {
    /// Writes a row of sums back, one version later.
    PutAggregate<'a> {
        reported: i32 as Integer,
        carried: i32 as Integer,
        sums: &'a [i64] as Array<BigInt>,
        as_of_oldest: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        as_of_newest: Option<DateTime<Utc>> as Nullable<Timestamptz>,
        form: &'a str as Text,
        business_day: NaiveDate as Date,
        municipality: &'a str as Text,
    },
    "update capacity.aggregate
     set reported = ?, carried = ?, sums = ?, as_of_oldest = ?, as_of_newest = ?, version = version + 1
     where form = ? and business_day = ? and municipality = ?"
}

impl<'a> PutAggregate<'a> {
    pub(crate) fn new(row: &'a Aggregate) -> Self {
        Self {
            reported: row.reported,
            carried: row.carried,
            sums: &row.sums,
            as_of_oldest: row.as_of_oldest,
            as_of_newest: row.as_of_newest,
            form: &row.form,
            business_day: row.business_day,
            municipality: &row.municipality,
        }
    }
}
