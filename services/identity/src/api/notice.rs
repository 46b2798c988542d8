//! `GET` and `POST /v1/notices`, `GET /v1/notices/{notice}`, `/page`, `/readers`, `/attachments/{place}`;
//! `POST /v1/notices/{notice}:correct`, `:withdraw`, `:acknowledge`.
use super::respond::{self, part};
use crate::{
    Identity,
    app::{
        notice::{acknowledge, correct, publish, withdraw},
        read_notices::{self, Asked, as_page, file, one},
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    web,
};
use domain::{Problem, error};
use platform::{failure::Result, http};
use serde::Deserialize;
use uuid::Uuid;
use wire::{
    notice::{
        AcknowledgeNotice, CorrectNotice, Notice, NoticeMoved, NoticePage, PublishNotice, Readers, WithdrawNotice,
    },
    problem::ProblemBody,
};

/// What is no id names no notice.
fn notice_id(req: &HttpRequest) -> Result<Uuid> {
    let text = part(req, "notice");
    let missing = || Problem::new(&error::NOTICE_NOT_FOUND).with("notice", text);
    Ok(text.parse().map_err(|_| missing())?)
}

fn position(moved: &NoticeMoved) -> &str {
    &moved.position
}

/// Publish a notice for those below, or for everybody.
#[utoipa::path(
    post, path = "/v1/notices", tag = "notices", operation_id = "publishNotice",
    request_body = PublishNotice,
    security(("token" = [])),
    responses(
        (status = 200, body = NoticeMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "notice.number_taken"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (10 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn publish_one(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let work = |identity: Identity, ctx, body: PublishNotice| async move { publish(&identity.db, &ctx, body).await };
    respond::write_up_to(http::BATCH_BYTES_MAX, &req, payload, &identity, position, work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    first: Option<u32>,
    after: Option<Uuid>,
    #[serde(default)]
    unread: bool,
    #[serde(default)]
    vital: bool,
}

/// The notices that are for you, newest first; without signing in the public ones. `vital` ones are shown before
/// signing in.
#[utoipa::path(
    get, path = "/v1/notices", tag = "notices", operation_id = "listNotices",
    params(
        ("first" = Option<u32>, Query, description = "How many, 1 to 200; 50 unless given"),
        ("after" = Option<uuid::Uuid>, Query, description = "`next` of the page before"),
        ("unread" = Option<bool>, Query, description = "Only what you have not read, is for you and counts today"),
        ("vital" = Option<bool>, Query, description = "Only vital ones that count today"),
    ),
    responses(
        (status = 200, body = NoticePage, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "graphql.page_size"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let Listed { first, after, unread, vital } = http::query(&req)?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let asked = Asked { first, after, unread, vital };
        let work = async move { read_notices::page(&identity.db, &ctx, asked).await };
        let page: NoticePage = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &page)
    })
    .await
}

/// A notice.
#[utoipa::path(
    get, path = "/v1/notices/{notice}", tag = "notices", operation_id = "readNotice",
    params(("notice" = uuid::Uuid, Path, description = "The notice")),
    responses(
        (status = 200, body = Notice, description = "The notice"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn read(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let id = notice_id(&req)?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let notice: Notice = shared.unit_of_work(async move { one(&identity.db, &ctx, id).await }).await?;
        http::json(HttpResponse::Ok(), &notice)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    lang: Option<String>,
}

/// A notice as a page for fax and print: plain text of 76 columns.
#[utoipa::path(
    get, path = "/v1/notices/{notice}/page", tag = "notices", operation_id = "readNoticePage",
    params(
        ("notice" = uuid::Uuid, Path, description = "The notice"),
        ("lang" = Option<String>, Query, description = "`ja` (unless given) or `en`"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "The page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn print(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let id = notice_id(&req)?;
        let Printed { lang } = http::query(&req)?;
        let english = match lang.as_deref() {
            None | Some("ja") => false,
            Some("en") => true,
            Some(_) => return Err(Problem::new(&error::REQUEST_MALFORMED).with("reason", "lang: ja, en").into()),
        };
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let text = shared.unit_of_work(async move { as_page(&identity.db, &ctx, id, english).await }).await?;
        Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
    })
    .await
}

/// A file that is attached to a notice.
#[utoipa::path(
    get, path = "/v1/notices/{notice}/attachments/{place}", tag = "notices", operation_id = "readNoticeAttachment",
    params(
        ("notice" = uuid::Uuid, Path, description = "The notice"),
        ("place" = i16, Path, description = "Its place among the notice's attachments, from 1"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file, under its own media type"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn attachment(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let id = notice_id(&req)?;
        let place = part(&req, "place")
            .parse()
            .map_err(|_| Problem::new(&error::NOTICE_NOT_FOUND).with("notice", &id.to_string()))?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let file = shared.unit_of_work(async move { file(&identity.db, &ctx, id, place).await }).await?;
        let (name, media_type, content) = file;
        let name =
            ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: name.into_bytes() };
        let saved = ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::FilenameExt(name)],
        };
        let mut response = HttpResponse::Ok();
        // it is saved, and a browser that opens it all the same runs nothing in it
        response.insert_header(saved).insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"));
        Ok(response.content_type(media_type).body(content))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    first: Option<u32>,
    after: Option<String>,
}

/// Who has read a notice of your organisation: how many, by territory, and those who have not.
#[utoipa::path(
    get, path = "/v1/notices/{notice}/readers", tag = "notices", operation_id = "readNoticeReaders",
    security(("token" = [])),
    params(
        ("notice" = uuid::Uuid, Path, description = "The notice"),
        ("first" = Option<u32>, Query, description = "How many who have not, 1 to 200; 50 unless given"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Readers, description = "Who has read it"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "graphql.page_size"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn readers(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let id = notice_id(&req)?;
        let Page { first, after } = http::query(&req)?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { read_notices::readers(&identity.db, &ctx, id, first, after.as_deref()).await };
        let readers: Readers = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &readers)
    })
    .await
}

/// Correct a notice of your organisation: a new version, which nobody has read yet.
#[utoipa::path(
    post, path = "/v1/notices/{notice}:correct", tag = "notices", operation_id = "correctNotice",
    request_body = CorrectNotice,
    security(("token" = [])),
    params(("notice" = uuid::Uuid, Path, description = "The notice")),
    responses(
        (status = 200, body = NoticeMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "notice.stale, notice.withdrawn"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (10 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn correct_one(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let id = notice_id(&req);
    let work =
        |identity: Identity, ctx, body: CorrectNotice| async move { correct(&identity.db, &ctx, id?, body).await };
    respond::write_up_to(http::BATCH_BYTES_MAX, &req, payload, &identity, position, work).await
}

/// Withdraw a notice of your organisation.
#[utoipa::path(
    post, path = "/v1/notices/{notice}:withdraw", tag = "notices", operation_id = "withdrawNotice",
    request_body = WithdrawNotice,
    security(("token" = [])),
    params(("notice" = uuid::Uuid, Path, description = "The notice")),
    responses(
        (status = 200, body = NoticeMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "notice.withdrawn"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn withdraw_one(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let id = notice_id(&req);
    let work =
        |identity: Identity, ctx, body: WithdrawNotice| async move { withdraw(&identity.db, &ctx, id?, body).await };
    respond::write(&req, payload, &identity, position, work).await
}

/// Say that you have read a notice in its present version.
#[utoipa::path(
    post, path = "/v1/notices/{notice}:acknowledge", tag = "notices", operation_id = "acknowledgeNotice",
    request_body = AcknowledgeNotice,
    security(("token" = [])),
    params(("notice" = uuid::Uuid, Path, description = "The notice")),
    responses(
        (status = 200, body = NoticeMoved, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "notice.not_found, also for one that is not for you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "notice.stale"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn acknowledge_one(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let id = notice_id(&req);
    let work = |identity: Identity, ctx, body: AcknowledgeNotice| async move {
        acknowledge(&identity.db, &ctx, id?, body).await
    };
    respond::write(&req, payload, &identity, position, work).await
}
