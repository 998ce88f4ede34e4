//! What a configuration says of callers without a key.

use std::{collections::BTreeMap, time::Duration};

use sluice_gateway::config::{Checked, Config, General, JwtRole, KeysAt};
use sluice_store::NanoUsd;

const GOOD: &str =
    "model_list: [{model_name: m, litellm_params: {model: demo/m}, model_info: {free: true}}]\n";

/// `general_settings` of these lines, which begin with two spaces each.
fn checked(lines: &str, variables: &[(&str, &str)]) -> Checked {
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: BTreeMap<String, String> = pairs.collect();
    Config::parse(&format!("{GOOD}general_settings:\n{lines}\n"), "c.yaml", &environment)
}

#[track_caller]
#[expect(clippy::unwrap_used, reason = "a test fails by it")]
fn read(lines: &str, variables: &[(&str, &str)]) -> General {
    let checked = checked(lines, variables);
    assert!(checked.findings.is_empty(), "{checked}");
    checked.config.unwrap().general
}

#[track_caller]
fn finds(lines: &str, expected: &[&str]) {
    let found = checked(lines, &[]).to_string();
    let found: Vec<_> = found.lines().collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "\n   found {found}\nexpected {expected}");
    }
}

#[test]
fn issuers_are_read_with_paths_of_their_own_and_of_all() {
    let general = read(
        "  enable_jwt_auth: true
  litellm_jwtauth:
    user_id_jwt_field: sub
    team_ids_jwt_field: groups
    public_key_ttl: 5
    limits: {max_budget: 1.5, rpm_limit: 10}
    issuers:
      - {issuer: 'https://a.example/', audience: x}
      - issuer: b
        jwks_url: https://b.example/keys
        audience: [y, z]
        algorithms: [ES256, EdDSA]
        user_id_jwt_field: oid",
        &[],
    );
    let jwt = general.jwt.unwrap();
    let [first, second] = jwt.issuers.as_slice() else { panic!("{:?}", jwt.issuers) };
    assert_eq!(first.keys, KeysAt::Issuer("https://a.example/".to_owned()));
    assert_eq!(first.audience.as_deref(), Some(["x".to_owned()].as_slice()));
    assert_eq!(first.algorithms.len(), 9);
    assert_eq!(first.claims.user_id.as_deref(), Some("sub"));
    assert_eq!(second.issuer.as_deref(), Some("b"));
    assert_eq!(second.keys, KeysAt::Urls(vec!["https://b.example/keys".to_owned()]));
    assert_eq!(second.algorithms.len(), 2);
    assert_eq!(second.claims.user_id.as_deref(), Some("oid"));
    assert_eq!(second.claims.team_ids.as_deref(), Some("groups"));
    assert_eq!((jwt.key_ttl, jwt.leeway), (Duration::from_secs(5), Duration::from_secs(60)));
    assert_eq!(jwt.grant.max_budget, Some(NanoUsd::from_nanos(1_500_000_000)));
    assert_eq!(jwt.grant.rpm_limit, Some(10));
}

#[test]
fn litellms_variables_are_an_issuer() {
    let enabled = "  enable_jwt_auth: true";
    let variables = [
        ("JWT_PUBLIC_KEY_URL", "https://a.example/keys, https://b.example/keys"),
        ("JWT_AUDIENCE", "x"),
    ];
    let jwt = read(enabled, &variables).jwt.unwrap();
    let [issuer] = jwt.issuers.as_slice() else { panic!("{:?}", jwt.issuers) };
    assert_eq!((&issuer.issuer, issuer.audience.as_ref().map(Vec::len)), (&None, Some(1)));
    let urls = ["https://a.example/keys", "https://b.example/keys"].map(str::to_owned).to_vec();
    assert_eq!(issuer.keys, KeysAt::Urls(urls));
    let variables = [("JWT_ISSUER", "https://a.example"), ("JWT_AUDIENCE", "x")];
    let jwt = read(enabled, &variables).jwt.unwrap();
    assert_eq!(jwt.issuers[0].keys, KeysAt::Issuer("https://a.example".to_owned()));
    let said = checked(enabled, &[("JWT_ISSUER", "https://a.example")]).to_string();
    assert!(said.contains("issued for other applications"), "{said}");
    finds(enabled, &["error: general_settings: does not say whose tokens are accepted"]);
}

#[test]
fn what_would_let_anybody_in_is_an_error() {
    let block = |lines: &str| format!("  enable_jwt_auth: true\n  litellm_jwtauth:\n{lines}");
    finds(
        &block("    issuers: [{issuer: 'https://a.example'}]"),
        &["issuers[0]: does not say for whom its tokens are"],
    );
    finds(
        &block("    issuers: [{issuer: 'http://a.example', audience: x}]"),
        &["issuers[0].issuer: `http://a.example` is no https address"],
    );
    finds(
        &block(
            "    issuers: [{issuer: 'https://a.example', audience: x, algorithms: [HS256, none]}]",
        ),
        &["`HS256` is no algorithm that is accepted", "`none` is no algorithm that is accepted"],
    );
    finds(
        &block(
            "    issuers: [{issuer: 'https://a.example', audience: x}]
    scope_mappings: [{scope: a, models: [m]}]
    user_allowed_roles: [a]
    role_mappings: [{role: a, internal_role: boss}]
    admin_alowed_routes: []
    admin_allowed_routes: []",
        ),
        &[
            "scope_mappings: has no effect; set `enforce_scope_based_access: true`",
            "user_allowed_roles: has no effect alone",
            "internal_role: `boss` is no role",
            "admin_alowed_routes: unknown key, it has no effect; did you mean `admin_allowed_routes`?",
            "admin_allowed_routes: known to LiteLLM, not in effect",
        ],
    );
    finds(
        "  litellm_jwtauth: {issuers: []}",
        &["warning: general_settings.litellm_jwtauth: has no effect"],
    );
}

#[test]
fn rules_for_aws_name_an_account() {
    let general = read(
        "  aws_iam_auth:
    gateway_id: g
    rules:
      - arn: arn:aws:iam::111122223333:role/a-*
        user_id: '{session}@{account}'
        models: [m]
        budget_duration: 1d
        max_parallel_requests: 2
      - {arn: 'arn:aws-us-gov:iam::111122223333:user/x/y', role: proxy_admin}
      - {arn: 'arn:aws:iam::111122223333:root'}",
        &[],
    );
    let aws = general.aws_iam.unwrap();
    assert_eq!((aws.gateway_id.as_str(), aws.max_age), ("g", Duration::from_secs(900)));
    assert_eq!(aws.rules.len(), 3);
    assert_eq!(aws.rules[0].who.grant.max_parallel_requests, Some(2));
    assert_eq!(aws.rules[1].who.role, Some(JwtRole::ADMIN));
    let rule = |rule: &str| format!("  aws_iam_auth:\n    gateway_id: g\n    rules: [{{{rule}}}]");
    for (arn, words) in [
        ("arn:aws:iam::*:role/a", "`*` is no account"),
        ("arn:aws:iam::11112222333*:role/a", "is no account"),
        ("arn:*:iam::111122223333:role/a", "`*` is no partition"),
        ("arn:aws:iam::111122223333:role/path/a", "has a path"),
        ("arn:aws:iam::111122223333:role/", "is no principal"),
        ("arn:aws:iam::111122223333:*", "is no principal"),
        ("arn:aws:sts::111122223333:assumed-role/a/b", "is no ARN of IAM"),
        ("a", "is no ARN of IAM"),
    ] {
        finds(&rule(&format!("arn: '{arn}'")), &[words]);
    }
    let good = "arn: 'arn:aws:iam::111122223333:role/a'";
    finds(&rule(&format!("{good}, user_id: '{{sesion}}'")), &["a placeholder that is not known"]);
    finds(&rule(&format!("{good}, max_budget: -1")), &["`-1`: is below zero"]);
    finds(&rule(&format!("{good}, max_budget: nan")), &["`nan`: "]);
    finds(
        &rule(&format!("{good}, max_bugdet: 1")),
        &["unknown key, it has no effect; did you mean `max_budget`?"],
    );
    finds("  aws_iam_auth: {}", &["does not say which gateway", "admits nobody"]);
    finds(
        &format!("{}\n    sts_endpoint: http://evil.example", rule(good)),
        &["takes the word of another than AWS", "is no https address"],
    );
}

#[test]
fn addresses_are_addresses_or_ranges() {
    let general = read(
        "  allowed_ips: [203.0.113.7, 10.0.0.0/8, '2001:db8::/32']
  use_x_forwarded_for: true
  trusted_proxy_ranges: 10.0.0.0/8",
        &[],
    );
    assert_eq!(general.network.allowed.unwrap().len(), 3);
    assert_eq!(general.network.trusted_proxies.len(), 1);
    finds(
        "  allowed_ips: [somewhere, 10.0.0.0/33]\n  use_x_forwarded_for: true",
        &["`somewhere` is no address", "`10.0.0.0/33` is no address", "believes whoever connects"],
    );
    finds(
        "  mtls_auth: {header: 'a b', rules: [{user_id: '{name}'}]}",
        &[
            "`a b` is no header's name",
            "believes nobody but an ALB",
            "says of nobody",
            "a placeholder",
            "admits nobody",
        ],
    );
}
