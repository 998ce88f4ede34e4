//! Kept answers against a real engine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use sluice_embedded::{Engine, client_over};
use sluice_store::{KeptAnswer, KeyHash, ManualClock, Millis, Store, TableNames};

const START: Millis = Millis::new(1_700_000_000_000);

async fn store() -> Store {
    let client = client_over(Engine::memory().unwrap().connector());
    let clock = Arc::new(ManualClock::at(START));
    let store = Store::builder(client, TableNames::from_prefix("t"), clock).build();
    store.create_tables().await.unwrap();
    store
}

fn answer(owner: &str, document: String) -> KeptAnswer {
    KeptAnswer {
        owner: KeyHash::of_plaintext(owner),
        id: "resp_1".to_owned(),
        expires: START.plus(1_000),
        ancestors: vec!["resp_a".to_owned(), "resp_b".to_owned()],
        deployment: Some("gpt-1".to_owned()),
        document,
    }
}

#[tokio::test]
async fn a_document_of_any_length_comes_back_whole() {
    let store = store().await;
    for document in [String::new(), "short".to_owned(), "ü".repeat(700_000), "again".to_owned()] {
        let kept = answer("sk-one", document);
        store.answers().put(&kept).await.unwrap();
        let found = store.answers().get(&kept.owner, "resp_1", START).await.unwrap();
        assert!(found == Some(kept), "another document");
    }
}

#[tokio::test]
async fn an_answer_is_its_keys_alone_and_ends_at_its_instant() {
    let store = store().await;
    let kept = answer("sk-one", "x".repeat(400_000));
    store.answers().put(&kept).await.unwrap();
    let other = KeyHash::of_plaintext("sk-two");
    assert_eq!(store.answers().get(&other, "resp_1", START).await.unwrap(), None);
    assert!(!store.answers().delete(&other, "resp_1").await.unwrap());
    let last = kept.expires.plus(-1);
    assert!(store.answers().get(&kept.owner, "resp_1", last).await.unwrap().is_some());
    assert_eq!(store.answers().get(&kept.owner, "resp_1", kept.expires).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_deleted_is_gone_with_all_its_pieces() {
    let store = store().await;
    let kept = answer("sk-one", "x".repeat(700_000));
    store.answers().put(&kept).await.unwrap();
    assert!(store.answers().delete(&kept.owner, "resp_1").await.unwrap());
    assert_eq!(store.answers().get(&kept.owner, "resp_1", START).await.unwrap(), None);
    assert!(!store.answers().delete(&kept.owner, "resp_1").await.unwrap());
}

#[tokio::test]
async fn a_document_that_is_too_long_is_refused() {
    let store = store().await;
    let kept = answer("sk-one", "x".repeat(21 << 20));
    let error = store.answers().put(&kept).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!(store.answers().get(&kept.owner, "resp_1", START).await.unwrap(), None);
}
