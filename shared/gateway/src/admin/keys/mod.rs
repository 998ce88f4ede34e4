//! `/key/*`.

mod block;
mod bulk;
mod delete;
mod draft;
mod generate;
mod health;
mod info;
mod list;
mod naming;
mod regenerate;
mod reset;
mod rights;
mod rotating;
mod update;
mod view;

pub(super) use block::{block, unblock};
pub(super) use bulk::update as bulk_update;
pub(super) use delete::{delete, remove};
pub(super) use draft::Draft;
pub(crate) use generate::fresh_key;
pub(super) use generate::{conflict, fresh, generate, service_account};
pub(super) use health::health;
pub(super) use info::info;
pub(super) use list::{aliases, list};
pub(super) use naming::{hash_of, id};
pub(super) use regenerate::regenerate;
pub(super) use reset::{RESET, reset_spend};
pub(super) use update::update;
pub(super) use view::{generated, rows};
