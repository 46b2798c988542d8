//! R21, the broker's part: nothing published went nowhere, and what its consumers refused is listed. The
//! depths are read by somebody else, from the management interface.
use super::{Check, SHOWN_MAX, notes::Note};
use platform::{amqp::Broker, failure::Result};
use serde::Deserialize;

/// A queue and what waits in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// Virtual host: `meguri-demo`, `meguri-demo-wh-w07`.
    pub vhost: String,
    /// The queue's name.
    pub queue: String,
    /// Messages in it, ready or on their way to a consumer.
    pub messages: i64,
}

/// A queue as the management interface lists it; a new one has no count for a few seconds.
#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    messages: i64,
}

/// The queues of all of an instance's virtual hosts.
///
/// # Errors
/// `broker.unavailable`.
pub async fn depths(broker: &Broker) -> Result<Vec<Depth>> {
    let partners = broker.provisioned().await?.into_iter().map(|company| broker.partner_vhost(company));
    let mut depths = Vec::new();
    for vhost in std::iter::once(broker.main_vhost().to_owned()).chain(partners) {
        let listed: Option<Vec<Listed>> = broker.management().get(&format!("queues/{vhost}")).await?;
        let depth = |queue: Listed| Depth { vhost: vhost.clone(), queue: queue.name, messages: queue.messages };
        depths.extend(listed.unwrap_or_default().into_iter().map(depth));
    }
    Ok(depths)
}

/// The first [`SHOWN_MAX`] of the queues that `wanted` picks and that hold something, and how many such
/// queues there are.
fn filled(depths: &[Depth], wanted: impl Fn(&str) -> bool) -> (Vec<String>, i64) {
    let mut found: Vec<&Depth> = depths.iter().filter(|depth| wanted(&depth.queue) && depth.messages > 0).collect();
    found.sort_by_key(|depth| (&depth.vhost, &depth.queue));
    let shown = found.iter().take(SHOWN_MAX).map(|d| format!("{} {}: {} messages", d.vhost, d.queue, d.messages));
    (shown.collect(), i64::try_from(found.len()).unwrap_or(i64::MAX))
}

fn unroutable(queue: &str) -> bool {
    matches!(queue, "unroutable" | "meguri.unroutable")
}

/// What the depths of all queues of an instance's virtual hosts say.
#[must_use]
pub fn broker(depths: &[Depth]) -> (Check, Note) {
    let (violations, violations_count) = filled(depths, unroutable);
    let check = Check {
        id: "R21",
        what_ja: "宛先のない事象はない（すべての仮想ホストの unroutable が空）",
        what_en: "No event went nowhere: the queue of what cannot be routed is empty in every virtual host",
        examined: i64::try_from(depths.iter().filter(|depth| unroutable(&depth.queue)).count()).unwrap_or(i64::MAX),
        violations,
        violations_count,
        elapsed_ms: 0,
    };
    let (shown, count) = filled(depths, |queue| queue.ends_with(".dead"));
    let note = Note {
        id: "R21",
        name: "dead_letters",
        what_ja: "受け取れない事象を退避した待ち行列",
        what_en: "Queues of events that were refused and put aside",
        shown,
        count,
    };
    (check, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(vhost: &str, queue: &str, messages: i64) -> Depth {
        Depth { vhost: vhost.into(), queue: queue.into(), messages }
    }

    #[test]
    fn what_went_nowhere_is_a_fault_and_dead_letters_are_listed() {
        let queues = |lost: i64, dead: i64| {
            broker(&[
                depth("meguri-demo", "distribution", 7),
                depth("meguri-demo", "meguri.unroutable", 0),
                depth("meguri-demo-wh-w07", "unroutable", lost),
                depth("meguri-demo-wh-w07", "answers.dead", dead),
                depth("meguri-demo", "distribution.dead", 1),
            ])
        };
        let (check, note) = queues(0, 2);
        assert_eq!((check.examined, check.violations_count, note.count), (2, 0, 2));
        assert_eq!(
            note.shown,
            ["meguri-demo distribution.dead: 1 messages", "meguri-demo-wh-w07 answers.dead: 2 messages"]
        );
        let (check, _) = queues(1, 0);
        assert_eq!(check.violations, ["meguri-demo-wh-w07 unroutable: 1 messages"]);
    }
}
