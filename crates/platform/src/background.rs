//! Work that runs beside the requests until it is told to stop.
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// Work that runs by itself. Dropped or stopped, it ends at the next place where it looks.
pub struct Background {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Background {
    /// Starts `work`, which looks at the [`Stop`] it is given.
    pub fn run<F: Future<Output = ()> + Send + 'static>(work: impl FnOnce(Stop) -> F) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(work(Stop(stopped))) }
    }

    /// Says that it is to stop and waits until it has.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        // if it panicked, it has stopped too, and the panic has been reported
        let _ = self.task.await;
    }

    /// Ends it in the middle of what it does, as if the process had died.
    pub fn kill(self) {
        self.task.abort();
    }
}

/// Tells background work when to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// One that is set when the answer's first half is dropped.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (handle, stop) = watch::channel(false);
        (handle, Self(stop))
    }

    /// Is it to stop? Also when nobody holds it any more.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Resolves when it is to stop.
    pub async fn wait(&mut self) {
        // an error says that the handle was dropped
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits; answers whether it is to go on.
    pub async fn pause(&mut self, duration: Duration) -> bool {
        tokio::select! {
            () = sleep(duration) => !self.is_set(),
            () = self.wait() => false,
        }
    }
}
