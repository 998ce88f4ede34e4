//! The whole gateway in one process: the laptop and the container.
fn main() {}
