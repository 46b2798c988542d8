//! R13: national totals = Σ prefectures = Σ municipalities = Σ facilities, for every day and form;
//! and with them the counters beside the sums, the newest reports, and the duties all this rests on.
use super::probe::{ANSWER, NEWEST, Probe};

/// The cells of a row of sums, from the reports: a count gives its sum at its slot and the number of
/// facilities that answered after it, a choice the number of facilities at its place.
fn cells(columns: &str) -> String {
    format!(
        "item as (
            select {columns}, kind, slot, sum(number) as total, count(number) as answered,
                   count(*) filter (where choice = 'normal') as normal,
                   count(*) filter (where choice = 'limited') as limited,
                   count(*) filter (where choice = 'stopped') as stopped,
                   count(*) filter (where choice = 'not_offered') as not_offered,
                   count(*) filter (where choice = 'short') as short,
                   count(*) filter (where choice = 'exhausted') as exhausted
            from answer where kind is not null group by {columns}, kind, slot),
         cell as (
            select {columns}, item.slot + place as slot,
                   case item.kind
                   when 'count' then case place when 0 then total else answered end
                   when 'status' then
                        case place when 0 then normal when 1 then limited when 2 then stopped else not_offered end
                   else case place when 0 then normal when 1 then short else exhausted end
                   end as amount
            from item
            join (values ('count', 0), ('count', 1), ('status', 0), ('status', 1), ('status', 2), ('status', 3),
                         ('staffing', 0), ('staffing', 1), ('staffing', 2)) as places (kind, place)
              on places.kind = item.kind)"
    )
}

/// The item that owns a cell, for people; looked up only for cells that are wrong.
const OWNER: &str = "coalesce((
    select i.code from capacity.form_item i
    where i.form = cells.form
      and cells.slot between i.slot and i.slot + case i.kind when 'count' then 1 when 'status' then 3 else 2 end
    limit 1), 'no item')";

/// The cells as they are stored.
const STORED: &str = "stored as (
    select g.form, g.business_day, g.municipality, (s.place - 1)::integer as slot, s.amount
    from capacity.aggregate g
    cross join lateral unnest(g.sums) with ordinality as s (amount, place))";

pub(super) fn probes() -> Vec<Probe> {
    vec![municipalities(), nation(), counters(), latest(), place(), one_duty()]
}

fn municipalities() -> Probe {
    let cells = cells("form, business_day, municipality");
    Probe {
        id: "R13",
        what_ja: "市区町村の合計 = 施設の最新報告の合計（項目ごと）",
        what_en: "Sums of each municipality = sums over its facilities' newest reports, item by item",
        sql: format!(
            "with {NEWEST}, {ANSWER}, {cells}, {STORED}
             select case when stored <> reported
                    then format('%s %s %s slot %s (%s): stored %s, reports give %s', form, business_day, municipality,
                                slot, {OWNER}, stored, reported) end as what
             from (select form, business_day, municipality, slot,
                          coalesce(stored.amount, 0) as stored, coalesce(cell.amount, 0) as reported
                   from stored full join cell using (form, business_day, municipality, slot)) as cells"
        ),
    }
}

/// The tiers are summed up the territory tree, the facilities without any territory: a municipality
/// that hangs nowhere, or in two places, shows.
fn nation() -> Probe {
    let cells = cells("form, business_day");
    Probe {
        id: "R13",
        what_ja: "全国 = 都道府県の合計 = 市区町村の合計 = 施設の合計",
        what_en: "Nation = sum of prefectures = sum of municipalities = sum of facilities",
        sql: format!(
            "with {NEWEST}, {ANSWER}, {cells}, {STORED},
             municipal as (
                select form, business_day, slot, sum(amount) as amount from stored group by 1, 2, 3),
             prefecture as (
                select s.form, s.business_day, s.slot, m.parent, sum(s.amount) as amount
                from stored s join reference.territory m on m.code = s.municipality and m.tier = 'municipality'
                group by 1, 2, 3, 4),
             national as (
                select p.form, p.business_day, p.slot, sum(p.amount) as amount
                from prefecture p
                join reference.territory t on t.code = p.parent and t.tier = 'prefecture'
                join reference.territory n on n.code = t.parent and n.tier = 'nation'
                group by 1, 2, 3)
             select case when prefectures <> municipalities or municipalities <> facilities
                    then format('%s %s slot %s (%s): prefectures %s, municipalities %s, facilities %s', form,
                                business_day, slot, {OWNER}, prefectures, municipalities, facilities)
                    end as what
             from (select form, business_day, slot, coalesce(national.amount, 0) as prefectures,
                          coalesce(municipal.amount, 0) as municipalities, coalesce(cell.amount, 0) as facilities
                   from municipal
                   full join national using (form, business_day, slot)
                   full join cell using (form, business_day, slot)) as cells"
        ),
    }
}

fn counters() -> Probe {
    Probe {
        id: "R13",
        what_ja: "対象・報告済み・繰越の施設数と時点が、義務と報告から数え直した値と一致する",
        what_en: "Due, reported, carried and the moments of each municipality = recount from duties and reports",
        sql: format!(
            "with {NEWEST},
             opened as (select form, business_day from capacity.opened_day),
             first as (
                select facility_id, form, min(business_day) as first_day from capacity.report group by 1, 2),
             duty as (
                select o.form, o.business_day, d.municipality, d.facility_id
                from opened o join capacity.duty d
                  on d.form = o.form and d.valid_from <= o.business_day
                 and (d.valid_to is null or o.business_day < d.valid_to)
                where not exists (
                    select from reference.facility_closure c
                    where c.facility_id = d.facility_id
                      and o.business_day >= c.closed_on and (c.reopened_on > o.business_day) is not false)),
             owed as (
                select d.form, d.business_day, d.municipality, count(*) as due,
                       count(*) filter (where n.id is null and f.first_day < d.business_day) as carried
                from duty d
                left join newest n
                  on n.facility_id = d.facility_id and n.form = d.form and n.business_day = d.business_day
                left join first f on f.facility_id = d.facility_id and f.form = d.form
                group by 1, 2, 3),
             told as (
                select form, business_day, municipality, count(*) as reported,
                       min(as_of) as oldest, max(as_of) as newest
                from newest group by 1, 2, 3)
             select case
                when g.due is null then format('%s %s %s: no row of sums', form, business_day, municipality)
                when d.form is null then format('%s %s %s: sums of a day that is not open', form, business_day, municipality)
                when (g.due, g.reported, g.carried)
                     <> (coalesce(o.due, 0), coalesce(t.reported, 0), coalesce(o.carried, 0))
                then format('%s %s %s: stored due %s, reported %s, carried %s; recounted %s, %s, %s',
                            form, business_day, municipality, g.due, g.reported, g.carried,
                            coalesce(o.due, 0), coalesce(t.reported, 0), coalesce(o.carried, 0))
                when (g.as_of_oldest, g.as_of_newest) is distinct from (t.oldest, t.newest)
                then format('%s %s %s: stored as of %s to %s; reports say %s to %s', form, business_day, municipality,
                            g.as_of_oldest, g.as_of_newest, t.oldest, t.newest)
                end as what
             from capacity.aggregate g
             full join owed o using (form, business_day, municipality)
             full join told t using (form, business_day, municipality)
             left join opened d using (form, business_day)"
        ),
    }
}

fn latest() -> Probe {
    Probe {
        id: "R13",
        what_ja: "施設ごとの最新値 = 報告日と版が最も新しい報告",
        what_en: "The latest report of each facility = its newest by day and revision",
        sql: "with first as (
                select facility_id, form, min(business_day) as first_day from capacity.report group by 1, 2),
             last as (
                select r.* from capacity.report r
                where not exists (
                    select from capacity.report later
                    where later.facility_id = r.facility_id and later.form = r.form
                      and (later.business_day, later.revision) > (r.business_day, r.revision)))
             select case
                when l.report_id is null then format('%s %s: no latest row', form, facility_id)
                when r.id is null then format('%s %s: latest row without any report', form, facility_id)
                when l.first_day <> f.first_day
                then format('%s %s: first day %s, first report for %s', form, facility_id, l.first_day, f.first_day)
                when (l.report_id, l.business_day, l.revision, l.as_of) <> (r.id, r.business_day, r.revision, r.as_of)
                then format('%s %s: latest is %s revision %s, newest is %s revision %s', form, facility_id,
                            l.business_day, l.revision, r.business_day, r.revision)
                when l.answers <> r.answers then format('%s %s: the latest answers differ', form, facility_id)
                end as what
             from capacity.latest l
             full join last r using (facility_id, form)
             left join first f using (facility_id, form)"
            .to_owned(),
    }
}

fn place() -> Probe {
    Probe {
        id: "R13",
        what_ja: "報告は、その日に義務のある市区町村で数えられている",
        what_en: "Every report is counted in the municipality of that day's duty",
        sql: "select case
                when d.facility_id is null then format('report %s: no duty on %s', r.id, r.business_day)
                when d.municipality <> r.municipality
                then format('report %s: counted in %s, due in %s', r.id, r.municipality, d.municipality)
                end as what
             from capacity.report r
             left join capacity.duty d
               on d.facility_id = r.facility_id and d.form = r.form and d.valid_from <= r.business_day
              and (d.valid_to is null or r.business_day < d.valid_to)"
            .to_owned(),
    }
}

fn one_duty() -> Probe {
    Probe {
        id: "R13",
        what_ja: "同じ施設・調査票の義務の期間は重ならない",
        what_en: "No facility has the same duty twice at a time",
        sql: "select case when valid_from < before
                    then format('%s %s: duty from %s overlaps', form, facility_id, valid_from) end as what
             from (select form, facility_id, valid_from,
                          max(coalesce(valid_to, 'infinity')) over (
                              partition by facility_id, form order by valid_from
                              rows between unbounded preceding and 1 preceding) as before
                   from capacity.duty) as duty"
            .to_owned(),
    }
}
