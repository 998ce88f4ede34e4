//! Lambda function: the management API.
fn main() {}
