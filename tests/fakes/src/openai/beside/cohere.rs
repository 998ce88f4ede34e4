//! Cohere's `POST /v2/rerank` and `/v2/embed` (Cohere API reference), and Jina's `POST /v1/rerank`
//! (Jina, "Reranker API"). A document is the more relevant the more of the query's words it has.

use serde_json::{Value, json};

use super::{Answered, json as read, script, tokens};
use crate::{
    http::{Call, Desk},
    openai::check::explain,
    reject::Reject,
    script::{Delivery, Script},
    shape::Shape::{self, Either, Flag, List, Open, Struct, Text, Whole, Word},
    vector::{relevance, vector},
};

static RERANK: Shape = Struct(
    &[("model", &Text), ("query", &Text), ("documents", &List(&Either(&[Text, Open])))],
    &[
        ("top_n", &Whole),
        ("return_documents", &Flag),
        ("max_tokens_per_doc", &Whole),
        ("rank_fields", &List(&Text)),
        ("priority", &Whole),
    ],
);

static EMBED: Shape = Struct(
    &[
        ("model", &Text),
        (
            "input_type",
            &Word(&["search_document", "search_query", "classification", "clustering", "image"]),
        ),
    ],
    &[
        ("texts", &List(&Text)),
        ("images", &List(&Text)),
        ("embedding_types", &List(&Text)),
        ("output_dimension", &Whole),
        ("max_tokens", &Whole),
        ("truncate", &Word(&["NONE", "START", "END"])),
    ],
);

/// Cohere's.
pub(super) fn rerank(desk: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let (body, script) = ask(call)?;
    let documents = body.get("documents").and_then(Value::as_array).map_or(0, Vec::len);
    let units = script.usage.map_or(documents.div_ceil(100) as u64, |(input, _)| input);
    let answer = json!({
        "id": desk.ids.uuid(),
        "results": results(&body),
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": units}},
    });
    Ok((whole(&answer), script.delivery))
}

/// Jina's.
pub(super) fn rerank_at_jina(_: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let (body, script) = ask(call)?;
    let counted = tokens(&body.to_string());
    let answer = json!({
        "model": body.get("model"),
        "object": "list",
        "usage": {"total_tokens": script.usage.map_or(counted, |(input, _)| input)},
        "results": results(&body),
    });
    Ok((whole(&answer), script.delivery))
}

/// Cohere's embeddings.
pub(super) fn embed(desk: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let body = read(call)?;
    EMBED.check(&body).map_err(|wrong| explain(&wrong))?;
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let field = |name| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let inputs = [field("texts"), field("images")].concat();
    let text = |input: &Value| input.as_str().unwrap_or_default().to_owned();
    let script = script(model, &inputs.first().map(text).unwrap_or_default())?;
    let length = body.get("output_dimension").and_then(Value::as_u64).unwrap_or(8);
    let floats: Vec<Vec<f32>> = inputs.iter().map(|input| vector(&text(input), length)).collect();
    let counted = inputs.iter().map(|input| tokens(&text(input))).sum();
    let used = script.usage.map_or(counted, |(input, _)| input);
    let answer = json!({
        "id": desk.ids.uuid(),
        "embeddings": {"float": floats},
        "texts": field("texts"),
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": used}},
    });
    Ok((whole(&answer), script.delivery))
}

fn ask(call: &Call) -> Result<(Value, Script), Reject> {
    let body = read(call)?;
    RERANK.check(&body).map_err(|wrong| explain(&wrong))?;
    let text = |name| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let script = script(text("model"), text("query"))?;
    Ok((body, script))
}

fn results(body: &Value) -> Vec<Value> {
    let query = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let documents = body.get("documents").and_then(Value::as_array).cloned().unwrap_or_default();
    let most = body.get("top_n").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let repeat = body.get("return_documents") == Some(&Value::Bool(true));
    let mut results: Vec<(f64, Value)> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| {
            let text = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
            let score = relevance(query, &text);
            let mut result = json!({"index": index, "relevance_score": score});
            if repeat && let Some(fields) = result.as_object_mut() {
                fields.insert("document".to_owned(), json!({"text": text}));
            }
            (score, result)
        })
        .collect();
    results.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    results.into_iter().take(most).map(|(_, result)| result).collect()
}

fn whole(answer: &Value) -> Answered {
    Answered { content_type: "application/json", body: answer.to_string().into_bytes() }
}
