//! `litellm_params`.

use std::{collections::BTreeMap, time::Duration};

use sluice_providers::{
    Auth, Deployment, ModelError, Provider, Quirk, Reach, Responses, Secret, provider, providers,
};
use sluice_wire::canon::CacheInjection;

use super::{
    Capacity, aws, azure, credentials::Credentials, defaults, field::Field, known, prices,
    sagemaker, section::Section, suggest, timeouts::Waits, vertex,
};
use crate::pricing::Override;

/// A model of whatever name, of whatever provider.
const ANY: &str = "*";

/// Reads the deployments of a section: one, or, where it says `model: "*"`, one for each provider
/// whose credentials are at hand. `true` in the second case.
pub(super) fn read_all<'n, 'c>(
    field: &Field<'n, 'c>,
    group: &str,
    waits: Waits,
    credentials: &Credentials<'n, 'c>,
    (own, capacity): (&mut Override, &mut Capacity),
) -> (Vec<Deployment>, bool) {
    let context = field.context();
    let any = Section::open(field).and_then(|mut section| {
        credentials.stand_behind(&mut section);
        let custom = section.take("custom_llm_provider");
        let model = section.take("model").filter(|_| custom.is_none())?;
        (model.text()?.trim() == ANY).then(|| reachable(&mut section))
    });
    let Some(names) = any else {
        let read = read(field, group, waits, credentials, (own, capacity), None);
        return (read.into_iter().collect(), false);
    };
    context.many.set(true);
    let read = |name: &&str| {
        let beside = (&mut *own, &mut *capacity);
        read(field, group, waits, credentials, beside, Some(&format!("{name}/{ANY}")))
    };
    let deployments: Vec<Deployment> = names.iter().filter_map(read).collect();
    context.many.set(false);
    if deployments.is_empty() {
        field.warn(
            "has `model: \"*\"`, and no provider has a key in the environment",
            "set the key's variable, such as OPENAI_API_KEY, or name a provider: `openai/*`",
        );
    }
    (deployments, true)
}

/// The providers that can be called without more being said.
fn reachable(section: &mut Section<'_, '_>) -> Vec<&'static str> {
    let own_key = section.take("api_key").is_some();
    let region =
        ["aws_region_name", "region_name"].into_iter().any(|name| section.take(name).is_some());
    let field = section.field().clone();
    let context = field.context();
    let set = |name: &&str| context.var(name).is_some_and(|value| !value.trim().is_empty());
    let reaches = |row: &&'static Provider| match row.reach {
        Reach::Bedrock => region || aws::REGION_VARIABLES.iter().any(set),
        // A key that is said for no provider is for the API that most of them have.
        Reach::Http if own_key => row.name == "openai",
        Reach::Http => row.key_variables.iter().any(set),
        _ => false,
    };
    providers().filter(reaches).map(|row| row.name).collect()
}

/// Reads a deployment. `None` when it cannot be called; why has been said.
fn read<'n, 'c>(
    field: &Field<'n, 'c>,
    group: &str,
    waits: Waits,
    credentials: &Credentials<'n, 'c>,
    (own, capacity): (&mut Override, &mut Capacity),
    named: Option<&str>,
) -> Option<Deployment> {
    let mut section = Section::open(field)?;
    let credential = credentials.stand_behind(&mut section);
    let Some(model) = section.take("model") else {
        field.wrong("names no model", "set `model: <provider>/<model>`");
        return None;
    };
    let mut name = model.name()?.trim().to_owned();
    if let Some(named) = named {
        named.clone_into(&mut name);
    }
    if let Some(custom) = section.take("custom_llm_provider").and_then(|field| field.name())
        && !name.starts_with(&format!("{custom}/"))
    {
        name = format!("{custom}/{name}");
    }
    let (mut deployment, callable) = match Deployment::new("", group, name) {
        Ok(deployment) => (deployment, true),
        Err(error) => {
            refuse(&model, &error);
            // The other keys are looked at all the same, as those of a provider that wants none.
            (Deployment::new("", group, "demo/demo").ok()?, false)
        }
    };
    let provider = deployment.provider;
    deployment.credential_name = credential;
    read_access(&mut section, &mut deployment);
    if section.take("use_chat_completions_api").and_then(|field| field.flag()) == Some(true) {
        deployment.responses = Responses::Never;
    }
    aws::read(&mut section, provider, &mut deployment.aws);
    sagemaker::read(&mut section, &mut deployment);
    read_limits(&mut section, &mut deployment);
    read_waits(&mut section, &mut deployment, waits);
    read_body(&mut section, &mut deployment);
    defaults::read(&mut section, &mut deployment);
    prices::take(&mut section, own);
    *capacity = Capacity::take(&mut section, &deployment);
    section.finish(known::LITELLM_PARAMS);
    callable.then_some(deployment)
}

/// A provider that LiteLLM has is left out with a warning; a name that nobody knows is a mistake.
fn refuse(field: &Field<'_, '_>, error: &ModelError) {
    let version = known::VERSION;
    match error {
        ModelError::UnknownProvider { provider, .. }
            if known::is_known(known::PROVIDERS, provider) =>
        {
            field.warn(
                format!(
                    "provider `{provider}` is known to LiteLLM, not in effect in Sluice {version}: this \
                     deployment is left out"
                ),
                "if it has an OpenAI-compatible API: `openai/<model>` with its `api_base`",
            );
        }
        ModelError::UnsupportedRoute { .. } => {
            field.warn(format!("{error}: this deployment is left out"), "");
        }
        ModelError::UnknownProvider { provider, .. } => {
            let names = providers().map(|row| row.name);
            let near = suggest::nearest(provider, names.chain(known::names(known::PROVIDERS)));
            field.wrong(
                error.to_string(),
                near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default(),
            );
        }
        _ => field.wrong(error.to_string(), ""),
    }
}

/// Where it is, and who calls.
fn read_access(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    let provider = deployment.provider;
    let context = section.field().context();
    let newer = section.take("base_url");
    let base = section.take("api_base").or(newer);
    deployment.api_base = match &base {
        Some(field) => field.url(),
        None => provider.base_variables.iter().find_map(|name| context.var(name)),
    };
    if provider.reach == Reach::Http
        && provider.auth != Auth::Google
        && base.is_none()
        && deployment.api_base.is_none()
        && provider.base_url.is_none()
    {
        section.field().wrong(
            format!("provider `{}` is at no address of its own", provider.name),
            "set `api_base: https://host/v1`",
        );
    }
    let key = section.take("api_key");
    deployment.credential = match &key {
        Some(field) => field.secret(),
        // The operator's key does not go where somebody else says.
        None if base.as_ref().is_some_and(Field::is_outside) => None,
        None => key_from_environment(section.field(), provider),
    };
    azure::read(section, deployment, key.is_some());
    vertex::read(section, deployment);
    let named = key.is_some() || deployment.credential.is_some() || deployment.token.is_some();
    if !named && needs_key(provider) {
        let hint = match provider.key_variables {
            [] => "set `api_key`".to_owned(),
            names => format!("set `api_key`, or the variable {}", names.join(" or ")),
        };
        section.field().warn("has no `api_key`: the provider will refuse its calls", hint);
    }
}

fn key_from_environment(field: &Field<'_, '_>, provider: &Provider) -> Option<Secret> {
    let mut set = provider.key_variables.iter().filter_map(|name| field.context().var(name));
    set.find(|key| !key.trim().is_empty()).map(|key| Secret::plain(key.trim()))
}

fn needs_key(provider: &Provider) -> bool {
    matches!(provider.auth, Auth::Bearer | Auth::Header(_))
        && provider.reach == Reach::Http
        && !provider.has(Quirk::Keyless)
}

/// How much it takes, and how often it is chosen.
fn read_limits(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    let mut whole = |name| section.take(name).and_then(|field| field.whole(0..=u64::MAX));
    deployment.rpm = whole("rpm");
    deployment.tpm = whole("tpm");
    deployment.max_parallel_requests = whole("max_parallel_requests");
    deployment.order = section
        .take("order")
        .and_then(|field| field.whole(0..=1_000_000).and_then(|order| i64::try_from(order).ok()));
    if let Some(field) = section.take("weight") {
        deployment.weight = field.number().filter(|weight| *weight >= 0.0);
        if deployment.weight.is_none() && field.number().is_some() {
            field.wrong(format!("`{}` is negative", field.shown()), "write 0 or more");
        }
    }
    let older = section.take("num_retries");
    deployment.max_retries =
        section.take("max_retries").or(older).and_then(|field| field.retries());
    deployment.drop_params = section.take("drop_params").and_then(|field| field.flag());
    deployment.use_in_pass_through =
        section.take("use_in_pass_through").and_then(|field| field.flag()).unwrap_or(false);
    let mut list = |name| section.take(name).and_then(|field| field.names()).unwrap_or_default();
    deployment.additional_drop_params = list("additional_drop_params");
    deployment.allowed_openai_params = list("allowed_openai_params");
    deployment.tags = list("tags");
    if let Some(field) = section.take("cache_control_injection_points")
        && let Some(points) = field.json()
    {
        match CacheInjection::read(&points) {
            Ok(points) => deployment.cache_points = points,
            Err(wrong) => field.wrong(wrong, "such as `- {location: message, role: system}`"),
        }
    }
}

fn read_waits(section: &mut Section<'_, '_>, deployment: &mut Deployment, waits: Waits) {
    let answer = section.take("timeout").and_then(|field| field.seconds());
    let stream = section.take("stream_timeout").and_then(|field| field.seconds());
    deployment.tier_waits = ["timeout_by_service_tier", "stream_timeout_by_service_tier"]
        .map(|name| section.take(name).map(|field| by_tier(&field)).unwrap_or_default());
    deployment.timeouts = Waits { answer: answer.or(waits.answer), stream, ..waits }.resolve();
}

/// Seconds by the name of a service level.
fn by_tier(field: &Field<'_, '_>) -> BTreeMap<String, Duration> {
    let section = Section::open(field);
    let each = section.iter().flat_map(Section::each);
    each.filter_map(|(tier, field)| Some((tier.to_ascii_lowercase(), field.seconds()?))).collect()
}

/// What is sent beside the caller's own.
fn read_body(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    // LiteLLM has two names for it.
    for name in ["headers", "extra_headers"] {
        if let Some(field) = section.take(name) {
            deployment.extra_headers.extend(field.headers());
        }
    }
    if let Some(field) = section.take("extra_body") {
        deployment.extra_body = field.json_object().unwrap_or_default();
    }
    if let Some(field) = section.take("organization") {
        if provider("openai") == Some(deployment.provider) {
            if let Some(organization) = field.name() {
                deployment.extra_headers.push(("openai-organization".to_owned(), organization));
            }
        } else {
            field.no_use(deployment.provider.name);
        }
    }
}
