//! Pages in browsers, of any origin: what they ask first, and what they may read.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use crate::house::{Caller, House, MASTER, post};

const PAGE: &str = "https://page.example";

#[tokio::test]
async fn a_page_is_let_in_on_every_route_and_reads_headers_and_errors() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let path = caller.path("openai", false);
        let asked = Request::builder()
            .method(Method::OPTIONS)
            .uri(&path)
            .header("origin", PAGE)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,x-stainless-lang")
            .body(Body::empty())
            .unwrap();
        let answer = house.send(asked).await;
        assert_eq!(answer.status, 204, "{path}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("access-control-allow-methods").contains("POST"));
        assert_eq!(answer.header("access-control-allow-headers"), "authorization,x-stainless-lang");
        for (key, status) in [(MASTER, 200), ("sk-nobody-knows-it", 401)] {
            let mut request = post(&path, key, caller.ask("openai", "say hi").to_string());
            request.headers_mut().insert("origin", PAGE.parse().unwrap());
            let answer = house.send(request).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text());
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.header("access-control-expose-headers"), "*");
            assert!(!answer.header("x-litellm-call-id").is_empty());
        }
    }
    assert_eq!(house.fakes.openai.count(), 5, "one call of each dialect");
}

#[tokio::test]
async fn who_is_no_page_hears_nothing_of_it() {
    let house = House::open().await;
    let ask = Caller::OpenAi.ask("openai", "say hi");
    let answer = house.post("/v1/chat/completions", MASTER, &ask).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    // Asking for a route's methods is not yet a page's question.
    let asked = Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/chat/completions")
        .body(Body::from(json!({}).to_string()))
        .unwrap();
    let answer = house.send(asked).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn the_document_is_served_to_anybody_unless_it_is_switched_off() {
    let house = House::open().await;
    let document = house.get("/openapi.json", "").await;
    assert_eq!(document.header("content-type"), "application/json");
    assert!(document.json()["paths"]["/key/generate"]["post"].is_object());
    let page = house.get("/docs", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));

    let house = House::plan().settings("general_settings:\n  disable_docs: true").open().await;
    for path in ["/docs", "/openapi.json"] {
        assert_eq!(house.get(path, MASTER).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_root_is_the_page_a_way_elsewhere_or_a_word() {
    let at_root = async |variables: &[(&str, &str)]| {
        let house = House::plan().variables(variables).open().await;
        (house.get("/", "").await, house.get("/docs", "").await.status)
    };
    let (page, docs) = at_root(&[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(docs, 200);
    // The page goes before, as at LiteLLM.
    let (page, _) = at_root(&[("ROOT_REDIRECT_URL", "/ui")]).await;
    assert_eq!(page.status, 200);
    let elsewhere = [("DOCS_URL", "/docs"), ("ROOT_REDIRECT_URL", "https://example.com/x")];
    let (away, docs) = at_root(&elsewhere).await;
    assert_eq!((away.status, away.header("location")), (307, "https://example.com/x"));
    assert_eq!(docs, 200);
    let (word, docs) = at_root(&[("NO_DOCS", "True")]).await;
    assert_eq!((word.status, word.json(), docs), (200, "Sluice: RUNNING".into(), 404));
    let house = House::plan().settings("general_settings:\n  disable_docs: true").open().await;
    assert_eq!(house.get("/", "").await.json(), "Sluice: RUNNING");
}
