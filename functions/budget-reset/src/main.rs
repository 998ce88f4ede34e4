//! Lambda function on a schedule: sweeps, roll-ups and resets.
fn main() {}
