//! An upper bound of a prompt's tokens, before anybody has counted them.
//!
//! Every tokenizer in use maps at least one byte to a token, so the bytes of the text bound its
//! tokens. That is loose (about four times) and it is safe, and safe is what a budget asks for:
//! the difference is given back at settlement. Pictures in base64 are the exception: their bytes
//! say nothing, and providers bound their tokens themselves.

use sluice_wire::{
    Dialect, Fault,
    canon::{Data, Part, Request, Tool},
    dialect::bedrock_invoke,
};

use super::Intake;

/// What a provider adds around a prompt: chat template, tool preamble.
const OVERHEAD: u64 = 1_024;
/// Bodies up to this size are bounded by their length alone, unless they mention media.
const SMALL: usize = 64 * 1024;
/// What stands behind a quotation mark when a body refers to content that is not in it, in any dialect.
const MEDIA: [&str; 10] = [
    "image",
    "document",
    "file",
    "video",
    "input_audio",
    "inline",
    "cached",
    "s3Location",
    "item_reference",
    "pmpt_",
];
/// What is elsewhere, of a size that nobody says: the longest prompt that providers take.
const ELSEWHERE: u64 = 1_000_000;
/// No provider counts more for one picture (OpenAI's mini models at high detail: 48,169).
const PICTURE: u64 = 50_000;

/// The bound for a request.
pub(crate) fn prompt_tokens(intake: &Intake) -> Result<u64, Fault> {
    let body = intake.whole().len();
    if intake.line.dialect == Dialect::BedrockInvoke
        && !bedrock_invoke::speaks_anthropic(&intake.body)?
    {
        return Ok(unread(&intake.body));
    }
    if body <= SMALL && media(intake.whole()).next().is_none() {
        return Ok(u64::try_from(body).unwrap_or(u64::MAX).saturating_add(OVERHEAD));
    }
    let known = match intake.brought() {
        Some(brought) => brought,
        None => intake.canonical()?,
    };
    Ok(request(known).saturating_add(OVERHEAD))
}

/// The bound for a body that nobody here can read: its bytes, and the most for everything in it that
/// looks like a picture or like content from elsewhere.
pub(crate) fn unread(body: &[u8]) -> u64 {
    let count = |word: &str| memchr::memmem::find_iter(body, word.as_bytes()).count();
    let many = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let pictures = many(media(body).count());
    let elsewhere = many(count("\"s3Location")).saturating_add(many(count("s3://")));
    u64::try_from(body.len())
        .unwrap_or(u64::MAX)
        .saturating_add(OVERHEAD)
        .saturating_add(pictures.saturating_mul(PICTURE))
        .saturating_add(elsewhere.saturating_mul(ELSEWHERE))
}

/// Where a body refers to content that is not in it. Most of a body is text without quotation marks.
fn media(body: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'"', body).filter(|quote| {
        let name = body.get(quote + 1..).unwrap_or_default();
        MEDIA.iter().any(|word| name.starts_with(word.as_bytes()))
    })
}

fn request(request: &Request) -> u64 {
    let turns = request.turns.iter().flat_map(|turn| &turn.parts);
    let parts: u64 = request.system.iter().chain(turns).map(part).sum();
    let tools: u64 = request.tools.iter().map(tool).sum();
    let extras = request.extras.as_ref().map_or(0, |extras| {
        // Gemini's: a prompt that was stored before. OpenAI's: one that the provider holds.
        let stored =
            ["cachedContent", "prompt"].iter().any(|name| extras.fields.contains_key(*name));
        json(&extras.fields).saturating_add(if stored { ELSEWHERE } else { 0 })
    });
    parts.saturating_add(tools).saturating_add(extras).saturating_add(json(&request.metadata))
}

fn part(part: &Part) -> u64 {
    // A few tokens of structure around each part.
    16 + match part {
        Part::Text { text, citations } => len(text) + json(citations),
        Part::Image(_) => PICTURE,
        Part::Document(document) => match &document.data {
            Data::Base64 { base64, .. } => len(base64),
            Data::Text(text) => len(text),
            Data::Chunks(chunks) => {
                chunks.iter().map(|text| len(text)).fold(0, u64::saturating_add)
            }
            _ => ELSEWHERE,
        },
        Part::SearchResult(found) => len(&found.plain()),
        Part::ToolCall(call) => len(&call.id) + len(&call.name) + len(&call.arguments),
        Part::ToolResult(result) => {
            len(&result.call_id) + result.parts.iter().map(self::part).sum::<u64>()
        }
        Part::Reasoning(reasoning) => {
            len(&reasoning.text)
                + reasoning.signature.as_deref().map_or(0, len)
                + reasoning.redacted.as_deref().map_or(0, len)
        }
        Part::Refusal(text) => len(text),
        Part::CachePoint(_) => 0,
        Part::Opaque { value, .. } if value.get("fileData").is_some() => ELSEWHERE,
        Part::Opaque { value, .. } if value.get("type").is_some_and(|t| t == "item_reference") => {
            ELSEWHERE
        }
        Part::Opaque { value, .. } => json(value),
        _ => 0,
    }
}

fn tool(tool: &Tool) -> u64 {
    16 + match tool {
        Tool::Function { name, description, schema, .. } => {
            len(name) + description.as_deref().map_or(0, len) + json(schema)
        }
        Tool::Native { value, .. } => json(value),
        _ => 0,
    }
}

fn len(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

fn json<T: serde::Serialize>(value: &T) -> u64 {
    serde_json::to_vec(value).map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}
