//! Every interleaving of callers who need something of several subjects: a key with a budget, and a
//! team, each with limits of several kinds. A caller takes both guards at once, in any order; gives
//! back the one if the other refuses; writes its row; closes both, in any order. It dies anywhere,
//! its answers are lost, its leases end while it is only slow, windows turn; a sweeper of each guard
//! goes on all the while.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::super::*;
use crate::{Millis, NanoUsd, WindowId};

const LIMIT: i64 = 10;
const END: Millis = Millis::new(50);
const SOON: Millis = Millis::new(10);
const LATE: Millis = Millis::new(60);
/// Windows of the meters are so long: they have turned when the leases have ended, or not.
const MINUTE: i64 = 55;
const HOUR: i64 = 1_000;

const KEY: usize = 0;
const TEAM: usize = 1;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    guards: [Guard; 2],
    rows: BTreeMap<String, Row>,
    callers: Vec<Option<Caller>>,
    sweepers: [Option<Sweeper>; 2],
    late: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Row {
    actual: Actual,
    last: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Caller {
    id: String,
    actual: Actual,
    legs: [Leg; 2],
    written: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Leg {
    /// About to write this, to hold the lease.
    Taking(Change, Lease),
    Held(Lease),
    Refused,
    /// About to write this, to close the lease.
    Closing(Change),
    /// Gave back what had been charged: it is settled at nothing.
    Undoing,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Sweeper {
    Looking(String),
    Expiring(String),
    Noting(String),
    Settling(String, Actual),
}

/// What the callers want, and of what.
#[derive(Debug, Clone, Copy)]
struct Plan {
    worst: i64,
    floor: i64,
    slots: i64,
    minute: i64,
    /// Which guards have a sweeper all the while.
    sweepers: &'static [usize],
    /// Whether answers are lost.
    lost: bool,
}

// === impl Plan ===

impl Plan {
    fn wish(self, id: &str, guard: usize, now: Millis) -> Wish {
        let want = |name: &str, need: i64, floor: i64, max: i64, length: i64| Want {
            id: name.to_owned(),
            need,
            floor,
            max,
            since: if length == 0 { Millis::new(0) } else { now.plus(1 - length) },
            begin: if length == 0 { WindowId::NONE } else { WindowId::starting(now) },
            at: now,
        };
        let slot = want("m:p", 1, 1, self.slots, 0);
        let wants = if guard == KEY {
            vec![slot, want("m:t", self.worst, self.worst, LIMIT, self.minute)]
        } else {
            vec![slot, want("m:q", 1, 1, 3, HOUR), want("m:$", self.worst, self.floor, LIMIT, HOUR)]
        };
        Wish {
            id: id.to_owned(),
            version: (guard == KEY).then_some(1),
            max: (guard == KEY).then_some(nano(LIMIT)),
            base: nano(if guard == KEY { LIMIT } else { 0 }),
            window: WindowId::NONE,
            worst: if guard == KEY { nano(self.worst) } else { NanoUsd::ZERO },
            floor: if guard == KEY { nano(self.floor) } else { NanoUsd::ZERO },
            expires: END,
            mark: None,
            crashed_before: SOON,
            wants,
            forced: false,
        }
    }
}

// === impl World ===

impl World {
    fn new(actuals: &[i64], plan: Plan) -> Self {
        let guard = |limit: i64| Guard { version: 1, rem: nano(limit), ..Guard::default() };
        let callers = actuals.iter().enumerate().map(|(n, cost)| {
            let id = format!("C{n}");
            let leg = |guard| {
                let (change, lease) = first_try(&plan.wish(&id, guard, SOON));
                Leg::Taking(change, lease)
            };
            let actual = Actual { cost: *cost, input: 1, output: cost - 1 };
            Some(Caller { legs: [leg(KEY), leg(TEAM)], id, actual, written: false })
        });
        Self {
            guards: [guard(LIMIT), guard(0)],
            rows: BTreeMap::new(),
            callers: callers.collect(),
            sweepers: [None, None],
            late: false,
        }
    }

    fn now(&self) -> Millis {
        if self.late { LATE } else { SOON }
    }

    /// No limit is passed, and what a meter counts is what was settled and what is held.
    fn check(&self, plan: Plan) {
        let key = &self.guards[KEY];
        let held = key.spent.nanos() + key.reserved().nanos();
        assert!(held <= LIMIT, "overspent: {self:#?}");
        assert_eq!(key.rem.nanos(), LIMIT - held, "{self:#?}");
        for guard in &self.guards {
            for (name, meter) in &guard.meters {
                let holds = guard.leases.values().filter_map(|lease| lease.holds.get(name));
                let held: i64 = holds.filter(|hold| meter.counts(hold)).map(|h| h.amount).sum();
                assert_eq!(meter.used, meter.settled + held, "{name}: {self:#?}");
                let max = match name.as_str() {
                    "m:p" => plan.slots,
                    "m:q" => 3,
                    _ => LIMIT,
                };
                assert!(meter.used <= max && meter.settled >= 0, "{name}: {self:#?}");
            }
        }
    }

    /// Nobody is in the middle of something: no slot is held, and of each call was settled what its
    /// row says, once, on both guards.
    fn check_books(&self, turns: bool) {
        for guard in &self.guards {
            assert!(guard.leases.is_empty(), "{self:#?}");
            for (name, meter) in &guard.meters {
                let measured = |actual: Actual| match name.as_str() {
                    "m:$" => actual.cost,
                    _ => actual.input + actual.output,
                };
                let final_rows = self.rows.values().filter(|row| row.last);
                let rows: i64 = final_rows.map(|row| measured(row.actual)).sum();
                let holds = guard.late.values().filter_map(|late| late.holds.get(name));
                let charged: i64 = holds.map(|hold| hold.amount).sum();
                match name.as_str() {
                    "m:p" => assert_eq!(meter.used, 0, "a slot leaks: {self:#?}"),
                    "m:q" => {}
                    _ if turns => {}
                    _ => assert_eq!(meter.settled, rows + charged, "{name}: {self:#?}"),
                }
            }
        }
        let rows: i64 = self.rows.values().map(|row| row.actual.cost).sum();
        assert_eq!(rows, self.guards[KEY].total.nanos(), "{self:#?}");
    }
}

fn nano(amount: i64) -> NanoUsd {
    NanoUsd::from_nanos(amount)
}

/// What can happen next to a caller; each with its answer lost as well.
fn steps(world: &World, n: usize, plan: Plan) -> Vec<World> {
    let Some(caller) = &world.callers[n] else { return Vec::new() };
    let mut after = Vec::new();
    let mut push = |next: World, caller: Option<Caller>| {
        let mut lost = next.clone();
        lost.callers[n].clone_from(&world.callers[n]);
        if plan.lost && lost != *world {
            after.push(lost);
        }
        let mut next = next;
        next.callers[n] = caller;
        after.push(next);
    };
    let taking = caller.legs.iter().any(|leg| matches!(leg, Leg::Taking(..)));
    let refused = caller.legs.iter().any(|leg| matches!(leg, Leg::Refused));
    if !taking && !refused && !caller.written {
        let mut next = world.clone();
        let row = Row { actual: paid(caller), last: true };
        let free = next.rows.get(&caller.id).is_none_or(|row| !row.last);
        if free {
            next.rows.insert(caller.id.clone(), row);
        }
        let actual = next.rows[&caller.id].actual;
        let legs = caller.legs.clone().map(|leg| match leg {
            Leg::Held(lease) => Leg::Closing(settle_known(&caller.id, &lease, actual)),
            other => other,
        });
        push(next, Some(Caller { legs, written: true, ..caller.clone() }));
        return after;
    }
    for guard in [KEY, TEAM] {
        let mut next = world.clone();
        let Some(leg) = leg(&mut next, caller, guard, (taking, refused), plan) else { continue };
        let mut caller = caller.clone();
        caller.legs[guard] = leg;
        push(next, Some(caller));
    }
    after
}

/// It costs what it costs, but no more than was granted.
fn paid(caller: &Caller) -> Actual {
    let granted = |leg: &Leg| match leg {
        Leg::Held(lease) => lease.holds.get("m:$").map_or(lease.amount.nanos(), |hold| hold.amount),
        _ => i64::MAX,
    };
    let most = caller.legs.iter().map(granted).min().unwrap_or(0);
    Actual { cost: caller.actual.cost.min(most), ..caller.actual }
}

fn leg(
    world: &mut World,
    caller: &Caller,
    guard: usize,
    (taking, refused): (bool, bool),
    plan: Plan,
) -> Option<Leg> {
    let id = &caller.id;
    let now = world.now();
    let seen = &mut world.guards[guard];
    Some(match &caller.legs[guard] {
        Leg::Taking(change, lease) => {
            if change.apply(seen) {
                Leg::Held(lease.clone())
            } else {
                match admit(seen, &plan.wish(id, guard, now)) {
                    Step::Try(change, lease) => Leg::Taking(change, lease),
                    Step::Granted(lease) => Leg::Held(lease),
                    Step::Over(_) => Leg::Refused,
                    other => panic!("{other:?}"),
                }
            }
        }
        Leg::Held(_) if refused && !taking => match release(seen, id) {
            Close::Try(change) => {
                assert!(change.apply(seen));
                Leg::Closed
            }
            Close::Done => Leg::Closed,
            Close::Charged if guard == KEY => {
                world
                    .rows
                    .entry(id.clone())
                    .or_insert(Row { actual: Actual::default(), last: true });
                let row = world.rows.get_mut(id).unwrap();
                if !row.last {
                    *row = Row { actual: Actual::default(), last: true };
                }
                Leg::Undoing
            }
            Close::Charged => Leg::Undoing,
        },
        Leg::Undoing => {
            if let Close::Try(change) = settle(seen, id, Actual::default()) {
                assert!(change.apply(seen));
            }
            Leg::Closed
        }
        Leg::Closing(change) => {
            if change.apply(seen) {
                Leg::Closed
            } else {
                match settle(seen, id, world.rows[id].actual) {
                    Close::Try(change) => Leg::Closing(change),
                    _ => Leg::Closed,
                }
            }
        }
        Leg::Held(_) | Leg::Refused | Leg::Closed => return None,
    })
}

/// What a guard's sweeper does next; `None` where there is nothing to do.
fn sweep(world: &mut World, guard: usize) -> bool {
    let now = world.now();
    let seen = &mut world.guards[guard];
    let next = match world.sweepers[guard].take() {
        None => {
            let expired = seen.expired(now).map(|(id, _)| id.clone()).next();
            // A charge whose row is final, or is missing.
            let charged = seen.late.keys().find(|id| match world.rows.get(*id) {
                Some(row) => row.last,
                None => guard == KEY,
            });
            match expired.or_else(|| charged.cloned()) {
                Some(id) => Some(Sweeper::Looking(id)),
                None => return false,
            }
        }
        Some(Sweeper::Looking(id)) => match world.rows.get(&id) {
            Some(row) if row.last => Some(Sweeper::Settling(id, row.actual)),
            _ => Some(Sweeper::Expiring(id)),
        },
        Some(Sweeper::Expiring(id)) => {
            if let Close::Try(change) = expire(seen, &id, now) {
                assert!(change.apply(seen));
            }
            (guard == KEY && seen.late.contains_key(&id)).then_some(Sweeper::Noting(id))
        }
        Some(Sweeper::Noting(id)) => {
            if let Some(late) = seen.late.get(&id) {
                let actual = Actual { cost: late.amount.nanos(), ..Actual::default() };
                world.rows.entry(id).or_insert(Row { actual, last: false });
            }
            None
        }
        Some(Sweeper::Settling(id, actual)) => {
            if let Close::Try(change) = settle(seen, &id, actual) {
                assert!(change.apply(seen));
            }
            None
        }
    };
    world.sweepers[guard] = next;
    true
}

/// Goes through everything that can happen; returns how many states there are.
fn explore(actuals: &[i64], plan: Plan) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![World::new(actuals, plan)];
    while let Some(world) = open.pop() {
        // A print of 128 bits: worlds are large, and there are many.
        if !seen.insert(print(&world)) {
            continue;
        }
        world.check(plan);
        for n in 0..world.callers.len() {
            open.extend(steps(&world, n, plan));
            if world.callers[n].is_some() {
                let mut next = world.clone();
                next.callers[n] = None;
                open.push(next);
            }
        }
        for guard in plan.sweepers.iter().copied() {
            let mut next = world.clone();
            if sweep(&mut next, guard) {
                open.push(next);
            }
        }
        if !world.late {
            open.push(World { late: true, ..world.clone() });
        }
        settle_down(world, plan);
    }
    seen.len()
}

fn print(world: &World) -> [u64; 2] {
    [1_u64, 2].map(|salt| {
        let mut hasher = DefaultHasher::new();
        (salt, world).hash(&mut hasher);
        hasher.finish()
    })
}

/// Whoever is in the middle of something goes away; then sweeps put the books in order.
fn settle_down(mut world: World, plan: Plan) {
    world.late = true;
    world.sweepers = [None, None];
    for caller in &mut world.callers {
        *caller = None;
    }
    for guard in [KEY, TEAM, KEY, TEAM] {
        while sweep(&mut world, guard) {}
    }
    world.check(plan);
    world.check_books(plan.minute < HOUR);
}

const BOTH: &[usize] = &[KEY, TEAM];

#[test]
fn one_caller_on_two_subjects() {
    let plan = Plan { worst: 6, floor: 6, slots: 2, minute: HOUR, sweepers: BOTH, lost: true };
    assert!(explore(&[3], plan) > 1_000);
}

#[test]
fn one_caller_while_windows_turn() {
    let plan = Plan { worst: 6, floor: 6, slots: 2, minute: MINUTE, sweepers: BOTH, lost: true };
    assert!(explore(&[3], plan) > 1_000);
}

#[test]
fn two_callers_of_whom_one_may_be_refused_by_one_of_two_subjects() {
    let plan = Plan { worst: 6, floor: 6, slots: 2, minute: HOUR, sweepers: &[], lost: true };
    assert!(explore(&[3, 6], plan) > 1_000);
}

#[test]
fn two_callers_and_one_slot() {
    let plan = Plan { worst: 4, floor: 2, slots: 1, minute: MINUTE, sweepers: &[KEY], lost: false };
    assert!(explore(&[3, 4], plan) > 10_000);
}

#[test]
fn two_callers_who_share_what_is_left_of_several_limits() {
    let plan = Plan { worst: 5, floor: 2, slots: 2, minute: HOUR, sweepers: &[TEAM], lost: false };
    assert!(explore(&[5, 2], plan) > 10_000);
}

#[test]
#[ignore = "takes two minutes; tests/ledger/run runs it"]
fn three_callers_of_whom_two_fit() {
    let plan = Plan { worst: 4, floor: 4, slots: 3, minute: HOUR, sweepers: &[], lost: false };
    assert!(explore(&[3, 4, 1], plan) > 10_000);
}
