//! Shell patterns: `*`, `?`, `[…]` and the extended forms. A backslash in a pattern quotes what follows it:
//! the expander writes quoted text that way. It knows nothing of files; see `glob`.

use super::text::{char_len, first_char};

/// How patterns are matched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// `?(…)` and its kin are patterns.
    pub extglob: bool,
    /// Letters match in either case.
    pub nocase: bool,
}

/// Does the whole text match the whole pattern?
pub fn matches(pat: &[u8], s: &[u8], o: Options) -> bool {
    Matcher { o, steps: 0 }.run(pat, s)
}

/// The pattern has no special characters: its literal text.
pub fn literal(pat: &[u8], o: Options) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < pat.len() {
        match pat[i] {
            b'\\' if i + 1 < pat.len() => {
                i += 1;
                out.push(pat[i]);
            }
            b'*' | b'?' | b'[' => return None,
            b'+' | b'@' | b'!' if o.extglob && pat.get(i + 1) == Some(&b'(') => return None,
            b => out.push(b),
        }
        i += 1;
    }
    Some(out)
}

/// Removes the backslashes that quote.
pub fn unescape(pat: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut it = pat.iter();
    while let Some(&b) = it.next() {
        out.push(if b == b'\\' { it.next().copied().unwrap_or(b'\\') } else { b });
    }
    out
}

/// Would pathname expansion look for files with this pattern?
pub fn is_glob(pat: &[u8], o: Options) -> bool {
    let mut i = 0;
    let mut bracket = false;
    while i < pat.len() {
        match pat[i] {
            b'\\' => i += 1,
            b'*' | b'?' => return true,
            b'[' => bracket = true,
            b']' if bracket => return true,
            b'+' | b'@' | b'!' if o.extglob && pat.get(i + 1) == Some(&b'(') => return true,
            _ => {}
        }
        i += 1;
    }
    false
}

/// Work after which a pathological pattern is given up as not matching.
const MAX_STEPS: u64 = 5_000_000;

struct Matcher {
    o: Options,
    steps: u64,
}

impl Matcher {
    fn run(&mut self, mut pat: &[u8], mut s: &[u8]) -> bool {
        // Where to go on after the last `*` when the rest does not match.
        let mut star: Option<(&[u8], &[u8])> = None;
        loop {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return false;
            }
            if let Some((group, kind, rest)) = self.group(pat) {
                // What follows the group is tried for each of its matches.
                if self.run_group(group, kind, rest, s) {
                    return true;
                }
            } else if let Some((&b'*', rest)) = pat.split_first() {
                if rest.is_empty() {
                    return true;
                }
                star = Some((rest, s));
                pat = rest;
                continue;
            } else if pat.is_empty() && s.is_empty() {
                return true;
            } else if let Some((p, t)) = self.one(pat, s) {
                pat = p;
                s = t;
                continue;
            }
            match star {
                Some((p, t)) if !t.is_empty() => {
                    let t = &t[char_len(t)..];
                    star = Some((p, t));
                    pat = p;
                    s = t;
                }
                _ => return false,
            }
        }
    }

    /// Matches one pattern element with one character; the rests.
    fn one<'p, 's>(&self, pat: &'p [u8], s: &'s [u8]) -> Option<(&'p [u8], &'s [u8])> {
        if pat.is_empty() || s.is_empty() {
            return None;
        }
        let n = char_len(s);
        match pat[0] {
            b'?' => Some((&pat[1..], &s[n..])),
            b'[' => match bracket(pat, &s[..n], self.o.nocase) {
                Some((true, used)) => Some((&pat[used..], &s[n..])),
                Some((false, _)) => None,
                None if s[0] == b'[' => Some((&pat[1..], &s[1..])),
                None => None,
            },
            _ => {
                let p = if pat[0] == b'\\' && pat.len() > 1 { &pat[1..] } else { pat };
                let m = char_len(p);
                same(&p[..m], &s[..n], self.o.nocase).then(|| (&p[m..], &s[n..]))
            }
        }
    }

    /// An extended group at the start of the pattern: its inside, its kind, and what follows.
    fn group<'p>(&self, pat: &'p [u8]) -> Option<(&'p [u8], u8, &'p [u8])> {
        if !self.o.extglob || pat.len() < 2 || pat[1] != b'(' || !b"?*+@!".contains(&pat[0]) {
            return None;
        }
        let end = group_end(&pat[2..])?;
        Some((&pat[2..2 + end], pat[0], &pat[3 + end..]))
    }

    fn run_group(&mut self, inner: &[u8], kind: u8, rest: &[u8], s: &[u8]) -> bool {
        let alts = alternatives(inner);
        let splits = boundaries(s);
        match kind {
            b'!' => splits
                .iter()
                .any(|&n| !alts.iter().any(|a| self.run(a, &s[..n])) && self.run(rest, &s[n..])),
            b'@' | b'?' => {
                if kind == b'?' && self.run(rest, s) {
                    return true;
                }
                splits
                    .iter()
                    .any(|&n| alts.iter().any(|a| self.run(a, &s[..n])) && self.run(rest, &s[n..]))
            }
            _ => {
                if kind == b'*' && self.run(rest, s) {
                    return true;
                }
                splits.iter().any(|&n| {
                    alts.iter().any(|a| self.run(a, &s[..n]))
                        && (self.run(rest, &s[n..])
                            || (n > 0 && self.run_group(inner, b'+', rest, &s[n..])))
                })
            }
        }
    }
}

fn boundaries(s: &[u8]) -> Vec<usize> {
    let mut v = vec![0];
    let mut i = 0;
    while i < s.len() {
        i += char_len(&s[i..]);
        v.push(i);
    }
    v
}

/// Index of the `)` that closes a group.
fn group_end(p: &[u8]) -> Option<usize> {
    let (mut depth, mut i) = (0, 0);
    while i < p.len() {
        match p[i] {
            b'\\' => i += 1,
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(i),
            b')' => depth -= 1,
            _ => {}
        }
        i += 1;
    }
    None
}

fn alternatives(p: &[u8]) -> Vec<&[u8]> {
    let (mut depth, mut i, mut start) = (0, 0, 0);
    let mut out = Vec::new();
    while i < p.len() {
        match p[i] {
            b'\\' => i += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'|' if depth == 0 => {
                out.push(&p[start..i]);
                start = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    out.push(&p[start..]);
    out
}

fn fold(c: Option<char>, raw: &[u8], nocase: bool) -> u32 {
    match c {
        Some(c) if nocase => c.to_lowercase().next().unwrap_or(c) as u32,
        Some(c) => c as u32,
        None => 0x11_0000 + u32::from(raw[0]),
    }
}

fn code(s: &[u8], nocase: bool) -> u32 {
    fold(first_char(s).0, s, nocase)
}

fn same(a: &[u8], b: &[u8], nocase: bool) -> bool {
    a == b || (nocase && code(a, true) == code(b, true))
}

/// A bracket expression at the start of `pat` against one character: (it matches, its length), or none if it is not one.
fn bracket(pat: &[u8], ch: &[u8], nocase: bool) -> Option<(bool, usize)> {
    let mut i = 1;
    let negate = matches!(pat.get(i), Some(b'!' | b'^'));
    i += usize::from(negate);
    let first = i;
    let c = code(ch, nocase);
    let mut hit = false;
    loop {
        match *pat.get(i)? {
            b']' if i > first => return Some((hit != negate, i + 1)),
            b'[' if matches!(pat.get(i + 1), Some(b':' | b'.' | b'=')) => {
                let kind = pat[i + 1];
                let Some(end) = pat[i + 2..].windows(2).position(|w| w == [kind, b']']) else {
                    hit |= c == u32::from(b'[');
                    i += 1;
                    continue;
                };
                let name = &pat[i + 2..i + 2 + end];
                hit |= if kind == b':' { class(name, ch, nocase) } else { same(name, ch, nocase) };
                i += end + 4;
            }
            _ => {
                let (lo, next) = bracket_char(pat, i, nocase)?;
                i = next;
                if pat.get(i) == Some(&b'-') && !matches!(pat.get(i + 1), Some(b']') | None) {
                    let (hi, next) = bracket_char(pat, i + 1, nocase)?;
                    i = next;
                    hit |= lo <= c && c <= hi;
                } else {
                    hit |= lo == c;
                }
            }
        }
    }
}

fn bracket_char(pat: &[u8], mut i: usize, nocase: bool) -> Option<(u32, usize)> {
    if pat.get(i) == Some(&b'\\') && i + 1 < pat.len() {
        i += 1;
    }
    let n = char_len(pat.get(i..)?);
    Some((code(&pat[i..i + n], nocase), i + n))
}

/// Is the character in a class such as `alpha`?
pub fn class(name: &[u8], ch: &[u8], nocase: bool) -> bool {
    let Some(c) = first_char(ch).0 else { return false };
    match name {
        b"alpha" => c.is_alphabetic(),
        b"digit" => c.is_ascii_digit(),
        b"alnum" => c.is_alphanumeric(),
        b"upper" => c.is_uppercase() || (nocase && c.is_lowercase()),
        b"lower" => c.is_lowercase() || (nocase && c.is_uppercase()),
        b"space" => c.is_whitespace(),
        b"blank" => c == ' ' || c == '\t',
        b"punct" => {
            c.is_ascii_punctuation()
                || (!c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control())
        }
        b"cntrl" => c.is_control(),
        b"graph" => !c.is_control() && !c.is_whitespace(),
        b"print" => !c.is_control(),
        b"xdigit" => c.is_ascii_hexdigit(),
        b"word" => c.is_alphanumeric() || c == '_',
        b"ascii" => c.is_ascii(),
        _ => false,
    }
}

/// The length of the prefix (or where the suffix starts) that matches, the longest or the shortest.
pub fn trim_point(pat: &[u8], s: &[u8], front: bool, long: bool, o: Options) -> Option<usize> {
    let mut points = boundaries(s);
    // A prefix grows with the point, a suffix shrinks.
    if front == long {
        points.reverse();
    }
    points.into_iter().find(|&n| matches(pat, if front { &s[..n] } else { &s[n..] }, o))
}

/// The first match at or after `from`: its bounds, as long as possible.
pub fn find(pat: &[u8], s: &[u8], from: usize, o: Options) -> Option<(usize, usize)> {
    if let (Some(lit), false) = (literal(pat, o), o.nocase) {
        if lit.is_empty() {
            return None;
        }
        return s[from..]
            .windows(lit.len())
            .position(|w| w == lit)
            .map(|n| (from + n, from + n + lit.len()));
    }
    let mut points: Vec<usize> = boundaries(&s[from..]).into_iter().map(|n| n + from).collect();
    let fixed = fixed_chars(pat, o);
    while !points.is_empty() {
        let start = points[0];
        let ends: Vec<usize> = match fixed {
            Some(n) => points.get(n).copied().into_iter().collect(),
            None => points.iter().rev().copied().collect(),
        };
        if let Some(&end) = ends.iter().find(|&&e| matches(pat, &s[start..e], o)) {
            return Some((start, end));
        }
        points.remove(0);
    }
    None
}

/// Every match has this many characters.
fn fixed_chars(pat: &[u8], o: Options) -> Option<usize> {
    let mut i = 0;
    let mut n = 0;
    while i < pat.len() {
        match pat[i] {
            b'*' => return None,
            b'?' | b'+' | b'@' | b'!' if o.extglob && pat.get(i + 1) == Some(&b'(') => return None,
            b'[' => {
                if let Some((_, used)) = bracket(&pat[i..], b"x", false) {
                    i += used - 1
                }
            }
            b'\\' if i + 1 < pat.len() => i += char_len(&pat[i + 1..]),
            _ => i += char_len(&pat[i..]) - 1,
        }
        i += 1;
        n += 1;
    }
    Some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(p: &str, s: &str) -> bool {
        matches(p.as_bytes(), s.as_bytes(), Options { extglob: true, nocase: false })
    }

    #[test]
    fn patterns_match() {
        for (p, s) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("?é?", "xéy"),
            ("[a-c]*[!x]", "bz"),
            ("[[:digit:]]?", "1a"),
            ("\\*", "*"),
            ("@(a|b)c", "bc"),
            ("+(ab)", "abab"),
            ("!(a|b)", "c"),
            ("*(x)y", "y"),
            ("?(x)y", "xy"),
            ("[", "["),
            ("[]a]", "]"),
            ("*.!(txt)", "a.b"),
            ("a[\\-b]", "a-"),
        ] {
            assert!(m(p, s), "{p} {s}");
        }
        for (p, s) in
            [("a", "b"), ("?", ""), ("[!a]", "a"), ("!(a|b)", "a"), ("\\*", "a"), ("+(ab)", "")]
        {
            assert!(!m(p, s), "{p} {s}");
        }
    }

    #[test]
    fn finds_and_trims() {
        let o = Options::default();
        assert_eq!(find(b"b*", b"abcb", 0, o), Some((1, 4)));
        assert_eq!(find(b"[bc]", b"abcb", 2, o), Some((2, 3)));
        assert_eq!(trim_point(b"*/", b"a/b/c", true, false, o), Some(2));
        assert_eq!(trim_point(b"*/", b"a/b/c", true, true, o), Some(4));
        assert_eq!(trim_point(b".*", b"a.b.c", false, false, o), Some(3));
    }
}
