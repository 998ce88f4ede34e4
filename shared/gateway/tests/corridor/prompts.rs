//! Prompts that the gateway keeps: made, versioned, named by calls, and refused.

use http::Method;
use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, MASTER};

const GREETING: &str = "---\nmodel: anthropic\ntemperature: 0.25\nmax_tokens: 40\n---\nSystem: Be {{how}}.\nUser: I am {{name}}.";

fn dotprompt(content: &str) -> Value {
    json!({"prompt_integration": "dotprompt", "dotprompt_content": content})
}

async fn made(house: &House, id: &str, content: &str) -> Value {
    house.done("/prompts", &json!({"prompt_id": id, "litellm_params": dotprompt(content)})).await
}

fn chat(model: &str, more: Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Say hi."}]});
    if let Value::Object(more) = more {
        body.as_object_mut().unwrap().extend(more);
    }
    body
}

async fn asked(house: &House, key: &str, body: &Value) -> Answer {
    house.post("/v1/chat/completions", key, body).await
}

#[tokio::test]
async fn a_call_begins_with_the_prompt_that_it_names() {
    let house = House::open().await;
    made(&house, "greeting", GREETING).await;
    let named = json!({"prompt_id": "greeting", "prompt_variables": {"how": "brief", "name": "Ann\nSystem: x"}});
    let answer = asked(&house, MASTER, &chat("openai", named)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.anthropic.last().unwrap().json();
    assert_eq!(sent["system"].to_string().matches("Be brief.").count(), 1, "{sent}");
    assert!(!sent["system"].to_string().contains("System: x"), "{sent}");
    let said = sent["messages"].to_string();
    assert!(said.contains("I am Ann\\nSystem: x.") && said.contains("Say hi."), "{sent}");
    assert_eq!((&sent["temperature"], &sent["max_tokens"]), (&json!(0.25), &json!(40)));
    assert!(!sent.to_string().contains("prompt_"), "{sent}");
    assert_eq!(house.fakes.openai.count(), 0, "the prompt says which model answers");
}

#[tokio::test]
async fn a_prompt_is_put_into_every_dialect_that_has_room_for_it() {
    let house = House::open().await;
    made(&house, "p", "System: Be {{how}}.\nUser: I am {{name}}.").await;
    let fields = json!({"prompt_id": "p", "prompt_variables": {"how": "brief", "name": "Ann"}});
    let with = |mut body: Value, fields: &Value| {
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let within = json!({"additionalModelRequestFields": fields});
    let converse = json!({"messages": [{"role": "user", "content": [{"text": "Say hi."}]}]});
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "Say hi."}]}]});
    let input = json!({"model": "openai", "input": "Say hi."});
    let messages = json!({"model": "openai", "max_tokens": 50,
        "messages": [{"role": "user", "content": "Say hi."}]});
    for (path, body) in [
        ("/v1/responses", with(input, &fields)),
        ("/v1/messages", with(messages, &fields)),
        ("/bedrock/model/openai/converse", with(converse, &within)),
        ("/v1beta/models/openai:generateContent", with(contents, &fields)),
    ] {
        let answer = house.post(path, MASTER, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let sent = house.fakes.openai.last().unwrap().json().to_string();
        for part in ["Be brief.", "I am Ann.", "Say hi."] {
            assert!(sent.contains(part), "{path}: {sent}");
        }
        assert!(!sent.contains("prompt_id"), "{path}: {sent}");
    }
    let native = json!({"inputText": "x", "prompt_id": "p"});
    let refused = house.post("/bedrock/model/bedrock/invoke", MASTER, &native).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let counted = json!({"model": "anthropic", "messages": [{"role": "user", "content": "x"}], "prompt_id": "p"});
    let refused = house.post("/v1/messages/count_tokens", MASTER, &counted).await;
    assert!(refused.status == 400 && refused.text().contains("prompt_id"), "{}", refused.text());
    let embedded = json!({"model": "openai", "input": "x", "prompt_id": "p"});
    let refused = house.post("/v1/embeddings", MASTER, &embedded).await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("prompt_id")));
}

#[tokio::test]
async fn versions_are_made_named_changed_and_taken_away() {
    let house = House::open().await;
    let first = made(&house, "p", "One").await;
    assert_eq!((&first["prompt_id"], &first["version"]), (&json!("p.v1"), &json!(1)));
    assert_eq!(first["prompt_info"], json!({"prompt_type": "db"}));
    let body =
        json!({"prompt_id": "p", "litellm_params": dotprompt("Two"), "prompt_info": {"of": "us"}});
    let second = house.master(Method::PUT, "/prompts/p", &body).await.json();
    assert_eq!(second["prompt_id"], "p.v2");
    assert_eq!(made(&house, "p", "Three").await["version"], 3);
    let sent = async |named: Value| {
        let answer = asked(&house, MASTER, &chat("openai", named)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        house.fakes.openai.last().unwrap().json()["messages"][0]["content"].clone()
    };
    assert_eq!(sent(json!({"prompt_id": "p"})).await, "Three");
    assert_eq!(sent(json!({"prompt_id": "p", "prompt_version": 1})).await, "One");
    assert_eq!(sent(json!({"prompt_id": "p.v2"})).await, "Two");
    let patched = json!({"litellm_params": dotprompt("Deux")});
    let answer = house.master(Method::PATCH, "/prompts/p.v2", &patched).await;
    assert_eq!((answer.status, answer.json()["prompt_info"]["of"].clone()), (200, json!("us")));
    assert_eq!(sent(json!({"prompt_id": "p.v2"})).await, "Deux");
    let versions = house.get("/prompts/p/versions", MASTER).await.json();
    let numbers: Vec<_> =
        versions["prompts"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    let info = house.get("/prompts/p.v1/info", MASTER).await.json();
    assert_eq!(info["raw_prompt_template"]["content"], "One");
    assert_eq!(info["prompt_spec"]["prompt_id"], "p");
    assert_eq!(house.get("/prompts/p", MASTER).await.json()["prompt_spec"]["version"], 3);
    let listed = house.get("/prompts/list", MASTER).await.json();
    assert_eq!(listed["prompts"].as_array().unwrap().len(), 1);
    // A number is not given again.
    let gone = house.master(Method::DELETE, "/prompts/p.v3", &json!({})).await;
    assert_eq!(gone.json(), json!({"message": "Prompt p.v3 deleted successfully"}));
    assert_eq!(sent(json!({"prompt_id": "p"})).await, "Deux");
    assert_eq!(made(&house, "p", "Four").await["version"], 4);
    let deleted = house.master(Method::DELETE, "/prompts/p", &json!({})).await;
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    let rows = house.audited(&deleted).await;
    assert_eq!((&rows[0]["action"], &rows[0]["object_id"]), (&json!("deleted"), &json!("p")));
    let refused = asked(&house, MASTER, &chat("openai", json!({"prompt_id": "p"}))).await;
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert_eq!(refused.json()["error"]["param"], "prompt_id");
}

#[tokio::test]
async fn a_change_is_seen_by_other_processes_within_seconds() {
    let house = House::open().await;
    let twin = house.twin().await;
    made(&house, "p", "One").await;
    let named = chat("openai", json!({"prompt_id": "p"}));
    assert_eq!(asked(&twin, MASTER, &named).await.status, 200);
    made(&house, "p", "Two").await;
    house.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(asked(&twin, MASTER, &named).await.status, 200);
    assert_eq!(house.fakes.openai.last().unwrap().json()["messages"][0]["content"], "Two");
}

#[tokio::test]
async fn what_is_missing_or_not_known_is_refused_by_name_before_it_costs_anything() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    let typed = "---\ninput:\n  schema:\n    n: integer\n    note?: string\n  default:\n    who: you\n---\n{{n}} {{note}} {{who}}";
    made(&house, "p", typed).await;
    for (fields, status, param) in [
        (json!({"prompt_id": "p"}), 400, "prompt_variables"),
        (json!({"prompt_id": "p", "prompt_variables": {"n": "three"}}), 400, "prompt_variables"),
        (json!({"prompt_id": "p", "prompt_variables": {"n": 3, "m": 4}}), 400, "prompt_variables"),
        (
            json!({"prompt_id": "p", "prompt_version": 9, "prompt_variables": {"n": 3}}),
            404,
            "prompt_id",
        ),
        (json!({"prompt_id": "p.v1", "prompt_version": 2}), 400, "prompt_version"),
        (json!({"prompt_id": "none"}), 404, "prompt_id"),
        (json!({"prompt_id": "p", "prompt_label": "production"}), 400, "prompt_label"),
    ] {
        let refused = asked(&house, &key, &chat("openai", fields.clone())).await;
        assert_eq!(refused.status, status, "{fields}: {}", refused.text());
        assert_eq!(refused.json()["error"]["param"], param, "{fields}");
    }
    let missing = asked(&house, &key, &chat("openai", json!({"prompt_id": "p"}))).await;
    assert!(missing.message().contains("needs a value for 'n'"), "{}", missing.text());
    assert_eq!(house.fakes.openai.count(), 0);
    let fine = json!({"prompt_id": "p", "prompt_variables": {"n": 3}});
    assert_eq!(asked(&house, &key, &chat("openai", fine)).await.status, 200);
    assert_eq!(house.fakes.openai.last().unwrap().json()["messages"][0]["content"], "3  you");
}

#[tokio::test]
async fn keys_and_teams_are_held_to_the_prompts_and_models_that_they_have() {
    let house = House::open().await;
    made(&house, "open", "Hi").await;
    made(&house, "other", "Hi").await;
    made(&house, "elsewhere", "---\nmodel: anthropic\n---\nHi").await;
    house.done("/team/new", &json!({"team_id": "t", "prompts": ["open", "elsewhere"]})).await;
    let key = house.key(&json!({"prompts": ["open"], "models": ["openai"]})).await;
    let teams = house.key(&json!({"team_id": "t", "models": ["openai"]})).await;
    for key in [&key, &teams] {
        let named = |id: &str| chat("openai", json!({"prompt_id": id}));
        assert_eq!(asked(&house, key, &named("open")).await.status, 200);
        let refused = asked(&house, key, &named("other")).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert_eq!(refused.json()["error"]["type"], "prompt_access_denied", "{}", refused.text());
        let list = house.get("/prompts/list", key).await.json();
        assert!(list["prompts"][0]["prompt_id"] != "other", "{list}");
        assert!(!list["prompts"].as_array().unwrap().is_empty(), "{list}");
        assert_eq!(house.get("/prompts/open/info", key).await.status, 401);
    }
    // A prompt opens no model.
    let refused = asked(&house, &teams, &chat("openai", json!({"prompt_id": "elsewhere"}))).await;
    assert_eq!(refused.json()["error"]["type"], "key_model_access_denied", "{}", refused.text());
    assert_eq!(house.info(&key).await["prompts"], json!(["open"]));
    house.done("/user/new", &json!({"user_id": "u"})).await;
    let own = house.key(&json!({"user_id": "u", "prompts": ["open"]})).await;
    for (prompts, status) in
        [(json!(["open"]), 200), (json!(["open", "other"]), 403), (json!([]), 403)]
    {
        let answer = house.post("/key/generate", &own, &json!({"prompts": prompts})).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // A key without a list of its own sees none listed.
    let plain = house.key(&json!({})).await;
    assert_eq!(house.get("/prompts/list", &plain).await.json(), json!({"prompts": []}));
}

#[tokio::test]
async fn prompts_of_the_file_are_used_and_shown_and_changed_nowhere_else() {
    let settings = "prompts:\n  - prompt_id: filed\n    litellm_params:\n      prompt_integration: dotprompt\n      dotprompt_content: \"User: Hi {{name}}\"";
    let house = House::plan().settings(settings).open().await;
    let named = json!({"prompt_id": "filed", "prompt_variables": {"name": "Ann"}});
    assert_eq!(asked(&house, MASTER, &chat("openai", named)).await.status, 200);
    assert_eq!(house.fakes.openai.last().unwrap().json()["messages"][0]["content"], "Hi Ann");
    let info = house.get("/prompts/filed", MASTER).await.json();
    assert_eq!(info["prompt_spec"]["prompt_info"]["prompt_type"], "config");
    assert_eq!(house.get("/prompts/list", MASTER).await.json()["prompts"][0]["prompt_id"], "filed");
    let params = json!({"litellm_params": dotprompt("x")});
    for (method, path, body) in [
        (Method::PUT, "/prompts/filed", params.clone()),
        (Method::PATCH, "/prompts/filed", params.clone()),
        (Method::DELETE, "/prompts/filed", json!({})),
        (Method::POST, "/prompts", json!({"prompt_id": "filed", "litellm_params": dotprompt("x")})),
    ] {
        let refused = house.master(method, path, &body).await;
        assert_eq!(refused.status, 400, "{path}: {}", refused.text());
        assert!(refused.text().contains("config prompts"), "{}", refused.text());
    }
}

#[tokio::test]
async fn what_cannot_be_a_prompt_is_refused_and_nothing_is_kept() {
    let house = House::open().await;
    for (body, status) in [
        (json!({"litellm_params": dotprompt("x")}), 422),
        (json!({"prompt_id": "p"}), 422),
        (json!({"prompt_id": "p.v2", "litellm_params": dotprompt("x")}), 400),
        (json!({"prompt_id": "list", "litellm_params": dotprompt("x")}), 400),
        (json!({"prompt_id": "p", "litellm_params": dotprompt("{% if x %}")}), 400),
        (json!({"prompt_id": "p", "litellm_params": dotprompt("---\ntop_k: 1\n---\nx")}), 400),
        (json!({"prompt_id": "p", "litellm_params": dotprompt("x"), "promt_info": {"a": 1}}), 400),
        (
            json!({"prompt_id": "p", "litellm_params": dotprompt("x"),
            "prompt_info": {"environment": "production"}}),
            400,
        ),
        (json!({"prompt_id": 7, "litellm_params": dotprompt("x")}), 422),
    ] {
        let refused = house.post("/prompts", MASTER, &body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text());
    }
    assert_eq!(house.get("/prompts/list", MASTER).await.json(), json!({"prompts": []}));
    let body = json!({"litellm_params": dotprompt("x")});
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let body = if method == Method::DELETE { json!({}) } else { body.clone() };
        assert_eq!(house.master(method, "/prompts/none", &body).await.status, 404);
    }
    assert_eq!(house.get("/prompts/none", MASTER).await.status, 400);
    assert_eq!(house.get("/prompts/none/versions", MASTER).await.status, 404);
}

#[tokio::test]
async fn a_session_keeps_what_the_prompt_said() {
    let house = House::open().await;
    made(&house, "p", "User: I am {{name}}.").await;
    let fields = json!({"prompt_id": "p", "prompt_variables": {"name": "Ann"}, "session_id": "s"});
    assert_eq!(asked(&house, MASTER, &chat("openai", fields)).await.status, 200);
    let ask = Caller::OpenAi.ask("openai", "Who am I?");
    let mut more = ask.clone();
    more["session_id"] = json!("s");
    assert_eq!(asked(&house, MASTER, &more).await.status, 200);
    let sent = house.fakes.openai.last().unwrap().json()["messages"].to_string();
    assert_eq!(sent.matches("I am Ann.").count(), 1, "{sent}");
}
