//! Google's doors: `POST /v1beta/models/{model}:generateContent` and its like, where the path names
//! the model and what is asked of it.

mod array;
mod models;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{
    HeaderMap, HeaderValue, Uri,
    header::{ALLOW, AUTHORIZATION},
};
use percent_encoding::percent_decode_str;
use sluice_wire::Dialect;

pub(super) use models::{list, listed, named, one};

use super::{strays, surface::arrive, tokens};
use crate::{
    App,
    corridor::{self, Line, Reader},
    operations::GoogleEmbeddings,
};

/// What may be asked of a model.
const METHODS: [&str; 5] = [
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
];

/// Where Google's clients put the key besides the headers.
const KEY: &str = "key";

/// `POST .../models/{model}:{method}`.
pub(super) async fn call(State(app): State<Arc<App>>, mut request: Request) -> Response {
    let Some((model, method)) = target(request.uri().path()) else {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = strays::wrong_method(State(app), method, uri).await;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    };
    let stream = match method {
        "generateContent" => false,
        "streamGenerateContent" => true,
        "embedContent" | "batchEmbedContents" => {
            let reader: Reader = match method {
                "embedContent" => GoogleEmbeddings::read_one,
                _ => GoogleEmbeddings::read_batch,
            };
            take_key(&mut request);
            let line = Line {
                dialect: Dialect::Gemini,
                call_type: "aembedding",
                route: "/v1beta/models",
                model: Some(model),
                stream: Some(false),
            };
            return corridor::operate(&app, arrive(line, request), reader).await;
        }
        "countTokens" => {
            take_key(&mut request);
            return tokens::google(&app, model, request).await;
        }
        _ => return strays::not_found(State(app), request.uri().clone()).await,
    };
    let events = query(request.uri(), "alt").as_deref() == Some("sse");
    let line = Line {
        dialect: Dialect::Gemini,
        call_type: "agenerate_content",
        route: "/v1beta/models",
        model: Some(model),
        stream: Some(stream),
    };
    take_key(&mut request);
    let response = corridor::walk(&app, arrive(line, request)).await;
    if stream && !events { array::wrap(response) } else { response }
}

/// The model and what is asked of it, from the end of a path. A model's name may hold slashes and
/// colons, percent-encoded or not.
fn target(path: &str) -> Option<(String, &str)> {
    let (_, rest) = path.split_once("/models/")?;
    let (model, method) = rest.rsplit_once(':')?;
    let model = percent_decode_str(model).decode_utf8_lossy().into_owned();
    (!model.is_empty()).then_some((model, method))
}

/// Whether a path is one of Google's.
pub(super) fn is_googles(path: &str) -> bool {
    path.starts_with("/v1beta/")
        || path.starts_with("/gemini/")
        || target(path).is_some_and(|(_, method)| METHODS.contains(&method))
}

/// Whether a request comes from one of Google's clients: the newer ones ask for models where OpenAI's
/// do.
pub(super) fn is_googles_client(headers: &HeaderMap) -> bool {
    headers.contains_key("x-goog-api-key") || headers.contains_key("x-goog-api-client")
}

/// Moves a key from the query to the header, where no header has one.
fn take_key(request: &mut Request) {
    let headers = request.headers();
    let has = |headers: &HeaderMap| {
        headers.contains_key("x-goog-api-key") || headers.contains_key(AUTHORIZATION)
    };
    if has(headers) {
        return;
    }
    let key = query(request.uri(), KEY).and_then(|key| HeaderValue::try_from(key).ok());
    if let Some(mut key) = key {
        key.set_sensitive(true);
        request.headers_mut().insert("x-goog-api-key", key);
    }
}

/// A value of the query.
fn query(uri: &Uri, name: &str) -> Option<String> {
    uri.query()?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_model_and_the_method_at_the_end_of_a_path() {
        let found = |path| target(path).map(|(model, method)| format!("{model} {method}"));
        for path in
            ["/v1beta/models/gpt:generateContent", "/gemini/v1beta/models/gpt:generateContent"]
        {
            assert_eq!(found(path).as_deref(), Some("gpt generateContent"), "{path}");
        }
        assert_eq!(
            found("/models/us.anthropic%2Fclaude:0:countTokens").as_deref(),
            Some("us.anthropic/claude:0 countTokens")
        );
        assert_eq!(found("/v1beta/models/gpt"), None);
        assert_eq!(found("/v1beta/models/:generateContent"), None);
    }

    #[test]
    fn knows_googles_paths() {
        for path in ["/v1beta/models/x", "/gemini/v1beta/x", "/v1/models/x:generateContent"] {
            assert!(is_googles(path), "{path}");
        }
        for path in ["/v1/models/x", "/v1/models/ft:gpt:me", "/v1/chat/completions"] {
            assert!(!is_googles(path), "{path}");
        }
    }

    #[test]
    fn takes_the_key_of_the_query_unless_a_header_has_one() {
        let key = |header: Option<&str>| {
            let mut request = Request::post("/v1beta/models/x:generateContent?alt=sse&key=sk%2D1");
            if let Some(value) = header {
                request = request.header("x-goog-api-key", value);
            }
            let mut request = request.body(axum::body::Body::empty()).unwrap();
            take_key(&mut request);
            request.headers()["x-goog-api-key"].to_str().unwrap().to_owned()
        };
        assert_eq!(key(None), "sk-1");
        assert_eq!(key(Some("sk-2")), "sk-2");
    }
}
