//! Rolling up what is over.

use super::{
    FIRST_MS, HOUR_MS, Rollups, hour_of,
    sheet::{Rolled, hours_between},
};
use crate::{Millis, StoreError, store::Inner};

/// What was rolled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RollReport {
    /// Hours that were over.
    pub hours: usize,
    /// Hours whose rows had changed since.
    pub again: usize,
}

// === impl Inner ===

impl Inner {
    pub(super) async fn roll_all(&self, now: Millis) -> Result<RollReport, StoreError> {
        let mut report = RollReport::default();
        let first = hour_of(now.plus(-FIRST_MS));
        let mut rolled = self.rolled().await?.unwrap_or(Rolled { since: first, through: first });
        let over = hours_between(rolled.through, now)
            .take_while(|hour| Rollups::is_settled(hour.plus(HOUR_MS), now));
        for hour in over {
            let sums = self.add_up(hour).await?;
            if !sums.cells.is_empty() {
                self.keep(&sums, now).await?;
            }
            report.hours += 1;
            rolled.through = hour.plus(HOUR_MS);
        }
        if report.hours > 0 {
            self.say_rolled(rolled).await?;
        }
        for (hour, at) in self.marks().await? {
            if hour < rolled.through && Rollups::is_settled(at, now) {
                self.keep(&self.add_up(hour).await?, now).await?;
                self.unmark(hour, at).await?;
                report.again += 1;
            }
        }
        Ok(report)
    }
}
