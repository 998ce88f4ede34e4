//! Reranking in every provider's shape.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::rerank::{Shape, decode_request, encode_response};

fn request() -> Value {
    json!({
        "model": "m", "query": "q", "documents": ["one", {"text": "two"}, {"title": "three"}],
        "top_n": 2, "return_documents": true, "max_tokens_per_doc": 512,
    })
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn each_shape_says_the_same() {
    let request = decode_request(request().to_string().as_bytes()).unwrap();
    let texts = json!(["one", "two", "title: three\n"]);
    assert_eq!(
        read(&Shape::CohereOnBedrock.encode(&request)),
        json!({"query": "q", "documents": texts, "top_n": 2, "api_version": 2,
            "max_tokens_per_doc": 512})
    );
    assert_eq!(
        read(&Shape::AmazonOnBedrock.encode(&request)),
        json!({"query": "q", "documents": texts, "top_n": 2, "max_tokens_per_doc": 512})
    );
    assert_eq!(
        read(&Shape::Texts.encode(&request)),
        json!({"query": "q", "texts": texts, "truncate": true, "max_tokens_per_doc": 512})
    );
}

#[test]
fn the_answer_is_cohere_s_best_first() {
    let request = decode_request(request().to_string().as_bytes()).unwrap();
    let bedrock = json!({"results": [{"index": 0, "relevance_score": 0.25},
        {"index": 2, "relevance_score": 0.5}, {"index": 1, "relevance_score": 0.125}]});
    let texts = json!([{"index": 0, "score": 0.25}, {"index": 2, "score": 0.5}, {"index": 1, "score": 0.125}]);
    for (shape, answer) in [(Shape::AmazonOnBedrock, bedrock), (Shape::Texts, texts)] {
        let ranked = shape.decode(answer.to_string().as_bytes()).unwrap();
        assert_eq!(
            read(&encode_response(&request, &ranked, "call", 1)),
            json!({
                "id": "call",
                "results": [
                    {"index": 2, "relevance_score": 0.5, "document": {"title": "three"}},
                    {"index": 0, "relevance_score": 0.25, "document": {"text": "one"}},
                ],
                "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
            })
        );
    }
}

#[test]
fn a_broken_answer_is_the_provider_s_fault() {
    for body in ["", "{}", r#"{"results":[{"index":0}]}"#, r#"{"results":7}"#] {
        let fault = Shape::CohereOnBedrock.decode(body.as_bytes()).unwrap_err();
        assert_eq!(fault.status, 502, "{body}");
    }
}

#[test]
fn bedrocks_models_are_known_by_their_ids() {
    for (model, shape) in [
        ("cohere.rerank-v3-5:0", Some(Shape::CohereOnBedrock)),
        ("us.cohere.rerank-v3-5:0", Some(Shape::CohereOnBedrock)),
        ("amazon.rerank-v1:0", Some(Shape::AmazonOnBedrock)),
        ("cohere.embed-english-v3", None),
    ] {
        assert_eq!(Shape::of_bedrock(model), shape, "{model}");
    }
}
