//! Whom AWS says that credentials are of.

use aws_smithy_xml::decode::{Document, XmlDecodeError, try_data};

/// A principal of IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principal {
    /// Of the role, not of its session: `arn:aws:iam::111122223333:role/Name`. AWS does not tell the
    /// path of a role.
    pub(super) arn: String,
    pub(super) account: String,
    /// The role's or the user's name.
    pub(super) name: String,
    /// The session's name, which whoever assumed the role has chosen.
    pub(super) session: Option<String>,
}

// === impl Principal ===

impl Principal {
    /// Reads the answer to GetCallerIdentity (STS API reference).
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        Self::of_arn(&arn(std::str::from_utf8(body).ok()?).ok()??)
    }

    /// The principal of an ARN as STS tells it.
    fn of_arn(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, service, "", account, resource] = parts.as_slice() else {
            return None;
        };
        let made = |kind: &str, name: &str, session: Option<&str>| Self {
            arn: format!("arn:{partition}:iam::{account}:{kind}{name}"),
            account: account.to_owned(),
            name: name.to_owned(),
            session: session.map(str::to_owned),
        };
        match (service, resource.split_once('/')) {
            ("sts", Some(("assumed-role", rest))) => {
                let (name, session) = rest.split_once('/')?;
                Some(made("role/", name, Some(session)))
            }
            ("iam", Some(("user", name))) => Some(made("user/", name, None)),
            ("iam", None) if resource == "root" => Some(made("", "root", None)),
            // Federated users and web identities are sessions of somebody else.
            _ => None,
        }
    }
}

/// The text of `GetCallerIdentityResponse/GetCallerIdentityResult/Arn`.
fn arn(text: &str) -> Result<Option<String>, XmlDecodeError> {
    let mut document = Document::new(text);
    let mut root = document.root_element()?;
    if !root.start_el().matches("GetCallerIdentityResponse") {
        return Ok(None);
    }
    while let Some(mut result) = root.next_tag() {
        if !result.start_el().matches("GetCallerIdentityResult") {
            continue;
        }
        while let Some(mut field) = result.next_tag() {
            if field.start_el().matches("Arn") {
                return Ok(Some(try_data(&mut field)?.trim().to_owned()));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(arn: &str) -> String {
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
               <GetCallerIdentityResult>
                 <UserId>AROA:x</UserId><Arn>{arn}</Arn><Account>111122223333</Account>
               </GetCallerIdentityResult>
               <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
             </GetCallerIdentityResponse>"
        )
    }

    #[test]
    fn a_session_is_told_by_its_role() {
        for (told, arn, name, session) in [
            (
                "arn:aws:sts::111122223333:assumed-role/blue/alice@example.com",
                "arn:aws:iam::111122223333:role/blue",
                "blue",
                Some("alice@example.com"),
            ),
            (
                "arn:aws-cn:iam::111122223333:user/people/bob",
                "arn:aws-cn:iam::111122223333:user/people/bob",
                "people/bob",
                None,
            ),
            ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root", "root", None),
        ] {
            let principal = Principal::read(answer(told).as_bytes()).unwrap();
            assert_eq!(principal.arn, arn);
            assert_eq!(principal.account, "111122223333");
            assert_eq!((principal.name.as_str(), principal.session.as_deref()), (name, session));
        }
    }

    #[test]
    fn what_is_no_answer_names_nobody() {
        for body in [
            answer("arn:aws:sts::111122223333:federated-user/carol"),
            answer("arn:aws:sts::111122223333:assumed-role/blue"),
            answer("arn:aws:iam::111122223333:role/blue"),
            answer(""),
            "<ErrorResponse><Error><Arn>arn:aws:iam::111122223333:root</Arn></Error></ErrorResponse>"
                .to_owned(),
            "<Arn>arn:aws:iam::111122223333:root</Arn>".to_owned(),
            "{}".to_owned(),
            String::new(),
        ] {
            assert_eq!(Principal::read(body.as_bytes()), None, "{body}");
        }
    }
}
