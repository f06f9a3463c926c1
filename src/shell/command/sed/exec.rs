//! sed's machine: pattern space, hold space, and a position in the script.

use super::parse::{Addr, CaseTo, Command, Piece, Subst, Verb};
use crate::shell::regex::Regex;
use std::collections::BTreeMap;

/// What the next line of input is.
pub(super) enum Input {
    Line { text: Vec<u8>, newline: bool, last: bool },
    End,
}

/// Where output goes.
pub(super) enum Sink {
    Out(Vec<u8>),
    File(Vec<u8>, Vec<u8>),
    /// The content of this file, if it can be read.
    Copy(Vec<u8>),
}

/// Why the machine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// This many commands were run; come back for more.
    Fuel,
    Done(i32),
}

/// The state between two commands.
#[derive(Clone, Debug)]
pub(super) struct Exec {
    script: Vec<Command>,
    quiet: bool,
    posix: bool,
    separator: u8,
    pub line: usize,
    pub file: Vec<u8>,
    space: Vec<u8>,
    hold: Vec<u8>,
    newline: bool,
    last: bool,
    pc: usize,
    at: At,
    replaced: bool,
    /// First and last line of the range each command is inside of.
    ranges: BTreeMap<usize, Option<usize>>,
    after: Vec<(bool, Vec<u8>)>,
    last_regex: Option<Regex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    NewCycle,
    Restart,
    Inside,
    Next,
    NextAppend,
}

enum Flow {
    Go,
    Jump(usize),
    EndCycle,
    EndQuiet,
    Restart,
    Need(At),
    Quit(i32),
    QuitSilent(i32),
}

impl Exec {
    pub(super) fn new(script: Vec<Command>, quiet: bool, posix: bool, separator: u8) -> Exec {
        Exec {
            script,
            quiet,
            posix,
            separator,
            line: 0,
            file: b"-".to_vec(),
            space: Vec::new(),
            hold: Vec::new(),
            newline: true,
            last: false,
            pc: 0,
            at: At::NewCycle,
            replaced: false,
            ranges: BTreeMap::new(),
            after: Vec::new(),
            last_regex: None,
        }
    }

    /// Runs until input is missing, `fuel` commands were run, or the script ends.
    pub(super) fn run(
        &mut self,
        input: &mut dyn FnMut(&mut Exec) -> Input,
        out: &mut Vec<Sink>,
        fuel: usize,
    ) -> Stop {
        for _ in 0..fuel {
            if self.at != At::Inside {
                match self.take_line(input, out) {
                    None => {}
                    Some(stop) => return stop,
                }
                continue;
            }
            let Some(command) = self.script.get(self.pc).cloned() else {
                self.end_cycle(true, out);
                continue;
            };
            let flow = if self.selects(&command) {
                self.execute(command.verb, out)
            } else if let Verb::Block(end) = command.verb {
                Flow::Jump(end)
            } else {
                Flow::Go
            };
            if let Some(stop) = self.follow(flow, out) {
                return stop;
            }
        }
        Stop::Fuel
    }

    fn follow(&mut self, flow: Flow, out: &mut Vec<Sink>) -> Option<Stop> {
        match flow {
            Flow::Go => self.pc += 1,
            Flow::Jump(to) => self.pc = to,
            Flow::EndCycle => self.end_cycle(true, out),
            Flow::EndQuiet => self.end_cycle(false, out),
            Flow::Restart => {
                self.flush_after(out);
                self.pc = 0;
                self.at = At::Restart;
            }
            Flow::Need(at) => self.at = at,
            Flow::Quit(status) => {
                self.end_cycle(true, out);
                return Some(Stop::Done(status));
            }
            Flow::QuitSilent(status) => return Some(Stop::Done(status)),
        }
        None
    }

    /// Gets the line that the present position waits for.
    fn take_line(
        &mut self,
        input: &mut dyn FnMut(&mut Exec) -> Input,
        out: &mut Vec<Sink>,
    ) -> Option<Stop> {
        if self.at == At::Restart {
            self.at = At::Inside;
            return None;
        }
        match input(self) {
            Input::End => return Some(self.no_more_input(out)),
            Input::Line { text, newline, last } => {
                match self.at {
                    At::NextAppend => {
                        self.flush_after(out);
                        self.space.push(self.separator);
                        self.space.extend(text);
                        self.pc += 1;
                    }
                    At::Next => {
                        if !self.quiet {
                            self.print_space(out);
                        }
                        self.flush_after(out);
                        self.space = text;
                        self.pc += 1;
                    }
                    _ => {
                        self.space = text;
                        self.pc = 0;
                        self.replaced = false;
                    }
                }
                self.newline = newline;
                self.last = last;
                self.line += 1;
                self.at = At::Inside;
            }
        }
        None
    }

    /// `n` without a next line prints and ends; so does `N` unless POSIX is asked for.
    fn no_more_input(&mut self, out: &mut Vec<Sink>) -> Stop {
        let prints = match self.at {
            At::Next => !self.posix,
            At::NextAppend => !self.posix,
            _ => return Stop::Done(0),
        };
        self.end_cycle(prints, out);
        Stop::Done(0)
    }

    fn end_cycle(&mut self, print: bool, out: &mut Vec<Sink>) {
        if print && !self.quiet {
            self.print_space(out);
        }
        self.flush_after(out);
        self.at = At::NewCycle;
    }

    fn flush_after(&mut self, out: &mut Vec<Sink>) {
        for (is_file, text) in std::mem::take(&mut self.after) {
            out.push(if is_file { Sink::Copy(text) } else { Sink::Out(text) });
        }
    }

    fn print_space(&mut self, out: &mut Vec<Sink>) {
        out.push(Sink::Out(self.with_newline(self.space.clone())));
    }

    fn with_newline(&self, mut text: Vec<u8>) -> Vec<u8> {
        if self.newline {
            text.push(self.separator);
        }
        text
    }

    fn selects(&mut self, command: &Command) -> bool {
        let hit = match (&command.from, &command.to) {
            (None, _) => true,
            (Some(from), None) => self.hits(from),
            (Some(from), Some(to)) => self.in_range(from, to, command.from_zero),
        };
        hit != command.not
    }

    fn in_range(&mut self, from: &Addr, to: &Addr, zero: bool) -> bool {
        let pc = self.pc;
        if zero && self.line == 1 && !self.ranges.contains_key(&pc) {
            self.ranges.insert(pc, None);
        }
        match self.ranges.get(&pc).copied() {
            Some(Some(end)) => {
                if self.line >= end {
                    self.ranges.remove(&pc);
                }
                // A line number that has passed ends the range before this line.
                self.line <= end
            }
            Some(None) => {
                if self.hits(to) {
                    self.ranges.remove(&pc);
                }
                true
            }
            None => {
                if !self.hits(from) {
                    return false;
                }
                let end = match to {
                    Addr::Line(end) => Some(*end),
                    Addr::Plus(count) => Some(self.line + count),
                    Addr::Multiple(0) => Some(self.line),
                    Addr::Multiple(of) => Some(self.line.div_ceil(*of) * of),
                    _ => None,
                };
                let over = end.is_some_and(|it| it <= self.line)
                    || (matches!(to, Addr::Last) && self.last);
                if !over {
                    self.ranges.insert(pc, end);
                }
                true
            }
        }
    }

    fn hits(&mut self, addr: &Addr) -> bool {
        match addr {
            Addr::Line(line) => self.line == *line,
            Addr::Last => self.last,
            Addr::Step(first, 0) => self.line == *first,
            Addr::Step(first, step) => {
                self.line >= *first && (self.line - first).is_multiple_of(*step)
            }
            Addr::Match(regex) => {
                let regex = self.regex(regex);
                regex.is_some_and(|it| it.is_match(&self.space))
            }
            Addr::Plus(_) | Addr::Multiple(_) => false,
        }
    }

    /// The expression, or the last one used when it is empty.
    fn regex(&mut self, regex: &Option<Regex>) -> Option<Regex> {
        if let Some(regex) = regex {
            self.last_regex = Some(regex.clone());
        }
        self.last_regex.clone()
    }

    fn first_line(&self) -> &[u8] {
        let end = self.space.iter().position(|it| *it == b'\n').unwrap_or(self.space.len());
        &self.space[..end]
    }

    fn execute(&mut self, verb: Verb, out: &mut Vec<Sink>) -> Flow {
        match verb {
            Verb::Block(_) | Verb::End | Verb::Nothing => {}
            Verb::LineNumber => out.push(Sink::Out(format!("{}\n", self.line).into_bytes())),
            Verb::Append(text) => self.after.push((false, text)),
            Verb::ReadFile(name) => self.after.push((true, name)),
            Verb::Insert(text) => out.push(Sink::Out(text)),
            Verb::Change(text) => {
                // In a range the text comes once, at its end.
                if !self.ranges.contains_key(&self.pc) {
                    out.push(Sink::Out(text));
                }
                return Flow::EndQuiet;
            }
            Verb::Branch(to) => return self.branch(to),
            Verb::BranchIf(to) if std::mem::take(&mut self.replaced) => return self.branch(to),
            Verb::BranchIfNot(to) if !std::mem::take(&mut self.replaced) => return self.branch(to),
            Verb::BranchIf(_) | Verb::BranchIfNot(_) => {}
            Verb::Delete => return Flow::EndQuiet,
            Verb::DeleteFirst => match self.space.iter().position(|it| *it == b'\n') {
                None => return Flow::EndQuiet,
                Some(end) => {
                    self.space.drain(..=end);
                    return Flow::Restart;
                }
            },
            Verb::FileName => out.push(Sink::Out([&self.file[..], b"\n"].concat())),
            Verb::Get => self.space = self.hold.clone(),
            Verb::GetAppend => {
                self.space.push(b'\n');
                self.space.extend(&self.hold);
            }
            Verb::Hold => self.hold = self.space.clone(),
            Verb::HoldAppend => {
                self.hold.push(b'\n');
                self.hold.extend(&self.space);
            }
            Verb::Swap => std::mem::swap(&mut self.space, &mut self.hold),
            Verb::List => out.push(Sink::Out(list(&self.space))),
            Verb::Next => return Flow::Need(At::Next),
            Verb::NextAppend => return Flow::Need(At::NextAppend),
            Verb::Print => self.print_space(out),
            Verb::PrintFirst => out.push(Sink::Out([self.first_line(), b"\n"].concat())),
            Verb::Quit(status) => return Flow::Quit(status),
            Verb::QuitSilent(status) => return Flow::QuitSilent(status),
            Verb::Subst(subst) => self.substitute(&subst, out),
            Verb::WriteFile(name) => {
                let text = self.with_newline(self.space.clone());
                out.push(Sink::File(name, text));
            }
            Verb::WriteFirst(name) => {
                out.push(Sink::File(name, [self.first_line(), b"\n"].concat()));
            }
            Verb::Translate(table) => {
                self.space.iter_mut().for_each(|it| *it = table[usize::from(*it)]);
            }
            Verb::Zap => self.space.clear(),
        }
        Flow::Go
    }

    fn branch(&self, to: Option<usize>) -> Flow {
        to.map_or(Flow::EndCycle, Flow::Jump)
    }

    fn substitute(&mut self, subst: &Subst, out: &mut Vec<Sink>) {
        let Some(regex) = self.regex(&subst.regex) else { return };
        let text = std::mem::take(&mut self.space);
        let (mut done, mut at, mut count, mut hit) = (Vec::new(), 0, 0, false);
        let mut last_end = None;
        while at <= text.len() {
            let Some(found) = regex.find_at(&text, at) else { break };
            let (from, to) = found[0].expect("group 0 is the match");
            done.extend(&text[at..from]);
            let empty_after_match = from == to && last_end == Some(from);
            if !empty_after_match {
                count += 1;
                if count == subst.nth || (count > subst.nth && subst.global) {
                    hit = true;
                    fill(&subst.with, &found, &text, &mut done);
                } else {
                    done.extend(&text[from..to]);
                }
            }
            last_end = Some(to);
            at = to;
            if from == to {
                done.extend(text.get(at));
                at += 1;
            }
            if hit && !subst.global {
                break;
            }
        }
        done.extend(text.get(at..).unwrap_or_default());
        self.space = done;
        if !hit {
            return;
        }
        self.replaced = true;
        if subst.print {
            self.print_space(out);
        }
        if let Some(name) = &subst.write {
            out.push(Sink::File(name.clone(), self.with_newline(self.space.clone())));
        }
    }
}

/// Appends the right side of `s` for one match.
fn fill(pieces: &[Piece], found: &[Option<(usize, usize)>], text: &[u8], out: &mut Vec<u8>) {
    let mut case = CaseTo::Off;
    let mut one = None;
    for piece in pieces {
        let bytes: &[u8] = match piece {
            Piece::Text(text) => text,
            Piece::Group(group) => {
                found.get(*group).copied().flatten().map_or(&[], |(from, to)| &text[from..to])
            }
            Piece::Case(to @ (CaseTo::UpperOne | CaseTo::LowerOne)) => {
                one = Some(*to);
                continue;
            }
            Piece::Case(to) => {
                case = *to;
                continue;
            }
        };
        for &byte in bytes {
            let byte = match case {
                CaseTo::Upper => byte.to_ascii_uppercase(),
                CaseTo::Lower => byte.to_ascii_lowercase(),
                _ => byte,
            };
            out.push(match one.take() {
                Some(CaseTo::UpperOne) => byte.to_ascii_uppercase(),
                Some(CaseTo::LowerOne) => byte.to_ascii_lowercase(),
                _ => byte,
            });
        }
    }
}

/// The `l` form: escapes, lines of 70 columns ending in a backslash, `$` at the end.
fn list(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut width = 0;
    for &byte in text {
        let shown = match byte {
            b'\\' => "\\\\".to_string(),
            0x07 => "\\a".into(),
            0x08 => "\\b".into(),
            0x0c => "\\f".into(),
            b'\n' => "\\n".into(),
            b'\r' => "\\r".into(),
            b'\t' => "\\t".into(),
            0x0b => "\\v".into(),
            0x20..=0x7e => char::from(byte).to_string(),
            _ => format!("\\{byte:03o}"),
        };
        if width + shown.len() > 69 {
            out.extend(b"\\\n");
            width = 0;
        }
        width += shown.len();
        out.extend(shown.bytes());
    }
    out.extend(b"$\n");
    out
}
