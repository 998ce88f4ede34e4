//! Those whom a call names besides its key: its customer, and its tags.

use std::sync::Arc;

use futures_util::future::try_join_all;
use sluice_wire::Fault;

use super::{Caller, Customer, Party, Seen, tag::Tag};
use crate::{app::App, corridor::Denier};

/// What is known of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    customer: Option<Arc<Customer>>,
    tags: Vec<Arc<Tag>>,
}

// === impl Named ===

impl Named {
    /// Finds them, all at once.
    ///
    /// # Errors
    /// The store's, or that the customer is blocked.
    pub(crate) async fn find(
        app: &App,
        caller: &Caller,
        customer: Option<&str>,
        tags: &[String],
    ) -> Result<Self, Fault> {
        let customer = async {
            match customer {
                Some(id) => Box::pin(Customer::find(app, caller, id)).await.map(Some),
                None => Ok(None),
            }
        };
        let tags = try_join_all(tags.iter().map(|tag| Box::pin(Tag::find(app, tag))));
        let (customer, tags) = futures_util::future::try_join(customer, tags).await?;
        Ok(Self { customer, tags })
    }

    /// Whether it names nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.customer.is_none() && self.tags.is_empty()
    }

    /// Their limits.
    pub(crate) fn parties(&self) -> impl Iterator<Item = &Party> {
        let customer = self.customer.iter().filter_map(|customer| customer.party.as_ref());
        customer.chain(self.tags.iter().filter_map(|tag| tag.party.as_ref()))
    }

    /// What was read of them.
    pub(crate) fn seen(&self) -> impl Iterator<Item = &Seen> {
        let customer = self.customer.iter().map(|customer| &customer.seen);
        customer.chain(self.tags.iter().map(|tag| &tag.seen))
    }

    /// The models that calls for them may use; an empty list is all.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (Denier, &[String])> {
        let customer =
            self.customer.iter().map(|customer| (Denier::Customer, customer.models.as_slice()));
        customer.chain(self.tags.iter().map(|tag| (Denier::Tag, tag.models.as_slice())))
    }
}
