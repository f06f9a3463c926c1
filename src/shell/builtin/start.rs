//! How a bash starts: its command line, its first commands.

use crate::shell::ast::Str;
use crate::shell::builtin::options::set_named;
use crate::shell::command::Invocation;
use crate::shell::files::read_file;
use crate::shell::interp::{Frame, Interp, Origin, Source};
use crate::shell::os::Os;
use crate::shell::program::Program;
use crate::shell::state::{Opts, Shell};
use crate::shell::text;
use crate::shell::vars::Var;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::FileType;
use std::sync::Arc;

/// The program behind /usr/bin/bash and /usr/bin/sh.
pub fn bash(call: Invocation) -> Box<dyn Program> {
    Box::new(shell(&call.argv, &call.env))
}

/// A shell for a command line.
pub fn shell(argv: &[Str], env: &[(Str, Str)]) -> Interp {
    let mut sh = Interp::new(Shell::new(&argv[0], env), Vec::new());
    let mut text = None;
    let mut at = 1;
    let mut stdin = false;
    while let Some(a) = argv.get(at) {
        if a == b"--" || a == b"-" {
            at += 1;
            break;
        }
        if a.len() < 2 || !(a[0] == b'-' || a[0] == b'+') {
            break;
        }
        at += 1;
        if a.starts_with(b"--") {
            match a.as_slice() {
                b"--posix" => sh.sh.opts.posix = true,
                b"--verbose" => sh.sh.opts.verbose = true,
                _ => {}
            }
            continue;
        }
        let on = a[0] == b'-';
        for &c in &a[1..] {
            match c {
                b'c' => text = Some(()),
                b's' => stdin = true,
                b'i' => sh.sh.interactive = true,
                b'l' => {}
                b'o' | b'O' => {
                    if let Some(n) = argv.get(at) {
                        let n = text::lossy(n).into_owned();
                        at += 1;
                        if c == b'o' {
                            set_named(&mut sh, &n, on);
                        } else if let Some(s) = sh.sh.shopts.iter_mut().find(|s| *s.0 == n) {
                            *s.1 = on;
                        }
                    }
                }
                c => {
                    if let Some(n) = Opts::long(c) {
                        set_named(&mut sh, n, on);
                    }
                }
            }
        }
    }
    let rest = &argv[at.min(argv.len())..];
    if text.is_some() {
        sh.sh.mode = b'c';
        match rest.split_first() {
            Some((t, args)) => {
                if let Some((name, args)) = args.split_first() {
                    sh.sh.arg0 = name.clone();
                    sh.sh.params = Arc::new(args.to_vec());
                }
                sh.stack.push(Frame::Source(Box::new(Source::new(t.clone(), 1, Origin::Command))));
            }
            None => {
                sh.started = false;
                sh.sh.mode = b'!';
            }
        }
    } else if stdin || rest.is_empty() {
        sh.sh.mode = b's';
        sh.sh.params = Arc::new(rest.to_vec());
        sh.stack.push(Frame::Source(Box::new(Source::new(Vec::new(), 1, Origin::Input))));
    } else {
        sh.sh.mode = b'f';
        sh.sh.arg0 = rest[0].clone();
        sh.sh.source = rest[0].clone();
        sh.sh.params = Arc::new(rest[1..].to_vec());
    }
    sh
}

/// A shell that runs a script whose text the host has read: `argv` is the script's name and its
/// arguments.
pub fn script(text: Str, argv: &[Str], env: &[(Str, Str)]) -> Interp {
    let words: Vec<Str> = std::iter::once(b"bash".to_vec()).chain(argv.iter().cloned()).collect();
    let mut sh = shell(&words, env);
    sh.stack.push(Frame::Source(Box::new(Source::new(text, 1, Origin::File))));
    sh
}

impl Interp {
    /// The first slice: what needs the machine.
    pub(in crate::shell) fn begin(&mut self, os: &mut Os<'_>) {
        self.sh.pid = os.pid;
        self.sh.start = os.sys().clock().sec;
        self.sh.seed = (os.pid as u32).wrapping_mul(2_654_435_761) | 1;
        let cwd = os.sys().getcwd().unwrap_or_else(|_| b"/".to_vec());
        let keep = self.sh.get(b"PWD").filter(|p| {
            p.starts_with(b"/")
                && match (os.sys().statat(AT_FDCWD, p, 0), os.sys().statat(AT_FDCWD, b".", 0)) {
                    (Ok(a), Ok(b)) => a.ino == b.ino && a.dev == b.dev,
                    _ => false,
                }
        });
        self.sh.put(b"PWD", Var { export: true, ..Var::scalar(keep.unwrap_or(cwd)) });
        if self.sh.get(b"OLDPWD").is_none() {
            self.sh.put(b"OLDPWD", Var { export: true, ..Var::default() });
        }
        if self.sh.interactive {
            self.start_interactive();
        }
        if self.sh.mode == b'!' {
            let m = format!("{}: -c: option requires an argument\n", text::lossy(&self.sh.arg0));
            self.emit(os, 2, m, None);
            self.stack.push(Frame::Exit(2));
        }
        if self.sh.mode == b'f' && self.stack.is_empty() {
            self.open_script(os);
        }
    }

    fn start_interactive(&mut self) {
        if let Some(s) = self.sh.shopts.get_mut("expand_aliases") {
            *s = true;
        }
        self.sh.opts.emacs = true;
        self.sh.opts.history = true;
        self.sh.opts.histexpand = true;
        self.sh.opts.monitor = true;
        for (n, v) in [("PS1", "\\h:\\w\\$ "), ("PS2", "> ")] {
            if self.sh.get(n.as_bytes()).is_none() {
                self.sh.put(n.as_bytes(), Var::scalar(v));
            }
        }
        for (n, v) in [("ll", "ls -alF"), ("la", "ls -A"), ("l", "ls -CF")] {
            Arc::make_mut(&mut self.sh.aliases)
                .insert(n.as_bytes().to_vec(), v.as_bytes().to_vec());
        }
    }

    fn open_script(&mut self, os: &mut Os<'_>) {
        let file = self.sh.arg0.clone();
        let shown = text::lossy(&file).into_owned();
        let mut path = file.clone();
        if !file.contains(&b'/') && os.sys().statat(AT_FDCWD, &file, 0).is_err() {
            let dirs = self.sh.get(b"PATH").unwrap_or_default();
            if let Ok(p) = crate::shell::command::exec::search(&mut os.sys(), &file, &dirs) {
                path = p;
            }
        }
        if os.sys().statat(AT_FDCWD, &path, 0).is_ok_and(|a| a.kind == FileType::Dir) {
            self.emit(os, 2, format!("{shown}: {shown}: Is a directory\n"), None);
            self.stack.push(Frame::Exit(126));
            return;
        }
        match read_file(&mut os.sys(), &path) {
            Ok(body) => {
                if body.split(|&b| b == b'\n').next().is_some_and(|l| l.contains(&0)) {
                    self.emit(
                        os,
                        2,
                        format!("{shown}: {shown}: cannot execute binary file\n"),
                        None,
                    );
                    self.stack.push(Frame::Exit(126));
                    return;
                }
                self.stack.push(Frame::Source(Box::new(Source::new(body, 1, Origin::File))));
            }
            Err(e) => {
                let status = if e == crate::errno::Errno::ENOENT { 127 } else { 126 };
                self.emit(os, 2, format!("bash: {shown}: {}\n", e.message()), None);
                self.stack.push(Frame::Exit(status));
            }
        }
    }

    /// A `set -x` line of a builtin.
    pub(in crate::shell) fn trace_line(&mut self, os: &mut Os<'_>, line: &[u8]) {
        self.xtrace(os, line);
    }
}
