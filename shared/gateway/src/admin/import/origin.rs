//! A LiteLLM proxy, asked through its management API.

use std::{collections::HashSet, time::Duration};

use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, AUTHORIZATION},
};
use serde_json::Value;
use sluice_providers::{Fetch, Redacted, Transport};

use super::{ImportError, row::Row};

/// Rows of a page: the most that every list of LiteLLM's gives.
const PAGE: usize = 100;
/// The largest answer, in bytes.
const LARGEST: usize = 64 << 20;
/// The longest time for one.
const LONGEST: Duration = Duration::from_secs(60);
/// Most characters of an answer that is told to the operator.
const SHOWN: usize = 200;

/// Where the proxy is, and the key that opens its management API.
#[derive(Debug)]
pub struct Origin<'a> {
    /// Its address: `https`, or `http` on this machine.
    pub url: &'a str,
    /// Its master key, or the key of another admin.
    pub key: &'a Redacted<String>,
    /// The way there.
    pub transport: &'a Transport,
}

// === impl Origin ===

impl Origin<'_> {
    /// The answer to a `GET`.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ImportError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let key = HeaderValue::try_from(format!("Bearer {}", self.key.expose()));
        let key = key.map_err(|_| unreadable(path, "the key is none that a header can carry"))?;
        headers.insert(AUTHORIZATION, key);
        let url = format!("{}{path}", self.url.trim_end_matches('/'));
        let fetch = Fetch { url: &url, headers, most_bytes: LARGEST, timeout: LONGEST };
        let answer = self.transport.fetch(&fetch).await?;
        if !answer.status.is_success() {
            let message = String::from_utf8_lossy(&answer.body).chars().take(SHOWN).collect();
            let (path, status) = (path.to_owned(), answer.status.as_u16());
            return Err(ImportError::Refused { path, status, message });
        }
        serde_json::from_slice(&answer.body).map_err(|_| unreadable(path, "it is no JSON"))
    }

    /// The rows of a list that comes whole: the answer itself, or what is in it by a name.
    pub(super) async fn list(
        &self,
        path: &str,
        name: Option<&str>,
    ) -> Result<Vec<Row>, ImportError> {
        let mut answer = self.get(path).await?;
        let found = match name {
            None => Some(answer),
            Some(name) => answer.get_mut(name).map(Value::take),
        };
        match found {
            Some(Value::Array(rows)) => Ok(rows.into_iter().filter_map(Row::of).collect()),
            // A list of nothing is null now and then.
            Some(Value::Null) => Ok(Vec::new()),
            _ => Err(unreadable(path, "there is no list in it")),
        }
    }

    /// The rows of a list that comes page by page, each once by its id. Older versions give some lists
    /// whole, whatever page is asked for: a page without anything new is the last one.
    pub(super) async fn pages(
        &self,
        path: &str,
        size: &str,
        name: Option<&str>,
        id: &str,
    ) -> Result<Vec<Row>, ImportError> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        let sign = if path.contains('?') { '&' } else { '?' };
        for page in 1_u32.. {
            let rows = self.list(&format!("{path}{sign}page={page}&{size}={PAGE}"), name).await?;
            let before = all.len();
            all.extend(
                rows.into_iter()
                    .filter(|row| row.text(id).is_some_and(|id| seen.insert(id.to_owned()))),
            );
            if all.len() == before {
                break;
            }
        }
        Ok(all)
    }
}

pub(super) fn unreadable(path: &str, what: &'static str) -> ImportError {
    ImportError::Unreadable { path: path.to_owned(), what }
}
