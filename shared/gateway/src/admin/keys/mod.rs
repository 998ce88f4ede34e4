//! `/key/*`.

mod block;
mod delete;
mod draft;
mod generate;
mod info;
mod list;
mod naming;
mod rates;
mod update;
mod view;

pub(super) use block::{block, unblock};
pub(super) use delete::delete;
pub(super) use generate::generate;
pub(super) use info::info;
pub(super) use list::list;
pub(super) use update::update;
