//! Calls that are not a chat: the same doors, the same money.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::house::{House, budget, decimal, named, post};

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
    let answer = house.send(post("/v1/embeddings", &key, body)).await;
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
                named(fakes, "gemini", "gemini/gemini-embedding-001", PRICED),
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
        ("gemini", Some(60)),
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

#[tokio::test]
async fn callers_of_coheres_embed_reach_every_provider() {
    let house = House::plan()
        .models(|fakes| {
            let cohere =
                format!("{PRICED}\n      api_base: {}\n      api_key: sk", fakes.openai_url);
            [
                named(fakes, "cohere", "cohere/embed-v4.0", &cohere),
                named(fakes, "openai", "openai/text-embedding-3-small", PRICED),
                named(fakes, "titan", "bedrock/amazon.titan-embed-text-v2:0", PRICED),
                named(fakes, "bedrock-cohere", "bedrock/cohere.embed-v4:0", PRICED),
            ]
            .concat()
        })
        .open()
        .await;
    for model in ["cohere", "openai", "titan", "bedrock-cohere"] {
        let key = house.key(&budget("1")).await;
        let ask = json!({"model": model, "texts": ["usage 30 0 say one"],
            "input_type": "search_document", "embedding_types": ["float"], "output_dimension": 256});
        let answer = house.post("/v2/embed", &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        let body = answer.json();
        assert_eq!(
            body["embeddings"]["float"][0].as_array().unwrap().len(),
            256,
            "{model}: {body}"
        );
        assert_eq!(body["texts"], json!(["usage 30 0 say one"]), "{model}");
        assert_eq!(body["meta"]["billed_units"]["input_tokens"], 30, "{model}");
        assert_eq!(house.balanced(&key).await, 30 * TOKEN, "{model}");
        assert_eq!(house.row(&key).await["call_type"], "aembedding");
    }
    let key = house.key(&budget("1")).await;
    for (more, model, param) in [
        (json!({"embedding_types": ["int8"], "texts": ["a"]}), "titan", "embedding_types"),
        (json!({}), "cohere", "texts"),
        (json!({"inputs": [{"content": []}]}), "openai", "texts"),
    ] {
        let mut ask = json!({"model": model, "input_type": "search_query"});
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = house.post("/v1/embed", &key, &ask).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains(param), "{}", answer.text());
        assert_eq!(house.account(&key).await, (0, 0));
    }
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
                named(fakes, "moderate", "openai/omni-moderation-latest", ""),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
            ]
            .concat()
        })
        .open()
        .await;
    let key = house.key(&budget("0.000001")).await;
    for body in [
        json!({"input": ["some violence", "peace"]}),
        json!({"model": "moderate", "input": "some violence"}),
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

/// A form with these fields and one file.
fn form(path: &str, key: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").bytes(),
        );
        body.extend(format!("{value}\r\n").bytes());
    }
    let (name, content) = file;
    let head = "Content-Type: application/octet-stream";
    body.extend(
        format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n{head}\r\n\r\n"
        )
        .bytes(),
    );
    body.extend(content);
    body.extend(b"\r\n--edge--\r\n");
    Request::post(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .unwrap()
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nfake\xff\x00bytes";

async fn picture_house() -> House {
    House::plan()
        .models(|fakes| {
            let tokens = "
      input_cost_per_token: 0.000005
      input_cost_per_image_token: 0.00001
      output_cost_per_image_token: 0.00004";
            let each = "\n      output_cost_per_image: 0.04";
            [
                named(fakes, "gpt-image", "openai/gpt-image-x", tokens),
                named(fakes, "dall-e", "openai/dall-e-x", each),
                named(fakes, "canvas", "bedrock/amazon.nova-canvas-v1:0", ""),
                named(fakes, "ultra", "bedrock/stability.stable-image-ultra-v1:1", ""),
                named(fakes, "xl", "bedrock/stability.stable-diffusion-xl-v1", ""),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
                named(fakes, "unpriced", "openai/nobody-knows", ""),
                named(fakes, "chat-priced", "openai/gpt-4o", ""),
            ]
            .concat()
        })
        .open()
        .await
}

#[tokio::test]
async fn images_cost_by_token_or_by_the_piece() {
    let house = picture_house().await;
    for (model, n, cost) in [
        ("gpt-image", 1, 10 * 5_000 + 300 * 40_000),
        ("dall-e", 2, 2 * 40_000_000),
        ("canvas", 2, 2 * 60_000_000),
        ("ultra", 2, 2 * 140_000_000),
    ] {
        let key = house.key(&budget("1")).await;
        let ask = json!({"model": model, "prompt": "usage 10 300 say a cat", "n": n,
            "size": "1024x1024"});
        let answer = house.post("/v1/images/generations", &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert_eq!(answer.json()["data"].as_array().unwrap().len(), n, "{model}");
        assert!(answer.json()["data"][0]["b64_json"].is_string(), "{model}");
        assert_eq!(house.balanced(&key).await, cost, "{model}");
        let row = house.row(&key).await;
        assert_eq!(row["call_type"], "aimage_generation");
        if model == "gpt-image" {
            assert_eq!(
                (&row["prompt_tokens"], &row["completion_tokens"]),
                (&json!(10), &json!(300))
            );
        }
    }
    // The catalogue tells prices apart by size and by steps.
    for (steps, cost) in [(30, 2 * 40_000_000), (60, 2 * 80_000_000)] {
        let key = house.key(&budget("1")).await;
        let ask = json!({"model": "xl", "prompt": "a cat", "n": 2, "size": "1024x1024",
            "steps": steps});
        let answer = house.post("/v1/images/generations", &key, &ask).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(house.balanced(&key).await, cost);
    }
    let key = house.key(&budget("1")).await;
    for (body, status, words) in [
        (json!({"model": "gpt-image"}), 400, "'prompt'"),
        (json!({"prompt": "a"}), 400, "'model'"),
        (json!({"model": "gpt-image", "prompt": "a", "n": 0}), 400, "'n'"),
        (json!({"model": "gpt-image", "prompt": "a", "size": "big"}), 400, "'size'"),
        (json!({"model": "chat-only", "prompt": "a"}), 400, "not supported"),
        (json!({"model": "unpriced", "prompt": "a"}), 403, "output_cost_per_image"),
        (json!({"model": "chat-priced", "prompt": "a"}), 403, "output_cost_per_image"),
        (json!({"model": "canvas", "prompt": "a", "style": "vivid"}), 400, "style"),
        (
            json!({"model": "canvas", "prompt": "a", "n": 10, "quality": "hd", "size": "1x1"}),
            200,
            "",
        ),
        (json!({"model": "canvas", "prompt": "refuse", "n": 1}), 400, "content policy"),
        (json!({"model": "dall-e", "prompt": "error 500"}), 500, ""),
    ] {
        let key = if status == 200 { house.key(&budget("1")).await } else { key.clone() };
        let answer = house.post("/v1/images/generations", &key, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.text().contains(words), "{body}: {}", answer.text());
    }
    house.balanced(&key).await;
}

#[tokio::test]
async fn images_are_edited_with_the_file_s_bytes_untouched() {
    let house = picture_house().await;
    let key = house.key(&budget("1")).await;
    let fields = [("model", "gpt-image"), ("prompt", "usage 10 300 say a hat")];
    let answer = house.send(form("/v1/images/edits", &key, &fields, ("image[]", PNG))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(house.balanced(&key).await, 10 * 5_000 + 100 * 10_000 + 300 * 40_000);
    let sent = house.fakes.openai.all().last().unwrap().body.clone();
    assert!(sent.windows(PNG.len()).any(|window| window == PNG));
    assert!(!String::from_utf8_lossy(&sent).contains("gpt-image\r"));
    let fields = [("model", "canvas"), ("prompt", "a hat")];
    let answer = house.send(form("/v1/images/edits", &key, &fields, ("image", PNG))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for (fields, file, words) in [
        (&[("model", "gpt-image")][..], "image", "'prompt'"),
        (&[("prompt", "a")][..], "image", "'model'"),
        (&[("model", "gpt-image"), ("prompt", "a")][..], "picture", "'image'"),
        (&[("model", "ultra"), ("prompt", "a")][..], "image", "text only"),
    ] {
        let answer = house.send(form("/v1/images/edits", &key, fields, (file, PNG))).await;
        assert_eq!(answer.status, 400, "{words}: {}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    let json = house.post("/v1/images/edits", &key, &json!({"model": "gpt-image"})).await;
    assert_eq!(json.status, 415, "{}", json.text());
}

#[tokio::test]
async fn streamed_images_are_settled_by_their_last_event() {
    let house = picture_house().await;
    let key = house.key(&budget("1")).await;
    let ask = json!({"model": "gpt-image", "prompt": "usage 10 300 say a cat", "stream": true,
        "partial_images": 1});
    let answer = house.post("/v1/images/generations", &key, &ask).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("image_generation.completed"), "{}", answer.text());
    assert_eq!(house.balanced(&key).await, 10 * 5_000 + 300 * 40_000);
}

async fn sound_house() -> House {
    House::plan()
        .models(|fakes| {
            let tokens = "
      input_cost_per_audio_token: 0.000006
      output_cost_per_token: 0.00001";
            [
                named(fakes, "tts", "openai/tts-x", "\n      input_cost_per_character: 0.000015"),
                named(fakes, "tts-tokens", "openai/gpt-tts",
                    "\n      input_cost_per_token: 0.000001\n      output_cost_per_audio_token: 0.00001"),
                named(fakes, "whisper", "openai/whisper-x", "\n      input_cost_per_second: 0.0001"),
                named(fakes, "listener", "openai/gpt-listens", tokens),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
            ]
            .concat()
        })
        .open()
        .await
}

#[tokio::test]
async fn speech_passes_byte_for_byte_and_costs_by_character() {
    let house = sound_house().await;
    let key = house.key(&budget("1")).await;
    let ask = json!({"model": "tts", "input": "Grüezi", "voice": "alloy"});
    let answer = house.post("/v1/audio/speech", &key, &ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "audio/mpeg");
    let sound: Vec<u8> =
        (0..16_u8).flat_map(|_| (0..=250_u8).flat_map(|at| [0xff, 0xfb, at])).collect();
    assert_eq!(answer.body, sound);
    assert_eq!(house.balanced(&key).await, 6 * 15_000);
    let row = house.row(&key).await;
    assert_eq!(row["call_type"], "aspeech");

    let key = house.key(&budget("1")).await;
    let ask = json!({"model": "tts-tokens", "input": "usage 10 200 say it", "voice": "alloy",
        "stream_format": "sse"});
    let answer = house.post("/v1/audio/speech", &key, &ask).await;
    assert!(answer.text().contains("speech.audio.done"), "{}", answer.text());
    assert_eq!(house.balanced(&key).await, 10 * 1_000 + 200 * 10_000);
    for (body, words) in [
        (json!({"input": "a", "voice": "alloy"}), "'model'"),
        (json!({"model": "tts", "voice": "alloy"}), "'input'"),
        (json!({"model": "tts", "input": "a"}), "'voice'"),
        (json!({"model": "tts", "input": "a", "voice": "alloy", "speed": 9}), "'speed'"),
        (json!({"model": "chat-only", "input": "a", "voice": "alloy"}), "not supported"),
    ] {
        let answer = house.post("/v1/audio/speech", &key, &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert!(answer.text().contains(words), "{body}: {}", answer.text());
    }
    house.balanced(&key).await;
}

#[tokio::test]
async fn speech_that_breaks_off_breaks_the_caller_s_connection_and_is_settled() {
    let house = sound_house().await;
    let key = house.key(&budget("1")).await;
    let ask = json!({"model": "tts", "input": "die", "voice": "alloy"});
    let response = house.begin(post("/v1/audio/speech", &key, ask.to_string())).await;
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(house.balanced(&key).await, 3 * 15_000);
    assert_eq!(house.row(&key).await["status"], "failure");
}

#[tokio::test]
async fn a_stream_of_events_that_breaks_ends_with_an_error_and_is_settled() {
    let house = sound_house().await;
    let pictures = picture_house().await;
    for order in ["die", "cut"] {
        let key = house.key(&budget("1")).await;
        let said = format!("{order} say a b c d e f");
        let fields = [("model", "listener"), ("stream", "true")];
        let file = ("file", said.as_bytes());
        let answer = house.send(form("/v1/audio/transcriptions", &key, &fields, file)).await;
        assert!(answer.text().contains("\"error\""), "{order}: {}", answer.text());
        assert!(house.balanced(&key).await > 0, "{order}");
        assert_eq!(house.row(&key).await["status"], "failure", "{order}");

        let key = pictures.key(&budget("1")).await;
        let ask = json!({"model": "gpt-image", "prompt": said, "stream": true});
        let answer = pictures.post("/v1/images/generations", &key, &ask).await;
        assert!(answer.text().contains("\"error\""), "{order}: {}", answer.text());
        assert!(pictures.balanced(&key).await > 0, "{order}");
    }
}

#[tokio::test]
async fn transcriptions_cost_by_second_or_by_token() {
    let house = sound_house().await;
    let said = "say it \u{fc} twice";
    for (model, more, cost) in [
        ("whisper", &[][..], 100_000),
        ("whisper", &[("response_format", "verbose_json")][..], 847_000),
        ("listener", &[][..], 10 * 6_000 + 4 * 10_000),
        ("listener", &[("stream", "true")][..], 10 * 6_000 + 4 * 10_000),
    ] {
        let key = house.key(&budget("1")).await;
        let fields = [&[("model", model), ("language", "de")][..], more].concat();
        let file = ("file", said.as_bytes());
        let answer = house.send(form("/v1/audio/transcriptions", &key, &fields, file)).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert!(answer.text().contains(said), "{model}: {}", answer.text());
        assert_eq!(house.balanced(&key).await, cost, "{model} {more:?}");
        assert_eq!(house.row(&key).await["call_type"], "atranscription");
    }
    let key = house.key(&budget("1")).await;
    let fields = [("model", "whisper"), ("response_format", "text")];
    let request = form("/v1/audio/translations", &key, &fields, ("file", b"hoi"));
    let answer = house.send(request).await;
    assert_eq!(answer.text(), "In English: hoi\n");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    house.balanced(&key).await;
    for (fields, name, words) in [
        (&[("language", "de")][..], "file", "'model'"),
        (&[("model", "whisper")][..], "sound", "'file'"),
        (&[("model", "chat-only")][..], "file", "not supported"),
    ] {
        let request = form("/v1/audio/transcriptions", &key, fields, (name, b"hoi"));
        let answer = house.send(request).await;
        assert_eq!(answer.status, 400, "{words}: {}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    // The path may name the model of a form as well.
    let path = "/openai/deployments/whisper/audio/transcriptions?api-version=1";
    let answer = house.send(form(path, &key, &[("language", "de")], ("file", b"hoi"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let tiny = house.key(&budget("0.00001")).await;
    let long = vec![b'x'; 100_000];
    let request = form("/v1/audio/transcriptions", &tiny, &[("model", "whisper")], ("file", &long));
    assert_eq!(house.send(request).await.status, 422);
    assert_eq!(house.account(&tiny).await, (0, 0));
}

#[tokio::test]
async fn a_form_says_to_the_gateway_what_a_json_body_does() {
    let house = House::plan()
        .models(|fakes| {
            let price = "\n      input_cost_per_second: 0.0001";
            named(fakes, "whisper", "openai/whisper-x", price)
                + &named(fakes, "bad", "openai/fake-error-500", price)
                + &named(
                    fakes,
                    "gpt-image",
                    "openai/gpt-image-x",
                    "\n      output_cost_per_image: 0.04",
                )
        })
        .open()
        .await;
    let key = house.key(&budget("1")).await;
    let said = [
        ("user", "me"),
        ("metadata[tags][]", "a"),
        ("metadata[spend_logs_metadata][job]", "7"),
        ("tags[]", "b"),
        ("timeout", "30"),
        ("num_retries", "0"),
        ("litellm_session_id", "s1"),
        ("cache[no-store]", "true"),
        ("drop_params", "true"),
        ("fallbacks[]", "whisper"),
    ];
    for (model, asked) in [("whisper", "0"), ("bad", "1")] {
        let fields = [&[("model", model), ("language", "de")][..], &said].concat();
        let request = form("/v1/audio/transcriptions", &key, &fields, ("file", b"hoi"));
        let answer = house.send(request).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert_eq!(answer.header("x-litellm-attempted-fallbacks"), asked);
        assert_eq!(answer.header("x-litellm-timeout"), "30");
        let sent = house.fakes.openai.last().unwrap().body.clone();
        let sent = String::from_utf8_lossy(&sent);
        let names: Vec<_> =
            sent.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(names, ["model", "language", "file"]);
        assert!(sent.contains("whisper-x") && sent.contains("hoi"), "{sent}");
    }
    let rows = house.rows(&key).await;
    for row in rows.iter().filter(|row| row["status"] == "success") {
        assert_eq!(row["request_tags"], json!(["b", "a"]), "{row}");
        assert_eq!((&row["end_user"], &row["session_id"]), (&json!("me"), &json!("s1")), "{row}");
    }
    assert_eq!(rows.len(), 3);

    let picture = [("model", "gpt-image"), ("prompt", "a hat"), ("user", "me"), ("tags[]", "x")];
    let answer = house.send(form("/v1/images/edits", &key, &picture, ("image", PNG))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.openai.last().unwrap().body.clone();
    let sent = String::from_utf8_lossy(&sent);
    // OpenAI takes a user here, and no tags.
    assert!(sent.contains("name=\"user\"") && !sent.contains("tags"), "{sent}");

    let asked = house.fakes.openai.count();
    for (name, value) in [
        ("timeout", "soon"),
        ("num_retries", "99"),
        ("guardrails[]", "pii"),
        ("mock_response", "said"),
        ("fallbacks[]", "nobody"),
        ("router_settings_override[routing_strategy]", "x"),
        ("drop_params", "perhaps"),
    ] {
        let fields = [("model", "whisper"), (name, value)];
        let request = form("/v1/audio/transcriptions", &key, &fields, ("file", b"hoi"));
        let answer = house.send(request).await;
        let field = name.split('[').next().unwrap();
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        assert!(answer.text().contains(field), "{name}: {}", answer.text());
    }
    assert_eq!(house.fakes.openai.count(), asked);
}

/// A price of chats and completions, in nano-dollars a token.
const GIVEN: i64 = 2_000;
const MADE: i64 = 8_000;
const BOTH: &str = "\n      input_cost_per_token: 0.000002\n      output_cost_per_token: 0.000008";

async fn completion_house() -> House {
    House::plan()
        .models(|fakes| {
            [
                named(fakes, "legacy", "openai/some-instruct", BOTH),
                named(fakes, "chat", "openai/gpt-4o", BOTH),
                named(fakes, "anthropic", "anthropic/claude-x", BOTH),
                named(fakes, "bedrock", "bedrock/amazon.nova-lite-v1:0", BOTH),
                named(fakes, "demo", "demo/echo", BOTH),
                named(fakes, "unpriced", "openai/nobody-knows", ""),
            ]
            .concat()
        })
        .open()
        .await
}

#[tokio::test]
async fn completions_pass_to_a_provider_that_has_them() {
    let house = completion_house().await;
    let key = house.key(&budget("1")).await;
    let body = r#"{ "prompt":["usage 40 5 say it"], "model" :"legacy","max_tokens":50, "echo":false,"suffix":"x","logprobs":2,"best_of":2}"#;
    let answer = house.send(post("/v1/completions", &key, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = String::from_utf8(house.fakes.openai.all().last().unwrap().body.to_vec()).unwrap();
    assert_eq!(sent, body.replace("\"legacy\"", "\"some-instruct\""));
    assert_eq!(answer.json()["object"], "text_completion");
    assert_eq!(answer.json()["model"], "legacy");
    assert_eq!(answer.json()["choices"][0]["text"], "it");
    assert_eq!(house.balanced(&key).await, 40 * GIVEN + 5 * MADE);
    assert_eq!(house.row(&key).await["call_type"], "atext_completion");

    let key = house.key(&budget("1")).await;
    let ask = json!({"model": "legacy", "prompt": "usage 40 5 say a b c", "stream": true});
    let answer = house.post("/completions", &key, &ask).await;
    let text = answer.text();
    assert!(text.contains("\"a \"") && text.ends_with("data: [DONE]\n\n"), "{text}");
    // The gateway asked for usage, the caller did not.
    assert!(!text.contains("usage"), "{text}");
    assert_eq!(house.balanced(&key).await, 40 * GIVEN + 5 * MADE);
}

#[tokio::test]
async fn completions_are_chats_elsewhere() {
    let house = completion_house().await;
    for model in ["chat", "anthropic", "bedrock"] {
        let key = house.key(&budget("1")).await;
        let ask = json!({"model": model, "prompt": "usage 40 5 say it all", "max_tokens": 50});
        let answer = house.post("/v1/completions", &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        let body = answer.json();
        assert_eq!((&body["object"], &body["model"]), (&json!("text_completion"), &json!(model)));
        assert!(body["id"].as_str().unwrap().starts_with("cmpl-"), "{body}");
        assert_eq!(body["choices"][0]["text"], "it all", "{model}");
        assert_eq!(body["choices"][0]["finish_reason"], "stop");
        assert_eq!(body["usage"]["prompt_tokens"], 40, "{model}");
        assert_eq!(house.balanced(&key).await, 40 * GIVEN + 5 * MADE, "{model}");

        let key = house.key(&budget("1")).await;
        let ask = json!({"model": model, "prompt": ["usage 40 5 say one", "usage 60 7 say two"],
            "max_tokens": 50, "echo": true});
        let answer = house.post("/v1/completions", &key, &ask).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert_eq!(answer.json()["choices"][1]["text"], "usage 60 7 say twotwo", "{model}");
        assert_eq!(answer.json()["choices"][1]["index"], 1);
        assert_eq!(answer.json()["usage"]["completion_tokens"], 12, "{model}");
        assert_eq!(house.balanced(&key).await, 100 * GIVEN + 12 * MADE, "{model}");

        let key = house.key(&budget("1")).await;
        let ask = json!({"model": model, "prompt": "usage 40 5 say it all", "stream": true,
            "stream_options": {"include_usage": true}});
        let answer = house.post("/v1/completions", &key, &ask).await;
        let text = answer.text();
        let chunks: Vec<Value> = text
            .split("\n\n")
            .filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok())
            .collect();
        assert!(text.ends_with("data: [DONE]\n\n"), "{model}: {text}");
        assert!(chunks.iter().all(|chunk| chunk["object"] == "text_completion"), "{text}");
        let said = chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str());
        assert_eq!(said.collect::<String>(), "it all", "{model}: {text}");
        assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 5, "{model}: {text}");
        assert_eq!(house.balanced(&key).await, 40 * GIVEN + 5 * MADE, "{model}");
    }
    let key = house.key(&budget("1")).await;
    for (body, status, words) in [
        (json!({"model": "anthropic", "prompt": "a", "suffix": "z"}), 400, "suffix"),
        (json!({"model": "anthropic", "prompt": "a", "logprobs": 3}), 400, "logprobs"),
        (json!({"model": "chat", "prompt": "a", "best_of": 3}), 400, "best_of"),
        (json!({"model": "chat", "prompt": [1, 2]}), 400, "not tokens"),
        (json!({"model": "chat", "prompt": ["a", "b"], "stream": true}), 400, "one by one"),
        (json!({"model": "chat"}), 400, "'prompt'"),
        (json!({"model": "unpriced", "prompt": "a"}), 403, "no price"),
        (json!({"model": "bedrock", "prompt": "error 429"}), 429, ""),
    ] {
        let answer = house.post("/v1/completions", &key, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.text().contains(words), "{body}: {}", answer.text());
        assert_eq!(house.account(&key).await, (0, 0), "{body}");
    }
    let demo = house.post("/engines/demo/completions", &key, &json!({"prompt": "hi"})).await;
    assert_eq!(demo.json()["object"], "text_completion", "{}", demo.text());
}

#[tokio::test]
async fn a_completion_s_stream_that_breaks_ends_with_an_error() {
    let house = completion_house().await;
    for model in ["legacy", "chat", "anthropic"] {
        for order in ["die", "cut", "late error"] {
            let key = house.key(&budget("1")).await;
            let ask = json!({"model": model, "prompt": format!("{order} say a b c d e f"), "stream": true});
            let answer = house.post("/v1/completions", &key, &ask).await;
            let text = answer.text();
            assert!(text.contains("\"error\""), "{model} {order}: {text}");
            assert!(!text.contains("[DONE]"), "{model} {order}: {text}");
            assert!(house.balanced(&key).await > 0, "{model} {order}");
            assert_eq!(house.row(&key).await["status"], "failure", "{model} {order}");
        }
    }
}
