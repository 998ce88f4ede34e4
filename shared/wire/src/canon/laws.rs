//! The laws of a stream of events, asserted in tests and in debug builds.

use super::Event;

/// Watches a stream of events and names the first law it breaks.
#[derive(Debug, Default)]
pub struct Laws {
    started: bool,
    finished: bool,
    usage: bool,
    open: Vec<u32>,
    closed: Vec<u32>,
}

// === impl Laws ===

impl Laws {
    /// Checks one event.
    ///
    /// # Errors
    /// The law that the event breaks.
    pub fn check(&mut self, event: &Event) -> Result<(), &'static str> {
        if self.finished {
            return Err("nothing follows Finish");
        }
        if !self.started && !matches!(event, Event::Start { .. }) {
            return Err("Start comes first");
        }
        match event {
            Event::Start { .. } if self.started => Err("one Start"),
            Event::Start { .. } => {
                self.started = true;
                Ok(())
            }
            Event::PartStart { index, .. } if self.open.contains(index) => Err("a part opens once"),
            Event::PartStart { index, .. } if self.closed.contains(index) => {
                Err("a closed part does not open again")
            }
            Event::PartStart { index, .. } => {
                self.open.push(*index);
                Ok(())
            }
            Event::Delta { index, .. } if self.open.contains(index) => Ok(()),
            Event::Delta { .. } => Err("a delta belongs to an open part"),
            Event::PartEnd { index } => match self.open.iter().position(|at| at == index) {
                Some(at) => {
                    self.open.swap_remove(at);
                    self.closed.push(*index);
                    Ok(())
                }
                None => Err("only an open part ends"),
            },
            Event::Usage(_) if self.usage => Err("one Usage"),
            Event::Usage(_) => {
                self.usage = true;
                Ok(())
            }
            Event::Finish { .. } if !self.open.is_empty() => {
                Err("Finish comes after every PartEnd")
            }
            Event::Finish { .. } => {
                self.finished = true;
                Ok(())
            }
        }
    }
}
