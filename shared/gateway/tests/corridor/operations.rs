//! Calls that are not a chat: the same doors, the same money.

use serde_json::{Value, json};

use crate::house::{House, budget, decimal, named};

/// A price per token that every test of embeddings counts with, in nano-dollars.
const TOKEN: i64 = 2_000;
const PRICED: &str = "\n      input_cost_per_token: 0.000002\n      output_cost_per_token: 0";

async fn embedding_house() -> House {
    House::plan()
        .models(|fakes| {
            [
                named(fakes, "embed", "openai/text-embedding-3-small", PRICED),
                named(fakes, "floats", "openai/fake-floats", PRICED),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
                named(fakes, "unpriced", "openai/nobody-knows", ""),
                named(
                    fakes,
                    "spare",
                    "openai/fake-error-500",
                    &format!("{PRICED}\n      order: 1"),
                ),
                named(fakes, "spare", "openai/gpt", &format!("{PRICED}\n      order: 2")),
            ]
            .concat()
        })
        .open()
        .await
}

#[tokio::test]
async fn embeddings_reach_a_compatible_provider_byte_for_byte_save_the_model() {
    let house = embedding_house().await;
    let key = house.key(&budget("1")).await;
    let body =
        r#"{ "input" : "usage 40 0 say it" ,"model":"embed","odd":{"a":1.50}, "metadata":1}"#;
    let answer = house.send(crate::house::post("/v1/embeddings", &key, body)).await;
    // The fake refuses what OpenAI does not know: it got everything.
    assert_eq!(answer.status, 400, "{}", answer.text());
    let seen = house.fakes.openai.all();
    let sent = String::from_utf8(seen.last().unwrap().body.to_vec()).unwrap();
    assert_eq!(sent, body.replace("\"embed\"", "\"text-embedding-3-small\""));

    let key = house.key(&budget("1")).await;
    let body = json!({"model": "embed", "input": "usage 40 0 say it", "litellm_trace_id": "x"});
    let answer = house.post("/embeddings", &key, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["model"], "embed");
    assert_eq!(answer.json()["unheard_of"], true);
    assert_eq!(decimal(answer.header("x-litellm-response-cost")), 40 * TOKEN);
    assert_eq!(house.balanced(&key).await, 40 * TOKEN);
    let row = house.row(&key).await;
    assert_eq!(row["call_type"], "aembedding");
    assert_eq!((&row["prompt_tokens"], &row["completion_tokens"]), (&json!(40), &json!(0)));
}

#[tokio::test]
async fn a_server_that_knows_no_base64_is_translated_for() {
    let house = embedding_house().await;
    let key = house.key(&json!({})).await;
    let ask = |model: &str| json!({"model": model, "input": ["a"], "encoding_format": "base64"});
    let packed = house.post("/v1/embeddings", &key, &ask("embed")).await.json();
    let floats = house.post("/v1/embeddings", &key, &ask("floats")).await.json();
    assert!(packed["data"][0]["embedding"].is_string());
    assert_eq!(packed["data"], floats["data"]);
}

#[tokio::test]
async fn what_cannot_be_served_or_bounded_is_refused_and_nothing_stays_reserved() {
    let house = embedding_house().await;
    let key = house.key(&budget("1")).await;
    let ask = |model: &str, input: Value| json!({"model": model, "input": input});
    let long = "x".repeat(600_000);
    for (model, input, status, words) in [
        ("chat-only", json!("a"), 400, "embeddings is not supported"),
        ("unpriced", json!("a"), 403, "input_cost_per_token"),
        ("nowhere", json!("a"), 400, "Invalid model name"),
        ("embed", json!([]), 400, "empty array"),
        ("embed", json!("error 429"), 429, "Rate limit"),
        ("embed", json!(long), 422, "Budget has been exceeded"),
    ] {
        let answer = house.post("/v1/embeddings", &key, &ask(model, input)).await;
        assert_eq!(answer.status, status, "{model}: {}", answer.text());
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{model}: {message}");
        assert_eq!(house.account(&key).await, (0, 0), "{model}");
    }
}

#[tokio::test]
async fn a_key_reaches_only_its_models_and_a_spare_takes_over() {
    let house = embedding_house().await;
    let key = house.key(&json!({"models": ["spare"], "max_budget": 1})).await;
    let ask = |model: &str| json!({"model": model, "input": "usage 10 0 say it"});
    let answer = house.post("/v1/embeddings", &key, &ask("embed")).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    let answer = house.post("/v1/embeddings", &key, &ask("spare")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-attempted-retries"), "1");
    assert_eq!(house.balanced(&key).await, 10 * TOKEN);
}

#[tokio::test]
async fn embeddings_are_translated_for_every_other_provider() {
    let house = House::plan()
        .models(|fakes| {
            let cohere =
                format!("{PRICED}\n      api_base: {}\n      api_key: sk", fakes.openai_url);
            [
                named(fakes, "titan", "bedrock/amazon.titan-embed-text-v2:0", PRICED),
                named(fakes, "titan-image", "bedrock/amazon.titan-embed-image-v1", PRICED),
                named(fakes, "bedrock-cohere", "bedrock/us.cohere.embed-v4:0", PRICED),
                named(fakes, "nova", "bedrock/amazon.nova-2-multimodal-embeddings-v1:0", PRICED),
                named(fakes, "cohere", "cohere/embed-v4.0", &cohere),
                named(fakes, "sage", "sagemaker/embedder", PRICED),
                named(fakes, "old-titan", "bedrock/amazon.titan-embed-text-v1", PRICED),
            ]
            .concat()
        })
        .open()
        .await;
    for (model, tokens) in [
        ("titan", Some(60)),
        ("titan-image", Some(60)),
        ("bedrock-cohere", Some(30)),
        ("nova", Some(60)),
        ("cohere", Some(30)),
        ("sage", None),
    ] {
        let key = house.key(&budget("1")).await;
        // Titan and Nova take one text a call, and each of these says 30.
        let inputs = ["usage 30 0 say one", "usage 30 0 say two"];
        let ask = json!({"model": model, "input": inputs, "encoding_format": "base64"});
        let answer = house.post("/v1/embeddings", &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        let body = answer.json();
        assert_eq!((&body["model"], &body["object"]), (&json!(model), &json!("list")), "{model}");
        assert_eq!(body["data"].as_array().unwrap().len(), 2, "{model}");
        assert!(body["data"][1]["embedding"].is_string(), "{model}");
        assert_ne!(body["data"][0]["embedding"], body["data"][1]["embedding"], "{model}");
        let spent = house.balanced(&key).await;
        match tokens {
            Some(tokens) => assert_eq!(spent, tokens * TOKEN, "{model}"),
            None => assert!(spent > 0, "{model}"),
        }
        let row = house.row(&key).await;
        assert_eq!(row["call_type"], "aembedding");
        let float = json!({"model": model, "input": inputs});
        let float = house.post("/v1/embeddings", &key, &float).await.json();
        assert!(float["data"][0]["embedding"][0].is_number(), "{model}: {float}");
    }
    let key = house.key(&budget("1")).await;
    let ask = json!({"model": "old-titan", "input": "a", "dimensions": 256});
    let answer = house.post("/v1/embeddings", &key, &ask).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("dimensions"), "{}", answer.text());
    assert_eq!(house.account(&key).await, (0, 0));
}

/// A search costs two thousandths of a dollar.
const SEARCH: i64 = 2_000_000;
const SEARCHED: &str = "\n      input_cost_per_query: 0.002";

#[tokio::test]
async fn reranking_works_at_every_provider_and_costs_what_was_searched() {
    let house = House::plan()
        .models(|fakes| {
            let at = |base: &str| format!("\n      api_base: {base}\n      api_key: sk");
            let cohere = at(&fakes.openai_url);
            let jina = at(&format!("{}/v1", fakes.openai_url));
            [
                named(fakes, "cohere", "cohere/rerank-v3.5", &format!("{SEARCHED}{cohere}")),
                named(fakes, "jina", "jina_ai/jina-reranker-v3", &format!("{PRICED}{jina}")),
                named(fakes, "bedrock-cohere", "bedrock/cohere.rerank-v3-5:0", SEARCHED),
                named(fakes, "bedrock-amazon", "bedrock/amazon.rerank-v1:0", SEARCHED),
                named(fakes, "sage", "sagemaker/ranker", SEARCHED),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
            ]
            .concat()
        })
        .open()
        .await;
    for (model, path, cost) in [
        ("cohere", "/v2/rerank", 2 * SEARCH),
        ("jina", "/v1/rerank", 2 * TOKEN),
        ("bedrock-cohere", "/rerank", SEARCH),
        ("bedrock-amazon", "/v1/rerank", SEARCH),
        ("sage", "/v2/rerank", SEARCH),
    ] {
        let key = house.key(&budget("1")).await;
        let ask = json!({"model": model, "query": "usage 2 0 say blue sky", "top_n": 2,
            "documents": ["green grass", "the sky is blue", "blue"], "return_documents": true});
        let answer = house.post(path, &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        let results = answer.json()["results"].clone();
        assert_eq!(results.as_array().unwrap().len(), 2, "{model}");
        assert_eq!(results[0]["index"], 1, "{model}");
        assert_eq!(results[0]["document"]["text"], "the sky is blue", "{model}");
        assert_eq!(house.balanced(&key).await, cost, "{model}");
        assert_eq!(decimal(answer.header("x-litellm-response-cost")), cost, "{model}");
        assert_eq!(house.row(&key).await["call_type"], "arerank");
    }
    let key = house.key(&budget("0.0001")).await;
    for (model, status) in [("cohere", 422), ("chat-only", 400)] {
        let ask = json!({"model": model, "query": "q", "documents": ["a"]});
        let answer = house.post("/v2/rerank", &key, &ask).await;
        assert_eq!(answer.status, status, "{model}: {}", answer.text());
        assert_eq!(house.account(&key).await, (0, 0));
    }
}

#[tokio::test]
async fn moderations_pass_and_a_free_model_needs_no_budget() {
    let house = House::plan()
        .models(|fakes| {
            [
                named(fakes, "omni-moderation-latest", "openai/omni-moderation-latest", ""),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
            ]
            .concat()
        })
        .open()
        .await;
    let key = house.key(&budget("0.000001")).await;
    for body in [
        json!({"input": ["some violence", "peace"]}),
        json!({"model": "omni-moderation-latest", "input": "some violence"}),
    ] {
        let answer = house.post("/v1/moderations", &key, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["results"][0]["flagged"], true);
    }
    assert_eq!(house.balanced(&key).await, 0);
    assert_eq!(house.rows(&key).await[0]["call_type"], "amoderation");
    for (body, param) in [
        (json!({}), "input"),
        (json!({"input": []}), "input"),
        (json!({"input": 7}), "input"),
        (json!({"input": "a", "model": 7}), "model"),
        (json!({"input": "a", "model": "chat-only"}), "model"),
    ] {
        let answer = house.post("/moderations", &key, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param, "{body}");
    }
}

#[tokio::test]
async fn the_path_may_name_the_model() {
    let house = House::plan()
        .models(|fakes| {
            [
                named(fakes, "gpt", "openai/gpt-4o", PRICED),
                named(fakes, "team/embed", "openai/text-embedding-3-small", PRICED),
            ]
            .concat()
        })
        .open()
        .await;
    let key = house.key(&json!({"models": ["gpt", "team/embed"]})).await;
    let chat = json!({"messages": [{"role": "user", "content": "say hi"}]});
    let other = json!({"model": "x", "messages": [{"role": "user", "content": "say hi"}]});
    for path in [
        "/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
        "/engines/gpt/chat/completions",
    ] {
        for body in [&chat, &other] {
            let answer = house.post(path, &key, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            assert_eq!(answer.json()["model"], "gpt");
        }
    }
    for path in [
        "/openai/deployments/team/embed/embeddings",
        "/openai/deployments/team%2Fembed/embeddings?api-version=1",
        "/engines/team/embed/embeddings",
    ] {
        let answer = house.post(path, &key, &json!({"input": "a"})).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.json()["model"], "team/embed");
    }
    for path in ["/openai/deployments/gpt/nothing", "/engines/embeddings"] {
        assert_eq!(house.post(path, &key, &json!({"input": "a"})).await.status, 404, "{path}");
    }
    let denied = house.post("/engines/secret/embeddings", &key, &json!({"input": "a"})).await;
    assert_eq!(denied.status, 403);
}
