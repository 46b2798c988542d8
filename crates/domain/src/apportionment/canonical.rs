//! The text of which a plan stores the digest: the same input, policy and method give the same bytes,
//! on every machine and in every order of the input. `replay` computes it again and compares.
use super::{Method, Recipient, Remainder, order_by_code};
use crate::{Problem, error};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};

/// Inputs, policy and method as JSON without spaces: keys sorted by bytes, recipients by code, whole
/// numbers only. The digest (SHA-256) is the caller's.
///
/// # Errors
/// `allocation.not_canonical` when the policy contains a number that is not whole or leaves 64 bits.
pub fn canonical_json(
    supply: i64,
    recipients: &[Recipient],
    method: Method,
    remainder: Remainder,
    policy: &Value,
) -> Result<String, Problem> {
    let mut text = String::from("{\"inputs\":{\"recipients\":[");
    let codes: Vec<&str> = recipients.iter().map(|recipient| recipient.code.as_str()).collect();
    for (place, recipient) in order_by_code(&codes).into_iter().filter_map(|place| recipients.get(place)).enumerate() {
        if place > 0 {
            text.push(',');
        }
        let Recipient { code, weight, committed, floor, cap, min_order } = recipient;
        let cap = cap.map_or_else(|| "null".to_owned(), |cap| cap.to_string());
        let code = quoted(code);
        let _ = write!(
            text,
            "{{\"cap\":{cap},\"code\":{code},\"committed\":{committed},\"floor\":{floor},\"min_order\":{min_order},\"weight\":{weight}}}"
        );
    }
    let (remainder, method) = (quoted(remainder.name()), quoted(method.stored()));
    let _ = write!(text, "],\"remainder\":{remainder},\"supply\":{supply}}},\"method\":{method},\"policy\":");
    append(&mut text, policy)?;
    text.push('}');
    Ok(text)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Appends a value. Depth is that of a document serde has read, which is limited.
pub(crate) fn append(text: &mut String, value: &Value) -> Result<(), Problem> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
        Value::Number(number) if number.is_i64() || number.is_u64() => text.push_str(&number.to_string()),
        Value::Number(number) => {
            return Err(Problem::new(&error::ALLOCATION_NOT_CANONICAL).with("value", &number.to_string()));
        }
        Value::Array(values) => {
            text.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                append(text, value)?;
            }
            text.push(']');
        }
        Value::Object(fields) => {
            // sorted here: serde_json keeps the order of the input when anyone in the build asks for that
            let sorted: BTreeMap<&str, &Value> = fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
            text.push('{');
            for (place, (name, value)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&quoted(name));
                text.push(':');
                append(text, value)?;
            }
            text.push('}');
        }
    }
    Ok(())
}
