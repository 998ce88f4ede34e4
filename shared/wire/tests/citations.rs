//! What an answer cites, from every dialect to every other, whole and streamed.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod stamp;

use serde_json::{Value, json};
use sluice_wire::{Dialect, Pump, canon::Part};

use Dialect::{AnthropicMessages, BedrockConverse, Gemini, OpenAiChat, OpenAiResponses};

const TEXT: &str = "Grüße aus Köln.";

/// An answer of one text, which carries these citations in the words of its dialect.
fn answer(from: Dialect, cited: &Value) -> Vec<u8> {
    let body = match from {
        OpenAiChat => json!({"id": "chatcmpl-1", "model": "m", "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": TEXT, "annotations": cited},
            "finish_reason": "stop",
        }]}),
        OpenAiResponses => json!({"id": "resp_1", "model": "m", "status": "completed", "output": [{
            "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": TEXT, "annotations": cited}],
        }]}),
        AnthropicMessages => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": TEXT, "citations": cited}],
            "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1},
        }),
        BedrockConverse => json!({
            "output": {"message": {"role": "assistant", "content": [{"citationsContent": {
                "content": [{"text": TEXT}], "citations": cited,
            }}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
            "metrics": {"latencyMs": 1},
        }),
        _ => json!({"candidates": [{
            "content": {"role": "model", "parts": [{"text": TEXT}]},
            "finishReason": "STOP",
            "groundingMetadata": cited,
        }]}),
    };
    serde_json::to_vec(&body).unwrap()
}

/// The citations of an answer.
fn citations(of: Dialect, body: &Value) -> Value {
    let place = match of {
        OpenAiChat => "/choices/0/message/annotations",
        OpenAiResponses => "/output/0/content/0/annotations",
        AnthropicMessages => "/content/0/citations",
        BedrockConverse => "/output/message/content/0/citationsContent/citations",
        _ => "/candidates/0/groundingMetadata",
    };
    body.pointer(place).cloned().unwrap_or_default()
}

/// One citation and how the dialects say it; what is null cannot be said there.
struct Case {
    name: &'static str,
    chat: Value,
    responses: Value,
    anthropic: Value,
    converse: Value,
    gemini: Value,
}

impl Case {
    fn said(&self, by: Dialect) -> &Value {
        match by {
            OpenAiChat => &self.chat,
            OpenAiResponses => &self.responses,
            AnthropicMessages => &self.anthropic,
            BedrockConverse => &self.converse,
            _ => &self.gemini,
        }
    }
}

const SPOKEN: [Dialect; 5] =
    [OpenAiChat, OpenAiResponses, AnthropicMessages, BedrockConverse, Gemini];

/// The whole text, by Google's bytes; others count fifteen characters.
fn grounding(chunk: &Value) -> Value {
    json!({
        "groundingChunks": [chunk],
        "groundingSupports": [{
            "segment": {"startIndex": 0, "endIndex": 18, "text": TEXT},
            "groundingChunkIndices": [0],
        }],
    })
}

fn cases() -> Vec<Case> {
    let page =
        json!({"url": "https://a.example/", "title": "A", "start_index": 0, "end_index": 15});
    let mut flat = json!({"type": "url_citation"});
    flat.as_object_mut().unwrap().extend(page.as_object().unwrap().clone());
    let place = |kind: &str, [first, last]: [&str; 2]| {
        json!([{
            "type": kind, "cited_text": "Köln", "document_index": 1, "document_title": "D",
            first: 2, last: 6,
        }])
    };
    let located = |member: &str| {
        json!([{
            "title": "D", "sourceContent": [{"text": "Köln"}],
            "location": {member: {"documentIndex": 1, "start": 2, "end": 6}},
        }])
    };
    let document = |name, kind, ends, member| Case {
        name,
        chat: Value::Null,
        responses: json!([]),
        anthropic: place(kind, ends),
        converse: located(member),
        gemini: grounding(&json!({"retrievedContext": {"title": "D", "text": "Köln"}})),
    };
    vec![
        Case {
            name: "a page of the web",
            chat: json!([{"type": "url_citation", "url_citation": page}]),
            responses: json!([flat]),
            anthropic: json!([{
                "type": "web_search_result_location", "url": "https://a.example/", "title": "A",
                "cited_text": "", "encrypted_index": "sluice:",
            }]),
            converse: json!([{"title": "A", "location": {"web": {"url": "https://a.example/"}}}]),
            gemini: grounding(&json!({"web": {"uri": "https://a.example/", "title": "A"}})),
        },
        document(
            "characters of a document",
            "char_location",
            ["start_char_index", "end_char_index"],
            "documentChar",
        ),
        document(
            "pages of a document",
            "page_location",
            ["start_page_number", "end_page_number"],
            "documentPage",
        ),
        document(
            "blocks of a document",
            "content_block_location",
            ["start_block_index", "end_block_index"],
            "documentChunk",
        ),
        Case {
            name: "a search result of the request",
            chat: Value::Null,
            responses: json!([]),
            anthropic: json!([{
                "type": "search_result_location", "cited_text": "Köln", "search_result_index": 1,
                "source": "kb/7", "title": "R", "start_block_index": 0, "end_block_index": 1,
            }]),
            converse: json!([{
                "title": "R", "source": "kb/7", "sourceContent": [{"text": "Köln"}],
                "location": {"searchResultLocation": {"searchResultIndex": 1, "start": 0, "end": 1}},
            }]),
            gemini: grounding(&json!({
                "retrievedContext": {"uri": "kb/7", "title": "R", "text": "Köln"},
            })),
        },
    ]
}

/// Whether the source says all that the target would.
fn is_told(case: &Case, from: Dialect, to: Dialect) -> bool {
    let whole = [AnthropicMessages, BedrockConverse];
    case.name == "a page of the web" || (whole.contains(&from) && !case.said(to).is_null())
}

/// Dialects compared as trees: neither the order of fields nor what stands around matters.
#[test]
fn a_citation_is_said_in_every_dialect_that_has_words_for_it() {
    let mut compared = 0;
    for case in cases() {
        for from in SPOKEN {
            for to in SPOKEN.into_iter().filter(|to| is_told(&case, from, *to)) {
                let response = from.decode_response(&answer(from, case.said(from))).unwrap();
                let body = to.encode_response(&response, &stamp::stamp());
                let body: Value = serde_json::from_slice(&body).unwrap();
                let route = format!("{} from {} to {}", case.name, from.name(), to.name());
                assert_eq!(citations(to, &body), *case.said(to), "{route}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 25 + 4 * 2 * 4);
}

/// LiteLLM's callers look for Anthropic's citations there, one list for each text.
#[test]
fn chat_has_citations_of_documents_among_the_providers_own_fields() {
    for case in cases().into_iter().filter(|case| case.chat.is_null()) {
        for from in [AnthropicMessages, BedrockConverse] {
            let response = from.decode_response(&answer(from, case.said(from))).unwrap();
            let body = OpenAiChat.encode_response(&response, &stamp::stamp());
            let body: Value = serde_json::from_slice(&body).unwrap();
            let mut wanted = case.anthropic[0].clone();
            wanted["supported_text"] = TEXT.into();
            let fields = &body["choices"][0]["message"]["provider_specific_fields"];
            assert_eq!(fields["citations"], json!([[wanted]]), "{}", case.name);
        }
    }
}

fn streamed(from: Dialect, to: Dialect, stream: &[u8]) -> String {
    let mut pump = Pump::new(from, to, stamp::stamp());
    let mut out = Vec::new();
    pump.push(stream, &mut out).unwrap();
    pump.end(&mut out).unwrap();
    String::from_utf8_lossy(&out).into_owned()
}

fn sse(events: &[Value]) -> Vec<u8> {
    events.iter().flat_map(|event| format!("data: {event}\n\n").into_bytes()).collect()
}

fn data(stream: &str) -> Vec<Value> {
    let lines = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Anthropic tells what a block cites before the block's text is complete.
fn anthropic_stream(cited: &Value) -> Vec<u8> {
    let delta = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    sse(&[
        json!({"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }}),
        json!({"type": "content_block_start", "index": 0, "content_block": {
            "type": "text", "text": "", "citations": [],
        }}),
        delta(json!({"type": "citations_delta", "citation": cited[0]})),
        delta(json!({"type": "text_delta", "text": "Grüße "})),
        delta(json!({"type": "text_delta", "text": "aus Köln."})),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ])
}

fn gemini_stream(grounding: &Value) -> Vec<u8> {
    let content = |text: &str| json!({"role": "model", "parts": [{"text": text}]});
    sse(&[
        json!({"candidates": [{"content": content("Grüße ")}]}),
        json!({"candidates": [{
            "content": content("aus Köln."), "finishReason": "STOP", "groundingMetadata": grounding,
        }]}),
    ])
}

#[test]
fn a_streamed_citation_of_a_whole_text_waits_for_its_end() {
    let case = cases().remove(0);
    for stream in [
        (AnthropicMessages, anthropic_stream(&case.anthropic)),
        (Gemini, gemini_stream(&case.gemini)),
    ] {
        let (from, bytes) = stream;
        let chat = data(&streamed(from, OpenAiChat, &bytes));
        let annotated: Vec<_> =
            chat.iter().map(|c| &c["choices"][0]["delta"]["annotations"]).collect();
        let at = annotated.iter().position(|told| told.is_array()).unwrap();
        assert_eq!(*annotated[at], case.chat, "from {}", from.name());
        assert!(chat[at + 1..].iter().all(|c| c["choices"][0]["delta"].get("content").is_none()));

        let events = data(&streamed(from, OpenAiResponses, &bytes));
        let place = |kind: &str| events.iter().position(|event| event["type"] == kind).unwrap();
        let added = place("response.output_text.annotation.added");
        assert_eq!(events[added]["annotation"], case.responses[0], "from {}", from.name());
        assert_eq!(events[added]["annotation_index"], 0);
        assert!(added < place("response.output_text.done"));
        let part = &events[place("response.content_part.done")]["part"];
        assert_eq!(part["annotations"], case.responses);
    }
}

#[test]
fn a_streamed_citation_of_google_reaches_anthropic_in_its_block() {
    let case = cases().remove(0);
    let events = data(&streamed(Gemini, AnthropicMessages, &gemini_stream(&case.gemini)));
    let cited: Vec<_> =
        events.iter().filter(|event| event["delta"]["type"] == "citations_delta").collect();
    assert_eq!(cited.len(), 1);
    assert_eq!(cited[0]["delta"]["citation"], case.anthropic[0]);
    assert_eq!(cited[0]["index"], 0);
}

#[test]
fn a_streamed_citation_of_anthropic_reaches_google_beside_the_finish() {
    for case in cases() {
        let events = data(&streamed(AnthropicMessages, Gemini, &anthropic_stream(&case.anthropic)));
        let last = &events.last().unwrap()["candidates"][0];
        assert_eq!(last["finishReason"], "STOP");
        assert_eq!(last["groundingMetadata"], case.gemini, "{}", case.name);
    }
}

#[test]
fn a_streamed_citation_is_a_delta_of_converse() {
    for case in cases() {
        let text = streamed(AnthropicMessages, BedrockConverse, &anthropic_stream(&case.anthropic));
        let wanted = json!({"delta": {"citation": case.converse[0]}, "contentBlockIndex": 0});
        assert!(text.contains(&wanted.to_string()), "{}: {text}", case.name);
    }
}

/// Google may repeat its sources with every chunk.
#[test]
fn sources_that_a_later_chunk_repeats_are_told_once() {
    let case = cases().remove(0);
    let chunk = |text: &str, told: &Value| {
        json!({"candidates": [{
            "content": {"role": "model", "parts": [{"text": text}]}, "groundingMetadata": told,
        }]})
    };
    let bare = json!({"groundingChunks": case.gemini["groundingChunks"]});
    let mut stream = sse(&[chunk("Grüße ", &bare), chunk("aus ", &bare)]);
    stream.extend(sse(&[json!({"candidates": [{"finishReason": "STOP"}]})]));
    let text = streamed(Gemini, OpenAiChat, &stream);
    assert_eq!(text.matches("https://a.example/").count(), 1, "{text}");
}

/// A segment counts the bytes of its part, and says the words again.
#[test]
fn a_segment_of_a_later_part_is_found_by_its_words() {
    let body = json!({"candidates": [{
        "content": {"role": "model", "parts": [
            {"text": "Zuerst gedacht.", "thought": true}, {"text": "Ä: "}, {"text": "Köln"},
        ]},
        "finishReason": "STOP",
        "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": "https://a.example/", "title": "A"}}],
            "groundingSupports": [{
                "segment": {"partIndex": 2, "startIndex": 0, "endIndex": 5, "text": "Köln"},
                "groundingChunkIndices": [0],
            }],
        },
    }]});
    let response = Gemini.decode_response(&serde_json::to_vec(&body).unwrap()).unwrap();
    let Some(Part::Text { text, citations }) = response.parts.last() else {
        panic!("no text: {response:?}")
    };
    assert_eq!(text, "Ä: Köln");
    let cited = &citations[0]["url_citation"];
    assert_eq!((&cited["start_index"], &cited["end_index"]), (&json!(3), &json!(7)));
}

/// The chat dialect has one text, and counts its characters.
#[test]
fn annotations_of_later_parts_count_from_the_beginning_of_the_message() {
    let at = |start: u64| {
        json!({
            "type": "output_text", "text": TEXT,
            "annotations": [{
                "type": "url_citation", "url": "https://a.example/", "title": "A",
                "start_index": start, "end_index": 15,
            }],
        })
    };
    let body = json!({"id": "resp_1", "status": "completed", "output": [{
        "id": "msg_1", "type": "message", "role": "assistant", "content": [at(0), at(10)],
    }]});
    let response = OpenAiResponses.decode_response(&serde_json::to_vec(&body).unwrap()).unwrap();
    let chat = OpenAiChat.encode_response(&response, &stamp::stamp());
    let chat: Value = serde_json::from_slice(&chat).unwrap();
    let told = chat["choices"][0]["message"]["annotations"].as_array().unwrap().clone();
    let starts: Vec<_> = told.iter().map(|a| a["url_citation"]["start_index"].as_u64()).collect();
    assert_eq!(starts, [Some(0), Some(25)]);
}

/// Anthropic takes a page of the web back only under the index that it gave.
#[test]
fn a_page_that_anthropic_did_not_find_is_not_handed_back_to_it() {
    let body = json!({"messages": [
        {"role": "user", "content": [{"text": "Hi"}]},
        {"role": "assistant", "content": [{"citationsContent": {
            "content": [{"text": TEXT}],
            "citations": [
                {"title": "A", "location": {"web": {"url": "https://a.example/"}}},
                {"title": "D", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}},
            ],
        }}]},
        {"role": "user", "content": [{"text": "Go on"}]},
    ]});
    let line = sluice_wire::Line { model: Some("m"), stream: Some(false) };
    let request =
        BedrockConverse.decode_request(&serde_json::to_vec(&body).unwrap(), line).unwrap();
    let target = sluice_wire::Target {
        model: "claude-sonnet-4-5",
        max_output: Some(64_000),
        max_completion_tokens: false,
        ..sluice_wire::Target::default()
    };
    let encoded = AnthropicMessages.encode_request(&request, target).unwrap();
    let fields: Vec<_> = encoded.losses.iter().map(|loss| loss.field.as_ref()).collect();
    assert_eq!(fields, ["messages[1].content[0].citations"]);
    let written: Value = serde_json::from_slice(&encoded.body).unwrap();
    let cited = written.pointer("/messages/1/content/0/citations").unwrap();
    assert_eq!(cited.as_array().unwrap().len(), 1);
    assert_eq!(cited[0]["type"], "page_location");
}
