//! What is known of a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Allowance, BudgetDuration, KeyHash, Millis, NanoUsd, TeamRecord};

/// What a key may do besides calling models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyRole {
    /// The master key: everything.
    Admin,
    /// Calls models, sees itself.
    #[default]
    Virtual,
}

/// What may be spent in a window: on one model, or beside another budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelBudget {
    /// The most in a window.
    pub max: NanoUsd,
    /// The windows; none for one that never ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<BudgetDuration>,
}

/// A plaintext that a key had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// Its hash.
    pub hash: KeyHash,
    /// Until when it opens the key.
    pub until: Millis,
}

/// Whom a record stands for where no key was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    /// Who vouches for them: an issuer's name, `aws`.
    pub authority: String,
    /// Their name there.
    pub subject: String,
    /// What was granted when the record was written last, as a fingerprint.
    pub grant: String,
}

/// A key's record. The plaintext is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// SHA-256 of the plaintext.
    pub hash: KeyHash,
    /// The plaintext, abbreviated for people: `sk-...abcd`.
    pub name: String,
    /// A unique name given by an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// What the key may do.
    #[serde(default)]
    pub role: KeyRole,
    /// Model groups that it may call; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Model names that it may call models by, and the groups that they stand for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<String, String>,
    /// What it may use.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// The budget by name that it has as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_id: Option<String>,
    /// The budget by name of the customers that its calls are for, where they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user_budget_id: Option<String>,
    /// When it stops being valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Millis>,
    /// What callers keep with it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Whether it is switched off for now.
    #[serde(default)]
    pub blocked: bool,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Which team's it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Which organisation's it is, where it is in no team of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// The hash of the plaintext that opens it, once that is not the first one: `hash` stays what
    /// its account and its rows go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<KeyHash>,
    /// Plaintexts that it had and that still open it for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
    /// How often it got another plaintext.
    #[serde(default)]
    pub rotations: u64,
    /// When it got the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Millis>,
    /// By which rule it gets another one by itself, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Routes that it opens: paths, paths with `*` or `{id}`, and names of groups; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_routes: Vec<String>,
    /// Tags of all its calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Prompts that its calls may name; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// Parameters that its requests have to have: `user`, `metadata.generation_name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enforced_params: Vec<String>,
    /// Addresses and ranges that it may be used from; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_ips: Vec<String>,
    /// Whom it stands for, where it is no key's but somebody's whom another authority vouches for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<Vouched>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was changed last.
    pub updated_at: Millis,
    /// Which version of the record this is; the guard's admissions compare it. The store counts it.
    pub version: u64,
    /// When it was deleted; the record stays, so that its calls can be told whose they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Millis>,
}

/// How a key gets another plaintext by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// How long a plaintext is the key's, in LiteLLM's words: `30d`.
    pub interval: String,
    /// When it gets the next one.
    pub due: Millis,
    /// Who is about to give it one, by a word of their own, and until when nobody else is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<(String, Millis)>,
}

// === impl KeyRecord ===

impl KeyRecord {
    /// A record for a new key that may do everything a key may, without end.
    pub fn new(plaintext: &str, now: Millis) -> Self {
        Self::of_hash(KeyHash::of_plaintext(plaintext), abbreviated(plaintext), now)
    }

    /// The same for a key whose plaintext only its holder knows, by its hash and the name that people
    /// know it by.
    pub fn of_hash(hash: KeyHash, name: String, now: Millis) -> Self {
        Self {
            hash,
            name,
            alias: None,
            role: KeyRole::Virtual,
            models: Vec::new(),
            aliases: BTreeMap::new(),
            allowance: Allowance::default(),
            budget_id: None,
            end_user_budget_id: None,
            expires: None,
            metadata: Map::new(),
            blocked: false,
            user_id: None,
            team_id: None,
            organization_id: None,
            secret: None,
            former: Vec::new(),
            rotations: 0,
            rotated_at: None,
            rotation: None,
            allowed_routes: Vec::new(),
            tags: Vec::new(),
            prompts: Vec::new(),
            enforced_params: Vec::new(),
            allowed_ips: Vec::new(),
            vouched: None,
            created_by: None,
            updated_by: None,
            created_at: now,
            updated_at: now,
            version: 1,
            deleted_at: None,
        }
    }

    /// The organisation that its calls are counted for: its team's, or where that is in none its own.
    pub fn organisation<'a>(&'a self, team: Option<&'a TeamRecord>) -> Option<&'a str> {
        let of_team = team.and_then(|team| team.organization_id.as_deref());
        of_team.or(self.organization_id.as_deref())
    }

    /// The hash of the plaintext that opens it.
    pub fn opener(&self) -> KeyHash {
        self.secret.unwrap_or(self.hash)
    }

    /// Whether a plaintext of this hash opens it now.
    pub fn opens_with(&self, presented: &KeyHash, now: Millis) -> bool {
        self.opener() == *presented
            || self.former.iter().any(|former| former.hash == *presented && now < former.until)
    }

    /// Gives it another plaintext; the one before opens it until then, if it shall.
    pub fn rotate(&mut self, plaintext: &str, until: Option<Millis>, now: Millis) {
        self.former.retain(|former| now < former.until);
        self.former.extend(until.map(|until| Former { hash: self.opener(), until }));
        self.secret = Some(KeyHash::of_plaintext(plaintext));
        self.name = abbreviated(plaintext);
        self.rotations += 1;
        self.rotated_at = Some(now);
    }
}

/// `sk-` and the last four characters, where that leaves enough unsaid.
fn abbreviated(plaintext: &str) -> String {
    let count = plaintext.chars().count();
    let tail: String =
        if count >= 12 { plaintext.chars().skip(count - 4).collect() } else { String::new() };
    format!("sk-...{tail}")
}
