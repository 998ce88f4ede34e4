//! A small document of another service, such as an issuer's keys.

use std::{net::IpAddr, time::Duration};

use http::{HeaderMap, StatusCode};
use reqwest::{Method, Request, Url};

use super::{Transport, fault::chain};

/// What to fetch, and how much of it.
#[derive(Debug, Clone)]
pub struct Fetch<'a> {
    /// Where it is: `https`, or `http` on this machine.
    pub url: &'a str,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The largest document, in bytes.
    pub most_bytes: usize,
    /// The longest time for all of it.
    pub timeout: Duration,
}

/// An answer, of whatever status. Redirects are not followed.
#[derive(Debug)]
pub struct Document {
    /// Its status.
    pub status: StatusCode,
    /// Its body, whole.
    pub body: Vec<u8>,
}

/// Why there is no answer. Never holds the address's query, which may be a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address is none, or would be asked in the clear.
    #[error("{0} must be an https address (or one on this machine)")]
    Insecure(String),
    /// No connection, or one that broke.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// The time was over.
    #[error("{0} took longer than {1:?}")]
    Timeout(String, Duration),
    /// It is larger than it may be.
    #[error("{0} is larger than {1} bytes")]
    TooLarge(String, usize),
}

// === impl Transport ===

impl Transport {
    /// Fetches a document, within its time and size.
    ///
    /// # Errors
    /// [`FetchError`] where there is no answer; one of any status is an answer.
    pub async fn fetch(&self, fetch: &Fetch<'_>) -> Result<Document, FetchError> {
        let name = || without_query(fetch.url);
        let url = secure(fetch.url).ok_or_else(|| FetchError::Insecure(name()))?;
        let client = self.inner.clients.usual();
        let mut request = Request::new(Method::GET, url);
        *request.headers_mut() = fetch.headers.clone();
        let read = async {
            let failed = |error: reqwest::Error| {
                FetchError::Unreachable(name(), chain(&error.without_url()))
            };
            let mut response = client.execute(request).await.map_err(failed)?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if body.len().saturating_add(chunk.len()) > fetch.most_bytes {
                    return Err(FetchError::TooLarge(name(), fetch.most_bytes));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Document { status: response.status(), body })
        };
        let read = tokio::time::timeout(fetch.timeout, Box::pin(read)).await;
        read.unwrap_or_else(|_| Err(FetchError::Timeout(name(), fetch.timeout)))
    }
}

/// The address, where what is sent to it is read by nobody on the way: over https, to this machine,
/// or to the address at which clouds tell an instance about itself.
pub(crate) fn secure(url: &str) -> Option<Url> {
    let parsed = Url::parse(url).ok()?;
    let host = parsed.host_str().unwrap_or_default();
    let local = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback() || ip == IpAddr::from([169, 254, 169, 254]));
    match parsed.scheme() {
        "https" => Some(parsed),
        "http" if local => Some(parsed),
        _ => None,
    }
}

/// Whether an address is one that [`Transport::fetch`] asks.
#[must_use]
pub fn is_secure_url(url: &str) -> bool {
    secure(url).is_some()
}

/// An address without its query.
pub(crate) fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
