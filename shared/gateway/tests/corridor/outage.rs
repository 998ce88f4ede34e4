//! The store gives no answer: what callers hear, and what becomes of their calls.

use std::time::Duration;

use serde_json::json;
use sluice_embedded::Fault;

use crate::house::{Caller, House};

/// A call that uses 30 tokens and 10.
const SAID: &str = "usage 30 10 say hi";
/// What it costs.
const COST: f64 = 0.000_14;
/// Tries of a settlement.
const TRIES: usize = 4;
/// More requests than these come to: how many each takes is the SDK's affair, which saves up tries for
/// all that a process asks of the store.
const REQUESTS: usize = 4 * TRIES + 1;

async fn status(house: &House, caller: Caller, key: &str) -> u16 {
    caller.say(house, key, "openai", SAID).await.status
}

#[tokio::test]
async fn calls_are_refused_while_the_store_is_down_unless_told_otherwise() {
    for settings in ["", "general_settings:\n  store_unavailable: fail_closed\n"] {
        let house = House::plan().settings(settings).open().await;
        let key = house.key(&json!({"max_budget": 1})).await;
        assert_eq!(status(&house, Caller::OpenAi, &key).await, 200);
        for fault in [Fault::LostBefore, Fault::Internal, Fault::Throttled] {
            house.faults.storm(1, 100, &[fault]);
            for caller in Caller::ALL {
                assert_eq!(status(&house, caller, &key).await, 503, "{caller:?}, {fault:?}");
            }
            house.faults.clear();
        }
        assert_eq!(house.fakes.openai.count(), 1);
        assert_eq!(house.info(&key).await["spend"], COST);
    }
}

#[tokio::test]
async fn calls_go_on_where_that_is_wished_and_are_charged_afterwards() {
    let settings = "general_settings:\n  store_unavailable: fail_open\n";
    let house = House::plan().settings(settings).open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    assert_eq!(status(&house, Caller::OpenAi, &key).await, 200);
    house.faults.storm(1, 100, &[Fault::LostBefore, Fault::Internal, Fault::Throttled]);
    // What this process knows of the key is old by now.
    house.clock.advance(Duration::from_secs(60));
    for caller in Caller::ALL {
        assert_eq!(status(&house, caller, &key).await, 200, "{caller:?}");
        assert_eq!(status(&house, caller, "sk-nobody-knows-it").await, 503, "{caller:?}");
    }
    house.faults.clear();
    // What waits is written with the next settlement.
    let other = house.key(&json!({})).await;
    assert_eq!(status(&house, Caller::OpenAi, &other).await, 200);
    let calls = u32::try_from(Caller::ALL.len() + 1).unwrap();
    let spend = house.info(&key).await["spend"].as_f64().unwrap();
    assert!((spend - f64::from(calls) * COST).abs() < 1e-12, "{spend}");
}

#[tokio::test]
async fn a_settlement_that_the_store_refuses_is_written_when_it_answers_again() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    for _ in 0..REQUESTS {
        house.faults.next("PutItem", Fault::LostBefore);
    }
    assert_eq!(status(&house, Caller::OpenAi, &key).await, 200);
    let left = house.faults.left();
    assert!((1..=REQUESTS - TRIES).contains(&left), "{left}");
    house.faults.clear();
    assert_eq!(house.info(&key).await["spend"], 0.0);
    assert_eq!(status(&house, Caller::OpenAi, &key).await, 200);
    let info = house.info(&key).await;
    assert_eq!(info["spend"], 2.0 * COST);
    assert_eq!(info["reserved_spend"], 0.0);
}
