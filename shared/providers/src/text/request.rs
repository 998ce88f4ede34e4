//! A chat's body as a text container's.

use serde_json::{Map, Value, json};
use sluice_wire::Fault;

use super::{Payload, TextGeneration};

/// Names of parameters, OpenAI's and the containers'.
const PARAMETERS: [(&str, &str); 5] = [
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("stop", "stop"),
    ("seed", "seed"),
    ("frequency_penalty", "frequency_penalty"),
];

// === impl TextGeneration ===

impl TextGeneration {
    /// The container's body for a chat's.
    ///
    /// # Errors
    /// When the chat holds something that is no text, naming it.
    pub(crate) fn request(self, body: &[u8], stream: bool) -> Result<Vec<u8>, Fault> {
        let chat: Value = serde_json::from_slice(body).map_err(|error| {
            Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
        })?;
        let messages = chat.get("messages").and_then(Value::as_array);
        let messages = messages.map(Vec::as_slice).unwrap_or_default();
        let mut said = Vec::with_capacity(messages.len());
        for (at, message) in messages.iter().enumerate() {
            let role = match message.get("role").and_then(Value::as_str).unwrap_or_default() {
                "developer" => "system",
                role @ ("system" | "user" | "assistant") => role,
                _ => return Err(no_text(format!("messages[{at}].role"))),
            };
            said.push((role, text(message.get("content"), at)?));
        }
        let mut parameters = Map::new();
        let cap =
            ["max_completion_tokens", "max_tokens"].into_iter().find_map(|name| chat.get(name));
        if let Some(cap) = cap.filter(|cap| !cap.is_null()) {
            parameters.insert("max_new_tokens".to_owned(), cap.clone());
        }
        for (from, to) in PARAMETERS {
            let Some(value) = chat.get(from).filter(|value| !value.is_null()) else { continue };
            let value = match (from, value) {
                // Containers refuse a temperature of nothing; what is meant is no sampling.
                ("temperature", value) if value.as_f64() == Some(0.0) => {
                    parameters.insert("do_sample".to_owned(), false.into());
                    continue;
                }
                ("stop", Value::String(one)) => json!([one]),
                _ => value.clone(),
            };
            parameters.insert(to.to_owned(), value);
        }
        parameters.insert("return_full_text".to_owned(), false.into());
        if self.payload == Payload::Tgi {
            parameters.insert("details".to_owned(), true.into());
        }
        let mut out = json!({ "inputs": self.template.write(&said), "parameters": parameters });
        if let (true, Some(fields)) = (stream, out.as_object_mut()) {
            fields.insert("stream".to_owned(), true.into());
        }
        Ok(out.to_string().into_bytes())
    }
}

/// The text of a content.
fn text(content: Option<&Value>, at: usize) -> Result<String, Fault> {
    match content {
        Some(Value::String(text)) => Ok(text.clone()),
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::Array(parts)) => {
            let mut out = String::new();
            for (part, value) in parts.iter().enumerate() {
                match value.get("text").and_then(Value::as_str) {
                    Some(text) => out.push_str(text),
                    None => return Err(no_text(format!("messages[{at}].content[{part}]"))),
                }
            }
            Ok(out)
        }
        Some(_) => Err(no_text(format!("messages[{at}].content"))),
    }
}

fn no_text(place: String) -> Fault {
    let message =
        format!("'{place}': this model generates text from text, and takes nothing else.");
    Fault::invalid(message, place)
}
