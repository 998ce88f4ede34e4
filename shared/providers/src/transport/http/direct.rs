//! The client of calls to models: hyper's pool, with nothing between it and a call.
//!
//! reqwest costs a call more than its connection does: for each request it reads the URL three times
//! and copies the headers three times, for redirects that are not followed here (docs/adr/0014).

use std::{
    error::Error,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use h2::Reason;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{
    net::TcpStream,
    time::{error::Elapsed, timeout},
};
use tower::Service;

use super::{
    clients::{KEEPALIVE, USER_TIMEOUT},
    fault,
};

/// How often a request is sent again that the other side has not looked at.
const AGAIN: usize = 2;

type Failure = Box<dyn Error + Send + Sync>;

/// Connections to any host.
pub(crate) struct Direct {
    pool: legacy::Client<Connector, Full<Bytes>>,
}

/// Nobody answered.
#[derive(Debug)]
pub(super) struct Unanswered(legacy::Error);

/// Makes a connection, TLS included, within a time.
#[derive(Clone)]
struct Connector {
    inner: HttpsConnector<HttpConnector>,
    within: Duration,
}

// === impl Direct ===

impl Direct {
    /// A client without connections yet, which waits `connect` for one and keeps an idle one `idle`.
    pub(super) fn new(tls: rustls::ClientConfig, connect: Duration, idle: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(Duration::from_secs(15)));
        tcp.set_keepalive_retries(Some(3));
        tcp.set_tcp_user_timeout(Some(USER_TIMEOUT));
        let inner = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let pool = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle)
            .build(Connector { inner, within: connect });
        Self { pool }
    }

    /// Sends a request, and again where the other side says that it has not looked at it: a
    /// connection of HTTP/2 may be closed while a request is on its way.
    pub(super) async fn send<E>(
        &self,
        request: impl Fn() -> Result<Request<Bytes>, E>,
    ) -> Result<Result<Response<Incoming>, Unanswered>, E> {
        let mut left = AGAIN;
        loop {
            match self.pool.request(request()?.map(Full::new)).await {
                Ok(response) => return Ok(Ok(response)),
                Err(error) if left > 0 && is_unread(&error) => left -= 1,
                Err(error) => return Ok(Err(Unanswered(error))),
            }
        }
    }
}

// === impl Unanswered ===

impl Unanswered {
    /// Whether there was no connection in time.
    pub(super) fn is_connect_timeout(&self) -> bool {
        let late = |cause: &(dyn Error + 'static)| {
            let of_system = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            cause.is::<Elapsed>() || of_system == Some(io::ErrorKind::TimedOut)
        };
        self.0.is_connect() && causes(&self.0).any(late)
    }

    /// The error and its causes in one line. For operators only.
    pub(super) fn chain(self) -> String {
        fault::chain(&self.0)
    }
}

fn is_unread(error: &legacy::Error) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(|error| {
        let reason = error.reason();
        error.is_remote()
            && ((error.is_go_away() && reason == Some(Reason::NO_ERROR))
                || (error.is_reset() && reason == Some(Reason::REFUSED_STREAM)))
    })
}

fn causes<'a>(error: &'a legacy::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

// === impl Connector ===

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, host: Uri) -> Self::Future {
        let connecting = timeout(self.within, self.inner.call(host));
        Box::pin(async move { connecting.await? })
    }
}
