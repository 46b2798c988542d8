//! The wholesalers' own systems, as the story needs them: each signs in with its company's credentials
//! at its own virtual host, reads its orders, and answers day, lots, dispatch and delivery.
use domain::WholesalerCode;
use futures::{StreamExt, future::try_join_all};
use platform::{
    Failure,
    amqp::{
        Broker,
        lapin::{
            BasicProperties, Channel, Connection, ConnectionProperties,
            options::{
                BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
            },
            types::FieldTable,
        },
    },
    clock::Clock,
    failure::Result,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Orders on their way to one company.
const PREFETCH: u16 = 50;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(error.to_string())
}

/// What the companies received: by company, the shipments ordered of it.
#[derive(Debug, Clone, Default)]
pub struct Received(Arc<Mutex<BTreeMap<WholesalerCode, BTreeSet<Uuid>>>>);

impl Received {
    fn note(&self, company: WholesalerCode, shipment: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(company).or_default().insert(shipment);
    }

    /// A copy of it.
    #[must_use]
    pub fn so_far(&self) -> BTreeMap<WholesalerCode, BTreeSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The systems of some companies, at work until they are stopped.
pub struct Partners {
    /// What they received.
    pub received: Received,
    at_work: Vec<JoinHandle<Result<()>>>,
}

impl Partners {
    /// Starts them; answers when each consumes. `password` is a company's.
    ///
    /// # Errors
    /// When one cannot sign in.
    pub async fn start(
        broker: &Broker,
        clock: &Clock,
        companies: &[WholesalerCode],
        password: impl Fn(WholesalerCode) -> String,
    ) -> Result<Self> {
        let received = Received::default();
        let start = companies.iter().map(|company| {
            let partner = Partner { company: *company, user: broker.partner_user(*company), clock: clock.clone() };
            let url = broker.url(&partner.user, &password(*company), &broker.partner_vhost(*company));
            let received = received.clone();
            async move {
                let connection = Connection::connect(&url, ConnectionProperties::default()).await.map_err(failed)?;
                let channel = connection.create_channel().await.map_err(failed)?;
                channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(failed)?;
                channel.basic_qos(PREFETCH, BasicQosOptions::default()).await.map_err(failed)?;
                Ok::<_, Failure>(tokio::spawn(partner.work(connection, channel, received)))
            }
        });
        let at_work = try_join_all(start).await?;
        Ok(Self { received, at_work })
    }

    /// Stops them.
    ///
    /// # Errors
    /// What one of them stumbled over before.
    pub async fn stop(self) -> Result<()> {
        for task in self.at_work {
            task.abort();
            match task.await {
                Ok(ended) => ended?,
                Err(error) if error.is_cancelled() => {}
                Err(error) => return Err(Failure::internal(error)),
            }
        }
        Ok(())
    }
}

/// One company's system.
struct Partner {
    company: WholesalerCode,
    user: String,
    clock: Clock,
}

impl Partner {
    async fn work(self, connection: Connection, channel: Channel, received: Received) -> Result<()> {
        let options = BasicConsumeOptions::default();
        let orders = channel.basic_consume("orders".into(), "story".into(), options, FieldTable::default());
        let mut orders = orders.await.map_err(failed)?;
        let mut seen = BTreeSet::new();
        while let Some(delivery) = orders.next().await {
            let delivery = delivery.map_err(failed)?;
            let event: Value = serde_json::from_slice(&delivery.data)?;
            let id = event.get("id").map(Value::to_string);
            // delivery is at least once
            if seen.insert(id) && event.get("type").and_then(Value::as_str) == Some("shipment.ordered.v1") {
                let order = event.get("data").cloned().unwrap_or_default();
                let shipment = order.get("shipment_id").and_then(Value::as_str).unwrap_or_default();
                received.note(self.company, shipment.parse().map_err(Failure::internal)?);
                self.answer(&channel, shipment, &order).await?;
            }
            delivery.ack(BasicAckOptions::default()).await.map_err(failed)?;
        }
        // a consumer that ends has lost its connection
        connection.close(200, "done".into()).await.map_err(failed)
    }

    /// Day, lots, dispatch, delivery; the lots as they were proposed.
    async fn answer(&self, channel: &Channel, shipment: &str, order: &Value) -> Result<()> {
        let proposed = order.get("lots").and_then(Value::as_array).cloned().unwrap_or_default();
        let lots: Vec<Value> =
            proposed.iter().map(|lot| json!({"lot": lot.get("lot"), "vials": lot.get("vials")})).collect();
        let now = domain::time::rfc3339(self.clock.now());
        let answers = [
            ("shipment.scheduled.v1", json!({"delivery_on": order.pointer("/window/from"), "hours": "09:00-12:00"})),
            ("shipment.picked.v1", json!({"lots": lots})),
            ("shipment.dispatched.v1", json!({"at": now})),
            ("shipment.delivered.v1", json!({"at": now})),
        ];
        for (sequence, (kind, mut data)) in (1_u32..).zip(answers) {
            if let Value::Object(data) = &mut data {
                data.insert("shipment_id".to_owned(), json!(shipment));
            }
            self.publish(channel, shipment, kind, sequence, &now, data).await?;
        }
        Ok(())
    }

    async fn publish(
        &self,
        channel: &Channel,
        shipment: &str,
        kind: &str,
        sequence: u32,
        now: &str,
        data: Value,
    ) -> Result<()> {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{shipment}/{sequence}/{kind}").as_bytes());
        let event = json!({
            "specversion": "1.0", "id": id, "type": kind, "source": format!("/partners/{}", self.company),
            "subject": format!("shipment/{shipment}"), "time": now, "datacontenttype": "application/json",
            "sequence": sequence.to_string(), "data": data,
        });
        let properties = BasicProperties::default()
            .with_content_type(platform::amqp::CLOUD_EVENT.into())
            .with_message_id(id.to_string().into())
            .with_delivery_mode(2)
            .with_user_id(self.user.as_str().into());
        let (exchange, options) = (platform::amqp::FROM_PARTNER, BasicPublishOptions::default());
        let body = serde_json::to_vec(&event)?;
        let sent = channel.basic_publish(exchange.into(), kind.into(), options, &body, properties);
        let confirmed = sent.await.map_err(failed)?.await.map_err(failed)?;
        if confirmed.is_ack() { Ok(()) } else { Err(Failure::internal(format!("{kind} was not confirmed"))) }
    }
}

/// May one company's credentials be used at another's virtual host? They must not.
///
/// # Errors
/// When the broker cannot be reached at all.
pub async fn stays_out(
    broker: &Broker,
    company: WholesalerCode,
    password: &str,
    other: WholesalerCode,
) -> Result<bool> {
    let url = |vhost: &str| broker.url(&broker.partner_user(company), password, vhost);
    let own = Connection::connect(&url(&broker.partner_vhost(company)), ConnectionProperties::default()).await;
    own.map_err(failed)?.close(200, "done".into()).await.map_err(failed)?;
    let foreign = Connection::connect(&url(&broker.partner_vhost(other)), ConnectionProperties::default()).await;
    let main = Connection::connect(&url(broker.main_vhost()), ConnectionProperties::default()).await;
    Ok(foreign.is_err() && main.is_err())
}
