//! The seam to the Lambda runtime: an event in, a streamed or a buffered answer out.
//!
//! `lambda_http` streams every answer or none. The front doors disagree: API Gateway (REST, with
//! response streaming) and function URLs take a stream, an ALB and a buffered integration take one
//! JSON object. [`serve`] decides for each event, over the same axum router that a server serves.
//!
//! What it keeps: an answer's body never ends in a runtime error (the runtime would write it into
//! the caller's bytes); nothing runs after the answer's last byte except the settlement, which is
//! part of the body.

mod answer;
mod boot;
mod environment;
mod event;
mod serve;

pub use answer::Mode;
pub use boot::{BootError, boot};
pub use environment::Process;
pub use serve::{block_on, schedule, serve};
