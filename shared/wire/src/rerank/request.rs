//! A caller's request (Cohere API reference, "Rerank" v1 and v2; Jina, "Reranker API").

use serde_json::Value;

use super::{Document, Request};
use crate::{
    Fault,
    dialect::openai_chat::field::{self, Fields},
};

/// Reads it.
///
/// # Errors
/// A fault of the caller that names the parameter.
pub fn decode(body: &[u8]) -> Result<Request, Fault> {
    let mut fields = Fields::of(field::parse(body)?, "")?;
    let model = fields.string("model")?.filter(|model| !model.is_empty());
    let model = model.ok_or_else(|| field::missing("model"))?;
    let query = fields.require_string("query")?;
    let documents = fields.array("documents")?.ok_or_else(|| field::missing("documents"))?;
    if documents.is_empty() {
        return Err(field::empty_array("documents"));
    }
    let rank_fields = rank_fields(&mut fields)?;
    let read = |(at, written)| document(written, &format!("documents[{at}]"), &rank_fields);
    Ok(Request {
        model,
        query,
        documents: documents.into_iter().enumerate().map(read).collect::<Result<_, Fault>>()?,
        top_n: fields.whole("top_n", 1)?,
        return_documents: fields.boolean("return_documents")?.unwrap_or_default(),
        extras: fields.rest(),
    })
}

fn rank_fields(fields: &mut Fields) -> Result<Vec<String>, Fault> {
    let names = fields.array("rank_fields")?.unwrap_or_default();
    let name = |(at, name)| field::string(name, &format!("rank_fields[{at}]"));
    names.into_iter().enumerate().map(name).collect()
}

fn document(written: Value, path: &str, rank_fields: &[String]) -> Result<Document, Fault> {
    let text = match &written {
        Value::String(text) => text.clone(),
        Value::Object(object) => {
            let own = object.get("text").and_then(Value::as_str);
            match own {
                Some(text) if rank_fields.is_empty() => text.to_owned(),
                // As Cohere asks for structured data: a line for each field.
                _ => object
                    .iter()
                    .filter(|(name, _)| rank_fields.is_empty() || rank_fields.contains(name))
                    .map(|(name, value)| match value {
                        Value::String(text) => format!("{name}: {text}\n"),
                        other => format!("{name}: {other}\n"),
                    })
                    .collect(),
            }
        }
        other => return Err(field::wrong_type(path, "a string or an object", other)),
    };
    Ok(Document { text, written })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Request, Fault> {
        decode(body.to_string().as_bytes())
    }

    #[test]
    fn a_document_is_its_text_or_the_fields_that_count() {
        let texts = |extra: Value| -> Vec<String> {
            let mut body = json!({"model": "m", "query": "q", "documents": [
                "plain", {"text": "own", "title": "T"}, {"title": "T", "year": 3}]});
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            read(&body).unwrap().documents.into_iter().map(|document| document.text).collect()
        };
        assert_eq!(texts(json!({})), ["plain", "own", "title: T\nyear: 3\n"]);
        assert_eq!(texts(json!({"rank_fields": ["title"]})), ["plain", "title: T\n", "title: T\n"]);
    }

    #[test]
    fn names_the_parameter_that_is_wrong() {
        for (body, param) in [
            (json!({"query": "q", "documents": ["a"]}), "model"),
            (json!({"model": "m", "documents": ["a"]}), "query"),
            (json!({"model": "m", "query": 1, "documents": ["a"]}), "query"),
            (json!({"model": "m", "query": "q"}), "documents"),
            (json!({"model": "m", "query": "q", "documents": []}), "documents"),
            (json!({"model": "m", "query": "q", "documents": "a"}), "documents"),
            (json!({"model": "m", "query": "q", "documents": ["a", 1]}), "documents[1]"),
            (json!({"model": "m", "query": "q", "documents": ["a"], "top_n": 0}), "top_n"),
            (
                json!({"model": "m", "query": "q", "documents": ["a"], "return_documents": 1}),
                "return_documents",
            ),
        ] {
            let fault = read(&body).expect_err(&body.to_string());
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(param)), "{body}");
        }
    }

    #[test]
    fn long_documents_and_many_count_as_more_searches() {
        let units = |documents: Vec<String>, bytes| {
            let body = json!({"model": "m", "query": "q", "documents": documents});
            read(&body).unwrap().search_units(bytes)
        };
        assert_eq!(units(vec!["a".into(); 100], 4), 1);
        assert_eq!(units(vec!["a".into(); 101], 4), 2);
        assert_eq!(units(vec!["a".repeat(4000); 100], 4), 3);
        assert_eq!(units(vec!["a".repeat(4000); 100], 1), 9);
    }
}
