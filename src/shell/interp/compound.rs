//! Lists, loops, conditionals.

use super::{Frame, Interp, Step};
use crate::errno::Errno;
use crate::shell::ast::*;
use crate::shell::os::Os;
use crate::shell::pattern::{self, Options};
use crate::shell::{text, unparse};
use crate::sys::Sys;
use std::sync::Arc;

impl Interp {
    pub(super) fn step_list(&mut self, os: &mut Os<'_>, list: Arc<List>, at: usize) {
        if self.run_pending_trap(Frame::List(list.clone(), at)) {
            return;
        }
        let Some(item) = list.items.get(at) else { return };
        if self.reports && self.is_at_top() {
            let line = self.whole.take().unwrap_or_else(|| {
                let end: &[u8] = if item.background { b" &" } else { b"" };
                [&unparse::item(item)[..], end].concat()
            });
            os.report(line, self.sh.status);
        }
        self.stack.push(Frame::List(list.clone(), at + 1));
        if item.background {
            self.start_background(os, &list, at);
            return;
        }
        let first = item.first.clone();
        self.stack.push(Frame::AndOr(list, at, 0));
        self.start_pipeline(os, &first);
    }

    pub(super) fn step_and_or(
        &mut self,
        os: &mut Os<'_>,
        list: Arc<List>,
        item: usize,
        mut next: usize,
    ) {
        while let Some((and, p)) = list.items[item].rest.get(next) {
            next += 1;
            if (self.sh.status == 0) == *and {
                let p = p.clone();
                self.stack.push(Frame::AndOr(list, item, next));
                self.start_pipeline(os, &p);
                return;
            }
        }
    }

    pub(super) fn start_pipeline(&mut self, os: &mut Os<'_>, p: &Arc<Pipeline>) {
        if let Some(posix) = p.time {
            let now = os.sys().clock();
            self.stack.push(Frame::Time(now, posix));
        }
        if p.bang {
            self.stack.push(Frame::Negate);
        }
        match p.cmds.as_slice() {
            [] => self.sh.set_status(0),
            [one] => self.stack.push(Frame::Command(one.clone())),
            _ => {
                self.stack.push(Frame::Check);
                self.start_pipe(os, p);
            }
        }
    }

    pub(super) fn start_command(&mut self, os: &mut Os<'_>, c: Arc<Command>) {
        if self.sh.opts.noexec && !self.sh.interactive {
            return;
        }
        match &c.kind {
            Kind::Simple { .. } => {
                self.sh.line = c.line;
                self.stack.push(Frame::Check);
                self.start_simple(os, c);
            }
            Kind::Function(f) => self.define(os, f),
            Kind::Coproc(it) => self.start_coproc(os, &c, &it.clone()),
            Kind::Subshell(_) => {
                self.note_command(&c);
                self.stack.push(Frame::Check);
                let child = self.child(vec![Frame::Redirect(c, 0, Vec::new())], true);
                let pid = self.spawn(os, child, &[]);
                self.stack.push(Frame::Wait(vec![(pid, None)], false));
            }
            kind => {
                if matches!(kind, Kind::Cond(_) | Kind::Arith(_)) {
                    self.stack.push(Frame::Check);
                }
                self.sh.line = c.line;
                let looked_at = matches!(kind, Kind::Cond(_) | Kind::Arith(_) | Kind::Case { .. });
                if looked_at {
                    self.note_command(&c);
                }
                if c.redirs.is_empty() {
                    self.stack.push(Frame::Body(c));
                } else {
                    self.stack.push(Frame::Redirect(c, 0, Vec::new()));
                }
                if looked_at {
                    self.run_named_trap(b"DEBUG");
                }
            }
        }
    }

    fn define(&mut self, os: &mut Os<'_>, f: &Arc<Function>) {
        if self.sh.funcs.get(&f.name).is_some() && self.sh.vars.get(&f.name).is_some_and(|_| false)
        {
            self.complain(os, "readonly function");
        }
        let source = match self.sh.mode {
            _ if !self.sh.source.is_empty() => self.sh.source.clone(),
            b'c' => b"environment".to_vec(),
            _ => b"main".to_vec(),
        };
        Arc::make_mut(&mut self.sh.funcs).insert(f.name.clone(), (f.clone(), source));
        self.sh.set_status(0);
    }

    /// The inside of a compound command, redirections done.
    pub(super) fn start_body(&mut self, os: &mut Os<'_>, c: &Arc<Command>) {
        self.sh.line = c.line;
        match &c.kind {
            Kind::Group(l) | Kind::Subshell(l) => self.stack.push(Frame::List(l.clone(), 0)),
            Kind::If { branches, .. } => {
                self.stack.push(Frame::If(c.clone(), 0));
                self.stack.push(Frame::List(branches[0].0.clone(), 0));
            }
            Kind::While { cond, .. } => {
                self.stack.push(Frame::While(c.clone(), true, 0));
                self.stack.push(Frame::List(cond.clone(), 0));
            }
            Kind::For { .. } => self.start_for(os, c),
            Kind::ArithFor { .. } => self.start_arith_for(os, c),
            Kind::Case { .. } => self.start_case(os, c),
            Kind::Cond(cond) => self.run_cond(os, c, cond),
            Kind::Arith(w) => {
                let frame = || Frame::Body(c.clone());
                let xtrace = self.sh.opts.xtrace;
                let Some((text, v)) = self.expanding(os, frame, |x| {
                    let t = x.string(w)?;
                    let shown = t.clone();
                    Ok((shown, x.arith(&t)))
                }) else {
                    return;
                };
                if xtrace {
                    self.xtrace(os, &[b"(( ", &text[..], b" ))"].concat());
                }
                match v {
                    Ok(v) => self.sh.set_status(i32::from(v == 0)),
                    Err(crate::shell::expand::Stop::Discard(Some(m), _)) => {
                        self.complain(os, &format!("((: {m}"));
                        self.sh.set_status(1);
                    }
                    Err(stop) => self.failed(os, stop),
                }
            }
            Kind::Simple { .. } | Kind::Function(_) | Kind::Coproc(_) => {}
        }
    }

    pub(super) fn step_if(&mut self, c: &Arc<Command>, branch: usize) {
        let Kind::If { branches, otherwise } = &c.kind else { return };
        if self.sh.status == 0 {
            self.stack.push(Frame::List(branches[branch].1.clone(), 0));
        } else if let Some((cond, _)) = branches.get(branch + 1) {
            self.stack.push(Frame::If(c.clone(), branch + 1));
            self.stack.push(Frame::List(cond.clone(), 0));
        } else if let Some(l) = otherwise {
            self.stack.push(Frame::List(l.clone(), 0));
        } else {
            self.sh.set_status(0);
        }
    }

    pub(super) fn step_while(&mut self, c: &Arc<Command>, cond_ran: bool, status: i32) {
        let Kind::While { until, cond, body } = &c.kind else { return };
        if !cond_ran {
            let status = self.sh.status;
            self.stack.push(Frame::While(c.clone(), true, status));
            self.stack.push(Frame::List(cond.clone(), 0));
        } else if (self.sh.status == 0) != *until {
            self.stack.push(Frame::While(c.clone(), false, status));
            self.stack.push(Frame::List(body.clone(), 0));
        } else {
            self.sh.set_status(status);
        }
    }

    fn start_for(&mut self, os: &mut Os<'_>, c: &Arc<Command>) {
        let Kind::For { var, words, select, .. } = &c.kind else { return };
        if !text::is_name(var) {
            self.complain(os, &format!("`{}': not a valid identifier", text::lossy(var)));
            self.sh.set_status(1);
            return;
        }
        let list = match words {
            None => self.sh.params.to_vec(),
            Some(words) => {
                let frame = || Frame::Body(c.clone());
                let Some(v) = self.expanding(os, frame, |x| x.words(words)) else { return };
                v
            }
        };
        self.sh.set_status(0);
        if *select {
            if !list.is_empty() {
                self.show_menu(os, &list);
                self.stack.push(Frame::Select(c.clone(), Arc::new(list), Vec::new()));
            }
            return;
        }
        self.stack.push(Frame::For(c.clone(), Arc::new(list), 0));
    }

    pub(super) fn step_for(
        &mut self,
        os: &mut Os<'_>,
        c: &Arc<Command>,
        list: Arc<Vec<Str>>,
        at: usize,
    ) {
        let Kind::For { var, body, words, .. } = &c.kind else { return };
        let Some(v) = list.get(at) else { return };
        self.sh.line = c.line;
        if self.sh.opts.xtrace {
            let mut line = b"for ".to_vec();
            line.extend_from_slice(var);
            line.extend_from_slice(b" in");
            match words {
                Some(ws) => {
                    for w in ws {
                        line.push(b' ');
                        line.extend_from_slice(&w.raw);
                    }
                }
                None => line.extend_from_slice(b" \"$@\""),
            }
            self.xtrace(os, &line);
        }
        if let Err(m) = self.sh.assign(var, v.clone()) {
            self.complain(os, &m);
            self.sh.set_status(1);
            return;
        }
        self.stack.push(Frame::For(c.clone(), list, at + 1));
        self.stack.push(Frame::List(body.clone(), 0));
        self.note_command(c);
        self.run_named_trap(b"DEBUG");
    }

    fn start_arith_for(&mut self, os: &mut Os<'_>, c: &Arc<Command>) {
        let Kind::ArithFor { exprs, .. } = &c.kind else { return };
        let frame = || Frame::Body(c.clone());
        self.sh.set_status(0);
        let Some(ok) = self.arith_clause(os, &exprs[0], frame) else { return };
        if ok.is_some() {
            self.stack.push(Frame::ArithFor(c.clone(), false));
        }
    }

    /// One clause of `for ((`: none when suspended, `Some(None)` after an error.
    fn arith_clause(
        &mut self,
        os: &mut Os<'_>,
        w: &Word,
        frame: impl FnOnce() -> Frame,
    ) -> Option<Option<i64>> {
        let (t, v) = self.expanding(os, frame, |x| {
            let t = x.string(w)?;
            let v = if t.trim_ascii().is_empty() { Ok(1) } else { x.arith(&t) };
            Ok((t, v))
        })?;
        if self.sh.opts.xtrace && !t.trim_ascii().is_empty() {
            self.xtrace(os, &[b"(( ", t.trim_ascii(), b" ))"].concat());
        }
        match v {
            Ok(v) => Some(Some(v)),
            Err(e) => {
                if let crate::shell::expand::Stop::Discard(Some(m), _) = e {
                    self.complain(os, &format!("((: {m}"));
                }
                self.sh.set_status(1);
                Some(None)
            }
        }
    }

    /// `body_ran`: the step comes first, then the condition.
    pub(super) fn step_arith_for(&mut self, os: &mut Os<'_>, c: &Arc<Command>, body_ran: bool) {
        let Kind::ArithFor { exprs, body } = &c.kind else { return };
        if body_ran {
            let done = self.arith_clause(os, &exprs[2], || Frame::ArithFor(c.clone(), true));
            if let Some(Some(_)) = done {
                self.stack.push(Frame::ArithFor(c.clone(), false));
            }
            return;
        }
        let status = self.sh.status;
        match self.arith_clause(os, &exprs[1], || Frame::ArithFor(c.clone(), false)) {
            Some(Some(0)) => self.sh.set_status(status),
            Some(Some(_)) => {
                self.stack.push(Frame::ArithFor(c.clone(), true));
                self.stack.push(Frame::List(body.clone(), 0));
            }
            _ => {}
        }
    }

    fn start_case(&mut self, os: &mut Os<'_>, c: &Arc<Command>) {
        let Kind::Case { word, arms } = &c.kind else { return };
        let o = Options { extglob: self.sh.shopt("extglob"), nocase: self.sh.shopt("nocasematch") };
        let frame = || Frame::Body(c.clone());
        let Some((value, hits)) = self.expanding(os, frame, |x| {
            let value = x.string(word)?;
            let mut hits = Vec::new();
            let mut through = false;
            let mut closed = false;
            for (i, arm) in arms.iter().enumerate() {
                if closed {
                    break;
                }
                let mut hit = through;
                if !hit {
                    for p in &arm.pats {
                        if pattern::matches(&x.pattern(p)?, &value, o) {
                            hit = true;
                            break;
                        }
                    }
                }
                if hit {
                    hits.push(i);
                    through = arm.end == b'&';
                    closed = arm.end == b';';
                }
            }
            Ok((value, hits))
        }) else {
            return;
        };
        if self.sh.opts.xtrace {
            self.xtrace(os, &[b"case ", &word.raw[..], b" in"].concat());
        }
        let _ = value;
        self.sh.set_status(0);
        for i in hits.into_iter().rev() {
            self.stack.push(Frame::List(arms[i].body.clone(), 0));
        }
    }

    fn show_menu(&mut self, os: &mut Os<'_>, list: &[Str]) {
        let width = list.len().to_string().len();
        let mut out = Vec::new();
        for (i, w) in list.iter().enumerate() {
            out.extend_from_slice(format!("{:>width$}) ", i + 1).as_bytes());
            out.extend_from_slice(w);
            out.push(b'\n');
        }
        self.emit(os, 2, out, None);
        self.menu_prompt(os);
    }

    fn menu_prompt(&mut self, os: &mut Os<'_>) {
        let ps3 = self.sh.get(b"PS3").unwrap_or_else(|| b"#? ".to_vec());
        self.emit(os, 2, ps3, None);
    }

    pub(super) fn step_select(
        &mut self,
        os: &mut Os<'_>,
        c: Arc<Command>,
        list: Arc<Vec<Str>>,
        mut buf: Str,
    ) -> Step {
        let Kind::For { var, body, .. } = &c.kind else { return Step::Go };
        if buf == b"\n\n" {
            // The body ran.
            self.menu_prompt(os);
            buf.clear();
        }
        let mut b = [0];
        loop {
            match os.sys().read(0, &mut b) {
                Ok(0) => {
                    self.emit(os, 2, "\n", None);
                    self.sh.set_status(1);
                    return Step::Go;
                }
                Ok(_) if b[0] == b'\n' => break,
                Ok(_) => buf.push(b[0]),
                Err(Errno::EAGAIN) => {
                    self.stack.push(Frame::Select(c, list, buf));
                    return Step::Blocked;
                }
                Err(_) => return Step::Go,
            }
        }
        if buf.trim_ascii().is_empty() {
            self.show_menu(os, &list);
            self.stack.push(Frame::Select(c, list, Vec::new()));
            return Step::Go;
        }
        let pick =
            text::parse_int(&buf).and_then(|n| list.get(usize::try_from(n - 1).ok()?)).cloned();
        let _ = self.sh.assign(var, pick.unwrap_or_default());
        let _ = self.sh.assign(b"REPLY", buf);
        self.stack.push(Frame::Select(c.clone(), list, b"\n\n".to_vec()));
        self.stack.push(Frame::List(body.clone(), 0));
        Step::Go
    }
}
