//! Sizes and ages as Docker prints them.

use crate::types::{Civil, days_from_civil};

/// A number with so many significant digits as C's `%g` prints it.
fn general(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:.*e}", (digits - 1) as usize, value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= digits {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    trimmed(&format!("{:.*}", (digits - 1 - exponent).max(0) as usize, value))
}

/// Bytes with so many significant digits, units of a thousand.
pub fn size_with(bytes: u64, digits: i32) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{}{}", general(value, digits), units[unit])
}

/// As `docker images`, `docker history` and `docker ps -s` print a size.
pub fn size(bytes: u64) -> String {
    size_with(bytes, 3)
}

/// As `docker` says how long ago something was, without the "ago".
pub fn duration(seconds: i64) -> String {
    let minutes = seconds / 60;
    // Half an hour more counts as an hour.
    let hours = (seconds as f64 / 3600.0 + 0.5) as i64;
    match () {
        () if seconds < 1 => "Less than a second".to_owned(),
        () if seconds == 1 => "1 second".to_owned(),
        () if seconds < 60 => format!("{seconds} seconds"),
        () if minutes == 1 => "About a minute".to_owned(),
        () if minutes < 60 => format!("{minutes} minutes"),
        () if hours == 1 => "About an hour".to_owned(),
        () if hours < 48 => format!("{hours} hours"),
        () if hours < 24 * 7 * 2 => format!("{} days", hours / 24),
        () if hours < 24 * 30 * 2 => format!("{} weeks", hours / 24 / 7),
        () if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        () => format!("{} years", seconds / 3600 / 24 / 365),
    }
}

/// Seconds since 1970 of a time in RFC 3339.
pub fn parse_time(text: &str) -> Option<i64> {
    let number = |from: usize, len: usize| -> Option<i64> {
        let digits = text.get(from..from + len)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let bytes = text.as_bytes();
    let is = |at: usize, want: u8| bytes.get(at) == Some(&want);
    if !(is(4, b'-')
        && is(7, b'-')
        && (is(10, b'T') || is(10, b't'))
        && is(13, b':')
        && is(16, b':'))
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = number(11, 2)? * 3600 + number(14, 2)? * 60 + number(17, 2)?;
    let rest = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match rest.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) =
                (rest.get(1..3)?.parse::<i64>().ok()?, rest.get(4..6)?.parse::<i64>().ok()?);
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(days_from_civil(year, month, day) * 86400 + seconds - offset)
}

/// As [`parse_time`], with the nanoseconds.
pub fn parse_instant(text: &str) -> Option<(i64, u32)> {
    let fraction = text.split_once('.').map_or("", |it| it.1);
    let digits: String = fraction.chars().take_while(char::is_ascii_digit).take(9).collect();
    let nanos = format!("{digits:0<9}").parse().unwrap_or(0);
    Some((parse_time(text)?, nanos))
}

/// A time in RFC 3339 without a fraction of a second.
pub fn whole_seconds(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) => {
            format!("{whole}{}", fraction.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => text.to_owned(),
    }
}

/// A time in RFC 3339 with `Z` as Go prints it: `2021-07-22 10:16:35 +0000 UTC`.
pub fn go_time(text: &str) -> String {
    match text.strip_suffix('Z').and_then(|it| it.split_once('T')) {
        Some((day, time)) => format!("{day} {time} +0000 UTC"),
        None => text.to_owned(),
    }
}

/// A time as Go writes it by default (RFC 3339, fraction without trailing zeros).
pub fn rfc3339(sec: i64, nsec: u32) -> String {
    let Civil { year, month, day, hour: h, minute: m, second: s } = Civil::of(sec);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}");
    if nsec != 0 {
        let fraction = format!(".{nsec:09}");
        text += fraction.trim_end_matches('0');
    }
    text + "Z"
}

/// How long before `now` a time was, as Docker's tables say it.
pub fn ago(created: Option<&str>, now: i64) -> String {
    match created.and_then(parse_time) {
        // Docker prints nothing useful for the zero time either.
        None => "N/A".to_owned(),
        Some(then) => format!("{} ago", duration(now - then)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_docker() {
        for (bytes, text) in [
            (0, "0B"),
            (14, "14B"),
            (999, "999B"),
            (1000, "1kB"),
            (1037, "1.04kB"),
            (1202, "1.2kB"),
            (4613, "4.61kB"),
            (63_936_812, "63.9MB"),
            (999_950, "1e+03kB"),
            (1_985_480, "1.99MB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size_with(1_985_480, 4), "1.985MB");
    }

    #[test]
    fn durations_are_those_of_docker() {
        let hour = 3600;
        for (seconds, text) in [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (59 * 60, "59 minutes"),
            (hour, "About an hour"),
            (hour + 1800, "2 hours"),
            (47 * hour, "47 hours"),
            (48 * hour, "2 days"),
            (13 * 24 * hour, "13 days"),
            (14 * 24 * hour, "2 weeks"),
            (60 * 24 * hour, "2 months"),
            (730 * 24 * hour, "2 years"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn times_round_trip() {
        for (text, sec) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2021-07-22T10:16:35Z", 1_626_948_995),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
        ] {
            assert_eq!(parse_time(text), Some(sec));
            assert_eq!(rfc3339(sec, 0), text);
        }
        assert_eq!(parse_time("2021-07-22T12:16:35.5+02:00"), Some(1_626_948_995));
        assert_eq!(rfc3339(0, 120_000_000), "1970-01-01T00:00:00.12Z");
        assert_eq!(parse_time("yesterday"), None);
    }
}
