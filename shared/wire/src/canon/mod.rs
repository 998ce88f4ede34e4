//! The canonical form: a superset of what the dialects can say.

mod defaults;
mod event;
mod gather;
mod inject;
mod laws;
mod part;
mod remote;
mod request;
mod response;
mod tool;
mod usage;

pub use defaults::Defaults;
pub use event::{Delta, Event, PartKind};
pub use gather::Gather;
pub use inject::CacheInjection;
pub use laws::Laws;
pub use part::{
    CachePoint, Data, Document, Image, Part, Reasoning, SearchResult, ToolCall, ToolResult,
};
pub use remote::{Media, Remote};
pub use request::{Effort, Extras, Format, Request, Role, Sampling, Thinking, Turn};
pub use response::{Finish, Response};
pub use tool::{Tool, ToolChoice};
pub use usage::Usage;
