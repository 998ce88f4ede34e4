//! One listener of one provider: connections, the record of what came, and the look at it.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    anthropic, bedrock, bedrock_agent,
    delivery::{Body, plain},
    gemini,
    ids::Ids,
    kms, litellm,
    litellm::Managed,
    openai, sagemaker, secretsmanager,
    secretsmanager::Secrets,
    seen::{Outcome, Recorder, Seen, Slot},
    sts,
};

/// Whose wire a listener speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    OpenAi,
    Anthropic,
    Gemini,
    Bedrock,
    BedrockAgent,
    SageMaker,
    SecretsManager,
    Kms,
    Sts,
    LiteLlm,
}

/// What a provider has at hand while it answers.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) kind: Kind,
    pub(crate) ids: Ids,
    pub(crate) seen: Recorder,
    pub(crate) secrets: Secrets,
    /// What a LiteLLM proxy manages.
    pub(crate) managed: Managed,
    /// Answers that OpenAI keeps.
    pub(crate) memory: openai::responses::Memory,
}

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path as it was written, percent-encoding and all.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) slot: Slot,
}

/// An answer, or (as an error) the connection closed without one.
pub(crate) type Reply = io::Result<Response<Body>>;

// === impl Call ===

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type")
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    }
}

/// Binds a port of the loopback, and answers on it until the task is dropped.
///
/// # Errors
/// When no port can be had.
pub(crate) async fn open(
    kind: Kind,
    secrets: Secrets,
    managed: Managed,
    tasks: &mut JoinSet<()>,
) -> io::Result<(SocketAddr, Recorder)> {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let seen = Recorder::default();
    let ids = Ids::new(address.port());
    let desk = Arc::new(Desk {
        kind,
        ids,
        seen: seen.clone(),
        secrets,
        managed,
        memory: Default::default(),
    });
    tasks.spawn(accept(listener, desk));
    Ok((address, seen))
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        // An event written on its own must not wait for the acknowledgement of the last.
        if socket.set_nodelay(true).is_err() {
            continue;
        }
        let desk = Arc::clone(&desk);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&desk), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
            // A broken connection is what some scripts order, and otherwise the caller's affair.
            drop(connection.await);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if parts.uri.path() == "/_seen" {
        return Ok(look(&desk.seen, &parts.method, parts.uri.query()));
    }
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let slot = desk.seen.push(Seen {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers,
        body: body.clone(),
        refused: None,
        outcome: Outcome::Open,
    });
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
        slot,
    };
    match desk.kind {
        Kind::OpenAi => openai::answer(&desk, call).await,
        Kind::Anthropic => anthropic::answer(&desk, call).await,
        Kind::Gemini => gemini::answer(&desk, call).await,
        Kind::Bedrock => bedrock::answer(&desk, call).await,
        // One endpoint for several services, as some set `AWS_ENDPOINT_URL`.
        Kind::BedrockAgent if call.headers.contains_key("x-amz-target") => {
            Ok(secretsmanager::answer(&desk, &call))
        }
        Kind::BedrockAgent => Ok(bedrock_agent::answer(&desk, &call)),
        Kind::SageMaker => sagemaker::answer(&desk, call).await,
        Kind::SecretsManager => Ok(secretsmanager::answer(&desk, &call)),
        Kind::Kms => Ok(kms::answer(&desk, &call)),
        Kind::Sts => Ok(sts::answer(&desk, &call)),
        Kind::LiteLlm => Ok(litellm::answer(&desk.managed, &call)),
    }
}

/// `GET /_seen` shows the record, of bodies with a text alone where the query says
/// `containing=<text>`; `DELETE /_seen` empties it.
fn look(seen: &Recorder, method: &Method, query: Option<&str>) -> Response<Body> {
    if method == Method::DELETE {
        seen.clear();
    }
    let text = query.and_then(|query| query.strip_prefix("containing=")).unwrap_or_default();
    let text: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    let holds = |seen: &&Seen| {
        text.is_empty() || seen.body.windows(text.len()).any(|window| window == text)
    };
    let all: Vec<Value> = seen.all().iter().filter(holds).map(Seen::report).collect();
    reply(200, &[("content-type", "application/json".to_owned())], json!(all).to_string())
}

/// A response without a script.
pub(crate) fn reply(
    status: u16,
    headers: &[(&'static str, String)],
    body: impl Into<Bytes>,
) -> Response<Body> {
    with(status, headers, plain(body))
}

/// A response with this body.
pub(crate) fn with(status: u16, headers: &[(&'static str, String)], body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}
