//! What a deployment takes, and what it may cost: calls are held to it wherever they come from.

use sluice_providers::Deployment;
use sluice_store::ModelBudget;

use super::{grant::duration, pass_through::dollars, section::Section};

/// The limits of a deployment; none of them where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capacity {
    /// `rpm`: calls a minute.
    pub rpm: Option<u64>,
    /// `rpd`: calls a day.
    pub rpd: Option<u64>,
    /// `tpm`: tokens a minute.
    pub tpm: Option<u64>,
    /// `tpd`: tokens a day.
    pub tpd: Option<u64>,
    /// `itpm`: tokens of the prompt a minute.
    pub itpm: Option<u64>,
    /// `otpm`: tokens of the answer a minute.
    pub otpm: Option<u64>,
    /// `max_parallel_requests`: calls at a time.
    pub parallel: Option<u64>,
    /// `max_budget` and `budget_duration`.
    pub budget: Option<ModelBudget>,
}

// === impl Capacity ===

impl Capacity {
    /// Takes what stands beside the deployment's other parameters.
    pub(super) fn take(section: &mut Section<'_, '_>, deployment: &Deployment) -> Self {
        let mut whole = |name| section.take(name).and_then(|field| field.whole(0..=u64::MAX));
        let (rpd, tpd) = (whole("rpd"), whole("tpd"));
        let (itpm, otpm) = (whole("itpm"), whole("otpm"));
        Self {
            rpm: deployment.rpm,
            rpd,
            tpm: deployment.tpm,
            tpd,
            itpm,
            otpm,
            parallel: deployment.max_parallel_requests,
            budget: budget(section),
        }
    }

    /// Whether anything is limited.
    pub(crate) fn is_given(&self) -> bool {
        *self != Self::default()
    }
}

/// `max_budget`, and in which windows.
pub(super) fn budget(section: &mut Section<'_, '_>) -> Option<ModelBudget> {
    let max = section.take("max_budget");
    let windows = section.take("budget_duration");
    let Some(max) = max else {
        if let Some(windows) = windows {
            windows.warn("has no effect without `max_budget`", "");
        }
        return None;
    };
    let duration = windows.and_then(|field| duration(&field));
    Some(ModelBudget { max: dollars(&max)?, duration })
}
