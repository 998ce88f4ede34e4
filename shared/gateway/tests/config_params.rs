//! Every parameter of a deployment that LiteLLM has is either in effect or named.

use std::collections::BTreeSet;

use sluice_gateway::config::Config;

/// What LiteLLM's documentation lists for a deployment, with a value of the right kind. (Prices are
/// in `config_values.rs`.)
const PARAMS: &[(&str, &str)] = &[
    ("api_key", "k"),
    ("api_base", "https://h"),
    ("base_url", "https://h"),
    ("api_version", "v1"),
    ("organization", "o"),
    ("rpm", "1"),
    ("tpm", "1"),
    ("itpm", "1"),
    ("otpm", "1"),
    ("tpd", "1"),
    ("rpd", "1"),
    ("weight", "1"),
    ("order", "1"),
    ("max_parallel_requests", "1"),
    ("timeout", "1"),
    ("stream_timeout", "1"),
    ("timeout_by_service_tier", "{flex: 1}"),
    ("stream_timeout_by_service_tier", "{flex: 1}"),
    ("max_retries", "1"),
    ("num_retries", "1"),
    ("tags", "[a]"),
    ("tag_regex", "[a]"),
    ("max_budget", "1"),
    ("budget_duration", "1d"),
    ("region_name", "r"),
    ("mock_response", "hi"),
    ("mock_tool_calls", "[{id: c, type: function, function: {name: f, arguments: '{}'}}]"),
    ("mock_delay", "1"),
    ("mock_timeout", "true"),
    ("temperature", "0.1"),
    ("top_p", "0.1"),
    ("max_tokens", "9"),
    ("max_completion_tokens", "9"),
    ("seed", "1"),
    ("stop", "[END]"),
    ("frequency_penalty", "0.1"),
    ("presence_penalty", "0.1"),
    ("logit_bias", "{'1': 2}"),
    ("response_format", "{type: json_object}"),
    ("reasoning_effort", "low"),
    ("thinking", "{type: disabled}"),
    ("service_tier", "flex"),
    ("user", "u"),
    ("configurable_clientside_auth_params", "[api_key]"),
    ("use_in_pass_through", "true"),
    ("cooldown_time", "1"),
    ("drop_params", "true"),
    ("additional_drop_params", "[seed]"),
    ("allowed_openai_params", "[seed]"),
    ("extra_body", "{a: 1}"),
    ("extra_headers", "{a: b}"),
    ("headers", "{a: b}"),
    ("cache_control_injection_points", "[{location: message, role: system}]"),
    ("guardrails", "[g]"),
    ("aws_access_key_id", "a"),
    ("aws_secret_access_key", "s"),
    ("aws_session_token", "t"),
    ("aws_region_name", "eu-west-1"),
    ("aws_role_name", "r"),
    ("aws_session_name", "s"),
    ("aws_external_id", "e"),
    ("aws_web_identity_token", "/t"),
    ("aws_profile_name", "p"),
    ("aws_sts_endpoint", "https://sts"),
    ("aws_bedrock_runtime_endpoint", "https://b"),
    ("aws_session_tags", "{a: b}"),
    ("model_id", "arn"),
    ("s3_bucket_name", "b"),
    ("aws_batch_role_arn", "r"),
    ("tenant_id", "t"),
    ("client_id", "c"),
    ("client_secret", "s"),
    ("azure_ad_token", "t"),
    ("azure_scope", "s"),
    ("azure_username", "u"),
    ("azure_password", "p"),
    ("vertex_project", "p"),
    ("vertex_location", "l"),
    ("vertex_credentials", "/k"),
];

/// The findings that name a parameter, at a provider that has use for it.
fn findings(provider: &str, name: &str, value: &str) -> Vec<String> {
    let companion = match name {
        "aws_access_key_id" => ", aws_secret_access_key: s",
        "aws_secret_access_key" => ", aws_access_key_id: a",
        "aws_session_token" => ", aws_access_key_id: a, aws_secret_access_key: s",
        "aws_web_identity_token" => ", aws_role_name: r",
        "tenant_id" => ", client_id: c, client_secret: s",
        "client_id" => ", tenant_id: t, client_secret: s",
        "client_secret" => ", client_id: c, tenant_id: t",
        "budget_duration" => ", max_budget: 1",
        _ => "",
    };
    let text = format!(
        "model_list:\n- model_name: m\n  litellm_params: {{model: {provider}/m, {name}: {value}{companion}}}\n  \
         model_info: {{free: true}}\n"
    );
    let found = Config::parse(&text, "c.yaml", &()).to_string();
    let about = format!("litellm_params.{name}:");
    found.lines().filter(|line| line.contains(&about)).map(str::to_owned).collect()
}

#[test]
fn every_parameter_is_in_effect_or_named() {
    let providers = ["openai", "azure", "bedrock", "sagemaker", "vertex_ai/claude"];
    let mut idle = BTreeSet::new();
    for (name, value) in PARAMS {
        let found: Vec<_> = providers.iter().map(|row| findings(row, name, value)).collect();
        // In effect somewhere: there it is taken without a word.
        if found.iter().any(Vec::is_empty) {
            continue;
        }
        for line in found.iter().flatten() {
            assert!(line.contains("not in effect") || line.contains("has no effect"), "{line}");
        }
        idle.insert(*name);
    }
    // What is not in effect yet. Whoever puts one into effect takes it out of here.
    let expected = BTreeSet::from([
        "tag_regex",
        "configurable_clientside_auth_params",
        "cooldown_time",
        "guardrails",
        "s3_bucket_name",
        "aws_batch_role_arn",
        "azure_username",
        "azure_password",
    ]);
    assert_eq!(idle, expected, "what is in effect nowhere");
}
