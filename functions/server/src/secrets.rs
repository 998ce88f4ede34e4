//! The key that seals the secrets which are given through the API: sealed by KMS where that is named, else
//! a file of the data folder.

use std::{io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sluice_gateway::{KEY_BYTES, KeyPlace, Randomness, config::Environment as _};
use sluice_providers::Redacted;

use crate::{args::StoreAt, environment::Process, keyfile};

/// The variable that names a key of AWS KMS.
const KMS_KEY: &str = "SLUICE_KMS_KEY";
/// The file.
const FILE: &str = "secrets_key";

/// Where the key is. A store that other machines share needs a key that they share.
///
/// # Errors
/// When the file cannot be read or written, or holds no key.
pub(crate) fn place(
    store: &StoreAt,
    folder: &Path,
    random: &dyn Randomness,
) -> io::Result<KeyPlace> {
    if let Some(key) = Process.var(KMS_KEY).filter(|key| !key.trim().is_empty()) {
        return Ok(KeyPlace::Kms(key.trim().to_owned()));
    }
    match store {
        StoreAt::Aws => Ok(KeyPlace::Nowhere),
        StoreAt::Embedded | StoreAt::Url(_) => kept(folder, random),
    }
}

fn kept(folder: &Path, random: &dyn Randomness) -> io::Result<KeyPlace> {
    let path = folder.join(FILE);
    let text = keyfile::kept(&path, || {
        let mut bytes = [0; KEY_BYTES];
        random.fill(&mut bytes).map_err(io::Error::other)?;
        Ok(STANDARD.encode(bytes))
    })?;
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    let key = bytes.ok_or_else(|| {
        let message = format!("{} holds no key of {KEY_BYTES} bytes", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })?;
    Ok(KeyPlace::Here(Redacted::new(key)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sluice_gateway::SystemRandomness;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_key_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let random = SystemRandomness::default();
        let key = || match place(&StoreAt::Embedded, folder.path(), &random).unwrap() {
            KeyPlace::Here(key) => *key.expose(),
            other => std::panic::panic_any(format!("{other:?}")),
        };
        assert_eq!(key(), key());
        let file = folder.path().join(FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "short").unwrap();
        let refused = place(&StoreAt::Embedded, folder.path(), &random).unwrap_err();
        assert!(refused.to_string().contains("secrets_key"), "{refused}");
    }
}
