//! KMS: `GenerateDataKey` and `Decrypt` in AWS JSON 1.1 (KMS API reference). A sealed key is its own
//! seal's words, turned around: it opens only for the key and the context that it was made for.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Response;
use serde_json::{Value, json};

use crate::{
    aws, awsjson,
    delivery::Body,
    http::{Call, Desk},
    reject::Reject,
};

/// Answers one request.
pub(crate) fn answer(desk: &Desk, call: &Call) -> Response<Body> {
    awsjson::answer(desk, call, "message", asked(desk, call))
}

fn asked(desk: &Desk, call: &Call) -> Result<Value, Reject> {
    aws::authenticate(call, "kms").map_err(|reject| reject.status(400))?;
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Reject::new(400, "SerializationException", "Unable to parse the body."))?;
    let key = body.get("KeyId").and_then(Value::as_str).unwrap_or_default();
    let context = body.get("EncryptionContext").cloned().unwrap_or_default();
    match call.header("x-amz-target") {
        Some("TrentService.GenerateDataKey") => {
            if body.get("KeySpec").and_then(Value::as_str) != Some("AES_256") {
                return Err(Reject::new(400, "ValidationException", "KeySpec must be AES_256"));
            }
            let plain = STANDARD.encode(desk.ids.hex("").as_bytes().get(..32).unwrap_or_default());
            let sealed = json!({ "key": key, "context": context, "plain": plain });
            let sealed: Vec<u8> = sealed.to_string().into_bytes().into_iter().rev().collect();
            Ok(
                json!({ "CiphertextBlob": STANDARD.encode(sealed), "Plaintext": plain, "KeyId": key }),
            )
        }
        Some("TrentService.Decrypt") => {
            let wrong = || Reject::new(400, "InvalidCiphertextException", "");
            let blob = body.get("CiphertextBlob").and_then(Value::as_str).unwrap_or_default();
            let sealed = STANDARD.decode(blob).map_err(|_| wrong())?;
            let sealed: Vec<u8> = sealed.into_iter().rev().collect();
            let sealed: Value = serde_json::from_slice(&sealed).map_err(|_| wrong())?;
            let bound = sealed.get("key").and_then(Value::as_str) == Some(key)
                && sealed.get("context") == Some(&context);
            let plain = sealed.get("plain").filter(|_| bound).ok_or_else(wrong)?;
            Ok(json!({ "Plaintext": plain, "KeyId": key }))
        }
        _ => Err(Reject::new(400, "UnknownOperationException", "Unknown operation")),
    }
}
