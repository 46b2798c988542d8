//! The events as documents: a JSON Schema for each type, and one AsyncAPI 3 document that says over
//! which channels they go. Both are made from the types in `wire::events`.
use crate::{gate::Direction, samples};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};
use wire::events::{
    AllocationCommitted, AllocationReleased, CapacityReported, CloudEvent, Event, FacilityChanged,
    NotificationRequested, ReceiptRecorded, ShipmentCancelled, ShipmentDelivered, ShipmentDispatched, ShipmentFailed,
    ShipmentLost, ShipmentOrdered, ShipmentPicked, ShipmentReturned, ShipmentScheduled, ShipmentUnfulfillable,
};

/// Who sees an event beside the services themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Only inside.
    Inside,
    /// Also to the wholesaler whose shipment it is.
    ToPartner,
    /// From a wholesaler.
    FromPartner,
}

/// One type of event.
pub(crate) struct Kind {
    /// `shipment.ordered.v1`
    pub(crate) name: &'static str,
    /// Self-contained JSON Schema of its data.
    pub(crate) schema: Value,
    /// Reads data as the type understands them today, and writes them again.
    pub(crate) again: fn(Value) -> Result<Value, serde_json::Error>,
    way: Way,
}

impl Kind {
    /// Who relies on its schema. What we write is kept in the outbox and in others' inboxes, and published
    /// again years later: we read it too.
    pub(crate) fn directions(&self) -> &'static [Direction] {
        match self.way {
            Way::Inside | Way::ToPartner => BOTH,
            Way::FromPartner => &[Direction::Consumed],
        }
    }
}

/// The envelope's: it is written and read by everybody.
pub(crate) const BOTH: &[Direction] = &[Direction::Produced, Direction::Consumed];

fn kind<E: Event + DeserializeOwned + ToSchema>(way: Way) -> Result<Kind, serde_json::Error> {
    Ok(Kind { name: E::TYPE, schema: schema::<E>(E::TYPE)?, again: samples::again::<E>, way })
}

/// The envelope around every event's data, as JSON Schema.
///
/// # Errors
/// When it cannot be written as JSON, which is a bug.
pub(crate) fn envelope() -> Result<Value, serde_json::Error> {
    schema::<CloudEvent>("cloudevent")
}

fn schema<E: ToSchema>(name: &str) -> Result<Value, serde_json::Error> {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("/contracts/events/{name}.schema.json"),
        "title": name,
    });
    // OpenAPI 3.1 schemas are JSON Schema 2020-12: the derive that documents REST serves here too
    merge(&mut schema, serde_json::to_value(E::schema())?);
    let parts = parts::<E>()?;
    if !parts.is_empty() {
        // where the derive's references point to: the file stands by itself
        merge(&mut schema, json!({"components": {"schemas": parts}}));
    }
    Ok(schema)
}

/// The schemas that a type refers to, by name.
fn parts<T: ToSchema>() -> Result<Map<String, Value>, serde_json::Error> {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    parts.into_iter().map(|(name, schema)| Ok((name, serde_json::to_value(schema)?))).collect()
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// Every type of event.
///
/// # Errors
/// When a schema cannot be written as JSON, which is a bug.
pub(crate) fn kinds() -> Result<Vec<Kind>, serde_json::Error> {
    use Way::{FromPartner, Inside, ToPartner};
    Ok(vec![
        kind::<FacilityChanged>(Inside)?,
        kind::<CapacityReported>(Inside)?,
        kind::<AllocationCommitted>(Inside)?,
        kind::<AllocationReleased>(Inside)?,
        kind::<NotificationRequested>(Inside)?,
        kind::<ShipmentOrdered>(ToPartner)?,
        kind::<ShipmentCancelled>(ToPartner)?,
        kind::<ShipmentUnfulfillable>(ToPartner)?,
        kind::<ReceiptRecorded>(ToPartner)?,
        kind::<ShipmentScheduled>(FromPartner)?,
        kind::<ShipmentPicked>(FromPartner)?,
        kind::<ShipmentDispatched>(FromPartner)?,
        kind::<ShipmentDelivered>(FromPartner)?,
        kind::<ShipmentFailed>(FromPartner)?,
        kind::<ShipmentReturned>(FromPartner)?,
        kind::<ShipmentLost>(FromPartner)?,
    ])
}

/// The AsyncAPI 3.0 document of the partners' side: what a wholesaler receives and what it answers.
///
/// # Errors
/// When a schema cannot be written as JSON, which is a bug.
pub(crate) fn document() -> Result<Value, serde_json::Error> {
    let kinds: Vec<Kind> = kinds()?.into_iter().filter(|kind| kind.way != Way::Inside).collect();
    let samples = samples::samples()?;
    let mut schemas = Map::new();
    let mut messages = Map::new();
    let mut names = (Map::new(), Map::new());
    schemas.insert("CloudEvent".to_owned(), serde_json::to_value(CloudEvent::schema())?);
    for kind in kinds {
        let id = kind.name.to_owned();
        let mut data = kind.schema;
        if let Some(parts) = data.as_object_mut().and_then(|data| data.remove("components")) {
            merge_all(&mut schemas, &parts);
        }
        for meta in ["$schema", "$id"] {
            data.as_object_mut().and_then(|data| data.remove(meta));
        }
        schemas.insert(id.clone(), data);
        messages.insert(id.clone(), message(kind.name, &samples)?);
        let (to, from) = (&mut names.0, &mut names.1);
        let channel = if kind.way == Way::ToPartner { to } else { from };
        channel.insert(id.clone(), json!({"$ref": format!("#/components/messages/{id}")}));
    }
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Meguri for wholesalers", "version": "1", "license": {"name": "Apache-2.0"},
            "description": "CloudEvents 1.0 in structured JSON mode over AMQP 0-9-1. Each company has a virtual host of its own, \
                with one queue to read and one exchange to write. Delivery is at least once: drop an id that was seen. Events of \
                one subject bear a sequence from 1 without gaps; ask for missing ones with GET /v1/shipment-events. \
                Set the AMQP property user-id; an answer without it is refused.",
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"broker": {
            "host": "{host}:5672", "pathname": "/meguri-{instance}-wh-{company}", "protocol": "amqp", "protocolVersion": "0.9.1",
            "description": "Named when the company is provisioned: `meguri wholesaler provision W07`.",
            "variables": {
                "host": {"default": "localhost"}, "instance": {"default": "demo"},
                "company": {"default": "w07", "description": "The company's code in lower case."},
            },
            "security": [{"$ref": "#/components/securitySchemes/user"}],
        }},
        "channels": {
            "orders": {
                "address": "orders", "messages": names.0,
                "description": "Queue; routing keys are <type>.<branch>, so that a company can tell its branches apart.",
                "bindings": {"amqp": {"is": "queue", "queue": {"name": "orders", "durable": true, "exclusive": false,
                    "autoDelete": false, "vhost": "/meguri-{instance}-wh-{company}"}, "bindingVersion": "0.3.0"}},
            },
            "answers": {
                "address": "from-partner", "messages": names.1,
                "description": "Exchange; the routing key is the event's type.",
                "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "from-partner", "type": "topic", "durable": true,
                    "autoDelete": false, "vhost": "/meguri-{instance}-wh-{company}"}, "bindingVersion": "0.3.0"}},
            },
        },
        "operations": {
            "receiveOrders": {"action": "receive", "channel": {"$ref": "#/channels/orders"},
                "summary": "What the company's branches are to bring, and what became of it.",
                "bindings": {"amqp": {"ack": true, "bindingVersion": "0.3.0"}}},
            "sendAnswers": {"action": "send", "channel": {"$ref": "#/channels/answers"},
                "summary": "The day, the lots, the dispatch, the delivery; what went wrong.",
                "bindings": {"amqp": {"deliveryMode": 2, "mandatory": false, "timestamp": true, "bindingVersion": "0.3.0"}}},
        },
        "components": {
            "securitySchemes": {"user": {"type": "userPassword", "description": "The company's own broker user."}},
            "messages": messages, "schemas": schemas,
        },
    }))
}

fn merge_all(schemas: &mut Map<String, Value>, parts: &Value) {
    if let Some(Value::Object(parts)) = parts.get("schemas").cloned() {
        schemas.extend(parts);
    }
}

fn message(name: &str, samples: &[CloudEvent]) -> Result<Value, serde_json::Error> {
    let own = samples.iter().filter(|sample| sample.kind == name).zip(["minimal", "full"]);
    let example = |(sample, what)| Ok(json!({"name": what, "payload": serde_json::to_value(sample)?}));
    let examples: Vec<Value> = own.map(example).collect::<Result<_, serde_json::Error>>()?;
    Ok(json!({
        "name": name, "title": name, "contentType": "application/cloudevents+json",
        "payload": {"allOf": [
            {"$ref": "#/components/schemas/CloudEvent"},
            {"type": "object", "required": ["type", "data"], "properties": {
                "type": {"const": name}, "data": {"$ref": format!("#/components/schemas/{name}")},
            }},
        ]},
        "bindings": {"amqp": {"messageType": name, "bindingVersion": "0.3.0"}},
        "examples": examples,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` below `value`.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    found.push(reference.to_owned());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    fn all_resolve(document: &Value) {
        let mut found = Vec::new();
        references(document, &mut found);
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("a reference into the same file");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_document_stands_by_itself() {
        for kind in kinds().unwrap() {
            all_resolve(&kind.schema);
        }
        let document = document().unwrap();
        all_resolve(&document);
        let messages = document.pointer("/components/messages").and_then(Value::as_object).unwrap();
        let answers = document.pointer("/channels/answers/messages").and_then(Value::as_object).unwrap();
        assert_eq!((messages.len(), answers.len()), (11, domain::shipment::ANSWERS.len()));
        assert!(domain::shipment::ANSWERS.iter().all(|(_, name)| answers.contains_key(*name)));
    }
}
