//! Stream events gathered into a whole answer.

use super::{Delta, Event, Part, PartKind, Reasoning, Response, ToolCall};

/// Builds a [`Response`] from [`Event`]s: for callers who did not ask for a stream of a provider
/// that only streams, for caches and for logs.
#[derive(Debug, Default)]
pub struct Gather {
    response: Response,
    open: Vec<(u32, Part)>,
}

// === impl Gather ===

impl Gather {
    /// Takes one event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Start { id, model } => {
                self.response.id.clone_from(id);
                self.response.model.clone_from(model);
            }
            Event::PartStart { index, kind } => self.open.push((*index, begin(kind))),
            Event::Delta { index, delta } => {
                if let Some((_, part)) = self.open.iter_mut().find(|(at, _)| at == index) {
                    extend(part, delta);
                }
            }
            Event::PartEnd { .. } => {}
            Event::Usage(usage) => self.response.usage = Some(usage.clone()),
            Event::Finish { finish, stop_sequence } => {
                self.response.finish = finish.clone();
                self.response.stop_sequence.clone_from(stop_sequence);
            }
        }
    }

    /// The whole answer, parts in the order of their index.
    #[must_use]
    pub fn into_response(mut self) -> Response {
        self.open.sort_by_key(|(index, _)| *index);
        self.response.parts = self.open.into_iter().map(|(_, part)| part).collect();
        self.response
    }
}

fn begin(kind: &PartKind) -> Part {
    match kind {
        PartKind::Text => Part::text(""),
        PartKind::ToolCall { id, name } => Part::ToolCall(ToolCall {
            id: id.clone(),
            name: name.clone(),
            arguments: String::new(),
        }),
        PartKind::Reasoning => Part::Reasoning(Reasoning::default()),
        PartKind::Refusal => Part::Refusal(String::new()),
        PartKind::Image(image) => Part::Image(image.clone()),
        PartKind::Opaque { dialect, value } => {
            Part::Opaque { dialect: *dialect, value: value.clone() }
        }
    }
}

fn extend(part: &mut Part, delta: &Delta) {
    match (part, delta) {
        (Part::Text { text, .. } | Part::Refusal(text), Delta::Text(more)) => text.push_str(more),
        (Part::Text { citations, .. }, Delta::Citation(citation)) => {
            citations.push(citation.clone());
        }
        (Part::ToolCall(call), Delta::Arguments(more)) => call.arguments.push_str(more),
        (Part::Reasoning(reasoning), Delta::Reasoning(more)) => reasoning.text.push_str(more),
        (Part::Reasoning(reasoning), Delta::Signature(more)) => {
            reasoning.signature.get_or_insert_default().push_str(more);
        }
        (Part::Reasoning(reasoning), Delta::Redacted(more)) => {
            reasoning.redacted.get_or_insert_default().push_str(more);
        }
        _ => debug_assert!(false, "a delta of another kind than its part"),
    }
}
