//! Reranking of Cohere and Amazon.

use serde_json::{Value, json};

use super::{Made, check, invalid, script, text};
use crate::{
    reject::Reject,
    shape::Shape::{self, List, Struct, Text, Whole},
    vector::relevance,
};

static COHERE: Shape = Struct(
    &[("query", &Text), ("documents", &List(&Text)), ("api_version", &Whole)],
    &[("top_n", &Whole), ("max_tokens_per_doc", &Whole)],
);

static AMAZON: Shape =
    Struct(&[("query", &Text), ("documents", &List(&Text))], &[("top_n", &Whole)]);

pub(super) fn cohere(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&COHERE, body)?;
    if body.get("api_version").and_then(Value::as_u64) != Some(2) {
        return Err(invalid("api_version must be 2"));
    }
    rank(model, body)
}

pub(super) fn amazon(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&AMAZON, body)?;
    rank(model, body)
}

fn rank(model: &str, body: &Value) -> Result<Made, Reject> {
    let query = text(body, "/query");
    let script = script(model, query)?;
    let documents = body.get("documents").and_then(Value::as_array).cloned().unwrap_or_default();
    let most = body.get("top_n").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let mut results: Vec<(f64, Value)> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| {
            let score = relevance(query, document.as_str().unwrap_or_default());
            (score, json!({"index": index, "relevance_score": score}))
        })
        .collect();
    results.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let results: Vec<Value> = results.into_iter().take(most).map(|(_, result)| result).collect();
    Ok(Made { body: json!({ "results": results }), tokens: None, script })
}
