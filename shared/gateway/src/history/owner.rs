//! Whose a session is.

use sluice_store::SessionOwner;

use crate::identity::Caller;

/// A person's, of all keys that are theirs alone. What is said with a team's key is that key's: whoever
/// manages the team makes keys in the names of its members, and reads nothing by that.
pub(super) fn owner(caller: &Caller) -> SessionOwner {
    match (&caller.record.user_id, &caller.record.team_id) {
        (Some(user), None) => SessionOwner::User(user.clone()),
        _ => SessionOwner::Key(caller.record.hash),
    }
}
