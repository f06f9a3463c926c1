//! Building fields: quoted text stays whole, results of expansions are split at IFS.

use crate::shell::ast::Str;
use crate::shell::text::chars;

/// One field: its text, and the same as a pattern in which quoted characters have a backslash.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    pub text: Str,
    pub pat: Str,
    /// Unquoted characters that may make it a pattern.
    pub globs: bool,
}

/// What is built.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    /// Fields of a command.
    Split,
    /// One string or pattern.
    Join,
    /// One regular expression.
    Regex,
}

pub(super) struct Builder {
    mode: Mode,
    ifs: Str,
    done: Vec<Field>,
    cur: Option<Field>,
    /// The last field was ended by IFS white space: a following other separator belongs to it.
    after_white: bool,
    writes: usize,
}

impl Builder {
    pub fn new(mode: Mode, ifs: Str) -> Builder {
        Builder { mode, ifs, done: Vec::new(), cur: None, after_white: false, writes: 0 }
    }

    /// Changes whenever something was added.
    pub fn mark(&self) -> usize {
        self.writes
    }

    pub fn joins(&self) -> bool {
        self.mode != Mode::Split
    }

    pub fn ifs(&self) -> &[u8] {
        &self.ifs
    }

    pub fn finish(mut self) -> Vec<Field> {
        self.done.extend(self.cur.take());
        self.done
    }

    fn cur(&mut self) -> &mut Field {
        self.writes += 1;
        self.after_white = false;
        self.cur.get_or_insert_with(Field::default)
    }

    /// Text that was quoted; even an empty one makes a field.
    pub fn quoted(&mut self, s: &[u8]) {
        let regex = self.mode == Mode::Regex;
        let f = self.cur();
        f.text.extend_from_slice(s);
        for &b in s {
            let special = if regex {
                b".[]\\*^$+?{}|()".contains(&b)
            } else {
                b.is_ascii_punctuation() && b != b'/'
            };
            if special {
                f.pat.push(b'\\');
            }
            f.pat.push(b);
        }
    }

    /// Unquoted text of the source: a pattern, but not split.
    pub fn literal(&mut self, s: &[u8]) {
        if s.is_empty() {
            return;
        }
        let f = self.cur();
        f.text.extend_from_slice(s);
        f.pat.extend_from_slice(s);
        f.globs |= s.iter().any(|b| b"*?[(".contains(b));
    }

    /// The result of an expansion.
    pub fn value(&mut self, s: &[u8], quoted: bool) {
        if quoted {
            if !s.is_empty() {
                self.quoted(s);
            }
            return;
        }
        if self.joins() {
            self.literal(s);
            return;
        }
        for ch in chars(s) {
            if ch.len() == 1 && self.ifs.contains(&ch[0]) {
                self.separator(matches!(ch[0], b' ' | b'\t' | b'\n'));
            } else {
                self.literal(ch);
            }
        }
    }

    fn separator(&mut self, white: bool) {
        self.writes += 1;
        match (self.cur.take(), white) {
            (Some(f), _) => {
                self.done.push(f);
                self.after_white = white;
            }
            (None, true) => {}
            (None, false) if self.after_white => self.after_white = false,
            (None, false) => self.done.push(Field::default()),
        }
    }

    /// Ends the field that is being built, between the elements of `"$@"`.
    pub fn next_field(&mut self) {
        self.done.extend(self.cur.take());
        self.after_white = false;
    }
}
