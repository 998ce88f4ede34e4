//! The canonical answer to a caller's body.

use serde_json::{Map, Value};

use super::{
    super::{
        annotation,
        finish::{self, Seen},
        output, seal,
    },
    Shell, id,
};
use crate::{
    Dialect, Stamp,
    canon::{Part, Response},
};

/// Output being put together.
#[derive(Debug)]
struct Output<'a> {
    answer: &'a str,
    echo: &'a Map<String, Value>,
    items: Vec<Value>,
    /// Content of the message that is being said; consecutive parts are one message.
    content: Vec<Value>,
    seen: Seen,
}

pub(crate) fn encode(response: &Response, stamp: &Stamp) -> Vec<u8> {
    let mut out = Output {
        answer: &stamp.id,
        echo: &stamp.echo,
        items: Vec::new(),
        content: Vec::new(),
        seen: Seen::default(),
    };
    for part in &response.parts {
        out.part(part);
    }
    let (status, reason) = finish::encode(&response.finish, out.seen);
    out.close(status);
    let id = id(response.id.as_deref(), stamp);
    let shell = Shell {
        id: &id,
        status,
        reason,
        error: None,
        output: out.items,
        usage: response.usage.as_ref(),
        service_tier: response
            .extras
            .get("service_tier")
            .and_then(Value::as_str)
            .or_else(|| Dialect::OpenAiResponses.tier(response.usage.as_ref())),
    };
    // A tree of strings and numbers always serialises.
    serde_json::to_vec(&shell.write(stamp)).unwrap_or_default()
}

// === impl Output ===

impl Output<'_> {
    fn part(&mut self, part: &Part) {
        match part {
            Part::Text { text, citations } => {
                let end = text.chars().count() as u64;
                let annotations: Vec<Value> = citations
                    .iter()
                    .filter_map(|citation| annotation::encode(citation, end))
                    .collect();
                self.content.push(output::text(text, &annotations));
            }
            Part::Refusal(words) => {
                self.seen.refusal = true;
                self.content.push(output::refusal(words));
            }
            Part::ToolCall(call) => {
                self.close("completed");
                self.seen.calls = true;
                let id = self.id("fc");
                let said = (&*call.id, &*call.name, &*call.arguments);
                let item = output::call(&id, "completed", said, self.echo);
                self.items.push(item);
            }
            Part::Reasoning(thought) => {
                self.close("completed");
                self.items.push(output::reasoning(&self.id("rs"), thought));
            }
            Part::Opaque { dialect: Dialect::OpenAiResponses, value } => {
                self.close("completed");
                self.items.push(value.clone());
            }
            Part::Opaque { dialect, value } => {
                self.close("completed");
                let content = seal::part(*dialect, value);
                self.items.push(output::sealed(&self.id("rs"), &content));
            }
            Part::Image(image) => {
                if let Some(item) = output::picture(&self.id("ig"), image) {
                    self.close("completed");
                    self.items.push(item);
                }
            }
            Part::Document(_)
            | Part::SearchResult(_)
            | Part::ToolResult(_)
            | Part::CachePoint(_) => {}
        }
    }

    fn close(&mut self, status: &str) {
        if !self.content.is_empty() {
            let content = std::mem::take(&mut self.content);
            self.items.push(output::message(&self.id("msg"), status, &content));
        }
    }

    fn id(&self, prefix: &str) -> String {
        output::id(prefix, self.answer, self.items.len())
    }
}
