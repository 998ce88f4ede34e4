//! Pages in browsers: those of every origin may call (Fetch standard, "CORS protocol").
//!
//! What opens a door here is a key in a header that the page must have; no cookie does. So there is
//! nothing that a foreign page could do in the name of whoever looks at it.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use axum::{body::Body, extract::Request, response::Response};
use futures_util::{
    FutureExt as _,
    future::{Either, Map},
};
use http::{
    HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    },
};
use tower::{Layer, Service};

const ALL: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// For how many seconds a browser may go by what it was told: a day.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Lets pages in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cors;

/// Routes that pages may call.
#[derive(Debug, Clone)]
pub(super) struct Open<S> {
    inner: S,
}

type Answered<E> = Result<Response, E>;

// === impl Cors ===

impl<S> Layer<S> for Cors {
    type Service = Open<S>;

    fn layer(&self, inner: S) -> Open<S> {
        Open { inner }
    }
}

// === impl Open ===

impl<S> Service<Request> for Open<S>
where
    S: Service<Request, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<
        Ready<Answered<S::Error>>,
        Either<S::Future, Map<S::Future, fn(Answered<S::Error>) -> Answered<S::Error>>>,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !request.headers().contains_key(ORIGIN) {
            return Either::Right(Either::Left(self.inner.call(request)));
        }
        if request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return Either::Left(ready(Ok(preflight(&request))));
        }
        let seen: fn(Answered<S::Error>) -> Answered<S::Error> = |answer| answer.map(exposed);
        Either::Right(Either::Right(self.inner.call(request).map(seen)))
    }
}

/// What a browser asks before it sends a page's request.
fn preflight(request: &Request) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let map = response.headers_mut();
    map.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ALL);
    map.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    // A star would not stand for `authorization`: the names are said back.
    if let Some(wanted) = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS) {
        map.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    map.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

/// An answer whose body and headers the page may read.
fn exposed(mut response: Response) -> Response {
    let map = response.headers_mut();
    map.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ALL);
    map.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ALL);
    response
}
