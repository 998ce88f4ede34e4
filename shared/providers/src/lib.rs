//! Provider table, auth, transport: one call to one deployment of one provider.
//!
//! The crate takes a request whose body is already in the provider's dialect, and answers with
//! the provider's bytes, or with a [`sluice_wire::Fault`] that says whose fault it was. It knows
//! neither keys nor budgets, does not choose among deployments and does not retry: whoever drives
//! the call owns those policies.
//!
//! * [`Provider`], [`provider`], [`split_model`]: the table. A provider is a row.
//! * [`Deployment`]: one entry of `model_list`, resolved.
//! * [`Transport`]: sends. OpenAI's and Anthropic's dialects over one HTTP client; Bedrock and
//!   SageMaker through the official SDK, which resolves endpoints and credentials and signs, while
//!   the bytes pass unread (`docs/adr/0005`); `demo` answers in process.
//! * [`MediaFetcher`]: brings what a request only names by URL, and is not sent into the network that
//!   the gateway stands in.
//! * [`Secret`], [`Redacted`]: credentials that do not print; [`TokenSource`]: bearer tokens that are
//!   fetched from their issuer (Microsoft Entra, Google) and kept while they are good.
//!
//! Invariants: an [`Answer`] is always 2xx; a stream that breaks ends with an `Err`, never with a
//! clean end; dropping a call or its stream closes the connection to the provider; no secret is in
//! any `Debug` output, and no redirect is followed with one.

mod call;
mod credentials;
mod demo;
mod deployment;
mod media;
mod mock;
mod redacted;
mod relay;
mod secrets;
mod table;
mod text;
mod transport;

pub use call::{Answer, AnswerBody, ByteStream, Outbound, Route};
pub use credentials::{Entra, EntraProof, Google, GoogleKey, Subject, TokenSource};
pub use deployment::{Aws, Deployment, Responses, Secret, Timeouts, Vertex};
pub use media::{Fetched, MediaFetcher, MediaPolicy};
pub use mock::{Mock, Mocked};
pub use redacted::Redacted;
pub use relay::{Relay, Relayed};
pub use table::{
    Auth, ModelError, ModelRef, Provider, Quirk, Reach, provider, providers, split_model,
};
pub use text::{Payload, Template, TextGeneration};
pub use transport::{
    BusEvent, CallerToken, CallerTokenError, CallerTokenRequest, Document, Fetch, FetchError,
    Letter, PendingSecret, TopicMessage, Transport, TransportError, TransportOptions,
    is_secure_url,
};
