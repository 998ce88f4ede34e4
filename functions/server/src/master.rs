//! The master key: given by the operator, or made once and kept in the data folder.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use sluice_gateway::Randomness;

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
    match fs::read_to_string(&path) {
        Ok(text) => {
            return Ok(MasterKey { value: text.trim().to_owned(), place: Place::File(path) });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut bytes = [0; 24];
    random.fill(&mut bytes).map_err(io::Error::other)?;
    let value = bytes.iter().fold(String::from("sk-"), |mut text, byte| {
        // Two hex digits a byte.
        text.extend(
            [byte >> 4, byte & 15]
                .into_iter()
                .filter_map(|digit| char::from_digit(u32::from(digit), 16)),
        );
        text
    });
    let draft = draft(&path, &value)?;
    // Of two that start at once in a new folder, the first one's key is the key of both.
    match fs::hard_link(&draft, &path) {
        Ok(()) => fs::remove_file(&draft)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&draft)?;
            return kept(folder, random);
        }
        // Not every file system has links.
        Err(_) => fs::rename(&draft, &path)?,
    }
    Ok(MasterKey { value, place: Place::File(path) })
}

/// Writes a file that only its owner can read; it appears whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    fs::rename(draft(path, text)?, path)
}

/// A file beside `path`, this process's own, that only its owner can read.
fn draft(path: &Path, text: &str) -> io::Result<PathBuf> {
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

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
