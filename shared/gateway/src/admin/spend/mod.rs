//! `/spend/*`.

mod logs;
mod summary;
mod view;

pub(super) use logs::logs;
