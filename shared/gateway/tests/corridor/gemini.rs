//! Google's doors: paths, keys, arrays, and bytes that pass as they are.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use crate::house::{Caller, House, INPUT, MASTER, OUTPUT, PRICED, budget, named, post};

const CALLER: Caller = Caller::Gemini;

#[tokio::test]
async fn every_path_and_every_place_of_the_key_leads_to_the_model() {
    let house = House::open().await;
    let body = CALLER.ask("openai", "say hi").to_string();
    for place in [
        "/v1beta/models/openai",
        "/v1/models/openai",
        "/models/openai",
        "/gemini/v1beta/models/openai",
        "/gemini/v1/models/openai",
    ] {
        for (query, name) in [
            (String::new(), "x-goog-api-key"),
            (String::new(), "authorization"),
            (format!("?key={MASTER}"), "x-nothing"),
        ] {
            let value =
                if name == "authorization" { format!("Bearer {MASTER}") } else { MASTER.into() };
            let request = Request::post(format!("{place}:generateContent{query}"))
                .header(header::CONTENT_TYPE, "application/json")
                .header(name, value)
                .body(Body::from(body.clone()))
                .unwrap();
            let answer = house.send(request).await;
            assert_eq!(answer.status, 200, "{place}{query} {name}: {}", answer.text());
            let said = answer.json().pointer("/candidates/0/content/parts/0/text").cloned();
            assert_eq!(said, Some(json!("hi")), "{place}");
        }
    }
    let answer = house.post("/v1beta/models/openai:embedEverything", MASTER, &json!({})).await;
    assert_eq!((answer.status, &answer.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
    let answer =
        house.post("/v1beta/models/openai:generateContent?key=sk-no", "sk-no", &json!({})).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["status"]),
        (401, &json!("UNAUTHENTICATED"))
    );
}

#[tokio::test]
async fn without_alt_sse_a_stream_is_one_array() {
    let house = House::open().await;
    let body = CALLER.ask("", "usage 100 20 say one two three").to_string();
    for provider in ["openai", "gemini"] {
        let key = house.key(&json!({})).await;
        let path = format!("/v1beta/models/{provider}:streamGenerateContent");
        let answer = house.send(post(&path, &key, body.clone())).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let Value::Array(chunks) = answer.json() else { panic!("{}", answer.text()) };
        assert!(chunks.len() > 2, "{chunks:?}");
        let texts = chunks.iter().filter_map(|chunk| {
            chunk.pointer("/candidates/0/content/parts/0/text").and_then(Value::as_str)
        });
        assert_eq!(texts.collect::<String>(), "one two three");
        let last = chunks.last().unwrap();
        assert_eq!(last["candidates"][0]["finishReason"], "STOP");
        assert_eq!(last["usageMetadata"]["promptTokenCount"], 100);
        assert_eq!(house.balanced(&key).await, 100 * INPUT + 20 * OUTPUT, "{provider}");

        let broken = CALLER.ask("", "late error long 20").to_string();
        let answer = house.send(post(&path, &key, broken)).await;
        let Value::Array(chunks) = answer.json() else { panic!("{}", answer.text()) };
        assert!(chunks.last().unwrap()["error"]["message"].is_string(), "{chunks:?}");

        let answer = house.send(post(&path, "sk-nobody", body.clone())).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()[0]["error"]["status"], "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn bytes_pass_to_google_with_nothing_but_the_cap_changed() {
    let house = House::open().await;
    let body = r#"{ "contents":[{"parts":[{"text":"say hi"}]}] ,"safety_settings":[],
        "generationConfig":{"topK":1.0,"maxOutputTokens":900} }"#;
    let path = "/v1beta/models/gemini:generateContent";
    let answer = house.send(post(path, MASTER, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = house.fakes.gemini.last().unwrap();
    assert_eq!(String::from_utf8_lossy(&seen.body), body);
    assert_eq!(seen.path, "/v1beta/models/model-of-gemini:generateContent");
    assert_eq!(seen.header("x-goog-api-key"), Some("sk-fake"));
    assert_eq!(seen.header("authorization"), None);

    // What the budget can pay: less than the cap that was asked for.
    let key = house.key(&budget("0.006")).await;
    let answer = house.send(post(path, &key, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cap: u64 = answer.header("x-sluice-max-tokens").parse().unwrap();
    assert!(cap < 900, "{cap}");
    let seen = house.fakes.gemini.last().unwrap();
    let expected = body.replace("900", &cap.to_string());
    assert_eq!(String::from_utf8_lossy(&seen.body), expected);
}

#[tokio::test]
async fn a_signature_that_a_client_forgets_is_stood_in_for() {
    let house = House::plan()
        .models(|fakes| named(fakes, "three", "gemini/gemini-3-pro-preview", PRICED))
        .open()
        .await;
    for caller in Caller::ALL {
        for stream in [false, true] {
            let body = caller.with_tool(caller.ask("three", "think call get_weather"));
            let place = format!("{caller:?} {stream}");
            let (answer, asked) = caller.call(&house, MASTER, "three", &body, stream).await;
            assert_eq!(asked.calls.len(), 1, "{place}: {}", answer.text());
            // These clients keep the call and forget the thought: Google is told that it is missing.
            let body = caller.with_result(body, &asked, "18 degrees");
            let answer = caller.raw(&house, MASTER, "three", &body, stream).await;
            if caller == Caller::Gemini {
                // Google's own clients must keep it, and hear of it when they do not.
                assert_eq!(answer.status, 400, "{place}");
                assert!(answer.message().contains("thought_signature"), "{}", answer.text());
                continue;
            }
            assert_eq!(answer.status, 200, "{place}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn the_list_of_models_is_googles() {
    let house = House::open().await;
    let key = house.key(&json!({"models": ["openai", "gemini"]})).await;
    let listed = house.get("/v1beta/models", &key).await.json();
    let names: Vec<_> =
        listed["models"].as_array().unwrap().iter().map(|model| model["name"].clone()).collect();
    assert_eq!(names, [json!("models/openai"), json!("models/gemini")]);
    let one = house.get("/v1beta/models/openai", &key).await;
    assert_eq!(one.json()["supportedGenerationMethods"][0], "generateContent");
    let other = house.get("/v1beta/models/bedrock", &key).await;
    assert_eq!((other.status, &other.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn the_usage_row_says_how_it_was_called() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    CALLER.say(&house, &key, "gemini", "say hi").await;
    house.app.orphans().drained().await;
    let row = house.row(&key).await;
    assert_eq!(row["call_type"], "agenerate_content");
    assert_eq!(row["model"], "model-of-gemini");
}

#[tokio::test]
async fn embeddings_are_googles_whoever_makes_them() {
    let house = House::plan()
        .models(|fakes| {
            [
                named(fakes, "google", "gemini/gemini-embedding-001", PRICED),
                named(fakes, "openai", "openai/text-embedding-3-small", PRICED),
            ]
            .concat()
        })
        .open()
        .await;
    let content = |text: &str| json!({"parts": [{"text": text}]});
    for model in ["google", "openai"] {
        let key = house.key(&json!({})).await;
        let one = json!({"content": content("hello"), "taskType": "RETRIEVAL_QUERY"});
        let answer = house.post(&format!("/v1beta/models/{model}:embedContent"), &key, &one).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert!(answer.json()["embedding"]["values"][0].is_number(), "{}", answer.text());
        if model == "openai" {
            assert_eq!(answer.header("x-sluice-dropped"), "taskType");
        }
        let spent = house.balanced(&key).await;
        assert!(spent > 0);

        let path = format!("/v1beta/models/{model}:batchEmbedContents");
        let batch = json!({"requests": [{"content": content("a")}, {"content": content("b")}]});
        let answer = house.post(&path, &key, &batch).await;
        assert_eq!(answer.json()["embeddings"].as_array().unwrap().len(), 2, "{}", answer.text());
        assert!(house.balanced(&key).await > spent);
        let answer = house.post(&path, &key, &json!({"requests": []})).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["error"]["status"], "INVALID_ARGUMENT");
    }
    let seen = house.fakes.gemini.all();
    assert!(seen.iter().all(|seen| seen.path.ends_with(":batchEmbedContents")));
}
