//! Keys that get another plaintext by themselves: put into a secret, beside the old one first.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_embedded::Fault;
use sluice_gateway::Rotated;
use sluice_store::KeyHash;

use crate::house::{Caller, House, MASTER, budget};

const SETTINGS: &str =
    "general_settings:\n  key_rotation: {secrets_prefix: team/keys/, grace_period: 1h}";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn house() -> House {
    House::plan().settings(SETTINGS).open().await
}

/// A key that rotates every ten days, and the name of its secret.
async fn rotating(house: &House) -> (String, String) {
    let key = house.key(&json!({"auto_rotate": true, "rotation_interval": "10d"})).await;
    let secret = format!("team/keys/{}", KeyHash::of_plaintext(&key));
    (key, secret)
}

async fn works(house: &House, key: &str) -> bool {
    let ask = Caller::OpenAi.ask("openai", "say hi");
    house.post("/v1/chat/completions", key, &ask).await.status == 200
}

#[tokio::test]
async fn a_key_gets_another_plaintext_when_it_is_time_and_its_secret_has_it() {
    let house = house().await;
    let (first, secret) = rotating(&house).await;
    let row = house.info(&first).await;
    assert_eq!((&row["auto_rotate"], &row["rotation_interval"]), (&json!(true), &json!("10d")));
    assert_eq!(row["key_rotation_at"], "2026-12-05T09:30:00Z");
    assert!(works(&house, &first).await);
    house.clock.advance(9 * DAY);
    assert_eq!(house.app.rotate_keys().await.unwrap(), Rotated::default());
    assert_eq!(house.fakes.secret(&secret, "AWSCURRENT"), None);
    house.clock.advance(DAY);
    assert_eq!(house.app.rotate_keys().await.unwrap(), Rotated { rotated: 1, failed: 0 });
    let second = house.fakes.secret(&secret, "AWSCURRENT").unwrap();
    assert_eq!(house.fakes.secret(&secret, "AWSPENDING"), None);
    assert_ne!(first, second);
    assert!(works(&house, &second).await && works(&house, &first).await, "both, within the grace");
    let row = house.info(&second).await;
    assert_eq!(row["token"], KeyHash::of_plaintext(&first).to_string(), "its account is its own");
    assert_eq!(
        (&row["rotation_count"], &row["key_rotation_at"]),
        (&json!(1), &json!("2026-12-15T09:30:00Z"))
    );
    house.clock.advance(Duration::from_secs(3601));
    assert!(works(&house, &second).await && !works(&house, &first).await, "the grace is over");
    assert_eq!(house.app.rotate_keys().await.unwrap(), Rotated::default());
    house.clock.advance(10 * DAY);
    assert_eq!(house.app.rotate_keys().await.unwrap().rotated, 1);
    let third = house.fakes.secret(&secret, "AWSCURRENT").unwrap();
    assert!(works(&house, &third).await);
    let log = house.get("/audit?page_size=100", MASTER).await.text();
    assert!(log.contains("\"rotated\"") && log.contains("key rotation"), "{log}");
    assert!(!log.contains(&second) && !log.contains(&third), "no plaintext is in the log");
}

#[tokio::test]
async fn a_run_that_died_half_way_is_gone_on_from_with_what_it_had_staged() {
    // It dies before the plaintext opens the key, and after the secret has it.
    for (written, opens) in [(1, false), (2, true)] {
        let house = house().await;
        let (first, secret) = rotating(&house).await;
        house.clock.advance(10 * DAY);
        house.faults.spare("TransactWriteItems", written);
        for _ in 0..50 {
            house.faults.next("TransactWriteItems", Fault::Throttled);
        }
        let run = house.app.rotate_keys().await.unwrap();
        assert_eq!(run, Rotated { rotated: 0, failed: 1 }, "after {written}");
        house.faults.clear();
        // The first version of a secret is its current one from the start.
        let staged = house.fakes.secret(&secret, "AWSCURRENT").unwrap();
        assert_eq!((works(&house, &first).await, works(&house, &staged).await), (true, opens));
        assert_eq!(house.app.rotate_keys().await.unwrap(), Rotated::default(), "its claim goes on");
        house.clock.advance(Duration::from_secs(300));
        assert_eq!(house.app.rotate_keys().await.unwrap(), Rotated { rotated: 1, failed: 0 });
        assert_eq!(house.fakes.secret(&secret, "AWSCURRENT"), Some(staged.clone()));
        assert_eq!(house.fakes.secret(&secret, "AWSPENDING"), None);
        assert!(works(&house, &staged).await);
        assert_eq!(house.info(&staged).await["rotation_count"], 1);
    }
}

#[tokio::test]
async fn two_processes_rotate_a_key_once() {
    let house = house().await;
    let twin = house.twin().await;
    let (first, secret) = rotating(&house).await;
    house.clock.advance(10 * DAY);
    let (one, other) = tokio::join!(house.app.rotate_keys(), twin.app.rotate_keys());
    assert_eq!(one.unwrap().rotated + other.unwrap().rotated, 1);
    let second = house.fakes.secret(&secret, "AWSCURRENT").unwrap();
    assert!(works(&house, &second).await && works(&twin, &first).await);
    assert_eq!(house.info(&second).await["rotation_count"], 1);
}

#[tokio::test]
async fn blocked_and_ended_keys_and_those_that_stopped_are_left_alone() {
    let house = house().await;
    let (blocked, _) = rotating(&house).await;
    house.done("/key/block", &json!({"key": blocked})).await;
    let (stopped, _) = rotating(&house).await;
    house.done("/key/update", &json!({"key": stopped, "auto_rotate": false})).await;
    assert_eq!(house.info(&stopped).await["auto_rotate"], false);
    let ending = json!({"auto_rotate": true, "rotation_interval": "10d", "duration": "5d"});
    house.key(&ending).await;
    let (kept, _) = rotating(&house).await;
    let fields = json!({"key": kept, "metadata": {"a": 1}});
    house.done("/key/update", &fields).await;
    house.clock.advance(10 * DAY);
    assert_eq!(house.app.rotate_keys().await.unwrap().rotated, 1, "the last one alone");
}

#[tokio::test]
async fn what_would_lose_a_key_is_refused_by_name() {
    let plain = House::open().await;
    let asked = json!({"auto_rotate": true, "rotation_interval": "10d"});
    let refused = plain.post("/key/generate", MASTER, &asked).await;
    assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!("auto_rotate")));
    assert_eq!(plain.app.rotate_keys().await.unwrap(), Rotated::default());
    let house = house().await;
    for (body, param) in [
        (json!({"auto_rotate": true}), "rotation_interval"),
        (json!({"rotation_interval": "10d"}), "rotation_interval"),
        (json!({"auto_rotate": true, "rotation_interval": "soon"}), "rotation_interval"),
    ] {
        let refused = house.post("/key/generate", MASTER, &body).await;
        assert_eq!((refused.status, &refused.json()["error"]["param"]), (400, &json!(param)));
    }
    let (key, _) = rotating(&house).await;
    let refused = house.post("/key/regenerate", MASTER, &json!({"key": key})).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let none: Value = house.info(&house.key(&budget("1")).await).await["rotation_interval"].clone();
    assert_eq!(none, Value::Null);
}
