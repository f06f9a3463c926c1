//! Patterns: those of COPY and ADD (Go's `filepath.Match`: `*`, `?`, `[…]`, nothing crosses a slash),
//! those of `.dockerignore` (`**` besides), and those of `${a#…}`.

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Is(char),
    /// `?`: any character but a slash.
    Any,
    /// `*`: any number of characters but slashes.
    Run,
    /// `**`: any number of characters.
    All,
    /// `**/`: any number of directories, with the slash.
    Dirs,
    Class {
        not: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A pattern that can be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

/// What Go says of a pattern that is none.
pub const BAD: &str = "syntax error in pattern";

impl Pattern {
    /// A pattern of COPY.
    ///
    /// # Errors
    /// [`BAD`] for a class without an end or a backslash at the end.
    pub fn new(text: &str) -> Result<Pattern, &'static str> {
        Pattern::read(text, false)
    }

    /// A pattern of `.dockerignore`, where `**` crosses slashes.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn deep(text: &str) -> Result<Pattern, &'static str> {
        Pattern::read(text, true)
    }

    fn read(text: &str, deep: bool) -> Result<Pattern, &'static str> {
        let mut parts = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => {
                    let mut count = 1;
                    while chars.next_if_eq(&'*').is_some() {
                        count += 1;
                    }
                    match deep && count > 1 {
                        true if chars.next_if_eq(&'/').is_some() => Part::Dirs,
                        true => Part::All,
                        false => Part::Run,
                    }
                }
                '?' => Part::Any,
                '\\' => Part::Is(chars.next().ok_or(BAD)?),
                '[' => class(&mut chars)?,
                c => Part::Is(c),
            });
        }
        Ok(Pattern { parts })
    }

    /// Whether the whole text is one of the pattern's.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.matches_chars(&text, true)
    }

    /// By what each end of a prefix of the pattern reaches: no step is done twice.
    fn matches_chars(&self, text: &[char], slash: bool) -> bool {
        // `reached[i]`: the parts so far match the first `i` characters.
        let mut reached = vec![false; text.len() + 1];
        reached[0] = true;
        for part in &self.parts {
            let mut next = vec![false; text.len() + 1];
            match part {
                Part::Run | Part::All => {
                    let mut on = false;
                    for at in 0..=text.len() {
                        let stops = at > 0 && *part == Part::Run && slash && text[at - 1] == '/';
                        on = reached[at] || (on && !stops);
                        next[at] = on;
                    }
                }
                Part::Dirs => {
                    let first = reached.iter().position(|it| *it).unwrap_or(text.len() + 1);
                    for at in 0..=text.len() {
                        next[at] = reached[at] || (at > first && text[at - 1] == '/');
                    }
                }
                one => {
                    for at in 0..text.len() {
                        next[at + 1] = reached[at] && one.is(text[at], slash);
                    }
                }
            }
            reached = next;
        }
        reached[text.len()]
    }
}

impl Part {
    fn is(&self, c: char, slash: bool) -> bool {
        match self {
            Part::Is(it) => *it == c,
            Part::Any => !(slash && c == '/'),
            Part::Class { not, ranges } => {
                !(slash && c == '/') && ranges.iter().any(|(a, b)| (*a..=*b).contains(&c)) != *not
            }
            Part::Run | Part::All | Part::Dirs => false,
        }
    }
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Part, &'static str> {
    let not = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let one = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| match chars.next() {
            Some('\\') => chars.next().ok_or(BAD),
            Some('-' | ']') | None => Err(BAD),
            Some(c) => Ok(c),
        };
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Ok(Part::Class { not, ranges });
        }
        let low = one(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { one(chars)? } else { low };
        ranges.push((low, high));
    }
}

/// Whether a path has something of a pattern in it.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// A pattern of the shell's kind over any characters; one that is none matches itself.
fn loose(text: &str) -> Pattern {
    Pattern::new(text).unwrap_or_else(|_| Pattern { parts: text.chars().map(Part::Is).collect() })
}

/// Characters of a text that a pattern is tried on: more are left as they are.
const TRIED_MAX: usize = 4096;

/// `${a#pattern}`, or `##` for the longest.
pub fn without_head(text: &str, pattern: &str, longest: bool) -> String {
    let (all, pattern) = (text.chars().collect::<Vec<char>>(), loose(pattern));
    if all.len() > TRIED_MAX {
        return text.to_owned();
    }
    let mut ends: Vec<usize> = (0..=all.len()).collect();
    if longest {
        ends.reverse();
    }
    let found = ends.into_iter().find(|end| pattern.matches_chars(&all[..*end], false));
    found.map_or(text.to_owned(), |end| all[end..].iter().collect())
}

/// `${a%pattern}`, or `%%` for the longest.
pub fn without_tail(text: &str, pattern: &str, longest: bool) -> String {
    let (all, pattern) = (text.chars().collect::<Vec<char>>(), loose(pattern));
    if all.len() > TRIED_MAX {
        return text.to_owned();
    }
    let mut starts: Vec<usize> = (0..=all.len()).collect();
    if !longest {
        starts.reverse();
    }
    let found = starts.into_iter().find(|start| pattern.matches_chars(&all[*start..], false));
    found.map_or(text.to_owned(), |start| all[..start].iter().collect())
}

/// `${a/pattern/word}`, or `//` for every place.
pub fn replaced(text: &str, pattern: &str, word: &str, every: bool) -> String {
    let (all, pattern) = (text.chars().collect::<Vec<char>>(), loose(pattern));
    if all.len() > TRIED_MAX / 8 {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut at = 0;
    while at < all.len() {
        let end =
            (at + 1..=all.len()).rev().find(|end| pattern.matches_chars(&all[at..*end], false));
        match end {
            Some(end) => {
                out += word;
                at = end;
                if !every {
                    break;
                }
            }
            None => {
                out.push(all[at]);
                at += 1;
            }
        }
    }
    out.extend(&all[at..]);
    out
}
