//! Child processes: pipelines, subshells, substitutions, background jobs, and waiting for them.

use super::{Capture, Frame, Interp, Source, Step, Waiting};
use crate::shell::ast::*;
use crate::shell::interp::Origin;
use crate::shell::os::Os;
use crate::shell::parse::lines;
use crate::shell::state::Job;
use crate::shell::text;
use crate::shell::unparse;
use crate::shell::vars::Var;
use crate::sys::{Fd, Sys};
use std::sync::Arc;

/// Processes of the machine (`ulimit -u`): a fork bomb must not use up the memory of the host.
const MAX_PROCESSES: usize = 2_000;

impl Interp {
    /// A copy of this shell for a child, about to run these frames.
    pub(super) fn child(&self, stack: Vec<Frame>, subshell: bool) -> Interp {
        let mut c = Interp::new(self.sh.clone(), stack);
        c.noerr = self.errexit_suppressed();
        c.started = true;
        c.private = self.private.clone();
        c.sh.undo = None;
        if subshell {
            c.sh.subshell += 1;
            let opts = self.sh.opts;
            c.sh.traps.retain(|name, action| {
                action.is_empty()
                    || (name == b"ERR" && opts.errtrace)
                    || (matches!(name.as_slice(), b"DEBUG" | b"RETURN") && opts.functrace)
            });
            c.sh.gone.clear();
            c.sh.jobs.clear();
            c.sh.interactive = false;
            if self.sh.interactive {
                c.sh.mode = b'i';
            }
        }
        c
    }

    /// The descriptors a child inherits.
    fn inherited(&self, os: &Os<'_>) -> Vec<(Fd, Fd)> {
        os.fds().into_iter().filter(|fd| !self.private.contains(fd)).map(|fd| (fd, fd)).collect()
    }

    /// Starts a child; `set` says which of its descriptors are others of ours.
    pub(super) fn spawn(&mut self, os: &mut Os<'_>, child: Interp, set: &[(Fd, Fd)]) -> i32 {
        let mut child = child;
        if os.tasks.map.len() >= MAX_PROCESSES {
            self.complain(os, "fork: Resource temporarily unavailable");
            child = Interp::new(child.sh, vec![Frame::Exit(254)]);
            child.started = true;
        }
        let mut fds = self.inherited(os);
        fds.retain(|(c, _)| !set.iter().any(|(s, _)| s == c));
        fds.extend_from_slice(set);
        os.spawn(Box::new(child), &fds)
    }

    /// Starts every command of a pipeline.
    pub(super) fn start_pipe(&mut self, os: &mut Os<'_>, p: &Arc<Pipeline>) {
        if let Some(last) = p.cmds.last() {
            self.note_command(last);
        }
        let pids = self.pipe_processes(os, p, false);
        self.stack.push(Frame::Wait(pids.into_iter().map(|p| (p, None)).collect(), true));
    }

    fn pipe_processes(&mut self, os: &mut Os<'_>, p: &Arc<Pipeline>, background: bool) -> Vec<i32> {
        let mut pids = Vec::new();
        let mut input: Option<Fd> = None;
        for (i, c) in p.cmds.iter().enumerate() {
            let last = i + 1 == p.cmds.len();
            let pipe = if last { None } else { os.sys().pipe().ok() };
            let mut child = self.child(vec![sole(c)], true);
            child.disposable = true;
            if background {
                child.noerr = false;
            }
            let mut set = Vec::new();
            set.extend(input.map(|fd| (0, fd)));
            set.extend(pipe.map(|(_, w)| (1, w)));
            // The ends that are not the child's own must not be inherited.
            let hidden: Vec<Fd> =
                input.into_iter().chain(pipe.iter().flat_map(|(r, w)| [*r, *w])).collect();
            self.private.extend(&hidden);
            pids.push(self.spawn(os, child, &set));
            self.private.retain(|fd| !hidden.contains(fd));
            if let Some(fd) = input.take() {
                let _ = os.sys().close(fd);
            }
            if let Some((r, w)) = pipe {
                let _ = os.sys().close(w);
                input = Some(r);
            }
        }
        pids
    }

    pub(super) fn step_wait(
        &mut self,
        os: &mut Os<'_>,
        mut pids: Vec<(i32, Option<i32>)>,
        pipe: bool,
    ) -> Step {
        for (pid, status) in pids.iter_mut().filter(|p| p.1.is_none()) {
            *status = os.try_wait(*pid);
        }
        if pids.iter().any(|p| p.1.is_none()) {
            self.stack.push(Frame::Wait(pids, pipe));
            return Step::Blocked;
        }
        let all: Vec<i32> = pids.iter().map(|p| p.1.unwrap_or(0)).collect();
        let mut status = all.last().copied().unwrap_or(0);
        if pipe && self.sh.opts.pipefail {
            status = all.iter().rev().copied().find(|s| *s != 0).unwrap_or(0);
        }
        self.sh.status = status;
        self.sh.pipestatus = all;
        if self.sh.interactive && status == 130 {
            self.discard(os, 130);
        }
        Step::Go
    }

    /// `command &`.
    pub(super) fn start_background(&mut self, os: &mut Os<'_>, list: &Arc<List>, at: usize) {
        let item = &list.items[at];
        let null =
            os.sys().openat(crate::sys::AT_FDCWD, b"/dev/null", crate::types::OpenFlags(0), 0).ok();
        let mut set = Vec::new();
        if !self.sh.opts.monitor {
            set.extend(null.map(|fd| (0, fd)));
        }
        self.private.extend(null);
        let pids = if item.rest.is_empty() && !item.first.bang && item.first.time.is_none() {
            if let [one] = item.first.cmds.as_slice() {
                let mut child = self.child(vec![sole(one)], true);
                child.disposable = true;
                child.noerr = false;
                vec![self.spawn(os, child, &set)]
            } else {
                self.pipe_processes(os, &item.first, true)
            }
        } else {
            let fore = Item { background: false, ..item.clone() };
            let list = Arc::new(List { items: vec![fore] });
            let mut child = self.child(vec![Frame::List(list, 0)], true);
            child.noerr = false;
            vec![self.spawn(os, child, &set)]
        };
        if let Some(fd) = null {
            self.private.retain(|f| *f != fd);
            let _ = os.sys().close(fd);
        }
        let last = pids.last().copied().unwrap_or(0);
        let id = self.sh.jobs.iter().map(|j| j.id).max().unwrap_or(0) + 1;
        let text = unparse::item(item);
        self.sh.jobs.push(Job::new(id, pids, text));
        self.sh.last_bg = Some(last);
        self.sh.set_status(0);
        if self.sh.interactive {
            self.emit(os, 2, format!("[{id}] {last}\n"), None);
        }
    }

    /// `coproc`: a background job whose input and output the array names.
    pub(super) fn start_coproc(&mut self, os: &mut Os<'_>, c: &Arc<Command>, it: &Arc<Coproc>) {
        let (Ok((r, child_out)), Ok((child_in, w))) = (os.sys().pipe(), os.sys().pipe()) else {
            self.complain(os, "cannot make pipe for coprocess");
            self.sh.set_status(1);
            return;
        };
        let (r, w) = (self.move_high(os, r), self.move_high(os, w));
        let mut child = self.child(vec![sole(&it.body)], true);
        child.disposable = true;
        child.noerr = false;
        let hidden = [r, w, child_in, child_out];
        self.private.extend(hidden);
        let pid = self.spawn(os, child, &[(0, child_in), (1, child_out)]);
        self.private.retain(|fd| !hidden.contains(fd));
        let _ = os.sys().close(child_in);
        let _ = os.sys().close(child_out);
        for fd in [r, w] {
            let _ = os.sys().set_cloexec(fd, true);
        }
        let fds = [r, w].map(|fd| fd.to_string().into_bytes());
        self.sh.put(&it.name, Var::list(fds));
        let number = [&it.name[..], b"_PID"].concat();
        self.sh.put(&number, Var::scalar(pid.to_string()));
        let id = self.sh.jobs.iter().map(|j| j.id).max().unwrap_or(0) + 1;
        let text = unparse::head(c);
        let coproc = Some(it.name.clone());
        let job = Job { coproc, ..Job::new(id, vec![pid], text) };
        self.sh.jobs.push(job);
        self.sh.last_bg = Some(pid);
        self.sh.set_status(0);
        if self.sh.interactive {
            self.emit(os, 2, format!("[{id}] {pid}\n"), None);
        }
    }

    /// A descriptor from 63 downwards, out of the way of what scripts number themselves.
    fn move_high(&mut self, os: &mut Os<'_>, fd: Fd) -> Fd {
        let open = os.fds();
        let Some(at) = (10..=63).rev().find(|n| !open.contains(n)) else { return fd };
        if os.sys().dup2(fd, at).is_err() {
            return fd;
        }
        let _ = os.sys().close(fd);
        at
    }

    /// Learns which background processes have ended.
    pub fn reap(&mut self, os: &mut Os<'_>) {
        let mut over = Vec::new();
        for job in &mut self.sh.jobs {
            for (pid, ended) in job.pids.iter().zip(job.ended.iter_mut()) {
                if ended.is_none() {
                    *ended = os.try_wait(*pid);
                }
            }
            if job.is_done() {
                over.extend(job.coproc.take());
            }
        }
        for name in over {
            // The descriptors of a coprocess go with it.
            if let Some(fds) = self.sh.vars.get(&name).map(|it| it.values()) {
                for fd in fds.iter().filter_map(|it| text::parse_int(it)) {
                    let _ = os.sys().close(fd as Fd);
                }
            }
            self.sh.remove(&[&name[..], b"_PID"].concat());
            self.sh.remove(&name);
        }
    }

    pub(super) fn step_wait_for(&mut self, os: &mut Os<'_>, mut waiting: Waiting) -> Step {
        self.reap(os);
        if !self.pending.is_empty() {
            let signal = self.pending[0];
            self.sh.set_status(128 + signal);
            return Step::Go;
        }
        let mut left = Vec::new();
        let mut found = None;
        for pid in std::mem::take(&mut waiting.pids) {
            match self.ended(pid) {
                Some(Some(_)) if waiting.any && found.is_some() => left.push(pid),
                Some(Some(status)) => {
                    waiting.status = status;
                    found = Some(pid);
                    self.forget_process(pid, status);
                }
                Some(None) => left.push(pid),
                None => {}
            }
        }
        if left.is_empty() || (waiting.any && found.is_some()) {
            if let (Some(name), Some(pid)) = (&waiting.var, found) {
                let _ = self.sh.assign(name, pid.to_string().into_bytes());
            }
            self.sh.set_status(waiting.status);
            return Step::Go;
        }
        waiting.pids = left;
        self.stack.push(Frame::WaitFor(waiting));
        Step::Blocked
    }

    /// A background process: over with a status, or running; `None` if it is none of ours.
    fn ended(&self, pid: i32) -> Option<Option<i32>> {
        if let Some(status) = self.sh.gone.get(&pid) {
            return Some(Some(*status));
        }
        let job = self.sh.jobs.iter().find(|j| j.pids.contains(&pid))?;
        let at = job.pids.iter().position(|p| *p == pid)?;
        Some(job.ended[at])
    }

    /// A process has been waited for: its job goes when all of it is over, its status stays.
    fn forget_process(&mut self, pid: i32, status: i32) {
        self.sh.gone.insert(pid, status);
        if !self.sh.interactive {
            self.sh.jobs.retain(|j| !(j.is_done() && j.pids.contains(&pid)));
        }
    }

    /// Starts a command substitution.
    pub(super) fn start_capture(&mut self, os: &mut Os<'_>, s: &Arc<Subst>) {
        let Ok((r, w)) = os.sys().pipe() else {
            self.answers.push(Vec::new());
            return;
        };
        let frames = match &**s {
            Subst::Parsed(list) => match only_input(list) {
                Some(c) => vec![Frame::Redirect(c, 0, Vec::new())],
                None => vec![Frame::List(lines::from(list, self.sh.line), 0)],
            },
            Subst::Text(t, _) => {
                let line = self.sh.line;
                vec![Frame::Source(Box::new(Source::new(t.clone(), line, Origin::Backquote)))]
            }
        };
        let mut child = self.child(frames, true);
        child.sh.depth += 1;
        if !self.sh.shopt("inherit_errexit") && !self.sh.opts.posix {
            child.sh.opts.errexit = false;
        }
        self.private.push(w);
        self.private.push(r);
        let pid = self.spawn(os, child, &[(1, w)]);
        self.private.retain(|fd| *fd != w);
        let _ = os.sys().close(w);
        self.capture = Some(Capture { fd: r, pid, text: Vec::new(), eof: false });
    }

    /// Starts a process substitution and answers with its path.
    pub(super) fn start_process_sub(&mut self, os: &mut Os<'_>, p: &Arc<ProcessSub>) {
        let Ok((r, w)) = os.sys().pipe() else {
            self.answers.push(b"/dev/null".to_vec());
            return;
        };
        let (mine, theirs, num) = if p.write { (w, r, 0) } else { (r, w, 1) };
        let open = os.fds();
        let at = (10..=63).rev().find(|n| !open.contains(n)).unwrap_or(63);
        let _ = os.sys().dup2(mine, at);
        let _ = os.sys().close(mine);
        let body = lines::from(&p.body, self.sh.line);
        let child = self.child(vec![Frame::List(body, 0)], true);
        let hidden: Vec<Fd> = self.psubs.iter().map(|p| p.0).chain([at, theirs]).collect();
        self.private.extend(&hidden);
        let pid = self.spawn(os, child, &[(num, theirs)]);
        self.private.retain(|fd| !hidden.contains(fd));
        let _ = os.sys().close(theirs);
        self.sh.last_bg = Some(pid);
        self.psubs.push((at, self.stack.len()));
        self.answers.push(format!("/dev/fd/{at}").into_bytes());
    }

    /// Closes the process substitutions of a command that is over.
    pub(super) fn close_psubs(&mut self, os: &mut Os<'_>) {
        let depth = self.stack.len();
        let (over, left) =
            std::mem::take(&mut self.psubs).into_iter().partition(|p: &(Fd, usize)| p.1 > depth);
        self.psubs = left;
        let over: Vec<(Fd, usize)> = over;
        for (fd, _) in over {
            let _ = os.sys().close(fd);
        }
    }
}

/// The only command of a child: its `( … )` needs no process of its own.
fn sole(c: &Arc<Command>) -> Frame {
    match c.kind {
        Kind::Subshell(_) => Frame::Redirect(c.clone(), 0, Vec::new()),
        _ => Frame::Command(c.clone()),
    }
}

/// `$(< file)`: the command that is nothing but one input redirection.
fn only_input(list: &List) -> Option<Arc<Command>> {
    let [item] = list.items.as_slice() else { return None };
    let [c] = item.first.cmds.as_slice() else { return None };
    if !item.rest.is_empty() || item.background {
        return None;
    }
    match (&c.kind, c.redirs.as_slice()) {
        (Kind::Simple { assigns, words }, [Redir { op: RedirOp::Read, .. }])
            if assigns.is_empty() && words.is_empty() =>
        {
            Some(c.clone())
        }
        _ => None,
    }
}
