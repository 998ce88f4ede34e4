//! Changes to an input: of its bytes, and of its JSON where it has any.

use fastrand::Rng;
use serde_json::{Value, json};

/// Words that readers look for.
const WORDS: [&str; 24] = [
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "1e400",
    "18446744073709551615",
    "1.5",
    "\\ud800",
    "\\u0000",
    "\"type\":\"text\"",
    "\"content\"",
    "\"model\"",
    "data: ",
    "\n\n",
    "\r",
    "data: [DONE]\n\n",
    "event: error\n",
    "\"usage\":{}",
    "\"index\":9",
    "\u{feff}",
    "\\\"",
];

/// A few changes.
pub(crate) fn mutate(input: &[u8], other: &[u8], head: usize, random: &mut Rng) -> Vec<u8> {
    let (prefix, body) = input.split_at(head.min(input.len()));
    let mut out = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) if random.u8(..4) > 0 => {
            for _ in 0..random.usize(1..4) {
                change(&mut value, random);
            }
            serde_json::to_vec(&value).unwrap()
        }
        _ => body.to_vec(),
    };
    if random.bool() {
        for _ in 0..random.usize(1..4) {
            bytes(&mut out, other, random);
        }
    }
    let mut whole = prefix.to_vec();
    if random.u8(..4) == 0 && !whole.is_empty() {
        let at = random.usize(..whole.len());
        whole[at] = random.u8(..);
    }
    whole.append(&mut out);
    whole
}

/// One change somewhere in a tree.
fn change(value: &mut Value, random: &mut Rng) {
    let go_on = random.u8(..5) > 0;
    match value {
        Value::Object(map) if go_on && !map.is_empty() => {
            let at = random.usize(..map.len());
            let name = map.keys().nth(at).unwrap().clone();
            match random.u8(..8) {
                0 => {
                    map.shift_remove(&name);
                }
                1 => {
                    let copy = map[&name].clone();
                    map.insert(format!("{name}x"), copy);
                }
                _ => change(&mut map[&name], random),
            }
        }
        Value::Array(list) if go_on && !list.is_empty() => {
            let at = random.usize(..list.len());
            match random.u8(..8) {
                0 => {
                    list.remove(at);
                }
                1 => {
                    let copy = list[at].clone();
                    list.push(copy);
                }
                2 => list.reverse(),
                _ => change(&mut list[at], random),
            }
        }
        _ => *value = anything(random),
    }
}

fn anything(random: &mut Rng) -> Value {
    match random.u8(..14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(u64::MAX),
        5 => json!(1.5),
        6 => json!(""),
        7 => json!("\u{0}\u{1f600} \u{fffd}"),
        8 => json!([]),
        9 => json!({}),
        10 => json!([[], {}, null, "x"]),
        11 => json!({"type": "text", "text": "x"}),
        12 => json!("data:;base64,AA"),
        _ => json!({"type": ["object"], "properties": {"a": {"$ref": "#"}}}),
    }
}

/// One change of bytes.
fn bytes(out: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let at = random.usize(..=out.len());
    let end = (at + random.usize(..16)).min(out.len());
    match random.u8(..6) {
        0 => drop(out.drain(at..end)),
        1 => {
            let copy = out[at..end].to_vec();
            out.splice(at..at, copy);
        }
        2 => {
            let word = random.choice(WORDS).unwrap_or_default();
            out.splice(at..at, word.bytes());
        }
        3 if at < out.len() => out[at] ^= 1 << random.u8(..8),
        4 => out.truncate(at),
        _ => {
            let from = random.usize(..=other.len());
            let until = (from + random.usize(..64)).min(other.len());
            out.splice(at..at, other[from..until].iter().copied());
        }
    }
}
