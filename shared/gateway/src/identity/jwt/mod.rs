//! Callers with a token of an identity provider: OpenID Connect, or any issuer of JSON web tokens.
//!
//! A token is taken apart ([`compact`]), its signature checked with its issuer's keys ([`keys`],
//! [`key`]), its claims against the clock and the configuration ([`claims`]), and then it says who
//! calls ([`person`]). The cryptography is ring's (docs/adr/0013). Why a token is refused is said
//! without any part of it ([`flaw`]).

mod algorithm;
mod claims;
mod compact;
mod flaw;
mod key;
mod keys;
mod person;
mod teams;

use http::HeaderMap;
use serde_json::Value;
use sluice_wire::Fault;

pub use algorithm::Algorithm;
pub(crate) use compact::is_shaped;

use self::{
    claims::{Claims, Terms},
    compact::Compact,
    flaw::Flaw,
    keys::{KeySource, Wanted},
    teams::Teams,
};
use super::who::Who;
use crate::{
    app::App,
    config::{JwtAuth, JwtIssuer},
};

/// The issuers whose tokens are accepted.
#[derive(Debug)]
pub(crate) struct Jwt {
    auth: JwtAuth,
    /// Of each issuer, in the order of the configuration.
    keys: Vec<KeySource>,
    teams: Teams,
}

// === impl Jwt ===

impl Jwt {
    pub(crate) fn new(auth: &JwtAuth) -> Self {
        let source = |issuer: &JwtIssuer| {
            KeySource::new(issuer.keys.clone(), auth.key_ttl, auth.key_stale_ttl)
        };
        Self {
            auth: auth.clone(),
            keys: auth.issuers.iter().map(source).collect(),
            teams: Teams::default(),
        }
    }

    /// Who a token is of.
    ///
    /// # Errors
    /// A refusal in LiteLLM's shape, or [`sluice_wire::FaultKind::Unavailable`] where the issuer's keys
    /// cannot be had: an outage is never a wrong token.
    pub(crate) async fn who(
        &self,
        app: &App,
        token: &str,
        headers: &HeaderMap,
    ) -> Result<Who, Fault> {
        let compact = Compact::read(token)?;
        let algorithm = Algorithm::parse(&compact.header.alg).ok_or(Flaw::Algorithm)?;
        let (issuer, source) = self.issuer_of(&compact)?;
        if !issuer.algorithms.contains(&algorithm) {
            return Err(Flaw::Algorithm.into());
        }
        let now = app.clock.now();
        let wanted = Wanted { id: compact.header.kid.as_deref(), algorithm };
        let keys = source.find(&app.transport, now, wanted).await?;
        let good =
            keys.iter().any(|key| key.verifies(algorithm, compact.signed, &compact.signature));
        if !good {
            return Err(Flaw::Signature.into());
        }
        let terms = Terms {
            issuer: issuer.issuer.as_deref(),
            audience: issuer.audience.as_deref(),
            now: now.seconds(),
            leeway: i64::try_from(self.auth.leeway.as_secs()).unwrap_or(i64::MAX),
        };
        let claims = Claims::accept(compact.claims, &terms)?;
        let (mut who, choices) = person::read(&self.auth, issuer, &claims, headers)?;
        if let [first, ..] = choices.as_slice() {
            let known = self.teams.first(app, &choices).await?;
            let made = || self.auth.team_upsert.then(|| first.clone());
            who.team_id = known.or_else(made);
            if who.team_id.is_none() {
                return Err(person::forbidden("None of the token's teams has a record here."));
            }
        }
        Ok(person::named(who))
    }

    /// The issuer that a token names, which nothing has proven yet; else the one without a name.
    fn issuer_of(&self, compact: &Compact<'_>) -> Result<(&JwtIssuer, &KeySource), Flaw> {
        let named = compact.claims.get("iss").and_then(Value::as_str);
        let all = || self.auth.issuers.iter().zip(&self.keys);
        let own =
            all().find(|(issuer, _)| issuer.issuer.is_some() && issuer.issuer.as_deref() == named);
        own.or_else(|| all().find(|(issuer, _)| issuer.issuer.is_none())).ok_or(Flaw::UnknownIssuer)
    }
}
