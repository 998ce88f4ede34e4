//! The few fields the gateway reads and changes on the verbatim path.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{reader, request};
use crate::{Edits, Fault, Peek, Splice, dialect::Line, splice};

/// A field that stands twice, under whichever of its names, is refused: readers disagree on which
/// one counts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    contents: Option<Contents>,
    #[serde(alias = "generation_config")]
    generation_config: Option<Config>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<Count>,
    #[serde(alias = "candidate_count")]
    candidate_count: Option<Count>,
}

/// A whole number above zero, in quotes or not.
#[derive(Debug, Clone, Copy)]
struct Count(u64);

/// How many turns there are; one may stand alone.
#[derive(Debug)]
struct Contents(usize);

#[derive(Debug, Deserialize)]
struct Patched<'a> {
    #[serde(borrow, rename = "generationConfig")]
    camel: Option<&'a RawValue>,
    #[serde(borrow, rename = "generation_config")]
    snake: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Names<'a> {
    #[serde(borrow, rename = "max_output_tokens")]
    snake: Option<&'a RawValue>,
}

pub(crate) fn peek(body: &[u8], line: Line<'_>) -> Result<Peek, Fault> {
    let model = line.model.filter(|model| !model.is_empty()).ok_or_else(request::no_model)?;
    let read: Body = match serde_json::from_slice(body) {
        Ok(read) => read,
        // The full reader names the place; what it lets pass is the strict reader's complaint.
        Err(error) => {
            request::decode(body, line)?;
            return Err(reader::malformed(error));
        }
    };
    if read.contents.is_none_or(|contents| contents.0 == 0) {
        return Err(reader::At::root("contents").missing());
    }
    let config = read.generation_config;
    let cap = config.as_ref().and_then(|config| config.max_output_tokens);
    let n = config.and_then(|config| config.candidate_count).map_or(1, |count| count.0);
    Ok(Peek {
        model: model.to_owned(),
        stream: line.stream.unwrap_or_default(),
        max_output: cap.map(|count| count.0),
        stream_usage: true,
        n: u32::try_from(n).unwrap_or(u32::MAX),
    })
}

/// The model stands in the path and usage is always told: of the edits, only the cap and the
/// removals concern the body. A `model` in it would contradict the path.
pub(crate) fn patch(body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    let mut splices = vec![Splice::Remove("model")];
    splices.extend(edits.remove.iter().map(|field| Splice::Remove(field)));
    if let Some(cap) = edits.max_output {
        let read: Patched<'_> = serde_json::from_slice(body).map_err(reader::malformed)?;
        let name = if read.snake.is_some() { "generation_config" } else { "generationConfig" };
        let config = match read.snake.or(read.camel).map(RawValue::get) {
            None | Some("null") => format!("{{\"maxOutputTokens\":{cap}}}"),
            Some(config) => {
                let names: Names<'_> = serde_json::from_str(config).map_err(reader::malformed)?;
                let inner =
                    if names.snake.is_some() { "max_output_tokens" } else { "maxOutputTokens" };
                let edit = [Splice::Set(inner, cap.to_string())];
                let edited = splice(config.as_bytes(), &edit).map_err(reader::malformed)?;
                String::from_utf8(edited).map_err(reader::malformed)?
            }
        };
        splices.push(Splice::Set(name, config));
    }
    splice(body, &splices).map_err(reader::malformed)
}

// === impl Count ===

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        reader::integer(&value)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number > 0)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("a count must be an integer above zero"))
    }
}

// === impl Contents ===

impl<'de> Deserialize<'de> for Contents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counting;
        impl<'de> Visitor<'de> for Counting {
            type Value = usize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of contents")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
                let mut count = 0;
                while seq.next_element::<Turn>()?.is_some() {
                    count += 1;
                }
                Ok(count)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(1)
            }
        }
        deserializer.deserialize_any(Counting).map(Self)
    }
}

/// An object whose fields do not matter here.
#[derive(Debug, Deserialize)]
struct Turn {}
