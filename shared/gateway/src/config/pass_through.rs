//! `general_settings.pass_through_endpoints`, and what built-in pass-through needs to know.

use std::{collections::BTreeMap, time::Duration};

use http::{Method, Uri};
use sluice_providers::{Deployment, Reach, Secret, providers};
use sluice_store::NanoUsd;

use super::{
    field::{Context, Field},
    known,
    section::Section,
};

/// Where a reference to a variable begins inside of a header's value.
const VARIABLE: &str = "os.environ/";

/// What is passed on beside the models.
#[derive(Debug, Clone, Default)]
pub struct PassThrough {
    /// `pass_through_endpoints`, in the order of the file.
    pub endpoints: Vec<Endpoint>,
    /// `pass_through_costs` (Sluice's own): what a call below a path of a built-in pass-through costs.
    pub costs: Vec<(String, NanoUsd)>,
}

/// One entry of `pass_through_endpoints`.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `path`: where callers ask for it.
    pub path: String,
    /// Where it goes, with the headers to send.
    pub deployment: Deployment,
    /// The path of `target`.
    pub base: String,
    /// `include_subpath`: what follows the path goes along.
    pub include_subpath: bool,
    /// `forward_headers`: the caller's headers go along, its credentials excepted.
    pub forward_headers: bool,
    /// `default_query_params`, ready for a query.
    pub query: Vec<(String, String)>,
    /// `cost_per_request`; without it keys with a budget are refused.
    pub cost: Option<NanoUsd>,
    /// `methods`; empty for all.
    pub methods: Vec<Method>,
}

// === impl Endpoint ===

impl Endpoint {
    /// What of a path follows this endpoint's, if it is this endpoint's.
    #[must_use]
    pub fn takes<'p>(&self, method: &Method, path: &'p str) -> Option<&'p str> {
        if !self.methods.is_empty() && !self.methods.contains(method) {
            return None;
        }
        let rest = path.strip_prefix(self.path.as_str())?;
        (rest.is_empty() || (self.include_subpath && rest.starts_with('/'))).then_some(rest)
    }
}

// === impl PassThrough ===

impl PassThrough {
    /// Reads the keys of `general_settings`.
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let mut read = Self::default();
        if let Some(field) = section.take("pass_through_endpoints") {
            let items = field.items().unwrap_or_default();
            read.endpoints = items.iter().filter_map(endpoint).collect();
        }
        if let Some(field) = section.take("pass_through_costs")
            && let Some(costs) = Section::open(&field)
        {
            for (path, field) in costs.each() {
                if !path.starts_with('/') {
                    field.wrong(format!("`{path}` is not a path"), "write one that begins with /");
                }
                read.costs.extend(dollars(&field).map(|cost| (path.to_owned(), cost)));
            }
        }
        read
    }
}

fn endpoint(item: &Field<'_, '_>) -> Option<Endpoint> {
    let mut section = Section::open(item)?;
    let path = section.take("path").and_then(|field| {
        let path = field.name()?;
        if !path.starts_with('/') {
            field.wrong(format!("`{path}` is not a path"), "write one that begins with /");
            return None;
        }
        Some(path.trim_end_matches('/').to_owned())
    });
    let target = section.take("target").and_then(|field| field.url());
    if path.is_none() || target.is_none() {
        item.wrong(
            "has no `path` or no `target`",
            "set both: `path: /name` and `target: https://...`",
        );
    }
    let headers = section.take("headers").map(|field| headers(&field)).unwrap_or_default();
    let flag = |field: Option<Field<'_, '_>>| field.and_then(|field| field.flag()).unwrap_or(false);
    let include_subpath = flag(section.take("include_subpath"));
    let forward_headers = flag(section.take("forward_headers"));
    let query = section.take("default_query_params").map(|field| query(&field)).unwrap_or_default();
    let cost = section.take("cost_per_request").and_then(|field| dollars(&field));
    let timeout = section.take("timeout").and_then(|field| field.seconds());
    let methods = section.take("methods").map(|field| methods(&field)).unwrap_or_default();
    if let Some(field) = section.take("auth")
        && field.flag() == Some(false)
    {
        field.warn("is not in effect: every call needs a key, for it is counted", "");
    }
    section.finish(known::NOTHING);
    let (path, target) = (path?, target?);
    let uri: Uri = target.parse().ok()?;
    let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
    let mut deployment =
        Deployment::new(path.clone(), path.clone(), "custom_openai/pass-through").ok()?;
    deployment.api_base = Some(origin);
    deployment.extra_headers = headers;
    if let Some(timeout) = timeout {
        set_timeout(&mut deployment, timeout);
    }
    let base = uri.path().trim_end_matches('/').to_owned();
    Some(Endpoint {
        path,
        deployment,
        base,
        include_subpath,
        forward_headers,
        query,
        cost,
        methods,
    })
}

fn set_timeout(deployment: &mut Deployment, timeout: Duration) {
    deployment.timeouts.first_byte = timeout;
    deployment.timeouts.idle = timeout;
}

/// Headers whose values may hold a variable after a word: `bearer os.environ/NAME`.
fn headers(field: &Field<'_, '_>) -> Vec<(String, String)> {
    let Some(section) = Section::open(field) else { return Vec::new() };
    let header = |(name, field): (&str, Field<'_, '_>)| {
        let written = field.written()?;
        let words = written.split(' ').map(|word| match word.strip_prefix(VARIABLE) {
            Some(variable) => {
                let value = field.context().var(variable);
                if value.is_none() {
                    let hint = "set it, or take this line out";
                    field.wrong(format!("the environment variable `{variable}` is not set"), hint);
                }
                value
            }
            None => Some(word.to_owned()),
        });
        let value: Vec<String> = words.collect::<Option<_>>()?;
        Some((name.to_owned(), value.join(" ")))
    };
    section.each().filter_map(header).collect()
}

fn query(field: &Field<'_, '_>) -> Vec<(String, String)> {
    let Some(section) = Section::open(field) else { return Vec::new() };
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    section
        .each()
        .filter_map(|(name, field)| Some((encoded(name), encoded(&field.text()?))))
        .collect()
}

fn methods(field: &Field<'_, '_>) -> Vec<Method> {
    let items = field.items().unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let name = item.name()?.to_ascii_uppercase();
            let known = Method::from_bytes(name.as_bytes()).ok();
            if known.is_none() {
                item.wrong(
                    format!("`{name}` is not a method"),
                    "write GET, POST, PUT, PATCH or DELETE",
                );
            }
            known
        })
        .collect()
}

pub(super) fn dollars(field: &Field<'_, '_>) -> Option<NanoUsd> {
    let text = field.text()?;
    match NanoUsd::from_decimal(text.trim()) {
        Ok(cost) if cost >= NanoUsd::ZERO => Some(cost),
        _ => {
            field.wrong(
                format!("`{}` is not an amount", field.shown()),
                "write dollars, such as 0.002",
            );
            None
        }
    }
}

/// A deployment of each provider that the environment alone describes: what passes to a provider
/// without a deployment goes there.
pub(super) fn environment(context: &Context<'_>) -> BTreeMap<&'static str, Deployment> {
    let mut found = BTreeMap::new();
    for provider in providers() {
        let set = |names: &[&str]| {
            names.iter().find_map(|name| context.var(name)).filter(|value| !value.trim().is_empty())
        };
        let key = set(provider.key_variables);
        let base = set(provider.base_variables);
        let usable = match provider.reach {
            Reach::Http => key.is_some() && (base.is_some() || provider.base_url.is_some()),
            Reach::Bedrock => true,
            _ => false,
        };
        let name = format!("{}/pass-through", provider.name);
        if let (true, Ok(mut deployment)) = (usable, Deployment::new(&name, provider.name, &name)) {
            deployment.api_base = base;
            deployment.credential = key.map(|key| Secret::plain(key.trim()));
            if provider.reach == Reach::Bedrock {
                let regions = ["AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"];
                deployment.aws.region = set(&regions);
            }
            found.insert(provider.name, deployment);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn checked(text: &str) -> super::super::Checked {
        let variables = [("TOKEN".to_owned(), "t-1".to_owned())].into_iter().collect();
        Config::parse(&format!("general_settings:\n{text}"), "config.yaml", &{
            let variables: std::collections::BTreeMap<String, String> = variables;
            variables
        })
    }

    #[test]
    fn reads_litellms_endpoints() {
        let checked = checked(
            "  pass_through_endpoints:\n    - path: /v1/ocr\n      target: https://api.example/v2/ocr\n      \
             headers:\n        Authorization: bearer os.environ/TOKEN\n      include_subpath: true\n      \
             cost_per_request: 0.25\n      default_query_params: {api version: 1}\n      methods: [post]\n",
        );
        let config = checked.config.unwrap();
        let endpoint = &config.general.pass_through.endpoints[0];
        assert_eq!(endpoint.deployment.extra_headers[0].1, "bearer t-1");
        assert_eq!(endpoint.deployment.api_base.as_deref(), Some("https://api.example"));
        assert_eq!((endpoint.base.as_str(), endpoint.path.as_str()), ("/v2/ocr", "/v1/ocr"));
        assert_eq!(endpoint.query, [("api%20version".to_owned(), "1".to_owned())]);
        assert_eq!(endpoint.cost.unwrap().nanos(), 250_000_000);
        let post = &http::Method::POST;
        assert_eq!(endpoint.takes(post, "/v1/ocr"), Some(""));
        assert_eq!(endpoint.takes(post, "/v1/ocr/a"), Some("/a"));
        assert_eq!(endpoint.takes(post, "/v1/ocrs"), None);
        assert_eq!(endpoint.takes(&http::Method::GET, "/v1/ocr"), None);
    }

    #[test]
    fn a_wrong_endpoint_names_what_is_wrong() {
        for (text, said) in [
            ("  pass_through_endpoints:\n    - path: /a\n", "target"),
            (
                "  pass_through_endpoints:\n    - {path: a, target: 'https://h'}\n",
                "`a` is not a path",
            ),
            ("  pass_through_costs: {/bedrock/agents: cheap}\n", "is not an amount"),
        ] {
            let checked = checked(text);
            assert!(checked.config.is_none(), "{text}");
            assert!(format!("{:?}", checked.findings).contains(said), "{:?}", checked.findings);
        }
    }
}
