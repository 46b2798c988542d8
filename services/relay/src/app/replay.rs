//! Publishing events again. Ids stay: whoever has them already does nothing.
use crate::{Outbox, Relay, jobs::drain};
use domain::WholesalerCode;
use platform::{
    amqp::{self, Outgoing, Publisher},
    failure::{Failure, Result},
    outbox_unsent::{self, Row},
};

/// Events read at once.
const BATCH: i64 = 500;

/// A subject's events from a sequence on, to our own consumers. Answers how many.
///
/// # Errors
/// The database's; [`Failure::Unavailable`] when the broker did not confirm all.
pub async fn subject(relay: &Relay, outbox: &Outbox, subject: &str, from_sequence: i64) -> Result<usize> {
    let (mut from, mut published) = (from_sequence, 0);
    loop {
        let rows = outbox_unsent::of_subject(&mut *outbox.db.read().await?, subject, from, BATCH).await?;
        let Some(last) = rows.last() else { return Ok(published) };
        from = last.sequence.saturating_add(1);
        published += rows.len();
        publish(&relay.publisher, rows.into_iter().map(|row| drain::event(outbox.schema, row)).collect()).await?;
    }
}

/// Everything that was written from `pos` on: to our own consumers, or, of one wholesaler, to it.
/// Answers how many.
///
/// # Errors
/// The database's; [`Failure::Unavailable`] when the broker did not confirm all.
pub async fn from_pos(relay: &Relay, outbox: &Outbox, pos: i64, wholesaler: Option<WholesalerCode>) -> Result<usize> {
    let (mut from, mut published) = (pos, 0);
    let code = wholesaler.map(|code| code.to_string());
    let partner = wholesaler.map(|code| relay.broker.publisher(&relay.broker.partner_vhost(code)));
    loop {
        let rows = outbox_unsent::from_pos(&mut *outbox.db.read().await?, from, code.as_deref(), BATCH).await?;
        let Some(last) = rows.last() else { return Ok(published) };
        from = last.pos.saturating_add(1);
        let messages = match &partner {
            Some(_) => rows.into_iter().filter_map(|row| to_partner(outbox.schema, row)).collect(),
            None => rows.into_iter().map(|row| drain::event(outbox.schema, row)).collect::<Vec<_>>(),
        };
        published += messages.len();
        publish(partner.as_ref().unwrap_or(&relay.publisher), messages).await?;
    }
}

/// One subject's events that concern a wholesaler, to it. Answers how many.
///
/// # Errors
/// The database's; [`Failure::Unavailable`] when the broker did not confirm all.
pub async fn subject_to(relay: &Relay, outbox: &Outbox, subject: &str, wholesaler: WholesalerCode) -> Result<usize> {
    let partner = relay.broker.publisher(&relay.broker.partner_vhost(wholesaler));
    let rows = outbox_unsent::of_subject(&mut *outbox.db.read().await?, subject, 1, BATCH).await?;
    let code = wholesaler.to_string();
    let own = rows.into_iter().filter(|row| row.text("wholesaler") == Some(&code));
    let messages: Vec<_> = own.filter_map(|row| to_partner(outbox.schema, row)).collect();
    let published = messages.len();
    publish(&partner, messages).await?;
    partner.close().await;
    Ok(published)
}

fn to_partner(schema: &str, row: Row) -> Option<Outgoing> {
    let (_, branch) = drain::partner_of(&row)?;
    Some(drain::for_partner(drain::event(schema, row), &branch))
}

async fn publish(publisher: &Publisher, messages: Vec<Outgoing>) -> Result<()> {
    let mut results = publisher.publish(&messages).await.into_iter();
    let unsent: Option<amqp::Unsent> = results.find_map(std::result::Result::err);
    unsent.map_or(Ok(()), |unsent| Err(Failure::Unavailable(unsent.to_string())))
}
