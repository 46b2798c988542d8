//! R10 of streams: only sites of the kinds that take part in a stream hold its doses.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    vec![kinds()]
}

fn kinds() -> Probe {
    Probe {
        id: "R10",
        what_ja: "枠の帳簿に口座のある会場は、その枠の対象の種類である",
        what_en: "Sites with an account in the book are of a kind that takes part in the round's stream",
        sql: "select case when t.code is null
                then format('site %s (%s) holds doses of the stream %s (round %s)', s.id, s.kind, r.stream, r.id)
                end as what
             from (select distinct round_id, holder from allocation.book_account where holder like '%-%') as b
             join allocation.round r on r.id = b.round_id
             join allocation.site s on s.id::text = b.holder
             left join allocation.stream t
               on t.programme = r.programme and t.code = r.stream and s.kind = any(t.site_kinds)"
            .to_owned(),
    }
}
