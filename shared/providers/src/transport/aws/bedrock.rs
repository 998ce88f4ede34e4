//! Bedrock's Converse and ConverseStream, InvokeModel, CountTokens and ApplyGuardrail (Bedrock Runtime
//! API reference).

use aws_sdk_bedrockruntime::{
    Client,
    config::{Builder, StalledStreamProtectionConfig, Token, retry::RetryConfig},
};
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use sluice_wire::Fault;

use super::{
    AwsHome, fault, headers,
    passthrough::{Passthrough, Take},
    settings::{Remade, connect_only, with_region},
};
use crate::{
    Answer, Deployment, Outbound, Redacted, Route,
    transport::{body, deadline::Deadline, fault::unserved},
};

/// A deployment's client.
pub(crate) type Bedrock = Remade<Client>;

/// Sends one call. `key` is a bearer token; without one the SDK's credentials sign.
pub(crate) async fn send(
    home: &AwsHome,
    deployment: &Deployment,
    call: &Outbound,
    key: Option<&Redacted<String>>,
    deadline: Deadline,
    limit: usize,
) -> Result<Answer, Fault> {
    let client = client(home, deployment, key).await?;
    let model = deployment.aws.model_id.as_ref().unwrap_or(&deployment.model);
    let pass = Passthrough::new(call.body.clone(), headers(deployment, call), Take::All);
    let interceptor = pass.clone();
    let error = match (&call.route, call.stream) {
        (Route::Chat, true) => {
            let operation = client.converse_stream().model_id(model).customize();
            let sent = Box::pin(operation.interceptor(interceptor).send());
            deadline.first_byte(sent).await?.err().map(|error| fault::of_sdk(deployment, &error))
        }
        (Route::Chat, false) => {
            let operation = client.converse().model_id(model).customize();
            let sent = Box::pin(operation.interceptor(interceptor).send());
            deadline.first_byte(sent).await?.err().map(|error| fault::of_sdk(deployment, &error))
        }
        (Route::Model, true) => {
            let operation = client.invoke_model_with_response_stream().model_id(model).customize();
            let sent = Box::pin(operation.interceptor(interceptor).send());
            deadline.first_byte(sent).await?.err().map(|error| fault::of_sdk(deployment, &error))
        }
        (Route::Model, false) => {
            let operation = client.invoke_model().model_id(model).customize();
            let sent = Box::pin(operation.interceptor(interceptor).send());
            deadline.first_byte(sent).await?.err().map(|error| fault::of_sdk(deployment, &error))
        }
        (Route::Tokens { model }, _) => {
            let operation = client.count_tokens().model_id(model).customize();
            let sent = Box::pin(operation.interceptor(interceptor).send());
            deadline.first_byte(sent).await?.err().map(|error| fault::of_sdk(deployment, &error))
        }
        (Route::Guardrail { id, version }, _) => {
            let operation = client.apply_guardrail();
            let operation = operation.guardrail_identifier(id).guardrail_version(version);
            let sent = Box::pin(operation.customize().interceptor(interceptor).send());
            deadline.first_byte(sent).await?.err().map(|error| fault::of_sdk(deployment, &error))
        }
        _ => return Err(unserved(deployment.provider, "Bedrock Runtime has no such operation")),
    };
    // Whatever the SDK made of the empty body it was left with: an answer is an answer.
    match (pass.response(), error) {
        (Some(response), _) => {
            body::answer(response, deployment.provider, call.stream, deadline, limit).await
        }
        (None, Some(fault)) => Err(fault),
        (None, None) => Err(fault::unanswered(deployment)),
    }
}

/// The client of this deployment.
pub(crate) async fn client(
    home: &AwsHome,
    deployment: &Deployment,
    key: Option<&Redacted<String>>,
) -> Result<Client, Fault> {
    let clients = &deployment.prepared.bedrock;
    if let Some(client) = clients.get(key) {
        return Ok(client);
    }
    let config = with_region(deployment, home.config(&deployment.aws).await)?;
    let mut builder = Builder::from(&config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(connect_only(deployment.timeouts.connect))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let endpoint = deployment.aws.runtime_endpoint.as_ref().or(deployment.api_base.as_ref());
    if let Some(endpoint) = endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    if let Some(key) = key {
        builder = builder
            .bearer_token(Token::new(key.expose().trim(), None))
            .auth_scheme_preference([AuthSchemeId::from("httpBearerAuth")]);
    }
    let client = Client::from_conf(builder.build());
    clients.put(key.cloned(), client.clone());
    Ok(client)
}
