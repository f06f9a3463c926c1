//! File modes: shown as `drwxr-xr-x`, read as octal or symbolic.

use crate::types::{Attr, FileType};

/// The letter of a file type as `ls -l` and `find %y` have it (`-` for a regular file).
pub fn type_letter(kind: FileType) -> char {
    match kind {
        FileType::Reg => '-',
        FileType::Dir => 'd',
        FileType::Symlink => 'l',
        FileType::Chr => 'c',
        FileType::Blk => 'b',
        FileType::Fifo => 'p',
        FileType::Sock => 's',
    }
}

/// The type in words, as `stat` and `find` print it.
pub fn type_words(attr: &Attr) -> &'static str {
    match attr.kind {
        FileType::Reg if attr.size == 0 => "regular empty file",
        FileType::Reg => "regular file",
        FileType::Dir => "directory",
        FileType::Symlink => "symbolic link",
        FileType::Chr => "character special file",
        FileType::Blk => "block special file",
        FileType::Fifo => "fifo",
        FileType::Sock => "socket",
    }
}

/// `rwxr-xr-x` with s, S, t and T.
pub fn permissions(mode: u32) -> String {
    let mut text = String::with_capacity(9);
    for (shift, special, exec, plain) in
        [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
    {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => exec,
            (true, false) => plain,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// `drwxr-xr-x`.
pub fn listing(attr: &Attr) -> String {
    format!("{}{}", type_letter(attr.kind), permissions(attr.mode.bits()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    Set,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Bits for all classes, to be cut to those that are meant.
    Bits(u32),
    /// `X`: execution where it makes sense.
    ExecIfAny(u32),
    /// Copy of another class: shift of its bits.
    CopyFrom(u32),
}

/// One clause of a mode: who, what to do, which bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clause {
    who: u32,
    /// No class was named: the umask limits the change.
    masked: bool,
    verb: Verb,
    what: What,
}

/// A parsed mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeSpec {
    /// `digits` over four name the special bits of directories too.
    Octal {
        bits: u32,
        digits: usize,
        verb: char,
    },
    Symbolic(SymbolicMode),
}

/// The clauses of a symbolic mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolicMode(Vec<Clause>);

impl ModeSpec {
    /// Reads a mode; `None` when it is none.
    pub fn parse(text: &[u8]) -> Option<ModeSpec> {
        let (verb, digits) = match text.first()? {
            &v @ (b'=' | b'+' | b'-') if text.get(1).is_some_and(u8::is_ascii_digit) => {
                (v as char, &text[1..])
            }
            _ => (' ', text),
        };
        if digits.first().is_some_and(u8::is_ascii_digit) {
            return octal(verb, digits);
        }
        let mut clauses = Vec::new();
        for part in text.split(|&b| b == b',') {
            symbolic(part, &mut clauses)?;
        }
        Some(ModeSpec::Symbolic(SymbolicMode(clauses)))
    }

    /// The mode that a file of mode `old` gets.
    pub fn apply(&self, old: u32, is_dir: bool, umask: u32) -> u32 {
        match self {
            ModeSpec::Octal { bits, digits, verb } => {
                let keep =
                    if is_dir && *digits < 5 && *verb == ' ' { old & 0o6000 & !bits } else { 0 };
                match verb {
                    '+' => old | bits,
                    '-' => old & !bits,
                    '=' => *bits,
                    _ => bits | keep,
                }
            }
            ModeSpec::Symbolic(mode) => {
                mode.0.iter().fold(old, |mode, clause| change(mode, clause, is_dir, umask))
            }
        }
    }

    /// The bits that the mode speaks of: `mkdir -m` leaves the others to the umask.
    pub fn touched(&self, old: u32, is_dir: bool, umask: u32) -> u32 {
        match self {
            ModeSpec::Octal { .. } => 0o7777,
            ModeSpec::Symbolic(mode) => mode.0.iter().fold(0, |bits, clause| {
                bits | match clause.verb {
                    Verb::Set => clause.who & !if clause.masked { umask } else { 0 },
                    _ => {
                        change(old, &Clause { verb: Verb::Add, ..*clause }, is_dir, umask) & !old
                            | old
                                & !change(
                                    old,
                                    &Clause { verb: Verb::Remove, ..*clause },
                                    is_dir,
                                    umask,
                                )
                    }
                }
            }),
        }
    }

    /// What `chmod` says it does not do because of the umask: `None` when nothing is held back.
    pub fn held_back(&self, old: u32, is_dir: bool, umask: u32) -> Option<u32> {
        let naive = self.apply(old, is_dir, 0);
        let real = self.apply(old, is_dir, umask);
        (naive != real).then_some(naive)
    }
}

fn octal(verb: char, digits: &[u8]) -> Option<ModeSpec> {
    let mut bits = 0u32;
    for b in digits {
        bits = match b {
            b'0'..=b'7' => bits * 8 + u32::from(b - b'0'),
            _ => return None,
        };
        if bits > 0o7777 {
            return None;
        }
    }
    Some(ModeSpec::Octal { bits, digits: digits.len(), verb })
}

fn symbolic(part: &[u8], clauses: &mut Vec<Clause>) -> Option<()> {
    let mut at = 0;
    let mut who = 0;
    while let Some(bits) = part.get(at).and_then(|b| class(*b)) {
        who |= bits;
        at += 1;
    }
    let masked = who == 0;
    let who = if masked { 0o7777 } else { who };
    part.get(at).filter(|b| b"+-=".contains(b))?;
    while let Some(verb) = part.get(at) {
        let verb = match verb {
            b'+' => Verb::Add,
            b'-' => Verb::Remove,
            b'=' => Verb::Set,
            _ => return None,
        };
        at += 1;
        let what = permission_list(part, &mut at)?;
        clauses.push(Clause { who, masked, verb, what });
    }
    Some(())
}

fn class(letter: u8) -> Option<u32> {
    Some(match letter {
        b'u' => 0o4700,
        b'g' => 0o2070,
        b'o' => 0o1007,
        b'a' => 0o7777,
        _ => return None,
    })
}

fn permission_list(part: &[u8], at: &mut usize) -> Option<What> {
    let copy = match part.get(*at) {
        Some(b'u') => Some(6),
        Some(b'g') => Some(3),
        Some(b'o') => Some(0),
        _ => None,
    };
    if let Some(shift) = copy {
        *at += 1;
        return Some(What::CopyFrom(shift));
    }
    let (mut bits, mut any) = (0, false);
    while let Some(letter) = part.get(*at) {
        match letter {
            b'r' => bits |= 0o444,
            b'w' => bits |= 0o222,
            b'x' => bits |= 0o111,
            b's' => bits |= 0o6000,
            b't' => bits |= 0o1000,
            b'X' => any = true,
            b'+' | b'-' | b'=' => break,
            _ => return None,
        }
        *at += 1;
    }
    Some(if any { What::ExecIfAny(bits) } else { What::Bits(bits) })
}

fn change(mode: u32, clause: &Clause, is_dir: bool, umask: u32) -> u32 {
    let mut bits = match clause.what {
        What::Bits(bits) => bits,
        What::ExecIfAny(bits) => bits | if is_dir || mode & 0o111 != 0 { 0o111 } else { 0 },
        What::CopyFrom(shift) => {
            let three = mode >> shift & 7;
            three << 6 | three << 3 | three
        }
    };
    bits &= clause.who;
    if clause.masked {
        bits &= !umask;
    }
    match clause.verb {
        Verb::Add => mode | bits,
        Verb::Remove => mode & !bits,
        Verb::Set => {
            let kept_special = if is_dir { 0o6000 } else { 0 };
            let mut cleared = clause.who & !(kept_special & !bits);
            if clause.masked {
                cleared = 0o7777 & !kept_special;
            }
            mode & !cleared | bits
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(spec: &str, old: u32, dir: bool) -> u32 {
        ModeSpec::parse(spec.as_bytes()).unwrap().apply(old, dir, 0o022)
    }

    /// Each value as chmod of coreutils 9.1 left it.
    #[test]
    fn modes_are_applied_as_chmod_does() {
        assert_eq!(apply("u+x", 0o644, false), 0o744);
        assert_eq!(apply("+w", 0o444, false), 0o644);
        assert_eq!(apply("a=rX", 0o755, false), 0o555);
        assert_eq!(apply("go-rwx,u+s", 0o755, false), 0o4700);
        assert_eq!(apply("g=u", 0o700, false), 0o770);
        assert_eq!(apply("755", 0o2700, true), 0o2755);
        assert_eq!(apply("00755", 0o2700, true), 0o755);
        assert_eq!(apply("0", 0o644, false), 0);
        assert_eq!(apply("a=rwx", 0o2700, true), 0o2777);
        assert_eq!(apply("+t", 0o755, true), 0o1755);
        assert!(ModeSpec::parse(b"zz").is_none());
        assert!(ModeSpec::parse(b"88").is_none());
    }
}
