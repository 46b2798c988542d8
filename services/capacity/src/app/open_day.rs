//! Opening a business day: from then on every municipality knows how many reports are due.
use super::system_permit;
use crate::Capacity;
use capacity_store::write;
use domain::{BusinessDay, policy::Action};
use platform::{OpCtx, Tx, audit, failure::Result, opctx::new_id};

/// Opens the day of a form unless this process knows that it is open. Idempotent.
///
/// # Errors
/// The database's.
pub async fn ensure_open(capacity: &Capacity, form: &str, day: BusinessDay) -> Result<()> {
    if capacity.is_open(form, day) {
        return Ok(());
    }
    let ctx = OpCtx::system("day-opener", &capacity.shared.clock);
    let permit = system_permit(&ctx, Action::DayOpen)?;
    let entry = audit::Entry { target: format!("day/{form}/{day}"), cause: new_id(), reason: None };
    let mut conn = capacity.db.read().await?;
    write::ensure_months(&mut conn, day.date(), BusinessDay::at(ctx.now).date()).await?;
    drop(conn);
    let mut tx = Tx::begin(&capacity.db, &ctx, &[(&permit, entry)]).await?;
    let opened = async {
        write::lock_form(&mut tx, form).await?;
        write::open_day(&mut tx, form, day.date()).await
    };
    let opened = opened.await;
    tx.finish(opened).await?;
    capacity.remember_open(form, day);
    Ok(())
}
