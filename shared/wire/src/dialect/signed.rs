//! Who signed a thought.
//!
//! A provider takes back only what it signed itself, and refuses the request for anything else. A
//! conversation may change its provider between two turns (fail-over within a model group), and a
//! caller hands back what it was given. So a signature in canonical form says whose it is, and one
//! that is given to a caller in the words of another provider says so, too: there is then no request
//! of which it is not known which of its signatures may be sent where.

use memchr::memmem;

use super::Dialect;

/// The beginning of a signature that says whose it is, and the whole of one that nobody made.
pub(super) const MARK: &str = "sluice:";

/// Who made a signature. Anthropic's are good wherever Claude runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// Claude, at Anthropic, on Bedrock or on Vertex AI.
    Anthropic,
    /// Gemini.
    Google,
    /// OpenAI: reasoning that it encrypted.
    OpenAi,
}

/// A signature that is read in pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pieces {
    begun: bool,
}

// === impl Signer ===

impl Signer {
    const fn mark(self) -> &'static str {
        match self {
            Self::Anthropic => "sluice:anthropic:",
            Self::Google => "sluice:google:",
            Self::OpenAi => "sluice:openai:",
        }
    }

    /// The canonical signature for what is `written` in words of this signer's: its own, unless it
    /// says otherwise.
    pub(crate) fn name(self, written: String) -> String {
        if written.starts_with(MARK) { written } else { format!("{}{written}", self.mark()) }
    }

    /// The signature as this signer made it; `None` where another one did. One that says nothing is
    /// taken for its own.
    pub(crate) fn own(self, signature: &str) -> Option<&str> {
        if signature.starts_with(MARK) { self.made(signature) } else { Some(signature) }
    }

    /// The signature as this signer made it, where it says that it is this signer's.
    pub(crate) fn made(self, signature: &str) -> Option<&str> {
        signature.strip_prefix(self.mark())
    }

    /// The signature as a caller is told it in words of this signer's; [`Self::name`] reads it back.
    pub(crate) fn tell(self, signature: &str) -> &str {
        self.own(signature).unwrap_or(signature)
    }
}

// === impl Pieces ===

impl Pieces {
    /// The next piece, canonical: the first one says whose they are.
    pub(crate) fn name(&mut self, signer: Signer, piece: String) -> String {
        if std::mem::replace(&mut self.begun, true) { piece } else { signer.name(piece) }
    }
}

// === impl Dialect ===

impl Dialect {
    /// Whether a caller's body hands back what the provider of another dialect has signed, as this
    /// gateway told it: a provider of this dialect would refuse it as it stands.
    #[must_use]
    pub fn holds_foreign_signature(self, body: &[u8]) -> bool {
        let mark = match self {
            Self::AnthropicMessages | Self::BedrockConverse | Self::BedrockInvoke => "\"sluice:",
            // It is told in base64 there.
            Self::Gemini => "\"AHNsdWlj",
            // Who takes thoughts back does not look at the signature; and the other has a seal.
            Self::OpenAiChat | Self::OpenAiResponses => return false,
        };
        memmem::find(body, mark.as_bytes()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Signer; 3] = [Signer::Anthropic, Signer::Google, Signer::OpenAi];

    #[test]
    fn a_signature_is_good_for_its_signer_alone() {
        for by in ALL {
            let signature = by.name("c2ln".into());
            for at in ALL {
                assert_eq!(at.own(&signature), (at == by).then_some("c2ln"));
                assert_eq!(at.name(at.tell(&signature).to_owned()), signature);
            }
        }
    }

    #[test]
    fn the_first_piece_says_whose_it_is() {
        let mut pieces = Pieces::default();
        let joined = ["c2", "ln"].map(|piece| pieces.name(Signer::Anthropic, piece.into()));
        assert_eq!(joined.concat(), Signer::Anthropic.name("c2ln".into()));
    }
}
