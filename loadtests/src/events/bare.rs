//! The yardstick: nothing but publishing. One connection to each virtual host, all at the same time; on
//! each, batches that are put into the channel whole and then waited for.
use super::{
    PARTNERS,
    order::{Order, wholesaler},
    places::Places,
};
use crate::measure::{Failed, failed};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use wire::events::{Event, ShipmentOrdered};

/// Messages on their way on one connection.
pub const BATCH: usize = 500;

/// Connections that publish.
pub struct Bare {
    user: String,
    main: Line,
    partners: Vec<Line>,
}

/// A connection, which closes when it is dropped, and its channel.
struct Line {
    _connection: Connection,
    channel: Channel,
}

impl Bare {
    /// Connects to the main virtual host and to the wholesalers', as our own user.
    pub async fn connect(places: &Places) -> Result<Self, Failed> {
        let mut partners = Vec::new();
        for place in 0..usize::from(PARTNERS) {
            partners.push(line(&places.own_url(&places.vhost(wholesaler(place)?))).await?);
        }
        Ok(Self { user: places.main.clone(), main: line(&places.own_url(&places.main)).await?, partners })
    }

    /// Publishes each to the main virtual host and to its wholesaler's; answers how long it took until
    /// all were confirmed.
    pub async fn publish(&self, orders: &Arc<Vec<Order>>) -> Result<Duration, Failed> {
        let started = Instant::now();
        let mut tasks = vec![tokio::spawn(publish(self.main.channel.clone(), self.user.clone(), orders.clone(), None))];
        for (place, partner) in self.partners.iter().enumerate() {
            let (channel, user) = (partner.channel.clone(), self.user.clone());
            tasks.push(tokio::spawn(publish(channel, user, orders.clone(), Some(place))));
        }
        for task in tasks {
            task.await.map_err(failed)??;
        }
        Ok(started.elapsed())
    }
}

async fn line(url: &str) -> Result<Line, Failed> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.map_err(failed)?;
    let channel = connection.create_channel().await.map_err(failed)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(failed)?;
    Ok(Line { _connection: connection, channel })
}

/// All orders to our own consumers, or those of one wholesaler to it.
async fn publish(
    channel: Channel,
    user: String,
    orders: Arc<Vec<Order>>,
    partner: Option<usize>,
) -> Result<(), Failed> {
    let own: Vec<&Order> = orders.iter().filter(|order| partner.is_none_or(|place| order.partner == place)).collect();
    for batch in own.chunks(BATCH) {
        let mut confirms = Vec::with_capacity(batch.len());
        for order in batch {
            let (exchange, key) = match partner {
                None => ("meguri.events", ShipmentOrdered::TYPE.to_owned()),
                Some(_) => ("to-partner", format!("{}.{}", ShipmentOrdered::TYPE, order.branch)),
            };
            let options = BasicPublishOptions::default();
            let properties = properties(order, &user);
            let sent = channel.basic_publish(exchange.into(), key.as_str().into(), options, &order.body, properties);
            confirms.push(sent.await.map_err(failed)?);
        }
        for confirm in confirms {
            if !confirm.await.map_err(failed)?.is_ack() {
                return Err(failed("the broker refused a message"));
            }
        }
    }
    Ok(())
}

/// What the relay sets.
fn properties(order: &Order, user: &str) -> BasicProperties {
    BasicProperties::default()
        .with_delivery_mode(2)
        .with_user_id(user.into())
        .with_content_type("application/cloudevents+json".into())
        .with_message_id(order.id.to_string().into())
        .with_type(ShipmentOrdered::TYPE.into())
        .with_timestamp(1_617_593_400)
}
