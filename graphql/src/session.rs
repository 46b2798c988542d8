//! What one request carries with it: who asks, one snapshot of the database, and the loaders that
//! read through it.
use crate::{Inner, loader::Loaders};
use async_graphql::{Context, Response};
use domain::{Problem, error};
use futures::{FutureExt, Stream, future::BoxFuture, stream::FuturesUnordered};
use platform::{Db, OpCtx, Position, db::Snapshot, failure::Failure};
use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};
use tokio::sync::{MappedMutexGuard, MutexGuard};

/// How long a read waits for the commit that it names.
const POSITION_WAIT: Duration = Duration::from_secs(1);
/// How long between two looks for it.
const POSITION_PAUSE: Duration = Duration::from_millis(20);

/// The context of one GraphQL request.
pub struct Session {
    /// Who asks, when, under which request id.
    pub op: OpCtx,
    /// The Authorization header as it came, to be passed on to the services. Never logged.
    pub authorization: Option<String>,
    /// The gateway.
    pub gateway: Arc<Inner>,
    /// The loaders of this request.
    pub loaders: Loaders,
    /// The snapshot of this request.
    pub reading: Arc<Reading>,
}

impl Session {
    /// A new session; `jobs` is where its loaders' work is put.
    pub fn new(op: OpCtx, authorization: Option<String>, gateway: Arc<Inner>, jobs: &Jobs) -> Self {
        let reading = Arc::new(Reading::new(gateway.db.clone()));
        let loaders = Loaders::new(&gateway, &reading, op.scope(), jobs);
        Self { op, authorization, gateway, loaders, reading }
    }
}

/// The session that a resolver runs in.
///
/// # Errors
/// `service.internal` when there is none, which is a bug.
pub fn session<'a>(ctx: &Context<'a>) -> Result<&'a Session, Problem> {
    match ctx.data_opt::<Arc<Session>>() {
        Some(session) => Ok(session),
        None => Err(Failure::internal("a resolver without a session").into_problem()),
    }
}

/// One snapshot per request, opened when it is first read, so that all figures of an answer are of
/// one moment.
pub struct Reading {
    db: Db,
    slot: tokio::sync::Mutex<Option<Snapshot>>,
}

impl Reading {
    fn new(db: Db) -> Self {
        Self { db, slot: tokio::sync::Mutex::new(None) }
    }

    /// The snapshot, for one statement.
    ///
    /// # Errors
    /// The coded problem of whatever keeps it from being opened.
    pub async fn snapshot(&self) -> Result<MappedMutexGuard<'_, Snapshot>, Problem> {
        let mut slot = self.slot.lock().await;
        if slot.is_none() {
            *slot = Some(self.db.snapshot().await.map_err(Failure::into_problem)?);
        }
        MutexGuard::try_map(slot, Option::as_mut)
            .map_err(|_| Failure::internal("a snapshot that is open and is not").into_problem())
    }

    /// Opens a snapshot that sees the commit at `position`.
    ///
    /// # Errors
    /// `read.not_yet_visible` when none does within a second; otherwise as [`Self::snapshot`].
    pub async fn wait_for(&self, position: Position) -> Result<(), Problem> {
        let started = tokio::time::Instant::now();
        loop {
            let mut snapshot = self.db.snapshot().await.map_err(Failure::into_problem)?;
            if snapshot.sees(position).await.map_err(Failure::into_problem)? {
                *self.slot.lock().await = Some(snapshot);
                return Ok(());
            }
            // a snapshot never learns of later commits: the next look needs a new one
            snapshot.close().await;
            if started.elapsed() >= POSITION_WAIT {
                return Err(Problem::new(&error::READ_NOT_YET_VISIBLE).retry_after(1));
            }
            tokio::time::sleep(POSITION_PAUSE).await;
        }
    }

    /// Gives the connection back.
    pub async fn close(&self) {
        if let Some(snapshot) = self.slot.lock().await.take() {
            snapshot.close().await;
        }
    }
}

/// Work that the loaders of one request have to do.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Jobs {
    /// Puts a job where [`drive`] finds it.
    pub fn put(&self, job: BoxFuture<'static, ()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(job);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs an execution together with its loaders' jobs. A job begins only when no resolver can go on
/// without it: by then every row of a list has asked for what it needs, so that one statement
/// answers all of them, however slow the machine. (A delay in time would split the batches of a
/// busy one.)
pub async fn drive(execution: impl Future<Output = Response>, jobs: &Jobs) -> Response {
    let mut execution = pin!(execution.fuse());
    let mut running = FuturesUnordered::new();
    std::future::poll_fn(|cx| {
        loop {
            if let Poll::Ready(response) = execution.as_mut().poll(cx) {
                return Poll::Ready(response);
            }
            running.extend(jobs.take());
            let mut has_progressed = false;
            while let Poll::Ready(Some(())) = Pin::new(&mut running).poll_next(cx) {
                has_progressed = true;
            }
            if !has_progressed {
                return Poll::Pending;
            }
        }
    })
    .await
}
