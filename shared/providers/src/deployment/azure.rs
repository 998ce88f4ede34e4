//! Where Azure's chat routes are.

use reqwest::Url;

use super::Deployment;

/// `api-version` where nothing says one: LiteLLM's default.
const API_VERSION: &str = "2025-02-01-preview";
/// Values of `api_version` that mean the route without versions
/// (<https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle>).
const UNVERSIONED: [&str; 3] = ["v1", "preview", "latest"];

/// Completes the base of an Azure OpenAI resource: the route of the deployment, or `/openai/v1`
/// where the base or `api_version` says so.
pub(crate) fn openai(url: &mut Url, deployment: &Deployment, route: &str) {
    let version = deployment.api_version.as_deref();
    let path = url.path().trim_end_matches('/').to_owned();
    let unversioned = version.is_some_and(|version| UNVERSIONED.contains(&version));
    if unversioned || path.ends_with("/openai/v1") || path.contains("/openai/v1/") {
        let root = path.split_once("/openai").map_or(path.as_str(), |(root, _)| root);
        url.set_path(&format!("{root}/openai/v1/{route}"));
        if version == Some("preview") {
            default_version(url, "preview");
        }
        return;
    }
    let path = match path.split_once("/openai/deployments/") {
        // A base that names a deployment keeps it, whatever follows the name.
        Some((root, rest)) => {
            let name = rest.split('/').next().unwrap_or_default();
            format!("{root}/openai/deployments/{name}/{route}")
        }
        None => {
            let root = path.strip_suffix("/openai").unwrap_or(&path);
            format!("{root}/openai/deployments/{}/{route}", deployment.model)
        }
    };
    url.set_path(&path);
    default_version(url, version.unwrap_or(API_VERSION));
}

/// Completes the base of an Azure AI Foundry resource: `/models` at its own hosts, OpenAI's path
/// elsewhere.
pub(crate) fn foundry(url: &mut Url, deployment: &Deployment, route: &str) {
    let path = url.path().trim_end_matches('/').to_owned();
    let own = url.host_str().is_some_and(|host| host.ends_with(".services.ai.azure.com"));
    let path = match path.as_str() {
        whole if whole.ends_with(&format!("/{route}")) => path,
        "" if own => format!("/models/{route}"),
        _ => format!("{path}/{route}"),
    };
    url.set_path(&path);
    if let Some(version) = &deployment.api_version
        && !path_is_unversioned(url)
    {
        default_version(url, version);
    }
}

/// Completes the base of a Foundry resource to Anthropic's route.
pub(crate) fn anthropic(url: &mut Url, route: &str) {
    let path = url.path().trim_end_matches('/').to_owned();
    let root = path.split_once("/anthropic").map_or(path.as_str(), |(root, _)| root);
    let path = match path.ends_with("/v1/messages") {
        true => path,
        false => format!("{root}/anthropic/{route}"),
    };
    url.set_path(&path);
}

/// Whether a base is OpenAI's surface of a resource, the one without versions.
pub(crate) fn is_openai_v1(base: &str) -> bool {
    let base = base.trim_end_matches('/');
    base.ends_with("/openai/v1") || base.contains("/openai/v1/")
}

/// The URL of Responses at Azure OpenAI, which stands on no deployment's path: on the route without
/// versions (Microsoft Learn, "Azure OpenAI Responses API").
pub(crate) fn responses(chat: &Url, name: &str) -> Url {
    let mut url = chat.clone();
    let path = chat.path();
    let root = path.split_once("/openai").map_or(path, |(root, _)| root);
    url.set_path(&format!("{root}/openai/v1/{name}"));
    let rest: Vec<(String, String)> = chat
        .query_pairs()
        .filter(|(name, value)| name != "api-version" || value == "preview")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !rest.is_empty() {
        url.query_pairs_mut().extend_pairs(rest);
    }
    url
}

/// Whether a Foundry resource takes its key in `api-key`; serverless endpoints take a bearer.
pub(crate) fn takes_api_key(url: &Url) -> bool {
    const HOSTS: [&str; 3] =
        [".services.ai.azure.com", ".openai.azure.com", ".cognitiveservices.azure.com"];
    url.host_str().is_some_and(|host| HOSTS.iter().any(|suffix| host.ends_with(suffix)))
}

fn path_is_unversioned(url: &Url) -> bool {
    url.path().contains("/openai/v1/")
}

/// Sets `api-version` unless the base has it.
fn default_version(url: &mut Url, version: &str) {
    if !url.query_pairs().any(|(name, _)| name == "api-version") {
        url.query_pairs_mut().append_pair("api-version", version);
    }
}
