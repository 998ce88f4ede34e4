//! A provider's refusal, before it is written in the provider's words.

/// What is wrong with a request, or what the script says went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    pub(crate) status: u16,
    /// The provider's word for it: `invalid_request_error`, `ValidationException`.
    pub(crate) kind: &'static str,
    /// OpenAI's finer word.
    pub(crate) code: Option<&'static str>,
    /// The parameter at fault, where the provider names it.
    pub(crate) param: Option<String>,
    pub(crate) message: String,
    /// The status that a container behind AWS's gave.
    pub(crate) original: Option<u16>,
    /// `retry-after`, in seconds.
    pub(crate) retry_after: Option<u32>,
}

// === impl Reject ===

impl Reject {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            param: None,
            message: message.into(),
            original: None,
            retry_after: None,
        }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
