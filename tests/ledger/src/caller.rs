//! One process that calls: whole answers and streams, answers that never come, callers who leave.
//! It says what it was told, a line each, so that the books can be held to it.

use std::{io::Read as _, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use sluice_embedded::endpoint_client;
use sluice_store::{
    Admission, Ask, CallId, Clock as _, Grant, KeyHash, LedgerMode, NanoUsd, Refusal, Store,
    SystemClock, UsageRow, Window,
};

use crate::{
    Failure,
    books::{self, AT_ONCE, MOST, TABLES, lease, limits, say, shares, team},
};

/// More than any race asks for: the driver ends it.
const CALLS: usize = 1_000_000;

struct Caller {
    store: Store,
    key: KeyHash,
    version: u64,
    max: Option<NanoUsd>,
    mode: LedgerMode,
}

/// Calls until the process is killed or its input ends.
pub(crate) async fn run(url: &str, key: &str, mode: LedgerMode, seed: u64) -> Result<(), Failure> {
    let store = Store::builder(endpoint_client(url), books::tables(TABLES), Arc::new(SystemClock))
        .ledger_mode(mode)
        .build();
    let key = KeyHash::of_plaintext(key);
    let record = store.keys().get(&key).await?.ok_or("no such key")?;
    let caller =
        Caller { store, key, version: record.version, max: record.allowance.max_budget, mode };
    let flushes = caller.store.ledger().run(std::future::pending());
    let calls = stream::iter(0..CALLS)
        .map(|n| caller.call(fastrand::Rng::with_seed(seed ^ (n as u64).rotate_left(32))))
        .buffer_unordered(AT_ONCE)
        .for_each(|()| async {});
    tokio::select! {
        () = flushes => {}
        () = calls => {}
        () = input_ends() => caller.store.ledger().flush().await?,
    }
    Ok(())
}

/// The driver closes the input of those that may end well.
async fn input_ends() {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let _ = end.await;
}

// === impl Caller ===

impl Caller {
    async fn call(&self, mut dice: fastrand::Rng) {
        let now = SystemClock.now();
        let mut random = [0; 10];
        dice.fill(&mut random);
        let call = CallId::mint(now, &self.key, random);
        let worst = dice.i64(100_000..MOST);
        let (team, own, of_team) = (team(), limits(), shares(worst));
        let others = books::others(&team, &of_team);
        let ask = Ask {
            call: &call,
            key: &self.key,
            version: self.version,
            max: self.max,
            base: self.max.unwrap_or_default(),
            window: Window::default(),
            worst: NanoUsd::from_nanos(worst),
            floor: NanoUsd::from_nanos(worst / 4),
            now,
            until: None,
            lease: lease(),
            limits: &own,
            others: &others,
        };
        match self.store.ledger().reserve(&ask).await {
            Ok(Admission::Granted(grant)) => self.granted(&grant, &mut dice).await,
            Ok(Admission::Refused(Refusal::OverBudget { .. } | Refusal::OverLimit(_))) => {
                say("refused");
            }
            Ok(Admission::Refused(other)) => say(&format!("strange {other:?}")),
            Err(error) => say(&format!("error {error}")),
        }
    }

    async fn granted(&self, grant: &Grant, dice: &mut fastrand::Rng) {
        let ledger = self.store.ledger();
        let mut share = dice.i64(20..=100);
        match dice.u8(0..100) {
            // Nothing was used: it never reached the provider.
            0..10 => {
                let said = if ledger.release(grant).await.is_ok() { "released" } else { "error" };
                return say(said);
            }
            // Nobody settles it.
            10..12 => return say("dropped"),
            // A stream; half of them are left by their callers.
            12..50 => {
                tokio::time::sleep(Duration::from_millis(dice.u64(1..40))).await;
                let expires = SystemClock.now().after(lease());
                if ledger.renew(grant, expires).await.is_err() {
                    say("error renewing");
                }
                if dice.bool() {
                    share /= 3;
                }
            }
            _ => {}
        }
        let cost = NanoUsd::from_nanos(grant.amount.nanos().saturating_mul(share) / 100);
        let row = UsageRow {
            started: grant.call.started(),
            ended: SystemClock.now(),
            spend: cost,
            prompt_tokens: 20,
            completion_tokens: 10,
            ..UsageRow::default()
        };
        say(&match ledger.settle(grant, row).await {
            Ok(_) => {
                let how = if self.mode == LedgerMode::Strict { "strictly" } else { "in-batches" };
                format!("settled {} {} {how}", grant.call, cost.nanos())
            }
            Err(error) => format!("error {error}"),
        });
    }
}
