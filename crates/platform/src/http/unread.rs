//! A request whose body nobody reads to its end is answered, and then the connection is closed.
//!
//! actix closes it by itself when the length was announced. A chunked body whose reader is gone it
//! reads on and throws away, for as long as the sender likes; as long as somebody still holds the
//! body it closes that connection too. So the answer holds it until it has been sent.
use actix_web::{
    HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    web::Bytes,
};
use futures::Stream;
use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

/// A request's body, held by whoever reads it and by the answer.
#[derive(Clone)]
pub struct Held(Rc<RefCell<Payload>>);

impl Stream for Held {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(cx)
    }
}

/// Puts a handle on the request's body in its place, and answers another one.
pub fn keep(req: &mut ServiceRequest) -> Held {
    let held = Held(Rc::new(RefCell::new(req.take_payload())));
    req.set_payload(Payload::Stream { payload: Box::pin(held.clone()) });
    held
}

/// An answer's body that holds on to the request's.
pub struct Answer {
    body: BoxBody,
    _request: Held,
}

impl Answer {
    /// The body of an answer to the request with this body.
    pub fn new(body: impl MessageBody + 'static, request: Held) -> Self {
        Self { body: body.boxed(), _request: request }
    }
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
