//! Expansion of words: tilde, parameters, commands, arithmetic, splitting, globbing.
//!
//! An expansion runs in one go. Where it needs the output of a command it stops with
//! [`Stop::Need`]; the interpreter runs the command, rolls the variables back, and expands again
//! with one more answer at hand. So nothing of a half-done expansion outlives a slice.

use super::arith;
use super::ast::*;
use super::glob;
use super::os::Os;
use super::pattern::{self, Options};
use super::state::Shell;
use super::text;
use super::vars::{Value, Var};

mod param;
mod split;

pub use split::Field;
use split::{Builder, Mode};

/// Why an expansion stopped.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It needs a command's output (or a process to talk to).
    Need(Need),
    /// The message, if any, and the status: the commands of this line are given up.
    Discard(Option<String>, i32),
    /// The message and the status: the shell ends unless it is interactive.
    Exit(String, i32),
}

/// What the interpreter must run.
#[derive(Clone, Debug)]
pub enum Need {
    /// A command substitution.
    Command(std::sync::Arc<Subst>),
    /// A process substitution; the answer is its path.
    Process(std::sync::Arc<ProcessSub>),
}

pub(super) type Res<T> = Result<T, Stop>;

/// An expansion at work.
pub struct Expander<'a, 'o> {
    pub sh: &'a mut Shell,
    pub os: &'a mut Os<'o>,
    /// Answers that earlier runs asked for.
    pub answers: &'a [Str],
    /// How many of them have been used.
    pub used: usize,
    /// Messages that are not errors, printed when the expansion is done.
    pub trace: Vec<String>,
    /// Arithmetic met a variable that `set -u` does not allow: no error of the expression's.
    pub unbound: bool,
}

impl Expander<'_, '_> {
    /// The words of a command: everything, braces included.
    pub fn words(&mut self, words: &[Word]) -> Res<Vec<Str>> {
        let mut out = Vec::new();
        for w in words {
            self.word_into(w, &mut out)?;
        }
        Ok(out)
    }

    /// One word's fields.
    pub fn word_into(&mut self, w: &Word, out: &mut Vec<Str>) -> Res<()> {
        if !self.sh.opts.braceexpand {
            return self.fields(w, out);
        }
        for w in super::brace::expand(w) {
            self.fields(&w, out)?;
        }
        Ok(())
    }

    fn fields(&mut self, w: &Word, out: &mut Vec<Str>) -> Res<()> {
        if let [Part::Lit(s)] = w.parts.as_slice() {
            if !s.iter().any(|b| b"~*?[(".contains(b)) {
                out.push(s.clone());
                return Ok(());
            }
        }
        let mut b = Builder::new(Mode::Split, self.ifs());
        self.parts(&w.parts, &mut b, Tilde::Word)?;
        for f in b.finish() {
            self.glob_field(f, out)?;
        }
        Ok(())
    }

    fn glob_field(&mut self, f: Field, out: &mut Vec<Str>) -> Res<()> {
        let o = Options { extglob: self.sh.shopt("extglob"), nocase: false };
        if self.sh.opts.noglob || !f.globs || !pattern::is_glob(&f.pat, o) {
            out.push(f.text);
            return Ok(());
        }
        let found = glob::expand(&mut self.os.sys(), self.sh, &f.pat);
        if !found.is_empty() {
            out.extend(found);
        } else if self.sh.shopt("failglob") {
            let m = format!("no match: {}", text::lossy(&f.text));
            return Err(Stop::Discard(Some(m), 1));
        } else if !self.sh.shopt("nullglob") {
            out.push(f.text);
        }
        Ok(())
    }

    /// One string: no splitting, no globbing (assignments, `case`, here-strings).
    pub fn string(&mut self, w: &Word) -> Res<Str> {
        Ok(self.joined(w, Tilde::Word, Mode::Join)?.text)
    }

    /// The value of an assignment: tildes after colons too.
    pub fn value(&mut self, w: &Word) -> Res<Str> {
        Ok(self.joined(w, Tilde::Assign, Mode::Join)?.text)
    }

    /// A pattern: quoted characters come with a backslash.
    pub fn pattern(&mut self, w: &Word) -> Res<Str> {
        Ok(self.joined(w, Tilde::Word, Mode::Join)?.pat)
    }

    /// A regular expression: quoted characters are literal.
    pub fn regex(&mut self, w: &Word) -> Res<Str> {
        Ok(self.joined(w, Tilde::Word, Mode::Regex)?.pat)
    }

    /// The target of a redirection; more or fewer than one word is an error of the caller's.
    pub fn target(&mut self, w: &Word) -> Res<Vec<Str>> {
        let mut out = Vec::new();
        self.word_into(w, &mut out)?;
        Ok(out)
    }

    fn joined(&mut self, w: &Word, tilde: Tilde, mode: Mode) -> Res<Field> {
        let mut b = Builder::new(mode, self.ifs());
        self.parts(&w.parts, &mut b, tilde)?;
        Ok(b.finish().into_iter().next().unwrap_or_default())
    }

    fn ifs(&self) -> Str {
        self.sh.get(b"IFS").unwrap_or_else(|| b" \t\n".to_vec())
    }

    fn parts(&mut self, parts: &[Part], b: &mut Builder, tilde: Tilde) -> Res<()> {
        for (i, p) in parts.iter().enumerate() {
            match p {
                Part::Lit(s) => self.literal(s, i == 0, i + 1 == parts.len(), b, tilde),
                Part::Quoted(s) => b.quoted(s),
                Part::Double(inner) => self.double(inner, b)?,
                p => self.part(p, false, b)?,
            }
        }
        Ok(())
    }

    /// Unquoted text, with its tildes.
    fn literal(&mut self, s: &[u8], first: bool, last: bool, b: &mut Builder, tilde: Tilde) {
        let mut start = 0;
        let mut at_start = first && tilde != Tilde::None;
        loop {
            if at_start && s.get(start) == Some(&b'~') {
                let rest = &s[start + 1..];
                let stop = |c: &u8| *c == b'/' || (tilde == Tilde::Assign && *c == b':');
                let len = rest.iter().position(stop).unwrap_or(rest.len());
                if len < rest.len() || last {
                    if let Some(home) = self.home(&rest[..len]) {
                        b.quoted(&home);
                        start += 1 + len;
                    }
                }
            }
            if tilde != Tilde::Assign {
                break;
            }
            match s[start..].iter().position(|&c| c == b':') {
                Some(n) => {
                    b.literal(&s[start..=start + n]);
                    start += n + 1;
                    at_start = true;
                }
                None => break,
            }
        }
        b.literal(&s[start..]);
    }

    /// What `~name` stands for.
    fn home(&mut self, name: &[u8]) -> Option<Str> {
        match name {
            b"" => self.sh.get(b"HOME").or_else(|| Some(b"/root".to_vec())),
            b"+" => self.sh.get(b"PWD"),
            b"-" => self.sh.get(b"OLDPWD"),
            name => passwd_home(self.os, name),
        }
    }

    fn double(&mut self, parts: &[Part], b: &mut Builder) -> Res<()> {
        let mut empty_list = false;
        let before = b.mark();
        for p in parts {
            match p {
                Part::Quoted(s) | Part::Lit(s) => b.quoted(s),
                Part::Double(inner) => self.double(inner, b)?,
                p => {
                    let m = b.mark();
                    self.part(p, true, b)?;
                    empty_list |= b.mark() == m && is_list(p);
                }
            }
        }
        if b.mark() == before && !empty_list {
            b.quoted(b"");
        }
        Ok(())
    }

    fn part(&mut self, p: &Part, quoted: bool, b: &mut Builder) -> Res<()> {
        match p {
            Part::Param(p) => self.param(p, quoted, b),
            Part::Command(s) => {
                let out = self.answer(|| Need::Command(s.clone()))?;
                b.value(&out, quoted);
                Ok(())
            }
            Part::Process(p) => {
                let path = self.answer(|| Need::Process(p.clone()))?;
                b.literal(&path);
                Ok(())
            }
            Part::Arith(w) => {
                let text = self.string(w)?;
                let v = self.arith(&text)?;
                b.value(v.to_string().as_bytes(), quoted);
                Ok(())
            }
            Part::Lit(s) | Part::Quoted(s) => {
                b.quoted(s);
                Ok(())
            }
            Part::Double(inner) => self.double(inner, b),
        }
    }

    fn answer(&mut self, need: impl FnOnce() -> Need) -> Res<Str> {
        match self.answers.get(self.used) {
            Some(a) => {
                self.used += 1;
                Ok(a.clone())
            }
            None => Err(Stop::Need(need())),
        }
    }

    /// The value of an arithmetic text.
    pub fn arith(&mut self, expr: &[u8]) -> Res<i64> {
        let e = expr.to_vec();
        arith::eval(&e, self).map_err(|m| match self.unbound {
            true => Stop::Exit(m, 127),
            false => Stop::Discard(Some(m), 1),
        })
    }

    /// Arithmetic after expansion.
    pub fn arith_word(&mut self, w: &Word) -> Res<i64> {
        let t = self.string(w)?;
        self.arith(&t)
    }

    /// The key of an associative array, or the number of an indexed one, as text.
    pub fn subscript(&mut self, name: &[u8], w: &Word) -> Res<Str> {
        let t = self.string(w)?;
        if matches!(self.sh.var(name).map(|v| &v.value), Some(Value::Assoc(_))) {
            return Ok(t);
        }
        Ok(self.arith(&t)?.to_string().into_bytes())
    }

    /// Sets an element of an array; `name` becomes one if it was none.
    pub fn set_element(&mut self, name: &[u8], key: &[u8], value: Str, append: bool) -> Res<()> {
        set_element(self.sh, name, key, value, append).map_err(|m| Stop::Discard(Some(m), 1))
    }
}

/// Sets an element of an array variable.
pub fn set_element(
    sh: &mut Shell,
    name: &[u8],
    key: &[u8],
    value: Str,
    append: bool,
) -> Result<(), String> {
    let name = sh.resolve(name);
    let mut var = sh.vars.get(&name).cloned().unwrap_or_default();
    if var.readonly {
        return Err(format!("{}: readonly variable", text::lossy(&name)));
    }
    let value = if var.upper || var.lower { super::state::case(&value, var.upper) } else { value };
    let join = |old: Option<&Str>| -> Str {
        let mut v = if append { old.cloned().unwrap_or_default() } else { Vec::new() };
        v.extend_from_slice(&value);
        v
    };
    match &mut var.value {
        Value::Assoc(a) => {
            let v = join(a.get(key));
            a.set(key.to_vec(), v);
        }
        v => {
            if let Value::Unset | Value::Scalar(_) = v {
                let mut m = crate::store::Map::new();
                if let Value::Scalar(s) = v {
                    m.insert(0, std::mem::take(s));
                }
                *v = Value::Indexed(m);
            }
            let Value::Indexed(m) = v else { return Ok(()) };
            let mut i = text::parse_int(key).unwrap_or(0);
            if i < 0 {
                i += m.last_key_value().map_or(0, |(k, _)| k + 1);
                if i < 0 {
                    return Err(format!(
                        "{}[{}]: bad array subscript",
                        text::lossy(&name),
                        text::lossy(key)
                    ));
                }
            }
            let v = join(m.get(&i));
            m.insert(i, v);
        }
    }
    sh.put(&name, var);
    Ok(())
}

/// Does the part stand for a list that may be empty?
fn is_list(p: &Part) -> bool {
    match p {
        Part::Param(p) => {
            p.name == b"@"
                || matches!(p.index, Index::All(b'@'))
                || p.indirect
                || matches!(p.op, ParamOp::Prefix(b'@'))
        }
        _ => false,
    }
}

/// Where tildes are expanded.
#[derive(Clone, Copy, PartialEq)]
enum Tilde {
    None,
    Word,
    Assign,
}

/// The home directory of a user, from /etc/passwd.
fn passwd_home(os: &mut Os<'_>, name: &[u8]) -> Option<Str> {
    let text = super::files::read_file(&mut os.sys(), b"/etc/passwd").ok()?;
    text.split(|&b| b == b'\n').find_map(|line| {
        let f: Vec<&[u8]> = line.split(|&b| b == b':').collect();
        (f.len() > 5 && f[0] == name).then(|| f[5].to_vec())
    })
}

impl arith::Vars for Expander<'_, '_> {
    fn get(&mut self, name: &[u8], index: Option<&[u8]>) -> Result<Str, String> {
        let v = match index {
            None => self.lookup(name),
            Some(i) => {
                let key = self.arith_key(name, i)?;
                if self.before_the_first(name, &key) {
                    self.trace.push(format!("{}: bad array subscript", text::lossy(name)));
                }
                self.element(name, &key)
            }
        };
        match v {
            Some(v) => Ok(v),
            None if self.sh.opts.nounset => {
                self.unbound = true;
                Err(format!("{}: unbound variable", text::lossy(name)))
            }
            None => Ok(Vec::new()),
        }
    }

    fn set(&mut self, name: &[u8], index: Option<&[u8]>, value: i64) -> Result<(), String> {
        let value = value.to_string().into_bytes();
        match index {
            None => self.sh.assign(name, value),
            Some(i) => {
                let key = self.arith_key(name, i)?;
                set_element(self.sh, name, &key, value, false)
            }
        }
    }
}

impl Expander<'_, '_> {
    /// A subscript met inside an arithmetic text.
    fn arith_key(&mut self, name: &[u8], index: &[u8]) -> Result<Str, String> {
        if matches!(self.sh.var(name).map(|v| &v.value), Some(Value::Assoc(_))) {
            return Ok(index.to_vec());
        }
        let index = index.to_vec();
        Ok(arith::eval(&index, self)?.to_string().into_bytes())
    }

    /// A negative subscript that counts back to before the first element.
    pub(super) fn before_the_first(&self, name: &[u8], key: &[u8]) -> bool {
        let Some(i) = text::parse_int(key).filter(|i| *i < 0) else { return false };
        if self.dynamic_list(name).is_some() {
            return false;
        }
        match self.sh.var(name).map(|v| &v.value) {
            Some(Value::Assoc(_)) => false,
            Some(Value::Indexed(m)) => i + m.last_key_value().map_or(0, |(k, _)| k + 1) < 0,
            _ => true,
        }
    }

    /// An element of a variable.
    pub(super) fn element(&self, name: &[u8], key: &[u8]) -> Option<Str> {
        if let Some(list) = self.dynamic_list(name) {
            return list.get(text::parse_int(key)? as usize).cloned();
        }
        let name = self.sh.resolve(name);
        match &self.sh.vars.get(&name)?.value {
            Value::Unset => None,
            Value::Assoc(a) => a.get(key).cloned(),
            Value::Scalar(s) => (text::parse_int(key)? == 0).then(|| s.clone()),
            Value::Indexed(m) => {
                let mut i = text::parse_int(key)?;
                if i < 0 {
                    i += m.last_key_value().map_or(0, |(k, _)| k + 1);
                }
                m.get(&i).cloned()
            }
        }
    }

    /// Arrays that the shell makes up.
    pub(super) fn dynamic_list(&self, name: &[u8]) -> Option<Vec<Str>> {
        let calls = &self.sh.calls;
        match name {
            b"PIPESTATUS" => {
                Some(self.sh.pipestatus.iter().map(|s| s.to_string().into_bytes()).collect())
            }
            b"FUNCNAME" if calls.iter().any(|c| c.function) => {
                let mut v: Vec<Str> = calls.iter().rev().map(|c| c.name.clone()).collect();
                if self.sh.mode != b'c' {
                    v.push(b"main".to_vec());
                }
                Some(v)
            }
            b"BASH_SOURCE" if !calls.is_empty() || self.sh.mode == b'f' => {
                let mut v = vec![self.sh.source.clone()];
                v.extend(calls.iter().skip(1).rev().map(|c| c.source.clone()));
                if !calls.is_empty() && self.sh.mode == b'f' {
                    v.push(self.sh.arg0.clone());
                }
                Some(v)
            }
            b"BASH_LINENO" if !calls.is_empty() || self.sh.mode == b'f' => {
                let mut v: Vec<Str> =
                    calls.iter().rev().map(|c| c.line.to_string().into_bytes()).collect();
                if self.sh.mode == b'f' {
                    v.push(b"0".to_vec());
                }
                Some(v)
            }
            b"DIRSTACK" => {
                let mut v = vec![self.sh.get(b"PWD").unwrap_or_default()];
                v.extend(self.sh.dirs.iter().cloned());
                Some(v)
            }
            b"GROUPS" => Some(vec![b"0".to_vec()]),
            _ => None,
        }
    }

    /// The scalar value of a variable, dynamic ones included.
    pub fn lookup(&mut self, name: &[u8]) -> Option<Str> {
        let now = |os: &mut Os<'_>| {
            use crate::sys::Sys;
            os.sys().clock()
        };
        Some(match name {
            b"RANDOM" => {
                // The generator is part of what an expansion may have to take back.
                let r = self.sh.random();
                r.to_string().into_bytes()
            }
            b"LINENO" => self.sh.line.to_string().into_bytes(),
            b"SECONDS" => (now(self.os).sec - self.sh.start).to_string().into_bytes(),
            b"EPOCHSECONDS" => now(self.os).sec.to_string().into_bytes(),
            b"EPOCHREALTIME" => {
                let t = now(self.os);
                format!("{}.{:06}", t.sec, t.nsec / 1000).into_bytes()
            }
            b"SRANDOM" => self.sh.random().to_string().into_bytes(),
            b"BASHPID" => self.os.pid.to_string().into_bytes(),
            b"PPID" => {
                self.os.tasks.map.get(&self.sh.pid).map_or(0, |t| t.parent).to_string().into_bytes()
            }
            b"BASH_SUBSHELL" => self.sh.subshell.to_string().into_bytes(),
            b"BASH_COMMAND" => match &self.sh.command {
                Some(c) => super::unparse::head(c),
                None => return self.sh.get_ref(name),
            },
            b"SHELLOPTS" => {
                let on: Vec<&str> = super::state::Opts::TABLE
                    .iter()
                    .map(|t| t.0)
                    .filter(|n| self.sh.opts.is_on(n))
                    .collect();
                on.join(":").into_bytes()
            }
            b"BASHOPTS" => {
                let on: Vec<&str> = self.sh.shopts.iter().filter(|s| *s.1).map(|s| *s.0).collect();
                on.join(":").into_bytes()
            }
            _ => {
                if let Some(list) = self.dynamic_list(name) {
                    return list.first().cloned();
                }
                return self.sh.get_ref(name);
            }
        })
    }
}

impl Shell {
    /// A scalar through namerefs, which may name an array element.
    fn get_ref(&self, name: &[u8]) -> Option<Str> {
        let target = self.resolve(name);
        if let Some(open) = target.iter().position(|&b| b == b'[') {
            let key = &target[open + 1..target.len().saturating_sub(1).max(open + 1)];
            let v: &Var = self.vars.get(&target[..open])?;
            return match &v.value {
                Value::Assoc(a) => a.get(key).cloned(),
                Value::Indexed(m) => m.get(&text::parse_int(key)?).cloned(),
                _ => None,
            };
        }
        self.vars.get(&target)?.get().cloned()
    }
}

impl Expander<'_, '_> {
    /// Is an element of an array set?
    pub fn element_set(&mut self, name: &[u8], key: &[u8]) -> bool {
        match self.arith_key(name, key) {
            Ok(k) => self.element(name, &k).is_some(),
            Err(_) => false,
        }
    }
}
