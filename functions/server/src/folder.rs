//! The data folder: the store, the master key and the certificate are in it.

use std::{fs, io, path::Path};

/// Makes the folder where it is missing, for its owner alone, and sees to it that it can be written.
///
/// # Errors
/// A sentence that names the folder and what to do.
pub(crate) fn open(folder: &Path) -> io::Result<()> {
    let mut making = fs::DirBuilder::new();
    making.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut making, 0o700);
    let probe = folder.join(format!(".write-{}", std::process::id()));
    making
        .create(folder)
        .and_then(|()| fs::write(&probe, b""))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|error| unusable(folder, &error))
}

fn unusable(folder: &Path, error: &io::Error) -> io::Error {
    let folder = folder.display();
    let message = format!(
        "the data folder {folder} cannot be written ({error}); name another one with --data-dir"
    );
    io::Error::new(error.kind(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for folder in [file.clone(), file.join("below")] {
            let message = open(&folder).unwrap_err().to_string();
            assert!(message.contains(&folder.display().to_string()), "{message}");
            assert!(message.contains("--data-dir"), "{message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_its_owners_alone_and_left_empty() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        open(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}
