//! File names in messages and listings, as GNU tools quote them in a UTF-8 locale.

/// One unit of a name: a printable character, or a byte that must be escaped.
enum Unit<'a> {
    Char(char, &'a str),
    Raw(u8),
}

fn units(name: &[u8]) -> Vec<Unit<'_>> {
    let mut all = Vec::new();
    for chunk in name.utf8_chunks() {
        for (at, ch) in chunk.valid().char_indices() {
            if ch.is_control() {
                all.extend(chunk.valid()[at..at + ch.len_utf8()].bytes().map(Unit::Raw));
            } else {
                all.push(Unit::Char(ch, &chunk.valid()[at..at + ch.len_utf8()]));
            }
        }
        all.extend(chunk.invalid().iter().map(|&b| Unit::Raw(b)));
    }
    all
}

fn special(ch: char, first: bool, only: bool) -> bool {
    match ch {
        '#' | '~' => first,
        '{' | '}' => only,
        ' ' | '!' | '"' | '$' | '&' | '(' | ')' | '*' | ';' | '<' | '=' | '>' | '[' | '^' | '`'
        | '|' | '?' | '\\' => true,
        _ => false,
    }
}

fn escape(byte: u8) -> String {
    match byte {
        7 => "\\a".into(),
        8 => "\\b".into(),
        9 => "\\t".into(),
        10 => "\\n".into(),
        11 => "\\v".into(),
        12 => "\\f".into(),
        13 => "\\r".into(),
        it => format!("\\{it:03o}"),
    }
}

/// The name quoted for a shell where that is needed (`ls` on a terminal).
pub fn shell(name: &[u8]) -> String {
    shell_style(name, false)
}

/// Like [`shell`], but what cannot be printed stays as it is (`--quoting-style=shell`).
pub fn shell_raw(name: &[u8]) -> String {
    let plain: Vec<u8> =
        name.iter().map(|b| if b.is_ascii_control() { b' ' } else { *b }).collect();
    if shell(&plain).len() == plain.len() && plain == name {
        return shell(name);
    }
    let text = String::from_utf8_lossy(name);
    let double = name.contains(&b'\'') && !name.iter().any(|b| b"\"$`\\!".contains(b));
    if double { format!("\"{text}\"") } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The name quoted for a shell in any case (most messages of coreutils).
pub fn quoted(name: &[u8]) -> String {
    shell_style(name, true)
}

/// The name quoted where it needs it or is ambiguous in a message (`quotef`): like [`shell`], and
/// a colon needs quotes too.
pub fn message(name: &[u8]) -> String {
    shell_style(name, name.contains(&b':'))
}

fn shell_style(name: &[u8], always: bool) -> String {
    let units = units(name);
    let raw = units.iter().any(|u| matches!(u, Unit::Raw(_)));
    let single = name.contains(&b'\'');
    let needs = name.is_empty()
        || raw
        || single
        || units.iter().enumerate().any(|(at, unit)| match unit {
            Unit::Char(ch, _) => special(*ch, at == 0, units.len() == 1),
            Unit::Raw(_) => true,
        });
    if !needs && !always {
        return String::from_utf8_lossy(name).into_owned();
    }
    let doubles = !raw && !name.iter().any(|b| b"\"$`\\!".contains(b)) && !shell_only(&units);
    if single && doubles {
        return format!("\"{}\"", String::from_utf8_lossy(name));
    }
    let mut out = String::from("'");
    if single && raw && !matches!(units.first(), Some(Unit::Raw(_))) {
        out.push_str("''");
    }
    let mut escaping = false;
    for unit in &units {
        match unit {
            Unit::Raw(byte) => {
                if !escaping {
                    out.push_str("'$'");
                    escaping = true;
                }
                out.push_str(&escape(*byte));
            }
            Unit::Char(ch, text) => {
                if escaping {
                    out.push_str("''");
                    escaping = false;
                }
                if *ch == '\'' {
                    out.push_str("'\\''");
                } else {
                    out.push_str(text);
                }
            }
        }
    }
    out.push('\'');
    out
}

/// Characters that keep a name with a single quote from being put in double quotes.
fn shell_only(units: &[Unit<'_>]) -> bool {
    units.iter().enumerate().any(|(at, unit)| match unit {
        Unit::Char(ch, _) => {
            !matches!(ch, ' ' | '#' | '~') && special(*ch, at == 0, units.len() == 1)
        }
        Unit::Raw(_) => true,
    })
}

/// ‘name’: the locale's quotes around a word of a message.
pub fn locale(name: &[u8]) -> String {
    let mut out = String::from("‘");
    for unit in units(name) {
        match unit {
            Unit::Char('’', _) => out.push_str("\\’"),
            Unit::Char('\\', _) => out.push_str("\\\\"),
            Unit::Char(_, text) => out.push_str(text),
            Unit::Raw(byte) => out.push_str(&escape(byte)),
        }
    }
    out.push('’');
    out
}

/// C string style without the outer quotes (`ls -b`, `stat %N` in part).
pub fn c_escape(name: &[u8], blanks: bool) -> String {
    let mut out = String::new();
    for unit in units(name) {
        match unit {
            Unit::Char('\\', _) => out.push_str("\\\\"),
            Unit::Char(' ', _) if blanks => out.push_str("\\ "),
            Unit::Char(_, text) => out.push_str(text),
            Unit::Raw(byte) => out.push_str(&escape(byte)),
        }
    }
    out
}

/// Everything that a terminal could not show becomes a question mark.
pub fn hide_controls(name: &[u8]) -> String {
    units(name)
        .iter()
        .map(|unit| match unit {
            Unit::Char(_, text) => *text,
            Unit::Raw(_) => "?",
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each pair as `ls --quoting-style=shell-escape` of coreutils 9.1 printed it.
    #[test]
    fn shell_quoting_is_that_of_ls() {
        for (name, want) in [
            (&b"a b"[..], "'a b'"),
            (b"it's", "\"it's\""),
            (b"a\nb", "'a'$'\\n''b'"),
            (b"\nb", "''$'\\n''b'"),
            (b"a\n", "'a'$'\\n'"),
            (b"\n", "''$'\\n'"),
            (b"a\n\tb", "'a'$'\\n\\t''b'"),
            (b"a\xff\tb", "'a'$'\\377\\t''b'"),
            (b"a'b\"c", "'a'\\''b\"c'"),
            (b"a'b$", "'a'\\''b$'"),
            (b"it's\n", "'''it'\\''s'$'\\n'"),
            (b"#x", "'#x'"),
            (b"x#", "x#"),
            (b"~", "'~'"),
            (b"{", "'{'"),
            (b"a{", "a{"),
            (b"a]b", "a]b"),
            (b"a:b", "a:b"),
            (b"%", "%"),
            ("ä".as_bytes(), "ä"),
        ] {
            assert_eq!(shell(name), want);
        }
        assert_eq!(quoted(b"a"), "'a'");
        assert_eq!(locale(b"x"), "‘x’");
    }
}
