//! Values of attributes as text, hexadecimal and base64.

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Text,
    Hex,
    Base64,
}

impl Encoding {
    pub fn parse(word: &str) -> Option<Encoding> {
        match word {
            "text" => Some(Encoding::Text),
            "hex" => Some(Encoding::Hex),
            "base64" => Some(Encoding::Base64),
            _ => None,
        }
    }

    /// Text when at most one byte in eight cannot be printed.
    pub fn best(value: &[u8]) -> Encoding {
        let odd = value.iter().filter(|b| !matches!(b, 32..=126)).count();
        if value.len() >= odd * 8 { Encoding::Text } else { Encoding::Base64 }
    }

    pub fn encode(self, value: &[u8]) -> Vec<u8> {
        match self {
            Encoding::Text => {
                let mut text = vec![b'"'];
                text.extend(quote(value, b"\n\r\"\\"));
                text.push(b'"');
                text
            }
            Encoding::Hex => {
                let digits: String = value.iter().map(|b| format!("{b:02x}")).collect();
                format!("0x{digits}").into_bytes()
            }
            Encoding::Base64 => {
                let mut text = b"0s".to_vec();
                text.extend(base64(value));
                text
            }
        }
    }
}

fn base64(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for three in value.chunks(3) {
        let n =
            three.iter().enumerate().fold(0u32, |n, (at, b)| n | u32::from(*b) << (16 - 8 * at));
        for at in 0..4 {
            let digit = BASE64[(n >> (18 - 6 * at) & 63) as usize];
            out.push(if at > three.len() { b'=' } else { digit });
        }
    }
    out
}

/// Backslashes and quotes get a backslash, other special bytes become octal.
pub fn quote(text: &[u8], special: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &b in text {
        match b {
            b'\\' | b'"' if special.contains(&b) => out.extend([b'\\', b]),
            0 => out.extend(b"\\000"),
            b if special.contains(&b) => out.extend(format!("\\{b:03o}").bytes()),
            b => out.push(b),
        }
    }
    out
}

/// Undoes [`quote`].
pub fn unquote(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let next = text.get(at + 1);
        match (text[at], next) {
            (b'\\', Some(b'\\' | b'"')) => {
                out.push(text[at + 1]);
                at += 2;
            }
            (b'\\', Some(b'0'..=b'7')) => {
                let digits: Vec<u32> =
                    text[at + 1..].iter().take(3).map_while(|b| (*b as char).to_digit(8)).collect();
                out.push(digits.iter().fold(0, |n, d| n * 8 + d) as u8);
                at += 1 + digits.len();
            }
            (b, _) => {
                out.push(b);
                at += 1;
            }
        }
    }
    out
}

/// A value as `setfattr -v` takes it. `None` for wrong digits.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(hex) = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")) {
        let digits: Option<Vec<u8>> = hex
            .iter()
            .filter(|b| !b.is_ascii_whitespace())
            .map(|b| (*b as char).to_digit(16).map(|d| d as u8))
            .collect();
        let digits = digits?;
        let pairs = digits.chunks_exact(2);
        return pairs.remainder().is_empty().then(|| pairs.map(|p| p[0] << 4 | p[1]).collect());
    }
    if let Some(text) = text.strip_prefix(b"0s").or_else(|| text.strip_prefix(b"0S")) {
        return unbase64(text);
    }
    let inner = match text {
        [b'"', inner @ .., b'"'] => inner,
        _ => text,
    };
    Some(unquote(inner))
}

fn unbase64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for &b in text.iter().filter(|b| !b.is_ascii_whitespace()) {
        if b == b'=' {
            break;
        }
        let digit = BASE64.iter().position(|d| *d == b)?;
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As getfattr 2.5.1 printed them.
    #[test]
    fn values_are_shown_as_getfattr_does() {
        let show = |v: &[u8]| String::from_utf8(Encoding::best(v).encode(v)).unwrap();
        assert_eq!(show(b"hello"), "\"hello\"");
        assert_eq!(show(b"\0\x01\xff"), "0sAAH/");
        assert_eq!(show(b"q\"uo\\te"), "\"q\\\"uo\\\\te\"");
        assert_eq!(show(b"a\nb\"\\"), "0sYQpiIlw=");
        assert_eq!(show(b""), "\"\"");
        assert_eq!(decode(b"0sAAEC"), Some(vec![0, 1, 2]));
        assert_eq!(decode(b"0x0001ff"), Some(vec![0, 1, 255]));
        assert_eq!(decode(b"0xzz"), None);
    }
}
