//! Grounding, both ways: what Google says of its sources stands beside the text and counts the text's
//! bytes, while canonical citations stand on the text and count its characters. A source of the web is
//! cited as the chat dialect writes it, a stored document as OpenAI cites a file.

use serde_json::{Map, Value, json};

use crate::dialect::{Citation, Place, gemini::reader};

/// A source of an answer, and the characters of the answer's text that it supports.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) start: u64,
    pub(super) end: u64,
    fields: Map<String, Value>,
    /// An address of the web, not a stored document.
    web: bool,
    /// It supports nothing in particular.
    whole: bool,
}

/// Sources and what they support, as they are gathered for a caller.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    chunks: Vec<Value>,
    supports: Vec<Value>,
}

/// Reads the sources that a candidate names for the `text` of its answer.
pub(super) fn read(candidate: &Map<String, Value>, text: &str) -> Vec<Source> {
    let mut found = Vec::new();
    if let Some(grounding) = candidate.get("groundingMetadata") {
        let chunks = list(grounding, "groundingChunks");
        let mut used = vec![false; chunks.len()];
        for support in list(grounding, "groundingSupports") {
            let (start, end) = match reader::get(support, "segment") {
                Some(segment) => stretch(segment, text),
                None => (0, characters(text, text.len())),
            };
            for index in list(support, "groundingChunkIndices") {
                let Some(index) = reader::integer(index).and_then(|at| usize::try_from(at).ok())
                else {
                    continue;
                };
                if let Some(used) = used.get_mut(index) {
                    *used = true;
                }
                found.extend(chunks.get(index).and_then(|chunk| source(chunk, start, end)));
            }
        }
        // A source of nothing in particular is one of the whole.
        let whole = characters(text, text.len());
        let rest = chunks.iter().zip(used).filter(|(_, used)| !used);
        let rest = rest.filter_map(|(chunk, _)| source(chunk, 0, whole));
        found.extend(rest.map(|source| Source { whole: true, ..source }));
    }
    if let Some(recited) = candidate.get("citationMetadata") {
        let sources = [list(recited, "citationSources"), list(recited, "citations")];
        for cited in sources.into_iter().flatten() {
            let (start, end) = stretch(cited, text);
            found.extend(source(&json!({ "web": cited }), start, end));
        }
    }
    found
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    reader::get(value, field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The stretch of the text that a segment names. Its bytes are those of a part, which is not always
/// the text's first; the segment repeats the words, so that they can be found.
fn stretch(segment: &Value, text: &str) -> (u64, u64) {
    let byte = |field: &str| {
        let at = reader::get(segment, field).and_then(reader::integer).unwrap_or_default();
        usize::try_from(at).unwrap_or_default()
    };
    let (mut start, mut end) = (byte("startIndex"), byte("endIndex"));
    if let Some(words) = reader::get(segment, "text").and_then(Value::as_str)
        && text.get(start..end) != Some(words)
        && let Some(at) = text.find(words)
    {
        (start, end) = (at, at.saturating_add(words.len()));
    }
    (characters(text, start), characters(text, end))
}

/// The characters that begin before a byte of the text.
fn characters(text: &str, byte: usize) -> u64 {
    text.char_indices().take_while(|(at, _)| *at < byte).count() as u64
}

fn source(chunk: &Value, start: u64, end: u64) -> Option<Source> {
    let (kind, told) = ["web", "maps", "retrievedContext"]
        .into_iter()
        .find_map(|kind| Some((kind, reader::get(chunk, kind)?)))?;
    let word = |field: &str| reader::get(told, field).and_then(Value::as_str);
    let title = word("title").unwrap_or_default();
    let address = word("uri").filter(|uri| kind != "retrievedContext" || uri.starts_with("http"));
    let mut fields = Map::new();
    match address {
        Some(url) => {
            fields.insert("url".into(), url.into());
            fields.insert("title".into(), title.into());
        }
        None => {
            let id = word("documentName").or_else(|| word("uri")).or_else(|| word("title"))?;
            fields.insert("file_id".into(), id.into());
            fields.insert("filename".into(), title.into());
        }
    }
    Some(Source { start, end, fields, web: address.is_some(), whole: false })
}

// === impl Source ===

impl Source {
    /// Whether another says no more: what supports nothing in particular grows with the text.
    pub(super) fn says(&self, other: &Self) -> bool {
        let place = |source: &Self| (source.start, source.end);
        self.fields == other.fields && (other.whole || place(self) == place(other))
    }

    /// The citation on a part whose text begins after `before` characters of the answer's.
    pub(super) fn on_part(&self, before: u64) -> Value {
        let mut fields = self.fields.clone();
        let (start, end) = (self.start.saturating_sub(before), self.end.saturating_sub(before));
        if !self.web {
            fields.insert("type".into(), "file_citation".into());
            fields.insert("index".into(), end.into());
            return Value::Object(fields);
        }
        fields.insert("start_index".into(), start.into());
        fields.insert("end_index".into(), end.into());
        json!({"type": "url_citation", "url_citation": fields})
    }
}

// === impl Grounding ===

impl Grounding {
    /// Adds a citation of a part's `text`, which begins after `before` bytes of its part of the
    /// answer, the one numbered `part`.
    pub(super) fn cite(&mut self, value: &Value, text: &str, part: usize, before: usize) {
        let Some(cited) = Citation::read(value) else { return };
        let Some(chunk) = chunk(&cited) else { return };
        let at = self.chunks.iter().position(|known| *known == chunk).unwrap_or_else(|| {
            self.chunks.push(chunk);
            self.chunks.len() - 1
        });
        let (start, end) = cited.stretch(text.chars().count() as u64);
        let (start, end) = (bytes(text, start), bytes(text, end));
        let mut segment = Map::new();
        if part > 0 {
            segment.insert("partIndex".into(), part.into());
        }
        segment.insert("startIndex".into(), before.saturating_add(start).into());
        segment.insert("endIndex".into(), before.saturating_add(end).into());
        segment.insert("text".into(), text.get(start..end).unwrap_or_default().into());
        self.supports.push(json!({"segment": segment, "groundingChunkIndices": [at]}));
    }

    /// As it stands in a candidate, where there is any.
    pub(super) fn into_value(self) -> Option<Value> {
        let Self { chunks, supports } = self;
        (!supports.is_empty())
            .then(|| json!({"groundingChunks": chunks, "groundingSupports": supports}))
    }
}

/// Whether a citation can be told.
pub(in crate::dialect) fn cites(value: &Value) -> bool {
    Citation::read(value).and_then(|cited| chunk(&cited)).is_some()
}

fn chunk(cited: &Citation<'_>) -> Option<Value> {
    let (kind, place) = match (cited.address(), cited.place) {
        (Some(url), _) => ("web", Some(("uri", url))),
        (None, Place::Found { source, .. }) => {
            ("retrievedContext", source.map(|source| ("uri", source)))
        }
        (None, Place::File { id }) => ("retrievedContext", Some(("documentName", id))),
        (None, _) => ("retrievedContext", None),
    };
    let mut fields: Map<String, Value> =
        place.map(|(field, said)| (field.to_owned(), said.into())).into_iter().collect();
    if let Some(title) = cited.title {
        fields.insert("title".into(), title.into());
    }
    if let Some(words) = cited.words.as_deref().filter(|_| kind == "retrievedContext") {
        fields.insert("text".into(), words.into());
    }
    (!fields.is_empty()).then(|| json!({ kind: fields }))
}

/// The byte at which a character of the text begins.
fn bytes(text: &str, character: u64) -> usize {
    let at = usize::try_from(character).unwrap_or(usize::MAX);
    text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
}
