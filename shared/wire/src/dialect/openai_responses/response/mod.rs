//! Whole answers, both ways.

mod decode;
mod encode;
mod retell;
mod shell;

pub(crate) use decode::decode;
pub(super) use decode::reasoning;
pub(crate) use encode::encode;
pub use retell::retell;
pub use shell::echo;
pub(super) use shell::{Shell, id};
