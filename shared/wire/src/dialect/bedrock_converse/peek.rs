//! The few fields the gateway reads and changes on the verbatim path.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::{caps, reader, request};
use crate::{Edits, Fault, Peek, Splice, dialect::Line, splice};

/// A field that stands twice is refused: readers disagree on which one counts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    messages: Option<Messages>,
    inference_config: Option<Inference>,
    #[serde(borrow)]
    additional_model_request_fields: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inference {
    max_tokens: Option<std::num::NonZeroU64>,
}

/// How many messages there are; each must be an object.
#[derive(Debug)]
struct Messages(usize);

/// An object whose fields do not matter here.
struct Object;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Patched<'a> {
    #[serde(borrow)]
    inference_config: Option<&'a RawValue>,
    #[serde(borrow)]
    additional_model_request_fields: Option<&'a RawValue>,
}

pub(crate) fn peek(body: &[u8], line: Line<'_>) -> Result<Peek, Fault> {
    let model = line.model.filter(|model| !model.is_empty()).ok_or_else(request::no_model)?;
    let read: Body<'_> = match serde_json::from_slice(body) {
        Ok(read) => read,
        // The full reader names the place; what it lets pass is the strict reader's complaint.
        Err(error) => {
            request::decode(body, line)?;
            return Err(reader::malformed(error));
        }
    };
    if read.messages.is_none_or(|messages| messages.0 == 0) && request::needs_messages(model) {
        request::decode(body, line)?;
        return Err(reader::At::root("messages").missing());
    }
    let cap = read.inference_config.and_then(|config| config.max_tokens).map(u64::from);
    Ok(Peek {
        model: model.to_owned(),
        stream: line.stream.unwrap_or_default(),
        max_output: cap.max(read.additional_model_request_fields.and_then(own_cap)),
        stream_usage: true,
        n: 1,
    })
}

/// The model stands in the path and usage is always told: of the edits, only the cap and the
/// removals concern the body.
pub(crate) fn patch(body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    let mut splices: Vec<Splice<'_>> =
        edits.remove.iter().map(|field| Splice::Remove(field)).collect();
    if let Some(cap) = edits.max_output {
        let read: Patched<'_> = serde_json::from_slice(body).map_err(reader::malformed)?;
        let config = match read.inference_config.map(RawValue::get) {
            None | Some("null") => format!("{{\"maxTokens\":{cap}}}"),
            Some(config) => {
                let edit = [Splice::Set("maxTokens", cap.to_string())];
                let edited = splice(config.as_bytes(), &edit).map_err(reader::malformed)?;
                String::from_utf8(edited).map_err(reader::malformed)?
            }
        };
        splices.push(Splice::Set("inferenceConfig", config));
        let own = read.additional_model_request_fields.map(RawValue::get).unwrap_or("null");
        let mut own: Value = serde_json::from_str(own).map_err(reader::malformed)?;
        if caps::lower(&mut own, cap) {
            splices.push(Splice::Set("additionalModelRequestFields", own.to_string()));
        }
    }
    splice(body, &splices).map_err(reader::malformed)
}

/// A cap under a model's own name.
fn own_cap(fields: &RawValue) -> Option<u64> {
    caps::highest(&serde_json::from_str(fields.get()).ok()?)
}

// === impl Messages ===

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = usize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of messages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
                let mut count = 0;
                while seq.next_element::<Object>()?.is_some() {
                    count += 1;
                }
                Ok(count)
            }
        }
        deserializer.deserialize_seq(Count).map(Self)
    }
}

// === impl Object ===

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
