//! From a token's claims to whoever they are of.

use http::HeaderMap;
use sluice_store::UserRole;
use sluice_wire::{Fault, FaultKind};

use super::{claims::Claims, flaw::Flaw};
use crate::{
    config::{JwtAuth, JwtIssuer, JwtRole},
    identity::who::{Mandate, Provision, Who, alias},
};

/// Names the team that pays, of those that the token names (LiteLLM).
const TEAM_HEADER: &str = "x-litellm-team-id";
/// The longest id that is taken from a token.
const LONGEST_ID: usize = 256;

/// Reads the claims of a verified token. Where it names several teams, they are told apart: which of them
/// has a record here is not in the token.
pub(super) fn read(
    auth: &JwtAuth,
    issuer: &JwtIssuer,
    claims: &Claims,
    headers: &HeaderMap,
) -> Result<(Who, Vec<String>), Fault> {
    let (roles, paths) = (&auth.roles, &issuer.claims);
    let at = |path: &Option<String>| path.as_deref().and_then(|path| claims.text_at(path));
    let scopes = claims.scopes();
    let mapped =
        roles.role_of(&roles.path.as_deref().map(|p| claims.texts_at(p)).unwrap_or_default());
    let role = if scopes.contains(&roles.admin_scope) { Some(JwtRole::ADMIN) } else { mapped };
    let object = at(&roles.object_id);
    let email = email(auth, issuer, claims)?;
    let user_id = match (role, &object) {
        (Some(JwtRole::Person(UserRole::InternalUser | UserRole::InternalUserViewer)), Some(_)) => {
            object.clone()
        }
        // Whoever writes an address in another case is the same person.
        _ => at(&paths.user_id).or_else(|| email.as_ref().map(|email| email.to_lowercase())),
    };
    let team_object = object.filter(|_| role == Some(JwtRole::Team));
    let (team_id, choices) = team(auth, issuer, claims, headers, (role, team_object))?;
    let in_team = team_id.is_some() || !choices.is_empty();
    if roles.enforce && role.is_none() && !in_team && user_id.is_none() {
        let one_of = |(path, allowed): &(String, Vec<String>)| {
            claims.texts_at(path).iter().any(|role| allowed.contains(role))
        };
        if !roles.users.as_ref().is_some_and(one_of) {
            return Err(forbidden(
                "The token is of no administrator, team or user, and `enforce_rbac` is set.",
            ));
        }
    }
    // Administrators need no records: they make them.
    let organization_id = at(&paths.org_id).filter(|_| role != Some(JwtRole::ADMIN));
    let ids = choices.iter().chain(&user_id).chain(&team_id).chain(&organization_id);
    if ids.into_iter().any(|id| id.len() > LONGEST_ID || id.chars().any(char::is_control)) {
        return Err(Flaw::Wrong("of a user or a team").into());
    }
    // Without a user the record is the client's, in the team's name.
    let subject = user_id.clone().or_else(|| claims.text_at("sub")).or_else(|| team_id.clone());
    let subject = subject.ok_or(Flaw::Missing("sub"))?;
    let authority = claims.text("iss").unwrap_or(issuer.keys.name()).to_owned();
    let provision = Provision { user: auth.user_upsert, team: auth.team_upsert, email };
    let provision = (role != Some(JwtRole::ADMIN)).then_some(provision);
    let mandate =
        Mandate { role, models: models(auth, role, &scopes), end_user: at(&paths.end_user_id) };
    let grant = auth.grant.clone();
    let alias = String::new();
    let who = Who {
        authority,
        subject,
        alias,
        user_id,
        team_id,
        organization_id,
        grant,
        provision,
        mandate,
    };
    Ok((who, choices))
}

/// With the alias that tells who it is.
pub(super) fn named(mut who: Who) -> Who {
    let host = who.authority.split("//").last().unwrap_or_default().trim_end_matches('/');
    let in_team = who.team_id.as_ref().map(|team| format!(" ({team})")).unwrap_or_default();
    who.alias = alias(&["jwt:", host, "/", &who.subject, &in_team]);
    who
}

/// The address, where its domain is allowed. One that nobody has verified says nothing.
fn email(auth: &JwtAuth, issuer: &JwtIssuer, claims: &Claims) -> Result<Option<String>, Fault> {
    let path = issuer.claims.user_email.as_deref();
    let email = path.and_then(|path| claims.text_at(path));
    if let Some(allowed) = &auth.email_domain {
        let domain =
            email.as_deref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        if !domain.is_some_and(|domain| domain.eq_ignore_ascii_case(allowed)) {
            return Err(forbidden(format!("Email domain not allowed. Allowed domain: {allowed}"))
                .with_param("user_email"));
        }
    }
    let unverified =
        claims.at("email_verified").is_some_and(|value| value == false || value == "false");
    if email.is_some() && unverified {
        return Err(Flaw::Wrong("email_verified").into());
    }
    Ok(email)
}

/// The team that pays: the header's, else the token's one, else one of its many (told apart, in the
/// order of their names), else the default.
fn team(
    auth: &JwtAuth,
    issuer: &JwtIssuer,
    claims: &Claims,
    headers: &HeaderMap,
    (role, object): (Option<JwtRole>, Option<String>),
) -> Result<(Option<String>, Vec<String>), Fault> {
    let paths = &issuer.claims;
    let mut many = paths.team_ids.as_deref().map(|path| claims.texts_at(path)).unwrap_or_default();
    many.sort_unstable();
    let one = object.or_else(|| claims.text_at(paths.team_id.as_deref()?));
    let admin = role == Some(JwtRole::ADMIN);
    if let Some(asked) = headers.get(TEAM_HEADER).and_then(|value| value.to_str().ok()) {
        let its = many.iter().chain(&one).chain(&auth.default_team).any(|team| team == asked);
        if its || admin {
            return Ok((Some(asked.to_owned()), Vec::new()));
        }
        return Err(forbidden(format!("`{TEAM_HEADER}` names a team that is not in the token."))
            .with_param(TEAM_HEADER));
    }
    if one.is_some() || admin {
        return Ok((one, Vec::new()));
    }
    if !many.is_empty() {
        return Ok((None, many));
    }
    if auth.default_team.is_some() {
        return Ok((auth.default_team.clone(), many));
    }
    if let Some(path) = &paths.team_id {
        return Err(Fault::new(
            FaultKind::Authentication,
            format!("Authentication Error, No team found in token: there is nothing at `{path}`."),
        )
        .with_label("auth_error"));
    }
    if auth.needs_team {
        return Err(forbidden(
            "The token names no team, and `enforce_team_based_model_access` is set.",
        ));
    }
    Ok((None, many))
}

/// The models of the token's scopes, where scopes decide.
fn models(auth: &JwtAuth, role: Option<JwtRole>, scopes: &[String]) -> Option<Vec<String>> {
    let mappings = auth.roles.scopes.as_ref().filter(|_| role != Some(JwtRole::ADMIN))?;
    let its = mappings.iter().filter(|mapping| scopes.contains(&mapping.scope));
    Some(its.flat_map(|mapping| mapping.models.iter().cloned()).collect())
}

pub(super) fn forbidden(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Permission, message.into()).with_label("auth_error")
}
