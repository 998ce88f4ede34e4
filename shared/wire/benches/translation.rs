//! What the pure part of a call costs: a request of 2 kB and of 100 kB, and one frame of a stream,
//! forwarded and translated.
//!
//! `cargo bench -p sluice-wire` prints the best time of each. `-- --case NAME --times N` runs one
//! case N times and prints nothing: `tests/bench/instructions` runs that under valgrind, twice, and
//! takes the difference, which is the same on every run and on a busy machine.

#![expect(clippy::print_stdout, reason = "a benchmark's result")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that fails stops")]

#[path = "../tests/stamp/mod.rs"]
mod stamp;

use std::{env, hint::black_box, time::Instant};

use serde_json::{Value, json};
use sluice_wire::{Dialect, Edits, Line, Pump, Target};
use stamp::stamp;

const LINE: Line<'_> = Line { model: Some("group"), stream: Some(true) };
/// Frames of a stream that carry text; the others are a dozen.
const FRAMES: usize = 1_000;

/// One thing to do.
struct Case {
    name: String,
    /// How many frames one turn handles; 1 for a request.
    units: usize,
    turn: Box<dyn Fn()>,
}

fn target(dialect: Dialect) -> Target<'static> {
    let model = match dialect.name() {
        "anthropic_messages" => "claude-sonnet-4-5",
        "bedrock_converse" | "bedrock_invoke" => "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "gemini" => "gemini-2.5-pro",
        _ => "gpt-5.1",
    };
    Target { model, max_output: Some(8_000), max_completion_tokens: true, ..Target::default() }
}

/// A conversation with tools, of about this many bytes.
fn conversation(bytes: usize) -> Vec<u8> {
    let text = "The quick brown fox jumps over the lazy dog; \"so\" it is said.\n".repeat(4);
    let mut messages = vec![json!({"role": "system", "content": "Be brief."})];
    let tool = json!({"type": "function", "function": {"name": "weather", "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}});
    let body = |messages: &[Value]| {
        let body = json!({"model": "group", "messages": messages, "tools": [tool.clone()], "max_tokens": 500,
            "temperature": 0.5, "stream": true});
        serde_json::to_vec(&body).unwrap()
    };
    let mut turn = 0;
    loop {
        messages.push(json!({"role": "user", "content": text}));
        let whole = body(&messages);
        if whole.len() >= bytes {
            return whole;
        }
        messages.push(json!({"role": "assistant", "content": text, "tool_calls": [{"id": format!("call_{turn}"),
            "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Paris\"}"}}]}));
        messages.push(
            json!({"role": "tool", "tool_call_id": format!("call_{turn}"), "content": "18 C"}),
        );
        turn += 1;
    }
}

/// A stream of OpenAI's, and what it is in another dialect.
fn stream(dialect: Dialect) -> Vec<u8> {
    let mut out = Vec::new();
    for at in 0..FRAMES {
        let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.1",
            "choices": [{"index": 0, "delta": {"content": format!(" word{at}")}, "finish_reason": null}]});
        out.extend_from_slice(format!("data: {chunk}\n\n").as_bytes());
    }
    out.extend_from_slice(
        b"data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
          data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1000,\"total_tokens\":1009}}\n\n\
          data: [DONE]\n\n",
    );
    if dialect == Dialect::OpenAiChat { out } else { pumped(Dialect::OpenAiChat, dialect, &out) }
}

/// As it arrives: a few frames at a time.
fn pumped(from: Dialect, to: Dialect, bytes: &[u8]) -> Vec<u8> {
    let mut pump = Pump::new(from, to, stamp());
    let mut out = Vec::with_capacity(bytes.len());
    for piece in bytes.chunks(1_400) {
        pump.push(piece, &mut out).unwrap();
    }
    pump.end(&mut out).unwrap();
    out
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, bytes) in [("2 kB", 2_000), ("100 kB", 100_000)] {
        let chat = conversation(bytes);
        for from in [Dialect::OpenAiChat, Dialect::AnthropicMessages] {
            let body = if from == Dialect::OpenAiChat {
                chat.clone()
            } else {
                let request = Dialect::OpenAiChat.decode_request(&chat, LINE).unwrap();
                from.encode_request(&request, target(from)).unwrap().body
            };
            for to in Dialect::ALL {
                let body = body.clone();
                let name = format!("request of {size}, {} to {}", from.name(), to.name());
                let turn: Box<dyn Fn()> = if *to == from {
                    Box::new(move || {
                        let peek = from.peek(black_box(&body), LINE).unwrap();
                        let edits = Edits { model: Some("gpt-5.1"), ..Edits::default() };
                        black_box((peek, from.patch(&body, &edits).unwrap()));
                    })
                } else {
                    Box::new(move || {
                        let peek = from.peek(black_box(&body), LINE).unwrap();
                        let request = from.decode_request(&body, LINE).unwrap();
                        black_box((peek, to.encode_request(&request, target(*to)).unwrap()));
                    })
                };
                cases.push(Case { name, units: 1, turn });
            }
        }
    }
    for from in Dialect::ALL {
        let bytes = stream(*from);
        for to in [Dialect::OpenAiChat, Dialect::AnthropicMessages, *from] {
            let name = format!("frame, {} to {}", from.name(), to.name());
            if cases.iter().any(|case: &Case| case.name == name) {
                continue;
            }
            let bytes = bytes.clone();
            let turn = Box::new(move || {
                black_box(pumped(*from, to, black_box(&bytes)));
            });
            cases.push(Case { name, units: FRAMES, turn });
        }
    }
    cases
}

/// The best of twenty rounds of at least 10 ms, in nanoseconds a unit.
fn measure(case: &Case) -> f64 {
    let mut turns = 1_u32;
    loop {
        let start = Instant::now();
        (0..turns).for_each(|_| (case.turn)());
        if start.elapsed().as_millis() >= 10 {
            break;
        }
        turns = turns.saturating_mul(2);
    }
    let round = |_| {
        let start = Instant::now();
        (0..turns).for_each(|_| (case.turn)());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)
    };
    let best = (0..20).map(round).fold(f64::INFINITY, f64::min);
    best / f64::from(u32::try_from(case.units).unwrap())
}

fn main() {
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let cases = cases();
    match words.as_slice() {
        ["--list"] => cases.iter().for_each(|case| println!("{}\t{}", case.units, case.name)),
        ["--case", name, "--times", times] => {
            let case = cases.iter().find(|case| case.name == *name);
            let Some(case) = case else { panic!("no case is called {name}") };
            (0..times.parse().unwrap()).for_each(|_: u32| (case.turn)());
        }
        [] => {
            for case in &cases {
                println!("{:>10.0} ns  {}", measure(case), case.name);
            }
        }
        _ => panic!("--list, or --case NAME --times N, or nothing"),
    }
}
