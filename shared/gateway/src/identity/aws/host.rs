//! Which hosts are AWS's security token service.

/// Whether a host is one of STS's: global, of a region, FIPS, in China or in GovCloud
/// (AWS General Reference, "AWS STS endpoints and quotas").
///
/// A region is told by its exact form. `sts.s3.amazonaws.com` and `sts.s3-us-west-2.amazonaws.com` are
/// a bucket of anybody's that is called `sts`.
pub(super) fn is_sts(host: &str) -> bool {
    if host == "sts.amazonaws.com" {
        return true;
    }
    let Some((service, rest)) = host.split_once('.') else { return false };
    let china = rest.strip_suffix(".amazonaws.com.cn");
    let region = china.or_else(|| rest.strip_suffix(".amazonaws.com"));
    let Some(region) = region.filter(|region| is_region(region)) else { return false };
    match service {
        "sts" => china.is_some() == region.starts_with("cn-"),
        "sts-fips" => region.starts_with("us-"),
        _ => false,
    }
}

/// `eu-west-1`, `us-gov-east-1`: two letters, one or two words, a number.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let [area, words @ .., number] = parts.as_slice() else { return false };
    area.len() == 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && matches!(words.len(), 1 | 2)
        && words.iter().all(word)
        && matches!(number.as_bytes(), [b'1'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_form_of_sts() {
        for host in [
            "sts.amazonaws.com",
            "sts.us-east-1.amazonaws.com",
            "sts.ap-southeast-4.amazonaws.com",
            "sts.us-gov-west-1.amazonaws.com",
            "sts.cn-northwest-1.amazonaws.com.cn",
            "sts-fips.us-east-2.amazonaws.com",
        ] {
            assert!(is_sts(host), "{host}");
        }
    }

    #[test]
    fn knows_no_other_host() {
        for host in [
            "",
            "sts.amazonaws.com.evil.com",
            "evil.com",
            "sts.evil.com",
            "xsts.amazonaws.com",
            "sts.s3.amazonaws.com",
            "sts.s3-us-west-2.amazonaws.com",
            "sts.s3.us-west-2.amazonaws.com",
            "sts.us-west-2.elb.amazonaws.com",
            "sts.us-west-2.amazonaws.com.",
            "sts.us-west-2.amazonaws.com.cn",
            "sts.cn-north-1.amazonaws.com",
            "sts-fips.eu-west-1.amazonaws.com",
            "sts.us-west-2.amazonaws.com:443",
            "sts.us-west-2.amazonaws.com@evil.com",
            "STS.amazonaws.com",
            "sts.us-west-0.amazonaws.com",
            "sts.us-west-2x.amazonaws.com",
            "sts..amazonaws.com",
            "sts.-west-2.amazonaws.com",
        ] {
            assert!(!is_sts(host), "{host}");
        }
    }
}
