//! Words of the script language: bare text, or quoted with `\n`, `\t`, `\"`, `\\`, `\xHH`, and
//! `"text"*N` for repetition.

use crate::types;

/// Splits a line into words.
///
/// # Errors
/// What is wrong with the quoting.
pub fn split(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut words = Vec::new();
    let mut chars = line.bytes().peekable();
    loop {
        while chars.next_if(|&b| b == b' ').is_some() {}
        if chars.peek().is_none() {
            return Ok(words);
        }
        let mut word = Vec::new();
        while let Some(b) = chars.next_if(|&b| b != b' ') {
            match b {
                b'"' => quoted(&mut chars, &mut word)?,
                b => word.push(b),
            }
        }
        words.push(word);
    }
}

type Bytes<'a> = std::iter::Peekable<std::str::Bytes<'a>>;

fn quoted(chars: &mut Bytes<'_>, word: &mut Vec<u8>) -> Result<(), String> {
    let mut text = Vec::new();
    loop {
        match chars.next().ok_or("unterminated quote")? {
            b'"' => break,
            b'\\' => text.push(escaped(chars)?),
            b => text.push(b),
        }
    }
    let times = match chars.next_if_eq(&b'*') {
        None => 1,
        Some(_) => {
            let mut digits = String::new();
            while let Some(b) = chars.next_if(u8::is_ascii_digit) {
                digits.push(char::from(b));
            }
            digits.parse::<usize>().map_err(|_| "a number belongs after \"…\"*")?
        }
    };
    if text.len().saturating_mul(times) > 1 << 24 {
        return Err("a word of more than 16 MiB".into());
    }
    word.extend(text.repeat(times));
    Ok(())
}

fn escaped(chars: &mut Bytes<'_>) -> Result<u8, String> {
    Ok(match chars.next().ok_or("unterminated escape")? {
        b'n' => b'\n',
        b't' => b'\t',
        b'x' => {
            let hex: String = chars.by_ref().take(2).map(char::from).collect();
            u8::from_str_radix(&hex, 16).map_err(|_| format!("bad escape \\x{hex}"))?
        }
        b => b,
    })
}

fn is_bare(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_./%#@:,=+<>|^~!?-".contains(&b)
}

/// The word as a script shows it.
pub fn show(word: &[u8]) -> String {
    if !word.is_empty() && word.len() <= 64 && word.iter().all(|&b| is_bare(b)) {
        return word.iter().copied().map(char::from).collect();
    }
    quote(word)
}

/// The same, always in quotes.
pub fn quote(word: &[u8]) -> String {
    let same = word.len() > 16 && word.iter().all(|b| *b == word[0]);
    let mut out = String::from("\"");
    for &b in if same { &word[..1] } else { word } {
        match b {
            b'"' | b'\\' => out.extend(['\\', char::from(b)]),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            0x20..0x7f => out.push(char::from(b)),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push('"');
    if same {
        out.push_str(&format!("*{}", word.len()));
    }
    out
}

/// File content or an attribute's value: short ones in full, long ones by length and digest.
pub fn content(bytes: &[u8]) -> String {
    let same = bytes.iter().all(|b| Some(b) == bytes.first());
    if bytes.len() <= 40 || same { quote(bytes) } else { digest(bytes) }
}

/// Length and a 64-bit FNV-1a digest.
pub fn digest(bytes: &[u8]) -> String {
    let mut hash = Fnv::default();
    hash.add(bytes);
    hash.show()
}

/// FNV-1a over a stream, and its length.
#[derive(Default)]
pub struct Fnv(types::Fnv, u64);

impl Fnv {
    pub fn add(&mut self, bytes: &[u8]) {
        self.1 += bytes.len() as u64;
        self.0.add(bytes);
    }

    pub fn show(&self) -> String {
        format!("{}:{:016x}", self.1, self.0.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for word in [&b"plain/path"[..], b"", b"with space", b"\"\\\n\t\x00\xff", &[b'a'; 255]] {
            let text = show(word);
            assert_eq!(split(&text), Ok(vec![word.to_vec()]), "{text}");
        }
        assert_eq!(split("a  \"b c\"d"), Ok(vec![b"a".to_vec(), b"b cd".to_vec()]));
        assert!(split("\"a").is_err());
    }
}
