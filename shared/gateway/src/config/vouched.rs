//! Who somebody is here whom another authority vouches for, as a rule says.

use super::{field::Field, grant::Grant, jwt::JwtRole, section::Section};

/// What a rule makes of those that it fits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VouchedAs {
    /// `user_id`, with placeholders; none where all that the rule fits share one record.
    pub user_id: Option<String>,
    /// `team_id`, with the same.
    pub team_id: Option<String>,
    /// `role`.
    pub role: Option<JwtRole>,
    /// `models`, `max_budget`...
    pub grant: Grant,
}

// === impl VouchedAs ===

impl VouchedAs {
    /// Takes its keys of a rule, in which these placeholders stand for something.
    pub(super) fn take(section: &mut Section<'_, '_>, placeholders: &[&str]) -> Self {
        let mut named = |name| section.take(name).and_then(|field| template(&field, placeholders));
        let (user_id, team_id) = (named("user_id"), named("team_id"));
        let role = section.take("role").and_then(|field| JwtRole::read(&field));
        Self { user_id, team_id, role, grant: Grant::take(section) }
    }

    /// The user and the team, with the placeholders filled.
    pub(crate) fn fill(&self, values: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let fill = |template: &String| {
            values.iter().fold(template.clone(), |text, (name, value)| text.replace(name, value))
        };
        (self.user_id.as_ref().map(fill), self.team_id.as_ref().map(fill))
    }
}

fn template(field: &Field<'_, '_>, placeholders: &[&str]) -> Option<String> {
    let written = field.name()?;
    let known = |rest: String, known: &&str| rest.replace(*known, "");
    if placeholders.iter().fold(written.clone(), known).contains(['{', '}']) {
        let hint = format!("there are {}", placeholders.join(", "));
        field.wrong(format!("`{written}` has a placeholder that is not known"), hint);
    }
    Some(written)
}
