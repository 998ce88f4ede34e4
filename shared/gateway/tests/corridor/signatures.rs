//! A conversation that changes its provider: what one has signed is not sent to another.

use serde_json::{Value, json};

use crate::house::{Caller, House, MASTER};

/// Providers that sign thoughts and check what they get back: Claude twice, and Gemini.
const SIGNERS: [&str; 3] = ["anthropic", "bedrock", "gemini"];

/// A question that makes the model think and call a tool.
fn question(caller: Caller, model: &str) -> Value {
    let mut body = caller.with_tool(caller.ask(model, "think call get_weather"));
    let thinking = match caller {
        Caller::OpenAi => ("reasoning_effort", json!("low")),
        Caller::Responses => ("reasoning", json!({"effort": "low"})),
        Caller::Anthropic => ("thinking", json!({"type": "enabled", "budget_tokens": 1024})),
        Caller::Bedrock => (
            "additionalModelRequestFields",
            json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ),
        Caller::Gemini => (
            "generationConfig",
            json!({"maxOutputTokens": 4000,
                "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": true}}),
        ),
    };
    body[thinking.0] = thinking.1;
    match caller {
        Caller::OpenAi | Caller::Anthropic => body["max_tokens"] = json!(4000),
        Caller::Responses => body["max_output_tokens"] = json!(4000),
        Caller::Bedrock => body["inferenceConfig"] = json!({"maxTokens": 4000}),
        Caller::Gemini => {}
    }
    body
}

/// The conversation with the answer as it came, as a client keeps it, and the tool's result.
fn handed_back(caller: Caller, body: &Value, answer: &Value, result: Value) -> Value {
    let said = match caller {
        Caller::OpenAi => vec![answer["choices"][0]["message"].clone()],
        Caller::Responses => answer["output"].as_array().unwrap().clone(),
        Caller::Anthropic => vec![json!({"role": "assistant", "content": answer["content"]})],
        Caller::Bedrock => vec![answer["output"]["message"].clone()],
        Caller::Gemini => vec![answer["candidates"][0]["content"].clone()],
    };
    let mut body = body.clone();
    let turns = body[caller.turns()].as_array_mut().unwrap();
    turns.extend(said);
    turns.push(result);
    body
}

/// The last turn of a conversation that goes on with a tool's result.
fn result(caller: Caller, body: &Value, reading: &crate::house::Reading) -> Value {
    let told = caller.with_result(body.clone(), reading, "18 degrees");
    told[caller.turns()].as_array().unwrap().last().unwrap().clone()
}

fn sent(house: &House, provider: &str) -> String {
    let fake = match provider {
        "anthropic" => &house.fakes.anthropic,
        "bedrock" => &house.fakes.bedrock,
        _ => &house.fakes.gemini,
    };
    String::from_utf8_lossy(&fake.last().unwrap().body).into_owned()
}

#[tokio::test]
async fn a_thought_goes_back_to_who_signed_it_and_to_nobody_else() {
    let house = House::open().await;
    for caller in Caller::ALL {
        for first in SIGNERS {
            let body = question(caller, first);
            let (answer, asked) = caller.call(&house, MASTER, first, &body, false).await;
            let result = result(caller, &body, &asked);
            let mut body = handed_back(caller, &body, &answer.json(), result);
            for then in SIGNERS {
                let place = format!("{caller:?}, {first}, then {then}");
                if caller.names_the_model() {
                    body["model"] = json!(then);
                }
                // Each refuses a thought with a signature that it has not made.
                let (answer, told) = caller.call(&house, MASTER, then, &body, false).await;
                assert_eq!(told.text, "The tool said: 18 degrees", "{place}");
                let dropped = answer.header("x-sluice-dropped");
                let same = (first == "gemini") == (then == "gemini");
                let sent = sent(&house, then);
                let signed = sent.contains("ignature\":");
                assert_eq!(signed, same, "{place}: {sent}");
                // Of the answer, Converse has no word for the tokens of thoughts.
                let left_out =
                    |name: &str| !["", "answer.usage.reasoning_tokens"].contains(&name.trim());
                let named = dropped.split(',').any(left_out);
                assert_eq!(named, !same, "{place}: {dropped}");
                assert!(!sent.contains("sluice"), "{place}: {sent}");
            }
        }
    }
}
