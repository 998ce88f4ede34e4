//! Priorities: below the threshold whoever comes is served, above it each has its share.

use std::time::Duration;

use serde_json::json;
use sluice_store::LedgerMode;

use crate::house::{Answer, Caller, House, PRICED, Plan, named};

const BOTH: [LedgerMode; 2] = [LedgerMode::Strict, LedgerMode::Batched];

/// A model of ten calls a minute, in two deployments.
fn plan(reserved: &str) -> Plan {
    let settings = format!("litellm_settings:\n  priority_reservation: {reserved}");
    let house = House::plan().models(|fakes| {
        let one = format!("\n      rpm: 6{PRICED}");
        let other = format!("\n      rpm: 4{PRICED}");
        named(fakes, "model", "openai/one", &one) + &named(fakes, "model", "openai/two", &other)
    });
    house.settings(&settings)
}

async fn say(house: &House, key: &str) -> Answer {
    Caller::OpenAi.say(house, key, "model", "say hi").await
}

/// How many of so many calls are served.
async fn served(house: &House, key: &str, calls: usize) -> usize {
    let mut served = 0;
    for _ in 0..calls {
        let answer = say(house, key).await;
        assert!([200, 429].contains(&answer.status), "{}", answer.text());
        served += usize::from(answer.status == 200);
    }
    served
}

async fn key(house: &House, priority: &str) -> String {
    house.key(&json!({"metadata": {"priority": priority}})).await
}

#[tokio::test]
async fn whoever_comes_borrows_up_to_the_threshold_and_no_further() {
    for mode in BOTH {
        let house = plan("{prod: 0.7, dev: 0.3}").ledger(mode).open().await;
        let (prod, dev) = (key(&house, "prod").await, key(&house, "dev").await);
        // More than its share, for nobody else is there.
        assert_eq!(served(&house, &dev, 8).await, 5, "{mode:?}");
        let refused = say(&house, &dev).await;
        let message = refused.message();
        assert_eq!(refused.status, 429, "{message}");
        assert_eq!(
            message,
            "Priority-based rate limit exceeded. Model: model, Priority: dev, Rate limit type: requests, \
             Model TPM: not configured, Model RPM: 10, Remaining: 0, Model saturation: 50.0%"
        );
        assert_eq!(refused.header("x-litellm-priority"), "dev");
        assert_eq!(refused.header("x-litellm-saturation"), "50.00%");
        assert_eq!(refused.header("rate_limit_type"), "requests");
        assert_eq!(refused.header("retry-after"), "60");
        // What is left is the other's.
        assert_eq!(served(&house, &prod, 8).await, 5, "{mode:?}");
        let refused = say(&house, &prod).await;
        assert!(
            refused.message().starts_with("Model capacity reached for model. Priority: prod, "),
            "{mode:?}: {}",
            refused.message()
        );
        house.clock.advance(Duration::from_secs(60));
        assert_eq!(served(&house, &dev, 1).await, 1, "{mode:?}");
    }
}

#[tokio::test]
async fn under_a_crowd_each_has_its_share() {
    for mode in BOTH {
        let house = plan("{prod: 0.7, dev: 0.3}").ledger(mode).open().await;
        let (prod, dev) = (key(&house, "prod").await, key(&house, "dev").await);
        let none = house.key(&json!({})).await;
        assert_eq!(served(&house, &prod, 5).await, 5);
        assert_eq!(served(&house, &dev, 9).await, 3, "{mode:?}");
        assert_eq!(served(&house, &prod, 9).await, 2, "{mode:?}: all ten are used");
        assert_eq!(served(&house, &none, 1).await, 0, "{mode:?}");
    }
}

#[tokio::test]
async fn a_team_says_whose_priority_its_keys_have_and_who_has_none_shares_the_rest() {
    let house =
        plan("{prod: {type: rpm, value: 6}, dev: {type: percent, value: 0.1}}").open().await;
    house.done("/team/new", &json!({"team_id": "t", "metadata": {"priority": "dev"}})).await;
    let fields = json!({"team_id": "t", "metadata": {"priority": "prod"}});
    let (of_team, unknown) = (house.key(&fields).await, key(&house, "nobody").await);
    let none = house.key(&json!({})).await;
    let prod = key(&house, "prod").await;
    assert_eq!(served(&house, &prod, 5).await, 5);
    assert_eq!(served(&house, &of_team, 3).await, 1);
    // A quarter of ten for all that have none.
    assert_eq!(served(&house, &unknown, 1).await + served(&house, &none, 5).await, 2);
    let refused = say(&house, &none).await;
    assert_eq!(refused.header("x-litellm-priority"), "default");
    assert_eq!(served(&house, &prod, 5).await, 1);
}

#[tokio::test]
async fn the_threshold_is_a_setting() {
    let settings =
        "\n  priority_reservation_settings: {saturation_threshold: 0.8, default_priority: 0}";
    let house = plan(&format!("{{dev: 0.1}}{settings}")).open().await;
    let (dev, none) = (key(&house, "dev").await, house.key(&json!({})).await);
    assert_eq!(served(&house, &dev, 9).await, 8);
    assert_eq!(served(&house, &none, 3).await, 0);
}
