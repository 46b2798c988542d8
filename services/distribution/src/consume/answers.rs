//! The answers of every provisioned partner, from its own virtual host. Refused ones go to `answers.dead`
//! with the reason.
use crate::{
    Distribution,
    app::record_answer::{ANSWER_BYTES_MAX, Refused, Via, record_answer},
};
use domain::{
    Problem, WholesalerCode, error,
    ids::{AccountId, OrganisationId},
    policy::{Actor, Place, Role},
};
use platform::{
    Failure, OpCtx,
    amqp::{self, ANSWERS, Broker, CLOUD_EVENT, Message, Outcome, Outgoing, Partners, Publisher, Queue},
    failure::Result,
};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// A held answer that was refused is told at most so often before it only stands in the log.
const TELLS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// Consumes the answers of all partners, also of those that are provisioned later.
pub(super) fn consume(distribution: &Distribution, broker: &Broker) -> Partners {
    let distribution = distribution.clone();
    amqp::consume_partners(broker, move |broker, wholesaler| {
        let queue = Queue::new(&broker.partner_vhost(wholesaler), ANSWERS);
        let (distribution, broker_there) = (distribution.clone(), broker.clone());
        let dead = broker.publisher(&queue.vhost);
        amqp::consume(broker, queue, move |message| {
            let (distribution, broker, dead) = (distribution.clone(), broker_there.clone(), dead.clone());
            async move {
                match take_answer(&distribution, wholesaler, &broker.partner_user(wholesaler), &message).await {
                    Ok(refused) => {
                        for held in refused {
                            tell(&broker, &dead, held).await;
                        }
                        Ok(Outcome::Ack)
                    }
                    Err(Failure::Problem(problem)) if problem.code.status < 500 => Ok(park(&problem)),
                    Err(failure) => Err(failure),
                }
            }
        })
    })
}

/// Takes one message of a partner, whose user is `user`. Answers the held ones that were refused in its
/// wake.
///
/// # Errors
/// `answer.unsigned`, `answer.content_type`, `answer.too_large`, `answer.malformed`; those of
/// [`record_answer`].
pub async fn take_answer(
    distribution: &Distribution,
    wholesaler: WholesalerCode,
    user: &str,
    message: &Message,
) -> Result<Vec<Refused>> {
    let body = check(user, message)?;
    let actor = Actor {
        account: AccountId(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("/partners/{wholesaler}").as_bytes())),
        organisation: OrganisationId(Uuid::nil()),
        name: user.to_owned(),
        role: Role::Wholesaler,
        home: Place::Wholesaler(wholesaler),
        machine: true,
        ..Actor::public()
    };
    let mut ctx = OpCtx::new(actor, &distribution.shared.clock);
    ctx.traceparent =
        body.get("traceparent").and_then(Value::as_str).map(str::to_owned).filter(|text| text.len() == 55);
    let recorded = record_answer(distribution, &ctx, Via::Amqp, None, body).await?;
    Ok(recorded.refused.into_iter().filter(|refused| refused.by_amqp).collect())
}

fn check(user: &str, message: &Message) -> std::result::Result<Value, Problem> {
    if message.user_id.as_deref() != Some(user) {
        return Err(Problem::new(&error::ANSWER_UNSIGNED));
    }
    let content_type = message.content_type.as_deref().unwrap_or_default();
    if content_type.split(';').next().is_none_or(|kind| !kind.trim().eq_ignore_ascii_case(CLOUD_EVENT)) {
        return Err(Problem::new(&error::ANSWER_CONTENT_TYPE).with("value", content_type));
    }
    if message.body.len() > ANSWER_BYTES_MAX {
        return Err(Problem::new(&error::ANSWER_TOO_LARGE).with("limit_bytes", &ANSWER_BYTES_MAX.to_string()));
    }
    let malformed = |reason: &str| Problem::new(&error::ANSWER_MALFORMED).with("reason", reason);
    let text = std::str::from_utf8(&message.body).map_err(|error| malformed(&error.to_string()))?;
    serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))
}

/// In words that name the fields.
fn detail(problem: &Problem) -> String {
    problem.errors.iter().fold(problem.en(), |text, error| format!("{text} [{}: {}]", error.path, error.en()))
}

fn park(problem: &Problem) -> Outcome {
    Outcome::Park { code: problem.code.code.to_owned(), detail: detail(problem) }
}

/// Tells the partners of held answers that were refused when a REST answer had filled the gap. Whoever asks
/// by REST does not wait for it.
pub(crate) fn tell_later(distribution: &Distribution, refused: Vec<Refused>) {
    let refused: Vec<Refused> = refused.into_iter().filter(|refused| refused.by_amqp).collect();
    let Some(broker) = distribution.broker.get().cloned() else { return };
    if refused.is_empty() {
        return;
    }
    tokio::spawn(async move {
        for held in refused {
            let dead = broker.publisher(&broker.partner_vhost(held.wholesaler));
            tell(&broker, &dead, held).await;
            dead.close().await;
        }
    });
}

/// Tells the partner of a held answer that was refused when its turn came, as if it had come now. It
/// stands among the shipment's answers in any case.
async fn tell(broker: &Broker, dead: &Publisher, held: Refused) {
    let text = |name: &str| held.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, code) = (text("id"), held.problem.code.code);
    let parked = Outgoing {
        exchange: String::new(),
        routing_key: format!("{ANSWERS}.dead"),
        id: id.clone(),
        kind: text("type"),
        content_type: CLOUD_EVENT.to_owned(),
        at: None,
        headers: vec![
            ("meguri-code".to_owned(), code.to_owned()),
            ("meguri-detail".to_owned(), detail(&held.problem)),
            ("meguri-queue".to_owned(), ANSWERS.to_owned()),
            // so that it is known whose it was when it is given back
            ("meguri-user-id".to_owned(), broker.partner_user(held.wholesaler)),
        ],
        body: held.body.to_string().into_bytes(),
        must_route: true,
    };
    for _ in 0..TELLS {
        match dead.publish_one(parked.clone()).await {
            Ok(()) => return,
            Err(unsent) => tracing::warn!(%unsent, id, code, "a refused answer cannot be told yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::error!(id, code, "a refused answer was not told; it stands among the shipment's answers");
}
