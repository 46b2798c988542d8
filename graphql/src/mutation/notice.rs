//! Reading notices, told to identity.
use super::{
    client::Refusal,
    done::{Done, Outcome, send, shown},
};
use crate::{
    scalars::Uuid,
    session::{Session, session},
    types::{notice::Notice, or_null, problem::FieldProblem, words::Words},
};
use async_graphql::{Context, InputObject, Object, SimpleObject, Union};
use wire::notice;

/// That a notice was read.
#[derive(Debug, Clone, InputObject)]
pub struct AcknowledgeNoticeInput {
    /// Made by the sender (a UUID of version 7); keep it when you send the same request again.
    pub id: Uuid,
    /// The notice.
    pub notice: Uuid,
    /// The version that was read.
    pub version: i32,
}

/// It was recorded that you have read it.
pub struct NoticeAcknowledged(Done<notice::NoticeMoved>);

/// It was recorded that you have read it, now or (`replayed`) before under the same id.
#[Object]
impl NoticeAcknowledged {
    /// The notice. Null with an error when the read side has not seen the write yet; it was recorded.
    async fn notice(&self, ctx: &Context<'_>) -> Option<Notice> {
        let load = async {
            let session = session(ctx)?;
            self.0.catch_up(session).await?;
            Notice::load(session, self.0.answer.notice).await
        };
        or_null(ctx, load.await)
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

/// You may see it, but it cannot be done: not now, or not with this input.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct NoticeRefused {
    /// Stable code: `notice.stale`, `idempotency.key_reused`, …
    pub code: String,
    /// The reason.
    pub message: Words,
    /// The fields at fault; empty when it is not about fields.
    pub errors: Vec<FieldProblem>,
}

/// What can become of it.
#[derive(Union)]
pub enum AcknowledgeNoticePayload {
    /// Recorded.
    Acknowledged(NoticeAcknowledged),
    /// Not to be done.
    Refused(NoticeRefused),
}

/// Tells identity that a notice was read.
///
/// # Errors
/// What is no outcome of it: see [`send`].
pub async fn acknowledge(
    session: &Session,
    input: AcknowledgeNoticeInput,
) -> Result<AcknowledgeNoticePayload, Refusal> {
    let request = notice::AcknowledgeNotice { id: input.id.0, version: input.version };
    let path = format!("/v1/notices/{}:acknowledge", input.notice.0);
    Ok(match send(session, &session.gateway.identity, &path, &request).await? {
        Outcome::Done(done) => AcknowledgeNoticePayload::Acknowledged(NoticeAcknowledged(done)),
        Outcome::Refused(refusal) => {
            let (code, message, errors) = shown(refusal);
            AcknowledgeNoticePayload::Refused(NoticeRefused { code, message, errors })
        }
    })
}
