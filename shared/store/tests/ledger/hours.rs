//! A budget that is another one at some hours than its record says, and limits that change by the clock.

use std::time::Duration;

use crate::{
    books::{Books, deed, usd},
    limits::limit,
};
use sluice_store::{
    Admission, Ask, BudgetDuration, KeyRecord, LedgerMode, Measure, Millis, NanoUsd, Refusal,
    Share, Span, Subject,
};

/// A call at one price, which is settled at that price; what was spent where it is refused.
async fn buy(
    books: &Books,
    key: &KeyRecord,
    (max, until): (Option<NanoUsd>, Option<Millis>),
    price: NanoUsd,
) -> Result<(), NanoUsd> {
    let call = books.call(key);
    let ask = Ask { max, until, worst: price, floor: price, ..books.asked(&call, key) };
    match books.store.ledger().reserve(&ask).await.unwrap() {
        Admission::Granted(grant) => {
            books.store.ledger().settle(&grant, books.row(&grant, price)).await.unwrap();
            Ok(())
        }
        Admission::Refused(Refusal::OverBudget { spent, max: told, .. }) => {
            assert_eq!(Some(told), max);
            Err(spent)
        }
        Admission::Refused(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_budget_is_what_it_is_now_and_counts_what_was_spent_before() {
    for books in [Books::new().await, Books::batched().await] {
        let key = books.key(Some(usd("10"))).await;
        for (max, calls) in [("4", 4), ("10", 6), ("0", 0), ("12", 2), ("10", 0), ("13", 1)] {
            let terms = (Some(usd(max)), None);
            for _ in 0..calls {
                assert_eq!(buy(&books, &key, terms, usd("1")).await, Ok(()), "of {max}");
            }
            let spent = buy(&books, &key, terms, usd("1")).await.unwrap_err();
            books.catch_up().await;
            assert_eq!(books.spend(&key).await.spent, spent, "of {max}");
        }
        assert_eq!(books.spend(&key).await.spent, usd("13"));
        // Nothing bounds it now: what it spends is counted all the same.
        assert_eq!(buy(&books, &key, (None, None), usd("5")).await, Ok(()));
        assert_eq!(buy(&books, &key, (Some(usd("18")), None), usd("1")).await, Err(usd("18")));
    }
}

#[tokio::test]
async fn a_key_without_a_budget_has_one_for_some_hours() {
    for books in [Books::new().await, Books::batched().await] {
        let key = books.key(None).await;
        assert_eq!(buy(&books, &key, (None, None), usd("3")).await, Ok(()));
        let some_hours = (Some(usd("5")), None);
        assert_eq!(buy(&books, &key, some_hours, usd("2")).await, Ok(()));
        assert_eq!(buy(&books, &key, some_hours, usd("1")).await, Err(usd("5")));
        assert_eq!(buy(&books, &key, (None, None), usd("1")).await, Ok(()));
    }
}

#[tokio::test]
async fn a_window_that_begins_under_another_budget_ends_under_the_records() {
    for books in [Books::new().await, Books::batched().await] {
        let key = books.key(Some(usd("10"))).await;
        let daily = |record: &mut KeyRecord| {
            record.allowance.budget_duration = BudgetDuration::parse("1d").ok();
        };
        let key = books.store.keys().by(deed()).update(&key.hash, daily).await.unwrap();
        let low = (Some(usd("2")), None);
        for _ in 0..2 {
            assert_eq!(buy(&books, &key, low, usd("1")).await, Ok(()));
        }
        books.advance(Duration::from_secs(86_400));
        assert_eq!(buy(&books, &key, low, usd("2")).await, Ok(()));
        assert!(buy(&books, &key, low, usd("1")).await.is_err());
        let plain = (Some(usd("10")), None);
        assert_eq!(buy(&books, &key, plain, usd("8")).await, Ok(()));
        assert!(buy(&books, &key, plain, usd("0.000000001")).await.is_err());
    }
}

#[tokio::test]
async fn a_slice_ends_with_the_hours_that_it_was_taken_in() {
    let one = Books::batched().await;
    let two = one.process(LedgerMode::Batched);
    let key = one.key(Some(usd("10"))).await;
    let plain = (Some(usd("10")), Some(one.now().plus(2_000)));
    for _ in 0..40 {
        assert_eq!(buy(&one, &key, plain, usd("0.01")).await, Ok(()));
    }
    one.advance(Duration::from_secs(2));
    // What the first process holds of the higher budget goes back by itself, before it is stale.
    one.catch_up().await;
    let low = (Some(usd("0.43")), None);
    for books in [&two, &one, &two] {
        assert_eq!(buy(books, &key, low, usd("0.01")).await, Ok(()));
    }
    assert!(buy(&one, &key, low, usd("0.01")).await.is_err());
    assert!(buy(&two, &key, low, usd("0.01")).await.is_err());
    for books in [&one, &two] {
        books.store.ledger().flush().await.unwrap();
    }
    assert_eq!(one.spend(&key).await.spent, usd("0.43"));
}

#[tokio::test]
async fn an_allowance_of_rates_ends_with_its_hours_and_another_limit_counts_what_was_used() {
    let one = Books::batched().await;
    let two = one.process(LedgerMode::Batched);
    let key = one.key(None).await;
    let team = Subject::Team("night".to_owned());
    let admit = async |books: &Books, max: i64, until: Option<Millis>| {
        let limits = [limit(Measure::Requests, max, 1)];
        let others = [Share { subject: &team, version: None, limits: &limits }];
        let call = books.call(&key);
        let ask = Ask { until, others: &others, ..books.asked(&call, &key) };
        match books.store.ledger().reserve(&ask).await.unwrap() {
            Admission::Granted(grant) => {
                books
                    .store
                    .ledger()
                    .settle(&grant, books.row(&grant, NanoUsd::ZERO))
                    .await
                    .unwrap();
                true
            }
            Admission::Refused(_) => false,
        }
    };
    let until = Some(one.now().plus(2_000));
    for _ in 0..3 {
        assert!(admit(&one, 100, until).await);
    }
    one.advance(Duration::from_secs(2));
    one.catch_up().await;
    assert!(admit(&two, 5, None).await);
    assert!(admit(&one, 5, None).await);
    assert!(!admit(&two, 5, None).await && !admit(&one, 5, None).await);
    // 0 refuses, and the next hours admit again.
    assert!(!admit(&one, 0, None).await);
    assert!(admit(&one, 6, None).await);
}

#[tokio::test]
async fn so_many_requests_and_tokens_a_day_in_both_books() {
    for books in [Books::new().await, Books::batched().await] {
        let key = books.key(None).await;
        let limits = |books: &Books| {
            let day = sluice_store::Window::day(books.now(), &jiff::tz::TimeZone::UTC);
            let daily = |measure, max, need| {
                let span = Span::Fixed("1d", day);
                sluice_store::Limit { span, ..limit(measure, max, need) }
            };
            [daily(Measure::Requests, 30, 1), daily(Measure::Tokens, 1_000, 10)]
        };
        for _ in 0..30 {
            let grant = match books.admit(&key, &limits(&books), &[]).await.unwrap() {
                Admission::Granted(grant) => grant,
                Admission::Refused(refusal) => panic!("{refusal:?}"),
            };
            let row = books.row(&grant, NanoUsd::ZERO);
            books.store.ledger().settle(&grant, row).await.unwrap();
            books.advance(Duration::from_secs(60));
            books.catch_up().await;
        }
        let Admission::Refused(Refusal::OverLimit(reading)) =
            books.admit(&key, &limits(&books), &[]).await.unwrap()
        else {
            panic!("one too many");
        };
        assert_eq!((reading.used, reading.max), (30, 30));
        // It is 10:30 now.
        assert_eq!(reading.resets_at, Some(books.now().plus(13 * 3_600_000 + 30 * 60_000)));
        books.advance(Duration::from_secs(13 * 3_600 + 30 * 60));
        assert!(matches!(
            books.admit(&key, &limits(&books), &[]).await.unwrap(),
            Admission::Granted(_)
        ));
    }
}
