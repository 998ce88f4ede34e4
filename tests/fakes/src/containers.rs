//! Containers on SageMaker that do not chat: Hugging Face's embeddings (`{"inputs": [...]}`) and
//! rerankers (`{"query", "texts"}`; Text Embeddings Inference, "API").

use serde_json::{Value, json};

use crate::{
    aws,
    http::{Call, Desk, Reply, reply},
    vector::{relevance, vector},
};

/// Answers a request that is one of these; `None` where it is none, or not signed well.
pub(crate) fn answer(desk: &Desk, call: &Call) -> Option<Reply> {
    aws::authenticate(call, "sagemaker").ok()?;
    let body: Value = serde_json::from_slice(&call.body).ok()?;
    let list = |name| body.get(name).and_then(Value::as_array);
    let answer = match (list("inputs"), list("texts")) {
        (Some(inputs), _) => {
            let texts = inputs.iter().filter_map(Value::as_str);
            json!(texts.map(|text| vector(text, 8)).collect::<Vec<_>>())
        }
        (None, Some(texts)) => {
            let query = body.get("query")?.as_str()?;
            let ranked = texts.iter().filter_map(Value::as_str).enumerate();
            let ranked = ranked
                .map(|(index, text)| json!({"index": index, "score": relevance(query, text)}));
            json!(ranked.collect::<Vec<_>>())
        }
        (None, None) => return None,
    };
    let headers =
        [("x-amzn-requestid", desk.ids.uuid()), ("content-type", "application/json".to_owned())];
    call.slot.end(crate::Outcome::Complete);
    Some(Ok(reply(200, &headers, answer.to_string())))
}
