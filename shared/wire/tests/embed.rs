//! Embeddings in every provider's shape. `UPDATE_GOLDEN=1` writes the golden file anew; read the
//! difference.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use sluice_wire::embed::{Encoding, Response, Shape, openai};

const SHAPES: [(Shape, &str, &str); 9] = [
    (Shape::TitanText1, "titan_text_1", "amazon.titan-embed-text-v1"),
    (Shape::TitanText2, "titan_text_2", "amazon.titan-embed-text-v2:0"),
    (Shape::TitanImage, "titan_image", "amazon.titan-embed-image-v1"),
    (Shape::CohereOnBedrock, "cohere_on_bedrock", "us.cohere.embed-v4:0"),
    (Shape::Cohere, "cohere", "embed-v4.0"),
    (Shape::Nova, "nova", "amazon.nova-2-multimodal-embeddings-v1:0"),
    (Shape::Gemini, "gemini", "gemini-embedding-001"),
    (Shape::Vertex, "vertex", "text-embedding-005"),
    (Shape::List, "list", "my-endpoint"),
];

fn requests() -> Vec<(&'static str, Value)> {
    vec![
        ("string", json!({"model": "m", "input": "Grüezi"})),
        ("list", json!({"model": "m", "input": ["one", "two"], "dimensions": 256, "user": "u"})),
        ("tokens", json!({"model": "m", "input": [1, 2, 3]})),
        ("picture", json!({"model": "m", "input": "data:image/jpg;base64,AAAA"})),
        ("extras", json!({"model": "m", "input": ["q"], "input_type": "search_query"})),
    ]
}

#[test]
fn every_request_is_written_in_every_shape_as_the_golden_file_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/embed/golden.json");
    let mut all = serde_json::Map::new();
    for (case, body) in requests() {
        let request = openai::decode_request(body.to_string().as_bytes()).unwrap();
        let mut shapes = serde_json::Map::new();
        for (shape, name, model) in SHAPES {
            let written = match shape.encode(&request, model) {
                Ok(bodies) => json!({
                    "bodies": bodies.bodies.iter()
                        .map(|body| serde_json::from_slice::<Value>(body).unwrap())
                        .collect::<Vec<_>>(),
                    "losses": bodies.losses.iter()
                        .map(|loss| json!([loss.field, loss.changes_meaning]))
                        .collect::<Vec<_>>(),
                }),
                Err(fault) => json!({"refused": fault.param}),
            };
            shapes.insert(name.to_owned(), written);
        }
        all.insert(case.to_owned(), json!({"request": body, "shapes": shapes}));
    }
    let text = serde_json::to_string_pretty(&all).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text);
}

#[test]
fn every_shape_s_answer_is_read() {
    let two = Response { vectors: vec![vec![0.5, -1.0], vec![0.25, 0.0]], tokens: Some(7) };
    let uncounted = Response { tokens: None, ..two.clone() };
    let answers: Vec<(Shape, Vec<Value>, &Response)> = vec![
        (
            Shape::TitanText2,
            vec![
                json!({"embedding": [0.5, -1.0], "inputTextTokenCount": 3}),
                json!({"embeddingsByType": {"float": [0.25, 0.0]}, "inputTextTokenCount": 4}),
            ],
            &two,
        ),
        (
            Shape::CohereOnBedrock,
            vec![json!({"id": "x", "embeddings": [[0.5, -1.0], [0.25, 0.0]],
                "response_type": "embeddings_floats"})],
            &uncounted,
        ),
        (
            Shape::Cohere,
            vec![json!({"id": "x", "embeddings": {"float": [[0.5, -1.0], [0.25, 0.0]]},
                "meta": {"billed_units": {"input_tokens": 7.0}}})],
            &two,
        ),
        (
            Shape::Nova,
            vec![
                json!({"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5, -1.0]}],
                    "inputTextTokenCount": 3}),
                json!({"embeddings": [{"embeddingType": "TEXT", "embedding": [0.25, 0.0]}]}),
            ],
            &uncounted,
        ),
        (
            Shape::Gemini,
            vec![json!({"embeddings": [{"values": [0.5, -1.0]}, {"values": [0.25, 0.0]}],
                "usageMetadata": {"promptTokenCount": 7}})],
            &two,
        ),
        (
            Shape::Vertex,
            vec![json!({"predictions": [
                {"embeddings": {"values": [0.5, -1.0], "statistics": {"token_count": 3}}},
                {"embeddings": {"values": [0.25, 0.0], "statistics": {"token_count": 4.0}}}]})],
            &two,
        ),
        (Shape::List, vec![json!([[0.5, -1.0], [0.25, 0.0]])], &uncounted),
        (Shape::List, vec![json!({"embedding": [[0.5, -1.0], [0.25, 0.0]]})], &uncounted),
        (
            Shape::List,
            vec![json!({"data": [{"embedding": [0.5, -1.0]}, {"embedding": [0.25, 0.0]}],
                "usage": {"prompt_tokens": 7}})],
            &two,
        ),
    ];
    for (shape, answers, wanted) in answers {
        let texts: Vec<String> = answers.iter().map(Value::to_string).collect();
        let bytes: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        assert_eq!(&shape.decode(&bytes).unwrap(), wanted, "{shape:?} {texts:?}");
        for broken in ["", "<html>", "{}", r#"{"embedding":"x","embeddings":[[null]]}"#] {
            let fault = shape.decode(&[broken.as_bytes()]).unwrap_err();
            assert_eq!(fault.status, 502, "{shape:?} {broken}");
        }
    }
}

#[test]
fn an_answer_is_written_as_openai_writes_it() {
    let response = Response { vectors: vec![vec![0.5], vec![1.0]], tokens: None };
    let body = openai::encode_response(&response, Encoding::Base64, "group", 9);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        answer,
        json!({"object": "list", "model": "group",
            "data": [{"object": "embedding", "index": 0, "embedding": "AAAAPw=="},
                {"object": "embedding", "index": 1, "embedding": "AACAPw=="}],
            "usage": {"prompt_tokens": 9, "total_tokens": 9}})
    );
}

#[test]
fn many_texts_go_to_cohere_in_several_calls_and_pictures_one_by_one() {
    let read = |input: Value| {
        let body = json!({"model": "m", "input": input}).to_string();
        openai::decode_request(body.as_bytes()).unwrap()
    };
    let texts: Vec<String> = (0..200).map(|at| format!("text {at}")).collect();
    let bodies = Shape::CohereOnBedrock.encode(&read(json!(texts)), "m").unwrap().bodies;
    let counts: Vec<usize> = bodies
        .iter()
        .map(|body| {
            serde_json::from_slice::<Value>(body).unwrap()["texts"].as_array().unwrap().len()
        })
        .collect();
    assert_eq!(counts, [96, 96, 8]);
    let picture = "data:image/png;base64,AAAA";
    let pictures = Shape::CohereOnBedrock.encode(&read(json!([picture, picture])), "m").unwrap();
    assert_eq!(pictures.bodies.len(), 2);
    let mixed = Shape::CohereOnBedrock.encode(&read(json!([picture, "text"])), "m").unwrap_err();
    assert_eq!(mixed.param.as_deref(), Some("input"));
}

#[test]
fn bedrocks_models_are_known_by_their_ids() {
    for (model, shape) in [
        ("amazon.titan-embed-text-v1", Some(Shape::TitanText1)),
        ("amazon.titan-embed-g1-text-02", Some(Shape::TitanText1)),
        ("amazon.titan-embed-text-v2:0", Some(Shape::TitanText2)),
        ("amazon.titan-embed-image-v1:0", Some(Shape::TitanImage)),
        ("cohere.embed-english-v3", Some(Shape::CohereOnBedrock)),
        ("eu.cohere.embed-v4:0", Some(Shape::CohereOnBedrock)),
        ("amazon.nova-2-multimodal-embeddings-v1:0", Some(Shape::Nova)),
        ("amazon.nova-lite-v1:0", None),
        ("anthropic.claude-v2", None),
    ] {
        assert_eq!(Shape::of_bedrock(model), shape, "{model}");
    }
}
