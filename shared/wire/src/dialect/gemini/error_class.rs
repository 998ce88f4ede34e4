//! Google's canonical codes (`google.rpc.Code`) and what they mean here.

use crate::FaultKind;

/// One code.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) kind: FaultKind,
}

const fn class(name: &'static str, kind: FaultKind) -> Class {
    Class { name, kind }
}

const CLASSES: [Class; 14] = [
    class("INVALID_ARGUMENT", FaultKind::InvalidRequest),
    class("FAILED_PRECONDITION", FaultKind::InvalidRequest),
    class("OUT_OF_RANGE", FaultKind::InvalidRequest),
    class("UNAUTHENTICATED", FaultKind::Authentication),
    class("PERMISSION_DENIED", FaultKind::Permission),
    class("NOT_FOUND", FaultKind::NotFound),
    class("ALREADY_EXISTS", FaultKind::InvalidRequest),
    class("ABORTED", FaultKind::Overloaded),
    class("RESOURCE_EXHAUSTED", FaultKind::RateLimit),
    class("UNIMPLEMENTED", FaultKind::Upstream),
    class("INTERNAL", FaultKind::Upstream),
    class("UNKNOWN", FaultKind::Upstream),
    class("UNAVAILABLE", FaultKind::Overloaded),
    class("DEADLINE_EXCEEDED", FaultKind::Timeout),
];

/// The code of this name.
pub(super) fn find(name: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.name == name)
}

/// The kind that a status alone tells.
pub(super) fn by_status(status: u16) -> FaultKind {
    match status {
        401 => FaultKind::Authentication,
        403 => FaultKind::Permission,
        404 => FaultKind::NotFound,
        408 | 504 => FaultKind::Timeout,
        413 => FaultKind::TooLarge,
        429 => FaultKind::RateLimit,
        503 | 529 => FaultKind::Overloaded,
        500..=599 => FaultKind::Upstream,
        _ => FaultKind::InvalidRequest,
    }
}

/// The code for a kind.
pub(super) fn of_kind(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Authentication => "UNAUTHENTICATED",
        FaultKind::Permission => "PERMISSION_DENIED",
        FaultKind::NotFound => "NOT_FOUND",
        FaultKind::MethodNotAllowed => "UNIMPLEMENTED",
        FaultKind::Budget | FaultKind::RateLimit => "RESOURCE_EXHAUSTED",
        FaultKind::Overloaded | FaultKind::Unavailable => "UNAVAILABLE",
        FaultKind::Timeout => "DEADLINE_EXCEEDED",
        FaultKind::Connection
        | FaultKind::Truncated
        | FaultKind::Upstream
        | FaultKind::Internal => "INTERNAL",
        FaultKind::InvalidRequest
        | FaultKind::ContextWindow
        | FaultKind::ContentPolicy
        | FaultKind::TooLarge
        | FaultKind::UnsupportedMedia
        | FaultKind::Unprocessable => "INVALID_ARGUMENT",
    }
}
