//! Bytes seen as UTF-8 characters, as the C.UTF-8 locale sees them: a byte that is not valid is a character of its own.

/// Length in bytes of the character at the start of `s` (0 for an empty slice).
pub fn char_len(s: &[u8]) -> usize {
    let Some(&b) = s.first() else { return 0 };
    let want = match b {
        0..=0x7f => return 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return 1,
    };
    if s.len() >= want && std::str::from_utf8(&s[..want]).is_ok() { want } else { 1 }
}

/// The character at the start of `s` with its length; an invalid byte has no character.
pub fn first_char(s: &[u8]) -> (Option<char>, usize) {
    let n = char_len(s);
    (std::str::from_utf8(&s[..n]).ok().and_then(|t| t.chars().next()), n)
}

/// The characters of `s` as slices.
pub fn chars(s: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        let n = char_len(&s[i..]);
        out.push(&s[i..i + n]);
        i += n;
    }
    out
}

/// How many characters `s` has.
pub fn count(s: &[u8]) -> usize {
    let mut i = 0;
    let mut n = 0;
    while i < s.len() {
        i += char_len(&s[i..]);
        n += 1;
    }
    n
}

/// For messages that go through `format!`.
pub fn lossy(s: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(s)
}

/// A valid shell identifier.
pub fn is_name(s: &[u8]) -> bool {
    !s.is_empty() && !s[0].is_ascii_digit() && s.iter().all(|&b| is_name_byte(b))
}

/// May stand in a shell identifier.
pub fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// The text parsed as a decimal integer, as `strtol` on the whole word would.
pub fn parse_int(s: &[u8]) -> Option<i64> {
    std::str::from_utf8(s).ok()?.trim().parse().ok()
}

/// A century, which is for ever.
pub const EVER: u64 = 3_150_000_000_000_000_000;

/// Nanoseconds of a decimal number of seconds (`1.5`, `.5`, `2.`, with an exponent too); a century at most.
/// In whole numbers: tables for floating point are a large part of a small program.
pub fn nanos(text: &[u8]) -> Option<u64> {
    let mark = text.iter().position(|it| matches!(it, b'e' | b'E'));
    let (number, exponent) = match mark {
        Some(at) => (&text[..at], std::str::from_utf8(&text[at + 1..]).ok()?.parse().ok()?),
        None => (text, 0_i32),
    };
    let dot = number.iter().position(|it| *it == b'.').unwrap_or(number.len());
    let (whole, rest) = number.split_at(dot);
    let fraction = rest.get(1..).unwrap_or_default();
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut value, mut power) = (0_u64, exponent.saturating_add(9));
    for (i, digit) in whole.iter().chain(fraction).enumerate() {
        let digit = char::from(*digit).to_digit(10)?;
        let is_room = value < EVER / 100;
        value = if is_room { value * 10 + u64::from(digit) } else { value };
        power += i32::from(!is_room) - i32::from(i >= whole.len());
    }
    while power > 0 && (1..EVER).contains(&value) {
        (value, power) = (value.saturating_mul(10), power - 1);
    }
    while power < 0 && value > 0 {
        (value, power) = (value / 10, power + 1);
    }
    Some(value.min(EVER))
}

/// Upper or lower case of one character, appended to `out`.
pub fn push_case(out: &mut Vec<u8>, ch: &[u8], upper: bool) {
    match first_char(ch) {
        (Some(c), _) => {
            let mut buf = [0; 4];
            // One character to one character, as towupper does.
            let mapped =
                if upper { single(c.to_uppercase(), c) } else { single(c.to_lowercase(), c) };
            out.extend_from_slice(mapped.encode_utf8(&mut buf).as_bytes());
        }
        (None, _) => out.extend_from_slice(ch),
    }
}

fn single(mut it: impl Iterator<Item = char>, c: char) -> char {
    match (it.next(), it.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The text in the form `set`, `declare -p` and traces use: quoted only where needed.
pub fn quote_if_needed(s: &[u8]) -> Vec<u8> {
    if s.is_empty() {
        return b"''".to_vec();
    }
    if needs_ansi(s) {
        return ansi_quote(s);
    }
    if s.iter().any(|&b| is_shell_meta(b)) || s[0] == b'~' || s[0] == b'#' {
        return single_quote(s);
    }
    s.to_vec()
}

/// Must be written as `$'…'`.
pub fn needs_ansi(s: &[u8]) -> bool {
    let mut i = 0;
    while i < s.len() {
        let (c, n) = first_char(&s[i..]);
        match c {
            None => return true,
            Some(c) if c.is_control() => return true,
            _ => {}
        }
        i += n;
    }
    false
}

fn is_shell_meta(b: u8) -> bool {
    b" \t\n'\"\\|&;()<>!{}*[]?^$`,".contains(&b)
}

/// `'…'` with inner quotes escaped.
pub fn single_quote(s: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &b in s {
        if b == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(b);
        }
    }
    out.push(b'\'');
    out
}

/// `$'…'`.
pub fn ansi_quote(s: &[u8]) -> Vec<u8> {
    let mut out = b"$'".to_vec();
    let mut i = 0;
    while i < s.len() {
        let (c, n) = first_char(&s[i..]);
        match c {
            Some('\x07') => out.extend_from_slice(b"\\a"),
            Some('\x08') => out.extend_from_slice(b"\\b"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\x0b') => out.extend_from_slice(b"\\v"),
            Some('\x0c') => out.extend_from_slice(b"\\f"),
            Some('\r') => out.extend_from_slice(b"\\r"),
            Some('\x1b') => out.extend_from_slice(b"\\E"),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some('\'') => out.extend_from_slice(b"\\'"),
            Some(c) if !c.is_control() => out.extend_from_slice(&s[i..i + n]),
            _ => {
                for b in &s[i..i + n] {
                    out.extend_from_slice(format!("\\{b:03o}").as_bytes());
                }
            }
        }
        i += n;
    }
    out.push(b'\'');
    out
}

/// Decodes the escapes of `$'…'`. With `echo`, those of `echo -e` and `printf %b`; the flag in the result says that `\c` was met.
pub fn unescape(s: &[u8], mode: Escapes) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'\\' || i + 1 >= s.len() {
            out.push(s[i]);
            i += 1;
            continue;
        }
        if mode != Escapes::Ansi && s[i + 1] == b'c' {
            return (out, true);
        }
        i += unescape_one(&s[i..], mode, &mut out);
    }
    (out, false)
}

/// Which dialect of backslash escapes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// `$'…'`
    Ansi,
    /// `echo -e` and `printf %b`: octal needs the leading zero.
    Echo,
    /// The format of `printf`.
    Printf,
}

/// Decodes one escape at the start of `s` into `out`; the number of bytes used.
pub fn unescape_one(s: &[u8], mode: Escapes, out: &mut Vec<u8>) -> usize {
    let simple = |b: u8| -> Option<u8> {
        Some(match b {
            b'a' => 7,
            b'b' => 8,
            b'e' | b'E' => 27,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'v' => 11,
            b'\\' => b'\\',
            b'\'' if mode != Escapes::Echo => b'\'',
            b'"' if mode != Escapes::Echo => b'"',
            b'?' if mode != Escapes::Echo => b'?',
            _ => return None,
        })
    };
    let c = s[1];
    if let Some(b) = simple(c) {
        out.push(b);
        return 2;
    }
    let digits = |from: usize, max: usize, radix: u32| -> (u32, usize) {
        let mut v = 0u32;
        let mut n = 0;
        while n < max && from + n < s.len() {
            let Some(d) = (s[from + n] as char).to_digit(radix) else { break };
            v = v.wrapping_mul(radix).wrapping_add(d);
            n += 1;
        }
        (v, n)
    };
    match c {
        b'0'..=b'7' if mode != Escapes::Echo => {
            let (v, n) = digits(1, 3, 8);
            out.push(v as u8);
            1 + n
        }
        b'0' => {
            let (v, n) = digits(2, 3, 8);
            out.push(v as u8);
            2 + n
        }
        b'x' => match digits(2, 2, 16) {
            (_, 0) => {
                out.extend_from_slice(b"\\x");
                2
            }
            (v, n) => {
                out.push(v as u8);
                2 + n
            }
        },
        b'u' | b'U' => match digits(2, if c == b'u' { 4 } else { 8 }, 16) {
            (_, 0) => {
                out.extend_from_slice(&s[..2]);
                2
            }
            (v, n) => {
                let mut buf = [0; 4];
                if let Some(ch) = char::from_u32(v) {
                    out.extend_from_slice(ch.encode_utf8(&mut buf).as_bytes());
                }
                2 + n
            }
        },
        b'c' if mode == Escapes::Ansi && s.len() > 2 => {
            out.push(if s[2] == b'?' { 127 } else { s[2].to_ascii_uppercase() & 0x1f });
            3
        }
        _ => {
            out.push(b'\\');
            out.push(c);
            2
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn seconds_are_read_without_floating_point() {
        for (text, want) in [
            ("1", 1_000_000_000),
            ("1.5", 1_500_000_000),
            (".25", 250_000_000),
            ("2.", 2_000_000_000),
            ("0.1", 100_000_000),
            ("1e-3", 1_000_000),
            ("1.5e+1", 15_000_000_000),
            ("0.0000000019", 1),
            ("00000000000000000000000000003", 3_000_000_000),
            ("0e99999999", 0),
            ("123456789012345678901234567890", super::EVER),
            ("1e300", super::EVER),
        ] {
            assert_eq!(super::nanos(text.as_bytes()), Some(want), "{text}");
        }
        for text in ["", ".", "e1", "1e", "-1", "1 ", "1.2.3", "inf", "0x1"] {
            assert_eq!(super::nanos(text.as_bytes()), None, "{text}");
        }
    }
}
