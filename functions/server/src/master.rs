//! The master key: given by the operator, or made once and kept in the data folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use sluice_gateway::Randomness;

use crate::keyfile;

/// A key and where it came from.
pub(crate) struct MasterKey {
    pub(crate) value: String,
    pub(crate) place: Place,
}

/// Where the key is.
#[derive(Debug)]
pub(crate) enum Place {
    File(PathBuf),
    /// A variable.
    Given(&'static str),
    /// `general_settings.master_key`.
    Configured,
}

/// The key in `folder`, made on the first start, readable by its owner alone.
///
/// # Errors
/// When the folder cannot be read or written, or there is no randomness.
pub(crate) fn kept(folder: &Path, random: &dyn Randomness) -> io::Result<MasterKey> {
    let path = folder.join("master_key");
    let value = keyfile::kept(&path, || {
        let mut bytes = [0; 24];
        random.fill(&mut bytes).map_err(io::Error::other)?;
        Ok(bytes.iter().fold(String::from("sk-"), |mut text, byte| {
            // Two hex digits a byte.
            text.extend(
                [byte >> 4, byte & 15]
                    .into_iter()
                    .filter_map(|digit| char::from_digit(u32::from(digit), 16)),
            );
            text
        }))
    })?;
    Ok(MasterKey { value, place: Place::File(path) })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::atomic::{AtomicU8, Ordering},
    };

    use sluice_gateway::NoRandomness;

    use super::*;

    #[derive(Debug, Default)]
    struct Counter(AtomicU8);

    impl Randomness for Counter {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
            Ok(())
        }
    }

    #[test]
    fn the_first_key_is_kept_and_no_draft_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let random = Counter::default();
        let first = kept(folder.path(), &random).unwrap().value;
        assert!(first.starts_with("sk-0000") && first.len() == 51, "{first}");
        assert_eq!(kept(folder.path(), &random).unwrap().value, first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
