//! The instance's clock: set once at birth; in training it can be stepped forward.
use super::permit;
use domain::{
    Problem, error,
    policy::Action,
    time::{Instant, rfc3339},
};
use identity_store::write;
use platform::{
    Db, Failure, OpCtx, Tx, audit,
    clock::{Clock, real_now},
    failure::Result,
    opctx::new_id,
};

/// Makes this a training instance whose clock shows `start` now and runs at real speed. Does nothing
/// when the instance has a training clock already: it runs on.
///
/// # Errors
/// `auth.forbidden`; the database's.
pub async fn start_training(db: &Db, ctx: &OpCtx, start: Instant) -> Result<()> {
    if Clock::load(db).await?.training() {
        return Ok(());
    }
    write(db, ctx, start).await
}

/// Steps a training clock forward to `to`.
///
/// # Errors
/// `time.clock_not_training`, `time.clock_backwards`, `auth.forbidden`; the database's.
pub async fn step(db: &Db, ctx: &OpCtx, to: Instant) -> Result<Instant> {
    permit(ctx, Action::ClockStep)?;
    let clock = Clock::load(db).await?;
    if !clock.training() {
        return Err(Problem::new(&error::TIME_CLOCK_NOT_TRAINING).into());
    }
    let now = clock.now();
    if to < now {
        return Err(Problem::new(&error::TIME_CLOCK_BACKWARDS).with("now", &rfc3339(now)).into());
    }
    write(db, ctx, to).await?;
    Ok(to)
}

async fn write(db: &Db, ctx: &OpCtx, business_start: Instant) -> Result<()> {
    let permit = permit(ctx, Action::ClockStep)?;
    let reason = Some(format!("set to {}", rfc3339(business_start)));
    let entry = audit::Entry { target: "clock".to_owned(), cause: new_id(), reason };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    let written = write::clock(&mut tx, true, business_start, real_now(), 1_000).await.map_err(Failure::from);
    tx.finish(written).await
}
