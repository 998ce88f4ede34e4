//! Reserving, while it is looked up whether the people behind the key are what they were.

use futures_util::future::join;
use sluice_store::{Admission, Ask, Refusal};
use sluice_wire::Fault;

use crate::{App, identity::Seen};

/// Asks the ledger. A user or a team that has changed since it was read makes the key stale: what was
/// blocked or narrowed holds from the next call on, in every process, and costs no round trip more.
/// `alone` is for a call that may be charged to who serves it as well.
pub(super) async fn reserve(
    app: &App,
    seen: &[&Seen],
    ask: &Ask<'_>,
    alone: bool,
) -> Result<Admission, Fault> {
    let ledger = app.store.ledger();
    let reserved = async {
        match alone {
            true => Box::pin(ledger.reserve_alone(ask)).await,
            false => ledger.reserve(ask).await,
        }
    };
    let (admission, current) = join(reserved, Box::pin(Seen::are_current(seen, app))).await;
    let admission = match admission.map_err(|error| app.store_fault(&error)) {
        Err(fault) if app.goes_on(&fault) => {
            tracing::warn!(call = %ask.call, "a call is admitted without a look at its limits");
            Admission::Granted(ledger.admit_unasked(ask))
        }
        answered => answered?,
    };
    let current = match current {
        Err(fault) if app.goes_on(&fault) => Ok(true),
        answered => answered,
    };
    if let (Admission::Granted(grant), Ok(false) | Err(_)) = (&admission, &current)
        && let Err(error) = ledger.release(grant).await
    {
        tracing::warn!(error = %error, "what a refused call holds is given back when its lease ends");
    }
    Ok(if current? { admission } else { Admission::Refused(Refusal::Stale) })
}
