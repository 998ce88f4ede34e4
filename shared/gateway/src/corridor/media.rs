//! Brings the bytes of what a request only names by address, for providers that take no addresses.
//! Before money is reserved, as far as the first choice needs it.

use std::{collections::BTreeMap, sync::atomic::AtomicUsize};

use base64::Engine as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sluice_wire::{
    Dialect, Fault,
    canon::{Media, Request},
};

use super::{Intake, prepare::is_wrapped};
use crate::App;

/// Fetches that run at once for one request.
const AT_ONCE: usize = 8;

/// Sees to it that [`Intake::for_dialect`] has bytes where this dialect needs them. An address that
/// stands in several places is fetched once.
pub(crate) async fn bring(app: &App, intake: &Intake, dialect: Dialect) -> Result<(), Fault> {
    let passes = dialect == intake.line.dialect || is_wrapped(intake, dialect);
    if passes || intake.brought().is_some() {
        return Ok(());
    }
    let request = intake.canonical()?;
    if !request.needs_bytes(dialect) {
        return Ok(());
    }
    Box::pin(fetch(app, intake, request.clone())).await
}

async fn fetch(app: &App, intake: &Intake, mut request: Request) -> Result<(), Fault> {
    let wanted: BTreeMap<(String, Media), String> = request
        .remotes()
        .into_iter()
        .map(|remote| ((remote.url().to_owned(), remote.media), remote.place))
        .collect();
    let spent = AtomicUsize::new(0);
    let fetches = wanted.into_iter().map(|((url, media), place)| {
        let spent = &spent;
        async move {
            let fetched = app.media.fetch(&url, media, &place, spent).await?;
            let base64 = base64::engine::general_purpose::STANDARD.encode(&fetched.bytes);
            Ok::<_, Fault>(((url, media), (fetched.media_type, base64)))
        }
    });
    let fetched: BTreeMap<_, _> =
        stream::iter(fetches).buffer_unordered(AT_ONCE).try_collect().await?;
    for remote in request.remotes() {
        let key = (remote.url().to_owned(), remote.media);
        if let Some((media_type, base64)) = fetched.get(&key) {
            remote.bring(media_type.clone(), base64.clone());
        }
    }
    intake.keep(request);
    Ok(())
}
