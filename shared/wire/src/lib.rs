//! What travels between a caller, the gateway and a provider, and how it is written down.
//!
//! Six dialects say the same things in different words. Translating each to each would take a
//! converter per pair, and pairs drift. So there is one canonical form in the middle
//! ([`canon`]) and one module per dialect ([`dialect`]) that reads and writes it, in both
//! directions, because a dialect is spoken by callers and by providers alike.
//!
//! Everything here is pure: bytes in, values out. No sockets, no clock, no randomness, no AWS
//! client. That makes every law of a stream testable by feeding it bytes.
//!
//! * [`canon`]: the canonical request, response and stream events, and usage in its normal form.
//! * [`frame`]: bytes to frames and back (SSE, AWS event stream).
//! * [`dialect`]: one module per dialect; [`Dialect`] dispatches.
//! * [`completion`], [`embed`], [`rerank`], [`image`]: calls that are no chat; [`multipart`]:
//!   their forms; [`sound`]: how long one lasts; [`Watch`]: their streams.
//! * [`history`]: conversations that are kept, turn by turn.
//! * [`prompt`]: kept messages before those of a request.
//! * [`Pump`]: one call's stream, upstream bytes in, caller's bytes out, verbatim or translated.
//! * [`Fault`]: what went wrong, whose fault it is, and whether trying again makes sense.
//!
//! Invariants: parts open and close in balance; nothing follows a `Finish`; an input that ends
//! without its terminal frame is a [`Fault`], never a clean end; what a dialect cannot carry is
//! reported as a [`Loss`], never dropped in silence.

pub mod canon;
pub mod completion;
pub mod dialect;
pub mod embed;
mod ending;
mod fault;
mod fields;
pub mod frame;
pub mod history;
pub mod image;
mod loss;
pub mod multipart;
pub mod prompt;
mod pump;
pub mod rerank;
pub mod sound;
mod splice;
mod verbatim;
mod watch;

pub use dialect::{Dialect, Edits, Encoded, ErrorReply, Habits, Line, Peek, Stamp, Target};
pub use ending::{known_media_type, media_type_of_name};
pub use fault::{Fault, FaultKind, FaultOrigin, Retry, Upstream};
pub use fields::Fields;
pub use loss::Loss;
pub use pump::Pump;
pub use splice::{Splice, splice, splice_read};
pub use verbatim::Verbatim;
pub use watch::Watch;
