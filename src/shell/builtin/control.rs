//! Builtins that steer: exit, return, break, eval, source, exec.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::expand::{Expander, Stop};
use crate::shell::files::read_file;
use crate::shell::interp::{Frame, Interp, Origin, Source};
use crate::shell::os::Os;
use crate::shell::state::Call;
use crate::shell::text;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::FileType;
use std::sync::Arc;

pub fn truth(_: &mut Interp, _: &mut Os<'_>, _: &[Str]) -> Ret {
    Ret::Status(0)
}

pub fn falsity(_: &mut Interp, _: &mut Os<'_>, _: &[Str]) -> Ret {
    Ret::Status(1)
}

/// The status argument of `exit` and `return`.
fn status(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Result<i32, ()> {
    match argv.get(1).filter(|a| *a != b"--") {
        None => Ok(sh.sh.status),
        Some(a) => match text::parse_int(a) {
            Some(n) => Ok((n & 255) as i32),
            None => {
                let name = text::lossy(&argv[0]).into_owned();
                sh.complain(os, &format!("{name}: {}: numeric argument required", text::lossy(a)));
                Err(())
            }
        },
    }
}

pub fn exit(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let n = status(sh, os, argv).unwrap_or(2);
    if argv.len() > 2 && text::parse_int(&argv[1]).is_some() {
        return sh.usage(os, "exit", "too many arguments", 1);
    }
    sh.begin_exit(os, n);
    Ret::Moved
}

pub fn return_(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let n = status(sh, os, argv).unwrap_or(2);
    if sh.return_from(os, n) {
        return Ret::Moved;
    }
    sh.usage(os, "return", "can only `return' from a function or sourced script", 2)
}

pub fn break_(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    loops(sh, os, argv, false)
}

pub fn continue_(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    loops(sh, os, argv, true)
}

fn loops(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str], go_on: bool) -> Ret {
    let name = if go_on { "continue" } else { "break" };
    let n = match argv.get(1) {
        None => 1,
        Some(a) => match text::parse_int(a) {
            Some(n) => n,
            None => {
                sh.complain(os, &format!("{name}: {}: numeric argument required", text::lossy(a)));
                sh.begin_exit(os, 128);
                return Ret::Moved;
            }
        },
    };
    if sh.loops() == 0 {
        return sh.usage(os, name, "only meaningful in a `for', `while', or `until' loop", 0);
    }
    if n < 1 {
        return sh.usage(os, name, &format!("{n}: loop count out of range"), 1);
    }
    sh.leave_loops(os, n as usize, go_on);
    Ret::Moved
}

pub fn eval(sh: &mut Interp, _: &mut Os<'_>, argv: &[Str]) -> Ret {
    let text = argv[1..].join(&b' ');
    if text.trim_ascii().is_empty() {
        return Ret::Status(0);
    }
    let line = sh.sh.line;
    sh.stack.push(Frame::Source(Box::new(Source::new(text, line, Origin::Eval))));
    Ret::Moved
}

pub fn source(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let name = text::lossy(&argv[0]).into_owned();
    let args = if argv.get(1).is_some_and(|a| a == b"--") { &argv[2..] } else { &argv[1..] };
    let Some(file) = args.first() else {
        sh.complain(os, &format!("{name}: filename argument required"));
        sh.emit(os, 2, format!("{name}: usage: {name} filename [arguments]\n"), None);
        return Ret::Status(2);
    };
    let mut path = file.clone();
    if !file.contains(&b'/') {
        let dirs = sh.sh.get(b"PATH").unwrap_or_default();
        for dir in dirs.split(|&b| b == b':') {
            let full = [dir, b"/", file].concat();
            if os.sys().statat(AT_FDCWD, &full, 0).is_ok_and(|a| a.kind == FileType::Reg) {
                path = full;
                break;
            }
        }
    }
    if os.sys().statat(AT_FDCWD, &path, 0).is_ok_and(|a| a.kind == FileType::Dir) {
        return sh.usage(os, &name, &format!("{}: is a directory", text::lossy(file)), 1);
    }
    let body = match read_file(&mut os.sys(), &path) {
        Ok(b) => b,
        Err(e) => {
            sh.complain(os, &format!("{}: {}", text::lossy(file), e.message()));
            return Ret::Status(1);
        }
    };
    let mut source = Source::new(body, 1, Origin::Dot);
    let params = (args.len() > 1).then(|| sh.sh.params.clone());
    if args.len() > 1 {
        sh.sh.params = Arc::new(args[1..].to_vec());
    }
    source.before = Some((std::mem::replace(&mut sh.sh.source, path.clone()), params));
    let line = sh.sh.line;
    sh.sh.calls.push(Call {
        name: b"source".to_vec(),
        source: path,
        line,
        saved: Default::default(),
        function: false,
        opts: None,
        outer_traps: Vec::new(),
    });
    sh.sh.status = 0;
    sh.stack.push(Frame::Source(Box::new(source)));
    Ret::Moved
}

pub fn exec(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut args = &argv[1..];
    let mut name = None;
    let (mut clean, mut login) = (false, false);
    while let Some(a) = args.first() {
        match a.as_slice() {
            b"--" => {
                args = &args[1..];
                break;
            }
            a if a.len() > 1 && a[0] == b'-' && a[1..].iter().all(|b| b"cl".contains(b)) => {
                clean |= a.contains(&b'c');
                login |= a.contains(&b'l');
            }
            b"-a" if args.len() > 1 => {
                name = Some(args[1].clone());
                args = &args[1..];
            }
            a if a.starts_with(b"-") && a.len() > 1 => {
                let opt = text::lossy(&a[..2]).into_owned();
                return sh.bad_option(
                    os,
                    "exec",
                    &opt,
                    "exec [-cl] [-a name] [command [argument ...]] [redirection ...]",
                );
            }
            _ => break,
        }
        args = &args[1..];
    }
    if args.is_empty() {
        return Ret::Status(0);
    }
    // The program takes this shell's level.
    let level = sh.sh.get(b"SHLVL");
    if let Some(n) = level.as_ref().and_then(|l| text::parse_int(l)) {
        let _ = sh.sh.assign(b"SHLVL", (n - 1).to_string().into_bytes());
    }
    let mut shown = name.unwrap_or_else(|| args[0].clone());
    if login {
        shown.insert(0, b'-');
    }
    match sh.load_as(os, args, (shown != args[0]).then_some(shown), clean) {
        Ok(()) => Ret::Moved,
        Err((m, status)) => {
            if let Some(m) = m {
                let m = m.replace("command not found", "not found");
                sh.complain(os, &format!("exec: {m}"));
            }
            if !sh.sh.interactive && !sh.sh.shopt("execfail") {
                sh.begin_exit(os, status);
                return Ret::Moved;
            }
            Ret::Status(status)
        }
    }
}

pub fn let_(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if argv.len() < 2 {
        return sh.usage(os, "let", "expression expected", 1);
    }
    let mut last = 0;
    for a in &argv[1..] {
        let res = Expander {
            sh: &mut sh.sh,
            os,
            answers: &[],
            used: 0,
            trace: Vec::new(),
            unbound: false,
        }
        .arith(a);
        match res {
            Ok(v) => last = v,
            Err(Stop::Discard(Some(m), _)) => return sh.usage(os, "let", &m, 1),
            Err(stop) => {
                sh.failed(os, stop);
                return Ret::Moved;
            }
        }
    }
    Ret::Status(i32::from(last == 0))
}
