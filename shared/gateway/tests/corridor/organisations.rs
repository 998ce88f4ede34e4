//! Organisations: their routes, and what they do to calls.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sluice_store::KeyHash;

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, nanos, post, refused_at_last};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;

async fn say(house: &House, key: &str, model: &str) -> Answer {
    Caller::OpenAi.say(house, key, model, "usage 100 20 say hi").await
}

async fn organisation(house: &House, fields: Value) -> Value {
    house.done("/organization/new", &fields).await
}

async fn update(house: &House, fields: Value) -> Value {
    let answer = house.master(Method::PATCH, "/organization/update", &fields).await;
    assert_eq!(answer.status, 200, "{fields}: {}", answer.text());
    answer.json()
}

async fn info(house: &House, id: &str) -> Value {
    let answer = house.get(&format!("/organization/info?organization_id={id}"), MASTER).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn by(house: &House, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let mut request = post(path, key, body.to_string());
    *request.method_mut() = method;
    house.send(request).await
}

/// A user in an organisation, and a key of theirs there.
async fn member(house: &House, organisation: &str, user: &str, role: &str) -> String {
    let member = json!({"role": role, "user_id": user});
    let asked = json!({"organization_id": organisation, "member": member});
    house.done("/organization/member_add", &asked).await;
    house.key(&json!({"user_id": user, "organization_id": organisation})).await
}

#[tokio::test]
async fn an_organisation_is_made_changed_listed_and_deleted_with_all_that_is_in_it() {
    let house = House::open().await;
    let asked = json!({
        "organization_id": "o", "organization_alias": "Ocean", "models": ["openai"],
        "max_budget": 5, "budget_duration": "1d", "tpm_limit": 90000, "metadata": {"a": 1, "b": 2},
    });
    let made = organisation(&house, asked.clone()).await;
    for (field, value) in asked.as_object().unwrap() {
        if field != "max_budget" {
            assert_eq!(&made[field], value, "{field}");
        }
    }
    assert_eq!(made["litellm_budget_table"]["max_budget"], 5.0);
    let other = organisation(&house, json!({"organization_alias": "Pond"})).await;
    let other = other["organization_id"].as_str().unwrap().to_owned();
    assert_eq!(other.len(), 36);

    let changed = update(&house, json!({"organization_id": "o", "metadata": {"b": 3}})).await;
    assert_eq!(changed["metadata"], json!({"a": 1, "b": 3}));
    assert_eq!(changed["organization_alias"], "Ocean", "what is not in the body stays");

    let asked = json!({"team_id": "t", "organization_id": "o", "team_alias": "Tide"});
    assert_eq!(house.done("/team/new", &asked).await["organization_id"], "o");
    house.done("/team/new", &json!({"team_id": "free"})).await;
    let of_team = house.key(&json!({"team_id": "t"})).await;
    let own = member(&house, "o", "ann", "internal_user").await;
    let free = house.key(&json!({"team_id": "free"})).await;
    let told = info(&house, "o").await;
    assert_eq!(told["teams"][0]["team_id"], "t");
    assert_eq!(told["members"][0]["user_id"], "ann");
    assert_eq!(told["members"][0]["user_role"], "internal_user");
    let many = json!({"organizations": [other, "nobody", "o"]});
    let many = house.done("/organization/info", &many).await;
    assert_eq!(many.as_array().unwrap().len(), 2);
    assert_eq!(many[1]["organization_id"], "o");
    for (query, count) in [("", 2), ("?org_id=o", 1), ("?org_alias=POND", 1), ("?org_id=x", 0)] {
        let list = house.get(&format!("/organization/list{query}"), MASTER).await.json();
        assert_eq!(list.as_array().unwrap().len(), count, "{query}: {list}");
    }
    let teams = house.get("/team/list?organization_id=o", MASTER).await.json();
    assert_eq!(teams.as_array().unwrap().len(), 1);
    let keys = house.get("/key/list?organization_id=o", MASTER).await.json();
    assert_eq!(keys["total_count"], 2);
    for key in [&of_team, &own] {
        let hash = KeyHash::of_plaintext(key).to_string();
        assert!(keys["keys"].as_array().unwrap().contains(&json!(hash)));
    }
    assert_eq!(house.info(&own).await["organization_id"], "o");

    assert_eq!(say(&house, &of_team, "openai").await.status, 200);
    let gone = json!({"organization_ids": ["o"]});
    let gone = house.master(Method::DELETE, "/organization/delete", &gone).await;
    assert_eq!(gone.json()[0]["organization_id"], "o", "{}", gone.text());
    for key in [&of_team, &own] {
        assert_eq!(say(&house, key, "openai").await.status, 401);
    }
    assert_eq!(say(&house, &free, "openai").await.status, 200);
    assert_eq!(house.get("/team/info?team_id=t", MASTER).await.status, 404);
    let told = house.get("/organization/info?organization_id=o", MASTER).await;
    assert_eq!(told.status, 404);
    assert_eq!(told.json()["detail"]["error"], "Organization not found for organization_id=o");
    // Ann belongs to nothing any more, and the id is free.
    organisation(&house, json!({"organization_alias": "Ocean", "organization_id": "o"})).await;
    assert_eq!(info(&house, "o").await["members"], json!([]));
}

#[tokio::test]
async fn an_organisations_budget_holds_for_its_teams_and_its_keys_together() {
    let house = House::open().await;
    let asked = json!({"organization_id": "o", "organization_alias": "O", "max_budget": 0.004,
        "budget_duration": "1d"});
    organisation(&house, asked).await;
    let mut keys = Vec::new();
    for team in ["red", "blue"] {
        house.done("/team/new", &json!({"team_id": team, "organization_id": "o"})).await;
        keys.push(house.key(&json!({"team_id": team})).await);
    }
    keys.push(member(&house, "o", "ann", "internal_user").await);
    let mut turn = keys.iter().cycle();
    let refused = refused_at_last(async || say(&house, turn.next().unwrap(), "openai").await).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "budget_exceeded");
    let message = refused.message();
    let head = "Budget has been exceeded! Organization=o Current cost: 0.00";
    assert!(message.starts_with(head), "{message}");
    assert!(message.ends_with("Max budget: 0.004"), "{message}");
    for key in &keys {
        assert_eq!(say(&house, key, "openai").await.status, 422, "all of them");
    }

    // The organisation's spend is the sum of its rows, and every row says whose it is.
    let mut sum = 0;
    for key in &keys {
        for row in house.rows(key).await {
            assert_eq!(row["organization_id"], "o");
            sum += row["spend_nanos"].as_i64().unwrap();
        }
    }
    let told = info(&house, "o").await;
    assert_eq!((nanos(&told["spend"]), nanos(&told["reserved_spend"])), (sum, 0));
    assert!(sum > 0 && sum <= 4_000_000, "{sum}");
    let ann: i64 =
        house.rows(&keys[2]).await.iter().map(|row| row["spend_nanos"].as_i64().unwrap()).sum();
    assert_eq!(nanos(&told["members"][0]["spend"]), ann);
    let day = "/organization/daily/activity?start_date=2026-11-25&end_date=2026-11-25";
    let day = house.get(&format!("{day}&organization_ids=o"), MASTER).await.json();
    let entities = &day["results"][0]["breakdown"]["entities"];
    assert_eq!(nanos(&entities["o"]["metrics"]["spend"]), sum, "{day}");
    assert_eq!(nanos(&day["metadata"]["total_spend"]), sum);

    // More money opens it at once, in every process; so does the next window.
    update(&house, json!({"organization_id": "o", "max_budget": 0.006})).await;
    let beside = house.beside(MASTER).await;
    assert_eq!(say(&beside, &keys[0], "demo").await.status, 200);
    assert_eq!(say(&house, &keys[1], "openai").await.status, 200);
    update(&house, json!({"organization_id": "o", "max_budget": 0})).await;
    assert_eq!(say(&house, &keys[1], "openai").await.status, 422);
    update(&house, json!({"organization_id": "o", "max_budget": 0.004})).await;
    house.clock.advance(Duration::from_secs(15 * 3600));
    assert_eq!(nanos(&info(&house, "o").await["spend"]), 0);
    assert_eq!(say(&house, &keys[2], "openai").await.status, 200);
    assert_eq!(nanos(&info(&house, "o").await["spend"]), CALL);
}

#[tokio::test]
async fn a_member_has_a_budget_of_their_own_in_all_teams_of_an_organisation() {
    let house = House::open().await;
    organisation(&house, json!({"organization_id": "o", "organization_alias": "O"})).await;
    let member = json!({"role": "internal_user", "user_id": "ann"});
    let asked = json!({"organization_id": "o", "member": member,
        "max_budget_in_organization": 0.004});
    let joined = house.done("/organization/member_add", &asked).await;
    assert_eq!(joined["updated_users"][0]["user_id"], "ann");
    let row = &joined["updated_organization_memberships"][0];
    assert_eq!(row["max_budget_in_organization"], 0.004, "{row}");
    let mut keys = Vec::new();
    for team in ["red", "blue"] {
        let ann = json!([{"role": "user", "user_id": "ann"}]);
        let asked = json!({"team_id": team, "organization_id": "o", "members_with_roles": ann});
        house.done("/team/new", &asked).await;
        keys.push(house.key(&json!({"team_id": team, "user_id": "ann"})).await);
    }
    let bobs = house.key(&json!({"team_id": "red"})).await;
    let mut turn = keys.iter().cycle();
    let refused = refused_at_last(async || say(&house, turn.next().unwrap(), "openai").await).await;
    assert_eq!(refused.status, 422);
    let whose = "User=ann in Organization=o";
    assert!(refused.message().contains(whose), "{}", refused.message());
    assert_eq!(say(&house, &bobs, "openai").await.status, 200);

    let asked = json!({"organization_id": "o", "user_id": "ann",
        "max_budget_in_organization": 1, "role": "org_admin"});
    let row = house.master(Method::PATCH, "/organization/member_update", &asked).await.json();
    assert_eq!(
        (&row["user_role"], &row["max_budget_in_organization"]),
        (&json!("org_admin"), &json!(1.0))
    );
    assert_eq!(say(&house, &keys[0], "openai").await.status, 200);

    // Whoever leaves loses their keys in the organisation that are in no team.
    let own = house.key(&json!({"user_id": "ann", "organization_id": "o"})).await;
    let asked = json!({"organization_id": "o", "user_id": "ann"});
    let gone = house.master(Method::DELETE, "/organization/member_delete", &asked).await;
    assert_eq!(gone.json()["user_id"], "ann", "{}", gone.text());
    assert_eq!(say(&house, &own, "openai").await.status, 401);
    assert_eq!(say(&house, &keys[0], "openai").await.status, 200);
    let again = house.master(Method::DELETE, "/organization/member_delete", &asked).await;
    assert_eq!(again.status, 404, "{}", again.text());
}

#[tokio::test]
async fn an_organisation_narrows_models_rates_and_doors() {
    let house = House::open().await;
    let asked = json!({"organization_id": "o", "organization_alias": "O",
        "models": ["openai", "demo"], "rpm_limit": 3, "model_rpm_limit": {"demo": 1}});
    organisation(&house, asked).await;
    house.done("/team/new", &json!({"team_id": "t", "organization_id": "o"})).await;
    let key = house.key(&json!({"team_id": "t"})).await;
    let own = member(&house, "o", "ann", "internal_user").await;
    for key in [&key, &own] {
        assert_eq!(house.listed(key, "").await, ["openai", "demo"]);
        let denied = say(&house, key, "anthropic").await;
        assert_eq!(denied.status, 403, "{}", denied.text());
        assert_eq!(denied.json()["error"]["type"], "org_model_access_denied");
    }
    let answer = say(&house, &key, "demo").await;
    assert_eq!(answer.header("x-ratelimit-organization-limit-requests"), "3");
    assert_eq!(answer.header("x-ratelimit-organization-remaining-requests"), "2");
    let refused = say(&house, &own, "demo").await;
    assert_eq!(refused.status, 429);
    let head = "Rate limit exceeded for model_per_organization: o:demo. ";
    assert!(refused.message().starts_with(head), "{}", refused.message());
    for key in [&own, &key] {
        assert_eq!(say(&house, key, "openai").await.status, 200);
    }
    let refused = say(&house, &own, "openai").await;
    assert_eq!(refused.status, 429);
    let head = "Rate limit exceeded for organization: o. Limit type: requests. Current limit: 3";
    assert!(refused.message().starts_with(head), "{}", refused.message());
    house.clock.advance(Duration::from_secs(60));
    // In a process that has just served it as well.
    let beside = house.beside(MASTER).await;
    assert_eq!(say(&beside, &key, "demo").await.status, 200);
    update(&house, json!({"organization_id": "o", "blocked": true})).await;
    for (process, key) in [(&house, &key), (&beside, &key), (&house, &own)] {
        let refused = say(process, key, "demo").await;
        assert_eq!(refused.status, 401, "{}", refused.text());
        assert!(refused.message().contains("Organization=o is blocked"), "{}", refused.message());
    }
    house.clock.advance(Duration::from_secs(60));
    update(&house, json!({"organization_id": "o", "blocked": false, "models": []})).await;
    assert_eq!(say(&house, &key, "anthropic").await.status, 200);
}

#[tokio::test]
async fn organisations_share_a_budget_by_name_and_each_has_an_account() {
    let house = House::open().await;
    house.done("/budget/new", &json!({"budget_id": "b", "max_budget": 0.004})).await;
    let mut keys = Vec::new();
    for id in ["o", "p"] {
        let asked = json!({"organization_id": id, "organization_alias": id, "budget_id": "b"});
        let row = organisation(&house, asked).await;
        assert_eq!((&row["budget_id"], &row["max_budget"]), (&json!("b"), &json!(0.004)));
        keys.push(house.key(&json!({"organization_id": id})).await);
    }
    let refused = refused_at_last(async || say(&house, &keys[0], "openai").await).await;
    assert_eq!(refused.status, 422);
    assert_eq!(say(&house, &keys[1], "openai").await.status, 200);
    let held = house.post("/budget/delete", MASTER, &json!({"id": "b"})).await;
    assert_eq!(held.status, 400, "{}", held.text());
    assert!(held.message().contains("the organization "), "{}", held.message());
    house.done("/budget/update", &json!({"budget_id": "b", "max_budget": 0.008})).await;
    assert_eq!(say(&house, &keys[0], "openai").await.status, 200);
}

#[tokio::test]
async fn bad_fields_of_organisations_are_refused_and_write_nothing() {
    let house = House::open().await;
    let asked = json!({"organization_id": "o", "organization_alias": "O", "models": ["openai"],
        "max_budget": 1, "rpm_limit": 10});
    organisation(&house, asked).await;
    for (body, status, word) in [
        (json!({}), 422, "organization_alias"),
        (json!({"organization_alias": ""}), 422, "organization_alias"),
        (json!({"organization_alias": "a\u{202e}b"}), 400, "organization_alias"),
        (json!({"organization_alias": "O", "organization_id": "o"}), 400, "already exists"),
        (json!({"organization_alias": "O", "max_bugdet": 5}), 400, "max_bugdet"),
        (json!({"organization_alias": "O", "max_budget": -1}), 400, "max_budget"),
        (json!({"organization_alias": "O", "max_budget": "NaN"}), 400, "max_budget"),
        (json!({"organization_alias": "O", "budget_id": "nobody"}), 400, "budget_id"),
        (json!({"organization_alias": "O", "soft_budget": -1}), 400, "soft_budget"),
        (
            json!({"organization_alias": "O", "object_permission": {"models": ["x"]}}),
            400,
            "object_permission",
        ),
        (json!({"organization_alias": "O", "models": "openai"}), 422, "models"),
        (json!({"organization_alias": "O", "tpm_limit": "many"}), 422, "tpm_limit"),
    ] {
        let answer = house.post("/organization/new", MASTER, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.text().contains(word), "{body}: {}", answer.text());
    }
    let list = house.get("/organization/list", MASTER).await.json();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    for (path, body, status, word) in [
        (
            "/organization/member_add",
            json!({"organization_id": "x", "member": {"role": "org_admin", "user_id": "u"}}),
            404,
            "Organization not found",
        ),
        (
            "/organization/member_add",
            json!({"organization_id": "o", "member": {"role": "king", "user_id": "u"}}),
            400,
            "role",
        ),
        (
            "/organization/member_add",
            json!({"organization_id": "o", "member": {"user_id": "u"}}),
            422,
            "role",
        ),
        (
            "/organization/member_add",
            json!({"organization_id": "o", "member": {"role": "org_admin"}}),
            400,
            "user_id",
        ),
        (
            "/organization/member_add",
            json!({"organization_id": "o", "member": [{"role": "org_admin", "user_id": "u"}, {"role": "org_admin", "user_id": "u"}]}),
            400,
            "already in organization",
        ),
        (
            "/team/new",
            json!({"team_id": "t", "organization_id": "x"}),
            400,
            "Organization doesn't exist in db. Organization=x.",
        ),
        (
            "/team/new",
            json!({"team_id": "t", "organization_id": "o", "max_budget": 2}),
            400,
            "Team max_budget (2) exceeds organization's max_budget (1). Organization: o",
        ),
        (
            "/team/new",
            json!({"team_id": "t", "organization_id": "o", "rpm_limit": 11}),
            400,
            "Team rpm_limit (11) exceeds",
        ),
        (
            "/team/new",
            json!({"team_id": "t", "organization_id": "o", "models": ["demo"]}),
            400,
            "Team models",
        ),
        ("/key/generate", json!({"organization_id": "x"}), 400, "Organization=x"),
        ("/user/new", json!({"organizations": ["x"]}), 400, "Organization=x"),
    ] {
        let answer = house.post(path, MASTER, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        assert!(answer.text().contains(word), "{path} {body}: {}", answer.text());
    }
    assert_eq!(info(&house, "o").await["members"], json!([]));
    assert_eq!(house.get("/team/list", MASTER).await.json(), json!([]));
    // A team is not moved to where it has more than the organisation, and a key not to another one.
    house.done("/team/new", &json!({"team_id": "rich", "max_budget": 2})).await;
    let moved = json!({"team_id": "rich", "organization_id": "o"});
    assert_eq!(house.post("/team/update", MASTER, &moved).await.status, 400);
    organisation(&house, json!({"organization_id": "p", "organization_alias": "P"})).await;
    house.done("/team/new", &json!({"team_id": "t", "organization_id": "o"})).await;
    let wrong = json!({"team_id": "t", "organization_id": "p"});
    let wrong = house.post("/key/generate", MASTER, &wrong).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    assert!(wrong.message().contains("the key's team is in the organization 'o'"));
    for (method, path) in [
        (Method::PATCH, "/organization/update"),
        (Method::PATCH, "/organization/member_update"),
        (Method::DELETE, "/organization/delete"),
        (Method::DELETE, "/organization/member_delete"),
    ] {
        let body = json!({"organization_id": "x", "organization_ids": ["x"], "user_id": "u"});
        let mut body = body.as_object().unwrap().clone();
        body.retain(|name, _| match path {
            "/organization/delete" => name == "organization_ids",
            "/organization/update" => name == "organization_id",
            _ => name != "organization_ids",
        });
        let answer = house.master(method, path, &Value::Object(body)).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn edits_of_an_organisation_at_one_time_do_not_undo_each_other() {
    let house = House::open().await;
    organisation(&house, json!({"organization_id": "o", "organization_alias": "O"})).await;
    let fields = [
        json!({"organization_id": "o", "max_budget": 7}),
        json!({"organization_id": "o", "rpm_limit": 8}),
        json!({"organization_id": "o", "metadata": {"x": 1}}),
        json!({"organization_id": "o", "metadata": {"y": 2}}),
        json!({"organization_id": "o", "models": ["openai"]}),
    ];
    futures_util::future::join_all(fields.into_iter().map(|body| update(&house, body))).await;
    let told = info(&house, "o").await;
    assert_eq!((&told["max_budget"], &told["rpm_limit"]), (&json!(7.0), &json!(8)));
    assert_eq!(
        (&told["metadata"], &told["models"]),
        (&json!({"x": 1, "y": 2}), &json!(["openai"]))
    );
}

#[tokio::test]
async fn an_org_admin_gives_no_more_than_the_organisation_has() {
    let house = House::open().await;
    let asked = json!({"organization_id": "o", "organization_alias": "O", "models": ["openai"],
        "max_budget": 1});
    organisation(&house, asked).await;
    organisation(&house, json!({"organization_id": "p", "organization_alias": "P"})).await;
    let admin = member(&house, "o", "boss", "org_admin").await;
    let ann = member(&house, "o", "ann", "internal_user").await;
    let done = async |path: &str, body: Value| {
        let answer = house.post(path, &admin, &body).await;
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
        answer.json()
    };
    done("/team/new", json!({"team_id": "t", "organization_id": "o", "max_budget": 1})).await;
    done("/team/update", json!({"team_id": "t", "max_budget": 0.5, "models": ["openai"]})).await;
    done("/team/member_add", json!({"team_id": "t", "member": {"role": "user", "user_id": "ann"}}))
        .await;
    done("/key/generate", json!({"team_id": "t", "user_id": "ann"})).await;
    let made = done("/user/new", json!({"user_id": "new", "organizations": ["o"]})).await;
    assert_eq!(made["organization_id"], "o", "the first key is the organisation's: {made}");
    for (method, path, body) in [
        (Method::POST, "/team/new", json!({"team_id": "u"})),
        (Method::POST, "/team/new", json!({"team_id": "u", "organization_id": "p"})),
        (Method::POST, "/team/update", json!({"team_id": "t", "organization_id": null})),
        (Method::POST, "/team/update", json!({"team_id": "t", "organization_id": "p"})),
        (Method::PATCH, "/organization/update", json!({"organization_id": "o", "max_budget": 9})),
        (Method::PATCH, "/organization/update", json!({"organization_id": "o", "models": []})),
        (
            Method::PATCH,
            "/organization/update",
            json!({"organization_id": "p", "organization_alias": "x"}),
        ),
        (Method::POST, "/user/new", json!({"user_id": "x"})),
        (Method::POST, "/user/new", json!({"user_id": "x", "organizations": ["o", "p"]})),
        (
            Method::POST,
            "/user/new",
            json!({"user_id": "x", "organizations": ["o"], "user_role": "proxy_admin"}),
        ),
        (Method::POST, "/key/generate", json!({"organization_id": "p"})),
        (Method::POST, "/key/generate", json!({"organization_id": "o", "models": ["demo"]})),
        (Method::POST, "/key/generate", json!({"organization_id": "o", "max_budget": 2})),
        (Method::POST, "/key/generate", json!({"organization_id": "o", "user_id": "stranger"})),
    ] {
        let answer = by(&house, &admin, method, path, &body).await;
        assert_eq!(answer.status, 403, "{path} {body}: {}", answer.text());
    }
    let rich = json!({"team_id": "t", "max_budget": 2});
    assert_eq!(house.post("/team/update", &admin, &rich).await.status, 400);
    let renamed = json!({"organization_id": "o", "organization_alias": "Ours"});
    let renamed = by(&house, &admin, Method::PATCH, "/organization/update", &renamed).await;
    assert_eq!(renamed.json()["organization_alias"], "Ours", "{}", renamed.text());
    // An administrator of everything stays what they are.
    house.done("/user/new", &json!({"user_id": "root", "user_role": "proxy_admin"})).await;
    let root =
        json!({"organization_id": "o", "member": {"role": "internal_user", "user_id": "root"}});
    house.done("/organization/member_add", &root).await;
    let lowered =
        json!({"organization_id": "o", "user_id": "root", "role": "internal_user_viewer"});
    let lowered = by(&house, &admin, Method::PATCH, "/organization/member_update", &lowered).await;
    assert_eq!(lowered.status, 403, "{}", lowered.text());

    // A member's key makes keys of the organisation, which leave it by a proxy admin's wish alone.
    let made = house.post("/key/generate", &ann, &json!({})).await.json();
    assert_eq!(made["organization_id"], "o", "{made}");
    let leaves = json!({"key": made["key"], "organization_id": null});
    assert_eq!(house.post("/key/update", &ann, &leaves).await.status, 403);
    let own = json!({"key": admin, "organization_id": null});
    for body in [&leaves, &own] {
        assert_eq!(house.post("/key/update", &admin, body).await.status, 403, "{body}");
    }
    assert_eq!(house.done("/key/update", &leaves).await["organization_id"], Value::Null);
    let stranger = house.done("/user/new", &json!({"user_id": "s"})).await;
    let stranger = stranger["key"].as_str().unwrap();
    let theirs = house.post("/key/generate", stranger, &json!({"organization_id": "o"})).await;
    assert_eq!(theirs.status, 403, "{}", theirs.text());
    let seen = house.get("/organization/list", stranger).await;
    assert_eq!(seen.status, 401, "{}", seen.text());
    let seen = house.get("/organization/list", &ann).await.json();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["members"]), (1, &Value::Null));
    let users = house.get("/user/list", &admin).await.json();
    assert_eq!(users["total"], 4, "{users}");
}
