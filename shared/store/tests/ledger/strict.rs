//! The ledger against a real engine: races, crashes, faults, windows.

use std::{sync::Arc, time::Duration};

use crate::books::{Books, deed, usd};
use sluice_embedded::{Engine, Fault, Faulty, client_over};
use sluice_store::{Admission, BudgetDuration, KeyError, NanoUsd, Refusal, Window};
use tokio::task::JoinSet;

#[tokio::test]
async fn what_is_settled_never_exceeds_the_budget_in_a_race() {
    let books = Arc::new(Books::new().await);
    let key = books.key(Some(usd("0.001"))).await;
    let mut tasks = JoinSet::new();
    for task in 0..64_i64 {
        let (books, key) = (Arc::clone(&books), key.clone());
        tasks.spawn(async move {
            let mut paid = 0;
            for turn in 0..8 {
                let worst = NanoUsd::from_nanos(4_000 + 100 * (task % 7));
                let actual = NanoUsd::from_nanos(1_000 + 300 * ((task + turn) % 10));
                match books.reserve(&key, worst, worst).await {
                    Admission::Granted(grant) => {
                        books.settle(&grant, actual).await;
                        paid += 1;
                    }
                    Admission::Refused(Refusal::OverBudget { .. }) => {}
                    Admission::Refused(other) => panic!("{other:?}"),
                }
            }
            paid
        });
    }
    let paid: usize = tasks.join_all().await.into_iter().sum();
    let spend = books.spend(&key).await;
    assert!(paid > 100, "{paid} calls were paid");
    assert!(spend.spent <= usd("0.001"), "{spend:?}");
    assert_eq!(spend.reserved, NanoUsd::ZERO);
    assert_eq!(books.rows(&key).await, spend.spent);
}

#[tokio::test]
async fn the_last_nano_dollar_can_be_spent_and_not_overspent() {
    let books = Books::new().await;
    let key = books.key(Some(NanoUsd::from_nanos(10))).await;
    for _ in 0..10 {
        let Admission::Granted(grant) =
            books.reserve(&key, NanoUsd::from_nanos(1), NanoUsd::from_nanos(1)).await
        else {
            panic!("there was a nano-dollar left")
        };
        books.settle(&grant, NanoUsd::from_nanos(1)).await;
    }
    let refused = books.reserve(&key, NanoUsd::from_nanos(1), NanoUsd::from_nanos(1)).await;
    assert!(
        matches!(refused, Admission::Refused(Refusal::OverBudget { spent, max, .. })
            if spent == max && max == NanoUsd::from_nanos(10)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn less_than_the_worst_case_is_granted_down_to_the_floor() {
    let books = Books::new().await;
    let key = books.key(Some(usd("0.000001"))).await;
    let Admission::Granted(grant) = books.reserve(&key, usd("1"), usd("0.0000005")).await else {
        panic!("the floor was affordable")
    };
    assert_eq!(grant.amount, usd("0.000001"));
    books.settle(&grant, usd("0.0000006")).await;
    assert!(matches!(
        books.reserve(&key, usd("1"), usd("0.0000005")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
    assert!(matches!(books.reserve(&key, usd("1"), usd("0.0000004")).await, Admission::Granted(_)));
}

#[tokio::test]
async fn a_settlement_counts_once_however_often_it_is_sent() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.1")).await;
    for _ in 0..3 {
        assert_eq!(books.settle(&grant, usd("0.04")).await, usd("0.04"));
    }
    // A repetition with another amount is a repetition all the same.
    assert_eq!(books.settle(&grant, usd("0.09")).await, usd("0.04"));
    assert_eq!(books.rows(&key).await, usd("0.04"));
    assert_eq!(books.spend(&key).await.reserved, NanoUsd::ZERO);
}

#[tokio::test]
async fn a_call_that_cost_more_than_its_worst_case_is_charged_what_it_cost() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.9")).await;
    books.settle(&grant, usd("1.2")).await;
    assert_eq!(books.spend(&key).await.spent, usd("1.2"));
    assert!(matches!(
        books.reserve(&key, usd("0.1"), usd("0.1")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
}

#[tokio::test]
async fn a_crashed_call_is_charged_in_full_and_corrected_when_it_settles_late() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.3")).await;
    books.advance(Duration::from_secs(120));
    let report = books.store.ledger().sweep(books.now()).await.unwrap();
    assert_eq!((report.expired, report.corrected), (1, 0));
    let spend = books.spend(&key).await;
    assert_eq!((spend.spent, spend.reserved), (usd("0.3"), NanoUsd::ZERO));
    assert_eq!(books.rows(&key).await, usd("0.3"));
    books.sees_residue(&grant.call).await;

    for _ in 0..2 {
        books.settle(&grant, usd("0.05")).await;
        assert_eq!(books.spend(&key).await.spent, usd("0.05"));
        assert_eq!(books.rows(&key).await, usd("0.05"));
    }
    assert!(matches!(books.reserve(&key, usd("0.95"), usd("0.95")).await, Admission::Granted(_)));
}

#[tokio::test]
async fn the_next_request_resolves_an_expired_lease_that_stands_in_its_way() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let _crashed = books.granted(&key, usd("0.6")).await;
    books.advance(Duration::from_secs(120));
    assert!(matches!(
        books.reserve(&key, usd("0.5"), usd("0.5")).await,
        Admission::Refused(Refusal::OverBudget { spent, .. }) if spent == usd("0.6")
    ));
    assert_eq!(books.rows(&key).await, usd("0.6"));
}

#[tokio::test]
async fn a_crash_between_row_and_guard_is_settled_at_the_rows_amount() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::over(client_over(faulty.clone())).await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.5")).await;
    // The row is written; every write of the guard is lost, retries included.
    for _ in 0..16 {
        faulty.next("UpdateItem", Fault::LostBefore);
    }
    let row = books.row(&grant, usd("0.2"));
    books.store.ledger().settle(&grant, row).await.unwrap_err();
    faulty.clear();
    books.advance(Duration::from_secs(120));
    books.store.ledger().sweep(books.now()).await.unwrap();
    assert_eq!(books.spend(&key).await.spent, usd("0.2"));
    assert_eq!(books.rows(&key).await, usd("0.2"));
}

#[tokio::test]
async fn lost_answers_and_throttling_neither_charge_twice_nor_lose_a_charge() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Throttled, Fault::Internal] {
        let engine = Engine::memory().unwrap();
        let faulty = Faulty::new(engine.connector());
        let books = Books::over(client_over(faulty.clone())).await;
        let key = books.key(Some(usd("1"))).await;
        faulty.next("UpdateItem", fault);
        let grant = books.granted(&key, usd("0.4")).await;
        assert_eq!(books.spend(&key).await.reserved, usd("0.4"), "{fault:?}");
        faulty.next("PutItem", fault);
        faulty.next("UpdateItem", fault);
        assert_eq!(books.settle(&grant, usd("0.1")).await, usd("0.1"), "{fault:?}");
        assert_eq!(faulty.left(), 0);
        let spend = books.spend(&key).await;
        assert_eq!((spend.spent, spend.reserved), (usd("0.1"), NanoUsd::ZERO), "{fault:?}");
        assert_eq!(books.rows(&key).await, usd("0.1"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_key_makes_old_readers_stale() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let record = books
        .store
        .keys()
        .by(deed())
        .update(&key.hash, |record| record.blocked = true)
        .await
        .unwrap();
    assert_eq!(record.version, key.version + 1);
    assert_eq!(
        books.reserve(&key, usd("1"), NanoUsd::ZERO).await,
        Admission::Refused(Refusal::Stale)
    );
    assert!(matches!(books.reserve(&record, usd("1"), NanoUsd::ZERO).await, Admission::Granted(_)));
}

#[tokio::test]
async fn a_deleted_key_admits_nothing_and_its_calls_still_settle() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let grant = books.granted(&key, usd("0.1")).await;
    let gone = books.store.keys().by(deed()).delete(&[key.hash], books.now()).await.unwrap();
    assert_eq!(gone, [key.hash]);
    assert_eq!(
        books.reserve(&key, usd("1"), NanoUsd::ZERO).await,
        Admission::Refused(Refusal::Stale)
    );
    books.settle(&grant, usd("0.07")).await;
    assert_eq!(books.rows(&key).await, usd("0.07"));
    assert_eq!(books.store.keys().get(&key.hash).await.unwrap(), None);
    assert!(books.store.keys().get_any(&key.hash).await.unwrap().unwrap().deleted_at.is_some());
}

#[tokio::test]
async fn a_limit_that_is_raised_lowered_or_set_counts_what_was_spent() {
    let books = Books::new().await;
    let mut key = books.key(None).await;
    let grant = books.granted(&key, usd("0.5")).await;
    books.settle(&grant, usd("0.3")).await;
    let limit = |to: &'static str| {
        move |record: &mut sluice_store::KeyRecord| record.allowance.max_budget = Some(usd(to))
    };
    key = books.store.keys().by(deed()).update(&key.hash, limit("1")).await.unwrap();
    assert!(matches!(
        books.reserve(&key, usd("0.8"), usd("0.8")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
    let grant = books.granted(&key, usd("0.7")).await;
    key = books.store.keys().by(deed()).update(&key.hash, limit("0.2")).await.unwrap();
    books.settle(&grant, usd("0.1")).await;
    assert!(matches!(
        books.reserve(&key, usd("0.01"), usd("0.01")).await,
        Admission::Refused(Refusal::OverBudget { spent, .. }) if spent == usd("0.4")
    ));
    key = books.store.keys().by(deed()).update(&key.hash, limit("2")).await.unwrap();
    assert!(matches!(books.reserve(&key, usd("1.6"), usd("1.6")).await, Admission::Granted(_)));
}

#[tokio::test]
async fn a_new_window_begins_with_nothing_spent_and_old_calls_stay_in_theirs() {
    let books = Books::new().await;
    let mut key = books.key(Some(usd("1"))).await;
    key = books
        .store
        .keys()
        .by(deed())
        .update(&key.hash, |record| {
            record.allowance.budget_duration = BudgetDuration::parse("1d").ok()
        })
        .await
        .unwrap();
    let grant = books.granted(&key, usd("0.9")).await;
    books.advance(Duration::from_secs(86_400));
    // The old call's money does not weigh on the new day.
    let next = books.granted(&key, usd("1")).await;
    books.settle(&grant, usd("0.8")).await;
    books.settle(&next, usd("0.25")).await;
    let spend = books.spend(&key).await;
    assert_eq!((spend.spent, spend.total), (usd("0.25"), usd("1.05")));
    assert_eq!(books.rows_in(&key, grant.window).await, usd("0.8"));
    assert_eq!(books.rows_in(&key, next.window).await, usd("0.25"));
}

#[tokio::test]
async fn a_changed_duration_does_not_forgive_what_was_spent() {
    let books = Books::new().await;
    let mut key = books.key(Some(usd("1"))).await;
    for duration in ["1d", "30d", "1h"] {
        key = books
            .store
            .keys()
            .by(deed())
            .update(&key.hash, |record| {
                record.allowance.budget_duration = BudgetDuration::parse(duration).ok()
            })
            .await
            .unwrap();
        let grant = books.granted(&key, usd("0.2")).await;
        books.settle(&grant, usd("0.2")).await;
    }
    assert_eq!(books.spend(&key).await.spent, usd("0.6"));
    assert!(matches!(
        books.reserve(&key, usd("0.5"), usd("0.5")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
}

#[tokio::test]
async fn an_alias_is_unique_moves_and_is_free_again() {
    let books = Books::new().await;
    let (one, two) = (books.key(None).await, books.key(None).await);
    let keys = books.store.keys();
    let named = |name: &'static str| {
        move |record: &mut sluice_store::KeyRecord| record.alias = Some(name.to_owned())
    };
    keys.by(deed()).update(&one.hash, named("a")).await.unwrap();
    assert!(
        matches!(keys.by(deed()).update(&two.hash, named("a")).await, Err(KeyError::AliasTaken(alias)) if alias == "a")
    );
    assert_eq!(keys.by_alias("a").await.unwrap().unwrap().hash, one.hash);
    keys.by(deed()).update(&one.hash, named("b")).await.unwrap();
    keys.by(deed()).update(&two.hash, named("a")).await.unwrap();
    keys.by(deed()).delete(&[two.hash], books.now()).await.unwrap();
    assert_eq!(keys.by_alias("a").await.unwrap(), None);
    keys.by(deed()).update(&one.hash, named("a")).await.unwrap();
}

#[tokio::test]
async fn more_keys_than_a_batch_are_listed_newest_first() {
    let books = Books::new().await;
    let mut made = Vec::new();
    for _ in 0..130 {
        books.advance(Duration::from_millis(1));
        made.push(books.key(None).await.hash);
    }
    made.reverse();
    let listed: Vec<_> =
        books.store.keys().list().await.unwrap().into_iter().map(|record| record.hash).collect();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn a_row_is_found_by_call_by_answer_and_by_day() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let grant = books.granted(&key, usd("0.1")).await;
    let mut row = books.row(&grant, usd("0.1"));
    row.request_id = Some("chatcmpl-upstream".to_owned());
    books.store.ledger().settle(&grant, row).await.unwrap();
    let usage = books.store.usage();
    assert_eq!(usage.get(&grant.call).await.unwrap().unwrap().spend, usd("0.1"));
    let found = usage.find("chatcmpl-upstream", books.now()).await.unwrap().unwrap();
    assert_eq!(found.call, grant.call);
    assert_eq!(usage.find("chatcmpl-other", books.now()).await.unwrap(), None);
    let everyone = sluice_store::RowFilter {
        key: None,
        from: books.now().plus(-1_000),
        to: books.now().plus(1_000),
        limit: 10,
    };
    assert_eq!(usage.query(&everyone).await.unwrap().len(), 1);
    let _ = Window::default();
}

#[tokio::test]
async fn what_is_given_back_is_as_if_it_had_not_been_asked_for() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.6")).await;
    for _ in 0..2 {
        books.store.ledger().release(&grant).await.unwrap();
        assert_eq!(books.spend(&key).await, sluice_store::Spend::default());
    }
    assert_eq!(books.store.usage().get(&grant.call).await.unwrap(), None);
    // After the lease has been charged, giving back corrects the charge.
    let grant = books.granted(&key, usd("0.6")).await;
    books.advance(Duration::from_secs(120));
    books.store.ledger().sweep(books.now()).await.unwrap();
    assert_eq!(books.spend(&key).await.spent, usd("0.6"));
    books.store.ledger().release(&grant).await.unwrap();
    assert_eq!(books.spend(&key).await.spent, NanoUsd::ZERO);
    assert_eq!(books.rows(&key).await, NanoUsd::ZERO);
}

#[tokio::test]
async fn a_charge_that_nobody_corrected_within_a_day_stands() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.3")).await;
    books.advance(Duration::from_secs(120));
    books.store.ledger().sweep(books.now()).await.unwrap();
    books.advance(Duration::from_secs(25 * 3600));
    books.store.ledger().sweep(books.now()).await.unwrap();
    books.settle(&grant, usd("0.1")).await;
    assert_eq!(books.spend(&key).await.spent, usd("0.3"));
    assert_eq!(books.rows(&key).await, usd("0.3"));
}

#[tokio::test]
async fn a_crash_between_a_charge_and_its_row_is_mended_by_the_next_sweep() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::over(client_over(faulty.clone())).await;
    let key = books.key(Some(usd("1"))).await;
    let _crashed = books.granted(&key, usd("0.3")).await;
    books.advance(Duration::from_secs(120));
    for _ in 0..16 {
        faulty.next("PutItem", Fault::LostBefore);
    }
    books.store.ledger().sweep(books.now()).await.unwrap_err();
    assert_eq!(books.spend(&key).await.spent, usd("0.3"));
    assert_eq!(books.rows(&key).await, NanoUsd::ZERO);
    faulty.clear();
    books.store.ledger().sweep(books.now()).await.unwrap();
    assert_eq!(books.rows(&key).await, usd("0.3"));
}

#[tokio::test]
async fn a_storm_of_faults_loses_and_doubles_nothing() {
    let faults =
        [Fault::LostAfter, Fault::LostBefore, Fault::Throttled, Fault::Internal, Fault::Conflict];
    for seed in 1..=4 {
        let engine = Engine::memory().unwrap();
        let faulty = Faulty::new(engine.connector());
        let books = Books::over(client_over(faulty.clone())).await;
        let calm = books.process_over(engine.client(), sluice_store::LedgerMode::Strict);
        let key = books.key(Some(usd("1"))).await;
        faulty.storm(seed, 30, &faults);
        let mut settled = NanoUsd::ZERO;
        for _ in 0..40 {
            let Ok(Admission::Granted(grant)) =
                books.try_reserve(&key, usd("0.02"), usd("0.01")).await
            else {
                continue;
            };
            let row = books.row(&grant, usd("0.01"));
            if books.store.ledger().settle(&grant, row).await.is_ok() {
                settled = settled.saturating_add(usd("0.01"));
            }
        }
        faulty.clear();
        calm.advance(Duration::from_secs(120));
        calm.store.ledger().sweep(calm.now()).await.unwrap();
        let spend = calm.spend(&key).await;
        assert!(faulty.met() > 10, "{}", faulty.met());
        assert_eq!(spend.reserved, NanoUsd::ZERO, "seed {seed}");
        assert!(settled <= spend.spent && spend.spent <= usd("1"), "seed {seed}: {spend:?}");
        assert_eq!(calm.rows(&key).await, spend.spent, "seed {seed}");
    }
}

#[tokio::test]
async fn a_key_that_is_made_again_goes_on_with_its_account_and_its_versions() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let grant = books.granted(&key, usd("0.4")).await;
    books.settle(&grant, usd("0.4")).await;
    let keys = books.store.keys();
    assert!(matches!(keys.by(deed()).create(&key).await, Err(KeyError::Exists)));
    keys.by(deed()).delete(&[key.hash], books.now()).await.unwrap();
    assert_eq!(keys.by(deed()).delete(&[key.hash], books.now()).await.unwrap(), []);
    keys.by(deed()).create(&key).await.unwrap();
    let again = keys.get(&key.hash).await.unwrap().unwrap();
    assert_eq!(again.version, key.version + 2);
    assert_eq!(
        books.reserve(&key, usd("0.1"), usd("0.1")).await,
        Admission::Refused(Refusal::Stale)
    );
    assert!(matches!(
        books.reserve(&again, usd("0.7"), usd("0.7")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
    assert_eq!(books.granted(&again, usd("0.6")).await.amount, usd("0.6"));
}

#[tokio::test]
async fn a_change_meets_transactions_of_others_and_insists() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::over(client_over(faulty.clone())).await;
    let key = books.key(None).await;
    faulty.next("TransactWriteItems", Fault::Cancelled);
    faulty.next("TransactWriteItems", Fault::LostAfter);
    let changed =
        books.store.keys().by(deed()).update(&key.hash, |record| record.blocked = true).await;
    assert_eq!(changed.unwrap().version, key.version + 1);
    assert_eq!(faulty.left(), 0);
}

#[tokio::test]
async fn a_key_that_is_not_known_admits_nothing() {
    let books = Books::new().await;
    let stranger = sluice_store::KeyRecord::new("sk-never-stored-0000", books.now());
    assert_eq!(
        books.reserve(&stranger, usd("0.1"), NanoUsd::ZERO).await,
        Admission::Refused(Refusal::Missing)
    );
}

#[tokio::test]
async fn a_budget_of_nothing_admits_what_costs_nothing() {
    let books = Books::new().await;
    let key = books.key(Some(NanoUsd::ZERO)).await;
    assert!(matches!(
        books.reserve(&key, NanoUsd::from_nanos(1), NanoUsd::ZERO).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
    let Admission::Granted(free) = books.reserve(&key, NanoUsd::ZERO, NanoUsd::ZERO).await else {
        panic!("it costs nothing")
    };
    books.settle(&free, NanoUsd::ZERO).await;
}
