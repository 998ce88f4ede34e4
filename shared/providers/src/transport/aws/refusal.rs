//! SageMaker's errors: the container's own, wrapped, or the service's.

use aws_sdk_sagemakerruntime::types::error::ResponseStreamError;
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use sluice_wire::{Dialect, Fault, FaultKind, Retry, Upstream};

use crate::{Provider, transport::body};

/// `ModelError` (SageMaker Runtime API reference, InvokeEndpoint, Errors).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ModelError {
    original_status_code: u16,
    original_message: String,
}

/// Reads an answer that is not 2xx. What the container said is read in the container's dialect,
/// what the service said in AWS's.
pub(super) fn read(
    provider: &'static Provider,
    status: u16,
    headers: &HeaderMap,
    content: Bytes,
) -> Fault {
    let Ok(inner) = serde_json::from_slice::<ModelError>(&content) else {
        return body::refusal(provider, Dialect::BedrockConverse, status, headers, content);
    };
    let status = match inner.original_status_code {
        code @ 400..600 => code,
        _ => status,
    };
    let said = Bytes::from(inner.original_message);
    let mut fault = body::refusal(provider, provider.dialect, status, &HeaderMap::new(), said);
    if let Some(upstream) = &mut fault.upstream {
        upstream.body = content;
        upstream.code.get_or_insert_with(|| "ModelError".to_owned());
    }
    fault
}

/// An error event in the middle of a stream.
pub(super) fn in_stream(provider: &'static Provider, error: &ResponseStreamError) -> Fault {
    let code = match error {
        ResponseStreamError::ModelStreamError(_) => "ModelStreamError",
        ResponseStreamError::InternalStreamFailure(_) => "InternalStreamFailure",
        _ => error.meta().code().unwrap_or("StreamError"),
    };
    let said = match error {
        ResponseStreamError::ModelStreamError(error) => error.message().unwrap_or_default(),
        _ => error.meta().message().unwrap_or_default(),
    };
    Fault::new(FaultKind::Upstream, format!("SageMaker broke off the stream: {code}: {said}"))
        .with_retry(Retry::Never)
        .with_upstream(Upstream {
            provider: provider.name.to_owned(),
            status: 200,
            code: Some(code.to_owned()),
            body: Bytes::from(said.to_owned()),
        })
}
