//! Who or what is limited.

use std::fmt;

use crate::{IdError, KeyHash};

/// Who or what is limited.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A key.
    Key(KeyHash),
    /// A person.
    User(String),
    /// A team.
    Team(String),
    /// A person as a member of a team.
    Member {
        /// The team.
        team: String,
        /// The person.
        user: String,
    },
    /// An organisation.
    Organisation(String),
    /// A person as one who belongs to an organisation.
    Associate {
        /// The organisation.
        organisation: String,
        /// The person.
        user: String,
    },
    /// A customer of the caller.
    EndUser(String),
    /// A tag that requests carry.
    Tag(String),
    /// A model group.
    Model(String),
    /// A provider.
    Provider(String),
    /// One deployment of a model.
    Deployment(String),
    /// The gateway as a whole.
    Gateway,
}

const BAD: IdError = IdError { expected: "the name of a subject" };

// === impl Subject ===

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(hash) => write!(f, "K#{hash}"),
            Self::User(id) => write!(f, "U#{id}"),
            Self::Team(id) => write!(f, "T#{id}"),
            Self::Member { team, user } => write!(f, "M#{}#{team}#{user}", team.len()),
            Self::Organisation(id) => write!(f, "O#{id}"),
            Self::Associate { organisation, user } => {
                write!(f, "A#{}#{organisation}#{user}", organisation.len())
            }
            Self::EndUser(id) => write!(f, "E#{id}"),
            Self::Tag(name) => write!(f, "TAG#{name}"),
            Self::Model(name) => write!(f, "MODEL#{name}"),
            Self::Provider(name) => write!(f, "PROVIDER#{name}"),
            Self::Deployment(id) => write!(f, "DEPLOYMENT#{id}"),
            Self::Gateway => f.write_str("GATEWAY#"),
        }
    }
}

impl Subject {
    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`IdError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (kind, id) = text.split_once('#').ok_or(BAD)?;
        let owned = || id.to_owned();
        Ok(match kind {
            "K" => Self::Key(KeyHash::parse_hex(id)?),
            "U" => Self::User(owned()),
            "T" => Self::Team(owned()),
            "M" => {
                let (team, user) = pair(id).ok_or(BAD)?;
                Self::Member { team, user }
            }
            "O" => Self::Organisation(owned()),
            "A" => {
                let (organisation, user) = pair(id).ok_or(BAD)?;
                Self::Associate { organisation, user }
            }
            "E" => Self::EndUser(owned()),
            "TAG" => Self::Tag(owned()),
            "MODEL" => Self::Model(owned()),
            "PROVIDER" => Self::Provider(owned()),
            "DEPLOYMENT" => Self::Deployment(owned()),
            "GATEWAY" => Self::Gateway,
            _ => return Err(BAD),
        })
    }
}

/// Two ids: the length of the first tells where it ends, whatever either is made of.
fn pair(text: &str) -> Option<(String, String)> {
    let (length, rest) = text.split_once('#')?;
    let (first, second) = rest.split_at_checked(length.parse().ok()?)?;
    Some((first.to_owned(), second.strip_prefix('#')?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_reads_itself_whatever_its_ids_are_made_of() {
        let text = |text: &str| text.to_owned();
        for subject in [
            Subject::Key(KeyHash::of_plaintext("sk-1")),
            Subject::User(text("a#b")),
            Subject::Team(text("")),
            Subject::Member { team: text("t#1"), user: text("#u#") },
            Subject::Organisation(text("ö")),
            Subject::Associate { organisation: text("#o"), user: text("u#1") },
            Subject::EndUser(text("x")),
            Subject::Tag(text("U#x")),
            Subject::Model(text("openai/gpt-4o")),
            Subject::Provider(text("openai")),
            Subject::Deployment(text("d")),
            Subject::Gateway,
        ] {
            assert_eq!(Subject::parse(&subject.to_string()).unwrap(), subject);
        }
        let one = Subject::Member { team: text("a"), user: text("b#c") };
        let two = Subject::Member { team: text("a#b"), user: text("c") };
        assert_ne!(one.to_string(), two.to_string());
        for wrong in ["", "U", "M#9#a#b", "M#x", "A#9#a#b", "K#12", "Z#a"] {
            assert!(Subject::parse(wrong).is_err(), "{wrong}");
        }
    }
}
