//! Images in the shapes of Bedrock's models.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    FaultKind,
    image::{Request, Shape, encode_response, size},
};

fn request() -> Request {
    Request {
        prompt: "a cat".into(),
        n: 2,
        size: size("1792x1024"),
        quality: Some("hd".into()),
        response_format: Some("url".into()),
        ..Request::default()
    }
}

fn written(shape: Shape, request: &Request) -> (Vec<Value>, Vec<String>) {
    let bodies = shape.encode(request).unwrap();
    let read = |body: &Vec<u8>| serde_json::from_slice(body).unwrap();
    let losses = bodies.losses.iter().filter(|loss| loss.changes_meaning);
    (bodies.bodies.iter().map(read).collect(), losses.map(|loss| loss.field.to_string()).collect())
}

#[test]
fn each_model_gets_what_it_takes() {
    let (bodies, losses) = written(Shape::Canvas, &request());
    assert_eq!(
        bodies,
        [json!({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a cat"},
            "imageGenerationConfig": {"numberOfImages": 2, "width": 1792, "height": 1024,
                "quality": "premium"}})]
    );
    assert!(losses.is_empty());
    let (bodies, losses) = written(Shape::Stability, &request());
    assert_eq!(bodies, vec![json!({"prompt": "a cat", "aspect_ratio": "16:9"}); 2]);
    assert_eq!(losses, ["quality"]);
    let (bodies, _) = written(Shape::StableDiffusionXl, &request());
    let one = json!({"text_prompts": [{"text": "a cat", "weight": 1}], "width": 1792,
        "height": 1024});
    assert_eq!(bodies, vec![one; 2]);
}

#[test]
fn models_own_parameters_pass_and_openai_s_are_named() {
    let mut request = Request { prompt: "a cat".into(), ..Request::default() };
    request.extras = json!({"seed": 7, "negativeText": "dogs", "style": "vivid", "user": "u",
        "imageGenerationConfig": {"cfgScale": 6.5}})
    .as_object()
    .unwrap()
    .clone();
    let (bodies, losses) = written(Shape::Canvas, &request);
    assert_eq!(
        bodies,
        [json!({"taskType": "TEXT_IMAGE",
            "textToImageParams": {"text": "a cat", "negativeText": "dogs"},
            "imageGenerationConfig": {"numberOfImages": 1, "seed": 7, "cfgScale": 6.5}})]
    );
    assert_eq!(losses, ["style"]);
    let odd = Request { size: Some((1000, 999)), ..request };
    assert_eq!(written(Shape::Stability, &odd).1, ["size", "style"]);
}

#[test]
fn an_image_is_varied_where_the_model_can() {
    let request = Request { images: vec!["AAAA".into()], ..request() };
    let (bodies, _) = written(Shape::Canvas, &request);
    assert_eq!(bodies[0]["taskType"], "IMAGE_VARIATION");
    assert_eq!(bodies[0]["imageVariationParams"], json!({"images": ["AAAA"], "text": "a cat"}));
    let fault = Shape::Stability.encode(&request).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("image"));
}

#[test]
fn answers_are_read_and_refusals_are_told() {
    let read = |shape: Shape, answer: Value| shape.decode(&[answer.to_string().as_bytes()]);
    assert_eq!(read(Shape::Canvas, json!({"images": ["A", "B"]})).unwrap(), ["A", "B"]);
    assert_eq!(
        read(Shape::Stability, json!({"images": ["A"], "finish_reasons": [null]})).unwrap(),
        ["A"]
    );
    let artifacts = json!({"result": "success", "artifacts": [{"base64": "A", "seed": 1}]});
    assert_eq!(read(Shape::StableDiffusionXl, artifacts).unwrap(), ["A"]);
    for (shape, answer) in [
        (Shape::Canvas, json!({"images": [], "error": "blocked by our policy"})),
        (Shape::Stability, json!({"images": [], "finish_reasons": ["Filter reason: prompt"]})),
    ] {
        assert_eq!(read(shape, answer).unwrap_err().kind, FaultKind::ContentPolicy);
    }
    assert_eq!(read(Shape::Canvas, json!({})).unwrap_err().status, 502);
    assert_eq!(
        serde_json::from_slice::<Value>(&encode_response(&["A".into()], 7)).unwrap(),
        json!({"created": 7, "data": [{"b64_json": "A"}]})
    );
}
