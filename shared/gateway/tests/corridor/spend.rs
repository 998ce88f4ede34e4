//! `/spend/logs`.

use serde_json::json;

use crate::house::{Caller, House, INPUT, MASTER, OUTPUT, nanos, post};

const CALL: i64 = 100 * INPUT + 20 * OUTPUT;

#[tokio::test]
async fn a_row_is_found_by_the_calls_id_and_by_the_answers() {
    let house = House::open().await;
    for provider in ["openai", "anthropic"] {
        let answer = Caller::OpenAi.say(&house, MASTER, provider, "usage 100 20 say hi").await;
        let call = answer.header("x-litellm-call-id").to_owned();
        let told = answer.json()["id"].as_str().unwrap().to_owned();
        for id in [call.clone(), format!("chatcmpl-{call}"), told] {
            let found = house.get(&format!("/spend/logs?request_id={id}"), MASTER).await.json();
            assert_eq!(found[0]["litellm_call_id"], call, "{provider}, {id}: {found}");
            assert_eq!(found[0]["spend_nanos"], CALL);
        }
    }
    assert_eq!(house.get("/spend/logs?request_id=none", MASTER).await.json(), json!([]));
}

#[tokio::test]
async fn a_plain_key_sees_only_its_own_rows() {
    let house = House::open().await;
    let (one, two) = (house.key(&json!({})).await, house.key(&json!({})).await);
    let answer = Caller::OpenAi.say(&house, &one, "openai", "usage 100 20 say hi").await;
    let call = answer.header("x-litellm-call-id").to_owned();
    assert_eq!(house.get("/spend/logs", &one).await.json().as_array().unwrap().len(), 1);
    assert_eq!(house.get("/spend/logs", &two).await.json(), json!([]));
    let found = house.get(&format!("/spend/logs?request_id={call}"), &two).await;
    assert_eq!(found.json(), json!([]));
    assert_eq!(house.get(&format!("/spend/logs?api_key={one}"), &two).await.status, 403);
}

#[tokio::test]
async fn rows_of_a_day_are_summed() {
    let house = House::open().await;
    for _ in 0..3 {
        Caller::OpenAi.say(&house, MASTER, "openai", "usage 100 20 say hi").await;
    }
    let path = "/spend/logs?start_date=2026-11-25&end_date=2026-11-25";
    let days = house.get(path, MASTER).await.json();
    assert_eq!(days[0]["startTime"], "2026-11-25");
    assert_eq!(nanos(&days[0]["spend"]), 3 * CALL);
    let rows = house.get(&format!("{path}&summarize=false"), MASTER).await.json();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    let other = "/spend/logs?start_date=2026-11-26&end_date=2026-11-27";
    assert_eq!(house.get(other, MASTER).await.json(), json!([]));
    assert_eq!(house.get("/spend/logs?start_date=soon", MASTER).await.status, 400);
}

#[tokio::test]
async fn a_row_says_whom_the_call_was_for() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    let chat = json!({"model": "anthropic", "max_tokens": 9, "user": "ada", "tags": ["a", "b"],
        "metadata": {"tags": ["b", "c"]}, "litellm_session_id": "s",
        "messages": [{"role": "user", "content": "say hi"}]});
    assert_eq!(house.post("/v1/chat/completions", &key, &chat).await.status, 200);
    let messages = json!({"model": "openai", "max_tokens": 9, "metadata": {"user_id": "grace"},
        "messages": [{"role": "user", "content": "say hi"}]});
    let mut request = post("/v1/messages", &key, messages.to_string());
    request.headers_mut().insert("x-litellm-tags", "h".parse().unwrap());
    assert_eq!(house.send(request).await.status, 200);
    let embed = json!({"model": "openai", "input": "hi", "user": "joan"});
    assert_eq!(house.post("/v1/embeddings", &key, &embed).await.status, 200);

    let rows = house.rows(&key).await;
    let row = |kind: &str| rows.iter().find(|row| row["call_type"] == kind).unwrap();
    for (kind, user, tags) in [
        ("acompletion", "ada", json!(["a", "b", "c"])),
        ("anthropic_messages", "grace", json!(["h"])),
        ("aembedding", "joan", json!([])),
    ] {
        assert_eq!((&row(kind)["end_user"], &row(kind)["request_tags"]), (&json!(user), &tags));
    }
    assert_eq!(row("acompletion")["session_id"], "s");
}
