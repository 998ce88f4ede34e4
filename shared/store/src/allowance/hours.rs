//! Limits by time of day: hours of some days of the week, and what holds in them.
//!
//! A day's hours begin and end at readings of the clock on the wall. A reading that does not exist,
//! because the clocks go forward, is the first one after it; of a reading that comes twice the first is
//! meant. That is the rule of budgets' windows as well.

use std::fmt;

use jiff::{
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Millis, NanoUsd};

/// An entry of a schedule: while it holds its values stand in the place of the plain ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours {
    /// The one model that it is about, by the model's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// On which days it begins; all of them where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends: on the next day where that is not later than `from`.
    pub to: TimeOfDay,
    /// By which clocks; the operator's where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Zone>,
    /// Calls a minute; 0 refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpm: Option<u64>,
    /// Tokens a minute; 0 refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpm: Option<u64>,
    /// What may be spent in the budget's window, what was spent before included; 0 refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_budget: Option<NanoUsd>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A reading of the clock on the wall, to the minute: from 00:00 to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct TimeOfDay(u16);

/// A time zone by its IANA name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A text that is no part of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Not a day.
    #[error("`{0}` is no day: write mon, tue, wed, thu, fri, sat or sun")]
    Day(String),
    /// Not a time of day.
    #[error("`{0}` is no time of day: write hours and minutes, from 00:00 to 24:00")]
    Time(String),
    /// Not a zone.
    #[error("`{0}` is no time zone: write an IANA name, such as Europe/Berlin")]
    Zone(String),
}

/// Days on either side of an instant on which an entry can begin that is about it.
const AROUND: i32 = 1;
/// Days of the week to come: every entry begins and ends in them.
pub(super) const WEEK: i32 = 8;

// === impl Hours ===

impl Hours {
    /// Whether it holds at an instant. `zone` is the operator's.
    pub fn holds(&self, now: Millis, zone: &TimeZone) -> bool {
        self.spans(now, AROUND, zone).any(|(start, end)| start <= now && now < end)
    }

    /// When it begins or ends next, if that is within a day.
    pub(super) fn changes_soon(&self, now: Millis, zone: &TimeZone) -> Option<Millis> {
        let both = self.spans(now, AROUND, zone).flat_map(|(start, end)| [start, end]);
        both.filter(|at| *at > now).min()
    }

    /// When it holds: the spans that begin on days from yesterday to so many days from now.
    pub(super) fn spans<'a>(
        &'a self,
        now: Millis,
        days: i32,
        zone: &'a TimeZone,
    ) -> impl Iterator<Item = (Millis, Millis)> + 'a {
        let zone = self.timezone.as_ref().map_or(zone, |own| &own.0);
        let today = zone.to_datetime(now.timestamp()).date();
        (-1..=days).filter_map(move |offset| {
            let day = today.checked_add(jiff::Span::new().try_days(offset).ok()?).ok()?;
            self.begins_on(day).then(|| self.on(day, zone)).flatten()
        })
    }

    fn begins_on(&self, day: Date) -> bool {
        self.days.is_empty() || self.days.contains(&Day::of(day.weekday()))
    }

    fn on(&self, day: Date, zone: &TimeZone) -> Option<(Millis, Millis)> {
        let last = if self.to <= self.from { day.tomorrow().ok()? } else { day };
        Some((self.from.on(day, zone)?, self.to.on(last, zone)?))
    }
}

// === impl Day ===

impl Day {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Mon, "mon"),
        (Self::Tue, "tue"),
        (Self::Wed, "wed"),
        (Self::Thu, "thu"),
        (Self::Fri, "fri"),
        (Self::Sat, "sat"),
        (Self::Sun, "sun"),
    ];

    /// Reads the first three letters of its English name.
    ///
    /// # Errors
    /// [`HoursError::Day`].
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let named = Self::ALL.iter().find(|(_, name)| text.trim().eq_ignore_ascii_case(name));
        named.map(|(day, _)| *day).ok_or_else(|| HoursError::Day(shown(text)))
    }

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(day, _)| *day == self).map_or("", |(_, name)| name)
    }

    fn of(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

// === impl TimeOfDay ===

impl TimeOfDay {
    /// The end of a day.
    pub const END: Self = Self(24 * 60);

    /// Reads `22:00`.
    ///
    /// # Errors
    /// [`HoursError::Time`].
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let bad = || HoursError::Time(shown(text));
        let (hours, minutes) = text.trim().split_once(':').ok_or_else(bad)?;
        let read = |digits: &str, most: u16| -> Result<u16, HoursError> {
            let is_number =
                matches!(digits.len(), 1..=2) && digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = digits.parse().ok().filter(|number| is_number && *number <= most);
            number.ok_or_else(bad)
        };
        let minutes_of = if minutes.len() == 2 { read(minutes, 59)? } else { return Err(bad()) };
        let at = read(hours, 24)? * 60 + minutes_of;
        if at > Self::END.0 { Err(bad()) } else { Ok(Self(at)) }
    }

    fn on(self, day: Date, zone: &TimeZone) -> Option<Millis> {
        let (hour, minute) = (i8::try_from(self.0 / 60).ok()?, i8::try_from(self.0 % 60).ok()?);
        let reading: DateTime = match hour {
            24 => day.tomorrow().ok()?.into(),
            _ => day.at(hour, minute, 0, 0),
        };
        let at = reading.to_zoned(zone.clone()).ok()?.timestamp();
        Some(Millis::new(at.as_millisecond()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

// === impl Zone ===

impl Zone {
    /// Reads an IANA name.
    ///
    /// # Errors
    /// [`HoursError::Zone`].
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        TimeZone::get(text.trim()).map(Self).map_err(|_| HoursError::Zone(shown(text)))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
