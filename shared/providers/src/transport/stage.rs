//! Secrets that are written: a value that is to come beside the one that is there, until it takes its
//! place (Secrets Manager user guide, "Rotation by staging labels").

use aws_sdk_secretsmanager::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata as _},
    operation::get_secret_value::GetSecretValueOutput,
};
use sluice_wire::{Fault, FaultKind};

use crate::{Redacted, Transport};

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";
const NOT_FOUND: &str = "ResourceNotFoundException";

/// A value that is to come.
#[derive(Debug)]
pub struct PendingSecret {
    /// The value.
    pub value: Redacted<String>,
    /// Its version.
    pub version: String,
}

// === impl Transport ===

impl Transport {
    /// The value that is to come of a secret of AWS Secrets Manager, if there is one.
    ///
    /// # Errors
    /// That it cannot be read; the detail says why.
    pub async fn pending_secret(&self, name: &str) -> Result<Option<PendingSecret>, Fault> {
        let client = self.inner.secrets.client(None).await;
        let found = at(&client, name, PENDING).await?;
        Ok(found.and_then(|found| {
            let value = Redacted::new(found.secret_string?);
            Some(PendingSecret { value, version: found.version_id? })
        }))
    }

    /// Puts a value beside the one that there is, for [`Self::promote_secret`]; makes the secret if there is none.
    ///
    /// # Errors
    /// That it cannot be written; the detail says why.
    pub async fn stage_secret(
        &self,
        name: &str,
        value: Redacted<String>,
    ) -> Result<PendingSecret, Fault> {
        let client = self.inner.secrets.client(None).await;
        let put = || {
            let put = client.put_secret_value().secret_id(name).version_stages(PENDING);
            Box::pin(put.secret_string(value.expose().clone()).send())
        };
        let mut answer = put().await;
        if answer.as_ref().is_err_and(|error| error.code() == Some(NOT_FOUND)) {
            let told = "A key of Sluice, which it rotates";
            let made = client.create_secret().name(name).description(told).send();
            Box::pin(made).await.map_err(|error| failed(&DisplayErrorContext(&error)))?;
            answer = put().await;
        }
        let answer = answer.map_err(|error| failed(&DisplayErrorContext(&error)))?;
        let version = answer.version_id.ok_or_else(|| failed(&"no version was told"))?;
        Ok(PendingSecret { value, version })
    }

    /// Lets a value that was to come take the place of the one that is there.
    ///
    /// # Errors
    /// That it cannot be done; it may be tried again.
    pub async fn promote_secret(&self, name: &str, version: &str) -> Result<(), Fault> {
        let client = self.inner.secrets.client(None).await;
        let current = at(&client, name, CURRENT).await?.and_then(|found| found.version_id);
        if current.as_deref() != Some(version) {
            let moved = client.update_secret_version_stage().secret_id(name);
            let moved = moved.version_stage(CURRENT).move_to_version_id(version);
            let moved = moved.set_remove_from_version_id(current).send();
            Box::pin(moved).await.map_err(|error| failed(&DisplayErrorContext(&error)))?;
        }
        let freed = client.update_secret_version_stage().secret_id(name).version_stage(PENDING);
        let freed = freed.remove_from_version_id(version).send();
        Box::pin(freed).await.map_err(|error| failed(&DisplayErrorContext(&error)))?;
        Ok(())
    }
}

async fn at(
    client: &Client,
    name: &str,
    stage: &str,
) -> Result<Option<GetSecretValueOutput>, Fault> {
    let asked = client.get_secret_value().secret_id(name).version_stage(stage).send();
    match Box::pin(asked).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Some(NOT_FOUND) => Ok(None),
        Err(error) => Err(failed(&DisplayErrorContext(&error))),
    }
}

fn failed(reason: &dyn std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Unavailable, "the key's secret cannot be written")
        .with_detail(reason.to_string())
}
