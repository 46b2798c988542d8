//! R24: what was reported keeps the form's rules, and time runs forward.
use super::probe::{ANSWER, NEWEST, Probe};

pub(super) fn probes() -> Vec<Probe> {
    vec![answers(), not_above(), beds(), moments(), revisions()]
}

/// The choices of each kind.
const CHOICE: &str = "choice (kind, name) as (values
    ('status', 'normal'), ('status', 'limited'), ('status', 'stopped'), ('status', 'not_offered'),
    ('staffing', 'normal'), ('staffing', 'short'), ('staffing', 'exhausted'))";

fn answers() -> Probe {
    Probe {
        id: "R24",
        what_ja: "回答は調査票の項目で、整数は範囲内、選択肢は正しい",
        what_en: "Every answer is to an item of the form, counts are whole and in range, choices exist",
        sql: format!(
            "with {NEWEST}, {ANSWER}, {CHOICE}
             select case
                when a.kind is null
                then format('%s %s %s: unknown item %s', a.form, a.business_day, a.facility_id, a.code)
                when a.value = 'null' then null
                when a.kind = 'count'
                     and (a.number is null or a.number <> trunc(a.number) or a.number < 0 or a.number > a.max)
                  or a.kind <> 'count' and c.name is null
                then format('%s %s %s: %s is %s', a.form, a.business_day, a.facility_id, a.code,
                            left(a.value::text, 40))
                end as what
             from answer a
             left join choice c on c.kind = a.kind and c.name = a.choice"
        ),
    }
}

fn not_above() -> Probe {
    Probe {
        id: "R24",
        what_ja: "「超えてはならない」規則がすべて守られている（例: 使用 ≤ 保有）",
        what_en: "Every rule \"not above\" of severity error holds where both items were answered",
        sql: format!(
            "with {NEWEST},
             pair as (
                select n.form, n.business_day, n.facility_id, r.left_item, r.right_item,
                       n.answers -> r.left_item as lesser, n.answers -> r.right_item as greater
                from newest n
                join capacity.form_rule r
                  on r.form = n.form and r.version = n.form_version and r.kind = 'not_above' and r.severity = 'error')
             select case when lesser::text::numeric > greater::text::numeric
                    then format('%s %s %s: %s %s above %s %s', form, business_day, facility_id,
                                left_item, lesser, right_item, greater)
                    end as what
             from pair
             where jsonb_typeof(lesser) = 'number' and jsonb_typeof(greater) = 'number'"
        ),
    }
}

/// Written out, and not read from the rules: a rule that somebody removed by mistake shows here.
fn beds() -> Probe {
    Probe {
        id: "R24",
        what_ja: "ICU・HCU: 0 ≤ 使用 ≤ 稼働 ≤ 総数",
        what_en: "ICU and HCU beds: 0 ≤ occupied ≤ staffed ≤ total",
        sql: format!(
            "with {NEWEST},
             ward as (
                select n.business_day, n.facility_id, unit,
                       n.answers -> (unit || '_occupied') as occupied, n.answers -> (unit || '_staffed') as staffed,
                       n.answers -> (unit || '_total') as total
                from newest n cross join (values ('icu'), ('hcu')) as units (unit)
                where n.form = 'daily'),
             number as (
                select business_day, facility_id, unit,
                       case when jsonb_typeof(occupied) = 'number' then occupied::text::numeric end as occupied,
                       case when jsonb_typeof(staffed) = 'number' then staffed::text::numeric end as staffed,
                       case when jsonb_typeof(total) = 'number' then total::text::numeric end as total
                from ward)
             select case when least(occupied, staffed, total) < 0
                           or occupied > staffed or staffed > total or occupied > total
                    then format('%s %s: %s occupied %s, staffed %s, total %s', business_day, facility_id, unit,
                                occupied, staffed, total)
                    end as what
             from number where coalesce(occupied, staffed, total) is not null"
        ),
    }
}

fn moments() -> Probe {
    Probe {
        id: "R24",
        what_ja: "施設・調査票ごとに、時点は戻らない",
        what_en: "The moment described never goes back, by facility and form",
        sql: "select case when as_of < before
                    then format('%s %s: %s revision %s is as of %s, the one before as of %s', form, facility_id,
                                business_day, revision, as_of, before)
                    end as what
             from (select form, facility_id, business_day, revision, as_of,
                          lag(as_of) over (partition by facility_id, form order by business_day, revision) as before
                   from capacity.report) as report"
            .to_owned(),
    }
}

fn revisions() -> Probe {
    Probe {
        id: "R24",
        what_ja: "施設・調査票・日ごとに、版は1から欠けずに続く",
        what_en: "Revisions run from 1 without a gap, by facility, form and day",
        sql: "select case when min(revision) <> 1 or max(revision) <> count(*) or count(distinct revision) <> count(*)
                    then format('%s %s %s: %s revisions, %s to %s', form, facility_id, business_day,
                                count(*), min(revision), max(revision))
                    end as what
             from capacity.report group by form, facility_id, business_day"
            .to_owned(),
    }
}
