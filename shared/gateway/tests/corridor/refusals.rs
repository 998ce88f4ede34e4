//! Who and what is turned away, in the words of the caller's dialect, and without a charge.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use sluice_embedded::Fault;

use crate::house::{Answer, Caller, House, MASTER, PRICED, named, post};

/// The refusal is written as the dialect writes refusals, and can be asked about.
fn shaped(caller: Caller, answer: &Answer, status: u16, place: &str) {
    let place = format!("{caller:?}, {place}: {} {}", answer.status, answer.text());
    assert_eq!(answer.status, status, "{place}");
    assert!(!answer.header("x-litellm-call-id").is_empty(), "{place}");
    assert_eq!(answer.header("content-type"), "application/json", "{place}");
    assert!(!answer.message().is_empty(), "{place}");
    let body = answer.json();
    match caller {
        Caller::OpenAi | Caller::Responses => {
            assert_eq!(body["error"]["code"], status.to_string(), "{place}");
            assert!(body["error"]["type"].is_string(), "{place}");
            assert!(body["error"].get("param").is_some(), "{place}");
        }
        Caller::Anthropic => {
            assert_eq!(body["type"], "error", "{place}");
            assert!(body["error"]["type"].is_string(), "{place}");
            assert_eq!(body["request_id"], answer.header("request-id"), "{place}");
        }
        Caller::Bedrock => {
            assert!(answer.header("x-amzn-errortype").ends_with("Exception"), "{place}");
            assert!(body["message"].is_string(), "{place}");
        }
        Caller::Gemini => {
            assert_eq!(body["error"]["code"], status, "{place}");
            assert!(body["error"]["status"].is_string(), "{place}");
        }
    }
}

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

#[tokio::test]
async fn bad_bodies_are_refused_in_the_callers_dialect_and_cost_nothing() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let key = house.key(&json!({"max_budget": 1})).await;
        let good = caller.ask("openai", "say hi");
        let mut bad: Vec<(&str, Vec<u8>)> = vec![
            ("nothing", Vec::new()),
            ("half a body", good.to_string().into_bytes()[..20].to_vec()),
            ("two bodies", format!("{good}{good}").into_bytes()),
            ("a list", b"[]".to_vec()),
            ("a string", b"\"hi\"".to_vec()),
            ("null", b"null".to_vec()),
            ("invalid UTF-8", good.to_string().replace("say hi", "\u{1}\u{2}").into_bytes()),
        ];
        if let Some((_, bytes)) = bad.last_mut() {
            *bytes = good.to_string().into_bytes();
            let at = bytes.windows(6).position(|window| window == b"say hi").unwrap();
            bytes[at] = 0xff;
        }
        let mut write = |name, body: Value| bad.push((name, body.to_string().into_bytes()));
        let turns = caller.turns();
        write("no messages", without(good.clone(), turns));
        write("null messages", with(good.clone(), turns, Value::Null));
        write("empty messages", with(good.clone(), turns, json!([])));
        if caller != Caller::Responses {
            write("messages of text", with(good.clone(), turns, json!("hi")));
        }
        write("messages of a number", with(good.clone(), turns, json!(7)));
        write("a message of text", with(good.clone(), turns, json!(["hi"])));
        write(
            "a role that is none",
            with(good.clone(), turns, json!([{"role": "king", "content": "hi"}])),
        );
        if caller.names_the_model() {
            write("no model", without(good.clone(), "model"));
            write("model null", with(good.clone(), "model", Value::Null));
            write("model of number", with(good.clone(), "model", json!(7)));
            write("model empty", with(good.clone(), "model", json!("")));
            write("stream of text", with(good.clone(), "stream", json!("yes")));
            let cap = if caller == Caller::Responses { "max_output_tokens" } else { "max_tokens" };
            write("cap of text", with(good.clone(), cap, json!("many")));
            write("negative cap", with(good.clone(), cap, json!(-1)));
            write("unknown model", with(good.clone(), "model", json!("nope")));
        }
        for (name, body) in bad {
            let answer = house.send(post(&caller.path("openai", false), &key, body)).await;
            shaped(caller, &answer, 400, name);
        }
        if !caller.names_the_model() {
            let answer = caller.say(&house, &key, "nope", "hi").await;
            shaped(caller, &answer, 400, "unknown model");
            assert!(answer.message().contains("Invalid model name passed in model=nope"));
        }
        assert_eq!(house.balanced(&key).await, 0);
        // Nothing was admitted, so that nothing was written.
        let rows = house.rows(&key).await;
        assert!(rows.is_empty(), "{rows:?}");
    }
    assert_eq!(house.fakes.openai.count(), 0, "a bad body reached the provider");
}

#[tokio::test]
async fn the_refusal_names_the_parameter() {
    let house = House::open().await;
    let ask = Caller::OpenAi.ask("openai", "hi");
    for (body, param) in [
        (without(ask.clone(), "messages"), "messages"),
        (without(ask.clone(), "model"), "model"),
        (with(ask.clone(), "model", json!("nope")), "model"),
        (with(ask.clone(), "max_tokens", json!("x")), "max_tokens"),
        (with(ask.clone(), "stream", json!(1)), "stream"),
    ] {
        let answer = house.post("/v1/chat/completions", MASTER, &body).await;
        assert_eq!(answer.json()["error"]["param"], param, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read_whole() {
    let house = House::plan().settings("general_settings:\n  max_request_size_mb: 1").open().await;
    for caller in Caller::ALL {
        let body = caller.ask("openai", &"x".repeat(1 << 20));
        let answer = caller.raw(&house, MASTER, "openai", &body, false).await;
        shaped(caller, &answer, 413, "too large");
        let body = caller.ask("openai", &format!("say ok {}", "x".repeat((1 << 20) - 400)));
        let answer = caller.raw(&house, MASTER, "openai", &body, false).await;
        assert_eq!(answer.status, 200, "{}", answer.message());
    }
}

#[tokio::test]
async fn a_body_that_says_it_is_no_json_is_refused_and_one_that_says_nothing_is_tried() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let body = caller.ask("openai", "say hi").to_string();
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; x=y"]
        {
            let mut request = post(&caller.path("openai", false), MASTER, body.clone());
            request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
            shaped(caller, &house.send(request).await, 415, kind);
        }
        for coding in ["gzip", "br", "identity, gzip"] {
            let mut request = post(&caller.path("openai", false), MASTER, body.clone());
            request.headers_mut().insert(header::CONTENT_ENCODING, coding.parse().unwrap());
            let answer = house.send(request).await;
            shaped(caller, &answer, 415, coding);
            assert!(answer.message().contains(coding), "{}", answer.message());
        }
        for kind in
            [Some("application/json; charset=utf-8"), Some("Application/JSON"), Some(""), None]
        {
            let mut request = post(&caller.path("openai", false), MASTER, body.clone());
            request.headers_mut().remove(header::CONTENT_TYPE);
            if let Some(kind) = kind {
                request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
            }
            assert_eq!(house.send(request).await.status, 200, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn wrong_methods_and_unknown_routes_answer_in_the_dialect_of_their_path() {
    let house = House::open().await;
    for (caller, path, status) in [
        (Caller::OpenAi, "/v1/chat/completions", 405),
        (Caller::Anthropic, "/v1/messages", 405),
        (Caller::Bedrock, "/bedrock/model/openai/converse", 405),
        (Caller::OpenAi, "/v1/nothing", 404),
        (Caller::OpenAi, "/nothing", 404),
        (Caller::Anthropic, "/v1/messages/nothing", 404),
        (Caller::Bedrock, "/bedrock/nothing", 404),
        (Caller::Gemini, "/v1beta/nothing", 404),
        (Caller::Gemini, "/v1beta/nothing", 404),
    ] {
        let answer = house.get(path, MASTER).await;
        shaped(caller, &answer, status, path);
    }
    let answer = house.post("/bedrock/model/openai/imagine", MASTER, &json!({})).await;
    shaped(Caller::Bedrock, &answer, 404, "an operation that is not served");
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_same_without() {
    let house = House::open().await;
    for (path, place) in [
        ("/v1/models/", "../models"),
        ("/v1/chat/completions/?api-version=1", "../completions?api-version=1"),
        ("/bedrock/model/openai/converse/", "../converse"),
    ] {
        let answer = house.post(path, MASTER, &json!({})).await;
        assert_eq!((answer.status, answer.header("location")), (307, place), "{path}");
    }
    assert_eq!(house.get("/", MASTER).await.status, 200);
    assert_eq!(house.get("/v1//", MASTER).await.status, 404);
}

#[tokio::test]
async fn without_a_good_key_nothing_is_done() {
    let house = House::open().await;
    for caller in Caller::ALL {
        for (name, value, words) in [
            ("authorization", "", "Malformed API Key"),
            ("authorization", "Bearer", "Malformed API Key"),
            ("authorization", "Bearer ", "Malformed API Key"),
            ("authorization", "Basic c2stYTpi", "No api key passed in"),
            ("authorization", "Bearer not-a-key-0123", "expected to start with 'sk-'"),
            ("authorization", "Bearer sk-nobody-knows-it", "Invalid API key provided"),
            ("x-other", "sk-nobody-knows-it", "No api key passed in"),
        ] {
            let body = caller.ask("openai", "say hi").to_string();
            let request = Request::post(caller.path("openai", false))
                .header(name, value)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            let answer = house.send(request).await;
            let place = format!("{name}: {value}");
            shaped(caller, &answer, 401, &place);
            assert!(answer.message().contains(words), "{place}: {}", answer.message());
            assert!(!answer.text().contains("not-a-key-0123"), "the token was told");
        }
    }
    assert_eq!(house.fakes.openai.count(), 0);
}

#[tokio::test]
async fn the_key_is_found_in_every_header_that_clients_use() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    for (name, value) in [
        ("authorization", format!("Bearer {key}")),
        ("authorization", format!("bearer {key}")),
        ("x-api-key", key.clone()),
        ("api-key", key.clone()),
        ("x-goog-api-key", key.clone()),
        ("ocp-apim-subscription-key", key.clone()),
        ("x-litellm-api-key", key.clone()),
        ("x-litellm-api-key", format!("Bearer {key}")),
    ] {
        let request = Request::post("/v1/chat/completions")
            .header(name, &value)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(Caller::OpenAi.ask("openai", "say hi").to_string()))
            .unwrap();
        let answer = house.send(request).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_expired_key_is_told_when_it_expired() {
    let house = House::open().await;
    let key = house.key(&json!({"duration": "30s"})).await;
    house.clock.advance(std::time::Duration::from_secs(29));
    assert_eq!(Caller::OpenAi.say(&house, &key, "openai", "say hi").await.status, 200);
    house.clock.advance(std::time::Duration::from_secs(1));
    for caller in Caller::ALL {
        let answer = caller.say(&house, &key, "openai", "say hi").await;
        shaped(caller, &answer, 401, "expired");
        assert!(answer.message().contains("Expired Key"), "{}", answer.message());
    }
    let answer = Caller::OpenAi.say(&house, &key, "openai", "say hi").await;
    assert_eq!(answer.json()["error"]["type"], "expired_key");
    assert_eq!(house.info(&key).await["status"], "expired");
}

#[tokio::test]
async fn a_deleted_or_blocked_key_is_refused_at_its_next_request_by_every_process() {
    let house = House::plan()
        .models(|fakes| crate::house::deployment(fakes, "demo", "demo", crate::house::PRICED))
        .open()
        .await;
    let other = house.beside(MASTER).await;
    for route in ["/key/block", "/key/delete"] {
        let key = house.key(&json!({"max_budget": 5})).await;
        // Both have the key in their caches now.
        for one in [&house, &other] {
            assert_eq!(Caller::OpenAi.say(one, &key, "demo", "hi").await.status, 200);
        }
        let body = match route {
            "/key/block" => json!({"key": key}),
            _ => json!({"keys": [key]}),
        };
        assert_eq!(house.post(route, MASTER, &body).await.status, 200);
        for one in [&house, &other] {
            for caller in Caller::ALL {
                let answer = caller.say(one, &key, "demo", "hi").await;
                shaped(caller, &answer, 401, route);
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_never_a_wrong_key() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    for fault in [Fault::LostBefore, Fault::Internal, Fault::Throttled] {
        house.faults.storm(1, 100, &[fault]);
        for caller in Caller::ALL {
            let answer = caller.say(&house, &key, "openai", "say hi").await;
            shaped(caller, &answer, 503, "store down");
            let answer = caller.say(&house, "sk-nobody-knows-it", "openai", "say hi").await;
            shaped(caller, &answer, 503, "store down, unknown key");
        }
        for path in ["/key/info", "/key/list", "/spend/logs", "/v1/models", "/health/readiness"] {
            let answer = house.get(path, &key).await;
            assert_eq!(answer.status, 503, "{path}: {}", answer.text());
        }
        assert_eq!(house.get("/health/liveliness", "").await.status, 200);
        house.faults.clear();
    }
    assert_eq!(house.fakes.openai.count(), 0);
    assert_eq!(Caller::OpenAi.say(&house, &key, "openai", "say hi").await.status, 200);
}

#[tokio::test]
async fn a_master_key_that_was_replaced_opens_nothing() {
    let house = House::open().await;
    let after = house.beside("sk-the-master-from-now-on").await;
    for path in ["/key/list", "/v1/models", "/key/info"] {
        assert_eq!(after.get(path, MASTER).await.status, 401, "{path}");
        assert_eq!(after.get(path, "sk-the-master-from-now-on").await.status, 200, "{path}");
    }
    assert_eq!(Caller::OpenAi.say(&after, MASTER, "demo", "hi").await.status, 401);
    assert_eq!(after.post("/key/generate", MASTER, &json!({})).await.status, 401);
}

#[tokio::test]
async fn a_key_that_may_not_use_a_model_hears_so_in_its_dialect() {
    let house = House::open().await;
    let key = house.key(&json!({"models": ["anthropic"]})).await;
    for caller in Caller::ALL {
        let answer = caller.say(&house, &key, "openai", "say hi").await;
        shaped(caller, &answer, 403, "another model");
        assert!(answer.message().contains("'openai' is not available for this API key"));
        assert_eq!(caller.say(&house, &key, "anthropic", "say hi").await.status, 200);
    }
    let answer = Caller::OpenAi.say(&house, &key, "openai", "say hi").await;
    assert_eq!(answer.json()["error"]["type"], "key_model_access_denied");
    assert_eq!(answer.json()["error"]["param"], "model");
}

#[tokio::test]
async fn a_call_that_is_refused_at_the_door_says_what_its_key_has_spent() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    let paid = Caller::OpenAi.say(&house, &key, "openai", "say hi").await;
    let spent = paid.header("x-litellm-key-spend");
    assert!(spent.parse::<f64>().unwrap() > 0.0);
    for answer in [
        Caller::OpenAi.say(&house, &key, "nobody", "say hi").await,
        Caller::Anthropic.say(&house, &key, "nobody", "say hi").await,
        house.post("/v1/chat/completions", &key, &json!({"model": "openai"})).await,
        house.post("/v1/embeddings", &key, &json!({"model": "openai"})).await,
    ] {
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_eq!(answer.header("x-litellm-key-spend"), spent);
        assert_eq!(answer.header("x-litellm-response-cost"), "0");
    }
    let stranger = Caller::OpenAi.say(&house, "sk-nobody", "openai", "say hi").await;
    assert_eq!((stranger.status, stranger.header("x-litellm-key-spend")), (401, ""));
}

#[tokio::test]
async fn a_call_that_failed_says_what_one_that_was_answered_says() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "good", "openai/gpt-x", PRICED)
                + &named(fakes, "bad", "openai/fake-error-500", PRICED)
                + &named(fakes, "bad", "openai/fake-error-503", PRICED)
        })
        .open()
        .await;
    let key = house.key(&json!({"max_budget": 1, "rpm_limit": 100})).await;
    let paid = Caller::OpenAi.say(&house, &key, "good", "say hi").await;
    let embed = json!({"model": "bad", "input": "hi", "num_retries": 1});
    for answer in [
        Caller::OpenAi.say(&house, &key, "bad", "say hi").await,
        Caller::Anthropic.say(&house, &key, "bad", "say hi").await,
        house.post("/v1/embeddings", &key, &embed).await,
    ] {
        assert!(answer.status >= 500, "{}", answer.text());
        let said = |name: &str| answer.header(name).to_owned();
        assert_eq!(said("x-litellm-key-spend"), paid.header("x-litellm-key-spend"));
        assert_eq!(said("x-litellm-key-max-budget"), paid.header("x-litellm-key-max-budget"));
        assert_eq!(
            (said("x-litellm-response-cost"), said("x-litellm-model-group")),
            ("0".into(), "bad".into())
        );
        assert_eq!(said("x-litellm-attempted-retries"), said("x-litellm-max-retries"));
        let names = paid.headers.keys().map(http::HeaderName::as_str);
        // What is of parts of an answer is of none here.
        let own = names.filter(|name| name.starts_with("x-litellm-") && !name.contains("-cost-"));
        let lacking: Vec<_> = own.filter(|name| said(name).is_empty()).collect();
        assert_eq!(lacking, [""; 0]);
        let millis = |name: &str| said(name).parse::<f64>().unwrap();
        let overhead = millis("x-litellm-overhead-duration-ms");
        assert!(overhead < millis("x-litellm-response-duration-ms"), "{overhead}");
    }
}
