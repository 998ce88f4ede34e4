//! Tools of free text, of callers who have them, at providers who have none.

use serde_json::{Value, json};

use crate::house::{Caller, House, MASTER};

/// The tool, a call of it as the caller is told, and the conversation with what came of it.
fn offered(caller: Caller, provider: &str) -> Value {
    let mut body = caller.ask(provider, "Please call sql");
    body["tools"] = match caller {
        Caller::OpenAi => {
            json!([{"type": "custom", "custom": {"name": "sql", "description": "Asks"}}])
        }
        _ => json!([{"type": "custom", "name": "sql", "description": "Asks"}]),
    };
    body
}

/// Name and input of the only call in a whole answer.
fn called(caller: Caller, answer: &Value) -> (Value, Value) {
    match caller {
        Caller::OpenAi => {
            let message = &answer["choices"][0]["message"];
            let custom = &message["tool_calls"][0]["custom"];
            assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
            (custom["name"].clone(), custom["input"].clone())
        }
        _ => {
            let output = answer["output"].as_array().unwrap();
            let item = output.iter().find(|item| item["type"] == "custom_tool_call").unwrap();
            (item["name"].clone(), item["input"].clone())
        }
    }
}

fn answered(caller: Caller, mut body: Value, answer: &Value) -> Value {
    match caller {
        Caller::OpenAi => {
            let message = answer["choices"][0]["message"].clone();
            let result = json!({"role": "tool", "tool_call_id": message["tool_calls"][0]["id"],
                "content": "18 rows"});
            body["messages"].as_array_mut().unwrap().extend([message, result]);
        }
        _ => {
            let question = json!({"role": "user", "content": "Please call sql"});
            let output = answer["output"].as_array().unwrap().clone();
            let call = output.iter().find(|item| item["type"] == "custom_tool_call").unwrap();
            let result = json!({"type": "custom_tool_call_output", "call_id": call["call_id"],
                "output": "18 rows"});
            body["input"] = Value::from([vec![question], output, vec![result]].concat());
        }
    }
    body
}

#[tokio::test]
async fn a_tool_of_free_text_is_called_and_its_result_understood_everywhere() {
    let house = House::open().await;
    for caller in [Caller::OpenAi, Caller::Responses] {
        for provider in ["anthropic", "bedrock", "gemini"] {
            let place = format!("{caller:?} on {provider}");
            let body = offered(caller, provider);
            let answer = caller.raw(&house, MASTER, provider, &body, false).await;
            assert_eq!(answer.status, 200, "{place}: {}", answer.text());
            let (name, input) = called(caller, &answer.json());
            assert_eq!(name, "sql", "{place}");
            assert!(!input.as_str().unwrap().contains('{'), "{place}: {input}");

            let streamed = caller.raw(&house, MASTER, provider, &body, true).await.text();
            let whole = format!(r#""input":{input}"#);
            assert!(streamed.contains(&whole), "{place}: {streamed}");

            let next = answered(caller, body, &answer.json());
            let (_, told) = caller.call(&house, MASTER, provider, &next, false).await;
            assert_eq!(told.text, "The tool said: 18 rows", "{place}");
        }
    }
}

#[tokio::test]
async fn a_tool_of_free_text_passes_to_openai_as_it_is() {
    let house = House::open().await;
    let body = offered(Caller::Responses, "openai");
    Caller::Responses.raw(&house, MASTER, "openai", &body, false).await;
    assert_eq!(house.fakes.openai.last().unwrap().json()["tools"], body["tools"]);
}
