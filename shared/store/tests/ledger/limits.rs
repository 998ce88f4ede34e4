//! Limits of all kinds, on one subject and on several: all of them hold, or none.

use std::{sync::Arc, time::Duration};

use crate::books::{Books, usd};
use jiff::tz::TimeZone;
use sluice_embedded::{Engine, Fault, Faulty, client_over};
use sluice_store::{
    Admission, BudgetDuration, Grant, KeyRecord, Limit, Measure, NanoUsd, Reading, Refusal, Share,
    Span, Subject, UsageRow,
};
use tokio::task::JoinSet;

const MINUTE: Span<'static> = Span::Rolling(60_000);

pub(crate) fn limit(measure: Measure, max: i64, need: i64) -> Limit<'static> {
    let span = if measure == Measure::Parallel { Span::Always } else { MINUTE };
    Limit { measure, model: None, span, max, need, floor: need }
}

async fn granted(books: &Books, key: &KeyRecord, limits: &[Limit<'_>]) -> Grant {
    shared(books, key, limits, &[]).await
}

async fn shared(
    books: &Books,
    key: &KeyRecord,
    limits: &[Limit<'_>],
    others: &[Share<'_>],
) -> Grant {
    match books.admit(key, limits, others).await.unwrap() {
        Admission::Granted(grant) => grant,
        Admission::Refused(refusal) => panic!("{refusal:?}"),
    }
}

async fn refused(
    books: &Books,
    key: &KeyRecord,
    limits: &[Limit<'_>],
    others: &[Share<'_>],
) -> Reading {
    match books.admit(key, limits, others).await.unwrap() {
        Admission::Refused(Refusal::OverLimit(reading)) => reading,
        other => panic!("{other:?}"),
    }
}

async fn settle(books: &Books, grant: &Grant, prompt: u64, completion: u64) {
    let row = UsageRow {
        prompt_tokens: prompt,
        completion_tokens: completion,
        ..books.row(grant, NanoUsd::ZERO)
    };
    books.store.ledger().settle(grant, row).await.unwrap();
}

#[tokio::test]
async fn so_many_requests_in_a_window_that_opens_with_the_first() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let limits = [limit(Measure::Requests, 3, 1)];
    let opened = books.now();
    for n in 1..=3 {
        let grant = granted(&books, &key, &limits).await;
        assert_eq!(grant.readings.first().map(|reading| (reading.used, reading.max)), Some((n, 3)));
        settle(&books, &grant, 1, 1).await;
        books.advance(Duration::from_secs(15));
    }
    let over = refused(&books, &key, &limits, &[]).await;
    assert_eq!((over.used, over.max, over.limit, over.share), (3, 3, 0, None));
    assert_eq!(over.resets_at, Some(opened.plus(60_000)));
    books.advance(Duration::from_millis(14_999));
    refused(&books, &key, &limits, &[]).await;
    books.advance(Duration::from_millis(1));
    let grant = granted(&books, &key, &limits).await;
    assert_eq!(grant.readings[0].used, 1);
    assert_eq!(grant.readings[0].resets_at, Some(books.now().plus(60_000)));
}

#[tokio::test]
async fn tokens_are_reserved_by_their_bound_and_settled_at_what_they_were() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let limits = |need| {
        [Measure::Tokens, Measure::InputTokens, Measure::OutputTokens]
            .map(|measure| limit(measure, 1_000, need))
    };
    let grant = granted(&books, &key, &limits(900)).await;
    assert_eq!(refused(&books, &key, &limits(101), &[]).await.used, 900);
    settle(&books, &grant, 70, 30).await;
    let used: Vec<i64> =
        granted(&books, &key, &limits(1)).await.readings.iter().map(|r| r.used).collect();
    assert_eq!(used, [101, 71, 31]);
    // What is used beyond the bound counts: the next one waits.
    let grant = granted(&books, &key, &limits(10)).await;
    settle(&books, &grant, 2_000, 0).await;
    assert_eq!(refused(&books, &key, &limits(1), &[]).await.used, 2_101);
}

#[tokio::test]
async fn a_slot_is_free_again_when_its_call_ends_or_its_lease() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let limits = [limit(Measure::Parallel, 2, 1)];
    let one = granted(&books, &key, &limits).await;
    let _crashed = granted(&books, &key, &limits).await;
    let over = refused(&books, &key, &limits, &[]).await;
    assert_eq!((over.used, over.resets_at), (2, None));
    settle(&books, &one, 1, 1).await;
    let two = granted(&books, &key, &limits).await;
    refused(&books, &key, &limits, &[]).await;
    // The one is renewed, the other has crashed: whoever comes next finds its slot.
    books.advance(Duration::from_secs(60));
    books.store.ledger().renew(&two, books.now().plus(90_000)).await.unwrap();
    books.advance(Duration::from_secs(40));
    let three = granted(&books, &key, &limits).await;
    refused(&books, &key, &limits, &[]).await;
    settle(&books, &two, 1, 1).await;
    settle(&books, &three, 1, 1).await;
    books.store.ledger().sweep(books.now()).await.unwrap();
    let first = granted(&books, &key, &limits).await;
    assert_eq!(first.readings[0].used, 1);
}

#[tokio::test]
async fn a_limit_for_one_model_leaves_the_others_alone() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let of = |model| Limit { model: Some(model), ..limit(Measure::Requests, 1, 1) };
    let _one = granted(&books, &key, &[of("gpt-4o")]).await;
    refused(&books, &key, &[of("gpt-4o")], &[]).await;
    let _other = granted(&books, &key, &[of("claude/sonnet:4 #1")]).await;
}

#[tokio::test]
async fn several_budgets_of_several_lengths_hold_at_once() {
    let books = Books::new().await;
    let key = books.key(Some(usd("100"))).await;
    let money = |length: &'static str, max: &str, need: &str| {
        let duration = BudgetDuration::parse(length).unwrap();
        let window = duration.window(books.now(), &TimeZone::UTC);
        let (max, need) = (usd(max).nanos(), usd(need).nanos());
        let span = Span::Fixed(length, window);
        Limit { measure: Measure::Money, model: None, span, max, need, floor: need }
    };
    let limits = |need| [money("1h", "1", need), money("1d", "1.5", need)];
    let grant = granted(&books, &key, &limits("0.9")).await;
    books.settle(&grant, usd("0.8")).await;
    let over = refused(&books, &key, &limits("0.3"), &[]).await;
    assert_eq!((over.limit, over.used), (0, usd("0.8").nanos()));
    books.advance(Duration::from_secs(3_600));
    let grant = granted(&books, &key, &limits("0.7")).await;
    books.settle(&grant, usd("0.6")).await;
    let over = refused(&books, &key, &limits("0.2"), &[]).await;
    assert_eq!((over.limit, over.used), (1, usd("1.4").nanos()));
    // Of money a part may do.
    let part = limits("0.5").map(|limit| Limit { floor: usd("0.05").nanos(), ..limit });
    assert_eq!(granted(&books, &key, &part).await.amount, usd("0.1"));
    assert_eq!(books.spend(&key).await.spent, usd("1.4"));
}

#[tokio::test]
async fn what_costs_nothing_skips_budgets_and_not_rates() {
    let books = Books::new().await;
    let key = books.key(Some(NanoUsd::ZERO)).await;
    let limits = [limit(Measure::Money, 0, 0), limit(Measure::Requests, 1, 1)];
    let grant = granted(&books, &key, &limits).await;
    assert_eq!(grant.readings.len(), 1);
    assert_eq!(refused(&books, &key, &limits, &[]).await.limit, 1);
}

#[tokio::test]
async fn all_subjects_admit_a_call_or_none_holds_anything_of_it() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let (team, user) = (Subject::Team("t".to_owned()), Subject::User("u".to_owned()));
    let own = [limit(Measure::Requests, 100, 1)];
    let wide = [limit(Measure::Requests, 100, 1), limit(Measure::Parallel, 100, 1)];
    let money = |need: &str| [limit(Measure::Money, usd("0.5").nanos(), usd(need).nanos())];
    let (much, little) = (money("0.4"), money("0.2"));
    let (team, user, wide) = (&team, &user, &wide);
    let with = |budget| {
        let user = Share { subject: user, version: Some(3), limits: budget };
        [Share { subject: team, version: None, limits: wide.as_slice() }, user]
    };
    let grant = shared(&books, &key, &own, &with(much.as_slice())).await;
    assert_eq!(grant.amount, usd("0.4"));
    for _ in 0..3 {
        let over = refused(&books, &key, &own, &with(little.as_slice())).await;
        assert_eq!((over.share, over.limit, over.used), (Some(1), 0, usd("0.4").nanos()));
    }
    books.settle(&grant, usd("0.1")).await;
    books.settle(&grant, usd("0.1")).await;
    let grant = shared(&books, &key, &own, &with(much.as_slice())).await;
    let used = |share: Option<usize>, limit: usize| {
        let found = grant.readings.iter().find(|r| (r.share, r.limit) == (share, limit));
        found.map(|reading| reading.used)
    };
    // The refused ones left nothing behind.
    assert_eq!(used(None, 0), Some(2));
    assert_eq!((used(Some(0), 0), used(Some(0), 1)), (Some(2), Some(1)));
    assert_eq!(used(Some(1), 0), Some(usd("0.5").nanos()));
    // Another version of the user's record.
    let stale = [Share { subject: user, version: Some(4), limits: &little }];
    let answer = books.admit(&key, &own, &stale).await.unwrap();
    assert_eq!(answer, Admission::Refused(Refusal::StaleShare(0)));
    books.store.ledger().release(&grant).await.unwrap();
    assert_eq!(books.spend(&key).await.spent, usd("0.1"));
    let grant = shared(&books, &key, &own, &with(little.as_slice())).await;
    assert_eq!(grant.readings.last().map(|reading| reading.used), Some(usd("0.3").nanos()));
}

#[tokio::test]
async fn asking_twice_for_one_call_takes_once_of_every_limit() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let team = Subject::Team("t".to_owned());
    let limits = [limit(Measure::Requests, 9, 1), limit(Measure::Tokens, 900, 100)];
    let others = [Share { subject: &team, version: None, limits: &limits }];
    let call = books.call(&key);
    let one = books.admit_as(&call, &key, &limits, &others).await.unwrap();
    let two = books.admit_as(&call, &key, &limits, &others).await.unwrap();
    assert_eq!(one, two);
    let Admission::Granted(grant) = two else { panic!("it was granted") };
    assert!(grant.readings.iter().all(|reading| matches!(reading.used, 1 | 100)), "{grant:?}");
}

#[tokio::test]
async fn a_crashed_call_is_charged_on_every_subject_and_corrected_when_it_settles_late() {
    let books = Books::new().await;
    let key = books.key(Some(usd("5"))).await;
    let team = Subject::Team("t".to_owned());
    let day =
        Span::Fixed("1d", BudgetDuration::parse("1d").unwrap().window(books.now(), &TimeZone::UTC));
    let money = |need: &str| {
        [Limit { span: day, ..limit(Measure::Money, usd("1").nanos(), usd(need).nanos()) }]
    };
    let dear = money("0.7");
    let others = [Share { subject: &team, version: None, limits: &dear }];
    let grant = shared(&books, &key, &[], &others).await;
    books.advance(Duration::from_secs(100));
    books.store.ledger().sweep(books.now()).await.unwrap();
    assert_eq!(books.spend(&key).await.spent, usd("0.7"));
    let over = refused(&books, &key, &[], &[Share { limits: &money("0.4"), ..others[0] }]).await;
    assert_eq!(over.used, usd("0.7").nanos());
    books.settle(&grant, usd("0.2")).await;
    let cheap = money("0.1");
    let grant = shared(&books, &key, &[], &[Share { limits: &cheap, ..others[0] }]).await;
    assert_eq!(grant.readings[0].used, usd("0.3").nanos());
    books.settle(&grant, usd("0.1")).await;
    assert_eq!(books.spend(&key).await.spent, usd("0.3"));
    assert_eq!(books.rows(&key).await, usd("0.3"));
}

#[tokio::test]
async fn a_crash_between_row_and_guards_is_settled_at_the_row_on_every_subject() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::over(client_over(faulty.clone())).await;
    let key = books.key(Some(usd("1"))).await;
    let team = Subject::Team("t".to_owned());
    let tokens =
        |need| [Limit { span: Span::Rolling(86_400_000), ..limit(Measure::Tokens, 1_000, need) }];
    let many = tokens(500);
    let others = [Share { subject: &team, version: None, limits: &many }];
    let grant = shared(&books, &key, &[], &others).await;
    for _ in 0..16 {
        faulty.next("UpdateItem", Fault::LostBefore);
    }
    let row = UsageRow { prompt_tokens: 20, completion_tokens: 3, ..books.row(&grant, usd("0")) };
    books.store.ledger().settle(&grant, row).await.unwrap_err();
    faulty.clear();
    books.advance(Duration::from_secs(120));
    books.store.ledger().sweep(books.now()).await.unwrap();
    let few = tokens(1);
    let grant = shared(&books, &key, &[], &[Share { limits: &few, ..others[0] }]).await;
    assert_eq!(grant.readings[0].used, 24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_limit_of_any_subject_is_passed_in_a_race() {
    let books = Arc::new(Books::new().await);
    let keys = [books.key(None).await, books.key(None).await, books.key(None).await];
    let mut tasks = JoinSet::new();
    for task in 0..36_usize {
        let (books, key) = (Arc::clone(&books), keys[task % 3].clone());
        tasks.spawn(async move {
            let team = Subject::Team("t".to_owned());
            let user = Subject::User(format!("u{}", task % 2));
            let own = [limit(Measure::Requests, 40, 1)];
            let of_team = [limit(Measure::Requests, 70, 1), limit(Measure::Parallel, 6, 1)];
            let of_user = [limit(Measure::Tokens, 4_000, 100)];
            let others = [
                Share { subject: &team, version: None, limits: &of_team },
                Share { subject: &user, version: None, limits: &of_user },
            ];
            let mut admitted = 0;
            for _ in 0..5 {
                match books.admit(&key, &own, &others).await.unwrap() {
                    Admission::Granted(grant) => {
                        for reading in &grant.readings {
                            assert!(reading.used <= reading.max, "{reading:?}");
                        }
                        tokio::task::yield_now().await;
                        settle(&books, &grant, 50, 20).await;
                        admitted += 1;
                    }
                    Admission::Refused(Refusal::OverLimit(reading)) => {
                        assert!(reading.used <= reading.max, "{reading:?}");
                    }
                    Admission::Refused(other) => panic!("{other:?}"),
                }
            }
            admitted
        });
    }
    let admitted: i64 = tasks.join_all().await.into_iter().sum();
    assert!((6..=70).contains(&admitted), "{admitted}");
    // All that was refused has been given back: what is counted is what was admitted.
    let team = Subject::Team("t".to_owned());
    let limits = [limit(Measure::Requests, 1_000, 1), limit(Measure::Parallel, 6, 1)];
    let others = [Share { subject: &team, version: None, limits: &limits }];
    let last = shared(&books, &keys[0], &[], &others).await;
    assert_eq!(last.readings[0].used, admitted + 1);
    assert_eq!(last.readings[1].used, 1);
}

#[tokio::test]
async fn lost_answers_and_throttling_count_no_limit_twice() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Throttled, Fault::Internal] {
        let engine = Engine::memory().unwrap();
        let faulty = Faulty::new(engine.connector());
        let books = Books::over(client_over(faulty.clone())).await;
        let key = books.key(None).await;
        let team = Subject::Team("t".to_owned());
        let limits = [limit(Measure::Requests, 9, 1), limit(Measure::Tokens, 900, 100)];
        let others = [Share { subject: &team, version: None, limits: &limits }];
        let first = shared(&books, &key, &limits, &others).await;
        settle(&books, &first, 0, 0).await;
        for _ in 0..2 {
            faulty.next("UpdateItem", fault);
        }
        let grant = shared(&books, &key, &limits, &others).await;
        assert!(grant.readings.iter().all(|r| matches!(r.used, 2 | 100)), "{fault:?} {grant:?}");
        for _ in 0..2 {
            faulty.next("UpdateItem", fault);
        }
        settle(&books, &grant, 10, 5).await;
        assert_eq!(faulty.left(), 0);
        let grant = shared(&books, &key, &limits, &others).await;
        assert!(grant.readings.iter().all(|r| matches!(r.used, 3 | 115)), "{fault:?} {grant:?}");
    }
}
