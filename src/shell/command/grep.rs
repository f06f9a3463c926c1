//! grep, egrep, fgrep, as GNU grep 3.8.

use super::ctx::{Ctx, join};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::shell::pattern;
use crate::shell::regex::{Regex, Syntax};
use crate::types::{FileType, OpenFlags};

pub const COMMAND: Command = Command {
    name: "grep",
    usage: "Usage: {} [OPTION]... PATTERNS [FILE]...\nSearch for PATTERNS in each FILE.\n",
    summary: "print lines that match",
    package: Package::Grep,
    trouble: 2,
    start: Start::Patient(main),
};

#[derive(Default)]
struct Options {
    patterns: Vec<Vec<u8>>,
    fixed: bool,
    extended: bool,
    icase: bool,
    invert: bool,
    word: bool,
    whole: bool,
    count: bool,
    /// `Some(true)` for -l, `Some(false)` for -L.
    list: Option<bool>,
    quiet: bool,
    only: bool,
    silent: bool,
    number: bool,
    byte: bool,
    names: Option<bool>,
    recursive: bool,
    dereference: bool,
    max: Option<u64>,
    before: usize,
    after: usize,
    text: bool,
    skip_binary: bool,
    null: bool,
    zero_data: bool,
    color: bool,
    context_given: bool,
    include: Vec<Vec<u8>>,
    exclude: Vec<Vec<u8>>,
    exclude_dir: Vec<Vec<u8>>,
    skip_dirs: bool,
    label: Option<Vec<u8>>,
}

enum Matcher {
    Fixed(Vec<Vec<u8>>, bool),
    Regex(Vec<Regex>),
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let (options, operands) = match options(ctx) {
        Ok(it) => it,
        Err(status) => return status,
    };
    let matcher = match matcher(&options) {
        Ok(it) => it,
        Err(message) => {
            ctx.warn(message);
            return 2;
        }
    };
    let mut run = Run { options, matcher, found: false, trouble: false, printed: false };
    run.all(ctx, operands);
    if run.found && (run.options.quiet || !run.trouble) {
        0
    } else if run.trouble {
        2
    } else {
        1
    }
}

fn options(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let table = "E|extended-regexp F|fixed-strings G|basic-regexp P|perl-regexp e|regexp= f|file= \
        i|ignore-case y |no-ignore-case w|word-regexp x|line-regexp z|null-data s|no-messages \
        v|invert-match V|version m|max-count= b|byte-offset n|line-number |line-buffered \
        H|with-filename h|no-filename |label= o|only-matching q|quiet |silent |binary-files= a|text \
        I d|directories= D|devices= r|recursive R|dereference-recursive |include= |exclude= \
        |exclude-from= |exclude-dir= L|files-without-match l|files-with-matches c|count \
        T|initial-tab Z|null B|before-context= A|after-context= C|context= |color=? |colour=? U|binary \
        0 1 2 3 4 5 6 7 8 9";
    let parsed = match super::common::args::parse(table, ctx.args()) {
        Ok(_) => ctx.parse(table)?,
        Err(message) => {
            ctx.warn(message);
            ctx.err("Usage: grep [OPTION]... PATTERNS [FILE]...\n");
            ctx.try_help();
            return Err(2);
        }
    };
    let mut o = Options {
        extended: ctx.prog() == "egrep",
        fixed: ctx.prog() == "fgrep",
        ..Options::default()
    };
    if ctx.prog() == "egrep" || ctx.prog() == "fgrep" {
        let flag = if o.fixed { "-F" } else { "-E" };
        ctx.warn(format_args!("warning: {} is obsolescent; using grep {flag}", ctx.prog()));
    }
    let mut digits = String::new();
    for given in &parsed.options {
        match given.id {
            "E" => (o.extended, o.fixed) = (true, false),
            "F" => (o.fixed, o.extended) = (true, false),
            "G" => (o.fixed, o.extended) = (false, false),
            "P" => {
                ctx.warn("-P: not simulated: use -E");
                return Err(2);
            }
            "V" => {
                let text = ctx.call.command.version_line();
                ctx.line(text);
                return Err(0);
            }
            "e" => o.patterns.extend(lines_of(given.bytes())),
            "f" => match ctx.read_input(given.bytes()) {
                Ok(text) => {
                    let text = text.strip_suffix(b"\n").unwrap_or(&text).to_vec();
                    o.patterns.extend(lines_of(&text));
                }
                Err(errno) => {
                    ctx.fail(given.text(), errno);
                    return Err(2);
                }
            },
            "i" | "y" => o.icase = true,
            "no-ignore-case" => o.icase = false,
            "w" => o.word = true,
            "x" => o.whole = true,
            "z" => o.zero_data = true,
            "s" => o.silent = true,
            "v" => o.invert = true,
            "m" => o.max = Some(count(ctx, given.bytes(), "invalid max count")?),
            "b" => o.byte = true,
            "n" => o.number = true,
            "H" => o.names = Some(true),
            "h" => o.names = Some(false),
            "label" => o.label = given.value.clone(),
            "o" => o.only = true,
            "q" | "silent" => o.quiet = true,
            "a" => o.text = true,
            "I" => o.skip_binary = true,
            "binary-files" => {
                o.text = given.bytes() == b"text";
                o.skip_binary = given.bytes() == b"without-match";
            }
            "r" => o.recursive = true,
            "R" => (o.recursive, o.dereference) = (true, true),
            "d" => match given.bytes() {
                b"recurse" => o.recursive = true,
                b"skip" => o.skip_dirs = true,
                _ => {}
            },
            "include" => o.include.push(given.bytes().to_vec()),
            "exclude" => o.exclude.push(given.bytes().to_vec()),
            "exclude-dir" => o.exclude_dir.push(given.bytes().to_vec()),
            "L" => o.list = Some(false),
            "l" => o.list = Some(true),
            "c" => o.count = true,
            "Z" => o.null = true,
            "A" => o.after = context(ctx, given.bytes(), &mut o.context_given)?,
            "B" => o.before = context(ctx, given.bytes(), &mut o.context_given)?,
            "C" => {
                o.after = context(ctx, given.bytes(), &mut o.context_given)?;
                o.before = o.after;
            }
            "color" | "colour" => {
                o.color = match given.bytes() {
                    b"always" => true,
                    b"never" => false,
                    _ => ctx.tty,
                }
            }
            digit if digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit() => {
                digits.push_str(digit);
            }
            _ => {}
        }
    }
    if let Ok(lines) = digits.parse() {
        (o.before, o.after, o.context_given) = (lines, lines, true);
    }
    let mut operands = parsed.operands;
    let explicit = parsed.options.iter().any(|it| it.id == "e" || it.id == "f");
    if !explicit {
        if operands.is_empty() {
            ctx.err("Usage: grep [OPTION]... PATTERNS [FILE]...\n");
            ctx.err("Try 'grep --help' for more information.\n");
            return Err(2);
        }
        let pattern = operands.remove(0);
        o.patterns.extend(lines_of(&pattern));
    }
    Ok((o, operands))
}

fn count(ctx: &mut Ctx<'_>, text: &[u8], message: &str) -> Result<u64, i32> {
    super::common::args::number(text).ok_or_else(|| {
        ctx.warn(message);
        2
    })
}

fn context(ctx: &mut Ctx<'_>, text: &[u8], given: &mut bool) -> Result<usize, i32> {
    *given = true;
    super::common::args::number(text).map(|it| it as usize).ok_or_else(|| {
        ctx.warn(format_args!(
            "{}: invalid context length argument",
            String::from_utf8_lossy(text)
        ));
        2
    })
}

fn lines_of(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|it| *it == b'\n').map(<[u8]>::to_vec).collect()
}

fn matcher(options: &Options) -> Result<Matcher, String> {
    if options.fixed {
        return Ok(Matcher::Fixed(options.patterns.clone(), options.icase));
    }
    let syntax = if options.extended { Syntax::Extended } else { Syntax::Basic };
    let compile = |pattern: &Vec<u8>| Regex::new(pattern, syntax, options.icase);
    let all: Result<Vec<Regex>, &str> = options.patterns.iter().map(compile).collect();
    let lone_bracket = options.patterns.iter().any(|it| it.ends_with(b"["));
    all.map(Matcher::Regex).map_err(|why| match why {
        // glibc words a bracket with nothing behind it differently.
        _ if lone_bracket && why.starts_with("Unmatched [") => "Invalid regular expression".into(),
        _ => why.to_string(),
    })
}

impl Matcher {
    /// The leftmost-longest match of any pattern at or after `from`.
    fn find(&self, line: &[u8], from: usize) -> Option<(usize, usize)> {
        let better = |best: Option<(usize, usize)>, next: (usize, usize)| match best {
            Some(best) if best.0 < next.0 || (best.0 == next.0 && best.1 >= next.1) => Some(best),
            _ => Some(next),
        };
        match self {
            Matcher::Fixed(patterns, icase) => patterns
                .iter()
                .filter_map(|it| find_bytes(line, it, from, *icase))
                .fold(None, better),
            Matcher::Regex(all) => all
                .iter()
                .filter_map(|it| it.find_at(line, from)?.first().copied().flatten())
                .fold(None, better),
        }
    }

    /// The longest match that starts at `start` and is no longer than `max` bytes.
    fn shorter(&self, line: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
        self.find(&line[..end], start).filter(|it| it.0 == start)
    }
}

fn find_bytes(line: &[u8], what: &[u8], from: usize, icase: bool) -> Option<(usize, usize)> {
    let hit = |at: &usize| {
        let part = &line[*at..*at + what.len()];
        if icase { part.eq_ignore_ascii_case(what) } else { part == what }
    };
    (from..=line.len().checked_sub(what.len())?).find(hit).map(|at| (at, at + what.len()))
}

struct Run {
    options: Options,
    matcher: Matcher,
    found: bool,
    trouble: bool,
    /// A group of lines was printed: the next one starts with `--`.
    printed: bool,
}

impl Run {
    fn all(&mut self, ctx: &mut Ctx<'_>, mut operands: Vec<Vec<u8>>) {
        let implied = operands.is_empty();
        if implied {
            operands.push(if self.options.recursive { b".".to_vec() } else { b"-".to_vec() });
        }
        let many = operands.len() > 1 || self.options.recursive;
        let names = self.options.names.unwrap_or(many);
        for operand in operands {
            if self.options.quiet && self.found {
                return;
            }
            self.operand(ctx, &operand, names, implied);
        }
    }

    fn operand(&mut self, ctx: &mut Ctx<'_>, path: &[u8], names: bool, implied: bool) {
        if path == b"-" {
            let label = self.options.label.clone().unwrap_or(b"(standard input)".to_vec());
            match ctx.read_all(0) {
                Ok(text) => self.text(ctx, &text, &label, names),
                Err(errno) => self.fail(ctx, b"(standard input)", errno),
            }
            return;
        }
        let attr = match ctx.stat(path) {
            Ok(attr) => attr,
            Err(errno) => return self.fail(ctx, path, errno),
        };
        if !attr.is_dir() {
            return self.file(ctx, path, names);
        }
        if self.options.recursive {
            let root: &[u8] = if implied { b"" } else { path };
            return self.tree(ctx, path, root, names);
        }
        if !self.options.skip_dirs {
            let shown = String::from_utf8_lossy(path).into_owned();
            ctx.warn(format_args!("{shown}: Is a directory"));
            self.trouble = true;
        }
    }

    /// A directory and everything below, in the order of the directory.
    fn tree(&mut self, ctx: &mut Ctx<'_>, path: &[u8], shown: &[u8], names: bool) {
        let entries = match ctx.children(path) {
            Ok(entries) => entries,
            Err(errno) => return self.fail(ctx, path, errno),
        };
        for entry in entries {
            let child = join(path, &entry.name);
            let shown =
                if shown.is_empty() { entry.name.clone() } else { join(shown, &entry.name) };
            match entry.kind {
                FileType::Dir => {
                    if !matches_any(&self.options.exclude_dir, &entry.name) {
                        self.tree(ctx, &child, &shown, names);
                    }
                }
                FileType::Reg => self.listed(ctx, &child, &shown, &entry.name, names),
                FileType::Symlink if self.options.dereference => {
                    self.listed(ctx, &child, &shown, &entry.name, names);
                }
                _ => {}
            }
        }
    }

    fn listed(&mut self, ctx: &mut Ctx<'_>, path: &[u8], shown: &[u8], name: &[u8], names: bool) {
        let o = &self.options;
        let included = o.include.is_empty() || matches_any(&o.include, name);
        if !included || matches_any(&o.exclude, name) {
            return;
        }
        match ctx.read_file(path) {
            Ok(text) => self.text(ctx, &text, shown, names),
            Err(errno) => self.fail(ctx, shown, errno),
        }
    }

    fn file(&mut self, ctx: &mut Ctx<'_>, path: &[u8], names: bool) {
        if !self.options.exclude.is_empty()
            && matches_any(&self.options.exclude, super::ctx::base_name(path))
        {
            return;
        }
        let text = ctx.open(path, OpenFlags::RDONLY, 0).and_then(|fd| {
            let text = ctx.read_all(fd);
            let _ = ctx.sys.close(fd);
            text
        });
        match text {
            Ok(text) => self.text(ctx, &text, path, names),
            Err(errno) => self.fail(ctx, path, errno),
        }
    }

    fn fail(&mut self, ctx: &mut Ctx<'_>, path: &[u8], errno: Errno) {
        self.trouble = true;
        if !self.options.silent {
            let path = String::from_utf8_lossy(path).into_owned();
            ctx.fail(path, errno);
        }
    }

    fn text(&mut self, ctx: &mut Ctx<'_>, text: &[u8], name: &[u8], names: bool) {
        let separator = if self.options.zero_data { 0 } else { b'\n' };
        let binary = !self.options.text && !self.options.zero_data && text.contains(&0);
        if binary && self.options.skip_binary {
            if self.options.list == Some(false) {
                self.list_line(ctx, name);
            }
            return;
        }
        let body = text.strip_suffix(&[separator]).unwrap_or(text);
        let lines: Vec<&[u8]> =
            if text.is_empty() { Vec::new() } else { body.split(|it| *it == separator).collect() };
        let limit = self.options.max.unwrap_or(u64::MAX);
        let quiet_lines =
            self.options.count || self.options.list.is_some() || self.options.quiet || binary;
        let mut printer = Printer { name: name.to_vec(), names, shown_to: 0, last: None };
        let (mut hits, mut offset, mut after) = (0u64, 0usize, 0usize);
        for (index, line) in lines.iter().enumerate() {
            if hits == limit && after == 0 {
                break;
            }
            let selected = hits < limit && self.selects(line);
            if selected {
                hits += 1;
                self.found |= self.options.list != Some(false);
                if self.options.quiet || self.options.list.is_some() {
                    break;
                }
                if !quiet_lines {
                    self.context_before(ctx, &mut printer, &lines, index, offset);
                    self.print(ctx, &mut printer, line, index, offset, true);
                }
                after = self.options.after;
            } else if after > 0 && !quiet_lines {
                after -= 1;
                self.print(ctx, &mut printer, line, index, offset, false);
            } else {
                after = after.saturating_sub(1);
            }
            offset += line.len() + 1;
        }
        self.summary(ctx, name, names, hits, binary);
    }

    fn summary(&mut self, ctx: &mut Ctx<'_>, name: &[u8], names: bool, hits: u64, binary: bool) {
        if self.options.quiet {
            return;
        }
        match self.options.list {
            Some(want) => {
                if (hits > 0) == want {
                    self.list_line(ctx, name);
                }
                return;
            }
            None if self.options.count => {
                if names {
                    ctx.out(name);
                    ctx.out(if self.options.null { "\0" } else { ":" });
                }
                ctx.out(format!("{hits}\n"));
                return;
            }
            None => {}
        }
        if binary && hits > 0 {
            let name = String::from_utf8_lossy(name).into_owned();
            ctx.flush();
            ctx.warn(format_args!("{name}: binary file matches"));
        }
    }

    fn list_line(&mut self, ctx: &mut Ctx<'_>, name: &[u8]) {
        self.found = true;
        ctx.out(name);
        ctx.out(if self.options.null { "\0" } else { "\n" });
    }

    fn selects(&self, line: &[u8]) -> bool {
        self.next_match(line, 0).is_some() != self.options.invert
    }

    /// The next match that respects -w and -x.
    fn next_match(&self, line: &[u8], mut from: usize) -> Option<(usize, usize)> {
        loop {
            let (start, mut end) = self.matcher.find(line, from)?;
            if self.options.whole {
                return (start == 0 && end == line.len()).then_some((start, end));
            }
            if !self.options.word {
                return Some((start, end));
            }
            loop {
                if word_edges(line, start, end) {
                    return Some((start, end));
                }
                match end.checked_sub(1).filter(|it| *it > start) {
                    Some(less) => match self.matcher.shorter(line, start, less) {
                        Some(found) => end = found.1,
                        None => break,
                    },
                    None => break,
                }
            }
            from = start + 1;
            if from > line.len() {
                return None;
            }
        }
    }

    fn context_before(
        &mut self,
        ctx: &mut Ctx<'_>,
        printer: &mut Printer,
        lines: &[&[u8]],
        index: usize,
        offset: usize,
    ) {
        let first = index.saturating_sub(self.options.before).max(printer.shown_to);
        let mut at = offset - lines[first..index].iter().map(|it| it.len() + 1).sum::<usize>();
        for (back, line) in lines.iter().enumerate().take(index).skip(first) {
            self.print(ctx, printer, line, back, at, false);
            at += line.len() + 1;
        }
    }

    fn print(
        &mut self,
        ctx: &mut Ctx<'_>,
        printer: &mut Printer,
        line: &[u8],
        index: usize,
        offset: usize,
        selected: bool,
    ) {
        let gap = printer.last.is_none_or(|last| last + 1 != index);
        let groups =
            self.options.context_given && (self.options.before > 0 || self.options.after > 0);
        if groups && gap && self.printed {
            ctx.out("--\n");
        }
        self.printed = true;
        printer.last = Some(index);
        printer.shown_to = index + 1;
        let end = if self.options.zero_data { "\0" } else { "\n" };
        if self.options.only {
            if selected && !self.options.invert {
                let mut from = 0;
                while let Some((start, stop)) = self.next_match(line, from) {
                    if stop > start {
                        self.prefix(ctx, printer, index, offset + start, true);
                        self.marked(ctx, &line[start..stop]);
                        ctx.out(end);
                    }
                    from = stop.max(start + 1);
                    if from > line.len() {
                        break;
                    }
                }
            }
            return;
        }
        self.prefix(ctx, printer, index, offset, selected);
        if self.options.color && selected != self.options.invert {
            let mut from = 0;
            while let Some((start, stop)) = self.next_match(line, from).filter(|it| it.1 > it.0) {
                ctx.out(&line[from..start]);
                self.marked(ctx, &line[start..stop]);
                from = stop;
            }
            ctx.out(&line[from..]);
        } else {
            ctx.out(line);
        }
        ctx.out(end);
    }

    fn marked(&self, ctx: &mut Ctx<'_>, text: &[u8]) {
        if self.options.color {
            ctx.out("\x1b[01;31m\x1b[K");
            ctx.out(text);
            ctx.out("\x1b[m\x1b[K");
        } else {
            ctx.out(text);
        }
    }

    fn prefix(
        &self,
        ctx: &mut Ctx<'_>,
        printer: &Printer,
        index: usize,
        offset: usize,
        selected: bool,
    ) {
        let mark = if selected { ":" } else { "-" };
        let paint = |ctx: &mut Ctx<'_>, code: &str, text: &[u8]| {
            if self.options.color {
                ctx.out(format!("\x1b[{code}m\x1b[K"));
                ctx.out(text);
                ctx.out("\x1b[m\x1b[K");
            } else {
                ctx.out(text);
            }
        };
        if printer.names {
            paint(ctx, "35", &printer.name);
            if self.options.null {
                ctx.out("\0");
            } else {
                paint(ctx, "36", mark.as_bytes());
            }
        }
        if self.options.number {
            paint(ctx, "32", (index + 1).to_string().as_bytes());
            paint(ctx, "36", mark.as_bytes());
        }
        if self.options.byte {
            paint(ctx, "32", offset.to_string().as_bytes());
            paint(ctx, "36", mark.as_bytes());
        }
    }
}

struct Printer {
    name: Vec<u8>,
    names: bool,
    shown_to: usize,
    last: Option<usize>,
}

fn word_edges(line: &[u8], start: usize, end: usize) -> bool {
    let word = |it: Option<&u8>| it.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let before = start.checked_sub(1).and_then(|at| line.get(at));
    !word(before) && !word(line.get(end))
}

fn matches_any(patterns: &[Vec<u8>], name: &[u8]) -> bool {
    patterns.iter().any(|it| pattern::matches(it, name, pattern::Options::default()))
}
