//! Tells the prefectures of shipments that are beyond the last day of their window, each once.
use crate::{
    Distribution,
    app::{notification, site_name, system_permit},
};
use distribution_store::{read, rows::Shipment};
use domain::{BusinessDay, policy::Action, time::rfc3339};
use platform::{OpCtx, Tx, audit, failure::Result, opctx::new_id, outbox};
use std::time::Duration;
use wire::events::{Event, NotificationRequested};

const PERIOD: Duration = Duration::from_secs(5);
/// Shipments of one transaction.
const AT_ONCE: i64 = 500;

/// Runs until the process ends. Trouble is logged, and tried again in the next round.
pub fn start(distribution: &Distribution) {
    let distribution = distribution.clone();
    tokio::spawn(async move {
        loop {
            if let Err(failure) = once(&distribution).await {
                tracing::warn!(%failure, "overdue shipments could not be told; trying again");
            }
            tokio::time::sleep(PERIOD).await;
        }
    });
}

/// One round; answers how many were told.
///
/// # Errors
/// The database's.
pub async fn once(distribution: &Distribution) -> Result<usize> {
    let ctx = OpCtx::system("overdue", &distribution.shared.clock);
    let today = BusinessDay::at(ctx.now).date();
    let kind = NotificationRequested::TYPE;
    let overdue = read::overdue_untold(&mut *distribution.db.read().await?, today, kind, AT_ONCE).await?;
    if overdue.is_empty() {
        return Ok(0);
    }
    let permit = system_permit(&ctx, Action::EventApply)?;
    let entry = audit::Entry { target: "overdue".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(&distribution.db, &ctx, &[(&permit, entry)]).await?;
    // another process may be at it: the unique cause of an event keeps one of the two out
    let events: Vec<_> = overdue.iter().map(|shipment| (shipment.id, told(shipment))).collect();
    let written = outbox::emit_all(&mut tx, &ctx, &events).await;
    tx.finish(written).await?;
    Ok(events.len())
}

fn told(shipment: &Shipment) -> NotificationRequested {
    let (name, last, state) = (site_name(shipment), shipment.window_to, &shipment.state);
    NotificationRequested {
        topic: "shipment.overdue".to_owned(),
        ja: format!("{name}への出荷は納入期間（{last}まで）を過ぎましたが、まだ受領されていません（状態: {state}）。"),
        en: format!("The shipment to {name} is past its window (until {last}) and not confirmed yet; it is {state}."),
        due_at: Some(rfc3339(BusinessDay::from_date(last).last_instant())),
        ..notification(shipment, shipment.id)
    }
}
