//! The DynamoDB engine of the laptop and of the tests.
//!
//! The gateway knows one store: a client of the official DynamoDB SDK. Here is an engine that such
//! a client can talk to without an account, a container or an open port: `dynoxide-rs` over an
//! SQLite file or in memory, behind the SDK's own HTTP seam ([`Engine::client`]). The same engine
//! can be served on loopback ([`Engine::serve`]) where the real wire is wanted.
//!
//! * [`Engine`]: opens, makes clients, serves.
//! * [`Faulty`]: what no local engine does (conflicts, throttling, time-outs after the commit),
//!   scripted, between a client and any engine.
//! * [`Metered`]: what a client's requests cost, in DynamoDB's units.
//! * [`endpoint_client`]: a client of a DynamoDB-compatible endpoint.
//!
//! Only the server and tests depend on this crate, so no part of it reaches a Lambda package. The
//! engine holds one SQLite connection behind one lock: fine for a laptop, not for a fleet.

mod batch;
mod connector;
mod dispatch;
mod engine;
mod faulty;
mod metered;
mod partial;

pub use engine::{Engine, EngineError, client_over, endpoint_client};
pub use faulty::{Fault, Faulty};
pub use metered::{Metered, Units};
