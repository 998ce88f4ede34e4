//! `POST /v1/completions`, the legacy one. It continues `say <text>` with the text, and everything else
//! with an echo.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{json as read, script, tokens};
use crate::{
    delivery::{self, Frames},
    http::{Call, Desk, Reply, with},
    openai::{authenticate, check::explain, headers, refuse},
    reject::Reject,
    script::{Content, Script},
    shape::Shape::{self, Either, Flag, List, Maybe, Number, Open, Struct, Text, Whole},
};

static REQUEST: Shape = Struct(
    &[("model", &Text), ("prompt", &Either(&[Text, List(&Either(&[Text, Whole, List(&Whole)]))]))],
    &[
        ("best_of", &Maybe(&Whole)),
        ("echo", &Maybe(&Flag)),
        ("frequency_penalty", &Maybe(&Number)),
        ("logit_bias", &Maybe(&Open)),
        ("logprobs", &Maybe(&Whole)),
        ("max_tokens", &Maybe(&Whole)),
        ("n", &Maybe(&Whole)),
        ("presence_penalty", &Maybe(&Number)),
        ("seed", &Maybe(&Whole)),
        ("stop", &Maybe(&Either(&[Text, List(&Text)]))),
        ("stream", &Maybe(&Flag)),
        ("stream_options", &Maybe(&Struct(&[], &[("include_usage", &Flag)]))),
        ("suffix", &Maybe(&Text)),
        ("temperature", &Maybe(&Number)),
        ("top_p", &Maybe(&Number)),
        ("user", &Text),
    ],
);

pub(super) async fn answer(desk: &Desk, call: &Call) -> Reply {
    let (body, script) = match receive(call) {
        Ok(received) => received,
        Err(reject) => return Ok(refuse(desk, call, &reject)),
    };
    delivery::begin(script.delivery).await?;
    let said = match &script.content {
        Content::Say(text) => text.clone(),
        _ => format!("You said: {}", body.get("prompt").unwrap_or(&Value::Null)),
    };
    let prompt = body.get("prompt").map(Value::to_string).unwrap_or_default();
    let (input, output) = script.usage.unwrap_or((tokens(&prompt), tokens(&said)));
    let cap = body.get("max_tokens").and_then(Value::as_u64);
    let output = cap.map_or(output, |cap| output.min(cap));
    let usage = json!({"prompt_tokens": input, "completion_tokens": output,
        "total_tokens": input + output});
    let id = desk.ids.letters("cmpl-", 29);
    let chunk = |choices: Value| {
        json!({"id": id, "object": "text_completion", "created": desk.ids.created(),
            "model": body.get("model"), "choices": choices})
    };
    let choice = |text: &str, finish: Option<&str>| json!([{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}]);
    let mut headers = headers(desk);
    if body.get("stream") == Some(&Value::Bool(true)) {
        headers.push(("content-type", "text/event-stream".to_owned()));
        let event = |value: &Value| Bytes::from(format!("data: {value}\n\n"));
        let mut all: Vec<Bytes> =
            said.split_inclusive(' ').map(|word| event(&chunk(choice(word, None)))).collect();
        all.push(event(&chunk(choice("", Some("stop")))));
        if body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)) {
            let mut last = chunk(json!([]));
            if let Some(fields) = last.as_object_mut() {
                fields.insert("usage".to_owned(), usage);
            }
            all.push(event(&last));
        }
        all.push(Bytes::from_static(b"data: [DONE]\n\n"));
        let late = event(&json!({"error": {"message": "The server had an error",
            "type": "server_error", "param": null, "code": null}}));
        let frames = Frames { all, closing: 2, late };
        let body = delivery::streamed(frames, script.delivery, call.slot.clone());
        return Ok(with(200, &headers, body));
    }
    let mut whole = chunk(choice(&said, Some("stop")));
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("usage".to_owned(), usage);
    }
    headers.push(("content-type", "application/json".to_owned()));
    let body = delivery::whole(whole.to_string().into(), script.delivery, call.slot.clone());
    Ok(with(200, &headers, body))
}

fn receive(call: &Call) -> Result<(Value, Script), Reject> {
    authenticate(call)?;
    let body = read(call)?;
    REQUEST.check(&body).map_err(|wrong| explain(&wrong))?;
    let prompt = match body.get("prompt") {
        Some(Value::Array(items)) => items.first().and_then(Value::as_str).unwrap_or_default(),
        other => other.and_then(Value::as_str).unwrap_or_default(),
    };
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let script = script(model, prompt)?;
    Ok((body, script))
}
