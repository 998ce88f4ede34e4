//! `POST /v1/audio/speech`, `/v1/audio/transcriptions` and `/v1/audio/translations`. What is heard in a
//! file is its text; a model named `whisper...` counts seconds, one a kilobyte, others tokens.

use serde_json::{Value, json};

use super::{Answered, fields, json as read, script, tokens};
use crate::{
    http::{Call, Desk},
    openai::check::{explain, invalid},
    reject::Reject,
    script::Delivery,
    shape::Shape::{self, Either, Number, Open, Struct, Text, Word},
};

static SPEECH: Shape = Struct(
    &[("model", &Text), ("input", &Text), ("voice", &Either(&[Text, Open]))],
    &[
        ("instructions", &Text),
        ("response_format", &Word(&["mp3", "opus", "aac", "flac", "wav", "pcm"])),
        ("speed", &Number),
        ("stream_format", &Word(&["sse", "audio"])),
    ],
);

pub(super) fn speak(_: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let body = read(call)?;
    SPEECH.check(&body).map_err(|wrong| explain(&wrong))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let script = script(text("model"), text("input"))?;
    // Bytes that are no text: a gateway that reads them breaks them.
    let sound: Vec<u8> =
        (0..16_u8).flat_map(|_| (0..=250_u8).flat_map(|at| [0xff, 0xfb, at])).collect();
    let (content_type, body) = match text("stream_format") {
        "sse" => {
            let (input, output) = script.usage.unwrap_or((tokens(text("input")), 101));
            let usage = json!({"input_tokens": input, "output_tokens": output,
                "total_tokens": input + output});
            let delta = json!({"type": "speech.audio.delta", "audio": "AAAA"});
            let done = json!({"type": "speech.audio.done", "usage": usage});
            ("text/event-stream", format!("data: {delta}\n\ndata: {done}\n\n").into_bytes())
        }
        _ => ("audio/mpeg", sound),
    };
    Ok((Answered { content_type, body }, script.delivery))
}

pub(super) fn transcribe(_: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    write(call, false)
}

pub(super) fn translate(_: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    write(call, true)
}

fn write(call: &Call, english: bool) -> Result<(Answered, Delivery), Reject> {
    let parts = fields(call)?;
    let text = |name: &str| {
        let part = parts.iter().find(|part| part.name == name && part.file.is_none());
        part.map(|part| String::from_utf8_lossy(&part.content).into_owned()).unwrap_or_default()
    };
    let Some(file) = parts.iter().find(|part| part.name == "file" && part.file.is_some()) else {
        return Err(invalid("Missing required parameter: 'file'.").param("file"));
    };
    let model = text("model");
    let heard = String::from_utf8_lossy(&file.content).into_owned();
    let script = script(&model, &heard)?;
    let said = if english { format!("In English: {heard}") } else { heard };
    let usage = if model.starts_with("whisper") {
        json!({"type": "duration", "seconds": file.content.len().div_ceil(1000)})
    } else {
        let (input, output) = script.usage.unwrap_or((10, tokens(&said)));
        json!({"type": "tokens", "input_tokens": input, "output_tokens": output,
            "total_tokens": input + output,
            "input_token_details": {"text_tokens": 0, "audio_tokens": input}})
    };
    let answered = |content_type, body: String| Answered { content_type, body: body.into_bytes() };
    if text("stream") == "true" {
        let delta = json!({"type": "transcript.text.delta", "delta": said});
        let done = json!({"type": "transcript.text.done", "text": said, "usage": usage});
        let body = format!("data: {delta}\n\ndata: {done}\n\n");
        return Ok((answered("text/event-stream; charset=utf-8", body), script.delivery));
    }
    let answer = match text("response_format").as_str() {
        "text" => answered("text/plain; charset=utf-8", format!("{said}\n")),
        "verbose_json" => {
            let answer = json!({"task": "transcribe", "language": "english", "duration": 8.47,
                "text": said, "segments": []});
            answered("application/json", answer.to_string())
        }
        _ => answered("application/json", json!({"text": said, "usage": usage}).to_string()),
    };
    Ok((answer, script.delivery))
}
