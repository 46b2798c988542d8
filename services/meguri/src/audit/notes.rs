//! What is no fault, but somebody should look at: open questions, what is late, what is under way.
use super::{Chain, Check, bridge::ENDED, bus, probe::Probe};
use diesel_async::AsyncPgConnection;
use platform::failure::Result;
use serde::Serialize;

/// Something that is listed, and no fault.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    /// The invariant that it belongs to: `R12`.
    pub id: &'static str,
    /// For programs: `discrepancies_open`.
    pub name: &'static str,
    /// What is listed, in Japanese.
    pub what_ja: &'static str,
    /// What is listed, in English.
    pub what_en: &'static str,
    /// The first [`super::SHOWN_MAX`], in alphabetical order.
    pub shown: Vec<String>,
    /// How many there are in all.
    pub count: i64,
}

impl Note {
    fn new(name: &'static str, check: Check) -> Self {
        let Check { id, what_ja, what_en, violations, violations_count, .. } = check;
        Self { id, name, what_ja, what_en, shown: violations, count: violations_count }
    }
}

pub(super) async fn list(conn: &mut AsyncPgConnection) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    for (name, probe) in probes() {
        notes.push(Note::new(name, probe.run(conn).await?));
    }
    Ok(notes)
}

/// Rows that the chains do not cover yet. In a running instance they are a second or two old.
pub(super) fn unsealed(chains: &[Chain]) -> Note {
    let tail = |chain: &Chain| {
        let age = chain.unsealed_age_s.unwrap_or(0);
        format!("{}: {} rows after number {}, the oldest {age} s old", chain.schema, chain.unsealed, chain.verified)
    };
    Note {
        id: "R26",
        name: "audit_unsealed",
        what_ja: "まだ連鎖に封じられていない記録（古さ）",
        what_en: "Rows of the audit trail that are not sealed yet, and how old they are",
        shown: chains.iter().filter(|chain| chain.unsealed > 0).map(tail).collect(),
        count: chains.iter().map(|chain| chain.unsealed).sum(),
    }
}

/// As checks whose `what` says what is listed.
fn probes() -> [(&'static str, Probe); 7] {
    [
        ("discrepancies_open", discrepancies()),
        ("shipments_overdue", overdue()),
        ("releases_in_flight", releases()),
        ("endings_in_flight", endings()),
        ("answers_held", answers()),
        ("events_held", held()),
        ("events_unsent", unsent()),
    ]
}

fn discrepancies() -> Probe {
    Probe {
        id: "R12",
        what_ja: "未決の差異",
        what_en: "Discrepancies that wait for a decision",
        sql: "select format('shipment %s: %s vials of %s %s (%s)', d.shipment_id, d.vials, l.number, d.kind, d.id) as what
              from distribution.discrepancy d join distribution.lot l on l.id = d.lot_id
              where d.state = 'open'"
            .to_owned(),
    }
}

/// By the instance's own day, Japan's.
fn overdue() -> Probe {
    Probe {
        id: "R12",
        what_ja: "納入期間を過ぎて届いていない出荷",
        what_en: "Shipments that have not arrived when their window has passed",
        sql: "with today as (
                select ((business_start + (now() - real_start) * (speed_permille / 1000.0))
                        at time zone 'Asia/Tokyo')::date as day
                from reference.clock)
              select format('shipment %s to %s: %s, was to arrive by %s', s.id, s.municipality, s.state, s.window_to) as what
              from distribution.shipment s join today t on s.window_to < t.day
              where s.state in ('ordered', 'scheduled', 'picked', 'dispatched', 'failed')
                 or s.state = 'delivered' and s.received_at is null"
            .to_owned(),
    }
}

fn releases() -> Probe {
    Probe {
        id: "R11",
        what_ja: "まだ出荷になっていない出荷指示（知らせが届いていない）",
        what_en: "Releases that are no shipment yet: distribution has not heard of them",
        sql: "select format('release %s of %s', r.id, r.vials) as what
              from allocation.release r
              left join distribution.shipment s on s.id = r.id
              where s.id is null and r.state = 'released'"
            .to_owned(),
    }
}

fn endings() -> Probe {
    Probe {
        id: "R11",
        what_ja: "取消し・出荷不能がまだ割当てに届いていない出荷",
        what_en: "Shipments called off or given up, which allocation has not heard yet",
        sql: format!("with {ENDED} select format('shipment %s: %s', id, state) as what from ended where not heard"),
    }
}

fn answers() -> Probe {
    Probe {
        id: "R23",
        what_ja: "前の回答を待って保留中の卸の回答",
        what_en: "Answers of partners that are held back until earlier ones come",
        sql: "select format('shipment %s: %s, answer %s of %s', shipment_id, type, sequence, id) as what
              from distribution.answer where state = 'held'"
            .to_owned(),
    }
}

fn held() -> Probe {
    Probe {
        id: "R23",
        what_ja: "前の事象を待って保留中の事象",
        what_en: "Events that are held back until earlier ones come",
        sql: format!(
            "with {}
             select format('%s: event %s, %s of %s, since %s', consumer, event_id, sequence, subject, held_at) as what
             from held",
            bus::HELD
        ),
    }
}

/// The oldest first: the text begins with the time.
fn unsent() -> Probe {
    Probe {
        id: "R21",
        what_ja: "まだ全員には発信されていない事象（古い順）",
        what_en: "Events that somebody has not been sent yet, the oldest first",
        sql: format!(
            "with {}
             select format('%s (%s s ago): %s of %s, %s%s', to_char(recorded_at, 'YYYY-MM-DD HH24:MI:SS'),
                           greatest(extract(epoch from now() - recorded_at), 0)::bigint, type, producer, subject,
                           case when announced_at is not null then '; only the wholesaler lacks it' end) as what
             from told where published_at is null",
            bus::OUTBOX
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_told_apart() {
        let names: std::collections::BTreeSet<_> = probes().iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), probes().len());
    }
}
