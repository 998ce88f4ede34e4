//! What is said about a configuration that is not as it should be.

use sluice_gateway::config::{Config, Level};

/// One deployment that is in order, so that only what a case adds is found.
const GOOD: &str =
    "model_list: [{model_name: m, litellm_params: {model: demo/m}, model_info: {free: true}}]\n";

fn findings(text: &str) -> String {
    Config::parse(text, "c.yaml", &()).to_string()
}

/// One line for each of what is expected, in order, and no other.
#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    let found = findings(text);
    let found: Vec<_> = found.lines().collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "\n   found {found}\nexpected {expected}");
    }
}

/// One deployment with these parameters on the lines from 4 on.
fn params(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("      {line}\n")).collect();
    format!(
        "model_list:\n  - model_name: m\n    litellm_params:\n{lines}    model_info: {{free: true}}\n"
    )
}

/// One deployment with these parameters and no word on its price.
fn unpriced(params: &str) -> String {
    format!("model_list:\n- model_name: m\n  litellm_params: {{{params}}}\n")
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_was_meant() {
    finds(
        &params(&["model: demo/m", "rpmm: 5"]),
        &["c.yaml:5: warning: model_list[0].litellm_params.rpmm: unknown key, it has no effect; \
           did you mean `rpm`?"],
    );
    finds(
        &format!("{GOOD}general_setting: {{}}\n"),
        &["c.yaml:2: warning: general_setting: unknown key, it has no effect; \
           did you mean `general_settings`?"],
    );
    finds(
        &format!("{GOOD}litellm_settings:\n  qqqqqqqq: 1\n"),
        &["c.yaml:3: warning: litellm_settings.qqqqqqqq: unknown key, it has no effect"],
    );
    finds(
        "model_list:\n  - model_name: m\n    model: x\n    litellm_params: {model: demo/m}\n    \
         model_info: {free: true, fre: 1}\n",
        &[
            "c.yaml:3: warning: model_list[0].model: has no effect here; write it below `litellm_params:`",
            "c.yaml:5: warning: model_list[0].model_info.fre: unknown key, it has no effect; \
             did you mean `free`?",
        ],
    );
}

#[test]
fn what_litellm_knows_and_has_no_effect_is_said() {
    let version = env!("CARGO_PKG_VERSION");
    finds(
        &format!(
            "{GOOD}guardrails: []\nlitellm_settings:\n  success_callback: [s3]\nrouter_settings:\n  \
             fallbacks: []\n  routing_strategy: least-busy\ngeneral_settings:\n  database_url: x\n"
        ),
        &[
            &format!(
                "c.yaml:2: warning: guardrails: known to LiteLLM, not in effect in Sluice {version}"
            ),
            "c.yaml:4: warning: litellm_settings.success_callback: known to LiteLLM",
            "c.yaml:6: warning: router_settings.fallbacks: known to LiteLLM",
            "c.yaml:7: warning: router_settings.routing_strategy: `least-busy` is not in effect",
            "c.yaml:9: warning: general_settings.database_url: known to LiteLLM",
        ],
    );
    finds(
        &params(&[
            "model: demo/m",
            "tag_regex: [a]",
            "guardrails: [g]",
            "input_cost_per_token_batches: 1",
        ]),
        &["c.yaml:5: warning", "c.yaml:6: warning", "c.yaml:7: warning"],
    );
}

#[test]
fn wrong_parameters_are_errors_that_say_what_would_be_right() {
    for (line, says) in [
        ("rpm: many", "rpm: `many` is not a number that fits here; write a whole number from 0 on"),
        ("rpm: -1", "rpm: `-1` is not a number"),
        ("rpm: [1]", "rpm: is a list, not a single value"),
        ("weight: -1", "weight: `-1` is negative"),
        ("weight: .inf", "weight: `.inf` is not a number"),
        ("timeout: 0", "timeout: `0` is no useful time"),
        ("timeout: soon", "timeout: `soon` is not a number"),
        ("max_retries: 1000", "max_retries: `1000`"),
        ("drop_params: maybe", "drop_params: `maybe` is not a truth value; write true or false"),
        ("api_base: not a url", "api_base: `not a url` is not a URL"),
        ("api_base: ftp://host", "api_base: `ftp://host` is not a URL"),
        ("extra_headers: [a]", "extra_headers: is a list, not a mapping"),
        ("extra_headers: {'a b': c}", "`a b` is not a header name"),
        ("extra_body: text", "extra_body: is a single value, not a mapping"),
        ("input_cost_per_token: cheap", "input_cost_per_token: `cheap` is not a decimal number"),
        ("input_cost_per_token: -1", "input_cost_per_token: `-1` is negative"),
        ("output_cost_per_token: 1e9", "output_cost_per_token: `1e9` is more than $1,000,000"),
        ("tiered_pricing: [{range: [1]}]", "tiered_pricing[0].range: is not a range of tokens"),
        ("api_key: ''", "api_key: is empty"),
        ("api_key: a b", "api_key: holds a character that no key has"),
        ("api_key: aws-secret/", "api_key: does not say which secret"),
        ("api_key: aws-secret/a#", "api_key: does not say which secret"),
        ("api_key: os.environ/NO_SUCH", "api_key: the environment variable `NO_SUCH` is not set"),
    ] {
        let found = findings(&params(&["model: demo/m", line]));
        let first = found.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("c.yaml:5: error: model_list[0].litellm_params."),
            "{line}: {found}"
        );
        assert!(first.contains(says), "{line}: {found}");
    }
}

#[test]
fn wrong_settings_are_errors_that_say_what_would_be_right() {
    for (line, says) in [
        (
            "general_settings: {lease_seconds: 1}",
            "lease_seconds: `1` is not a number that fits here; write a whole number from 5 to 86400",
        ),
        (
            "litellm_settings: {timezone: Mars/Olympus}",
            "timezone: `Mars/Olympus` is not a time zone",
        ),
        (
            "litellm_settings: {budget_exceeded_throttle_percentage: 1.5}",
            "budget_exceeded_throttle_percentage: `1.5` is no part of a whole",
        ),
        (
            "general_settings: {budget_mode: firm}",
            "budget_mode: `firm` is no way to hold a budget; write hard or soft",
        ),
        (
            "litellm_settings: {budget_exceeded_status_code: 200}",
            "budget_exceeded_status_code: `200`",
        ),
        (
            "router_settings: {routing_strategy: fastest}",
            "routing_strategy: `fastest` is not a routing strategy",
        ),
        (
            "router_settings: {model_group_alias: {a: n}}",
            "model_group_alias.a: `n` is no `model_name`",
        ),
        (
            "router_settings: {model_group_alias: {a: {hidden: true}}}",
            "model_group_alias.a: names no model",
        ),
        ("router_settings: 5", "router_settings: is a single value, not a mapping"),
        (
            "environment_variables: {A: os.environ/NO_SUCH}",
            "environment_variables.A: the environment variable `NO_SUCH`",
        ),
    ] {
        let found = findings(&format!("{GOOD}{line}\n"));
        assert!(found.starts_with("c.yaml:2: error: ") && found.contains(says), "{line}: {found}");
    }
}

#[test]
fn all_errors_are_told_not_only_the_first() {
    let text = params(&["model: demo/m", "rpm: a", "tpm: b", "timeout: c"]);
    finds(&text, &["c.yaml:5: error", "c.yaml:6: error", "c.yaml:7: error"]);
    assert!(Config::parse(&text, "c.yaml", &()).config.is_none());
}

#[test]
fn a_deployment_needs_a_name_and_a_model() {
    let none = "no model can be called";
    finds("model_list: [{}]", &["has no `model_name`", "has no `litellm_params`", none]);
    finds("model_list: {a: b}", &["model_list: is a mapping, not a list", none]);
    finds("model_list: [x]", &["model_list[0]: is a single value, not a mapping", none]);
    finds(&params(&["rpm: 1"]), &[none, "litellm_params: names no model"]);
    finds(
        "model_list:\n- model_name: ''\n  litellm_params: {model: demo/m}\n",
        &[none, "model_name: is empty"],
    );
}

#[test]
fn providers_that_are_not_served_are_told_from_slips_of_the_pen() {
    let watsonx = params(&["model: watsonx/gpt-4o"]);
    let left_out =
        "c.yaml:4: warning: model_list[0].litellm_params.model: provider `watsonx` is known";
    assert!(findings(&watsonx).contains(left_out), "{}", findings(&watsonx));
    let config = Config::parse(&watsonx, "c.yaml", &()).config.unwrap();
    assert!(config.deployments.is_empty());

    let slip = findings(&params(&["model: opneai/gpt-4o"]));
    assert!(slip.contains("error") && slip.contains("did you mean `openai`?"), "{slip}");
    let bare = findings(&params(&["model: llama3"]));
    let whose = "c.yaml:4: error: model_list[0].litellm_params.model: model `llama3`";
    assert!(bare.contains(whose), "{bare}");
}

#[test]
fn missing_keys_addresses_and_prices_are_told() {
    let no_price = "has no price: keys with a budget cannot call it";
    finds(&unpriced("model: openai/our-own"), &["has no `api_key`", no_price]);
    finds(
        &unpriced("model: openai/our-own, api_key: k, input_cost_per_token: 1"),
        &["has `input_cost_per_token` but no `output_cost_per_token`"],
    );
    finds(
        &params(&["model: custom_openai/m"]),
        &["provider `custom_openai` is at no address of its own"],
    );
    finds(&unpriced("model: openai/gpt-realtime, api_key: k"), &["is a model of mode `realtime`"]);
    let base = unpriced("model: openai/x, api_key: k") + "  model_info: {base_model: gpt-99}\n";
    finds(&base, &["the price catalogue has no `gpt-99`", no_price]);
}

#[test]
fn pasted_keys_and_half_pairs_are_told() {
    finds(
        &params(&["model: openai/gpt-4o", "api_key: sk-proj-Zx81hQm0Trd72kPqLwVn"]),
        &["c.yaml:5: warning: model_list[0].litellm_params.api_key: looks like a real key"],
    );
    finds(
        &params(&["model: bedrock/amazon.nova-lite-v1:0", "aws_access_key_id: a"]),
        &["c.yaml:5: error: model_list[0].litellm_params.aws_access_key_id: is one half of a pair"],
    );
    finds(
        &params(&["model: demo/m", "aws_region_name: us-east-1"]),
        &[
            "c.yaml:5: warning: model_list[0].litellm_params.aws_region_name: has no effect at provider `demo`",
        ],
    );
}

#[test]
fn equal_ids_are_refused_and_equal_entries_told() {
    let twice = |info: &str| {
        let entry = format!(
            "- {{model_name: m, litellm_params: {{model: demo/m}}, model_info: {{free: true{info}}}}}\n"
        );
        format!("model_list:\n{entry}{entry}")
    };
    finds(
        &twice(", id: a"),
        &[
            "c.yaml:3: error: model_list[1]: `model_info.id: a` is that of the entry in line 2 as well",
        ],
    );
    finds(&twice(""), &["c.yaml:3: warning: model_list[1]: says the same as the entry in line 2"]);
}

#[test]
fn what_is_no_yaml_is_an_error_with_its_line() {
    for (text, says) in [
        ("a: [1, 2\nb: 3\n", "is not YAML"),
        ("a: 'open\n", "is not YAML"),
        (
            "model_list: []\nmodel_list: []\n",
            "c.yaml:2: error: `model_list` stands twice, first in line 1",
        ),
        ("a: 1\n---\nb: 2\n", "is a second document"),
        ("- a\n", "the file is a list, not a mapping"),
        ("just text\n", "the file is a single value, not a mapping"),
        ("a: !secret b\n", "has the tag `!secret`"),
        ("? [a]\n: b\n", "has a list for a key"),
        ("a: *none\n", "is not YAML"),
        ("a: &a [*a]\n", "is an alias of what it is itself a part of"),
        ("a: {<<: 5}\n", "`<<` merges what is no mapping"),
    ] {
        let checked = Config::parse(text, "c.yaml", &());
        let found = checked.to_string();
        assert!(found.contains(says), "{text:?}: {found}");
        assert!(checked.findings.iter().any(|finding| finding.level == Level::Error), "{text:?}");
        assert!(checked.config.is_none());
    }
}

#[test]
fn a_file_cannot_exhaust_the_reader() {
    let deep = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    assert!(findings(&deep).contains("is nested more than 64 deep"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    assert!(findings(&bomb).contains("makes aliases expand to more than 100000 values"));
}

#[test]
fn patterns_are_told_where_they_cannot_be_meant() {
    let entry = |name: &str, model: &str| {
        format!(
            "model_list:\n- model_name: '{name}'\n  litellm_params: {{model: '{model}', api_key: k}}\n"
        )
    };
    finds(&entry("openai/*", "openai/*"), &[]);
    finds(
        &entry("fast", "openai/*"),
        &["error: model_list[0].model_name: is one name, and `openai/*` is many"],
    );
    finds(
        "model_list:\n- {model_name: '*', litellm_params: {model: '*'}}\n",
        &[
            "warning: no model can be called",
            "has `model: \"*\"`, and no provider has a key in the environment",
        ],
    );
    let alias = format!(
        "{}router_settings: {{model_group_alias: {{a: openai/x}}}}\n",
        entry("openai/*", "openai/*")
    );
    finds(&alias, &[]);
}

#[test]
fn wrong_places_of_prompts_and_of_the_page_are_errors() {
    let told = findings(
        "general_settings: {enforced_params: [a.b.c]}\nprompts:\n  - prompt_id: a.v2\n    litellm_params: {prompt_integration: dotprompt, dotprompt_content: x}\n  - prompt_id: b\n    litellm_params: {prompt_integration: dotprompt, prompt_directory: /etc}\n  - prompt_id: c\n",
    );
    for part in [
        "`a.b.c` is no parameter",
        "no name of a prompt",
        "files are not read",
        "set prompt_id and litellm_params",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for (name, value, part) in [
        ("DOCS_URL", "/v1/models", "cannot be at `/v1/models`"),
        ("NO_DOCS", "maybe", "no truth value"),
        ("ROOT_REDIRECT_URL", "javascript:x", "is no address"),
    ] {
        let environment = std::collections::BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let told = Config::parse("model_list: []", "config.yaml", &environment).to_string();
        assert!(told.contains(part), "{told}");
    }
}
