//! A stream without `alt=sse`: one JSON array, an element as each event comes.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body::{Body as HttpBody, Frame};
use sluice_wire::dialect::gemini::array::Array;

/// The events of a body as elements of an array.
struct Elements {
    body: Body,
    array: Array,
    ended: bool,
}

/// The response with its body as an array: of its events, or of its one document.
pub(super) fn wrap(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let events = head
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    head.headers.remove(CONTENT_LENGTH);
    if events && head.status == StatusCode::OK {
        let elements = Elements { body, array: Array::default(), ended: false };
        return Response::from_parts(head, Body::new(elements));
    }
    Response::from_parts(head, Body::new(Bracketed::Head(body)))
}

// === impl Elements ===

impl HttpBody for Elements {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let mut out = Vec::new();
        while !this.ended && out.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.array.push(&data, &mut out).map_err(axum::Error::new)?;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    this.ended = true;
                    this.array.end(&mut out).map_err(axum::Error::new)?;
                }
            }
        }
        Poll::Ready((!out.is_empty()).then(|| Ok(Frame::data(Bytes::from(out)))))
    }
}

/// One document in brackets.
enum Bracketed {
    Head(Body),
    Inside(Body),
    Done,
}

// === impl Bracketed ===

impl HttpBody for Bracketed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let text = match this {
            Self::Head(body) => {
                *this = Self::Inside(mem::take(body));
                "["
            }
            Self::Inside(body) => match ready!(Pin::new(body).poll_frame(context)) {
                Some(frame) => return Poll::Ready(Some(frame)),
                None => {
                    *this = Self::Done;
                    "]"
                }
            },
            Self::Done => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}
