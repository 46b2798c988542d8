//! A check written as one query.
use super::{Check, SHOWN_MAX};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use platform::failure::Result;
use std::time::Instant;

/// A check written as one query.
#[derive(Clone)]
pub(super) struct Probe {
    pub id: &'static str,
    pub what_ja: &'static str,
    pub what_en: &'static str,
    /// A SELECT with one row for each thing examined, in which `what` says what is wrong with it and
    /// is null if nothing is. May begin with `with`.
    pub sql: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    examined: i64,
    #[diesel(sql_type = BigInt)]
    wrong: i64,
    #[diesel(sql_type = Array<Text>)]
    shown: Vec<String>,
}

impl Probe {
    pub async fn run(self, conn: &mut AsyncPgConnection) -> Result<Check> {
        let begun = Instant::now();
        let sql = format!(
            "select count(*) as examined, count(what) as wrong,
                    coalesce((array_agg(what order by what) filter (where what is not null))[1:{SHOWN_MAX}], '{{}}')
                        as shown
             from ({}) as examined",
            self.sql
        );
        let row: Row = diesel::sql_query(sql).get_result(conn).await?;
        Ok(Check {
            id: self.id,
            what_ja: self.what_ja,
            what_en: self.what_en,
            examined: row.examined,
            violations: row.shown,
            violations_count: row.wrong,
            elapsed_ms: elapsed_ms(begun),
        })
    }
}

pub(super) fn elapsed_ms(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The report that counts of each facility, form and day. As an anti-join, and not as the first of a
/// sorted group, so that the answers need not be carried through a sort.
pub(super) const NEWEST: &str = "newest as (
    select r.* from capacity.report r
    where not exists (
        select from capacity.report later
        where later.business_day = r.business_day and later.facility_id = r.facility_id
          and later.form = r.form and later.revision > r.revision))";

/// Every answer of the reports that count, with its item; `answer` is null where the item is none of
/// the form's.
pub(super) const ANSWER: &str = "answer as (
    select n.form, n.business_day, n.municipality, n.facility_id, n.revision, a.key as code, a.value,
           i.kind, i.slot, i.max,
           case when jsonb_typeof(a.value) = 'number' then a.value::text::numeric end as number,
           case when jsonb_typeof(a.value) = 'string' then a.value #>> '{}' end as choice
    from newest n
    cross join lateral jsonb_each(n.answers) as a
    left join capacity.form_item i on i.form = n.form and i.version = n.form_version and i.code = a.key)";
