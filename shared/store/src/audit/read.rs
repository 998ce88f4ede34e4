//! Reads of the log.

use aws_sdk_dynamodb::operation::query::QueryError;
use futures_util::future::try_join_all;

use super::{
    Audit, AuditFilter, AuditRow,
    item::{CHAINS, Stored, bounds, partition},
};
use crate::{
    Millis, StoreError,
    item::{key, s},
    pages::Found,
};

/// What fits of a chain, not more of it than is wanted.
struct Selected {
    rows: Vec<AuditRow>,
    total: usize,
}

// === impl Audit ===

impl Audit {
    pub(super) async fn one(&self, id: &str) -> Result<Option<AuditRow>, StoreError> {
        let mut parts = id.splitn(3, '-');
        let (Some(chain), Some(at), Some(number)) = (parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        let Some(chain) = chain.parse().ok().filter(|chain| *chain < CHAINS) else {
            return Ok(None);
        };
        let item = self.inner.item(key(partition(chain), format!("{at}#{number}"))).await?;
        let stored = item.and_then(|item| Stored::read(chain, &item));
        stored.filter(|stored| self.lives(stored)).map(|stored| stored.row()).transpose()
    }

    pub(super) async fn select(
        &self,
        filter: &AuditFilter,
    ) -> Result<(Vec<AuditRow>, usize), StoreError> {
        let found = try_join_all((0..CHAINS).map(|chain| self.of_chain(chain, filter))).await?;
        let total = found.iter().map(|found| found.total).sum();
        let mut rows: Vec<AuditRow> = found.into_iter().flat_map(|found| found.rows).collect();
        rows.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        if filter.ascending {
            rows.reverse();
        }
        rows.truncate(filter.newest);
        Ok((rows, total))
    }

    async fn of_chain(&self, chain: u8, filter: &AuditFilter) -> Result<Selected, StoreError> {
        let mut items = self.items(chain, bounds(filter.from, filter.to), filter.ascending);
        let mut selected = Selected { rows: Vec::new(), total: 0 };
        while let Some(item) = items.next().await? {
            let stored = Stored::read(chain, &item).filter(|stored| self.lives(stored));
            let Some(stored) = stored else { continue };
            let row = stored.row()?;
            if filter.fits(&row) {
                selected.total += 1;
                if selected.rows.len() < filter.newest {
                    selected.rows.push(row);
                }
            }
        }
        Ok(selected)
    }

    /// Expired rows are gone, also those that the database has not deleted yet.
    fn lives(&self, stored: &Stored) -> bool {
        stored.tip.expires > self.inner.clock.now()
    }

    /// The items of a chain between two sort keys.
    pub(super) fn items(
        &self,
        chain: u8,
        [from, to]: [String; 2],
        ascending: bool,
    ) -> Found<QueryError> {
        let query = self
            .inner
            .client
            .query()
            .table_name(&self.inner.tables.core)
            .key_condition_expression("pk = :p AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":p", s(partition(chain)))
            .expression_attribute_values(":from", s(from))
            .expression_attribute_values(":to", s(to))
            .scan_index_forward(ascending)
            .consistent_read(true);
        Found::by(query)
    }
}

// === impl AuditFilter ===

impl AuditFilter {
    /// All rows, the newest first, so many of them at most.
    #[must_use]
    pub fn newest(newest: usize) -> Self {
        Self {
            from: Millis::default(),
            to: Millis::new(i64::MAX),
            by: None,
            key: None,
            action: None,
            kind: None,
            object: None,
            newest,
            ascending: false,
        }
    }

    fn fits(&self, row: &AuditRow) -> bool {
        let who = &row.deed.who;
        let names = [&who.user, &who.name, &who.on_behalf, &who.subject];
        self.by.as_ref().is_none_or(|by| names.contains(&&Some(by.clone())))
            && self.key.is_none_or(|key| who.key == Some(key))
            && self.action.is_none_or(|action| row.action == action)
            && self.kind.as_ref().is_none_or(|kind| row.kind == *kind)
            && self.object.as_ref().is_none_or(|object| row.object == *object)
    }
}
