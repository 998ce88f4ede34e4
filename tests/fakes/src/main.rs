//! Runs the fakes by hand.
fn main() {}
