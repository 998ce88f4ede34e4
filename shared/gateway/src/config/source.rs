//! Where included files are read, passed in.

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

impl Source for NoSource {
    fn read(&self, _: &str) -> Result<String, String> {
        Err("other files cannot be read from here".to_owned())
    }
}
