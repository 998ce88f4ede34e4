//! Many callers on one small budget: never overspent, and every row accounted for.

use std::sync::Arc;

use crate::books::{Books, usd};
use aws_sdk_dynamodb::Client;
use sluice_embedded::{Engine, endpoint_client};
use sluice_store::{Admission, KeyRecord, LedgerMode, NanoUsd, Refusal};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

const TASKS: i64 = 64;
const TURNS: i64 = 5;
const BUDGET: &str = "0.0004";

/// 64 tasks over two processes: about three times what the budget pays for.
async fn race(client: Client, modes: [LedgerMode; 2]) {
    let one = Arc::new(Books::kept(client, modes[0]).await);
    let two = Arc::new(one.process(modes[1]));
    let key = one.key(Some(usd(BUDGET))).await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let books = Arc::clone(if task % 2 == 0 { &one } else { &two });
        tasks.spawn(calls(books, key.clone(), task));
    }
    let settled = tasks.join_all().await.into_iter().fold(NanoUsd::ZERO, NanoUsd::saturating_add);
    for books in [&one, &two] {
        books.store.ledger().flush().await.unwrap();
    }
    let spend = one.process(LedgerMode::Strict).spend(&key).await;
    assert_eq!((spend.spent, spend.reserved), (settled, NanoUsd::ZERO), "{modes:?}");
    assert_eq!(one.rows(&key).await, settled, "{modes:?}");
    assert!(settled <= usd(BUDGET), "{modes:?}: {settled}");
    assert!(settled >= usd("0.0003"), "{modes:?}: {settled}");
}

async fn calls(books: Arc<Books>, key: KeyRecord, task: i64) -> NanoUsd {
    let mut settled = NanoUsd::ZERO;
    for turn in 0..TURNS {
        let worst = NanoUsd::from_nanos(4_000 + 100 * (task % 7));
        let floor = NanoUsd::from_nanos(worst.nanos() / (1 + turn % 3));
        let grant = match books.reserve(&key, worst, floor).await {
            Admission::Granted(grant) => grant,
            Admission::Refused(Refusal::OverBudget { spent, reserved, max, .. }) => {
                assert!(spent.saturating_add(reserved) <= max);
                continue;
            }
            Admission::Refused(other) => panic!("{other:?}"),
        };
        tokio::task::yield_now().await;
        if (task + turn) % 17 == 0 {
            books.store.ledger().release(&grant).await.unwrap();
            continue;
        }
        let actual = NanoUsd::from_nanos(1_000 + 300 * ((task + turn) % 10)).min(grant.amount);
        books.settle(&grant, actual).await;
        settled = settled.saturating_add(actual);
    }
    settled
}

const MODES: [[LedgerMode; 2]; 3] = [
    [LedgerMode::Strict, LedgerMode::Strict],
    [LedgerMode::Batched, LedgerMode::Batched],
    [LedgerMode::Strict, LedgerMode::Batched],
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_process() {
    for modes in MODES {
        race(Engine::memory().unwrap().client(), modes).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_loopback_http() {
    for modes in MODES {
        let engine = Engine::memory().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = engine.serve(listener, async {
            let _ = stopped.await;
        });
        let raced = async {
            race(endpoint_client(&url), modes).await;
            stop.send(()).unwrap();
        };
        let (served, ()) = tokio::join!(served, raced);
        served.unwrap();
    }
}

#[tokio::test]
async fn a_file_keeps_the_books() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let key = {
        let books = Books::kept(Engine::open(&path).unwrap().client(), LedgerMode::Batched).await;
        let key = books.key(Some(usd("1"))).await;
        for _ in 0..5 {
            let grant = books.granted(&key, usd("0.02")).await;
            books.settle(&grant, usd("0.01")).await;
        }
        books.store.ledger().flush().await.unwrap();
        key
    };
    let books = Books::over(Engine::open(&path).unwrap().client()).await;
    assert_eq!(books.spend(&key).await.spent, usd("0.05"));
    assert_eq!(books.rows(&key).await, usd("0.05"));
    assert_eq!(books.store.keys().get(&key.hash).await.unwrap(), Some(key.clone()));
    let grant = books.granted(&key, usd("0.95")).await;
    books.settle(&grant, usd("0.95")).await;
    assert!(matches!(
        books.reserve(&key, usd("0.01"), usd("0.01")).await,
        Admission::Refused(Refusal::OverBudget { .. })
    ));
}
