//! One connection to one virtual host, kept up.
//!
//! lapin's automatic recovery is on: it brings a lost connection back in milliseconds when the broker is
//! there. This supervises it: whoever needs a channel meanwhile is told at once, a recovery that takes too
//! long is given up for a new connection, at most one attempt is under way at a time, and attempts follow
//! each other with growing, jittered pauses.
use super::{Broker, Unsent, backoff};
use lapin::{Channel, Connection, ConnectionProperties, ConnectionStatus};
use std::time::Duration;
use tokio::{
    sync::Mutex,
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Whoever asks waits this long for a connection that is being made.
const PATIENCE: Duration = Duration::from_secs(3);
/// A connection that is being made is given up after this.
const GIVE_UP: Duration = Duration::from_secs(30);
/// lapin may take this long to bring one back, with pauses of at most [`RECOVERY_PAUSE`].
const RECOVERY: Duration = Duration::from_secs(10);
const RECOVERY_PAUSE: Duration = Duration::from_secs(1);
/// The first and the longest pause between attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// See the module.
pub(super) struct Link {
    url: String,
    name: String,
    state: Mutex<State>,
}

struct State {
    line: Line,
    failures: u32,
    last: String,
}

enum Line {
    Down { until: Instant },
    Dialling { attempt: JoinHandle<lapin::Result<Connection>>, since: Instant },
    Up { connection: Box<Connection>, lost: Option<Instant> },
}

impl Link {
    /// A link as our service user; `purpose` shows in the broker's list of connections.
    pub fn new(broker: &Broker, vhost: &str, purpose: &str) -> Self {
        let line = Line::Down { until: Instant::now() };
        Self {
            url: broker.own_url(vhost),
            name: format!("{purpose} {vhost}"),
            state: Mutex::new(State { line, failures: 0, last: "not connected yet".to_owned() }),
        }
    }

    /// A new channel, and the state of the connection under it.
    pub async fn channel(&self) -> Result<(Channel, ConnectionStatus), Unsent> {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        self.advance(state).await;
        let Line::Up { connection, lost: None } = &state.line else { return Err(Unsent::Away(state.last.clone())) };
        match timeout(PATIENCE, connection.create_channel()).await {
            Ok(Ok(channel)) => Ok((channel, connection.status().clone())),
            Ok(Err(error)) => Err(Unsent::Away(error.to_string())),
            Err(_) => Err(Unsent::Away("the broker does not answer".to_owned())),
        }
    }

    /// Closes the connection, if there is one.
    pub async fn close(&self) {
        let mut state = self.state.lock().await;
        let line = std::mem::replace(&mut state.line, Line::Down { until: Instant::now() });
        match line {
            Line::Up { connection, .. } => {
                // a broker that does not answer has lost the connection anyway
                let _ = timeout(PATIENCE, connection.close(200, "done".into())).await;
            }
            Line::Dialling { attempt, .. } => attempt.abort(),
            Line::Down { .. } => {}
        }
    }

    /// One step towards a connection: look at the one there is, begin a new one, wait for it a little.
    async fn advance(&self, state: &mut State) {
        let now = Instant::now();
        if let Line::Up { connection, lost } = &mut state.line {
            let status = connection.status();
            if status.connected() {
                *lost = None;
                return;
            }
            let recovering = status.reconnecting() || status.connecting();
            let since = *lost.get_or_insert(now);
            if recovering && since.elapsed() < RECOVERY {
                "the connection was lost and is being recovered".clone_into(&mut state.last);
                return;
            }
            state.line = Line::Down { until: now };
        }
        if matches!(&state.line, Line::Down { until } if *until <= now) {
            state.line = Line::Dialling { attempt: self.dial(), since: now };
        }
        let Line::Dialling { attempt, since } = &mut state.line else { return };
        let failed = match timeout(PATIENCE, attempt).await {
            Ok(Ok(Ok(connection))) => {
                state.line = Line::Up { connection: Box::new(connection), lost: None };
                state.failures = 0;
                return;
            }
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(stopped)) => stopped.to_string(),
            // it stays the only attempt: a broker that hangs is not knocked at again and again
            Err(_) if since.elapsed() < GIVE_UP => {
                "the broker does not answer".clone_into(&mut state.last);
                return;
            }
            Err(_) => "the broker did not answer in time".to_owned(),
        };
        if let Line::Dialling { attempt, .. } = &state.line {
            attempt.abort();
        }
        state.line = Line::Down { until: Instant::now() + backoff(state.failures, PAUSES.0, PAUSES.1) };
        state.failures = state.failures.saturating_add(1);
        state.last = failed;
    }

    fn dial(&self) -> JoinHandle<lapin::Result<Connection>> {
        let properties = ConnectionProperties::default()
            .with_connection_name(self.name.clone().into())
            .configure_backoff(|pauses| {
                pauses.with_min_delay(PAUSES.0).with_max_delay(RECOVERY_PAUSE).with_jitter().with_max_times(8)
            })
            .enable_auto_recover();
        let url = self.url.clone();
        tokio::spawn(async move { Connection::connect(&url, properties).await })
    }
}
