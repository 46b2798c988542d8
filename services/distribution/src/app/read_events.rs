//! A wholesaler reads its events again, from any point: when it has lost its queue, or has none.
use crate::Distribution;
use distribution_store::read::{self, Told};
use domain::{
    Problem, error,
    policy::{Place, Role},
    time::rfc3339,
};
use platform::{OpCtx, failure::Result};
use wire::{events::CloudEvent, shipment::ShipmentEvents};

/// Most events of one page.
pub const EVENTS_MAX: i64 = 500;
const SOURCE: &str = "/meguri/distribution";

/// The events that name the actor's company, or its branch, after the opaque place `after`.
///
/// # Errors
/// `auth.forbidden` for whoever is no wholesaler; `request.malformed` when `after` is none of ours.
pub async fn read_events(
    distribution: &Distribution,
    ctx: &OpCtx,
    after: Option<&str>,
    limit: Option<i64>,
) -> Result<ShipmentEvents> {
    let (wholesaler, branch) = match (ctx.actor.role, ctx.actor.home) {
        (Role::Wholesaler, Place::Wholesaler(company)) => (company, None),
        (Role::Wholesaler, Place::Branch(branch)) => (branch.wholesaler(), Some(branch.to_string())),
        _ => return Err(Problem::new(&error::AUTH_FORBIDDEN).into()),
    };
    let after = after.map_or(Ok((0, 0)), position)?;
    let limit = limit.unwrap_or(EVENTS_MAX).clamp(1, EVENTS_MAX);
    let mut conn = distribution.db.read().await?;
    let rows = read::told(&mut conn, &wholesaler.to_string(), branch.as_deref(), after, limit).await?;
    let next = rows.last().map(|row| format!("{:x}-{:x}", row.txid, row.pos));
    Ok(ShipmentEvents { events: rows.into_iter().map(event).collect(), next })
}

/// Transaction and place in the outbox.
fn position(text: &str) -> Result<(i64, i64)> {
    let number = |text: &str| i64::from_str_radix(text, 16).ok().filter(|number| *number >= 0);
    let position = text.split_once('-').and_then(|(txid, pos)| Some((number(txid)?, number(pos)?)));
    let foreign = || Problem::new(&error::REQUEST_MALFORMED).with("reason", "after: none of our positions");
    Ok(position.ok_or_else(foreign)?)
}

fn event(row: Told) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".to_owned(),
        id: row.id,
        dataschema: format!("/contracts/events/{}.schema.json", row.kind),
        kind: row.kind,
        source: SOURCE.to_owned(),
        subject: row.subject,
        time: rfc3339(row.business_at),
        datacontenttype: "application/json".to_owned(),
        sequence: row.sequence.to_string(),
        traceparent: row.traceparent,
        position: row.txid.to_string(),
        data: row.payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_ours_or_refused() {
        assert_eq!(position("ff-1a").unwrap(), (255, 26));
        for text in ["", "-", "1", "1-", "-1-1", "g-1", "1-ffffffffffffffffff", "1-2-3"] {
            assert!(position(text).is_err(), "{text}");
        }
    }
}
