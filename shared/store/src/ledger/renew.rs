//! Calls that take long: their leases are renewed while they are under way.

use futures_util::future::try_join_all;

use super::{Grant, machine, strict::lease_id};
use crate::{Millis, StoreError, store::Inner};

// === impl Inner ===

impl Inner {
    /// Lets the leases of a call last until `expires`. One that has been charged stays so: the
    /// settlement corrects that.
    pub(super) async fn renew_strictly(
        &self,
        grant: &Grant,
        expires: Millis,
    ) -> Result<(), StoreError> {
        let own = machine::renew(&lease_id(&grant.call, &grant.key), expires);
        if grant.others.is_empty() {
            return self.write(&grant.key, &own).await.map(|_| ());
        }
        let full = machine::renew(&grant.call.to_string(), expires);
        let others = grant.holders().map(|(subject, _)| self.write(subject, &full));
        let (own, others) =
            futures_util::future::join(self.write(&grant.key, &own), try_join_all(others)).await;
        own?;
        others.map(|_| ())
    }
}
