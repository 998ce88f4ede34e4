//! What LiteLLM's file may say, whether or not it has an effect here.

/// Names by section, one a line, written by `tests/tools/known_keys.py`.
const NAMES: &str = include_str!("../../data/litellm_keys.txt");

/// This version, for what is not in effect in it.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sections of the list that a mapping's keys may be in.
pub(super) type Sections = &'static [&'static str];

pub(super) const NOTHING: Sections = &[];
pub(super) const FILE: Sections = &["file"];
pub(super) const GENERAL_SETTINGS: Sections = &["general_settings"];
pub(super) const LITELLM_SETTINGS: Sections = &["litellm_settings"];
pub(super) const ROUTER_SETTINGS: Sections = &["router_settings"];
pub(super) const LITELLM_PARAMS: Sections = &["litellm_params", "price"];
pub(super) const MODEL_INFO: Sections = &["model_info", "price"];
pub(super) const PROVIDERS: Sections = &["provider"];
pub(super) const ALERTING_ARGS: Sections = &["alerting_args"];
pub(super) const ALERT_TYPES: Sections = &["alert_types"];
pub(super) const JWT_AUTH: Sections = &["jwt_auth"];
pub(super) const JWT_ISSUER: Sections = &["jwt_issuer"];

/// The names of some sections.
pub(super) fn names(sections: Sections) -> impl Iterator<Item = &'static str> {
    NAMES
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(section, _)| sections.contains(section))
        .map(|(_, name)| name)
}

/// LiteLLM knows the name.
pub(super) fn is_known(sections: Sections, name: &str) -> bool {
    names(sections).any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_litellm_knows() {
        for (sections, name) in [
            (FILE, "guardrails"),
            (GENERAL_SETTINGS, "database_url"),
            (LITELLM_SETTINGS, "success_callback"),
            (ROUTER_SETTINGS, "fallbacks"),
            (LITELLM_PARAMS, "mock_response"),
            (LITELLM_PARAMS, "input_cost_per_token_batches"),
            (MODEL_INFO, "team_id"),
            (PROVIDERS, "azure"),
        ] {
            assert!(is_known(sections, name), "{name}");
        }
        assert!(!is_known(FILE, "fallbacks"));
        assert!(!is_known(NOTHING, "model_list"));
    }
}
