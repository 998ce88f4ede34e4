//! Reverse proxies to compare with: one that forwards, and one that does the least any gateway
//! must: parse the body, swap the model, check the key's hash.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode, Uri,
    header::{AUTHORIZATION, HOST},
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use ring::digest;
use sluice_wire::{Dialect, Edits, Line};

use crate::serve::Answer;

/// A proxy and its connections.
#[derive(Clone)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
    upstream: SocketAddr,
    parse: bool,
}

// === impl Proxy ===

impl Proxy {
    pub(crate) fn new(upstream: SocketAddr, parse: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, upstream, parse }
    }

    pub(crate) async fn forward(self, request: Request<Incoming>) -> Answer {
        match self.attempt(request).await {
            Ok(answer) => answer,
            Err(error) => {
                let mut response = Response::new(Full::new(Bytes::from(error.to_string())).boxed());
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
        }
    }

    async fn attempt(self, request: Request<Incoming>) -> Result<Answer, crate::Failure> {
        let (mut parts, body) = request.into_parts();
        let mut body = body.collect().await?.to_bytes();
        if self.parse {
            let key = parts.headers.get(AUTHORIZATION).map_or(&b""[..], HeaderValue::as_bytes);
            let hash = digest::digest(&digest::SHA256, key);
            let peek = Dialect::OpenAiChat
                .peek(&body, Line::default())
                .map_err(|fault| fault.to_string())?;
            let model = if hash.as_ref().first() == Some(&0) { "other" } else { &peek.model };
            let edits = Edits { model: Some(model), ..Edits::default() };
            body = Bytes::from(
                Dialect::OpenAiChat.patch(&body, &edits).map_err(|fault| fault.to_string())?,
            );
            parts.headers.remove(http::header::CONTENT_LENGTH);
        }
        parts.headers.insert(HOST, HeaderValue::from_str(&self.upstream.to_string())?);
        parts.uri = Uri::builder()
            .scheme("http")
            .authority(self.upstream.to_string())
            .path_and_query(parts.uri.path())
            .build()?;
        let response = self.client.request(Request::from_parts(parts, Full::new(body))).await?;
        // A broken upstream ends the proxy's answer; the load generator counts it as an error.
        Ok(response.map(|body| {
            body.map_frame(|frame| frame)
                .map_err(|_| -> Infallible { std::process::abort() })
                .boxed()
        }))
    }
}
