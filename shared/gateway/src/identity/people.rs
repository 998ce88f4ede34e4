//! Whom a key belongs to: its user, its team, and the one as a member of the other.

use sluice_store::{Allowance, KeyRecord, MemberRecord, Place, Subject, TeamRecord, UserRecord};
use sluice_wire::Fault;

use crate::app::App;

/// The records behind a key, as they were when they were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    /// The user, where the key names one that has a record.
    pub(crate) user: Option<UserRecord>,
    /// The team.
    pub(crate) team: Option<TeamRecord>,
    /// The user as a member of the team.
    pub(crate) member: Option<MemberRecord>,
    /// Their limits, as calls of the key are held to them.
    pub(crate) parties: Vec<Party>,
    /// Where they are.
    places: Vec<Place>,
    /// Which version each had; 0 where there was none.
    versions: Vec<u64>,
}

/// Somebody besides a key whose limits a call has to pass.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) subject: Subject,
    pub(crate) allowance: Allowance,
    /// Whether its budget is about this call. A person's is not about the calls of a team's keys:
    /// those are the team's to pay.
    pub(crate) pays: bool,
}

// === impl People ===

impl People {
    /// Reads them, all at once.
    pub(super) async fn read(app: &App, record: &KeyRecord) -> Result<Self, Fault> {
        let (user, team) = (record.user_id.as_deref(), record.team_id.as_deref());
        if user.is_none() && team.is_none() {
            return Ok(Self::default());
        }
        let users = app.store.users();
        let teams = app.store.teams();
        let members = app.store.members();
        let places = [
            user.map(UserRecord::at),
            team.map(TeamRecord::at),
            team.zip(user).map(|(team, user)| MemberRecord::at(team, user)),
        ];
        let [of_user, of_team, of_member] = &places;
        let (user, team, member) = futures_util::future::join3(
            Box::pin(async {
                if let Some(place) = of_user { users.get(place).await } else { Ok(None) }
            }),
            Box::pin(async {
                if let Some(place) = of_team { teams.get(place).await } else { Ok(None) }
            }),
            Box::pin(async {
                if let Some(place) = of_member { members.get(place).await } else { Ok(None) }
            }),
        )
        .await;
        let failed = |error| app.store_fault(&error);
        let (user, team, member) =
            (user.map_err(failed)?, team.map_err(failed)?, member.map_err(failed)?);
        let found = [
            user.as_ref().map_or(0, |user| user.stamp.version),
            team.as_ref().map_or(0, |team| team.stamp.version),
            member.as_ref().map_or(0, |member| member.stamp.version),
        ];
        let (places, versions) = places
            .into_iter()
            .zip(found)
            .filter_map(|(place, version)| Some((place?, version)))
            .unzip();
        let parties = parties(record, user.as_ref(), team.as_ref(), member.as_ref());
        Ok(Self { user, team, member, parties, places, versions })
    }

    /// Whether they are still what they were; read strongly.
    pub(crate) async fn are_current(&self, app: &App) -> Result<bool, Fault> {
        if self.places.is_empty() {
            return Ok(true);
        }
        let now = app.store.versions(&self.places).await;
        Ok(now.map_err(|error| app.store_fault(&error))? == self.versions)
    }
}

fn parties(
    record: &KeyRecord,
    user: Option<&UserRecord>,
    team: Option<&TeamRecord>,
    member: Option<&MemberRecord>,
) -> Vec<Party> {
    let user = user.map(|user| Party {
        subject: Subject::User(user.user_id.clone()),
        allowance: user.allowance.clone(),
        pays: record.team_id.is_none(),
    });
    let of_team = team.map(|team| Party {
        subject: Subject::Team(team.team_id.clone()),
        allowance: team.allowance.clone(),
        pays: true,
    });
    let member = member.map(|member| Party {
        subject: Subject::Member { team: member.team_id.clone(), user: member.user_id.clone() },
        allowance: match team {
            Some(team) => member.allowance.or(&team.of_members),
            None => member.allowance.clone(),
        },
        pays: true,
    });
    [user, of_team, member].into_iter().flatten().collect()
}
