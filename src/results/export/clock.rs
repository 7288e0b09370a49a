//! Moments of a simulation as dates: other tools expect these.

use chrono::DateTime;

/// A moment after 1970-01-01 00:00:00, where all exports begin: no clock was
/// read, and small numbers are exact in tools that keep dates as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    micros: u64,
}

impl Stamp {
    /// The beginning.
    pub(super) const ZERO: Stamp = Stamp { micros: 0 };

    /// So many seconds later, rounded to a microsecond as the tools do.
    pub(super) fn after(self, seconds: f64) -> Stamp {
        Stamp { micros: self.micros + (seconds.max(0.0) * 1e6).round() as u64 }
    }

    /// The next whole second that is at least `seconds` later.
    pub(super) fn well_after(self, seconds: u64) -> Stamp {
        Stamp { micros: (self.micros.div_ceil(1_000_000) + seconds) * 1_000_000 }
    }

    /// Seconds since an earlier moment.
    pub(super) fn since(self, earlier: Stamp) -> f64 {
        (self.micros - earlier.micros) as f64 / 1e6
    }

    /// `1970-01-01 00:00:00`, without the fraction of the second.
    pub(super) fn whole_seconds(self) -> String {
        self.written("%Y-%m-%d %H:%M:%S")
    }

    /// `1970-01-01 00:00:00.000000`.
    pub(super) fn date_time(self) -> String {
        self.written("%Y-%m-%d %H:%M:%S%.6f")
    }

    fn written(self, form: &str) -> String {
        DateTime::from_timestamp_micros(self.micros as i64)
            .expect("a run ends before dates do")
            .format(form)
            .to_string()
    }

    /// `1970-01-01 00:00:00.000000+00:00`, as Python writes a date with its zone.
    pub(super) fn with_zone(self) -> String {
        self.date_time() + "+00:00"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dates of `date -u -d @N`.
    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0.0, "1970-01-01 00:00:00"),
            (68_169_599.0, "1972-02-28 23:59:59"),
            (68_169_600.0, "1972-02-29 00:00:00"),
            (951_868_800.0, "2000-03-01 00:00:00"),
            (1_704_067_199.0, "2023-12-31 23:59:59"),
            (4_107_542_400.0, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(Stamp::ZERO.after(seconds).whole_seconds(), text);
        }
    }

    #[test]
    fn fractions_are_microseconds() {
        let stamp = Stamp::ZERO.after(1.000_000_6);
        assert_eq!(stamp.with_zone(), "1970-01-01 00:00:01.000001+00:00");
        assert_eq!(stamp.well_after(60).date_time(), "1970-01-01 00:01:02.000000");
        assert_eq!(stamp.since(Stamp::ZERO), 1.000_001);
    }
}
