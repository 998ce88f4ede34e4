//! Canonical parts to content blocks of a request.

use std::borrow::Cow;

use serde_json::Value;

use super::loss::Losses;
use crate::{
    Dialect,
    canon::{CachePoint, Document, Image, Part, Reasoning, ToolResult},
    dialect::{
        Signer,
        anthropic_messages::{
            citation,
            source::{self, Source},
            tool_id,
            wire::{Block, Body, Cache, Enabled},
        },
    },
};

/// Appends parts as blocks. `place` names them in losses (`messages[2]`).
pub(super) fn blocks<'a>(
    parts: &'a [Part],
    place: &str,
    out: &mut Vec<Block<'a>>,
    losses: &mut Losses,
) {
    for (index, part) in parts.iter().enumerate() {
        let place = || format!("{place}.content[{index}]");
        match part {
            Part::CachePoint(point) => mark(out.last_mut(), *point, losses),
            part => out.extend(body(part, &place, losses).map(plain)),
        }
    }
}

/// Puts a cache marker on the block before it.
pub(super) fn mark(block: Option<&mut Block<'_>>, point: CachePoint, losses: &mut Losses) {
    match block {
        // A block of this dialect that carries its own keeps it.
        Some(Block { body: Body::Opaque(value), .. }) if value.get("cache_control").is_some() => {}
        Some(block) if block.body.takes_cache() => block.cache_control = Some(Cache::from(point)),
        _ => losses.minor("cache_control"),
    }
}

fn plain(body: Body<'_>) -> Block<'_> {
    Block { body, cache_control: None }
}

fn body<'a>(part: &'a Part, place: &dyn Fn() -> String, losses: &mut Losses) -> Option<Body<'a>> {
    match part {
        Part::Text { text, citations } => text_block(text, citations, place, losses),
        Part::Refusal(text) => Body::text(text),
        Part::Image(image) => picture(image, place, losses),
        Part::Document(document) => paper(document, place, losses),
        Part::SearchResult(found) => Some(Body::SearchResult {
            source: &found.source,
            title: &found.title,
            content: found.texts.iter().filter_map(Body::text).map(plain).collect(),
            citations: Enabled::when(found.citations),
        }),
        Part::ToolCall(call) => {
            let body = Body::tool_use(call);
            if matches!(&body, Body::ToolUse { input, .. } if !input.is_faithful()) {
                losses.minor(format!("{}.arguments", place()));
            }
            Some(body)
        }
        Part::ToolResult(result) => Some(tool_result(result, place, losses)),
        // The API takes back only what it signed.
        Part::Reasoning(Reasoning { signature, redacted: None, .. })
            if signature.as_deref().and_then(|signed| Signer::Anthropic.own(signed)).is_none() =>
        {
            losses.minor(format!("{}.reasoning", place()));
            None
        }
        Part::Reasoning(reasoning) => Some(Body::reasoning(reasoning)),
        Part::Opaque { dialect: Dialect::AnthropicMessages, value } => Some(Body::Opaque(value)),
        Part::Opaque { value, .. } => match json_of(value) {
            Some(json) => Body::text(json.to_string()),
            None => {
                losses.of_meaning(place());
                None
            }
        },
        // Placed by `blocks`.
        Part::CachePoint(_) => None,
    }
}

fn text_block<'a>(
    text: &'a str,
    citations: &'a [Value],
    place: &dyn Fn() -> String,
    losses: &mut Losses,
) -> Option<Body<'a>> {
    let kept: Vec<_> = citations.iter().filter_map(citation::hand_back).collect();
    if kept.len() < citations.len() {
        losses.minor(format!("{}.citations", place()));
    }
    (!text.is_empty()).then_some(Body::Text { text: Cow::Borrowed(text), citations: kept })
}

fn picture<'a>(
    image: &'a Image,
    place: &dyn Fn() -> String,
    losses: &mut Losses,
) -> Option<Body<'a>> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.minor(format!("{}.image_url.detail", place()));
    }
    let source = Source::of_image(&image.data);
    if source.is_none() {
        losses.of_meaning(place());
    }
    source.map(|source| Body::Image { source })
}

fn paper<'a>(
    document: &'a Document,
    place: &dyn Fn() -> String,
    losses: &mut Losses,
) -> Option<Body<'a>> {
    if source::is_picture(&document.data) {
        return Source::of_image(&document.data).map(|source| Body::Image { source });
    }
    let Some(source) = Source::of_document(&document.data) else {
        losses.of_meaning(place());
        return None;
    };
    Some(Body::Document {
        source,
        title: document.name.as_deref(),
        context: document.context.as_deref(),
        citations: Enabled::when(document.citations),
    })
}

fn tool_result<'a>(
    result: &'a ToolResult,
    place: &dyn Fn() -> String,
    losses: &mut Losses,
) -> Body<'a> {
    let mut content = Vec::with_capacity(result.parts.len());
    blocks(&result.parts, &place(), &mut content, losses);
    Body::ToolResult {
        tool_use_id: tool_id::sanitise(&result.call_id),
        content,
        is_error: result.is_error,
    }
}

/// Bedrock's `{"json": ...}` in a tool result: here JSON is text.
fn json_of(value: &Value) -> Option<&Value> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.get("json")
}
