//! Amazon Titan's embeddings (Bedrock user guide, "Amazon Titan Embeddings models", "Amazon Titan
//! Multimodal Embeddings G1").

use serde_json::{Map, Value, json};

use super::{Bodies, Request, Response, Shape, read};
use crate::{Fault, Loss};

pub(super) fn encode(shape: Shape, request: &Request) -> Result<Bodies, Fault> {
    let bodies = request.inputs.iter().map(|input| {
        let mut body = Map::new();
        match (shape, input.picture()) {
            (Shape::TitanImage, Some((_, base64))) => {
                body.insert("inputImage".into(), json!(base64))
            }
            _ => body.insert("inputText".into(), json!(read::text(input)?)),
        };
        match (shape, request.dimensions) {
            (Shape::TitanText2, Some(length)) => {
                body.insert("dimensions".into(), json!(length));
            }
            (Shape::TitanImage, Some(length)) => {
                let config = json!({ "outputEmbeddingLength": length });
                body.insert("embeddingConfig".into(), config);
            }
            _ => {}
        }
        body.extend(request.extras.clone());
        Ok(Value::Object(body).to_string().into_bytes())
    });
    let bodies = bodies.collect::<Result<_, Fault>>()?;
    let fixed = shape == Shape::TitanText1 && request.dimensions.is_some();
    let losses = fixed.then(|| Loss::of_meaning("dimensions")).into_iter().collect();
    Ok(Bodies { bodies, losses })
}

pub(super) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let answer = read::answer(body)?;
    // With `embeddingTypes` the floats may be only here.
    let by_type = answer.pointer("/embeddingsByType/float");
    let vector = read::vector(answer.get("embedding").or(by_type))?;
    let tokens = answer.get("inputTextTokenCount").and_then(Value::as_u64);
    Ok(Response { vectors: vec![vector], tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::Input;

    #[test]
    fn a_picture_is_text_to_a_model_that_only_reads() {
        let inputs = vec![Input::Text("data:image/png;base64,AAAA".into())];
        let request = Request { inputs, ..Request::default() };
        let first = |shape| {
            let bodies = encode(shape, &request).unwrap().bodies;
            serde_json::from_slice::<Value>(&bodies[0]).unwrap()
        };
        assert_eq!(first(Shape::TitanImage), json!({"inputImage": "AAAA"}));
        let text = json!({"inputText": "data:image/png;base64,AAAA"});
        assert_eq!(first(Shape::TitanText2), text);
    }
}
