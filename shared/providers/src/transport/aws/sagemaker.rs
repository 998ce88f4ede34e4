//! SageMaker's InvokeEndpoint and InvokeEndpointWithResponseStream (SageMaker Runtime API
//! reference), for containers that speak OpenAI's chat route.

use aws_sdk_sagemakerruntime::{
    Client,
    config::{Builder, StalledStreamProtectionConfig, retry::RetryConfig},
    error::SdkError,
    operation::RequestId as _,
    operation::invoke_endpoint_with_response_stream::InvokeEndpointWithResponseStreamOutput,
    primitives::event_stream::EventReceiver,
    types::{ResponseStream, error::ResponseStreamError},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Response, header};
use sluice_wire::{Fault, Retry};

use super::{
    AwsHome, fault, headers,
    passthrough::{Passthrough, Take},
    refusal,
    settings::{Remade, connect_only, with_region},
};
use crate::{
    Answer, AnswerBody, ByteStream, Deployment, Outbound, Payload, Provider, Route,
    transport::{
        body,
        deadline::Deadline,
        fault::{chain, truncated, unserved},
    },
};

/// A deployment's client.
pub(crate) type SageMaker = Remade<Client>;

/// What a caller tells the container (SageMaker Runtime API reference, InvokeEndpoint).
const ATTRIBUTES: &str = "x-amzn-sagemaker-custom-attributes";

type Parts = EventReceiver<ResponseStream, ResponseStreamError>;

/// Sends one call.
pub(crate) async fn send(
    home: &AwsHome,
    deployment: &Deployment,
    call: &Outbound,
    deadline: Deadline,
    limit: usize,
) -> Result<Answer, Fault> {
    if !matches!(call.route, Route::Chat | Route::Model) {
        return Err(unserved(deployment.provider, "SageMaker Runtime has no such operation"));
    }
    let client = client(home, deployment).await?;
    let component = deployment.aws.model_id.clone();
    let take = if call.stream { Take::Refusals } else { Take::All };
    let text = deployment.text.filter(|_| call.route == Route::Chat);
    let mut headers = headers(deployment, call);
    let body = match text {
        None => call.body.clone(),
        Some(text) => {
            if text.payload == Payload::Llama {
                // JumpStart's containers answer nobody else.
                headers.entry(ATTRIBUTES).or_insert(HeaderValue::from_static("accept_eula=true"));
            }
            Bytes::from(text.request(&call.body, call.stream)?)
        }
    };
    let pass = Passthrough::new(body, headers, take);
    let (output, error) = if call.stream {
        let sent = client
            .invoke_endpoint_with_response_stream()
            .endpoint_name(&deployment.model)
            .set_inference_component_name(component)
            .customize()
            .interceptor(pass.clone())
            .send();
        match deadline.first_byte(Box::pin(sent)).await? {
            Ok(output) => (Some(output), None),
            Err(error) => (None, Some(fault::of_sdk(deployment, &error))),
        }
    } else {
        let sent = client
            .invoke_endpoint()
            .endpoint_name(&deployment.model)
            .set_inference_component_name(component)
            .customize()
            .interceptor(pass.clone())
            .send();
        let sent = deadline.first_byte(Box::pin(sent)).await?;
        (None, sent.err().map(|error| fault::of_sdk(deployment, &error)))
    };
    let answer = match (pass.response(), output, error) {
        (Some(response), ..) => whole(response, deployment.provider, deadline, limit).await,
        (None, Some(output), _) => streamed(output, deployment.provider, deadline).await,
        (None, None, Some(fault)) => Err(fault),
        (None, None, None) => Err(fault::unanswered(deployment)),
    }?;
    match text {
        Some(text) => text.answer(answer, &deployment.model),
        None => Ok(answer),
    }
}

/// A whole answer, or a refusal.
async fn whole(
    response: Response<aws_smithy_types::body::SdkBody>,
    provider: &'static Provider,
    deadline: Deadline,
    limit: usize,
) -> Result<Answer, Fault> {
    if response.status().is_success() {
        return body::answer(response, provider, false, deadline, limit).await;
    }
    let (head, content) = response.into_parts();
    let content = body::whole(content, provider, deadline, limit).await.unwrap_or_default();
    Err(refusal::read(provider, head.status.as_u16(), &head.headers, content))
}

/// A stream, once its first part is there.
async fn streamed(
    output: InvokeEndpointWithResponseStreamOutput,
    provider: &'static Provider,
    deadline: Deadline,
) -> Result<Answer, Fault> {
    let mut headers = HeaderMap::new();
    if let Some(id) = output.request_id().and_then(|id| HeaderValue::try_from(id).ok()) {
        headers.insert("x-amzn-requestid", id);
    }
    let content_type = output.content_type.and_then(|text| HeaderValue::try_from(text).ok());
    headers.insert(
        header::CONTENT_TYPE,
        content_type.unwrap_or(HeaderValue::from_static("text/event-stream")),
    );
    let mut parts = output.body;
    let first = deadline
        .first_byte(next(&mut parts, provider))
        .await?
        .map_err(|fault| fault.with_retry(Retry::Again))?
        .ok_or_else(|| {
            truncated(provider, "it closed the stream without a part").with_retry(Retry::Again)
        })?;
    let state = Some((Some(first), parts));
    let chunks: ByteStream = Box::pin(stream::unfold(state, move |state| async move {
        let (head, mut parts) = state?;
        if let Some(head) = head {
            return Some((Ok(head), Some((None, parts))));
        }
        match deadline.idle(next(&mut parts, provider)).await.flatten() {
            Ok(chunk) => Some((Ok(chunk?), Some((None, parts)))),
            Err(fault) => Some((Err(fault), None)),
        }
    }));
    Ok(Answer { status: 200, headers, body: AnswerBody::Stream(chunks) })
}

/// The bytes of the next part.
async fn next(parts: &mut Parts, provider: &'static Provider) -> Result<Option<Bytes>, Fault> {
    loop {
        match parts.recv().await {
            Ok(None) => return Ok(None),
            Ok(Some(ResponseStream::PayloadPart(part))) => match part.bytes {
                Some(bytes) if !bytes.as_ref().is_empty() => {
                    return Ok(Some(Bytes::from(bytes.into_inner())));
                }
                _ => {}
            },
            // An event of a kind that the SDK does not know yet carries no part of the answer.
            Ok(Some(_)) => {}
            Err(SdkError::ServiceError(error)) => {
                return Err(refusal::in_stream(provider, error.err()));
            }
            Err(error) => return Err(truncated(provider, chain(&error))),
        }
    }
}

/// The client of this deployment.
pub(crate) async fn client(home: &AwsHome, deployment: &Deployment) -> Result<Client, Fault> {
    let clients = &deployment.prepared.sagemaker;
    if let Some(client) = clients.get(None) {
        return Ok(client);
    }
    let config = with_region(deployment, home.config(&deployment.aws).await)?;
    let mut builder = Builder::from(&config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(connect_only(deployment.timeouts.connect))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let endpoint = deployment.aws.sagemaker_endpoint.as_ref().or(deployment.api_base.as_ref());
    if let Some(endpoint) = endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    let client = Client::from_conf(builder.build());
    clients.put(None, client.clone());
    Ok(client)
}
