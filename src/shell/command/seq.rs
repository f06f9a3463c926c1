//! seq, as coreutils 9.1.

use super::common::quote;
use super::once::Drain;
use super::{Command, Invocation, Package, Start, rare};
use crate::shell::os::Os;
use crate::shell::program::{Poll, Program};

pub const COMMAND: Command = rare(Command {
    name: "seq",
    usage: "Usage: {} [OPTION]... LAST\n  or:  {} [OPTION]... FIRST LAST\n  or:  {} [OPTION]... FIRST INCREMENT LAST\nPrint numbers from FIRST to LAST, in steps of INCREMENT.\n",
    summary: "print numbers",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Program(|call| Box::new(Seq::new(call))),
});

/// Numbers are kept as integers in units of the smallest decimal given: exact, as `long double`
/// shows them.
#[derive(Clone)]
struct Seq {
    call: Invocation,
    plan: Option<Plan>,
    drain: Drain,
    ended: bool,
}

#[derive(Clone)]
struct Plan {
    next: i128,
    step: i128,
    last: i128,
    decimals: usize,
    width: usize,
    separator: Vec<u8>,
    format: Option<Format>,
    first: bool,
}

/// A `%…g`/`%…f` with the text around it.
#[derive(Clone)]
struct Format {
    before: Vec<u8>,
    flags: String,
    width: usize,
    precision: Option<usize>,
    letter: u8,
    after: Vec<u8>,
}

impl Seq {
    fn new(call: Invocation) -> Seq {
        Seq { call, plan: None, drain: Drain::default(), ended: false }
    }

    fn more(&mut self) {
        let Some(plan) = &mut self.plan else { return };
        let mut text = Vec::new();
        for _ in 0..512 {
            let over = if plan.step >= 0 { plan.next > plan.last } else { plan.next < plan.last };
            if over {
                if !plan.first {
                    text.push(b'\n');
                }
                self.ended = true;
                break;
            }
            if !plan.first {
                text.extend_from_slice(&plan.separator);
            }
            plan.first = false;
            text.extend(plan.show());
            plan.next += plan.step;
        }
        self.drain.push(1, text);
    }
}

impl Plan {
    fn show(&self) -> Vec<u8> {
        let Some(format) = &self.format else {
            let text = decimal(self.next, self.decimals);
            return pad(&text, self.width, '0').into_bytes();
        };
        let value = self.next as f64 / 10f64.powi(self.decimals as i32);
        let body = match format.letter {
            b'f' => format!("{value:.*}", format.precision.unwrap_or(6)),
            b'e' => exponent(value, format.precision.unwrap_or(6)),
            _ => format!("{value}"),
        };
        let fill = if format.flags.contains('0') { '0' } else { ' ' };
        let body = if format.flags.contains('-') {
            format!("{body:<width$}", width = format.width)
        } else {
            pad(&body, format.width, fill)
        };
        [&format.before[..], body.as_bytes(), &format.after].concat()
    }
}

fn exponent(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

fn pad(text: &str, width: usize, fill: char) -> String {
    let missing = width.saturating_sub(text.len());
    let zeros: String = std::iter::repeat_n(fill, missing).collect();
    match text.strip_prefix('-') {
        Some(rest) if fill == '0' => format!("-{zeros}{rest}"),
        _ => format!("{zeros}{text}"),
    }
}

fn decimal(value: i128, decimals: usize) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let scale = 10i128.pow(decimals as u32);
    let sign = if value < 0 { "-" } else { "" };
    let value = value.abs();
    format!("{sign}{}.{:0decimals$}", value / scale, value % scale)
}

/// Mantissa and number of decimals.
fn number(word: &[u8]) -> Option<(i128, usize)> {
    let text = std::str::from_utf8(word).ok()?.trim_start();
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let long = whole.len() + fraction.len() > 30;
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) || long {
        return None;
    }
    let value: i128 = format!("0{whole}{fraction}").parse().ok()?;
    Some((if text.starts_with('-') { -value } else { value }, fraction.len()))
}

fn plan(call: &Invocation) -> Result<Plan, String> {
    let (mut separator, mut equal, mut format, mut words) =
        (b"\n".to_vec(), false, None, Vec::new());
    let mut rest = call.argv[1..].iter();
    let missing = |letter: char| format!("option requires an argument -- '{letter}'");
    while let Some(word) = rest.next() {
        match word.as_slice() {
            b"-w" | b"--equal-width" => equal = true,
            b"-s" => separator = rest.next().ok_or(missing('s'))?.clone(),
            b"-f" => format = Some(rest.next().ok_or(missing('f'))?.clone()),
            b"--" => words.extend(rest.by_ref()),
            it if it.starts_with(b"--separator=") => separator = it[12..].to_vec(),
            it if it.starts_with(b"--format=") => format = Some(it[9..].to_vec()),
            it if it.starts_with(b"-s") => separator = it[2..].to_vec(),
            it if it.starts_with(b"-f") => format = Some(it[2..].to_vec()),
            it if it.len() > 1 && it[0] == b'-' && !(it[1].is_ascii_digit() || it[1] == b'.') => {
                return Err(format!("invalid option -- '{}'", char::from(it[1])));
            }
            _ => words.push(word),
        }
    }
    if words.is_empty() {
        return Err("missing operand".into());
    }
    if let Some(extra) = words.get(3) {
        return Err(format!("extra operand {}", quote::locale(extra)));
    }
    let values: Result<Vec<(i128, usize)>, String> = words
        .iter()
        .map(|it| {
            number(it)
                .ok_or_else(|| format!("invalid floating point argument: {}", quote::locale(it)))
        })
        .collect();
    let values = values?;
    let decimals_shown = values[..values.len().min(2)].iter().map(|it| it.1);
    let decimals_shown = if values.len() == 1 { 0 } else { decimals_shown.max().unwrap_or(0) };
    let decimals = values.iter().map(|it| it.1).max().unwrap_or(0);
    let scaled = |it: (i128, usize)| it.0 * 10i128.pow((decimals - it.1) as u32);
    let one = 10i128.pow(decimals as u32);
    let (first, step, last) = match values[..] {
        [last] => (one, one, scaled(last)),
        [first, last] => (scaled(first), one, scaled(last)),
        [first, step, last] => (scaled(first), scaled(step), scaled(last)),
        _ => return Err("missing operand".into()),
    };
    if step == 0 {
        return Err(format!("invalid Zero increment value: {}", quote::locale(words[1])));
    }
    // What is printed has the decimals of FIRST and INCREMENT only.
    let shown = if values.len() == 1 { 0 } else { decimals_shown };
    let rescale = 10i128.pow((decimals - shown.min(decimals)) as u32);
    let last = if step > 0 { last.div_euclid(rescale) } else { -((-last).div_euclid(rescale)) };
    let (first, step) = (first / rescale, step / rescale);
    let ends = [decimal(first, shown), decimal(last, shown)];
    let width = if equal { ends.iter().map(String::len).max().unwrap_or(0) } else { 0 };
    let format = format.map(|it| parse_format(&it)).transpose()?;
    Ok(Plan { next: first, step, last, decimals: shown, width, separator, format, first: true })
}

fn parse_format(text: &[u8]) -> Result<Format, String> {
    let shown = quote::locale(text);
    let at = text
        .windows(2)
        .position(|it| it[0] == b'%' && it[1] != b'%')
        .ok_or_else(|| format!("format {shown} has no % directive"))?;
    let unescape = |part: &[u8]| super::find::replace(part, b"%%", b"%");
    let mut rest = &text[at + 1..];
    let take = |rest: &mut &[u8], test: fn(&u8) -> bool| -> String {
        let n = rest.iter().take_while(|it| test(it)).count();
        let part = String::from_utf8_lossy(&rest[..n]).into_owned();
        *rest = &rest[n..];
        part
    };
    let flags = take(&mut rest, |it| b"-+ #0'".contains(it));
    let width = take(&mut rest, u8::is_ascii_digit).parse().unwrap_or(0).min(1024);
    let precision = rest.strip_prefix(b".").map(|after| {
        rest = after;
        take(&mut rest, u8::is_ascii_digit).parse().unwrap_or(0)
    });
    let Some((&letter, after)) = rest.split_first() else {
        return Err(format!("format {shown} ends in %"));
    };
    if !b"efgEG".contains(&letter) {
        return Err(format!("format {shown} has unknown %{} directive", char::from(letter)));
    }
    Ok(Format {
        before: unescape(&text[..at]),
        flags,
        width,
        precision,
        letter,
        after: unescape(after),
    })
}

impl Program for Seq {
    fn poll(&mut self, os: &mut Os<'_>) -> Poll {
        if self.plan.is_none() {
            match plan(&self.call) {
                Ok(plan) => self.plan = Some(plan),
                Err(message) => {
                    let text = format!("seq: {message}\nTry 'seq --help' for more information.\n");
                    os.complain(2, text.as_bytes());
                    return Poll::Exit(1);
                }
            }
        }
        loop {
            if let Some(poll) = self.drain.poll(os, "seq") {
                return poll;
            }
            if self.ended {
                return Poll::Exit(0);
            }
            if os.fuel == 0 {
                return Poll::Yield;
            }
            self.more();
        }
    }

    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
