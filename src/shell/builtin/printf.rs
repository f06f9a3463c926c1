//! printf.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::command::common::time;
use crate::shell::expand::set_element;
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::text::{self, Escapes, unescape_one};
use crate::types::Timespec;

pub fn printf(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut args = &argv[1..];
    let mut var = None;
    match args.first().map(Vec::as_slice) {
        Some(b"-v") if args.len() > 1 => {
            var = Some(args[1].clone());
            args = &args[2..];
            if args.first().is_some_and(|a| a == b"--") {
                args = &args[1..];
            }
        }
        Some(b"--") => args = &args[1..],
        Some(a) if a.len() > 1 && a[0] == b'-' && a[1] != b'v' => {
            let opt = text::lossy(&a[..2]).into_owned();
            return sh.bad_option(os, "printf", &opt, "printf [-v var] format [arguments]");
        }
        _ => {}
    }
    let Some((format, args)) = args.split_first() else {
        sh.emit(os, 2, "printf: usage: printf [-v var] format [arguments]\n", None);
        return Ret::Status(2);
    };
    let mut p = Printf {
        out: Vec::new(),
        args,
        at: 0,
        status: 0,
        errors: Vec::new(),
        stop: false,
        now: now(os),
    };
    loop {
        let before = p.at;
        p.round(format);
        if p.stop || p.at >= args.len() || p.at == before {
            break;
        }
    }
    let (out, status, errors) = (p.out, p.status, p.errors);
    let Some(var) = var else {
        sh.sh.set_status(status);
        sh.emit(os, 1, out, Some("printf"));
        for e in errors {
            sh.complain(os, &format!("printf: {e}"));
        }
        return Ret::Moved;
    };
    for e in errors {
        sh.complain(os, &format!("printf: {e}"));
    }
    let res = match var.iter().position(|&b| b == b'[') {
        Some(n) => set_element(&mut sh.sh, &var[..n], &var[n + 1..var.len() - 1], out, false),
        None if text::is_name(&var) => sh.sh.assign(&var, out),
        None => Err(format!("printf: `{}': not a valid identifier", text::lossy(&var))),
    };
    match res {
        Ok(()) => Ret::Status(status),
        Err(m) => {
            sh.complain(os, &m);
            Ret::Status(if m.contains("identifier") { 2 } else { 1 })
        }
    }
}

fn now(os: &mut Os<'_>) -> i64 {
    use crate::sys::Sys;
    os.sys().clock().sec
}

struct Printf<'a> {
    out: Str,
    args: &'a [Str],
    at: usize,
    status: i32,
    errors: Vec<String>,
    stop: bool,
    now: i64,
}

/// Flags, width and precision of a conversion.
#[derive(Default)]
struct Spec {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alt: bool,
    width: usize,
    precision: Option<usize>,
}

impl<'a> Printf<'a> {
    fn next(&mut self) -> Option<&'a Str> {
        let a = self.args.get(self.at);
        self.at += usize::from(a.is_some());
        a
    }

    fn round(&mut self, f: &[u8]) {
        let mut i = 0;
        while i < f.len() && !self.stop {
            match f[i] {
                b'\\' if i + 1 < f.len() => {
                    i += unescape_one(&f[i..], Escapes::Printf, &mut self.out);
                }
                b'%' if f.get(i + 1) == Some(&b'%') => {
                    self.out.push(b'%');
                    i += 2;
                }
                b'%' => i += self.conversion(&f[i..]),
                b => {
                    self.out.push(b);
                    i += 1;
                }
            }
        }
    }

    /// One conversion; how many bytes of the format it took.
    fn conversion(&mut self, f: &[u8]) -> usize {
        let mut i = 1;
        let mut s = Spec::default();
        while let Some(b) = f.get(i) {
            match b {
                b'-' => s.minus = true,
                b'+' => s.plus = true,
                b' ' => s.space = true,
                b'0' => s.zero = true,
                b'#' => s.alt = true,
                b'\'' => {}
                _ => break,
            }
            i += 1;
        }
        if f.get(i) == Some(&b'*') {
            let n = self.integer();
            s.minus |= n < 0;
            s.width = n.unsigned_abs().min(1 << 20) as usize;
            i += 1;
        } else {
            while let Some(d) = f.get(i).filter(|b| b.is_ascii_digit()) {
                s.width = (s.width * 10 + usize::from(d - b'0')).min(1 << 20);
                i += 1;
            }
        }
        if f.get(i) == Some(&b'.') {
            i += 1;
            let mut p = 0;
            if f.get(i) == Some(&b'*') {
                let n = self.integer();
                s.precision = usize::try_from(n).ok().map(|n| n.min(1 << 20));
                i += 1;
            } else {
                while let Some(d) = f.get(i).filter(|b| b.is_ascii_digit()) {
                    p = (p * 10 + usize::from(d - b'0')).min(1 << 20);
                    i += 1;
                }
                s.precision = Some(p);
            }
        }
        let mut date = None;
        if f.get(i) == Some(&b'(') {
            if let Some(end) = f[i..].iter().position(|&b| b == b')') {
                date = Some(f[i + 1..i + end].to_vec());
                i += end + 1;
            }
        }
        while matches!(f.get(i), Some(b'l' | b'h' | b'j' | b'z' | b't' | b'L')) {
            i += 1;
        }
        let Some(&c) = f.get(i) else {
            let shown = text::lossy(f).into_owned();
            self.errors.push(format!("`{shown}': missing format character"));
            self.status = 1;
            self.stop = true;
            return f.len();
        };
        self.convert(c, &s, date);
        if self.stop && self.status == 1 && !b"sbqQcdiuoxXeEfFgGaAnT".contains(&c) {
            self.errors.push(format!("`{}': invalid format character", c as char));
        }
        i + 1
    }

    fn convert(&mut self, c: u8, s: &Spec, date: Option<Str>) {
        match c {
            b's' => {
                let a = self.next().cloned().unwrap_or_default();
                self.string(&a, s);
            }
            b'c' => {
                let a = self.next().cloned().unwrap_or_default();
                let n = a.len().min(1);
                self.pad(&a[..n], s);
            }
            b'b' => {
                let a = self.next().cloned().unwrap_or_default();
                let (t, stop) = percent_b(&a);
                self.string(&t, s);
                self.stop |= stop;
            }
            b'q' | b'Q' => {
                let a = self.next().cloned().unwrap_or_default();
                let q = backslash_quote(&a);
                self.string(&q, s);
            }
            b'd' | b'i' => {
                let v = self.integer();
                self.signed(v, s);
            }
            b'u' | b'o' | b'x' | b'X' => {
                let v = self.integer() as u64;
                self.unsigned(c, v, s);
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => {
                let v = self.float();
                self.real(c, v, s);
            }
            b'T' if date.is_some() => {
                let v = match self.next() {
                    Some(a) => match text::parse_int(a) {
                        Some(-1 | -2) | None => self.now,
                        Some(n) => n,
                    },
                    None => self.now,
                };
                let t = time::strftime(&date.unwrap_or_default(), Timespec::new(v, 0));
                self.string(&t, s);
            }
            b'n' => {
                self.next();
            }
            _ => {
                self.status = 1;
                self.stop = true;
            }
        }
    }

    fn string(&mut self, a: &[u8], s: &Spec) {
        let cut = match s.precision {
            Some(p) => text::chars(a).into_iter().take(p).map(<[u8]>::len).sum(),
            None => a.len(),
        };
        self.pad(&a[..cut], s);
    }

    fn pad(&mut self, a: &[u8], s: &Spec) {
        let fill = s.width.saturating_sub(text::count(a));
        if !s.minus {
            self.out.extend(std::iter::repeat_n(b' ', fill));
        }
        self.out.extend_from_slice(a);
        if s.minus {
            self.out.extend(std::iter::repeat_n(b' ', fill));
        }
    }

    /// A number argument as C reads one, with complaints.
    fn integer(&mut self) -> i64 {
        let Some(a) = self.next() else { return 0 };
        if let Some(first) = a.first().filter(|b| matches!(b, b'"' | b'\'')) {
            let _ = first;
            return text::first_char(&a[1..]).0.map_or(0, |c| i64::from(c as u32));
        }
        let t = a.trim_ascii_start();
        let (neg, digits) = match t.first() {
            Some(b'-') => (true, &t[1..]),
            Some(b'+') => (false, &t[1..]),
            _ => (false, t),
        };
        let (radix, digits) = match digits {
            [b'0', b'x' | b'X', rest @ ..] => (16, rest),
            [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
            d => (10, d),
        };
        let len = digits.iter().take_while(|b| (**b as char).is_digit(radix)).count();
        if len < digits.len() || (t.is_empty() && !a.is_empty()) || (len == 0 && radix != 8) {
            if a.is_empty() {
                return 0;
            }
            let what = if radix == 8 {
                "invalid octal number"
            } else if radix == 16 {
                "invalid hex number"
            } else {
                "invalid number"
            };
            self.errors.push(format!("{}: {what}", text::lossy(a)));
            self.status = 1;
        }
        let mut v: i128 = 0;
        for b in &digits[..len] {
            v = (v * i128::from(radix) + i128::from((*b as char).to_digit(radix).unwrap_or(0)))
                .min(1 << 100);
        }
        let v = if neg { -v } else { v };
        match i64::try_from(v) {
            Ok(n) => n,
            Err(_) if u64::try_from(v).is_ok() && !neg => v as u64 as i64,
            Err(_) => {
                self.errors
                    .push(format!("warning: {}: Numerical result out of range", text::lossy(a)));
                if neg { i64::MIN } else { i64::MAX }
            }
        }
    }

    fn float(&mut self) -> f64 {
        let Some(a) = self.next() else { return 0.0 };
        if matches!(a.first(), Some(b'"' | b'\'')) {
            return text::first_char(&a[1..]).0.map_or(0.0, |c| f64::from(c as u32));
        }
        let t = text::lossy(a).trim().to_string();
        if let Ok(v) = t.parse() {
            return v;
        }
        if let Some(h) = t.strip_prefix("0x") {
            if let Ok(v) = i64::from_str_radix(h, 16) {
                return v as f64;
            }
        }
        if !a.is_empty() {
            self.errors.push(format!("{}: invalid number", text::lossy(a)));
            self.status = 1;
        }
        let n =
            (0..=t.len()).rev().find(|n| t.is_char_boundary(*n) && t[..*n].parse::<f64>().is_ok());
        n.and_then(|n| t[..n].parse().ok()).unwrap_or(0.0)
    }

    fn signed(&mut self, v: i64, s: &Spec) {
        let sign = if v < 0 {
            "-"
        } else if s.plus {
            "+"
        } else if s.space {
            " "
        } else {
            ""
        };
        self.number(sign, v.unsigned_abs().to_string(), s, v == 0);
    }

    fn unsigned(&mut self, c: u8, v: u64, s: &Spec) {
        let digits = match c {
            b'o' => format!("{v:o}"),
            b'x' => format!("{v:x}"),
            b'X' => format!("{v:X}"),
            _ => v.to_string(),
        };
        let prefix = match c {
            b'o' if s.alt && v != 0 => "0",
            b'x' if s.alt && v != 0 => "0x",
            b'X' if s.alt && v != 0 => "0X",
            _ => "",
        };
        self.number(prefix, digits, s, v == 0);
    }

    fn number(&mut self, prefix: &str, mut digits: String, s: &Spec, zero: bool) {
        match s.precision {
            Some(0) if zero => digits.clear(),
            Some(p) => digits = format!("{}{digits}", "0".repeat(p.saturating_sub(digits.len()))),
            None if s.zero && !s.minus => {
                let fill = s.width.saturating_sub(prefix.len() + digits.len());
                digits = format!("{}{digits}", "0".repeat(fill));
            }
            None => {}
        }
        self.pad(format!("{prefix}{digits}").as_bytes(), s);
    }

    fn real(&mut self, c: u8, v: f64, s: &Spec) {
        let sign = if v.is_sign_negative() {
            "-"
        } else if s.plus {
            "+"
        } else if s.space {
            " "
        } else {
            ""
        };
        let p = s.precision.unwrap_or(6);
        let a = v.abs();
        let mut body = match c.to_ascii_lowercase() {
            _ if a.is_infinite() => "inf".to_string(),
            _ if a.is_nan() => "nan".to_string(),
            b'f' => format!("{a:.p$}"),
            b'e' => exponent(a, p),
            _ => general(a, p.max(1), s.alt),
        };
        if c.is_ascii_uppercase() {
            body = body.to_uppercase();
        }
        if s.zero && !s.minus && a.is_finite() {
            let fill = s.width.saturating_sub(sign.len() + body.len());
            body = format!("{}{body}", "0".repeat(fill));
        }
        self.pad(format!("{sign}{body}").as_bytes(), s);
    }
}

fn exponent(a: f64, p: usize) -> String {
    let t = format!("{a:.p$e}");
    match t.split_once('e') {
        Some((m, e)) => {
            let n: i32 = e.parse().unwrap_or(0);
            format!("{m}e{}{:02}", if n < 0 { '-' } else { '+' }, n.abs())
        }
        None => t,
    }
}

fn general(a: f64, p: usize, alt: bool) -> String {
    let e = exponent(a, p - 1);
    let n: i32 = e.split_once('e').and_then(|x| x.1.parse().ok()).unwrap_or(0);
    let trim = |t: String| {
        if alt || !t.contains('.') {
            t
        } else {
            t.trim_end_matches('0').trim_end_matches('.').to_string()
        }
    };
    if n < -4 || n >= p as i32 {
        let (m, x) = e.split_once('e').unwrap_or((&e, "+00"));
        return format!("{}e{x}", trim(m.to_string()));
    }
    trim(format!("{a:.*}", (p as i32 - 1 - n).max(0) as usize))
}

/// The escapes of `%b`: octal with or without the zero.
fn percent_b(s: &[u8]) -> (Str, bool) {
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'\\' || i + 1 >= s.len() {
            out.push(s[i]);
            i += 1;
            continue;
        }
        match s[i + 1] {
            b'c' => return (out, true),
            b'0' => i += unescape_one(&s[i..], Escapes::Echo, &mut out),
            _ => i += unescape_one(&s[i..], Escapes::Printf, &mut out),
        }
    }
    (out, false)
}

/// `%q`.
pub fn backslash_quote(s: &[u8]) -> Str {
    if s.is_empty() {
        return b"''".to_vec();
    }
    if text::needs_ansi(s) {
        return text::ansi_quote(s);
    }
    let mut out = Vec::new();
    for (i, &b) in s.iter().enumerate() {
        if b" \t\n'\"\\|&;()<>!{}*[]?^$`,".contains(&b) || (i == 0 && matches!(b, b'~' | b'#')) {
            out.push(b'\\');
        }
        out.push(b);
    }
    out
}
