//! Callers who write Google's shape (Gemini API reference, `models.embedContent` and
//! `models.batchEmbedContents`).

use serde_json::{Map, Value, json};

use super::{
    base64::standard,
    reader::{self, At, take},
};
use crate::{
    Fault,
    embed::{Encoding, Input, Request, Response},
};

/// Google's fields that mean nothing at others.
const GOOGLES: [&str; 3] = ["taskType", "title", "autoTruncate"];

/// A request in Google's shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// What is asked for. Google's own fields are among its extras.
    pub request: Request,
    /// The answer is one embedding, not a list.
    pub single: bool,
}

/// Reads a body of `batchEmbedContents`, or (`single`) of `embedContent`, for the model that the
/// path names.
///
/// # Errors
/// A fault of the caller that names the parameter.
pub fn decode_request(body: &[u8], model: &str, single: bool) -> Result<Asked, Fault> {
    let mut map = reader::body(body)?;
    let mut request =
        Request { model: model.to_owned(), encoding: Encoding::Float, ..Request::default() };
    if single {
        one(map, None, &mut request)?;
        return Ok(Asked { request, single });
    }
    let at = At::root("requests");
    let list = at.list(take(&mut map, "requests").ok_or_else(|| at.missing())?)?;
    if list.is_empty() {
        return Err(at.missing());
    }
    for (index, value) in list.into_iter().enumerate() {
        let here = at.index(index);
        one(here.object(value)?, Some(here), &mut request)?;
    }
    Ok(Asked { request, single })
}

/// One content. What the embeddings of a batch must have in common is told with each.
fn one(
    mut map: Map<String, Value>,
    at: Option<At<'_>>,
    request: &mut Request,
) -> Result<(), Fault> {
    let place = |name: &'static str| match &at {
        Some(at) => at.key(name).to_string(),
        None => name.to_owned(),
    };
    let wrong = |name: &'static str, why: &str| {
        let at = place(name);
        Fault::invalid(format!("Invalid value at '{at}': {why}"), at)
    };
    // Newer clients put the settings into an object of their own.
    if let Some(Value::Object(config)) = take(&mut map, "embedContentConfig") {
        map.extend(config);
    }
    let content = take(&mut map, "content").ok_or_else(|| wrong("content", "it is missing."))?;
    let text = text(&content)
        .ok_or_else(|| wrong("content", "it must hold text, or one picture as inlineData."))?;
    request.inputs.push(Input::Text(text));
    if let Some(length) = take(&mut map, "outputDimensionality") {
        let length = reader::integer(&length).and_then(|length| u64::try_from(length).ok());
        let length = length.filter(|length| *length > 0);
        let length = length
            .ok_or_else(|| wrong("outputDimensionality", "it must be an integer above zero."))?;
        if request.dimensions.is_some_and(|other| other != length) {
            return Err(wrong("outputDimensionality", "it must be the same for all requests."));
        }
        request.dimensions = Some(length);
    }
    for name in GOOGLES {
        let Some(value) = take(&mut map, name) else { continue };
        if request.extras.get(name).is_some_and(|other| *other != value) {
            return Err(wrong(name, "it must be the same for all requests."));
        }
        request.extras.insert(name.to_owned(), value);
    }
    Ok(())
}

/// The text of a content, or its one picture as a data URL.
fn text(content: &Value) -> Option<String> {
    let parts = match content.get("parts") {
        Some(Value::Array(parts)) => parts.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => return content.as_str().map(str::to_owned),
    };
    if let [part] = parts
        && let Some(data) = reader::get(part, "inlineData")
    {
        let kind = reader::get(data, "mimeType")?.as_str()?;
        let base64 = standard(data.get("data")?.as_str()?)?;
        return kind.starts_with("image/").then(|| format!("data:{kind};base64,{base64}"));
    }
    let texts: Option<Vec<&str>> = parts.iter().map(|part| part.get("text")?.as_str()).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("\n"))
}

// === impl Asked ===

impl Asked {
    /// The request for providers that are not Google's, and the names of what it lost.
    #[must_use]
    pub fn translated(&self) -> (Request, Vec<&'static str>) {
        let mut request = self.request.clone();
        let lost = GOOGLES.into_iter().filter(|name| request.extras.shift_remove(*name).is_some());
        let lost = lost.collect();
        (request, lost)
    }

    /// Writes an answer in Google's shape.
    #[must_use]
    pub fn encode_response(&self, response: &Response) -> Vec<u8> {
        let mut all = response.vectors.iter().map(|vector| json!({ "values": vector }));
        let mut out = Map::new();
        if self.single {
            out.insert("embedding".into(), all.next().unwrap_or_default());
        } else {
            out.insert("embeddings".into(), all.collect());
        }
        if let Some(tokens) = response.tokens {
            out.insert("usageMetadata".into(), json!({ "promptTokenCount": tokens }));
        }
        Value::Object(out).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value, single: bool) -> Result<Asked, Fault> {
        decode_request(body.to_string().as_bytes(), "m", single)
    }

    #[test]
    fn reads_one_content_and_a_batch() {
        let content = json!({"parts": [{"text": "a"}, {"text": "b"}]});
        let one = read(&json!({"content": content, "output_dimensionality": 8}), true).unwrap();
        assert_eq!(one.request.inputs, [Input::Text("a\nb".into())]);
        assert_eq!(one.request.dimensions, Some(8));
        let picture = json!({"parts": {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}});
        let batch = json!({"requests": [{"content": content, "taskType": "RETRIEVAL_QUERY"},
            {"content": picture, "taskType": "RETRIEVAL_QUERY"}]});
        let batch = read(&batch, false).unwrap();
        assert_eq!(batch.request.inputs[1], Input::Text("data:image/png;base64,AAAA".into()));
        let (plain, lost) = batch.translated();
        assert_eq!((plain.extras.len(), lost), (0, vec!["taskType"]));
        let answer = Response { vectors: vec![vec![0.5]], tokens: Some(3) };
        let written: Value = serde_json::from_slice(&one.encode_response(&answer)).unwrap();
        assert_eq!(written["embedding"], json!({"values": [0.5]}));
        let written: Value = serde_json::from_slice(&batch.encode_response(&answer)).unwrap();
        assert_eq!(written["embeddings"], json!([{"values": [0.5]}]));
    }

    #[test]
    fn names_what_is_wrong() {
        let text = json!({"parts": [{"text": "a"}]});
        for (body, single, param) in [
            (json!({}), true, "content"),
            (json!({"content": {"parts": []}}), true, "content"),
            (json!({"content": text, "outputDimensionality": 0}), true, "outputDimensionality"),
            (json!({}), false, "requests"),
            (json!({"requests": []}), false, "requests"),
            (json!({"requests": [{}]}), false, "requests[0].content"),
            (
                json!({"requests": [{"content": text, "taskType": "A"}, {"content": text, "taskType": "B"}]}),
                false,
                "requests[1].taskType",
            ),
        ] {
            assert_eq!(read(&body, single).unwrap_err().param.as_deref(), Some(param), "{body}");
        }
    }
}
