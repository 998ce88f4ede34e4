//! A call that is under way keeps its lease: it is renewed whenever half of it is over.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use sluice_store::{Claim, Grant};
use tokio::time::{Instant, Sleep, sleep};

use crate::App;

/// Keeps the lease of a streamed call, as often as its body is polled.
pub(super) struct Renewal {
    due: Pin<Box<Sleep>>,
    under_way: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// Does a call's work, and keeps its lease meanwhile.
pub(crate) async fn alive<T>(app: &App, grant: &Grant, work: impl Future<Output = T> + Unpin) -> T {
    renewing(app, || renew(app, grant), work).await
}

/// Waits for an attempt, and keeps meanwhile what is held of who shall serve it.
pub(crate) async fn claimed<T>(
    app: &App,
    claim: Option<&Claim>,
    mut work: impl Future<Output = T> + Unpin,
) -> T {
    let Some(claim) = claim else { return (&mut work).await };
    let renew = || async {
        let expires = app.clock.now().after(app.config.general.lease());
        if let Err(error) = app.store.ledger().renew_claim(claim, expires).await {
            tracing::warn!(call = %claim.call, error = %error, "a claim could not be renewed");
        }
    };
    renewing(app, renew, work).await
}

async fn renewing<T, R: Future<Output = ()>>(
    app: &App,
    renew: impl Fn() -> R,
    mut work: impl Future<Output = T> + Unpin,
) -> T {
    loop {
        let renewal = async {
            sleep(app.config.general.lease() / 2).await;
            Box::pin(renew()).await;
        };
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = renewal => {}
        }
    }
}

async fn renew(app: &App, grant: &Grant) {
    let expires = app.clock.now().after(app.config.general.lease());
    if let Err(error) = app.store.ledger().renew(grant, expires).await {
        tracing::warn!(call = %grant.call, error = %error, "a lease could not be renewed");
    }
}

// === impl Renewal ===

impl Renewal {
    pub(super) fn new(app: &App) -> Self {
        Self { due: Box::pin(sleep(app.config.general.lease() / 2)), under_way: None }
    }

    /// Does what is due. Called whenever the body is polled; it wakes the body when it is time.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, app: &Arc<App>, grant: &Grant) {
        loop {
            if let Some(renewal) = &mut self.under_way {
                if renewal.as_mut().poll(cx).is_pending() {
                    return;
                }
                self.under_way = None;
            }
            if self.due.as_mut().poll(cx) == Poll::Pending {
                return;
            }
            let half = app.config.general.lease() / 2;
            self.due.as_mut().reset(Instant::now() + half);
            let (app, grant) = (Arc::clone(app), grant.clone());
            self.under_way = Some(Box::pin(async move { renew(&app, &grant).await }));
        }
    }
}
