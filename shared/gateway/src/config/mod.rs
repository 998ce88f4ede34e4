//! The configuration: LiteLLM's `config.yaml`, read whole and checked whole.
//!
//! Text becomes a tree that knows its lines (`tree`); one walker per section turns the tree into
//! types and tells everything that it finds ([`Finding`]), not only the first. A key that has no
//! effect is a warning with its line; a wrong value is an error that says what would be right.
//! Nothing is ignored in silence.
//!
//! Not its job: to find files or read the environment (see [`Source`], [`Environment`]), or to fetch
//! secrets (an `aws-secret/NAME` is kept as a reference).
//!
//! Invariants: a [`Config`] exists only when no finding is an error; no secret is in a finding.

mod alerting;
mod aws;
mod aws_iam;
mod azure;
mod capacity;
mod check;
mod credentials;
mod defaults;
mod demo;
mod deployment;
mod docs;
mod enforced;
mod environment;
mod field;
mod finding;
mod fraction;
mod general;
mod grant;
mod history;
mod identity;
mod include;
mod json;
mod jwt;
mod key_rotation;
mod known;
mod litellm;
mod media;
mod model_info;
mod model_list;
mod mtls;
mod network;
mod outside;
mod params;
mod pass_through;
mod place;
mod prices;
mod priority;
mod prompts;
mod router;
mod sagemaker;
mod secret;
mod section;
mod source;
mod subject;
mod suggest;
mod timeouts;
mod tree;
mod vertex;
mod vouched;
mod walk;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use sluice_providers::Deployment;
use sluice_providers::MediaPolicy;

use crate::prompts::ConfiguredPrompt;

pub use alerting::{Alerting, Mail};
pub use aws_iam::{AwsIamAuth, AwsIamRule};
pub use capacity::Capacity;
pub use check::Checked;
pub use deployment::ConfiguredDeployment;
pub use docs::{Docs, Root};
pub(crate) use enforced::is_param;
pub use environment::Environment;
pub use finding::{Finding, Level};
pub use fraction::Fraction;
pub use general::{BudgetMode, General, StoreUnavailable, TokenRate};
pub use grant::Grant;
pub use history::History;
pub(crate) use json::yaml;
pub use jwt::{ClaimPaths, JwtAuth, JwtIssuer, JwtRole, JwtRoles, KeysAt, ScopeModels};
pub use key_rotation::KeyRotation;
pub use litellm::LitellmSettings;
pub use model_info::ModelInfo;
pub(crate) use mtls::parts as dn_parts;
pub use mtls::{MtlsAuth, MtlsRule};
pub use network::Network;
pub(crate) use network::{holds, range};
pub(crate) use outside::Draft;
pub use outside::Outside;
pub use pass_through::{Endpoint, PassThrough};
pub use priority::{Portion, Priorities};
pub use router::RouterSettings;
pub(crate) use secret::{is_reference, names_secret};
pub use source::{Beside, NoSource, Source};
pub use vouched::VouchedAs;

/// Attempts after the first, where nothing says otherwise.
const DEFAULT_RETRIES: u32 = 2;

/// A configuration without an error.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `model_list`: the deployments that can be called, in the order of the file.
    pub deployments: Vec<ConfiguredDeployment>,
    /// Where the page of the API is.
    pub docs: Docs,
    /// `prompts`: by their names.
    pub(crate) prompts: BTreeMap<String, ConfiguredPrompt>,
    /// `general_settings`.
    pub general: General,
    /// `litellm_settings`.
    pub litellm: LitellmSettings,
    /// `router_settings`.
    pub router: RouterSettings,
    /// A deployment of each provider that the environment alone describes, for what is passed on.
    pub environment: BTreeMap<&'static str, Deployment>,
    /// What models that are added while the gateway runs are read with.
    pub outside: Outside,
}

// === impl Config ===

impl Config {
    /// Reads and checks a file that includes no others.
    #[must_use]
    pub fn parse(text: &str, file: &str, environment: &dyn Environment) -> Checked {
        Self::parse_with(text, file, environment, &NoSource)
    }

    /// Reads and checks a file, and those that its `include:` names, through `source`.
    #[must_use]
    pub fn parse_with(
        text: &str,
        file: &str,
        environment: &dyn Environment,
        source: &dyn Source,
    ) -> Checked {
        walk::walk(text, file, environment, source)
    }

    /// What is served when there is no file: one model group, `demo`, answered in process, at a
    /// small price so that budgets can be tried.
    #[must_use]
    pub fn demo() -> Self {
        demo::config()
    }

    /// Attempts after the first of a deployment that does not say: the router's, else
    /// `litellm_settings`', else 2.
    #[must_use]
    pub fn num_retries(&self) -> u32 {
        self.router.num_retries.or(self.litellm.num_retries).unwrap_or(DEFAULT_RETRIES)
    }

    /// What may be fetched by URL: as `general_settings` say, else as `litellm_settings` do.
    #[must_use]
    pub fn media(&self) -> &MediaPolicy {
        if self.general.media == MediaPolicy::default() {
            &self.litellm.media
        } else {
            &self.general.media
        }
    }

    /// The time zone in which budgets reset.
    #[must_use]
    pub fn timezone(&self) -> &TimeZone {
        &self.litellm.timezone
    }
}
