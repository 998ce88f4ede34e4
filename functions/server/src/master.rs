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
    write_private(&path, &value)?;
    Ok(MasterKey { value, place: Place::File(path) })
}

/// Writes a file that only its owner can read; it appears whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}
