//! Kept conversations against a real engine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use futures_util::future::try_join_all;
use sluice_embedded::{Engine, client_over};
use sluice_store::{KeyHash, ManualClock, Millis, NewTurn, SessionOwner, Store, TableNames};

const START: Millis = Millis::new(1_700_000_000_000);

async fn store() -> Store {
    let client = client_over(Engine::memory().unwrap().connector());
    let clock = Arc::new(ManualClock::at(START));
    let store = Store::builder(client, TableNames::from_prefix("t"), clock).build();
    store.create_tables().await.unwrap();
    store
}

fn user(id: &str) -> SessionOwner {
    SessionOwner::User(id.to_owned())
}

fn turn(at: i64, call: &str, document: impl Into<String>) -> NewTurn {
    NewTurn {
        at: START.plus(at),
        call: call.to_owned(),
        expires: START.plus(1_000),
        begins: at == 0,
        document: document.into(),
    }
}

#[tokio::test]
async fn turns_stand_in_their_order_and_of_any_length() {
    let store = store().await;
    let owner = user("u");
    let long = "ü".repeat(700_000);
    for (at, document) in [(0, "one"), (5, long.as_str()), (7, ""), (6, "before")] {
        store.sessions().append(&owner, "s", &turn(at, "c", document)).await.unwrap();
    }
    let found = store.sessions().get(&owner, "s", START).await.unwrap().unwrap();
    assert!(found.turns == ["one", &long, "before", ""], "other turns");
    assert_eq!((found.newest, found.expires), (START.plus(7), START.plus(1_000)));
}

#[tokio::test]
async fn turns_that_are_appended_at_once_are_all_there() {
    let store = store().await;
    let owner = SessionOwner::Key(KeyHash::of_plaintext("sk-one"));
    let turns: Vec<NewTurn> = (0..40).map(|at| turn(0, &format!("c{at:02}"), "x")).collect();
    let sessions = store.sessions();
    let all = turns.iter().map(|turn| sessions.append(&owner, "s", turn));
    try_join_all(all).await.unwrap();
    // Once more is no other turn.
    sessions.append(&owner, "s", &turns[0]).await.unwrap();
    assert_eq!(sessions.get(&owner, "s", START).await.unwrap().unwrap().turns.len(), 40);
}

#[tokio::test]
async fn a_session_is_its_owners_alone_whatever_the_names() {
    let store = store().await;
    let sessions = store.sessions();
    sessions.append(&user("a"), "b#c", &turn(0, "c", "mine")).await.unwrap();
    let key = SessionOwner::Key(KeyHash::of_plaintext("sk-one"));
    for (owner, name) in [(user("a#b"), "c"), (user("b"), "b#c"), (key, "b#c"), (user("a"), "b")] {
        assert_eq!(sessions.get(&owner, name, START).await.unwrap(), None, "{owner} {name}");
        assert!(!sessions.delete(&owner, name).await.unwrap());
    }
    assert_eq!(sessions.list(&user("a#b"), START, 10).await.unwrap(), Vec::<String>::new());
    assert_eq!(sessions.list(&user("a"), START, 10).await.unwrap(), ["b#c"]);
}

#[tokio::test]
async fn a_session_ends_at_its_instant_and_when_it_is_deleted() {
    let store = store().await;
    let sessions = store.sessions();
    let owner = user("u");
    for name in ["one", "two"] {
        sessions.append(&owner, name, &turn(0, "c", "x".repeat(400_000))).await.unwrap();
    }
    let (last, over) = (START.plus(999), START.plus(1_000));
    assert!(sessions.get(&owner, "one", last).await.unwrap().is_some());
    assert_eq!(sessions.list(&owner, last, 10).await.unwrap(), ["one", "two"]);
    assert_eq!(sessions.list(&owner, last, 1).await.unwrap(), ["one"]);
    assert_eq!(sessions.get(&owner, "one", over).await.unwrap(), None);
    assert!(sessions.list(&owner, over, 10).await.unwrap().is_empty());

    assert!(sessions.delete(&owner, "one").await.unwrap());
    assert_eq!(sessions.get(&owner, "one", START).await.unwrap(), None);
    assert_eq!(sessions.list(&owner, START, 10).await.unwrap(), ["two"]);
    assert!(!sessions.delete(&owner, "one").await.unwrap());
}

#[tokio::test]
async fn a_turn_that_is_too_long_is_refused_whole() {
    let store = store().await;
    let owner = user("u");
    let error = store
        .sessions()
        .append(&owner, "s", &turn(0, "c", "x".repeat(21 << 20)))
        .await
        .unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!(store.sessions().get(&owner, "s", START).await.unwrap(), None);
    assert!(store.sessions().list(&owner, START, 10).await.unwrap().is_empty());
}
