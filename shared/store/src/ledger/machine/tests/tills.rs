//! Every interleaving of a process whose slice holds something of a key and of a team: it takes more of
//! both, or finds that the team has no more; settles, writes rows, flushes both guards, gives the slice
//! back. It dies anywhere, its answers are lost, and a sweep of either guard comes at any moment after.
//! (What a process does that was only slow is in `slices.rs`.)

use std::collections::HashSet;

use super::super::*;
use crate::{Millis, NanoUsd, WindowId};

const LIMIT: i64 = 20;
const OF_TEAM: i64 = 12;
const METER: &str = "m:$1d";
const KEY: usize = 0;
const TEAM: usize = 1;
const ID: &str = "S0";
const END: Millis = Millis::new(50);
const LATE: Millis = Millis::new(60);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    guards: [Guard; 2],
    /// Costs of rows by the flush that they are marked with.
    rows: Vec<(i64, i64)>,
    /// The slice's own row.
    rest: Option<i64>,
    process: Option<Process>,
    /// What the key may spend now beyond what its record says.
    lift: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Process {
    held: [i64; 2],
    flushed: i64,
    /// What is done next, and how much of it.
    todo: Vec<Todo>,
    /// Flushes that are on their way, in the order in which they are written.
    under_way: Vec<(usize, Flush)>,
    used: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Todo {
    /// Take so much more, if it is left.
    Widen(i64),
    /// A call settles at this, whose worst case the slice had.
    Settle(i64),
    GiveBack,
}

fn nano(amount: i64) -> NanoUsd {
    NanoUsd::from_nanos(amount)
}

// === impl World ===

impl World {
    /// A slice of `held`, and what somebody else has of the team.
    fn new(held: i64, others: i64, lift: i64, todo: &[Todo]) -> Self {
        let mark = Some(Mark { flush: 0, since: Millis::new(0) });
        let hold = Hold { amount: held, at: Millis::new(1) };
        let guard = |team: bool| {
            let mut guard = Guard { version: 1, ..Guard::default() };
            let limit = if team { 0 } else { LIMIT };
            let mut lease = Lease { amount: nano(held), expires: END, mark, ..Lease::default() };
            guard.rem = nano(limit - held);
            if team {
                lease.holds.insert(METER.to_owned(), hold);
                let meter = Meter { window: WindowId::NONE, used: held + others, settled: others };
                guard.meters.insert(METER.to_owned(), meter);
            }
            guard.leases.insert(ID.to_owned(), lease);
            guard
        };
        let process = Process {
            held: [held, held],
            flushed: 0,
            todo: todo.iter().rev().copied().collect(),
            under_way: Vec::new(),
            used: 0,
        };
        Self {
            guards: [guard(false), guard(true)],
            rows: Vec::new(),
            rest: None,
            process: Some(process),
            lift,
        }
    }

    fn check(&self) {
        let [key, team] = &self.guards;
        let left = LIMIT - key.spent.nanos() - key.reserved().nanos();
        assert_eq!(key.rem.nanos(), left, "{self:#?}");
        assert!(left + self.lift >= 0, "{self:#?}");
        let meter = &team.meters[METER];
        let held = team.leases.values().flat_map(|lease| lease.holds.values());
        assert_eq!(meter.used, meter.settled + held.map(|hold| hold.amount).sum::<i64>());
        assert!(meter.used <= OF_TEAM, "{self:#?}");
        // What the team has charged or holds is enough for what the key has.
        let late = key.late.values().map(|late| late.amount.nanos()).sum::<i64>();
        assert!(meter.used >= key.reserved().nanos() + late, "{self:#?}");
    }

    fn uncounted(&self, flush: i64) -> i64 {
        self.rows.iter().filter(|(marked, _)| *marked > flush).map(|(_, cost)| cost).sum()
    }

    /// What a process does next; it may die before, and what it writes may be lost on the way back.
    fn steps(&self) -> Vec<Self> {
        let Some(before) = &self.process else { return Vec::new() };
        let mut next = self.clone();
        let mut after = before.clone();
        if let Some((place, flush)) = before.under_way.first() {
            let guard = &mut next.guards[*place];
            let done = self::flush(flush).apply(guard);
            match flush_after(guard, flush) {
                FlushStep::Done => {
                    let more = flush.owed.nanos() + flush.wanted.nanos();
                    after.held[*place] += more - flush.used.nanos();
                    after.under_way.remove(0);
                    if after.under_way.is_empty() {
                        after.flushed = flush.mark.flush;
                    }
                }
                FlushStep::Short if !done => {
                    // Nothing more is wanted of any.
                    after.under_way.iter_mut().for_each(|(_, flush)| flush.wanted = nano(0));
                }
                step => panic!("{step:?} of {self:#?}"),
            }
        } else {
            let (wanted, last) = match after.todo.pop() {
                Some(Todo::Widen(more)) => (more, false),
                Some(Todo::Settle(cost)) => {
                    next.rows.push((before.flushed + 1, cost));
                    after.used = cost;
                    (0, false)
                }
                Some(Todo::GiveBack) => (0, true),
                None => return Vec::new(),
            };
            let flush = |place: usize| Flush {
                id: ID.to_owned(),
                window: WindowId::NONE,
                mark: Mark { flush: before.flushed + 1, since: Millis::new(0) },
                used: nano(after.used),
                owed: NanoUsd::ZERO,
                wanted: nano(wanted),
                expires: END,
                held: nano(before.held[place]),
                last,
                bounded: place == KEY,
                lift: nano(if place == KEY { self.lift } else { 0 }),
                purses: match place {
                    KEY => Vec::new(),
                    _ => vec![Purse { meter: METER.to_owned(), at: Millis::new(1), max: OF_TEAM }],
                },
            };
            // What grows does so in the team's guard first, what shrinks in the key's.
            let order = if wanted > 0 { [TEAM, KEY] } else { [KEY, TEAM] };
            after.under_way = order.map(|place| (place, flush(place))).to_vec();
            after.used = 0;
        }
        let lost = next.clone();
        next.process = Some(after);
        [next, Self { process: None, ..lost }].into()
    }

    /// A sweep looks at a guard when the leases have ended.
    fn sweep(&mut self, place: usize) {
        if self.guards[place].leases.contains_key(ID) {
            let Close::Try(change) = expire(&self.guards[place], ID, LATE) else { return };
            assert!(change.apply(&mut self.guards[place]));
        }
        if place == TEAM && self.guards[KEY].leases.contains_key(ID) {
            self.sweep(KEY);
        }
        let mark = |world: &Self, place: usize| world.guards[place].late.get(ID)?.mark;
        if let Some(mark) = mark(self, KEY) {
            let late = self.guards[KEY].late[ID].amount.nanos();
            self.rest = Some(late - self.uncounted(mark.flush));
        }
        if place == TEAM
            && let Some(mark) = mark(self, TEAM)
        {
            let actual = nano(self.uncounted(mark.flush) + self.rest.unwrap_or(0));
            let open = self.guards[KEY].late.contains_key(ID);
            let guard = &mut self.guards[TEAM];
            let change = match settle(guard, ID, actual) {
                Close::Try(change) if !open => Some(change),
                _ => recharge(guard, ID, actual).filter(|_| open),
            };
            assert!(change.is_none_or(|change| change.apply(guard)));
        }
    }

    /// Nobody holds anything any more, and both accounts are what the rows add up to.
    fn check_books(&self, others: i64) {
        let rows = self.uncounted(0) + self.rest.unwrap_or(0);
        let [key, team] = &self.guards;
        assert!(key.leases.is_empty() && team.leases.is_empty(), "{self:#?}");
        assert!(self.rest.is_none_or(|rest| rest >= 0), "{self:#?}");
        assert_eq!(key.spent, nano(rows), "{self:#?}");
        assert_eq!((team.spent, team.total), (nano(rows), nano(rows)), "{self:#?}");
        let meter = team.meters[METER];
        assert_eq!((meter.used, meter.settled), (rows + others, rows + others), "{self:#?}");
        assert_eq!(key.rem, nano(LIMIT - rows), "{self:#?}");
    }
}

fn explore(held: i64, others: i64, todo: &[Todo]) -> usize {
    explore_lifted(held, others, 0, todo)
}

/// The same while the key may spend `lift` more than its record says.
fn explore_lifted(held: i64, others: i64, lift: i64, todo: &[Todo]) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![World::new(held, others, lift, todo)];
    while let Some(world) = open.pop() {
        if !seen.insert(world.clone()) {
            continue;
        }
        world.check();
        open.extend(world.steps());
        if world.process.is_none() {
            // Sweeps come in any order, and again.
            for order in [[KEY, TEAM, TEAM], [TEAM, KEY, TEAM], [TEAM, TEAM, KEY]] {
                let mut swept = world.clone();
                for place in order {
                    swept.sweep(place);
                    swept.check();
                }
                swept.check_books(others);
            }
        } else if world.steps().is_empty() {
            world.check_books(others);
        }
        open.push(World { process: None, ..world });
    }
    seen.len()
}

#[test]
fn a_slice_of_a_key_and_a_team_that_grows_is_used_and_goes_back() {
    use Todo::{GiveBack, Settle, Widen};
    assert!(explore(4, 0, &[Settle(3), Widen(5), Settle(6), Settle(0), GiveBack]) > 20);
    assert!(explore(4, 0, &[Widen(8), Settle(1), GiveBack]) > 12);
}

#[test]
fn a_team_that_has_no_more_leaves_both_as_they_were() {
    use Todo::{GiveBack, Settle, Widen};
    assert!(explore(4, 6, &[Widen(3), Settle(2), Widen(2), Settle(4), GiveBack]) > 20);
}

#[test]
fn a_key_that_may_spend_less_for_a_while_takes_no_more_than_that() {
    use Todo::{GiveBack, Settle, Widen};
    // 20 by the record, 6 for now: 3 more are not there, 2 are.
    let todo = [Widen(3), Settle(2), Widen(2), Settle(3), GiveBack];
    assert!(explore_lifted(4, 0, -14, &todo) > 20);
    assert!(explore_lifted(4, 0, -16, &[Widen(1), Settle(4), GiveBack]) > 10);
}
