//! `--since` and `--until`: a moment, or how long ago.

use super::args::Args;
use crate::oci::human;
use crate::types::Timespec;

/// What lies between `--since` and `--until`, as far as they are given.
#[derive(Clone, Copy, Default)]
pub struct Between {
    pub since: Option<Moment>,
    pub until: Option<Moment>,
}

impl Between {
    /// # Errors
    /// The option that says no time, and why not.
    pub fn of(args: &Args, now: Timespec) -> Result<Between, (&'static str, String)> {
        let at = |key: &'static str| match args.value(key) {
            None | Some("") => Ok(None),
            Some(word) => moment(word, (now.sec, now.nsec)).map(Some).ok_or_else(|| {
                (key, format!("failed to parse value as time or duration: \"{word}\""))
            }),
        };
        Ok(Between { since: at("since")?, until: at("until")? })
    }

    pub fn has(&self, time: Moment) -> bool {
        self.since.is_none_or(|it| time >= it) && self.until.is_none_or(|it| time <= it)
    }
}

/// A moment with all nine digits of its fraction.
pub fn exactly((sec, nsec): Moment) -> String {
    let whole = human::rfc3339(sec, 0);
    format!("{}.{nsec:09}Z", whole.trim_end_matches('Z'))
}

/// A moment: seconds and nanoseconds since 1970.
pub type Moment = (i64, u32);

/// `10m`, `1h30m`, `1700000000.5`, `2026-11-27`, `2026-11-27T10:00:00Z`; nothing for anything else.
pub fn moment(text: &str, now: Moment) -> Option<Moment> {
    if let Some(length) = duration(text) {
        // The client sends whole seconds (observed on 28.2).
        return Some(((nanos(now) - length).div_euclid(NANO) as i64, 0));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|b| b.is_ascii_digit());
    if !whole.is_empty() && digits(whole) && digits(fraction) && fraction.len() <= 9 {
        return Some((whole.parse().ok()?, format!("{fraction:0<9}").parse().ok()?));
    }
    // What is left out of a time is zero, and its zone is that of the machine, UTC.
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let (time, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let time = if time.matches(':').count() == 1 { format!("{time}:00") } else { time.to_owned() };
    human::parse_instant(&format!("{day}T{time}{zone}"))
}

const NANO: i128 = 1_000_000_000;

fn nanos((sec, nsec): Moment) -> i128 {
    i128::from(sec) * NANO + i128::from(nsec)
}

/// A length of time as Go writes it, in nanoseconds.
fn duration(text: &str) -> Option<i128> {
    const UNITS: [(&str, f64); 6] =
        [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("h", 3.6e12), ("m", 6e10), ("s", 1e9)];
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut sum = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let (unit, length) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        sum += number * length;
        rest = &rest[unit.len()..];
    }
    Some(if negative { -(sum as i128) } else { sum as i128 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_all_forms() {
        let now = (1_700_000_000, 5);
        for (text, expected) in [
            ("10m", Some((1_699_999_400, 0))),
            ("1h30m", Some((1_699_994_600, 0))),
            ("1.5s", Some((1_699_999_998, 0))),
            ("-1s", Some((1_700_000_001, 0))),
            ("0s", Some((1_700_000_000, 0))),
            ("1700000000", Some((1_700_000_000, 0))),
            ("1700000000.25", Some((1_700_000_000, 250_000_000))),
            ("2023-11-14", Some((1_699_920_000, 0))),
            ("2023-11-14T22:13", Some((1_699_999_980, 0))),
            ("2023-11-14T22:13:20", Some((1_700_000_000, 0))),
            ("2023-11-14T22:13:20.5Z", Some((1_700_000_000, 500_000_000))),
            ("2023-11-14T23:13:20+01:00", Some((1_700_000_000, 0))),
            ("frob", None),
            ("10", Some((10, 0))),
            ("10x", None),
            ("", None),
        ] {
            assert_eq!(moment(text, now), expected, "{text}");
        }
    }
}
