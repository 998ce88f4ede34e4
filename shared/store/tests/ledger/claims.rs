//! Who serves a call is held to limits as well: each attempt claims what it needs of its deployment and
//! provider, and only the one that was answered is charged.

use std::{sync::Arc, time::Duration};

use crate::{
    books::{Books, usd},
    limits::limit,
};
use sluice_embedded::{Engine, Faulty, client_over};
use sluice_store::{
    Admission, Ask, CallId, Claim, Grant, KeyRecord, LedgerMode, Limit, Measure, NanoUsd, Reading,
    Refusal, RowStatus, Share, Span, Spend, Subject, UsageRow,
};
use tokio::task::JoinSet;

const BOTH: [LedgerMode; 2] = [LedgerMode::Strict, LedgerMode::Batched];
/// A lease, and what it takes until it counts as crashed.
const CRASHED: Duration = Duration::from_secs(100);
/// How long a charge in full is corrected.
const DAY: Duration = Duration::from_secs(25 * 60 * 60);

fn deployment(id: &str) -> Subject {
    Subject::Deployment(id.to_owned())
}

fn provider() -> Subject {
    Subject::Provider("p".to_owned())
}

fn money(max: &str, need: &str) -> Limit<'static> {
    let (max, need) = (usd(max).nanos(), usd(need).nanos());
    Limit { measure: Measure::Money, model: None, span: Span::Always, max, need, floor: need }
}

async fn kept(mode: LedgerMode) -> Books {
    Books::kept(Engine::memory().unwrap().client(), mode).await
}

/// A call of a key that may spend enough.
async fn admitted(books: &Books, key: &KeyRecord) -> Grant {
    let call = books.call(key);
    let worst = usd("0.01");
    let ask = Ask { worst, floor: worst, ..books.asked(&call, key) };
    match books.store.ledger().reserve_alone(&ask).await.unwrap() {
        Admission::Granted(grant) => grant,
        Admission::Refused(refusal) => panic!("{refusal:?}"),
    }
}

async fn claim(
    books: &Books,
    (key, call): (&KeyRecord, &CallId),
    shares: &[(&Subject, &[Limit<'_>])],
) -> Result<Claim, Refusal> {
    let others: Vec<Share<'_>> =
        shares.iter().map(|(subject, limits)| Share { subject, version: None, limits }).collect();
    let ask = Ask { others: &others, ..books.asked(call, key) };
    books.store.ledger().claim(&ask).await.unwrap()
}

fn over(refused: Result<Claim, Refusal>) -> Reading {
    match refused {
        Err(Refusal::OverLimit(reading)) => reading,
        other => panic!("{other:?}"),
    }
}

/// The row of a call that `id` served.
fn served(books: &Books, grant: &Grant, id: &str, spend: &str) -> UsageRow {
    UsageRow {
        model_id: id.to_owned(),
        provider: "p".to_owned(),
        prompt_tokens: 30,
        completion_tokens: 10,
        ..books.row(grant, usd(spend))
    }
}

/// With the eyes of another process, once this one has written what it holds.
async fn balance(books: &Books, subject: &Subject) -> Spend {
    books.catch_up().await;
    let strict = books.process(LedgerMode::Strict);
    let balances =
        strict.store.ledger().balances(&[(subject.clone(), Span::Always)]).await.unwrap();
    balances.into_iter().next().unwrap()
}

fn spent(amount: &str) -> (NanoUsd, NanoUsd) {
    (usd(amount), NanoUsd::ZERO)
}

#[tokio::test]
async fn who_served_is_charged_with_the_call_and_once() {
    for mode in BOTH {
        let books = kept(mode).await;
        let key = books.key(Some(usd("1"))).await;
        let (own, whole) = (deployment("d"), provider());
        let of_deployment = [
            money("0.02", "0.01"),
            limit(Measure::Requests, 3, 1),
            limit(Measure::Tokens, 1_000, 50),
            limit(Measure::Parallel, 1, 1),
        ];
        let of_provider = [money("5", "0.01")];
        let shares: [(&Subject, &[Limit<'_>]); 2] =
            [(&own, &of_deployment), (&whole, &of_provider)];
        let mut grant = admitted(&books, &key).await;
        let held = claim(&books, (&key, &grant.call), &shares).await.unwrap();
        assert_eq!(held.amount, Some(usd("0.01")), "{mode:?}");
        grant.join(held);
        let other = admitted(&books, &key).await;
        let full = over(claim(&books, (&key, &other.call), &shares).await);
        assert_eq!((full.share, full.limit, full.max), (Some(0), 3, 1), "{mode:?}");
        let row = served(&books, &grant, "d", "0.004");
        books.store.ledger().settle(&grant, row.clone()).await.unwrap();
        books.store.ledger().settle(&grant, row).await.unwrap();
        for subject in [&own, &whole] {
            let balance = balance(&books, subject).await;
            assert_eq!((balance.spent, balance.reserved), spent("0.004"), "{mode:?} {subject}");
        }
        // 40 tokens and one request are used; the slot is free.
        let again = claim(&books, (&key, &other.call), &shares).await.unwrap();
        let standing = |limit| again.readings.iter().find(|one| one.limit == limit).unwrap().used;
        assert_eq!((standing(1), standing(2)), (2, 90), "{mode:?}");
        let mut other = other;
        other.join(again);
        books.store.ledger().release(&other).await.unwrap();
        let balance = balance(&books, &own).await;
        assert_eq!((balance.spent, balance.reserved), spent("0.004"), "{mode:?}");
        // Released, it is no request either.
        let third = admitted(&books, &key).await;
        let third = claim(&books, (&key, &third.call), &shares).await.unwrap();
        assert_eq!(third.readings.iter().find(|one| one.limit == 1).unwrap().used, 2, "{mode:?}");
    }
}

#[tokio::test]
async fn an_attempt_that_moves_on_leaves_a_request_and_nothing_else() {
    for mode in BOTH {
        let books = kept(mode).await;
        let key = books.key(None).await;
        let own = deployment("d");
        let limits = [
            money("0.01", "0.01"),
            limit(Measure::Requests, 2, 1),
            limit(Measure::Tokens, 50, 50),
            limit(Measure::Parallel, 1, 1),
        ];
        let shares: [(&Subject, &[Limit<'_>]); 1] = [(&own, &limits)];
        let mut grant = admitted(&books, &key).await;
        for (asked, used) in [(true, 1), (false, 2), (true, 2)] {
            let held = claim(&books, (&key, &grant.call), &shares).await.unwrap();
            let requests = held.readings.iter().find(|one| one.limit == 1).unwrap();
            assert_eq!(requests.used, used, "{mode:?}");
            books.store.ledger().give_up(&held, asked).await.unwrap();
            books.store.ledger().give_up(&held, asked).await.unwrap();
        }
        let full = over(claim(&books, (&key, &grant.call), &shares).await);
        assert_eq!((full.limit, full.used, full.max), (1, 2, 2), "{mode:?}");
        books.advance(Duration::from_secs(60));
        let held = claim(&books, (&key, &grant.call), &shares).await.unwrap();
        grant.join(held);
        let row = served(&books, &grant, "d", "0.01");
        books.store.ledger().settle(&grant, row).await.unwrap();
        let balance = balance(&books, &own).await;
        assert_eq!((balance.spent, balance.reserved), spent("0.01"), "{mode:?}");
    }
}

/// A process that ended between one attempt and the next leaves the first one's claim behind: the row
/// tells that somebody else served.
#[tokio::test]
async fn nobody_pays_for_what_another_served() {
    for mode in BOTH {
        let books = kept(mode).await;
        let key = books.key(Some(usd("1"))).await;
        let (first, second) = (deployment("first"), deployment("second"));
        let limits = [money("0.01", "0.01"), limit(Measure::Parallel, 1, 1)];
        let mut grant = admitted(&books, &key).await;
        let left = claim(&books, (&key, &grant.call), &[(&first, &limits)]).await.unwrap();
        drop(left);
        let held = claim(&books, (&key, &grant.call), &[(&second, &limits)]).await.unwrap();
        grant.join(held);
        let row = served(&books, &grant, "second", "0.006");
        books.store.ledger().settle(&grant, row).await.unwrap();
        assert_eq!(balance(&books, &first).await.reserved, usd("0.01"), "{mode:?}");
        books.advance(CRASHED);
        books.catch_up().await;
        let other = books.process(LedgerMode::Strict);
        other.store.ledger().sweep(books.now()).await.unwrap();
        let of_first = balance(&books, &first).await;
        assert_eq!((of_first.spent, of_first.reserved), spent("0"), "{mode:?}");
        let of_second = balance(&books, &second).await;
        assert_eq!((of_second.spent, of_second.reserved), spent("0.006"), "{mode:?}");
        // To the last cent, and with its slot.
        let next = admitted(&books, &key).await;
        let held = claim(&books, (&key, &next.call), &[(&first, &limits)]).await.unwrap();
        assert_eq!(held.amount, Some(usd("0.01")), "{mode:?}");
    }
}

#[tokio::test]
async fn a_crashed_attempt_is_charged_in_full_and_corrected_when_its_call_settles_late() {
    for mode in BOTH {
        let books = kept(mode).await;
        let key = books.key(Some(usd("1"))).await;
        let (own, limits) = (deployment("d"), [money("0.02", "0.01")]);
        let mut grant = admitted(&books, &key).await;
        let held = claim(&books, (&key, &grant.call), &[(&own, &limits)]).await.unwrap();
        grant.join(held);
        books.advance(CRASHED);
        let other = books.process(LedgerMode::Strict);
        other.store.ledger().sweep(books.now()).await.unwrap();
        let charged = balance(&books, &own).await;
        assert_eq!((charged.spent, charged.reserved), spent("0.01"), "{mode:?}");
        let row = served(&books, &grant, "d", "0.003");
        books.store.ledger().settle(&grant, row).await.unwrap();
        let settled = balance(&books, &own).await;
        assert_eq!((settled.spent, settled.reserved), spent("0.003"), "{mode:?}");
        assert_eq!(books.spend(&key).await.spent, usd("0.003"), "{mode:?}");
        assert_eq!(books.rows(&key).await, usd("0.003"), "{mode:?}");
    }
}

#[tokio::test]
async fn a_claim_is_renewed_while_its_attempt_is_under_way() {
    for mode in BOTH {
        let books = kept(mode).await;
        let key = books.key(None).await;
        let (own, limits) = (deployment("d"), [money("1", "0.01"), limit(Measure::Parallel, 1, 1)]);
        let grant = admitted(&books, &key).await;
        let held = claim(&books, (&key, &grant.call), &[(&own, &limits)]).await.unwrap();
        for _ in 0..6 {
            books.advance(Duration::from_secs(60));
            let expires = books.now().after(Duration::from_secs(90));
            books.store.ledger().renew_claim(&held, expires).await.unwrap();
            books.catch_up().await;
            let other = books.process(LedgerMode::Strict);
            other.store.ledger().sweep(books.now()).await.unwrap();
            assert_eq!(balance(&books, &own).await.reserved, usd("0.01"), "{mode:?}");
            let next = books.call(&key);
            assert_eq!(over(claim(&books, (&key, &next), &[(&own, &limits)]).await).limit, 1);
        }
        books.store.ledger().give_up(&held, false).await.unwrap();
        assert_eq!(balance(&books, &own).await.reserved, NanoUsd::ZERO);
    }
}

/// What a claim costs: nothing where rates alone are limited and the books are batched, one write of
/// each guard to take it and one to settle it otherwise.
#[tokio::test]
async fn what_a_claim_writes() {
    for (mode, rates, writes) in [
        (LedgerMode::Strict, true, 20),
        (LedgerMode::Strict, false, 20),
        (LedgerMode::Batched, true, 0),
        (LedgerMode::Batched, false, 20),
    ] {
        let faulty = Faulty::new(Engine::memory().unwrap().connector());
        let books = Books::kept(client_over(faulty.clone()), mode).await;
        let key = books.key(None).await;
        let own = deployment("d");
        let rate = [limit(Measure::Requests, 10_000, 1)];
        let budget = [money("100", "0.01")];
        let limits: &[Limit<'_>] = if rates { &rate } else { &budget };
        let call = || async {
            let call = books.call(&key);
            let held = claim(&books, (&key, &call), &[(&own, limits)]).await.unwrap();
            books.store.ledger().give_up(&held, true).await.unwrap();
        };
        // The guard is made, and an allowance is sized.
        for _ in 0..3 {
            call().await;
        }
        let before = faulty.seen("UpdateItem");
        for _ in 0..10 {
            call().await;
        }
        assert_eq!(faulty.seen("UpdateItem") - before, writes, "{mode:?} {rates}");
    }
}

const TASKS: u64 = 24;
const TURNS: u64 = 6;

/// Callers in four processes, who fail over, give back and die at every step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_processes_and_crashes_spend_what_was_served_and_no_more() {
    let one = Arc::new(kept(LedgerMode::Strict).await);
    let all: Vec<Arc<Books>> =
        [LedgerMode::Strict, LedgerMode::Batched, LedgerMode::Strict, LedgerMode::Batched]
            .into_iter()
            .map(|mode| Arc::new(one.process(mode)))
            .collect();
    let key = one.key(None).await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let books = Arc::clone(&all[usize::try_from(task).unwrap() % all.len()]);
        tasks.spawn(callers(books, key.clone(), task));
    }
    let (mut settled, mut refused) = ([NanoUsd::ZERO; 2], 0);
    for (spent, over) in tasks.join_all().await {
        for (sum, spent) in settled.iter_mut().zip(spent) {
            *sum = sum.saturating_add(spent);
        }
        refused += over;
    }
    assert!(refused > 0, "the budgets were never met");
    one.advance(CRASHED);
    for books in &all {
        books.store.ledger().flush().await.unwrap();
    }
    for _ in 0..2 {
        one.store.ledger().sweep(one.now()).await.unwrap();
    }
    let subjects = [deployment("a"), deployment("b"), provider()];
    for subject in &subjects {
        let balance = balance(&one, subject).await;
        assert_eq!(balance.reserved, NanoUsd::ZERO, "{subject}");
        assert!(balance.spent <= usd("0.06"), "{subject}: {}", balance.spent);
    }
    // Who never came back has been charged to the key alone by now.
    one.advance(DAY);
    for _ in 0..2 {
        one.store.ledger().sweep(one.now()).await.unwrap();
    }
    let sum = settled[0].saturating_add(settled[1]);
    for (subject, expected) in subjects.iter().zip([settled[0], settled[1], sum]) {
        let balance = balance(&one, subject).await;
        assert_eq!((balance.spent, balance.reserved), (expected, NanoUsd::ZERO), "{subject}");
    }
}

/// What each deployment served, and how often nobody had enough left.
async fn callers(books: Arc<Books>, key: KeyRecord, task: u64) -> ([NanoUsd; 2], usize) {
    let (mut served, mut refused) = ([NanoUsd::ZERO; 2], 0);
    let whole = provider();
    let limits = [money("0.05", "0.001"), limit(Measure::Parallel, 1_000, 1)];
    let of_provider = [money("0.06", "0.001")];
    for turn in 0..TURNS {
        let dice = (task * 7 + turn * 5) % 11;
        let mut grant = admitted(&books, &key).await;
        for (place, id) in ["a", "b"].into_iter().enumerate() {
            let own = deployment(id);
            let shares: [(&Subject, &[Limit<'_>]); 2] = [(&own, &limits), (&whole, &of_provider)];
            let held = match claim(&books, (&key, &grant.call), &shares).await {
                Ok(held) => held,
                Err(_) => {
                    refused += 1;
                    continue;
                }
            };
            match (dice, place) {
                // It dies here, or after the first attempt has failed.
                (0, 0) => break,
                (1, 0) => continue,
                (2 | 3, 0) => books.store.ledger().give_up(&held, dice == 2).await.unwrap(),
                (4, _) => {
                    grant.join(held);
                    books.store.ledger().release(&grant).await.unwrap();
                    break;
                }
                _ => {
                    grant.join(held);
                    let spend =
                        NanoUsd::from_nanos(400_000 + i64::try_from(dice).unwrap() * 50_000);
                    let row = UsageRow {
                        model_id: id.to_owned(),
                        provider: "p".to_owned(),
                        status: RowStatus::Success,
                        ..books.row(&grant, spend)
                    };
                    books.store.ledger().settle(&grant, row).await.unwrap();
                    let sum = served.get_mut(place).unwrap();
                    *sum = sum.saturating_add(spend);
                    break;
                }
            }
        }
    }
    (served, refused)
}
