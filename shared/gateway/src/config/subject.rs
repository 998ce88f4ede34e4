//! Tokens of another issuer, in LiteLLM's notation.

use sluice_providers::{Redacted, Subject};

use super::field::Field;

/// The prefix of a token that is to be found somewhere.
pub(super) const FOUND: &str = "oidc/";

// === impl Field ===

impl Field<'_, '_> {
    /// A token that proves an identity: `oidc/file/PATH`, `oidc/env/NAME`, `oidc/env_path/NAME`, the
    /// path of a file, or the token itself.
    pub(super) fn subject(&self) -> Option<Subject> {
        let text = self.name()?;
        let text = text.trim();
        if self.is_outside() && (text.starts_with('/') || text.starts_with(FOUND)) {
            self.no_file();
            return None;
        }
        if text.starts_with('/') {
            return Some(Subject::File(text.into()));
        }
        let Some(place) = text.strip_prefix(FOUND) else {
            return self.plain_secret().map(Subject::Token);
        };
        let var = |name: &str| {
            let value = self.context().var(name).filter(|value| !value.trim().is_empty());
            if value.is_none() {
                self.wrong(
                    format!("the environment variable `{name}` is not set"),
                    "set it, or take this line out",
                );
            }
            value
        };
        match place.split_once('/') {
            Some(("file", path)) => {
                Some(Subject::File(format!("/{}", path.trim_start_matches('/')).into()))
            }
            Some(("env", name)) => {
                var(name).map(|token| Subject::Token(Redacted::new(token.trim().to_owned())))
            }
            Some(("env_path", name)) => var(name).map(|path| Subject::File(path.trim().into())),
            _ => {
                self.wrong(
                    format!("`{}` is not a place that tokens are taken from", self.shown()),
                    "write oidc/file/PATH, oidc/env/NAME or oidc/env_path/NAME",
                );
                None
            }
        }
    }
}
