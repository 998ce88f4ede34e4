//! `sluice import litellm`: what a running LiteLLM proxy manages, carried over into this store.
//!
//! LiteLLM is asked through its own management API; nothing is changed there. Its rows are read by the
//! same drafts that read the bodies of the management API here, so that one set of rules says what a
//! key or a team may be. What a row says and no draft takes is named in the report, row by row: a limit
//! that was not carried over is one that somebody has to think about.
//!
//! - Keys come by their hashes: whoever has the plaintext goes on using it. Nobody learns it.
//! - An import may be run again: what is there as LiteLLM says it is left alone, what an import has
//!   written and LiteLLM has changed since is changed, and what was made, changed or deleted here is
//!   left to those who did that.
//! - What was spent in the window of a budget begins the account, once, where nothing was spent here.
//! - Secrets of models and credentials are told by nobody: they have to be given here.

mod budgets;
mod customers;
mod keys;
mod members;
mod models;
mod organisations;
mod origin;
mod prompts;
mod report;
mod row;
mod run;
mod spend;
mod teams;
mod users;

use sluice_store::StoreError;

pub use self::{
    origin::Origin,
    report::{Line, Outcome, Report},
};
use self::{report::Unread, run::Run};
pub(super) use spend::SPENT;

use crate::{App, admin::models as served};

/// An import that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// LiteLLM gave no answer.
    #[error(transparent)]
    Unreachable(#[from] sluice_providers::FetchError),
    /// It answered that it would not tell.
    #[error("LiteLLM answers {path} with {status}: {message}")]
    Refused {
        /// What was asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// It answered something else than was asked for.
    #[error("LiteLLM's answer to {path} is not understood: {what}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The store here.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Carries over what a LiteLLM proxy manages; or, unless `apply` says so, only tells what would be done.
///
/// # Errors
/// [`ImportError`]; what was written until then stays, and another run goes on from there.
pub async fn litellm(app: &App, from: &Origin<'_>, apply: bool) -> Result<Report, ImportError> {
    let mut run = Run::new(app, apply);
    // Models may name credentials that are here. Secrets that cannot be opened now are nobody's here.
    drop(served::seen(app).await);
    // What others refer to comes first.
    budgets::carry(&mut run, from).await?;
    users::carry(&mut run, from).await?;
    Box::pin(organisations::carry(&mut run, from)).await?;
    Box::pin(teams::carry(&mut run, from)).await?;
    customers::carry(&mut run, from).await?;
    keys::carry(&mut run, from).await?;
    models::carry(&mut run, from).await?;
    prompts::carry(&mut run, from).await?;
    untold(&mut run, from).await?;
    Ok(run.report)
}

/// Names what there is in LiteLLM and is not carried over at all.
async fn untold(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    const KINDS: [(&str, &str, Option<&str>, &str, &str); 3] = [
        ("credential", "/credentials", Some("credentials"), "credential_name", SECRETS),
        ("tag", "/tag/list", None, "name", UNCARRIED),
        ("guardrail", "/guardrails/list", Some("guardrails"), "guardrail_name", UNCARRIED),
    ];
    for (kind, path, list, name, reason) in KINDS {
        match from.list(path, list).await {
            Ok(rows) => {
                let names = rows.iter().filter_map(|row| row.text(name)).map(ToOwned::to_owned);
                let names: Vec<String> = names.collect();
                if !names.is_empty() {
                    run.report.unread.push(Unread { kind, names, reason: reason.to_owned() });
                }
            }
            // Not every version has it.
            Err(ImportError::Refused { status: 404, .. }) => {}
            // And not every licence.
            Err(ImportError::Refused { status, .. }) => run.untold(kind, status),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

const SECRETS: &str = "LiteLLM tells nobody their values: make them here, under the same names";
const UNCARRIED: &str = "not carried over by this version";
