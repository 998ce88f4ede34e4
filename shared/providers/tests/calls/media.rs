//! Content by URL, fetched from real servers.

use std::{sync::atomic::AtomicUsize, time::Duration};

use sluice_providers::{Fetched, MediaPolicy};
use sluice_wire::{Fault, canon::Media};

use crate::support::{Server, Step, document, transport};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

fn png() -> Vec<Step> {
    vec![Step::Send(document(200, "content-type: image/png\r\n", PNG))]
}

fn redirect(to: &str) -> Vec<Step> {
    vec![Step::Send(document(302, &format!("location: {to}\r\n"), b""))]
}

/// A policy that takes one server of 127.0.0.1, by its port.
fn trusting(server: &Server) -> MediaPolicy {
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    MediaPolicy { allowed_hosts: vec![host], ..MediaPolicy::default() }
}

async fn fetch(policy: MediaPolicy, url: &str) -> Result<Fetched, Fault> {
    let spent = AtomicUsize::new(0);
    transport().media(policy).fetch(url, Media::Image, "messages[0].content[1]", &spent).await
}

async fn refused(policy: MediaPolicy, url: &str) -> String {
    let fault = fetch(policy, url).await.unwrap_err();
    assert_eq!((fault.status, fault.param.as_deref()), (400, Some("messages[0].content[1]")));
    assert!(
        fault.message.starts_with("The image at messages[0].content[1] could not be fetched: ")
    );
    fault.message.into_owned()
}

#[tokio::test]
async fn fetches_a_picture_through_a_redirect() {
    let server = Server::start(|seen, _| match seen.line.as_str() {
        "GET /old HTTP/1.1" => redirect("/new?a=b"),
        _ => png(),
    })
    .await;
    let fetched = fetch(trusting(&server), &format!("{}/old", server.url)).await.unwrap();
    assert_eq!(fetched, Fetched { media_type: "image/png".into(), bytes: PNG.to_vec() });
    assert_eq!(server.last().line, "GET /new?a=b HTTP/1.1");
    assert!(server.last().header("authorization").is_none());
}

/// By number in every notation, by name, and by a name that only resolves inside.
#[tokio::test]
async fn never_connects_to_an_address_inside() {
    let server = Server::start(|_, _| png()).await;
    let port = server.url.rsplit_once(':').unwrap().1.to_owned();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
    ] {
        let message = refused(MediaPolicy::default(), &format!("http://{host}:{port}/a.png")).await;
        assert!(message.contains("not on the public internet"), "{host}: {message}");
        assert!(!message.contains("127.0.0.1"), "{message}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_leads_no_further_than_an_address_may() {
    let inner = Server::start(|_, _| png()).await;
    let target = format!("{}/secret", inner.url);
    let outer = Server::start(move |_, _| redirect(&target)).await;
    let message = refused(trusting(&outer), &outer.url).await;
    assert!(message.contains("not on the public internet"), "{message}");
    assert!(inner.seen().is_empty());

    for (target, reason) in
        [("file:///etc/passwd", "only http and https"), ("http://u:p@x.test/", "user name")]
    {
        let outer = Server::start(move |_, _| redirect(target)).await;
        let message = refused(trusting(&outer), &outer.url).await;
        assert!(message.contains(reason), "{message}");
    }
    let circle = Server::start(|_, _| redirect("/")).await;
    let message = refused(trusting(&circle), &circle.url).await;
    assert!(message.contains("redirects more than 5 times"), "{message}");
    assert_eq!(circle.seen().len(), 6);
}

#[tokio::test]
async fn refuses_other_schemes_wrong_urls_errors_and_pages() {
    for (url, reason) in [
        ("ftp://x.test/a.png", "only http and https"),
        ("gs://bucket/a.png", "only http and https"),
        ("not a url", "not a valid URL"),
        ("https://user@x.test/a.png", "user name"),
    ] {
        let message = refused(MediaPolicy::default(), url).await;
        assert!(message.contains(reason), "{url}: {message}");
    }
    let server = Server::start(|seen, _| match seen.line.as_str() {
        "GET /missing HTTP/1.1" => vec![Step::Send(document(404, "", b"no"))],
        _ => vec![Step::Send(document(200, "content-type: text/html\r\n", b"<html>sign in"))],
    })
    .await;
    let message = refused(trusting(&server), &format!("{}/missing", server.url)).await;
    assert!(message.contains("the server answered 404"), "{message}");
    let message = refused(trusting(&server), &server.url).await;
    assert!(message.contains("not an image (the server says it is text/html)"), "{message}");
    let off = MediaPolicy { most_bytes: 0, ..trusting(&server) };
    assert!(refused(off, &server.url).await.contains("switched off"));
}

/// With a length, and without one.
#[tokio::test]
async fn reads_no_more_than_all_parts_may_have_together() {
    let server = Server::start(|seen, _| match seen.line.as_str() {
        "GET /endless HTTP/1.1" => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n";
            let mut bytes = head.as_bytes().to_vec();
            bytes.extend_from_slice(PNG);
            bytes.resize(200_000, 0);
            vec![Step::Send(bytes), Step::Stall]
        }
        _ => png(),
    })
    .await;
    let policy = MediaPolicy { most_bytes: 20, ..trusting(&server) };
    let message = refused(policy.clone(), &format!("{}/endless", server.url)).await;
    assert!(message.contains("larger than the 20 bytes"), "{message}");

    let (media, spent) = (transport().media(policy), AtomicUsize::new(0));
    assert!(media.fetch(&server.url, Media::Image, "a", &spent).await.is_ok());
    let fault = media.fetch(&server.url, Media::Image, "b", &spent).await.unwrap_err();
    assert!(fault.message.contains("larger than"), "{}", fault.message);
}

#[tokio::test]
async fn waits_no_longer_than_the_policy_says() {
    let server = Server::start(|_, _| vec![Step::Stall]).await;
    let policy = MediaPolicy { timeout: Duration::from_millis(50), ..trusting(&server) };
    assert!(refused(policy, &server.url).await.contains("took longer"));
}

#[tokio::test]
async fn fetches_from_anywhere_where_it_is_told_to() {
    let server = Server::start(|_, _| png()).await;
    let policy = MediaPolicy { validate: false, ..MediaPolicy::default() };
    let named = server.url.replace("127.0.0.1", "localhost");
    assert!(fetch(policy, &named).await.is_ok());
}
