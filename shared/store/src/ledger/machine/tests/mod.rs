//! The machine under every order of events.

mod calls;
mod limits;
mod slices;
mod tills;
