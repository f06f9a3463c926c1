//! The sets of `tr`: ranges, classes, escapes, repeats.

/// A parsed set.
pub(super) struct Set {
    /// Bytes in order, repeats expanded but for one open `[x*]`.
    pub bytes: Vec<u8>,
    /// Where an open `[x*]` stands, and its byte.
    pub fill: Option<(usize, u8)>,
    /// `[:upper:]` or `[:lower:]` stand in it.
    pub case_class: bool,
}

/// Parses a set; the error is tr's message.
pub(super) fn parse(text: &[u8]) -> Result<Set, String> {
    let mut set = Set { bytes: Vec::new(), fill: None, case_class: false };
    let mut at = 0;
    while at < text.len() {
        if let Some(next) = bracket(text, at, &mut set)? {
            at = next;
            continue;
        }
        let (low, next) = byte(text, at);
        at = next;
        if text.get(at) == Some(&b'-') && at + 1 < text.len() {
            let (high, next) = byte(text, at + 1);
            if high < low {
                let range = format!("{}-{}", char::from(low), char::from(high));
                return Err(format!(
                    "range-endpoints of '{range}' are in reverse collating sequence order"
                ));
            }
            set.bytes.extend(low..=high);
            at = next;
        } else {
            set.bytes.push(low);
        }
    }
    Ok(set)
}

/// One byte, escapes resolved.
fn byte(text: &[u8], at: usize) -> (u8, usize) {
    if text[at] != b'\\' || at + 1 == text.len() {
        return (text[at], at + 1);
    }
    let next = text[at + 1];
    let simple = match next {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'0'..=b'7' => {
            let digits = text[at + 1..].iter().take(3).take_while(|it| matches!(it, b'0'..=b'7'));
            let digits: Vec<u8> = digits.copied().collect();
            let value = digits.iter().fold(0u32, |sum, it| sum * 8 + u32::from(it - b'0'));
            if value > 255 {
                return ((value / 8) as u8, at + 3);
            }
            return (value as u8, at + 1 + digits.len());
        }
        other => other,
    };
    (simple, at + 2)
}

/// `[:class:]`, `[=x=]`, `[x*n]`; `None` where the bracket is an ordinary byte.
fn bracket(text: &[u8], at: usize, set: &mut Set) -> Result<Option<usize>, String> {
    if text[at] != b'[' || at + 2 >= text.len() {
        return Ok(None);
    }
    let rest = &text[at..];
    if rest[1] == b':' {
        let Some(end) = rest[2..].windows(2).position(|it| it == b":]") else { return Ok(None) };
        let class = &rest[2..2 + end];
        let Some(test) = class_test(class) else {
            let class = String::from_utf8_lossy(class);
            return Err(format!("invalid character class '{class}'"));
        };
        set.case_class |= class == b"upper" || class == b"lower";
        set.bytes.extend((0..=255u8).filter(|it| test(*it)));
        return Ok(Some(at + end + 4));
    }
    if rest[1] == b'=' && rest.get(3..5) == Some(b"=]") {
        set.bytes.push(rest[2]);
        return Ok(Some(at + 5));
    }
    let (repeated, after) = byte(text, at + 1);
    if text.get(after) != Some(&b'*') {
        return Ok(None);
    }
    let Some(end) = text[after..].iter().position(|it| *it == b']') else { return Ok(None) };
    let digits = &text[after + 1..after + end];
    let Ok(digits) = std::str::from_utf8(digits) else { return Ok(None) };
    let count = match digits {
        "" => 0,
        octal if octal.starts_with('0') => usize::from_str_radix(octal, 8).unwrap_or(0),
        decimal => match decimal.parse::<usize>() {
            Ok(count) => count,
            Err(_) => {
                return Err(format!("invalid repeat count '{digits}' in [c*n] construct"));
            }
        },
    };
    if count == 0 {
        set.fill = Some((set.bytes.len(), repeated));
    } else {
        set.bytes.extend(std::iter::repeat_n(repeated, count.min(1 << 16)));
    }
    Ok(Some(after + end + 1))
}

fn class_test(class: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match class {
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"digit" => |b| b.is_ascii_digit(),
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"space" => |b| matches!(b, b' ' | 0x09..=0x0d),
        b"blank" => |b| b == b' ' || b == b'\t',
        b"punct" => |b| b.is_ascii_punctuation(),
        b"print" => |b| (0x20..0x7f).contains(&b),
        b"graph" => |b| b.is_ascii_graphic(),
        b"cntrl" => |b| b.is_ascii_control(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    })
}

/// The bytes that are not in the set, ascending.
pub(super) fn complement(bytes: &[u8]) -> Vec<u8> {
    (0..=255u8).filter(|it| !bytes.contains(it)).collect()
}

/// What `tr` does to a stream; the last byte is remembered for `-s` across blocks.
#[derive(Clone, Debug)]
pub(super) struct Translator {
    pub map: Box<[u8; 256]>,
    pub delete: Box<[bool; 256]>,
    pub squeeze: Box<[bool; 256]>,
    pub last: Option<u8>,
}

impl Translator {
    pub(super) fn apply(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for &byte in input {
            if self.delete[usize::from(byte)] {
                continue;
            }
            let byte = self.map[usize::from(byte)];
            if self.squeeze[usize::from(byte)] && self.last == Some(byte) {
                continue;
            }
            self.last = Some(byte);
            out.push(byte);
        }
    }
}
