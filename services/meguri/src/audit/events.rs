//! R19: every state change has exactly one outbox event, in the same transaction, that says what the
//! changed row says.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    let sequences = SEQUENCES.map(|(schema, what_ja, what_en)| sequences(schema, what_ja, what_en));
    [vec![reports(), facility_changes(), facilities()], sequences.into()].concat()
}

fn reports() -> Probe {
    Probe {
        id: "R19",
        what_ja: "報告と capacity.reported.v1 が同じトランザクションで一対一に対応する",
        what_en: "Reports and their events capacity.reported.v1 match one to one, in the same transaction",
        sql: "select case
                when o.id is null then format('report %s has no event', r.id)
                when r.id is null then format('event %s tells about no report (%s)', o.id, o.cause_id)
                when count(*) over (partition by o.cause_id) > 1
                then format('report %s has more than one event', r.id)
                when o.txid <> r.txid
                then format('report %s was written by transaction %s, its event by %s', r.id, r.txid, o.txid)
                when o.subject <> 'facility/' || r.facility_id
                  or not o.payload @> jsonb_build_object(
                        'report_id', r.id, 'facility_id', r.facility_id, 'municipality', r.municipality,
                        'form', r.form, 'form_version', r.form_version, 'business_day', r.business_day,
                        'revision', r.revision, 'source', r.source, 'training', r.training)
                  or o.payload -> 'values' is distinct from r.answers
                then format('report %s: its event says something else', r.id)
                end as what
             from capacity.report r
             full join (select * from capacity.outbox where type = 'capacity.reported.v1') o on o.cause_id = r.id"
            .to_owned(),
    }
}

fn facility_changes() -> Probe {
    Probe {
        id: "R19",
        what_ja: "施設の変更と facility.changed.v1 が同じトランザクションで一対一に対応する",
        what_en: "Changes of facilities and their events facility.changed.v1 match one to one, in the same transaction",
        sql: "select case
                when o.id is null then format('facility change %s has no event', c.id)
                when c.id is null then format('event %s tells about no facility change (%s)', o.id, o.cause_id)
                when count(*) over (partition by o.cause_id) > 1
                then format('facility change %s has more than one event', c.id)
                when o.txid <> c.txid
                then format('facility change %s was written by transaction %s, its event by %s', c.id, c.txid, o.txid)
                when o.subject <> 'facility/' || c.facility_id or o.payload <> c.facts
                then format('facility change %s: its event says something else', c.id)
                end as what
             from reference.facility_change c
             full join (select * from identity.outbox where type = 'facility.changed.v1') o on o.cause_id = c.id"
            .to_owned(),
    }
}

/// A facility that was changed without a change being written down would have no event either.
fn facilities() -> Probe {
    Probe {
        id: "R19",
        what_ja: "施設の現在の内容 = 最後の変更の内容（版は1から連続）",
        what_en: "Every facility is what its last change says, and its versions have no gap",
        sql: "with change as (
                select facility_id, count(*) as changes, min(version) as first, max(version) as last
                from reference.facility_change group by 1)
             select case
                when c.facility_id is null then format('facility %s was made without a change', f.id)
                when c.first <> 1 or c.last <> c.changes or c.last <> f.version
                then format('facility %s has version %s and %s changes, %s to %s',
                            f.id, f.version, c.changes, c.first, c.last)
                when jsonb_strip_nulls((to_jsonb(f) - 'id') || jsonb_build_object('facility_id', f.id)
                     || jsonb_build_object('closed_on', k.closed_on, 'reopened_on', k.reopened_on))
                     is distinct from jsonb_strip_nulls(l.facts)
                then format('facility %s is not what its last change says', f.id)
                end as what
             from reference.facility f
             left join change c on c.facility_id = f.id
             left join reference.facility_change l on l.facility_id = f.id and l.version = c.last
             -- a closing that was called off before its day never was
             left join (
                select distinct on (facility_id) facility_id, reopened_on,
                       case when reopened_on is distinct from closed_on then closed_on end as closed_on
                from reference.facility_closure order by facility_id, facility_closure.closed_on desc) k
               on k.facility_id = f.id and k.closed_on is not null"
            .to_owned(),
    }
}

/// Schema, and what must hold of its events.
const SEQUENCES: [(&str, &str, &str); 4] = [
    (
        "identity",
        "identity の事象の連番が対象ごとに1から欠けずに続く",
        "Sequences of identity's events have no gap, by subject",
    ),
    (
        "capacity",
        "capacity の事象の連番が対象ごとに1から欠けずに続く",
        "Sequences of capacity's events have no gap, by subject",
    ),
    (
        "allocation",
        "allocation の事象の連番が対象ごとに1から欠けずに続く",
        "Sequences of allocation's events have no gap, by subject",
    ),
    (
        "distribution",
        "distribution の事象の連番が対象ごとに1から欠けずに続く",
        "Sequences of distribution's events have no gap, by subject",
    ),
];

fn sequences(schema: &str, what_ja: &'static str, what_en: &'static str) -> Probe {
    Probe {
        id: "R19",
        what_ja,
        what_en,
        sql: format!(
            "select case
                when s.name is null then format('{schema} %s: events, but no counter', o.subject)
                when o.subject is null then format('{schema} %s: counter at %s, but no event', s.name, s.sequence)
                when o.first <> 1 or o.last <> o.numbers or o.events <> o.numbers or s.sequence <> o.last
                then format('{schema} %s: %s events numbered %s to %s, counter at %s',
                            s.name, o.events, o.first, o.last, s.sequence)
                end as what
             from (select subject, count(*) as events, count(distinct sequence) as numbers,
                          min(sequence) as first, max(sequence) as last
                   from {schema}.outbox group by 1) o
             full join {schema}.subject s on s.name = o.subject"
        ),
    }
}
