//! A batch that is done in part, as DynamoDB may do any batch.

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use serde_json::Value;

use crate::{connector::respond, dispatch::Outcome};

/// Does the first item of a batch and gives the others back unprocessed.
pub(crate) fn first_only(
    inner: &SharedHttpConnector,
    mut request: HttpRequest,
) -> HttpConnectorFuture {
    let Some((first, others)) = request.body().bytes().and_then(split) else {
        return inner.call(request);
    };
    *request.body_mut() = first.to_string().into();
    // The signed length was that of the whole batch.
    request.headers_mut().remove("content-length");
    let done = inner.call(request);
    HttpConnectorFuture::new(async move {
        let response = done.await?;
        let body = response.body().bytes().unwrap_or_default();
        let Ok(mut body) = serde_json::from_slice::<Value>(body) else { return Ok(response) };
        let left =
            if body.get("Responses").is_some() { "UnprocessedKeys" } else { "UnprocessedItems" };
        if let Some(fields) = body.as_object_mut() {
            fields.insert(left.to_owned(), others);
        }
        respond(Outcome { status: response.status().as_u16(), body: body.to_string() })
    })
}

/// A batch's request with its first item alone, and the other items.
fn split(body: &[u8]) -> Option<(Value, Value)> {
    let mut first: Value = serde_json::from_slice(body).ok()?;
    let mut others = first.get("RequestItems")?.clone();
    let mut kept = false;
    for (table, items) in first.get_mut("RequestItems")?.as_object_mut()? {
        let items = list(items)?;
        let keep = usize::from(!kept).min(items.len());
        items.truncate(keep);
        list(others.get_mut(table)?)?.drain(..keep);
        kept |= keep > 0;
    }
    for side in [first.get_mut("RequestItems")?, &mut others] {
        side.as_object_mut()?.retain(|_, items| list(items).is_some_and(|list| !list.is_empty()));
    }
    Some((first, others))
}

/// The items of one table: a list of writes, or of the keys to get.
fn list(items: &mut Value) -> Option<&mut Vec<Value>> {
    if items.is_array() { items.as_array_mut() } else { items.get_mut("Keys")?.as_array_mut() }
}
