//! Credentials: in a variable, in AWS Secrets Manager, or, with a warning, in the file.

use sluice_providers::{Redacted, Secret};

use super::{field::Field, section::Section, tree::Kind};

/// The prefix of a secret that is kept in AWS Secrets Manager.
pub(super) const AWS_SECRET: &str = "aws-secret/";
/// The prefix of one that stands in an environment variable.
const VARIABLE: &str = "os.environ/";
/// How keys of well-known issuers begin.
const ISSUED: [&str; 13] = [
    "sk-",
    "gsk_",
    "xai-",
    "AKIA",
    "ASIA",
    "AIza",
    "hf_",
    "nvapi-",
    "pplx-",
    "r8_",
    "ghp_",
    "github_pat_",
    "csk-",
];
/// Shorter than any issued key.
const SHORTEST: usize = 20;

// === impl Field ===

impl Field<'_, '_> {
    /// A credential: `os.environ/NAME`, `aws-secret/NAME`, `aws-secret/NAME#field`, or itself.
    pub(super) fn secret(&self) -> Option<Secret> {
        let written = self.written()?;
        let Some(reference) = written.strip_prefix(AWS_SECRET) else {
            return self.plain_secret().map(Secret::Plain);
        };
        let (name, field) = match reference.split_once('#') {
            Some((name, field)) => (name.trim(), Some(field.trim())),
            None => (reference.trim(), None),
        };
        if name.is_empty() || field == Some("") {
            let hint = "write aws-secret/NAME for a secret that is the key, aws-secret/NAME#field \
                        for a field of one that is a JSON object";
            self.wrong("does not say which secret of AWS Secrets Manager", hint);
            return None;
        }
        if let Some(outside) = self.context().reach().filter(|_| self.is_outside())
            && !outside.grants_secret(name)
        {
            let hint = "have the operator admit it in `general_settings.secrets_for_api`";
            self.wrong(format!("the secret `{name}` cannot be read from here"), hint);
            return None;
        }
        Some(Secret::AwsSecret { name: name.to_owned(), field: field.map(str::to_owned) })
    }

    /// Refuses references, in here or below, that may not be named from here.
    pub(super) fn check_references(&self) {
        match &self.node().kind {
            Kind::Mapping(_) => {
                let section = Section::open(self);
                section.iter().flat_map(Section::each).for_each(|(_, one)| one.check_references());
            }
            Kind::Sequence(_) => {
                self.items().iter().flatten().for_each(Self::check_references);
            }
            Kind::Scalar { text, .. } if text.starts_with(AWS_SECRET) => drop(self.secret()),
            Kind::Scalar { .. } => drop(self.text()),
        }
    }

    /// A credential that must be at hand.
    pub(super) fn plain_secret(&self) -> Option<Redacted<String>> {
        let written = self.written()?;
        if written.starts_with(AWS_SECRET) {
            let hint = "leave AWS credentials out to use the role that the gateway runs as, or name \
                        another in `aws_role_name`";
            self.wrong("cannot be kept in AWS Secrets Manager", hint);
            return None;
        }
        let value = self.text()?;
        // A key that was read from a file or pasted often ends with a line break.
        let value = value.trim();
        if value.is_empty() {
            self.wrong("is empty", "set it, or take this line out");
            return None;
        }
        if !value.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            self.wrong("holds a character that no key has, such as a space or a line break", "");
            return None;
        }
        if looks_issued(written) && !self.is_outside() {
            let hint =
                "anyone who reads it can use the key: write os.environ/NAME or aws-secret/NAME";
            self.warn("looks like a real key, in the file", hint);
        }
        Some(Redacted::new(value.to_owned()))
    }
}

/// Whether a parameter of this name holds a secret.
pub(crate) fn names_secret(name: &str) -> bool {
    const WORDS: [&str; 5] = ["key", "secret", "token", "password", "credential"];
    let tells = name == "litellm_credential_name" || name.contains("cost");
    !tells && WORDS.iter().any(|word| name.contains(word))
}

/// A reference to a secret rather than the secret.
pub(crate) fn is_reference(text: &str) -> bool {
    text.starts_with(VARIABLE) || text.starts_with(AWS_SECRET)
}

/// Long, of a well-known form, and not an example's.
fn looks_issued(text: &str) -> bool {
    const EXAMPLES: [&str; 8] =
        ["1234", "xxxx", "fake", "dummy", "example", "test", "your", "placeholder"];
    let lower = text.to_ascii_lowercase();
    text.len() >= SHORTEST
        && ISSUED.iter().any(|prefix| text.starts_with(prefix))
        && !EXAMPLES.iter().any(|example| lower.contains(example))
}

#[cfg(test)]
mod tests {
    use super::looks_issued;

    #[test]
    fn tells_keys_from_examples() {
        assert!(looks_issued("sk-proj-Zx81hQm0Trd72kPqLwVn"));
        assert!(looks_issued("gsk_Zx81hQm0Trd72kPqLwVn"));
        for harmless in
            ["sk-1234", "sk-fake-key-for-our-own-server", "none", "os.environ/OPENAI_API_KEY"]
        {
            assert!(!looks_issued(harmless), "{harmless}");
        }
    }
}
