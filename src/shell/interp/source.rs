//! Where commands come from: a file, `-c`, standard input, `eval`, `.`, a trap.

use super::{Frame, Interp, Step};
use crate::errno::Errno;
use crate::shell::ast::{List, Str};
use crate::shell::os::Os;
use crate::shell::parse::{ErrorKind, Parser, SyntaxError};
use crate::shell::text;
use crate::sys::Sys;
use std::sync::Arc;

/// Kinds of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A script file.
    File,
    /// The argument of `-c`.
    Command,
    /// Standard input, line by line.
    Input,
    /// `eval`.
    Eval,
    /// `.` and `source`.
    Dot,
    /// A trap's action.
    Trap,
    /// Backquotes.
    Backquote,
}

/// A text whose commands run one after the other.
#[derive(Clone, Debug)]
pub struct Source {
    /// The text; for standard input what has been read of it and not run.
    pub text: Arc<Vec<u8>>,
    pub pos: usize,
    pub line: u32,
    pub origin: Origin,
    /// For `.`: what to put back (the file name before, and the parameters if it had arguments).
    pub before: Option<(Str, Option<Arc<Vec<Str>>>)>,
    /// Standard input has ended.
    pub eof: bool,
    /// The prompt for the next line has been printed.
    pub prompted: bool,
}

impl Source {
    /// A text from its start.
    pub fn new(text: impl Into<Vec<u8>>, line: u32, origin: Origin) -> Source {
        Source {
            text: Arc::new(text.into()),
            pos: 0,
            line,
            origin,
            before: None,
            eof: false,
            prompted: false,
        }
    }
}

impl Interp {
    pub(super) fn step_source(&mut self, os: &mut Os<'_>, mut s: Box<Source>) -> Step {
        if s.origin == Origin::Input {
            if s.pos >= s.text.len() && !s.eof {
                s.text = Arc::default();
                s.pos = 0;
                return self.more_input(os, s);
            }
        }
        if self.sh.opts.onecmd
            && s.pos > 0
            && matches!(s.origin, Origin::File | Origin::Command | Origin::Input)
        {
            return Step::Go;
        }
        let from = s.pos;
        match self.parse_next(os, &mut s) {
            Ok(Some(list)) => {
                if self.reports && self.stack.is_empty() && self.sh.subshell == 0 {
                    self.whole = (list.items.len() == 1).then(|| text_of(&s, from));
                }
                if self.sh.opts.noexec && !self.sh.interactive {
                    self.stack.push(Frame::Source(s));
                    return Step::Go;
                }
                self.stack.push(Frame::Source(s));
                self.stack.push(Frame::List(list, 0));
            }
            Ok(None) => {
                if s.origin == Origin::Input && !s.eof {
                    s.pos = s.text.len();
                    self.stack.push(Frame::Source(s));
                    return Step::Go;
                }
                self.leave_source(&s);
                if s.origin == Origin::Dot {
                    self.run_named_trap(b"RETURN");
                }
            }
            Err(e) if s.origin == Origin::Input && e.is_incomplete() && !s.eof => {
                return self.more_input(os, s);
            }
            Err(e) => {
                if self.reports && self.stack.is_empty() && self.sh.subshell == 0 {
                    let line = text_of(&Source { pos: s.text.len(), ..(*s).clone() }, from);
                    os.report(line, self.sh.status);
                }
                self.syntax_error(os, s, &e);
            }
        }
        Step::Go
    }

    /// Between the commands of the script itself: nothing is under way but its text.
    pub(super) fn is_at_top(&self) -> bool {
        self.sh.subshell == 0
            && matches!(&self.stack[..], [Frame::Source(s)]
                if matches!(s.origin, Origin::File | Origin::Command | Origin::Input))
    }

    fn parse_next(
        &mut self,
        os: &mut Os<'_>,
        s: &mut Source,
    ) -> Result<Option<Arc<List>>, SyntaxError> {
        let src = s.text.clone();
        if s.origin == Origin::Input && !s.eof && ends_in_continuation(&src) {
            return Err(SyntaxError { kind: ErrorKind::Eof, line: s.line, text: Vec::new() });
        }
        let aliases = self.sh.aliases.clone();
        let mut p = Parser::new(&src, s.line).starting_at(s.pos);
        p.extglob = self.sh.shopt("extglob");
        if self.sh.shopt("expand_aliases") {
            p = p.with_aliases(&aliases);
        }
        let res = p.complete_command();
        let (pos, line) = p.position();
        let warnings = std::mem::take(&mut p.warnings);
        if s.origin == Origin::Input && p.here_eof && !s.eof {
            return Err(SyntaxError { kind: ErrorKind::Eof, line: s.line, text: Vec::new() });
        }
        if self.sh.opts.verbose && s.origin != Origin::Input && res.is_err() {
            let end = s.text[pos.min(s.text.len())..].iter().position(|&b| b == b'\n');
            let end = end.map_or(s.text.len(), |n| pos + n);
            let mut shown = s.text.get(s.pos..end).unwrap_or_default().to_vec();
            shown.push(b'\n');
            self.emit(os, 2, shown, None);
        }
        if res.is_ok() {
            if self.sh.opts.verbose && !matches!(s.origin, Origin::Backquote | Origin::Trap) {
                let shown = src.get(s.pos..pos.min(src.len())).unwrap_or_default().to_vec();
                let shown = if shown.ends_with(b"\n") || shown.is_empty() {
                    shown
                } else {
                    [&shown[..], b"\n"].concat()
                };
                self.emit(os, 2, shown, None);
            }
            s.pos = pos;
            s.line = line;
            for (line, w) in warnings {
                self.sh.line = line;
                self.complain(os, &w);
            }
        }
        if let Some(changed) = p.into_changed_source() {
            if res.is_ok() {
                s.text = Arc::new(changed);
            }
        }
        res
    }

    /// Reads one more line of standard input.
    fn more_input(&mut self, os: &mut Os<'_>, mut s: Box<Source>) -> Step {
        if self.sh.interactive && !s.prompted {
            s.prompted = true;
            let name: &[u8] = if s.text.is_empty() { b"PS1" } else { b"PS2" };
            let ps = self.sh.get(name).unwrap_or_default();
            let ps = crate::shell::prompt::expand(&self.sh, &ps);
            let ps = self.quick_expand(os, &ps);
            self.emit(os, 2, ps, None);
        }
        let text = Arc::make_mut(&mut s.text);
        let mut b = [0];
        loop {
            match os.sys().read(0, &mut b) {
                Ok(0) => {
                    s.eof = true;
                    break;
                }
                Ok(_) => {
                    text.push(b[0]);
                    if b[0] == b'\n' {
                        break;
                    }
                }
                Err(Errno::EAGAIN) => {
                    self.stack.push(Frame::Source(s));
                    // The marker of a started line: the text is not looked at before its newline.
                    return Step::Blocked;
                }
                Err(_) => {
                    s.eof = true;
                    break;
                }
            }
        }
        s.prompted = false;
        if self.sh.interactive && text.ends_with(b"\n") && text.len() > 1 {
            self.sh.history.push(text[..text.len() - 1].to_vec());
        }
        self.stack.push(Frame::Source(s));
        Step::Go
    }

    pub(super) fn leave_source(&mut self, s: &Source) {
        if let Some((source, params)) = &s.before {
            self.sh.source = source.clone();
            if let Some(p) = params {
                self.sh.params = p.clone();
            }
            self.sh.end_call();
        }
    }

    fn syntax_error(&mut self, os: &mut Os<'_>, mut s: Box<Source>, e: &SyntaxError) {
        let name = text::lossy(&self.sh.arg0).into_owned();
        let head = match s.origin {
            Origin::Command => format!("{name}: -c: "),
            Origin::Eval => {
                let name = if self.sh.calls.is_empty() {
                    name
                } else {
                    text::lossy(&self.sh.source).into_owned()
                };
                format!("{name}: eval: ")
            }
            Origin::Backquote => format!("{name}: command substitution: "),
            Origin::Dot => format!("{}: ", text::lossy(&self.sh.source)),
            _ => format!("{name}: "),
        };
        let messages = e.messages();
        // With `set -e` the shell is over after the first line.
        let shown = if self.sh.opts.errexit && !self.sh.interactive { 1 } else { messages.len() };
        for m in &messages[..shown] {
            let line = if self.sh.interactive && s.origin == Origin::Input {
                format!("{head}{m}\n")
            } else {
                format!("{head}line {}: {m}\n", e.line)
            };
            self.emit(os, 2, line, None);
        }
        self.sh.set_status(2);
        match s.origin {
            Origin::Input if self.sh.interactive => {
                s.pos = s.text.len();
                self.stack.push(Frame::Source(s));
            }
            Origin::Eval | Origin::Dot | Origin::Trap => self.leave_source(&s),
            Origin::Command if matches!(e.kind, ErrorKind::Unmatched(_)) => self.begin_exit(os, 2),
            _ => self.begin_exit(os, 2),
        }
    }
}

/// What has been read of a source since a position, without blank lines and comments before it.
fn text_of(s: &Source, from: usize) -> Str {
    let mut text = s.text.get(from..s.pos).unwrap_or_default().trim_ascii();
    while text.starts_with(b"#") {
        let end = text.iter().position(|&b| b == b'\n').unwrap_or(text.len());
        text = text[end..].trim_ascii();
    }
    text.to_vec()
}

fn ends_in_continuation(s: &[u8]) -> bool {
    s.ends_with(b"\n")
        && s[..s.len() - 1].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}
