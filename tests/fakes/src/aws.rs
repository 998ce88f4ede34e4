//! Who is calling an AWS service: Signature Version 4, checked to the last byte, or a bearer token.
//! (IAM user guide, "Create a signed AWS API request".)

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::{digest, hmac};

use crate::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, http::Call, reject::Reject};

/// What Signature Version 4 leaves as it is in a path.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The parts of `Authorization: AWS4-HMAC-SHA256 ...`.
struct Claim<'a> {
    key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    headers: &'a str,
    signature: &'a str,
}

/// Refuses a request without a good signature or token.
pub(crate) fn authenticate(call: &Call, service: &str) -> Result<(), Reject> {
    let Some(value) = call.header("authorization") else {
        let message = "Missing Authentication Token";
        return Err(Reject::new(403, "MissingAuthenticationTokenException", message));
    };
    if let Some(token) = value.strip_prefix("Bearer ") {
        return if token.is_empty() || token.contains("wrong") {
            let message = "Authentication failed: Please make sure your API Key is valid.";
            Err(Reject::new(403, "AccessDeniedException", message))
        } else {
            Ok(())
        };
    }
    let claim = Claim::parse(value).ok_or_else(|| {
        let message = "Authorization header requires 'Credential', 'Signature' and \
                       'SignedHeaders' parameters.";
        Reject::new(403, "IncompleteSignatureException", message)
    })?;
    if claim.service != service {
        let message = format!("Credential should be scoped to correct service: '{service}'.");
        return Err(Reject::new(403, "SignatureDoesNotMatch", message));
    }
    if claim.key != ACCESS_KEY_ID {
        let message = "The security token included in the request is invalid.";
        return Err(Reject::new(403, "UnrecognizedClientException", message));
    }
    if claim.expected(call).as_deref() == Some(claim.signature) {
        return Ok(());
    }
    let message = "The request signature we calculated does not match the signature you provided. \
                   Check your AWS Secret Access Key and signing method.";
    Err(Reject::new(403, "InvalidSignatureException", message))
}

// === impl Claim ===

impl<'a> Claim<'a> {
    fn parse(value: &'a str) -> Option<Self> {
        let (mut credential, mut headers, mut signature) = (None, None, None);
        for part in value.strip_prefix("AWS4-HMAC-SHA256 ")?.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => credential = Some(value),
                ("SignedHeaders", value) => headers = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        let scope: Vec<&str> = credential?.split('/').collect();
        match scope.as_slice() {
            [key, date, region, service, "aws4_request"] => {
                Some(Self { key, date, region, service, headers: headers?, signature: signature? })
            }
            _ => None,
        }
    }

    /// The signature this request should have.
    fn expected(&self, call: &Call) -> Option<String> {
        let time = call.header("x-amz-date")?;
        let hash = hex(digest::digest(&digest::SHA256, &call.body).as_ref());
        if call.header("x-amz-content-sha256").is_some_and(|claimed| claimed != hash) {
            return None;
        }
        self.signature_of(call, &call.query, time, &hash)
    }

    fn signature_of(&self, call: &Call, query: &str, time: &str, hash: &str) -> Option<String> {
        // Every service but S3 encodes the path, as it was sent, once more.
        let path = utf8_percent_encode(&call.path, PATH);
        let headers = canonical(&call.headers, self.headers)?;
        let request =
            format!("{}\n{path}\n{query}\n{headers}\n{}\n{hash}", call.method, self.headers);
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let digest = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
        let mut key = sign(format!("AWS4{SECRET_ACCESS_KEY}").as_bytes(), self.date);
        for part in [self.region, self.service, "aws4_request", &text] {
            key = sign(key.as_ref(), part);
        }
        Some(hex(key.as_ref()))
    }
}

/// Refuses a request without a good signature in its query; tells the session token, if any.
pub(crate) fn presigned(call: &Call, service: &str) -> Result<Option<String>, Reject> {
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs: Vec<(&str, String)> = call
        .query
        .split('&')
        .filter_map(|pair| pair.split_once('=').map(|(name, value)| (name, plain(value))))
        .collect();
    let get =
        |name: &str| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str());
    let parts = (get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature"));
    let (Some(credential), Some(headers), Some(signature)) = parts else {
        let message = "Request is missing Authentication Token";
        return Err(Reject::new(403, "MissingAuthenticationToken", message));
    };
    let scope: Vec<&str> = credential.split('/').collect();
    let &[key, date, region, named, "aws4_request"] = scope.as_slice() else {
        return Err(Reject::new(400, "IncompleteSignature", "Credential is not a scope"));
    };
    if key != ACCESS_KEY_ID || named != service {
        let message = "The security token included in the request is invalid.";
        return Err(Reject::new(403, "InvalidClientTokenId", message));
    }
    // The canonical query is sorted, and without the signature.
    let mut signed: Vec<&str> =
        call.query.split('&').filter(|pair| !pair.starts_with("X-Amz-Signature=")).collect();
    signed.sort_unstable();
    let hash = hex(digest::digest(&digest::SHA256, &[]).as_ref());
    let claim = Claim { key, date, region, service: named, headers, signature };
    let time = get("X-Amz-Date").unwrap_or_default();
    let expected = claim.signature_of(call, &signed.join("&"), time, &hash);
    if expected.as_deref() != Some(claim.signature) {
        let message =
            "The request signature we calculated does not match the signature you provided.";
        return Err(Reject::new(403, "SignatureDoesNotMatch", message));
    }
    Ok(get("X-Amz-Security-Token").map(str::to_owned))
}

fn canonical(headers: &HeaderMap, signed: &str) -> Option<String> {
    let mut out = String::new();
    for name in signed.split(';') {
        let values: Option<Vec<&str>> =
            headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
        let values = values.filter(|values| !values.is_empty())?;
        let joined = values.join(",");
        let value: Vec<&str> = joined.split_whitespace().collect();
        out.push_str(&format!("{name}:{}\n", value.join(" ")));
    }
    Some(out)
}

fn sign(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
