//! What `ls` was asked for, and the orders it can sort in.

use super::entry::Entry;
use crate::shell::command::common::quote;
use crate::shell::command::common::size::Unit;
use crate::shell::command::common::width;
use crate::shell::command::ctx::Ctx;
use crate::shell::pattern;
use crate::types::{FileType, Timespec};
use std::cmp::Ordering;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    OnePerLine,
    Long,
    Columns,
    Across,
    Commas,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    Never,
    /// Operands that lead to directories (without -l, -d, -F).
    OperandDirs,
    Operands,
    Always,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Name,
    Time,
    Size,
    Extension,
    Version,
    Width,
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    Modified,
    Changed,
    Accessed,
    Born,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    Literal,
    Shell,
    ShellRaw,
    ShellAlways,
    C,
    Escape,
    Locale,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Classify {
    None,
    Slash,
    FileType,
    All,
}

pub struct Options {
    pub layout: Layout,
    pub follow: Follow,
    pub order: Order,
    pub stamp: Stamp,
    pub quoting: Quoting,
    pub classify: Classify,
    pub all: bool,
    pub almost_all: bool,
    pub ignored: Vec<Vec<u8>>,
    pub hidden: Vec<Vec<u8>>,
    pub directory: bool,
    pub recursive: bool,
    pub reverse: bool,
    pub dirs_first: bool,
    pub inode: bool,
    pub show_blocks: bool,
    pub blocks: Unit,
    pub sizes: Unit,
    pub numeric: bool,
    pub owner: bool,
    pub group: bool,
    pub author: bool,
    pub context: bool,
    pub color: bool,
    pub hide_controls: bool,
    pub width: usize,
    pub tabs: usize,
    /// Formats for old and for recent files.
    pub time_style: [String; 2],
    pub eol: &'static str,
    pub tty: bool,
}

const TABLE: &str = "a|all A|almost-all |author b|escape |block-size= B|ignore-backups c C |color=? \
    d|directory D|dired f F|classify=? |file-type |format= |full-time g \
    |group-directories-first G|no-group h|human-readable |si H|dereference-command-line \
    |dereference-command-line-symlink-to-dir |hide= |hyperlink=? |indicator-style= i|inode \
    I|ignore= k|kibibytes l L|dereference m n|numeric-uid-gid N|literal o p \
    q|hide-control-chars |show-control-chars Q|quote-name |quoting-style= r|reverse R|recursive \
    s|size S |sort= |time= |time-style= t T|tabsize= u U v w|width= x X Z|context |zero 1";

impl Options {
    fn new(ctx: &Ctx<'_>) -> Options {
        let prog = ctx.call.command.name;
        let layout = match prog {
            "dir" => Layout::Columns,
            "vdir" => Layout::Long,
            _ if ctx.tty => Layout::Columns,
            _ => Layout::OnePerLine,
        };
        Options {
            layout,
            follow: Follow::OperandDirs,
            order: Order::Name,
            stamp: Stamp::Modified,
            quoting: match prog {
                "ls" if ctx.tty => Quoting::Shell,
                "ls" => Quoting::Literal,
                _ => Quoting::Escape,
            },
            classify: Classify::None,
            all: false,
            almost_all: false,
            ignored: Vec::new(),
            hidden: Vec::new(),
            directory: false,
            recursive: false,
            reverse: false,
            dirs_first: false,
            inode: false,
            show_blocks: false,
            blocks: Unit::Block(1024),
            sizes: Unit::Block(1),
            numeric: false,
            owner: true,
            group: true,
            author: false,
            context: false,
            color: false,
            hide_controls: prog == "ls" && ctx.tty,
            width: 80,
            tabs: 8,
            time_style: ["%b %e  %Y".into(), "%b %e %H:%M".into()],
            eol: "\n",
            tty: ctx.tty,
        }
    }

    pub fn is_long(&self) -> bool {
        self.layout == Layout::Long
    }

    pub fn totals(&self) -> bool {
        self.is_long() || self.show_blocks
    }

    /// True for a name that the listing of a directory leaves out.
    pub fn hides(&self, name: &[u8]) -> bool {
        let dot = name.starts_with(b".");
        let special = name == b"." || name == b"..";
        let plain = pattern::Options::default();
        if !self.all && (special || dot && !self.almost_all) {
            return true;
        }
        if !self.all
            && !self.almost_all
            && self.hidden.iter().any(|p| pattern::matches(p, name, plain))
        {
            return true;
        }
        self.ignored.iter().any(|p| pattern::matches(p, name, plain))
    }

    /// Must the entries of a directory be stated, or is `getdents64` enough?
    pub fn needs_stat(&self, kind: FileType) -> bool {
        self.is_long()
            || self.show_blocks
            || self.context
            || matches!(self.order, Order::Time | Order::Size)
            || self.follow == Follow::Always
            || self.color
            || self.classify == Classify::All && kind == FileType::Reg
            || self.dirs_first && kind == FileType::Symlink
    }

    /// The time that is shown and sorted by.
    pub fn time(&self, entry: &Entry) -> Timespec {
        let Some(attr) = entry.attr else { return Timespec::default() };
        match self.stamp {
            Stamp::Modified => attr.mtime,
            Stamp::Changed => attr.ctime,
            Stamp::Accessed => attr.atime,
            Stamp::Born => attr.btime,
        }
    }

    /// The name as it is printed.
    pub fn name(&self, name: &[u8]) -> String {
        match self.quoting {
            Quoting::Literal if self.hide_controls => quote::hide_controls(name),
            Quoting::Literal => raw(name),
            Quoting::Shell => quote::shell(name),
            Quoting::ShellRaw => quote::shell_raw(name),
            Quoting::ShellAlways => quote::quoted(name),
            Quoting::C => format!("\"{}\"", quote::c_escape(name, false).replace('"', "\\\"")),
            Quoting::Escape => quote::c_escape(name, true),
            Quoting::Locale => quote::locale(name),
        }
    }

    /// True when the name needs quotes, so that others are moved to stay in line.
    pub fn is_quoted(&self, name: &[u8]) -> bool {
        self.quoting == Quoting::Shell && quote::shell(name).starts_with(['\'', '"'])
    }

    /// The mark behind a name (`-F`, `-p`).
    pub fn indicator(&self, kind: Option<FileType>, mode: u32) -> &'static str {
        if self.classify == Classify::None {
            return "";
        }
        let all = self.classify == Classify::All;
        match kind {
            Some(FileType::Dir) => "/",
            _ if self.classify == Classify::Slash => "",
            Some(FileType::Symlink) => "@",
            Some(FileType::Fifo) => "|",
            Some(FileType::Sock) => "=",
            Some(FileType::Reg) if all && mode & 0o111 != 0 => "*",
            _ => "",
        }
    }
}

/// Bytes that are not UTF-8 go out as they are: kept in private characters until printed.
fn raw(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&b| super::layout::keep_byte(b)));
    }
    text
}

/// Reads the command line.
///
/// # Errors
/// The status to end with.
pub fn read(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let parsed = ctx.parse(TABLE)?;
    let mut o = Options::new(ctx);
    let mut seen = Seen::default();
    if let Some((columns, _)) = ctx.sys.winsize(1) {
        o.width = columns.into();
    }
    if let Some(columns) = ctx.var("COLUMNS").and_then(crate::shell::command::common::args::number)
    {
        o.width = columns as usize;
    }
    for given in &parsed.options {
        let value = given.text();
        if !letter(&mut o, &mut seen, given.id) {
            with_value(ctx, &mut o, &mut seen, given.id, &value)?;
        }
    }
    settle(&mut o, &seen);
    Ok((o, parsed.operands))
}

#[derive(Default)]
struct Seen {
    follow: bool,
    sort: bool,
    time: bool,
    human: Option<Unit>,
    time_style: bool,
    zero: bool,
}

/// Options without a value. False for others.
fn letter(o: &mut Options, seen: &mut Seen, id: &str) -> bool {
    match id {
        "a" => o.all = true,
        "A" => o.almost_all = true,
        "author" => o.author = true,
        "b" => o.quoting = Quoting::Escape,
        "B" => o.ignored.extend([b"*~".to_vec(), b".*~".to_vec()]),
        "c" => (o.stamp, seen.time) = (Stamp::Changed, true),
        "u" => (o.stamp, seen.time) = (Stamp::Accessed, true),
        "C" => o.layout = Layout::Columns,
        "x" => o.layout = Layout::Across,
        "m" => o.layout = Layout::Commas,
        "1" => {
            if !o.is_long() {
                o.layout = Layout::OnePerLine;
            }
        }
        "l" => o.layout = Layout::Long,
        "g" => (o.layout, o.owner) = (Layout::Long, false),
        "o" => (o.layout, o.group) = (Layout::Long, false),
        "n" => (o.layout, o.numeric) = (Layout::Long, true),
        "full-time" => {
            o.layout = Layout::Long;
            o.time_style = ["%Y-%m-%d %H:%M:%S.%N %z".into(), "%Y-%m-%d %H:%M:%S.%N %z".into()];
            seen.time_style = true;
        }
        "d" => o.directory = true,
        "D" => {}
        "f" => {
            o.all = true;
            (o.order, seen.sort) = (Order::None, true);
            o.color = false;
            if o.is_long() {
                o.layout = if o.tty { Layout::Columns } else { Layout::OnePerLine };
            }
        }
        "file-type" => o.classify = Classify::FileType,
        "p" => o.classify = Classify::Slash,
        "group-directories-first" => o.dirs_first = true,
        "G" => o.group = false,
        "h" => seen.human = Some(Unit::Human),
        "si" => seen.human = Some(Unit::Si),
        "k" => {
            if seen.human.is_none() {
                o.blocks = Unit::Block(1024);
            }
        }
        "H" => (o.follow, seen.follow) = (Follow::Operands, true),
        "dereference-command-line-symlink-to-dir" => {
            (o.follow, seen.follow) = (Follow::OperandDirs, true);
        }
        "L" => (o.follow, seen.follow) = (Follow::Always, true),
        "i" => o.inode = true,
        "N" => o.quoting = Quoting::Literal,
        "q" => o.hide_controls = true,
        "show-control-chars" => o.hide_controls = false,
        "Q" => o.quoting = Quoting::C,
        "r" => o.reverse = true,
        "R" => o.recursive = true,
        "s" => o.show_blocks = true,
        "S" => (o.order, seen.sort) = (Order::Size, true),
        "t" => (o.order, seen.sort) = (Order::Time, true),
        "U" => (o.order, seen.sort) = (Order::None, true),
        "v" => (o.order, seen.sort) = (Order::Version, true),
        "X" => (o.order, seen.sort) = (Order::Extension, true),
        "Z" => o.context = true,
        "zero" => {
            o.eol = "\0";
            seen.zero = true;
            if !o.is_long() {
                o.layout = Layout::OnePerLine;
            }
            o.quoting = Quoting::Literal;
            o.hide_controls = false;
            o.color = false;
        }
        _ => return false,
    }
    true
}

fn with_value(
    ctx: &mut Ctx<'_>,
    o: &mut Options,
    seen: &mut Seen,
    id: &str,
    value: &str,
) -> Result<(), i32> {
    match id {
        "I" => o.ignored.push(value.into()),
        "hide" => o.hidden.push(value.into()),
        "block-size" => match Unit::parse(value.as_bytes()) {
            Some(unit) => (o.blocks, o.sizes) = (unit, unit),
            None => {
                ctx.warn(format_args!("invalid --block-size argument '{value}'"));
                return Err(2);
            }
        },
        "w" | "T" => match value.parse() {
            Ok(n) if id == "w" => o.width = n,
            Ok(n) => o.tabs = n,
            Err(_) => {
                let what = if id == "w" { "line width" } else { "tab size" };
                let shown = quote::locale(value.as_bytes());
                ctx.warn(format_args!("invalid {what}: {shown}"));
                return Err(2);
            }
        },
        "time-style" => {
            seen.time_style = true;
            o.time_style = time_style(ctx, value)?;
        }
        "F" => {
            let when = if value.is_empty() { "always" } else { value };
            if choice(ctx, "--classify", when, WHEN)? == 1 || when_auto(when) && o.tty {
                o.classify = Classify::All;
            }
        }
        "color" | "hyperlink" => {
            let when = if value.is_empty() { "always" } else { value };
            let pick = choice(ctx, &format!("--{id}"), when, WHEN)?;
            if id == "color" {
                o.color = pick == 1 || pick == 2 && o.tty;
            }
        }
        _ => choices(ctx, o, seen, id, value)?,
    }
    Ok(())
}

fn when_auto(when: &str) -> bool {
    matches!(when, "auto" | "tty" | "if-tty")
}

/// Values with their aliases, and what each stands for.
type Choices = &'static [(&'static [&'static str], usize)];

const WHEN: Choices = &[
    (&["always", "yes", "force"], 1),
    (&["never", "no", "none"], 0),
    (&["auto", "tty", "if-tty"], 2),
];

fn choices(
    ctx: &mut Ctx<'_>,
    o: &mut Options,
    seen: &mut Seen,
    id: &str,
    value: &str,
) -> Result<(), i32> {
    match id {
        "format" => {
            const FORMATS: Choices = &[
                (&["verbose", "long"], 0),
                (&["commas"], 1),
                (&["horizontal", "across"], 2),
                (&["vertical"], 3),
                (&["single-column"], 4),
            ];
            let all =
                [Layout::Long, Layout::Commas, Layout::Across, Layout::Columns, Layout::OnePerLine];
            o.layout = all[choice(ctx, "--format", value, FORMATS)?];
        }
        "sort" => {
            const SORTS: Choices = &[
                (&["none"], 0),
                (&["time"], 1),
                (&["size"], 2),
                (&["extension"], 3),
                (&["version"], 4),
                (&["width"], 5),
            ];
            let all = [
                Order::None,
                Order::Time,
                Order::Size,
                Order::Extension,
                Order::Version,
                Order::Width,
            ];
            (o.order, seen.sort) = (all[choice(ctx, "--sort", value, SORTS)?], true);
        }
        "time" => {
            const TIMES: Choices = &[
                (&["atime", "access", "use"], 0),
                (&["ctime", "status"], 1),
                (&["birth", "creation"], 2),
                (&["mtime", "modification"], 3),
            ];
            let all = [Stamp::Accessed, Stamp::Changed, Stamp::Born, Stamp::Modified];
            (o.stamp, seen.time) = (all[choice(ctx, "--time", value, TIMES)?], true);
        }
        "indicator-style" => {
            const STYLES: Choices =
                &[(&["none"], 0), (&["slash"], 1), (&["file-type"], 2), (&["classify"], 3)];
            let all = [Classify::None, Classify::Slash, Classify::FileType, Classify::All];
            o.classify = all[choice(ctx, "--indicator-style", value, STYLES)?];
        }
        "quoting-style" => {
            const STYLES: Choices = &[
                (&["literal"], 0),
                (&["shell"], 6),
                (&["shell-always"], 2),
                (&["shell-escape"], 1),
                (&["shell-escape-always"], 2),
                (&["c"], 3),
                (&["c-maybe"], 3),
                (&["escape"], 4),
                (&["locale"], 5),
                (&["clocale"], 5),
            ];
            let all = [
                Quoting::Literal,
                Quoting::Shell,
                Quoting::ShellAlways,
                Quoting::C,
                Quoting::Escape,
                Quoting::Locale,
                Quoting::ShellRaw,
            ];
            o.quoting = all[choice(ctx, "--quoting-style", value, STYLES)?];
        }
        _ => {}
    }
    Ok(())
}

/// Picks a value by its name or a prefix that leaves no doubt.
fn choice(ctx: &mut Ctx<'_>, option: &str, value: &str, table: Choices) -> Result<usize, i32> {
    for (names, pick) in table {
        if names.contains(&value) {
            return Ok(*pick);
        }
    }
    let near: Vec<usize> = table
        .iter()
        .flat_map(|(names, pick)| names.iter().map(move |n| (n, *pick)))
        .filter(|(n, _)| !value.is_empty() && n.starts_with(value))
        .map(|(_, pick)| pick)
        .collect();
    if let [first, rest @ ..] = &near[..]
        && rest.iter().all(|p| p == first)
    {
        return Ok(*first);
    }
    let problem = if near.is_empty() { "invalid" } else { "ambiguous" };
    ctx.warn(format_args!(
        "{problem} argument {} for {}",
        quote::locale(value.as_bytes()),
        quote::locale(option.as_bytes())
    ));
    let mut text = String::from("Valid arguments are:\n");
    for (names, _) in table {
        if option == "--time" && names.contains(&"mtime") {
            continue;
        }
        let names: Vec<String> = names.iter().map(|n| format!("‘{n}’")).collect();
        text.push_str(&format!("  - {}\n", names.join(", ")));
    }
    ctx.err(text);
    ctx.try_help();
    Err(1)
}

fn time_style(ctx: &mut Ctx<'_>, value: &str) -> Result<[String; 2], i32> {
    if let Some(format) = value.strip_prefix('+') {
        return Ok(match format.split_once('\n') {
            Some((old, recent)) => [old.into(), recent.into()],
            None => [format.into(), format.into()],
        });
    }
    let value = value.strip_prefix("posix-").map_or(value, |_| "locale");
    Ok(match value {
        "full-iso" => ["%Y-%m-%d %H:%M:%S.%N %z".into(), "%Y-%m-%d %H:%M:%S.%N %z".into()],
        "long-iso" => ["%Y-%m-%d %H:%M".into(), "%Y-%m-%d %H:%M".into()],
        "iso" => ["%Y-%m-%d ".into(), "%m-%d %H:%M".into()],
        "locale" => ["%b %e  %Y".into(), "%b %e %H:%M".into()],
        _ => {
            let shown = quote::locale(value.as_bytes());
            ctx.warn(format_args!("invalid argument {shown} for ‘time style’"));
            ctx.err(
                "Valid arguments are:\n  - [posix-]full-iso\n  - [posix-]long-iso\n  - [posix-]iso\n  - [posix-]locale\n  - +FORMAT (e.g., +%H:%M) for a 'date'-style format\n",
            );
            ctx.try_help();
            return Err(2);
        }
    })
}

fn settle(o: &mut Options, seen: &Seen) {
    if let Some(unit) = seen.human {
        (o.blocks, o.sizes) = (unit, unit);
    }
    if !seen.follow && (o.is_long() || o.directory || o.classify == Classify::All) {
        o.follow = Follow::Never;
    }
    if !seen.sort && seen.time && !o.is_long() {
        o.order = Order::Time;
    }
    if o.color {
        o.tabs = 0;
    }
    if seen.zero {
        o.tabs = 0;
    }
}

/// Sorts entries in the order asked for.
pub fn sort(o: &Options, entries: &mut [Entry]) {
    let by_name = |a: &Entry, b: &Entry| a.name.cmp(&b.name);
    if o.order != Order::None {
        entries.sort_by(|a, b| {
            let order = match o.order {
                Order::Time => o.time(b).cmp(&o.time(a)),
                Order::Size => b.size().cmp(&a.size()),
                Order::Extension => extension(&a.name).cmp(extension(&b.name)),
                Order::Version => version_order(&a.name, &b.name),
                Order::Width => width::of(&o.name(&a.name)).cmp(&width::of(&o.name(&b.name))),
                Order::Name | Order::None => Ordering::Equal,
            };
            let order = order.then_with(|| by_name(a, b));
            if o.reverse { order.reverse() } else { order }
        });
    }
    if o.dirs_first && o.order != Order::None {
        let dir = |e: &Entry| e.kind == Some(FileType::Dir) || e.target.is_some_and(|t| t.is_dir());
        entries.sort_by_key(|e| !dir(e));
    }
}

fn extension(name: &[u8]) -> &[u8] {
    name.iter().rposition(|&b| b == b'.').map_or(b"", |at| &name[at..])
}

/// Names with numbers in their natural order.
pub fn version_order(a: &[u8], b: &[u8]) -> Ordering {
    let special = |n: &[u8]| match n {
        b"" => 0,
        b"." => 1,
        b".." => 2,
        _ if n.starts_with(b".") => 3,
        _ => 4,
    };
    let first = special(a).cmp(&special(b));
    if first != Ordering::Equal {
        return first;
    }
    let (mut a, mut b) = (a, b);
    loop {
        let text = |s: &[u8]| s.iter().take_while(|c| !c.is_ascii_digit()).count();
        let (ta, tb) = (text(a), text(b));
        let rank = |c: Option<&u8>| match c {
            Some(b'~') => -1,
            None => 0,
            Some(c) if c.is_ascii_alphabetic() => i32::from(*c),
            Some(c) => i32::from(*c) + 256,
        };
        for at in 0..ta.max(tb) {
            let order = rank(a[..ta].get(at)).cmp(&rank(b[..tb].get(at)));
            if order != Ordering::Equal {
                return order;
            }
        }
        (a, b) = (&a[ta..], &b[tb..]);
        let digits = |s: &[u8]| s.iter().take_while(|c| c.is_ascii_digit()).count();
        let (da, db) = (digits(a), digits(b));
        let number =
            |s: &[u8]| -> Vec<u8> { s.iter().copied().skip_while(|c| *c == b'0').collect() };
        let (na, nb) = (number(&a[..da]), number(&b[..db]));
        let order = na.len().cmp(&nb.len()).then_with(|| na.cmp(&nb));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (&a[da..], &b[db..]);
        if a.is_empty() && b.is_empty() {
            return Ordering::Equal;
        }
    }
}
