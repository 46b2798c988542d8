//! `/v1/sharing-agreements`, `POST /v1/territories/{code}:merge`, `POST /v1/facilities/{key}:close`, `:reopen`.
use super::respond::part;
use crate::{
    Identity,
    app::{close_facility, close_facility::Way, merge_territory, outcome::Outcome, sharing},
};
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{FacilityKey, Problem, TerritoryCode, error};
use platform::{OpCtx, failure::Result, http};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;
use uuid::Uuid;
use wire::{
    problem::ProblemBody,
    reach::{
        EndSharing, FacilityMoved, MakeSharing, MergeTerritory, MoveFacility, SharingEnded, SharingList, SharingMade,
        TerritoryMerged,
    },
};

/// A write's answer, which knows where its commit lies.
trait Positioned: Serialize {
    fn position(&self) -> &str;
}

macro_rules! positioned {
    ($($name:ident),+ $(,)?) => {$(
        impl Positioned for $name {
            fn position(&self) -> &str {
                &self.position
            }
        }
    )+};
}
positioned!(SharingMade, SharingEnded, TerritoryMerged, FacilityMoved);

/// Reads the request, does the work, answers how it ended.
async fn write<B, T, W>(
    req: &HttpRequest,
    payload: web::Payload,
    identity: &web::Data<Identity>,
    work: impl FnOnce(Identity, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    T: Positioned + Send + 'static,
    W: Future<Output = Result<Outcome<T>>> + Send + 'static,
{
    http::answer(req, async {
        let ctx = http::signed_in(req).await?;
        let body: B = http::read_json(req, payload, http::BODY_BYTES_MAX).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let (work, directory) = (work(identity, ctx, body), shared.directory.clone());
        let work = async move {
            let outcome = work.await?;
            // this process knows of it at once, the others within moments; so does this one if it cannot ask now
            let _ = directory.refresh().await;
            Ok(outcome)
        };
        let outcome = shared.unit_of_work(work).await?;
        http::written(&outcome.answer, outcome.answer.position(), outcome.replayed)
    })
    .await
}

/// Open figures, facilities or reports of a territory to another body, from a day to a day. What is open is
/// gone the day after the last.
#[utoipa::path(
    post, path = "/v1/sharing-agreements", tag = "sharing", operation_id = "makeSharing", request_body = MakeSharing,
    security(("token" = [])),
    responses(
        (status = 200, body = SharingMade, description = "Made; the same id and body get the same answer again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "territory.not_found"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (1 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors (sharing.unknown_receiver, sharing.unknown_medical_area, sharing.wrong_days), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn share(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    write(&req, payload, &identity, |identity, ctx, body: MakeSharing| async move {
        sharing::make(&identity.db, &ctx, body).await
    })
    .await
}

/// End an agreement now, before its last day.
#[utoipa::path(
    post, path = "/v1/sharing-agreements/{agreement}:end", tag = "sharing", operation_id = "endSharing",
    request_body = EndSharing,
    security(("token" = [])),
    params(("agreement" = uuid::Uuid, Path, description = "The agreement")),
    responses(
        (status = 200, body = SharingEnded, description = "Ended; the same id and body get the same answer again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "sharing.not_found, also for what does not concern you"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "sharing.already_ended"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (1 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn end_sharing(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let text = part(&req, "agreement").to_owned();
    write(&req, payload, &identity, |identity, ctx, body: EndSharing| async move {
        let missing = |_| Problem::new(&error::SHARING_NOT_FOUND).with("agreement", &text);
        let id: Uuid = text.parse().map_err(missing)?;
        sharing::end_early(&identity.db, &ctx, id, body).await
    })
    .await
}

/// The agreements that concern you: your own, those made with you, and those of the territories you look after.
#[utoipa::path(
    get, path = "/v1/sharing-agreements", tag = "sharing", operation_id = "listSharing",
    security(("token" = [])),
    responses(
        (status = 200, body = SharingList, description = "The newest first"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list_sharing(req: HttpRequest, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let list = shared.unit_of_work(async move { sharing::list(&identity.db, &ctx).await }).await?;
        http::json(HttpResponse::Ok(), &list)
    })
    .await
}

/// Merge a municipality into another one of its prefecture, from a day on.
#[utoipa::path(
    post, path = "/v1/territories/{code}:merge", tag = "territories", operation_id = "mergeTerritory",
    request_body = MergeTerritory,
    security(("token" = [])),
    params(("code" = String, Path, description = "The municipality that will be no more", example = "312029")),
    responses(
        (status = 200, body = TerritoryMerged, description = "Recorded; the same id and body get the same answer again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "territory.not_found"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "territory.already_merged"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (1 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "territory.malformed, territory.check_digit, request.invalid with errors (territory.cannot_merge), idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn merge(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    let text = part(&req, "code").to_owned();
    write(&req, payload, &identity, |identity, ctx, body: MergeTerritory| async move {
        merge_territory::merge_territory(&identity.db, &ctx, TerritoryCode::parse(&text)?, body).await
    })
    .await
}

async fn move_facility(
    req: HttpRequest,
    payload: web::Payload,
    identity: web::Data<Identity>,
    way: Way,
) -> HttpResponse {
    let text = part(&req, "key").to_owned();
    write(&req, payload, &identity, |identity, ctx, body: MoveFacility| async move {
        let key: FacilityKey = text.parse()?;
        close_facility::move_facility(&identity.db, &ctx, &key, way, body).await
    })
    .await
}

/// Close a facility from a day on: nobody writes to it any more, its staff lose access, those who look after it
/// read on.
#[utoipa::path(
    post, path = "/v1/facilities/{key}:close", tag = "facilities", operation_id = "closeFacility",
    request_body = MoveFacility,
    security(("token" = [])),
    params(("key" = String, Path, description = "The facility: a UUID, a code, or gmis:<id>")),
    responses(
        (status = 200, body = FacilityMoved, description = "Recorded; the same id and body get the same answer again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found, also for what you cannot see"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "facility.already_closed"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (1 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors (time.day_passed), facility.malformed_key, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn close(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    move_facility(req, payload, identity, Way::Close).await
}

/// Open a closed facility again from a day on, or call off a closing that has not come yet.
#[utoipa::path(
    post, path = "/v1/facilities/{key}:reopen", tag = "facilities", operation_id = "reopenFacility",
    request_body = MoveFacility,
    security(("token" = [])),
    params(("key" = String, Path, description = "The facility: a UUID, a code, or gmis:<id>")),
    responses(
        (status = 200, body = FacilityMoved, description = "Recorded; the same id and body get the same answer again"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found, also for what you cannot see"),
        (status = 408, body = ProblemBody, content_type = "application/problem+json", description = "request.too_slow"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_closed"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large (1 MiB)"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type, request.unsupported_encoding"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors (time.day_passed), facility.malformed_key, idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn reopen(req: HttpRequest, payload: web::Payload, identity: web::Data<Identity>) -> HttpResponse {
    move_facility(req, payload, identity, Way::Reopen).await
}
