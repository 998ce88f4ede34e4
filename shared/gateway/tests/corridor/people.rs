//! Users and teams: their routes, and what they do to calls.

use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, MASTER};

async fn say(house: &House, key: &str, model: &str) -> Answer {
    Caller::OpenAi.say(house, key, model, "say hi").await
}

async fn key_of(house: &House, fields: &Value) -> String {
    house.key(fields).await
}

#[tokio::test]
async fn a_user_is_made_with_a_key_changed_listed_and_deleted_with_all_keys() {
    let house = House::open().await;
    let asked = json!({
        "user_id": "u1", "user_email": "Ada@example.org", "user_alias": "Ada",
        "user_role": "internal_user", "models": ["demo"], "metadata": {"floor": 3},
    });
    let made = house.done("/user/new", &asked).await;
    for (field, value) in asked.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let key = made["key"].as_str().unwrap().to_owned();
    assert_eq!(say(&house, &key, "demo").await.status, 200);
    let refused = say(&house, &key, "openai").await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["error"]["type"], "user_model_access_denied");

    let changed = house.done("/user/update", &json!({"user_id": "u1", "models": ["openai"]})).await;
    assert_eq!(
        (&changed["user_id"], &changed["data"]["models"]),
        (&json!("u1"), &json!(["openai"]))
    );
    assert_eq!(changed["data"]["user_alias"], "Ada", "what is not in the body stays");
    // From the next call on, though the key's record is still warm.
    assert_eq!(say(&house, &key, "openai").await.status, 200);
    assert_eq!(say(&house, &key, "demo").await.status, 403);
    let by_email = json!({"user_email": "ada@example.org", "user_alias": "A."});
    assert_eq!(
        house.done("/user/update", &by_email).await["data"]["user_email"],
        "Ada@example.org"
    );

    let info = house.get("/user/info?user_id=u1", MASTER).await.json();
    assert_eq!(info["user_info"]["user_alias"], "A.");
    assert_eq!(info["keys"].as_array().unwrap().len(), 1);
    assert_eq!(house.get("/user/info", &key).await.json()["user_id"], "u1");
    let list = house.get("/user/list?role=internal_user&user_email=ADA", MASTER).await.json();
    assert_eq!((&list["total"], &list["users"][0]["key_count"]), (&json!(1), &json!(1)));
    assert_eq!(house.get("/user/list?role=proxy_admin", MASTER).await.json()["total"], 0);
    let roles = house.get("/user/available_roles", MASTER).await.json();
    assert_eq!(roles.as_object().unwrap().len(), 4);

    assert_eq!(house.done("/user/delete", &json!({"user_ids": ["u1"]})).await, json!(1));
    assert_eq!(say(&house, &key, "openai").await.status, 401);
    assert_eq!(house.get("/user/info?user_id=u1", MASTER).await.status, 404);
    let gone = house.post("/user/delete", MASTER, &json!({"user_ids": ["u1"]})).await;
    assert_eq!(gone.status, 404);
    assert_eq!(gone.json()["detail"]["error"], "User not found, passed user_id=u1");
    // The address is free again.
    let again = json!({"user_id": "u2", "user_email": "ada@example.org", "auto_create_key": false});
    assert_eq!(house.done("/user/new", &again).await["key"], "");
}

#[tokio::test]
async fn duplicates_and_bad_fields_of_users_are_refused_and_write_nothing() {
    let house = House::open().await;
    house.done("/user/new", &json!({"user_id": "u", "user_email": "a@b.c"})).await;
    for (body, words) in [
        (json!({"user_id": "u"}), "User with user_id u already exists"),
        (json!({"user_id": "v", "user_email": "A@B.C"}), "User with email a@b.c already exists"),
    ] {
        let answer = house.post("/user/new", MASTER, &body).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert_eq!(answer.json()["detail"]["error"], words);
    }
    for (body, status, param) in [
        (json!({"user_role": "king"}), 400, "user_role"),
        (json!({"user_email": "nobody"}), 400, "user_email"),
        (json!({"user_id": "a\u{202e}b"}), 400, "user_id"),
        (json!({"user_alias": "a\u{0}"}), 400, "user_alias"),
        (json!({"max_bugdet": 5}), 400, "max_bugdet"),
        (json!({"password": "secret"}), 400, "password"),
        (json!({"teams": ["nobody"]}), 404, ""),
        (json!({"models": "demo"}), 422, ""),
    ] {
        let answer = house.post("/user/new", MASTER, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        if !param.is_empty() {
            assert_eq!(answer.json()["error"]["param"], param, "{body}");
            assert!(answer.message().contains(param), "{}", answer.text());
        }
    }
    let list = house.get("/user/list", MASTER).await.json();
    assert_eq!(list["total"], 1, "{list}");
    for page in ["page=0", "page_size=101", "page=x"] {
        assert_eq!(house.get(&format!("/user/list?{page}"), MASTER).await.status, 422, "{page}");
    }
}

#[tokio::test]
async fn a_team_is_made_with_members_changed_blocked_and_deleted_with_its_keys() {
    let house = House::open().await;
    let asked = json!({
        "team_id": "t", "team_alias": "Tigers", "models": ["demo"], "metadata": {"a": 1},
        "members_with_roles": [{"role": "admin", "user_id": "ann"}, {"role": "user", "user_email": "b@b.b"}],
    });
    let made = house.done("/team/new", &asked).await;
    assert_eq!((&made["team_alias"], &made["admins"]), (&json!("Tigers"), &json!(["ann"])));
    assert_eq!(made["members"].as_array().unwrap().len(), 1);
    let again = house.post("/team/new", MASTER, &json!({"team_id": "t"})).await;
    assert_eq!(again.status, 400);
    let words = "Team id = t already exists. Please use a different team id.";
    assert_eq!(again.json()["detail"]["error"], words);

    let key = key_of(&house, &json!({"team_id": "t", "user_id": "ann"})).await;
    assert_eq!(say(&house, &key, "demo").await.status, 200);
    let refused = say(&house, &key, "openai").await;
    assert_eq!(refused.json()["error"]["type"], "team_model_access_denied", "{}", refused.text());

    house.done("/team/block", &json!({"team_id": "t"})).await;
    let blocked = say(&house, &key, "demo").await;
    assert_eq!(blocked.status, 401);
    assert!(blocked.message().contains("Team=t is blocked"), "{}", blocked.message());
    assert_eq!(house.done("/team/unblock", &json!({"team_id": "t"})).await["blocked"], false);
    assert_eq!(say(&house, &key, "demo").await.status, 200);

    let models = json!({"team_id": "t", "models": ["openai"]});
    assert_eq!(house.done("/team/model/add", &models).await["models"], json!(["demo", "openai"]));
    assert_eq!(say(&house, &key, "openai").await.status, 200);
    assert_eq!(house.done("/team/model/delete", &models).await["models"], json!(["demo"]));
    assert_eq!(say(&house, &key, "openai").await.status, 403);
    let last = json!({"team_id": "t", "models": ["demo"]});
    let last = house.post("/team/model/delete", MASTER, &last).await;
    assert_eq!(last.status, 400, "an empty list would open everything");

    let update = json!({"team_id": "t", "model_aliases": {"fast": "demo"}});
    assert_eq!(house.done("/team/update", &update).await["data"]["team_alias"], "Tigers");
    assert_eq!(say(&house, &key, "fast").await.status, 200);

    let info = house.get("/team/info?team_id=t", MASTER).await.json();
    assert_eq!(info["team_memberships"].as_array().unwrap().len(), 2);
    assert_eq!(info["keys"].as_array().unwrap().len(), 1);
    assert!(info["keys"][0].get("token").is_none());
    assert_eq!(house.get("/team/info", MASTER).await.status, 422);
    assert_eq!(house.get("/team/info?team_id=x", MASTER).await.status, 404);
    assert_eq!(house.get("/team/list", MASTER).await.json().as_array().unwrap().len(), 1);
    let none = house.get("/team/list?user_id=nobody", MASTER).await.json();
    assert_eq!(none, json!([]));

    house.done("/team/delete", &json!({"team_ids": ["t"]})).await;
    assert_eq!(say(&house, &key, "demo").await.status, 401);
    let lost = house.post("/team/delete", MASTER, &json!({"team_ids": ["t"]})).await;
    assert_eq!(lost.status, 404);
    let orphan = house.post("/key/generate", MASTER, &json!({"team_id": "t"})).await;
    assert_eq!(orphan.status, 400);
    assert_eq!(orphan.json()["error"]["param"], "team_id");
}

#[tokio::test]
async fn members_come_change_and_go_with_their_keys() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t", "models": ["demo", "openai"]})).await;
    let add = json!({"team_id": "t", "member": {"role": "user", "user_id": "bob"},
        "allowed_models": ["demo"]});
    let added = house.done("/team/member_add", &add).await;
    assert_eq!(added["updated_users"][0]["user_id"], "bob", "a stranger becomes a user");
    assert_eq!(added["updated_team_memberships"][0]["allowed_models"], json!(["demo"]));
    let twice = house.post("/team/member_add", MASTER, &add).await;
    assert_eq!(
        (twice.status, &twice.json()["error"]["type"]),
        (400, &json!("team_member_already_in_team"))
    );
    assert_eq!(twice.json()["error"]["param"], "member");

    let key = key_of(&house, &json!({"team_id": "t", "user_id": "bob"})).await;
    assert_eq!(say(&house, &key, "demo").await.status, 200);
    assert_eq!(say(&house, &key, "openai").await.status, 403);
    let update = json!({"team_id": "t", "user_id": "bob", "role": "admin", "allowed_models": []});
    assert_eq!(house.done("/team/member_update", &update).await["role"], "admin");
    assert_eq!(say(&house, &key, "openai").await.status, 200);
    // Who leads a team makes keys for its members.
    house.done("/team/member_add", &json!({"team_id": "t", "member": [{"user_id": "eve"}]})).await;
    let own = key_of(&house, &json!({"user_id": "bob"})).await;
    let made = house.post("/key/generate", &own, &json!({"team_id": "t", "user_id": "eve"})).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let stranger = json!({"team_id": "t", "user_id": "zoe"});
    assert_eq!(house.post("/key/generate", &own, &stranger).await.status, 403);

    let gone = json!({"team_id": "t", "user_id": "bob"});
    let left = house.done("/team/member_delete", &gone).await;
    assert_eq!(left["members"], json!(["eve"]));
    assert_eq!(say(&house, &key, "demo").await.status, 401);
    assert_eq!(say(&house, &own, "demo").await.status, 200, "a key outside the team stays");
    assert_eq!(house.post("/team/member_delete", MASTER, &gone).await.status, 400);
    assert_eq!(house.post("/team/member_update", MASTER, &gone).await.status, 400);
    for (body, status) in [
        (json!({"team_id": "t"}), 422),
        (json!({"team_id": "x", "member": {"user_id": "a"}}), 404),
        (json!({"team_id": "t", "member": {"role": "user"}}), 400),
        (json!({"team_id": "t", "member": {"role": "king", "user_id": "a"}}), 400),
        (json!({"team_id": "t", "member": {"user_id": "a", "rank": 1}}), 400),
        (json!({"team_id": "t", "member": {"user_id": "a"}, "allowed_models": ["sagemaker"]}), 400),
        (json!({"team_id": "t", "member": [{"user_id": "a"}, {"user_id": "a"}]}), 400),
    ] {
        let answer = house.post("/team/member_add", MASTER, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert_eq!(house.get("/user/list?user_ids=a", MASTER).await.json()["total"], 0);
}

#[tokio::test]
async fn a_team_takes_thousands_of_members() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let many: Vec<Value> = (0..3_000).map(|n| json!({"user_id": format!("user-{n}")})).collect();
    house.done("/team/member_add", &json!({"team_id": "t", "member": many})).await;
    let info = house.get("/team/info?team_id=t", MASTER).await.json();
    assert_eq!(info["team_memberships"].as_array().unwrap().len(), 3_000);
    let key = key_of(&house, &json!({"team_id": "t", "user_id": "user-7"})).await;
    assert_eq!(say(&house, &key, "demo").await.status, 200);
}

#[tokio::test]
async fn the_words_for_lists_of_models_mean_what_they_say() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t", "models": ["demo"]})).await;
    let user = json!({"user_id": "u", "models": ["no-default-models"], "teams": ["t"]});
    let personal = house.done("/user/new", &user).await["key"].as_str().unwrap().to_owned();
    assert_eq!(say(&house, &personal, "demo").await.status, 403);
    let in_team = key_of(&house, &json!({"user_id": "u", "team_id": "t"})).await;
    assert_eq!(say(&house, &in_team, "demo").await.status, 200);
    let of_team = key_of(&house, &json!({"team_id": "t", "models": ["all-team-models"]})).await;
    let alone = key_of(&house, &json!({"models": ["all-team-models"]})).await;
    let all = key_of(&house, &json!({"models": ["all-proxy-models"]})).await;
    let beyond = key_of(&house, &json!({"team_id": "t", "models": ["all-proxy-models"]})).await;
    for (key, models) in [
        (&personal, vec![]),
        (&of_team, vec!["demo"]),
        (&beyond, vec!["demo"]),
        (&alone, crate::house::PROVIDERS.to_vec()),
        (&all, crate::house::PROVIDERS.to_vec()),
    ] {
        for model in crate::house::PROVIDERS {
            let status = if models.contains(&model) { 200 } else { 403 };
            assert_eq!(say(&house, key, model).await.status, status, "{model}");
        }
        let list = house.get("/v1/models", key).await.json();
        let listed: Vec<&str> =
            list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
        assert_eq!(listed, models);
    }
}

#[tokio::test]
async fn edits_of_one_team_at_once_do_not_undo_each_other() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let bodies = [
        json!({"team_id": "t", "team_alias": "x"}),
        json!({"team_id": "t", "models": ["demo"]}),
        json!({"team_id": "t", "metadata": {"a": 1}}),
        json!({"team_id": "t", "model_aliases": {"a": "demo"}}),
        json!({"team_id": "t", "team_member_permissions": ["/key/generate"]}),
    ];
    let edits = bodies.iter().map(|body| house.post("/team/update", MASTER, body));
    for answer in futures_util::future::join_all(edits).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let team = house.get("/team/info?team_id=t", MASTER).await.json()["team_info"].clone();
    for body in bodies {
        for (field, value) in body.as_object().unwrap() {
            assert_eq!(&team[field], value, "{field}");
        }
    }
}

#[tokio::test]
async fn a_blocked_user_or_team_is_refused_at_the_next_call_of_every_process() {
    let house = House::plan()
        .models(|fakes| crate::house::deployment(fakes, "demo", "demo", crate::house::PRICED))
        .open()
        .await;
    let other = house.beside(MASTER).await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let user = house.done("/user/new", &json!({"user_id": "u"})).await;
    let personal = user["key"].as_str().unwrap().to_owned();
    let in_team = key_of(&house, &json!({"team_id": "t"})).await;
    for (key, path, body) in [
        (&personal, "/user/update", json!({"user_id": "u", "blocked": true})),
        (&in_team, "/team/update", json!({"team_id": "t", "blocked": true})),
    ] {
        for one in [&house, &other] {
            assert_eq!(say(one, key, "demo").await.status, 200);
        }
        house.done(path, &body).await;
        for one in [&other, &house] {
            let answer = say(one, key, "demo").await;
            assert_eq!(answer.status, 401, "{}", answer.text());
            assert!(answer.message().contains("is blocked"), "{}", answer.message());
        }
        assert_eq!(house.account(key).await.1, 0, "a refused call holds money");
    }
}

#[tokio::test]
async fn a_service_account_belongs_to_a_team_and_to_nobody() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let made = house
        .done("/key/service-account/generate", &json!({"team_id": "t", "key_alias": "ci"}))
        .await;
    assert_eq!(made["metadata"]["service_account_id"], "ci");
    assert_eq!((&made["team_id"], &made["user_id"]), (&json!("t"), &Value::Null));
    for body in [json!({}), json!({"team_id": "t", "user_id": "u"})] {
        let answer = house.post("/key/service-account/generate", MASTER, &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
}

#[tokio::test]
async fn many_keys_are_changed_each_for_itself() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    let body = json!({"keys": [{"key": key, "max_budget": 3}, {"key": "sk-nobody-knows", "max_budget": 1},
        {"key": key, "max_bugdet": 1}]});
    let told = house.done("/key/bulk_update", &body).await;
    assert_eq!(told["total_requested"], 3);
    assert_eq!(told["successful_updates"][0]["key_info"]["max_budget"], 3.0);
    let reasons: Vec<&str> = told["failed_updates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["failed_reason"].as_str().unwrap())
        .collect();
    assert!(reasons[0].contains("not found") && reasons[1].contains("max_bugdet"), "{reasons:?}");
}

#[tokio::test]
async fn keys_are_listed_by_team_user_alias_and_status() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    house.key(&json!({"team_id": "t", "key_alias": "alpha one"})).await;
    house.key(&json!({"user_id": "u", "key_alias": "alpha two", "blocked": true})).await;
    house.key(&json!({})).await;
    for (query, count) in [
        ("", 3),
        ("team_id=t", 1),
        ("user_id=u", 1),
        ("user_id=nobody", 0),
        ("key_alias=alpha%20one", 1),
        ("key_alias=alpha", 0),
        ("key_alias=alpha&substring_matching=true", 2),
        ("status=active", 2),
        ("status=revoked", 1),
    ] {
        let list = house.get(&format!("/key/list?{query}"), MASTER).await.json();
        assert_eq!(list["total_count"], count, "{query}");
    }
}

#[tokio::test]
async fn members_are_added_in_bulk_all_of_them_or_none() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    house.done("/user/new", &json!({"user_id": "a", "auto_create_key": false})).await;
    let members = json!([
        {"user_id": "a", "role": "admin"}, {"user_email": "b@example.org", "role": "user"},
    ]);
    let asked = json!({"team_id": "t", "members": members, "max_budget_in_team": 3});
    let told = house.done("/team/bulk_member_add", &asked).await;
    assert_eq!((&told["total_requested"], &told["successful_additions"]), (&json!(2), &json!(2)));
    assert_eq!(told["updated_team"]["admins"], json!(["a"]));
    assert_eq!(told["results"][1]["user_email"], "b@example.org");
    for result in told["results"].as_array().unwrap() {
        assert_eq!((&result["success"], &result["error"]), (&json!(true), &Value::Null));
        assert_eq!(result["updated_team_membership"]["max_budget_in_team"], 3.0);
    }
    // One who is there already keeps the others out, and each is told why.
    let asked = json!({"team_id": "t", "members": [{"user_id": "c"}, {"user_id": "a"}]});
    let told = house.done("/team/bulk_member_add", &asked).await;
    assert_eq!((&told["successful_additions"], &told["failed_additions"]), (&json!(0), &json!(2)));
    for result in told["results"].as_array().unwrap() {
        assert!(result["error"].as_str().unwrap().contains("User already in team"), "{result}");
    }
    let info = house.get("/team/info?team_id=t", MASTER).await.json();
    assert_eq!(info["team_memberships"].as_array().unwrap().len(), 2);
    assert_eq!(house.get("/user/info?user_id=c", MASTER).await.status, 404, "made half");

    house.done("/team/new", &json!({"team_id": "all"})).await;
    let everybody = json!({"team_id": "all", "all_users": true});
    let told = house.done("/team/bulk_member_add", &everybody).await;
    assert_eq!(told["successful_additions"], 2);
    let lead = house.key(&json!({"user_id": "a"})).await;
    let asked = json!({"team_id": "t", "all_users": true});
    assert_eq!(house.post("/team/bulk_member_add", &lead, &asked).await.status, 403);
    for wrong in [json!({"team_id": "t"}), json!({"team_id": "t", "members": []})] {
        assert_eq!(house.post("/team/bulk_member_add", MASTER, &wrong).await.status, 400);
    }
}

#[tokio::test]
async fn users_are_changed_in_bulk_each_for_itself() {
    let house = House::open().await;
    for user in ["a", "b"] {
        house.done("/user/new", &json!({"user_id": user, "auto_create_key": false})).await;
    }
    let asked = json!({"users": [
        {"user_id": "a", "max_budget": 5}, {"user_id": "nobody"}, {"user_id": "b", "max_bugdet": 5},
    ]});
    let told = house.done("/user/bulk_update", &asked).await;
    assert_eq!((&told["successful_updates"], &told["failed_updates"]), (&json!(1), &json!(2)));
    assert_eq!(told["results"][0]["updated_user"]["max_budget"], 5.0);
    assert!(told["results"][1]["error"].as_str().unwrap().contains("nobody"));
    assert!(told["results"][2]["error"].as_str().unwrap().contains("max_bugdet"));
    let asked = json!({"all_users": true, "user_updates": {"rpm_limit": 9}});
    assert_eq!(house.done("/user/bulk_update", &asked).await["successful_updates"], 2);
    for user in ["a", "b"] {
        let row = house.get(&format!("/v2/user/info?user_id={user}"), MASTER).await.json();
        assert_eq!(row["rpm_limit"], 9);
    }
    for wrong in [json!({}), json!({"all_users": true})] {
        assert_eq!(house.post("/user/bulk_update", MASTER, &wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_team_says_what_its_members_may_do_with_its_keys() {
    let house = House::open().await;
    house.done("/user/new", &json!({"user_id": "m", "auto_create_key": false})).await;
    let members = json!([{"role": "user", "user_id": "m"}]);
    house.done("/team/new", &json!({"team_id": "t", "members_with_roles": members})).await;
    let list = async || house.get("/team/permissions_list?team_id=t", MASTER).await.json();
    let told = list().await;
    assert_eq!(told["team_member_permissions"], json!(["/key/info", "/key/health"]));
    let open = told["all_available_permissions"].as_array().unwrap().clone();
    assert!(open.contains(&json!("/key/generate")) && !open.contains(&json!("/team/delete")));
    let key = house.key(&json!({"user_id": "m"})).await;
    let make = async || {
        house.post("/key/generate", &key, &json!({"team_id": "t", "user_id": "m"})).await.status
    };
    assert_eq!(make().await, 403);
    let asked = json!({"team_id": "t", "team_member_permissions": ["/key/info", "/key/generate"]});
    let row = house.done("/team/permissions_update", &asked).await;
    assert_eq!(row["team_member_permissions"], asked["team_member_permissions"]);
    assert_eq!(list().await["team_member_permissions"], asked["team_member_permissions"]);
    assert_eq!(make().await, 200);
    let wrong = json!({"team_id": "t", "team_member_permissions": ["/team/delete"]});
    assert_eq!(house.post("/team/permissions_update", MASTER, &wrong).await.status, 400);
    let nothing = house.post("/team/permissions_update", MASTER, &json!({"team_id": "t"})).await;
    assert_eq!(nothing.status, 422);
}
