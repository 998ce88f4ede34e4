//! Routes that a key may open: paths, patterns of paths, and LiteLLM's names of groups.

use crate::admin::is_managed;

/// The groups.
pub(crate) const GROUPS: [&str; 9] = [
    "llm_api_routes",
    "openai_routes",
    "anthropic_routes",
    "google_routes",
    "info_routes",
    "management_routes",
    "key_management_routes",
    "spend_tracking_routes",
    "public_routes",
];

/// What is open to everybody, whatever their key says.
const PUBLIC: [&str; 3] = ["/health/liveliness", "/health/liveness", "/health/readiness"];
/// What only tells.
const INFO: [&str; 27] = [
    "/key/info",
    "/key/list",
    "/key/aliases",
    "/key/health",
    "/user/info",
    "/v2/user/info",
    "/user/list",
    "/user/available_roles",
    "/team/info",
    "/team/list",
    "/v2/team/list",
    "/organization/info",
    "/organization/list",
    "/team/permissions_list",
    "/customer/info",
    "/end_user/info",
    "/budget/info",
    "/budget/list",
    "/audit",
    "/audit/*",
    "/model/info",
    "/v1/model/info",
    "/v2/model/info",
    "/model_group/info",
    "/v1/models",
    "/models",
    "/models/*",
];
const ANTHROPIC: [&str; 3] = ["/v1/messages*", "/messages*", "/anthropic/*"];
const GOOGLE: [&str; 3] = ["/v1beta/*", "/gemini/*", "/vertex_ai/*"];

/// Whether an entry of a key's list means anything.
pub(crate) fn is_known(entry: &str) -> bool {
    entry.starts_with('/') || GROUPS.contains(&entry)
}

/// Whether a list opens a path; an empty one opens all.
pub(super) fn open(list: &[String], path: &str) -> bool {
    list.is_empty() || PUBLIC.contains(&path) || list.iter().any(|entry| opens(entry, path))
}

fn opens(entry: &str, path: &str) -> bool {
    let any = |patterns: &[&str]| patterns.iter().any(|pattern| fits(pattern, path));
    match entry {
        "llm_api_routes" => !is_managed(path),
        "openai_routes" => !is_managed(path) && !any(&ANTHROPIC) && !any(&GOOGLE),
        "anthropic_routes" => any(&ANTHROPIC),
        "google_routes" => any(&GOOGLE),
        "info_routes" => any(&INFO),
        "management_routes" => is_managed(path),
        "key_management_routes" => path.starts_with("/key/"),
        "spend_tracking_routes" => path.starts_with("/spend/") || path.starts_with("/global/"),
        "public_routes" => PUBLIC.contains(&path),
        pattern => fits(pattern, path),
    }
}

/// Whether a path is what a pattern says: the same, the same up to a `*` at its end, or the same but
/// for segments in braces.
fn fits(pattern: &str, path: &str) -> bool {
    if let Some(head) = pattern.strip_suffix('*') {
        return path.starts_with(head);
    }
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) => {
                let free = wanted.starts_with('{') && wanted.ends_with('}') && !given.is_empty();
                if wanted != given && !free {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_open_paths_patterns_and_groups() {
        for (entry, path, expected) in [
            ("/v1/models", "/v1/models", true),
            ("/v1/models", "/v1/models/x", false),
            ("/v1/*", "/v1/chat/completions", true),
            ("/v1/responses/{id}", "/v1/responses/r1", true),
            ("/v1/responses/{id}", "/v1/responses/r1/cancel", false),
            ("/v1/responses/{id}", "/v1/responses/", false),
            ("llm_api_routes", "/v1/chat/completions", true),
            ("llm_api_routes", "/bedrock/model/m/converse", true),
            ("llm_api_routes", "/key/generate", false),
            ("llm_api_routes", "/key/abc/regenerate", false),
            ("management_routes", "/key/generate", true),
            ("management_routes", "/end_user/new", true),
            ("management_routes", "/credentials/by_name/x", true),
            ("llm_api_routes", "/credentials", false),
            ("llm_api_routes", "/model/new", false),
            ("llm_api_routes", "/model/info", true),
            ("management_routes", "/v1/chat/completions", false),
            ("info_routes", "/key/info", true),
            ("info_routes", "/key/generate", false),
            ("anthropic_routes", "/v1/messages/count_tokens", true),
            ("openai_routes", "/v1/messages", false),
            ("openai_routes", "/v1/embeddings", true),
            ("google_routes", "/v1beta/models/m:generateContent", true),
            ("key_management_routes", "/key/update", true),
            ("spend_tracking_routes", "/spend/logs", true),
        ] {
            assert_eq!(open(&[entry.to_owned()], path), expected, "{entry} {path}");
        }
        assert!(open(&[], "/anything"));
        assert!(open(&["/v1/models".to_owned()], "/health/readiness"));
        assert!(!is_known("all_routes"));
    }
}
