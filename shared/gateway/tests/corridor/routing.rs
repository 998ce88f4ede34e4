//! Which deployment answers.

use serde_json::json;

use crate::house::{Caller, House, MASTER, PRICED, Reading, named};

#[tokio::test]
async fn another_deployment_answers_when_the_first_fails() {
    for status in [429, 500, 503] {
        let house = House::plan()
            .models(move |fakes| {
                let failing = format!("openai/fake-error-{status}");
                named(fakes, "both", &failing, &format!("\n      order: 1{PRICED}"))
                    + &named(fakes, "both", "anthropic/good", &format!("\n      order: 2{PRICED}"))
            })
            .open()
            .await;
        for caller in Caller::ALL {
            let answer = caller.say(&house, MASTER, "both", "say hi").await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("x-litellm-attempted-retries"), "1");
            assert_eq!(answer.header("x-litellm-model-name"), "anthropic/good");
        }
        let all = Caller::ALL.len() as u64;
        assert_eq!((house.fakes.openai.count(), house.fakes.anthropic.count()), (all, all));
    }
}

#[tokio::test]
async fn a_request_that_is_wrong_is_not_tried_elsewhere() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "both", "openai/fake-error-400", &format!("\n      order: 1{PRICED}"))
                + &named(fakes, "both", "anthropic/good", &format!("\n      order: 2{PRICED}"))
        })
        .open()
        .await;
    let answer = Caller::OpenAi.say(&house, MASTER, "both", "say hi").await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!((house.fakes.openai.count(), house.fakes.anthropic.count()), (1, 0));
}

#[tokio::test]
async fn nothing_is_tried_again_after_the_first_byte() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "both", "openai/first", &format!("\n      order: 1{PRICED}"))
                + &named(fakes, "both", "anthropic/second", &format!("\n      order: 2{PRICED}"))
        })
        .open()
        .await;
    for order in ["die", "cut", "late error"] {
        let before = house.fakes.openai.count();
        let body = Caller::OpenAi.ask("both", &format!("{order} long 20"));
        let answer = Caller::OpenAi.raw(&house, MASTER, "both", &body, true).await;
        assert!(Reading::streamed(Caller::OpenAi, &answer.body).error.is_some(), "{order}");
        assert_eq!((house.fakes.openai.count() - before, house.fakes.anthropic.count()), (1, 0));
    }
}

#[tokio::test]
async fn a_deployment_of_no_weight_is_a_backup() {
    let house = House::plan()
        .models(|fakes| {
            named(fakes, "both", "openai/first", &format!("\n      weight: 1{PRICED}"))
                + &named(fakes, "both", "anthropic/backup", &format!("\n      weight: 0{PRICED}"))
        })
        .open()
        .await;
    for _ in 0..20 {
        assert_eq!(Caller::OpenAi.say(&house, MASTER, "both", "say hi").await.status, 200);
    }
    assert_eq!((house.fakes.openai.count(), house.fakes.anthropic.count()), (20, 0));
}

#[tokio::test]
async fn a_key_lists_the_models_it_may_use() {
    let house = House::open().await;
    let fields = json!({"models": ["openai", "demo"], "aliases": {"fast": "demo"}});
    let key = house.key(&fields).await;
    let list = house.get("/v1/models", &key).await.json();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["openai", "demo", "fast"]);
    assert_eq!(house.get("/v1/models/fast", &key).await.status, 200);
    assert_eq!(house.get("/v1/models/anthropic", &key).await.status, 404);
}
