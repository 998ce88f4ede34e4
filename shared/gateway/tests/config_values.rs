//! What a configuration's values become.

use std::{collections::BTreeMap, time::Duration};

use sluice_gateway::{
    config::{Checked, Config, ConfiguredDeployment, Source},
    pricing::{Catalogue, Class, PriceSource, Rate, ServiceTier},
};
use sluice_providers::{MediaPolicy, Secret};

fn environment() -> BTreeMap<String, String> {
    [
        ("OPENAI_KEY", "sk-from-the-environment"),
        ("ANTHROPIC_API_KEY", "sk-ant-default"),
        ("AWS_REGION", "eu-west-1"),
        ("RPM", "120"),
        ("HOST", "http://127.0.0.1:9"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn check(text: &str) -> Checked {
    Config::parse(text, "config.yaml", &environment())
}

/// The configuration of a text in which nothing is to be found.
#[expect(clippy::unwrap_used, reason = "a test fails by it")]
fn clean(text: &str) -> Config {
    let checked = check(text);
    assert_eq!(checked.to_string(), "");
    checked.config.unwrap()
}

fn one(text: &str) -> ConfiguredDeployment {
    let mut deployments = clean(text).deployments;
    assert_eq!(deployments.len(), 1);
    deployments.remove(0)
}

fn plain(secret: Option<&Secret>) -> Option<&str> {
    match secret {
        Some(Secret::Plain(key)) => Some(key.expose()),
        _ => None,
    }
}

const WHOLE: &str = "
environment_variables:
  MASTER: sk-0123456789abcdef
model_list:
  - model_name: fast
    litellm_params:
      model: openai/gpt-4o-mini
      api_key: os.environ/OPENAI_KEY
      api_base: os.environ/HOST
      organization: org-1
      rpm: os.environ/RPM
      tpm: 1_000_000
      weight: 2.5
      order: 1
      timeout: 30
      stream_timeout: 2.5
      max_retries: 4
      drop_params: yes
      extra_headers: {X-Team: blue}
      extra_body: {top_k: 5, flag: true, list: [1, 'two', ~], nested: {price: 1.5}}
    model_info:
      id: fast-1
      mode: chat
      access_groups: [beta, internal]
      supports_vision: true
  - model_name: careful
    litellm_params:
      model: anthropic/claude-sonnet-4-5
litellm_settings:
  drop_params: true
  request_timeout: 600
  num_retries: 1
  budget_exceeded_status_code: 400
  timezone: Europe/Berlin
router_settings:
  routing_strategy: simple-shuffle
  num_retries: 3
  timeout: 45
  model_group_alias:
    gpt-4: fast
    secret-name: {model: careful, hidden: true}
general_settings:
  master_key: os.environ/MASTER
  max_request_size_mb: 8
  lease_seconds: 120
";

#[test]
fn reads_a_deployment_whole() {
    let config = clean(WHOLE);
    let fast = &config.deployments[0].deployment;
    assert_eq!([&fast.id, &fast.group, &fast.model], ["fast-1", "fast", "gpt-4o-mini"]);
    assert_eq!(fast.name, "openai/gpt-4o-mini");
    assert_eq!(plain(fast.credential.as_ref()), Some("sk-from-the-environment"));
    assert_eq!(fast.api_base.as_deref(), Some("http://127.0.0.1:9"));
    assert_eq!((fast.rpm, fast.tpm, fast.order), (Some(120), Some(1_000_000), Some(1)));
    assert_eq!((fast.weight, fast.max_retries, fast.drop_params), (Some(2.5), Some(4), Some(true)));
    assert_eq!(fast.timeouts.first_byte, Duration::from_secs(30));
    assert_eq!(fast.timeouts.idle, Duration::from_millis(2500));
    assert_eq!(fast.timeouts.total, Duration::from_secs(600));
    let headers = [("X-Team", "blue"), ("openai-organization", "org-1")];
    assert_eq!(fast.extra_headers, headers.map(|(n, v)| (n.to_owned(), v.to_owned())));
    let body = serde_json::json!(
        {"top_k": 5, "flag": true, "list": [1, "two", null], "nested": {"price": 1.5}}
    );
    assert_eq!(serde_json::Value::Object(fast.extra_body.clone()), body);
    let info = &config.deployments[0].info;
    assert_eq!(info.access_groups, ["beta", "internal"]);
    assert_eq!(info.supports.get("supports_vision"), Some(&true));
    assert_eq!(config.deployments[0].source_line, 5);

    let careful = &config.deployments[1].deployment;
    assert_eq!(plain(careful.credential.as_ref()), Some("sk-ant-default"));
    assert_eq!(careful.timeouts.first_byte, Duration::from_secs(45));
    assert_eq!((careful.id.len(), careful.max_retries), (64, None));
}

#[test]
fn reads_the_settings() {
    let config = clean(WHOLE);
    assert!(config.litellm.drop_params);
    assert_eq!(config.litellm.budget_exceeded_status_code, 400);
    assert_eq!(config.timezone().iana_name(), Some("Europe/Berlin"));
    assert_eq!(config.num_retries(), 3);
    let alias = |name: &str| config.router.model_group_alias.get(name).map(String::as_str);
    assert_eq!((alias("gpt-4"), alias("secret-name")), (Some("fast"), Some("careful")));
    assert!(config.router.hidden_aliases.contains("secret-name"));
    let Some(Secret::Plain(key)) = &config.general.master_key else { panic!("a key at hand") };
    assert_eq!(key.expose(), "sk-0123456789abcdef");
    assert_eq!(config.general.max_request_bytes(), 8 * 1024 * 1024);
    assert_eq!(config.general.lease(), Duration::from_secs(120));
}

#[test]
fn an_empty_file_is_all_defaults() {
    for text in ["", "# nothing\n", "model_list:\n", "---\n", "\u{feff}model_list: []\n"] {
        let checked = check(text);
        let config = checked.config.unwrap();
        assert_eq!(checked.findings.len(), 1, "{text:?}");
        assert_eq!(config.num_retries(), 2);
        assert_eq!(config.litellm.budget_exceeded_status_code, 422);
        assert_eq!(config.general.lease(), Duration::from_secs(90));
        assert!(config.general.master_key.is_none());
        assert_eq!(config.timezone().iana_name(), Some("UTC"));
    }
}

#[test]
fn secrets_of_aws_are_kept_as_references() {
    let keyed = |key: &str| {
        let params = format!("{{model: openai/gpt-4o, api_key: '{key}'}}");
        one(&format!("model_list: [{{model_name: m, litellm_params: {params}}}]"))
            .deployment
            .credential
    };
    let whole = Secret::AwsSecret { name: "prod/openai".to_owned(), field: None };
    assert_eq!(keyed("aws-secret/prod/openai"), Some(whole));
    let field =
        Secret::AwsSecret { name: "prod/keys".to_owned(), field: Some("openai".to_owned()) };
    assert_eq!(keyed("aws-secret/prod/keys#openai"), Some(field));
}

#[test]
fn no_secret_is_shown() {
    let checked = check(
        "
model_list:
  - model_name: m
    litellm_params:
      model: openai/gpt-4o
      api_key: sk-proj-Zx81hQm0Trd72kPqLwVn
      rpm: os.environ/OPENAI_KEY
general_settings: {lease_seconds: os.environ/OPENAI_KEY}
",
    );
    let text = format!("{checked:?} {checked}");
    assert!(!text.contains("Zx81") && !text.contains("from-the-environment"), "{text}");
    assert_eq!(checked.errors().count(), 2);
}

#[test]
fn bedrock_takes_its_region_from_where_it_is_said() {
    let region = |more: &str, model: &str| {
        let params = format!("{{model: '{model}'{more}}}");
        one(&format!("model_list: [{{model_name: m, litellm_params: {params}}}]"))
            .deployment
            .aws
            .region
    };
    let model = "bedrock/amazon.nova-lite-v1:0";
    assert_eq!(region("", model).as_deref(), Some("eu-west-1"));
    assert_eq!(region(", aws_region_name: us-west-2", model).as_deref(), Some("us-west-2"));
    assert_eq!(region("", "bedrock/us-east-2/amazon.nova-lite-v1:0").as_deref(), Some("us-east-2"));
    assert_eq!(region(", aws_profile_name: p", model), None);
}

#[test]
fn reads_every_aws_parameter() {
    let entry = one("
model_list:
  - model_name: m
    litellm_params:
      model: bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0
      aws_region_name: us-east-1
      aws_access_key_id: AKIDEXAMPLE
      aws_secret_access_key: secret-example
      aws_session_token: token-example
      aws_role_name: arn:aws:iam::123456789012:role/r
      aws_session_name: s
      aws_external_id: e
      aws_sts_endpoint: https://sts.us-east-1.amazonaws.com
      aws_bedrock_runtime_endpoint: http://127.0.0.1:1
      model_id: arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc
");
    let aws = &entry.deployment.aws;
    assert_eq!(aws.access_key_id.as_ref().unwrap().expose(), "AKIDEXAMPLE");
    assert_eq!(aws.secret_access_key.as_ref().unwrap().expose(), "secret-example");
    assert_eq!(aws.session_token.as_ref().unwrap().expose(), "token-example");
    assert_eq!(aws.role_name.as_deref(), Some("arn:aws:iam::123456789012:role/r"));
    assert_eq!(aws.session_name.as_deref(), Some("s"));
    assert_eq!(aws.external_id.as_ref().unwrap().expose(), "e");
    assert_eq!(aws.sts_endpoint.as_deref(), Some("https://sts.us-east-1.amazonaws.com"));
    assert_eq!(aws.runtime_endpoint.as_deref(), Some("http://127.0.0.1:1"));
    assert!(aws.model_id.as_deref().unwrap().ends_with("/abc"));
    let price = entry.price(&Catalogue::builtin()).unwrap();
    assert_eq!(price.base(Class::Input), Some(Rate::from_pico(3_300_000)));
}

#[test]
fn prices_in_the_file_replace_those_of_the_catalogue() {
    let entry = one("
model_list:
  - model_name: m
    litellm_params:
      model: openai/gpt-4o
      api_key: k
      input_cost_per_token: 1e-6
      cache_read_input_token_cost: '0.0000001'
      input_cost_per_token_above_200k_tokens: 2e-06
    model_info:
      output_cost_per_token: 5e-06
      max_tokens: 1000
");
    let price = entry.price(&Catalogue::builtin()).unwrap();
    assert_eq!(price.source, PriceSource::Override);
    let rate = |class, prompt| price.rate(class, ServiceTier::Standard, prompt).pico();
    assert_eq!(rate(Class::Input, 1), 1_000_000);
    assert_eq!(rate(Class::Input, 200_001), 2_000_000);
    assert_eq!(rate(Class::CacheRead, 1), 100_000);
    assert_eq!(rate(Class::Output, 1), 5_000_000);
    assert_eq!((price.max_input, price.max_output), (Some(128_000), Some(1000)));
}

#[test]
fn tiered_prices_and_free_models_can_be_configured() {
    let config = clean(
        "
model_list:
  - model_name: tiered
    litellm_params:
      model: openai/ours
      api_key: k
      tiered_pricing:
        - {range: [0, 128000], input_cost_per_token: 1e-6, output_cost_per_token: 2e-6}
        - {range: [128000, 1000000], input_cost_per_token: 3e-6, output_cost_per_token: 4e-6}
  - model_name: free
    litellm_params: {model: hosted_vllm/ours, api_base: 'http://127.0.0.1:1/v1'}
    model_info: {free: true}
",
    );
    let catalogue = Catalogue::builtin();
    let tiered = config.deployments[0].price(&catalogue).unwrap();
    let rate = |class, prompt| tiered.rate(class, ServiceTier::Standard, prompt).pico();
    assert_eq!((rate(Class::Input, 128_000), rate(Class::Input, 128_001)), (1_000_000, 3_000_000));
    assert_eq!(
        (rate(Class::Output, 128_000), rate(Class::Output, 128_001)),
        (2_000_000, 4_000_000)
    );
    let free = config.deployments[1].price(&catalogue).unwrap();
    assert!(free.is_free());
    assert_eq!(free.version(), "free");
}

#[test]
fn ids_stay_the_same_and_tell_entries_apart() {
    let ids = |entries: &[(&str, &str)]| -> Vec<String> {
        let line = |(group, params): &(&str, &str)| {
            format!("  - {{model_name: {group}, litellm_params: {{{params}}}}}\n")
        };
        let text = format!("model_list:\n{}", entries.iter().map(line).collect::<String>());
        let config = check(&text).config.unwrap();
        config.deployments.into_iter().map(|entry| entry.deployment.id).collect()
    };
    let base = "model: openai/gpt-4o, api_key: os.environ/OPENAI_KEY, rpm: 1";
    let first = ids(&[("a", base)]);
    let turned = "rpm: 1, api_key: os.environ/OPENAI_KEY, model: openai/gpt-4o";
    assert_eq!(first, ids(&[("a", turned)]), "order of keys");
    assert_ne!(first, ids(&[("b", base)]), "group");
    assert_ne!(first, ids(&[("a", "model: openai/gpt-4o, api_key: x, rpm: 1")]), "key");
    let twins = ids(&[("a", base), ("a", base), ("a", base)]);
    assert_eq!(twins[0], first[0]);
    assert!(twins[0] != twins[1] && twins[1] != twins[2] && twins[0] != twins[2]);
}

#[test]
fn anchors_and_merge_keys_work() {
    let config = check(
        "
model_list:
  - &first
    model_name: a
    litellm_params: &shared
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_KEY
      rpm: 5
  - model_name: b
    litellm_params:
      <<: *shared
      rpm: 7
  - <<: [*first]
    model_name: c
",
    );
    assert_eq!(config.to_string(), "");
    let config = config.config.unwrap();
    let seen = config.deployments.iter().map(|e| (e.deployment.group.as_str(), e.deployment.rpm));
    assert_eq!(seen.collect::<Vec<_>>(), [("a", Some(5)), ("b", Some(7)), ("c", Some(5))]);
}

struct Files(BTreeMap<&'static str, &'static str>);

impl Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        self.0.get(name).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    }
}

fn including(include: &str) -> Checked {
    let files = Files(BTreeMap::from([
        (
            "more.yaml",
            "model_list:\n  - {model_name: b, litellm_params: {model: demo/b}, model_info: {free: true}}\n\
             litellm_settings: {drop_params: true}\n",
        ),
        ("bad.yaml", "\nlitellm_settings:\n  num_retries: 5\n  num_retris: 5\n"),
        ("nested.yaml", "include: [more.yaml]\n"),
    ]));
    let main = format!(
        "include: [{include}]\nmodel_list:\n  - {{model_name: a, litellm_params: {{model: demo/a}}, \
         model_info: {{free: true}}}}\nlitellm_settings: {{num_retries: 1}}\n"
    );
    Config::parse_with(&main, "main.yaml", &(), &files)
}

#[test]
fn included_files_are_put_together() {
    let good = including("more.yaml");
    assert_eq!(good.to_string(), "");
    let config = good.config.unwrap();
    let groups: Vec<_> = config.deployments.iter().map(|e| e.deployment.group.as_str()).collect();
    assert_eq!(groups, ["a", "b"]);
    assert!(config.litellm.drop_params);
    assert_eq!(config.litellm.num_retries, Some(1));
}

#[test]
fn findings_name_the_included_file() {
    let bad = including("bad.yaml").to_string();
    let twice = "bad.yaml:3: error: `num_retries` is set in main.yaml as well, in line 4";
    assert!(bad.contains(twice), "{bad}");
    assert!(bad.contains("bad.yaml:4: warning: litellm_settings.num_retris: unknown key"), "{bad}");
    let missing = including("none.yaml").to_string();
    let gone = "main.yaml:1: error: `none.yaml` cannot be included: no such file";
    assert!(missing.contains(gone), "{missing}");
    let nested = including("nested.yaml").to_string();
    assert!(nested.contains("nested.yaml:1: error: an included file includes others"), "{nested}");
    let alone = Config::parse("include: [more.yaml]", "main.yaml", &()).to_string();
    assert!(alone.contains("other files cannot be read from here"), "{alone}");
}

/// LiteLLM takes them in both sections.
#[test]
fn says_what_may_be_fetched_by_url() {
    assert_eq!(*Config::demo().media(), MediaPolicy::default());
    for section in ["general_settings", "litellm_settings"] {
        let config = clean(&format!(
            "{section}:\n  user_url_validation: false\n  user_url_allowed_hosts: [intranet.test]\n  \
             max_image_url_download_size_mb: 3\nmodel_list:\n  - model_name: demo\n    \
             litellm_params: {{model: demo/demo}}\n    model_info: {{free: true}}\n"
        ));
        let media = config.media();
        assert!(!media.validate);
        assert_eq!(media.allowed_hosts, ["intranet.test"]);
        assert_eq!(media.most_bytes, 3 * 1024 * 1024);
    }
}

#[test]
fn a_model_of_any_name_is_a_template_for_each_provider_with_a_key() {
    let config = clean("model_list: [{model_name: '*', litellm_params: {model: '*', timeout: 9}}]");
    let found: Vec<_> = config
        .deployments
        .iter()
        .map(|entry| {
            let deployment = &entry.deployment;
            assert!(entry.any_model && entry.is_wild());
            assert_eq!(deployment.timeouts.first_byte, Duration::from_secs(9));
            (deployment.name.as_str(), plain(deployment.credential.as_ref()))
        })
        .collect();
    assert_eq!(found, [("anthropic/*", Some("sk-ant-default")), ("bedrock/*", None)]);
    let ids: Vec<_> = config.deployments.iter().map(|entry| &entry.deployment.id).collect();
    assert_eq!(ids[0], ids[1], "one entry, one id");
}

#[test]
fn a_text_container_of_sagemaker_is_asked_for_by_its_payload_or_its_models_name() {
    let rows = |params: &str| {
        let text = format!(
            "model_list: [{{model_name: m, litellm_params: {{model: {params}}}, model_info: {{free: true}}}}]"
        );
        one(&text).deployment.provider.unsupported().any(|name| name == "tools")
    };
    assert!(!rows("sagemaker/e") && !rows("sagemaker_chat/e"));
    assert!(!rows("sagemaker/e, sagemaker_payload: messages"));
    assert!(rows("sagemaker/e, sagemaker_payload: tgi"));
    assert!(rows("sagemaker/e, hf_model_name: meta-llama/Llama-2-7b-chat-hf"));
    let wrong = check(
        "model_list: [{model_name: m, litellm_params: {model: sagemaker/e, sagemaker_payload: x}}]",
    );
    assert!(wrong.to_string().contains("`x` is not a payload; write one of messages, tgi, llama"));
}
