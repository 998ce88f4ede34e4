//! Parts: what a turn or an answer is made of.

use std::borrow::Cow;

use serde_json::Value;

use crate::Dialect;

/// One piece of a turn or of an answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// Plain text. `citations` are kept as the dialect wrote them (Anthropic's shape is the widest).
    Text {
        /// The text.
        text: String,
        /// Citations attached to the text, in the source dialect's own shape.
        citations: Vec<Value>,
    },
    /// A picture.
    Image(Image),
    /// A document (PDF, plain text, office formats).
    Document(Document),
    /// What the caller's own search found, for the model to answer from.
    SearchResult(SearchResult),
    /// The model asks for a tool to be run.
    ToolCall(ToolCall),
    /// The caller reports what a tool returned.
    ToolResult(ToolResult),
    /// The model's thoughts, with the signature that lets the provider accept them back.
    Reasoning(Reasoning),
    /// The model declined, in its own words.
    Refusal(String),
    /// Everything before this point may be cached by the provider.
    CachePoint(CachePoint),
    /// A part that only its own dialect understands, kept as it came.
    Opaque {
        /// The dialect whose shape `value` has.
        dialect: Dialect,
        /// The part as written.
        value: Value,
    },
}

impl Part {
    /// A text part without citations.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), citations: Vec::new() }
    }
}

/// A picture: where its bytes are, and how closely to look.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The bytes, or where they are.
    pub data: Data,
    /// OpenAI's `detail` (`low`, `high`, `auto`), where given.
    pub detail: Option<String>,
}

/// A document handed to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The bytes, or where they are.
    pub data: Data,
    /// File name or title.
    pub name: Option<String>,
    /// Anthropic's and Bedrock's `context` for the document.
    pub context: Option<String>,
    /// Whether the model should cite it.
    pub citations: bool,
}

/// What a search of the caller's found (Anthropic's `search_result`, Bedrock's `searchResult`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchResult {
    /// Its address, or another name of where it was found.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its texts; citations count them.
    pub texts: Vec<String>,
    /// Whether the model should cite it.
    pub citations: bool,
}

/// Binary content, by value or by reference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// Bytes in base64 (standard alphabet), kept encoded: every dialect writes them so.
    Base64 {
        /// Media type, e.g. `image/png`.
        media_type: String,
        /// The content.
        base64: String,
    },
    /// An `http(s)` address.
    Url(String),
    /// An object in S3 (`s3://bucket/key`), native on Bedrock.
    S3 {
        /// The `s3://` address.
        uri: String,
        /// Account that owns the bucket, when it is another one.
        owner: Option<String>,
        /// Media type, where the dialect names it.
        media_type: Option<String>,
    },
    /// A file held by the provider, by its id.
    File(String),
    /// Text given inline (a `text/plain` document).
    Text(String),
    /// Text given inline in chunks, which citations count.
    Chunks(Vec<String>),
}

/// A call the model wants made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id for the call; the result names it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments: JSON text exactly as the model wrote it (it may be malformed: models do that).
    pub arguments: String,
}

/// What a tool returned.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// The id of the [`ToolCall`] this answers.
    pub call_id: String,
    /// Content: text, images, documents, or JSON as an opaque part.
    pub parts: Vec<Part>,
    /// The tool failed.
    pub is_error: bool,
}

/// A stretch of the model's reasoning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reasoning {
    /// The readable text (may be empty).
    pub text: String,
    /// The provider's signature over it.
    pub signature: Option<String>,
    /// Encrypted reasoning instead of text, base64 as the provider wrote it.
    pub redacted: Option<String>,
}

/// A prompt-cache marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CachePoint {
    /// Five minutes, the default of every provider that has markers.
    #[default]
    FiveMinutes,
    /// One hour.
    OneHour,
}

// === impl Data ===

impl Data {
    /// Text given inline, as one text.
    #[must_use]
    pub fn inline(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Chunks(chunks) => Some(Cow::Owned(chunks.join("\n\n"))),
            _ => None,
        }
    }
}

// === impl SearchResult ===

impl SearchResult {
    /// All of it as one text, for dialects that have no form for a search result.
    #[must_use]
    pub fn plain(&self) -> String {
        let heads = [&self.title, &self.source].into_iter();
        let lines: Vec<&str> = heads.chain(&self.texts).map(String::as_str).collect();
        lines.join("\n")
    }
}
