//! Answers in AWS JSON 1.1.

use http::Response;
use serde_json::{Value, json};

use crate::{
    delivery::{self, Body},
    http::{Call, Desk, reply, with},
    reject::Reject,
    script::Delivery,
};

/// An answer, or a refusal whose message stands in the field that the service has for it.
pub(crate) fn answer(
    desk: &Desk,
    call: &Call,
    field: &str,
    result: Result<Value, Reject>,
) -> Response<Body> {
    let headers = [
        ("x-amzn-requestid", desk.ids.uuid()),
        ("content-type", "application/x-amz-json-1.1".to_owned()),
    ];
    match result {
        Ok(body) => {
            let body =
                delivery::whole(body.to_string().into(), Delivery::Steady, call.slot.clone());
            with(200, &headers, body)
        }
        Err(reject) => {
            call.slot.refuse(&reject.message);
            let body = json!({"__type": reject.kind, (field): reject.message});
            reply(reject.status, &headers, body.to_string())
        }
    }
}
