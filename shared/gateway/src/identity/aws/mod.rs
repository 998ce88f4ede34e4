//! Callers with AWS credentials, which never leave them: the token is a GetCallerIdentity request that
//! they have signed and not sent, as EKS takes it. The gateway sends it, and believes AWS's answer.
//!
//! A token is good for fifteen minutes at most ([`presigned`]), for one gateway (its id is in a signed
//! header), and at AWS's own hosts ([`host`]). Rules of the configuration say who its principal
//! ([`principal`]) is here. AWS is asked once for each token ([`seen`]).

mod flaw;
mod host;
mod presigned;
mod principal;
mod seen;

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use sluice_providers::Fetch;
use sluice_store::KeyHash;
use sluice_wire::{Fault, FaultKind};

pub(crate) use presigned::PREFIX;

use self::{
    flaw::Flaw,
    presigned::{GATEWAY_HEADER, Presigned},
    principal::Principal,
    seen::Seen,
};
use super::who::{Mandate, Who, alias};
use crate::{
    app::App,
    config::{AwsIamAuth, AwsIamRule},
};

/// The largest answer of AWS's, in bytes.
const LARGEST: usize = 64 * 1024;
/// The longest wait for it.
const LONGEST: Duration = Duration::from_secs(10);

/// Who may call with AWS credentials.
#[derive(Debug)]
pub(crate) struct Aws {
    auth: AwsIamAuth,
    seen: Seen,
}

// === impl Aws ===

impl Aws {
    pub(crate) fn new(auth: &AwsIamAuth) -> Self {
        Self { auth: auth.clone(), seen: Seen::default() }
    }

    /// Who a token is of.
    ///
    /// # Errors
    /// A refusal in LiteLLM's shape, or [`FaultKind::Unavailable`] where AWS does not answer.
    pub(crate) async fn who(&self, app: &App, token: &str) -> Result<Who, Fault> {
        let now = app.clock.now().seconds();
        let hash = KeyHash::of_plaintext(token);
        let said = match self.seen.get(&hash, now) {
            Some(said) => said,
            None => {
                let presigned = Presigned::read(token, &self.auth, now)?;
                let said = self.ask(app, &presigned.url).await?;
                self.seen.put(hash, said.clone(), presigned.expires, now);
                said
            }
        };
        let principal = said?;
        let rule = self.auth.rules.iter().find(|rule| rule.fits(&principal.arn));
        Ok(who(rule.ok_or(Flaw::Stranger)?, &principal))
    }

    /// Whom AWS says that a request is of.
    async fn ask(&self, app: &App, url: &str) -> Result<Result<Principal, Flaw>, Fault> {
        let mut headers = HeaderMap::new();
        if let Ok(gateway) = HeaderValue::from_str(&self.auth.gateway_id) {
            headers.insert(GATEWAY_HEADER, gateway);
        }
        let fetch = Fetch { url, headers, most_bytes: LARGEST, timeout: LONGEST };
        let answer =
            app.transport.fetch(&fetch).await.map_err(|error| unreachable(error.to_string()))?;
        let status = answer.status;
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(unreachable(format!("AWS STS answered with status {}", status.as_u16())));
        }
        Ok(match Principal::read(&answer.body) {
            Some(principal) if status.is_success() => Ok(principal),
            _ => Err(Flaw::Refused),
        })
    }
}

/// A principal, as a rule says who it is.
fn who(rule: &AwsIamRule, principal: &Principal) -> Who {
    let Principal { arn, account, name, session } = principal;
    // A user of IAM has no session; its name is all there is.
    let session = session.as_deref().unwrap_or(name);
    let values = [("{account}", account.as_str()), ("{name}", name), ("{session}", session)];
    let (user_id, team_id) = rule.who.fill(&values);
    let person = user_id.as_ref().map(|user| format!("/{user}")).unwrap_or_default();
    Who {
        authority: "aws".to_owned(),
        subject: user_id.as_ref().map_or_else(|| arn.clone(), |user| format!("{arn}/{user}")),
        alias: alias(&["aws:", account, "/", name, &person]),
        user_id,
        team_id,
        organization_id: None,
        grant: rule.who.grant.clone(),
        provision: None,
        mandate: Mandate { role: rule.who.role, ..Mandate::default() },
    }
}

/// Nothing is known about the token: it may be good.
fn unreachable(reason: String) -> Fault {
    Fault::new(FaultKind::Unavailable, "AWS could not be asked about the token. Try again shortly.")
        .with_label("auth_provider_unavailable")
        .with_retry_after(Duration::from_secs(2))
        .with_detail(reason)
}
