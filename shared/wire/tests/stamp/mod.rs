//! The stamp of the gateway in tests.

use sluice_wire::Stamp;

pub(crate) fn stamp() -> Stamp {
    Stamp {
        id: "call".into(),
        model: "group".into(),
        created: 1,
        stream_usage: true,
        ..Stamp::default()
    }
}
