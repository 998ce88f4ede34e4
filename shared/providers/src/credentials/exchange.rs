//! One exchange at a token endpoint (RFC 6749 section 5, RFC 8693).

use std::time::Duration;

use http::{HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Request, Url};
use serde_json::Value;

use super::TokenError;
use crate::{
    Redacted,
    transport::{secure, without_query},
};

/// What a form leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// An issuer that does not say is taken to mean an hour.
const USUAL: Duration = Duration::from_secs(3600);
/// Longest reason that is kept of a refusal.
const REASON: usize = 400;

/// A token, and how long it is good for.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) token: Redacted<String>,
    pub(super) lifetime: Duration,
}

/// Posts a form and reads `access_token` and `expires_in`.
pub(super) async fn form(
    client: &Client,
    url: &str,
    fields: &[(&str, &str)],
) -> Result<Fresh, TokenError> {
    let body = encode(fields);
    let answer = post(client, url, "application/x-www-form-urlencoded", body, None).await?;
    let token = answer.get("access_token").and_then(Value::as_str);
    let token = token.filter(|token| !token.is_empty());
    // Microsoft has written the seconds as text.
    let seconds = answer.get("expires_in").and_then(|value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    });
    Ok(Fresh {
        token: Redacted::new(token.ok_or_else(|| malformed(url, "an `access_token`"))?.to_owned()),
        lifetime: seconds.map_or(USUAL, Duration::from_secs),
    })
}

/// Posts, and reads the JSON object that comes back.
pub(super) async fn post(
    client: &Client,
    url: &str,
    content_type: &'static str,
    body: String,
    bearer: Option<&Redacted<String>>,
) -> Result<Value, TokenError> {
    let mut request = Request::new(Method::POST, parse(url)?);
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = bearer {
        headers.insert(header::AUTHORIZATION, authorization(url, token)?);
    }
    *request.body_mut() = Some(body.into());
    let text = send(client, url, request).await?;
    serde_json::from_str(&text).map_err(|_| malformed(url, "a JSON object"))
}

/// Fetches a text (a token that a file-like endpoint tells).
pub(super) async fn get(
    client: &Client,
    url: &str,
    headers: &[(String, String)],
) -> Result<String, TokenError> {
    let mut request = Request::new(Method::GET, parse(url)?);
    for (name, value) in headers {
        let pair = (http::HeaderName::try_from(name.as_str()), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = pair else {
            return Err(TokenError::GoogleKey(format!("`{name}` cannot be an HTTP header")));
        };
        request.headers_mut().insert(name, value);
    }
    send(client, url, request).await
}

async fn send(client: &Client, url: &str, request: Request) -> Result<String, TokenError> {
    let unreachable = |error: reqwest::Error| TokenError::Unreachable {
        url: without_query(url),
        reason: crate::transport::chain(&error.without_url()),
    };
    let response = client.execute(request).await.map_err(unreachable)?;
    let status = response.status();
    let body = response.bytes().await.map_err(unreachable)?;
    let text = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() {
        return Ok(text);
    }
    Err(TokenError::Refused {
        url: without_query(url),
        status: status.as_u16(),
        reason: reason(&text),
    })
}

fn parse(url: &str) -> Result<Url, TokenError> {
    secure(url).ok_or_else(|| TokenError::Insecure { url: without_query(url) })
}

fn authorization(url: &str, token: &Redacted<String>) -> Result<HeaderValue, TokenError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .map_err(|_| malformed(url, "a token that can stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn encode(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("{}={}", utf8_percent_encode(name, FORM), utf8_percent_encode(value, FORM))
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

pub(super) fn malformed(url: &str, what: &'static str) -> TokenError {
    TokenError::Malformed { url: without_query(url), what }
}

/// The issuer's own words: `error` and `error_description`, or Google's `error.message`.
fn reason(body: &str) -> String {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let words: Vec<&str> = ["/error", "/error_description", "/error/message"]
        .into_iter()
        .filter_map(|at| answer.pointer(at)?.as_str())
        .collect();
    match words.as_slice() {
        [] => "it gave no reason".to_owned(),
        words => words.join(": ").chars().take(REASON).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_form_without_ambiguity() {
        assert_eq!(encode(&[("a", "x y&z=+é"), ("b", "-._~")]), "a=x%20y%26z%3D%2B%C3%A9&b=-._~");
    }

    #[test]
    fn sends_credentials_in_the_clear_to_this_machine_only() {
        for fine in ["https://h/x", "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]/x"]
        {
            assert!(parse(fine).is_ok(), "{fine}");
        }
        for bad in ["http://example.com/token?secret=1", "ftp://127.0.0.1/", "not a url"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.contains("https") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn keeps_the_issuers_words_and_nothing_else() {
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215","x":"y"}"#;
        assert_eq!(reason(body), "invalid_client: AADSTS7000215");
        assert_eq!(reason(r#"{"error":{"message":"denied","code":403}}"#), "denied");
        assert_eq!(reason("<html>"), "it gave no reason");
    }
}
