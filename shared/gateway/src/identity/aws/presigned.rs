//! A presigned GetCallerIdentity request, vetted before anybody is asked about it.
//!
//! Whoever holds AWS credentials can sign such a request, and nobody else; AWS says whose they are.
//! What is sent to AWS is the caller's own address, so nothing about it may be the caller's choice but
//! the signature: host, path and parameters are those of this request and of no other.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{civil::DateTime, tz::TimeZone};
use percent_encoding::percent_decode_str;

use super::{flaw::Flaw, host};
use crate::config::AwsIamAuth;

/// How such a token begins.
pub(crate) const PREFIX: &str = "sluice-aws-v1.";
/// The signed header that names the gateway.
pub(super) const GATEWAY_HEADER: &str = "x-sluice-gateway";
/// The longest token, in bytes: a session token is up to 4 KB.
const LONGEST: usize = 16 * 1024;
/// By how many seconds a caller's clock may go ahead.
const AHEAD: i64 = 60;
/// The parameters of the request, all of them.
const PARAMETERS: [&str; 9] = [
    "Action",
    "Version",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
];

/// A request that may be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Presigned {
    pub(super) url: String,
    /// Until when it is good, in seconds since 1970.
    pub(super) expires: i64,
}

// === impl Presigned ===

impl Presigned {
    /// Reads a token, at an instant in seconds since 1970.
    pub(super) fn read(token: &str, auth: &AwsIamAuth, now: i64) -> Result<Self, Flaw> {
        let encoded = token.strip_prefix(PREFIX).filter(|_| token.len() <= LONGEST);
        let bytes = URL_SAFE_NO_PAD.decode(encoded.ok_or(Flaw::Form)?).map_err(|_| Flaw::Form)?;
        let url = String::from_utf8(bytes).map_err(|_| Flaw::Form)?;
        let (place, query) = url.split_once('?').ok_or(Flaw::Form)?;
        let place = place.strip_suffix('/').unwrap_or(place);
        let known = match &auth.sts_endpoint {
            Some(endpoint) => place == endpoint,
            None => place.strip_prefix("https://").is_some_and(host::is_sts),
        };
        if !known {
            return Err(Flaw::Host);
        }
        let parameters = parameters(query)?;
        let get = |name: &'static str| {
            parameters.get(name).map(String::as_str).ok_or(Flaw::Parameter(name))
        };
        for (name, only) in [
            ("Action", "GetCallerIdentity"),
            ("Version", "2011-06-15"),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ] {
            if get(name)? != only {
                return Err(Flaw::Parameter(name));
            }
        }
        let signature = get("X-Amz-Signature")?;
        if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Flaw::Parameter("X-Amz-Signature"));
        }
        let signed: Vec<&str> = get("X-Amz-SignedHeaders")?.split(';').collect();
        if !signed.contains(&GATEWAY_HEADER) {
            return Err(Flaw::Unbound);
        }
        if signed != ["host", GATEWAY_HEADER] {
            return Err(Flaw::Parameter("X-Amz-SignedHeaders"));
        }
        let date = get("X-Amz-Date")?;
        let scope: Vec<&str> = get("X-Amz-Credential")?.split('/').collect();
        match scope.as_slice() {
            [_, day, region, "sts", "aws4_request"]
                if date.starts_with(day) && day.len() == 8 && host::is_region(region) => {}
            _ => return Err(Flaw::Parameter("X-Amz-Credential")),
        }
        let begun = instant(date).ok_or(Flaw::Parameter("X-Amz-Date"))?;
        let lasts = get("X-Amz-Expires")?.parse::<u32>().ok();
        let lasts = i64::from(lasts.ok_or(Flaw::Parameter("X-Amz-Expires"))?);
        let longest = i64::try_from(auth.max_age.as_secs()).unwrap_or(i64::MAX);
        let expires = begun.saturating_add(lasts.min(longest));
        if begun > now.saturating_add(AHEAD) {
            return Err(Flaw::Early);
        }
        if expires <= now {
            return Err(Flaw::Stale);
        }
        Ok(Self { url: format!("{place}/?{query}"), expires })
    }
}

/// The parameters, decoded: known ones, each once, of characters that need no second look.
fn parameters(query: &str) -> Result<BTreeMap<&'static str, String>, Flaw> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%=&".contains(&byte);
    if !query.bytes().all(plain) {
        return Err(Flaw::Form);
    }
    let mut found = BTreeMap::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').ok_or(Flaw::Form)?;
        let known = PARAMETERS.into_iter().find(|known| *known == name);
        let known = known.ok_or(Flaw::Parameter("a parameter that does not belong to it"))?;
        let value = percent_decode_str(value).decode_utf8().map_err(|_| Flaw::Form)?;
        if found.insert(known, value.into_owned()).is_some() {
            return Err(Flaw::Parameter(known));
        }
    }
    Ok(found)
}

/// `20261125T093000Z`, in seconds since 1970.
fn instant(text: &str) -> Option<i64> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok().filter(|_| text.len() == 16)?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// 2026-11-25T09:30:00Z.
    const NOW: i64 = 1_795_599_000;
    const PLACE: &str = "https://sts.eu-west-1.amazonaws.com/";

    fn auth(sts_endpoint: Option<&str>) -> AwsIamAuth {
        AwsIamAuth {
            gateway_id: "gateway".to_owned(),
            max_age: Duration::from_secs(900),
            sts_endpoint: sts_endpoint.map(str::to_owned),
            rules: Vec::new(),
        }
    }

    /// The query, with some parameters said differently; an empty value leaves one out.
    fn query(changes: &[(&str, &str)]) -> String {
        let signature = "a".repeat(64);
        let usual = [
            ("Action", "GetCallerIdentity"),
            ("Version", "2011-06-15"),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", "AKIA%2F20261125%2Feu-west-1%2Fsts%2Faws4_request"),
            ("X-Amz-Date", "20261125T092500Z"),
            ("X-Amz-Expires", "900"),
            ("X-Amz-SignedHeaders", "host%3Bx-sluice-gateway"),
            ("X-Amz-Signature", &signature),
        ];
        let said = |(name, value)| {
            let change = changes.iter().find(|(changed, _)| *changed == name);
            (name, change.map_or(value, |(_, value)| *value))
        };
        let added = changes.iter().filter(|(name, _)| usual.iter().all(|(known, _)| known != name));
        let pairs = usual.map(said).into_iter().chain(added.copied());
        let pairs = pairs.filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    fn read(url: &str) -> Result<Presigned, Flaw> {
        Presigned::read(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url)), &auth(None), NOW)
    }

    #[test]
    fn accepts_the_request_and_knows_its_end() {
        let url = format!("{PLACE}?{}", query(&[]));
        assert_eq!(read(&url).unwrap(), Presigned { url: url.clone(), expires: NOW + 600 });
        // As botocore writes it: without a path.
        let bare = url.replace("com/?", "com?");
        assert_eq!(read(&bare).unwrap().url, url);
        let short = query(&[("X-Amz-Expires", "301"), ("X-Amz-Security-Token", "FwoG%2Bx%3D%3D")]);
        assert_eq!(read(&format!("{PLACE}?{short}")).unwrap().expires, NOW + 1);
    }

    #[test]
    fn a_token_is_good_for_fifteen_minutes_at_most() {
        let at = |date: &str, lasts: &str| {
            let day = &date[..8];
            let scope = format!("AKIA%2F{day}%2Feu-west-1%2Fsts%2Faws4_request");
            let changes =
                [("X-Amz-Date", date), ("X-Amz-Expires", lasts), ("X-Amz-Credential", &scope)];
            read(&format!("{PLACE}?{}", query(&changes))).map(|presigned| presigned.expires - NOW)
        };
        assert_eq!(at("20261125T091501Z", "900"), Ok(1));
        assert_eq!(at("20261125T091500Z", "900"), Err(Flaw::Stale));
        assert_eq!(at("20261125T091500Z", "604800"), Err(Flaw::Stale));
        assert_eq!(at("20261125T092900Z", "60"), Err(Flaw::Stale));
        assert_eq!(at("20251125T092900Z", "900"), Err(Flaw::Stale));
        assert_eq!(at("20261125T093100Z", "900"), Ok(960));
        assert_eq!(at("20261125T093101Z", "900"), Err(Flaw::Early));
        assert_eq!(at("20270101T000000Z", "900"), Err(Flaw::Early));
    }

    #[test]
    fn nothing_is_the_callers_choice_but_the_signature() {
        let changed = |name: &'static str, value: &str| {
            read(&format!("{PLACE}?{}", query(&[(name, value)]))).unwrap_err()
        };
        for (name, value) in [
            ("Action", "AssumeRole"),
            ("Action", ""),
            ("Version", "2011-06-16"),
            ("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"),
            ("X-Amz-Credential", "AKIA%2F20261125%2Feu-west-1%2Fs3%2Faws4_request"),
            ("X-Amz-Credential", "AKIA%2F20261124%2Feu-west-1%2Fsts%2Faws4_request"),
            ("X-Amz-Credential", "AKIA%2F20261125%2F..%2Fsts%2Faws4_request"),
            ("X-Amz-Credential", "AKIA"),
            ("X-Amz-Date", ""),
            ("X-Amz-Date", "20261125T2560"),
            ("X-Amz-Expires", ""),
            ("X-Amz-Expires", "-1"),
            ("X-Amz-Expires", "1e3"),
            ("X-Amz-Signature", ""),
            ("X-Amz-Signature", "abc"),
            ("X-Amz-SignedHeaders", "host%3Bx-amz-date%3Bx-sluice-gateway"),
        ] {
            let flaw = changed(name, value);
            assert!(matches!(flaw, Flaw::Parameter(_)), "{name}={value}: {flaw}");
        }
        assert_eq!(changed("X-Amz-SignedHeaders", "host"), Flaw::Unbound);
        assert_eq!(changed("X-Amz-SignedHeaders", "host%3Bx-k8s-aws-id"), Flaw::Unbound);
        for extra in ["RoleArn", "action", "x-amz-date", "X-Amz-Foo", "%41ction"] {
            let flaw = changed(extra, "x");
            assert!(matches!(flaw, Flaw::Parameter(_)), "{extra}: {flaw}");
        }
        let twice = format!("{PLACE}?{}&Action=GetCallerIdentity", query(&[]));
        assert_eq!(read(&twice), Err(Flaw::Parameter("Action")));
        for odd in ["&&", "&x", "#f", "&a=b c", "&a=b%0d%0ac+", "\r\nx: y", "&a=%ff"] {
            assert!(read(&format!("{PLACE}?{}{odd}", query(&[]))).is_err(), "{odd}");
        }
    }

    #[test]
    fn no_other_host_is_asked() {
        let good = query(&[]);
        for place in [
            "https://evil.com/",
            "http://sts.eu-west-1.amazonaws.com/",
            "https://sts.eu-west-1.amazonaws.com:8443/",
            "https://sts.eu-west-1.amazonaws.com@evil.com/",
            "https://x:y@sts.eu-west-1.amazonaws.com/",
            "https://sts.eu-west-1.amazonaws.com/other",
            "https://sts.eu-west-1.amazonaws.com//",
            "https://sts.s3.amazonaws.com/",
            "https://127.0.0.1/",
            "//sts.amazonaws.com/",
            " https://sts.amazonaws.com/",
        ] {
            assert_eq!(read(&format!("{place}?{good}")), Err(Flaw::Host), "{place}");
        }
        // Nor AWS, where another endpoint is set; and that one to the letter.
        let test = auth(Some("http://127.0.0.1:5000"));
        let read = |place: &str| {
            let encoded = URL_SAFE_NO_PAD.encode(format!("{place}?{good}"));
            Presigned::read(&format!("{PREFIX}{encoded}"), &test, NOW)
        };
        assert!(read("http://127.0.0.1:5000/").is_ok());
        for place in [PLACE, "http://127.0.0.1:50000/", "http://127.0.0.1:5000/x"] {
            assert_eq!(read(place), Err(Flaw::Host), "{place}");
        }
    }

    #[test]
    fn what_is_no_such_token_is_said_to_be_none() {
        let token = |text: &str| Presigned::read(text, &auth(None), NOW);
        let long = format!("{PREFIX}{}", "A".repeat(LONGEST));
        for text in
            ["", PREFIX, "sluice-aws-v2.aGk", "sluice-aws-v1.aGk=", "sluice-aws-v1._w", &long]
        {
            assert_eq!(token(text), Err(Flaw::Form), "{text}");
        }
    }
}
