//! Where a deployment's chat route is.

use reqwest::Url;
use sluice_wire::Dialect;

use super::{Deployment, azure, gemini, vertex};
use crate::{Provider, Quirk, Route};

/// What a URL depends on besides the deployment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    /// A stream is wanted.
    pub(crate) stream: bool,
    /// The Google Cloud project of the credential.
    pub(crate) project: Option<&'a str>,
}

/// The URL of the chat route: the deployment's base (or the provider's) and the provider's path,
/// with LiteLLM's tolerance for bases that already hold a part of the path.
///
/// # Errors
/// Why there is none, naming the parameter.
pub(crate) fn chat_url(deployment: &Deployment, asked: Asked<'_>) -> Result<Url, String> {
    let provider = deployment.provider;
    if provider.has(Quirk::VertexAnthropic) {
        let method = if asked.stream { "streamRawPredict" } else { "rawPredict" };
        return vertex::model_url(deployment, asked.project, "anthropic", method);
    }
    if provider.dialect == Dialect::Gemini {
        return gemini::chat_url(deployment, asked);
    }
    let mut url = base(deployment.api_base.as_deref().or(provider.base_url), deployment)?;
    if provider.has(Quirk::AzureDeployments) {
        azure::openai(&mut url, deployment, provider.path);
    } else if provider.has(Quirk::AzureFoundry) {
        match provider.dialect {
            Dialect::AnthropicMessages => azure::anthropic(&mut url, provider.path),
            _ => azure::foundry(&mut url, deployment, provider.path),
        }
    } else {
        let path = join(url.path(), provider.path);
        url.set_path(&path);
    }
    Ok(url)
}

/// A base as a URL.
pub(super) fn base(base: Option<&str>, deployment: &Deployment) -> Result<Url, String> {
    let provider = deployment.provider;
    let base = base.map(str::trim).filter(|base| !base.is_empty()).or(provider.base_url);
    let base = base.ok_or_else(|| {
        format!("`api_base` is required for provider `{}`, which has no default", provider.name)
    })?;
    let mut url = Url::parse(base).map_err(|error| {
        format!("`api_base` is not a URL ({error}): write e.g. `https://host/v1`")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("`api_base` must begin with `https://` or `http://` and name a host".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

/// The URL of another route of the deployment whose chat route is at `chat`.
///
/// # Errors
/// Why there is none.
pub(crate) fn route_url(provider: &Provider, chat: &Url, route: &Route) -> Result<Url, String> {
    let missing = || format!("provider `{}` has no such route", provider.name);
    let (own, path) = match route {
        Route::Chat => return Ok(chat.clone()),
        Route::Beside(name @ ("responses" | "responses/compact"))
            if provider.has(Quirk::AzureDeployments) =>
        {
            return Ok(azure::responses(chat, name));
        }
        Route::Beside(name) => {
            let chat_path = "chat/completions";
            if !provider.path.ends_with(chat_path) {
                return Err(missing());
            }
            (chat_path, *name)
        }
        Route::Below { path, .. } => (provider.path, path.trim_start_matches('/')),
        Route::Method(name) if provider.dialect == Dialect::Gemini => {
            return Ok(gemini::method_url(chat, name));
        }
        Route::Method(_) | Route::Model | Route::Tokens { .. } | Route::Guardrail { .. } => {
            return Err(missing());
        }
    };
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let base = match provider.dialect {
        // The model and the method stand in the chat route.
        Dialect::Gemini => {
            chat.path().rsplit_once("/models/").map_or(chat.path(), |(base, _)| base)
        }
        _ => chat.path().strip_suffix(own).unwrap_or(chat.path()),
    };
    let mut url = chat.clone();
    url.set_path(&join(base, path));
    if let Some(query) = query {
        let both = match chat.query() {
            Some(own) => format!("{own}&{query}"),
            None => query.to_owned(),
        };
        url.set_query(Some(&both));
    }
    Ok(url)
}

/// The URL of a call that is passed on to `path`: below the deployment's base, where a segment that the
/// base has already (`v1`, `openai`) is not written twice. The host is always the base's.
///
/// # Errors
/// Why there is none, naming the parameter.
pub(crate) fn relay_url(
    deployment: &Deployment,
    path: &str,
    query: Option<&str>,
) -> Result<Url, String> {
    let mut url = base(deployment.api_base.as_deref(), deployment)?;
    let path = path.trim_start_matches('/');
    let own = url.path().trim_end_matches('/').to_owned();
    if !path.is_empty() {
        let first = path.split('/').next().unwrap_or_default();
        let mut kept = String::new();
        for segment in own.split('/').filter(|segment| !segment.is_empty()) {
            if segment == first {
                break;
            }
            kept.push('/');
            kept.push_str(segment);
        }
        url.set_path(&format!("{kept}/{path}"));
    }
    if query.is_some() {
        url.set_query(query);
    }
    Ok(url)
}

/// Appends what `base` does not hold already: nothing where it is the whole route, not `v1` twice.
fn join(base: &str, route: &str) -> String {
    let base = base.trim_end_matches('/');
    if base.ends_with(&format!("/{route}")) {
        return base.to_owned();
    }
    match route.strip_prefix("v1/") {
        Some(rest) if base.ends_with("/v1") => format!("{base}/{rest}"),
        _ => format!("{base}/{route}"),
    }
}

#[cfg(test)]
mod tests;
