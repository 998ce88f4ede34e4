//! What the parts tell the script: one line on standard output.

use std::io::{self, Write};

/// Prints a line and lets it go at once.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
