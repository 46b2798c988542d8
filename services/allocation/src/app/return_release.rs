//! A shipment that was called off, or could not be fulfilled, gives its release back: the sites hold
//! their grants again, and the lines may be released under another id.
use super::release_lines::transfer_id;
use allocation_store::{read, rows::ReleaseLine, write};
use ledger::Transfer;
use platform::{Failure, OpCtx, Tx, failure::Result, outbox};
use uuid::Uuid;
use wire::events::NotificationRequested;

/// How a release came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// An officer called the shipment off.
    Cancelled,
    /// The wholesaler gave it up, or nobody serves the place.
    Unfulfillable,
}

impl Returned {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Unfulfillable => "unfulfillable",
        }
    }
}

/// Gives the release `id` back, in the transaction of the event `cause` that tells so; a release that
/// came back before stays as it is.
///
/// # Errors
/// When there is no such release, which is a fault of the book; the database's.
pub async fn return_release(
    tx: &mut Tx,
    ctx: &OpCtx,
    cause: Uuid,
    id: Uuid,
    how: Returned,
    reason: &str,
) -> Result<()> {
    let release = read::release(tx, id, true).await?;
    let release = release.ok_or_else(|| Failure::internal(format!("there is no release {id} to come back")))?;
    if release.state != "released" {
        return Ok(());
    }
    let lines = read::release_lines(tx, &[id]).await?;
    let correction = |line: &ReleaseLine| {
        let wrong = transfer_id(id, line.plan_id, &line.recipient);
        Transfer::correction(Uuid::new_v5(&wrong, how.as_str().as_bytes()), wrong, None)
    };
    let chain: Vec<Transfer> = lines.iter().map(correction).collect();
    ledger::post(tx, ctx, &chain).await?;
    write::end_release(tx, id, how.as_str(), reason, ctx.now).await?;
    let unit = read::programmes::unit_of(tx, release.round_id).await?;
    let (unit_ja, unit_en) = unit.ok_or_else(|| Failure::internal("the product of a round has vanished"))?;
    let told = NotificationRequested {
        notification_id: Uuid::new_v5(&id, how.as_str().as_bytes()),
        recipient_kind: "territory".to_owned(),
        recipient: release.holder,
        about: format!("shipment/{id}"),
        topic: format!("release.{}", how.as_str()),
        ja: format!("出荷が取り止めになり、{}{unit_ja}の割当てが戻りました: {reason}", release.vials),
        en: format!(
            "A shipment came to nothing; {} {unit_en} are assigned and not released again: {reason}",
            release.vials
        ),
        due_at: None,
        training: ctx.training,
    };
    outbox::emit(tx, ctx, cause, &told).await
}
