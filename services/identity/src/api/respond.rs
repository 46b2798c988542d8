//! What handlers of writes have in common.
use crate::Identity;
use actix_web::{HttpRequest, HttpResponse, web};
use platform::{OpCtx, failure::Result, http};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;

/// A part of the address.
pub(super) fn part<'r>(req: &'r HttpRequest, name: &str) -> &'r str {
    req.match_info().get(name).unwrap_or_default()
}

/// Reads the request, does the write, answers what came of it; `position` is the answer's.
pub(super) async fn write<B, A, W>(
    req: &HttpRequest,
    payload: web::Payload,
    identity: &web::Data<Identity>,
    position: fn(&A) -> &str,
    work: impl FnOnce(Identity, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    A: Serialize + Send + 'static,
    W: Future<Output = Result<(A, bool)>> + Send + 'static,
{
    write_up_to(http::BODY_BYTES_MAX, req, payload, identity, position, work).await
}

/// The same, for bodies of up to so many bytes.
pub(super) async fn write_up_to<B, A, W>(
    bytes_max: usize,
    req: &HttpRequest,
    payload: web::Payload,
    identity: &web::Data<Identity>,
    position: fn(&A) -> &str,
    work: impl FnOnce(Identity, OpCtx, B) -> W,
) -> HttpResponse
where
    B: DeserializeOwned,
    A: Serialize + Send + 'static,
    W: Future<Output = Result<(A, bool)>> + Send + 'static,
{
    http::answer(req, async {
        let ctx = http::signed_in(req).await?;
        let body: B = http::read_json(req, payload, bytes_max).await?;
        let identity = identity.get_ref().clone();
        let shared = identity.shared.clone();
        let (answer, replayed) = shared.unit_of_work(work(identity, ctx, body)).await?;
        http::written(&answer, position(&answer), replayed)
    })
    .await
}
