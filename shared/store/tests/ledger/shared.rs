//! Slices and allowances where a call is held against several subjects: paid in memory, all of them
//! exact, whatever becomes of the process.

use std::{sync::Arc, time::Duration};

use crate::{
    books::{Books, usd},
    limits::limit,
};
use sluice_embedded::{Engine, Fault, Faulty, client_over};
use sluice_store::{
    Admission, Grant, KeyRecord, LedgerMode, Limit, Measure, NanoUsd, Reading, Refusal, Share,
    Span, Spend, Subject, UsageRow,
};
use tokio::task::JoinSet;

const NOTHING: NanoUsd = NanoUsd::ZERO;

fn team() -> Subject {
    Subject::Team("t".to_owned())
}

fn money(max: NanoUsd, need: NanoUsd) -> Limit<'static> {
    let (max, need) = (max.nanos(), need.nanos());
    Limit { measure: Measure::Money, model: None, span: Span::Always, max, need, floor: need }
}

/// A call that its team pays as well, out of `max`.
async fn ask(books: &Books, key: &KeyRecord, max: NanoUsd, worst: NanoUsd) -> Admission {
    let (team, limits) = (team(), [money(max, worst)]);
    books
        .admit(key, &[], &[Share { subject: &team, version: None, limits: &limits }])
        .await
        .unwrap()
}

async fn granted(books: &Books, key: &KeyRecord, max: NanoUsd, worst: NanoUsd) -> Grant {
    match ask(books, key, max, worst).await {
        Admission::Granted(grant) => grant,
        Admission::Refused(refusal) => panic!("{refusal:?}"),
    }
}

/// What the team has spent and holds, with the eyes of another process.
async fn of_team(books: &Books) -> Spend {
    let strict = books.process(LedgerMode::Strict);
    let balances = strict.store.ledger().balances(&[(team(), Span::Always)]).await.unwrap();
    balances.into_iter().next().unwrap()
}

async fn of_key(books: &Books, key: &KeyRecord) -> Spend {
    books.process(LedgerMode::Strict).spend(key).await
}

async fn sweep(books: &Books) {
    let other = books.process(LedgerMode::Strict);
    other.store.ledger().sweep(books.now()).await.unwrap();
}

fn spent(amount: &str) -> Spend {
    Spend { spent: usd(amount), reserved: NOTHING, total: usd(amount) }
}

#[tokio::test]
async fn calls_of_several_subjects_are_paid_in_memory_and_written_down_together() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let books = Books::kept(client_over(faulty.clone()), LedgerMode::Batched).await;
    let key = books.key(Some(usd("100"))).await;
    let (team, user) = (team(), Subject::User("u".to_owned()));
    let need = usd("0.01");
    let of_model = Limit { model: Some("gpt-4o"), ..money(usd("50"), need) };
    let own = [limit(Measure::Requests, 10_000, 1), of_model];
    let of_team = [money(usd("20"), need), limit(Measure::Tokens, 1_000_000, 10)];
    // Counted, without a budget.
    let of_user = [Limit { max: i64::MAX, ..money(need, need) }];
    let others = [
        Share { subject: &team, version: None, limits: &of_team },
        Share { subject: &user, version: None, limits: &of_user },
    ];
    let call = || async {
        let Admission::Granted(grant) = books.admit(&key, &own, &others).await.unwrap() else {
            panic!("there is enough of everything")
        };
        let row = UsageRow { prompt_tokens: 4, ..books.row(&grant, usd("0.004")) };
        books.store.ledger().settle(&grant, row).await.unwrap();
        grant.readings
    };
    for _ in 0..3 {
        call().await;
    }
    let before = faulty.seen("UpdateItem");
    for _ in 0..12 {
        call().await;
    }
    let last = call().await;
    assert_eq!(faulty.seen("UpdateItem"), before, "a call asked the database");
    let (money, rates): (Vec<&Reading>, Vec<&Reading>) =
        last.iter().partition(|reading| reading.share.is_some() && reading.limit == 0);
    let used: Vec<_> = money.iter().map(|reading| (reading.share, reading.used)).collect();
    let all = usd("0.07").nanos();
    assert_eq!(used, [(Some(0), all), (Some(1), all)]);
    let places: Vec<_> = rates.iter().map(|r| (r.share, r.limit, r.used % 1_000)).collect();
    assert_eq!(places[0], (None, 0, 16));
    assert_eq!((places[1].0, places[1].1), (Some(0), 1));
    books.store.ledger().flush().await.unwrap();
    let strict = books.process(LedgerMode::Strict);
    let asked = [(team.clone(), Span::Always), (user.clone(), Span::Always)];
    let balances = strict.store.ledger().balances(&asked).await.unwrap();
    assert_eq!(balances, [spent("0.064"), spent("0.064")]);
    assert_eq!(of_key(&books, &key).await, spent("0.064"));
    assert_eq!(strict.rows(&key).await, usd("0.064"));
    let Admission::Granted(grant) = strict.admit(&key, &own, &others).await.unwrap() else {
        panic!("there is enough of everything")
    };
    let used: Vec<i64> = grant.readings.iter().map(|reading| reading.used).collect();
    let money = usd("0.074").nanos();
    assert_eq!(used, [17, money, money, 16 * 4 + 10, money]);
}

#[tokio::test]
async fn a_teams_last_cent_is_spent_by_many_keys_and_not_overspent() {
    let books = Books::batched().await;
    let other = books.process(LedgerMode::Batched);
    let keys = [books.key(None).await, books.key(Some(usd("5"))).await, books.key(None).await];
    let (max, worst, cost) = (usd("0.1"), usd("0.005"), usd("0.002"));
    let mut paid = NOTHING;
    for n in 0..200_usize {
        let books = if n % 2 == 0 { &books } else { &other };
        if let Admission::Granted(grant) = ask(books, &keys[n % 3], max, worst).await {
            books.settle(&grant, cost).await;
            paid = paid.saturating_add(cost);
        }
    }
    for books in [&books, &other] {
        books.store.ledger().flush().await.unwrap();
    }
    assert_eq!(of_team(&books).await, Spend { spent: paid, reserved: NOTHING, total: paid });
    // Less than one more call is left of it, and that is granted to whoever can do with it.
    let left = max.saturating_sub(paid);
    assert!(left < worst, "{left}");
    let grant = granted(&books, &keys[0], max, left).await;
    assert_eq!(grant.amount, left);
    let refused = ask(&other, &keys[1], max, NanoUsd::from_nanos(1)).await;
    assert!(
        matches!(
            refused,
            Admission::Refused(Refusal::OverLimit(Reading { share: Some(0), limit: 0, .. }))
        ),
        "{refused:?}"
    );
    books.settle(&grant, left).await;
    books.store.ledger().flush().await.unwrap();
    assert_eq!(of_team(&books).await.spent, max);
}

#[tokio::test]
async fn a_process_that_dies_is_charged_what_it_held_of_every_subject() {
    // Rows written or not, and the guards written down or not.
    for (settled, flushed) in [(0, false), (2, false), (2, true)] {
        let books = Books::batched().await;
        let key = books.key(Some(usd("10"))).await;
        let max = usd("4");
        let mut grants = Vec::new();
        for _ in 0..3 {
            grants.push(granted(&books, &key, max, usd("0.1")).await);
        }
        for grant in grants.iter().take(settled) {
            books.settle(grant, usd("0.06")).await;
        }
        if flushed {
            books.catch_up().await;
            assert_eq!(of_team(&books).await.spent, usd("0.12"));
        }
        let held = of_team(&books).await;
        assert_eq!(of_key(&books, &key).await.reserved, held.reserved, "{settled}, {flushed}");
        books.advance(Duration::from_secs(40));
        sweep(&books).await;
        sweep(&books).await;
        let (team, own) = (of_team(&books).await, of_key(&books, &key).await);
        let rows = books.process(LedgerMode::Strict).rows(&key).await;
        assert_eq!((team.spent, team.reserved), (own.spent, NOTHING), "{settled}, {flushed}");
        assert_eq!(team.total, rows, "{settled}, {flushed}");
        assert_eq!(team.spent, usd("0.3"), "{settled}, {flushed}");
        // A day later the charge stands, and is the same.
        books.advance(Duration::from_secs(2 * 86_400));
        sweep(&books).await;
        sweep(&books).await;
        assert_eq!(of_team(&books).await.spent, team.spent);
    }
}

#[tokio::test]
async fn a_process_that_was_only_slow_is_charged_what_it_used_of_every_subject() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("10"))).await;
    let one = granted(&books, &key, usd("4"), usd("0.5")).await;
    let two = granted(&books, &key, usd("4"), usd("0.5")).await;
    books.settle(&one, usd("0.2")).await;
    books.advance(Duration::from_secs(40));
    sweep(&books).await;
    assert_eq!(of_team(&books).await.spent, of_key(&books, &key).await.spent);
    books.settle(&two, usd("0.1")).await;
    books.store.ledger().flush().await.unwrap();
    sweep(&books).await;
    assert_eq!(of_key(&books, &key).await, spent("0.3"));
    assert_eq!(of_team(&books).await, spent("0.3"));
    assert_eq!(books.rows(&key).await, usd("0.3"));
}

#[tokio::test]
async fn a_call_that_never_settles_is_charged_to_every_subject_and_corrected_when_it_does() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("10"))).await;
    let grant = granted(&books, &key, usd("4"), usd("0.5")).await;
    for _ in 0..10 {
        // The process lives, and renews its slice.
        books.advance(Duration::from_secs(12));
        books.catch_up().await;
    }
    assert_eq!(of_team(&books).await.spent, usd("0.5"));
    assert_eq!(of_key(&books, &key).await.spent, usd("0.5"));
    books.settle(&grant, usd("0.2")).await;
    books.store.ledger().flush().await.unwrap();
    assert_eq!(of_team(&books).await, spent("0.2"));
    assert_eq!(of_key(&books, &key).await, spent("0.2"));
    assert_eq!(books.rows(&key).await, usd("0.2"));
}

#[tokio::test]
async fn what_was_not_used_of_any_subject_goes_back_when_the_process_stops() {
    let books = Books::batched().await;
    let key = books.key(None).await;
    let grant = granted(&books, &key, usd("4"), usd("0.5")).await;
    let given_back = granted(&books, &key, usd("4"), usd("0.5")).await;
    books.store.ledger().release(&given_back).await.unwrap();
    books.settle(&grant, usd("0.25")).await;
    books.store.ledger().flush().await.unwrap();
    assert_eq!(of_team(&books).await, spent("0.25"));
    // Another limit is another slice: it holds from the next call on.
    let over = ask(&books, &key, usd("0.3"), usd("0.1")).await;
    assert!(matches!(over, Admission::Refused(Refusal::OverLimit(_))), "{over:?}");
}

/// Two processes, two keys, one team that pays: with faults at the one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_budget_of_any_subject_is_passed_in_a_race_with_faults() {
    let engine = Engine::memory().unwrap();
    let faulty = Faulty::new(engine.connector());
    let calm = Arc::new(Books::kept(engine.client(), LedgerMode::Batched).await);
    let shaken = Arc::new(calm.process_over(client_over(faulty.clone()), LedgerMode::Batched));
    let keys = [calm.key(Some(usd("0.5"))).await, calm.key(None).await];
    let max = usd("0.6");
    faulty.storm(7, 12, &[Fault::LostAfter, Fault::LostBefore, Fault::Throttled, Fault::Slow]);
    let mut tasks = JoinSet::new();
    for task in 0..16_usize {
        let books = Arc::clone(if task % 2 == 0 { &calm } else { &shaken });
        let key = keys[task / 2 % 2].clone();
        tasks.spawn(async move {
            let (team, limits) = (team(), [money(max, usd("0.004"))]);
            let others = [Share { subject: &team, version: None, limits: &limits }];
            for turn in 0..25_u8 {
                let Ok(Admission::Granted(grant)) = books.admit(&key, &[], &others).await else {
                    continue;
                };
                tokio::task::yield_now().await;
                let row = books.row(&grant, usd("0.003"));
                match turn % 5 {
                    0 => drop(books.store.ledger().release(&grant).await),
                    _ => drop(books.store.ledger().settle(&grant, row).await),
                }
            }
        });
    }
    tasks.join_all().await;
    faulty.clear();
    for books in [&calm, &shaken] {
        books.store.ledger().flush().await.unwrap();
    }
    calm.advance(Duration::from_secs(150));
    for _ in 0..3 {
        sweep(&calm).await;
    }
    let of_keys = [of_key(&calm, &keys[0]).await, of_key(&calm, &keys[1]).await];
    let rows = calm.rows(&keys[0]).await.saturating_add(calm.rows(&keys[1]).await);
    let of_team = of_team(&calm).await;
    assert_eq!(of_team.reserved, NOTHING);
    assert_eq!((of_team.spent, of_team.total), (rows, rows));
    assert_eq!(of_keys[0].spent.saturating_add(of_keys[1].spent), rows);
    assert!(of_team.spent <= max && of_keys[0].spent <= usd("0.5"), "{of_team:?} {of_keys:?}");
    assert!(of_team.spent > usd("0.4"), "{of_team:?}");
}
