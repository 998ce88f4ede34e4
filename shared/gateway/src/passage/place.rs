//! Which provider a path belongs to, and what of it goes on.

use http::{HeaderValue, Method, Uri, request::Parts};
use percent_encoding::percent_decode_str;
use sluice_providers::{Deployment, Reach};
use sluice_store::NanoUsd;
use sluice_wire::Dialect;

use crate::{App, config::Endpoint};

/// Paths that belong to a provider, and the provider's row. The route is LiteLLM's.
const DOORS: [(&str, &str, &str); 18] = [
    ("openai", "openai", "/openai/*"),
    ("openai_passthrough", "openai", "/openai_passthrough/*"),
    ("anthropic", "anthropic", "/anthropic/*"),
    ("gemini", "gemini", "/gemini/*"),
    ("azure", "azure", "/azure/*"),
    ("azure_ai", "azure_ai", "/azure_ai/*"),
    ("cohere", "cohere", "/cohere/*"),
    ("mistral", "mistral", "/mistral/*"),
    ("bedrock", "bedrock", "/bedrock/*"),
    ("groq", "groq", "/groq/*"),
    ("deepseek", "deepseek", "/deepseek/*"),
    ("xai", "xai", "/xai/*"),
    ("openrouter", "openrouter", "/openrouter/*"),
    ("perplexity", "perplexity", "/perplexity/*"),
    ("together_ai", "together_ai", "/together_ai/*"),
    ("fireworks_ai", "fireworks_ai", "/fireworks_ai/*"),
    ("nvidia_nim", "nvidia_nim", "/nvidia_nim/*"),
    ("vllm", "hosted_vllm", "/vllm/*"),
];

/// First segments of Bedrock Agent Runtime's paths (API reference, "Actions").
const AGENT_RUNTIME: [&str; 10] = [
    "agenticRetrieveStream",
    "agents",
    "flows",
    "generateQuery",
    "knowledgebases",
    "optimize-prompt",
    "rerank",
    "retrieveAndGenerate",
    "retrieveAndGenerateStream",
    "sessions",
];

/// Where a call is passed on to; to which deployment, is known when the caller is.
#[derive(Debug, Clone)]
pub(crate) struct Place<To = Deployment> {
    /// What rows call it: the provider, or the endpoint's path.
    pub(super) name: String,
    /// For messages.
    pub(super) route: &'static str,
    /// How refusals are written.
    pub(super) dialect: Dialect,
    /// Whose credential, address and waits.
    pub(super) deployment: To,
    /// What follows the provider's root.
    pub(super) path: String,
    /// The query that replaces the caller's, where defaults were put into it.
    pub(super) query: Option<String>,
    /// What a call costs, where the configuration says so.
    pub(super) cost: Option<NanoUsd>,
    /// The caller's headers go along.
    pub(super) forwards: bool,
    /// An endpoint of the configuration's own.
    pub(super) endpoint: bool,
    /// A guardrail of Bedrock's: its id and version.
    pub(super) guardrail: Option<(String, String)>,
}

/// What a path leads to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A provider, by one of its deployments.
    Provider(&'static str),
    /// An endpoint of the configuration's own.
    Endpoint(Box<Deployment>),
}

/// The place of a request that fits no route; `None` where there is none.
pub(crate) fn find(app: &App, method: &Method, uri: &Uri) -> Option<Place<Target>> {
    let path = uri.path();
    let endpoints = &app.config.general.pass_through.endpoints;
    if let Some((endpoint, rest)) =
        endpoints.iter().find_map(|endpoint| Some((endpoint, endpoint.takes(method, path)?)))
    {
        return Some(own(endpoint, rest, uri.query()));
    }
    let (door, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (_, provider, route) = DOORS.iter().find(|(name, ..)| *name == door)?;
    let guardrail = (*provider == "bedrock").then(|| guardrail(rest)).flatten();
    let first = rest.split('/').next().unwrap_or_default();
    if *provider == "bedrock" && guardrail.is_none() && !AGENT_RUNTIME.contains(&first) {
        return None;
    }
    let costs = &app.config.general.pass_through.costs;
    let listed = costs.iter().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
    Some(Place {
        name: (*provider).to_owned(),
        route,
        dialect: dialect(provider),
        deployment: Target::Provider(provider),
        path: rest.to_owned(),
        query: None,
        cost: listed.max_by_key(|(prefix, _)| prefix.len()).map(|(_, cost)| *cost),
        forwards: true,
        endpoint: false,
        guardrail,
    })
}

/// An endpoint of the configuration's own.
fn own(endpoint: &Endpoint, rest: &str, query: Option<&str>) -> Place<Target> {
    let asked = query.unwrap_or_default();
    let says = |name: &str| asked.split('&').any(|pair| pair.split('=').next() == Some(name));
    let missing = endpoint.query.iter().filter(|(name, _)| !says(name));
    let mut pairs: Vec<String> = missing.map(|(name, value)| format!("{name}={value}")).collect();
    if !asked.is_empty() {
        pairs.insert(0, asked.to_owned());
    }
    Place {
        name: endpoint.path.clone(),
        route: "pass_through_endpoints",
        dialect: Dialect::OpenAiChat,
        deployment: Target::Endpoint(Box::new(endpoint.deployment.clone())),
        path: format!("{}{rest}", endpoint.base),
        query: (!endpoint.query.is_empty()).then(|| pairs.join("&")),
        cost: endpoint.cost,
        forwards: endpoint.forward_headers,
        endpoint: true,
        guardrail: None,
    }
}

// === impl Place ===

impl Place<Target> {
    /// The same by a deployment that the caller's team may use; `None` where the provider has none.
    pub(super) fn reached(self, app: &App, team: Option<&str>) -> Option<Place> {
        let deployment = match self.deployment {
            Target::Endpoint(deployment) => *deployment,
            Target::Provider(provider) => deployment(app, team, provider)?,
        };
        Some(Place {
            deployment,
            name: self.name,
            route: self.route,
            dialect: self.dialect,
            path: self.path,
            query: self.query,
            cost: self.cost,
            forwards: self.forwards,
            endpoint: self.endpoint,
            guardrail: self.guardrail,
        })
    }
}

/// The provider's deployment that says it is for this, or its first, or what the environment says.
fn deployment(app: &App, team: Option<&str>, provider: &str) -> Option<Deployment> {
    let registry = app.registry();
    let members = || {
        let all = registry.of_team(team).map(|member| &member.deployment);
        all.filter(|deployment| deployment.provider.name == provider)
    };
    let found = members().find(|deployment| deployment.use_in_pass_through);
    let found = found.or_else(|| members().next()).or_else(|| app.config.environment.get(provider));
    found
        .filter(|deployment| matches!(deployment.provider.reach, Reach::Http | Reach::Bedrock))
        .cloned()
}

/// `guardrail/{id}/version/{version}/apply`; the id may be an ARN, encoded or not.
fn guardrail(rest: &str) -> Option<(String, String)> {
    let inner = rest.strip_prefix("guardrail/")?.strip_suffix("/apply")?;
    let (id, version) = inner.rsplit_once("/version/")?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((plain(id), plain(version)))
}

fn dialect(provider: &str) -> Dialect {
    match provider {
        "anthropic" => Dialect::AnthropicMessages,
        "bedrock" => Dialect::BedrockConverse,
        "gemini" => Dialect::Gemini,
        _ => Dialect::OpenAiChat,
    }
}

/// The caller's headers and query, with a key in the query (Google's way) moved to the headers: it is
/// the gateway's, and goes no further.
pub(super) fn credentials(parts: &Parts) -> (http::HeaderMap, Option<String>) {
    let mut headers = parts.headers.clone();
    let Some(query) = parts.uri.query() else { return (headers, None) };
    let is_key = |pair: &&str| pair.strip_prefix("key=").is_some_and(|key| key.starts_with("sk-"));
    if let Some(key) = query.split('&').find(is_key).and_then(|pair| pair.strip_prefix("key="))
        && let Ok(value) = HeaderValue::from_str(key)
    {
        headers.entry("x-goog-api-key").or_insert(value);
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_key(pair)).collect();
    (headers, (!rest.is_empty()).then(|| rest.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_guardrails_id_and_version() {
        let arn = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc";
        for id in ["abc".to_owned(), arn.to_owned(), arn.replace(':', "%3A").replace('/', "%2F")] {
            let (found, version) = guardrail(&format!("guardrail/{id}/version/1/apply")).unwrap();
            assert!(found == "abc" || found == arn, "{found}");
            assert_eq!(version, "1");
        }
        assert_eq!(guardrail("guardrail/abc/apply"), None);
    }

    #[test]
    fn a_key_in_the_query_is_the_gateways() {
        let request =
            http::Request::get("/gemini/v1beta/models?a=1&key=sk-mine&b=2").body(()).unwrap();
        let (headers, query) = credentials(&request.into_parts().0);
        assert_eq!(headers["x-goog-api-key"], "sk-mine");
        assert_eq!(query.as_deref(), Some("a=1&b=2"));
    }
}
