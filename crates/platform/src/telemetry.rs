//! Logs. One line an event, as text for people or JSON for machines; never a body, a token or a
//! person's data.
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging to standard error. `filter` is a list like `info` or `warn,platform=debug`;
/// `json` chooses the machine's form. A second call changes nothing.
pub fn start(filter: &str, json: bool) {
    let targets: Targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(true);
    let layer = if json { layer.json().boxed() } else { layer.compact().boxed() };
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}
