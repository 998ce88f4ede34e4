//! Callers who write Cohere's shape (Cohere API reference, `POST /v2/embed`).

use serde_json::{Map, Value, json};

use super::{Encoding, Input, Request, Response};
use crate::{
    Fault, Loss,
    dialect::openai_chat::field::{self, Fields},
};

/// A request in Cohere's shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// What is asked for. Cohere's own fields are among its extras.
    pub request: Request,
    /// What no other provider can say.
    pub losses: Vec<String>,
}

/// Cohere's fields that mean nothing at others.
const COHERES: [&str; 4] = ["input_type", "truncate", "max_tokens", "priority"];

/// Reads a request.
///
/// # Errors
/// A fault of the caller that names the parameter.
pub fn decode_request(body: &[u8]) -> Result<Asked, Fault> {
    let mut fields = Fields::of(field::parse(body)?, "")?;
    let model = fields.string("model")?.filter(|model| !model.is_empty());
    let texts = strings(&mut fields, "texts")?;
    let images = strings(&mut fields, "images")?;
    let kinds = strings(&mut fields, "embedding_types")?;
    let mut losses: Vec<String> = Vec::new();
    if kinds.iter().any(|kind| kind != "float") {
        losses.push("embedding_types".to_owned());
    }
    let inputs: Vec<Input> = texts.into_iter().chain(images).map(Input::Text).collect();
    let dimensions = fields.whole("output_dimension", 1)?;
    let extras = fields.rest();
    losses.extend(extras.get("inputs").map(|_| "inputs".to_owned()));
    if inputs.is_empty() && losses.is_empty() {
        return Err(field::missing("texts"));
    }
    Ok(Asked {
        request: Request {
            model: model.ok_or_else(|| field::missing("model"))?,
            inputs,
            dimensions,
            encoding: Encoding::Float,
            user: None,
            extras,
        },
        losses,
    })
}

fn strings(fields: &mut Fields, name: &str) -> Result<Vec<String>, Fault> {
    let items = fields.array(name)?.unwrap_or_default();
    let one = |(at, item)| field::string(item, &format!("{name}[{at}]"));
    items.into_iter().enumerate().map(one).collect()
}

// === impl Asked ===

impl Asked {
    /// The request for providers that are not Cohere's, and what it lost.
    #[must_use]
    pub fn translated(&self) -> (Request, Vec<Loss>) {
        let mut request = self.request.clone();
        let mut losses: Vec<Loss> =
            self.losses.iter().map(|field| Loss::of_meaning(field.clone())).collect();
        for field in COHERES {
            if request.extras.shift_remove(field).is_some() {
                losses.push(Loss::minor(field));
            }
        }
        (request, losses)
    }
}

/// Writes an answer in Cohere's shape.
#[must_use]
pub fn encode_response(asked: &Asked, response: &Response, id: &str, tokens: u64) -> Vec<u8> {
    let texts: Vec<&str> = asked
        .request
        .inputs
        .iter()
        .filter(|input| input.picture().is_none())
        .filter_map(|input| match input {
            Input::Text(text) => Some(text.as_str()),
            Input::Tokens(_) => None,
        })
        .collect();
    let mut meta = Map::new();
    meta.insert("api_version".into(), json!({ "version": "2" }));
    meta.insert("billed_units".into(), json!({ "input_tokens": tokens }));
    let answer = json!({
        "id": id,
        "embeddings": { "float": response.vectors },
        "texts": texts,
        "meta": Value::Object(meta),
        "response_type": "embeddings_by_type",
    });
    answer.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Asked, Fault> {
        decode_request(body.to_string().as_bytes())
    }

    #[test]
    fn reads_texts_and_pictures_and_keeps_cohere_s_own_fields() {
        let asked =
            read(&json!({"model": "m", "texts": ["a"], "images": ["data:image/png;base64,A"],
            "input_type": "search_query", "embedding_types": ["float"], "output_dimension": 256}))
            .unwrap();
        assert_eq!(asked.request.inputs.len(), 2);
        assert_eq!(asked.request.dimensions, Some(256));
        assert_eq!(asked.request.extras["input_type"], "search_query");
        let (translated, losses) = asked.translated();
        assert!(translated.extras.is_empty());
        assert_eq!(losses, [Loss::minor("input_type")]);
        let answer = Response { vectors: vec![vec![0.5]], tokens: None };
        let answer: Value =
            serde_json::from_slice(&encode_response(&asked, &answer, "x", 3)).unwrap();
        assert_eq!(answer["embeddings"]["float"], json!([[0.5]]));
        assert_eq!(answer["texts"], json!(["a"]));
    }

    #[test]
    fn names_what_is_wrong_and_what_only_cohere_can() {
        for (body, param) in [
            (json!({"texts": ["a"]}), "model"),
            (json!({"model": "m"}), "texts"),
            (json!({"model": "m", "texts": "a"}), "texts"),
            (json!({"model": "m", "texts": [1]}), "texts[0]"),
        ] {
            assert_eq!(read(&body).unwrap_err().param.as_deref(), Some(param), "{body}");
        }
        let int8 =
            read(&json!({"model": "m", "texts": ["a"], "embedding_types": ["int8"]})).unwrap();
        assert_eq!(int8.translated().1, [Loss::of_meaning("embedding_types")]);
    }
}
