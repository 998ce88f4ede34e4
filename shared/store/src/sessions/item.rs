//! Turns of conversations, and the list of an owner's conversations, as items.

use super::{NewTurn, Session, SessionOwner};
use crate::{
    Millis, StoreError, documents,
    item::{Item, key, n, number, text},
};

/// Letters of a piece's number and what stands before it, at the end of a sort key.
const SUFFIX: usize = 5;

/// Where a conversation is. An owner's name may have any letters: its length says where it ends.
pub(super) fn partition(owner: &SessionOwner, session: &str) -> String {
    let owner = owner.to_string();
    format!("S#{}#{owner}#{session}", owner.len())
}

/// Where the names of an owner's conversations are.
pub(super) fn listings(owner: &SessionOwner) -> String {
    format!("SESSIONS#{owner}")
}

/// The key of a conversation's name in its owner's list.
pub(super) fn listed_as(owner: &SessionOwner, session: &str) -> Item {
    key(listings(owner), session)
}

/// A conversation's name in its owner's list.
pub(super) fn listing(owner: &SessionOwner, session: &str, expires: Millis) -> Item {
    let mut item = listed_as(owner, session);
    item.insert("exp".to_owned(), n(expires.get()));
    item.insert("ttl".to_owned(), n(expires.get() / 1000 + 1));
    item
}

/// The name that an item of the list has, unless its conversation is over.
pub(super) fn name(item: &Item, now: Millis) -> Option<String> {
    let expires = number(item, "exp").map(Millis::new)?;
    text(item, "sk").filter(|_| expires > now).map(str::to_owned)
}

/// A turn as items, the one that tells of the others first.
pub(super) fn write(
    owner: &SessionOwner,
    session: &str,
    turn: &NewTurn,
) -> Result<Vec<Item>, StoreError> {
    let place = |at: usize| {
        key(partition(owner, session), format!("{:013}#{}#{at:04}", turn.at.get(), turn.call))
    };
    documents::write(&turn.document, turn.expires, place)
}

/// The items of a conversation, in the order of their keys. A turn that is just being written is not
/// there yet; what is over is not there any more, whether or not its items are.
pub(super) fn read(items: &[Item], now: Millis) -> Result<Option<Session>, StoreError> {
    let mut session: Option<Session> = None;
    for pieces in items.chunk_by(|one, other| turn(one) == turn(other)) {
        let Some(document) = documents::read(pieces)? else { continue };
        if document.expires <= now {
            continue;
        }
        let at = pieces.first().and_then(instant).ok_or_else(|| {
            StoreError::corrupt("Query", "a turn of a conversation without its instant")
        })?;
        let session = session.get_or_insert_with(|| Session {
            expires: document.expires,
            newest: at,
            turns: Vec::new(),
        });
        session.expires = session.expires.max(document.expires);
        session.newest = at;
        session.turns.push(document.text);
    }
    Ok(session)
}

/// Which turn an item belongs to.
fn turn(item: &Item) -> Option<&str> {
    let name = text(item, "sk")?;
    name.get(..name.len().checked_sub(SUFFIX)?)
}

fn instant(item: &Item) -> Option<Millis> {
    text(item, "sk")?.split('#').next()?.parse().ok().map(Millis::new)
}
