//! Conversations that are kept, turn by turn.
//!
//! A turn is what one call adds: what its caller said and what was answered, each message in the bytes
//! of the dialect that it was written in. In that dialect it goes on as it is; in another one it is
//! read and written like any request.

mod message;
mod record;
mod turn;

pub(crate) use message::list;
pub use record::Record;
pub use turn::Turn;
