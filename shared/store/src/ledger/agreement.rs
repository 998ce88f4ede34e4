//! The machine in memory and the expressions in the database do the same: random changes, also
//! stale ones, done to both.

use std::sync::Arc;

use sluice_embedded::Engine;

use super::{
    guard::Written,
    machine::{
        Actual, Change, Close, Flush, FlushStep, Guard, Hold, Holds, If, Lease, Mark, Merged,
        Purse, Step, Want, Wish, admit, expire, first_try, flush, flush_after, forget, recharge,
        release, renew, settle, split, trim,
    },
};
use crate::{
    KeyHash, KeyRecord, ManualClock, Millis, NanoUsd, Store, TableNames, WindowId, store::Inner,
};

const STEPS: usize = 1_500;

/// Xorshift.
struct Die(u64);

impl Die {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn amount(&mut self, most: u64) -> NanoUsd {
        NanoUsd::from_nanos(i64::try_from(self.roll(most)).unwrap())
    }

    fn time(&mut self, most: u64) -> Millis {
        Millis::new(i64::try_from(self.roll(most)).unwrap())
    }
}

const METERS: [&str; 4] = ["m:q60", "m:t60:some/model", "m:p", "m:$1d"];

/// Some of the limits.
fn wants(die: &mut Die) -> Vec<Want> {
    let mut wants = Vec::new();
    for name in METERS {
        if die.roll(2) == 0 {
            let at = die.time(200);
            wants.push(Want {
                id: name.to_owned(),
                need: die.amount(300).nanos(),
                floor: die.amount(200).nanos(),
                max: 2_000,
                since: at.plus(-60),
                begin: WindowId::starting(at),
                at,
            });
        }
    }
    wants
}

/// The meters that a slice's lease holds something of.
fn purses(die: &mut Die, lease: Option<&Lease>) -> Vec<Purse> {
    let holds = lease.into_iter().flat_map(|lease| &lease.holds);
    let purse = |(meter, hold): (&String, &Hold)| Purse {
        meter: meter.clone(),
        at: hold.at,
        max: i64::try_from(die.roll(3_000)).unwrap(),
    };
    holds.map(purse).collect()
}

/// How much more than in its record, or less, a budget is for a while; mostly nothing.
fn lift(die: &mut Die) -> NanoUsd {
    match die.roll(8) {
        0 | 1 => die.amount(1_500),
        2 => NanoUsd::ZERO.saturating_sub(die.amount(1_000)),
        _ => NanoUsd::ZERO,
    }
}

/// Some change that somebody who has seen `seen` may want.
fn draw(die: &mut Die, seen: &Guard, max: NanoUsd) -> Option<Change> {
    let id = format!("C{}", die.roll(5));
    let slice = format!("S{}", die.roll(2));
    let mark = Mark { flush: 0, since: die.time(100) };
    let wish = Wish {
        id: if die.roll(4) == 0 { slice.clone() } else { id.clone() },
        version: Some(i64::try_from(die.roll(8)).unwrap().min(1)),
        max: (die.roll(5) > 0).then_some(max.saturating_add(lift(die))),
        base: max,
        window: WindowId::from_number(i64::try_from(die.roll(3)).unwrap() + seen.window.number()),
        worst: die.amount(900),
        floor: die.amount(300),
        expires: die.time(1_000),
        mark: None,
        crashed_before: Millis::new(0),
        wants: wants(die),
        forced: false,
    };
    // A slice holds something of budgets alone.
    let mut wants = wish.wants.clone();
    wants.retain(|want| !wish.id.starts_with('S') || want.id.starts_with("m:$"));
    let wish = Wish { mark: wish.id.starts_with('S').then_some(mark), wants, ..wish };
    let close = |close: Close| match close {
        Close::Try(change) => Some(change),
        Close::Done | Close::Charged => None,
    };
    let number = seen.leases.get(&slice).and_then(|lease| lease.mark).map_or(0, |mark| mark.flush);
    let held = seen.leases.get(&slice).map_or(NanoUsd::ZERO, |lease| lease.amount);
    let plan = Flush {
        id: slice.clone(),
        window: seen.leases.get(&slice).map_or(seen.window, |lease| lease.window),
        mark: Mark { flush: number + 1, since: die.time(100) },
        used: die.amount(200),
        owed: die.amount(50),
        wanted: die.amount(100),
        expires: die.time(1_000),
        held,
        last: die.roll(4) == 0,
        bounded: die.roll(2) == 0,
        lift: lift(die),
        purses: purses(die, seen.leases.get(&slice)),
    };
    match die.roll(11) {
        0 => {
            let mut change = first_try(&wish).0;
            for condition in &mut change.conditions {
                if let If::Fewer(most) = condition {
                    *most = i64::try_from(4 + die.roll(6)).unwrap();
                }
            }
            Some(change)
        }
        1 | 2 => match admit(seen, &wish) {
            Step::Try(change, _) => Some(change),
            _ => None,
        },
        3 => {
            let mut count = || die.amount(400).nanos();
            let actual = Actual { cost: count(), input: count(), output: count() };
            close(settle(seen, &id, actual))
        }
        4 => close(if die.roll(2) == 0 { release(seen, &id) } else { forget(seen, &id) }),
        5 => close(expire(seen, if die.roll(3) == 0 { &slice } else { &id }, die.time(1_000))),
        6 => Some(flush(&plan)),
        7 => match flush_after(seen, &plan) {
            FlushStep::Try(change) => Some(change),
            FlushStep::Lost(late) => recharge(seen, &slice, late.amount.saturating_add(plan.used)),
            _ => None,
        },
        8 => {
            let mut keep = |name: &str| {
                (name.to_owned(), Hold { amount: die.amount(300).nanos(), at: plan.expires })
            };
            let keep = Holds::from([keep(METERS[0]), keep(METERS[1])]);
            close(trim(seen, &id, &keep))
        }
        9 => Some(renew(&id, plan.expires)),
        _ => (!plan.last).then(|| split(&plan, &format!("C{}", die.roll(5)), plan.expires)),
    }
}

/// An engine with the guard of a key that may spend `max`.
async fn guarded(max: NanoUsd) -> (Arc<Inner>, KeyHash, Guard) {
    let clock = Arc::new(ManualClock::at(Millis::new(0)));
    let client = Engine::memory().unwrap().client();
    let store = Store::builder(client, TableNames::from_prefix("t"), clock).build();
    store.create_tables().await.unwrap();
    let mut record = KeyRecord::new("sk-0123456789abcdef", Millis::new(0));
    record.allowance.max_budget = Some(max);
    store.keys().by(&crate::Deed::own("test")).create(&record).await.unwrap();
    let inner = store.ledger().inner;
    let guard = inner.guard(&record.hash).await.unwrap().unwrap();
    (inner, record.hash, guard)
}

#[tokio::test]
async fn memory_and_database_agree() {
    let max = NanoUsd::from_nanos(3_000);
    let (inner, key, mut guard) = guarded(max).await;
    let mut before = vec![guard.clone(); 4];
    let mut die = Die(0x5eed);
    let (mut done, mut refused) = (0, 0);
    for step in 0..STEPS {
        // Most have seen the guard as it is, some as it was.
        let seen = if die.roll(4) == 0 {
            before[usize::try_from(die.roll(4)).unwrap()].clone()
        } else {
            guard.clone()
        };
        let Some(change) = draw(&mut die, &seen, max) else { continue };
        before[step % 4] = guard.clone();
        let held = change.apply(&mut guard);
        match inner.write(&key, &change).await.unwrap() {
            Written::Done(after) => {
                assert!(held, "{change:#?}");
                assert_eq!(*after, guard, "{change:#?}");
                done += 1;
            }
            Written::Refused(after) => {
                assert!(!held, "{change:#?}");
                assert_eq!(*after, guard, "{change:#?}");
                refused += 1;
            }
            Written::Missing => panic!("the guard is gone"),
        }
    }
    assert!(done > STEPS / 6 && refused > STEPS / 10, "{done} done, {refused} refused");
}

/// What is written together is what is done one after the other, those that take first.
#[tokio::test]
async fn a_company_does_what_its_members_do() {
    let max = NanoUsd::from_nanos(3_000);
    let (inner, key, mut guard) = guarded(max).await;
    let mut die = Die(0xc0ffee);
    let (mut done, mut refused, mut joined) = (0, 0, 0);
    for _ in 0..STEPS / 2 {
        let mut drawn: Vec<Change> = (0..20).filter_map(|_| draw(&mut die, &guard, max)).collect();
        if die.roll(4) > 0 {
            drawn.retain(|change| change.holds(&guard));
        }
        let Some((mut merged, first)) =
            drawn.iter().find_map(|change| Some((Merged::new(change)?, change)))
        else {
            continue;
        };
        let on = (die.roll(2) == 0).then(|| guard.clone());
        let mut members = vec![first.clone()];
        members.extend(drawn.iter().filter(|change| merged.add(change, on.as_ref())).cloned());
        let takes = |change: &Change| change.conditions.contains(&If::Free);
        members.sort_by_key(|change| !takes(change));
        joined += usize::from(members.len() > 1);
        let written = inner.write_now(&key, merged.changes()).await.unwrap();
        let Written::Done(after) = written else {
            assert!(!merged.changes().iter().all(|change| change.holds(&guard)), "{members:#?}");
            refused += 1;
            continue;
        };
        done += 1;
        for change in &members {
            assert!(change.apply(&mut guard), "{change:#?} of {members:#?}");
        }
        assert_eq!(*after, guard, "{members:#?}");
    }
    assert!(done > 30 && refused > 50 && joined > 50, "{done}, {refused}, {joined}");
}
