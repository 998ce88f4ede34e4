//! The `demo` provider: answers in process, so that a gateway without any credential works.
//!
//! It is deterministic (the same request gets the same bytes) and speaks OpenAI's chat dialect:
//! text, tool calls, JSON, `max_tokens`, `stop`, streaming and its usage.

mod reply;
mod request;
mod sample;
mod sse;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use sluice_wire::Fault;

use self::{reply::Reply, request::Request};
use crate::{Answer, AnswerBody, Outbound};

/// Answers one call; a stream's words come `pace` apart.
pub(crate) fn answer(call: &Outbound, pace: Duration) -> Result<Answer, Fault> {
    let request = Request::read(&call.body)?;
    let reply = Reply::to(&request, &call.body);
    let (content_type, body) = if call.stream {
        let frames = sse::frames(&request, &reply);
        ("text/event-stream; charset=utf-8", AnswerBody::Stream(sse::paced(frames, pace)))
    } else {
        let document = reply.document(&request).to_string();
        ("application/json", AnswerBody::Whole(Bytes::from(document)))
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(Answer { status: 200, headers, body })
}

#[cfg(test)]
mod tests;
