//! Where included files are read, passed in.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads the files that `include:` names.
pub trait Source {
    /// The text of a file whose name is relative to the main file.
    ///
    /// # Errors
    /// Why it cannot be read, for the operator.
    fn read(&self, name: &str) -> Result<String, String>;
}

/// Where there are no other files: a configuration from an object or a database.
#[derive(Debug, Clone, Copy)]
pub struct NoSource;

/// The folder of the main file.
#[derive(Debug, Clone)]
pub struct Beside {
    folder: PathBuf,
}

// === impl NoSource ===

impl Source for NoSource {
    fn read(&self, _: &str) -> Result<String, String> {
        Err("other files cannot be read from here".to_owned())
    }
}

// === impl Beside ===

impl Beside {
    /// Where this file is.
    #[must_use]
    pub fn file(main: &Path) -> Self {
        Self { folder: main.parent().map(Path::to_path_buf).unwrap_or_default() }
    }
}

impl Source for Beside {
    fn read(&self, name: &str) -> Result<String, String> {
        fs::read_to_string(self.folder.join(name)).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_lies_beside_the_main_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("more.yaml"), "a: b").unwrap();
        let source = Beside::file(&folder.path().join("config.yaml"));
        assert_eq!(source.read("more.yaml").as_deref(), Ok("a: b"));
        assert!(source.read("none.yaml").is_err());
    }
}
