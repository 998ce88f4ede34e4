//! Conversations that the gateway keeps, so that their callers need only say what is new.
//!
//! A chat that names a session, or asks for one, is sent on with all that was said before, and what it
//! adds is appended when it is answered: whole, before its end is told. What fails, breaks off or says
//! nothing adds nothing. A session is of whoever had it, and what was said by OpenAI's chat goes on by
//! Bedrock's Converse, and the other way round.
//!
//! The fields and routes are those of AWS's guidance for a gateway (docs/history.md).

mod flow;
mod keep;
mod owner;
pub(crate) mod routes;
mod said;
mod session;

pub(crate) use flow::Recorded;
pub(crate) use keep::TurnKeeper;
pub(crate) use said::{ADDITIONAL, Said, struck};
pub(crate) use session::Session;

/// Milliseconds of a day.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
