//! The few fields the gateway reads and changes on the verbatim path.

use super::{
    read::{self, At, object},
    request,
};
use crate::{Edits, Fault, Peek, Splice, splice_read};

/// Reads them, with the words of [`request::decode`] for what is wrong.
pub(crate) fn peek(body: &[u8]) -> Result<Peek, Fault> {
    let mut fields = object(read::body(body)?, &At::Body)?;
    let model = request::model(&mut fields)?;
    let max_output = Some(request::max_tokens(&mut fields)?);
    request::messages(&mut fields)?;
    let stream = request::stream(&mut fields)?;
    Ok(Peek { model, stream, max_output, stream_usage: true, n: 1 })
}

/// The cap of a body whose model stands elsewhere (Bedrock), and the same checks.
pub(crate) fn cap(body: &[u8]) -> Result<u64, Fault> {
    let mut fields = object(read::body(body)?, &At::Body)?;
    let cap = request::max_tokens(&mut fields)?;
    request::messages(&mut fields)?;
    Ok(cap)
}

/// Changes them. Usage is always told, so that `include_usage` has nothing to change.
pub(crate) fn patch(body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    let mut splices: Vec<_> = edits.remove.iter().map(|field| Splice::Remove(field)).collect();
    if let Some(model) = edits.model {
        splices.push(Splice::Set("model", serde_json::Value::from(model).to_string()));
    }
    if let Some(cap) = edits.max_output {
        splices.push(Splice::Set("max_tokens", cap.to_string()));
    }
    splice_read(body, &splices).map_err(|error| {
        Fault::invalid(format!("The request body is not valid JSON: {error}"), "body")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_gateway_decides_on() {
        let body = br#"{"stream":true,"max_tokens":9,"model":"m","messages":[{"role":"user"}]}"#;
        let want =
            Peek { model: "m".into(), stream: true, max_output: Some(9), stream_usage: true, n: 1 };
        assert_eq!(peek(body).unwrap(), want);
    }

    #[test]
    fn changes_only_what_it_is_told_to() {
        let body = br#"{ "model" : "a","max_tokens":10, "tags":["x"], "top_k": 1.0 }"#;
        let edits = Edits {
            model: Some("b\"c"),
            max_output: Some(5),
            include_usage: true,
            remove: &["tags"],
        };
        let out = String::from_utf8(patch(body, &edits).unwrap()).unwrap();
        assert_eq!(out, r#"{ "model" : "b\"c","max_tokens":5, "top_k": 1.0 }"#);
    }

    #[test]
    fn agrees_with_the_decoder_on_what_is_wrong() {
        for body in [
            "",
            "[]",
            "{",
            "{}",
            r#"{"model":1,"max_tokens":1,"messages":[{}]}"#,
            r#"{"model":"","max_tokens":1,"messages":[{}]}"#,
            r#"{"model":"m","messages":[{}]}"#,
            r#"{"model":"m","max_tokens":-1,"messages":[{}]}"#,
            r#"{"model":"m","max_tokens":"1","messages":[{}]}"#,
            r#"{"model":"m","max_tokens":1}"#,
            r#"{"model":"m","max_tokens":1,"messages":[]}"#,
            r#"{"model":"m","max_tokens":1,"messages":"hi"}"#,
            r#"{"model":"m","max_tokens":1,"messages":["hi"]}"#,
        ] {
            let peeked = peek(body.as_bytes()).unwrap_err();
            let decoded = request::decode(body.as_bytes()).unwrap_err();
            assert_eq!((peeked.message, peeked.param), (decoded.message, decoded.param), "{body}");
        }
    }
}
