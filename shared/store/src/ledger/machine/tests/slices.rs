//! Every interleaving of a process with a slice and two sweepers: the process settles its calls,
//! writes rows, flushes, dies anywhere or is only slow; answers are lost; the slice expires at any
//! moment and is charged.

use std::collections::HashSet;

use super::super::*;
use crate::{Millis, NanoUsd, WindowId};

const LIMIT: i64 = 100;
const DAY: WindowId = WindowId::from_number(100);
const END: Millis = Millis::new(50);
const LATE: Millis = Millis::new(60);
const ID: &str = "S0";

/// What a call had reserved and what it costs.
type Call = (i64, i64);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    guard: Guard,
    /// Rows by call: the flush that they are marked with, and their cost.
    rows: Vec<Option<(i64, i64)>>,
    /// The slice's own row: its cost, and whether it is final.
    rest: Option<(i64, bool)>,
    process: Option<Process>,
    sweepers: Vec<Option<Sweeper>>,
    late: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Process {
    /// Calls that have not settled, by index.
    flying: Vec<usize>,
    /// Settled, and not known to be written.
    waiting: Vec<usize>,
    held: i64,
    flushed: i64,
    dirty: bool,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum At {
    Flying,
    /// About to write down.
    Flushing(Flush, Change),
    /// The slice was charged. About to write rows.
    Lost,
    /// Has written them; bringing the slice's own row in line.
    Accounting(Account),
    Sealing,
    Closing(Closing),
    Done,
}

/// `account_for`, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Account {
    Read,
    Sum(Late),
    Recharge(Change),
    Rest(i64),
    Done,
}

/// `close_charge`, step by step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Closing {
    Read(i64),
    Sum(i64, i64),
    Settle(i64),
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Sweeper {
    Idle,
    Expiring,
    Accounting(Account),
    /// A day later.
    Sealing,
    Reading,
    Closing(Closing),
}

fn nano(amount: i64) -> NanoUsd {
    NanoUsd::from_nanos(amount)
}

// === impl World ===

impl World {
    fn new(calls: &[Call], sweepers: usize) -> Self {
        let held: i64 = calls.iter().map(|(worst, _)| worst).sum();
        let mut guard = Guard { version: 1, window: DAY, ..Guard::default() };
        guard.rem = nano(LIMIT - held);
        let mark = Some(Mark { flush: 0, since: Millis::new(0) });
        let lease =
            Lease { amount: nano(held), expires: END, window: DAY, mark, holds: Holds::new() };
        guard.leases.insert(ID.to_owned(), lease);
        let flying = (0..calls.len()).collect();
        let process =
            Process { flying, waiting: Vec::new(), held, flushed: 0, dirty: false, at: At::Flying };
        Self {
            guard,
            rows: vec![None; calls.len()],
            rest: None,
            process: Some(process),
            sweepers: vec![Some(Sweeper::Idle); sweepers],
            late: false,
        }
    }

    fn check(&self) {
        let reserved = self.guard.reserved().nanos();
        assert_eq!(
            self.guard.rem.nanos(),
            LIMIT - self.guard.spent.nanos() - reserved,
            "{self:#?}"
        );
    }

    fn check_books(&self, calls: &[Call]) {
        assert!(self.guard.leases.is_empty(), "{self:#?}");
        let rows: i64 = self.rows.iter().flatten().map(|(_, cost)| cost).sum();
        let rest = self.rest.map_or(0, |(cost, _)| cost);
        assert!(rest >= 0, "{self:#?}");
        assert_eq!(rows + rest, self.guard.spent.nanos(), "{self:#?}");
        if self.process.as_ref().is_some_and(|process| process.at == At::Done) {
            let actual: i64 = calls.iter().map(|(_, actual)| actual).sum();
            assert_eq!(self.guard.spent.nanos(), actual, "{self:#?}");
        }
    }

    fn uncounted(&self, flush: i64) -> i64 {
        self.rows.iter().flatten().filter(|(marked, _)| *marked > flush).map(|(_, cost)| cost).sum()
    }

    fn write_rest(&mut self, cost: i64, last: bool) {
        match &mut self.rest {
            None => self.rest = Some((cost, last)),
            Some((_, true)) => {}
            Some((was, fin)) if last || *was > cost => (*was, *fin) = (cost, last),
            Some(_) => {}
        }
    }

    fn write_rows(&mut self, which: &[usize], flush: i64, calls: &[Call]) {
        for call in which {
            self.rows[*call] = Some((flush, calls[*call].1));
        }
    }
}

fn account(world: &mut World, at: Account) -> Account {
    match at {
        Account::Read => match world.guard.late.get(ID) {
            Some(late) => Account::Sum(late.clone()),
            None => Account::Done,
        },
        Account::Sum(late) => {
            let used = world.uncounted(late.mark.unwrap().flush);
            let mut read = world.guard.clone();
            read.late.insert(ID.to_owned(), late.clone());
            match recharge(&read, ID, nano(used)) {
                Some(change) if used > late.amount.nanos() => Account::Recharge(change),
                _ => Account::Rest(late.amount.nanos() - used),
            }
        }
        Account::Recharge(change) => {
            if change.apply(&mut world.guard) {
                Account::Rest(0)
            } else {
                Account::Read
            }
        }
        Account::Rest(cost) => {
            world.write_rest(cost, false);
            Account::Done
        }
        Account::Done => Account::Done,
    }
}

fn close(world: &mut World, at: Closing) -> Closing {
    match at {
        Closing::Read(rest) => match world.guard.late.get(ID) {
            Some(late) => Closing::Sum(rest, late.mark.unwrap().flush),
            None => Closing::Done,
        },
        Closing::Sum(rest, flush) => Closing::Settle(rest + world.uncounted(flush)),
        Closing::Settle(actual) => {
            if let Close::Try(change) = settle(&world.guard, ID, nano(actual)) {
                assert!(change.apply(&mut world.guard));
            }
            Closing::Done
        }
        Closing::Done => Closing::Done,
    }
}

/// What the process may do next.
fn process(world: &World, calls: &[Call]) -> Vec<World> {
    let Some(before) = world.process.clone() else { return Vec::new() };
    let mut all = Vec::new();
    // A call settles, whatever the process is writing.
    if !matches!(before.at, At::Done) {
        for n in 0..before.flying.len() {
            let mut next = world.clone();
            let process = next.process.as_mut().unwrap();
            let call = process.flying.remove(n);
            process.waiting.push(call);
            all.push(next);
        }
    }
    // A step of writing, whose answer may be lost: then it is done again.
    let mut next = world.clone();
    let mut after = before.clone();
    match before.at.clone() {
        At::Flying => {
            if before.waiting.is_empty() && !before.flying.is_empty() {
                return all;
            }
            let flush = before.flushed + 1;
            next.write_rows(&before.waiting, flush, calls);
            after.dirty = true;
            after.at = plan(&mut after, calls);
            after.dirty = false;
            // It dies, or gives up, with some of them written.
            for written in 0..before.waiting.len() {
                let mut half = world.clone();
                half.write_rows(&before.waiting[..written], flush, calls);
                all.push(half);
            }
        }
        At::Flushing(flush, change) => {
            if change.apply(&mut next.guard) {
                done(&mut after, &flush);
            } else {
                match flush_after(&next.guard, &flush) {
                    FlushStep::Try(change) => after.at = At::Flushing(flush, change),
                    FlushStep::Done => done(&mut after, &flush),
                    FlushStep::Lost(late) => {
                        if late.mark.unwrap().flush >= flush.mark.flush {
                            after.flushed = flush.mark.flush;
                        }
                        after.at = At::Lost;
                    }
                    FlushStep::Short | FlushStep::Gone => panic!("{world:#?}"),
                }
            }
        }
        At::Lost => {
            next.write_rows(&before.waiting, before.flushed + 1, calls);
            after.waiting.clear();
            after.at = At::Accounting(Account::Read);
        }
        At::Accounting(at) => {
            let at = account(&mut next, at);
            after.at = match at {
                Account::Done if after.flying.is_empty() && after.waiting.is_empty() => At::Sealing,
                Account::Done => At::Lost,
                other => At::Accounting(other),
            };
        }
        At::Sealing => {
            next.write_rest(0, true);
            let rest = next.rest.unwrap().0;
            after.at = At::Closing(Closing::Read(rest));
        }
        At::Closing(at) => {
            after.at = match close(&mut next, at) {
                Closing::Done => At::Done,
                other => At::Closing(other),
            };
        }
        At::Done => return all,
    }
    if matches!(before.at, At::Lost) && before.waiting.is_empty() && !before.flying.is_empty() {
        // Nothing to write yet.
        return all;
    }
    let mut lost = next.clone();
    next.process = Some(after);
    all.push(next);
    if lost != *world {
        lost.process = Some(before);
        all.push(lost);
    }
    all
}

/// The flush of what is waiting.
fn plan(process: &mut Process, calls: &[Call]) -> At {
    let used: i64 = process.waiting.drain(..).map(|call| calls[call].1).sum();
    let reserved: i64 = process.flying.iter().map(|call| calls[*call].0).sum();
    let last = process.flying.is_empty();
    let owed = if last { 0 } else { used + reserved - process.held };
    let flush = Flush {
        id: ID.to_owned(),
        window: DAY,
        mark: Mark { flush: process.flushed + 1, since: Millis::new(0) },
        used: nano(used),
        owed: nano(owed),
        wanted: NanoUsd::ZERO,
        expires: END,
        held: nano(process.held),
        last,
        bounded: true,
        lift: NanoUsd::ZERO,
        purses: Vec::new(),
    };
    let change = super::super::flush(&flush);
    At::Flushing(flush, change)
}

fn done(process: &mut Process, flush: &Flush) {
    process.flushed = flush.mark.flush;
    process.held += flush.owed.nanos() - flush.used.nanos();
    process.at = if flush.last { At::Done } else { At::Flying };
}

/// What a sweeper does next.
fn sweep(world: &mut World, sweeper: Sweeper, day_later: bool) -> Sweeper {
    match sweeper {
        Sweeper::Idle => {
            if world.guard.late.contains_key(ID) {
                Sweeper::Accounting(Account::Read)
            } else if world.late && world.guard.leases.contains_key(ID) {
                Sweeper::Expiring
            } else {
                Sweeper::Idle
            }
        }
        Sweeper::Expiring => {
            if let Close::Try(change) = expire(&world.guard, ID, LATE) {
                assert!(change.apply(&mut world.guard));
            }
            Sweeper::Accounting(Account::Read)
        }
        Sweeper::Accounting(at) => match account(world, at) {
            Account::Done if day_later => Sweeper::Sealing,
            Account::Done => Sweeper::Reading,
            other => Sweeper::Accounting(other),
        },
        Sweeper::Sealing => {
            if let Some((_, fin)) = &mut world.rest {
                *fin = true;
            }
            Sweeper::Reading
        }
        Sweeper::Reading => match world.rest {
            Some((rest, true)) => Sweeper::Closing(Closing::Read(rest)),
            _ => Sweeper::Idle,
        },
        Sweeper::Closing(at) => match close(world, at) {
            Closing::Done => Sweeper::Idle,
            other => Sweeper::Closing(other),
        },
    }
}

fn explore(calls: &[Call], sweepers: usize) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![World::new(calls, sweepers)];
    while let Some(world) = open.pop() {
        if !seen.insert(world.clone()) {
            continue;
        }
        world.check();
        open.extend(process(&world, calls));
        if world.process.as_ref().is_some_and(|process| process.at != At::Done) {
            open.push(World { process: None, ..world.clone() });
        }
        for n in 0..sweepers {
            let Some(sweeper) = world.sweepers[n].clone() else { continue };
            // A day later nobody is slow any more.
            for day_later in [false, true] {
                if day_later && world.process.as_ref().is_some_and(|p| p.at != At::Done) {
                    continue;
                }
                let mut next = world.clone();
                let after = sweep(&mut next, sweeper.clone(), day_later);
                next.sweepers[n] = Some(after);
                open.push(next);
            }
            let mut dead = world.clone();
            dead.sweepers[n] = None;
            open.push(dead);
        }
        if !world.late {
            open.push(World { late: true, ..world.clone() });
        }
        settle_down(world, calls);
    }
    seen.len()
}

/// Everybody who is not done goes away; then sweeps put the books in order.
fn settle_down(mut world: World, calls: &[Call]) {
    world.late = true;
    world.sweepers.clear();
    world.process = world.process.filter(|process| process.at == At::Done);
    for day_later in [false, true, true] {
        let mut sweeper = sweep(&mut world, Sweeper::Idle, day_later);
        while sweeper != Sweeper::Idle {
            sweeper = sweep(&mut world, sweeper, day_later);
        }
        world.check();
        if day_later {
            assert!(world.guard.late.is_empty(), "{world:#?}");
        }
        if !world.guard.leases.contains_key(ID) {
            world.check_books(calls);
        }
    }
    world.check_books(calls);
}

#[test]
fn a_process_of_one_call_and_two_sweepers() {
    assert!(explore(&[(6, 4)], 2) > 500);
}

#[test]
fn a_process_of_two_calls_and_a_sweeper() {
    assert!(explore(&[(6, 4), (5, 1)], 1) > 500);
}

#[test]
fn calls_that_cost_more_than_they_had_reserved() {
    assert!(explore(&[(3, 9), (2, 1)], 1) > 500);
}

#[test]
fn a_process_of_two_calls_and_two_sweepers() {
    assert!(explore(&[(4, 3), (4, 6)], 2) > 5_000);
}
