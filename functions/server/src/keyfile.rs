//! Files of the data folder that hold a key: made once, readable by their owner alone.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The text of a file, made on the first start.
///
/// # Errors
/// When it cannot be read, made or written.
pub(crate) fn kept(path: &Path, make: impl Fn() -> io::Result<String>) -> io::Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let text = make()?;
    let draft = draft(path, &text)?;
    // Of two that start at once in a new folder, the first one's key is the key of both.
    match fs::hard_link(&draft, path) {
        Ok(()) => fs::remove_file(&draft)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&draft)?;
            return kept(path, make);
        }
        // Not every file system has links.
        Err(_) => fs::rename(&draft, path)?,
    }
    Ok(text)
}

/// Writes a file that only its owner can read; it appears whole or not at all.
///
/// # Errors
/// When it cannot be written.
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
