//! Which values hold when, also where clocks change.

use jiff::tz::TimeZone;

use super::*;

fn at(text: &str) -> Millis {
    Millis::parse(text).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn hours(days: &[Day], from: &str, to: &str, rpm: u64) -> Hours {
    Hours {
        days: days.to_vec(),
        from: TimeOfDay::parse(from).unwrap(),
        to: TimeOfDay::parse(to).unwrap(),
        rpm: Some(rpm),
        ..Hours::default()
    }
}

fn scheduled(schedule: Vec<Hours>) -> Allowance {
    Allowance { rpm_limit: Some(9), schedule, ..Allowance::default() }
}

#[test]
fn a_span_begins_on_its_days_and_may_cross_midnight() {
    // 2026-11-23 is a Monday.
    let night = scheduled(vec![hours(&[Day::Mon, Day::Fri], "22:00", "06:00", 1)]);
    for (now, rpm) in [
        ("2026-11-23T05:59:59Z", 9),
        ("2026-11-23T21:59:59.999Z", 9),
        ("2026-11-23T22:00:00Z", 1),
        ("2026-11-24T05:59:59.999Z", 1),
        ("2026-11-24T06:00:00Z", 9),
        ("2026-11-24T23:00:00Z", 9),
        ("2026-11-28T00:30:00Z", 1),
        ("2026-11-29T00:30:00Z", 9),
    ] {
        assert_eq!(night.at(at(now), &TimeZone::UTC).rpm_limit, Some(rpm), "{now}");
    }
    assert_eq!(
        night.changes_at(at("2026-11-23T12:00:00Z"), &TimeZone::UTC),
        Some(at("2026-11-23T22:00:00Z"))
    );
    assert_eq!(
        night.changes_at(at("2026-11-23T22:00:00Z"), &TimeZone::UTC),
        Some(at("2026-11-24T06:00:00Z"))
    );
    assert_eq!(night.changes_at(at("2026-11-25T00:00:00Z"), &TimeZone::UTC), None);
}

#[test]
fn the_first_entry_that_holds_counts_alone_and_a_zone_of_its_own_goes_before() {
    let mut one = hours(&[], "08:00", "10:00", 1);
    one.timezone = Some(Zone::parse("Asia/Kolkata").unwrap());
    let two = Hours { tpm: Some(5), ..hours(&[], "00:00", "24:00", 2) };
    let both = scheduled(vec![one, two]);
    let then = both.at(at("2026-11-25T02:30:00Z"), &TimeZone::UTC);
    assert_eq!((then.rpm_limit, then.tpm_limit), (Some(1), None));
    let then = both.at(at("2026-11-25T08:00:00Z"), &TimeZone::UTC);
    assert_eq!((then.rpm_limit, then.tpm_limit), (Some(2), Some(5)));
}

#[test]
fn an_entry_of_a_model_is_about_that_model() {
    let entry = Hours {
        model: Some("m".to_owned()),
        tpm: Some(0),
        max_budget: Some(NanoUsd::from_nanos(7)),
        ..hours(&[], "00:00", "12:00", 3)
    };
    let all = hours(&[], "00:00", "12:00", 4);
    let allowance = scheduled(vec![all, entry]);
    let then = allowance.at(at("2026-11-25T00:00:00Z"), &TimeZone::UTC);
    assert_eq!(then.rpm_limit, Some(4));
    assert_eq!((then.model_rpm_limit["m"], then.model_tpm_limit["m"]), (3, 0));
    assert_eq!(then.model_max_budget["m"].max, NanoUsd::from_nanos(7));
    let later = allowance.at(at("2026-11-25T12:00:00Z"), &TimeZone::UTC);
    assert_eq!(*later, allowance);
}

#[test]
fn where_clocks_go_forward_and_back() {
    let berlin = zone("Europe/Berlin");
    // On 2026-03-29 there is no 02:30; the first reading after it is 03:00, 01:00 in UTC.
    let spring = scheduled(vec![hours(&[], "02:30", "04:00", 1)]);
    for (now, rpm) in [
        ("2026-03-29T00:59:59Z", 9),
        ("2026-03-29T01:30:00Z", 1),
        ("2026-03-29T01:59:59Z", 1),
        ("2026-03-29T02:00:00Z", 9),
    ] {
        assert_eq!(spring.at(at(now), &berlin).rpm_limit, Some(rpm), "{now}");
    }
    // On 2026-10-25 the clocks show 02:30 twice: at 00:30 and at 01:30 in UTC.
    let autumn = scheduled(vec![hours(&[], "22:00", "02:30", 1)]);
    for (now, rpm) in [
        ("2026-10-24T20:00:00Z", 1),
        ("2026-10-25T00:29:59Z", 1),
        ("2026-10-25T00:30:00Z", 9),
        ("2026-10-25T01:00:00Z", 9),
        ("2026-10-25T21:00:00Z", 1),
    ] {
        assert_eq!(autumn.at(at(now), &berlin).rpm_limit, Some(rpm), "{now}");
    }
}

#[test]
fn a_change_that_is_told_is_one_and_none_is_missed() {
    for name in ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"] {
        let zone = zone(name);
        let allowance = scheduled(vec![
            hours(&[Day::Sat, Day::Sun], "00:00", "24:00", 1),
            hours(&[], "22:00", "06:00", 2),
            hours(&[Day::Mon], "02:15", "02:45", 3),
        ]);
        for from in ["2026-03-27T00:00:00Z", "2026-10-24T00:00:00Z", "2026-10-31T20:00:00Z"] {
            let (mut now, end) = (at(from), at(from).plus(4 * 86_400_000));
            let value = |now| allowance.at(now, &zone).rpm_limit;
            while now < end {
                let next = allowance.changes_at(now, &zone).unwrap_or(now.plus(3_600_000));
                assert!(next > now, "{name}: {now}");
                let mut between = now;
                while between < next.min(now.plus(86_400_000)) {
                    assert_eq!(value(between), value(now), "{name}: {now}, {between}");
                    between = between.plus(7 * 60_000);
                }
                assert_eq!(value(next.plus(-1)), value(now), "{name}: {now}, {next}");
                now = next;
            }
        }
    }
}

#[test]
fn the_instant_at_which_it_opens_is_found_within_the_week() {
    // Closed at night, and on the whole of Tuesday.
    let allowance =
        scheduled(vec![hours(&[Day::Tue], "00:00", "24:00", 0), hours(&[], "22:00", "06:00", 0)]);
    let opens = |now: &str, end: Option<&str>| {
        let open = |_, then: &Allowance| then.rpm_limit != Some(0);
        allowance.opens_at(at(now), end.map(at), &TimeZone::UTC, open)
    };
    assert_eq!(opens("2026-11-22T23:00:00Z", None), Some(at("2026-11-23T06:00:00Z")));
    assert_eq!(opens("2026-11-23T23:00:00Z", None), Some(at("2026-11-25T06:00:00Z")));
    assert_eq!(opens("2026-11-23T23:00:00Z", Some("2026-11-24T00:00:00Z")), None);
    let never = scheduled(vec![hours(&[], "00:00", "24:00", 0)]);
    let open = |_, then: &Allowance| then.rpm_limit != Some(0);
    assert_eq!(never.opens_at(at("2026-11-23T23:00:00Z"), None, &TimeZone::UTC, open), None);
}

#[test]
fn a_temporary_increase_ends_at_its_instant_and_adds_to_what_holds() {
    let usd = NanoUsd::from_nanos;
    let allowance = Allowance {
        max_budget: Some(usd(10)),
        temp_budget: Some(TempBudget { increase: usd(5), until: at("2026-11-25T08:00:00Z") }),
        schedule: vec![Hours {
            rpm: None,
            max_budget: Some(usd(2)),
            ..hours(&[], "07:00", "09:00", 0)
        }],
        ..Allowance::default()
    };
    let max = |now| allowance.at(at(now), &TimeZone::UTC).max_budget.unwrap().nanos();
    assert_eq!(max("2026-11-25T06:59:59Z"), 15);
    assert_eq!(max("2026-11-25T07:00:00Z"), 7);
    assert_eq!(max("2026-11-25T08:00:00Z"), 2);
    assert_eq!(max("2026-11-25T09:00:00Z"), 10);
    assert_eq!(
        allowance.changes_at(at("2026-11-25T07:30:00Z"), &TimeZone::UTC),
        Some(at("2026-11-25T08:00:00Z"))
    );
}

#[test]
fn what_is_no_part_of_a_schedule_is_refused_and_what_is_survives_storage() {
    for text in ["", "8", "8:0", "24:01", "12:60", "-1:00", "+1:00", "1:000", "noon", "012:00"] {
        assert!(TimeOfDay::parse(text).is_err(), "{text}");
    }
    assert_eq!(TimeOfDay::parse("8:05").unwrap().to_string(), "08:05");
    assert_eq!(TimeOfDay::parse("24:00").unwrap(), TimeOfDay::END);
    assert!(matches!(Day::parse("monday"), Err(HoursError::Day(_))));
    assert_eq!(Day::parse("Sun").unwrap().as_str(), "sun");
    assert!(matches!(Zone::parse("Berlin"), Err(HoursError::Zone(_))));
    let mut entry = hours(&[Day::Mon], "22:00", "06:00", 3);
    entry.timezone = Some(Zone::parse("America/New_York").unwrap());
    let json = serde_json::to_value(&entry).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "days": ["mon"], "from": "22:00", "to": "06:00",
            "timezone": "America/New_York", "rpm": 3,
        })
    );
    assert_eq!(serde_json::from_value::<Hours>(json).unwrap(), entry);
}
