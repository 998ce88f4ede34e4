//! Who may use which management route: one table.
//!
//! `docs/roles.md` shows it, and a test sees to it that it does. The role is that of the key's user;
//! the master key is a proxy admin, and a key without a user an internal user who owns nothing but it.

use http::Method;
use sluice_store::UserRole;

/// How far a route reaches for a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everything.
    All,
    /// What is the caller's own.
    Own,
    /// Nothing.
    None,
}

/// How far a route reaches into a team for its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InTeam {
    /// Everything of the team.
    Team,
    /// Everything of the team, if its `team_member_permissions` name the route.
    Permitted,
    /// Nothing but what is the caller's own.
    Nothing,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) viewer: Reach,
    pub(crate) user: Reach,
    pub(crate) user_viewer: Reach,
    pub(crate) team_admin: InTeam,
    pub(crate) team_member: InTeam,
    /// Whether it reaches everything of an organisation for its admins.
    pub(crate) org_admin: bool,
    /// Whether it does so for all who belong to it.
    pub(crate) org_member: bool,
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

const fn rule(
    method: Method,
    path: &'static str,
    (viewer, user, user_viewer): (Reach, Reach, Reach),
    (team_admin, team_member): (InTeam, InTeam),
) -> Rule {
    let (org_admin, org_member) = (false, false);
    Rule { method, path, viewer, user, user_viewer, team_admin, team_member, org_admin, org_member }
}

/// Proxy admins alone.
const ADMINS: (Reach, Reach, Reach) = (Reach::None, Reach::None, Reach::None);
/// Whoever may see everything.
const VIEWERS: (Reach, Reach, Reach) = (Reach::All, Reach::None, Reach::None);
/// Everybody sees what is their own.
const SEEN: (Reach, Reach, Reach) = (Reach::All, Reach::Own, Reach::Own);
/// Internal users manage what is their own.
const OWNED: (Reach, Reach, Reach) = (Reach::None, Reach::Own, Reach::None);

const NOTHING: (InTeam, InTeam) = (InTeam::Nothing, InTeam::Nothing);
const LEAD: (InTeam, InTeam) = (InTeam::Team, InTeam::Nothing);
const LEAD_OR_PERMITTED: (InTeam, InTeam) = (InTeam::Team, InTeam::Permitted);
const MEMBERS: (InTeam, InTeam) = (InTeam::Team, InTeam::Team);

/// The table. Proxy admins may use every route, for everything.
pub(crate) static RULES: &[Rule] = &[
    rule(POST, "/key/generate", OWNED, LEAD_OR_PERMITTED).in_organisation(),
    rule(POST, "/key/service-account/generate", ADMINS, LEAD_OR_PERMITTED).in_organisation(),
    rule(POST, "/key/update", OWNED, LEAD_OR_PERMITTED).in_organisation(),
    rule(POST, "/key/bulk_update", ADMINS, NOTHING),
    rule(POST, "/key/delete", OWNED, LEAD_OR_PERMITTED).in_organisation(),
    rule(POST, "/key/block", ADMINS, LEAD).in_organisation(),
    rule(POST, "/key/unblock", ADMINS, LEAD).in_organisation(),
    rule(POST, "/key/regenerate", OWNED, LEAD_OR_PERMITTED).in_organisation(),
    rule(POST, "/key/{key}/reset_spend", ADMINS, LEAD).in_organisation(),
    rule(GET, "/key/info", SEEN, LEAD_OR_PERMITTED).in_organisation(),
    rule(GET, "/key/list", SEEN, LEAD).in_organisation(),
    rule(GET, "/key/aliases", SEEN, LEAD).in_organisation(),
    rule(POST, "/key/health", SEEN, NOTHING),
    rule(POST, "/user/new", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/user/update", OWNED, NOTHING),
    rule(POST, "/user/bulk_update", ADMINS, NOTHING),
    rule(GET, "/user/info", SEEN, NOTHING).in_organisation(),
    rule(GET, "/v2/user/info", SEEN, NOTHING).in_organisation(),
    rule(GET, "/user/list", VIEWERS, NOTHING).in_organisation(),
    rule(POST, "/user/delete", ADMINS, NOTHING),
    rule(GET, "/user/available_roles", SEEN, NOTHING),
    rule(POST, "/team/new", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/team/update", ADMINS, LEAD).in_organisation(),
    rule(GET, "/team/info", VIEWERS, MEMBERS).in_organisation(),
    rule(GET, "/team/list", SEEN, MEMBERS).in_organisation(),
    rule(GET, "/v2/team/list", SEEN, MEMBERS).in_organisation(),
    rule(POST, "/team/delete", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/team/block", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/team/unblock", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/team/member_add", ADMINS, LEAD).in_organisation(),
    rule(POST, "/team/bulk_member_add", ADMINS, LEAD).in_organisation(),
    rule(GET, "/team/permissions_list", VIEWERS, LEAD).in_organisation(),
    rule(POST, "/team/permissions_update", ADMINS, LEAD).in_organisation(),
    rule(POST, "/team/member_update", ADMINS, LEAD).in_organisation(),
    rule(POST, "/team/member_delete", ADMINS, LEAD).in_organisation(),
    rule(POST, "/team/model/add", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/team/model/delete", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/organization/new", ADMINS, NOTHING),
    rule(PATCH, "/organization/update", ADMINS, NOTHING).in_organisation(),
    rule(GET, "/organization/list", VIEWERS, NOTHING).by_members(),
    rule(GET, "/organization/info", VIEWERS, NOTHING).in_organisation(),
    rule(POST, "/organization/info", VIEWERS, NOTHING).in_organisation(),
    rule(DELETE, "/organization/delete", ADMINS, NOTHING),
    rule(POST, "/organization/member_add", ADMINS, NOTHING).in_organisation(),
    rule(PATCH, "/organization/member_update", ADMINS, NOTHING).in_organisation(),
    rule(DELETE, "/organization/member_delete", ADMINS, NOTHING).in_organisation(),
    rule(POST, "/budget/new", ADMINS, NOTHING),
    rule(POST, "/budget/update", ADMINS, NOTHING),
    rule(POST, "/budget/delete", ADMINS, NOTHING),
    rule(POST, "/budget/info", VIEWERS, NOTHING),
    rule(GET, "/budget/list", VIEWERS, NOTHING),
    rule(GET, "/budget/settings", VIEWERS, NOTHING),
    rule(POST, "/customer/new", ADMINS, NOTHING),
    rule(POST, "/customer/update", ADMINS, NOTHING),
    rule(POST, "/customer/delete", ADMINS, NOTHING),
    rule(POST, "/customer/block", ADMINS, NOTHING),
    rule(POST, "/customer/unblock", ADMINS, NOTHING),
    rule(GET, "/customer/info", VIEWERS, NOTHING),
    rule(GET, "/customer/list", VIEWERS, NOTHING),
    rule(POST, "/tag/new", ADMINS, NOTHING),
    rule(POST, "/tag/update", ADMINS, NOTHING),
    rule(POST, "/tag/delete", ADMINS, NOTHING),
    rule(POST, "/tag/info", VIEWERS, NOTHING),
    rule(GET, "/tag/list", VIEWERS, NOTHING),
    rule(POST, "/access_group/new", ADMINS, NOTHING),
    rule(GET, "/access_group/list", VIEWERS, NOTHING),
    rule(GET, "/access_group/{access_group}/info", VIEWERS, NOTHING),
    rule(PUT, "/access_group/{access_group}/update", ADMINS, NOTHING),
    rule(DELETE, "/access_group/{access_group}/delete", ADMINS, NOTHING),
    rule(POST, "/credentials", ADMINS, NOTHING),
    rule(GET, "/credentials", VIEWERS, NOTHING),
    rule(GET, "/credentials/by_name/{name}", VIEWERS, NOTHING),
    rule(GET, "/credentials/by_model/{model_id}", VIEWERS, NOTHING),
    rule(PATCH, "/credentials/{name}", ADMINS, NOTHING),
    rule(DELETE, "/credentials/{name}", ADMINS, NOTHING),
    rule(POST, "/prompts", ADMINS, NOTHING),
    rule(GET, "/prompts/list", SEEN, NOTHING),
    rule(GET, "/prompts/{prompt_id}", VIEWERS, NOTHING),
    rule(GET, "/prompts/{prompt_id}/info", VIEWERS, NOTHING),
    rule(GET, "/prompts/{prompt_id}/versions", VIEWERS, NOTHING),
    rule(PUT, "/prompts/{prompt_id}", ADMINS, NOTHING),
    rule(PATCH, "/prompts/{prompt_id}", ADMINS, NOTHING),
    rule(DELETE, "/prompts/{prompt_id}", ADMINS, NOTHING),
    rule(POST, "/model/new", ADMINS, NOTHING),
    rule(POST, "/model/update", ADMINS, NOTHING),
    rule(PATCH, "/model/{id}/update", ADMINS, NOTHING),
    rule(POST, "/model/delete", ADMINS, NOTHING),
    rule(POST, "/model/block", ADMINS, NOTHING),
    rule(POST, "/model/unblock", ADMINS, NOTHING),
    rule(GET, "/model/info", SEEN, NOTHING),
    rule(GET, "/v2/model/info", SEEN, NOTHING),
    rule(GET, "/model_group/info", SEEN, NOTHING),
    rule(GET, "/spend/logs", SEEN, NOTHING),
    rule(GET, "/spend/logs/v2", SEEN, NOTHING),
    rule(GET, "/spend/keys", SEEN, NOTHING),
    rule(GET, "/spend/tags", SEEN, NOTHING),
    rule(GET, "/global/spend", VIEWERS, NOTHING),
    rule(GET, "/global/spend/logs", SEEN, NOTHING),
    rule(GET, "/global/spend/keys", SEEN, NOTHING),
    rule(GET, "/global/spend/models", SEEN, NOTHING),
    rule(GET, "/global/spend/teams", VIEWERS, NOTHING),
    rule(GET, "/global/spend/provider", SEEN, NOTHING),
    rule(GET, "/provider/budgets", VIEWERS, NOTHING),
    rule(GET, "/global/spend/tags", SEEN, NOTHING),
    rule(GET, "/global/spend/all_tag_names", VIEWERS, NOTHING),
    rule(GET, "/global/spend/report", SEEN, NOTHING),
    rule(GET, "/global/activity", SEEN, NOTHING),
    rule(GET, "/global/activity/model", SEEN, NOTHING),
    rule(GET, "/global/activity/exceptions", SEEN, NOTHING),
    rule(GET, "/user/daily/activity", SEEN, NOTHING),
    rule(GET, "/user/daily/activity/aggregated", SEEN, NOTHING),
    rule(GET, "/team/daily/activity", VIEWERS, LEAD).in_organisation(),
    rule(GET, "/organization/daily/activity", VIEWERS, NOTHING).in_organisation(),
    rule(GET, "/tag/daily/activity", VIEWERS, NOTHING),
    rule(GET, "/customer/daily/activity", VIEWERS, NOTHING),
    rule(GET, "/alerting/settings", VIEWERS, NOTHING),
    rule(GET, "/health/services", ADMINS, NOTHING),
    rule(GET, "/audit", VIEWERS, NOTHING),
    rule(GET, "/audit/{id}", VIEWERS, NOTHING),
];

/// The row of a route.
pub(crate) fn rule_of(method: &Method, path: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.method == *method && rule.path == path)
}

// === impl Reach ===

#[cfg(test)]
impl Reach {
    /// As documents have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Own => "own",
            Self::None => "-",
        }
    }
}

// === impl Rule ===

impl Rule {
    /// The same, for the admins of an organisation as well.
    const fn in_organisation(mut self) -> Self {
        self.org_admin = true;
        self
    }

    /// The same, for all who belong to an organisation as well.
    const fn by_members(mut self) -> Self {
        (self.org_admin, self.org_member) = (true, true);
        self
    }

    /// Whether the route reaches into an organisation for somebody who belongs to it: viewers change
    /// nothing there either.
    pub(crate) fn for_associate(&self, role: UserRole, admin: bool) -> bool {
        let views = matches!(role, UserRole::ProxyAdminViewer | UserRole::InternalUserViewer);
        let reaches = if admin { self.org_admin } else { self.org_member };
        reaches && !(views && self.method != Method::GET)
    }

    /// How far the route reaches for a role.
    pub(crate) fn reach(&self, role: UserRole) -> Reach {
        match role {
            UserRole::ProxyAdmin => Reach::All,
            UserRole::ProxyAdminViewer => self.viewer,
            UserRole::InternalUser => self.user,
            UserRole::InternalUserViewer => self.user_viewer,
        }
    }

    /// The same for a member of a team with this role: viewers change nothing in a team either.
    pub(crate) fn for_member(&self, role: UserRole, admin: bool) -> InTeam {
        let in_team = if admin { self.team_admin } else { self.team_member };
        let views = matches!(role, UserRole::ProxyAdminViewer | UserRole::InternalUserViewer);
        if views && self.method != Method::GET { InTeam::Nothing } else { in_team }
    }
}

/// The table as `docs/roles.md` shows it.
#[cfg(test)]
fn rendered() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "| route | proxy_admin | proxy_admin_viewer | internal_user | internal_user_viewer | team \
         admin | team member | org admin | org member |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let team = |reach| match reach {
        InTeam::Team => "team",
        InTeam::Permitted => "permitted",
        InTeam::Nothing => "-",
    };
    let organisation = |reaches| if reaches { "organisation" } else { "-" };
    for rule in RULES {
        let _ = writeln!(
            text,
            "| `{} {}` | all | {} | {} | {} | {} | {} | {} | {} |",
            rule.method,
            rule.path,
            rule.viewer.word(),
            rule.user.word(),
            rule.user_viewer.word(),
            team(rule.team_admin),
            team(rule.team_member),
            organisation(rule.org_admin),
            organisation(rule.org_member),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_documentation_is_this_one() {
        let page = include_str!("../../../../docs/roles.md");
        let table: String = page
            .lines()
            .filter(|line| line.starts_with('|'))
            .fold(String::new(), |all, line| all + line + "\n");
        assert_eq!(
            table,
            rendered(),
            "docs/roles.md shows another table; it should show:\n{}",
            rendered()
        );
    }

    #[test]
    fn no_route_has_two_rows() {
        for (at, rule) in RULES.iter().enumerate() {
            let first = RULES.iter().position(|r| r.method == rule.method && r.path == rule.path);
            assert_eq!(first, Some(at), "{}", rule.path);
        }
    }
}
