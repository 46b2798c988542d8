//! Tells holders who have something to grant that they are due within a day, within an hour, or late; and of
//! those who are late the level above. Each is told each thing once.
use super::system_permit;
use crate::Allocation;
use allocation_store::{
    read,
    rows::{Due, Reminder},
    write,
};
use chrono::TimeDelta;
use domain::{
    policy::Action,
    time::{in_japan, rfc3339},
};
use platform::{OpCtx, Tx, audit, failure::Result, opctx::new_id, outbox};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::events::NotificationRequested;

/// What was due longer ago is nobody's business any more, days.
const FORGOTTEN_D: i64 = 90;
/// Names that a summary for the level above spells out.
const NAMES_MAX: usize = 20;

/// Tells all who are to be told now; answers how many holders were. When the clock has passed several moments
/// at once, only the newest is told.
///
/// # Errors
/// The database's.
pub async fn remind(allocation: &Allocation, ctx: &OpCtx) -> Result<usize> {
    let since = ctx.now - TimeDelta::days(FORGOTTEN_D);
    let due = read::objections::due(&mut *allocation.db.read().await?, ctx.now, since).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let permit = system_permit(ctx, Action::EventApply)?;
    let entry = audit::Entry { target: "reminders".to_owned(), cause: new_id(), reason: None };
    let mut tx = Tx::begin(&allocation.db, ctx, &[(&permit, entry)]).await?;
    let written = tell(&mut tx, ctx, due).await;
    match written {
        // another process was faster: nothing was to be written
        Ok(0) => {
            tx.abandon().await;
            Ok(0)
        }
        written => tx.finish(written).await,
    }
}

async fn tell(tx: &mut Tx, ctx: &OpCtx, due: Vec<Due>) -> Result<usize> {
    let row = |due: &Due| Reminder {
        round_id: due.round_id,
        level: due.level.clone(),
        holder: due.holder.clone(),
        kind: due.kind.clone(),
        business_at: ctx.now,
    };
    let rows: Vec<Reminder> = due.iter().map(row).collect();
    let new: BTreeSet<(Uuid, String, String)> = write::objections::reminded(tx, &rows).await?.into_iter().collect();
    let fresh = |due: &Due| new.contains(&(due.round_id, due.holder.clone(), due.kind.clone()));
    let due: Vec<Due> = due.into_iter().filter(fresh).collect();
    let mut events: Vec<(Uuid, NotificationRequested)> = due.iter().map(|due| told(ctx, due)).collect();
    let mut below: BTreeMap<(Uuid, &str), Vec<&Due>> = BTreeMap::new();
    for late in due.iter().filter(|due| due.kind == "late") {
        if let Some(above) = &late.above {
            below.entry((late.round_id, above.as_str())).or_default().push(late);
        }
    }
    events.extend(below.into_iter().filter_map(|((_, above), late)| told_above(ctx, above, &late)));
    outbox::emit_all(tx, ctx, &events).await?;
    Ok(due.len())
}

fn notification(ctx: &OpCtx, due: &Due, id: Uuid, recipient: &str, topic: String) -> NotificationRequested {
    NotificationRequested {
        notification_id: id,
        recipient_kind: "territory".to_owned(),
        recipient: recipient.to_owned(),
        about: format!("round/{}", due.round_id),
        topic,
        ja: String::new(),
        en: String::new(),
        due_at: Some(rfc3339(due.due_at)),
        training: ctx.training,
    }
}

fn told(ctx: &OpCtx, due: &Due) -> (Uuid, NotificationRequested) {
    let id = Uuid::new_v5(&due.round_id, format!("{}/{}", due.kind, due.holder).as_bytes());
    let (when, number, product) = (in_japan(due.due_at), due.number, &due.product);
    let (topic, ja, en) = match due.kind.as_str() {
        "late" => (
            "plan.late",
            "期限を過ぎましたが、まだ割当てが確定していません",
            "is past its due time and not committed yet",
        ),
        "hour_before" => (
            "plan.due_soon",
            "期限まで1時間を切りましたが、まだ割当てが確定していません",
            "is due within an hour and not committed yet",
        ),
        _ => (
            "plan.due_soon",
            "期限まで24時間を切りましたが、まだ割当てが確定していません",
            "is due within a day and not committed yet",
        ),
    };
    let told = NotificationRequested {
        ja: format!("{product} 第{number}クール: {ja}（期限 {when} 日本時間）。"),
        en: format!("{product}, round {number}: your allocation {en} (due {when}, Japan time)."),
        ..notification(ctx, due, id, &due.holder, topic.to_owned())
    };
    (id, told)
}

/// One summary for whoever stands above, of all who are found late together.
fn told_above(ctx: &OpCtx, above: &str, late: &[&Due]) -> Option<(Uuid, NotificationRequested)> {
    let first = late.first()?;
    let id = Uuid::new_v5(&first.round_id, format!("late_below/{above}/{}", first.holder).as_bytes());
    let names: Vec<&str> = late.iter().take(NAMES_MAX).map(|due| due.name.as_str()).collect();
    let (count, names, number, product) = (late.len(), names.join("、"), first.number, &first.product);
    let (more_ja, more_en) = if count > NAMES_MAX { ("ほか", " and others") } else { ("", "") };
    let told = NotificationRequested {
        ja: format!("{product} 第{number}クール: {count}の団体が期限までに割当てを確定していません: {names}{more_ja}"),
        en: format!("{product}, round {number}: {count} below you are late with their allocation: {names}{more_en}"),
        ..notification(ctx, first, id, above, "plan.late_below".to_owned())
    };
    Some((id, told))
}
