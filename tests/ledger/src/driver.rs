//! Starts callers, kills them, and asks the books.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::Client;
use sluice_embedded::{Engine, endpoint_client};
use sluice_store::{Clock as _, Deed, KeyRecord, NanoUsd, Store, SystemClock};
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    Failure, Modes,
    books::{self, BUDGET, Said, TABLES, say},
};

/// Callers at a time.
const PROCESSES: usize = 4;
/// How often one of them is killed, in milliseconds.
const KILL: std::ops::Range<u64> = 1_500..4_000;
/// How long a race may take.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// What the callers have said.
#[derive(Debug, Default)]
struct Told {
    calls: usize,
    refused: usize,
    errors: usize,
    settled: HashMap<String, Said>,
    killed: usize,
}

/// Runs a race; whether the books are in order.
pub(crate) async fn race(
    modes: Modes,
    calls: usize,
    url: Option<String>,
    seed: u64,
) -> Result<bool, Failure> {
    if let Some(url) = url {
        return run(modes, calls, &url, seed).await;
    }
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(&folder.path().join("race.db"))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let serving = engine.serve(listener, std::future::pending());
    tokio::select! {
        served = serving => served.map(|()| false).map_err(Failure::from),
        outcome = run(modes, calls, &url, seed) => outcome,
    }
}

async fn run(modes: Modes, calls: usize, url: &str, seed: u64) -> Result<bool, Failure> {
    let mut dice = fastrand::Rng::with_seed(seed);
    let client: Client = endpoint_client(url);
    let store =
        Store::builder(client.clone(), books::tables(TABLES), Arc::new(SystemClock)).build();
    store.create_tables().await?;
    let plaintext =
        format!("sk-race-{:016x}", dice.u64(..) ^ SystemClock.now().get().unsigned_abs());
    let mut key = KeyRecord::new(&plaintext, SystemClock.now());
    key.allowance.max_budget = Some(NanoUsd::from_nanos(BUDGET));
    store.keys().by(&Deed::own("test")).create(&key).await?;

    let (say_here, mut heard) = mpsc::unbounded_channel::<String>();
    let mut started = 0_u64;
    let mut begin = |dice: &mut fastrand::Rng| -> Result<Child, Failure> {
        started += 1;
        let batched = match modes {
            Modes::Strict => false,
            Modes::Batched => true,
            Modes::Mixed => started.is_multiple_of(2),
        };
        let mut child = Command::new(std::env::current_exe()?)
            .args(["call", "--url", url, "--key", &plaintext, "--seed", &dice.u64(..).to_string()])
            .args(batched.then_some("--batched"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = child.stdout.take().ok_or("a caller without a mouth")?;
        let say_here = say_here.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                let _ = say_here.send(line);
            }
        });
        Ok(child)
    };

    let mut told = Told::default();
    let mut callers = Vec::new();
    for _ in 0..PROCESSES {
        callers.push(begin(&mut dice)?);
    }
    let begun = Instant::now();
    while told.calls < calls && begun.elapsed() < PATIENCE {
        let wait = tokio::time::sleep(Duration::from_millis(dice.u64(KILL)));
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut wait => break,
                Some(line) = heard.recv() => told.hear(&line),
            }
        }
        // As the schedule does, while calls go on.
        store.ledger().sweep(SystemClock.now()).await?;
        let victim = dice.usize(..callers.len());
        if let Some(caller) = callers.get_mut(victim) {
            kill(caller)?;
            told.killed += 1;
            *caller = begin(&mut dice)?;
        }
    }
    // One half may write down what it holds, the other is killed.
    for (n, mut caller) in callers.into_iter().enumerate() {
        drop(caller.stdin.take());
        if n % 2 != 0 || !ends(&mut caller).await? {
            kill(&mut caller)?;
            told.killed += 1;
        }
    }
    // The readers end with their callers.
    drop(say_here);
    while let Some(line) = heard.recv().await {
        told.hear(&line);
    }
    if told.calls < calls {
        say(&format!("only {} of {calls} calls in {PATIENCE:?}", told.calls));
        told.errors += 1;
    }
    say(&format!("{:?}: {} calls in {:.1} s", modes, told.calls, begun.elapsed().as_secs_f64()));
    told.report(&client, &key, modes).await
}

/// `SIGKILL`, in the middle of whatever it is doing.
fn kill(caller: &mut Child) -> Result<(), Failure> {
    caller.kill()?;
    caller.wait()?;
    Ok(())
}

/// Whether it ends by itself, now that its input has.
async fn ends(caller: &mut Child) -> Result<bool, Failure> {
    let patience = Instant::now() + Duration::from_secs(20);
    while caller.try_wait()?.is_none() {
        if Instant::now() > patience {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(true)
}

// === impl Told ===

impl Told {
    fn hear(&mut self, line: &str) {
        self.calls += 1;
        let mut words = line.split(' ');
        match words.next() {
            Some("settled") => {
                let (call, cost) = (words.next(), words.next().and_then(|cost| cost.parse().ok()));
                if let (Some(call), Some(cost)) = (call, cost) {
                    let written = words.next() == Some("strictly");
                    self.settled.insert(call.to_owned(), Said { cost, written });
                }
            }
            Some("refused") => self.refused += 1,
            Some("released" | "dropped") => {}
            _ => {
                self.errors += 1;
                say(line);
            }
        }
    }

    async fn report(
        &self,
        client: &Client,
        key: &KeyRecord,
        modes: Modes,
    ) -> Result<bool, Failure> {
        let found =
            books::audit(client, key, &self.settled, self.killed, SystemClock.now()).await?;
        let in_order = found.overspend == 0
            && found.leaked == 0
            && found.double_settled == 0
            && found.lost == 0
            && self.errors == 0;
        say(&format!(
            "{modes:?}: {} calls, {} settled, {} refused, {} errors, {} callers killed, spent ${}: overspend \
             ${}, leaked ${}, double-settled {}, lost {}: {}in order",
            self.calls,
            self.settled.len(),
            self.refused,
            self.errors,
            self.killed,
            NanoUsd::from_nanos(found.spent),
            NanoUsd::from_nanos(found.overspend),
            NanoUsd::from_nanos(found.leaked),
            found.double_settled,
            found.lost,
            if in_order { "" } else { "NOT " },
        ));
        Ok(in_order)
    }
}
