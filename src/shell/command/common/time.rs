//! Calendar time (UTC): `strftime` formats and the dates that people write.

use crate::types::{Civil, Timespec, days_from_civil};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `strftime` with the extensions of GNU `date` (`%N`, flags, widths), in UTC and the C locale.
pub fn format(pattern: &[u8], time: Timespec) -> Vec<u8> {
    expand(pattern, time, true)
}

/// The same by the C library's rules, as bash's `printf %(…)T` has it: without `%N`, `%q` and the colons
/// of `%:z`, which are of `date` alone.
pub fn strftime(pattern: &[u8], time: Timespec) -> Vec<u8> {
    expand(pattern, time, false)
}

fn expand(pattern: &[u8], time: Timespec, date: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.iter().position(|&b| b == b'%') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let used = directive(rest, time, date, &mut out);
        rest = &rest[used..];
    }
    out.extend_from_slice(rest);
    out
}

/// How a number is padded: the character, or nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pad {
    Zero,
    Space,
    None,
}

fn directive(text: &[u8], time: Timespec, date: bool, out: &mut Vec<u8>) -> usize {
    let mut at = 1;
    let (mut pad, mut upper, mut swap) = (None, false, false);
    while let Some(flag) = text.get(at) {
        match flag {
            b'-' => pad = Some(Pad::None),
            b'_' => pad = Some(Pad::Space),
            b'0' => pad = Some(Pad::Zero),
            b'^' => upper = true,
            b'#' => swap = true,
            _ => break,
        }
        at += 1;
    }
    let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let width = super::args::number(&text[at..at + digits]).map(|w| w as usize);
    at += digits;
    let mut colons = 0;
    while date && text.get(at) == Some(&b':') {
        colons += 1;
        at += 1;
    }
    if matches!(text.get(at), Some(b'E' | b'O')) {
        at += 1;
    }
    let Some(&letter) = text.get(at) else {
        out.extend_from_slice(&text[..at]);
        return at;
    };
    let known = date || !matches!(letter, b'N' | b'q');
    match known.then(|| field(letter, colons, time, width)).flatten() {
        None => out.extend_from_slice(&text[..=at]),
        Some(Field::Text(text)) => {
            let text = match (upper, swap, letter) {
                (true, ..) => text.to_uppercase(),
                (_, true, b'p' | b'Z') => text.to_lowercase(),
                (_, true, _) => text.to_uppercase(),
                _ => text,
            };
            let fill = if pad == Some(Pad::Zero) { '0' } else { ' ' };
            let missing = width.unwrap_or(0).saturating_sub(text.len());
            out.extend(std::iter::repeat_n(fill as u8, missing));
            out.extend(text.bytes());
        }
        Some(Field::Number(value, default_width, default_pad)) => {
            number(value, width.unwrap_or(default_width), pad.unwrap_or(default_pad), out);
        }
        Some(Field::Nanos(nanos)) => nanoseconds(nanos, width, pad, out),
    }
    at + 1
}

fn number(value: i64, width: usize, pad: Pad, out: &mut Vec<u8>) {
    let text = match pad {
        Pad::None => value.to_string(),
        Pad::Zero => format!("{value:0width$}"),
        Pad::Space => format!("{value:width$}"),
    };
    out.extend(text.bytes());
}

fn nanoseconds(nanos: u32, width: Option<usize>, pad: Option<Pad>, out: &mut Vec<u8>) {
    let nine = format!("{nanos:09}");
    match width {
        None if pad == Some(Pad::None) => out.extend(nine.trim_end_matches('0').bytes()),
        None => out.extend(nine.bytes()),
        Some(width) if width <= 9 => out.extend(nine[..width].bytes()),
        Some(width) => out.extend(format!("{nine:0<width$}").bytes()),
    }
}

enum Field {
    Text(String),
    /// Value, usual width, usual padding.
    Number(i64, usize, Pad),
    Nanos(u32),
}

fn field(letter: u8, colons: usize, time: Timespec, width: Option<usize>) -> Option<Field> {
    use Field::{Nanos, Number, Text};
    let civil = Civil::of(time.sec);
    let days = time.sec.div_euclid(86400);
    let weekday = (days + 4).rem_euclid(7);
    let yday = days - days_from_civil(civil.year, 1, 1);
    let hour12 = (i64::from(civil.hour) + 11) % 12 + 1;
    let again = |pattern: &str| {
        Some(Text(String::from_utf8_lossy(&format(pattern.as_bytes(), time)).into_owned()))
    };
    let two = |value: i64| Some(Number(value, 2, Pad::Zero));
    match letter {
        b'%' => Some(Text("%".into())),
        b'n' => Some(Text("\n".into())),
        b't' => Some(Text("\t".into())),
        b'a' => Some(Text(DAYS[weekday as usize][..3].into())),
        b'A' => Some(Text(DAYS[weekday as usize].into())),
        b'b' | b'h' => Some(Text(MONTHS[civil.month as usize - 1][..3].into())),
        b'B' => Some(Text(MONTHS[civil.month as usize - 1].into())),
        b'c' => again("%a %b %e %H:%M:%S %Y"),
        b'C' => two(civil.year.div_euclid(100)),
        b'd' => two(civil.day.into()),
        b'D' | b'x' => again("%m/%d/%y"),
        b'e' => Some(Number(civil.day.into(), 2, Pad::Space)),
        b'F' => again("%Y-%m-%d"),
        b'H' => two(civil.hour.into()),
        b'I' => two(hour12),
        b'j' => Some(Number(yday + 1, 3, Pad::Zero)),
        b'k' => Some(Number(civil.hour.into(), 2, Pad::Space)),
        b'l' => Some(Number(hour12, 2, Pad::Space)),
        b'm' => two(civil.month.into()),
        b'M' => two(civil.minute.into()),
        b'N' => Some(Nanos(time.nsec)),
        b'p' => Some(Text(if civil.hour < 12 { "AM" } else { "PM" }.into())),
        b'P' => Some(Text(if civil.hour < 12 { "am" } else { "pm" }.into())),
        b'q' => Some(Number((i64::from(civil.month) + 2) / 3, 1, Pad::Zero)),
        b'r' => again("%I:%M:%S %p"),
        b'R' => again("%H:%M"),
        b's' => Some(Number(time.sec, 1, Pad::Zero)),
        b'S' => two(civil.second.into()),
        b'T' | b'X' => again("%H:%M:%S"),
        b'u' => Some(Number((weekday + 6) % 7 + 1, 1, Pad::Zero)),
        b'w' => Some(Number(weekday, 1, Pad::Zero)),
        b'U' => two((yday + 7 - weekday) / 7),
        b'W' => two((yday + 7 - (weekday + 6) % 7) / 7),
        b'V' => two(iso_week(days).1),
        b'G' => Some(Number(iso_week(days).0, 4, Pad::Zero)),
        b'g' => two(iso_week(days).0.rem_euclid(100)),
        b'y' => two(civil.year.rem_euclid(100)),
        b'Y' => Some(Number(civil.year, width.map_or(1, |_| 4), Pad::Zero)),
        b'z' => Some(Text(["+0000", "+00:00", "+00:00:00", "+00"][colons.min(3)].into())),
        b'Z' => Some(Text("UTC".into())),
        _ => None,
    }
}

/// ISO 8601 year and week of a day.
fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days + 3 - (days + 3).rem_euclid(7);
    let year = Civil::of(thursday * 86400).year;
    (year, (thursday - days_from_civil(year, 1, 1)) / 7 + 1)
}

/// Reads a date as `date -d` and `touch -d` take it; `now` is the base of relative ones.
pub fn parse(text: &[u8], now: Timespec) -> Option<Timespec> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if let Some(seconds) = text.strip_prefix('@') {
        return epoch(seconds);
    }
    let mut reader = Reader::new(now);
    for word in words(text) {
        reader.word(&word)?;
    }
    reader.result(text.is_empty())
}

fn epoch(text: &str) -> Option<Timespec> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let sec: i64 = whole.parse().ok()?;
    let nsec = nanos_of(fraction)?;
    if whole.starts_with('-') && nsec > 0 {
        return Some(Timespec::new(sec - 1, 1_000_000_000 - nsec));
    }
    Some(Timespec::new(sec, nsec))
}

fn nanos_of(fraction: &str) -> Option<u32> {
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    nine.parse().ok()
}

/// Splits where blanks and commas stand, and between a date and a time joined by `T`.
fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()) {
        let split = word.find(['T', 't']).filter(|&at| {
            at >= 8
                && word[..at].contains('-')
                && word[at + 1..].starts_with(|c: char| c.is_ascii_digit())
        });
        match split {
            Some(at) => all.extend([word[..at].to_string(), word[at + 1..].to_string()]),
            None => all.push(word.to_string()),
        }
    }
    all
}

/// What the words of a date have said so far.
struct Reader {
    now: Timespec,
    date: Option<(i64, u32, u32)>,
    clock: Option<(u32, u32, u32, u32)>,
    zone: i64,
    /// Months and seconds to move.
    months: i64,
    seconds: i64,
    relative: bool,
    number: Option<i64>,
    /// What the last relative word added, for a following `ago`.
    last: (i64, i64),
    month_name: Option<u32>,
    weekday: Option<i64>,
}

impl Reader {
    fn new(now: Timespec) -> Reader {
        Reader {
            now,
            date: None,
            clock: None,
            zone: 0,
            months: 0,
            seconds: 0,
            relative: false,
            number: None,
            last: (0, 0),
            month_name: None,
            weekday: None,
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let low = word.to_ascii_lowercase();
        if low.contains(':') {
            return self.clock_word(&low);
        }
        if self.date_word(&low).is_some() {
            return Some(());
        }
        let signed = low.starts_with(['+', '-']) && low[1..].bytes().all(|b| b.is_ascii_digit());
        if signed && self.clock.is_some() {
            return self.zone_word(&low);
        }
        if let Some((number, unit)) = glued(&low) {
            self.number = Some(number);
            return if unit.is_empty() { self.lone_number(number) } else { self.unit(unit) };
        }
        self.name(&low)
    }

    fn lone_number(&mut self, number: i64) -> Option<()> {
        if let Some(month) = self.month_name {
            let year = self.date.map_or(Civil::of(self.now.sec).year, |d| d.0);
            let day_known = self.date.is_some();
            if !day_known && (1..=31).contains(&number) {
                self.date = Some((year, month, number as u32));
                self.number = None;
            } else if number > 31 {
                self.date = Some((number, month, self.date.map_or(1, |d| d.2)));
                self.number = None;
            }
        }
        Some(())
    }

    fn clock_word(&mut self, word: &str) -> Option<()> {
        let end =
            word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
        let (time, zone) = word.split_at(end);
        let mut parts = time.split(':');
        let hour: u32 = parts.next()?.parse().ok()?;
        let minute: u32 = parts.next()?.parse().ok()?;
        let seconds = parts.next().unwrap_or("0");
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        let second: u32 = whole.parse().ok()?;
        if hour > 24 || minute > 59 || second > 60 || parts.next().is_some() {
            return None;
        }
        self.clock = Some((hour, minute, second, nanos_of(fraction)?));
        if !zone.is_empty() { self.zone_word(zone) } else { Some(()) }
    }

    fn zone_word(&mut self, word: &str) -> Option<()> {
        match word {
            "z" | "utc" | "gmt" | "ut" => return Some(()),
            "am" => return self.twelve(false),
            "pm" => return self.twelve(true),
            _ => {}
        }
        let sign = match word.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let digits: String = word[1..].chars().filter(|c| *c != ':').collect();
        let value: i64 = digits.parse().ok()?;
        let (hours, minutes) =
            if digits.len() <= 2 { (value, 0) } else { (value / 100, value % 100) };
        self.zone = sign * (hours * 3600 + minutes * 60);
        Some(())
    }

    fn twelve(&mut self, afternoon: bool) -> Option<()> {
        let (hour, ..) = self.clock.as_mut().map(|c| (&mut c.0, ()))?;
        *hour = *hour % 12 + if afternoon { 12 } else { 0 };
        Some(())
    }

    fn date_word(&mut self, word: &str) -> Option<()> {
        let parts: Vec<&str> = word.split(['-', '/']).collect();
        if parts.len() == 3 && !word.starts_with(['-', '+']) {
            let number = |at: usize| parts[at].parse::<i64>().ok();
            let month_at = |at: usize| number(at).or_else(|| month(parts[at]).map(i64::from));
            let (y, m, d) = if word.contains('/') && parts[0].len() <= 2 {
                (number(2)?, number(0)?, number(1)?)
            } else if month(parts[1]).is_some() && parts[0].len() <= 2 {
                (number(2)?, month_at(1)?, number(0)?)
            } else {
                (number(0)?, month_at(1)?, number(2)?)
            };
            let y = match y {
                0..=68 if parts[0].len() <= 2 => y + 2000,
                69..=99 => y + 1900,
                y => y,
            };
            if !(1..=12).contains(&m) || d < 1 || d > days_in(y, m as u32) {
                return None;
            }
            self.date = Some((y, m as u32, d as u32));
            return Some(());
        }
        if word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit()) {
            let n: i64 = word.parse().ok()?;
            let (y, m, d) = (n / 10000, n / 100 % 100, n % 100);
            if !(1..=12).contains(&m) || d < 1 || d > days_in(y, m as u32) {
                return None;
            }
            self.date = Some((y, m as u32, d as u32));
            return Some(());
        }
        None
    }

    fn unit(&mut self, unit: &str) -> Option<()> {
        let count = self.number.take().unwrap_or(1);
        let unit = unit.strip_suffix('s').filter(|u| !u.is_empty()).unwrap_or(unit);
        let (months, seconds) = match unit {
            "year" => (12 * count, 0),
            "month" => (count, 0),
            "fortnight" => (0, count * 14 * 86400),
            "week" => (0, count * 7 * 86400),
            "day" => (0, count * 86400),
            "hour" => (0, count * 3600),
            "minute" | "min" => (0, count * 60),
            "second" | "sec" => (0, count),
            _ => return None,
        };
        self.add(months, seconds);
        Some(())
    }

    fn add(&mut self, months: i64, seconds: i64) {
        self.months += months;
        self.seconds += seconds;
        self.last = (months, seconds);
        self.relative = true;
    }

    fn name(&mut self, word: &str) -> Option<()> {
        if let Some(m) = month(word) {
            self.month_name = Some(m);
            if let Some(day) = self.number.take() {
                self.date = Some((Civil::of(self.now.sec).year, m, day as u32));
            }
            return Some(());
        }
        if let Some(day) =
            DAYS.iter().position(|d| word.len() >= 3 && d.to_ascii_lowercase().starts_with(word))
        {
            self.weekday = Some(day as i64);
            return Some(());
        }
        match word {
            "now" | "today" => self.relative = true,
            "yesterday" => self.add(0, -86400),
            "tomorrow" => self.add(0, 86400),
            "midnight" => self.clock = Some((0, 0, 0, 0)),
            "noon" => self.clock = Some((12, 0, 0, 0)),
            "ago" => {
                let (months, seconds) = self.last;
                self.add(-2 * months, -2 * seconds);
            }
            "next" => self.number = Some(1),
            "last" => self.number = Some(-1),
            "this" => self.number = Some(0),
            _ if self.unit(word).is_some() => {}
            _ => return self.zone_word(word),
        }
        Some(())
    }

    fn result(mut self, empty: bool) -> Option<Timespec> {
        if let Some(year) = self.number.take() {
            match (self.date, self.month_name) {
                (Some((_, m, d)), Some(_)) => self.date = Some((year, m, d)),
                _ => return None,
            }
        }
        let now = Civil::of(self.now.sec);
        let dated = self.date.is_some() || self.weekday.is_some();
        let (year, month, day) = self.date.unwrap_or((now.year, now.month, now.day));
        let (hour, minute, second, nsec) = match self.clock {
            Some(clock) => clock,
            None if dated || empty => (0, 0, 0, 0),
            None => (now.hour, now.minute, now.second, self.now.nsec),
        };
        let mut days = days_from_civil(year, i64::from(month) + self.months, i64::from(day));
        if let Some(wanted) = self.weekday {
            days += (wanted - (days + 4)).rem_euclid(7);
        }
        let clock = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Some(Timespec::new(days * 86400 + clock - self.zone + self.seconds, nsec))
    }
}

fn glued(word: &str) -> Option<(i64, &str)> {
    let sign = usize::from(word.starts_with(['+', '-']));
    let digits = word[sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let number = word[..sign + digits].trim_start_matches('+').parse().ok()?;
    Some((number, &word[sign + digits..]))
}

fn month(word: &str) -> Option<u32> {
    let low = word.to_ascii_lowercase();
    if low.len() < 3 {
        return None;
    }
    MONTHS.iter().position(|m| m.to_ascii_lowercase().starts_with(&low)).map(|at| at as u32 + 1)
}

fn days_in(year: i64, month: u32) -> i64 {
    days_from_civil(year, i64::from(month) + 1, 1) - days_from_civil(year, i64::from(month), 1)
}

/// `[[CC]YY]MMDDhhmm[.ss]` of `touch -t`.
pub fn parse_stamp(text: &[u8], now: Timespec) -> Option<Timespec> {
    let text = std::str::from_utf8(text).ok()?;
    let (digits, seconds) = text.split_once('.').unwrap_or((text, "00"));
    if !digits.bytes().chain(seconds.bytes()).all(|b| b.is_ascii_digit()) || seconds.len() != 2 {
        return None;
    }
    let (year, rest) = match digits.len() {
        8 => (Civil::of(now.sec).year, digits),
        10 => {
            let yy: i64 = digits[..2].parse().ok()?;
            (if yy < 69 { 2000 + yy } else { 1900 + yy }, &digits[2..])
        }
        12 => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let pair = |at: usize| rest[at..at + 2].parse::<u32>().ok();
    let (month, day, hour, minute) = (pair(0)?, pair(2)?, pair(4)?, pair(6)?);
    let second: u32 = seconds.parse().ok()?;
    let fits = (1..=12).contains(&month) && hour < 24 && minute < 60 && second <= 60;
    if !fits || day < 1 || i64::from(day) > days_in(year, month) {
        return None;
    }
    Some(Timespec::new(Civil { year, month, day, hour, minute, second }.seconds(), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<String> {
        let now = Timespec::new(1_767_225_600, 5);
        let time = parse(text.as_bytes(), now)?;
        Some(String::from_utf8(format(b"%F %T.%N", time)).unwrap())
    }

    /// As GNU date printed them with `-d` (base 2026-01-01).
    #[test]
    fn dates_are_read() {
        assert_eq!(at("2020-02-03").unwrap(), "2020-02-03 00:00:00.000000000");
        assert_eq!(at("2020-02-03 04:05:06.5").unwrap(), "2020-02-03 04:05:06.500000000");
        assert_eq!(at("2020-02-03T04:05:06Z").unwrap(), "2020-02-03 04:05:06.000000000");
        assert_eq!(at("2020-02-03 04:05 +0200").unwrap(), "2020-02-03 02:05:00.000000000");
        assert_eq!(at("@1").unwrap(), "1970-01-01 00:00:01.000000000");
        assert_eq!(at("2 days ago").unwrap(), "2025-12-30 00:00:00.000000005");
        assert_eq!(at("yesterday").unwrap(), "2025-12-31 00:00:00.000000005");
        assert_eq!(at("Jan 2 2020").unwrap(), "2020-01-02 00:00:00.000000000");
        assert_eq!(at("2 Jan 2020 10:00").unwrap(), "2020-01-02 10:00:00.000000000");
        assert_eq!(at("+1 month").unwrap(), "2026-02-01 00:00:00.000000005");
        assert_eq!(at("xx"), None);
        assert_eq!(at("2020-13-01"), None);
    }

    #[test]
    fn formats_are_those_of_date() {
        let time = Timespec::new(1_600_000_000, 123_456_789);
        let show = |p: &str| String::from_utf8(format(p.as_bytes(), time)).unwrap();
        assert_eq!(show("%a %b %e %H:%M:%S %Z %Y"), "Sun Sep 13 12:26:40 UTC 2020");
        assert_eq!(
            show("%-d|%_m|%j|%s|%3N|%U|%V|%^a|%:z"),
            "13| 9|257|1600000000|123|37|37|SUN|+00:00"
        );
        assert_eq!(show("%Q%"), "%Q%");
    }
}
