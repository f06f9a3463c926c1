//! `expr`, and small tools beside it: `nproc`, `getent`.

use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::shell::regex::{Regex, Syntax};

pub const EXPR: Command = rare(Command {
    name: "expr",
    usage: "Usage: {} EXPRESSION\n  or:  {} OPTION\n",
    summary: "compute an expression of words",
    package: Package::Coreutils,
    trouble: 2,
    start: Start::Swift(run),
});

pub const NPROC: Command = rare(Command {
    name: "nproc",
    usage: "Usage: {} [OPTION]...\nPrint the number of processing units available to the current process,\nwhich may be less than the number of online processors\n",
    summary: "number of processors",
    trouble: 1,
    start: Start::Swift(nproc),
    ..EXPR
});

pub const GETENT: Command = rare(Command {
    name: "getent",
    usage: "Usage: getent [OPTION...] database [key ...]\nGet entries from administrative database.\n",
    summary: "entries of passwd, group and hosts",
    package: Package::Other("getent (Debian GLIBC 2.36-9+deb12u14) 2.36"),
    trouble: 1,
    start: Start::Swift(getent),
});

fn nproc(ctx: &mut Ctx<'_>) -> i32 {
    match ctx.parse("|all |ignore=") {
        Ok(_) => {
            ctx.line("1");
            0
        }
        Err(status) => status,
    }
}

fn getent(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("A|no-addrconfig i|no-idn s|service=") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let Some((database, keys)) = parsed.operands.split_first() else {
        ctx.err("getent: wrong number of arguments\n");
        return 1;
    };
    let database = String::from_utf8_lossy(database).into_owned();
    if !matches!(database.as_str(), "passwd" | "group" | "hosts") {
        ctx.err(format!(
            "Unknown database: {database}\nTry `getent --help' or `getent --usage' for more information.\n"
        ));
        return 1;
    }
    let text = ctx.read_file(format!("/etc/{database}").as_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    if keys.is_empty() {
        lines.iter().for_each(|l| ctx.line(l));
        return 0;
    }
    let mut status = 0;
    for key in keys {
        let key = String::from_utf8_lossy(key).into_owned();
        let found = lines.iter().find(|line| match database.as_str() {
            "hosts" => line.split_whitespace().any(|w| w == key),
            _ => {
                let mut fields = line.split(':');
                fields.next() == Some(&key) || fields.nth(1) == Some(&key)
            }
        });
        match found {
            Some(line) if database == "hosts" => {
                let mut words = line.split_whitespace();
                let address = words.next().unwrap_or_default();
                let names: Vec<&str> = words.collect();
                ctx.line(format!("{address:<15} {}", names.join(" ")));
            }
            Some(line) => ctx.line(line),
            None => status = 2,
        }
    }
    status
}

/// Why an expression has no value.
type Fault = String;

struct Reader<'a> {
    words: &'a [Vec<u8>],
    at: usize,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let args = ctx.args();
    if let [only] = args
        && matches!(only.as_slice(), b"--help" | b"--version")
    {
        return ctx.parse("").err().unwrap_or(0);
    }
    let words = if args.first().is_some_and(|w| w == b"--") { &args[1..] } else { args };
    if words.is_empty() {
        return ctx.usage("missing operand");
    }
    let mut reader = Reader { words, at: 0 };
    let value = reader.or().and_then(|value| match words.get(reader.at) {
        None => Ok(value),
        Some(word) => Err(format!("syntax error: unexpected argument {}", quote::locale(word))),
    });
    match value {
        Ok(value) => {
            ctx.line(&value);
            i32::from(is_null(&value))
        }
        Err(fault) => {
            ctx.warn(fault);
            2
        }
    }
}

/// Empty or zero.
fn is_null(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    value.is_empty() || !digits.is_empty() && digits.iter().all(|b| *b == b'0')
}

fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok().filter(|t| !t.starts_with('+'))?.parse().ok()
}

fn number(value: &[u8]) -> Result<i64, Fault> {
    integer(value).ok_or_else(|| "non-integer argument".into())
}

impl Reader<'_> {
    fn takes(&mut self, word: &[u8]) -> bool {
        let found = self.words.get(self.at).is_some_and(|w| w == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Vec<u8>, Fault> {
        let mut left = self.and()?;
        while self.takes(b"|") {
            let right = self.and()?;
            if is_null(&left) {
                left = if is_null(&right) { b"0".to_vec() } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Vec<u8>, Fault> {
        let mut left = self.compare()?;
        while self.takes(b"&") {
            let right = self.compare()?;
            if is_null(&left) || is_null(&right) {
                left = b"0".to_vec();
            }
        }
        Ok(left)
    }

    fn compare(&mut self) -> Result<Vec<u8>, Fault> {
        let mut left = self.sum()?;
        loop {
            let ops: [&[u8]; 7] = [b"<=", b">=", b"!=", b"==", b"<", b">", b"="];
            let Some(op) = ops.into_iter().find(|op| self.takes(op)) else { return Ok(left) };
            let right = self.sum()?;
            let order = match (integer(&left), integer(&right)) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => left.cmp(&right),
            };
            let holds = match op {
                b"<" => order.is_lt(),
                b"<=" => order.is_le(),
                b">" => order.is_gt(),
                b">=" => order.is_ge(),
                b"!=" => order.is_ne(),
                _ => order.is_eq(),
            };
            left = i32::from(holds).to_string().into_bytes();
        }
    }

    fn sum(&mut self) -> Result<Vec<u8>, Fault> {
        let mut left = self.product()?;
        loop {
            let plus = self.takes(b"+");
            if !plus && !self.takes(b"-") {
                return Ok(left);
            }
            let right = self.product()?;
            let (a, b) = (number(&left)?, number(&right)?);
            let value = if plus { a.checked_add(b) } else { a.checked_sub(b) };
            left = value.ok_or("Numerical result out of range")?.to_string().into_bytes();
        }
    }

    fn product(&mut self) -> Result<Vec<u8>, Fault> {
        let mut left = self.matching()?;
        loop {
            let ops: [&[u8]; 3] = [b"*", b"/", b"%"];
            let Some(op) = ops.into_iter().find(|op| self.takes(op)) else { return Ok(left) };
            let right = self.matching()?;
            let (a, b) = (number(&left)?, number(&right)?);
            if op != b"*" && b == 0 {
                return Err("division by zero".into());
            }
            let value = match op {
                b"*" => a.checked_mul(b),
                b"/" => a.checked_div(b),
                _ => a.checked_rem(b),
            };
            left = value.ok_or("Numerical result out of range")?.to_string().into_bytes();
        }
    }

    fn matching(&mut self) -> Result<Vec<u8>, Fault> {
        let mut left = self.word()?;
        while self.takes(b":") {
            let pattern = self.word()?;
            left = matched(&left, &pattern)?;
        }
        Ok(left)
    }

    fn word(&mut self) -> Result<Vec<u8>, Fault> {
        let last = self.at.checked_sub(1).and_then(|at| self.words.get(at)).cloned();
        let Some(word) = self.words.get(self.at).cloned() else {
            let shown = quote::locale(&last.unwrap_or_default());
            return Err(format!("syntax error: missing argument after {shown}"));
        };
        self.at += 1;
        let more = self.at < self.words.len();
        match word.as_slice() {
            b"(" => {
                let value = self.or()?;
                if self.takes(b")") {
                    return Ok(value);
                }
                let last = self.words.get(self.at - 1).cloned().unwrap_or_default();
                Err(match self.words.get(self.at) {
                    None => format!("syntax error: expecting ')' after {}", quote::locale(&last)),
                    Some(w) => {
                        format!("syntax error: expecting ')' instead of {}", quote::locale(w))
                    }
                })
            }
            b")" => Err("syntax error: unexpected ')'".into()),
            b"+" if more => {
                self.at += 1;
                Ok(self.words[self.at - 1].clone())
            }
            b"length" if more => {
                let text = self.word()?;
                Ok(crate::shell::text::count(&text).to_string().into_bytes())
            }
            b"match" if more => {
                let text = self.word()?;
                let pattern = self.word()?;
                matched(&text, &pattern)
            }
            b"index" if more => {
                let text = self.word()?;
                let set = self.word()?;
                let set = crate::shell::text::chars(&set);
                let at = crate::shell::text::chars(&text).iter().position(|c| set.contains(c));
                Ok(at.map_or(0, |at| at + 1).to_string().into_bytes())
            }
            b"substr" if more => {
                let text = self.word()?;
                let (start, length) = (self.word()?, self.word()?);
                let chars = crate::shell::text::chars(&text);
                let (Some(start), Some(length)) = (integer(&start), integer(&length)) else {
                    return Ok(Vec::new());
                };
                if start < 1 || length < 1 {
                    return Ok(Vec::new());
                }
                let part = chars.iter().skip(start as usize - 1).take(length as usize);
                Ok(part.copied().collect::<Vec<_>>().concat())
            }
            _ => Ok(word),
        }
    }
}

/// `text : pattern`, anchored at the start: the first group, or the length of the match.
fn matched(text: &[u8], pattern: &[u8]) -> Result<Vec<u8>, Fault> {
    let regex = Regex::new(pattern, Syntax::Basic, false).map_err(str::to_string)?;
    let found = regex.match_at(text, 0);
    if regex.groups() > 0 {
        let group = found.and_then(|f| f.get(1).copied().flatten());
        return Ok(group.map_or_else(Vec::new, |(a, b)| text[a..b].to_vec()));
    }
    let whole = found.and_then(|f| f.first().copied().flatten());
    let length = whole.map_or(0, |(a, b)| crate::shell::text::count(&text[a..b]));
    Ok(length.to_string().into_bytes())
}
