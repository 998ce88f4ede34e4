//! Budgets and limits of users, teams and members: held together with the key's, or not at all.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sluice_fakes::Fakes;

use crate::house::{
    Answer, Caller, House, INPUT, MASTER, OUTPUT, PRICED, deployment, nanos, refused_at_last,
};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;
/// What it costs at most, with its 200 tokens of output, and more.
const PROMPT: &str = "usage 100 20 say hi";

async fn say(house: &House, key: &str) -> Answer {
    Caller::OpenAi.say(house, key, "openai", PROMPT).await
}

/// Says it until somebody refuses; the refusal.
async fn spend_up(house: &House, keys: &[&str]) -> Answer {
    let mut turn = keys.iter().cycle();
    refused_at_last(async || say(house, turn.next().unwrap()).await).await
}

async fn user(house: &House, id: &str) -> Value {
    house.get(&format!("/user/info?user_id={id}"), MASTER).await.json()["user_info"].clone()
}

async fn team(house: &House, id: &str) -> Value {
    house.get(&format!("/team/info?team_id={id}"), MASTER).await.json()
}

async fn rows_of(house: &House, keys: &[&str]) -> i64 {
    let mut sum = 0;
    for key in keys {
        sum += house.balanced(key).await;
    }
    sum
}

#[tokio::test]
async fn a_teams_budget_is_that_of_all_its_keys_in_every_dialect() {
    let house = House::open().await;
    let asked = json!({"team_id": "t", "max_budget": 0.01, "budget_duration": "1d"});
    let made = house.done("/team/new", &asked).await;
    assert_eq!((&made["max_budget"], &made["budget_duration"]), (&json!(0.01), &json!("1d")));
    assert_eq!(made["budget_reset_at"], "2026-11-26T00:00:00Z");
    house.done("/team/new", &json!({"team_id": "other"})).await;
    let one = house.key(&json!({"team_id": "t"})).await;
    let two = house.key(&json!({"team_id": "t"})).await;
    let other = house.key(&json!({"team_id": "other"})).await;

    let refused = spend_up(&house, &[&one, &two]).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "budget_exceeded");
    let message = refused.message();
    assert!(
        message.starts_with("Budget has been exceeded! Team=t Current cost: 0.00"),
        "{message}"
    );
    assert!(message.ends_with("Max budget: 0.01"), "{message}");
    for caller in Caller::ALL {
        let refused = caller.say(&house, &one, "openai", "usage 900 900 say hi").await;
        assert_eq!(refused.status, 422, "{caller:?}: {}", refused.text());
    }
    assert_eq!(say(&house, &other).await.status, 200);

    let spent = rows_of(&house, &[&one, &two]).await;
    assert!(spent > 0 && spent <= 10_000_000, "{spent}");
    let info = team(&house, "t").await;
    assert_eq!(nanos(&info["team_info"]["spend"]), spent);
    assert_eq!(nanos(&info["team_info"]["total_spend"]), spent);
    assert_eq!(nanos(&info["team_info"]["reserved_spend"]), 0);
    assert_eq!(nanos(&team(&house, "other").await["team_info"]["spend"]), CALL);

    // More is in force at once, and the next day begins from nothing.
    house.done("/team/update", &json!({"team_id": "t", "max_budget": 0.02})).await;
    assert_eq!(say(&house, &one).await.status, 200);
    house.done("/team/update", &json!({"team_id": "t", "max_budget": 0.01})).await;
    assert_eq!(spend_up(&house, &[&one]).await.status, 422);
    house.clock.advance(Duration::from_secs(15 * 3600));
    assert_eq!(nanos(&team(&house, "t").await["team_info"]["spend"]), 0);
    assert_eq!(say(&house, &two).await.status, 200);
    assert_eq!(nanos(&team(&house, "t").await["team_info"]["spend"]), CALL);
}

#[tokio::test]
async fn a_users_budget_is_that_of_their_own_keys() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let asked = json!({"user_id": "u", "max_budget": 0.005, "teams": ["t"]});
    let made = house.done("/user/new", &asked).await;
    assert_eq!((&made["max_budget"], &made["spend"]), (&json!(0.005), &json!(0.0)));
    let first = made["key"].as_str().unwrap().to_owned();
    let second = house.key(&json!({"user_id": "u"})).await;
    let in_team = house.key(&json!({"user_id": "u", "team_id": "t"})).await;

    let refused = spend_up(&house, &[&first, &second]).await;
    assert_eq!(refused.status, 422);
    let message = refused.message();
    assert!(message.starts_with("ExceededBudget: User=u over budget. Spend=0.00"), "{message}");
    assert!(message.ends_with("Budget=0.005"), "{message}");
    // What the team pays is not the user's to pay.
    assert_eq!(say(&house, &in_team).await.status, 200);

    let own = rows_of(&house, &[&first, &second]).await;
    let row = user(&house, "u").await;
    assert_eq!(nanos(&row["spend"]), own);
    assert_eq!(nanos(&row["total_spend"]), own + CALL, "all their calls");
    assert_eq!(nanos(&team(&house, "t").await["team_memberships"][0]["spend"]), CALL);
}

#[tokio::test]
async fn a_user_with_nothing_to_spend_spends_nothing() {
    let house = House::open().await;
    let asked = json!({
        "user_email": "z@example.org", "user_role": "internal_user", "max_budget": 0.0,
        "models": ["openai"], "model_rpm_limit": {"openai": 5}, "model_tpm_limit": {"openai": 999},
    });
    let made = house.done("/user/new", &asked).await;
    for (field, value) in asked.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let key = made["key"].as_str().unwrap();
    for caller in Caller::ALL {
        let refused = caller.say(&house, key, "openai", PROMPT).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("over budget"), "{}", refused.text());
    }
    assert_eq!(house.rows(key).await.len(), 0);
}

#[tokio::test]
async fn a_members_budget_is_their_own_or_the_teams_word_for_all() {
    let house = House::open().await;
    let asked = json!({
        "team_id": "t", "team_member_budget": 0.004, "team_member_budget_duration": "30d",
        "members_with_roles": [{"role": "user", "user_id": "ann"}, {"role": "user", "user_id": "bob"}],
    });
    let made = house.done("/team/new", &asked).await;
    assert_eq!(made["team_member_budget"], 0.004);
    let wide =
        json!({"team_id": "t", "user_id": "bob", "max_budget_in_team": 0.02, "rpm_limit": 50});
    assert_eq!(house.done("/team/member_update", &wide).await["max_budget_in_team"], 0.02);
    let ann = house.key(&json!({"team_id": "t", "user_id": "ann"})).await;
    let bob = house.key(&json!({"team_id": "t", "user_id": "bob"})).await;

    let refused = spend_up(&house, &[&ann]).await;
    assert_eq!(refused.status, 422);
    let message = refused.message();
    assert!(
        message.starts_with("Budget has been exceeded! User=ann in Team=t Current cost: 0.00"),
        "{message}"
    );
    assert!(message.ends_with("Max budget: 0.004"), "{message}");
    let answer = say(&house, &bob).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-ratelimit-team_member-limit-requests"), "50");

    let info = team(&house, "t").await;
    let rows = [house.balanced(&ann).await, house.balanced(&bob).await];
    for (membership, (spent, max)) in
        info["team_memberships"].as_array().unwrap().iter().zip([(rows[0], 0.004), (rows[1], 0.02)])
    {
        assert_eq!(nanos(&membership["spend"]), spent);
        assert_eq!(membership["litellm_budget_table"]["max_budget"], max);
        assert_eq!(membership["litellm_budget_table"]["budget_reset_at"], "2026-12-01T00:00:00Z");
    }
    assert_eq!(nanos(&info["team_info"]["spend"]), rows[0] + rows[1]);
}

#[tokio::test]
async fn rates_of_users_teams_and_members_refuse_in_litellms_words() {
    let house = House::open().await;
    let limited = json!({"rpm_limit": 1});
    let with = |mut body: Value, more: &Value| {
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    house.done("/user/new", &with(json!({"user_id": "u"}), &limited)).await;
    house.done("/team/new", &with(json!({"team_id": "t"}), &limited)).await;
    let members = json!([{"role": "user", "user_id": "v"}]);
    let one_a_minute =
        json!({"team_id": "m", "team_member_rpm_limit": 1, "members_with_roles": members});
    house.done("/team/new", &one_a_minute).await;
    let model = json!({"team_id": "p", "model_rpm_limit": {"openai": 1}});
    house.done("/team/new", &model).await;
    for (fields, descriptor, id) in [
        (json!({"user_id": "u"}), "user", "u"),
        (json!({"team_id": "t"}), "team", "t"),
        (json!({"team_id": "m", "user_id": "v"}), "team_member", "m:v"),
        (json!({"team_id": "p"}), "model_per_team", "p:openai"),
    ] {
        let keys = [house.key(&fields).await, house.key(&fields).await];
        let first = say(&house, &keys[0]).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let name = format!("x-ratelimit-{descriptor}-remaining-requests");
        assert_eq!(first.header(&name), "0");
        let refused = say(&house, &keys[1]).await;
        assert_eq!(refused.status, 429, "{}", refused.text());
        let words = format!(
            "Rate limit exceeded for {descriptor}: {id}. Limit type: requests. Current limit: 1, \
             Remaining: 0. Limit resets at: "
        );
        assert!(refused.message().starts_with(&words), "{}", refused.message());
        assert_eq!(refused.header("rate_limit_type"), "requests");
        assert_eq!(refused.header("retry-after"), "60");
        house.clock.advance(Duration::from_secs(60));
        assert_eq!(say(&house, &keys[1]).await.status, 200);
    }
}

#[tokio::test]
async fn tokens_and_calls_at_once_of_a_team_are_shared_by_its_keys() {
    let house = House::open().await;
    let asked = json!({"team_id": "t", "tpm_limit": 480, "max_parallel_requests": 1});
    house.done("/team/new", &asked).await;
    let keys =
        [house.key(&json!({"team_id": "t"})).await, house.key(&json!({"team_id": "t"})).await];
    let body = Caller::OpenAi.ask("openai", "slow 1 long 20");
    let stream = house.begin(Caller::OpenAi.request(&keys[0], "openai", &body, true)).await;
    let refused = say(&house, &keys[1]).await;
    assert_eq!(refused.header("rate_limit_type"), "max_parallel_requests", "{}", refused.text());
    let read = Answer::read(stream).await;
    assert_eq!(read.status, 200);
    house.clock.advance(Duration::from_secs(60));
    // 120 tokens each; 236 are held while a call lasts.
    for key in [&keys[0], &keys[1], &keys[0]] {
        assert_eq!(say(&house, key).await.status, 200);
    }
    let refused = say(&house, &keys[1]).await;
    assert_eq!((refused.status, refused.header("rate_limit_type")), (429, "tokens"));
}

#[tokio::test]
async fn budgets_over_several_windows_hold_each_for_itself() {
    let house = House::open().await;
    let windows = json!([
        {"budget_duration": "1h", "max_budget": 0.008},
        {"budget_duration": "1d", "max_budget": 0.012},
    ]);
    let asked = json!({"team_id": "t", "budget_duration": "1d", "budget_limits": windows});
    let made = house.done("/team/new", &asked).await;
    assert_eq!(made["budget_limits"][0]["reset_at"], "2026-11-25T10:00:00Z");
    let in_team = house.key(&json!({"team_id": "t"})).await;
    let alone = house.key(&json!({"budget_limits": windows})).await;
    for key in [&in_team, &alone] {
        assert!(spend_up(&house, &[key]).await.message().ends_with("Max budget: 0.008"));
    }
    house.clock.advance(Duration::from_secs(3600));
    for key in [&in_team, &alone] {
        let message = spend_up(&house, &[key]).await.message();
        assert!(message.ends_with("Max budget: 0.012"), "{message}");
        assert!(house.balanced(key).await <= 12_000_000);
    }
    house.clock.advance(Duration::from_secs(3600));
    assert_eq!(say(&house, &alone).await.status, 422);
    house.clock.advance(Duration::from_secs(13 * 3600));
    assert_eq!(say(&house, &alone).await.status, 200);
    assert_eq!(say(&house, &in_team).await.status, 200);
}

#[tokio::test]
async fn calls_at_once_through_many_keys_never_pass_the_teams_budget() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t", "max_budget": 0.0125})).await;
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.push(house.key(&json!({"team_id": "t", "max_budget": 0.004})).await);
    }
    // Forty calls cost more than the team has, even if each waits for the one before it.
    let calls = (0..40).map(|turn| say(&house, &keys[turn % 4]));
    let answers = join_all(calls).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert!(answers.iter().any(|answer| answer.status == 422));
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let spent = rows_of(&house, &keys).await;
    assert!(spent <= 12_500_000, "{spent}");
    let info = team(&house, "t").await;
    assert_eq!(nanos(&info["team_info"]["spend"]), spent);
    assert_eq!(nanos(&info["team_info"]["reserved_spend"]), 0, "nothing is held for ever");
}

#[tokio::test]
async fn calls_at_once_do_not_refuse_each_other_until_none_is_served() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t", "max_budget": 0.01})).await;
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.push(house.key(&json!({"team_id": "t", "max_budget": 0.008})).await);
    }
    let answers = join_all((0..40).map(|turn| say(&house, &keys[turn % 4]))).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert!(rows_of(&house, &keys).await <= 10_000_000);
}

#[tokio::test]
async fn what_was_spent_before_there_was_a_budget_counts() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let key = house.key(&json!({"team_id": "t"})).await;
    for _ in 0..3 {
        assert_eq!(say(&house, &key).await.status, 200);
    }
    let budget = json!({"team_id": "t", "max_budget": "0.001"});
    house.done("/team/update", &budget).await;
    let refused = say(&house, &key).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(nanos(&team(&house, "t").await["team_info"]["spend"]), 3 * CALL);
}

#[tokio::test]
async fn a_budget_that_is_used_up_leaves_free_models_alone() {
    let free = "\n    model_info:\n      free: true";
    let models = move |fakes: &Fakes| {
        let priced = deployment(fakes, "openai", "openai", PRICED);
        priced + &deployment(fakes, "free", "openai", free)
    };
    let house = House::plan().models(models).open().await;
    house.done("/team/new", &json!({"team_id": "t", "max_budget": 0})).await;
    let key = house.key(&json!({"team_id": "t"})).await;
    assert_eq!(say(&house, &key).await.status, 422);
    assert_eq!(Caller::OpenAi.say(&house, &key, "free", PROMPT).await.status, 200);
}

#[tokio::test]
async fn other_calls_than_chats_are_the_teams_to_pay_as_well() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t", "max_budget": 0})).await;
    let key = house.key(&json!({"team_id": "t"})).await;
    let body = json!({"model": "openai", "prompt": "say hi", "max_tokens": 5});
    let refused = house.post("/v1/completions", &key, &body).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.message().contains("Team=t"), "{}", refused.text());
}

#[tokio::test]
async fn limits_that_are_none_are_refused_by_their_names() {
    let house = House::open().await;
    for (path, field, value, status) in [
        ("/user/new", "max_budget", json!(-1), 400),
        ("/user/new", "max_budget", json!("NaN"), 400),
        ("/user/new", "max_budget", json!("inf"), 400),
        ("/user/new", "max_budget", json!({}), 422),
        ("/user/new", "budget_duration", json!("soon"), 400),
        ("/team/new", "rpm_limit", json!("many"), 422),
        ("/team/new", "tpm_limit", json!(-5), 400),
        ("/team/new", "team_member_budget", json!(-5), 400),
        ("/team/new", "team_member_budget_duration", json!("x"), 400),
        ("/team/new", "budget_limits", json!([{"max_budget": 1}]), 400),
        (
            "/team/new",
            "budget_limits",
            json!([
                {"max_budget": 1, "budget_duration": "1d"}, {"max_budget": 2, "budget_duration": "1d"},
            ]),
            400,
        ),
        ("/team/new", "model_max_budget", json!({"openai": {"max_budget": -1}}), 400),
        ("/team/new", "max_bugdet", json!(1), 400),
    ] {
        let answer = house.post(path, MASTER, &json!({ field: value })).await;
        assert_eq!(answer.status, status, "{path} {field} {value}: {}", answer.text());
        assert!(answer.text().contains(field), "{}", answer.text());
    }
    assert_eq!(house.get("/team/list", MASTER).await.json(), json!([]));
    assert_eq!(house.get("/user/list", MASTER).await.json()["total"], 0);
}

#[tokio::test]
async fn nobody_gives_a_key_more_than_they_or_the_team_hold() {
    let house = House::open().await;
    let limits = json!({"user_id": "u", "max_budget": 5, "rpm_limit": 10, "tpm_limit": 1000});
    let key = house.done("/user/new", &limits).await["key"].as_str().unwrap().to_owned();
    let lead = json!({"team_id": "t", "max_budget": 2, "rpm_limit": 3,
        "members_with_roles": [{"role": "admin", "user_id": "u"}]});
    house.done("/team/new", &lead).await;
    for (fields, status) in [
        (json!({"max_budget": 5, "rpm_limit": 10, "tpm_limit": 1000}), 200),
        (json!({}), 200),
        (json!({"max_budget": 6}), 403),
        (json!({"rpm_limit": 11}), 403),
        (json!({"tpm_limit": 1001}), 403),
        (json!({"team_id": "t", "max_budget": 2}), 200),
        (json!({"team_id": "t", "max_budget": 3}), 403),
        (json!({"team_id": "t", "rpm_limit": 4}), 403),
    ] {
        let answer = house.post("/key/generate", &key, &fields).await;
        assert_eq!(answer.status, status, "{fields}: {}", answer.text());
    }
    let narrow = house.key(&json!({"user_id": "u", "rpm_limit": 2, "max_budget": 1})).await;
    for fields in [
        json!({"rpm_limit": 2}),
        json!({"max_budget": 1}),
        json!({"rpm_limit": 3, "max_budget": 1}),
    ] {
        let answer = house.post("/key/generate", &narrow, &fields).await;
        assert_eq!(answer.status, 403, "{fields}: {}", answer.text());
    }
    let within = json!({"rpm_limit": 2, "max_budget": 1});
    assert_eq!(house.post("/key/generate", &narrow, &within).await.status, 200);
    // Nobody raises their own limits.
    let raise = json!({"user_id": "u", "max_budget": 50});
    assert_eq!(house.post("/user/update", &key, &raise).await.status, 403);
    let raise = json!({"team_id": "t", "max_budget": 50});
    assert_eq!(house.post("/team/update", &key, &raise).await.status, 403);
    let raise = json!({"key": narrow, "rpm_limit": 3});
    assert_eq!(house.post("/key/update", &narrow, &raise).await.status, 403);
}

#[tokio::test]
async fn a_members_next_reset_is_told_with_the_team_and_moves_on() {
    let house = House::open().await;
    house.done("/team/new", &json!({"team_id": "t"})).await;
    let member = json!({"role": "user", "user_id": "m"});
    let asked = json!({
        "team_id": "t", "member": member, "max_budget_in_team": 0.01, "budget_duration": "1d",
    });
    house.done("/team/member_add", &asked).await;
    let reset = async || {
        let info = team(&house, "t").await;
        info["team_memberships"][0]["litellm_budget_table"]["budget_reset_at"].clone()
    };
    let key = house.key(&json!({"team_id": "t", "user_id": "m"})).await;
    for day in ["26", "27", "28"] {
        assert_eq!(reset().await, format!("2026-11-{day}T00:00:00Z"));
        assert_eq!(spend_up(&house, &[&key]).await.status, 422);
        house.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(say(&house, &key).await.status, 200, "a new window");
    }
}
