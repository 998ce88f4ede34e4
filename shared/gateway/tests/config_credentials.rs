//! Who a deployment says it is: Azure's, Google's and AWS's identities.

use std::collections::BTreeMap;

use sluice_gateway::config::{Checked, Config};
use sluice_providers::{
    Deployment, Entra, EntraProof, Google, GoogleKey, Secret, Subject, TokenSource,
};

const USER_KEY: &str = r#"{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","quota_project_id":"p-of-key"}"#;

fn check(params: &str, variables: &[(&str, &str)]) -> Checked {
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let text = format!(
        "model_list:\n- model_name: m\n  litellm_params: {{{params}}}\n  model_info: {{free: true}}\n"
    );
    Config::parse(&text, "c.yaml", &environment)
}

/// The deployment of a text in which nothing is to be found.
#[expect(clippy::unwrap_used, reason = "a test fails by it")]
fn clean(params: &str, variables: &[(&str, &str)]) -> Deployment {
    let checked = check(params, variables);
    assert_eq!(checked.to_string(), "", "{params}");
    checked.config.unwrap().deployments.remove(0).deployment
}

#[track_caller]
fn finds(params: &str, variables: &[(&str, &str)], expected: &str) {
    let found = check(params, variables).to_string();
    assert!(found.contains(expected), "\n   found {found}\nexpected {expected}");
}

const AZURE: &str = "model: azure/gpt, api_base: 'https://r.openai.azure.com'";

#[expect(clippy::panic, reason = "a test fails by it")]
fn client_secret(token: Option<TokenSource>) -> Entra {
    match token {
        Some(TokenSource::Entra(entra)) => entra,
        other => panic!("{other:?}"),
    }
}

#[test]
fn azure_takes_a_key_or_a_token_at_hand() {
    let key = clean(&format!("{AZURE}, api_key: k, api_version: v1"), &[("AZURE_AD_TOKEN", "t")]);
    assert_eq!(key.credential, Some(Secret::plain("k")));
    assert_eq!((key.token, key.api_version.as_deref()), (None, Some("v1")));

    let token = clean(&format!("{AZURE}, azure_ad_token: aws-secret/t"), &[("AZURE_API_KEY", "k")]);
    let secret = Secret::AwsSecret { name: "t".to_owned(), field: None };
    assert_eq!((token.token, token.credential), (Some(TokenSource::Given(secret)), None));

    let variables = [
        ("AZURE_API_BASE", "https://e"),
        ("AZURE_API_KEY", "k"),
        ("AZURE_API_VERSION", "2024-10-21"),
    ];
    let environment = clean("model: azure/gpt", &variables);
    assert_eq!(environment.credential, Some(Secret::plain("k")));
    assert_eq!(environment.api_base.as_deref(), Some("https://e"));
    assert_eq!(environment.api_version.as_deref(), Some("2024-10-21"));
}

#[test]
fn azure_takes_a_client_of_entra() {
    let params = format!("{AZURE}, tenant_id: t-1, client_id: c-1, client_secret: s-1");
    let entra = client_secret(clean(&params, &[]).token);
    assert_eq!((entra.tenant.as_str(), entra.client.as_str()), ("t-1", "c-1"));
    assert_eq!(entra.proof, EntraProof::Secret(Secret::plain("s-1")));
    assert_eq!((entra.scope.as_str(), entra.authority.as_str()), (Entra::SCOPE, Entra::AUTHORITY));

    let variables = [
        ("AZURE_TENANT_ID", "t-2"),
        ("AZURE_CLIENT_ID", "c-2"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"),
        ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us"),
        ("AZURE_SCOPE", "scope-2"),
    ];
    let entra = client_secret(clean(AZURE, &variables).token);
    assert_eq!(entra.proof, EntraProof::Assertion(Subject::File("/var/run/token".into())));
    assert_eq!(entra.authority, "https://login.microsoftonline.us");
    assert_eq!((entra.tenant.as_str(), entra.scope.as_str()), ("t-2", "scope-2"));

    let oidc = format!("{AZURE}, tenant_id: t, client_id: c, azure_ad_token: oidc/env_path/WHERE");
    let entra = client_secret(clean(&oidc, &[("WHERE", "/w")]).token);
    assert_eq!(entra.proof, EntraProof::Assertion(Subject::File("/w".into())));
}

#[test]
fn azures_halves_and_doubles_are_told() {
    finds(
        &format!("{AZURE}, tenant_id: t"),
        &[],
        "litellm_params.tenant_id: is a part of an identity whose other parts are not given",
    );
    finds(
        &format!("{AZURE}, api_key: k, azure_ad_token: t"),
        &[],
        "azure_ad_token: has no effect beside an `api_key`",
    );
    finds(
        &format!("{AZURE}, tenant_id: ../x, client_id: c, client_secret: s"),
        &[],
        "error: model_list[0].litellm_params.tenant_id: is not a tenant's id",
    );
    finds(
        &format!("{AZURE}, tenant_id: t, client_id: c, azure_ad_token: oidc/nowhere/x"),
        &[],
        "`oidc/nowhere/x` is not a place that tokens are taken from",
    );
    finds(AZURE, &[], "has no `api_key`");
    finds("model: azure/gpt, api_key: k", &[], "provider `azure` is at no address of its own");
    finds(
        "model: openai/gpt-4o, api_key: k, api_version: '1'",
        &[],
        "api_version: has no effect at provider `openai`",
    );
}

const CLAUDE: &str = "model: vertex_ai/claude-sonnet-4-5@20250929";

#[expect(clippy::panic, reason = "a test fails by it")]
fn google(deployment: &Deployment) -> GoogleKey {
    match &deployment.token {
        Some(TokenSource::Google(google)) => {
            assert_eq!(google.scope, Google::SCOPE);
            google.key.clone()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn vertex_takes_a_key_in_every_form() {
    let json = GoogleKey::Json(Secret::plain(USER_KEY));
    let file = GoogleKey::File("/keys/robot.json".into());
    for (credentials, key) in [
        (format!("'{USER_KEY}'"), json.clone()),
        (USER_KEY.to_owned(), json.clone()),
        ("os.environ/KEY".to_owned(), json.clone()),
        ("os.environ/PATH_OF_KEY".to_owned(), file.clone()),
        ("/keys/robot.json".to_owned(), file),
        (
            "aws-secret/robot#key".to_owned(),
            GoogleKey::Json(Secret::AwsSecret {
                name: "robot".to_owned(),
                field: Some("key".to_owned()),
            }),
        ),
    ] {
        let params =
            format!("{CLAUDE}, vertex_location: us-east5, vertex_credentials: {credentials}");
        let variables = [("KEY", USER_KEY), ("PATH_OF_KEY", "/keys/robot.json")];
        let claude = clean(&params, &variables);
        assert_eq!(google(&claude), key, "{credentials}");
        assert_eq!(claude.vertex.location(), "us-east5");
        let project = if key == json { Some("p-of-key") } else { None };
        assert_eq!(claude.vertex.project.as_deref(), project, "{credentials}");
        assert_eq!(claude.provider.name, "vertex_ai");
    }
}

#[test]
fn vertex_takes_what_the_environment_says() {
    let variables = [
        ("VERTEXAI_PROJECT", "p-1"),
        ("VERTEXAI_LOCATION", "global"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/keys/robot.json"),
    ];
    let claude = clean(CLAUDE, &variables);
    assert_eq!(claude.vertex.project.as_deref(), Some("p-1"));
    assert_eq!(claude.vertex.location(), "global");
    assert_eq!(google(&claude), GoogleKey::File("/keys/robot.json".into()));
    let own = clean(&format!("{CLAUDE}, vertex_project: p-2"), &variables);
    assert_eq!(own.vertex.project.as_deref(), Some("p-2"));
}

#[test]
fn vertexs_mistakes_are_told_without_the_key() {
    finds(CLAUDE, &[], "has no `vertex_credentials`: the provider will refuse its calls");
    let bad = format!("{CLAUDE}, vertex_credentials: '{{\"type\":\"hunter2\"}}'");
    finds(&bad, &[], "error: model_list[0].litellm_params.vertex_credentials");
    assert!(!check(&bad, &[]).to_string().contains("hunter2"));
    finds(
        &format!("{CLAUDE}, vertex_project: a/b, vertex_credentials: /k"),
        &[],
        "`a/b` is not a name of Google Cloud's",
    );
    finds(
        "model: openai/gpt-4o, api_key: k, vertex_project: p",
        &[],
        "vertex_project: has no effect at provider `openai`",
    );
}

const NOVA: &str = "model: bedrock/amazon.nova-lite-v1:0, aws_region_name: us-east-1";

#[test]
fn aws_takes_another_issuers_token_and_tags() {
    let role = "aws_role_name: 'arn:aws:iam::1:role/r'";
    let file = clean(&format!("{NOVA}, {role}, aws_web_identity_token: oidc/file/var/token"), &[]);
    assert_eq!(file.aws.web_identity, Some(Subject::File("/var/token".into())));
    let token =
        clean(&format!("{NOVA}, {role}, aws_web_identity_token: os.environ/T"), &[("T", "x")]);
    assert!(matches!(token.aws.web_identity, Some(Subject::Token(_))));
    for tags in ["{team: blue}", "[{Key: team, Value: blue}]"] {
        let tagged = clean(&format!("{NOVA}, {role}, aws_session_tags: {tags}"), &[]);
        assert_eq!(tagged.aws.session_tags, [("team".to_owned(), "blue".to_owned())]);
    }
    finds(
        &format!("{NOVA}, aws_web_identity_token: /t"),
        &[],
        "aws_web_identity_token: proves an identity to no role; set aws_role_name as well",
    );
    finds(&format!("{NOVA}, {role}, aws_session_tags: [{{Key: x}}]"), &[], "is no tag");
}

#[test]
fn a_named_credential_says_what_a_deployment_does_not() {
    let text = "
credential_list:
  - credential_name: ours
    credential_values: {api_key: os.environ/OURS, api_base: 'https://gateway.example/v1'}
    credential_info: {description: the company's}
model_list:
  - model_name: m
    litellm_params: {model: openai/gpt-4o, litellm_credential_name: ours}
  - model_name: n
    litellm_params: {model: openai/gpt-4o, litellm_credential_name: ours, api_base: 'https://n'}
";
    let variables = BTreeMap::from([("OURS".to_owned(), "sk-ours".to_owned())]);
    let checked = Config::parse(text, "c.yaml", &variables);
    assert_eq!(checked.to_string(), "");
    let deployments = checked.config.unwrap().deployments;
    let bases = ["https://gateway.example/v1", "https://n"];
    for (entry, base) in deployments.iter().zip(bases) {
        assert_eq!(entry.deployment.credential, Some(Secret::plain("sk-ours")));
        assert_eq!(entry.deployment.api_base.as_deref(), Some(base));
    }
    for (wrong, says) in [
        (
            text.replace("name: ours, api", "name: oars, api"),
            "error: model_list[1].litellm_params.litellm_credential_name: `oars` is no \
             `credential_name` of `credential_list`; did you mean `ours`?",
        ),
        (
            text.replace("api_base: 'https://g", "api_bas: 'https://g"),
            "credential_values.api_bas: unknown key",
        ),
        (
            text.replace("credential_values", "values"),
            "error: credential_list[0]: is no credential",
        ),
    ] {
        let found = Config::parse(&wrong, "c.yaml", &variables).to_string();
        assert!(found.contains(says), "\n   found {found}\nexpected {says}");
    }
}
