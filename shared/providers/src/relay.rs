//! A call that is passed on as it came: nothing of it is read, save where it goes.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::ByteStream;

/// A request that is passed on.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Its method.
    pub method: Method,
    /// The path below the provider's root, percent-encoded as it came. Where the deployment's base
    /// already ends with its first segment (`v1`), that is not written twice. Empty: the base itself.
    pub path: String,
    /// The query, as it came.
    pub query: Option<String>,
    /// The caller's headers. Those of the connection and every credential are left out.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The answer, of whatever status.
pub struct Relayed {
    /// HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it arrives.
    pub body: ByteStream,
}

// === impl Relayed ===

impl fmt::Debug for Relayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relayed").field("status", &self.status).finish_non_exhaustive()
    }
}
