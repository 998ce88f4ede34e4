//! The conversation, as the API wants it: leading instructions on top, one message a side, tool
//! results first in the message that answers the calls.

use std::{borrow::Cow, mem};

use serde::Serialize;

use super::{
    loss::Losses,
    part::{blocks, mark},
};
use crate::{
    Fault,
    canon::{Part, Request, Role, Turn},
    dialect::anthropic_messages::{
        model::Generation,
        wire::{Block, Body},
    },
};

/// One message.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    pub(super) role: &'static str,
    pub(super) content: Vec<Block<'a>>,
}

/// The instructions and the messages.
#[derive(Debug, Default)]
pub(super) struct Talk<'a> {
    pub(super) system: Vec<Block<'a>>,
    pub(super) messages: Vec<Message<'a>>,
}

// === impl Talk ===

impl<'a> Talk<'a> {
    /// Arranges a request's turns.
    pub(super) fn of(
        request: &'a Request,
        generation: Generation,
        losses: &mut Losses,
    ) -> Result<Self, Fault> {
        let mut talk = Self::default();
        blocks(&request.system, "system", &mut talk.system, losses);
        for (index, turn) in request.turns.iter().enumerate() {
            let place = format!("messages[{index}]");
            match turn.role {
                Role::System if talk.messages.is_empty() => {
                    blocks(&turn.parts, &place, &mut talk.system, losses);
                }
                Role::System if generation.reminds() && talk.may_remind(&request.turns, index) => {
                    talk.say("system", &turn.parts, &place, losses);
                }
                // Other models refuse the role there. In place, so that the cached prefix stays.
                Role::System => {
                    losses.minor(format!("{place}.role"));
                    talk.say("user", &turn.parts, &place, losses);
                }
                Role::User => talk.say("user", &turn.parts, &place, losses),
                Role::Assistant => talk.say("assistant", &turn.parts, &place, losses),
            }
        }
        for message in &mut talk.messages {
            // Stable: results keep their order, and so does the rest.
            message.content.sort_by_key(|block| !matches!(block.body, Body::ToolResult { .. }));
        }
        talk.trim_prefill();
        talk.settle(losses)
    }

    /// Whether instructions may stand here: text, between a turn of the user's and one of the
    /// model's.
    fn may_remind(&self, turns: &[Turn], index: usize) -> bool {
        let mut rest = turns.iter().skip(index);
        let text = |part: &Part| matches!(part, Part::Text { .. } | Part::CachePoint(_));
        self.messages.last().is_some_and(|last| last.role != "assistant")
            && rest.next().is_some_and(|turn| turn.parts.iter().all(text))
            && rest
                .find(|turn| turn.role != Role::System)
                .is_none_or(|turn| turn.role == Role::Assistant)
    }

    /// Appends to the last message if it is of the same side; begins one only if there is
    /// something to say.
    fn say(&mut self, role: &'static str, parts: &'a [Part], place: &str, losses: &mut Losses) {
        let mut content = Vec::with_capacity(parts.len());
        // A marker that stands first belongs to what was said before.
        let leading = parts.iter().take_while(|part| matches!(part, Part::CachePoint(_))).count();
        let (markers, parts) = parts.split_at_checked(leading).unwrap_or((&[], parts));
        for marker in markers {
            if let Part::CachePoint(point) = marker {
                let before = match self.messages.last_mut() {
                    Some(message) => message.content.last_mut(),
                    None => self.system.last_mut(),
                };
                mark(before, *point, losses);
            }
        }
        blocks(parts, place, &mut content, losses);
        if role == "assistant" {
            // What the model made is not taken back from it.
            let shown = |part: &Part| matches!(part, Part::Image(_) | Part::Document(_));
            for (at, _) in parts.iter().enumerate().filter(|(_, part)| shown(part)) {
                losses.of_meaning(format!("{place}.content[{at}]"));
            }
            content
                .retain(|block| !matches!(block.body, Body::Image { .. } | Body::Document { .. }));
        }
        match self.messages.last_mut() {
            Some(last) if last.role == role => last.content.append(&mut content),
            _ if content.is_empty() => {}
            _ => self.messages.push(Message { role, content }),
        }
    }

    /// The API refuses an answer begun by the caller that ends in white space.
    fn trim_prefill(&mut self) {
        let Some(last) = self.messages.last_mut().filter(|last| last.role == "assistant") else {
            return;
        };
        if let Some(Block { body: Body::Text { text, .. }, .. }) = last.content.last_mut() {
            *text = match mem::take(text) {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim_end()),
                Cow::Owned(text) => Cow::Owned(text.trim_end().to_owned()),
            };
            if text.is_empty() {
                last.content.pop();
            }
        }
        if last.content.is_empty() {
            self.messages.pop();
        }
    }

    /// At least one message there must be: instructions alone are said by the user.
    fn settle(mut self, losses: &mut Losses) -> Result<Self, Fault> {
        if self.messages.is_empty() {
            let content = mem::take(&mut self.system);
            if content.is_empty() {
                if let Some(field) = losses.first_of_meaning() {
                    // There was content, of a kind that this dialect has no word for.
                    return Err(Fault::invalid(
                        format!("{field}: content of this type cannot be sent to this model"),
                        field.to_owned(),
                    ));
                }
                return Err(Fault::invalid(
                    "messages: at least one message with content is required",
                    "messages",
                ));
            }
            losses.minor("messages[0].role");
            self.messages.push(Message { role: "user", content });
        }
        Ok(self)
    }

    /// Whether the model is in the middle of using tools, without a thought to start with: then
    /// thinking by budget may not be switched on.
    pub(super) fn thoughtless_tool_loop(&self) -> bool {
        let [.., call, answer] = self.messages.as_slice() else { return false };
        let result = |block: &Block<'_>| matches!(block.body, Body::ToolResult { .. });
        let thought = |block: &Block<'_>| {
            matches!(block.body, Body::Thinking { .. } | Body::RedactedThinking { .. })
        };
        call.role == "assistant"
            && answer.content.iter().any(result)
            && !call.content.first().is_some_and(thought)
    }
}
