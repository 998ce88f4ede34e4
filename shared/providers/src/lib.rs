//! Provider table, auth, transport and the driver that runs a call.
