//! Citations, whoever wrote them.
//!
//! Canonical text keeps its citations as their own dialect wrote them, so that they go back there
//! unchanged. This reads what any of them says; a dialect that writes another's citation writes it
//! from here. Google's are read by [`super::gemini`], which finds words for them: what it tells apart
//! from the text stands there in another place.

use std::borrow::Cow;

use serde_json::Value;

/// What a citation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Citation<'v> {
    /// Where the cited words are.
    pub(crate) place: Place<'v>,
    /// What the page, document or search result is called.
    pub(crate) title: Option<&'v str>,
    /// The cited words.
    pub(crate) words: Option<Cow<'v, str>>,
    /// The stretch of the part's text that it supports, in characters, where that is not all of it.
    pub(crate) span: Option<(u64, u64)>,
}

/// Where cited words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'v> {
    /// On a page of the web.
    Web { url: &'v str, domain: Option<&'v str> },
    /// In a document of the request.
    Document { unit: Unit, document: u64, start: u64, end: u64, file: Option<&'v str> },
    /// In a search result of the request.
    Found { source: Option<&'v str>, result: u64, start: u64, end: u64 },
    /// In a file that the provider has.
    File { id: &'v str },
}

/// By what a place in a document is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Characters,
    Pages,
    Blocks,
}

/// The words of two dialects for a place in a document.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) unit: Unit,
    /// Anthropic's type, and its fields for the beginning and the end.
    pub(crate) anthropic: (&'static str, [&'static str; 2]),
    /// Converse's member.
    pub(crate) converse: &'static str,
}

const NAMES: [Names; 3] = [
    Names {
        unit: Unit::Characters,
        anthropic: ("char_location", ["start_char_index", "end_char_index"]),
        converse: "documentChar",
    },
    Names {
        unit: Unit::Pages,
        anthropic: ("page_location", ["start_page_number", "end_page_number"]),
        converse: "documentPage",
    },
    Names {
        unit: Unit::Blocks,
        anthropic: ("content_block_location", ["start_block_index", "end_block_index"]),
        converse: "documentChunk",
    },
];

// === impl Citation ===

impl<'v> Citation<'v> {
    /// Reads a citation in any dialect's words; `None` where it says nothing that is known.
    pub(crate) fn read(value: &'v Value) -> Option<Self> {
        match word(value, "type") {
            None => Self::converse(value),
            Some(kind) if kind.ends_with("_location") => Self::anthropic(kind, value),
            Some("url_citation") => {
                // The chat dialect nests the fields.
                let fields = value.get("url_citation").unwrap_or(value);
                let span = number(fields, "start_index").zip(number(fields, "end_index"));
                let place = Place::Web { url: word(fields, "url")?, domain: None };
                Some(Self { place, title: word(fields, "title"), words: None, span })
            }
            Some("file_citation" | "container_file_citation") => Some(Self {
                place: Place::File { id: word(value, "file_id")? },
                title: word(value, "filename"),
                words: None,
                span: number(value, "start_index")
                    .zip(number(value, "end_index"))
                    .or_else(|| number(value, "index").map(|end| (0, end))),
            }),
            Some(_) => None,
        }
    }

    fn anthropic(kind: &str, value: &'v Value) -> Option<Self> {
        let words = word(value, "cited_text").filter(|words| !words.is_empty()).map(Cow::Borrowed);
        let title = word(value, "title").or_else(|| word(value, "document_title"));
        let range = |[start, end]: [&str; 2]| number(value, start).zip(number(value, end));
        let place = match kind {
            "web_search_result_location" => Place::Web { url: word(value, "url")?, domain: None },
            "search_result_location" => {
                let (start, end) = range(["start_block_index", "end_block_index"])?;
                let result = number(value, "search_result_index")?;
                Place::Found { source: word(value, "source"), result, start, end }
            }
            _ => {
                let names = NAMES.iter().find(|names| names.anthropic.0 == kind)?;
                let (start, end) = range(names.anthropic.1)?;
                let document = number(value, "document_index")?;
                let file = word(value, "file_id");
                Place::Document { unit: names.unit, document, start, end, file }
            }
        };
        Some(Self { place, title, words, span: None })
    }

    fn converse(value: &'v Value) -> Option<Self> {
        let source = word(value, "source");
        let place = match value.get("location").and_then(Value::as_object) {
            Some(location) => {
                let (member, fields) = location.iter().next()?;
                let range = || number(fields, "start").zip(number(fields, "end"));
                match member.as_str() {
                    "web" => {
                        Place::Web { url: word(fields, "url")?, domain: word(fields, "domain") }
                    }
                    "searchResultLocation" => {
                        let (start, end) = range()?;
                        let result = number(fields, "searchResultIndex")?;
                        Place::Found { source, result, start, end }
                    }
                    member => {
                        let unit = NAMES.iter().find(|names| names.converse == member)?.unit;
                        let (start, end) = range()?;
                        let document = number(fields, "documentIndex")?;
                        Place::Document { unit, document, start, end, file: None }
                    }
                }
            }
            None => Place::Web { url: source.filter(|source| is_address(source))?, domain: None },
        };
        let texts = value.get("sourceContent").and_then(Value::as_array);
        let words: String =
            texts.into_iter().flatten().filter_map(|text| word(text, "text")).collect();
        let words = Some(words).filter(|words| !words.is_empty()).map(Cow::Owned);
        Some(Self { place, title: word(value, "title"), words, span: None })
    }

    /// The address of the web that is cited, if one is.
    pub(crate) fn address(&self) -> Option<&'v str> {
        match self.place {
            Place::Web { url, .. } => Some(url),
            Place::Found { source, .. } => source.filter(|source| is_address(source)),
            Place::Document { .. } | Place::File { .. } => None,
        }
    }

    /// The stretch of a text of so many characters that it supports.
    pub(crate) fn stretch(&self, characters: u64) -> (u64, u64) {
        self.span.unwrap_or((0, characters))
    }
}

// === impl Unit ===

impl Unit {
    /// What the dialects call it.
    pub(crate) fn names(self) -> Option<&'static Names> {
        NAMES.iter().find(|names| names.unit == self)
    }
}

fn is_address(source: &str) -> bool {
    source.starts_with("https://") || source.starts_with("http://")
}

fn word<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    value.get(field).and_then(Value::as_str)
}

fn number(value: &Value, field: &str) -> Option<u64> {
    value.get(field).and_then(Value::as_u64)
}
