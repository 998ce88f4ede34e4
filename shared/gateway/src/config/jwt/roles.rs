//! What a token's claims let its bearer do.

use sluice_store::UserRole;

use super::Take;
use crate::{
    config::{field::Field, known, section::Section},
    pattern::Pattern,
};

/// LiteLLM's word for [`JwtRole::Team`].
const TEAM: &str = "team";
/// The scope that makes an administrator where nothing is said: LiteLLM's.
const ADMIN_SCOPE: &str = "litellm_proxy_admin";

/// Which claims stand for which role, and which scopes for which models.
#[derive(Debug, Clone)]
pub struct JwtRoles {
    /// `admin_jwt_scope`: who has this scope is an administrator.
    pub admin_scope: String,
    /// `roles_jwt_field`: where roles are.
    pub path: Option<String>,
    /// `jwt_litellm_role_map` (with stars) and `role_mappings`: what they stand for; the first that
    /// fits counts.
    pub mappings: Vec<(String, JwtRole)>,
    /// `object_id_jwt_field`: where the id of the user or the team is, whichever the role stands for.
    pub object_id: Option<String>,
    /// `user_roles_jwt_field` and `user_allowed_roles`: who has one of these is a user.
    pub users: Option<(String, Vec<String>)>,
    /// `enforce_rbac`: who is no administrator, team or user is refused.
    pub enforce: bool,
    /// `scope_mappings`, where `enforce_scope_based_access` is true.
    pub scopes: Option<Vec<ScopeModels>>,
}

/// What a role of a token's stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtRole {
    /// A person of this role.
    Person(UserRole),
    /// A team calls, not a person.
    Team,
}

/// Models that a scope is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeModels {
    /// The scope.
    pub scope: String,
    /// Model groups.
    pub models: Vec<String>,
}

// === impl JwtRoles ===

impl JwtRoles {
    pub(super) fn read(take: Take<'_, '_, '_>) -> Self {
        let admin_scope = take("admin_jwt_scope").and_then(|field| field.name());
        let mut mappings = Vec::new();
        if let Some(field) = take("jwt_litellm_role_map") {
            mappings.extend(pairs(&field, "jwt_role", "litellm_role"));
        }
        let simple = take("role_mappings");
        if let Some(field) = &simple {
            mappings.extend(pairs(field, "role", "internal_role"));
        }
        let path = take("roles_jwt_field");
        if let (None, Some(field)) = (&path, mappings.first().and(simple.as_ref())) {
            field.wrong("maps roles that are nowhere", "set `roles_jwt_field` as well");
        }
        let object_id = take("object_id_jwt_field");
        if let (Some(field), None) = (&object_id, &simple) {
            field.wrong("is the id of nobody knows what", "set `role_mappings` as well");
        }
        let (field, allowed) = (take("user_roles_jwt_field"), take("user_allowed_roles"));
        let users = match (&field, &allowed) {
            (Some(field), Some(allowed)) => field.name().zip(allowed.one_or_many()),
            (Some(lonely), None) | (None, Some(lonely)) => {
                lonely.wrong(
                    "has no effect alone",
                    "set both user_roles_jwt_field and user_allowed_roles",
                );
                None
            }
            (None, None) => None,
        };
        let enforce = take("enforce_rbac").and_then(|field| field.flag()).unwrap_or_default();
        Self {
            admin_scope: admin_scope.unwrap_or_else(|| ADMIN_SCOPE.to_owned()),
            path: path.and_then(|field| field.name()),
            mappings,
            object_id: object_id.and_then(|field| field.name()),
            users,
            enforce,
            scopes: scopes(take),
        }
    }

    /// What the first of the mappings says that one of the roles fits.
    pub(crate) fn role_of(&self, roles: &[String]) -> Option<JwtRole> {
        let fits = |written: &str| {
            let pattern = Pattern::new(written);
            roles.iter().any(|role| match &pattern {
                Some(pattern) => pattern.fits(role),
                None => role == written,
            })
        };
        self.mappings.iter().find(|(written, _)| fits(written)).map(|(_, role)| *role)
    }
}

/// A list of pairs of a token's role and ours.
fn pairs(
    field: &Field<'_, '_>,
    theirs: &'static str,
    ours: &'static str,
) -> Vec<(String, JwtRole)> {
    let read = |item: Field<'_, '_>| {
        let mut section = Section::open(&item)?;
        let (name, role) = (section.take(theirs), section.take(ours));
        section.finish(known::NOTHING);
        let (Some(name), Some(role)) = (name, role) else {
            item.wrong("is no pair of roles", format!("write `{theirs}: ...` and `{ours}: ...`"));
            return None;
        };
        Some((name.name()?, JwtRole::read(&role)?))
    };
    field.items().unwrap_or_default().into_iter().filter_map(read).collect()
}

fn scopes(take: Take<'_, '_, '_>) -> Option<Vec<ScopeModels>> {
    let mappings = take("scope_mappings");
    let enforced = take("enforce_scope_based_access").and_then(|field| field.flag());
    let Some(field) = mappings else {
        return enforced.filter(|enforced| *enforced).map(|_| Vec::new());
    };
    if enforced != Some(true) {
        field.wrong("has no effect", "set `enforce_scope_based_access: true` beside it");
    }
    let read = |item: Field<'_, '_>| {
        let mut section = Section::open(&item)?;
        let scope = section.take("scope").and_then(|field| field.name());
        let models = section.take("models").and_then(|field| field.names());
        section.finish(known::NOTHING);
        if scope.is_none() {
            item.wrong("names no scope", "write `scope: ...`");
        }
        Some(ScopeModels { scope: scope?, models: models.unwrap_or_default() })
    };
    Some(field.items().unwrap_or_default().into_iter().filter_map(read).collect())
}

// === impl JwtRole ===

impl JwtRole {
    /// May do everything.
    pub const ADMIN: Self = Self::Person(UserRole::ProxyAdmin);

    /// Reads LiteLLM's word.
    fn parse(written: &str) -> Option<Self> {
        match written {
            TEAM => Some(Self::Team),
            person => UserRole::parse(person).map(Self::Person),
        }
    }

    /// A value that must be a role.
    pub(in crate::config) fn read(field: &Field<'_, '_>) -> Option<Self> {
        let written = field.name()?;
        let found = Self::parse(&written);
        if found.is_none() {
            let all = UserRole::ALL.map(UserRole::as_str).join(", ");
            field.wrong(format!("`{written}` is no role"), format!("write one of {all}, {TEAM}"));
        }
        found
    }
}
