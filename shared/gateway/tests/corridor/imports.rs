//! What a LiteLLM proxy manages, carried over.

use serde_json::{Value, json};
use sluice_fakes::{LITELLM_CROWD, LITELLM_KEY};
use sluice_gateway::admin::import::{self, ImportError, Line, Origin, Outcome, Report};
use sluice_providers::{Redacted, Transport, TransportOptions};

use crate::house::{Answer, Caller, House, MASTER, PRICED, deployment, nanos};

const ALICE: &str = "sk-of-alice-at-litellm";
const CORE: &str = "sk-of-the-service-of-core";
const GOLDEN: &str = "sk-of-the-golden-budget";

/// A gateway with two models, and a variable that added models may name.
async fn house() -> House {
    let plan = House::plan().models(|fakes| {
        ["openai", "anthropic"].map(|name| deployment(fakes, name, name, PRICED)).concat()
    });
    plan.variables(&[("OPENAI_API_KEY", "sk-fake")]).open().await
}

async fn asked(house: &House, key: &str, apply: bool) -> Result<Report, ImportError> {
    let transport = Transport::new(TransportOptions::default()).unwrap();
    let key = Redacted::new(key.to_owned());
    let from = Origin { url: &house.fakes.litellm_url, key: &key, transport: &transport };
    Box::pin(import::litellm(&house.app, &from, apply)).await
}

async fn imported(house: &House) -> Report {
    asked(house, LITELLM_KEY, true).await.unwrap()
}

fn line<'r>(report: &'r Report, kind: &str, name: &str) -> &'r Line {
    let mut found = report.lines.iter().filter(|line| line.kind == kind);
    found.find(|line| line.name.contains(name)).unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// The row of a key, by an end of its plaintext.
fn key<'r>(report: &'r Report, plaintext: &str) -> &'r Line {
    line(report, "key", &format!("sk-...{}", &plaintext[plaintext.len() - 4..]))
}

async fn say(house: &House, key: &str, model: &str) -> Answer {
    house.post("/v1/chat/completions", key, &Caller::OpenAi.ask(model, "usage 100 20 hi")).await
}

#[tokio::test]
async fn keys_go_on_working_with_the_plaintexts_that_their_holders_have() {
    let house = house().await;
    assert_eq!(say(&house, ALICE, "openai").await.status, 401);
    imported(&house).await;
    assert_eq!(say(&house, ALICE, "openai").await.status, 200);
    assert_eq!(say(&house, ALICE, "mine").await.status, 200, "an alias of the key");
    assert_eq!(say(&house, ALICE, "anthropic").await.status, 403, "no model of hers");
    assert_eq!(say(&house, CORE, "fast").await.status, 200, "an alias of the team");
    assert_eq!(
        say(&house, &format!("sk-of-the-crowd-{}", LITELLM_CROWD - 1), "openai").await.status,
        200
    );
    let expired = say(&house, "sk-of-somebody-long-ago", "openai").await;
    assert_eq!(
        (expired.status, expired.json()["error"]["type"].clone()),
        (401, json!("expired_key"))
    );
    let blocked = say(&house, "sk-of-somebody-blocked", "openai").await;
    assert_eq!(blocked.status, 401);
    assert!(blocked.message().contains("Key is blocked"), "{}", blocked.message());
    assert_eq!(say(&house, "sk-of-the-dashboard-x", "openai").await.status, 401);
    // A hash opens nothing by itself.
    let info = house.info(ALICE).await;
    let hash = info["token"].as_str().unwrap();
    assert_eq!(say(&house, hash, "openai").await.status, 401);
    assert_eq!(
        (&info["key_name"], &info["key_alias"]),
        (&json!("sk-...ellm"), &json!("alice-laptop"))
    );
    assert_eq!((&info["rpm_limit"], &info["tags"]), (&json!(100), &json!(["crm"])));
    assert_eq!(info["model_tpm_limit"], json!({"openai": 100_000}));
    assert_eq!(info["metadata"], json!({"note": "hers"}));
    assert_eq!(
        (&info["created_by"], &info["created_at"]),
        (&json!("default_user_id"), &json!("2026-03-01T08:00:00Z"))
    );
}

#[tokio::test]
async fn people_teams_members_budgets_customers_and_models_are_as_they_were() {
    let house = house().await;
    imported(&house).await;
    let get = async |path: &str| house.get(path, MASTER).await.json();
    let alice = get("/v2/user/info?user_id=alice").await;
    assert_eq!(
        (&alice["user_email"], &alice["user_role"]),
        (&json!("alice@example.org"), &json!("internal_user"))
    );
    assert_eq!(
        (&alice["max_budget"], &alice["budget_duration"], &alice["rpm_limit"]),
        (&json!(20.0), &json!("30d"), &json!(60))
    );
    assert_eq!(
        (&alice["teams"], &alice["model_rpm_limit"]),
        (&json!(["t-core"]), &json!({"openai": 50}))
    );
    assert_eq!(get("/v2/user/info?user_id=bob").await["blocked"], true, "the directory let him go");
    let core = get("/team/info?team_id=t-core").await;
    let team = &core["team_info"];
    assert_eq!((&team["team_alias"], &team["max_budget"]), (&json!("core"), &json!(100.0)));
    assert_eq!((&team["admins"], &team["members"]), (&json!(["alice"]), &json!(["bob"])));
    assert_eq!(
        (&team["team_member_budget"], &team["team_member_budget_duration"]),
        (&json!(2.0), &json!("1d"))
    );
    assert_eq!(team["model_aliases"], json!({"fast": "openai"}));
    assert_eq!(team["model_max_budget"]["openai"]["max_budget"], 50.0);
    assert_eq!(team["metadata"], json!({"cost_centre": "42"}));
    let of = |user: &str| {
        core["team_memberships"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["user_id"] == user)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&of("alice")["max_budget_in_team"], &of("bob")["max_budget_in_team"]),
        (&json!(2.0), &json!(5.0))
    );
    assert_eq!(of("bob")["allowed_models"], json!(["openai"]));
    assert_eq!(get("/team/info?team_id=t-old").await["team_info"]["blocked"], true);
    let gold = house.done("/budget/info", &json!({"budgets": ["b-gold"]})).await;
    assert_eq!((&gold[0]["max_budget"], &gold[0]["tpm_limit"]), (&json!(10.0), &json!(50_000)));
    let acme = get("/customer/info?end_user_id=acme").await;
    assert_eq!(
        (&acme["alias"], &acme["budget_id"], &acme["max_budget"]),
        (&json!("Acme"), &json!("b-customer"), &json!(1.5))
    );
    assert_eq!(get("/customer/info?end_user_id=shady").await["blocked"], true);
    let added = get("/model/info?litellm_model_id=m-added").await;
    assert_eq!(added["data"][0]["litellm_params"]["api_base"], "https://llm.example.org/v1");
    assert_eq!(
        (
            &added["data"][0]["model_info"]["access_groups"],
            &added["data"][0]["litellm_params"]["rpm"]
        ),
        (&json!(["lab"]), &json!(300))
    );
}

#[tokio::test]
async fn a_run_without_apply_tells_the_same_and_writes_nothing() {
    let house = house().await;
    let before = house.faults.seen("PutItem")
        + house.faults.seen("UpdateItem")
        + house.faults.seen("TransactWriteItems");
    let dry = asked(&house, LITELLM_KEY, false).await.unwrap();
    let after = house.faults.seen("PutItem")
        + house.faults.seen("UpdateItem")
        + house.faults.seen("TransactWriteItems");
    assert_eq!(after, before);
    assert!(!dry.is_idle() && !dry.applied);
    assert!(dry.to_string().ends_with("nothing was written: run it again with --apply\n"), "{dry}");
    let done = imported(&house).await;
    let told = |report: &Report| serde_json::to_value(&report.lines).unwrap();
    assert_eq!(told(&dry), told(&done));
    assert!(
        house.fakes.litellm.all().iter().all(|seen| seen.method == "GET"),
        "LiteLLM was changed"
    );
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let house = house().await;
    imported(&house).await;
    assert_eq!(say(&house, ALICE, "openai").await.status, 200);
    let (alice, golden) = (house.account(ALICE).await, house.account(GOLDEN).await);
    let log = async || house.get("/audit?page_size=1", MASTER).await.json()["total"].clone();
    let before = log().await;
    let again = imported(&house).await;
    assert!(again.is_idle(), "{again}");
    assert_eq!(log().await, before);
    assert_eq!((house.account(ALICE).await, house.account(GOLDEN).await), (alice, golden));
}

#[tokio::test]
async fn what_cannot_be_carried_over_is_named_field_by_field() {
    let house = house().await;
    let core = sluice_store::KeyHash::of_plaintext(CORE).to_string();
    house.fakes.set_litellm("keys", ("token", &core), "org_id", json!("o"));
    house.fakes.set_litellm("teams", ("team_id", "t-core"), "organization_id", json!("o"));
    let report = imported(&house).await;
    let lost = |line: &Line| line.lost.join(" ");
    assert_eq!(lost(key(&report, CORE)), "guardrails object_permission organization_id");
    assert_eq!(
        lost(key(&report, "sk-of-the-daily-tokens")),
        "router_settings temp_budget_increase"
    );
    assert_eq!(lost(line(&report, "team", "t-core")), "guardrails organization_id");
    assert_eq!(lost(line(&report, "budget", "b-gold")), "soft_budget");
    assert_eq!(lost(line(&report, "user", "dora")), "policies");
    assert_eq!(lost(line(&report, "customer", "eu-co")), "allowed_model_region default_model");
    assert_eq!(lost(line(&report, "model", "m-masked")), "litellm_params.aws_session_token");
    assert_eq!(lost(key(&report, ALICE)), "");

    let refused = |line: &Line| match &line.outcome {
        Outcome::Refused(reason) => reason.clone(),
        other => panic!("{other:?}"),
    };
    assert!(refused(line(&report, "user", "carol")).contains("user_role must be one of"));
    assert!(refused(line(&report, "member", "later@example.org")).contains("no id"));
    assert_eq!(
        refused(key(&report, "sk-of-a-team-that-went")),
        "its team 't-gone' is not carried over"
    );
    assert!(refused(line(&report, "model", "m-credential")).contains("anthropic-prod"));
    assert!(!report.is_whole());
    for (kind, name) in [("key", "rd-x"), ("model", "m-file")] {
        assert!(matches!(line(&report, kind, name).outcome, Outcome::Left(_)), "{kind} {name}");
    }
    let text = report.to_string();
    for told in [
        "credential anthropic-prod: LiteLLM tells nobody their values",
        "guardrail pii",
        "not carried over of team t-core: guardrails",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(!text.contains("sk-of-"), "a plaintext that nobody knows");
}

#[tokio::test]
async fn accounts_begin_with_what_was_spent_in_the_window() {
    let house = house().await;
    let report = imported(&house).await;
    assert_eq!(key(&report, ALICE).spend.as_deref(), Some("0.0012"));
    assert_eq!(house.balanced(ALICE).await, 1_200_000);
    assert_eq!(house.row(ALICE).await["call_type"], "import");
    assert_eq!(key(&report, "sk-of-the-window-before").spend, None, "that window is over");
    assert_eq!(house.account("sk-of-the-window-before").await, (0, 0));
    let get = async |path: &str| house.get(path, MASTER).await.json();
    let core = get("/team/info?team_id=t-core").await;
    assert_eq!(nanos(&core["team_info"]["spend"]), 12_500_000_000);
    assert_eq!(nanos(&core["team_memberships"][0]["spend"]), 1_250_000_000);
    assert_eq!(nanos(&get("/v2/user/info?user_id=alice").await["spend"]), 3_250_000_000);
    assert_eq!(nanos(&get("/customer/info?end_user_id=acme").await["spend"]), 500_000_000);
    // The books of calls are whole, and no call was counted that was none.
    assert_eq!(house.app.store().rollups().verify().await.unwrap().differences, []);
    let day = "/user/daily/activity?start_date=2026-11-25&end_date=2026-11-25";
    assert_eq!(get(day).await["metadata"]["total_api_requests"], 0);

    // A budget by name goes on from there: a thousandth of a dollar is left of ten.
    let refused = crate::house::refused_at_last(async || say(&house, GOLDEN, "openai").await).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].clone()),
        (422, json!("budget_exceeded"))
    );
    assert!(house.balanced(GOLDEN).await <= 10_000_000_000);
}

#[tokio::test]
async fn a_team_has_no_more_left_than_it_had() {
    let house = house().await;
    house.fakes.set_litellm("teams", ("team_id", "t-core"), "spend", json!(99.999));
    imported(&house).await;
    let refused = crate::house::refused_at_last(async || say(&house, CORE, "openai").await).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.message().contains("Team=t-core"), "{}", refused.message());
}

#[tokio::test]
async fn changes_in_litellm_are_followed_until_somebody_changes_it_here() {
    let house = house().await;
    imported(&house).await;
    let alice = house.info(ALICE).await["token"].as_str().unwrap().to_owned();
    let fakes = &house.fakes;
    fakes.set_litellm("keys", ("token", &alice), "models", json!(["anthropic"]));
    fakes.set_litellm("teams", ("team_id", "t-old"), "blocked", json!(false));
    let report = imported(&house).await;
    assert_eq!(key(&report, ALICE).outcome, Outcome::Changed);
    assert_eq!(line(&report, "team", "t-old").outcome, Outcome::Changed);
    assert_eq!(key(&report, ALICE).spend, None, "what was spent is carried over once");
    assert_eq!(say(&house, ALICE, "anthropic").await.status, 200);

    house.done("/key/update", &json!({"key": alice, "models": ["openai"]})).await;
    house.done("/team/update", &json!({"team_id": "t-old", "team_alias": "older"})).await;
    house.done("/key/delete", &json!({"keys": [GOLDEN]})).await;
    let again = imported(&house).await;
    for left in [key(&again, ALICE), line(&again, "team", "t-old"), key(&again, GOLDEN)] {
        assert!(matches!(left.outcome, Outcome::Left(_)), "{left:?}");
    }
    assert_eq!(house.info(ALICE).await["models"], json!(["openai"]));
    assert_eq!(say(&house, GOLDEN, "openai").await.status, 401, "it was deleted");
}

#[tokio::test]
async fn a_limit_of_the_wrong_type_keeps_its_key_out_and_no_other() {
    let house = house().await;
    let hash = sluice_store::KeyHash::of_plaintext(ALICE).to_string();
    for (field, value) in
        [("max_budget", json!(-1)), ("rpm_limit", json!("many")), ("expires", json!("soon"))]
    {
        house.fakes.set_litellm("keys", ("token", &hash), field, value);
        let report = asked(&house, LITELLM_KEY, false).await.unwrap();
        match &key(&report, ALICE).outcome {
            Outcome::Refused(reason) => assert!(reason.contains(field), "{reason}"),
            other => panic!("{field}: {other:?}"),
        }
        house.fakes.set_litellm("keys", ("token", &hash), field, Value::Null);
    }
    assert_eq!(key(&imported(&house).await, ALICE).outcome, Outcome::New);
}

#[tokio::test]
async fn every_write_is_in_the_audit_log_as_the_imports() {
    let house = house().await;
    imported(&house).await;
    let log = house.get("/audit?object_id=t-core&page_size=10", MASTER).await.json();
    let rows = log["audit_logs"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "it was made, and its account begun: {log}");
    for row in rows {
        assert_eq!(row["changed_by"], "sluice import litellm", "{row}");
    }
    let verified = house.app.store().audit().verify(&[]).await.unwrap();
    assert!(verified.findings.is_empty());
}

#[tokio::test]
async fn a_proxy_that_does_not_tell_ends_the_import() {
    let house = house().await;
    let refused = asked(&house, "sk-of-nobody", true).await.unwrap_err();
    assert!(refused.to_string().contains("/budget/list with 401"), "{refused}");
    let transport = Transport::new(TransportOptions::default()).unwrap();
    let key = Redacted::new(LITELLM_KEY.to_owned());
    let clear = Origin { url: "http://llm.example.org", key: &key, transport: &transport };
    let refused = Box::pin(import::litellm(&house.app, &clear, true)).await.unwrap_err();
    assert!(refused.to_string().contains("must be an https address"), "{refused}");
}

#[tokio::test]
async fn organisations_come_with_their_budgets_members_teams_and_keys() {
    let house = house().await;
    let alice = sluice_store::KeyHash::of_plaintext(ALICE).to_string();
    house.fakes.set_litellm("teams", ("team_id", "t-core"), "organization_id", json!("o-eu"));
    let core = sluice_store::KeyHash::of_plaintext(CORE).to_string();
    house.fakes.set_litellm("keys", ("token", &core), "org_id", json!("o-eu"));
    house.fakes.set_litellm("keys", ("token", &alice), "organization_id", json!("o-eu"));
    let report = imported(&house).await;
    let told = line(&report, "organization", "o-eu");
    assert_eq!((&told.outcome, told.lost.as_slice()), (&Outcome::New, &[][..]), "{report}");
    assert_eq!(told.spend.as_deref(), Some("3"));
    assert!(matches!(line(&report, "organization member", "dora").outcome, Outcome::Refused(_)));
    let row = house.get("/organization/info?organization_id=o-eu", MASTER).await.json();
    assert_eq!((&row["organization_alias"], &row["budget_id"]), (&json!("Europe"), &json!("b-eu")));
    assert_eq!(nanos(&row["spend"]), 3_000_000_000);
    assert_eq!(row["models"], json!(["openai", "anthropic"]));
    let members = row["members"].as_array().unwrap();
    let role = |user: &str| {
        let found = members.iter().find(|member| member["user_id"] == user);
        found.map(|member| member["user_role"].clone())
    };
    assert_eq!(
        (role("alice"), role("bob")),
        (Some(json!("org_admin")), Some(json!("internal_user")))
    );
    assert_eq!(role("dora"), None);
    let team = house.get("/team/info?team_id=t-core", MASTER).await.json();
    assert_eq!(team["team_info"]["organization_id"], "o-eu");
    assert_eq!(house.info(ALICE).await["organization_id"], "o-eu");
    assert_eq!(house.info(CORE).await["organization_id"], Value::Null, "it is its team's");
    assert!(key(&report, CORE).lost.iter().all(|name| name != "organization_id"), "{report}");
    assert_eq!(say(&house, CORE, "openai").await.status, 200);
    // Its budget holds for all of them.
    house.done("/budget/update", &json!({"budget_id": "b-eu", "max_budget": 3})).await;
    let refused = say(&house, CORE, "openai").await;
    assert!(refused.text().contains("Organization=o-eu"), "{}", refused.text());
    assert_eq!(say(&house, ALICE, "openai").await.status, refused.status);
    let again = imported(&house).await;
    assert!(
        again
            .lines
            .iter()
            .filter(|line| line.kind.starts_with("organization"))
            .all(|line| { matches!(line.outcome, Outcome::Same | Outcome::Refused(_)) }),
        "{again}"
    );
}

#[tokio::test]
async fn prompts_come_in_the_version_that_litellm_lists() {
    let house = house().await;
    let report = imported(&house).await;
    let told = line(&report, "prompt", "greeting");
    assert_eq!((&told.outcome, told.lost.as_slice()), (&Outcome::New, &[][..]), "{report}");
    let row = house.get("/prompts/greeting", MASTER).await.json();
    assert_eq!(row["prompt_spec"]["created_at"], "2026-03-01T08:00:00Z");
    let mut ask = Caller::OpenAi.ask("openai", "say hi");
    ask["prompt_id"] = json!("greeting");
    ask["prompt_variables"] = json!({"name": "Ann"});
    let answer = house.post("/v1/chat/completions", MASTER, &ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.openai.last().unwrap().json();
    assert_eq!(sent["messages"][0]["content"], "Hello, I am Ann.");
    let again = imported(&house).await;
    assert_eq!(line(&again, "prompt", "greeting").outcome, Outcome::Same);
}
