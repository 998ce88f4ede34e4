//! Callers with a client certificate, which a load balancer has verified and tells of in a header.
//!
//! The header is as good as whoever writes it: from anybody but a trusted proxy, or an ALB in front of
//! Lambda, it is not read.

use http::HeaderMap;
use sluice_wire::{Fault, FaultKind};

use super::{
    Peer,
    who::{Mandate, Who, alias},
};
use crate::config::{MtlsAuth, Network, dn_parts};

/// Who vouches, in records.
const AUTHORITY: &str = "mtls";

/// Whose certificate the request came with; `None` where there is none.
///
/// # Errors
/// A refusal of a subject that no rule is about.
pub(super) fn who(
    auth: &MtlsAuth,
    network: &Network,
    headers: &HeaderMap,
) -> Result<Option<Who>, Fault> {
    let believed = |peer: Peer| peer.through_alb || network.trusts(peer.address);
    if !Peer::read(headers).is_some_and(believed) {
        return Ok(None);
    }
    let Some(subject) = headers.get(&auth.header).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let Some(rule) = auth.rules.iter().find(|rule| rule.fits(subject)) else {
        let message =
            "Authentication Error, no rule is about the subject of the client certificate.";
        return Err(Fault::new(FaultKind::Authentication, message).with_label("auth_error"));
    };
    let parts = dn_parts(subject);
    let name = parts.iter().find_map(|part| part.strip_prefix("CN=")).unwrap_or(subject);
    let (user_id, team_id) = rule.who.fill(&[("{cn}", name)]);
    Ok(Some(Who {
        authority: AUTHORITY.to_owned(),
        subject: user_id.clone().unwrap_or_else(|| subject.to_owned()),
        alias: alias(&["mtls:", user_id.as_deref().unwrap_or(subject)]),
        user_id,
        team_id,
        organization_id: None,
        grant: rule.who.grant.clone(),
        provision: None,
        mandate: Mandate { role: rule.who.role, ..Mandate::default() },
    }))
}
