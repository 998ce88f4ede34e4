//! One fetch.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use http::{HeaderValue, StatusCode, header};
use reqwest::{Client, Response, Url, redirect};
use sluice_wire::{Fault, canon::Media};

use super::{fault::Refusal, guard, policy::MediaPolicy, sniff};
use crate::transport::chain;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;
/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Some servers refuse a client without a name.
const USER_AGENT: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// Fetches content for one gateway. A client is made for each step, bound to the addresses that
/// were looked at.
#[derive(Debug, Clone)]
pub struct MediaFetcher {
    policy: MediaPolicy,
    tls: rustls::ClientConfig,
}

/// Content that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What it is.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A step's address, and where it leads.
#[derive(Debug)]
struct Step {
    url: Url,
    /// Resolved and looked at; `None` where the host is an address itself.
    pinned: Option<(String, Vec<SocketAddr>)>,
}

// === impl MediaFetcher ===

impl MediaFetcher {
    pub(crate) fn new(policy: MediaPolicy, tls: rustls::ClientConfig) -> Self {
        Self { policy, tls }
    }

    /// Fetches one part. `spent` counts the bytes of all parts of the request.
    ///
    /// # Errors
    /// A fault of the caller's that names the part: no public address, no answer of 2xx within
    /// the policy's time and size, or not what it should be.
    pub async fn fetch(
        &self,
        url: &str,
        media: Media,
        place: &str,
        spent: &AtomicUsize,
    ) -> Result<Fetched, Fault> {
        let timeout = self.policy.timeout;
        let fetch = Box::pin(self.walk(url, media, spent));
        let result = match tokio::time::timeout(timeout, fetch).await {
            Ok(result) => result,
            Err(_) => Err(Refusal::Timeout(timeout)),
        };
        result.map_err(|refusal| refusal.into_fault(media, place))
    }

    async fn walk(&self, url: &str, media: Media, spent: &AtomicUsize) -> Result<Fetched, Refusal> {
        if self.policy.most_bytes == 0 {
            return Err(Refusal::Off);
        }
        let mut url = Url::parse(url.trim()).map_err(|_| Refusal::NotAUrl)?;
        for _ in 0..=MOST_REDIRECTS {
            let step = self.look(url).await?;
            let url_here = step.url.clone();
            let response = self.get(step).await?;
            if let Some(next) = redirect_of(&response, &url_here)? {
                url = next;
                continue;
            }
            if !response.status().is_success() {
                return Err(Refusal::Status(response.status().as_u16()));
            }
            let declared = header(&response, header::CONTENT_TYPE).to_owned();
            let bytes = self.read(response, spent).await?;
            let media_type = sniff::media_type(media, &bytes, &declared, url_here.path())
                .map_err(Refusal::Type)?;
            return Ok(Fetched { media_type, bytes });
        }
        Err(Refusal::Redirects(MOST_REDIRECTS))
    }

    /// Looks at where an address leads.
    async fn look(&self, url: Url) -> Result<Step, Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Userinfo);
        }
        let port = url.port_or_known_default().ok_or(Refusal::NotAUrl)?;
        let written = url.host_str().ok_or(Refusal::NotAUrl)?.to_owned();
        let host = written.trim_start_matches('[').trim_end_matches(']');
        let trusted = self.policy.trusts(host, port);
        let refuse = |address: IpAddr| Refusal::Host(format!("{host} is at {address}"));
        if let Ok(address) = host.parse::<IpAddr>() {
            return match trusted || guard::is_public(address) {
                true => Ok(Step { url, pinned: None }),
                false => Err(refuse(address)),
            };
        }
        let found = tokio::net::lookup_host((host, port)).await;
        let found: Vec<_> =
            found.map_err(|error| Refusal::Host(format!("{host}: {error}")))?.collect();
        // One that is not public spoils all: the connection might go to it.
        match found.iter().find(|found| !trusted && !guard::is_public(found.ip())) {
            Some(inside) => Err(refuse(inside.ip())),
            None if found.is_empty() => Err(Refusal::Host(format!("{host} has no address"))),
            None => Ok(Step { url, pinned: Some((written, found)) }),
        }
    }

    async fn get(&self, step: Step) -> Result<Response, Refusal> {
        let failed = |error: reqwest::Error| Refusal::Connection(chain(&error.without_url()));
        let mut builder = Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy();
        if let Some((host, addresses)) = &step.pinned {
            builder = builder.resolve_to_addrs(host, addresses);
        }
        let client = builder.build().map_err(failed)?;
        let request = client
            .get(step.url)
            .header(header::USER_AGENT, HeaderValue::from_static(USER_AGENT))
            .header(header::ACCEPT, HeaderValue::from_static("*/*"));
        request.send().await.map_err(failed)
    }

    /// Reads the body as far as the limit goes.
    async fn read(&self, mut response: Response, spent: &AtomicUsize) -> Result<Vec<u8>, Refusal> {
        let most = self.policy.most_bytes;
        let left = || most.saturating_sub(spent.load(Ordering::Relaxed));
        let length = response.content_length().unwrap_or(0);
        if usize::try_from(length).unwrap_or(usize::MAX) > left() {
            return Err(Refusal::TooLarge(most));
        }
        let mut bytes = Vec::new();
        let failed = |error: reqwest::Error| Refusal::Connection(chain(&error.without_url()));
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let before = spent.fetch_add(chunk.len(), Ordering::Relaxed);
            if before.saturating_add(chunk.len()) > most {
                return Err(Refusal::TooLarge(most));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Where a redirect leads.
fn redirect_of(response: &Response, from: &Url) -> Result<Option<Url>, Refusal> {
    let redirects = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    if !redirects {
        return Ok(None);
    }
    from.join(header(response, header::LOCATION)).map(Some).map_err(|_| Refusal::NotAUrl)
}

fn header(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
