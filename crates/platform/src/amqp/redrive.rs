//! Giving parked messages back to their queue.
use super::{
    Broker, Outgoing,
    consume::{USER_HEADER, header},
    link::Link,
    unavailable,
};
use crate::failure::Result;
use lapin::{
    message::Delivery,
    options::{BasicAckOptions, BasicGetOptions},
};

/// Moves at most `limit` messages from `<queue>.dead` back to `queue`, oldest first, each with the id it
/// had: what was applied meanwhile has no second effect. Answers the ids of those moved.
///
/// # Errors
/// `broker.unavailable`; what was not moved is still parked.
pub async fn redrive(broker: &Broker, vhost: &str, queue: &str, limit: usize) -> Result<Vec<String>> {
    let link = Link::new(broker, vhost, "redrive");
    let publisher = broker.publisher(vhost);
    let (channel, _) = link.channel().await.map_err(unavailable)?;
    let mut moved = Vec::new();
    while moved.len() < limit {
        let dead = format!("{queue}.dead").as_str().into();
        let found = channel.basic_get(dead, BasicGetOptions::default()).await.map_err(unavailable)?;
        let Some(mut found) = found else { break };
        let message = revived(queue, broker.service_user(), &mut found.delivery);
        let id = message.id.clone();
        publisher.publish_one(message).await.map_err(unavailable)?;
        found.delivery.ack(BasicAckOptions::default()).await.map_err(unavailable)?;
        moved.push(id);
    }
    publisher.close().await;
    link.close().await;
    Ok(moved)
}

/// The message as it was before it was parked.
fn revived(queue: &str, own: &str, delivery: &mut Delivery) -> Outgoing {
    let properties = &delivery.properties;
    let text = |value: &Option<lapin::types::ShortString>| value.as_ref().map(ToString::to_string);
    // the broker parks a message with its publisher's own name, we with ours and the publisher's beside it
    let publisher = match text(properties.user_id()) {
        Some(user) if user == own => header(properties, USER_HEADER),
        user => user,
    };
    Outgoing {
        exchange: String::new(),
        routing_key: queue.to_owned(),
        id: text(properties.message_id()).unwrap_or_default(),
        kind: text(properties.kind()).unwrap_or_default(),
        content_type: text(properties.content_type()).unwrap_or_default(),
        at: None,
        headers: publisher.into_iter().map(|user| (USER_HEADER.to_owned(), user)).collect(),
        body: std::mem::take(&mut delivery.data),
        must_route: true,
    }
}
