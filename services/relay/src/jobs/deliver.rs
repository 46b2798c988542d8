//! Delivers notices: one process at a time, the others stand by. What fails is tried again, at growing distances,
//! for a day.
use crate::{
    Relay,
    delivery::{Settings, mail::Mailer, webhook},
};
use futures::{StreamExt, stream};
use platform::{
    Db,
    background::{Background, Stop},
    clock::real_now,
    failure::Result,
};
use relay_store::delivery::{self, Due};
use std::time::Duration;

/// How often it is looked for new notices when there were none.
const IDLE: Duration = Duration::from_millis(500);
/// How often a process that stands by tries to take over.
const STAND_BY: Duration = Duration::from_secs(2);
/// Deliveries read at once, and how many of them are on their way together.
const BATCH: i64 = 64;
const TOGETHER: usize = 8;
/// Seconds between two attempts; the last goes on.
const PAUSES_S: [i64; 8] = [10, 30, 60, 300, 900, 1_800, 3_600, 7_200];
/// After so long a delivery is given up, seconds.
const DAY_S: i64 = 86_400;

/// Starts delivering.
pub(crate) fn start(relay: &Relay) -> Background {
    let (db, settings) = (relay.inbox.db.clone(), relay.delivery.clone());
    Background::run(|mut stop| async move {
        while !stop.is_set() {
            if let Err(failure) = session(&db, &settings, &mut stop).await {
                tracing::warn!(%failure, "delivering is interrupted");
            }
            if !stop.pause(STAND_BY).await {
                break;
            }
        }
    })
}

async fn session(db: &Db, settings: &Settings, stop: &mut Stop) -> Result<()> {
    let mailer = Mailer::new(settings).unwrap_or_else(|wrong| {
        tracing::error!(wrong, "mails wait");
        None
    });
    let mut session = db.session().await?;
    while !delivery::take_turn(&mut session).await? {
        if !stop.pause(STAND_BY).await {
            return Ok(());
        }
    }
    while !stop.is_set() {
        delivery::plan(&mut session).await?;
        let due = delivery::due(&mut session, mailer.is_some(), BATCH).await?;
        if due.is_empty() {
            stop.pause(IDLE).await;
            continue;
        }
        let mut boxed = Vec::new();
        for mut due in due {
            let mut address = due.address.clone();
            if let Some(account) = due.account
                && let Some(mailbox) = delivery::mailbox(&mut session, account).await?
            {
                due.language = mailbox.language;
                address = Some(mailbox.address);
            }
            boxed.push((due, address));
        }
        let (mailer, settings) = (&mailer, settings);
        let sending = stream::iter(boxed).map(|(due, address)| async move {
            let sent = send(&due, address.as_deref(), mailer.as_ref(), settings).await;
            (due, sent)
        });
        let mut sending = sending.buffer_unordered(TOGETHER);
        while let Some((due, sent)) = sending.next().await {
            match sent {
                Ok(()) => delivery::delivered(&mut session, due.id).await?,
                Err(error) => {
                    let pause_s = pause_s(due.attempts, (real_now() - due.created_at).num_seconds());
                    tracing::warn!(delivery = %due.id, kind = due.kind, error, given_up = pause_s.is_none(), "not delivered");
                    delivery::failed(&mut session, due.id, &error, pause_s).await?;
                }
            }
        }
    }
    Ok(())
}

async fn send(
    due: &Due,
    address: Option<&str>,
    mailer: Option<&Mailer>,
    settings: &Settings,
) -> std::result::Result<(), String> {
    let Some(address) = address else { return Err("the account has no mail address".to_owned()) };
    match (due.kind.as_str(), mailer) {
        ("webhook", _) => webhook::send(due, address, settings).await,
        (_, Some(mailer)) => mailer.send(due, address, settings).await,
        (_, None) => Err("there is no mail server".to_owned()),
    }
}

/// When to try again after so many attempts, so long after it was made out; `None`: never.
fn pause_s(attempts: i32, age_s: i64) -> Option<i64> {
    let step = usize::try_from(attempts).unwrap_or(0).min(PAUSES_S.len() - 1);
    PAUSES_S.get(step).copied().filter(|pause_s| age_s + pause_s < DAY_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_grow_and_end_after_a_day() {
        assert_eq!([0, 1, 7, 100].map(|attempts| pause_s(attempts, 0)), [Some(10), Some(30), Some(7_200), Some(7_200)]);
        assert_eq!(pause_s(9, DAY_S - 7_200), None);
        assert_eq!(pause_s(9, DAY_S - 7_201), Some(7_200));
    }
}
