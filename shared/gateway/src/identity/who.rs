//! Somebody whom another authority vouches for, and the key record that stands for them.
//!
//! No key was given out, but budgets, limits, spend and rows are a key's. So there is a record whose
//! hash is that of a name and of no key: nobody can present it. It is made at the first call, and again
//! where what the configuration grants has changed. What holds for one token only (its role, its
//! scopes) is no part of it, but a [`Mandate`].

use serde_json::{Value, json};
use sluice_store::{
    Deed, KeyError, KeyHash, KeyRecord, Millis, RecordError, Stamp, TeamRecord, UserRecord,
    Vouched, Who as Recorded,
};
use sluice_wire::{Fault, FaultKind};

use super::{Caller, People};
use crate::{
    app::App,
    config::{Grant, JwtRole},
    corridor::stray_id,
};

/// The longest alias of a record.
const LONGEST_ALIAS: usize = 200;

/// Who it is.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// Who vouches for them: an issuer's name, `aws`.
    pub(crate) authority: String,
    /// Their name there.
    pub(crate) subject: String,
    /// How the record is called, for people.
    pub(crate) alias: String,
    pub(crate) user_id: Option<String>,
    pub(crate) team_id: Option<String>,
    /// The organisation, where it is not the team's that says so.
    pub(crate) organization_id: Option<String>,
    /// The limits of their record.
    pub(crate) grant: Grant,
    /// How users and teams come to their records; `None` where they need none.
    pub(crate) provision: Option<Provision>,
    pub(crate) mandate: Mandate,
}

/// Whether those without a record are given one, or are refused.
#[derive(Debug, Clone, Default)]
pub(crate) struct Provision {
    pub(crate) user: bool,
    pub(crate) team: bool,
    /// The user's address.
    pub(crate) email: Option<String>,
}

/// What a credential says beyond the record; it holds as long as the credential does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mandate {
    pub(crate) role: Option<JwtRole>,
    /// The only models that it is for.
    pub(crate) models: Option<Vec<String>>,
    /// On whose behalf its bearer calls.
    pub(crate) end_user: Option<String>,
}

// === impl Who ===

impl Who {
    /// The caller that they are here.
    pub(super) async fn caller(&self, app: &App) -> Result<Caller, Fault> {
        let hash = self.hash();
        let known = app.keys.get(&hash, app.clock.now());
        if known.is_some_and(|known| !self.is_in(&known.record)) {
            app.keys.forget(&hash);
        }
        app.keys.or_read(app, hash, async || Box::pin(self.read(app, hash)).await).await
    }

    async fn read(&self, app: &App, hash: KeyHash) -> Result<Caller, Fault> {
        let now = app.clock.now();
        let mut people = People::read(app, &self.draft(now)).await?;
        if self.provide(app, &people, now).await? {
            people = People::read(app, &self.draft(now)).await?;
        }
        let record = self.stored(app, hash, now).await?;
        if !self.is_as_drafted(&record, now) {
            people = People::read(app, &record).await?;
        }
        Ok(Caller::new(record, hash, people))
    }

    /// What is recorded for them, on their authority's word.
    fn deed(&self, app: &App) -> Deed {
        let who = Recorded {
            key: Some(self.hash()),
            name: Some(Deed::text(&self.alias)),
            user: self.user_id.clone(),
            authority: Some(self.authority.clone()),
            subject: Some(Deed::text(&self.subject)),
            ..Recorded::default()
        };
        let call = stray_id(app);
        let keep_days = app.config.general.audit_days;
        Deed { call, who, keep_days, ..Deed::own("provision") }
    }

    /// Sees to it that the user and the team have records, where that is asked for. Whether any was made.
    async fn provide(&self, app: &App, people: &People, now: Millis) -> Result<bool, Fault> {
        let Some(provision) = &self.provision else { return Ok(false) };
        let stamp = || Stamp::new(now, Some(self.authority.clone()));
        let failed = |error: RecordError| match error {
            // Another call was faster.
            RecordError::Exists => Ok(true),
            RecordError::Store(error) => Err(app.store_fault(&error)),
            other => {
                Err(Fault::new(FaultKind::Permission, "The user or the team cannot be recorded.")
                    .with_label("auth_error")
                    .with_detail(other.to_string()))
            }
        };
        let deed = self.deed(app);
        let mut made = false;
        if let (Some(team), None) = (&self.team_id, &people.team) {
            if !provision.team {
                let message = format!(
                    "Team={team} has no record here. Make one with `/team/new`, or set `team_id_upsert`."
                );
                return Err(Fault::new(FaultKind::NotFound, message).with_label("auth_error"));
            }
            let record = TeamRecord::new(team, stamp());
            made |= app
                .store
                .teams()
                .by(&deed)
                .create(&record)
                .await
                .map_or_else(failed, |_| Ok(true))?;
        }
        if let (Some(user), None) = (&self.user_id, &people.user) {
            if !provision.user {
                let message = format!(
                    "Authentication Error, User={user} has no record here. Make one with `/user/new`, or set \
                     `user_id_upsert`."
                );
                return Err(Fault::new(FaultKind::Authentication, message).with_label("auth_error"));
            }
            let mut record = UserRecord::new(user, stamp());
            record.sso_user_id = Some(self.subject.clone());
            record.email.clone_from(&provision.email);
            let users = app.store.users();
            let created = match users.by(&deed).create(&record).await {
                // Another user has the address.
                Err(RecordError::Taken(_)) => {
                    record.email = None;
                    users.by(&deed).create(&record).await
                }
                created => created,
            };
            made |= created.map_or_else(failed, |_| Ok(true))?;
        }
        Ok(made)
    }

    async fn stored(&self, app: &App, hash: KeyHash, now: Millis) -> Result<KeyRecord, Fault> {
        let (keys, deed) = (app.store.keys(), self.deed(app));
        let failed = |error: KeyError| match error {
            KeyError::Store(error) => app.store_fault(&error),
            other => {
                Fault::new(FaultKind::Unavailable, "The record of this identity is being changed.")
                    .with_detail(other.to_string())
            }
        };
        match keys.get(&hash).await.map_err(|error| app.store_fault(&error))? {
            Some(record) if self.is_in(&record) => Ok(record),
            Some(_) => {
                let changed = keys.by(&deed).update(&hash, |record| self.grant(record, now)).await;
                app.forget_key(&hash);
                changed.map_err(failed)
            }
            None => {
                let mut record = self.draft(now);
                match keys.by(&deed).ensure(&record).await {
                    // Somebody gave the name to a key of theirs.
                    Err(KeyError::AliasTaken(_)) => {
                        record.alias = None;
                        keys.by(&deed).ensure(&record).await.map_err(failed)
                    }
                    made => made.map_err(failed),
                }
            }
        }
    }

    /// The record as it is first written.
    fn draft(&self, now: Millis) -> KeyRecord {
        let mut record = KeyRecord::new(&self.name(), now);
        record.name = alias(&[&self.subject]);
        record.created_by = Some(self.authority.clone());
        record.alias = Some(self.alias.clone());
        self.grant(&mut record, now);
        record
    }

    /// Whether a record has the people and the limits that it was drafted with: an administrator may
    /// have given it others.
    fn is_as_drafted(&self, record: &KeyRecord, now: Millis) -> bool {
        let draft = self.draft(now);
        let belongs = |record: &KeyRecord| {
            let people = (record.user_id.clone(), record.team_id.clone());
            (people, record.organization_id.clone(), record.budget_id.clone())
        };
        belongs(record) == belongs(&draft) && record.allowance == draft.allowance
    }

    /// Sets what the configuration and the authority say.
    fn grant(&self, record: &mut KeyRecord, now: Millis) {
        record.user_id.clone_from(&self.user_id);
        record.team_id.clone_from(&self.team_id);
        record.organization_id.clone_from(&self.organization_id);
        self.grant.write(record);
        record.updated_at = now;
        record.vouched = Some(Vouched {
            authority: self.authority.clone(),
            subject: self.subject.clone(),
            grant: self.fingerprint(),
        });
    }

    /// Whether a record says what this grants. What an administrator has changed since stays.
    fn is_in(&self, record: &KeyRecord) -> bool {
        record.vouched.as_ref().is_some_and(|vouched| vouched.grant == self.fingerprint())
    }

    fn fingerprint(&self) -> String {
        let mut told = vec![json!(self.user_id), json!(self.team_id), self.grant.told()];
        told.extend(self.organization_id.as_ref().map(|id| json!(id)));
        KeyHash::of_plaintext(&Value::Array(told).to_string()).short()
    }

    /// No key: keys begin with `sk-`.
    fn name(&self) -> String {
        let team = self.team_id.as_ref();
        let mut name =
            vec![json!("vouched"), json!(self.authority), json!(self.subject), json!(team)];
        // Whoever is in two organisations has a record in each.
        name.extend(self.organization_id.as_ref().map(|id| json!(id)));
        Value::Array(name).to_string()
    }

    pub(super) fn hash(&self) -> KeyHash {
        KeyHash::of_plaintext(&self.name())
    }
}

/// A name for people: short, and of letters that show.
pub(super) fn alias(parts: &[&str]) -> String {
    let joined = parts.concat();
    joined.chars().filter(|letter| !letter.is_control()).take(LONGEST_ALIAS).collect()
}
