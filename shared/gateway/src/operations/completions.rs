//! `POST /v1/completions`: the caller's bytes where the provider has the route, a chat where not.

use bytes::Bytes;
use http::HeaderMap;
use sluice_providers::{Outbound, Quirk, Route};
use sluice_store::NanoUsd;
use sluice_wire::{
    Dialect, Edits, Fault, FaultKind, Pump, Splice, Stamp,
    canon::Usage,
    completion::{self, Chunks, DEFAULT_CAP, Prompt},
    splice,
};

use super::json;
use crate::{
    App,
    corridor::{
        FLOOR_TOKENS, Facts, Flow, GATEWAY_FIELDS, Heard, Intake, JSON, Line, Operation, Prepared,
        Reply, Seen, bounding, content_type, dropped, named, read_chat, stamp, written,
    },
    pricing::Catalogue,
    registry::Member,
};

/// The cap on output tokens where neither caller nor catalogue knows one, at models that chat.
const CHAT_CAP: u64 = 4_096;
/// Tokens that a provider adds around a prompt.
const OVERHEAD: u64 = 1_024;

/// A prompt to continue.
#[derive(Debug)]
pub(crate) struct Completions {
    request: completion::Request,
    body: Bytes,
}

// === impl Completions ===

impl Completions {
    /// Reads a request.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let mut request = completion::decode_request(&body)?;
        request.rest.retain(|field, _| !GATEWAY_FIELDS.contains(&field.as_str()));
        Ok(Box::new(Self { request, body }))
    }

    /// Tokens of all prompts at most.
    fn given(&self) -> u64 {
        let prompts = u64::try_from(self.request.prompts.len()).unwrap_or(u64::MAX);
        self.request.most_tokens().saturating_add(prompts.saturating_mul(OVERHEAD))
    }

    /// Tokens of one continuation at most.
    fn cap(&self, member: &Member) -> u64 {
        let usual = match continues(member) {
            true => DEFAULT_CAP,
            false => member.price.as_ref().and_then(|price| price.max_output).unwrap_or(CHAT_CAP),
        };
        self.request.max_tokens.unwrap_or(usual).max(1)
    }

    /// The most that continuations of so many tokens each can cost.
    fn bound(&self, member: &Member, cap: u64) -> Result<NanoUsd, Fault> {
        let price = bounding(member)?;
        if price.is_by_time() {
            // One after another at worst.
            let prompts = u32::try_from(self.request.prompts.len()).unwrap_or(u32::MAX);
            return Ok(price.cost_of_time(member.deployment.timeouts.total.saturating_mul(prompts)));
        }
        let output = cap.saturating_mul(self.request.continuations());
        Ok(price.worst_case(self.given(), output))
    }

    fn prepared(&self, app: &App, member: &Member, cap: Option<u64>) -> Result<Prepared, Fault> {
        if continues(member) { self.forward(member, cap) } else { self.chat(app, member, cap) }
    }

    /// The caller's bytes, with the model and the wish for usage.
    fn forward(&self, member: &Member, cap: Option<u64>) -> Result<Prepared, Fault> {
        let deployment = &member.deployment;
        let stream = self.request.stream;
        let edits = Edits {
            model: Some(&deployment.model),
            max_output: None,
            include_usage: stream
                && !self.request.stream_usage
                && !deployment.provider.has(Quirk::NoStreamOptions),
            remove: &GATEWAY_FIELDS,
        };
        let mut body = Dialect::OpenAiChat.patch(&self.body, &edits)?;
        if let Some(cap) = cap {
            // This route knows no `max_completion_tokens`.
            body = splice(&body, &[Splice::Set("max_tokens", cap.to_string())])
                .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
        }
        let body = Bytes::from(body);
        let route = Route::Beside("completions");
        let outbound = Outbound { body, stream, route, ..Outbound::default() };
        Ok(Prepared { outbound, capped: cap, ..Prepared::default() })
    }

    /// A chat for each prompt.
    fn chat(&self, app: &App, member: &Member, cap: Option<u64>) -> Result<Prepared, Fault> {
        let known = member.price.as_ref().is_some_and(|price| price.max_output.is_some());
        let chats = completion::chats(&self.request, (!known).then_some(CHAT_CAP))?;
        let dropped = dropped(app, member, chats.losses)?;
        let mut all = Prepared { dropped, capped: cap, ..Prepared::default() };
        for (at, body) in chats.bodies.into_iter().enumerate() {
            let intake = Intake::chat(Bytes::from(body))?;
            let one = written(app, &intake, cap, member)?;
            if at == 0 {
                all.outbound = one.outbound;
                all.dropped.extend(one.dropped);
            } else {
                all.more.push(one.outbound);
            }
        }
        Ok(all)
    }

    /// The answers of chats, in order, and what they used together.
    fn chats(&self, heard: &Heard<'_>) -> Result<(Vec<Bytes>, Seen), Fault> {
        let dialect = heard.member.deployment.provider.dialect;
        let stamp = self.stamp(heard.facts);
        let mut chats = Vec::new();
        let mut seen = Seen::default();
        for (at, piece) in heard.pieces.iter().enumerate() {
            let (chat, of_chat) =
                read_chat(&piece.body, &piece.headers, dialect, heard.facts, &stamp)?;
            chats.push(chat);
            match (at, &mut seen.usage, of_chat.usage) {
                (0, _, usage) => seen = Seen { usage, ..of_chat },
                (_, Some(sum), Some(more)) => *sum = both(sum, &more),
                _ => seen.usage = None,
            }
        }
        Ok((chats, seen))
    }

    fn stamp(&self, facts: &Facts) -> Stamp {
        Stamp { stream_usage: self.request.stream_usage, ..stamp(facts) }
    }
}

impl Operation for Completions {
    fn model(&self) -> &str {
        &self.request.model
    }

    fn stream(&self) -> bool {
        self.request.stream
    }

    fn serves(&self, _: &Member) -> Result<(), Fault> {
        Ok(())
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        self.bound(member, self.cap(member))
    }

    fn least(&self, member: &Member) -> Result<NanoUsd, Fault> {
        self.bound(member, self.cap(member).min(FLOOR_TOKENS))
    }

    fn prepare(&self, app: &App, member: &Member) -> Result<Prepared, Fault> {
        self.prepared(app, member, None)
    }

    /// With the cap lowered to what is paid for, as a chat's is.
    fn afford(&self, app: &App, member: &Member, granted: NanoUsd) -> Result<Prepared, Fault> {
        let price = member.price.as_ref().filter(|price| !price.is_free());
        let most = price.and_then(|price| price.affordable_output(granted, self.given()));
        let each = most.map(|most| most / self.request.continuations().max(1));
        let lower = each.filter(|each| *each < self.cap(member));
        self.prepared(app, member, lower.map(|each| each.max(1)))
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        if continues(heard.member) {
            return json::passed(heard, &heard.body());
        }
        let (chats, mut seen) = self.chats(heard)?;
        let bodies: Vec<&[u8]> = chats.iter().map(|chat| &**chat).collect();
        let body = Bytes::from(completion::encode_response(&self.request, &bodies)?);
        seen.text_bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        Ok(Reply { body, content_type: JSON, seen })
    }

    fn used(&self, heard: &Heard<'_>) -> Result<Seen, Fault> {
        // Only chats are several.
        Ok(self.chats(heard)?.1)
    }

    fn flow(&self, facts: &Facts, member: &Member, _: &HeaderMap) -> Box<dyn Flow> {
        let stamp = self.stamp(facts);
        if continues(member) {
            return Box::new(Pump::new(Dialect::OpenAiChat, Dialect::OpenAiChat, stamp));
        }
        let echo = match self.request.prompts.first() {
            Some(Prompt::Text(text)) if self.request.echo => Some(text.clone()),
            _ => None,
        };
        Box::new(Continued {
            pump: Pump::new(member.deployment.provider.dialect, Dialect::OpenAiChat, stamp),
            chunks: Chunks::new(echo),
        })
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}

/// Whether a deployment has the route: what the operator says of the model, what the catalogue does,
/// and for models that nobody knows what compatible servers have.
fn continues(member: &Member) -> bool {
    if !json::is_compatible(member) {
        return false;
    }
    let deployment = &member.deployment;
    let listed = || {
        let catalogue = Catalogue::builtin();
        let name = format!("{}/{}", deployment.provider.name, deployment.model);
        catalogue
            .entry(&name)
            .or_else(|| catalogue.entry(&deployment.model))
            .map(|entry| entry.mode)
    };
    match member.info.mode.as_deref().or_else(listed) {
        Some("completion") => true,
        Some("chat" | "responses") => false,
        _ => true,
    }
}

fn both(one: &Usage, other: &Usage) -> Usage {
    Usage {
        input: one.input.saturating_add(other.input),
        cache_read: one.cache_read.saturating_add(other.cache_read),
        cache_read_audio: one.cache_read_audio.saturating_add(other.cache_read_audio),
        cache_write_5m: one.cache_write_5m.saturating_add(other.cache_write_5m),
        cache_write_1h: one.cache_write_1h.saturating_add(other.cache_write_1h),
        input_audio: one.input_audio.saturating_add(other.input_audio),
        output: one.output.saturating_add(other.output),
        output_reasoning: one.output_reasoning.saturating_add(other.output_reasoning),
        output_audio: one.output_audio.saturating_add(other.output_audio),
        output_image: one.output_image.saturating_add(other.output_image),
        service_tier: one.service_tier.clone(),
        raw: one.raw.clone(),
    }
}

/// A chat's stream as a completion's.
struct Continued {
    pump: Pump,
    chunks: Chunks,
}

// === impl Continued ===

impl Continued {
    /// What the pump wrote, translated; its error is told whatever becomes of that.
    fn pass(
        &mut self,
        chat: &[u8],
        result: Result<(), Fault>,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        self.chunks.push(chat, out)?;
        result
    }
}

impl Flow for Continued {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut chat = Vec::new();
        let result = self.pump.push(bytes, &mut chat);
        self.pass(&chat, result, out)
    }

    fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        self.pump.fail(fault, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut chat = Vec::new();
        let result = self.pump.end(&mut chat);
        self.pass(&chat, result, out)
    }

    fn seen(&self) -> Seen {
        Flow::seen(&self.pump)
    }
}
