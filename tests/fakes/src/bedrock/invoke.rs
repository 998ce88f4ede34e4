//! `POST /model/{id}/invoke` and `/invoke-with-response-stream` (Bedrock Runtime API reference,
//! "InvokeModel"; user guide, "Inference request parameters"): Claude, Nova, Titan and Llama, each with
//! its own body.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{check::invalid, failure, refuse};
use crate::{
    answer::{Answer, Finish, Piece, Usage},
    anthropic,
    ask::Ask,
    chunks::words,
    delivery::{self, Frames},
    frame::{exception, message},
    http::{Call, Desk, Reply, with},
    reject::Reject,
    script::{Content, Delivery, Script},
};

/// What a body asks for, and in whose words it is answered.
struct Received {
    ask: Ask,
    family: Family,
}

#[derive(Debug, Clone, Copy)]
enum Family {
    Claude,
    Nova,
    Titan,
    Llama,
}

/// Answers one request, authenticated and for a model of this id.
pub(super) async fn answer(desk: &Desk, call: Call, model: &str, stream: bool) -> Reply {
    let received = serde_json::from_slice(&call.body)
        .map_err(|_| invalid("Malformed input request, please reformat your input and try again."))
        .and_then(|body| receive(model, body));
    let Received { ask, family } = match received {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, &call, &reject)),
    };
    let script = Script::read(model, &ask.prompt);
    let failed = match script.content {
        Content::Fail(status) => Some(failure(status)),
        Content::TooLong => Some(invalid("Input is too long for requested model.")),
        _ => None,
    };
    if let Some(reject) = failed {
        return Ok(refuse(desk, &call, &reject));
    }
    delivery::begin(script.delivery).await?;
    let answer = Answer::to(&ask, &script);
    let mut headers = vec![("x-amzn-requestid", desk.ids.uuid())];
    if stream {
        headers.push(("content-type", "application/vnd.amazon.eventstream".to_owned()));
        headers.push(("x-amzn-bedrock-content-type", "application/json".to_owned()));
        let frames = streamed(desk, family, &ask, &answer);
        return Ok(with(200, &headers, delivery::streamed(frames, script.delivery, call.slot)));
    }
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("x-amzn-bedrock-invocation-latency", "312".to_owned()));
    headers.extend(counted(answer.usage));
    let whole = whole(desk, family, &ask, &answer);
    if script.delivery != Delivery::Cut {
        headers.push(("content-length", whole.len().to_string()));
    }
    Ok(with(200, &headers, delivery::whole(whole, script.delivery, call.slot)))
}

fn counted(usage: Usage) -> [(&'static str, String); 4] {
    [
        ("x-amzn-bedrock-input-token-count", usage.fresh.to_string()),
        ("x-amzn-bedrock-output-token-count", usage.output.to_string()),
        ("x-amzn-bedrock-cache-read-input-token-count", usage.cache_read.to_string()),
        ("x-amzn-bedrock-cache-write-input-token-count", usage.cache_write.to_string()),
    ]
}

fn receive(model: &str, mut body: Value) -> Result<Received, Reject> {
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let number = |path: &str| body.pointer(path).and_then(Value::as_u64);
    let plain = |prompt: String, cap: Option<u64>| {
        let length = prompt.chars().count();
        Ask { model: model.to_owned(), prompt, cap, length, ..Ask::default() }
    };
    let family = if model.contains("nova") {
        Family::Nova
    } else if model.contains("titan") {
        Family::Titan
    } else if model.contains("llama") {
        Family::Llama
    } else {
        Family::Claude
    };
    let missing = |key: &str| {
        invalid(format!(
            "Malformed input request: #: required key [{key}] not found, please reformat your input \
             and try again."
        ))
    };
    let ask = match family {
        Family::Claude => {
            claude(model, &mut body)?;
            anthropic::ask(&body)
        }
        Family::Nova => plain(
            text("/messages/0/content/0/text").ok_or_else(|| missing("messages"))?,
            number("/inferenceConfig/maxTokens"),
        ),
        Family::Titan => plain(
            text("/inputText").ok_or_else(|| missing("inputText"))?,
            number("/textGenerationConfig/maxTokenCount"),
        ),
        Family::Llama => {
            plain(text("/prompt").ok_or_else(|| missing("prompt"))?, number("/max_gen_len"))
        }
    };
    Ok(Received { ask, family })
}

/// Makes Anthropic's own body of Bedrock's, and checks it.
pub(super) fn claude(model: &str, body: &mut Value) -> Result<(), Reject> {
    let Some(fields) = body.as_object_mut() else {
        return Err(invalid("Malformed input request: expected type: JSONObject"));
    };
    for key in ["model", "stream"] {
        if fields.contains_key(key) {
            return Err(invalid(format!(
                "Malformed input request: #: extraneous key [{key}] is not permitted, please reformat \
                 your input and try again."
            )));
        }
    }
    match fields.shift_remove("anthropic_version") {
        // The second is what Anthropic's own client has sent since its version 1.
        Some(version) if version == "bedrock-2023-05-31" || version == "2026-10-21" => {}
        Some(_) => return Err(invalid("anthropic_version: Invalid API version")),
        None => return Err(invalid("anthropic_version: Field required")),
    }
    let beta = fields.shift_remove("anthropic_beta").is_some();
    fields.insert("model".to_owned(), model.into());
    anthropic::examine(body, beta).map_err(|reject| invalid(reject.message))
}

fn said(answer: &Answer) -> String {
    let pieces = answer.pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) | Piece::Refusal(text) => Some(text.as_str()),
        Piece::Thought(_) | Piece::Call(..) => None,
    });
    pieces.collect()
}

fn ending<'a>(finish: &Finish, done: &'a str, cut: &'a str) -> &'a str {
    if *finish == Finish::Length { cut } else { done }
}

fn whole(desk: &Desk, family: Family, ask: &Ask, answer: &Answer) -> Bytes {
    let usage = answer.usage;
    let body = match family {
        Family::Claude => return anthropic::whole(ask, answer, &desk.ids),
        Family::Nova => json!({
            "output": {"message": {"role": "assistant", "content": [{"text": said(answer)}]}},
            "stopReason": ending(&answer.finish, "end_turn", "max_tokens"),
            "usage": {
                "inputTokens": usage.fresh,
                "outputTokens": usage.output,
                "totalTokens": usage.input() + usage.output,
                "cacheReadInputTokenCount": usage.cache_read,
                "cacheWriteInputTokenCount": usage.cache_write,
            },
        }),
        Family::Titan => json!({
            "inputTextTokenCount": usage.fresh,
            "results": [{
                "tokenCount": usage.output,
                "outputText": said(answer),
                "completionReason": ending(&answer.finish, "FINISH", "LENGTH"),
            }],
        }),
        Family::Llama => json!({
            "generation": said(answer),
            "prompt_token_count": usage.fresh,
            "generation_token_count": usage.output,
            "stop_reason": ending(&answer.finish, "stop", "length"),
        }),
    };
    Bytes::from(body.to_string())
}

fn streamed(desk: &Desk, family: Family, ask: &Ask, answer: &Answer) -> Frames {
    let mut events = match family {
        Family::Claude => anthropic::events(ask, answer, &desk.ids),
        Family::Nova => {
            let mut all = vec![json!({"messageStart": {"role": "assistant"}})];
            all.extend(words(&said(answer)).into_iter().map(|word| {
                json!({"contentBlockDelta": {"delta": {"text": word}, "contentBlockIndex": 0}})
            }));
            all.push(json!({"contentBlockStop": {"contentBlockIndex": 0}}));
            let reason = ending(&answer.finish, "end_turn", "max_tokens");
            all.push(json!({"messageStop": {"stopReason": reason}}));
            all.push(json!({"metadata": {"usage": {
                "inputTokens": answer.usage.fresh, "outputTokens": answer.usage.output,
            }}}));
            all
        }
        Family::Titan => said_by(answer, |word, last| {
            let reason = last.then(|| ending(&answer.finish, "FINISH", "LENGTH"));
            json!({"outputText": word, "index": 0, "completionReason": reason})
        }),
        Family::Llama => said_by(answer, |word, last| {
            let reason = last.then(|| ending(&answer.finish, "stop", "length"));
            json!({"generation": word, "stop_reason": reason})
        }),
    };
    if let Some(last) = events.last_mut().and_then(Value::as_object_mut) {
        last.insert(
            "amazon-bedrock-invocationMetrics".to_owned(),
            json!({
                "inputTokenCount": answer.usage.fresh,
                "outputTokenCount": answer.usage.output,
                "invocationLatency": 312,
                "firstByteLatency": 101,
                "cacheReadInputTokenCount": answer.usage.cache_read,
                "cacheWriteInputTokenCount": answer.usage.cache_write,
            }),
        );
    }
    let error = json!({
        "message": "The model stream broke. Try again.",
        "originalMessage": "Overloaded",
        "originalStatusCode": 529,
    });
    Frames {
        all: events.iter().map(chunk).collect(),
        closing: 2,
        late: exception("modelStreamErrorException", &error),
    }
}

fn said_by(answer: &Answer, event: impl Fn(&str, bool) -> Value) -> Vec<Value> {
    let said = said(answer);
    let words = words(&said);
    let last = words.len().saturating_sub(1);
    words.iter().enumerate().map(|(at, word)| event(word, at == last)).collect()
}

/// Padded (`p`), as Bedrock does.
fn chunk(event: &Value) -> Bytes {
    let payload = json!({"bytes": STANDARD.encode(event.to_string()), "p": "abcdefghijk"});
    message("chunk", "application/json", payload.to_string())
}
