//! The doors of calls that are not a chat, and of paths that name the model.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::post,
};
use percent_encoding::percent_decode_str;
use sluice_wire::Dialect;

use super::{strays, surface::arrive};
use crate::{
    App,
    corridor::{self, Line, Reader},
    operations::{
        Compact, Completions, Embeddings, Images, Moderation, Rerank, Speech, Transcription,
    },
};

/// A kind of call: the path with and without `/v1`, LiteLLM's `call_type`, who reads it.
struct Kind {
    path: &'static str,
    /// Paths of its own, as they are.
    others: &'static [&'static str],
    /// The path as LiteLLM names it in messages.
    route: &'static str,
    call_type: &'static str,
    reader: Reader,
}

static KINDS: &[Kind] = &[
    Kind {
        path: "completions",
        others: &[],
        route: "/completions",
        call_type: "atext_completion",
        reader: Completions::read,
    },
    Kind {
        path: "responses/compact",
        others: &["/openai/v1/responses/compact", "/openai/responses/compact"],
        route: "/responses/compact",
        call_type: "acompact_responses",
        reader: Compact::read,
    },
    Kind {
        path: "embeddings",
        others: &[],
        route: "/embeddings",
        call_type: "aembedding",
        reader: Embeddings::read,
    },
    Kind {
        path: "rerank",
        others: &["/v2/rerank"],
        route: "/rerank",
        call_type: "arerank",
        reader: Rerank::read,
    },
    Kind {
        path: "embed",
        others: &["/v2/embed"],
        route: "/embed",
        call_type: "aembedding",
        reader: Embeddings::read_cohere,
    },
    Kind {
        path: "moderations",
        others: &[],
        route: "/moderations",
        call_type: "amoderation",
        reader: Moderation::read,
    },
    Kind {
        path: "images/generations",
        others: &[],
        route: "/images/generations",
        call_type: "aimage_generation",
        reader: Images::read,
    },
    Kind {
        path: "images/edits",
        others: &[],
        route: "/images/edits",
        call_type: "aimage_edit",
        reader: Images::read_edit,
    },
    Kind {
        path: "audio/speech",
        others: &[],
        route: "/audio/speech",
        call_type: "aspeech",
        reader: Speech::read,
    },
    Kind {
        path: "audio/transcriptions",
        others: &[],
        route: "/audio/transcriptions",
        call_type: "atranscription",
        reader: Transcription::read,
    },
    Kind {
        path: "audio/translations",
        others: &[],
        route: "/audio/translations",
        call_type: "atranscription",
        reader: Transcription::read_translation,
    },
];

/// Chat by a path that names the model.
const CHAT: &str = "chat/completions";

/// Their routes.
pub(super) fn routes() -> Router<Arc<App>> {
    let mut router = Router::new()
        .route("/openai/deployments/{*rest}", post(named))
        .route("/engines/{*rest}", post(named));
    for kind in KINDS {
        let door = move |State(app): State<Arc<App>>, request: Request| async move {
            corridor::operate(&app, arrive(kind.line(None), request), kind.reader).await
        };
        router = router
            .route(&format!("/v1/{}", kind.path), post(door))
            .route(&format!("/{}", kind.path), post(door));
        for path in kind.others {
            router = router.route(path, post(door));
        }
    }
    router
}

/// `POST /openai/deployments/{model}/...` and `/engines/{model}/...`, as Azure's clients and old ones
/// of OpenAI write them. A model's name may have slashes, percent-encoded or not.
async fn named(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let rest =
        ["/openai/deployments/", "/engines/"].iter().find_map(|head| path.strip_prefix(head));
    let below = |suffix: &str| {
        let model = rest?.strip_suffix(suffix)?.strip_suffix('/')?;
        let model = percent_decode_str(model).decode_utf8_lossy().into_owned();
        (!model.is_empty()).then_some(model)
    };
    if let Some(model) = below(CHAT) {
        let line = Line {
            dialect: Dialect::OpenAiChat,
            call_type: "acompletion",
            route: "/chat/completions",
            model: Some(model),
            stream: None,
        };
        return corridor::walk(&app, arrive(line, request)).await;
    }
    let found = KINDS.iter().find_map(|kind| Some((kind, below(kind.path)?)));
    match found {
        Some((kind, model)) => {
            corridor::operate(&app, arrive(kind.line(Some(model)), request), kind.reader).await
        }
        None => strays::not_found(State(app), request.uri().clone()).await,
    }
}

// === impl Kind ===

impl Kind {
    fn line(&self, model: Option<String>) -> Line {
        Line {
            dialect: Dialect::OpenAiChat,
            call_type: self.call_type,
            route: self.route,
            model,
            stream: None,
        }
    }
}
