//! Server-sent events (WHATWG HTML, "Server-sent events").
