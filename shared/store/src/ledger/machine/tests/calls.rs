//! Every interleaving of a few callers and two sweepers, with a crash possible at each step.
//!
//! An actor's step is one operation on the database, atomic as there. The exploration goes through
//! all orders of all steps (states that were seen are not gone through again), and through the
//! actors' misfortunes: they die, their answer is lost although the write was done, and time passes
//! before they go on. In each state the budget holds; in each last state the books agree.

use std::collections::{BTreeMap, HashSet};

use super::super::*;
use crate::{Millis, NanoUsd, WindowId};

const LIMIT: i64 = 10;
const DAY: WindowId = WindowId::from_number(100);
const NEXT_DAY: WindowId = WindowId::from_number(200);
/// Leases end here; `World::late` is after it.
const END: Millis = Millis::new(50);
const SOON: Millis = Millis::new(10);
const LATE: Millis = Millis::new(60);

/// The database, and what everybody is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    guard: Guard,
    rows: BTreeMap<String, Row>,
    actors: Vec<Actor>,
    /// Whether the leases have ended.
    late: bool,
    /// Whether the next window has begun.
    turned: bool,
    /// What may be spent now, and what may be when other hours have begun.
    max: (i64, Option<i64>),
    /// The most of both.
    most: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Row {
    cost: i64,
    window: WindowId,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum State {
    Final,
    Expired,
    /// Expired for good.
    Sealed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Actor {
    Caller(Caller),
    Sweeper(Sweeper),
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Caller {
    id: String,
    /// What the call really costs; `None` for one that is given back.
    actual: Option<i64>,
    /// The budget as it was when the caller looked.
    max: i64,
    at: At,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum At {
    /// About to write this, to hold the lease.
    Taking(Change, Lease),
    Holding(Lease),
    /// The row is written, at this cost.
    Written(i64),
    /// About to write this, to close the lease at this cost.
    Closing(Change, i64),
    Releasing,
    Settled,
    Refused,
}

/// A sweep of one guard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Sweeper {
    Idle,
    /// Has read the guard, and goes through these ids.
    Looking(Vec<String>),
    /// Has not found a final row.
    Expiring(String, Vec<String>),
    /// About to write the row of a full charge.
    Noting(String, Late, Vec<String>),
    /// Found a final row.
    Settling(String, i64, Vec<String>),
    /// Sealed the row.
    Forgetting(String, Vec<String>),
}

// === impl World ===

impl World {
    fn new(callers: &[Option<i64>], worst: i64, floor: i64, sweepers: usize) -> Self {
        let mut guard = Guard { version: 1, window: DAY, ..Guard::default() };
        guard.rem = nano(LIMIT);
        let mut actors: Vec<Actor> = callers
            .iter()
            .enumerate()
            .map(|(n, actual)| {
                let id = format!("C{n}");
                let (change, lease) = first_try(&wish(&id, worst, floor, DAY, LIMIT));
                let at = At::Taking(change, lease);
                Actor::Caller(Caller { id, actual: *actual, max: LIMIT, at })
            })
            .collect();
        actors.extend(std::iter::repeat_n(Actor::Sweeper(Sweeper::Idle), sweepers));
        let (max, most) = ((LIMIT, None), LIMIT);
        Self { guard, rows: BTreeMap::new(), actors, late: false, turned: false, max, most }
    }

    /// The same where another budget holds from some moment on.
    fn then(self, max: i64) -> Self {
        Self { max: (LIMIT, Some(max)), most: max.max(LIMIT), ..self }
    }

    fn now(&self) -> Millis {
        if self.late { LATE } else { SOON }
    }

    fn window(&self) -> WindowId {
        if self.turned { NEXT_DAY } else { DAY }
    }

    fn is_being_taken(&self, id: &str) -> bool {
        self.actors.iter().any(|actor| {
            matches!(actor, Actor::Caller(Caller { id: own, at: At::Taking(..), .. }) if own == id)
        })
    }

    /// The budget holds, and `rem` is what it says.
    fn check(&self) {
        let spent = self.guard.spent.nanos();
        let reserved = self.guard.reserved().nanos();
        // What was admitted under a budget that has ended goes on.
        assert!(spent + reserved <= self.most, "overspent: {self:#?}");
        assert_eq!(self.guard.rem.nanos(), LIMIT - spent - reserved, "{self:#?}");
    }

    /// Nobody is in the middle of something: the rows add up to what is spent.
    fn check_books(&self) {
        assert!(self.guard.leases.is_empty(), "{self:#?}");
        let sum = |counts: &dyn Fn(&Row) -> bool| -> i64 {
            self.rows.values().filter(|row| counts(row)).map(|row| row.cost).sum()
        };
        let window = self.guard.window;
        assert_eq!(sum(&|row| row.window == window), self.guard.spent.nanos(), "{self:#?}");
        assert_eq!(sum(&|_| true), self.guard.total.nanos(), "{self:#?}");
        for actor in &self.actors {
            if let Actor::Caller(Caller { id, actual: Some(actual), at: At::Settled, .. }) = actor {
                assert_eq!(self.rows[id].cost, *actual, "{self:#?}");
                assert_eq!(self.rows[id].state, State::Final, "{self:#?}");
            }
        }
    }
}

fn nano(amount: i64) -> NanoUsd {
    NanoUsd::from_nanos(amount)
}

fn wish(id: &str, worst: i64, floor: i64, window: WindowId, max: i64) -> Wish {
    Wish {
        id: id.to_owned(),
        version: Some(1),
        max: Some(nano(max)),
        base: nano(LIMIT),
        window,
        worst: nano(worst),
        floor: nano(floor),
        expires: END,
        mark: None,
        crashed_before: SOON,
        wants: Vec::new(),
        forced: false,
    }
}

/// What an actor's next step leads to. `lost` is the same step with its answer lost: the actor does
/// it again.
fn step(world: &World, n: usize, worst: i64, floor: i64) -> Vec<World> {
    let mut next = world.clone();
    match world.actors[n].clone() {
        Actor::Gone => Vec::new(),
        Actor::Caller(caller) => {
            let Some(after) = call(&mut next, caller.clone(), worst, floor) else {
                return Vec::new();
            };
            let mut lost = next.clone();
            lost.actors[n] = Actor::Caller(caller);
            next.actors[n] = Actor::Caller(after);
            if lost == *world { vec![next] } else { vec![next, lost] }
        }
        Actor::Sweeper(sweeper) => {
            let after = sweep(&mut next, sweeper.clone());
            let mut lost = next.clone();
            lost.actors[n] = Actor::Sweeper(sweeper);
            next.actors[n] = Actor::Sweeper(after);
            if lost == *world { vec![next] } else { vec![next, lost] }
        }
    }
}

fn call(world: &mut World, mut caller: Caller, worst: i64, floor: i64) -> Option<Caller> {
    let id = caller.id.clone();
    caller.at = match caller.at.clone() {
        At::Taking(change, lease) => {
            if change.apply(&mut world.guard) {
                let all = world.guard.spent.nanos() + world.guard.reserved().nanos();
                assert!(all <= caller.max, "admitted beyond {}: {world:#?}", caller.max);
                At::Holding(lease)
            } else {
                caller.max = world.max.0;
                match admit(&world.guard, &wish(&id, worst, floor, world.window(), caller.max)) {
                    Step::Try(change, lease) => At::Taking(change, lease),
                    Step::Granted(lease) => At::Holding(lease),
                    Step::Over(_) => At::Refused,
                    other => panic!("{other:?}"),
                }
            }
        }
        At::Holding(lease) => match caller.actual {
            None => At::Releasing,
            Some(actual) => {
                let actual = actual.min(lease.amount.nanos());
                caller.actual = Some(actual);
                let free = world.rows.get(&id).is_none_or(|row| row.state == State::Expired);
                if free {
                    let row = Row { cost: actual, window: lease.window, state: State::Final };
                    world.rows.insert(id.clone(), row);
                }
                let cost = world.rows[&id].cost;
                At::Closing(settle_known(&id, &lease, nano(cost)), cost)
            }
        },
        At::Written(cost) => close(world, settle(&world.guard, &id, nano(cost)), cost),
        At::Closing(change, cost) => {
            if change.apply(&mut world.guard) {
                finished(&caller, world, cost)
            } else {
                match close(world, settle(&world.guard, &id, nano(cost)), cost) {
                    At::Settled => finished(&caller, world, cost),
                    other => other,
                }
            }
        }
        At::Releasing => match release(&world.guard, &id) {
            Close::Try(change) => {
                assert!(change.apply(&mut world.guard));
                At::Refused
            }
            Close::Done => At::Refused,
            Close::Charged => {
                let late = world.guard.late[&id].clone();
                let free = world.rows.get(&id).is_none_or(|row| row.state == State::Expired);
                if free {
                    let row = Row { cost: 0, window: late.window, state: State::Final };
                    world.rows.insert(id.clone(), row);
                }
                At::Written(world.rows[&id].cost)
            }
        },
        At::Settled | At::Refused => return None,
    };
    Some(caller)
}

/// A call whose row was sealed before it settled has not had its way; all others have.
fn finished(caller: &Caller, world: &World, cost: i64) -> At {
    let sealed = world.rows[&caller.id].state == State::Sealed;
    assert!(sealed || caller.actual.is_none_or(|actual| actual == cost));
    if sealed { At::Refused } else { At::Settled }
}

fn close(world: &World, close: Close, cost: i64) -> At {
    let _ = world;
    match close {
        Close::Try(change) => At::Closing(change, cost),
        Close::Done => At::Settled,
        Close::Charged => panic!("settling is never told so"),
    }
}

fn sweep(world: &mut World, sweeper: Sweeper) -> Sweeper {
    match sweeper {
        Sweeper::Idle => {
            let now = world.now();
            let expired = world.guard.expired(now).map(|(id, _)| id.clone());
            let ids: Vec<String> = expired.chain(world.guard.late.keys().cloned()).collect();
            if ids.is_empty() { Sweeper::Idle } else { Sweeper::Looking(ids) }
        }
        Sweeper::Looking(mut ids) => {
            let Some(id) = ids.pop() else { return Sweeper::Idle };
            match (world.rows.get(&id).copied(), world.guard.late.get(&id).cloned()) {
                (Some(Row { cost, state: State::Final | State::Sealed, .. }), _) => {
                    Sweeper::Settling(id, cost, ids)
                }
                (None, Some(late)) => Sweeper::Noting(id, late, ids),
                // A day later: nobody still waits for the answer to a reservation.
                (Some(_), Some(_)) if world.late && !world.is_being_taken(&id) => {
                    let row = world.rows.get_mut(&id).unwrap();
                    row.state = State::Sealed;
                    Sweeper::Forgetting(id, ids)
                }
                (_, None) => Sweeper::Expiring(id, ids),
                (Some(_), Some(_)) => Sweeper::Looking(ids),
            }
        }
        Sweeper::Expiring(id, ids) => match expire(&world.guard, &id, world.now()) {
            Close::Try(change) => {
                assert!(change.apply(&mut world.guard));
                let late = world.guard.late[&id].clone();
                Sweeper::Noting(id, late, ids)
            }
            _ => match world.guard.late.get(&id).cloned() {
                Some(late) => Sweeper::Noting(id, late, ids),
                None => Sweeper::Looking(ids),
            },
        },
        Sweeper::Noting(id, late, ids) => {
            let cost = late.amount.nanos();
            let row = Row { cost, window: late.window, state: State::Expired };
            world.rows.entry(id).or_insert(row);
            Sweeper::Looking(ids)
        }
        Sweeper::Settling(id, cost, ids) => {
            if let Close::Try(change) = settle(&world.guard, &id, nano(cost)) {
                assert!(change.apply(&mut world.guard));
            }
            Sweeper::Looking(ids)
        }
        Sweeper::Forgetting(id, ids) => {
            if let Close::Try(change) = forget(&world.guard, &id) {
                assert!(change.apply(&mut world.guard));
            }
            Sweeper::Looking(ids)
        }
    }
}

/// Goes through everything that can happen from `start`; returns how many states there are.
fn explore(start: World, worst: i64, floor: i64, turns: bool) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![start];
    while let Some(world) = open.pop() {
        if !seen.insert(world.clone()) {
            continue;
        }
        world.check();
        for n in 0..world.actors.len() {
            open.extend(step(&world, n, worst, floor));
            // It dies here.
            if world.actors[n] != Actor::Gone {
                let mut next = world.clone();
                next.actors[n] = Actor::Gone;
                open.push(next);
            }
        }
        if !world.late {
            open.push(World { late: true, ..world.clone() });
        }
        if turns && !world.turned {
            open.push(World { turned: true, ..world.clone() });
        }
        if let (_, Some(max)) = world.max {
            open.push(World { max: (max, None), ..world.clone() });
        }
        settle_down(world);
    }
    seen.len()
}

/// Whoever is in the middle of something goes away, unless it is done; then sweeps put the books in
/// order.
fn settle_down(mut world: World) {
    world.late = true;
    for actor in &mut world.actors {
        if !matches!(actor, Actor::Caller(Caller { at: At::Settled, .. })) {
            *actor = Actor::Gone;
        }
    }
    for _ in 0..2 {
        let mut sweeper = sweep(&mut world, Sweeper::Idle);
        while sweeper != Sweeper::Idle {
            sweeper = sweep(&mut world, sweeper);
        }
    }
    world.check();
    world.check_books();
}

#[test]
fn one_caller_and_two_sweepers() {
    assert!(explore(World::new(&[Some(3)], 6, 6, 2), 6, 6, false) > 100);
}

#[test]
fn two_callers_that_do_not_fit_together_and_a_sweeper() {
    assert!(explore(World::new(&[Some(3), Some(6)], 6, 6, 1), 6, 6, false) > 1_000);
}

#[test]
fn two_callers_that_share_what_is_left() {
    assert!(explore(World::new(&[Some(6), Some(1)], 7, 2, 1), 7, 2, false) > 1_000);
}

#[test]
fn a_caller_that_gives_back_beside_one_that_settles() {
    assert!(explore(World::new(&[None, Some(4)], 6, 4, 1), 6, 4, false) > 1_000);
}

#[test]
fn a_caller_that_gives_back_and_two_sweepers() {
    assert!(explore(World::new(&[None], 6, 4, 2), 6, 4, false) > 100);
}

#[test]
fn callers_around_the_end_of_a_window() {
    assert!(explore(World::new(&[Some(3), Some(5)], 6, 6, 1), 6, 6, true) > 1_000);
}

#[test]
fn three_callers_without_a_sweeper() {
    assert!(explore(World::new(&[Some(3), Some(1), Some(2)], 4, 2, 0), 4, 2, false) > 1_000);
}

#[test]
fn callers_around_the_hour_from_which_less_may_be_spent_or_more() {
    for then in [4, 13] {
        let two = World::new(&[Some(3), Some(6)], 6, 4, 0).then(then);
        assert!(explore(two, 6, 4, false) > 500);
    }
    let swept = World::new(&[Some(3)], 6, 6, 1).then(0);
    assert!(explore(swept, 6, 6, true) > 100);
    let around_midnight = World::new(&[Some(3), Some(5)], 6, 6, 0).then(13);
    assert!(explore(around_midnight, 6, 6, true) > 500);
}
