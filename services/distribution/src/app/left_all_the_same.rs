//! A shipment was called off, and its branch reports that it has left. The report is refused; where the
//! vials are somebody must find out, and the prefecture is told so, once.
use super::{branch, locked, notification, site_name, state, system_permit};
use crate::Distribution;
use distribution_store::{read, rows::Shipment, write};
use domain::{policy::Action, shipment::State};
use platform::{OpCtx, Tx, audit, failure::Result, outbox};
use uuid::Uuid;
use wire::events::NotificationRequested;

/// Tells the prefecture, unless it was told before or the shipment was not called off. A transaction of its
/// own: that of the report was rolled back.
///
/// # Errors
/// The database's: then whoever reports must be asked to report again.
pub(super) async fn tell(distribution: &Distribution, shipment: Uuid) -> Result<()> {
    let ctx = OpCtx::system("left-all-the-same", &distribution.shared.clock);
    // the same each time, so that an event with it is there once
    let cause = Uuid::new_v5(&shipment, b"left all the same");
    let permit = system_permit(&ctx, Action::EventApply)?;
    let entry = audit::Entry { target: format!("shipment/{shipment}"), cause, reason: None };
    let mut tx = Tx::begin(&distribution.db, &ctx, &[(&permit, entry)]).await?;
    let written = write_once(&mut tx, &ctx, shipment, cause).await;
    if matches!(written, Ok(false)) {
        tx.abandon().await;
        return Ok(());
    }
    tx.finish(written).await.map(drop)
}

async fn write_once(tx: &mut Tx, ctx: &OpCtx, id: Uuid, cause: Uuid) -> Result<bool> {
    write::lock_shipment(tx, id).await?;
    let shipment = locked(tx, id).await?;
    if state(&shipment)? != State::Cancelled || read::is_told(tx, cause).await? {
        return Ok(false);
    }
    outbox::emit(tx, ctx, cause, &words(&shipment, cause)?).await?;
    Ok(true)
}

fn words(shipment: &Shipment, cause: Uuid) -> Result<NotificationRequested> {
    let (name, branch) = (site_name(shipment), branch(shipment)?);
    Ok(NotificationRequested {
        topic: "shipment.left_all_the_same".to_owned(),
        ja: format!(
            "{name}への出荷は取り消されましたが、支店{branch}は出荷したと報告しています。現物の所在を支店に確かめてください。"
        ),
        en: format!(
            "The shipment to {name} was called off, and branch {branch} reports that it has left. Ask the branch where it is."
        ),
        ..notification(shipment, cause)
    })
}
