//! `GET /v1/facilities/{key}/views`.
use crate::{
    Identity,
    app::facility_views::{ViewsQuery, facility_views},
};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::http;
use wire::{problem::ProblemBody, views::FacilityViews};

/// Who saw what about a facility, the newest first: for the ministry, the auditor, its prefecture, and the facility
/// itself, which is told organisations and roles and no account's name.
#[utoipa::path(
    get, path = "/v1/facilities/{key}/views", tag = "audit", operation_id = "listFacilityViews",
    security(("token" = [])),
    params(
        ("key" = String, Path, description = "uuid, ten-digit code, or gmis:<id>", example = "1310101234"),
        ("after" = Option<uuid::Uuid>, Query, description = "Before this view: next of the page before"),
        ("from" = Option<String>, Query, description = "Not before this moment, business time", example = "2021-04-05T00:00:00+09:00"),
        ("until" = Option<String>, Query, description = "Before this moment, business time", example = "2021-04-06T00:00:00+09:00"),
        ("own" = Option<bool>, Query, description = "Also by the facility's own staff; false when absent"),
        ("limit" = Option<i64>, Query, description = "1 to 200; 200 when absent"),
    ),
    responses(
        (status = 200, body = FacilityViews, description = "A page"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed: the query"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "facility.not_found, also for what you cannot see"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "facility.malformed_key, time.malformed_instant, request.invalid"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 500, body = ProblemBody, content_type = "application/problem+json", description = "service.internal"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, path: web::Path<String>, identity: web::Data<Identity>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let (key, query) = (path.into_inner(), http::query::<ViewsQuery>(&req)?);
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let work = async move { facility_views(&identity, &ctx, &key, query).await };
        http::json(HttpResponse::Ok(), &shared.unit_of_work(work).await?)
    })
    .await
}
