//! Whole answers, both ways.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(super) use decode::{Piece, picture, pieces};
pub(crate) use encode::encode;
pub(in crate::dialect) use encode::keeps;
pub(super) use encode::{Written, part};
