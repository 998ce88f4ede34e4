//! The store: a client, three tables and a clock.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::{
    Alerts, Answers, AssociateRecord, Audit, BudgetRecord, Clock, CredentialRecord, CustomerRecord,
    Keys, Ledger, LedgerMode, MemberRecord, ModelRecord, OrganisationRecord, PromptRecord, Records,
    Rollups, Routing, Sessions, StoreError, TableNames, TagRecord, TeamRecord, Usage, UserRecord,
    ledger::{Backlog, Desks, Slices},
    tables,
};

/// All that is kept in the database. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

/// Builds a [`Store`].
#[derive(Debug)]
pub struct StoreBuilder {
    client: Client,
    tables: TableNames,
    clock: Arc<dyn Clock>,
    mode: LedgerMode,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) client: Client,
    pub(crate) tables: TableNames,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) mode: LedgerMode,
    pub(crate) slices: Slices,
    pub(crate) desks: Desks,
    pub(crate) backlog: Backlog,
}

// === impl Store ===

impl Store {
    /// Begins with what every store needs.
    pub fn builder(client: Client, tables: TableNames, clock: Arc<dyn Clock>) -> StoreBuilder {
        StoreBuilder { client, tables, clock, mode: LedgerMode::default() }
    }

    /// Makes the tables that are missing, for engines that have no template.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_tables(&self) -> Result<(), StoreError> {
        tables::create(&self.inner.client, &self.inner.tables).await
    }

    /// The keys.
    pub fn keys(&self) -> Keys {
        Keys { inner: Arc::clone(&self.inner) }
    }

    /// The users.
    pub fn users(&self) -> Records<UserRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The teams.
    pub fn teams(&self) -> Records<TeamRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The members of the teams.
    pub fn members(&self) -> Records<MemberRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The organisations.
    pub fn organisations(&self) -> Records<OrganisationRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// Who belongs to the organisations.
    pub fn associates(&self) -> Records<AssociateRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The budgets that have a name.
    pub fn budgets(&self) -> Records<BudgetRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The customers.
    pub fn customers(&self) -> Records<CustomerRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The prompts that people keep here.
    pub fn prompts(&self) -> Records<PromptRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The tags.
    pub fn tags(&self) -> Records<TagRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The models that people have added.
    pub fn models(&self) -> Records<ModelRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// The credentials that models name.
    pub fn credentials(&self) -> Records<CredentialRecord> {
        Records::of(Arc::clone(&self.inner))
    }

    /// What calls are routed by besides the configuration, as a whole.
    pub fn routing(&self) -> Routing {
        Routing { inner: Arc::clone(&self.inner) }
    }

    /// The ledger.
    pub fn ledger(&self) -> Ledger {
        Ledger { inner: Arc::clone(&self.inner) }
    }

    /// The alerts.
    pub fn alerts(&self) -> Alerts {
        Alerts { inner: Arc::clone(&self.inner) }
    }

    /// The answers that are kept.
    pub fn answers(&self) -> Answers {
        Answers { inner: Arc::clone(&self.inner) }
    }

    /// The conversations that are kept.
    pub fn sessions(&self) -> Sessions {
        Sessions { inner: Arc::clone(&self.inner) }
    }

    /// The audit log.
    pub fn audit(&self) -> Audit {
        Audit { inner: Arc::clone(&self.inner) }
    }

    /// What the rows add up to.
    pub fn rollups(&self) -> Rollups {
        Rollups { inner: Arc::clone(&self.inner) }
    }

    /// The usage rows.
    pub fn usage(&self) -> Usage {
        Usage { inner: Arc::clone(&self.inner) }
    }
}

// === impl StoreBuilder ===

impl StoreBuilder {
    /// How the ledger keeps its books; strictly, unless said otherwise.
    #[must_use]
    pub fn ledger_mode(mut self, mode: LedgerMode) -> Self {
        self.mode = mode;
        self
    }

    /// The store. No I/O is done.
    pub fn build(self) -> Store {
        let Self { client, tables, clock, mode } = self;
        Store {
            inner: Arc::new(Inner {
                client,
                tables,
                clock,
                mode,
                slices: Slices::new(),
                desks: Desks::default(),
                backlog: Backlog::default(),
            }),
        }
    }
}
