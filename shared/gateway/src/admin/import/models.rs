//! Models that were added through LiteLLM's API. Those of its configuration file are the file's.

use serde_json::{Map, Value};
use sluice_store::ModelRecord;

use super::{ImportError, Line, Outcome, origin::Origin, row::Row, run::Run};
use crate::{
    admin::{
        models::{self, Wanted},
        reply::{Refused, invalid},
    },
    config::names_secret,
};

const KIND: &str = "model";
/// What of `model_info` people say. LiteLLM tells the rest of each model, from its catalogue.
const SAID: [&str; 4] = ["mode", "base_model", "access_groups", "team_id"];

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    let mut carried = false;
    for mut row in from.list("/model/info", Some("data")).await? {
        let name = row.take_text("model_name").unwrap_or_default();
        let mut info = row.take_row("model_info").unwrap_or_default();
        let Some(id) = info.take_text("id") else { continue };
        let shown = format!("{name} ({id})");
        if !info.is_on("db_model") {
            let left = Outcome::Left(
                "it is in LiteLLM's configuration file, which Sluice reads itself".to_owned(),
            );
            run.report.lines.push(Line::new(KIND, shown, left));
            continue;
        }
        match read(run, &id, name, row, info).await {
            Err(refused) => run.refuse(KIND, &shown, &refused),
            Ok((record, lost, notes)) => {
                let outcome = run.carry(run.app.store.models(), record).await?;
                carried |= matches!(outcome, Outcome::New | Outcome::Changed);
                run.report.lines.push(Line { lost, notes, ..Line::new(KIND, shown, outcome) });
            }
        }
    }
    if carried && run.apply {
        // A process that serves at the same time finds out by itself.
        drop(models::seen(run.app).await);
    }
    Ok(())
}

async fn read(
    run: &Run<'_>,
    id: &str,
    name: String,
    mut row: Row,
    mut info: Row,
) -> Result<(ModelRecord, Vec<String>, Vec<String>), Refused> {
    if run.app.registry().deployment(id).is_some_and(|_| run.app.registry().record(id).is_none()) {
        return Err(invalid("this gateway's configuration has a model of that id", "id"));
    }
    let stamp = run.stamp(&mut info)?;
    let mut wanted = Wanted::new(name);
    wanted.blocked = info.is_on("blocked") || row.is_on("blocked");
    wanted.info =
        SAID.iter().filter_map(|name| Some(((*name).to_owned(), info.take(name)?))).collect();
    let params = row.take_row("litellm_params").unwrap_or_default();
    let (params, lost) = told(params.into_object());
    wanted.params = params;
    if let Some(team) = wanted.info.get("team_id").and_then(Value::as_str)
        && !run.teams.contains_key(team)
    {
        return Err(invalid(format!("its team '{team}' is not carried over"), "team_id"));
    }
    let notes = wanted.read(run.app, id).await?;
    let Wanted { name, params, info, blocked } = wanted;
    let record = ModelRecord { id: id.to_owned(), model_name: name, params, info, blocked, stamp };
    Ok((record, lost, notes))
}

/// The parameters that LiteLLM tells as they are, and the names of those that it masks.
fn told(params: Map<String, Value>) -> (Map<String, Value>, Vec<String>) {
    let (mut kept, mut lost) = (Map::new(), Vec::new());
    for (name, value) in params {
        let masked = value.as_str().is_some_and(|text| text.contains("****"));
        if super::row::says_nothing(&value) {
            continue;
        }
        if masked || (names_secret(&name) && value.is_string()) {
            lost.push(format!("litellm_params.{name}"));
        } else {
            kept.insert(name, value);
        }
    }
    (kept, lost)
}
