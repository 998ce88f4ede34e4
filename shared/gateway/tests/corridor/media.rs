//! Pictures and documents by URL, for a provider that takes bytes only.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinSet,
};

use crate::house::{Caller, House, PRICED, named};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";
const PNG_BASE64: &str = "iVBORw0KGgouLi4u";
const PDF: &[u8] = b"%PDF-1.4";
const PDF_BASE64: &str = "JVBERi0xLjQ=";

/// A web server with a picture, a document and a page.
struct Web {
    url: String,
    count: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Web {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&count);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                seen.fetch_add(1, Ordering::SeqCst);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap() == 0 {
                        break;
                    }
                }
                let (kind, body) = match head.get(4..8) {
                    Some(b"/a.p") => ("image/png", PNG),
                    Some(b"/r.p") => ("application/pdf", PDF),
                    _ => ("text/html", b"<html>".as_slice()),
                };
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
            }
        });
        Self { url, count, _tasks: tasks }
    }

    fn fetched(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

async fn house(settings: &str) -> House {
    let claude = "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0";
    House::plan()
        .models(move |fakes| {
            named(fakes, "claude", claude, PRICED) + &named(fakes, "gpt", "openai/gpt-4o", PRICED)
        })
        .settings(settings)
        .open()
        .await
}

fn trusting(web: &Web) -> String {
    let host = web.url.trim_start_matches("http://");
    format!("litellm_settings:\n  user_url_allowed_hosts: ['{host}']")
}

fn asking(parts: &[Value]) -> Value {
    json!({"model": "claude", "max_tokens": 20, "messages": [{"role": "user", "content": parts}]})
}

fn image(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}

#[tokio::test]
async fn a_provider_that_takes_no_addresses_is_given_the_bytes() {
    let web = Web::open().await;
    let house = house(&trusting(&web)).await;
    let key = house.key(&json!({"max_budget": 1})).await;
    let picture = image(&format!("{}/a.png", web.url));
    let paper = json!({"type": "file", "file": {"file_id": format!("{}/r.pdf", web.url)}});
    let body = asking(&[json!({"type": "text", "text": "see"}), picture.clone(), paper, picture]);
    let answer = Caller::OpenAi.raw(&house, &key, "claude", &body, false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());

    let sent = house.fakes.bedrock.last().unwrap().json();
    let content = &sent["messages"][0]["content"];
    let block = json!({"format": "png", "source": {"bytes": PNG_BASE64}});
    assert_eq!((&content[1]["image"], &content[3]["image"]), (&block, &block));
    assert_eq!(content[2]["document"]["source"]["bytes"], PDF_BASE64);
    assert_eq!(content[2]["document"]["name"], "r-pdf");
    assert_eq!(web.fetched(), 2, "the same address is fetched once");
    assert!(house.balanced(&key).await > 0);

    // One that takes addresses gets the address.
    let mut body =
        asking(&[json!({"type": "text", "text": "see"}), image("http://127.0.0.1:1/a.png")]);
    body["model"] = json!("gpt");
    Caller::OpenAi.raw(&house, &key, "gpt", &body, false).await;
    let sent = house.fakes.openai.last().unwrap().json();
    assert_eq!(sent["messages"][0]["content"][1]["image_url"]["url"], "http://127.0.0.1:1/a.png");
    assert_eq!(web.fetched(), 2);
}

#[tokio::test]
async fn what_cannot_be_fetched_is_refused_by_its_place_before_any_money_is_reserved() {
    let web = Web::open().await;
    let house = house(&trusting(&web)).await;
    let key = house.key(&json!({"max_budget": 1})).await;
    for (url, reason) in [
        (format!("{}/page.png", web.url), "not an image"),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), "public internet"),
        ("http://localhost:1/a.png".to_owned(), "public internet"),
        ("file:///etc/passwd".to_owned(), "only http and https"),
    ] {
        for (caller, body, place) in [
            (Caller::OpenAi, asking(&[image(&url)]), "messages[0].content[0]"),
            (
                Caller::Anthropic,
                asking(&[json!({"type": "tool_result", "tool_use_id": "t", "content": [
                    {"type": "image", "source": {"type": "url", "url": url}}]})]),
                "messages[0].content[0].content[0]",
            ),
        ] {
            let answer = caller.raw(&house, &key, "claude", &body, false).await;
            assert_eq!(answer.status, 400, "{url}: {}", answer.text());
            let message = answer.message();
            assert!(message.contains(reason) && message.contains(place), "{message}");
        }
    }
    assert_eq!(house.fakes.bedrock.count(), 0);
    assert_eq!(house.balanced(&key).await, 0);
    assert!(house.rows(&key).await.is_empty(), "a call was admitted");
}

/// The address is of the second choice only: the first is asked without a fetch, and when it
/// fails, what was reserved is given back.
#[tokio::test]
async fn a_fetch_that_fails_on_the_way_to_another_deployment_releases_the_money() {
    let house = House::plan()
        .models(|fakes| {
            let broken = "\n      order: 1\n      api_base: http://127.0.0.1:1/v1\n      api_key: k";
            let mut list = format!(
                "\n  - model_name: claude\n    litellm_params:\n      model: openai/gpt-4o{broken}{PRICED}"
            );
            let order = format!("\n      order: 2{PRICED}");
            list += &named(fakes, "claude", "bedrock/anthropic.claude-sonnet-4-5-v1:0", &order);
            list
        })
        .open()
        .await;
    let key = house.key(&json!({"max_budget": 1})).await;
    let body = asking(&[image("http://10.0.0.1/a.png")]);
    let answer = Caller::OpenAi.raw(&house, &key, "claude", &body, false).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.message().contains("could not be fetched"), "{}", answer.message());
    assert_eq!(house.balanced(&key).await, 0);
    assert_eq!(house.rows(&key).await.len(), 1);
}
