//! The organisation that a key's calls are counted for, and the key's user as one who belongs to it.

use futures_util::future::join;
use sluice_store::{AssociateRecord, OrganisationRecord, Subject};
use sluice_wire::{Fault, FaultKind};

use super::{Party, Seen, people::budget};
use crate::app::App;

/// What is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Organisation {
    pub(crate) record: OrganisationRecord,
    /// Its limits, and those of the user in it.
    pub(super) parties: Vec<Party>,
}

// === impl Organisation ===

impl Organisation {
    /// Reads it, and notes what was read.
    ///
    /// # Errors
    /// The store's, or that there is none: nobody knows then what may be spent.
    pub(super) async fn read(
        app: &App,
        id: &str,
        user: Option<&str>,
        seen: &mut Seen,
    ) -> Result<Self, Fault> {
        let place = OrganisationRecord::at(id);
        let of_user = user.map(|user| AssociateRecord::at(id, user));
        let (organisations, associates) = (app.store.organisations(), app.store.associates());
        let (record, associate) = join(organisations.get(&place), async {
            if let Some(place) = &of_user { associates.get(place).await } else { Ok(None) }
        })
        .await;
        let failed = |error| app.store_fault(&error);
        let (record, associate) = (record.map_err(failed)?, associate.map_err(failed)?);
        seen.note(Some(place), record.as_ref().map(|record| record.stamp.version));
        seen.note(of_user, associate.as_ref().map(|associate| associate.stamp.version));
        let record = record.ok_or_else(|| unknown(id))?;
        let allowance = match record.budget_id.as_deref() {
            Some(id) => record.allowance.or(&budget(app, id, seen).await?.allowance),
            None => record.allowance.clone(),
        };
        let subject = Subject::Organisation(id.to_owned());
        let mut parties = vec![Party { subject, allowance, pays: true }];
        parties.extend(associate.map(
            |AssociateRecord { organization_id, user_id, allowance, .. }| {
                let subject = Subject::Associate { organisation: organization_id, user: user_id };
                Party { subject, allowance, pays: true }
            },
        ));
        Ok(Self { record, parties })
    }
}

/// There is no such organisation, in LiteLLM's words.
pub(crate) fn unknown(id: &str) -> Fault {
    Fault::new(
        FaultKind::Permission,
        format!(
            "Organization doesn't exist in db. Organization={id}. Create organization via \
             `/organization/new` call."
        ),
    )
    .with_param("organization_id")
}
