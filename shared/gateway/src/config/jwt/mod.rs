//! `general_settings.enable_jwt_auth` and `litellm_jwtauth`: callers with a token of an identity provider.

mod issuer;
mod roles;

use std::time::Duration;

pub use issuer::{ClaimPaths, JwtIssuer, KeysAt};
pub use roles::{JwtRole, JwtRoles, ScopeModels};

use super::{field::Field, grant::Grant, known, section::Section};

/// Seconds that keys are used without another look.
const KEY_TTL: u64 = 600;
/// How much longer while their issuer does not answer.
const KEY_STALE_TTL: u64 = 3600;
/// Seconds by which the issuer's clock may differ.
const LEEWAY: u64 = 60;
/// A week, in seconds.
const WEEK: u64 = 604_800;

/// `litellm_jwtauth`, where `enable_jwt_auth` is true.
#[derive(Debug, Clone)]
pub struct JwtAuth {
    /// Those whose tokens are accepted.
    pub issuers: Vec<JwtIssuer>,
    /// What a token's claims let its bearer do.
    pub roles: JwtRoles,
    /// `user_allowed_email_domain`: users of others are refused.
    pub email_domain: Option<String>,
    /// `team_id_default`: of a token that names no team.
    pub default_team: Option<String>,
    /// `user_id_upsert`: a user without a record is given one.
    pub user_upsert: bool,
    /// `team_id_upsert`: a team without a record is given one.
    pub team_upsert: bool,
    /// `enforce_team_based_model_access`: a token without a team is refused.
    pub needs_team: bool,
    /// `public_key_ttl`: how long keys are used without another look.
    pub key_ttl: Duration,
    /// `public_key_stale_ttl`: how much longer while their issuer does not answer.
    pub key_stale_ttl: Duration,
    /// `limits` (Sluice's own): of the record that stands for each user.
    pub grant: Grant,
    /// `leeway_seconds` (Sluice's own): by how much clocks may differ.
    pub leeway: Duration,
}

/// Gives the value of a key of the block, and remembers that it has an effect.
type Take<'t, 'n, 'c> = &'t mut dyn FnMut(&'static str) -> Option<Field<'n, 'c>>;

// === impl JwtAuth ===

impl JwtAuth {
    /// Reads both keys of `general_settings`; `None` where tokens are not accepted.
    pub(super) fn read(general: &mut Section<'_, '_>) -> Option<Self> {
        let enabled = general.take("enable_jwt_auth").and_then(|field| field.flag());
        let block = general.take("litellm_jwtauth");
        if enabled != Some(true) {
            if let Some(block) = block {
                block.warn("has no effect", "set `enable_jwt_auth: true` beside it");
            }
            return None;
        }
        let mut section = block.as_ref().and_then(Section::open);
        let auth = Self::of_block(&mut |name| section.as_mut()?.take(name));
        if let Some(section) = section {
            section.finish(known::JWT_AUTH);
        }
        let (mut auth, paths) = auth;
        let field = block.as_ref().unwrap_or(general.field());
        auth.issuers.extend(JwtIssuer::of_environment(field, paths));
        if auth.issuers.is_empty() {
            field.wrong(
                "does not say whose tokens are accepted",
                "list `issuers:` below `litellm_jwtauth:`, or set JWT_ISSUER or JWT_PUBLIC_KEY_URL, and \
                 JWT_AUDIENCE",
            );
        }
        Some(auth)
    }

    /// The block, and where claims are found that no issuer says another place of.
    fn of_block(take: Take<'_, '_, '_>) -> (Self, ClaimPaths) {
        let paths = ClaimPaths::read(take);
        let issuers = take("issuers").map(|field| JwtIssuer::list(&field, &paths));
        let limits = take("limits").and_then(|field| {
            let mut section = Section::open(&field)?;
            let grant = Grant::take(&mut section);
            section.finish(known::NOTHING);
            Some(grant)
        });
        let mut seconds = |name, usual| {
            let given = take(name).and_then(|field| field.whole(0..=WEEK));
            Duration::from_secs(given.unwrap_or(usual))
        };
        let key_ttl = seconds("public_key_ttl", KEY_TTL).max(Duration::from_secs(1));
        let key_stale_ttl = seconds("public_key_stale_ttl", KEY_STALE_TTL);
        let leeway = seconds("leeway_seconds", LEEWAY);
        let mut flag = |name| take(name).and_then(|field| field.flag()).unwrap_or_default();
        let user_upsert = flag("user_id_upsert");
        let team_upsert = flag("team_id_upsert");
        let needs_team = flag("enforce_team_based_model_access");
        let mut name = |name| take(name).and_then(|field| field.name());
        let email_domain = name("user_allowed_email_domain");
        let default_team = name("team_id_default");
        let auth = Self {
            issuers: issuers.unwrap_or_default(),
            roles: JwtRoles::read(take),
            email_domain,
            default_team,
            user_upsert,
            team_upsert,
            needs_team,
            key_ttl,
            key_stale_ttl,
            grant: limits.unwrap_or_default(),
            leeway,
        };
        (auth, paths)
    }
}
