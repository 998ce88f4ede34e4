//! Prompts, each in the version that LiteLLM's list tells.

use sluice_store::{PromptRecord, PromptVersion};

use super::{
    ImportError, Line,
    origin::Origin,
    row::{self, Row},
    run::Run,
};
use crate::admin::{
    prompts::{checked, fresh_name},
    reply::{Refused, invalid},
};

const KIND: &str = "prompt";

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    let rows = match from.list("/prompts/list", Some("prompts")).await {
        Ok(rows) => rows,
        // Not every version has them, and not every licence.
        Err(ImportError::Refused { status: 404, .. }) => return Ok(()),
        Err(ImportError::Refused { status, .. }) => {
            run.untold(KIND, status);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for row in rows {
        let id = row.text("prompt_id").unwrap_or_default().to_owned();
        match read(run, row, &id) {
            Err(refused) => run.refuse(KIND, &id, &refused),
            Ok((record, lost)) => {
                let outcome = run.carry(run.app.store.prompts(), record).await?;
                run.app.prompts.forget(&id);
                run.report.lines.push(Line { lost, ..Line::new(KIND, id, outcome) });
            }
        }
    }
    Ok(())
}

fn read(run: &Run<'_>, mut row: Row, id: &str) -> Result<(PromptRecord, Vec<String>), Refused> {
    fresh_name(id)?;
    if run.app.config.prompts.contains_key(id) {
        return Err(invalid("the configuration here has a prompt of this name", "prompt_id"));
    }
    let made = row.take_instant("created_at")?.unwrap_or(run.now);
    let changed = row.take_instant("updated_at")?.unwrap_or(made);
    row.put("created_at", made.rfc3339());
    let stamp = run.stamp(&mut row)?;
    let params = row.take_row("litellm_params").map(Row::into_object).unwrap_or_default();
    let mut info = row.take_row("prompt_info").unwrap_or_default();
    info.forget(&["prompt_type"]);
    let mut lost = Vec::new();
    let environments = [info.take_text("environment"), row.take_text("environment")];
    if environments.into_iter().flatten().any(|one| one != "development") {
        lost.push("environment".to_owned());
    }
    row.forget(&["prompt_id", "version"]);
    lost.extend(row::lost(&mut row.into_fields())?);
    let mut params = params;
    params.retain(|_, value| !row::says_nothing(value));
    let version = PromptVersion {
        version: 1,
        params: checked(params)?,
        info: info.into_object(),
        created_at: made,
        created_by: stamp.created_by.clone(),
        updated_at: changed,
    };
    Ok((PromptRecord { id: id.to_owned(), newest: 1, versions: vec![version], stamp }, lost))
}
