//! Accepts connections and serves them until told to stop; then lets open answers finish.

use std::{future::Future, io, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use crate::tls::Tls;

/// How long open answers may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(30);
/// How long a client may take to send a request's head.
const HEAD: Duration = Duration::from_secs(30);

/// Serves `router` on `listener` until `stop` is ready.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    pause_on(&error).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Without this, Nagle holds a token back until the last one is acknowledged.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection was gone before it was served");
            continue;
        }
        let router = router.clone();
        let watcher = graceful.watcher();
        let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "a connection's task; the watcher counts it"
        )]
        tokio::spawn(async move {
            match acceptor {
                None => connection(socket, router, watcher).await,
                Some(acceptor) => match acceptor.accept(socket).await {
                    Ok(stream) => connection(stream, router, watcher).await,
                    Err(error) => tracing::debug!(error = %error, "TLS handshake failed"),
                },
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("answers were still open when the time to drain was over");
    }
}

/// Out of file descriptors: wait for some to come back. Anything else concerns one connection.
async fn pause_on(error: &io::Error) {
    tracing::warn!(error = %error, "a connection could not be accepted");
    let lost = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    );
    if !lost {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Serves one connection to its end.
async fn connection<S>(stream: S, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
