//! Whole answers, both ways.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(super) use decode::{Piece, picture, pieces};
pub(crate) use encode::encode;
pub(super) use encode::{id, shown};

/// Whether a picture can be shown to a caller.
pub(in crate::dialect) fn shows(image: &crate::canon::Image) -> bool {
    shown(image).is_some()
}
