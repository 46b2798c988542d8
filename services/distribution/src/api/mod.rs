//! REST of distribution: one screen lists all routes.
pub mod shipment;
pub mod stock;

use crate::Distribution;
use crate::app::Outcome;
use actix_web::{HttpRequest, HttpResponse, web};
use platform::{
    OpCtx,
    failure::Result,
    http::{self, get, resource},
};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;
use utoipa::OpenApi;
use wire::openapi::Bearer;

/// Mounts the routes.
pub fn configure(distribution: &Distribution, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::new(distribution.clone()))
        .service(resource("/v1/shipments", "GET, HEAD").route(get().to(shipment::list)))
        .service(resource("/v1/shipment-events", "GET, HEAD").route(get().to(shipment::events)))
        .service(resource("/v1/shipments/{shipment}:receive", "POST").route(web::post().to(shipment::receive)))
        .service(resource("/v1/shipments/{shipment}:cancel", "POST").route(web::post().to(shipment::cancel)))
        .service(resource("/v1/shipments/{shipment}/answers", "POST").route(web::post().to(shipment::answer)))
        .service(resource("/v1/shipments/{shipment}", "GET, HEAD").route(get().to(shipment::read)))
        .service(resource("/v1/discrepancies/{discrepancy}:resolve", "POST").route(web::post().to(stock::resolve)))
        .service(resource("/v1/inbound", "POST").route(web::post().to(stock::inbound)))
        .service(resource("/v1/lots/{product}/{lot}:recall", "POST").route(web::post().to(stock::recall)));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Meguri distribution", version = "1", license(name = "Apache-2.0")),
    paths(
        shipment::list,
        shipment::read,
        shipment::events,
        shipment::answer,
        shipment::receive,
        shipment::cancel,
        stock::resolve,
        stock::inbound,
        stock::recall
    ),
    modifiers(&Bearer),
    tags(
        (name = "shipments", description = "From the depot to the site"),
        (name = "stock", description = "Lots, what depots receive, and vials that are not where they should be")
    )
)]
struct Document;

/// The OpenAPI document, committed as contracts/openapi/distribution.json.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// A write's answer, which knows where its commit lies.
trait Positioned: Serialize {
    fn position(&self) -> &str;
}

macro_rules! positioned {
    ($($name:ident),+ $(,)?) => {$(
        impl Positioned for wire::shipment::$name {
            fn position(&self) -> &str {
                &self.position
            }
        }
    )+};
}
positioned!(AnswerTaken, ReceiptConfirmed, ShipmentMoved, DiscrepancyResolved, InboundRecorded, LotRecalled);

/// Reads the request, does the work, answers how it ended.
async fn write<B, T, W>(
    req: &HttpRequest,
    payload: web::Payload,
    distribution: &web::Data<Distribution>,
    limit_bytes: usize,
    work: impl FnOnce(Distribution, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    T: Positioned + Send + 'static,
    W: Future<Output = Result<Outcome<T>>> + Send + 'static,
{
    http::answer(req, async {
        let ctx = http::signed_in(req).await?;
        let body: B = http::read_json(req, payload, limit_bytes).await?;
        let distribution = distribution.get_ref().clone();
        let shared = distribution.shared.clone();
        let outcome = shared.unit_of_work(work(distribution, ctx, body)).await?;
        http::written(&outcome.answer, outcome.answer.position(), outcome.replayed)
    })
    .await
}

/// A part of the path.
fn part(req: &HttpRequest, name: &str) -> String {
    req.match_info().get(name).unwrap_or_default().to_owned()
}
