//! Accepts connections and serves them until told to stop; then lets open answers finish.

use std::{future::Future, io, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use sluice_gateway::{Peer, Seal};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    leftover,
    tls::{self, Tls},
};

/// How long open answers may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(30);
/// How long a client may take to send a request's head, and to agree on a secret.
const HEAD: Duration = Duration::from_secs(30);
/// How often a client that speaks HTTP/2 is asked whether it is still there.
const PING: Duration = Duration::from_secs(60);
/// How a connection of HTTP/2 begins, and no request of HTTP/1 does (RFC 9113, section 3.4).
const PREFACE: &[u8; 4] = b"PRI ";

/// The version of HTTP on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Who connected, and what serves them.
struct Guest {
    peer: Peer,
    router: Router,
    watcher: Watcher,
}

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
        let (socket, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
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
        let guest = Guest {
            peer: Peer { address: address.ip(), through_alb: false },
            router: router.clone(),
            watcher: graceful.watcher(),
        };
        let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
        #[expect(
            clippy::disallowed_methods,
            reason = "a connection's task; the watcher counts it"
        )]
        tokio::spawn(async move {
            match acceptor {
                None => plain(socket, guest).await,
                Some(acceptor) => private(socket, &acceptor, guest).await,
            }
        });
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
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

/// A connection in the clear: its first bytes say which version it speaks.
async fn plain(socket: TcpStream, guest: Guest) {
    let mut head = [0; PREFACE.len()];
    let version = match timeout(HEAD, socket.peek(&mut head)).await {
        Ok(Ok(_)) if &head == PREFACE => Version::Two,
        Ok(Ok(_)) => Version::One,
        // It is gone, or it has nothing to say.
        Ok(Err(_)) | Err(_) => return,
    };
    connection(socket, version, guest).await;
}

/// A private connection: the handshake agrees on the version.
async fn private(socket: TcpStream, acceptor: &TlsAcceptor, guest: Guest) {
    match timeout(HEAD, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => {
            let version = match stream.get_ref().1.alpn_protocol() {
                Some(tls::HTTP_2) => Version::Two,
                _ => Version::One,
            };
            connection(stream, version, guest).await;
        }
        Ok(Err(error)) => tracing::debug!(error = %error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake took too long"),
    }
}

/// Serves one connection to its end.
async fn connection<S>(stream: S, version: Version, guest: Guest)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Guest { peer, router, watcher } = guest;
    let stream = TokioIo::new(stream);
    let seal = Seal::of(Some(peer));
    let service = service_fn(move |mut request: Request<Incoming>| {
        seal.write(request.headers_mut());
        leftover::answer(router.clone(), request)
    });
    let served = match version {
        Version::One => {
            let mut one = http1::Builder::new();
            one.timer(TokioTimer::new()).header_read_timeout(HEAD);
            watcher.watch(one.serve_connection(stream, service)).await
        }
        Version::Two => {
            let mut two = http2::Builder::new(TokioExecutor::new());
            two.timer(TokioTimer::new()).keep_alive_interval(PING);
            watcher.watch(two.serve_connection(stream, service)).await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
