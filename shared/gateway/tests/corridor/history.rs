//! Sessions: conversations that the gateway keeps, by OpenAI's chat and by Bedrock's Converse.

use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::house::{Answer, House, MASTER, Message, budget};

const CHAT: &str = "/v1/chat/completions";

/// A chat, with further fields.
fn chat(model: &str, prompt: &str, fields: &Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": prompt}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// A Converse request, with fields that are not Converse's.
fn converse(prompt: &str, fields: &Value) -> Value {
    let messages = json!([{"role": "user", "content": [{"text": prompt}]}]);
    json!({"messages": messages, "additionalModelRequestFields": fields})
}

async fn ask(house: &House, key: &str, body: &Value) -> Answer {
    let answer = house.post(CHAT, key, body).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer
}

/// The messages of a session as OpenAI's.
async fn said(house: &House, key: &str, session: &str) -> Vec<Value> {
    let answer = house.post("/chat-history", key, &json!({"session_id": session})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["messages"].as_array().unwrap().clone()
}

/// What each of them says.
async fn words(house: &House, key: &str, session: &str) -> Vec<String> {
    let messages = said(house, key, session).await;
    messages.iter().map(|message| message["content"].as_str().unwrap_or("").to_owned()).collect()
}

async fn missing(house: &House, key: &str, session: &str) -> bool {
    let answer = house.post("/chat-history", key, &json!({"session_id": session})).await;
    answer.status == 404
}

#[tokio::test]
async fn a_session_goes_on_at_every_provider_by_either_surface() {
    let house = House::open().await;
    let key = house.key(&budget("1")).await;
    let first =
        ask(&house, &key, &chat("openai", "say one", &json!({"enable_history": true}))).await;
    let session = first.json()["session_id"].as_str().unwrap().to_owned();
    assert_eq!(first.header("x-session-id"), session);
    assert!(!String::from_utf8_lossy(&house.fakes.openai.last().unwrap().body).contains("history"));

    let mut expected = vec!["say one".to_owned(), "one".to_owned()];
    for provider in ["openai", "anthropic", "bedrock", "gemini", "sagemaker", "demo"] {
        let prompt = format!("say by {provider}");
        let answer =
            ask(&house, &key, &chat(provider, &prompt, &json!({"session_id": session}))).await;
        assert_eq!(answer.json()["session_id"], json!(session), "{provider}");
        expected.extend([
            prompt,
            answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned(),
        ]);

        let prompt = format!("say from {provider}");
        let path = format!("/bedrock/model/{provider}/converse");
        let answer =
            house.post(&path, &key, &converse(&prompt, &json!({"session_id": session}))).await;
        assert_eq!(answer.status, 200, "{provider}: {}", answer.text());
        assert_eq!(answer.header("x-session-id"), session);
        let text = answer.json()["output"]["message"]["content"][0]["text"].clone();
        expected.extend([prompt, text.as_str().unwrap().to_owned()]);
    }
    assert_eq!(words(&house, &key, &session).await, expected);
    for sent in [house.fakes.openai.last(), house.fakes.anthropic.last(), house.fakes.gemini.last()]
    {
        let body = String::from_utf8_lossy(&sent.unwrap().body).into_owned();
        assert!(body.contains("say one") && !body.contains(&session), "{body}");
    }
    house.balanced(&key).await;
    let rows = house.rows(&key).await;
    let prompts: Vec<i64> = rows.iter().map(|row| row["prompt_tokens"].as_i64().unwrap()).collect();
    assert!(prompts.first() > prompts.last(), "the conversation is paid for whole: {prompts:?}");
    assert!(rows.iter().all(|row| row["session_id"] == json!(session)), "{rows:?}");
}

#[tokio::test]
async fn a_streamed_answer_is_appended_before_its_end_is_told_and_its_first_event_names_the_session()
 {
    let house = House::open().await;
    for provider in ["openai", "anthropic", "bedrock", "gemini", "sagemaker"] {
        let key = house.key(&budget("1")).await;
        let body =
            chat(provider, "say hello there", &json!({"enable_history": true, "stream": true}));
        let answer = ask(&house, &key, &body).await;
        let session = answer.header("x-session-id").to_owned();
        let text = answer.text();
        let events: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
            .collect();
        assert_eq!(events[0]["session_id"], json!(session), "{provider}: {text}");
        assert!(events[1..].iter().all(|event| event.get("session_id").is_none()), "{text}");
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
        assert_eq!(words(&house, &key, &session).await, ["say hello there", "hello there"]);

        let path = format!("/bedrock/model/{provider}/converse-stream");
        let answer =
            house.post(&path, &key, &converse("say more", &json!({"session_id": session}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-session-id"), session);
        let events = Message::all(&answer.body);
        assert_eq!(events.last().unwrap().header(":event-type"), "metadata", "{provider}");
        let now = words(&house, &key, &session).await;
        assert_eq!(now, ["say hello there", "hello there", "say more", "more"], "{provider}");
        house.balanced(&key).await;
    }
}

#[tokio::test]
async fn turns_at_once_lose_nothing() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    let calls = (0..20).map(|at| {
        let (house, key) = (&house, &key);
        async move {
            let stream = at % 2 == 0;
            let fields = json!({"session_id": "busy", "stream": stream});
            ask(house, key, &chat("openai", &format!("say {at}"), &fields)).await
        }
    });
    join_all(calls).await;
    let mut said = words(&house, &key, "busy").await;
    assert_eq!(said.len(), 40);
    said.retain(|text| text.starts_with("say "));
    said.sort();
    said.dedup();
    assert_eq!(said.len(), 20);
    let next = ask(&house, &key, &chat("openai", "say end", &json!({"session_id": "busy"}))).await;
    assert_eq!(next.status, 200);
    let body: Value = serde_json::from_slice(&house.fakes.openai.last().unwrap().body).unwrap();
    assert_eq!(body["messages"].as_array().unwrap().len(), 41);
}

#[tokio::test]
async fn a_session_is_of_whoever_had_it() {
    let house = House::open().await;
    let user = house.done("/user/new", &json!({"user_id": "ann"})).await;
    let own = user["key"].as_str().unwrap().to_owned();
    let second = house.key(&json!({"user_id": "ann"})).await;
    let stranger = house.key(&json!({})).await;
    house
        .done(
            "/team/new",
            &json!({"team_id": "t", "members_with_roles": [{"role": "user", "user_id": "ann"}]}),
        )
        .await;
    let of_team = house.key(&json!({"user_id": "ann", "team_id": "t"})).await;

    ask(&house, &own, &chat("openai", "say mine", &json!({"session_id": "s"}))).await;
    assert_eq!(words(&house, &second, "s").await, ["say mine", "mine"]);
    for key in [&stranger, &of_team, &MASTER.to_owned()] {
        assert!(missing(&house, key, "s").await);
        let ids = house.post("/session-ids", key, &json!({})).await;
        assert_eq!(ids.json(), json!({"session_ids": []}));
    }
    // The same name is another session for another caller.
    ask(&house, &stranger, &chat("openai", "say theirs", &json!({"session_id": "s"}))).await;
    assert_eq!(words(&house, &stranger, "s").await, ["say theirs", "theirs"]);
    assert_eq!(words(&house, &own, "s").await, ["say mine", "mine"]);

    let ids = house.get("/session-ids", &own).await;
    assert_eq!(ids.json(), json!({"session_ids": ["s"]}));
    let gone = Request::delete("/chat-history?session_id=s")
        .header(header::AUTHORIZATION, format!("Bearer {own}"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(house.send(gone).await.json(), json!({"session_id": "s", "deleted": true}));
    assert!(missing(&house, &own, "s").await);
    assert_eq!(house.get("/session-ids", &own).await.json(), json!({"session_ids": []}));
    assert!(!missing(&house, &stranger, "s").await);
    for path in ["/chat-history", "/bedrock/chat-history", "/session-ids"] {
        let answer =
            house.post(path, "sk-nobody-knows-this-key", &json!({"session_id": "s"})).await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn what_fails_breaks_off_or_is_left_is_not_appended() {
    let house = House::open().await;
    let key = house.key(&budget("1")).await;
    ask(&house, &key, &chat("openai", "say kept", &json!({"session_id": "s"}))).await;
    for (prompt, stream) in [
        ("error 400", false),
        ("error 400", true),
        ("die long 40", true),
        ("cut long 40", true),
        ("late error long 40", true),
    ] {
        let fields = json!({"session_id": "s", "stream": stream, "num_retries": 0});
        let request = crate::house::post(CHAT, &key, chat("openai", prompt, &fields).to_string());
        let body = house.begin(request).await.into_body();
        drop(body.collect().await);
    }
    // Left in the middle: the call is cancelled.
    let fields = json!({"session_id": "s", "stream": true});
    let request =
        crate::house::post(CHAT, &key, chat("openai", "slow 20 long 50", &fields).to_string());
    let mut body = house.begin(request).await.into_body();
    drop(body.frame().await);
    drop(body);
    house.balanced(&key).await;
    assert_eq!(words(&house, &key, "s").await, ["say kept", "kept"]);
    let poor = house.key(&json!({"max_budget": 0})).await;
    let refused =
        house.post(CHAT, &poor, &chat("openai", "say x", &json!({"session_id": "s"}))).await;
    assert_ne!(refused.status, 200);
    assert!(missing(&house, &poor, "s").await);
}

#[tokio::test]
async fn tools_pictures_and_instructions_are_kept_on_both_surfaces() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    let tools = json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}}]);
    let picture =
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}});
    let asked = json!({"model": "openai", "session_id": "s", "tools": tools, "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}]});
    let called = ask(&house, &key, &asked).await.json();
    let id = called["choices"][0]["message"]["tool_calls"][0]["id"].clone();
    assert!(id.is_string(), "{called}");
    let result = json!({"model": "anthropic", "session_id": "s", "tools": tools,
        "messages": [{"role": "tool", "tool_call_id": id, "content": "42"}]});
    let told = ask(&house, &key, &result).await.json();
    assert_eq!(told["choices"][0]["message"]["content"], "The tool said: 42");

    let messages = said(&house, &key, "s").await;
    let roles: Vec<&str> =
        messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant"]);
    assert_eq!(messages[1]["content"][1], picture);
    assert_eq!(messages[2]["tool_calls"][0]["id"], id);

    let kept = house.get("/bedrock/chat-history?session_id=s", &key).await.json();
    assert_eq!(kept["system"], json!([{"text": "Be kind."}]));
    assert_eq!(kept["messages"][0]["content"][1]["image"]["source"]["bytes"], "iVBORw0KGgo=");
    assert_eq!(kept["messages"][1]["content"][0]["toolUse"]["name"], "look");
    assert_eq!(kept["messages"][2]["content"][0]["toolResult"]["toolUseId"], id);

    // Other instructions stand in the place of the earlier ones.
    let other = json!({"model": "openai", "session_id": "s", "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "say ok"}]});
    ask(&house, &key, &other).await;
    let kept = house.get("/chat-history?session_id=s", &key).await.json();
    assert_eq!(kept["messages"][0], json!({"role": "system", "content": "Be brief."}));
    assert!(!kept.to_string().contains("Be kind."));
}

#[tokio::test]
async fn a_session_is_bounded_and_over_after_its_days() {
    let house = House::plan()
        .settings(
            "general_settings:\n  chat_history: {retention_days: 2, max_turns: 2, max_size_mb: 1}",
        )
        .open()
        .await;
    let key = house.key(&json!({})).await;
    let turn = |prompt: &str| chat("openai", prompt, &json!({"session_id": "s"}));
    ask(&house, &key, &turn("say 1")).await;
    ask(&house, &key, &turn("say 2")).await;
    let full = house.post(CHAT, &key, &turn("say 3")).await;
    assert_eq!((full.status, full.json()["error"]["type"].clone()), (400, json!("session_full")));
    assert!(full.message().contains("2 turns"), "{}", full.message());
    let large =
        chat("openai", &format!("say {}", "x".repeat(1 << 20)), &json!({"session_id": "t"}));
    let full = house.post(CHAT, &key, &large).await;
    assert_eq!((full.status, full.json()["error"]["param"].clone()), (400, json!("session_id")));
    let path = "/bedrock/model/openai/converse";
    let full = house.post(path, &key, &converse("say 3", &json!({"session_id": "s"}))).await;
    assert_eq!((full.status, full.header("x-amzn-errortype")), (400, "ValidationException"));

    house.clock.advance(std::time::Duration::from_secs(2 * 24 * 60 * 60));
    assert!(missing(&house, &key, "s").await);
    ask(&house, &key, &turn("say new")).await;
    assert_eq!(words(&house, &key, "s").await, ["say new", "new"]);
}

#[tokio::test]
async fn a_session_goes_on_where_a_fallback_answers() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    ask(&house, &key, &chat("anthropic", "say one", &json!({"session_id": "s"}))).await;
    let fields =
        json!({"session_id": "s", "mock_testing_fallbacks": true, "fallbacks": ["anthropic"]});
    let answer = ask(&house, &key, &chat("openai", "say two", &fields)).await;
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "1");
    assert_eq!(answer.header("x-session-id"), "s");
    assert_eq!(words(&house, &key, "s").await, ["say one", "one", "say two", "two"]);
}

#[tokio::test]
async fn what_cannot_be_a_session_is_refused_and_nothing_of_it_is_sent_on() {
    let house = House::open().await;
    for (fields, param) in [
        (json!({"session_id": 7}), "session_id"),
        (json!({"session_id": "a b"}), "session_id"),
        (json!({"session_id": ""}), "session_id"),
        (json!({"enable_history": "yes"}), "enable_history"),
    ] {
        let answer = house.post(CHAT, MASTER, &chat("openai", "say x", &fields)).await;
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!(param)));
        let answer =
            house.post("/bedrock/model/openai/converse", MASTER, &converse("say x", &fields)).await;
        assert_eq!(
            (answer.status, answer.header("x-amzn-errortype")),
            (400, "ValidationException")
        );
    }
    for path in ["/chat-history", "/bedrock/chat-history"] {
        for body in [json!({}), json!({"session_id": 1}), json!({"session_id": "a\nb"}), json!([])]
        {
            let answer = house.post(path, MASTER, &body).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
        }
    }
    assert_eq!(house.fakes.openai.count(), 0);
    let off = json!({"session_id": null, "enable_history": false});
    let answer = ask(&house, MASTER, &chat("openai", "say x", &off)).await;
    assert!(answer.header("x-session-id").is_empty());
    let body: Value = serde_json::from_slice(&house.fakes.openai.last().unwrap().body).unwrap();
    assert!(body.get("session_id").is_none() && body.get("enable_history").is_none(), "{body}");
}
