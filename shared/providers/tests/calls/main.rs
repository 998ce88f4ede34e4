//! Calls through the public API, against real servers on 127.0.0.1.

mod bedrock;
mod http;
mod sagemaker;
mod secrets;
mod support;
mod timeouts;
mod tls;
