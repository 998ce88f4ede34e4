//! Google's Gemini (Gemini API and Vertex AI references: `models.generateContent`,
//! `models.streamGenerateContent`, `models.countTokens`; types `Content`, `Part`, `Tool`, `Schema`,
//! `GenerationConfig`).
//!
//! The model and whether to stream stand in the path. Fields are read in camelCase and in
//! snake_case, as the API reads them, and written in camelCase. A stream is a series of whole
//! answers with a piece of content each; there is no terminal frame, so the end is the chunk that
//! names a finish reason (or that the prompt was blocked).
//!
//! A thought's signature stands on the part that follows the thought (a call, or text). Canonically
//! it belongs to the reasoning before that part: so the other dialects, which sign the reasoning
//! itself, can carry it there and back.
//!
//! What the canonical form has no field for is kept in a request's extras under its path as the API
//! writes it (`generationConfig.speechConfig`, `safetySettings`), and is named for other dialects.

mod base64;
mod call_id;
mod error_class;
mod finish;
mod grounding;
mod media;
mod model;
mod reader;
mod schema;
mod signature;
pub(crate) mod usage;

pub mod array;
pub mod count;
pub mod embed;
pub mod error;
pub(crate) mod glance;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
pub mod stream;

pub(in crate::dialect) use finish::ends;
pub(in crate::dialect) use grounding::cites;
pub(in crate::dialect) use media::shows;
pub(in crate::dialect) use response::keeps;

/// Whether an extra of this dialect only hints, so that another dialect may leave it out without
/// changing what was asked for.
pub(crate) fn is_hint(field: &str) -> bool {
    const HINTS: [&str; 5] = [
        "modelArmorConfig",
        "generationConfig.audioTimestamp",
        "generationConfig.enableEnhancedCivicAnswers",
        "generationConfig.mediaResolution",
        "generationConfig.thinkingConfig.includeThoughts",
    ];
    // How to look at a part, what a function will answer.
    HINTS.contains(&field) || field.starts_with("contents[") || field.starts_with("tools[")
}
