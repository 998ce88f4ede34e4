//! Who has which limits, read for many at once.

use std::collections::HashMap;

use sluice_store::{
    Allowance, AssociateRecord, BudgetRecord, CustomerRecord, KeyHash, KeyRecord, MemberRecord,
    OrganisationRecord, StoreError, Subject, TagRecord, TeamRecord, UserRecord,
};

use crate::{app::App, identity};

/// The records of some subjects, and of those that they belong to.
#[derive(Debug, Default)]
pub(super) struct Roster {
    keys: HashMap<KeyHash, KeyRecord>,
    users: HashMap<String, UserRecord>,
    teams: HashMap<String, TeamRecord>,
    members: HashMap<(String, String), MemberRecord>,
    organisations: HashMap<String, OrganisationRecord>,
    associates: HashMap<(String, String), AssociateRecord>,
    customers: HashMap<String, CustomerRecord>,
    tags: HashMap<String, TagRecord>,
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
    pub(super) organization_id: Option<String>,
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
        roster.read_organisations(app, subjects.clone()).await?;
        roster.read_named(app, subjects).await?;
        let of_keys = roster.keys.values().filter_map(|record| record.budget_id.as_deref());
        let of_organisations = roster.organisations.values();
        let of_organisations = of_organisations.filter_map(|record| record.budget_id.as_deref());
        let of_customers =
            roster.customers.values().filter_map(|record| record.budget_id.as_deref());
        let of_tags = roster.tags.values().filter_map(|record| record.budget_id.as_deref());
        let named = of_keys.chain(of_organisations).chain(of_customers).chain(of_tags);
        let places: Vec<_> =
            named.chain(roster.of_customers.0.as_deref()).map(BudgetRecord::at).collect();
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
                Subject::Associate { user, .. } => users.push(UserRecord::at(user)),
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

    async fn read_organisations(
        &mut self,
        app: &App,
        subjects: impl Iterator<Item = &Subject>,
    ) -> Result<(), StoreError> {
        let (mut organisations, mut associates) = (Vec::new(), Vec::new());
        for subject in subjects {
            match subject {
                Subject::Organisation(id) => organisations.push(OrganisationRecord::at(id)),
                Subject::Associate { organisation, user } => {
                    associates.push(AssociateRecord::at(organisation, user));
                }
                _ => {}
            }
        }
        for record in app.store.organisations().get_all(&organisations).await? {
            self.organisations.insert(record.organization_id.clone(), record);
        }
        for record in app.store.associates().get_all(&associates).await? {
            let who = (record.organization_id.clone(), record.user_id.clone());
            self.associates.insert(who, record);
        }
        Ok(())
    }

    async fn read_named(
        &mut self,
        app: &App,
        subjects: impl Iterator<Item = &Subject>,
    ) -> Result<(), StoreError> {
        let (mut customers, mut tags) = (Vec::new(), Vec::new());
        for subject in subjects {
            match subject {
                Subject::EndUser(id) => customers.push(CustomerRecord::at(id)),
                Subject::Tag(name) => tags.push(TagRecord::at(name)),
                _ => {}
            }
        }
        for record in app.store.customers().get_all(&customers).await? {
            self.customers.insert(record.user_id.clone(), record);
        }
        for record in app.store.tags().get_all(&tags).await? {
            self.tags.insert(record.name.clone(), record);
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
            Subject::Organisation(id) => {
                let record = self.organisations.get(id)?;
                let budget = record.budget_id.as_ref().and_then(|id| self.budgets.get(id));
                let allowance = record.allowance.or_budget(budget);
                let holder = Holder { organization_id: Some(id.clone()), ..Holder::default() };
                (allowance, holder)
            }
            Subject::Associate { organisation, user } => {
                let record = self.associates.get(&(organisation.clone(), user.clone()))?;
                let organization_id = Some(organisation.clone());
                let holder = Holder { organization_id, ..self.holder(Some(user), None) };
                (record.allowance.clone(), holder)
            }
            Subject::Tag(name) => {
                let record = self.tags.get(name)?;
                let budget = record.budget_id.as_ref().and_then(|id| self.budgets.get(id));
                (record.allowance.or_budget(budget), Holder::default())
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
