//! `general_settings.aws_iam_auth` (Sluice's own): callers with AWS credentials.

use std::{collections::BTreeSet, time::Duration};

use sluice_providers::is_secure_url;

use super::{field::Field, known, section::Section, vouched::VouchedAs};
use crate::pattern::Pattern;

/// The longest time that a token is good for, in seconds: what STS grants a presigned request.
const LONGEST: u64 = 900;
/// What a user or a team may be named by.
const PLACEHOLDERS: [&str; 3] = ["{account}", "{name}", "{session}"];

/// Who may call with AWS credentials, and as whom.
#[derive(Debug, Clone)]
pub struct AwsIamAuth {
    /// `gateway_id`: what tokens for this gateway are signed for.
    pub gateway_id: String,
    /// `max_token_age_seconds`: how long a token is good for at most.
    pub max_age: Duration,
    /// `sts_endpoint`: asked in the place of AWS, for tests.
    pub sts_endpoint: Option<String>,
    /// `rules`: the first whose `arn` fits counts.
    pub rules: Vec<AwsIamRule>,
}

/// Some principals of AWS, and who they are here.
#[derive(Debug, Clone)]
pub struct AwsIamRule {
    /// `arn`: of roles (`arn:aws:iam::111122223333:role/Name`), users or an account's root, with
    /// stars in the name.
    pub arn: String,
    /// Who they are here.
    pub who: VouchedAs,
}

// === impl AwsIamAuth ===

impl AwsIamAuth {
    pub(super) fn read(field: &Field<'_, '_>) -> Option<Self> {
        let mut section = Section::open(field)?;
        let id = section.take("gateway_id");
        let gateway_id = id.as_ref().and_then(|field| field.name()).unwrap_or_default();
        if id.is_none() {
            field.wrong(
                "does not say which gateway tokens are signed for",
                "write `gateway_id: <a name of this gateway>`, such as its host name",
            );
        } else if !gateway_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            field.wrong("`gateway_id` holds a character that no header has", "");
        }
        let age = section.take("max_token_age_seconds").and_then(|field| field.whole(1..=LONGEST));
        let sts_endpoint = section.take("sts_endpoint").and_then(|field| {
            field.warn(
                "takes the word of another than AWS for who calls",
                "take it out, save in tests",
            );
            let url = field.name()?;
            if !is_secure_url(&url) {
                field.wrong(format!("`{}` is no https address", field.shown()), "");
            }
            Some(url.trim_end_matches('/').to_owned())
        });
        let rules = section.take("rules");
        let read = rules.as_ref().and_then(|field| field.items()).unwrap_or_default();
        let read: Vec<AwsIamRule> = read.iter().filter_map(AwsIamRule::read).collect();
        if read.is_empty() {
            field.wrong(
                "admits nobody",
                "list `- arn: arn:aws:iam::<account>:role/<name>` below `rules:`",
            );
        }
        section.finish(known::NOTHING);
        let max_age = Duration::from_secs(age.unwrap_or(LONGEST));
        Some(Self { gateway_id, max_age, sts_endpoint, rules: read })
    }
}

// === impl AwsIamRule ===

impl AwsIamRule {
    fn read(field: &Field<'_, '_>) -> Option<Self> {
        let mut section = Section::open(field)?;
        let arn = section.take("arn");
        if arn.is_none() {
            field.wrong("says of nobody", "write `arn: arn:aws:iam::<account>:role/<name>`");
        }
        let arn = arn.and_then(|field| field.name().inspect(|arn| vet(&field, arn)));
        let who = VouchedAs::take(&mut section, &PLACEHOLDERS);
        section.finish(known::NOTHING);
        Some(Self { arn: arn?, who })
    }

    /// Whether it is about a principal.
    pub(crate) fn fits(&self, arn: &str) -> bool {
        Pattern::new(&self.arn).map_or(self.arn == arn, |pattern| pattern.fits(arn))
    }
}

/// An ARN that leaves the account open would admit whoever opens one with AWS.
fn vet(field: &Field<'_, '_>, arn: &str) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let partitions = BTreeSet::from(["aws", "aws-cn", "aws-us-gov"]);
    let &["arn", partition, "iam", "", account, resource] = parts.as_slice() else {
        field.wrong(
            format!("`{arn}` is no ARN of IAM"),
            "write arn:aws:iam::<account>:role/<name>, also for assumed roles",
        );
        return;
    };
    if !partitions.contains(partition) {
        field.wrong(
            format!("`{partition}` is no partition of AWS"),
            "write aws, aws-cn or aws-us-gov",
        );
    }
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        field.wrong(
            format!("`{account}` is no account"),
            "write the 12 digits: without them, anybody's role of that name would fit",
        );
    }
    let named = match resource.split_once('/') {
        Some(("role", name)) if name.contains('/') => {
            field.wrong(
                "has a path",
                "AWS tells no path of an assumed role: write role/<name> alone",
            );
            return;
        }
        Some(("role" | "user", name)) => !name.is_empty(),
        _ => resource == "root",
    };
    if !named {
        field.wrong(
            format!("`{resource}` is no principal"),
            "write role/<name>, user/<name> or root",
        );
    }
}
