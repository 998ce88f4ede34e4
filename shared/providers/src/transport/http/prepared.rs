//! What all calls to one HTTP deployment have in common.

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use reqwest::Url;
use sluice_wire::{Dialect, Fault};

use crate::{
    Auth, Deployment, Provider, Quirk, Redacted, Secret,
    deployment::{Asked, chat_url, takes_api_key},
    transport::{fault, headers::may_pass},
};

/// `user-agent` of every call.
const USER_AGENT: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// URL and headers.
#[derive(Debug)]
pub(crate) struct HttpPrepared {
    /// Of a whole answer, and of a stream; `None` where it takes what only the call brings.
    urls: Option<[Url; 2]>,
    /// The same, as they are sent.
    uris: Option<[Uri; 2]>,
    /// With the key, where it is at hand.
    pub(super) headers: HeaderMap,
    provider: &'static Provider,
    auth: Auth,
    key: Key,
}

/// Where the key is.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// In the headers, or nowhere because none is wanted.
    Settled,
    /// The call brings it.
    PerCall,
    /// Wanted, and not configured.
    Missing,
}

// === impl HttpPrepared ===

impl HttpPrepared {
    /// Works it out.
    ///
    /// # Errors
    /// What is wrong with the deployment, naming the parameter.
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, String> {
        let provider = deployment.provider;
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if provider.dialect == Dialect::AnthropicMessages && !provider.has(Quirk::VertexAnthropic) {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        let urls = urls(deployment)?;
        let uris = match &urls {
            Some([whole, streamed]) => Some([uri(whole)?, uri(streamed)?]),
            None => None,
        };
        let auth = match &urls {
            _ if deployment.token.is_some() => Auth::Bearer,
            Some([url, _]) if provider.has(Quirk::AzureFoundry) && takes_api_key(url) => {
                azure_auth(provider)
            }
            _ => provider.auth,
        };
        let mut key = match &deployment.credential {
            _ if deployment.token.is_some() => Key::PerCall,
            Some(Secret::Plain(secret)) if !secret.expose().trim().is_empty() => {
                if let Some(name) = auth_header(auth) {
                    headers.insert(name, auth_value(auth, secret.expose())?);
                }
                Key::Settled
            }
            Some(Secret::AwsSecret { .. }) => Key::PerCall,
            // A base of one's own may well be a server without keys.
            _ if deployment.api_base.is_some() || provider.has(Quirk::Keyless) => Key::Settled,
            _ => Key::Missing,
        };
        for (name, value) in &deployment.extra_headers {
            let bad = |what| format!("`extra_headers`: {what} of `{name}` cannot stand in HTTP");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad("the name"))?;
            let value = HeaderValue::try_from(value.as_str()).map_err(|_| bad("the value"))?;
            if key == Key::Missing && auth_header(auth).as_ref() == Some(&name) {
                key = Key::Settled;
            }
            if may_pass(&name) {
                headers.insert(name, value);
            }
        }
        Ok(Self { urls, uris, headers, provider, auth, key })
    }

    /// Where the call goes.
    pub(super) fn url(&self, stream: bool) -> Option<&Url> {
        let [whole, streamed] = self.urls.as_ref()?;
        Some(if stream { streamed } else { whole })
    }

    /// The same, as it is sent.
    pub(super) fn uri(&self, stream: bool) -> Option<&Uri> {
        let [whole, streamed] = self.uris.as_ref()?;
        Some(if stream { streamed } else { whole })
    }

    /// Adds the key that the call brings.
    pub(super) fn authorize(
        &self,
        headers: &mut HeaderMap,
        key: Option<&Redacted<String>>,
    ) -> Result<(), Fault> {
        match (&self.key, key, auth_header(self.auth)) {
            (Key::Settled, ..) => Ok(()),
            (Key::PerCall, Some(key), Some(name)) => {
                let value = auth_value(self.auth, key.expose())
                    .map_err(|reason| fault::credential(self.provider, reason))?;
                headers.insert(name, value);
                Ok(())
            }
            _ => Err(fault::credential(self.provider, "no `api_key` is configured")),
        }
    }
}

/// A URL as it is sent.
pub(super) fn uri(url: &Url) -> Result<Uri, String> {
    Uri::try_from(url.as_str()).map_err(|error| format!("`api_base` cannot stand in HTTP: {error}"))
}

/// The URLs, where they are known before the call.
fn urls(deployment: &Deployment) -> Result<Option<[Url; 2]>, String> {
    let vertex = deployment.provider.auth == Auth::Google;
    if vertex && deployment.vertex.project.is_none() {
        return Ok(None);
    }
    let url = |stream| chat_url(deployment, Asked { stream, project: None });
    Ok(Some([url(false)?, url(true)?]))
}

/// The header that Azure's own hosts take a key in.
fn azure_auth(provider: &Provider) -> Auth {
    match provider.auth {
        Auth::Bearer => Auth::Header("api-key"),
        auth => auth,
    }
}

/// The header a key goes into.
fn auth_header(auth: Auth) -> Option<HeaderName> {
    match auth {
        Auth::Bearer | Auth::Google => Some(header::AUTHORIZATION),
        Auth::Header(name) => Some(HeaderName::from_static(name)),
        Auth::Aws | Auth::None => None,
    }
}

/// A key as a header's value.
///
/// # Errors
/// When it has characters that no header may have. The message does not hold the key.
fn auth_value(auth: Auth, key: &str) -> Result<HeaderValue, String> {
    let key = key.trim();
    let text = match auth {
        Auth::Bearer | Auth::Google => format!("Bearer {key}"),
        Auth::Header(_) | Auth::Aws | Auth::None => key.to_owned(),
    };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| "`api_key` holds characters that cannot stand in a header".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
