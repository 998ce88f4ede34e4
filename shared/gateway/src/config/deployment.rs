//! One deployment as configured.

use sluice_providers::Deployment;

use super::{Capacity, ModelInfo};
use crate::pricing::{Catalogue, ModelPrice, Override, Wanted};

/// An entry of `model_list`.
#[derive(Debug, Clone)]
pub struct ConfiguredDeployment {
    /// How to reach it.
    pub deployment: Deployment,
    /// What the file says of its price; `None` where it says nothing.
    pub prices: Option<Override>,
    /// How much it takes, and what it may cost.
    pub capacity: Capacity,
    /// `model_info`.
    pub info: ModelInfo,
    /// The file says `model: "*"`: it answers for whichever model of its provider's is named.
    pub any_model: bool,
    /// The file's line at which the entry starts.
    pub source_line: usize,
}

// === impl ConfiguredDeployment ===

impl ConfiguredDeployment {
    /// Its price: the catalogue's for the model in the region it is called in, with what the
    /// file says in the place of what that replaces. `None` where nobody knows one.
    #[must_use]
    pub fn price(&self, catalogue: &Catalogue) -> Option<ModelPrice> {
        ModelPrice::resolve(catalogue, &self.wanted(), self.prices.as_ref())
    }

    /// Its name is a pattern: it is a template for every name that fits.
    #[must_use]
    pub fn is_wild(&self) -> bool {
        self.deployment.group.contains('*')
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            provider: self.deployment.provider.price_family,
            model: &self.deployment.model,
            region: self.deployment.aws.region.as_deref(),
            base_model: self.info.base_model.as_deref(),
        }
    }
}
