//! LiteLLM's standardised resets, and what a window must be on any clock.

use jiff::tz::TimeZone;

use super::*;

fn at(text: &str) -> Millis {
    Millis::parse(text).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn window(duration: &str, now: &str, zone_name: &str) -> (String, String) {
    let window = BudgetDuration::parse(duration).unwrap().window(at(now), &zone(zone_name));
    let start = Millis::new(window.id.number());
    (start.rfc3339(), window.resets_at.unwrap().rfc3339())
}

#[test]
fn follows_the_standardised_resets() {
    // 2026-11-25 is a Wednesday.
    let now = "2026-11-25T07:20:30Z";
    for (duration, start, end) in [
        ("1d", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
        ("daily", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
        ("24h", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
        ("7d", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
        ("1w", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
        ("weekly", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
        ("30d", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("1mo", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("monthly", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("5h", "2026-11-25T05:00:00Z", "2026-11-25T10:00:00Z"),
        ("1h", "2026-11-25T07:00:00Z", "2026-11-25T08:00:00Z"),
        ("hourly", "2026-11-25T07:00:00Z", "2026-11-25T08:00:00Z"),
        ("60m", "2026-11-25T07:00:00Z", "2026-11-25T08:00:00Z"),
        ("36h", "2026-11-24T12:00:00Z", "2026-11-25T12:00:00Z"),
        ("48h", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
        ("15m", "2026-11-25T07:15:00Z", "2026-11-25T07:30:00Z"),
        ("30s", "2026-11-25T07:20:30Z", "2026-11-25T07:21:00Z"),
        ("25s", "2026-11-25T07:20:25Z", "2026-11-25T07:20:50Z"),
        ("60s", "2026-11-25T07:20:00Z", "2026-11-25T07:21:00Z"),
        ("90m", "2026-11-25T06:00:00Z", "2026-11-25T07:30:00Z"),
        ("14d", "2026-11-23T00:00:00Z", "2026-12-07T00:00:00Z"),
    ] {
        assert_eq!(window(duration, now, "UTC"), (start.into(), end.into()), "{duration}");
    }
}

#[test]
fn hours_that_do_not_divide_the_day_run_on_past_midnight() {
    assert_eq!(window("5h", "2026-11-25T20:30:00Z", "UTC").1, "2026-11-26T01:00:00Z");
    assert_eq!(
        window("5h", "2026-11-26T00:30:00Z", "UTC"),
        ("2026-11-25T20:00:00Z".into(), "2026-11-26T01:00:00Z".into())
    );
    assert_eq!(
        window("5h", "2026-11-26T01:00:00Z", "UTC"),
        ("2026-11-26T01:00:00Z".into(), "2026-11-26T05:00:00Z".into())
    );
    assert_eq!(window("5h", "2026-11-26T05:00:00Z", "UTC").1, "2026-11-26T10:00:00Z");
}

#[test]
fn the_ends_of_months_and_years() {
    assert_eq!(window("1mo", "2026-12-31T23:59:59Z", "UTC").1, "2027-01-01T00:00:00Z");
    assert_eq!(window("30d", "2028-02-29T12:00:00Z", "UTC").0, "2028-02-01T00:00:00Z");
    assert_eq!(window("1w", "2026-11-23T00:00:00Z", "UTC").1, "2026-11-30T00:00:00Z");
}

#[test]
fn windows_follow_the_zone() {
    let now = "2026-11-25T20:00:00Z";
    assert_eq!(window("1d", now, "Asia/Kolkata").1, "2026-11-26T18:30:00Z");
    assert_eq!(window("1h", "2026-11-25T20:10:00Z", "Asia/Kolkata").1, "2026-11-25T20:30:00Z");
    assert_eq!(window("1mo", "2026-11-30T23:30:00Z", "Europe/Berlin").0, "2026-11-30T23:00:00Z");
}

#[test]
fn days_of_23_and_25_hours() {
    // Berlin: clocks go forward on 2026-03-29, back on 2026-10-25.
    assert_eq!(
        window("1d", "2026-03-29T12:00:00Z", "Europe/Berlin"),
        ("2026-03-28T23:00:00Z".into(), "2026-03-29T22:00:00Z".into())
    );
    assert_eq!(
        window("1d", "2026-10-25T12:00:00Z", "Europe/Berlin"),
        ("2026-10-24T22:00:00Z".into(), "2026-10-25T23:00:00Z".into())
    );
}

#[test]
fn on_any_clock_windows_tile_the_time_and_never_go_back() {
    let durations = [
        "1s", "7s", "25s", "1m", "25m", "90m", "1h", "5h", "7h", "23h", "25h", "36h", "1d", "3d",
        "7d", "30d",
    ];
    for name in
        ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "America/Havana"]
    {
        let zone = zone(name);
        for from in ["2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z", "2026-10-31T20:00:00Z"] {
            for duration in durations {
                let duration = BudgetDuration::parse(duration).unwrap();
                let mut last = duration.window(at(from), &zone);
                for step in 0..1_200 {
                    let now = at(from).plus(step * 311_000);
                    let window = duration.window(now, &zone);
                    let end = window.resets_at.unwrap();
                    let context = format!("{duration} in {name} at {now}");
                    assert!(window.id.number() <= now.get() && now < end, "{context}: {window:?}");
                    assert!(window.id >= last.id, "{context}");
                    if window.id == last.id {
                        assert_eq!(window, last, "{context}");
                    }
                    let next = duration.window(end, &zone);
                    assert_eq!(next.id, WindowId::starting(end), "{context}");
                    last = window;
                }
            }
        }
    }
}

#[test]
fn an_absurd_instant_has_no_window_and_does_not_panic() {
    for duration in ["1s", "5h", "1d", "30d", "90m", "3d"] {
        let duration = BudgetDuration::parse(duration).unwrap();
        for now in [i64::MIN, i64::MAX] {
            let _ = duration.window(Millis::new(now), &TimeZone::UTC);
        }
    }
}

#[test]
fn refuses_what_is_no_window() {
    assert!(matches!(BudgetDuration::parse("2mo"), Err(DurationError::Months(_))));
    assert!(matches!(BudgetDuration::parse("0d"), Err(DurationError::Zero(_))));
    assert!(matches!(
        BudgetDuration::parse("99999999999999999999d"),
        Err(DurationError::TooLong(_))
    ));
    assert!(matches!(BudgetDuration::parse("9999999999d"), Err(DurationError::TooLong(_))));
    for text in ["", "d", "1", "1y", "1.5d", "-1d", "1 d", "soon"] {
        assert!(matches!(BudgetDuration::parse(text), Err(DurationError::Unreadable(_))), "{text}");
    }
    assert_eq!(BudgetDuration::parse("2weeks").unwrap().as_str(), "2weeks");
}

#[test]
fn lifetimes_are_exact() {
    let now = at("2026-01-31T07:20:30Z");
    let end = |text| lifetime_end(text, now).unwrap().rfc3339();
    assert_eq!(end("30d"), "2026-03-02T07:20:30Z");
    assert_eq!(end("1mo"), "2026-02-28T07:20:30Z");
    assert_eq!(end("2mo"), "2026-03-31T07:20:30Z");
    assert_eq!(end("90s"), "2026-01-31T07:22:00Z");
    assert_eq!(end("1w"), "2026-02-07T07:20:30Z");
    assert!(lifetime_end("soon", now).is_err());
}
