//! Objections and their answers, sent to the allocation service.
use super::{
    client::Refusal,
    done::{Done, Outcome, send, shown},
};
use crate::{
    scalars::{Count, Uuid},
    session::{Session, session},
    types::{
        objection::{Objection, ObjectionDecision},
        or_null,
        problem::FieldProblem,
        words::Words,
    },
};
use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use wire::objection;

/// An objection to one's own line.
#[derive(Debug, Clone, InputObject)]
pub struct ObjectToLineInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again. The
    /// objection gets this id.
    pub id: Uuid,
    /// The plan, as the proposal names it.
    pub plan: Uuid,
    /// The version of the proposal that was read.
    pub version: i32,
    /// Why; 1 to 2,000 characters.
    pub text: String,
    /// What is asked for instead, in the plan's unit.
    pub units: Option<Count>,
}

/// An answer to an objection.
#[derive(Debug, Clone, InputObject)]
pub struct AnswerObjectionInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The objection.
    pub objection: Uuid,
    /// What becomes of it.
    pub decision: ObjectionDecision,
    /// Why; 1 to 2,000 characters.
    pub text: String,
}

async fn afterwards(
    ctx: &Context<'_>,
    id: uuid::Uuid,
    seen: impl AsyncFnOnce(&Session) -> Result<(), domain::Problem>,
) -> Option<Objection> {
    let load = async {
        let session = session(ctx)?;
        seen(session).await?;
        Objection::load(session, id).await
    };
    or_null(ctx, load.await)
}

/// The objection was recorded.
pub struct ObjectionMade(Done<objection::ObjectionMade>);

/// The objection was recorded, now or (`replayed`) before under the same id.
#[Object]
impl ObjectionMade {
    /// Our own id of it.
    async fn objection_id(&self) -> Uuid {
        Uuid(self.0.answer.objection)
    }

    /// The objection as it is now. Null with an error when the read side has not seen it yet; it was
    /// recorded.
    async fn objection(&self, ctx: &Context<'_>) -> Option<Objection> {
        afterwards(ctx, self.0.answer.objection, async |session| self.0.catch_up(session).await).await
    }

    /// The line as it stands, in the plan's unit.
    async fn units(&self) -> Count {
        Count(self.0.answer.units)
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.0.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.0.replayed
    }
}

/// The answer was recorded.
pub struct ObjectionAnswered(Done<objection::ObjectionAnswered>);

/// The answer was recorded, now or (`replayed`) before under the same id.
#[Object]
impl ObjectionAnswered {
    /// Our own id of the objection.
    async fn objection_id(&self) -> Uuid {
        Uuid(self.0.answer.objection)
    }

    /// The objection with its answer. Null with an error when the read side has not seen it yet; it was
    /// recorded.
    async fn objection(&self, ctx: &Context<'_>) -> Option<Objection> {
        afterwards(ctx, self.0.answer.objection, async |session| self.0.catch_up(session).await).await
    }

    /// Objections to the plan that still have no answer.
    async fn open(&self) -> Count {
        Count(self.0.answer.open)
    }

    /// Commit position; a later read that must see it sends it in the header `Meguri-Position`.
    async fn position(&self) -> &str {
        self.0.position()
    }

    /// True when it was done before and this is the first answer again.
    async fn replayed(&self) -> bool {
        self.0.replayed
    }
}

/// You may see it, but it cannot be done: not by you, not now, or not with this input.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ObjectionRefused {
    /// Stable code: `auth.forbidden`, `allocation.window_closed`, `allocation.objection_answered`,
    /// `allocation.stale_plan`, `request.invalid`, …
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The fields at fault; empty when it is not about fields.
    pub errors: Vec<FieldProblem>,
}

impl From<Refusal> for ObjectionRefused {
    fn from(refusal: Refusal) -> Self {
        let (code, message, errors) = shown(refusal);
        Self { code, message, errors }
    }
}

/// What can become of an objection.
#[derive(Union)]
pub enum ObjectToLinePayload {
    /// Recorded.
    Made(ObjectionMade),
    /// Not to be done.
    Refused(ObjectionRefused),
}

/// What can become of an answer.
#[derive(Union)]
pub enum AnswerObjectionPayload {
    /// Recorded.
    Answered(ObjectionAnswered),
    /// Not to be done.
    Refused(ObjectionRefused),
}

/// Sends an objection.
///
/// # Errors
/// What is no outcome of the objection itself: see [`send`].
pub async fn object(session: &Session, input: ObjectToLineInput) -> Result<ObjectToLinePayload, Refusal> {
    let request = objection::ObjectToLine {
        id: input.id.0,
        version: input.version,
        text: input.text,
        units: input.units.map(|units| units.0),
    };
    let path = format!("/v1/plans/{}:object", input.plan.0);
    Ok(match send(session, &session.gateway.allocation, &path, &request).await? {
        Outcome::Done(done) => ObjectToLinePayload::Made(ObjectionMade(done)),
        Outcome::Refused(refusal) => ObjectToLinePayload::Refused(refusal.into()),
    })
}

/// Sends an answer.
///
/// # Errors
/// What is no outcome of the answer itself: see [`send`].
pub async fn answer(session: &Session, input: AnswerObjectionInput) -> Result<AnswerObjectionPayload, Refusal> {
    let request =
        objection::AnswerObjection { id: input.id.0, decision: input.decision.as_str().to_owned(), text: input.text };
    let path = format!("/v1/objections/{}:answer", input.objection.0);
    Ok(match send(session, &session.gateway.allocation, &path, &request).await? {
        Outcome::Done(done) => AnswerObjectionPayload::Answered(ObjectionAnswered(done)),
        Outcome::Refused(refusal) => AnswerObjectionPayload::Refused(refusal.into()),
    })
}
