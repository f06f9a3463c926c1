//! find's expressions: words to a tree, with the messages of findutils 4.9.

use super::super::common::{mode::ModeSpec, quote};
use super::super::ctx::Ctx;
use crate::shell::regex::{Regex, Syntax};
use crate::types::{FileType, Timespec};
use std::cmp::Ordering;

/// How a number is compared: `+n`, `-n`, `n`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub order: Ordering,
    pub value: i64,
}

/// Which stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    Access,
    Change,
    Modify,
}

/// How `-perm` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PermTest {
    Exact,
    All,
    Any,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    Always(bool),
    Name(Vec<u8>, bool),
    Path(Vec<u8>, bool),
    LinkName(Vec<u8>, bool),
    Matches(Box<Regex>),
    Type(Vec<FileType>, bool),
    SameFile(u64, u64),
    Inum(Number),
    Links(Number),
    Perm(PermTest, u32),
    Uid(Number),
    Gid(Number),
    NoUser,
    NoGroup,
    /// Unit in bytes.
    Size(Number, u64),
    Empty,
    Newer(Stamp, Timespec),
    /// Age in units of this many seconds.
    Age(Stamp, Number, i64),
    Access(u8),
    Prune,
    Quit,
    Print(Vec<u8>),
    PrintFormat(Vec<u8>),
    List,
    Delete,
    Exec {
        words: Vec<Vec<u8>>,
        many: bool,
        in_dir: bool,
        slot: usize,
    },
}

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Test(Test),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// `,`: all, the value of the last.
    List(Vec<Expr>),
}

/// A parsed command line.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub roots: Vec<Vec<u8>>,
    pub expr: Expr,
    pub follow: bool,
    pub follow_roots: bool,
    pub max_depth: usize,
    pub min_depth: usize,
    pub depth_first: bool,
    pub one_fs: bool,
    /// Number of `-exec … +`.
    pub batches: usize,
}

struct Parser<'a, 'c, 'k> {
    ctx: &'c mut Ctx<'k>,
    words: &'a [Vec<u8>],
    at: usize,
    plan: Plan,
    has_action: bool,
    syntax: Syntax,
}

type Parsed<T> = Result<T, i32>;

/// Parses all arguments.
pub(super) fn parse(ctx: &mut Ctx<'_>) -> Parsed<Plan> {
    let words = ctx.args().to_vec();
    let plan = Plan {
        roots: Vec::new(),
        expr: Expr::And(Vec::new()),
        follow: false,
        follow_roots: false,
        max_depth: usize::MAX,
        min_depth: 0,
        depth_first: false,
        one_fs: false,
        batches: 0,
    };
    let mut parser =
        Parser { ctx, words: &words, at: 0, plan, has_action: false, syntax: Syntax::Basic };
    parser.roots();
    let expr = parser.whole()?;
    let mut plan = parser.plan;
    plan.expr = if parser.has_action {
        expr
    } else {
        Expr::And(vec![expr, Expr::Test(Test::Print(b"\n".to_vec()))])
    };
    Ok(plan)
}

fn starts_expression(word: &[u8]) -> bool {
    (word.starts_with(b"-") && word.len() > 1) || matches!(word, b"(" | b"!" | b")" | b",")
}

impl Parser<'_, '_, '_> {
    fn roots(&mut self) {
        while let Some(word) = self.words.get(self.at) {
            match word.as_slice() {
                b"-L" => self.plan.follow = true,
                b"-H" => self.plan.follow_roots = true,
                b"-P" => (self.plan.follow, self.plan.follow_roots) = (false, false),
                it if !starts_expression(it) => self.plan.roots.push(it.to_vec()),
                _ => break,
            }
            self.at += 1;
        }
        if self.plan.roots.is_empty() {
            self.plan.roots.push(b".".to_vec());
        }
    }

    fn peek(&self) -> Option<&[u8]> {
        self.words.get(self.at).map(Vec::as_slice)
    }

    fn fail<T>(&mut self, message: impl std::fmt::Display) -> Parsed<T> {
        self.ctx.warn(message);
        Err(1)
    }

    fn whole(&mut self) -> Parsed<Expr> {
        if self.peek().is_none() {
            return Ok(Expr::And(Vec::new()));
        }
        let expr = self.list()?;
        match self.peek() {
            None => Ok(expr),
            Some(b")") => self.fail("invalid expression; you have too many ')'"),
            Some(word) => {
                let word = quote::locale(word);
                let is_path = !word.starts_with("‘-");
                if is_path {
                    return self.fail(format_args!(
                        "paths must precede expression: `{}'",
                        word.trim_matches(['‘', '’'])
                    ));
                }
                self.fail(format_args!("invalid expression near {word}"))
            }
        }
    }

    fn list(&mut self) -> Parsed<Expr> {
        let mut all = vec![self.either()?];
        while self.peek() == Some(b",") {
            self.at += 1;
            all.push(self.either()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::List(all) })
    }

    fn either(&mut self) -> Parsed<Expr> {
        let mut all = vec![self.both()?];
        while matches!(self.peek(), Some(b"-o" | b"-or")) {
            let word = self.words[self.at].clone();
            self.at += 1;
            if matches!(self.peek(), None | Some(b")")) {
                let word = String::from_utf8_lossy(&word).into_owned();
                return self.fail(format_args!("expected an expression after '{word}'"));
            }
            all.push(self.both()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }

    fn both(&mut self) -> Parsed<Expr> {
        let mut all = Vec::new();
        loop {
            match self.peek() {
                None | Some(b")" | b",") => break,
                Some(b"-o" | b"-or") if !all.is_empty() => break,
                Some(word @ (b"-o" | b"-or" | b"-a" | b"-and")) if all.is_empty() => {
                    let word = String::from_utf8_lossy(word).into_owned();
                    return self.fail(format_args!(
                        "invalid expression; you have used a binary operator '{word}' with nothing \
                         before it."
                    ));
                }
                Some(b"-a" | b"-and") => {
                    self.at += 1;
                    if matches!(self.peek(), None | Some(b")" | b",")) {
                        return self.fail("expected an expression after '-a'");
                    }
                }
                Some(_) => all.push(self.unary()?),
            }
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }

    fn unary(&mut self) -> Parsed<Expr> {
        match self.peek() {
            Some(word @ (b"!" | b"-not")) => {
                let word = String::from_utf8_lossy(word).into_owned();
                self.at += 1;
                if matches!(self.peek(), None | Some(b")")) {
                    return self.fail(format_args!("expected an expression after '{word}'"));
                }
                // Two of them are none.
                let more = self.words[self.at..].iter();
                let more = more.take_while(|it| matches!(it.as_slice(), b"!" | b"-not")).count();
                let pairs = more / 2 * 2;
                self.at += pairs;
                if more % 2 == 1 {
                    self.at += 1;
                    if matches!(self.peek(), None | Some(b")")) {
                        return self.fail(format_args!("expected an expression after '{word}'"));
                    }
                    return self.unary();
                }
                if matches!(self.peek(), None | Some(b")")) {
                    return self.fail(format_args!("expected an expression after '{word}'"));
                }
                Ok(Expr::Not(Box::new(self.unary()?)))
            }
            Some(b"(") => {
                self.at += 1;
                if self.peek() == Some(b")") {
                    return self.fail("invalid expression; empty parentheses are not allowed.");
                }
                let inner = self.list()?;
                if self.peek() != Some(b")") {
                    return self.fail(
                        "invalid expression; expected to find a ')' but didn't see one. Perhaps \
                         you need an extra predicate after '('",
                    );
                }
                self.at += 1;
                Ok(inner)
            }
            _ => self.primary(),
        }
    }

    fn argument(&mut self, name: &str) -> Parsed<Vec<u8>> {
        match self.words.get(self.at) {
            Some(word) => {
                self.at += 1;
                Ok(word.clone())
            }
            None => self.fail(format_args!("missing argument to `{name}'")),
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let word = self.words[self.at].clone();
        self.at += 1;
        let name = String::from_utf8_lossy(&word).into_owned();
        if !word.starts_with(b"-") {
            return self.fail(format_args!("paths must precede expression: `{name}'"));
        }
        if let Some(expr) = self.option(&name)? {
            return Ok(expr);
        }
        let test = match name.as_str() {
            "-name" | "-iname" => Test::Name(self.argument(&name)?, name == "-iname"),
            "-path" | "-wholename" => Test::Path(self.argument(&name)?, false),
            "-ipath" | "-iwholename" => Test::Path(self.argument(&name)?, true),
            "-lname" | "-ilname" => Test::LinkName(self.argument(&name)?, name == "-ilname"),
            "-regex" | "-iregex" => self.regex(&name)?,
            "-type" | "-xtype" => self.file_type(&name)?,
            "-samefile" => {
                let attr = self.stat(&name)?;
                Test::SameFile(attr.dev.encode(), attr.ino)
            }
            "-inum" => Test::Inum(self.number(&name)?),
            "-links" => Test::Links(self.number(&name)?),
            "-perm" => self.perm(&name)?,
            "-user" | "-uid" => Test::Uid(self.owner(&name)?),
            "-group" | "-gid" => Test::Gid(self.owner(&name)?),
            "-nouser" => Test::NoUser,
            "-nogroup" => Test::NoGroup,
            "-size" => self.size(&name)?,
            "-empty" => Test::Empty,
            "-true" => Test::Always(true),
            "-false" => Test::Always(false),
            "-readable" => Test::Access(4),
            "-writable" => Test::Access(2),
            "-executable" => Test::Access(1),
            "-prune" => Test::Prune,
            "-amin" | "-cmin" | "-mmin" => self.age(&name, 60)?,
            "-atime" | "-ctime" | "-mtime" => self.age(&name, 86400)?,
            "-newer" | "-anewer" | "-cnewer" => self.newer(&name)?,
            "-quit" => self.action(Test::Quit),
            "-print" => self.action(Test::Print(b"\n".to_vec())),
            "-print0" => self.action(Test::Print(vec![0])),
            "-printf" => {
                let format = self.argument(&name)?;
                self.action(Test::PrintFormat(format))
            }
            "-ls" => self.action(Test::List),
            "-delete" => {
                self.plan.depth_first = true;
                self.action(Test::Delete)
            }
            "-exec" | "-execdir" => self.exec(&name)?,
            _ if name.starts_with("-newer") && name.len() == 8 => self.newer(&name)?,
            "-ok" | "-okdir" | "-fprint" | "-fprintf" | "-fls" | "-fprint0" | "-context" => {
                return self.fail(format_args!("{name}: not simulated: use -exec or -print"));
            }
            "-version" | "--version" => {
                let text = self.ctx.call.command.version_line();
                self.ctx.line(text);
                self.ctx.flush();
                return Err(0);
            }
            _ => return self.fail(format_args!("unknown predicate `{name}'")),
        };
        Ok(Expr::Test(test))
    }

    fn action(&mut self, test: Test) -> Test {
        self.has_action = true;
        test
    }

    /// Options stand for "true" where they are written and hold for the whole search.
    fn option(&mut self, name: &str) -> Parsed<Option<Expr>> {
        match name {
            "-maxdepth" | "-mindepth" => {
                let word = self.argument(name)?;
                let Some(depth) = super::super::common::args::number(&word) else {
                    let word = quote::locale(&word);
                    return self.fail(format_args!(
                        "Expected a positive decimal integer argument to {name}, but got {word}"
                    ));
                };
                if name == "-maxdepth" {
                    self.plan.max_depth = depth as usize;
                } else {
                    self.plan.min_depth = depth as usize;
                }
            }
            "-depth" | "-d" => self.plan.depth_first = true,
            "-xdev" | "-mount" => self.plan.one_fs = true,
            "-follow" => self.plan.follow = true,
            "-regextype" => {
                let kind = self.argument(name)?;
                self.syntax = match kind.as_slice() {
                    b"posix-extended" | b"egrep" | b"posix-egrep" | b"awk" | b"gnu-awk" => {
                        Syntax::Extended
                    }
                    _ => Syntax::Basic,
                };
            }
            "-noleaf"
            | "-daystart"
            | "-warn"
            | "-nowarn"
            | "-ignore_readdir_race"
            | "-noignore_readdir_race" => {}
            _ => return Ok(None),
        }
        Ok(Some(Expr::Test(Test::Always(true))))
    }

    fn regex(&mut self, name: &str) -> Parsed<Test> {
        let pattern = self.argument(name)?;
        // The default of findutils is Emacs' grammar: + and ? are operators, groups take \( \).
        let pattern = match self.syntax {
            Syntax::Extended => pattern,
            Syntax::Basic => emacs_to_basic(&pattern),
        };
        match Regex::new(&pattern, self.syntax, name == "-iregex") {
            Ok(regex) => Ok(Test::Matches(Box::new(regex))),
            Err(why) => {
                let shown = quote::locale(&pattern);
                self.fail(format_args!("failed to compile regular expression {shown}: {why}"))
            }
        }
    }

    fn file_type(&mut self, name: &str) -> Parsed<Test> {
        let letters = self.argument(name)?;
        let mut kinds = Vec::new();
        for part in letters.split(|it| *it == b',') {
            let kind = match part {
                b"f" => FileType::Reg,
                b"d" => FileType::Dir,
                b"l" => FileType::Symlink,
                b"p" => FileType::Fifo,
                b"s" => FileType::Sock,
                b"c" => FileType::Chr,
                b"b" => FileType::Blk,
                [] => {
                    return self.fail(format_args!(
                        "Arguments to {name} should contain at least one letter"
                    ));
                }
                [one] => {
                    let one = char::from(*one);
                    return self.fail(format_args!("Unknown argument to {name}: {one}"));
                }
                _ => {
                    return self.fail(format_args!(
                        "Must separate multiple arguments to {name} using: ','"
                    ));
                }
            };
            kinds.push(kind);
        }
        Ok(Test::Type(kinds, name == "-xtype"))
    }

    fn stat(&mut self, name: &str) -> Parsed<crate::types::Attr> {
        let path = self.argument(name)?;
        match self.ctx.stat(&path) {
            Ok(attr) => Ok(attr),
            Err(errno) => {
                let path = quote::locale(&path);
                self.fail(format_args!("{path}: {errno}"))
            }
        }
    }

    fn number(&mut self, name: &str) -> Parsed<Number> {
        let word = self.argument(name)?;
        match parse_number(&word) {
            Some(number) => Ok(number),
            None => {
                let word = String::from_utf8_lossy(&word).into_owned();
                self.fail(format_args!("invalid argument `{word}' to `{name}'"))
            }
        }
    }

    fn owner(&mut self, name: &str) -> Parsed<Number> {
        let word = self.argument(name)?;
        let text = String::from_utf8_lossy(&word).into_owned();
        let names = self.ctx.names();
        let id = match name {
            "-user" => names.by_user_name(&text).map(|it| it.uid),
            "-group" => names.by_group_name(&text).map(|it| it.gid),
            _ => None,
        };
        if let Some(id) = id {
            return Ok(Number { order: Ordering::Equal, value: i64::from(id) });
        }
        match parse_number(&word) {
            Some(number) => Ok(number),
            None => {
                let shown = quote::locale(&word);
                match name {
                    "-user" => self.fail(format_args!("{shown} is not the name of a known user")),
                    "-group" => {
                        self.fail(format_args!("{shown} is not the name of an existing group"))
                    }
                    _ => self.fail(format_args!("invalid argument `{text}' to `{name}'")),
                }
            }
        }
    }

    fn perm(&mut self, name: &str) -> Parsed<Test> {
        let word = self.argument(name)?;
        let (test, mode) = match word.first() {
            Some(b'-') => (PermTest::All, &word[1..]),
            Some(b'/') => (PermTest::Any, &word[1..]),
            _ => (PermTest::Exact, &word[..]),
        };
        match ModeSpec::parse(mode) {
            Some(spec) => Ok(Test::Perm(test, spec.apply(0, false, 0) & 0o7777)),
            None => {
                let word = quote::locale(&word);
                self.fail(format_args!("invalid mode {word}"))
            }
        }
    }

    fn size(&mut self, name: &str) -> Parsed<Test> {
        let word = self.argument(name)?;
        let (unit, digits) = match word.split_last() {
            None => return self.fail("invalid null argument to -size"),
            Some((last, _)) if last.is_ascii_digit() => (512, &word[..]),
            Some((last, rest)) => {
                let unit = match last {
                    b'c' => 1,
                    b'w' => 2,
                    b'b' => 512,
                    b'k' => 1 << 10,
                    b'M' => 1 << 20,
                    b'G' => 1 << 30,
                    other => {
                        let other = char::from(*other);
                        return self.fail(format_args!("invalid -size type `{other}'"));
                    }
                };
                (unit, rest)
            }
        };
        match parse_number(digits) {
            Some(number) => Ok(Test::Size(number, unit)),
            None => {
                let word = String::from_utf8_lossy(&word).into_owned();
                self.fail(format_args!("Invalid argument `{word}' to {name}"))
            }
        }
    }

    fn age(&mut self, name: &str, unit: i64) -> Parsed<Test> {
        let stamp = stamp_of(name.as_bytes()[1]);
        Ok(Test::Age(stamp, self.number(name)?, unit))
    }

    fn newer(&mut self, name: &str) -> Parsed<Test> {
        let letters: &[u8] = match name {
            "-newer" => b"mm",
            "-anewer" => b"am",
            "-cnewer" => b"cm",
            other => &other.as_bytes()[6..8],
        };
        let (mine, theirs) = (stamp_of(letters[0]), letters[1]);
        if theirs == b't' {
            let text = self.argument(name)?;
            let now = self.ctx.sys.clock();
            return match super::super::common::time::parse(&text, now) {
                Some(time) => Ok(Test::Newer(mine, time)),
                None => {
                    let text = quote::locale(&text);
                    self.fail(format_args!(
                        "I cannot figure out how to interpret {text} as a date or time"
                    ))
                }
            };
        }
        let attr = self.stat(name)?;
        Ok(Test::Newer(mine, stamp_in(&attr, stamp_of(theirs))))
    }

    fn exec(&mut self, name: &str) -> Parsed<Test> {
        let mut words: Vec<Vec<u8>> = Vec::new();
        loop {
            let Some(word) = self.words.get(self.at) else {
                return self.fail(format_args!("missing argument to `{name}'"));
            };
            self.at += 1;
            let many = word == b"+" && words.last().is_some_and(|it| it == b"{}");
            if word == b";" || many {
                if words.is_empty() {
                    return self.fail(format_args!("missing argument to `{name}'"));
                }
                let slot = self.plan.batches;
                if many {
                    words.pop();
                    self.plan.batches += 1;
                }
                return Ok(self.action(Test::Exec {
                    words,
                    many,
                    in_dir: name == "-execdir",
                    slot,
                }));
            }
            words.push(word.clone());
        }
    }
}

fn stamp_of(letter: u8) -> Stamp {
    match letter {
        b'a' => Stamp::Access,
        b'c' => Stamp::Change,
        _ => Stamp::Modify,
    }
}

/// One of the stamps of a file.
pub(super) fn stamp_in(attr: &crate::types::Attr, stamp: Stamp) -> Timespec {
    match stamp {
        Stamp::Access => attr.atime,
        Stamp::Change => attr.ctime,
        Stamp::Modify => attr.mtime,
    }
}

fn parse_number(word: &[u8]) -> Option<Number> {
    let (order, digits) = match word.first()? {
        b'+' => (Ordering::Greater, &word[1..]),
        b'-' => (Ordering::Less, &word[1..]),
        _ => (Ordering::Equal, word),
    };
    let value = super::super::common::args::number(digits)?;
    Some(Number { order, value: i64::try_from(value).ok()? })
}

/// Emacs' grammar differs from the basic one in that `+` and `?` repeat.
fn emacs_to_basic(pattern: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = pattern.iter().copied();
    let mut in_bracket = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                out.push(byte);
                out.extend(bytes.next());
                continue;
            }
            b'[' => in_bracket = true,
            b']' => in_bracket = false,
            b'+' | b'?' if !in_bracket => out.push(b'\\'),
            _ => {}
        }
        out.push(byte);
    }
    out
}
