//! wait, jobs, fg, bg, kill, disown, trap.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::interp::{Frame, Interp, SIGNALS, Waiting, signal_name, signal_number};
use crate::shell::os::Os;
use crate::shell::text;

/// `%1`, `%%`, `%name`.
fn job_index(sh: &Interp, spec: &[u8]) -> Option<usize> {
    let jobs = &sh.sh.jobs;
    let s = spec.strip_prefix(b"%")?;
    match s {
        b"" | b"%" | b"+" => jobs.len().checked_sub(1),
        b"-" => jobs.len().checked_sub(2),
        s => match text::parse_int(s) {
            Some(n) => jobs.iter().position(|j| j.id as i64 == n),
            None => jobs.iter().position(|j| j.text.starts_with(s)),
        },
    }
}

/// What `wait` was asked: the first that ends, and the variable for its number.
fn wait_options<'a>(
    sh: &mut Interp,
    os: &mut Os<'_>,
    mut args: &'a [Str],
) -> Result<(bool, Option<Str>, &'a [Str]), Ret> {
    let (mut any, mut var) = (false, None);
    while let Some(a) = args.first().filter(|a| a.starts_with(b"-") && a.len() > 1) {
        args = &args[1..];
        if a == b"--" {
            break;
        }
        for (at, &c) in a.iter().enumerate().skip(1) {
            match c {
                b'n' => any = true,
                b'f' => {}
                b'p' => {
                    let attached = &a[at + 1..];
                    let name = match attached {
                        [] => args.first().cloned(),
                        name => Some(name.to_vec()),
                    };
                    let Some(name) = name else {
                        let m = "-p: option requires an argument";
                        sh.complain(os, &format!("wait: {m}"));
                        sh.emit(os, 2, format!("wait: usage: {WAIT}\n"), None);
                        return Err(Ret::Status(2));
                    };
                    if attached.is_empty() {
                        args = &args[1..];
                    }
                    if !text::is_name(&name) {
                        let m = format!("`{}': not a valid identifier", text::lossy(&name));
                        return Err(sh.usage(os, "wait", &m, 1));
                    }
                    sh.sh.remove(&name);
                    var = Some(name);
                    break;
                }
                c => return Err(sh.bad_option(os, "wait", &format!("-{}", c as char), WAIT)),
            }
        }
    }
    Ok((any, var, args))
}

const WAIT: &str = "wait [-fn] [-p var] [id ...]";

pub fn wait(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let (any, var, args) = match wait_options(sh, os, &argv[1..]) {
        Ok(asked) => asked,
        Err(ret) => return ret,
    };
    sh.reap(os);
    if args.is_empty() {
        let pids: Vec<i32> = sh.sh.jobs.iter().flat_map(|j| j.pids.clone()).collect();
        if any && pids.is_empty() {
            return Ret::Status(127);
        }
        sh.sh.set_status(0);
        sh.stack.push(Frame::WaitFor(Waiting { pids, status: 0, any, var }));
        if !any {
            // All of them: none of their statuses counts.
            sh.stack.insert(sh.stack.len() - 1, Frame::Status(0));
        }
        return Ret::Moved;
    }
    let mut pids = Vec::new();
    let mut status = 0;
    for a in args {
        if a.starts_with(b"%") {
            match job_index(sh, a) {
                Some(i) => pids.extend(sh.sh.jobs[i].pids.last()),
                None => {
                    sh.complain(os, &format!("wait: {}: no such job", text::lossy(a)));
                    status = 127;
                }
            }
            continue;
        }
        match text::parse_int(a) {
            Some(n) if sh.sh.gone.contains_key(&(n as i32)) => pids.push(n as i32),
            Some(n) if sh.sh.jobs.iter().any(|j| j.pids.contains(&(n as i32))) => {
                pids.push(n as i32)
            }
            Some(n) => {
                sh.complain(os, &format!("wait: pid {n} is not a child of this shell"));
                status = 127;
            }
            None => {
                let m = format!("`{}': not a pid or valid job spec", text::lossy(a));
                return sh.usage(os, "wait", &m, 1);
            }
        }
    }
    if pids.is_empty() {
        return Ret::Status(status);
    }
    sh.stack.push(Frame::WaitFor(Waiting { pids, status, any, var }));
    Ret::Moved
}

pub fn jobs(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    sh.reap(os);
    let only = argv.get(1).cloned().unwrap_or_default();
    let mut out = Vec::new();
    let n = sh.sh.jobs.len();
    for (i, j) in sh.sh.jobs.iter().enumerate() {
        if only == b"-p" {
            out.extend_from_slice(format!("{}\n", j.pids[0]).as_bytes());
            continue;
        }
        let mark = if i + 1 == n {
            '+'
        } else if i + 2 == n {
            '-'
        } else {
            ' '
        };
        let (state, amp) = match (j.is_done(), j.status()) {
            (false, _) => ("Running".to_string(), " &"),
            (true, 0) => ("Done".to_string(), ""),
            (true, s) if s > 128 && signal_text(s - 128).is_some() => {
                (signal_text(s - 128).unwrap_or("").to_string(), "")
            }
            (true, s) => (format!("Exit {s}"), ""),
        };
        if (only == b"-r" && j.is_done()) || only == b"-s" {
            continue;
        }
        let pid = if only == b"-l" { format!("{:>5} ", j.pids[0]) } else { " ".into() };
        out.extend_from_slice(format!("[{}]{mark} {pid}{state:<24}", j.id).as_bytes());
        out.extend_from_slice(&j.text);
        out.extend_from_slice(amp.as_bytes());
        out.push(b'\n');
    }
    sh.sh.jobs.retain(|j| !j.is_done());
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("jobs"));
    Ret::Moved
}

/// What the end by a signal is called.
pub fn signal_text(s: i32) -> Option<&'static str> {
    Some(match s {
        1 => "Hangup",
        2 => "Interrupt",
        3 => "Quit",
        6 => "Aborted",
        9 => "Killed",
        11 => "Segmentation fault",
        13 => "Broken pipe",
        14 => "Alarm clock",
        15 => "Terminated",
        10 => "User defined signal 1",
        12 => "User defined signal 2",
        _ => return None,
    })
}

pub fn fg(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if !sh.sh.interactive {
        return sh.usage(os, "fg", "no job control", 1);
    }
    let spec = argv.get(1).cloned().unwrap_or_else(|| b"%%".to_vec());
    match job_index(sh, &spec) {
        Some(i) => {
            let job = sh.sh.jobs[i].clone();
            sh.emit(os, 1, [&job.text[..], b"\n"].concat(), None);
            sh.stack.push(Frame::WaitFor(Waiting { pids: job.pids, ..Waiting::default() }));
            Ret::Moved
        }
        None => {
            let shown = argv.get(1).map_or("current".into(), |a| text::lossy(a).into_owned());
            sh.usage(os, "fg", &format!("{shown}: no such job"), 1)
        }
    }
}

pub fn bg(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if !sh.sh.interactive {
        return sh.usage(os, "bg", "no job control", 1);
    }
    let shown = argv.get(1).map_or("current".into(), |a| text::lossy(a).into_owned());
    match job_index(sh, argv.get(1).map_or(b"%%", |a| a)) {
        Some(i) => {
            let id = sh.sh.jobs[i].id;
            sh.usage(os, "bg", &format!("job {id} already in background"), 0)
        }
        None => sh.usage(os, "bg", &format!("{shown}: no such job"), 1),
    }
}

pub fn disown(sh: &mut Interp, _: &mut Os<'_>, argv: &[Str]) -> Ret {
    match argv.get(1) {
        None => {
            sh.sh.jobs.pop();
        }
        Some(a) => {
            if let Some(i) = job_index(sh, a) {
                sh.sh.jobs.remove(i);
            }
        }
    }
    Ret::Status(0)
}

pub fn kill(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut signal = 15;
    let mut args = &argv[1..];
    if let Some(a) = args.first() {
        if a == b"-l" || a == b"-L" {
            return list_signals(sh, os, &args[1..]);
        }
        if a == b"-s" || a == b"-n" {
            match args.get(1).and_then(|s| signal_number(s)) {
                Some(n) => signal = n,
                None => {
                    let m = format!(
                        "{}: invalid signal specification",
                        text::lossy(args.get(1).map_or(b"", |a| a))
                    );
                    return sh.usage(os, "kill", &m, 1);
                }
            }
            args = &args[2..];
        } else if a == b"--" {
            args = &args[1..];
        } else if a.starts_with(b"-") && a.len() > 1 {
            match signal_number(&a[1..]) {
                Some(n) => signal = n,
                None => {
                    let m = format!("{}: invalid signal specification", text::lossy(&a[1..]));
                    return sh.usage(os, "kill", &m, 1);
                }
            }
            args = &args[1..];
        }
    }
    if args.is_empty() {
        sh.emit(
            os,
            2,
            "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n",
            None,
        );
        return Ret::Status(2);
    }
    let mut status = 0;
    for a in args {
        let pids = if a.starts_with(b"%") {
            match job_index(sh, a) {
                Some(i) => sh.sh.jobs[i].pids.clone(),
                None => {
                    sh.complain(os, &format!("kill: {}: no such job", text::lossy(a)));
                    status = 1;
                    continue;
                }
            }
        } else {
            match text::parse_int(a) {
                Some(n) => vec![n as i32],
                None => {
                    let m =
                        format!("kill: {}: arguments must be process or job IDs", text::lossy(a));
                    sh.complain(os, &m);
                    status = 1;
                    continue;
                }
            }
        };
        for pid in pids {
            match os.tasks.map.get_mut(&pid) {
                Some(t) => {
                    if signal != 0 && t.exit.is_none() {
                        t.signals.push(signal);
                    }
                }
                None => {
                    sh.complain(os, &format!("kill: ({pid}) - No such process"));
                    status = 1;
                }
            }
        }
    }
    Ret::Status(status)
}

fn list_signals(sh: &mut Interp, os: &mut Os<'_>, args: &[Str]) -> Ret {
    let mut out = String::new();
    for a in args {
        match (text::parse_int(a), signal_number(a)) {
            (Some(n), _) => match signal_name((n & 127) as i32) {
                Some(name) => out.push_str(&format!("{name}\n")),
                None => {
                    let m = format!("{}: invalid signal specification", text::lossy(a));
                    return sh.usage(os, "kill", &m, 1);
                }
            },
            (None, Some(n)) => out.push_str(&format!("{n}\n")),
            (None, None) => {
                let m = format!("{}: invalid signal specification", text::lossy(a));
                return sh.usage(os, "kill", &m, 1);
            }
        }
    }
    if args.is_empty() {
        for (i, (n, name)) in SIGNALS.iter().enumerate() {
            out.push_str(&format!("{n:2}) SIG{name}"));
            out.push_str(if i % 5 == 4 || i + 1 == SIGNALS.len() { "\n" } else { "\t" });
        }
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("kill"));
    Ret::Moved
}

pub fn trap(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut args = &argv[1..];
    let mut print = args.is_empty();
    match args.first().map(Vec::as_slice) {
        Some(b"-p") => {
            print = true;
            args = &args[1..];
        }
        Some(b"-l") => return list_signals(sh, os, &[]),
        Some(b"--") => {
            args = &args[1..];
            print = args.is_empty();
        }
        _ => {}
    }
    if print {
        return show_traps(sh, os, args);
    }
    let (action, names) =
        if args.len() == 1 { (None, args) } else { (Some(args[0].clone()), &args[1..]) };
    if names.is_empty() || (args.len() == 1 && canonical(&args[0]).is_none()) {
        sh.emit(os, 2, "trap: usage: trap [-lp] [[arg] signal_spec ...]\n", None);
        return Ret::Status(2);
    }
    let reset = action.is_none() || action.as_deref() == Some(b"-");
    let mut status = 0;
    for n in names {
        let Some(name) = canonical(n) else {
            sh.complain(os, &format!("trap: {}: invalid signal specification", text::lossy(n)));
            status = 1;
            continue;
        };
        if reset {
            sh.sh.traps.remove(&name);
        } else {
            sh.sh.traps.insert(name, action.clone().unwrap_or_default());
        }
    }
    Ret::Status(status)
}

fn canonical(n: &[u8]) -> Option<Str> {
    let up = text::lossy(n).to_uppercase();
    match up.as_str() {
        "EXIT" | "0" => Some(b"EXIT".to_vec()),
        "ERR" | "DEBUG" | "RETURN" => Some(up.into_bytes()),
        _ => signal_name(signal_number(n)?).map(|s| s.as_bytes().to_vec()),
    }
}

fn show_traps(sh: &mut Interp, os: &mut Os<'_>, names: &[Str]) -> Ret {
    let wanted: Vec<Str> = names.iter().filter_map(|n| canonical(n)).collect();
    let rank = |n: &[u8]| match n {
        b"EXIT" => 0,
        b"DEBUG" => 100,
        b"ERR" => 101,
        b"RETURN" => 102,
        n => signal_number(n).unwrap_or(99),
    };
    let mut all: Vec<(&Str, &Str)> =
        sh.sh.traps.iter().filter(|t| names.is_empty() || wanted.contains(t.0)).collect();
    all.sort_by_key(|t| rank(t.0));
    let mut out = Vec::new();
    for (n, action) in all {
        out.extend_from_slice(b"trap -- ");
        out.extend(text::single_quote(action));
        out.push(b' ');
        if !matches!(n.as_slice(), b"EXIT" | b"ERR" | b"DEBUG" | b"RETURN") {
            out.extend_from_slice(b"SIG");
        }
        out.extend_from_slice(n);
        out.push(b'\n');
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("trap"));
    Ret::Moved
}
