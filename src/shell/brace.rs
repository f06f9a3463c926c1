//! Brace expansion: `{a,b}` and `{1..5..2}`, on the parts of a word before anything else is expanded.

use super::ast::{Part, Word};

/// One element: an unquoted byte, or a part that braces do not look into.
#[derive(Clone, Debug)]
enum Atom {
    Byte(u8),
    Whole(Part),
}

/// The words that a word stands for.
pub fn expand(w: &Word) -> Vec<Word> {
    if !w.parts.iter().any(|p| matches!(p, Part::Lit(s) if s.contains(&b'{'))) {
        return vec![w.clone()];
    }
    let mut atoms = Vec::new();
    for p in &w.parts {
        match p {
            Part::Lit(s) => atoms.extend(s.iter().map(|&b| Atom::Byte(b))),
            p => atoms.push(Atom::Whole(p.clone())),
        }
    }
    braces(&atoms, 0).into_iter().map(|a| to_word(a, &w.raw)).collect()
}

fn to_word(atoms: Vec<Atom>, raw: &[u8]) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for a in atoms {
        match (a, parts.last_mut()) {
            (Atom::Byte(b), Some(Part::Lit(s))) => s.push(b),
            (Atom::Byte(b), _) => parts.push(Part::Lit(vec![b])),
            (Atom::Whole(p), _) => parts.push(p),
        }
    }
    Word { parts, raw: raw.to_vec(), assign: None }
}

fn byte(a: &[Atom], i: usize) -> Option<u8> {
    match a.get(i) {
        Some(Atom::Byte(b)) => Some(*b),
        _ => None,
    }
}

/// Results beyond this are not made: the word stays as it is.
const MAX_WORDS: usize = 1_000_000;

fn braces(a: &[Atom], depth: u32) -> Vec<Vec<Atom>> {
    if depth > 60 {
        return vec![a.to_vec()];
    }
    let mut i = 0;
    while i < a.len() {
        if byte(a, i) == Some(b'{') {
            if let Some((end, inner)) = group(a, i, depth) {
                let tails = braces(&a[end + 1..], depth + 1);
                if inner.len().saturating_mul(tails.len()) > MAX_WORDS {
                    return vec![a.to_vec()];
                }
                let mut out = Vec::new();
                for m in &inner {
                    for t in &tails {
                        let mut w = a[..i].to_vec();
                        w.extend_from_slice(m);
                        w.extend_from_slice(t);
                        out.push(w);
                    }
                }
                return out;
            }
        }
        i += 1;
    }
    vec![a.to_vec()]
}

/// A brace expression that starts at `i`: the index of its `}` and what it stands for.
fn group(a: &[Atom], i: usize, depth: u32) -> Option<(usize, Vec<Vec<Atom>>)> {
    let (mut level, mut j, mut commas) = (0, i + 1, vec![i]);
    loop {
        if j >= a.len() {
            return None;
        }
        match byte(a, j) {
            Some(b'{') => level += 1,
            Some(b'}') if level == 0 => break,
            Some(b'}') => level -= 1,
            Some(b',') if level == 0 => commas.push(j),
            _ => {}
        }
        j += 1;
    }
    if commas.len() > 1 {
        commas.push(j);
        let items = commas.windows(2).flat_map(|w| braces(&a[w[0] + 1..w[1]], depth + 1)).collect();
        return Some((j, items));
    }
    let text: Option<Vec<u8>> = (i + 1..j).map(|k| byte(a, k)).collect();
    let seq = sequence(&text?)?;
    Some((j, seq.into_iter().map(|s| s.into_iter().map(Atom::Byte).collect()).collect()))
}

/// `1..5..2`, `a..e`.
fn sequence(s: &[u8]) -> Option<Vec<Vec<u8>>> {
    let t = std::str::from_utf8(s).ok()?;
    let bits: Vec<&str> = t.split("..").collect();
    let step: i64 = match bits.len() {
        2 => 0,
        3 => bits[2].parse().ok()?,
        _ => return None,
    };
    let letter = |x: &str| x.len() == 1 && x.as_bytes()[0].is_ascii_alphabetic();
    if letter(bits[0]) && letter(bits[1]) {
        let (from, to) = (i64::from(bits[0].as_bytes()[0]), i64::from(bits[1].as_bytes()[0]));
        return Some(range(from, to, step)?.into_iter().map(|n| vec![n as u8]).collect());
    }
    let (from, to): (i64, i64) = (bits[0].parse().ok()?, bits[1].parse().ok()?);
    let padded = |x: &str| {
        let d = x.trim_start_matches(['-', '+']);
        d.len() > 1 && d.starts_with('0')
    };
    let width =
        if padded(bits[0]) || padded(bits[1]) { bits[0].len().max(bits[1].len()) } else { 0 };
    Some(range(from, to, step)?.into_iter().map(|n| format!("{n:0width$}").into_bytes()).collect())
}

fn range(from: i64, to: i64, step: i64) -> Option<Vec<i64>> {
    let step = step.unsigned_abs().max(1);
    if from.abs_diff(to) / step > MAX_WORDS as u64 {
        return None;
    }
    let mut out = Vec::new();
    let mut n = from;
    loop {
        out.push(n);
        if from.abs_diff(to) - from.abs_diff(n) < step {
            return Some(out);
        }
        n = if from <= to { n.checked_add_unsigned(step)? } else { n.checked_sub_unsigned(step)? };
    }
}

#[cfg(test)]
mod tests {
    use crate::shell::ast::{Kind, Part};
    use crate::shell::parse::Parser;

    fn x(s: &str) -> String {
        let list = Parser::new(s.as_bytes(), 1).whole().unwrap();
        let Kind::Simple { words, .. } = &list.items[0].first.cmds[0].kind else { panic!() };
        let mut out = Vec::new();
        for w in words.iter().flat_map(super::expand) {
            let mut t = String::new();
            for p in w.parts {
                match p {
                    Part::Lit(b) | Part::Quoted(b) => t.push_str(&String::from_utf8_lossy(&b)),
                    Part::Param(p) => t.push_str(&String::from_utf8_lossy(&p.raw)),
                    _ => t.push('?'),
                }
            }
            out.push(t);
        }
        out.join(" ")
    }

    #[test]
    fn braces_expand() {
        assert_eq!(x("a{b,c{d,e}}f"), "abf acdf acef");
        assert_eq!(x("{1..3}{a,b}"), "1a 1b 2a 2b 3a 3b");
        assert_eq!(x("{01..10..4} {c..a} {5..1..2}"), "01 05 09 c b a 5 3 1");
        assert_eq!(x("{a} {} {a,} x{1..} '{a,b}' ${x} {$a,b}"), "{a} {} a  x{1..} {a,b} ${x} $a b");
        assert_eq!(x("{{a,b} {-2..1}"), "{a {b -2 -1 0 1");
    }
}
