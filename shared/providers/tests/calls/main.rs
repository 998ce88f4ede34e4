//! Calls through the public API, against real servers on 127.0.0.1.
//!
//! (`cfg(test)` tells clippy that the helpers are test code as well.)

#[cfg(test)]
mod azure;
#[cfg(test)]
mod bedrock;
#[cfg(test)]
mod http;
#[cfg(test)]
mod media;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sagemaker;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod timeouts;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod vertex;
