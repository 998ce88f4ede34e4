//! Our bytes through the SDK's operation, unread.
//!
//! An interceptor puts our body into the request before it is signed, and takes the response out
//! before it is deserialised. Endpoint, region, credentials and signature are the SDK's; the bytes
//! on both sides are ours, so that fields which the SDK's model does not know survive.
//! Reasons and alternatives: `docs/adr/0005-bedrock-bytes-through-the-sdk.md`.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
            },
            dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
    http::Response as SdkResponse,
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use bytes::Bytes;
use http::{HeaderMap, Response};

/// Which responses are taken out; the others are left to the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    All,
    Refusals,
}

/// One call's bytes. Clones share the response.
#[derive(Debug, Clone)]
pub(crate) struct Passthrough {
    body: Bytes,
    headers: HeaderMap,
    take: Take,
    response: Arc<Mutex<Option<SdkResponse>>>,
}

// === impl Passthrough ===

impl Passthrough {
    /// Sends `body` and `headers` instead of what the SDK would.
    pub(crate) fn new(body: Bytes, headers: HeaderMap, take: Take) -> Self {
        Self { body, headers, take, response: Arc::default() }
    }

    /// What the service answered, if it did and if it was to be taken.
    pub(crate) fn response(&self) -> Option<Response<SdkBody>> {
        let response = self.response.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        response.try_into_http1x().ok()
    }
}

#[dyn_dispatch_hint]
impl Intercept for Passthrough {
    fn name(&self) -> &'static str {
        "Passthrough"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        for name in self.headers.keys() {
            request.headers_mut().remove(name.as_str());
        }
        for (name, value) in &self.headers {
            request.headers_mut().try_append(name.to_string(), value.to_str()?.to_owned())?;
        }
        request.headers_mut().insert("content-type", "application/json");
        request.headers_mut().insert("content-length", self.body.len().to_string());
        *request.body_mut() = SdkBody::from(self.body.clone());
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if self.take == Take::Refusals && response.status().is_success() {
            return Ok(());
        }
        // The SDK finds an empty body and makes of it what it will: nobody looks.
        let empty = SdkResponse::new(response.status(), SdkBody::empty());
        let response = std::mem::replace(response, empty);
        *self.response.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
        Ok(())
    }
}
