//! Azure OpenAI: the same bodies, on a deployment's own path or below `/openai/v1`, with the key in a
//! header of its own (Microsoft Learn, "Azure OpenAI in Microsoft Foundry Models REST API reference").

use http::{HeaderValue, header::AUTHORIZATION};

use crate::{http::Call, reject::Reject};

/// Makes of the call what OpenAI itself would get; any other call stays as it is.
pub(super) fn plain(call: &mut Call) -> Result<(), Reject> {
    let Some(rest) = call.path.strip_prefix("/openai/") else { return Ok(()) };
    let route = match rest.strip_prefix("v1/") {
        Some(route) => route.to_owned(),
        None => {
            let versioned = call.query.split('&').any(|pair| pair.starts_with("api-version="));
            let deployment = rest.strip_prefix("deployments/").filter(|_| versioned);
            match deployment.and_then(|rest| rest.split_once('/')) {
                Some((_, route)) => route.to_owned(),
                None => return Err(Reject::new(404, "", "Resource not found").code("404")),
            }
        }
    };
    let key = call.headers.remove("api-key");
    let key = key.as_ref().and_then(|key| key.to_str().ok()).map(str::to_owned);
    let bearer = key.map(|key| format!("Bearer {key}"));
    if let Some(Ok(bearer)) = bearer.map(HeaderValue::try_from) {
        call.headers.insert(AUTHORIZATION, bearer);
    }
    call.path = format!("/v1/{route}");
    Ok(())
}
