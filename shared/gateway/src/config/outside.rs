//! Entries that do not come from the file: models and credentials that people add while the gateway
//! runs.
//!
//! They are read as the file's are, and by the same code. What differs is whom they may trust. Whoever
//! adds a model is not whoever runs the gateway: of the variables of the process they reach those that
//! `general_settings.variables_for_api` names, and of the secrets in AWS those that
//! `general_settings.secrets_for_api` admits. A key that the operator gave (a provider's variable, a
//! credential of the file) goes only to an address that the operator gave, or to the provider's own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Map, Value, json};
use sluice_providers::providers;

use super::{
    ConfiguredDeployment, Environment, Finding, General, aws,
    credentials::Credentials,
    field::{Context, Field},
    json::{canonical, node},
    known, model_list,
    section::Section,
    timeouts::Waits,
    tree::{At, Kind, Node},
};

/// Where such an entry stands: in no file.
pub(super) const OUTSIDE: At = At { file: usize::MAX, line: 0 };
/// The prefix of a value that stands in an environment variable.
const VARIABLE: &str = "os.environ/";

/// What entries from outside the file are read with. It is fixed when the file is read.
#[derive(Clone, Default)]
pub struct Outside {
    /// Values of the variables that they, the providers' rows or the file's credentials may need.
    variables: BTreeMap<String, String>,
    /// Names of the variables that they may name themselves.
    granted: BTreeSet<String>,
    /// Beginnings of the names of secrets that they may name.
    secrets: Vec<String>,
    waits: Waits,
    /// The credentials of the file.
    credentials: BTreeMap<String, Node>,
}

/// Reads models, beside certain credentials.
pub(crate) struct Reader<'o> {
    outside: &'o Outside,
    credentials: BTreeMap<&'o str, Node>,
}

/// A model as it is added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'d> {
    pub(crate) id: &'d str,
    pub(crate) name: &'d str,
    pub(crate) params: &'d Map<String, Value>,
    pub(crate) info: &'d Map<String, Value>,
}

// === impl Outside ===

impl Outside {
    pub(super) fn new(
        context: &Context<'_>,
        general: &General,
        waits: Waits,
        credentials: &Credentials<'_, '_>,
    ) -> Self {
        let granted: BTreeSet<String> = general.variables_for_api.iter().cloned().collect();
        let credentials = credentials.nodes();
        let mut names: BTreeSet<String> = granted.clone();
        for row in providers() {
            let own = row.key_variables.iter().chain(row.base_variables);
            names.extend(own.map(|name| (*name).to_owned()));
        }
        names.extend(aws::REGION_VARIABLES.map(str::to_owned));
        credentials.values().for_each(|node| variables(node, &mut names));
        let set = |name: String| context.var(&name).map(|value| (name, value));
        Self {
            variables: names.into_iter().filter_map(set).collect(),
            granted,
            secrets: general.secrets_for_api.clone(),
            waits,
            credentials,
        }
    }

    /// Whether an entry may name a variable.
    pub(super) fn grants_variable(&self, name: &str) -> bool {
        self.granted.contains(name)
    }

    /// Whether an entry may name a secret, by its name or its ARN.
    pub(super) fn grants_secret(&self, name: &str) -> bool {
        let name = name.split_once(":secret:").map_or(name, |(_, name)| name);
        self.secrets.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// A credential of the file, as it is written.
    pub(crate) fn credential(&self, name: &str) -> Option<Map<String, Value>> {
        canonical(self.credentials.get(name)?).as_object().cloned()
    }

    /// The credentials of the file, by their names.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = (&str, Map<String, Value>)> {
        self.credentials.keys().filter_map(|name| Some((name.as_str(), self.credential(name)?)))
    }

    /// What is wrong with the values of a credential that is added, whatever model may name it.
    pub(crate) fn check_values(&self, values: &Map<String, Value>) -> Vec<Finding> {
        let node = node(&Value::Object(values.clone()));
        let context = Context::outside(self, true);
        let field = Field::at(&context, "credential_values", &node);
        if let Some(section) = Section::open(&field) {
            for (name, field) in section.each() {
                if !known::is_known(known::LITELLM_PARAMS, name) {
                    field.wrong(format!("`{name}` is no parameter of a model"), "");
                }
                field.check_references();
            }
        }
        context.into_findings()
    }

    /// Prepares to read models that may name these credentials besides the file's.
    pub(crate) fn reader<'o>(
        &'o self,
        credentials: impl Iterator<Item = (&'o str, Map<String, Value>)>,
    ) -> Reader<'o> {
        let own = self.credentials.iter().map(|(name, node)| (name.as_str(), node.clone()));
        let added = credentials.map(|(name, values)| (name, node(&Value::Object(values))));
        // What the operator named stays the operator's.
        Reader { outside: self, credentials: added.chain(own).collect() }
    }
}

/// Names only: values are secrets.
impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside")
            .field("variables", &self.variables.keys())
            .field("granted", &self.granted)
            .field("secrets", &self.secrets)
            .field("credentials", &self.credentials.keys())
            .finish_non_exhaustive()
    }
}

impl Environment for Outside {
    fn var(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

// === impl Reader ===

impl Reader<'_> {
    /// Reads a model as it is added: what has no effect is an error. `Ok` are its deployments, with
    /// what else there is to say; `Err` is everything that is wrong.
    pub(crate) fn check(
        &self,
        draft: Draft<'_>,
    ) -> Result<(Vec<ConfiguredDeployment>, Vec<Finding>), Vec<Finding>> {
        self.read(draft, true)
    }

    /// Reads a model that was added before, perhaps to another version: what has no effect is passed
    /// over.
    pub(crate) fn load(&self, draft: Draft<'_>) -> Result<Vec<ConfiguredDeployment>, Vec<Finding>> {
        self.read(draft, false).map(|(deployments, _)| deployments)
    }

    fn read(
        &self,
        draft: Draft<'_>,
        strict: bool,
    ) -> Result<(Vec<ConfiguredDeployment>, Vec<Finding>), Vec<Finding>> {
        let entry = node(&json!({
            "model_name": draft.name,
            "litellm_params": draft.params,
            "model_info": draft.info,
        }));
        let context = Context::outside(self.outside, strict);
        let credentials = Credentials::of(&context, &self.credentials);
        let read =
            model_list::entry(&Field::root(&context, &entry), self.outside.waits, &credentials);
        let mut deployments = read.map(|(deployments, _)| deployments).unwrap_or_default();
        drop(credentials);
        let (wrong, told): (Vec<Finding>, Vec<Finding>) =
            context.into_findings().into_iter().partition(Finding::is_error);
        if !wrong.is_empty() || deployments.is_empty() {
            return Err(if wrong.is_empty() { told } else { wrong });
        }
        for one in &mut deployments {
            draft.id.clone_into(&mut one.deployment.id);
        }
        Ok((deployments, told))
    }
}

/// Names of the variables that a value names.
fn variables(node: &Node, names: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Scalar { text, .. } => {
            names.extend(text.strip_prefix(VARIABLE).map(|name| name.trim().to_owned()));
        }
        Kind::Sequence(items) => items.iter().for_each(|item| variables(item, names)),
        Kind::Mapping(entries) => entries.iter().for_each(|e| variables(&e.value, names)),
    }
}
