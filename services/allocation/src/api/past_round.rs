//! `GET /v1/past-rounds`, `GET /v1/goods`: open to everybody.
use crate::{
    Allocation,
    app::{past_rounds, read_goods},
};
use actix_web::{HttpRequest, HttpResponse, web};
use platform::http;
use wire::{goods::GoodsList, past_round::PastRoundList, problem::ProblemBody};

/// Rounds of the past as they were published, with their lines: what other nations and our own allocated.
/// Open to everybody.
#[utoipa::path(
    get, path = "/v1/past-rounds", tag = "past rounds", operation_id = "listPastRounds",
    params(
        ("kind" = Option<String>, Query, description = "us-allocations, us-allocations-wide, italy-deliveries, announced"),
        ("product" = Option<String>, Query, description = "As the publication names it, in lower case"),
        ("from" = Option<String>, Query, description = "Beginning on this day or later, YYYY-MM-DD"),
        ("to" = Option<String>, Query, description = "Beginning on this day or earlier, YYYY-MM-DD"),
        ("after" = Option<uuid::Uuid>, Query, description = "next of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 50; 20 unless given"),
    ),
    responses(
        (status = 200, body = PastRoundList, description = "By day"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed: the query"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "request.invalid with errors"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn list(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let query = http::query(&req)?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { past_rounds::past_rounds(&allocation, &ctx, query).await };
        let list = shared.unit_of_work(work).await?;
        http::json(HttpResponse::Ok(), &list)
    })
    .await
}

/// What goes along with products by ratio on a day: syringes, needles, diluent. Open to everybody.
#[utoipa::path(
    get, path = "/v1/goods", tag = "goods", operation_id = "listGoods",
    params(
        ("product" = Option<String>, Query, description = "With this product only"),
        ("on" = Option<String>, Query, description = "On this day, YYYY-MM-DD; the clock's business day unless given"),
    ),
    responses(
        (status = 200, body = GoodsList, description = "By product, programme and goods"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed: the query"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.invalid_token"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn goods(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::context(&req).await?;
        let query = http::query(&req)?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let list = shared.unit_of_work(async move { read_goods::goods(&allocation, &ctx, query).await }).await?;
        http::json(HttpResponse::Ok(), &list)
    })
    .await
}
