//! Who wants which notices where: those to one's own office, facility or company, after whoever reads what comes to
//! the address has confirmed it.
use crate::{
    Notices,
    delivery::{mail, webhook},
};
use domain::{
    FieldError, Problem, error,
    policy::{Action, Permit, Place, decide},
};
use platform::{
    OpCtx, Tx, audit,
    failure::{Failure, Result},
    idempotency::{self, Key},
    opctx::new_id,
};
use relay_store::delivery::{self, Subscription as Row};
use uuid::Uuid;
use wire::subscription::{ConfirmSubscription, Subscribe, Subscription, Subscriptions};

const OPERATION: &str = "subscribe";
/// Subscriptions that an office, facility or company may have.
const MAX: usize = 20;
const TOPICS_MAX: usize = 20;
const ADDRESS_CHARS_MAX: usize = 500;

/// The answer to a subscription, and whether it was given before.
pub struct Answered {
    /// The answer.
    pub answer: Subscription,
    /// Where the commit lies.
    pub position: String,
    /// It was given before, under the same id.
    pub replayed: bool,
}

fn permit(ctx: &OpCtx) -> Result<Permit> {
    Ok(decide(&ctx.actor, Action::SubscriptionManage, ctx.actor.home)
        .map_err(|denied| denied.or_missing(Problem::new(&error::AUTH_FORBIDDEN)))?)
}

/// Whose notices the actor may ask for, as notices name them.
fn recipient(ctx: &OpCtx) -> (&'static str, String) {
    match ctx.actor.home {
        Place::Territory(code) => ("territory", code.to_string()),
        Place::Facility(id, _) => ("facility", id.0.to_string()),
        Place::Wholesaler(code) => ("wholesaler", code.to_string()),
        Place::Branch(code) => ("wholesaler", code.to_string()),
    }
}

fn no_subscription(id: Uuid) -> Problem {
    Problem::new(&error::SUBSCRIPTION_NOT_FOUND).with("id", &id.to_string())
}

/// Asks for notices. A code is sent to the address, which confirms it.
///
/// # Errors
/// `auth.forbidden`; `request.invalid` with the fields; `subscription.too_many`; `idempotency.key_reused`.
pub async fn subscribe(notices: &Notices, ctx: &OpCtx, request: Subscribe) -> Result<Answered> {
    let permit = permit(ctx)?;
    check(notices, &request).await?;
    let (kind, recipient) = recipient(ctx);
    let key = Key::new(request.id, &ctx.actor, OPERATION, &request)?;
    let entry = audit::Entry { target: format!("subscription/{}", request.id), cause: request.id, reason: None };
    let mut tx = Tx::begin(&notices.db, ctx, &[(&permit, entry)]).await?;
    let row = Row {
        id: request.id,
        organisation: ctx.actor.organisation.0,
        recipient_kind: kind.to_owned(),
        recipient,
        kind: request.kind.clone(),
        address: request.address.clone(),
        topics: request.topics.clone(),
        language: request.language.clone().unwrap_or_else(|| "ja".to_owned()),
        made_by: ctx.actor.account.0,
        made_by_name: ctx.actor.name.clone(),
        made_at: ctx.now,
        verified_at: None,
    };
    let position = tx.position().to_string();
    let written = write(&mut tx, notices, &key, &row).await;
    match written {
        Ok(Some(answer)) => Ok(Answered { answer: tx.finish(Ok(answer)).await?, position, replayed: false }),
        Ok(None) => {
            tx.abandon().await;
            let before = idempotency::replay(&mut *notices.db.read().await?, &key).await?;
            let answer: Subscription = before.ok_or_else(|| Failure::internal("an id was taken and has no answer"))?;
            // the key is not kept with the answer
            Ok(Answered { answer: with_key(notices, answer), position, replayed: true })
        }
        Err(failure) => tx.finish(Err(failure)).await,
    }
}

async fn write(tx: &mut Tx, notices: &Notices, key: &Key, row: &Row) -> Result<Option<Subscription>> {
    delivery::lock(tx, &row.recipient_kind, &row.recipient).await?;
    if idempotency::replay::<Subscription>(tx, key).await?.is_some() {
        return Ok(None);
    }
    if delivery::subscriptions(tx, &row.recipient_kind, &row.recipient).await?.len() >= MAX {
        return Err(Problem::new(&error::SUBSCRIPTION_TOO_MANY).with("limit", &MAX.to_string()).into());
    }
    delivery::subscribe(tx, row, new_id()).await?;
    let answer = shown(row);
    Ok(idempotency::take(tx, key, 201, &answer).await?.then(|| with_key(notices, answer)))
}

fn with_key(notices: &Notices, answer: Subscription) -> Subscription {
    let signing_key = (answer.kind == "webhook").then(|| notices.delivery.signing_key(answer.id));
    Subscription { signing_key, ..answer }
}

fn shown(row: &Row) -> Subscription {
    Subscription {
        id: row.id,
        kind: row.kind.clone(),
        address: row.address.clone(),
        topics: row.topics.clone(),
        language: row.language.clone(),
        made_by: row.made_by_name.clone(),
        confirmed: row.verified_at.is_some(),
        signing_key: None,
    }
}

async fn check(notices: &Notices, request: &Subscribe) -> Result<()> {
    let mut errors = Vec::new();
    let mut wrong = |path: &str, reason: &str| {
        errors.push(FieldError::new(path, &error::REQUEST_INVALID_FIELD).with("reason", reason));
    };
    if request.address.chars().count() > ADDRESS_CHARS_MAX || request.address.contains(char::is_control) {
        wrong("address", "at most 500 characters, in one line");
    } else {
        match request.kind.as_str() {
            "mail" if mail::is_address(&request.address) => {}
            "mail" => wrong("address", "a mail address"),
            "webhook" => {
                if let Err(reason) = webhook::checked(&request.address, &notices.delivery).await {
                    wrong("address", &reason);
                }
            }
            _ => wrong("kind", "mail or webhook"),
        }
    }
    if request.language.as_deref().is_some_and(|language| !matches!(language, "ja" | "en")) {
        wrong("language", "ja or en");
    }
    let is_topic = |topic: &String| {
        !topic.is_empty()
            && topic
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
    };
    if request.topics.len() > TOPICS_MAX || !request.topics.iter().all(is_topic) {
        wrong("topics", "at most 20, like shipment or shipment.discrepancy");
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::of_fields(&error::REQUEST_INVALID, errors).into()) }
}

/// The subscriptions of the actor's own office, facility or company.
///
/// # Errors
/// `auth.forbidden`.
pub async fn list(notices: &Notices, ctx: &OpCtx) -> Result<Subscriptions> {
    permit(ctx)?;
    let (kind, recipient) = recipient(ctx);
    let rows = delivery::subscriptions(&mut *notices.db.read().await?, kind, &recipient).await?;
    Ok(Subscriptions { subscriptions: rows.iter().map(shown).collect() })
}

/// A subscription of the actor's own place; others do not exist.
async fn own(notices: &Notices, ctx: &OpCtx, id: Uuid) -> Result<Row> {
    let (kind, recipient) = recipient(ctx);
    let row = delivery::subscription(&mut *notices.db.read().await?, id).await?;
    let row = row.filter(|row| row.recipient_kind == kind && row.recipient == recipient);
    Ok(row.ok_or_else(|| no_subscription(id))?)
}

/// Confirms a subscription with the code that was sent to its address. Again: the same answer.
///
/// # Errors
/// `auth.forbidden`; `subscription.not_found`; `subscription.wrong_code`.
pub async fn confirm(notices: &Notices, ctx: &OpCtx, id: Uuid, request: ConfirmSubscription) -> Result<Subscription> {
    let permit = permit(ctx)?;
    let row = own(notices, ctx, id).await?;
    if !same(request.code.trim(), &notices.delivery.code(id)) {
        return Err(Problem::new(&error::SUBSCRIPTION_WRONG_CODE).into());
    }
    mark(notices, ctx, &permit, &row, "confirm", false).await?;
    own(notices, ctx, id).await.map(|row| shown(&row))
}

/// Ends a subscription. What is on its way to it is still sent.
///
/// # Errors
/// `auth.forbidden`; `subscription.not_found`.
pub async fn end(notices: &Notices, ctx: &OpCtx, id: Uuid) -> Result<()> {
    let permit = permit(ctx)?;
    let row = own(notices, ctx, id).await?;
    mark(notices, ctx, &permit, &row, "end", true).await
}

async fn mark(notices: &Notices, ctx: &OpCtx, permit: &Permit, row: &Row, what: &str, ended: bool) -> Result<()> {
    let target = format!("subscription/{}", row.id);
    let entry = audit::Entry { target, cause: new_id(), reason: Some(what.to_owned()) };
    let mut tx = Tx::begin(&notices.db, ctx, &[(permit, entry)]).await?;
    let marked = delivery::mark(&mut tx, row.id, ended).await;
    tx.finish(marked).await
}

/// Compares all of it, however early it differs.
fn same(given: &str, expected: &str) -> bool {
    let differing = given.bytes().zip(expected.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    given.len() == expected.len() && !expected.is_empty() && differing == 0
}
