//! The instance's clock: set once at birth; in training it can be stepped forward.
use super::permit;
use domain::{
    Problem, error,
    policy::Action,
    time::{Instant, rfc3339},
};
use identity_store::write;
use platform::{
    Db, OpCtx, Tx, audit,
    clock::{Setting, real_now},
    failure::Result,
    opctx::new_id,
};

/// Makes this a training instance whose clock shows `start` now and runs at real speed. Does nothing
/// when the instance has a training clock already: it runs on.
///
/// # Errors
/// `time.clock_is_real` when the instance was made a real one; `auth.forbidden`; the database's.
pub async fn start_training(db: &Db, ctx: &OpCtx, start: Instant) -> Result<()> {
    set(db, ctx, move |stored| match stored {
        Some(setting) if setting.training => Ok(None),
        Some(_) => Err(Problem::new(&error::TIME_CLOCK_IS_REAL)),
        None => Ok(Some(training(start))),
    })
    .await
}

/// Makes this a real instance for good: its clock is real time.
///
/// # Errors
/// `time.clock_is_training` when it is a training one; `auth.forbidden`; the database's.
pub async fn start_real(db: &Db, ctx: &OpCtx) -> Result<()> {
    set(db, ctx, |stored| match stored {
        Some(setting) if setting.training => Err(Problem::new(&error::TIME_CLOCK_IS_TRAINING)),
        Some(_) => Ok(None),
        None => Ok(Some(Setting::real(real_now()))),
    })
    .await
}

/// Steps a training clock forward to `to`.
///
/// # Errors
/// `time.clock_not_training`, `time.clock_backwards`, `auth.forbidden`; the database's.
pub async fn step(db: &Db, ctx: &OpCtx, to: Instant) -> Result<Instant> {
    set(db, ctx, move |stored| {
        let not_training = || Problem::new(&error::TIME_CLOCK_NOT_TRAINING);
        let now = stored.filter(|setting| setting.training).ok_or_else(not_training)?.at(real_now());
        if to < now {
            return Err(Problem::new(&error::TIME_CLOCK_BACKWARDS).with("now", &rfc3339(now)));
        }
        Ok(Some(training(to)))
    })
    .await?;
    Ok(to)
}

fn training(business_start: Instant) -> Setting {
    Setting { training: true, business_start, ..Setting::real(real_now()) }
}

/// Sets the clock to what `next` makes of the one there is; to nothing else if that is `None`.
async fn set(
    db: &Db,
    ctx: &OpCtx,
    next: impl Fn(Option<Setting>) -> std::result::Result<Option<Setting>, Problem>,
) -> Result<()> {
    let permit = permit(ctx, Action::ClockStep)?;
    let stored = Setting::stored(&mut *db.read().await?).await?;
    let Some(setting) = next(stored)? else { return Ok(()) };
    let reason = Some(format!("set to {}", rfc3339(setting.business_start)));
    let entry = audit::Entry { target: "clock".to_owned(), cause: new_id(), reason };
    let mut tx = Tx::begin(db, ctx, &[(&permit, entry)]).await?;
    // decided once more now that nobody else can set it: another one may have been quicker
    let written = async {
        write::lock_instance(&mut tx).await?;
        let Some(setting) = next(Setting::stored(&mut tx).await?)? else { return Ok(()) };
        let Setting { training, business_start, real_start, speed_permille } = setting;
        Ok(write::clock(&mut tx, training, business_start, real_start, speed_permille).await?)
    };
    let written = written.await;
    tx.finish(written).await
}
