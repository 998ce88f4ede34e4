//! What a refused request left unread.
//!
//! A key is checked before the body is read. If the body then stayed where it is, the connection
//! could not be used again, and a client that keeps connections would find that out by a failure
//! of its next request. So the rest is read away; where it is too long, the client is told.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, response::Response};
use hyper::{
    Request, Version,
    body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint},
    header::{CONNECTION, HeaderValue},
};
use tower::Service as _;

/// Most bytes that are read away.
const MOST: usize = 8 * 1024 * 1024;
/// Longest time that is spent on it.
const LONGEST: Duration = Duration::from_secs(5);

/// A body that two hold: the route that reads it, and we, who read what it left.
#[derive(Clone)]
struct Shared(Arc<Mutex<Incoming>>);

/// Answers a request, and reads away what the route did not. Around the router, where it costs a call
/// one box less than as a layer of every route.
pub(crate) async fn answer(
    mut router: Router,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    // HTTP/2 gives up one stream and not the connection.
    if body.is_end_stream() || parts.version == Version::HTTP_2 {
        return router.call(Request::from_parts(parts, body)).await;
    }
    let shared = Shared(Arc::new(Mutex::new(body)));
    let left = shared.clone();
    let mut response = router.call(Request::from_parts(parts, Body::new(shared))).await?;
    if !left.is_end_stream() && !left.drain().await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

// === impl Shared ===

impl Shared {
    /// Whether the body came to its end within the bounds.
    async fn drain(mut self) -> bool {
        let drained = async {
            let mut seen = 0_usize;
            loop {
                let frame = std::future::poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await;
                match frame {
                    None => return true,
                    Some(Err(_)) => return false,
                    Some(Ok(frame)) => {
                        seen = seen.saturating_add(frame.data_ref().map_or(0, Bytes::len));
                    }
                }
                if seen > MOST {
                    return false;
                }
            }
        };
        tokio::time::timeout(LONGEST, drained).await.unwrap_or(false)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
