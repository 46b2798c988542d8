//! How fast the relay empties an outbox, against publishing alone.
use super::{Bench, PARTNERS, PATIENCE, bare, bare::Bare, order, order::Order, with_bench};
use crate::measure::{Failed, ROUNDS, Rate, compared, failed};
use std::{path::Path, sync::Arc, time::Duration};

/// Events of one measurement, unless named: fewer than a queue holds.
pub const EVENTS: usize = 40_000;

/// Measures, and answers the report.
pub fn run(bin: &Path, events: usize) -> Result<String, Failed> {
    with_bench(bin, async |bench: &mut Bench| measure(bench, events).await)
}

async fn measure(bench: &mut Bench, events: usize) -> Result<String, Failed> {
    let orders = Arc::new(order::orders(events)?);
    let bare = Bare::connect(&bench.places).await?;
    let (mut relayed, mut published) = (Vec::new(), Vec::new());
    // the first of each is not counted: memory grows in it, and files
    for round in 0..=ROUNDS {
        let drained = Rate::of(events, drain(bench, &orders).await?);
        let alone = Rate::of(events, publish(bench, &bare, &orders).await?);
        eprintln!("{round} of {ROUNDS}: relay {drained} events/s, bare {alone} events/s");
        if round > 0 {
            relayed.push(drained);
            published.push(alone);
        }
    }
    let heading = "| events | relay, events/s | bare, events/s | relay ÷ bare | lowest–highest A B |\n\
                   |---:|---:|---:|---:|---:|\n";
    let row = compared(&events.to_string(), &relayed, &published);
    let size = orders.first().map_or(0, |order| order.body.len());
    Ok(format!("{heading}{row}\n{}", conditions(bench, size).await?))
}

/// The relay's turn.
async fn drain(bench: &mut Bench, orders: &[Order]) -> Result<Duration, Failed> {
    bench.places.empty().await?;
    bench.outbox.empty().await?;
    bench.outbox.settle().await?;
    let committed = bench.outbox.write(orders).await?;
    let sent = bench.outbox.wait_until_sent(PATIENCE).await?;
    check(bench, orders.len()).await?;
    Ok(sent.duration_since(committed))
}

/// The yardstick's turn.
async fn publish(bench: &mut Bench, bare: &Bare, orders: &Arc<Vec<Order>>) -> Result<Duration, Failed> {
    bench.places.empty().await?;
    bench.outbox.settle().await?;
    let took = bare.publish(orders).await?;
    check(bench, orders.len()).await?;
    Ok(took)
}

/// Every event is in both queues, once.
async fn check(bench: &Bench, events: usize) -> Result<(), Failed> {
    let held = bench.places.held().await?;
    if held == (events, events) { Ok(()) } else { Err(failed(format!("the queues hold {held:?} of {events}"))) }
}

/// What was compared, on what.
async fn conditions(bench: &Bench, size: usize) -> Result<String, Failed> {
    let (service, server) = (bench.home.described()?, bench.outbox.server().await?);
    let broker = bench.places.version().await?;
    Ok(format!(
        "One event: an order (`shipment.ordered.v1`, {size} bytes, each of a shipment of its own) to one of \
         {PARTNERS} wholesalers in turn. It is published twice, to the main virtual host and to the wholesaler's, \
         into quorum queues on one node; nobody takes messages from them, and they are made anew before each turn. \
         Relay: {service}, `serve relay`; from the commit of all events, in one transaction, until every row is \
         marked as published: it reads the rows, writes the JSON, publishes to the main virtual host, then to the \
         wholesalers', waits for the confirms, and marks the rows, while it looks after four other outboxes. Bare: \
         publishing of finished bodies by lapin in the measuring process, over {PARTNERS} connections to the \
         wholesalers and one to the main virtual host, all at the same time, each {batch} messages and then their \
         confirms; it reads and marks nothing, and keeps no order between the two. The same properties on both sides; \
         after each turn every queue holds each event once. One turn of each before is not counted. {server}. \
         {broker}.\n",
        batch = bare::BATCH
    ))
}
