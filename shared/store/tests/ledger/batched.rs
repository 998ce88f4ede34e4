//! Slices: what a process pays in memory, and what becomes of it when it stops, dies or is slow.

use std::{sync::Arc, time::Duration};

use crate::books::{Books, deed, usd};
use sluice_embedded::{Engine, Fault, Faulty, client_over};
use sluice_store::{Admission, BudgetDuration, KeyRecord, LedgerMode, NanoUsd, Refusal, Spend};

const NOTHING: NanoUsd = NanoUsd::ZERO;

/// Reads with the eyes of another process.
async fn seen(books: &Books, key: &KeyRecord) -> Spend {
    books.process(LedgerMode::Strict).spend(key).await
}

async fn rows_seen(books: &Books, key: &KeyRecord) -> NanoUsd {
    books.process(LedgerMode::Strict).rows(key).await
}

async fn flush(books: &Books) {
    books.store.ledger().flush().await.unwrap();
}

async fn sweep(books: &Books) {
    let other = books.process(LedgerMode::Strict);
    other.store.ledger().sweep(books.now()).await.unwrap();
}

#[tokio::test]
async fn calls_are_paid_in_memory_and_written_down_together() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::kept(client_over(faulty.clone()), LedgerMode::Batched).await;
    let key = books.key(Some(usd("100"))).await;
    for _ in 0..3 {
        let grant = books.granted(&key, usd("0.01")).await;
        books.settle(&grant, usd("0.004")).await;
    }
    let before = faulty.seen("UpdateItem");
    for n in 0..50 {
        let grant = books.granted(&key, usd("0.01")).await;
        let spent = books.settle(&grant, usd("0.004")).await;
        assert_eq!(spent, usd("0.004").saturating_mul(n + 4));
    }
    assert_eq!(faulty.seen("UpdateItem"), before, "a call asked the database");
    assert_eq!(books.spend(&key).await.spent, usd("0.212"));
    assert_eq!(rows_seen(&books, &key).await, NOTHING);
    flush(&books).await;
    let spend = seen(&books, &key).await;
    assert_eq!((spend.spent, spend.reserved, spend.total), (usd("0.212"), NOTHING, usd("0.212")));
    assert_eq!(rows_seen(&books, &key).await, usd("0.212"));
}

#[tokio::test]
async fn the_last_nano_dollar_can_be_spent_and_not_overspent() {
    let books = Books::batched().await;
    let nano = NanoUsd::from_nanos;
    let key = books.key(Some(nano(10))).await;
    for _ in 0..10 {
        let grant = books.granted(&key, nano(1)).await;
        books.settle(&grant, nano(1)).await;
    }
    let refused = books.reserve(&key, nano(1), nano(1)).await;
    assert!(
        matches!(refused, Admission::Refused(Refusal::OverBudget { spent, reserved, max, .. })
            if spent == max && max == nano(10) && reserved == NOTHING),
        "{refused:?}"
    );
}

#[tokio::test]
async fn less_than_the_worst_case_is_granted_down_to_the_floor() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let first = books.granted(&key, usd("0.7")).await;
    let Admission::Granted(second) = books.reserve(&key, usd("0.5"), usd("0.2")).await else {
        panic!("the floor was affordable")
    };
    assert_eq!(second.amount, usd("0.3"));
    assert!(matches!(
        books.reserve(&key, usd("0.5"), usd("0.1")).await,
        Admission::Refused(Refusal::OverBudget { spent: NOTHING, reserved, .. })
            if reserved == usd("1")
    ));
    books.settle(&first, usd("0.1")).await;
    assert_eq!(books.granted(&key, usd("0.6")).await.amount, usd("0.6"));
}

#[tokio::test]
async fn a_settlement_counts_once_however_often_it_is_sent() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.1")).await;
    for _ in 0..2 {
        assert_eq!(books.settle(&grant, usd("0.04")).await, usd("0.04"));
    }
    flush(&books).await;
    assert_eq!(books.settle(&grant, usd("0.09")).await, usd("0.04"));
    assert_eq!(rows_seen(&books, &key).await, usd("0.04"));
    assert_eq!(seen(&books, &key).await.spent, usd("0.04"));
}

#[tokio::test]
async fn asking_twice_for_one_call_reserves_once() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.6")).await;
    let again = books.reserve_as(&grant.call, &key, usd("0.6"), usd("0.6")).await;
    assert_eq!(again, Admission::Granted(grant.clone()));
    books.store.ledger().release(&grant).await.unwrap();
    books.store.ledger().release(&grant).await.unwrap();
    assert_eq!(books.spend(&key).await.spent, NOTHING);
    assert_eq!(books.granted(&key, usd("1")).await.amount, usd("1"));
}

#[tokio::test]
async fn two_processes_share_a_budget_to_the_end() {
    let one = Books::batched().await;
    let two = one.process(LedgerMode::Batched);
    let key = one.key(Some(usd("1"))).await;
    let mut paid = 0;
    let mut refused = 0;
    for n in 0..200 {
        let books = if n % 2 == 0 { &one } else { &two };
        match books.reserve(&key, usd("0.01"), usd("0.01")).await {
            Admission::Granted(grant) => {
                books.settle(&grant, usd("0.01")).await;
                paid += 1;
            }
            Admission::Refused(Refusal::OverBudget { .. }) => refused += 1,
            Admission::Refused(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((paid, refused), (100, 100));
    flush(&one).await;
    flush(&two).await;
    assert_eq!(seen(&one, &key).await.spent, usd("1"));
    assert_eq!(rows_seen(&one, &key).await, usd("1"));
}

#[tokio::test]
async fn stopping_returns_what_was_not_used() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("100"))).await;
    let under_way = books.granted(&key, usd("0.1")).await;
    for _ in 0..5 {
        let grant = books.granted(&key, usd("0.1")).await;
        books.settle(&grant, usd("0.02")).await;
    }
    assert!(seen(&books, &key).await.reserved > usd("1"));
    flush(&books).await;
    let spend = seen(&books, &key).await;
    assert_eq!((spend.spent, spend.reserved), (usd("0.1"), usd("0.1")));
    books.settle(&under_way, usd("0.05")).await;
    flush(&books).await;
    let spend = seen(&books, &key).await;
    assert_eq!((spend.spent, spend.reserved), (usd("0.15"), NOTHING));
    assert_eq!(rows_seen(&books, &key).await, usd("0.15"));
}

#[tokio::test]
async fn a_process_that_dies_is_charged_what_it_held() {
    let books = Books::batched().await;
    let other = books.process(LedgerMode::Strict);
    let key = books.key(Some(usd("100"))).await;
    for _ in 0..5 {
        let grant = books.granted(&key, usd("0.1")).await;
        books.settle(&grant, usd("0.02")).await;
    }
    let held = other.spend(&key).await.reserved;
    // Nothing of it was written down.
    drop(books);
    other.advance(Duration::from_secs(60));
    let report = other.store.ledger().sweep(other.now()).await.unwrap();
    assert_eq!(report.expired, 1);
    let spend = other.spend(&key).await;
    assert_eq!((spend.spent, spend.reserved), (held, NOTHING));
    assert_eq!(other.rows(&key).await, held);
    // A day later the charge stands for good.
    other.advance(Duration::from_secs(25 * 3600));
    other.store.ledger().sweep(other.now()).await.unwrap();
    other.store.ledger().sweep(other.now()).await.unwrap();
    assert_eq!(other.spend(&key).await.spent, held);
    assert_eq!(other.rows(&key).await, held);
}

#[tokio::test]
async fn a_process_that_dies_between_rows_and_guard_is_charged_once() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::kept(client_over(faulty.clone()), LedgerMode::Batched).await;
    let other = books.process_over(engine.client(), LedgerMode::Strict);
    let key = books.key(Some(usd("100"))).await;
    for _ in 0..5 {
        let grant = books.granted(&key, usd("0.1")).await;
        books.settle(&grant, usd("0.02")).await;
    }
    let held = other.spend(&key).await.reserved;
    for _ in 0..16 {
        faulty.next("UpdateItem", Fault::LostBefore);
    }
    books.store.ledger().flush().await.unwrap_err();
    drop(books);
    assert_eq!(other.rows(&key).await, usd("0.1"));
    other.advance(Duration::from_secs(60));
    other.store.ledger().sweep(other.now()).await.unwrap();
    assert_eq!(other.spend(&key).await.spent, held);
    assert_eq!(other.rows(&key).await, held);
}

#[tokio::test]
async fn a_process_that_was_only_slow_is_charged_what_it_used() {
    for slow_in in ["memory", "rows"] {
        let engine = Engine::memory().unwrap();
        let faulty = Faulty::new(engine.connector());
        let books = Books::kept(client_over(faulty.clone()), LedgerMode::Batched).await;
        let other = books.process_over(engine.client(), LedgerMode::Strict);
        let key = books.key(Some(usd("100"))).await;
        let under_way = books.granted(&key, usd("0.1")).await;
        for _ in 0..5 {
            let grant = books.granted(&key, usd("0.1")).await;
            books.settle(&grant, usd("0.02")).await;
        }
        if slow_in == "rows" {
            for _ in 0..16 {
                faulty.next("UpdateItem", Fault::LostBefore);
            }
            books.store.ledger().flush().await.unwrap_err();
            faulty.clear();
        }
        other.advance(Duration::from_secs(60));
        other.store.ledger().sweep(other.now()).await.unwrap();
        let held = other.spend(&key).await.spent;
        assert_eq!(other.rows(&key).await, held, "{slow_in}");
        // It comes back: its rows are part of the charge.
        flush(&books).await;
        assert_eq!(other.spend(&key).await.spent, held, "{slow_in}");
        assert_eq!(other.rows(&key).await, held, "{slow_in}");
        // Its last call settles: the rest is credited.
        books.settle(&under_way, usd("0.03")).await;
        flush(&books).await;
        let spend = other.spend(&key).await;
        assert_eq!((spend.spent, spend.reserved), (usd("0.13"), NOTHING), "{slow_in}");
        assert_eq!(other.rows(&key).await, usd("0.13"), "{slow_in}");
        // And it goes on.
        let grant = books.granted(&key, usd("0.1")).await;
        books.settle(&grant, usd("0.01")).await;
        flush(&books).await;
        assert_eq!(other.spend(&key).await.spent, usd("0.14"), "{slow_in}");
        other.advance(Duration::from_secs(48 * 3600));
        other.store.ledger().sweep(other.now()).await.unwrap();
        assert_eq!(other.spend(&key).await.spent, usd("0.14"), "{slow_in}");
        assert_eq!(other.rows(&key).await, usd("0.14"), "{slow_in}");
    }
}

#[tokio::test]
async fn a_slow_process_whose_calls_cost_more_than_it_held_is_charged_what_they_cost() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.1")).await;
    books.advance(Duration::from_secs(60));
    sweep(&books).await;
    books.settle(&grant, usd("0.4")).await;
    flush(&books).await;
    assert_eq!(seen(&books, &key).await.spent, usd("0.4"));
    assert_eq!(rows_seen(&books, &key).await, usd("0.4"));
    assert_eq!(books.granted(&key, usd("0.6")).await.amount, usd("0.6"));
}

#[tokio::test]
async fn a_call_that_never_settles_is_charged_in_full_and_corrected_when_it_does() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let forgotten = books.granted(&key, usd("0.3")).await;
    for _ in 0..12 {
        books.advance(Duration::from_secs(10));
        let grant = books.granted(&key, usd("0.01")).await;
        books.settle(&grant, usd("0.01")).await;
        books.catch_up().await;
    }
    let spend = seen(&books, &key).await;
    assert_eq!(spend.spent, usd("0.42"), "{spend:?}");
    assert_eq!(rows_seen(&books, &key).await, usd("0.42"));
    books.sees_residue(&forgotten.call).await;
    for _ in 0..2 {
        books.settle(&forgotten, usd("0.05")).await;
        assert_eq!(seen(&books, &key).await.spent, usd("0.17"));
        assert_eq!(rows_seen(&books, &key).await, usd("0.17"));
    }
}

#[tokio::test]
async fn a_revoked_key_is_noticed_within_seconds_and_at_once_where_it_was_revoked() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("100"))).await;
    let grant = books.granted(&key, usd("0.1")).await;
    books
        .process(LedgerMode::Strict)
        .store
        .keys()
        .by(deed())
        .delete(&[key.hash], books.now())
        .await
        .unwrap();
    books.advance(Duration::from_secs(5));
    assert_eq!(
        books.reserve(&key, usd("0.01"), usd("0.01")).await,
        Admission::Refused(Refusal::Stale)
    );
    books.settle(&grant, usd("0.02")).await;
    flush(&books).await;
    assert_eq!(seen(&books, &key).await.spent, usd("0.02"));

    let key = books.key(Some(usd("100"))).await;
    let grant = books.granted(&key, usd("0.1")).await;
    books.store.keys().by(deed()).update(&key.hash, |record| record.blocked = true).await.unwrap();
    books.store.ledger().invalidate(&key.hash);
    assert_eq!(
        books.reserve(&key, usd("0.01"), usd("0.01")).await,
        Admission::Refused(Refusal::Stale)
    );
    books.settle(&grant, usd("0.02")).await;
    flush(&books).await;
    assert_eq!(
        seen(&books, &key).await,
        Spend { spent: usd("0.02"), reserved: NOTHING, total: usd("0.02") }
    );
}

#[tokio::test]
async fn a_flush_notices_a_changed_record() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("100"))).await;
    let grant = books.granted(&key, usd("0.1")).await;
    let limit = |record: &mut KeyRecord| record.allowance.max_budget = Some(usd("0.3"));
    let changed = books.store.keys().by(deed()).update(&key.hash, limit).await.unwrap();
    books.settle(&grant, usd("0.1")).await;
    books.catch_up().await;
    assert_eq!(
        books.reserve(&key, usd("0.1"), usd("0.1")).await,
        Admission::Refused(Refusal::Stale)
    );
    assert_eq!(books.granted(&changed, usd("0.2")).await.amount, usd("0.2"));
    assert!(matches!(
        books.reserve(&changed, usd("0.1"), usd("0.1")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
}

#[tokio::test]
async fn a_new_window_begins_with_nothing_spent_and_old_calls_stay_in_theirs() {
    let books = Books::batched().await;
    let mut key = books.key(Some(usd("1"))).await;
    let daily = |record: &mut KeyRecord| {
        record.allowance.budget_duration = BudgetDuration::parse("1d").ok()
    };
    key = books.store.keys().by(deed()).update(&key.hash, daily).await.unwrap();
    let paid = books.granted(&key, usd("0.2")).await;
    books.settle(&paid, usd("0.1")).await;
    let grant = books.granted(&key, usd("0.7")).await;
    books.advance(Duration::from_secs(86_400));
    let next = books.granted(&key, usd("1")).await;
    assert!(next.window > grant.window);
    books.settle(&grant, usd("0.6")).await;
    books.settle(&next, usd("0.25")).await;
    let spend = books.spend(&key).await;
    assert_eq!(spend.spent, usd("0.25"));
    flush(&books).await;
    let spend = seen(&books, &key).await;
    assert_eq!((spend.spent, spend.reserved, spend.total), (usd("0.25"), NOTHING, usd("0.95")));
    assert_eq!(books.rows_in(&key, grant.window).await, usd("0.7"));
    assert_eq!(books.rows_in(&key, next.window).await, usd("0.25"));
}

#[tokio::test]
async fn a_key_without_a_limit_is_counted() {
    let books = Books::batched().await;
    let key = books.key(None).await;
    for _ in 0..30 {
        let Admission::Granted(grant) = books.reserve(&key, NOTHING, NOTHING).await else {
            panic!("there is no limit")
        };
        books.settle(&grant, usd("0.01")).await;
    }
    flush(&books).await;
    assert_eq!(
        seen(&books, &key).await,
        Spend { spent: usd("0.3"), reserved: NOTHING, total: usd("0.3") }
    );
    assert_eq!(rows_seen(&books, &key).await, usd("0.3"));
}

#[tokio::test]
async fn idle_slices_go_back_by_themselves() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("100"))).await;
    for _ in 0..3 {
        let grant = books.granted(&key, usd("0.1")).await;
        books.settle(&grant, usd("0.1")).await;
    }
    books.catch_up().await;
    assert!(seen(&books, &key).await.reserved > NOTHING);
    books.advance(Duration::from_secs(6));
    books.catch_up().await;
    assert_eq!(seen(&books, &key).await.reserved, NOTHING);
}

#[tokio::test]
async fn faults_of_every_kind_lose_and_double_nothing() {
    let faults = [
        Fault::LostAfter,
        Fault::LostBefore,
        Fault::Throttled,
        Fault::Internal,
        Fault::Conflict,
        Fault::Unprocessed,
    ];
    for seed in 1..=6 {
        let engine = Engine::memory().unwrap();
        let faulty = Faulty::new(engine.connector());
        let books = Books::kept(client_over(faulty.clone()), LedgerMode::Batched).await;
        let other = books.process_over(engine.client(), LedgerMode::Strict);
        let key = books.key(Some(usd("1"))).await;
        faulty.storm(seed, 30, &faults);
        let mut settled = NOTHING;
        for n in 0..60 {
            books.advance(Duration::from_millis(700));
            let Ok(Admission::Granted(grant)) =
                books.try_reserve(&key, usd("0.02"), usd("0.01")).await
            else {
                continue;
            };
            books.settle(&grant, usd("0.01")).await;
            settled = settled.saturating_add(usd("0.01"));
            if n % 5 == 0 {
                books.catch_up().await;
            }
        }
        faulty.clear();
        flush(&books).await;
        other.advance(Duration::from_secs(60));
        other.store.ledger().sweep(other.now()).await.unwrap();
        let spend = other.spend(&key).await;
        assert!(faulty.met() > 10, "{}", faulty.met());
        assert!(spend.spent <= usd("1"), "seed {seed}: {spend:?}");
        assert_eq!(spend.reserved, NOTHING, "seed {seed}");
        assert!(spend.spent >= settled, "seed {seed}: {spend:?} of {settled}");
        assert_eq!(other.rows(&key).await, spend.spent, "seed {seed}");
    }
}

#[tokio::test]
async fn the_flush_loop_writes_down_and_stops() {
    let books = Arc::new(Books::batched().await);
    let key = books.key(Some(usd("1"))).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let ledger = books.store.ledger();
    let work = async {
        // As many rows as are worth a flush before its time.
        for _ in 0..25 {
            let grant = books.granted(&key, usd("0.001")).await;
            books.settle(&grant, usd("0.001")).await;
        }
        while rows_seen(&books, &key).await < usd("0.025") {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
    };
    let run = ledger.run(async {
        let _ = stopped.await;
    });
    tokio::join!(run, work);
    assert_eq!(seen(&books, &key).await.spent, usd("0.025"));
}

#[tokio::test]
async fn whoever_stops_waiting_leaves_the_books_in_order() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("1"))).await;
    let mut settled = NOTHING;
    for patience in 0..80 {
        books.advance(Duration::from_millis(1_700));
        let reserved = tokio::select! {
            biased;
            () = turns(patience % 40) => None,
            admission = books.reserve(&key, usd("0.02"), usd("0.01")) => Some(admission),
        };
        let Some(Admission::Granted(grant)) = reserved else { continue };
        books.settle(&grant, usd("0.005")).await;
        settled = settled.saturating_add(usd("0.005"));
        tokio::select! {
            biased;
            () = turns(patience % 7) => {}
            () = books.catch_up() => {}
        }
    }
    flush(&books).await;
    books.advance(Duration::from_secs(200));
    flush(&books).await;
    sweep(&books).await;
    let spend = seen(&books, &key).await;
    assert_eq!(spend.reserved, NOTHING);
    assert!(settled > NOTHING && spend.spent >= settled, "{spend:?} of {settled}");
    assert_eq!(rows_seen(&books, &key).await, spend.spent);
}

/// A while: long enough for some steps of what is raced with it.
async fn turns(count: u32) {
    for _ in 0..count {
        tokio::time::sleep(Duration::from_micros(150)).await;
    }
}
