//! Where passwords are checked: slow on purpose, and so only a few at a time.
use platform::{Failure, failure::Result};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Whoever has waited this long for a turn is told to come back.
const WAIT: Duration = Duration::from_secs(3);

/// As many turns as there are cores: more at once would only be slower, and take memory each
/// (argon2id, 19 MiB). Cheap to clone.
#[derive(Clone)]
pub struct Hashing(Arc<Semaphore>);

impl Default for Hashing {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, Into::into))
    }
}

impl Hashing {
    fn new(turns: usize) -> Self {
        Self(Arc::new(Semaphore::new(turns)))
    }

    /// Runs work that is meant to be slow, on a thread that nobody else waits for.
    ///
    /// # Errors
    /// `service.unavailable` when no turn comes in time.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || Failure::Unavailable("a turn to check a password".to_owned());
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await.map_err(|_| busy())?;
        let turn = turn.map_err(Failure::internal)?;
        // the turn goes with the work: it is not over when its caller has gone
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(Failure::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(flavor = "multi_thread")]
    async fn only_so_many_at_a_time() {
        let hashing = Hashing::new(2);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut done = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (hashing, running, most) = (hashing.clone(), Arc::clone(&running), Arc::clone(&most));
            let work = move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                running.fetch_sub(1, Ordering::SeqCst);
            };
            done.spawn(async move { hashing.run(work).await.is_ok() });
        }
        assert!(done.join_all().await.into_iter().all(|ok| ok));
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_turn_that_does_not_come_is_an_answer() {
        let hashing = Hashing::new(0);
        let failure = hashing.run(|| ()).await.unwrap_err();
        assert_eq!(failure.into_problem().code.code, "service.unavailable");
    }
}
