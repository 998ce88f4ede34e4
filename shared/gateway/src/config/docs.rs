//! Where the page of the API is: `NO_DOCS`, `DOCS_URL` and `ROOT_REDIRECT_URL` of the environment.

use super::{field::Field, tree::truth};

/// What stands at the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Root {
    /// The page.
    #[default]
    Page,
    /// A way elsewhere.
    Redirect(String),
    /// A word that the gateway runs.
    Word,
}

/// The page of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Docs {
    /// `NO_DOCS`: it is not there.
    pub off: bool,
    /// What stands at `/`.
    pub root: Root,
}

// === impl Docs ===

impl Docs {
    pub(super) fn read(root: &Field<'_, '_>) -> Self {
        let var = |name: &str| root.context().var(name).filter(|value| !value.is_empty());
        let off = match var("NO_DOCS") {
            None => false,
            Some(text) => truth(&text).unwrap_or_else(|| {
                root.wrong(format!("NO_DOCS: `{text}` is no truth value"), "write true or false");
                false
            }),
        };
        let at_root = match var("DOCS_URL").as_deref() {
            None | Some("/") => true,
            Some("/docs") => false,
            Some(other) => {
                let message = format!("DOCS_URL: the page cannot be at `{other}`");
                root.wrong(message, "write / or /docs");
                true
            }
        };
        let there = var("ROOT_REDIRECT_URL").filter(|there| {
            let fits = there.starts_with(['/', 'h']) && there.bytes().all(|b| b.is_ascii_graphic());
            let fits = fits
                && (there.starts_with('/')
                    || there.starts_with("https://")
                    || there.starts_with("http://"));
            if !fits {
                let message = format!("ROOT_REDIRECT_URL: `{there}` is no address");
                root.wrong(message, "write a path, or https://...");
            }
            fits
        });
        let root = match there {
            // As at LiteLLM the page goes before.
            _ if at_root && !off => Root::Page,
            Some(there) => Root::Redirect(there),
            None => Root::Word,
        };
        Self { off, root }
    }
}
