//! Where a window begins and ends.

use jiff::{
    Error, Span, ToSpan,
    civil::{Date, DateTime, Weekday, date},
    tz::TimeZone,
};

use super::{Window, WindowId, duration::Unit};
use crate::Millis;

/// What windows of so many days are counted from: a Monday.
const EPOCH: Date = date(1970, 1, 5);

pub(super) fn window(unit: Unit, now: Millis, zone: &TimeZone) -> Result<Window, Error> {
    match unit {
        Unit::Months(_) | Unit::Days(30) => {
            let first = today(now, zone).first_of_month();
            days(first, first.checked_add(1.month())?, zone)
        }
        Unit::Days(1) => {
            let today = today(now, zone);
            days(today, today.tomorrow()?, zone)
        }
        Unit::Days(7) => {
            let today = today(now, zone);
            let since = i64::from(today.weekday().since(Weekday::Monday));
            let monday = today.checked_sub(Span::new().try_days(since)?)?;
            days(monday, monday.checked_add(7.days())?, zone)
        }
        Unit::Days(n) => {
            let today = today(now, zone);
            let since = i64::from(EPOCH.until(today)?.get_days()).rem_euclid(n);
            let start = today.checked_sub(Span::new().try_days(since)?)?;
            days(start, start.checked_add(Span::new().try_days(n)?)?, zone)
        }
        Unit::Hours(n) => hours(n, now, zone),
        Unit::Minutes(n) if n < 60 => Ok(within(3_600_000, n * 60_000, now, zone)),
        Unit::Minutes(n) if n % 60 == 0 && n <= 1440 => hours(n / 60, now, zone),
        Unit::Minutes(n) => Ok(counted(n.saturating_mul(60_000), now)),
        Unit::Seconds(n) if n < 60 => Ok(within(60_000, n * 1_000, now, zone)),
        Unit::Seconds(n) if n % 60 == 0 => window(Unit::Minutes(n / 60), now, zone),
        Unit::Seconds(n) => Ok(counted(n.saturating_mul(1_000), now)),
    }
}

/// How many windows of days or months begin after the one around `from`, up to the one around `to`.
pub(super) fn between_days(
    unit: Unit,
    from: Millis,
    to: Millis,
    zone: &TimeZone,
) -> Result<i64, Error> {
    let (from, to) = (today(from, zone), today(to, zone));
    let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
    let days = |day: Date| Ok::<_, Error>(i64::from(EPOCH.until(day)?.get_days()));
    match unit {
        Unit::Months(_) | Unit::Days(30) => Ok(months(to) - months(from)),
        Unit::Days(n) => Ok(days(to)?.div_euclid(n) - days(from)?.div_euclid(n)),
        Unit::Hours(_) | Unit::Minutes(_) | Unit::Seconds(_) => Ok(0),
    }
}

fn today(now: Millis, zone: &TimeZone) -> Date {
    zone.to_datetime(now.timestamp()).date()
}

/// From the midnight of one day to that of another.
fn days(start: Date, end: Date, zone: &TimeZone) -> Result<Window, Error> {
    between(start.into(), end.into(), zone)
}

/// From one reading of the clock on the wall to another. A reading that does not exist is the first
/// one after it; of a reading that comes twice the first is meant.
fn between(start: DateTime, end: DateTime, zone: &TimeZone) -> Result<Window, Error> {
    let at = |reading: DateTime| -> Result<Millis, Error> {
        Ok(Millis::new(reading.to_zoned(zone.clone())?.timestamp().as_millisecond()))
    };
    Ok(Window { id: WindowId::starting(at(start)?), resets_at: Some(at(end)?) })
}

fn hours(n: i64, now: Millis, zone: &TimeZone) -> Result<Window, Error> {
    let reading = zone.to_datetime(now.timestamp());
    let (start, end) = marks(24, n, i64::from(reading.hour()));
    let midnight = DateTime::from(reading.date());
    let at = |hour: i64| -> Result<DateTime, Error> {
        // Through the day and the hour, not as so many hours after midnight: days differ in length.
        midnight
            .checked_add(Span::new().try_days(hour.div_euclid(24))?)?
            .checked_add(Span::new().try_hours(hour.rem_euclid(24))?)
    };
    between(at(start)?, at(end)?, zone)
}

/// Windows of `step` within a larger unit of `whole` (both in milliseconds).
fn within(whole: i64, step: i64, now: Millis, zone: &TimeZone) -> Window {
    let offset = i64::from(zone.to_offset(now.timestamp()).seconds()) * 1_000;
    let into = now.get().saturating_add(offset).rem_euclid(whole);
    let begin = now.plus(-into);
    let (start, end) = marks(whole, step, into);
    Window { id: WindowId::starting(begin.plus(start)), resets_at: Some(begin.plus(end)) }
}

/// The marks around `at`, from the beginning of the unit of `whole` that `at` lies in. Marks stand
/// at multiples of `step` (not at 0), and where the one after the last of them falls in the next
/// unit.
fn marks(whole: i64, step: i64, at: i64) -> (i64, i64) {
    let last = (whole - 1) / step * step;
    let overflow = (last + step) % whole;
    let multiple = at / step * step;
    let start = if multiple > 0 {
        multiple
    } else if at >= overflow {
        overflow
    } else if last > 0 {
        last - whole
    } else {
        overflow - whole
    };
    let next = multiple + step;
    let end = if at < overflow {
        overflow
    } else if next < whole {
        next
    } else {
        whole + overflow
    };
    (start, end)
}

/// Windows counted from 1970 in UTC.
fn counted(length: i64, now: Millis) -> Window {
    let start = now.plus(-now.get().rem_euclid(length));
    Window { id: WindowId::starting(start), resets_at: Some(start.plus(length)) }
}
