//! What two real engines differ in: identifiers, times, and the width that these give to tables.

use std::collections::HashMap;

/// Names identifiers in the order in which they appear, so that the same one has the same name.
#[derive(Default)]
pub struct Mask {
    known: HashMap<String, usize>,
}

impl Mask {
    pub fn of(&mut self, text: &str) -> String {
        let text = self.identifiers(text);
        let lines = text.lines().map(|line| pids(&sizes(&squeezed(&ages(&times(line))))));
        let mut lines: Vec<String> =
            lines.filter(|it| !it.ends_with(": Verifying Checksum")).collect();
        // Layers move side by side: which is done first is chance.
        for all in lines.chunk_by_mut(|a, b| is_moved(a) && is_moved(b)) {
            all.sort();
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// 64, 25 or 12 hexadecimal digits, and short names of layers.
    fn identifiers(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut word = String::new();
        for c in text.chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() {
                word.push(c);
                continue;
            }
            out += &self.word(&word);
            word.clear();
            out.push(c);
        }
        out.pop();
        out
    }

    fn word(&mut self, word: &str) -> String {
        let hex = word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let link =
            word.len() == 26 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !(link || hex && (word.len() == 12 || word.len() == 64)) {
            return word.to_owned();
        }
        let next = self.known.len() + 1;
        let number = *self.known.entry(word[..12].to_owned()).or_insert(next);
        format!("<{number}.{}>", word.len())
    }
}

/// `"Pid": 123,`.
fn pids(line: &str) -> String {
    match line.trim().strip_prefix("\"Pid\": ").and_then(|it| it.strip_suffix(',')) {
        Some(pid) if pid != "0" && pid.parse::<u32>().is_ok() => line.replace(pid, "<pid>"),
        _ => line.to_owned(),
    }
}

/// What becomes of a layer.
fn is_moved(line: &str) -> bool {
    let ends = ["Pushed", "Layer already exists", "Download complete"];
    line.starts_with('<')
        && line
            .split_once(": ")
            .is_some_and(|(_, what)| ends.contains(&what) || what.starts_with("Mounted from "))
}

/// The size of a manifest depends on how many digits the sizes in it have.
fn sizes(line: &str) -> String {
    match line.rsplit_once(" size: ") {
        Some((head, size)) if line.contains(": digest: ") && size.parse::<u32>().is_ok() => {
            format!("{head} size: <size>")
        }
        _ => line.to_owned(),
    }
}

/// `2026-11-26T16:14:02.267227214Z`, and the time that it is alone with `Z` or `+0000 UTC`.
fn times(line: &str) -> String {
    let bytes = line.as_bytes();
    let shape = b"9999-99-99_99:99:99";
    let fits = |at: usize| {
        shape.iter().enumerate().all(|(i, want)| match (want, bytes.get(at + i)) {
            (b'9', Some(b)) => b.is_ascii_digit(),
            (b'_', Some(b)) => *b == b'T' || *b == b' ',
            (want, Some(b)) => b == want,
            (_, None) => false,
        })
    };
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if fits(at) && !line[at..].starts_with("0001-") {
            at += shape.len();
            while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
                at += 1;
            }
            out.extend(b"<time>");
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// `Less than a second`, `About a minute`, `3 seconds`, `About an hour`, …
fn ages(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        let cut = words[at].char_indices().rfind(|(_, c)| !c.is_ascii_alphanumeric());
        let (before, head) = words[at].split_at(cut.map_or(0, |(i, c)| i + c.len_utf8()));
        let unit = |word: &str| {
            let word = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            ["second", "seconds", "minute", "minutes", "hour", "hours"].contains(&word)
        };
        let used = match (head, rest) {
            ("Less", [_, "than", "a", last, ..]) if unit(last) => 4,
            ("About", [_, "a" | "an", last, ..]) if unit(last) => 3,
            (n, [_, last, ..]) if n.parse::<u32>().is_ok() && unit(last) => 2,
            _ => 0,
        };
        if used == 0 {
            out.push(words[at].to_owned());
            at += 1;
            continue;
        }
        let last = words[at + used - 1];
        let end = last.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        out.push(format!("{before}<age>{end}"));
        at += used;
    }
    out.join(" ")
}

/// Columns are as wide as what stands in them.
fn squeezed(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let mut out = line[..indent].to_owned();
    let mut spaces = 0;
    for c in line[indent..].trim_end().chars() {
        match c {
            ' ' => spaces += 1,
            c => {
                out += match spaces {
                    0 => "",
                    1 => " ",
                    _ => "  ",
                };
                spaces = 0;
                out.push(c);
            }
        }
    }
    out
}
