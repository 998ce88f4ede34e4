//! What there is to tell of a budget.

use sluice_store::{Millis, NanoUsd, Window};

use crate::config::Alerting;

/// A part of a window before which nothing is foretold: a quarter of it has to be over.
const FORETOLD_FROM: i128 = 4;

/// How a budget stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The most in the window.
    pub(super) max: Option<NanoUsd>,
    /// What is spent of it when people want to know.
    pub(super) soft: Option<NanoUsd>,
    /// What is spent.
    pub(super) spent: NanoUsd,
    /// The window that it is now.
    pub(super) window: Window,
}

/// Something to tell of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// So many per cent are spent, and not all.
    Threshold(u8),
    /// All is spent.
    Crossed,
    /// The soft budget is spent.
    Soft,
    /// If it goes on as it has, so much is spent at the end of the window, and all of it by then.
    Projected { spend: NanoUsd, exceeded: Millis },
}

/// What there is to tell now: of thresholds the highest alone.
pub(super) fn events(standing: &Standing, alerting: &Alerting, now: Millis) -> Vec<Event> {
    let Standing { max, soft, spent, .. } = *standing;
    let mut events = Vec::new();
    // Of a budget of nothing nothing can be spent, and that is no news.
    if let Some(max) = max.filter(|max| *max > NanoUsd::ZERO) {
        let passed = |percent: &&u8| {
            i128::from(spent.nanos()) * 100 >= i128::from(max.nanos()) * i128::from(**percent)
        };
        match alerting.thresholds.iter().rev().find(passed) {
            Some(100) => events.push(Event::Crossed),
            Some(percent) => events.push(Event::Threshold(*percent)),
            None => {}
        }
        if alerting.projected {
            events.extend(projected(standing, max, now));
        }
    }
    if soft.is_some_and(|soft| soft > NanoUsd::ZERO && spent >= soft) {
        events.push(Event::Soft);
    }
    events
}

/// By what was spent on average since the window began.
fn projected(standing: &Standing, max: NanoUsd, now: Millis) -> Option<Event> {
    let begin = standing.window.id.number();
    let length = i128::from(standing.window.resets_at?.get().checked_sub(begin)?);
    let over = i128::from(now.get().checked_sub(begin)?);
    let (spent, most) = (i128::from(standing.spent.nanos()), i128::from(max.nanos()));
    if over <= 0 || over * FORETOLD_FROM < length || spent >= most {
        return None;
    }
    let spend = spent * length / over;
    if spend <= most {
        return None;
    }
    let whole = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
    let exceeded = Millis::new(begin).plus(whole(over * most / spent));
    Some(Event::Projected { spend: NanoUsd::from_nanos(whole(spend)), exceeded })
}

// === impl Event ===

impl Event {
    /// As LiteLLM's events are called.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Threshold(_) => "threshold_crossed",
            Self::Crossed => "budget_crossed",
            Self::Soft => "soft_budget_crossed",
            Self::Projected { .. } => "projected_limit_exceeded",
        }
    }

    /// What is told once in a window.
    pub(super) fn mark(&self) -> String {
        match self {
            Self::Threshold(percent) => percent.to_string(),
            Self::Crossed => "100".to_owned(),
            Self::Soft => "soft".to_owned(),
            Self::Projected { .. } => "projected".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_store::WindowId;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn alerting() -> Alerting {
        Alerting {
            slack: Vec::new(),
            webhook: None,
            sns_topic: None,
            mail: None,
            event_bus: None,
            thresholds: vec![50, 80, 95, 100],
            projected: true,
        }
    }

    fn told(spent: i64, hour: i64) -> Vec<Event> {
        let begin = Millis::new(20_000 * DAY);
        let standing = Standing {
            max: Some(NanoUsd::from_nanos(1_000)),
            soft: Some(NanoUsd::from_nanos(700)),
            spent: NanoUsd::from_nanos(spent),
            window: Window { id: WindowId::starting(begin), resets_at: Some(begin.plus(DAY)) },
        };
        events(&standing, &alerting(), begin.plus(hour * DAY / 24))
    }

    #[test]
    fn of_thresholds_the_highest_that_is_passed_is_told() {
        for (spent, event) in [
            (499, None),
            (500, Some(Event::Threshold(50))),
            (799, Some(Event::Threshold(50))),
            (800, Some(Event::Threshold(80))),
            (999, Some(Event::Threshold(95))),
            (1_000, Some(Event::Crossed)),
            (2_000, Some(Event::Crossed)),
        ] {
            let told = told(spent, 24);
            assert_eq!(told.iter().find(|event| **event != Event::Soft).copied(), event, "{spent}");
            assert_eq!(told.contains(&Event::Soft), spent >= 700, "{spent}");
        }
    }

    #[test]
    fn what_will_be_too_much_is_foretold_once_a_quarter_of_the_window_is_over() {
        assert_eq!(told(400, 5), []);
        let exceeded = Millis::new(20_000 * DAY).plus(15 * DAY / 24);
        assert_eq!(
            told(400, 6),
            [Event::Projected { spend: NanoUsd::from_nanos(1_600), exceeded }]
        );
        // At this pace it is enough, to the nano-dollar.
        assert_eq!(told(250, 6), []);
        assert_eq!(told(251, 6).len(), 1);
        assert_eq!(told(0, 12), []);
    }

    #[test]
    fn a_budget_without_windows_or_without_money_foretells_nothing() {
        let nothing = Standing {
            max: Some(NanoUsd::ZERO),
            soft: None,
            spent: NanoUsd::ZERO,
            window: Window::default(),
        };
        assert_eq!(events(&nothing, &alerting(), Millis::new(DAY)), []);
        let forever = Standing {
            max: Some(NanoUsd::from_nanos(10)),
            spent: NanoUsd::from_nanos(4),
            ..nothing
        };
        assert_eq!(events(&forever, &alerting(), Millis::new(DAY)), []);
    }
}
