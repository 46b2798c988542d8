//! Discrepancies: opened where vials are not where the book expected them, and told to the prefecture.
use distribution_store::{
    read,
    rows::{Discrepancy, Shipment},
    write::{self, Resolution},
};
use domain::{
    TerritoryCode,
    discrepancy::{Kind, WITHDRAWN},
};
use platform::{OpCtx, Tx, failure::Result, opctx::new_id, outbox};
use std::collections::BTreeMap;
use uuid::Uuid;
use wire::events::NotificationRequested;

/// An open discrepancy.
pub(super) fn open(
    ctx: &OpCtx,
    shipment: &Shipment,
    receipt: Option<Uuid>,
    lot: Uuid,
    kind: Kind,
    vials: i64,
) -> Discrepancy {
    Discrepancy {
        id: new_id(),
        shipment_id: shipment.id,
        receipt_id: receipt,
        lot_id: lot,
        kind: kind.as_str().to_owned(),
        vials,
        municipality: shipment.municipality.clone(),
        state: "open".to_owned(),
        decision: None,
        reason: None,
        resolved_by: None,
        resolved_at: None,
        opened_at: ctx.now,
    }
}

/// Writes discrepancies that `cause` (a receipt or an answer) has found, and asks that the prefecture be
/// told, once for all of them.
pub(super) async fn write(
    tx: &mut Tx,
    ctx: &OpCtx,
    shipment: &Shipment,
    cause: Uuid,
    rows: &[Discrepancy],
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    write::discrepancies(tx, rows).await?;
    let vials = |kind: Kind| -> i64 {
        rows.iter().filter(|row| row.kind == kind.as_str()).map(|row| row.vials).fold(0, i64::saturating_add)
    };
    let named = [
        (Kind::Short, "不足", "short"),
        (Kind::Surplus, "過剰", "surplus"),
        (Kind::Damaged, "破損", "damaged"),
        (Kind::BeyondStock, "帳簿を超える出庫", "picked beyond the depot's book"),
    ];
    let told: Vec<(i64, &str, &str)> =
        named.iter().map(|(kind, ja, en)| (vials(*kind), *ja, *en)).filter(|(vials, _, _)| *vials > 0).collect();
    let ja: Vec<String> = told.iter().map(|(vials, ja, _)| format!("{ja} {vials} バイアル")).collect();
    let en: Vec<String> = told.iter().map(|(vials, _, en)| format!("{vials} vials {en}")).collect();
    let name = site_name(shipment);
    let event = NotificationRequested {
        topic: "shipment.discrepancy".to_owned(),
        ja: format!("{name}への出荷に差異があります: {}。処理を決めてください。", ja.join("、")),
        en: format!("The shipment to {name} differs: {}. Decide what became of them.", en.join(", ")),
        ..notification(shipment, cause)
    };
    outbox::emit(tx, ctx, cause, &event).await
}

/// A notification to the prefecture about a shipment, without its words.
pub(crate) fn notification(shipment: &Shipment, cause: Uuid) -> NotificationRequested {
    let at = TerritoryCode::parse(&shipment.municipality).ok().and_then(TerritoryCode::prefecture);
    NotificationRequested {
        notification_id: Uuid::new_v5(&cause, b"notification"),
        recipient_kind: "territory".to_owned(),
        recipient: at.map_or_else(|| shipment.municipality.clone(), |prefecture| prefecture.to_string()),
        about: format!("shipment/{}", shipment.id),
        topic: String::new(),
        ja: String::new(),
        en: String::new(),
        due_at: None,
        training: shipment.training,
    }
}

/// The hub's name, as the release named it.
pub(crate) fn site_name(shipment: &Shipment) -> &str {
    shipment.site.get("name").and_then(|name| name.as_str()).unwrap_or_default()
}

/// Before dispatch: brings the open discrepancies of what was picked beyond the depot's book to
/// `outstanding` vials a lot. What was put back is withdrawn.
pub(super) async fn settle_beyond_stock(
    tx: &mut Tx,
    ctx: &OpCtx,
    shipment: &Shipment,
    cause: Uuid,
    outstanding: &BTreeMap<Uuid, i64>,
) -> Result<()> {
    let mut open_now: BTreeMap<Uuid, (i64, Vec<Uuid>)> = BTreeMap::new();
    for row in read::discrepancies_of(tx, &[shipment.id]).await? {
        if row.state == "open" && row.kind == Kind::BeyondStock.as_str() {
            let entry = open_now.entry(row.lot_id).or_default();
            entry.0 = entry.0.saturating_add(row.vials);
            entry.1.push(row.id);
        }
    }
    let (mut withdrawn, mut new) = (Vec::new(), Vec::new());
    for (lot, vials) in outstanding {
        let (before, ids) = open_now.remove(lot).unwrap_or_default();
        if before == *vials {
            continue;
        }
        withdrawn.extend(ids);
        if *vials > 0 {
            new.push(open(ctx, shipment, None, *lot, Kind::BeyondStock, *vials));
        }
    }
    if !withdrawn.is_empty() {
        let reason = "put back before dispatch";
        let resolution = Resolution { decision: WITHDRAWN, reason, by: &ctx.actor.name, at: ctx.now };
        write::resolve(tx, &withdrawn, resolution).await?;
    }
    write(tx, ctx, shipment, cause, &new).await
}
