//! Japan's business time. Instants are UTC; days and due times are Japan's (UTC+9, no summer time).
use crate::error::{self, Problem};
use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// An instant, UTC.
pub type Instant = DateTime<Utc>;

/// Seconds by which Japan's clocks are ahead of UTC; constant since 1951.
const JAPAN_OFFSET_S: i32 = 9 * 3_600;

/// Business days outside these years are typing errors, not dates.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

fn japan() -> FixedOffset {
    // +9 h lies within chrono's ±24 h, so the fallback (UTC) is never taken
    FixedOffset::east_opt(JAPAN_OFFSET_S).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// A calendar day in Japan, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDay(NaiveDate);

impl BusinessDay {
    /// Reads `YYYY-MM-DD`, exactly: no other order, no slashes, no full-width digits.
    ///
    /// # Errors
    /// `time.malformed_day` when it is not that form, not a day of the calendar, or outside
    /// 2000-2099.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let problem = || Problem::new(&error::TIME_MALFORMED_DAY).with("value", text);
        if text.len() != 10 {
            return Err(problem());
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| problem())?;
        if !YEARS.contains(&date.year()) {
            return Err(problem());
        }
        Ok(Self(date))
    }

    /// The day it is in Japan at `instant`.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self(instant.with_timezone(&japan()).date_naive())
    }

    /// From the calendar date as the database keeps it.
    #[must_use]
    pub fn from_date(date: NaiveDate) -> Self {
        Self(date)
    }

    /// The calendar date.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// The instant of a local clock time on this day: 13:00 in Japan is 04:00 UTC.
    #[must_use]
    pub fn instant_of(self, local: NaiveTime) -> Instant {
        let midnight_utc = Utc.from_utc_datetime(&self.0.and_time(local));
        midnight_utc - chrono::TimeDelta::seconds(i64::from(JAPAN_OFFSET_S))
    }

    /// Midnight at the start of the day.
    #[must_use]
    pub fn start(self) -> Instant {
        self.instant_of(NaiveTime::MIN)
    }

    /// The last millisecond of the day.
    #[must_use]
    pub fn last_instant(self) -> Instant {
        self.plus_days(1).start() - chrono::TimeDelta::milliseconds(1)
    }

    /// `days` later; stays where it is at the end of the calendar.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self(self.0.checked_add_days(Days::new(u64::from(days))).unwrap_or(self.0))
    }

    /// `days` earlier; stays where it is at the start of the calendar.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        Self(self.0.checked_sub_days(Days::new(u64::from(days))).unwrap_or(self.0))
    }

    /// Whole days from `earlier` to this day; negative when `earlier` is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_days()
    }
}

impl fmt::Display for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for BusinessDay {
    type Err = Problem;
    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::parse(text)
    }
}

impl Serialize for BusinessDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BusinessDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|problem| serde::de::Error::custom(problem.en()))
    }
}

/// An instant as every API writes it: RFC 3339, `Z`, milliseconds.
#[must_use]
pub fn rfc3339(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An instant as people in Japan read it, to the minute: `2021-04-06 17:00`.
#[must_use]
pub fn in_japan(instant: Instant) -> String {
    instant.with_timezone(&japan()).format("%Y-%m-%d %H:%M").to_string()
}

/// Reads an RFC 3339 instant; an offset must be written, since a time without one is ambiguous.
/// What lies beyond a millisecond is dropped, as nothing of ours keeps it.
///
/// # Errors
/// `time.malformed_instant`.
pub fn parse_instant(text: &str) -> Result<Instant, Problem> {
    let problem = || Problem::new(&error::TIME_MALFORMED_INSTANT).with("value", text);
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| problem())?.with_timezone(&Utc);
    if !YEARS.contains(&instant.year()) {
        return Err(problem());
    }
    DateTime::from_timestamp_millis(instant.timestamp_millis()).ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_japans_midnight() {
        let before = parse_instant("2021-04-05T14:59:59.999Z").unwrap();
        let after = parse_instant("2021-04-05T15:00:00Z").unwrap();
        assert_eq!(BusinessDay::at(before).to_string(), "2021-04-05");
        assert_eq!(BusinessDay::at(after).to_string(), "2021-04-06");
        assert_eq!(BusinessDay::at(after).start(), after);
        assert_eq!(BusinessDay::at(before).last_instant(), before);
    }

    #[test]
    fn a_due_time_is_a_local_clock_time() {
        let due = BusinessDay::parse("2021-04-05").unwrap().instant_of(NaiveTime::from_hms_opt(13, 0, 0).unwrap());
        assert_eq!(rfc3339(due), "2021-04-05T04:00:00.000Z");
    }

    #[test]
    fn only_real_days_in_the_one_form_are_read() {
        assert!(BusinessDay::parse("2028-02-29").is_ok());
        for text in [
            "2100-02-29",
            "2021-02-29",
            "2026-13-01",
            "2021-4-5",
            "2021/04/05",
            "令和3年4月5日",
            "1999-12-31",
            "2021-04-05T00:00:00Z",
            "",
            "２０２１-０４-０５",
        ] {
            assert_eq!(BusinessDay::parse(text).unwrap_err().code.code, "time.malformed_day", "{text}");
        }
    }

    #[test]
    fn people_read_japans_time() {
        assert_eq!(in_japan(parse_instant("2021-04-05T15:00:59Z").unwrap()), "2021-04-06 00:00");
    }

    #[test]
    fn instants_need_an_offset() {
        assert_eq!(
            parse_instant("2021-04-05T13:00:00+09:00").unwrap(),
            parse_instant("2021-04-05T04:00:00.0004Z").unwrap()
        );
        for text in ["2021-04-05T13:00:00", "2021-04-05 ", "24:00", "2021-04-05T24:00:00Z", "9999-01-01T00:00:00Z"] {
            assert!(parse_instant(text).is_err(), "{text}");
        }
    }
}
