//! Writes of one guard from one process, few at a time.
//!
//! A guard is one item: whoever writes it waits for whoever is writing it. A thousand callers on one
//! key, each with a write of its own, would stand in line at the database and time out there. They
//! stand in line here, and who comes to the desk writes for as many as go together
//! ([`machine::Merged`]).
//!
//! Whoever waits may stop waiting at any time. What he wanted is then not written, unless somebody
//! had begun to; and what he had begun to write for others is written by the next of them, which his
//! own write, should it have been done, makes harmless.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Notify, Semaphore, oneshot};

use super::{
    guard::{Holder, Written},
    machine::{Change, Guard, Merged},
};
use crate::{StoreError, StoreErrorKind, store::Inner};

/// Writes of one guard under way at a time: one that is being done, and one on its way there.
const AT_ONCE: usize = 2;
/// In how many companies a change is tried before it is written alone.
const COMPANIES: usize = 3;

type Answer = Result<Written, StoreError>;

/// Where this process's writers of guards stand in line.
#[derive(Debug, Default)]
pub(crate) struct Desks {
    desks: Mutex<HashMap<String, Arc<Desk>>>,
}

/// The line for one guard.
#[derive(Debug)]
struct Desk {
    line: Mutex<VecDeque<Waiting>>,
    turns: Semaphore,
    /// Rung when somebody stands in line again.
    back: Notify,
}

/// Somebody who wants a change.
#[derive(Debug)]
struct Waiting {
    change: Change,
    answer: oneshot::Sender<Answer>,
}

/// Those who are being written for. Until they are answered they go back to the front of the line
/// when this is dropped.
struct Company<'a> {
    desk: &'a Desk,
    members: VecDeque<Waiting>,
}

// === impl Inner ===

impl Inner {
    /// Writes a change, perhaps with those of others. Whether it was done is known from the answer
    /// alone; that it may have been done before is what its conditions are for.
    pub(super) async fn write(&self, holder: &dyn Holder, change: &Change) -> Answer {
        let Some(alone) = Merged::new(change) else {
            return self.write_now(holder, std::slice::from_ref(change)).await;
        };
        let partition = holder.partition();
        let desk = self.desks.desk(&partition);
        let answer = self.at_desk(&desk, holder, change, alone).await;
        drop(desk);
        self.desks.tidy(&partition);
        answer
    }

    async fn at_desk(
        &self,
        desk: &Desk,
        holder: &dyn Holder,
        change: &Change,
        alone: Merged,
    ) -> Answer {
        if desk.line().is_empty()
            && let Ok(_turn) = desk.turns.try_acquire()
        {
            return self.write_now(holder, alone.changes()).await;
        }
        let (answer, mut answered) = oneshot::channel();
        desk.line().push_back(Waiting { change: change.clone(), answer });
        loop {
            let mut back = std::pin::pin!(desk.back.notified());
            back.as_mut().enable();
            {
                let _turn = tokio::select! {
                    biased;
                    answer = &mut answered => return answer.unwrap_or_else(|_| Err(unanswered())),
                    turn = desk.turns.acquire() => turn.map_err(|_| unanswered())?,
                };
                while let Some((merged, company)) = Company::gather(desk) {
                    self.serve(holder, merged, company).await;
                    if let Ok(answer) = answered.try_recv() {
                        return answer;
                    }
                }
            }
            // Somebody else is writing for us; or he gives up.
            tokio::select! {
                biased;
                answer = &mut answered => return answer.unwrap_or_else(|_| Err(unanswered())),
                () = back => {}
            }
        }
    }

    /// Writes for a company, and answers those of whom something is known then.
    async fn serve(&self, holder: &dyn Holder, mut merged: Merged, mut company: Company<'_>) {
        for _ in 0..COMPANIES {
            let guard = match self.write_now(holder, merged.changes()).await {
                Ok(Written::Refused(guard)) => guard,
                Ok(written) => return company.answer(|_| Some(Ok(written.clone()))),
                Err(error) => return company.answer(|_| Some(Err(error.again()))),
            };
            let alone = company.members.len() == 1;
            let refused = || Some(Ok(Written::Refused(Arc::clone(&guard))));
            company.answer(|change| (alone || !change.holds(&guard)).then(refused).flatten());
            let Some(rest) = company.regroup(&guard) else { return };
            merged = rest;
        }
        company.disband();
        if let Some((merged, mut one)) = Company::first(company.desk) {
            let written = self.write_now(holder, merged.changes()).await;
            let mut written = Some(written);
            one.answer(|_| written.take());
        }
    }
}

// === impl Desks ===

impl Desks {
    fn desk(&self, partition: &str) -> Arc<Desk> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = desks.get(partition) {
            return Arc::clone(desk);
        }
        let desk = Arc::new(Desk {
            line: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
            back: Notify::new(),
        });
        desks.insert(partition.to_owned(), Arc::clone(&desk));
        desk
    }

    /// Clears a desk away that nobody is at.
    fn tidy(&self, partition: &str) {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody gets hold of one more while the map is locked.
        if desks.get(partition).is_some_and(|desk| Arc::strong_count(desk) == 1) {
            desks.remove(partition);
        }
    }
}

// === impl Desk ===

impl Desk {
    fn line(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Company ===

impl<'a> Company<'a> {
    /// The first in line, and as many after him as go with him.
    fn gather(desk: &'a Desk) -> Option<(Merged, Self)> {
        let (mut merged, mut company) = Self::first(desk)?;
        let mut line = desk.line();
        while line.front().is_some_and(|next| merged.add(&next.change, None)) {
            company.members.extend(line.pop_front());
        }
        drop(line);
        Some((merged, company))
    }

    fn first(desk: &'a Desk) -> Option<(Merged, Self)> {
        let mut line = desk.line();
        loop {
            let first = line.pop_front()?;
            if first.answer.is_closed() {
                continue;
            }
            let merged = Merged::new(&first.change)?;
            return Some((merged, Self { desk, members: VecDeque::from([first]) }));
        }
    }

    /// Those of the members who go together on this guard; the others stand in line again.
    fn regroup(&mut self, guard: &Guard) -> Option<Merged> {
        let mut merged = Merged::new(&self.members.front()?.change)?;
        let mut members = std::mem::take(&mut self.members).into_iter();
        let mut stay: VecDeque<Waiting> = members.next().into_iter().collect();
        for member in members {
            let goes = merged.add(&member.change, Some(guard));
            if goes { &mut stay } else { &mut self.members }.push_back(member);
        }
        self.disband();
        self.members = stay;
        Some(merged)
    }

    /// Answers those for whom there is an answer.
    fn answer(&mut self, mut answer: impl FnMut(&Change) -> Option<Answer>) {
        for member in std::mem::take(&mut self.members) {
            match answer(&member.change) {
                // He may be gone.
                Some(answer) => drop(member.answer.send(answer)),
                None => self.members.push_back(member),
            }
        }
    }

    /// All stand in line again, before the others.
    fn disband(&mut self) {
        if self.members.is_empty() {
            return;
        }
        let mut line = self.desk.line();
        while let Some(last) = self.members.pop_back() {
            line.push_front(last);
        }
        drop(line);
        self.desk.back.notify_waiters();
    }
}

impl Drop for Company<'_> {
    fn drop(&mut self) {
        self.disband();
    }
}

fn unanswered() -> StoreError {
    StoreError::new("UpdateItem", StoreErrorKind::Unreachable)
}
