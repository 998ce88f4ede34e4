//! `/team/*`.

mod block;
mod delete;
mod draft;
mod info;
mod list;
mod members;
mod models;
mod new;
mod permissions;
mod update;
mod view;

pub(super) use block::{block, unblock};
pub(super) use delete::{delete, remove};
pub(super) use draft::Draft;
pub(super) use info::info;
pub(super) use list::{list, pages};
pub(super) use members::{
    add as member_add, bulk_add, delete as member_delete, update as member_update,
};
pub(super) use models::{add as model_add, delete as model_delete};
pub(super) use new::new;
pub(super) use permissions::{list as permissions, update as permit};
pub(super) use update::update;
pub(super) use view::rows;

use http::StatusCode;
use sluice_store::{RecordError, TeamRecord};

use super::{
    access::{Actor, forbidden},
    organisations,
    reply::Refused,
};
use crate::App;

/// The record of a team.
pub(super) async fn find(app: &App, team_id: &str) -> Result<TeamRecord, Refused> {
    let team = app.store.teams().get(&TeamRecord::at(team_id)).await;
    team.map_err(|error| app.store_fault(&error))?.ok_or_else(|| unknown(team_id))
}

/// The record of a team that the caller's route reaches into.
async fn reached(app: &App, actor: &Actor, team_id: &str) -> Result<TeamRecord, Refused> {
    if !actor.reaches_all() && !actor.is_in(team_id) {
        // Whether there is such a team is not theirs to know.
        return Err(stranger(team_id));
    }
    let team = find(app, team_id).await?;
    if actor.reaches_team(&team) { Ok(team) } else { Err(stranger(team_id)) }
}

/// Refuses a team in an organisation that is not the caller's to manage, or that has less than the team.
async fn place(app: &App, actor: &Actor, team: &TeamRecord) -> Result<(), Refused> {
    let Some(id) = team.organization_id.as_deref() else {
        return if actor.reaches_all() { Ok(()) } else { Err(organisations::stranger()) };
    };
    if !actor.leads(id) {
        return Err(organisations::stranger());
    }
    organisations::bounds(app, id).await?.hold(app, team)
}

fn stranger(team_id: &str) -> Refused {
    let message =
        format!("Call not allowed. User not proxy admin OR team admin. team_id={team_id}");
    forbidden(message, "team_id")
}

fn unknown(team_id: &str) -> Refused {
    Refused::detail(StatusCode::NOT_FOUND, format!("Team not found, passed team_id={team_id}"))
}

/// What a refused write means to the caller.
pub(super) fn conflict(app: &App, error: RecordError) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => {
            Refused::detail(StatusCode::CONFLICT, "It has been made by somebody else just now.")
        }
        RecordError::NotFound => {
            Refused::detail(StatusCode::NOT_FOUND, "It has been deleted by somebody else just now.")
        }
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}

/// Changes a team's record.
async fn change(
    app: &App,
    actor: &Actor,
    team_id: &str,
    change: impl Fn(&mut TeamRecord),
) -> Result<TeamRecord, Refused> {
    let (now, by) = (app.clock.now(), actor.name());
    let (records, place) = (app.store.teams(), TeamRecord::at(team_id));
    let changed = records.by(&actor.deed).update(&place, |team| {
        change(team);
        team.stamp.touch(now, Some(by.clone()));
    });
    changed.await.map_err(|error| match error {
        RecordError::NotFound => unknown(team_id),
        error => conflict(app, error),
    })
}
