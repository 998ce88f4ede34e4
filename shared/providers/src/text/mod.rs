//! Text generation: containers on SageMaker that complete a text and know no conversation
//! (Hugging Face's Text Generation Inference, JumpStart's Llama).
//!
//! The row speaks OpenAI's dialect; this module turns a conversation into the text that the model
//! was trained on, and the text that comes back into an answer. What a text cannot say (tools,
//! pictures, formats) is refused: such a row lists it.

mod answer;
mod prompt;
mod request;
mod stream;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream as streams};
use http::{HeaderValue, header};
use sluice_wire::Fault;

use self::stream::Tokens;
use crate::{Answer, AnswerBody, ByteStream};

pub use prompt::Template;

/// How a container wants to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Payload {
    /// `{"inputs", "parameters"}` of Text Generation Inference.
    Tgi,
    /// The same of JumpStart's Llama containers, which know fewer parameters.
    Llama,
}

/// A container that generates text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextGeneration {
    /// How it wants to be asked.
    pub payload: Payload,
    /// How a conversation is written for its model.
    pub template: Template,
}

// === impl TextGeneration ===

impl TextGeneration {
    /// The container's answer as a chat's.
    ///
    /// # Errors
    /// When there is no text in it.
    pub(crate) fn answer(self, answer: Answer, model: &str) -> Result<Answer, Fault> {
        let Answer { status, mut headers, body } = answer;
        let id = headers.get("x-amzn-requestid").and_then(|id| id.to_str().ok());
        let id = format!("chatcmpl-{}", id.unwrap_or_default());
        let (content_type, body) = match body {
            AnswerBody::Whole(bytes) => {
                let document = answer::document(&answer::read(&bytes)?, &id, model);
                ("application/json", AnswerBody::Whole(Bytes::from(document)))
            }
            AnswerBody::Stream(parts) => {
                let tokens = Tokens::new(&id, model);
                ("text/event-stream", AnswerBody::Stream(chat(parts, tokens)))
            }
        };
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Ok(Answer { status, headers, body })
    }
}

/// A stream of tokens as one of a chat's events. One that breaks off ends without a finish, which is
/// how a dialect knows it.
fn chat(parts: ByteStream, tokens: Tokens) -> ByteStream {
    let state = Some((parts, tokens));
    Box::pin(streams::unfold(state, |state| async move {
        let (mut parts, mut tokens) = state?;
        loop {
            let bytes = match parts.next().await {
                Some(Ok(part)) => tokens.push(&part),
                Some(Err(fault)) => return Some((Err(fault), None)),
                None => {
                    let last = tokens.end();
                    return (!last.is_empty()).then(|| (Ok(Bytes::from(last)), None));
                }
            };
            if !bytes.is_empty() {
                return Some((Ok(Bytes::from(bytes)), Some((parts, tokens))));
            }
        }
    }))
}

#[cfg(test)]
mod tests;
