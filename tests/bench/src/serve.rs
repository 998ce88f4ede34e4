//! A bare hyper server on a free port.

use std::{convert::Infallible, future::Future};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::{Failure, report};

/// What the servers here answer with.
pub(crate) type Answer = Response<BoxBody<Bytes, Infallible>>;

/// Serves until the process is ended.
pub(crate) async fn forever<F, W>(answer: F) -> Result<(), Failure>
where
    F: Fn(Request<Incoming>) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = Answer> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    report::line(&listener.local_addr()?.to_string())?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let answer = answer.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "a connection's own task; the process is ended from outside"
        )]
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answered = answer(request);
                async move { Ok::<_, Infallible>(answered.await) }
            });
            // A client that goes away is no event for a benchmark.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
