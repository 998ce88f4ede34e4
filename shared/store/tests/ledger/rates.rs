//! Leases of rates: a process admits calls from an allowance, and the limits hold to the last request.

use std::{sync::Arc, time::Duration};

use crate::{
    books::{Books, deed, usd},
    limits::limit,
};
use sluice_embedded::{Engine, Fault, Faulty, client_over};
use sluice_store::{
    Admission, Grant, KeyRecord, LedgerMode, Limit, Measure, NanoUsd, Reading, Refusal, UsageRow,
};
use tokio::task::JoinSet;

async fn try_admit(books: &Books, key: &KeyRecord, limits: &[Limit<'_>]) -> Result<Grant, Reading> {
    match books.admit(key, limits, &[]).await.unwrap() {
        Admission::Granted(grant) => Ok(grant),
        Admission::Refused(Refusal::OverLimit(reading)) => Err(reading),
        Admission::Refused(other) => panic!("{other:?}"),
    }
}

async fn settle(books: &Books, grant: &Grant, tokens: u64) {
    let row = UsageRow { prompt_tokens: tokens, ..books.row(grant, NanoUsd::ZERO) };
    books.store.ledger().settle(grant, row).await.unwrap();
}

/// How many calls of a strict process are still admitted.
async fn left(books: &Books, key: &KeyRecord, limits: &[Limit<'_>]) -> usize {
    let strict = books.process(LedgerMode::Strict);
    let mut grants = Vec::new();
    while let Ok(grant) = try_admit(&strict, key, limits).await {
        grants.push(grant);
    }
    for grant in &grants {
        strict.store.ledger().release(grant).await.unwrap();
    }
    grants.len()
}

#[tokio::test]
async fn so_many_requests_and_no_more_from_memory() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let limits = [limit(Measure::Requests, 100, 1)];
    for n in 1..=100 {
        let grant = try_admit(&books, &key, &limits).await.unwrap();
        assert_eq!((grant.readings[0].used, grant.readings[0].max), (n, 100));
        settle(&books, &grant, 1).await;
    }
    let reading = try_admit(&books, &key, &limits).await.unwrap_err();
    assert_eq!(reading.used, 100);
    assert_eq!(reading.resets_at, Some(books.now().plus(60_000)));
    books.advance(Duration::from_secs(60));
    assert!(try_admit(&books, &key, &limits).await.is_ok());
}

#[tokio::test]
async fn two_processes_share_a_rate_to_the_last_request() {
    let one = Books::batched().await;
    let two = one.process(LedgerMode::Batched);
    let key = one.key(None).await;
    let limits = [limit(Measure::Requests, 50, 1), limit(Measure::Tokens, 1_000, 10)];
    let mut admitted = 0;
    for _ in 0..200 {
        for books in [&one, &two] {
            if let Ok(grant) = try_admit(books, &key, &limits).await {
                admitted += 1;
                settle(books, &grant, 10).await;
            }
        }
    }
    assert_eq!(admitted, 50);
}

#[tokio::test]
async fn tokens_are_counted_as_they_were_used() {
    let books = Books::batched().await;
    let key = books.key(None).await;
    let limits = [limit(Measure::Tokens, 1_000, 100)];
    // Less than was reserved: the rest is there for others.
    for _ in 0..50 {
        let grant = try_admit(&books, &key, &limits).await.unwrap();
        settle(&books, &grant, 10).await;
    }
    // More than was reserved counts as well.
    let grant = try_admit(&books, &key, &limits).await.unwrap();
    settle(&books, &grant, 450).await;
    books.store.ledger().flush().await.unwrap();
    let reading = try_admit(&books, &key, &[limit(Measure::Tokens, 1_000, 51)]).await.unwrap_err();
    assert_eq!(reading.used, 950);
    assert!(try_admit(&books, &key, &[limit(Measure::Tokens, 1_000, 50)]).await.is_ok());
}

#[tokio::test]
async fn a_slot_is_free_again_when_its_call_ends_or_its_lease() {
    let books = Books::batched().await;
    let key = books.key(None).await;
    let limits = [limit(Measure::Parallel, 3, 1)];
    let mut grants = Vec::new();
    for _ in 0..3 {
        grants.push(try_admit(&books, &key, &limits).await.unwrap());
    }
    assert!(try_admit(&books, &key, &limits).await.is_err());
    settle(&books, &grants.pop().unwrap(), 1).await;
    let again = try_admit(&books, &key, &limits).await.unwrap();
    books.store.ledger().release(&again).await.unwrap();
    // The other two are never heard of again.
    books.advance(Duration::from_secs(100));
    books.store.ledger().flush().await.unwrap();
    assert_eq!(left(&books, &key, &limits).await, 3);
}

#[tokio::test]
async fn what_was_not_used_goes_back_when_the_process_stops() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let limits = [limit(Measure::Requests, 80, 1), limit(Measure::Parallel, 40, 1)];
    let mut grants = Vec::new();
    for _ in 0..5 {
        grants.push(try_admit(&books, &key, &limits).await.unwrap());
    }
    books.store.ledger().flush().await.unwrap();
    assert_eq!(left(&books, &key, &limits[..1]).await, 75);
    assert_eq!(left(&books, &key, &limits[1..]).await, 35);
    for grant in &grants[..4] {
        settle(&books, grant, 1).await;
    }
    // One was given back: it never took place.
    books.store.ledger().release(&grants[4]).await.unwrap();
    books.store.ledger().flush().await.unwrap();
    assert_eq!(left(&books, &key, &limits[..1]).await, 76);
    assert_eq!(left(&books, &key, &limits[1..]).await, 40);
}

#[tokio::test]
async fn a_refused_call_takes_nothing() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("0"))).await;
    let limits = [limit(Measure::Requests, 10, 1)];
    for _ in 0..20 {
        let admission = books.paid(&key, usd("0.1"), &limits).await;
        assert!(matches!(admission, Admission::Refused(Refusal::OverBudget { .. })));
    }
    books.store.ledger().flush().await.unwrap();
    assert_eq!(left(&books, &key, &limits).await, 10);
}

#[tokio::test]
async fn what_a_dead_process_held_counts_as_used_until_the_window_ends() {
    let books = Books::batched().await;
    let dead = books.process(LedgerMode::Batched);
    let key = books.key(None).await;
    let limits = [limit(Measure::Requests, 100, 1), limit(Measure::Parallel, 40, 1)];
    for _ in 0..3 {
        drop(try_admit(&dead, &key, &limits).await.unwrap());
    }
    books.advance(Duration::from_secs(40));
    books.store.ledger().sweep(books.now()).await.unwrap();
    // Its slots are free, and at most a quarter of the requests is lost for the minute.
    assert_eq!(left(&books, &key, &limits[1..]).await, 40);
    let admitted = left(&books, &key, &limits[..1]).await;
    assert!((72..97).contains(&admitted), "{admitted}");
    books.advance(Duration::from_secs(20));
    assert_eq!(left(&books, &key, &limits[..1]).await, 100);
    // What is remembered is its slice of the budget, and of allowances nothing.
    assert_eq!(books.notes(&key).await, 1);
}

#[tokio::test]
async fn a_changed_key_is_noticed_within_seconds() {
    let books = Books::batched().await;
    let key = books.key(None).await;
    let limits = [limit(Measure::Requests, 1_000, 1)];
    drop(try_admit(&books, &key, &limits).await.unwrap());
    drop(try_admit(&books, &key, &limits).await.unwrap());
    let elsewhere = books.process(LedgerMode::Strict);
    elsewhere
        .store
        .keys()
        .by(deed())
        .update(&key.hash, |record| record.blocked = true)
        .await
        .unwrap();
    books.advance(Duration::from_secs(5));
    let admission = books.admit(&key, &limits, &[]).await.unwrap();
    assert!(matches!(admission, Admission::Refused(Refusal::Stale)));
}

/// In a storm of faults, with two processes of each kind: no minute has more than its requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_rate_is_passed_in_a_race_with_faults() {
    const MAX: usize = 120;
    for seed in 1..=3 {
        let engine = Engine::memory().unwrap();
        let faulty = Faulty::new(engine.connector());
        let first = Books::kept(client_over(faulty.clone()), LedgerMode::Batched).await;
        let key = first.key(None).await;
        let calm = first.process_over(engine.client(), LedgerMode::Strict);
        let processes = [
            first.process_over(client_over(faulty.clone()), LedgerMode::Strict),
            first.process_over(client_over(faulty.clone()), LedgerMode::Batched),
            first,
        ]
        .map(Arc::new);
        faulty.storm(seed, 10, &[Fault::LostAfter, Fault::Throttled, Fault::Slow, Fault::Internal]);
        let mut tasks = JoinSet::new();
        for caller in 0..12 {
            let (books, key) = (Arc::clone(&processes[caller % 3]), key.clone());
            tasks.spawn(async move {
                let limits = [
                    limit(Measure::Requests, i64::try_from(MAX).unwrap(), 1),
                    limit(Measure::Parallel, 8, 1),
                ];
                let mut admitted = 0;
                for _ in 0..40 {
                    let Ok(Admission::Granted(grant)) = books.admit(&key, &limits, &[]).await
                    else {
                        continue;
                    };
                    admitted += 1;
                    tokio::task::yield_now().await;
                    let row = books.row(&grant, NanoUsd::ZERO);
                    let _ = books.store.ledger().settle(&grant, row).await;
                }
                admitted
            });
        }
        let admitted: usize = tasks.join_all().await.into_iter().sum();
        faulty.clear();
        for books in &processes {
            books.store.ledger().flush().await.unwrap();
        }
        assert!(admitted > MAX / 2 && admitted <= MAX, "seed {seed}: {admitted}");
        // All slots are free again once leases that nobody heard of have ended.
        calm.advance(Duration::from_secs(120));
        calm.store.ledger().sweep(calm.now()).await.unwrap();
        let slots = [limit(Measure::Parallel, 8, 1)];
        assert_eq!(left(&calm, &key, &slots).await, 8, "seed {seed}");
    }
}
