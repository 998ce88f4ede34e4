//! The database gives no answer, gives it late, or to too many at once: nothing is charged twice,
//! and nothing is lost.

use std::{sync::Arc, time::Duration};

use crate::{
    books::{Books, usd},
    limits::limit,
};
use sluice_embedded::{Engine, Fault, Faulty, client_over};
use sluice_store::{
    Admission, Ask, CallId, Grant, KeyRecord, LedgerMode, Limit, Measure, NanoUsd, Refusal,
};
use tokio::task::JoinSet;

/// A store behind faults, and the same one without.
async fn faulty() -> (Books, Books, Faulty) {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::over(client_over(faulty.clone())).await;
    let calm = books.process_over(engine.client(), LedgerMode::Strict);
    (books, calm, faulty)
}

fn unasked(books: &Books, key: &KeyRecord, call: &CallId) -> Grant {
    let ask = Ask { worst: usd("0.5"), floor: usd("0.1"), ..books.asked(call, key) };
    books.store.ledger().admit_unasked(&ask)
}

#[tokio::test]
async fn a_settlement_that_is_refused_is_written_once_with_the_next() {
    let (books, calm, faulty) = faulty().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.3")).await;
    faulty.storm(1, 100, &[Fault::LostBefore, Fault::Internal]);
    let row = books.row(&grant, usd("0.2"));
    assert!(books.store.ledger().settle(&grant, row.clone()).await.is_err());
    // Told twice, it is still one call.
    books.store.ledger().settle_later(&grant, row.clone());
    books.store.ledger().settle_later(&grant, row);
    assert!(books.store.ledger().flush().await.is_err());
    faulty.clear();
    let other = books.granted(&key, usd("0.1")).await;
    books.settle(&other, usd("0.1")).await;
    let spend = calm.spend(&key).await;
    assert_eq!((spend.spent, spend.reserved), (usd("0.3"), NanoUsd::ZERO));
    assert_eq!(calm.rows(&key).await, usd("0.3"));
}

#[tokio::test]
async fn what_was_not_asked_for_is_charged_once_whatever_is_left() {
    for operation in ["GetItem", "UpdateItem", "PutItem"] {
        for (spared, fault) in
            [(0, Fault::LostAfter), (1, Fault::LostAfter), (0, Fault::LostBefore), (1, Fault::Slow)]
        {
            let (books, calm, faulty) = faulty().await;
            let key = books.key(Some(usd("0.4"))).await;
            let grant = unasked(&books, &key, &books.call(&key));
            faulty.spare(operation, spared);
            faulty.next(operation, fault);
            let row = books.row(&grant, usd("0.5"));
            for _ in 0..3 {
                books.store.ledger().settle(&grant, row.clone()).await.unwrap();
            }
            let place = format!("{operation}, {spared}, {fault:?}");
            let spend = calm.spend(&key).await;
            assert_eq!((spend.spent, spend.reserved), (usd("0.5"), NanoUsd::ZERO), "{place}");
            assert_eq!(calm.rows(&key).await, usd("0.5"), "{place}");
            assert!(matches!(
                calm.reserve(&key, usd("0.01"), usd("0.01")).await,
                Admission::Refused(Refusal::OverBudget { .. })
            ));
        }
    }
}

#[tokio::test]
async fn a_crash_while_an_unasked_call_is_charged_charges_it_once() {
    let (books, calm, faulty) = faulty().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = unasked(&books, &key, &books.call(&key));
    let row = books.row(&grant, usd("0.2"));
    // The lease is taken, and the row is not written.
    for _ in 0..4 {
        faulty.next("PutItem", Fault::LostBefore);
    }
    assert!(books.store.ledger().settle(&grant, row.clone()).await.is_err());
    assert_eq!(calm.spend(&key).await.reserved, usd("0.2"));
    calm.advance(Duration::from_secs(120));
    assert_eq!(calm.store.ledger().sweep(calm.now()).await.unwrap().expired, 1);
    assert_eq!(calm.spend(&key).await.spent, usd("0.2"));
    books.settle(&grant, usd("0.2")).await;
    assert_eq!(calm.spend(&key).await.spent, usd("0.2"));
    assert_eq!(calm.rows(&key).await, usd("0.2"));
}

#[tokio::test]
async fn of_many_crashed_calls_the_guard_remembers_the_latest() {
    let books = Books::new().await;
    let key = books.key(Some(usd("10"))).await;
    let mut grants = Vec::new();
    for _ in 0..100 {
        grants.push(books.granted(&key, usd("0.01")).await);
        books.advance(Duration::from_millis(10));
    }
    books.advance(Duration::from_secs(120));
    assert_eq!(books.store.ledger().sweep(books.now()).await.unwrap().expired, 100);
    assert!(books.notes(&key).await <= 64);
    assert_eq!(books.spend(&key).await.spent, usd("1"));
    // Some charges stand, the others are corrected; rows and account agree.
    for grant in &grants {
        books.settle(grant, usd("0.005")).await;
    }
    let spent = books.spend(&key).await.spent;
    assert_eq!(books.notes(&key).await, 0);
    assert_eq!(spent, usd("0.68"));
    assert_eq!(books.rows(&key).await, spent);
}

#[tokio::test]
async fn many_crashed_calls_are_swept_in_few_writes_of_the_guard() {
    let (books, calm, faulty) = faulty().await;
    let key = books.key(Some(usd("10"))).await;
    for _ in 0..400 {
        let _crashed = calm.granted(&key, usd("0.01")).await;
    }
    books.advance(Duration::from_secs(120));
    let before = faulty.seen("UpdateItem");
    assert_eq!(books.store.ledger().sweep(books.now()).await.unwrap().expired, 400);
    let spend = books.spend(&key).await;
    assert_eq!((spend.spent, spend.reserved), (usd("4"), NanoUsd::ZERO));
    assert_eq!(books.rows(&key).await, usd("4"));
    // 336 charges stand, and their rows are sealed one by one. How many are written for together hangs on
    // who comes when; one by one it would be 400.
    let writes = faulty.seen("UpdateItem") - before - 336;
    assert!(writes < 200, "{writes} writes of the guard");
}

/// Leases that hold something of limits with long names, so that few of them fill a guard.
#[tokio::test]
async fn a_guard_holds_no_more_calls_than_an_item_has_room_for() {
    let books = Books::new().await;
    let key = books.key(Some(usd("10"))).await;
    let models: Vec<String> = (0..10).map(|n| format!("model-{n}-{}", "x".repeat(400))).collect();
    let of_model = |model| Limit { model: Some(model), ..limit(Measure::Requests, 100_000, 1) };
    let limits: Vec<Limit<'_>> = models.iter().map(|model| of_model(model.as_str())).collect();
    let mut grants = Vec::new();
    let refused = loop {
        match books.admit(&key, &limits, &[]).await.unwrap() {
            Admission::Granted(grant) => grants.push(grant),
            Admission::Refused(refusal) => break refusal,
        }
    };
    assert_eq!(refused, Refusal::Full { share: None, calls: grants.len() });
    assert!((50..100).contains(&grants.len()), "{}", grants.len());
    // One that ends makes room for one; and those that have crashed, for all.
    books.settle(&grants[0], usd("0")).await;
    assert!(matches!(books.admit(&key, &limits, &[]).await.unwrap(), Admission::Granted(_)));
    assert!(matches!(books.admit(&key, &limits, &[]).await.unwrap(), Admission::Refused(_)));
    books.advance(Duration::from_secs(120));
    assert!(matches!(books.admit(&key, &limits, &[]).await.unwrap(), Admission::Granted(_)));
}

/// 1,000 callers of one key at once, kept strictly: they are written for together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_of_one_key_are_written_for_together() {
    const CALLERS: usize = 1_000;
    let (books, calm, faulty) = faulty().await;
    let books = Arc::new(books);
    let key = books.key(Some(usd("0.6"))).await;
    let before = faulty.seen("UpdateItem");
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS {
        let (books, key) = (Arc::clone(&books), key.clone());
        tasks.spawn(async move {
            let Admission::Granted(grant) = books.reserve(&key, usd("0.001"), usd("0.001")).await
            else {
                return NanoUsd::ZERO;
            };
            books.settle(&grant, usd("0.0004")).await;
            usd("0.0004")
        });
    }
    let settled = tasks.join_all().await.into_iter().fold(NanoUsd::ZERO, NanoUsd::saturating_add);
    let spend = calm.spend(&key).await;
    assert_eq!((spend.spent, spend.reserved), (settled, NanoUsd::ZERO));
    assert!(settled > usd("0.2") && settled <= usd("0.4"), "{settled}");
    assert_eq!(calm.rows(&key).await, settled);
    let writes = faulty.seen("UpdateItem") - before;
    assert!(writes < CALLERS, "{writes} writes of the guard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_the_line_leaves_the_others_in_it() {
    for seed in 1..=3 {
        let (books, calm, faulty) = faulty().await;
        let books = Arc::new(books);
        let key = books.key(Some(usd("1"))).await;
        faulty.storm(seed, 30, &[Fault::Slow, Fault::LostAfter, Fault::Throttled]);
        let mut tasks = JoinSet::new();
        for caller in 0..60_u64 {
            let (books, key) = (Arc::clone(&books), key.clone());
            tasks.spawn(async move {
                let patience =
                    Duration::from_millis(if caller % 3 == 0 { 1 + caller } else { 60_000 });
                let call = async {
                    let admission = books.try_reserve(&key, usd("0.01"), usd("0.01")).await;
                    let Ok(Admission::Granted(grant)) = admission else { return NanoUsd::ZERO };
                    let row = books.row(&grant, usd("0.01"));
                    let settled = books.store.ledger().settle(&grant, row).await;
                    settled.map_or(NanoUsd::ZERO, |_| usd("0.01"))
                };
                tokio::time::timeout(patience, call).await.unwrap_or(NanoUsd::ZERO)
            });
        }
        let settled =
            tasks.join_all().await.into_iter().fold(NanoUsd::ZERO, NanoUsd::saturating_add);
        faulty.clear();
        calm.advance(Duration::from_secs(120));
        calm.store.ledger().sweep(calm.now()).await.unwrap();
        let spend = calm.spend(&key).await;
        assert_eq!(spend.reserved, NanoUsd::ZERO, "seed {seed}");
        assert!(settled <= spend.spent && spend.spent <= usd("1"), "seed {seed}: {spend:?}");
        assert!(settled >= usd("0.3"), "seed {seed}: {settled}");
        assert_eq!(calm.rows(&key).await, spend.spent, "seed {seed}");
    }
}
