//! OpenAI's shape (API reference, "Embeddings"): what callers write, and most providers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{Encoding, Input, Request, Response, read};
use crate::{
    Fault, FaultKind,
    dialect::openai_chat::field::{self, Fields},
};

/// Reads a caller's request.
///
/// # Errors
/// A fault of the caller that names the parameter.
pub fn decode_request(body: &[u8]) -> Result<Request, Fault> {
    let mut fields = Fields::of(field::parse(body)?, "")?;
    let named = fields.string("model")?.filter(|model| !model.is_empty());
    let model = named.ok_or_else(|| field::missing("model"))?;
    let encoding = match fields.string("encoding_format")?.as_deref() {
        None | Some("float") => Encoding::Float,
        Some("base64") => Encoding::Base64,
        Some(other) => {
            return Err(field::wrong_value("encoding_format", other, &["float", "base64"]));
        }
    };
    Ok(Request {
        model,
        inputs: inputs(fields.require("input")?)?,
        dimensions: fields.whole("dimensions", 1)?,
        encoding,
        user: fields.string("user")?,
        extras: fields.rest(),
    })
}

/// Writes a request, for callers of another shape.
#[must_use]
pub fn encode_request(request: &Request) -> Vec<u8> {
    let inputs: Vec<Value> = request
        .inputs
        .iter()
        .map(|input| match input {
            Input::Text(text) => json!(text),
            Input::Tokens(tokens) => json!(tokens),
        })
        .collect();
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("input".into(), Value::Array(inputs));
    if let Some(length) = request.dimensions {
        body.insert("dimensions".into(), json!(length));
    }
    body.extend(request.extras.clone());
    Value::Object(body).to_string().into_bytes()
}

/// Reads an answer, for callers of another shape.
///
/// # Errors
/// A fault of the provider when it is not what its API promises.
pub fn decode_response(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    let data = answer.get("data").and_then(Value::as_array);
    let data = data.ok_or_else(|| read::broken("no list of embeddings"))?;
    let vectors = data.iter().map(|one| read::vector(one.get("embedding")));
    let counted = ["prompt_tokens", "total_tokens"];
    let usage = answer.get("usage");
    let tokens = counted.iter().find_map(|name| usage?.get(name)?.as_u64());
    Ok(Response { vectors: vectors.collect::<Result<_, Fault>>()?, tokens })
}

/// A string, a list of strings, tokens, or a list of tokens.
fn inputs(value: Value) -> Result<Vec<Input>, Fault> {
    const EXPECTED: &str = "a string or an array of strings or tokens";
    let items = match value {
        Value::String(text) => return Ok(vec![Input::Text(text)]),
        Value::Array(items) => items,
        other => return Err(field::wrong_type("input", EXPECTED, &other)),
    };
    if items.is_empty() {
        return Err(field::empty_array("input"));
    }
    if items.iter().all(Value::is_number) {
        return Ok(vec![Input::Tokens(tokens(&items, "input")?)]);
    }
    let input = |(at, item): (usize, Value)| match item {
        Value::String(text) => Ok(Input::Text(text)),
        Value::Array(items) if items.is_empty() => Err(field::empty_array(&format!("input[{at}]"))),
        Value::Array(items) => Ok(Input::Tokens(tokens(&items, &format!("input[{at}]"))?)),
        other => Err(field::wrong_type(&format!("input[{at}]"), EXPECTED, &other)),
    };
    items.into_iter().enumerate().map(input).collect()
}

fn tokens(items: &[Value], path: &str) -> Result<Vec<u64>, Fault> {
    let token = |(at, item): (usize, &Value)| field::whole(item, &format!("{path}[{at}]"), 0);
    items.iter().enumerate().map(token).collect()
}

/// Writes an answer for a caller. `tokens` is what the provider counted, or an estimate.
#[must_use]
pub fn encode_response(
    response: &Response,
    encoding: Encoding,
    model: &str,
    tokens: u64,
) -> Vec<u8> {
    let data: Vec<Value> = response
        .vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            let embedding = match encoding {
                Encoding::Float => json!(vector),
                Encoding::Base64 => json!(base64(vector)),
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let answer = json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    });
    answer.to_string().into_bytes()
}

/// Gives a provider's vectors the encoding that was asked for, where the provider gave the other
/// one; `None` where all is well already.
///
/// # Errors
/// A fault of the provider when its answer is not what its API promises.
pub fn reencode(body: &[u8], wanted: Encoding) -> Result<Option<Vec<u8>>, Fault> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        data: Vec<Item<'a>>,
    }
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        embedding: &'a RawValue,
    }
    let bad = |error: serde_json::Error| {
        Fault::new(FaultKind::Upstream, "The provider's answer is not a list of embeddings.")
            .with_status(502)
            .with_detail(error.to_string())
    };
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(bad)?;
    let given = |item: &Item<'_>| match item.embedding.get().starts_with('"') {
        true => Encoding::Base64,
        false => Encoding::Float,
    };
    if answer.data.iter().all(|item| given(item) == wanted) {
        return Ok(None);
    }
    let mut whole: Map<String, Value> = serde_json::from_slice(body).map_err(bad)?;
    let items = whole.get_mut("data").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        let Some(embedding) = item.get_mut("embedding") else { continue };
        *embedding = match (&*embedding, wanted) {
            (Value::String(text), Encoding::Float) => json!(floats(text)?),
            (Value::Array(numbers), Encoding::Base64) => {
                let vector: Vec<f64> = numbers.iter().filter_map(Value::as_f64).collect();
                json!(base64(&vector))
            }
            _ => continue,
        };
    }
    Ok(Some(Value::Object(whole).to_string().into_bytes()))
}

/// A vector as 32-bit floats, little-endian, in base64.
fn base64(vector: &[f64]) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the wire has 32-bit floats")]
    let bytes: Vec<u8> = vector.iter().flat_map(|number| (*number as f32).to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

/// The reverse. Each 32-bit float becomes the shortest decimal that reads as it.
fn floats(text: &str) -> Result<Vec<Value>, Fault> {
    let bad = |detail: String| {
        Fault::new(FaultKind::Upstream, "The provider's embedding is not base64 of floats.")
            .with_status(502)
            .with_detail(detail)
    };
    let bytes = STANDARD.decode(text).map_err(|error| bad(error.to_string()))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(bad(format!("{} bytes", bytes.len())));
    }
    Ok(numbers.iter().map(|number| json!(f32::from_le_bytes(*number))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<Request, Fault> {
        decode_request(body.to_string().as_bytes())
    }

    #[test]
    fn reads_every_form_of_input() {
        let inputs = |input: Value| read(&json!({"model": "m", "input": input})).unwrap().inputs;
        assert_eq!(inputs(json!("a")), [Input::Text("a".into())]);
        assert_eq!(inputs(json!(["a", "b"])), [Input::Text("a".into()), Input::Text("b".into())]);
        assert_eq!(inputs(json!([1, 2])), [Input::Tokens(vec![1, 2])]);
        assert_eq!(
            inputs(json!([[1], [2, 3]])),
            [Input::Tokens(vec![1]), Input::Tokens(vec![2, 3])]
        );
    }

    #[test]
    fn names_the_parameter_that_is_wrong() {
        for (body, param) in [
            (json!({"input": "a"}), "model"),
            (json!({"model": "m"}), "input"),
            (json!({"model": "m", "input": null}), "input"),
            (json!({"model": "m", "input": []}), "input"),
            (json!({"model": "m", "input": 7}), "input"),
            (json!({"model": "m", "input": {"text": "a"}}), "input"),
            (json!({"model": "m", "input": ["a", 1]}), "input[1]"),
            (json!({"model": "m", "input": [[]]}), "input[0]"),
            (json!({"model": "m", "input": [1.5]}), "input[0]"),
            (json!({"model": "m", "input": [[1, -2]]}), "input[0][1]"),
            (json!({"model": "m", "input": "a", "encoding_format": "hex"}), "encoding_format"),
            (json!({"model": "m", "input": "a", "dimensions": 0}), "dimensions"),
            (json!({"model": "m", "input": "a", "dimensions": "3"}), "dimensions"),
            (json!({"model": "m", "input": "a", "user": 3}), "user"),
            (json!([]), "request_body"),
        ] {
            let fault = read(&body).expect_err(&body.to_string());
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)), "{body}");
        }
    }

    #[test]
    fn a_vector_is_the_same_in_both_encodings() {
        let vectors = vec![vec![0.1, -2.5, 1e-9, 0.0], vec![3.0]];
        let response = Response { vectors, tokens: Some(3) };
        let float = encode_response(&response, Encoding::Float, "m", 3);
        let packed = encode_response(&response, Encoding::Base64, "m", 3);
        assert_eq!(reencode(&float, Encoding::Float).unwrap(), None);
        assert_eq!(reencode(&packed, Encoding::Base64).unwrap(), None);
        assert_eq!(reencode(&float, Encoding::Base64).unwrap().unwrap(), packed);
        let back: Value =
            serde_json::from_slice(&reencode(&packed, Encoding::Float).unwrap().unwrap()).unwrap();
        let third = back["data"][0]["embedding"][0].as_f64().unwrap();
        assert!((third - 0.1).abs() < 1e-8, "{third}");
        assert_eq!(back["data"][1]["embedding"], json!([3.0]));
        assert_eq!(back["usage"], json!({"prompt_tokens": 3, "total_tokens": 3}));
    }

    #[test]
    fn a_provider_that_breaks_its_promise_is_at_fault() {
        for body in [&b"<html>"[..], b"{}", br#"{"data":[{}]}"#] {
            assert_eq!(reencode(body, Encoding::Float).unwrap_err().status, 502);
        }
        let broken = br#"{"data":[{"embedding":"AAAA"}]}"#;
        assert_eq!(reencode(broken, Encoding::Float).unwrap_err().status, 502);
    }
}
