//! Lambda function: every route that calls a model, streaming.
fn main() {}
