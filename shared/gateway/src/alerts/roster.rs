//! Who has which limits, read for many at once.

use std::collections::HashMap;

use sluice_store::{
    Allowance, BudgetRecord, CustomerRecord, KeyHash, KeyRecord, MemberRecord, StoreError, Subject,
    TeamRecord, UserRecord,
};

use crate::{app::App, identity};

/// The records of some subjects, and of those that they belong to.
#[derive(Debug, Default)]
pub(super) struct Roster {
    keys: HashMap<KeyHash, KeyRecord>,
    users: HashMap<String, UserRecord>,
    teams: HashMap<String, TeamRecord>,
    members: HashMap<(String, String), MemberRecord>,
    customers: HashMap<String, CustomerRecord>,
    budgets: HashMap<String, BudgetRecord>,
    /// What customers have who have no budget.
    of_customers: (Option<String>, Option<sluice_store::NanoUsd>),
}

/// Who has a budget, in people's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Holder {
    pub(super) key_alias: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) user_email: Option<String>,
    pub(super) team_id: Option<String>,
    pub(super) team_alias: Option<String>,
    /// Further addresses that want to know of the budget.
    pub(super) emails: Vec<String>,
}

// === impl Roster ===

impl Roster {
    /// Reads what is known of these.
    pub(super) async fn read(
        app: &App,
        subjects: impl Iterator<Item = &Subject> + Clone,
    ) -> Result<Self, StoreError> {
        let settings = &app.config.litellm;
        let of_customers = (settings.max_end_user_budget_id.clone(), settings.max_end_user_budget);
        let mut roster = Self { of_customers, ..Self::default() };
        let hashes: Vec<KeyHash> = subjects.clone().filter_map(key).collect();
        for record in app.store.keys().get_all(&hashes).await? {
            roster.keys.insert(record.hash, record);
        }
        roster.read_people(app, subjects.clone()).await?;
        let customers: Vec<_> = subjects
            .filter_map(|subject| match subject {
                Subject::EndUser(id) => Some(CustomerRecord::at(id)),
                _ => None,
            })
            .collect();
        for record in app.store.customers().get_all(&customers).await? {
            roster.customers.insert(record.user_id.clone(), record);
        }
        let of_keys = roster.keys.values().filter_map(|record| record.budget_id.as_deref());
        let of_customers =
            roster.customers.values().filter_map(|record| record.budget_id.as_deref());
        let named = of_keys.chain(of_customers).chain(roster.of_customers.0.as_deref());
        let places: Vec<_> = named.map(BudgetRecord::at).collect();
        for record in app.store.budgets().get_all(&places).await? {
            roster.budgets.insert(record.budget_id.clone(), record);
        }
        Ok(roster)
    }

    async fn read_people(
        &mut self,
        app: &App,
        subjects: impl Iterator<Item = &Subject>,
    ) -> Result<(), StoreError> {
        let (mut users, mut teams, mut members) = (Vec::new(), Vec::new(), Vec::new());
        for record in self.keys.values() {
            users.extend(record.user_id.as_deref().map(UserRecord::at));
            teams.extend(record.team_id.as_deref().map(TeamRecord::at));
        }
        for subject in subjects {
            match subject {
                Subject::User(id) => users.push(UserRecord::at(id)),
                Subject::Team(id) => teams.push(TeamRecord::at(id)),
                Subject::Member { team, user } => {
                    members.push(MemberRecord::at(team, user));
                    teams.push(TeamRecord::at(team));
                    users.push(UserRecord::at(user));
                }
                _ => {}
            }
        }
        for record in app.store.users().get_all(&users).await? {
            self.users.insert(record.user_id.clone(), record);
        }
        for record in app.store.teams().get_all(&teams).await? {
            self.teams.insert(record.team_id.clone(), record);
        }
        for record in app.store.members().get_all(&members).await? {
            self.members.insert((record.team_id.clone(), record.user_id.clone()), record);
        }
        Ok(())
    }

    /// What a subject may use, and who that is; `None` for one that is not there any more.
    pub(super) fn of(&self, subject: &Subject) -> Option<(Allowance, Holder)> {
        Some(match subject {
            Subject::Key(hash) => {
                let record = self.keys.get(hash)?;
                let holder = Holder {
                    key_alias: record.alias.clone(),
                    ..self.holder(record.user_id.as_deref(), record.team_id.as_deref())
                };
                let budget = record.budget_id.as_ref().and_then(|id| self.budgets.get(id));
                let allowance = match budget {
                    Some(budget) => {
                        identity::with_budget(&record.allowance, budget.allowance.clone())
                    }
                    None => record.allowance.clone(),
                };
                (allowance, holder)
            }
            Subject::User(id) => {
                (self.users.get(id)?.allowance.clone(), self.holder(Some(id), None))
            }
            Subject::Team(id) => {
                let record = self.teams.get(id)?;
                let mut holder = self.holder(None, Some(id));
                let emails = record.metadata.get("soft_budget_alerting_emails");
                let emails = emails.and_then(serde_json::Value::as_array).into_iter().flatten();
                holder.emails = emails.filter_map(|one| one.as_str().map(str::to_owned)).collect();
                (record.allowance.clone(), holder)
            }
            Subject::Member { team, user } => {
                let record = self.members.get(&(team.clone(), user.clone()))?;
                let allowance = identity::of_member(record, self.teams.get(team));
                (allowance, self.holder(Some(user), Some(team)))
            }
            Subject::EndUser(id) => {
                let record = self.customers.get(id);
                let (default, amount) = &self.of_customers;
                let budget = identity::customer_budget(record, default.as_deref());
                let budget = budget.and_then(|id| self.budgets.get(id));
                (identity::customer_allowance(record, budget, *amount), Holder::default())
            }
            _ => return None,
        })
    }

    fn holder(&self, user: Option<&str>, team: Option<&str>) -> Holder {
        let record = user.and_then(|id| self.users.get(id));
        Holder {
            user_id: user.map(str::to_owned),
            user_email: record.and_then(|record| record.email.clone()),
            team_id: team.map(str::to_owned),
            team_alias: team.and_then(|id| self.teams.get(id)?.alias.clone()),
            ..Holder::default()
        }
    }
}

fn key(subject: &Subject) -> Option<KeyHash> {
    match subject {
        Subject::Key(hash) => Some(*hash),
        _ => None,
    }
}
