//! An identity provider: its discovery document, its keys, and tokens that it signs.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use sluice_store::Millis;
use tokio::{net::TcpListener, task::JoinSet};

use super::START;

/// The audience that its tokens are for, unless they say otherwise.
pub(crate) const AUDIENCE: &str = "sluice";

/// The provider, until it is dropped.
pub(crate) struct Issuer {
    pub(crate) url: String,
    book: Arc<Book>,
    _task: JoinSet<()>,
}

struct Book {
    url: String,
    key: Mutex<(String, EcdsaKeyPair)>,
    down: AtomicBool,
    asked: AtomicUsize,
}

// === impl Issuer ===

impl Issuer {
    /// Starts one, whose key has the id `first`.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = Mutex::new(("first".to_owned(), pair()));
        let (down, asked) = Default::default();
        let book = Arc::new(Book { url: url.clone(), key, down, asked });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&book));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, book, _task: task }
    }

    /// Replaces its key.
    pub(crate) fn rotate(&self, id: &str) {
        *self.book.key.lock().unwrap() = (id.to_owned(), pair());
    }

    /// Whether it answers.
    pub(crate) fn answers(&self, answers: bool) {
        self.book.down.store(!answers, Ordering::SeqCst);
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.book.asked.load(Ordering::SeqCst)
    }

    /// A token that is good for an hour, with more claims, or others.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let id = self.book.key.lock().unwrap().0.clone();
        self.token_of(&json!({"alg": "ES256", "kid": id}), claims)
    }

    /// A token with a header of one's own.
    pub(crate) fn token_of(&self, header: &Value, claims: &Value) -> String {
        let now = Millis::parse(START).unwrap().seconds();
        let mut all = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": "subject-1", "iat": now, "exp": now + 3600,
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(&all));
        let key = self.book.key.lock().unwrap();
        let signature = key.1.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn pair() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

async fn discovery(State(book): State<Arc<Book>>) -> Result<Json<Value>, StatusCode> {
    book.up()?;
    Ok(Json(json!({"issuer": book.url, "jwks_uri": format!("{}/keys", book.url)})))
}

async fn keys(State(book): State<Arc<Book>>) -> Result<Json<Value>, StatusCode> {
    book.asked.fetch_add(1, Ordering::SeqCst);
    book.up()?;
    let key = book.key.lock().unwrap();
    let point = key.1.public_key().as_ref();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (part(&point[1..33]), part(&point[33..]));
    Ok(Json(json!({"keys": [
        {"kty": "RSA", "kid": "for-encryption", "use": "enc", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "use": "sig", "kid": key.0, "x": x, "y": y},
    ]})))
}

// === impl Book ===

impl Book {
    fn up(&self) -> Result<(), StatusCode> {
        match self.down.load(Ordering::SeqCst) {
            true => Err(StatusCode::INTERNAL_SERVER_ERROR),
            false => Ok(()),
        }
    }
}
