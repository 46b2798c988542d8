//! A partner's answer to a shipment: the same by AMQP and by REST.
//!
//! Answers are applied in the order of their sequence. One that comes before its turn is held, and applied
//! when the gap has been filled; one that is refused leaves its place to a corrected one under a new id.
mod apply;
mod parse;

pub(super) use parse::amount;

use super::{
    Ended, Outcome, answered, at, company, end, left_all_the_same, locked, moving::Moving, permitted, state, taken,
};
use crate::Distribution;
use distribution_store::{
    read,
    rows::{Answer, Shipment},
    write,
};
use domain::{
    Problem, WholesalerCode, error,
    ids::AccountId,
    policy::{Action, Actor, Permit},
    shipment::Step,
};
use parse::Parsed;
use platform::{Failure, OpCtx, Tx, audit, failure::Result, idempotency::Key};
use serde_json::Value;
use uuid::Uuid;
use wire::shipment::AnswerTaken;

const OPERATION: &str = "record_answer";
/// So many answers ahead of the next are held.
const AHEAD_MAX: i64 = 100;
/// Largest answer, bytes.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;

/// How an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// From the partner's queue.
    Amqp,
    /// By REST.
    Rest,
}

impl Via {
    fn as_str(self) -> &'static str {
        match self {
            Self::Amqp => "amqp",
            Self::Rest => "rest",
        }
    }
}

/// A held answer that was refused when its turn came.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Whose it is.
    pub wholesaler: WholesalerCode,
    /// The whole event as it had come.
    pub body: Value,
    /// How it had come.
    pub by_amqp: bool,
    /// Why it was refused.
    pub problem: Problem,
}

/// How an answer was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The answer to the answer.
    pub outcome: Outcome<AnswerTaken>,
    /// Held ones that were refused in its wake: their senders must be told.
    pub refused: Vec<Refused>,
}

/// Records an answer. `shipment` is the one that the path names, if there is a path. Refused, nothing is
/// written; but when it says that a shipment has left which was called off, the prefecture is told, once.
///
/// # Errors
/// Those of reading it (`answer.malformed`, `answer.unknown_type`, `event.unknown_version`,
/// `answer.wrong_subject`, `answer.bad_sequence` and those of its fields); `shipment.not_found` (also for
/// what the actor cannot see), `auth.forbidden`, `answer.sequence_taken`, `answer.too_far_ahead`,
/// `idempotency.key_reused`; and when its turn has come `shipment.wrong_state`, `shipment.date_outside`,
/// `shipment.wrong_total`, `lot.not_found`, `lot.expired`, `lot.recalled`.
pub async fn record_answer(
    distribution: &Distribution,
    ctx: &OpCtx,
    via: Via,
    shipment: Option<Uuid>,
    body: Value,
) -> Result<Recorded> {
    // who may not see the shipment learns nothing of what is wrong with the answer
    let seen = match shipment {
        Some(shipment) => Some(permitted(&distribution.db, ctx, Action::ShipmentAnswer, shipment).await?),
        None => None,
    };
    let answer = parse::parse(body, ctx.now)?;
    let (found, permit) = match seen {
        Some((found, permit)) if found.id == answer.shipment => (found, permit),
        Some((found, _)) => {
            let problem = Problem::new(&error::ANSWER_WRONG_SUBJECT).with("subject", &format!("shipment/{}", found.id));
            return Err(at(problem.with("shipment", &answer.shipment.to_string()), "data.shipment_id").into());
        }
        None => permitted(&distribution.db, ctx, Action::ShipmentAnswer, answer.shipment).await?,
    };
    if found.wholesaler != Some(answer.wholesaler.to_string()) {
        let problem = Problem::new(&error::ANSWER_MALFORMED).with("reason", "source: another company's");
        return Err(at(problem, "source").into());
    }
    let key = Key::new(answer.id, &sender(ctx, answer.wholesaler), OPERATION, &answer.body)?;
    let target = format!("shipment/{}", answer.shipment);
    let reason = Some(answer.kind.clone());
    let entry = audit::Entry { target, cause: answer.id, reason };
    let mut tx = Tx::begin(&distribution.db, ctx, &[(&permit, entry)]).await?;
    let mut refused = Vec::new();
    let written = write_all(&mut tx, ctx, &permit, &key, via, &answer, &mut refused).await;
    match end(&distribution.db, tx, &key, written).await {
        Ok(outcome) => Ok(Recorded { outcome, refused }),
        Err(Failure::Problem(problem)) if *problem.code == error::SHIPMENT_WRONG_STATE && answer.step.has_left() => {
            left_all_the_same::tell(distribution, answer.shipment).await?;
            Err(problem.into())
        }
        Err(failure) => Err(failure),
    }
}

/// The company as whoever used an answer's id: it may send it again by another way or account.
fn sender(ctx: &OpCtx, wholesaler: WholesalerCode) -> Actor {
    let account = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("/partners/{wholesaler}").as_bytes());
    Actor { account: AccountId(account), ..ctx.actor.clone() }
}

async fn write_all(
    tx: &mut Tx,
    ctx: &OpCtx,
    permit: &Permit,
    key: &Key,
    via: Via,
    answer: &Parsed,
    refused: &mut Vec<Refused>,
) -> Result<Ended<AnswerTaken>> {
    write::lock_shipment(tx, answer.shipment).await?;
    if taken(tx, key).await? {
        return Ok(Ended::Before);
    }
    let shipment = locked(tx, answer.shipment).await?;
    let standing = read::standing_answers(tx, shipment.id, answer.sequence.min(shipment.next_answer)).await?;
    fits(tx, &shipment, &standing, answer).await?;
    let before = state(&shipment)?;
    if before.is_over() {
        // its turn would never come
        before.after(answer.step, shipment.received_at.is_some())?;
    }
    apply::check(&shipment, answer)?;
    let row = |state: &str| Answer {
        id: answer.id,
        shipment_id: shipment.id,
        kind: answer.kind.clone(),
        sequence: answer.sequence,
        state: state.to_owned(),
        code: None,
        via: via.as_str().to_owned(),
        body: answer.body.clone(),
        actor_name: ctx.actor.name.clone(),
        business_at: ctx.now,
    };
    let is_next = answer.sequence == shipment.next_answer;
    write::answer(tx, &row(if is_next { "applied" } else { "held" })).await?;
    let shipment = if is_next {
        if may_touch_depot(answer, &standing) {
            write::lock_depot(tx, &answer.wholesaler.to_string()).await?;
        }
        let mut moving = Moving::new(shipment);
        apply::apply(tx, ctx, &mut moving, answer, &ctx.actor.name).await?;
        let held = standing.into_iter().filter(|held| held.state == "held").collect();
        catch_up(tx, ctx, permit, &mut moving, held, refused).await?;
        moving.write(tx).await?
    } else {
        shipment
    };
    let taken = AnswerTaken {
        answer: answer.id,
        shipment: shipment.id,
        taken: if is_next { "applied" } else { "held" }.to_owned(),
        next_sequence: shipment.next_answer,
        state: shipment.state,
        position: tx.position().to_string(),
    };
    answered(tx, key, taken).await
}

/// Whether an answer's id and place are free.
async fn fits(tx: &mut Tx, shipment: &Shipment, standing: &[Answer], answer: &Parsed) -> Result<()> {
    // a shipment's first step bears the shipment's id
    if read::shipment(tx, answer.id).await?.is_some() {
        return Err(Problem::new(&error::IDEMPOTENCY_KEY_REUSED).into());
    }
    let sequence = answer.sequence.to_string();
    if answer.sequence < shipment.next_answer || standing.iter().any(|other| other.sequence == answer.sequence) {
        let problem = Problem::new(&error::ANSWER_SEQUENCE_TAKEN).with("sequence", &sequence);
        return Err(at(problem, "sequence").into());
    }
    if answer.sequence > shipment.next_answer.saturating_add(AHEAD_MAX) {
        let problem = Problem::new(&error::ANSWER_TOO_FAR_AHEAD).with("sequence", &sequence);
        return Err(at(problem.with("next", &shipment.next_answer.to_string()), "sequence").into());
    }
    Ok(())
}

/// Whether the depot's lock is needed: for all answers that move vials of a depot, also held ones.
fn may_touch_depot(answer: &Parsed, standing: &[Answer]) -> bool {
    let moves = |step: Step| !matches!(step, Step::Schedule | Step::Deliver);
    let known = |kind: &str| domain::shipment::ANSWERS.iter().find(|(_, known)| *known == kind);
    moves(answer.step) || standing.iter().any(|held| known(&held.kind).is_none_or(|(step, _)| moves(*step)))
}

/// Applies the held answers whose turn has come. The first that is refused ends it: it no longer takes
/// its place, and those after it wait for a corrected one.
async fn catch_up(
    tx: &mut Tx,
    ctx: &OpCtx,
    permit: &Permit,
    moving: &mut Moving,
    held: Vec<Answer>,
    refused: &mut Vec<Refused>,
) -> Result<()> {
    let mut settled: Vec<(Uuid, &str, Option<&'static str>)> = Vec::new();
    for answer in held {
        if answer.sequence != moving.shipment.next_answer {
            break;
        }
        let target = format!("shipment/{}", answer.shipment_id);
        let entry = audit::Entry { target, cause: answer.id, reason: Some(answer.kind.clone()) };
        tx.note(ctx, &[(permit, entry)]).await?;
        match apply_held(tx, ctx, moving, &answer).await {
            Ok(()) => settled.push((answer.id, "applied", None)),
            // a coded problem is found before anything is written
            Err(Failure::Problem(problem)) => {
                settled.push((answer.id, "refused", Some(problem.code.code)));
                let by_amqp = answer.via == Via::Amqp.as_str();
                let wholesaler = company(&moving.shipment)?.parse()?;
                refused.push(Refused { wholesaler, by_amqp, body: answer.body, problem });
                break;
            }
            Err(failure) => return Err(failure),
        }
    }
    if settled.is_empty() { Ok(()) } else { write::settle_answers(tx, &settled).await }
}

async fn apply_held(tx: &mut Tx, ctx: &OpCtx, moving: &mut Moving, answer: &Answer) -> Result<()> {
    let parsed = parse::parse(answer.body.clone(), ctx.now)?;
    apply::apply(tx, ctx, moving, &parsed, &answer.actor_name).await
}
