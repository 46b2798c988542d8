//! `meguri wholesaler tail`: what goes to a company and what it answers, as it happens. A queue of its
//! own gets copies, so that nothing is taken from the company's.
use crate::table;
use domain::{WholesalerCode, time::rfc3339};
use futures::StreamExt;
use platform::{
    Failure,
    amqp::{
        Broker, TO_PARTNER,
        lapin::{Connection, ConnectionProperties, message::Delivery, options::BasicConsumeOptions, types::FieldTable},
    },
    failure::Result,
};
use wire::events::CloudEvent;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(error.to_string())
}

/// Prints events until interrupted, or until `limit` have come.
///
/// # Errors
/// When the broker cannot be reached, or the company has no place there.
pub async fn tail(broker: &Broker, company: WholesalerCode, limit: Option<usize>, json: bool) -> Result<()> {
    let url = broker.url(broker.service_user(), broker.service_password(), &broker.partner_vhost(company));
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.map_err(failed)?;
    let channel = connection.create_channel().await.map_err(failed)?;
    let queue = relay::topology::watch(broker, company).await?;
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let events = channel.basic_consume(queue.into(), "tail".into(), options, FieldTable::default());
    let mut events = events.await.map_err(failed)?;
    if !json {
        table::print(&format!("{company}: 待っています。Ctrl-C で終了します。 / waiting; Ctrl-C ends it."));
    }
    let mut shown = 0;
    while limit.is_none_or(|limit| shown < limit) {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => table::print(&line(&event.map_err(failed)?, json)),
                None => return Err(failed("the connection was lost")),
            },
            interrupted = crate::demo::until_interrupted() => { interrupted?; break; }
        }
        shown += 1;
    }
    connection.close(200, "done".into()).await.map_err(failed)
}

/// One event on one line: direction, time, type, subject, sequence; or the whole of it as JSON.
fn line(delivery: &Delivery, json: bool) -> String {
    let arrow = if delivery.exchange.as_str() == TO_PARTNER { "→" } else { "←" };
    match serde_json::from_slice::<CloudEvent>(&delivery.data) {
        Ok(event) if json => serde_json::to_string(&event).unwrap_or_default(),
        Ok(event) => {
            let time = domain::time::parse_instant(&event.time).map_or(event.time, rfc3339);
            let vials = event.data.get("vials").map(|vials| format!(" {vials} vials")).unwrap_or_default();
            format!("{arrow} {time} {:<28} {} #{}{vials}", event.kind, event.subject, event.sequence)
        }
        Err(error) => format!("{arrow} {}: {error}", String::from_utf8_lossy(&delivery.data)),
    }
}
