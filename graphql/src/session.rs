//! What one request carries with it: who asks, one snapshot of the database, and the loaders that
//! read through it.
use crate::{Inner, loader::Loaders};
use async_graphql::{Context, Response};
use domain::{Problem, error};
use futures::{FutureExt, Stream, future::BoxFuture, stream::FuturesUnordered};
use platform::{Db, OpCtx, Position, db::Snapshot, failure::Failure, views::Viewed};
use std::{
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Wake, Waker},
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
    /// What it sees of facilities.
    pub viewed: Arc<Viewed>,
}

impl Session {
    /// A new session; `jobs` is where its loaders' work is put.
    pub fn new(op: OpCtx, authorization: Option<String>, gateway: Arc<Inner>, jobs: &Jobs) -> Self {
        let reading = Arc::new(Reading::new(gateway.db.clone()));
        let viewed = Arc::default();
        let loaders = Loaders::new(&gateway, &reading, &op, &viewed, jobs);
        Self { op, authorization, gateway, loaders, reading, viewed }
    }

    /// Notes what was seen of facilities.
    ///
    /// # Errors
    /// The coded problem of the database's failure: then nothing may be shown.
    pub async fn note_views(&self) -> Result<(), Problem> {
        self.viewed.note(&self.gateway.views_db, &self.op, "gateway").await.map_err(Failure::into_problem)
    }

    /// Reads on from a snapshot that sees the commit at `position`, without what was read before it of
    /// what writes change.
    ///
    /// # Errors
    /// As [`Reading::wait_for`].
    pub async fn catch_up(&self, position: Position) -> Result<(), Problem> {
        // one connection a request: the old one goes back before the new one is taken
        self.reading.close().await;
        self.loaders.forget();
        self.reading.wait_for(position).await
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
    /// `read.not_yet_visible` when none does within a second, and at once when none will; otherwise as
    /// [`Self::snapshot`].
    pub async fn wait_for(&self, position: Position) -> Result<(), Problem> {
        let started = tokio::time::Instant::now();
        loop {
            let mut snapshot = self.db.snapshot().await.map_err(Failure::into_problem)?;
            if snapshot.sees(position).await.map_err(Failure::into_problem)? {
                *self.slot.lock().await = Some(snapshot);
                return Ok(());
            }
            let hopeless = !snapshot.may_reach(position).await.map_err(Failure::into_problem)?;
            // a snapshot never learns of later commits: the next look needs a new one
            snapshot.close().await;
            if hopeless || started.elapsed() >= POSITION_WAIT {
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

/// Wakes the task, and remembers that it was asked to.
struct Noted {
    is_woken: AtomicBool,
    task: Waker,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// Runs an execution together with its loaders' jobs. A job begins only when no resolver can go on
/// without it: by then every row of a list has asked for what it needs, so that one statement
/// answers all of them, however slow the machine. (A delay in time would split the batches of a
/// busy one.)
///
/// An execution that woke itself is not there yet: the executor's lists hand the thread back after
/// a few rows, and go on when they are polled again.
pub async fn drive(execution: impl Future<Output = Response>, jobs: &Jobs) -> Response {
    let mut execution = pin!(execution.fuse());
    let mut running = FuturesUnordered::new();
    std::future::poll_fn(|cx| {
        loop {
            let noted = Arc::new(Noted { is_woken: AtomicBool::new(false), task: cx.waker().clone() });
            let waker = Waker::from(Arc::clone(&noted));
            if let Poll::Ready(response) = execution.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
                return Poll::Ready(response);
            }
            let waits = !noted.is_woken.load(Ordering::Acquire);
            if waits {
                running.extend(jobs.take());
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{
        EmptyMutation, EmptySubscription, Object, Schema,
        dataloader::{DataLoader, HashMapCache, Loader},
    };
    use std::collections::HashMap;

    /// Counts its statements; slow, so that a batch that begins too early is seen.
    struct Counted(Arc<Mutex<Vec<usize>>>);

    impl Loader<i32> for Counted {
        type Value = i32;
        type Error = Problem;
        async fn load(&self, keys: &[i32]) -> Result<HashMap<i32, i32>, Problem> {
            self.0.lock().unwrap().push(keys.len());
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(keys.iter().map(|key| (*key, key * 2)).collect())
        }
    }

    struct Row(i32);
    #[Object]
    impl Row {
        async fn double(&self, ctx: &Context<'_>) -> i32 {
            ctx.data_unchecked::<DataLoader<Counted, HashMapCache>>().load_one(self.0).await.unwrap().unwrap()
        }
        async fn below(&self, ctx: &Context<'_>) -> Vec<Row> {
            let base = self.double(ctx).await.unwrap() * 100;
            (base..base + 3).map(Row).collect()
        }
    }

    struct Root;
    #[Object]
    impl Root {
        async fn rows(&self) -> Vec<Row> {
            (0..200).map(Row).collect()
        }
    }

    #[tokio::test]
    async fn one_batch_answers_a_whole_level() {
        let (batches, jobs) = (Arc::new(Mutex::new(Vec::new())), Jobs::default());
        let put = jobs.clone();
        let loader =
            DataLoader::with_cache(Counted(Arc::clone(&batches)), move |job| put.put(job), HashMapCache::default());
        let schema = Schema::new(Root, EmptyMutation, EmptySubscription);
        let query = "{ rows { double a: double below { double below { double } } } }";
        let request = async_graphql::Request::new(query).data(loader.delay(Duration::ZERO));
        let response = drive(schema.execute(request), &jobs).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        // 200, 600 and 1,800 rows, of which some are known; a batch has at most 1,000
        let batches = batches.lock().unwrap();
        assert_eq!((batches.len(), batches.first()), (4, Some(&200)), "{batches:?}");
    }
}
