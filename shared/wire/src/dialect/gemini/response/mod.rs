//! Whole answers, both ways.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(in crate::dialect) use decode::picture;
pub(super) use decode::{Piece, pieces};
pub(crate) use encode::encode;
pub(super) use encode::{Written, part};
