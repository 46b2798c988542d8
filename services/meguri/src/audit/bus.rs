//! R20, R21 and R23: what was published, and what its consumers applied of it.
use super::probe::Probe;

pub(super) fn probes() -> Vec<Probe> {
    vec![heard(), once(), next(), held(), order(), shown()]
}

/// Every event that a service wrote.
pub(super) const OUTBOX: &str = "told as (
    select 'identity' as producer, id, type, subject, sequence, recorded_at, announced_at, published_at
    from identity.outbox
    union all
    select 'capacity', id, type, subject, sequence, recorded_at, announced_at, published_at from capacity.outbox
    union all
    select 'allocation', id, type, subject, sequence, recorded_at, announced_at, published_at from allocation.outbox
    union all
    select 'distribution', id, type, subject, sequence, recorded_at, announced_at, published_at
    from distribution.outbox
    union all
    select 'relay', id, type, subject, sequence, recorded_at, announced_at, published_at from relay.outbox)";

/// Every event that a service applied.
const INBOX: &str = "heard as (
    select 'allocation' as consumer, event_id, type, source, subject, sequence from allocation.inbox
    union all
    select 'distribution', event_id, type, source, subject, sequence from distribution.inbox
    union all
    select 'relay', event_id, type, source, subject, sequence from relay.inbox)";

/// Where each consumer stands.
const NEXT: &str = "next as (
    select 'allocation' as consumer, source, subject, next_sequence from allocation.inbox_subject
    union all
    select 'distribution', source, subject, next_sequence from distribution.inbox_subject
    union all
    select 'relay', source, subject, next_sequence from relay.inbox_subject)";

/// What each consumer holds back.
pub(super) const HELD: &str = "held as (
    select 'allocation' as consumer, event_id, source, subject, sequence, held_at from allocation.inbox_held
    union all
    select 'distribution', event_id, source, subject, sequence, held_at from distribution.inbox_held
    union all
    select 'relay', event_id, source, subject, sequence, held_at from relay.inbox_held)";

/// Those of partners are no outbox's: they stand among the answers.
fn heard() -> Probe {
    Probe {
        id: "R20",
        what_ja: "受け取った事象はすべて発信元にあり、種類・対象・連番が同じ",
        what_en: "Every event that was applied is its producer's, of the same type, subject and sequence",
        sql: format!(
            "with {OUTBOX}, {INBOX}
             select case
                when t.id is null then format('%s applied event %s (%s), which %s never wrote', h.consumer, h.event_id,
                                              h.type, h.source)
                when (h.source, h.type, h.subject, h.sequence) <> ('/meguri/' || t.producer, t.type, t.subject, t.sequence)
                then format('%s applied event %s as %s of %s, %s; it is %s of %s, %s', h.consumer, h.event_id, h.type,
                            h.subject, h.sequence, t.type, t.subject, t.sequence)
                end as what
             from heard h left join told t on t.id = h.event_id
             where h.source not like '/partners/%'"
        ),
    }
}

fn once() -> Probe {
    Probe {
        id: "R20",
        what_ja: "受け取った事象は、受け手ごとに一度だけ適用されている",
        what_en: "Every event was applied once at most by each consumer",
        sql: format!(
            "with {INBOX}
             select case when count(*) > 1 then format('%s applied event %s %s times', consumer, event_id, count(*)) end as what
             from heard group by consumer, event_id"
        ),
    }
}

fn next() -> Probe {
    Probe {
        id: "R23",
        what_ja: "受け取った連番は、受け手・対象ごとに1から欠けも重なりもなく続く",
        what_en: "Sequences run from 1 without gap or repeat at each consumer, by subject",
        sql: format!(
            "with {INBOX}, {NEXT},
             run as (
                select consumer, source, subject, count(*) as events, count(distinct sequence) as numbers,
                       min(sequence) as first, max(sequence) as last
                from heard group by 1, 2, 3)
             select case
                when n.consumer is null then format('%s %s: events, but no counter', consumer, subject)
                when r.first <> 1 or r.numbers <> r.events or r.last <> r.events or n.next_sequence <> coalesce(r.last, 0) + 1
                then format('%s %s: %s events numbered %s to %s, %s is next', consumer, subject, coalesce(r.events, 0), r.first,
                            r.last, n.next_sequence)
                end as what
             from run r full join next n using (consumer, source, subject)"
        ),
    }
}

/// The next one may be held for the moment between two transactions.
fn held() -> Probe {
    Probe {
        id: "R23",
        what_ja: "保留中の事象は発信元にあり、次に待つ連番より前のものはない",
        what_en: "Events that are held back are their producer's, and none comes before the one expected",
        sql: format!(
            "with {OUTBOX}, {HELD}, {NEXT}
             select case
                when h.sequence < n.next_sequence
                then format('%s holds %s of %s, and expects %s', h.consumer, h.sequence, h.subject, n.next_sequence)
                when (h.source, h.subject, h.sequence) is distinct from ('/meguri/' || t.producer, t.subject, t.sequence)
                then format('%s holds event %s as %s of %s, which %s never wrote', h.consumer, h.event_id, h.sequence,
                            h.subject, h.source)
                end as what
             from held h
             left join next n on n.consumer = h.consumer and n.source = h.source and n.subject = h.subject
             left join told t on t.id = h.event_id
             where h.source not like '/partners/%'"
        ),
    }
}

/// A row is marked when the broker has confirmed it; after a failure the later ones of its subject wait, but
/// for those of other types while the queue of one is full: whoever consumes both holds them back.
fn order() -> Probe {
    Probe {
        id: "R21",
        what_ja: "発信済みの事象は、対象・種類ごとに最初から順に続く（未発信の後ろに発信済みはない）",
        what_en: "What is published of each subject and type is its beginning: nothing was sent before what it follows",
        sql: format!(
            "with {OUTBOX},
             run as (
                select producer, subject, type, bool_or(published_at is not null and announced_at is null) as unannounced,
                       min(sequence) filter (where announced_at is null) as new,
                       max(sequence) filter (where announced_at is not null) as announced,
                       min(sequence) filter (where published_at is null) as waiting,
                       max(sequence) filter (where published_at is not null) as sent
                from told group by 1, 2, 3)
             select case
                when unannounced
                then format('%s %s: %s was published, but our own consumers have it not', producer, subject, type)
                when announced > new then format('%s %s: %s was published, %s was not', producer, subject, announced, new)
                when sent > waiting then format('%s %s: %s was published, %s was not', producer, subject, sent, waiting)
                end as what
             from run"
        ),
    }
}

fn shown() -> Probe {
    Probe {
        id: "R20",
        what_ja: "届いた通知の依頼と通知が一対一に対応し、内容が一致する",
        what_en: "Requests for a notice that were heard and notices match one to one, and say the same",
        sql: "with asked as (
                select o.id, o.payload, o.payload ->> 'notification_id' as notice
                from (select id, type, payload from identity.outbox
                      union all
                      select id, type, payload from allocation.outbox
                      union all
                      select id, type, payload from distribution.outbox) o
                join relay.inbox i on i.event_id = o.id
                where o.type = 'notification.requested.v1')
             select case
                when n.id is null then format('event %s: nobody was shown the notice', a.id)
                when a.id is null then format('notice %s: nobody asked for it', n.id)
                when not a.payload @> jsonb_build_object('recipient_kind', n.recipient_kind, 'recipient', n.recipient,
                        'about', n.about, 'topic', n.topic, 'ja', n.ja, 'en', n.en)
                then format('notice %s is not what was asked for', n.id)
                end as what
             from asked a full join relay.notification n on n.id::text = a.notice"
            .to_owned(),
    }
}
