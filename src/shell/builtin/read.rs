//! read and mapfile: input that may have to be waited for.

use super::Ret;
use crate::errno::Errno;
use crate::shell::ast::Str;
use crate::shell::expand::set_element;
use crate::shell::interp::{Frame, Interp, Step};
use crate::shell::os::Os;
use crate::shell::text;
use crate::shell::vars::{Value, Var};
use crate::sys::{Fd, Sys};
use crate::types::Timespec;

/// A `read` or `mapfile` in the middle of its input.
#[derive(Clone, Debug)]
pub struct Reading {
    fd: Fd,
    delim: u8,
    raw: bool,
    array: Option<Str>,
    limit: Option<usize>,
    exact: bool,
    names: Vec<Str>,
    /// Bytes so far, each with a mark that it was quoted by a backslash.
    got: Vec<(u8, bool)>,
    escaped: bool,
    until: Option<Timespec>,
    map: Option<Map>,
}

/// What `mapfile` adds.
#[derive(Clone, Debug)]
struct Map {
    name: Str,
    trim: bool,
    skip: usize,
    max: usize,
    origin: i64,
    keep: bool,
    lines: Vec<Str>,
}

pub fn read(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut r = Reading {
        fd: 0,
        delim: b'\n',
        raw: false,
        array: None,
        limit: None,
        exact: false,
        names: Vec::new(),
        got: Vec::new(),
        escaped: false,
        until: None,
        map: None,
    };
    let mut prompt = None;
    let mut at = 1;
    while let Some(a) = argv.get(at).filter(|a| a.len() > 1 && a[0] == b'-') {
        at += 1;
        if a == b"--" {
            break;
        }
        let mut i = 1;
        while i < a.len() {
            let c = a[i];
            i += 1;
            match c {
                b'r' => r.raw = true,
                b's' | b'e' => {}
                b'a' | b'd' | b'n' | b'N' | b'p' | b't' | b'u' | b'i' => {
                    let value = if i < a.len() {
                        a[i..].to_vec()
                    } else {
                        at += 1;
                        match argv.get(at - 1) {
                            Some(v) => v.clone(),
                            None => {
                                let opt = format!("-{}", c as char);
                                sh.complain(
                                    os,
                                    &format!("read: {opt}: option requires an argument"),
                                );
                                return Ret::Status(2);
                            }
                        }
                    };
                    i = a.len();
                    match c {
                        b'a' => r.array = Some(value),
                        b'd' => r.delim = value.first().copied().unwrap_or(0),
                        b'p' => prompt = Some(value),
                        b'i' => {}
                        b't' => match text::nanos(&value) {
                            Some(0) => return Ret::Status(0),
                            Some(nanos) => {
                                r.until = Some(os.sys().clock().plus_nanos(nanos));
                            }
                            None => {
                                let m = format!(
                                    "{}: invalid timeout specification",
                                    text::lossy(&value)
                                );
                                return sh.usage(os, "read", &m, 1);
                            }
                        },
                        b'u' => match text::parse_int(&value) {
                            Some(n) if os.sys().fd_flags(n as Fd).is_ok() => r.fd = n as Fd,
                            Some(n) => {
                                let m =
                                    format!("{n}: invalid file descriptor: Bad file descriptor");
                                return sh.usage(os, "read", &m, 1);
                            }
                            None => {
                                let m = format!(
                                    "{}: invalid file descriptor specification",
                                    text::lossy(&value)
                                );
                                return sh.usage(os, "read", &m, 1);
                            }
                        },
                        _ => match text::parse_int(&value).and_then(|n| usize::try_from(n).ok()) {
                            Some(n) => {
                                r.limit = Some(n);
                                r.exact = c == b'N';
                            }
                            None => {
                                return sh.usage(
                                    os,
                                    "read",
                                    &format!("{}: invalid number", text::lossy(&value)),
                                    1,
                                );
                            }
                        },
                    }
                }
                c => {
                    let opt = format!("-{}", c as char);
                    let usage = "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]";
                    return sh.bad_option(os, "read", &opt, usage);
                }
            }
        }
    }
    r.names = argv[at.min(argv.len())..].to_vec();
    for n in &r.names {
        let base = crate::shell::state::base_name(n);
        if !text::is_name(base) {
            let m = format!("`{}': not a valid identifier", text::lossy(n));
            return sh.usage(os, "read", &m, 1);
        }
    }
    if let Some(p) = prompt {
        if os.sys().isatty(0) {
            sh.emit(os, 2, p, None);
        }
    }
    sh.stack.push(Frame::Read(Box::new(r)));
    Ret::Moved
}

pub fn mapfile(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let name = text::lossy(&argv[0]).into_owned();
    let mut m = Map {
        name: b"MAPFILE".to_vec(),
        trim: false,
        skip: 0,
        max: 0,
        origin: 0,
        keep: false,
        lines: Vec::new(),
    };
    let (mut fd, mut delim) = (0, b'\n');
    let mut at = 1;
    while let Some(a) = argv.get(at).filter(|a| a.len() > 1 && a[0] == b'-') {
        at += 1;
        let c = a[1];
        if c == b't' {
            m.trim = true;
            if a.len() == 2 {
                continue;
            }
        }
        let value = if a.len() > 2 && c != b't' {
            a[2..].to_vec()
        } else {
            at += 1;
            argv.get(at - 1).cloned().unwrap_or_default()
        };
        let n = text::parse_int(&value).unwrap_or(0);
        match if c == b't' { a[2] } else { c } {
            b'd' => delim = value.first().copied().unwrap_or(0),
            b'n' => m.max = n.max(0) as usize,
            b's' => m.skip = n.max(0) as usize,
            b'O' => {
                m.origin = n;
                m.keep = true;
            }
            b'u' => fd = n as Fd,
            b'C' | b'c' => {}
            c => {
                let opt = format!("-{}", c as char);
                let usage = format!(
                    "{name} [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]"
                );
                return sh.bad_option(os, &name, &opt, &usage);
            }
        }
    }
    if let Some(n) = argv.get(at) {
        m.name = n.clone();
    }
    if !text::is_name(&m.name) {
        let msg = format!("`{}': not a valid identifier", text::lossy(&m.name));
        return sh.usage(os, &name, &msg, 1);
    }
    sh.stack.push(Frame::Read(Box::new(Reading {
        fd,
        delim,
        raw: true,
        array: None,
        limit: None,
        exact: false,
        names: Vec::new(),
        got: Vec::new(),
        escaped: false,
        until: None,
        map: Some(m),
    })));
    Ret::Moved
}

/// Reads on.
pub fn step(sh: &mut Interp, os: &mut Os<'_>, mut r: Box<Reading>) -> Step {
    let mut b = [0];
    loop {
        if r.limit.is_some_and(|n| chars(&r.got) >= n) {
            finish(sh, os, *r, 0);
            return Step::Go;
        }
        match os.sys().read(r.fd, &mut b) {
            Ok(0) => {
                let status = i32::from(r.map.is_none());
                if r.map.is_some() && !r.got.is_empty() {
                    line(&mut r);
                }
                finish(sh, os, *r, status);
                return Step::Go;
            }
            Ok(_) => {
                if take(&mut r, b[0]) {
                    finish(sh, os, *r, 0);
                    return Step::Go;
                }
            }
            Err(Errno::EAGAIN) => {
                if let Some(t) = r.until {
                    if os.sys().clock() >= t {
                        finish(sh, os, *r, 142);
                        return Step::Go;
                    }
                    if let Some(task) = os.tasks.map.get_mut(&os.pid) {
                        task.wake = Some(t);
                    }
                }
                sh.stack.push(Frame::Read(r));
                return Step::Blocked;
            }
            Err(e) => {
                let m = format!("read: read error: {}: {}", r.fd, e.message());
                sh.complain(os, &m);
                sh.sh.set_status(1);
                return Step::Go;
            }
        }
    }
}

fn chars(got: &[(u8, bool)]) -> usize {
    let bytes: Vec<u8> = got.iter().map(|g| g.0).collect();
    text::count(&bytes)
}

/// One byte of input; `true` when that is all.
fn take(r: &mut Reading, b: u8) -> bool {
    if r.map.is_some() {
        r.got.push((b, false));
        return b == r.delim && line(r);
    }
    if r.escaped {
        r.escaped = false;
        if b != b'\n' {
            r.got.push((b, true));
        }
        return false;
    }
    if b == b'\\' && !r.raw {
        r.escaped = true;
        return false;
    }
    if b == r.delim && !r.exact {
        return true;
    }
    if b != 0 {
        r.got.push((b, false));
    }
    false
}

/// A line of `mapfile` is complete; `true` when there are enough.
fn line(r: &mut Reading) -> bool {
    let mut l: Str = std::mem::take(&mut r.got).into_iter().map(|g| g.0).collect();
    let delim = r.delim;
    let Some(m) = &mut r.map else { return true };
    if m.skip > 0 {
        m.skip -= 1;
        return false;
    }
    if m.trim && l.last() == Some(&delim) {
        l.pop();
    }
    m.lines.push(l);
    m.max > 0 && m.lines.len() >= m.max
}

fn finish(sh: &mut Interp, os: &mut Os<'_>, r: Reading, status: i32) {
    if let Some(task) = os.tasks.map.get_mut(&os.pid) {
        task.wake = None;
    }
    sh.sh.set_status(status);
    if let Some(m) = r.map {
        let mut var = match sh.sh.vars.get(&m.name) {
            Some(v) if m.keep => v.clone(),
            _ => Var::default(),
        };
        let mut map = match var.value {
            Value::Indexed(m) => m,
            _ => Default::default(),
        };
        map.extend(m.lines.into_iter().enumerate().map(|(i, l)| (m.origin + i as i64, l)));
        var.value = Value::Indexed(map);
        sh.sh.put(&m.name, var);
        return;
    }
    let ifs = sh.sh.get(b"IFS").unwrap_or_else(|| b" \t\n".to_vec());
    if let Some(name) = &r.array {
        let words = split(&r.got, &ifs, usize::MAX);
        sh.sh.put(name, Var::list(words));
        return;
    }
    let whole: Str = r.got.iter().map(|g| g.0).collect();
    if r.names.is_empty() {
        let _ = sh.sh.assign(b"REPLY", whole);
        return;
    }
    if r.exact {
        for (i, n) in r.names.iter().enumerate() {
            store(sh, os, n, if i == 0 { whole.clone() } else { Vec::new() });
        }
        return;
    }
    let mut words = split(&r.got, &ifs, r.names.len()).into_iter();
    for n in &r.names {
        store(sh, os, n, words.next().unwrap_or_default());
    }
}

fn store(sh: &mut Interp, os: &mut Os<'_>, name: &[u8], value: Str) {
    let res = match name.iter().position(|&b| b == b'[') {
        Some(n) => set_element(&mut sh.sh, &name[..n], &name[n + 1..name.len() - 1], value, false),
        None => sh.sh.assign(name, value),
    };
    if let Err(m) = res {
        sh.complain(os, &m);
        sh.sh.set_status(1);
    }
}

/// Splits at IFS into at most `max` words; the last takes the rest.
fn split(got: &[(u8, bool)], ifs: &[u8], max: usize) -> Vec<Str> {
    let is = |g: &(u8, bool)| !g.1 && ifs.contains(&g.0);
    let white = |g: &(u8, bool)| is(g) && matches!(g.0, b' ' | b'\t' | b'\n');
    let mut i = 0;
    let mut out = Vec::new();
    while i < got.len() && white(&got[i]) {
        i += 1;
    }
    while i < got.len() {
        if out.len() + 1 == max {
            let rest = last_word(&got[i..], &is, &white);
            out.push(rest);
            return out;
        }
        let start = i;
        while i < got.len() && !is(&got[i]) {
            i += 1;
        }
        out.push(got[start..i].iter().map(|g| g.0).collect());
        while i < got.len() && white(&got[i]) {
            i += 1;
        }
        if i < got.len() && is(&got[i]) && !white(&got[i]) {
            i += 1;
            while i < got.len() && white(&got[i]) {
                i += 1;
            }
        }
    }
    out
}

/// The rest for the last name: without white space at its end, and without a lone separator that ends it.
fn last_word(
    got: &[(u8, bool)],
    is: &impl Fn(&(u8, bool)) -> bool,
    white: &impl Fn(&(u8, bool)) -> bool,
) -> Str {
    let mut end = got.len();
    while end > 0 && white(&got[end - 1]) {
        end -= 1;
    }
    let seps = got[..end].iter().filter(|g| is(g) && !white(g)).count();
    if end > 0 && is(&got[end - 1]) && seps == 1 && !got[..end - 1].iter().any(is) {
        end -= 1;
        while end > 0 && white(&got[end - 1]) {
            end -= 1;
        }
    }
    got[..end].iter().map(|g| g.0).collect()
}
