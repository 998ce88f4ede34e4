//! `/credentials`: keys under a name, for the models that name them. A value goes in and never comes
//! out; what is shown is a hint. Those of the configuration file are the file's to change.

mod change;
mod read;

pub(super) use change::{delete, new, update};
pub(super) use read::{by_model, by_name, list};

use http::StatusCode;

use super::reply::Refused;
use crate::App;

fn unknown(app: &App, name: &str) -> Refused {
    if app.config.outside.credential(name).is_some() {
        let message =
            format!("Credential '{name}' is defined in config. Edit config.yaml to change it.");
        return Refused::detail(StatusCode::METHOD_NOT_ALLOWED, message);
    }
    let message = format!("Credential not found. Got credential name: {name}");
    Refused::detail(StatusCode::NOT_FOUND, message)
}
