//! How soon an event is in a wholesaler's hands after its commit, at a steady rate.
use super::{
    Bench, PARTNERS,
    order::{self, Order, place_of, wholesaler},
    outbox::Writer,
    places::{MAIN_QUEUE, PARTNER_QUEUE},
    with_bench,
};
use crate::measure::{Failed, Rate, failed, millis};
use futures::StreamExt as _;
use lapin::{
    Connection, ConnectionProperties, Consumer,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::{sleep, sleep_until};

/// Commits per second.
const RATE: u64 = 500;
/// How long, unless named.
pub const SECONDS: u64 = 60;
/// Connections that commit; an event that finds none free is late, and the next is due all the same.
const WRITERS: usize = 16;
/// Messages that a consumer has in hand, as the project's own consumers.
const PREFETCH: u16 = 50;
/// After the last commit everything is there within this time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Moments in microseconds since the start, by the event's place; 0 where there is none yet.
struct Moments(Vec<AtomicU64>);

impl Moments {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU64::new(0)).collect())
    }

    /// Keeps the first moment; answers whether it was the first.
    fn keep(&self, place: usize, started: Instant) -> bool {
        let moment = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        let Some(kept) = self.0.get(place) else { return false };
        kept.compare_exchange(0, moment, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn read(&self) -> Vec<u64> {
        self.0.iter().map(|moment| moment.load(Ordering::Relaxed)).collect()
    }
}

/// What is known of every event.
struct Course {
    started: Instant,
    orders: Vec<Order>,
    /// The next that is due.
    next: AtomicUsize,
    committed: Moments,
    received: Moments,
    /// Deliveries of an event that was there already.
    again: AtomicUsize,
}

impl Course {
    /// Microseconds after the start at which an event is due.
    fn due(place: usize) -> u64 {
        u64::try_from(place).unwrap_or(u64::MAX).saturating_mul(1_000_000) / RATE
    }
}

/// Measures, and answers the report.
pub fn run(bin: &Path, seconds: u64) -> Result<String, Failed> {
    with_bench(bin, async |bench: &mut Bench| measure(bench, seconds).await)
}

async fn measure(bench: &mut Bench, seconds: u64) -> Result<String, Failed> {
    bench.outbox.empty().await?;
    bench.places.empty().await?;
    let orders = order::orders(usize::try_from(seconds * RATE).map_err(failed)?)?;
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(Writer::connect(&bench.home).await?);
    }
    let mut queues = vec![open(&bench.places.own_url(&bench.places.main), MAIN_QUEUE).await?];
    for place in 0..usize::from(PARTNERS) {
        queues.push(open(&bench.places.partner_url(wholesaler(place)?), PARTNER_QUEUE).await?);
    }
    bench.outbox.settle().await?;
    let count = orders.len();
    let course = Arc::new(Course {
        // a moment to get everybody to the start
        started: Instant::now() + Duration::from_millis(200),
        orders,
        next: AtomicUsize::new(0),
        committed: Moments::new(count),
        received: Moments::new(count),
        again: AtomicUsize::new(0),
    });
    let writing: Vec<_> = writers.into_iter().map(|writer| tokio::spawn(write(writer, course.clone()))).collect();
    let taking: Vec<_> = queues
        .into_iter()
        .enumerate()
        .map(|(place, queue)| tokio::spawn(take(queue, course.clone(), place > 0)))
        .collect();
    for task in writing {
        task.await.map_err(failed)??;
    }
    let took = course.started.elapsed();
    let received = all_received(&course).await;
    for task in taking {
        task.abort();
    }
    received?;
    Ok(format!("{}\n{}", table(&course), conditions(bench, &course, took).await?))
}

/// A connection, which closes when it is dropped, and what it consumes.
async fn open(url: &str, queue: &str) -> Result<(Connection, Consumer), Failed> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.map_err(failed)?;
    let channel = connection.create_channel().await.map_err(failed)?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await.map_err(failed)?;
    let consuming =
        channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default());
    Ok((connection, consuming.await.map_err(failed)?))
}

/// Commits what is due next, one after another, each in a transaction of its own.
async fn write(writer: Writer, course: Arc<Course>) -> Result<(), Failed> {
    loop {
        let place = course.next.fetch_add(1, Ordering::Relaxed);
        let Some(order) = course.orders.get(place) else { return Ok(()) };
        sleep_until((course.started + Duration::from_micros(Course::due(place))).into()).await;
        writer.emit(std::slice::from_ref(order)).await?;
        course.committed.keep(place, course.started);
    }
}

/// Takes messages for as long as it is let. Our own consumers' are taken too, so that their queue stays
/// short, but only the wholesalers' count.
async fn take((_connection, mut queue): (Connection, Consumer), course: Arc<Course>, counts: bool) {
    while let Some(delivery) = queue.next().await {
        let Ok(delivery) = delivery else { return };
        let id = delivery.properties.message_id().as_ref().map(ToString::to_string);
        let place = id.and_then(|id| place_of(&id));
        if counts && !place.is_some_and(|place| course.received.keep(place, course.started)) {
            course.again.fetch_add(1, Ordering::Relaxed);
        }
        if delivery.ack(BasicAckOptions::default()).await.is_err() {
            return;
        }
    }
}

async fn all_received(course: &Course) -> Result<(), Failed> {
    let waiting = Instant::now();
    loop {
        let missing = course.received.read().into_iter().filter(|moment| *moment == 0).count();
        if missing == 0 {
            return Ok(());
        }
        if waiting.elapsed() > PATIENCE {
            return Err(failed(format!("{missing} events have not arrived after {} s", PATIENCE.as_secs())));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn table(course: &Course) -> String {
    let (committed, received) = (course.committed.read(), course.received.read());
    let due: Vec<u64> = (0..course.orders.len()).map(Course::due).collect();
    let row = |name: &str, from: &[u64], to: &[u64]| {
        // a message may arrive before its commit has told the writer
        let mut times: Vec<u64> = from.iter().zip(to).map(|(from, to)| to.saturating_sub(*from)).collect();
        times.sort_unstable();
        let at = |percent| millis(Duration::from_micros(percentile(&times, percent)));
        format!("| {name} | {} | {} | {} | {} |\n", at(50), at(95), at(99), at(100))
    };
    let heading = "| from – to | p50 | p95 | p99 | longest |\n|---|---:|---:|---:|---:|\n";
    [
        heading.to_owned(),
        row("commit returned – wholesaler has it", &committed, &received),
        row("due – commit returned", &due, &committed),
        row("due – wholesaler has it", &due, &received),
    ]
    .concat()
}

/// The smallest that so many of a hundred do not exceed.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or(0)
}

/// What was measured, on what.
async fn conditions(bench: &Bench, course: &Course, took: Duration) -> Result<String, Failed> {
    let (service, server) = (bench.home.described()?, bench.outbox.server().await?);
    let broker = bench.places.version().await?;
    let (count, again) = (course.orders.len(), course.again.load(Ordering::Relaxed));
    let rate = Rate::of(count, took);
    Ok(format!(
        "{count} orders (`shipment.ordered.v1`), each due at a moment fixed beforehand, {RATE} a second, whatever \
         became of those before; each committed in a transaction of its own that writes what `platform::outbox` \
         writes, over {WRITERS} connections ({rate} commits/s were made). {service}, `serve relay`, publishes them to \
         the main virtual host and to {PARTNERS} wholesalers, whose consumers run in the measuring process and \
         acknowledge one by one ({PREFETCH} in hand), as does one for the main queue. The clock starts when the commit \
         has returned and stops when the wholesaler's consumer has the message; the rows from the due moment count \
         what a late commit hides. All {count} arrived, {again} of them more than once. {server}. {broker}.\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u64> = (1..=200).collect();
        assert_eq!([50, 95, 99, 100].map(|percent| percentile(&values, percent)), [100, 190, 198, 200]);
        assert_eq!([percentile(&[7], 50), percentile(&[], 99)], [7, 0]);
    }

    #[test]
    fn events_are_due_at_the_rate() {
        assert_eq!([0, 1, 500].map(Course::due), [0, 2_000, 1_000_000]);
    }

    #[test]
    fn the_first_moment_counts() {
        let moments = Moments::new(1);
        assert_eq!([0, 0, 1].map(|place| moments.keep(place, Instant::now())), [true, false, false]);
    }
}
