//! OpenAI's responses: byte for byte where the provider speaks them, kept, gone on from, deleted.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use sluice_store::Clock as _;

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, budget, named};

const PATH: &str = "/v1/responses";

async fn create(house: &House, key: &str, body: &Value) -> Value {
    let answer = house.post(PATH, key, body).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer.json()
}

async fn delete(house: &House, path: &str, key: &str) -> Answer {
    let request = Request::delete(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
    house.send(request.body(Body::empty()).unwrap()).await
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

fn said(answer: &Value) -> String {
    let parts = answer["output"].as_array().unwrap().iter().filter_map(|item| {
        item["content"].as_array()?.iter().filter_map(|part| part["text"].as_str()).next()
    });
    parts.collect::<Vec<_>>().join("")
}

/// The response at the end of a stream.
fn streamed(answer: &Answer) -> Value {
    let text = answer.text();
    let last = text.trim_end().rsplit("\n\n").next().unwrap();
    let data = last.split_once("data: ").unwrap().1;
    serde_json::from_str::<Value>(data).unwrap()["response"].clone()
}

#[tokio::test]
async fn a_request_reaches_a_provider_that_speaks_responses_byte_for_byte() {
    let house = House::open().await;
    let body = r#"{ "model" : "openai", "input":[ {"role":"user","content":"say grüezi"} ],  "temperature":1.0, "tags":["a"] }"#;
    let answer = house.send(crate::house::post(PATH, MASTER, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["model"], "openai");
    let sent = house.fakes.openai.last().unwrap();
    assert_eq!(sent.path, "/v1/responses");
    let expected = r#"{ "model" : "model-of-openai", "input":[ {"role":"user","content":"say grüezi"} ],  "temperature":1.0 }"#;
    assert_eq!(String::from_utf8_lossy(&sent.body), expected);
}

#[tokio::test]
async fn a_call_is_paid_for_as_what_it_is() {
    let house = House::open().await;
    for provider in ["openai", "anthropic"] {
        let key = house.key(&budget("1")).await;
        create(&house, &key, &json!({"model": provider, "input": "usage 100 20 say hi"})).await;
        assert_eq!(house.balanced(&key).await, 100 * INPUT + 20 * OUTPUT, "{provider}");
        let row = house.row(&key).await;
        assert_eq!(row["call_type"], "aresponses", "{provider}");
    }
}

#[tokio::test]
async fn a_kept_answer_is_read_and_deleted_by_its_key_alone() {
    let house = House::open().await;
    let (own, other) = (house.key(&json!({})).await, house.key(&json!({})).await);
    for provider in ["openai", "anthropic", "bedrock", "sagemaker", "demo"] {
        for base in ["/v1", "", "/openai/v1"] {
            let body = json!({"model": provider, "input": "say hello", "metadata": {"a": "b"}});
            let answer = house.post(&format!("{base}/responses"), &own, &body).await;
            assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
            let made = answer.json();
            let path = format!("{base}/responses/{}", id(&made));
            assert_eq!(house.get(&path, &own).await.json(), made, "{provider}");
            assert_eq!(made["metadata"]["a"], "b", "{provider}");

            for answer in [
                house.get(&path, &other).await,
                house.get(&format!("{path}/input_items"), &other).await,
                house.post(&format!("{path}/cancel"), &other, &json!({})).await,
                delete(&house, &path, &other).await,
                house.get(&path, MASTER).await,
            ] {
                assert_eq!(answer.status, 404, "{provider}: {}", answer.text());
                assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
            }
            let cancelled = house.post(&format!("{path}/cancel"), &own, &json!({})).await;
            assert_eq!(cancelled.status, 400);
            assert_eq!(cancelled.message(), "Cannot cancel a synchronous response.");

            let gone = delete(&house, &path, &own).await;
            assert_eq!(
                gone.json(),
                json!({"id": id(&made), "object": "response", "deleted": true})
            );
            assert_eq!(house.get(&path, &own).await.status, 404, "{provider}");
            assert_eq!(delete(&house, &path, &own).await.status, 404, "{provider}");
        }
    }
    assert_eq!(house.get("/v1/responses/resp_x", "sk-wrong-key-of-nobody").await.status, 401);
}

#[tokio::test]
async fn a_streamed_answer_is_kept_before_its_end_is_told() {
    let house = House::open().await;
    for provider in ["openai", "anthropic", "bedrock", "sagemaker"] {
        let key = house.key(&budget("1")).await;
        let body = json!({"model": provider, "input": "say hello there", "stream": true});
        let answer = house.post(PATH, &key, &body).await;
        let made = streamed(&answer);
        assert_eq!(said(&made), "hello there", "{provider}");
        let kept = house.get(&format!("{PATH}/{}", id(&made)), &key).await;
        assert_eq!(kept.json(), made, "{provider}");
        assert!(house.balanced(&key).await > 0);
    }
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let house = House::open().await;
    for provider in ["openai", "anthropic"] {
        for stream in [false, true] {
            let body =
                json!({"model": provider, "input": "say hi", "store": false, "stream": stream});
            let answer = house.post(PATH, MASTER, &body).await;
            let made = if stream { streamed(&answer) } else { answer.json() };
            assert_eq!(made["store"], false, "{provider}");
            let kept = house.get(&format!("{PATH}/{}", id(&made)), MASTER).await;
            assert_eq!(kept.status, 404, "{provider}");
        }
    }
}

#[tokio::test]
async fn a_conversation_goes_on_at_every_provider() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    let tool = json!([{"type": "function", "name": "get_weather", "strict": false,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]);
    for first in ["openai", "anthropic", "bedrock", "sagemaker"] {
        for second in ["openai", "anthropic", "bedrock", "sagemaker"] {
            let place = format!("{first}, then {second}");
            let body = json!({"model": first, "input": "Weather?", "tools": tool,
                "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]});
            let asked = house.post(PATH, &key, &body).await;
            // Not every model reasons.
            let asked = match asked.status {
                200 => asked.json(),
                _ => {
                    let body = json!({"model": first, "input": "Weather?", "tools": tool});
                    create(&house, &key, &body).await
                }
            };
            let calls = asked["output"].as_array().unwrap();
            let call = calls.iter().find(|item| item["type"] == "function_call").unwrap();
            let body = json!({"model": second, "previous_response_id": id(&asked), "tools": tool,
                "input": [{"type": "function_call_output", "call_id": call["call_id"],
                    "output": "18 degrees"}]});
            let told = create(&house, &key, &body).await;
            assert_eq!(said(&told), "The tool said: 18 degrees", "{place}");
            assert_eq!(told["previous_response_id"], id(&asked), "{place}");

            let body = json!({"model": first, "previous_response_id": id(&told),
                "input": "say and now"});
            let third = create(&house, &key, &body).await;
            assert_eq!(said(&third), "and now", "{place}");
            let path = format!("{PATH}/{}/input_items?order=asc&limit=100", id(&third));
            let items = house.get(&path, &key).await.json();
            let kinds: Vec<_> = items["data"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|item| item["type"] != "reasoning")
                .map(|item| item["type"].as_str().unwrap().to_owned())
                .collect();
            let expected =
                ["message", "function_call", "function_call_output", "message", "message"];
            assert_eq!(kinds, expected, "{place}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_keeps_answers_is_sent_the_id_alone() {
    let house = House::open().await;
    let first = create(&house, MASTER, &json!({"model": "openai", "input": "say one"})).await;
    let body = json!({"model": "openai", "previous_response_id": id(&first), "input": "say two"});
    let second = create(&house, MASTER, &body).await;
    assert_eq!(said(&second), "two");
    let sent: Value = serde_json::from_slice(&house.fakes.openai.last().unwrap().body).unwrap();
    assert_eq!(sent["previous_response_id"], first["id"]);
    assert_eq!(sent["input"], "say two");
}

#[tokio::test]
async fn a_conversation_goes_back_to_the_deployment_that_keeps_it() {
    let house = House::plan()
        .models(|fakes| {
            let model = "openai/model-of-openai";
            ["a", "b", "c"]
                .map(|id| named(fakes, "gpt", model, &format!("\n    model_info:\n      id: {id}")))
                .concat()
        })
        .open()
        .await;
    for _ in 0..6 {
        let answer = house.post(PATH, MASTER, &json!({"model": "gpt", "input": "say one"})).await;
        let (first, there) = (answer.json(), answer.header("x-litellm-model-id").to_owned());
        let body = json!({"model": "gpt", "previous_response_id": id(&first), "input": "say two"});
        let answer = house.post(PATH, MASTER, &body).await;
        assert_eq!(answer.header("x-litellm-model-id"), there);
    }
}

#[tokio::test]
async fn thoughts_come_back_with_their_signatures() {
    let house = House::open().await;
    let tool = json!([{"type": "function", "name": "get_weather", "strict": false,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]);
    for provider in ["anthropic", "bedrock"] {
        for stream in [false, true] {
            let mut body = json!({"model": provider, "input": [{"role": "user", "content": "think"}],
                "tools": tool, "reasoning": {"effort": "low"}, "max_output_tokens": 4000,
                "store": false, "stream": stream});
            let answer = house.post(PATH, MASTER, &body).await;
            assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
            let made = if stream { streamed(&answer) } else { answer.json() };
            let thought = &made["output"][0];
            assert_eq!(thought["type"], "reasoning", "{provider}: {made}");
            assert!(thought["encrypted_content"].is_string(), "{provider}: {made}");

            // The caller keeps its own history. The provider refuses a thought without its signature.
            let input = body["input"].as_array_mut().unwrap();
            let output = made["output"].as_array().unwrap();
            input.extend(output.iter().cloned());
            let call = output.iter().find(|item| item["type"] == "function_call").unwrap();
            input.push(json!({"type": "function_call_output", "call_id": call["call_id"],
                "output": "18 degrees"}));
            body["stream"] = json!(false);
            let told = create(&house, MASTER, &body).await;
            assert!(said(&told).ends_with("18 degrees"), "{provider}: {told}");
            let fake =
                if provider == "anthropic" { &house.fakes.anthropic } else { &house.fakes.bedrock };
            let sent = String::from_utf8_lossy(&fake.last().unwrap().body).into_owned();
            assert!(sent.contains("signature"), "{provider}: {sent}");

            // Another provider is not sent it, and answers all the same.
            body["model"] = json!("openai");
            let told = create(&house, MASTER, &body).await;
            assert!(said(&told).ends_with("18 degrees"), "{told}");
        }
    }
}

#[tokio::test]
async fn an_answer_is_forgotten_after_thirty_days() {
    let house = House::open().await;
    let made = create(&house, MASTER, &json!({"model": "demo", "input": "hi"})).await;
    let path = format!("{PATH}/{}", id(&made));
    house.clock.set(house.clock.now().plus(30 * 86_400_000 - 1));
    assert_eq!(house.get(&path, MASTER).await.status, 200);
    house.clock.set(house.clock.now().plus(2));
    assert_eq!(house.get(&path, MASTER).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_name_and_costs_nothing() {
    let house = House::open().await;
    let key = house.key(&budget("1")).await;
    for (extra, param) in [
        (json!({"previous_response_id": "resp_of_nobody"}), "previous_response_id"),
        (json!({"background": true}), "background"),
        (json!({"conversation": "conv_1"}), "conversation"),
        (json!({"store": "yes"}), "store"),
    ] {
        let mut body = json!({"model": "openai", "input": "hi"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let answer = house.post(PATH, &key, &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param);
    }
    for (query, param) in [("limit=0", "limit"), ("order=up", "order")] {
        let made = create(&house, MASTER, &json!({"model": "demo", "input": "hi"})).await;
        let path = format!("{PATH}/{}/input_items?{query}", id(&made));
        let answer = house.get(&path, MASTER).await;
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)));
    }
    assert_eq!(house.balanced(&key).await, 0);
    assert_eq!(house.fakes.openai.count(), 0);
}

#[tokio::test]
async fn built_in_tools_pass_where_they_are_known_and_are_named_where_not() {
    let house = House::open().await;
    let body =
        |model: &str| json!({"model": model, "input": "say hi", "tools": [{"type": "web_search"}]});
    create(&house, MASTER, &body("openai")).await;
    let sent: Value = serde_json::from_slice(&house.fakes.openai.last().unwrap().body).unwrap();
    assert_eq!(sent["tools"], json!([{"type": "web_search"}]));
    // Anthropic has a search of its own, and nobody else runs OpenAI's other tools.
    create(&house, MASTER, &body("anthropic")).await;
    let sent: Value = serde_json::from_slice(&house.fakes.anthropic.last().unwrap().body).unwrap();
    assert_eq!(sent["tools"][0]["type"], "web_search_20250305");
    let mut mcp = body("anthropic");
    mcp["tools"] = json!([{"type": "mcp", "server_label": "s", "server_url": "https://s.test"}]);
    let refused = house.post(PATH, MASTER, &mcp).await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("tools[0]"), "{}", refused.text());
}

#[tokio::test]
async fn a_model_that_has_no_other_route_answers_every_caller_there() {
    let house = House::plan()
        .models(|fakes| {
            let chat = "\n      use_chat_completions_api: true";
            [
                named(fakes, "alone", "openai/responses/gpt-5-pro", ""),
                named(
                    fakes,
                    "told",
                    "openai/gpt-5-codex",
                    "\n    model_info:\n      mode: responses",
                ),
                named(fakes, "never", "openai/gpt-4o", chat),
            ]
            .concat()
        })
        .open()
        .await;
    let chat = json!({"model": "alone", "messages": [{"role": "user", "content": "say hi"}]});
    let answer = house.post("/v1/chat/completions", MASTER, &chat).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "hi");
    let sent = house.fakes.openai.last().unwrap();
    assert_eq!(sent.path, "/v1/responses");
    assert_eq!(serde_json::from_slice::<Value>(&sent.body).unwrap()["model"], "gpt-5-pro");

    let chat = json!({"model": "told", "messages": [{"role": "user", "content": "say hi"}]});
    assert_eq!(house.post("/v1/chat/completions", MASTER, &chat).await.status, 200);
    assert_eq!(house.fakes.openai.last().unwrap().path, "/v1/responses");

    let made = create(&house, MASTER, &json!({"model": "never", "input": "say hi"})).await;
    assert_eq!(said(&made), "hi");
    assert_eq!(house.fakes.openai.last().unwrap().path, "/v1/chat/completions");
}

#[tokio::test]
async fn a_function_in_a_namespace_is_called_everywhere_and_told_to_be_one() {
    let house = House::open().await;
    for provider in ["anthropic", "bedrock", "sagemaker"] {
        for stream in [false, true] {
            let body = json!({"model": provider, "stream": stream,
                "input": r#"call send {"to": "x"}"#,
                "tools": [{"type": "namespace", "name": "agents", "tools": [{
                    "type": "function", "name": "send", "strict": false,
                    "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}]}]});
            let answer = house.post(PATH, MASTER, &body).await;
            assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
            let made = if stream { streamed(&answer) } else { answer.json() };
            let call = &made["output"][0];
            assert_eq!(call["name"], "send", "{provider}: {made}");
            assert_eq!(call["namespace"], "agents", "{provider}: {made}");
        }
    }
}

#[tokio::test]
async fn a_conversation_is_compacted_where_the_provider_does_it_and_refused_elsewhere() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    let input = json!([{"type": "message", "role": "user", "content": "say hi"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}]);
    let body =
        json!({"model": "openai", "input": input, "instructions": "Be brief.", "tags": ["t"]});
    for path in ["/v1/responses/compact", "/responses/compact", "/openai/v1/responses/compact"] {
        let answer = house.post(path, &key, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let compacted = answer.json();
        assert_eq!(compacted["object"], "response.compaction");
        assert_eq!(compacted["output"][1]["type"], "compaction");
        let sent = house.fakes.openai.last().unwrap();
        assert_eq!(sent.path, "/v1/responses/compact");
        let mut expected = body.clone();
        expected["model"] = json!("model-of-openai");
        expected.as_object_mut().unwrap().remove("tags");
        assert_eq!(sent.json(), expected);
        // What came of it is an input like others.
        let next = json!({"model": "openai", "input": compacted["output"], "store": false});
        assert_eq!(house.post("/v1/responses", MASTER, &next).await.status, 200);
    }
    let row = &house.rows(&key).await[0];
    assert_eq!(
        (&row["call_type"], &row["completion_tokens"]),
        (&json!("acompact_responses"), &json!(7))
    );
    assert!(house.balanced(&key).await > 0);

    for group in ["anthropic", "bedrock", "gemini", "demo"] {
        let answer = house
            .post("/v1/responses/compact", &key, &json!({"model": group, "input": "hi"}))
            .await;
        assert_eq!(answer.status, 400, "{group}: {}", answer.text());
        assert!(
            answer.message().starts_with("responses/compact is not supported for model"),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_conversation_that_is_kept_is_compacted_from_its_last_answer_on() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    for (provider, sealed) in [("openai", false), ("anthropic", true)] {
        let first = json!({"model": provider, "input": "think say one",
            "reasoning": {"effort": "low"}});
        let first = house.post(PATH, &key, &first).await.json();
        let second = json!({"model": provider, "input": "say two",
            "previous_response_id": first["id"]});
        let second = house.post(PATH, &key, &second).await.json();
        let ask = json!({"model": "openai", "input": "say three",
            "previous_response_id": second["id"]});
        let answer = house.post("/v1/responses/compact", &key, &ask).await;
        assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
        let sent = house.fakes.openai.last().unwrap();
        assert_eq!(sent.path, "/v1/responses/compact");
        let sent = sent.json();
        assert_eq!(sent.get("previous_response_id"), None, "{sent}");
        let text = sent["input"].to_string();
        let order: Vec<_> = ["say one", "\"one", "say two", "\"two", "say three"]
            .map(|said| text.find(said))
            .to_vec();
        assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{provider}: {text}");
        // Thoughts that another provider signed are nothing to OpenAI.
        assert!(!text.contains("sluice.v1."), "{text}");
        assert_eq!(answer.header("x-sluice-dropped").contains("input["), sealed, "{provider}");
    }
    assert!(house.balanced(&key).await > 0);

    let other = house.key(&json!({"max_budget": 1})).await;
    let last = json!({"model": "openai", "input": "say one"});
    let last = house.post(PATH, &key, &last).await.json();
    for (key, id) in [(&other, &last["id"]), (&key, &json!("resp_1")), (&key, &json!(7))] {
        let ask = json!({"model": "openai", "input": "hi", "previous_response_id": id});
        let refused = house.post("/v1/responses/compact", key, &ask).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]["param"]),
            (400, &json!("previous_response_id"))
        );
    }
}

#[tokio::test]
async fn a_conversation_whose_earlier_answer_was_deleted_is_refused_as_openai_does() {
    let house = House::open().await;
    let mut ids: Vec<String> = Vec::new();
    for _ in 0..3 {
        let mut body = Caller::Responses.ask("openai", "say hi");
        body["previous_response_id"] = json!(ids.last());
        let answer = house.post("/v1/responses", MASTER, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(delete(&house, &format!("/v1/responses/{}", ids[0]), MASTER).await.status, 200);
    for stream in [false, true] {
        let mut body = Caller::Responses.ask("openai", "say hi");
        body["previous_response_id"] = json!(ids[2]);
        body["stream"] = json!(stream);
        let answer = house.post("/v1/responses", MASTER, &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_eq!(answer.message(), format!("Previous response with id '{}' not found.", ids[0]));
        assert_eq!(answer.json()["error"]["param"], "previous_response_id");
    }
}
