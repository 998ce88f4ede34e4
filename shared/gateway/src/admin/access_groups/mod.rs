//! `/access_group/*`: names under which lists of models admit several at once (`model_info.access_groups`).
//! A group is what its members say: those of the configuration file are the file's to change.

mod change;
mod read;

pub(super) use change::{delete, new, update};
pub(super) use read::{info, list};

use http::StatusCode;

use super::reply::Refused;
use crate::registry::{Member, Registry};

/// The deployments that are in a group.
fn members<'r>(registry: &'r Registry, group: &str) -> Vec<&'r Member> {
    let is_in = |member: &&Member| member.info.access_groups.iter().any(|name| name == group);
    registry.all().filter(is_in).collect()
}

fn unknown(group: &str) -> Refused {
    Refused::detail(StatusCode::NOT_FOUND, format!("Access group '{group}' not found"))
}
