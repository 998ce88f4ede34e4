//! Whether the log is what was written.

use std::fmt;

use futures_util::future::try_join_all;

use super::{
    Audit, Head,
    item::{CHAINS, Stored, Tip, bounds, head_key},
};
use crate::{KeyHash, Millis, StoreError};

/// What a walk through the log has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The chains' last rows.
    pub heads: Vec<Head>,
    /// How many rows there are.
    pub rows: u64,
    /// How many rows have expired and are gone.
    pub expired: u64,
    /// What is wrong, in the order of chains and numbers.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The chain.
    pub chain: u8,
    /// The row's number; of several, the first one's.
    pub number: u64,
    /// What it is.
    pub flaw: Flaw,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Rows up to this number are not there and should be.
    Missing(u64),
    /// It is not as it was written.
    Edited,
    /// It was never written there.
    Foreign,
    /// The chain ends here, and has no head that says so.
    Headless,
    /// It is not the row that was noted before: the chain was written anew.
    NotAsNoted,
}

/// A walk down a chain.
struct Walk {
    chain: u8,
    now: Millis,
    /// The row that should come next; its hash is not known below a gap.
    next: Tip,
    known: bool,
    noted: Option<Head>,
    /// Whether it is known where the chain ends.
    headed: bool,
    /// Rows after the head.
    later: Vec<u64>,
    report: Report,
}

// === impl Audit ===

impl Audit {
    pub(super) async fn walk(&self, noted: &[Head]) -> Result<Report, StoreError> {
        let chains = (0..CHAINS).map(|chain| {
            let noted = noted.iter().find(|head| head.chain == chain).cloned();
            self.walk_chain(chain, noted)
        });
        let mut whole = Report::default();
        for mut report in try_join_all(chains).await? {
            report.findings.sort_by_key(|finding| finding.number);
            whole.heads.append(&mut report.heads);
            whole.findings.append(&mut report.findings);
            whole.rows += report.rows;
            whole.expired += report.expired;
        }
        Ok(whole)
    }

    async fn walk_chain(&self, chain: u8, noted: Option<Head>) -> Result<Report, StoreError> {
        let head = self.head(chain).await?;
        let mut walk = Walk {
            chain,
            now: self.inner.clock.now(),
            next: head.clone().unwrap_or_default(),
            known: true,
            noted,
            headed: head.is_some(),
            later: Vec::new(),
            report: Report::default(),
        };
        if let Some(Tip { number, hash, .. }) = head {
            walk.report.heads.push(Head { chain, number, hash });
        }
        let mut items = self.items(chain, bounds(Millis::new(0), Millis::new(i64::MAX)), false);
        while let Some(item) = items.next().await? {
            walk.step(Stored::read(chain, &item));
        }
        // Rows that were written while this walked moved the head on.
        let head = self.head(chain).await?.map_or(0, |tip| tip.number);
        Ok(walk.end(head))
    }

    async fn head(&self, chain: u8) -> Result<Option<Tip>, StoreError> {
        let item = self.inner.item(head_key(chain)).await?;
        Ok(item.as_ref().and_then(Tip::read))
    }
}

// === impl Walk ===

impl Walk {
    fn found(&mut self, number: u64, flaw: Flaw) {
        self.report.findings.push(Finding { chain: self.chain, number, flaw });
    }

    fn step(&mut self, stored: Option<Stored>) {
        let Some(stored) = stored else {
            // Nothing that was written here reads like this.
            return self.found(self.next.number, Flaw::Foreign);
        };
        let number = stored.tip.number;
        self.report.rows += 1;
        if !self.headed {
            self.headed = true;
            self.found(number, Flaw::Headless);
            self.next = stored.tip.clone();
        }
        let head = self.report.heads.first().map_or(u64::MAX, |head| head.number);
        if number > head {
            return self.later.push(number);
        }
        if number > self.next.number {
            // A second one of its number.
            return self.found(number, Flaw::Foreign);
        }
        self.skip_to(number);
        if !stored.is_sound() || (self.known && stored.tip.hash != self.next.hash) {
            self.found(number, Flaw::Edited);
        }
        self.compare(number, stored.tip.hash);
        self.next = stored.before;
        self.known = true;
    }

    /// Rows down to `number` are not there. They come and go in one order: if the newest of them has
    /// expired, all have.
    fn skip_to(&mut self, number: u64) {
        if number >= self.next.number {
            return;
        }
        let lost = self.next.number - number;
        if self.next.expires <= self.now {
            self.report.expired += lost;
        } else {
            self.found(number + 1, Flaw::Missing(self.next.number));
        }
        self.next.number = number;
        self.known = false;
    }

    fn compare(&mut self, number: u64, hash: KeyHash) {
        if self.noted.as_ref().is_some_and(|noted| noted.number == number && noted.hash != hash) {
            self.found(number, Flaw::NotAsNoted);
        }
    }

    fn end(mut self, head: u64) -> Report {
        for number in std::mem::take(&mut self.later) {
            if number > head {
                self.found(number, Flaw::Foreign);
            }
        }
        self.skip_to(0);
        if let Some(noted) = self.noted.take().filter(|noted| noted.number > head) {
            self.found(head + 1, Flaw::Missing(noted.number));
        }
        self.report
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain, number, flaw } = self;
        match flaw {
            Flaw::Missing(last) if last == number => {
                write!(f, "chain {chain}: row {number} is missing")
            }
            Flaw::Missing(last) => write!(f, "chain {chain}: rows {number} to {last} are missing"),
            Flaw::Edited => write!(f, "chain {chain}: row {number} is not as it was written"),
            Flaw::Foreign => write!(f, "chain {chain}: row {number} was never written there"),
            Flaw::Headless => {
                write!(f, "chain {chain}: it ends with row {number}, and no head says so")
            }
            Flaw::NotAsNoted => {
                write!(f, "chain {chain}: row {number} is not the one that was noted")
            }
        }
    }
}
