//! `sluice token`: a key for this gateway made of the AWS credentials at hand. Nothing is stored or
//! sent: the token is printed, for whoever calls.

use std::{
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

use sluice_providers::{
    CallerToken, CallerTokenError, CallerTokenRequest, Transport, TransportOptions,
};
use sluice_store::Millis;

use crate::{args::Token, terminal};

/// The exit code where there are no AWS credentials.
const NO_CREDENTIALS: u8 = 3;

/// Prints a token. Exit code 0; 3 without AWS credentials, 1 where it cannot be made otherwise (2 is
/// a wrong command line).
pub(crate) fn run(wanted: Token) -> ExitCode {
    let json = wanted.json;
    match make(wanted) {
        Ok(token) => {
            terminal::say(&shown(&token, json));
            ExitCode::SUCCESS
        }
        Err((code, error)) => {
            terminal::complain(&format!("sluice token: {error}"));
            ExitCode::from(code)
        }
    }
}

fn make(wanted: Token) -> Result<CallerToken, (u8, String)> {
    let other = |error: &dyn std::error::Error| (1, error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| other(&error))?;
    let transport = Transport::new(TransportOptions::default()).map_err(|error| other(&error))?;
    let request = CallerTokenRequest {
        gateway: wanted.gateway,
        region: wanted.region,
        lifetime: Duration::from_secs(wanted.lifetime),
        endpoint: wanted.sts_endpoint,
    };
    runtime.block_on(transport.caller_token(&request)).map_err(|error| match &error {
        CallerTokenError::Credentials(_) => (NO_CREDENTIALS, error.to_string()),
        _ => other(&error),
    })
}

fn shown(token: &CallerToken, json: bool) -> String {
    let value = token.value.expose();
    if !json {
        return format!("{value}\n");
    }
    let since = token.expires.duration_since(UNIX_EPOCH).unwrap_or_default();
    let expires =
        Millis::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000));
    // Neither holds a character that JSON escapes.
    format!("{{\"token\":\"{value}\",\"expires_at\":\"{}\"}}\n", expires.rfc3339())
}

#[cfg(test)]
mod tests {
    use sluice_providers::Redacted;

    use super::*;

    #[test]
    fn shows_a_token_alone_or_with_its_end() {
        let expires = UNIX_EPOCH + Duration::from_millis(1_795_599_900_500);
        let token = CallerToken { value: Redacted::new("sluice-aws-v1.abc".to_owned()), expires };
        assert_eq!(shown(&token, false), "sluice-aws-v1.abc\n");
        assert_eq!(
            shown(&token, true),
            "{\"token\":\"sluice-aws-v1.abc\",\"expires_at\":\"2026-11-25T09:45:00Z\"}\n"
        );
    }
}
