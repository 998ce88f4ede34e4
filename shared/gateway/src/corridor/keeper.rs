//! Who keeps an answer once it is complete.

use bytes::Bytes;

use crate::{history::TurnKeeper, responses::Keeper as AnswerKeeper};

/// What is kept of it.
#[derive(Debug)]
pub(crate) enum Keeper {
    /// The answer itself, as OpenAI's responses are kept.
    Answer(AnswerKeeper),
    /// The turn that it completes.
    Turn(TurnKeeper),
}

// === impl Keeper ===

impl Keeper {
    /// Keeps the answer: a whole one, of the caller's dialect.
    pub(crate) async fn keep(self, answer: Bytes) {
        match self {
            Self::Answer(keeper) => Box::pin(keeper.keep(answer)).await,
            Self::Turn(keeper) => Box::pin(keeper.keep(answer)).await,
        }
    }
}
