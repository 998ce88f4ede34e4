//! The machine under every order of events.

mod calls;
mod slices;
