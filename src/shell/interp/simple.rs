//! Simple commands: words, assignments, redirections, then a function, a builtin or a program.

use super::redir::{Outcome, Saved};
use super::{Frame, Interp, Step};
use crate::errno::Errno;
use crate::shell::ast::*;
use crate::shell::builtin::{self, BUILTINS, Builtin, Ret};
use crate::shell::command::COMMANDS;
use crate::shell::command::exec::{self, Image};
use crate::shell::interp::{Origin, Source};
use crate::shell::os::Os;
use crate::shell::state::{Call, Shell};
use crate::shell::text;
use crate::shell::unsimulated;
use crate::shell::vars::Var;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::FileType;
use std::sync::Arc;

/// What is next for a simple command.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Words,
    Assigns(usize),
    Redirs(usize),
    Run,
}

/// Array assignments among the arguments of `declare` and its kin, by position.
pub type Decls = Vec<(usize, Arc<Assign>)>;

/// A simple command on its way.
#[derive(Clone, Debug)]
pub struct Simple {
    cmd: Arc<Command>,
    stage: Stage,
    pub argv: Vec<Str>,
    decls: Decls,
    pub saved: Vec<Saved>,
    old: Vec<(Str, Option<Var>)>,
    /// This process becomes the program.
    becomes: bool,
}

/// What a command word stands for.
enum What {
    Function(Arc<Function>, Str),
    Builtin(&'static Builtin),
    Program,
}

impl Interp {
    pub(super) fn start_simple(&mut self, _os: &mut Os<'_>, cmd: Arc<Command>) {
        self.subst_status = None;
        self.note_command(&cmd);
        let s = Simple {
            cmd,
            stage: Stage::Words,
            argv: Vec::new(),
            decls: Vec::new(),
            saved: Vec::new(),
            old: Vec::new(),
            becomes: false,
        };
        self.stack.push(Frame::Simple(Box::new(s)));
        if self.sh.traps.contains_key(b"DEBUG".as_slice()) {
            self.run_named_trap(b"DEBUG");
        }
    }

    /// What `BASH_COMMAND` names from now on; a trap's own commands are not it.
    pub(super) fn note_command(&mut self, cmd: &Arc<Command>) {
        if !self.in_trap {
            self.sh.command = Some(cmd.clone());
        }
    }

    /// The `set -x` line of a command; arrays that `declare` and its kin are given come before it.
    fn trace_words(&mut self, os: &mut Os<'_>, s: &Simple) {
        let mut words = Vec::new();
        for (at, word) in s.argv.iter().enumerate() {
            match s.decls.iter().find(|it| it.0 == at) {
                Some((_, assign)) => {
                    self.xtrace(os, &trace_array(assign));
                    words.push(assign.name.clone());
                }
                None => words.push(trace_quote(word)),
            }
        }
        self.xtrace(os, &words.join(&b' '));
    }

    pub(super) fn step_simple(&mut self, os: &mut Os<'_>, s: Box<Simple>) -> Step {
        match s.stage {
            Stage::Words => self.simple_words(os, s),
            Stage::Assigns(at) => self.simple_assign(os, s, at),
            Stage::Redirs(at) => return self.simple_redir(os, s, at),
            Stage::Run => self.simple_run(os, *s),
        }
        Step::Go
    }

    fn simple_words(&mut self, os: &mut Os<'_>, mut s: Box<Simple>) {
        let cmd = s.cmd.clone();
        let Kind::Simple { words, .. } = &cmd.kind else { return };
        let frame = {
            let s = s.clone();
            move || Frame::Simple(s)
        };
        let Some((argv, decls)) = self.expanding(os, frame, |x| {
            let mut argv = Vec::new();
            let mut decls = Decls::new();
            for w in words {
                match &w.assign {
                    None => x.word_into(w, &mut argv)?,
                    // Braces make several arguments of it.
                    Some(a) if x.sh.opts.braceexpand && a.is_scalar() && w.raw.contains(&b'{') => {
                        match crate::shell::brace::expand(w) {
                            each if each.len() > 1 => {
                                for w in each {
                                    argv.push(x.value(&w)?);
                                }
                            }
                            _ => declaration(x, a, &mut argv, &mut decls)?,
                        }
                    }
                    Some(a) => declaration(x, a, &mut argv, &mut decls)?,
                }
            }
            Ok((argv, decls))
        }) else {
            return;
        };
        s.argv = argv;
        s.decls = decls;
        s.stage = Stage::Assigns(0);
        self.stack.push(Frame::Simple(s));
    }

    fn simple_assign(&mut self, os: &mut Os<'_>, mut s: Box<Simple>, at: usize) {
        let cmd = s.cmd.clone();
        let Kind::Simple { assigns, .. } = &cmd.kind else { return };
        let Some(a) = assigns.get(at) else {
            if self.sh.opts.xtrace && !s.argv.is_empty() {
                self.trace_words(os, &s);
            }
            s.stage = Stage::Redirs(0);
            if !s.argv.is_empty()
                && matches!(self.what(&mut s.argv.clone()), What::Program)
                && !s.becomes
            {
                if self.disposable && self.stack.iter().all(|f| matches!(f, Frame::Check)) {
                    s.becomes = true;
                    self.exiting = true;
                    self.stack.push(Frame::Simple(s));
                } else {
                    self.fork_program(os, s);
                }
            } else {
                self.stack.push(Frame::Simple(s));
            }
            return;
        };
        let temporary = !s.argv.is_empty();
        let before = self.sh.vars.get(&a.name).cloned();
        if temporary {
            s.old.push((a.name.clone(), before));
        }
        let frame = {
            let s = s.clone();
            move || {
                let mut s = s;
                if temporary {
                    s.old.pop();
                }
                Frame::Simple(s)
            }
        };
        let res = self.expanding(os, frame, |x| match x.assignment(a) {
            Err(crate::shell::expand::Stop::Discard(Some(m), st)) if temporary => Ok(Err((m, st))),
            r => r.map(Ok),
        });
        let shown = match res {
            None => {
                if !self
                    .stack
                    .iter()
                    .any(|f| matches!(f, Frame::Simple(t) if Arc::ptr_eq(&t.cmd, &s.cmd)))
                {
                    self.restore_vars(std::mem::take(&mut s.old));
                }
                return;
            }
            Some(Err((m, _))) => {
                self.complain(os, &m);
                s.old.pop();
                Vec::new()
            }
            Some(Ok(v)) => v,
        };
        if temporary {
            if let Some(v) = self.sh.vars.get(&a.name).cloned() {
                self.sh.put(&a.name, Var { export: true, ..v });
            }
        }
        if self.sh.opts.xtrace {
            self.xtrace(os, &trace_assign(a, &shown));
        }
        s.stage = Stage::Assigns(at + 1);
        self.stack.push(Frame::Simple(s));
    }

    fn simple_redir(&mut self, os: &mut Os<'_>, mut s: Box<Simple>, at: usize) -> Step {
        let cmd = s.cmd.clone();
        let Some(r) = cmd.redirs.get(at) else {
            s.stage = Stage::Run;
            self.stack.push(Frame::Simple(s));
            return Step::Go;
        };
        let frame = {
            let s = s.clone();
            move || Frame::Simple(s)
        };
        let Some(ready) = self.prepare_redir(os, r, frame) else { return Step::Go };
        let mut saved = std::mem::take(&mut s.saved);
        let outcome = self.redirect(os, r, &ready, if s.becomes { None } else { Some(&mut saved) });
        s.saved = saved;
        match outcome {
            Outcome::Done => {
                s.stage = Stage::Redirs(at + 1);
                self.stack.push(Frame::Simple(s));
            }
            Outcome::Blocked => {
                self.stack.push(Frame::Simple(s));
                return Step::Blocked;
            }
            Outcome::Failed(m) => {
                self.complain(os, &m);
                self.restore(os, std::mem::take(&mut s.saved));
                self.restore_vars(std::mem::take(&mut s.old));
                self.sh.set_status(1);
                if s.becomes {
                    self.begin_exit(os, 1);
                }
            }
        }
        Step::Go
    }

    /// Starts a program in a child, which makes the redirections itself.
    fn fork_program(&mut self, os: &mut Os<'_>, mut s: Box<Simple>) {
        let old = std::mem::take(&mut s.old);
        s.becomes = true;
        let mut child = self.child(vec![Frame::Simple(s)], false);
        child.sh.traps.retain(|_, a| a.is_empty());
        child.exiting = true;
        let pid = self.spawn(os, child, &[]);
        self.restore_vars(old);
        self.stack.push(Frame::Wait(vec![(pid, None)], false));
    }

    /// What the first word stands for; `command` and `builtin` before it are taken off.
    fn what(&self, argv: &mut Vec<Str>) -> What {
        let mut functions = true;
        loop {
            let Some(word) = argv.first() else { return What::Builtin(builtin::colon()) };
            if functions {
                if let Some((f, source)) = self.sh.funcs.get(word) {
                    return What::Function(f.clone(), source.clone());
                }
            }
            let next = argv.get(1);
            match word.as_slice() {
                b"command"
                    if next.is_some_and(|n| !n.starts_with(b"-") || n == b"-p" || n == b"--") =>
                {
                    let flagged = next.is_some_and(|n| n.starts_with(b"-"));
                    argv.drain(..if flagged { 2 } else { 1 });
                    functions = false;
                }
                b"builtin" if next.is_some_and(|n| builtin::find(n).is_some()) => {
                    argv.remove(0);
                    functions = false;
                }
                word => return builtin::find(word).map_or(What::Program, What::Builtin),
            }
        }
    }

    fn simple_run(&mut self, os: &mut Os<'_>, mut s: Simple) {
        let saved = std::mem::take(&mut s.saved);
        let old = std::mem::take(&mut s.old);
        if s.argv.is_empty() {
            self.restore(os, saved);
            let status = self.subst_status.take().unwrap_or(0);
            self.sh.set_status(status);
            return;
        }
        let before = s.argv.len();
        let what = self.what(&mut s.argv);
        let dropped = before - s.argv.len();
        for d in &mut s.decls {
            d.0 -= dropped;
        }
        if let Some(last) = s.argv.last() {
            self.sh.put(b"_", Var::scalar(last.clone()));
        }
        match what {
            What::Program => self.become_program(os, s),
            What::Function(f, source) => {
                if !old.is_empty() {
                    self.stack.push(Frame::TempVars(old));
                }
                if !saved.is_empty() {
                    self.stack.push(Frame::Restore(saved));
                }
                self.call(os, &f, source, &s.argv);
            }
            What::Builtin(b) => {
                let is_exec = b.name == "exec";
                if !old.is_empty() && !is_exec {
                    self.stack.push(Frame::TempVars(old));
                }
                if is_exec && s.argv.len() == 1 {
                    self.forget(os, saved);
                } else if !saved.is_empty() {
                    self.stack.push(Frame::Restore(saved));
                }
                self.decls = s.decls;
                let ret = (b.run)(self, os, &s.argv);
                self.decls.clear();
                if let Ret::Status(n) = ret {
                    self.sh.set_status(n);
                }
            }
        }
    }

    fn call(&mut self, os: &mut Os<'_>, f: &Arc<Function>, source: Str, argv: &[Str]) {
        if self.sh.calls.len() > 1000 {
            self.complain(
                os,
                &format!(
                    "{}: maximum function nesting level exceeded (1000)",
                    text::lossy(&f.name)
                ),
            );
            self.discard(os, 1);
            return;
        }
        let mut outer_traps = Vec::new();
        let opts = self.sh.opts;
        for (name, inherited) in
            [("RETURN", opts.functrace), ("DEBUG", opts.functrace), ("ERR", opts.errtrace)]
        {
            if !inherited && let Some(action) = self.sh.traps.remove(name.as_bytes()) {
                outer_traps.push((name.as_bytes().to_vec(), action));
            }
        }
        let line = self.sh.line;
        let before = (self.sh.params.clone(), self.sh.source.clone());
        self.sh.calls.push(Call {
            name: f.name.clone(),
            source: source.clone(),
            line,
            saved: Default::default(),
            function: true,
            opts: None,
            outer_traps,
        });
        self.sh.source = source;
        self.sh.params = Arc::new(argv[1..].to_vec());
        self.stack.push(Frame::Call(before.0, before.1));
        self.stack.push(Frame::Command(f.body.clone()));
    }

    /// Replaces this process by the program.
    pub(super) fn become_program(&mut self, os: &mut Os<'_>, s: Simple) {
        match self.load(os, &s.argv) {
            Ok(()) => {}
            Err((m, status)) => {
                if let Some(m) = m {
                    self.complain(os, &m);
                }
                self.sh.set_status(status);
                if s.becomes {
                    self.begin_exit(os, status);
                }
            }
        }
    }

    /// Finds and starts a program in this process.
    pub fn load(&mut self, os: &mut Os<'_>, argv: &[Str]) -> Result<(), (Option<String>, i32)> {
        self.load_as(os, argv, None, false)
    }

    /// The same under another name, or without an environment.
    pub fn load_as(
        &mut self,
        os: &mut Os<'_>,
        argv: &[Str],
        name: Option<Str>,
        clean: bool,
    ) -> Result<(), (Option<String>, i32)> {
        let word = &argv[0];
        let shown = text::lossy(word).into_owned();
        let path = self.sh.get(b"PATH").unwrap_or_default();
        let file = match exec::search(&mut os.sys(), word, &path) {
            _ if word.is_empty() => return Err((Some(": command not found".into()), 127)),
            Ok(f) => f,
            Err(Errno::EACCES) => {
                return Err((
                    Some(format!("{}: Permission denied", self.denied(os, word, &path))),
                    126,
                ));
            }
            Err(_) => {
                if let Some(hint) = unsimulated::hint(&shown) {
                    self.emit(os, 2, format!("{shown}: not simulated: {hint}\n"), None);
                    return Err((None, 127));
                }
                let guess = self.guess(&shown).map(|it| format!("\nDid you mean {it}?"));
                let guess = guess.unwrap_or_default();
                let shown = match text::needs_ansi(word) {
                    true => text::lossy(&text::ansi_quote(word)).into_owned(),
                    false => shown,
                };
                return Err((Some(format!("{shown}: command not found{guess}")), 127));
            }
        };
        let mut env = self.sh.environment();
        env.retain(|e| e.0 != b"_");
        env.push((b"_".to_vec(), file.clone()));
        if clean {
            env.clear();
        }
        let mut argv = argv.to_vec();
        argv[0] = name.unwrap_or_else(|| std::mem::take(&mut argv[0]));
        self.start_file(os, file, argv, env, &shown, 0)
    }

    /// The command that somebody at a prompt may have meant; scripts are told what bash tells them.
    fn guess(&self, word: &str) -> Option<&'static str> {
        if !self.sh.interactive && self.sh.mode != b'i' {
            return None;
        }
        let commands = COMMANDS.iter().map(|it| it.name);
        unsimulated::meant(word, commands.chain(BUILTINS.iter().map(|it| it.name)))
    }

    /// The file that was found but may not be run.
    fn denied(&self, os: &mut Os<'_>, word: &[u8], path: &[u8]) -> String {
        for dir in path.split(|&b| b == b':') {
            let file = crate::shell::command::ctx::join(dir, word);
            if os.sys().statat(AT_FDCWD, &file, 0).is_ok_and(|a| a.kind == FileType::Reg) {
                return text::lossy(&file).into_owned();
            }
        }
        text::lossy(word).into_owned()
    }

    fn start_file(
        &mut self,
        os: &mut Os<'_>,
        file: Str,
        mut argv: Vec<Str>,
        env: Vec<(Str, Str)>,
        shown: &str,
        depth: u32,
    ) -> Result<(), (Option<String>, i32)> {
        let looked = exec::look(&mut os.sys(), &file);
        match looked {
            Ok(Image::Command(c)) => {
                self.close_private(os);
                os.kernel.set_command(os.pid, &argv);
                self.inner = Some(c.start(argv, env));
                Ok(())
            }
            Ok(Image::Script { interpreter, argument }) if depth < 5 => {
                let there = os.sys().statat(AT_FDCWD, &interpreter, 0);
                if there.is_err() {
                    return Err((
                        Some(format!("{shown}: cannot execute: required file not found")),
                        127,
                    ));
                }
                argv[0] = file;
                argv.splice(0..0, std::iter::once(interpreter.clone()).chain(argument));
                self.start_file(os, interpreter, argv, env, shown, depth + 1)
            }
            Ok(_) => Err((Some(format!("{shown}: {}", Errno::ELOOP.message())), 126)),
            Err(Errno::ENOEXEC) => self.start_text(os, &file, argv, &env, shown),
            Err(e) => {
                let dir =
                    os.sys().statat(AT_FDCWD, &file, 0).is_ok_and(|a| a.kind == FileType::Dir);
                let e = if dir { Errno::EISDIR } else { e };
                let status = if e == Errno::ENOENT { 127 } else { 126 };
                Err((Some(format!("{shown}: {}", e.message())), status))
            }
        }
    }

    /// An executable file without `#!`: commands, if it looks like text.
    fn start_text(
        &mut self,
        os: &mut Os<'_>,
        file: &[u8],
        argv: Vec<Str>,
        env: &[(Str, Str)],
        shown: &str,
    ) -> Result<(), (Option<String>, i32)> {
        let body = crate::shell::files::read_file(&mut os.sys(), file).unwrap_or_default();
        let first = body.split(|&b| b == b'\n').next().unwrap_or_default();
        if first.contains(&0) {
            return Err((
                Some(format!("{shown}: cannot execute binary file: Exec format error")),
                126,
            ));
        }
        self.close_private(os);
        let mut sh = Shell::new(&argv[0], env);
        sh.params = Arc::new(argv[1..].to_vec());
        sh.mode = b'f';
        sh.source = argv[0].clone();
        let source = Source::new(body, 1, Origin::File);
        self.inner = Some(Box::new(Interp::new(sh, vec![Frame::Source(Box::new(source))])));
        Ok(())
    }

    /// What a new program must not have.
    fn close_private(&mut self, os: &mut Os<'_>) {
        for fd in std::mem::take(&mut self.private) {
            let _ = os.sys().close(fd);
        }
    }
}

/// An assignment argument of `declare` and its kin: as `name=value`, or set aside if it is an array.
fn declaration(
    x: &mut crate::shell::expand::Expander<'_, '_>,
    a: &Arc<Assign>,
    argv: &mut Vec<Str>,
    decls: &mut Decls,
) -> Result<(), crate::shell::expand::Stop> {
    let quoted = |s: Str| Word { raw: s.clone(), parts: vec![Part::Quoted(s)], assign: None };
    let mut text = a.name.clone();
    if let Some(i) = &a.index {
        text.push(b'[');
        text.extend(x.string(i)?);
        text.push(b']');
    }
    if a.append {
        text.push(b'+');
    }
    text.push(b'=');
    match &a.value {
        Value::Scalar(w) => text.extend(x.value(w)?),
        Value::Array(items) => {
            let mut out = Vec::new();
            for e in items {
                let index = match &e.index {
                    Some(i) => Some(quoted(x.string(i)?)),
                    None => None,
                };
                if index.is_some() {
                    let word = quoted(x.value(&e.word)?);
                    out.push(Element { index, append: e.append, word });
                } else {
                    for v in x.words(std::slice::from_ref(&e.word))? {
                        out.push(Element { index: None, append: false, word: quoted(v) });
                    }
                }
            }
            let assign = Assign {
                name: a.name.clone(),
                index: None,
                append: a.append,
                value: Value::Array(out),
            };
            decls.push((argv.len(), Arc::new(assign)));
            text.extend_from_slice(b"()");
        }
    }
    argv.push(text);
    Ok(())
}

/// A word as `set -x` shows it.
fn trace_quote(s: &[u8]) -> Str {
    if s.is_empty() {
        return b"''".to_vec();
    }
    if s.iter().any(|b| matches!(b, b'\n' | b'\t'))
        && !s.iter().any(|b| *b < 32 && *b != b'\n' && *b != b'\t')
    {
        return text::single_quote(s);
    }
    // A comma means nothing outside braces, and `printf %q` is more careful than a trace.
    match s.iter().all(|b| *b != b',') {
        true => text::quote_if_needed(s),
        false => {
            let rest: Vec<u8> = s.iter().map(|b| if *b == b',' { b'.' } else { *b }).collect();
            if text::quote_if_needed(&rest) == rest { s.to_vec() } else { text::quote_if_needed(s) }
        }
    }
}

/// `name=('word' ['key']='value')`: an array whose words have been expanded.
fn trace_array(a: &Assign) -> Str {
    let mut out = a.name.clone();
    out.extend_from_slice(if a.append { b"+=(" } else { b"=(" });
    let Value::Array(items) = &a.value else { return out };
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        if let Some(index) = &item.index {
            out.push(b'[');
            out.extend(text::single_quote(&index.raw));
            out.extend_from_slice(b"]=");
        }
        out.extend(text::single_quote(&item.word.raw));
    }
    out.push(b')');
    out
}

fn trace_assign(a: &Assign, shown: &[u8]) -> Str {
    let mut out = a.name.clone();
    if let Some(i) = &a.index {
        out.push(b'[');
        out.extend_from_slice(&i.raw);
        out.push(b']');
    }
    out.extend_from_slice(if a.append { b"+=" } else { b"=" });
    match &a.value {
        Value::Scalar(_) => {
            if !shown.is_empty() {
                out.extend(trace_quote(shown));
            }
        }
        Value::Array(items) => {
            out.push(b'(');
            for (n, e) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b' ');
                }
                if let Some(i) = &e.index {
                    out.push(b'[');
                    out.extend_from_slice(&i.raw);
                    out.extend_from_slice(b"]=");
                }
                out.extend_from_slice(&e.word.raw);
            }
            out.push(b')');
        }
    }
    out
}
