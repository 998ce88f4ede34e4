//! `general_settings`.

use std::time::Duration;

use sluice_providers::{MediaPolicy, Secret};
use sluice_store::Deed;

use super::{
    alerting::Alerting, aws_iam::AwsIamAuth, enforced, field::Field, history::History,
    jwt::JwtAuth, key_rotation::KeyRotation, known, media, mtls::MtlsAuth, network::Network,
    pass_through::PassThrough, section::Section,
};

/// Mebibyte.
const MIB: u64 = 1024 * 1024;
/// The largest request when nothing is said: more than any provider takes.
const DEFAULT_REQUEST_MIB: u64 = 100;
/// How long a crashed call may hold its reservation.
const DEFAULT_LEASE: u64 = 90;
/// How the names of providers' secrets begin, unless said otherwise; as in the template.
const SECRETS: &str = "sluice/";

/// `general_settings`, as far as it has an effect.
#[derive(Debug, Clone)]
pub struct General {
    /// `master_key`: the admin key, or where it is kept.
    pub master_key: Option<Secret>,
    /// `max_request_size_mb`: larger request bodies are refused. Mebibytes.
    pub max_request_size_mb: u64,
    /// `lease_seconds` (Sluice's own): how long a call that crashed holds its reservation.
    pub lease_seconds: u64,
    /// `audit_retention_days` (Sluice's own): for how many days rows of the audit log are kept.
    pub audit_days: u32,
    /// `alerting`: whom to tell of budgets that run out, if anybody.
    pub alerting: Option<Alerting>,
    /// `disable_docs`: `/docs` and `/openapi.json` are not there.
    pub disable_docs: bool,
    /// `pass_through_endpoints`, and what calls of built-in pass-through cost.
    pub pass_through: PassThrough,
    /// The same as `litellm_settings.media`, where it is said here.
    pub media: MediaPolicy,
    /// `token_rate_limit_type`: which tokens the limits of tokens per minute count.
    pub token_rate: TokenRate,
    /// `max_parallel_requests`: calls at a time of a key that does not say.
    pub max_parallel_requests: Option<u64>,
    /// `global_max_parallel_requests`: calls at a time of all together.
    pub global_max_parallel_requests: Option<u64>,
    /// `key_rotation` (Sluice's own): where keys that get another plaintext by themselves have it put.
    pub key_rotation: Option<KeyRotation>,
    /// `enforced_params`: parameters that every request to a model has to have.
    pub enforced_params: Vec<String>,
    /// `service_account_settings.enforced_params`: those that requests of service accounts have to have
    /// besides.
    pub enforced_of_service_accounts: Vec<String>,
    /// `store_unavailable` (Sluice's own): what becomes of calls while the store gives no answer.
    pub store_unavailable: StoreUnavailable,
    /// `budget_mode` (Sluice's own): what becomes of calls under a budget whose cost nothing bounds.
    pub budget_mode: BudgetMode,
    /// `enable_jwt_auth` and `litellm_jwtauth`: callers with a token of an identity provider.
    pub jwt: Option<JwtAuth>,
    /// `mtls_auth`: callers with a certificate that a load balancer has checked.
    pub mtls: Option<MtlsAuth>,
    /// Where callers may come from.
    pub network: Network,
    /// `aws_iam_auth`: callers with AWS credentials.
    pub aws_iam: Option<AwsIamAuth>,
    /// `chat_history` (Sluice's own): how much is kept of conversations.
    pub history: History,
    /// `variables_for_api` (Sluice's own): environment variables that models and credentials which are
    /// added through the API may name.
    pub variables_for_api: Vec<String>,
    /// `secrets_for_api` (Sluice's own): how the names of secrets in AWS Secrets Manager begin that
    /// these may name.
    pub secrets_for_api: Vec<String>,
}

/// What becomes of calls while the store gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreUnavailable {
    /// They are refused: no limit is ever passed.
    #[default]
    FailClosed,
    /// Those of keys that this process knows are served, without a look at any limit, and charged
    /// when the store answers again.
    FailOpen,
}

/// What becomes of calls under a budget whose cost nothing bounds: the model has no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BudgetMode {
    /// They are refused: no budget is ever passed.
    #[default]
    Hard,
    /// They are served while anything is left, and charged what is known of their cost afterwards.
    Soft,
}

/// Which tokens a limit of tokens per minute counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenRate {
    /// Those of prompt and answer.
    #[default]
    Total,
    /// Those of the prompt.
    Input,
    /// Those of the answer.
    Output,
}

// === impl General ===

impl Default for General {
    fn default() -> Self {
        Self {
            master_key: None,
            max_request_size_mb: DEFAULT_REQUEST_MIB,
            lease_seconds: DEFAULT_LEASE,
            audit_days: Deed::KEEP_DAYS,
            alerting: None,
            disable_docs: false,
            pass_through: PassThrough::default(),
            media: MediaPolicy::default(),
            token_rate: TokenRate::default(),
            max_parallel_requests: None,
            global_max_parallel_requests: None,
            key_rotation: None,
            enforced_params: Vec::new(),
            enforced_of_service_accounts: Vec::new(),
            store_unavailable: StoreUnavailable::default(),
            budget_mode: BudgetMode::default(),
            jwt: None,
            aws_iam: None,
            mtls: None,
            network: Network::default(),
            history: History::default(),
            variables_for_api: Vec::new(),
            secrets_for_api: vec![SECRETS.to_owned()],
        }
    }
}

impl General {
    /// The largest request body, in bytes.
    #[must_use]
    pub fn max_request_bytes(&self) -> usize {
        usize::try_from(self.max_request_size_mb.saturating_mul(MIB)).unwrap_or(usize::MAX)
    }

    /// How long a reservation lives without its call.
    #[must_use]
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// Whether it matters where a request comes from.
    pub(crate) fn looks_at_origins(&self) -> bool {
        self.mtls.is_some() || self.network != Network::default()
    }

    pub(super) fn read(field: &Field<'_, '_>) -> Self {
        let mut general = Self::default();
        let Some(mut section) = Section::open(field) else { return general };
        if let Some(field) = section.take("master_key") {
            general.master_key = field.secret();
        }
        if let Some(field) = section.take("max_request_size_mb") {
            general.max_request_size_mb = field.whole(1..=4096).unwrap_or(DEFAULT_REQUEST_MIB);
        }
        if let Some(field) = section.take("lease_seconds") {
            general.lease_seconds = field.whole(5..=86_400).unwrap_or(DEFAULT_LEASE);
        }
        if let Some(field) = section.take("audit_retention_days") {
            let days = field.whole(1..=36_500).and_then(|days| u32::try_from(days).ok());
            general.audit_days = days.unwrap_or(Deed::KEEP_DAYS);
        }
        general.alerting = Alerting::read(&mut section);
        if let Some(field) = section.take("disable_docs") {
            general.disable_docs = field.flag().unwrap_or(false);
        }
        media::read(&mut section, &mut general.media);
        if let Some(field) = section.take("token_rate_limit_type")
            && let Some(written) = field.text()
        {
            match TokenRate::parse(&written) {
                Some(token_rate) => general.token_rate = token_rate,
                None => field.wrong(
                    format!("`{written}` is no kind of tokens"),
                    "write total, input or output",
                ),
            }
        }
        let mut slots = |name| section.take(name).and_then(|field| field.whole(0..=u64::MAX));
        general.max_parallel_requests = slots("max_parallel_requests");
        general.global_max_parallel_requests = slots("global_max_parallel_requests");
        general.key_rotation =
            section.take("key_rotation").and_then(|field| KeyRotation::read(&field));
        if let Some(field) = section.take("enforced_params") {
            general.enforced_params = enforced::read(&field);
        }
        if let Some(field) = section.take("service_account_settings") {
            general.enforced_of_service_accounts = enforced::of_accounts(&field);
        }
        if let Some(field) = section.take("store_unavailable")
            && let Some(written) = field.text()
        {
            match StoreUnavailable::parse(&written) {
                Some(choice) => general.store_unavailable = choice,
                None => field.wrong(
                    format!("`{written}` is no way to go on without the store"),
                    "write fail_closed or fail_open",
                ),
            }
        }
        if let Some(field) = section.take("budget_mode")
            && let Some(written) = field.text()
        {
            match BudgetMode::parse(&written) {
                Some(mode) => general.budget_mode = mode,
                None => field
                    .wrong(format!("`{written}` is no way to hold a budget"), "write hard or soft"),
            }
        }
        general.pass_through = PassThrough::read(&mut section);
        general.jwt = JwtAuth::read(&mut section);
        general.network = Network::take(&mut section);
        let mtls = section.take("mtls_auth");
        general.mtls = mtls.and_then(|field| MtlsAuth::read(&field, &general.network));
        let aws_iam = section.take("aws_iam_auth");
        general.aws_iam = aws_iam.and_then(|field| AwsIamAuth::read(&field));
        if let Some(field) = section.take("chat_history") {
            general.history = History::read(&field);
        }
        let mut names = |name| section.take(name).and_then(|field: Field<'_, '_>| field.names());
        general.variables_for_api = names("variables_for_api").unwrap_or_default();
        if let Some(prefixes) = names("secrets_for_api") {
            general.secrets_for_api = prefixes;
        }
        section.finish(known::GENERAL_SETTINGS);
        general
    }
}

// === impl StoreUnavailable ===

impl StoreUnavailable {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "fail_closed" => Some(Self::FailClosed),
            "fail_open" => Some(Self::FailOpen),
            _ => None,
        }
    }
}

// === impl BudgetMode ===

impl BudgetMode {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "hard" => Some(Self::Hard),
            "soft" => Some(Self::Soft),
            _ => None,
        }
    }
}

// === impl TokenRate ===

impl TokenRate {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "total" => Some(Self::Total),
            "input" => Some(Self::Input),
            "output" => Some(Self::Output),
            _ => None,
        }
    }
}
