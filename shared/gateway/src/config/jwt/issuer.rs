//! Whose tokens are accepted, and where their claims are.

use sluice_providers::is_secure_url;

use super::Take;
use crate::{
    config::{field::Field, known, section::Section, suggest},
    identity::Algorithm,
};

/// An identity provider whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtIssuer {
    /// `iss` of its tokens, to the letter; `None` for any that its keys have signed.
    pub issuer: Option<String>,
    /// Where its keys are.
    pub keys: KeysAt,
    /// `aud`, of which its tokens must have one; `None` for any.
    pub audience: Option<Vec<String>>,
    /// `algorithms` (Sluice's own): the signatures that its tokens may have.
    pub algorithms: Vec<Algorithm>,
    /// Where its claims are.
    pub claims: ClaimPaths,
}

/// Where keys are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysAt {
    /// Where the issuer says so, in its discovery document.
    Issuer(String),
    /// In these sets; an address of a discovery document stands for the set that it names.
    Urls(Vec<String>),
}

/// Paths of claims: names between dots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimPaths {
    /// `user_id_jwt_field`.
    pub user_id: Option<String>,
    /// `user_email_jwt_field`.
    pub user_email: Option<String>,
    /// `team_id_jwt_field`.
    pub team_id: Option<String>,
    /// `team_ids_jwt_field`.
    pub team_ids: Option<String>,
    /// `org_id_jwt_field`.
    pub org_id: Option<String>,
    /// `end_user_id_jwt_field`.
    pub end_user_id: Option<String>,
}

// === impl JwtIssuer ===

impl JwtIssuer {
    /// `issuers:`
    pub(super) fn list(field: &Field<'_, '_>, paths: &ClaimPaths) -> Vec<Self> {
        let items = field.items().unwrap_or_default();
        let mut issuers: Vec<Self> = Vec::new();
        for item in &items {
            let Some(issuer) = Self::read(item, paths) else { continue };
            if issuers.iter().any(|known| known.issuer == issuer.issuer) {
                item.wrong("is an issuer that is listed already", "");
            }
            issuers.push(issuer);
        }
        issuers
    }

    fn read(field: &Field<'_, '_>, paths: &ClaimPaths) -> Option<Self> {
        let mut section = Section::open(field)?;
        let named = section.take("issuer");
        let issuer = named.as_ref().and_then(|field| field.name());
        if named.is_none() {
            field.wrong("names no issuer", "write `issuer: <iss of its tokens>`");
        }
        let url = section.take("jwks_url");
        let secure = |field: Field<'_, '_>| field.name().inspect(|url| insecure(&field, url));
        let keys = match url {
            Some(field) => KeysAt::Urls(secure(field).into_iter().collect()),
            None => KeysAt::Issuer(named.and_then(secure).unwrap_or_default()),
        };
        let audience = section.take("audience").and_then(|field| field.one_or_many());
        let any = section.take("disable_audience_validation").and_then(|field| field.flag());
        match (&audience, any == Some(true)) {
            (None, false) => field.wrong(
                "does not say for whom its tokens are",
                "write `audience: <aud of its tokens>`; with `disable_audience_validation: true` its tokens \
                 for anybody are accepted",
            ),
            (Some(_), true) => field.wrong(
                "has an audience that is not looked at",
                "take out `audience` or `disable_audience_validation`",
            ),
            _ => {}
        }
        let algorithms = section.take("algorithms").and_then(|field| algorithms(&field));
        let claims = ClaimPaths::read(&mut |name| section.take(name)).or(paths);
        section.finish(known::JWT_ISSUER);
        let algorithms = algorithms.unwrap_or_else(|| Algorithm::ALL.to_vec());
        Some(Self { issuer: Some(issuer?), keys, audience, algorithms, claims })
    }

    /// What LiteLLM's variables say: JWT_PUBLIC_KEY_URL, JWT_ISSUER, JWT_AUDIENCE.
    pub(super) fn of_environment(field: &Field<'_, '_>, claims: ClaimPaths) -> Option<Self> {
        let var = |name| field.context().var(name).filter(|value| !value.trim().is_empty());
        let list = |text: String| -> Vec<String> {
            text.split(',').map(|part| part.trim().to_owned()).collect()
        };
        let (urls, issuer) = (var("JWT_PUBLIC_KEY_URL").map(list), var("JWT_ISSUER"));
        let keys = match (urls, &issuer) {
            (Some(urls), _) => {
                urls.iter().for_each(|url| insecure(field, url));
                KeysAt::Urls(urls)
            }
            (None, Some(issuer)) => {
                insecure(field, issuer);
                KeysAt::Issuer(issuer.clone())
            }
            (None, None) => return None,
        };
        let audience = var("JWT_AUDIENCE").map(list);
        if audience.is_none() {
            field.warn(
                "accepts tokens that were issued for other applications",
                "set JWT_AUDIENCE to the audience of yours",
            );
        }
        Some(Self { issuer, keys, audience, algorithms: Algorithm::ALL.to_vec(), claims })
    }
}

fn insecure(field: &Field<'_, '_>, url: &str) {
    if !is_secure_url(url) {
        field.wrong(format!("`{url}` is no https address"), "keys are fetched over https only");
    }
}

fn algorithms(field: &Field<'_, '_>) -> Option<Vec<Algorithm>> {
    let known = || Algorithm::ALL.map(Algorithm::as_str);
    let parse = |name: String| {
        let parsed = Algorithm::parse(&name);
        if parsed.is_none() {
            let near = suggest::nearest(&name, known().into_iter());
            let hint =
                near.map_or_else(|| known().join(", "), |near| format!("did you mean `{near}`?"));
            field.wrong(format!("`{name}` is no algorithm that is accepted"), hint);
        }
        parsed
    };
    Some(field.one_or_many()?.into_iter().filter_map(parse).collect())
}

// === impl KeysAt ===

impl KeysAt {
    /// Its name in a log.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Issuer(issuer) => issuer,
            Self::Urls(urls) => urls.first().map(String::as_str).unwrap_or_default(),
        }
    }
}

// === impl ClaimPaths ===

impl ClaimPaths {
    pub(super) fn read(take: Take<'_, '_, '_>) -> Self {
        let mut path = |name| take(name).and_then(|field| field.name());
        Self {
            user_id: path("user_id_jwt_field"),
            user_email: path("user_email_jwt_field"),
            team_id: path("team_id_jwt_field"),
            team_ids: path("team_ids_jwt_field"),
            org_id: path("org_id_jwt_field"),
            end_user_id: path("end_user_id_jwt_field"),
        }
    }

    /// What these leave out the others say.
    fn or(self, others: &Self) -> Self {
        let or = |own: Option<String>, other: &Option<String>| own.or_else(|| other.clone());
        Self {
            user_id: or(self.user_id, &others.user_id),
            user_email: or(self.user_email, &others.user_email),
            team_id: or(self.team_id, &others.team_id),
            team_ids: or(self.team_ids, &others.team_ids),
            org_id: or(self.org_id, &others.org_id),
            end_user_id: or(self.end_user_id, &others.end_user_id),
        }
    }
}
