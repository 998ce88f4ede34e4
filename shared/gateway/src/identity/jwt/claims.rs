//! The claims of a verified token: whether it is good now and here, and what stands where.

use serde_json::{Map, Value};

use super::flaw::Flaw;

/// What a token claims.
#[derive(Debug, Clone)]
pub(crate) struct Claims(Map<String, Value>);

/// When and for whom a token is good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    /// The only issuer; `None` for whoever has the keys.
    pub(super) issuer: Option<&'a str>,
    /// One of them must be meant; `None` for anybody.
    pub(super) audience: Option<&'a [String]>,
    /// Seconds since 1970.
    pub(super) now: i64,
    /// Seconds by which two clocks may differ.
    pub(super) leeway: i64,
}

// === impl Claims ===

impl Claims {
    /// Accepts the claims of a token whose signature is good.
    pub(super) fn accept(claims: Map<String, Value>, terms: &Terms<'_>) -> Result<Self, Flaw> {
        let claims = Self(claims);
        let expires = claims.instant("exp")?.ok_or(Flaw::Missing("exp"))?;
        if expires.saturating_add(terms.leeway) <= terms.now {
            return Err(Flaw::Expired);
        }
        for begins in ["nbf", "iat"] {
            let begins = claims.instant(begins)?;
            if begins.is_some_and(|begins| begins > terms.now.saturating_add(terms.leeway)) {
                return Err(Flaw::NotYet);
            }
        }
        if terms.issuer.is_some_and(|issuer| claims.text("iss") != Some(issuer)) {
            return Err(Flaw::UnknownIssuer);
        }
        if let Some(audience) = terms.audience {
            let meant = claims.texts("aud");
            if meant.is_empty() {
                return Err(Flaw::Missing("aud"));
            }
            if !meant.iter().any(|meant| audience.iter().any(|own| own == meant)) {
                return Err(Flaw::Audience);
            }
        }
        Ok(claims)
    }

    /// The value at a path: names between dots; `\.` for a dot in a name. A claim whose name is the
    /// whole path goes before (`https://example.com/team`).
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.0.get(path) {
            return Some(value);
        }
        let mut names = Vec::from([String::new()]);
        let mut letters = path.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '.' => names.push(String::new()),
                '\\' => names.last_mut()?.extend(letters.next()),
                letter => names.last_mut()?.push(letter),
            }
        }
        let mut names = names.iter();
        let first = self.0.get(names.next()?)?;
        names.try_fold(first, |value, name| value.get(name))
    }

    /// The text at a path; of a list, the first. A number is a text as well.
    pub(crate) fn text_at(&self, path: &str) -> Option<String> {
        match self.at(path)? {
            Value::Array(items) => items.iter().find_map(word),
            value => word(value),
        }
    }

    /// The texts at a path: of a list, or one.
    pub(crate) fn texts_at(&self, path: &str) -> Vec<String> {
        match self.at(path) {
            Some(Value::Array(items)) => items.iter().filter_map(word).collect(),
            Some(value) => word(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// What the token may be used for: `scope` (OAuth 2, RFC 8693) and `scp` (Entra, Okta), in one text
    /// or a list.
    pub(crate) fn scopes(&self) -> Vec<String> {
        ["scope", "scp"]
            .into_iter()
            .flat_map(|name| self.texts(name))
            .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// A claim that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A claim that is an instant. One that is something else makes the token a wrong one: a check that
    /// cannot be made has not been passed.
    fn instant(&self, name: &'static str) -> Result<Option<i64>, Flaw> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let whole = value.as_i64().or_else(|| {
            let text = value.as_f64().filter(|number| number.abs() < 1e15)?.floor().to_string();
            text.parse().ok()
        });
        whole.map(Some).ok_or(Flaw::Wrong(name))
    }
}

/// A value that names something.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn accept(claims: Value) -> Result<Claims, Flaw> {
        let audience = ["sluice".to_owned(), "api://sluice".to_owned()];
        let terms = Terms {
            issuer: Some("https://issuer.example"),
            audience: Some(&audience),
            now: NOW,
            leeway: 60,
        };
        let usual = json!({"iss": "https://issuer.example", "aud": "sluice", "exp": NOW + 100});
        let mut all = usual.as_object().unwrap().clone();
        let Value::Object(claims) = claims else { panic!("{claims} is no object") };
        all.extend(claims);
        all.retain(|_, value| !value.is_null());
        Claims::accept(all, &terms)
    }

    #[test]
    fn a_token_is_good_from_its_first_to_its_last_second_and_the_leeway() {
        assert!(accept(json!({"nbf": NOW, "iat": NOW - 5})).is_ok());
        assert!(accept(json!({"exp": NOW - 59, "nbf": NOW + 60})).is_ok());
        assert!(accept(json!({"exp": 1_000_000.9})).is_ok());
        assert_eq!(accept(json!({"exp": NOW - 60})).unwrap_err(), Flaw::Expired);
        assert_eq!(accept(json!({"nbf": NOW + 61})).unwrap_err(), Flaw::NotYet);
        assert_eq!(accept(json!({"iat": NOW + 61})).unwrap_err(), Flaw::NotYet);
    }

    #[test]
    fn a_check_that_cannot_be_made_is_not_passed() {
        assert_eq!(accept(json!({"exp": null})).unwrap_err(), Flaw::Missing("exp"));
        assert_eq!(accept(json!({"aud": null})).unwrap_err(), Flaw::Missing("aud"));
        for (name, value) in [
            ("exp", json!("9999999999")),
            ("exp", json!(1e300)),
            ("exp", json!([NOW])),
            ("nbf", json!("0")),
            ("iat", json!({})),
        ] {
            let wrong = accept(json!({name: value})).unwrap_err();
            assert!(matches!(wrong, Flaw::Wrong(claim) if claim == name), "{name}: {wrong:?}");
        }
    }

    #[test]
    fn the_issuer_is_exact_and_one_audience_is_enough() {
        assert!(accept(json!({"aud": ["other", "api://sluice"]})).is_ok());
        assert_eq!(accept(json!({"aud": ["other"]})).unwrap_err(), Flaw::Audience);
        assert_eq!(accept(json!({"aud": "sluice.evil"})).unwrap_err(), Flaw::Audience);
        for issuer in
            [json!("https://issuer.example/"), json!(["https://issuer.example"]), json!(null)]
        {
            assert_eq!(accept(json!({"iss": issuer})).unwrap_err(), Flaw::UnknownIssuer);
        }
    }

    #[test]
    fn finds_what_stands_deep_or_has_dots_in_its_name() {
        let claims = accept(json!({
            "realm_access": {"roles": ["a", "", 7, "b"]},
            "https://example.com/team": "blue",
            "kubernetes.io": {"namespace": "prod"},
            "groups": [],
            "flag": true,
        }))
        .unwrap();
        assert_eq!(claims.texts_at("realm_access.roles"), ["a", "7", "b"]);
        assert_eq!(claims.text_at("realm_access.roles").as_deref(), Some("a"));
        assert_eq!(claims.text_at("https://example.com/team").as_deref(), Some("blue"));
        assert_eq!(claims.text_at("kubernetes\\.io.namespace").as_deref(), Some("prod"));
        for nothing in
            ["groups", "flag", "realm_access", "realm_access.roles.0", "nobody", "", "a\\"]
        {
            assert_eq!(claims.text_at(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn reads_scopes_in_every_issuers_way() {
        let scopes = |value: Value| accept(value).unwrap().scopes();
        assert_eq!(scopes(json!({"scope": "a  b"})), ["a", "b"]);
        assert_eq!(scopes(json!({"scp": ["a", "b c"]})), ["a", "b", "c"]);
        assert_eq!(scopes(json!({"scp": "a", "scope": ["b"]})), ["b", "a"]);
        assert!(scopes(json!({"scope": 1})).is_empty());
    }
}
