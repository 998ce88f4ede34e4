//! The AWS event stream (`application/vnd.amazon.eventstream`).
