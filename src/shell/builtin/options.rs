//! set, shopt, shift, getopts, umask, ulimit.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::state::{Opts, SHOPTS};
use crate::shell::text;
use crate::shell::unparse;
use crate::shell::vars::Value;
use crate::sys::Sys;
use std::sync::Arc;

const SET_USAGE: &str = "set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]";

pub fn set(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if argv.len() == 1 {
        return show_all(sh, os);
    }
    let mut at = 1;
    let mut params = None;
    while let Some(a) = argv.get(at) {
        at += 1;
        match a.as_slice() {
            b"--" => {
                params = Some(argv[at..].to_vec());
                break;
            }
            b"-" => {
                sh.sh.opts.xtrace = false;
                sh.sh.opts.verbose = false;
                if at < argv.len() {
                    params = Some(argv[at..].to_vec());
                }
                break;
            }
            a if a.len() > 1 && (a[0] == b'-' || a[0] == b'+') => {
                let on = a[0] == b'-';
                for &c in &a[1..] {
                    if c == b'o' {
                        match argv.get(at) {
                            None => return show_opts(sh, os, on),
                            Some(n) => {
                                at += 1;
                                if !set_named(sh, &text::lossy(n), on) {
                                    let m = format!("{}: invalid option name", text::lossy(n));
                                    return sh.usage(os, "set", &m, 2);
                                }
                            }
                        }
                    } else if let Some(n) = Opts::long(c) {
                        set_named(sh, n, on);
                    } else {
                        let opt = format!("{}{}", a[0] as char, c as char);
                        return sh.bad_option(os, "set", &opt, SET_USAGE);
                    }
                }
            }
            _ => {
                params = Some(argv[at - 1..].to_vec());
                break;
            }
        }
    }
    if let Some(p) = params {
        sh.sh.params = Arc::new(p);
    }
    Ret::Status(0)
}

/// Sets a `set -o` option.
pub fn set_named(sh: &mut Interp, name: &str, on: bool) -> bool {
    if matches!(name, "interactive-comments" | "nolog") {
        return true;
    }
    match sh.sh.opts.by_name(name) {
        Some(o) => {
            *o = on;
            true
        }
        None => false,
    }
}

fn show_opts(sh: &mut Interp, os: &mut Os<'_>, table: bool) -> Ret {
    let mut out = String::new();
    for (n, _) in Opts::TABLE {
        let on = sh.sh.opts.is_on(n);
        if table {
            out.push_str(&format!("{n:<15}\t{}\n", if on { "on" } else { "off" }));
        } else {
            out.push_str(&format!("set {}o {n}\n", if on { '-' } else { '+' }));
        }
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("set"));
    Ret::Moved
}

fn show_all(sh: &mut Interp, os: &mut Os<'_>) -> Ret {
    let mut out = Vec::new();
    for (n, v) in sh.sh.vars.iter() {
        if !matches!(v.value, Value::Unset) {
            out.extend_from_slice(n);
            out.extend(v.shown(false));
            out.push(b'\n');
        }
    }
    for (f, _) in sh.sh.funcs.values() {
        out.extend(unparse::function(f));
        out.push(b'\n');
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("set"));
    Ret::Moved
}

pub fn shopt(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let (mut set, mut print, mut quiet, mut of_set) = (None, false, false, false);
    let mut at = 1;
    while let Some(a) = argv.get(at).filter(|a| a.len() > 1 && a[0] == b'-') {
        at += 1;
        for c in &a[1..] {
            match c {
                b's' => set = Some(true),
                b'u' => set = Some(false),
                b'p' => print = true,
                b'q' => quiet = true,
                b'o' => of_set = true,
                c => {
                    let opt = format!("-{}", *c as char);
                    return sh.bad_option(os, "shopt", &opt, "shopt [-pqsu] [-o] [optname ...]");
                }
            }
        }
    }
    let names: Vec<String> = argv[at..].iter().map(|a| text::lossy(a).into_owned()).collect();
    let known = |sh: &Interp, n: &str| {
        if of_set {
            Opts::TABLE.iter().any(|t| t.0 == n).then(|| sh.sh.opts.is_on(n))
        } else {
            sh.sh.shopts.get(n).copied()
        }
    };
    let mut status = 0;
    let mut out = String::new();
    let mut show = |n: &str, on: bool| {
        if quiet {
        } else if print && of_set {
            out.push_str(&format!("set {}o {n}\n", if on { '-' } else { '+' }));
        } else if print {
            out.push_str(&format!("shopt -{} {n}\n", if on { 's' } else { 'u' }));
        } else {
            out.push_str(&format!("{n:<15}\t{}\n", if on { "on" } else { "off" }));
        }
    };
    if names.is_empty() {
        let all: Vec<&str> = if of_set {
            Opts::TABLE.iter().map(|t| t.0).collect()
        } else {
            SHOPTS.iter().map(|t| t.0).collect()
        };
        for n in all {
            let on = known(sh, n).unwrap_or(false);
            if set.is_none_or(|s| s == on) {
                show(n, on);
            }
        }
    }
    let mut bad = Vec::new();
    for n in &names {
        match known(sh, n) {
            None => {
                bad.push(n.clone());
                status = 1;
            }
            Some(on) => match set {
                Some(v) if of_set => {
                    set_named(sh, n, v);
                }
                Some(v) => {
                    if let Some(s) = sh.sh.shopts.iter_mut().find(|s| s.0 == n) {
                        *s.1 = v;
                    }
                }
                None => {
                    show(n, on);
                    if !on {
                        status = 1;
                    }
                }
            },
        }
    }
    sh.sh.set_status(status);
    sh.emit(os, 1, out, Some("shopt"));
    for n in bad {
        sh.complain(os, &format!("shopt: {n}: invalid shell option name"));
    }
    Ret::Moved
}

pub fn shift(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let n = match argv.get(1) {
        None => 1,
        Some(a) => match text::parse_int(a) {
            Some(n) => n,
            None => {
                let m = format!("{}: numeric argument required", text::lossy(a));
                return sh.usage(os, "shift", &m, 1);
            }
        },
    };
    if n < 0 {
        return sh.usage(os, "shift", &format!("{n}: shift count out of range"), 1);
    }
    if n as usize > sh.sh.params.len() {
        if sh.sh.shopt("shift_verbose") {
            return sh.usage(os, "shift", &format!("{n}: shift count out of range"), 1);
        }
        return Ret::Status(1);
    }
    Arc::make_mut(&mut sh.sh.params).drain(..n as usize);
    Ret::Status(0)
}

pub fn getopts(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let (Some(spec), Some(var)) = (argv.get(1), argv.get(2)) else {
        sh.emit(os, 2, "getopts: usage: getopts optstring name [arg ...]\n", None);
        return Ret::Status(2);
    };
    let args: Vec<Str> = if argv.len() > 3 { argv[3..].to_vec() } else { sh.sh.params.to_vec() };
    let mut ind =
        sh.sh.get(b"OPTIND").and_then(|s| text::parse_int(&s)).unwrap_or(1).max(1) as usize;
    let silent = spec.first() == Some(&b':');
    let mut pos = sh.sh.optpos;
    let done = |sh: &mut Interp, ind: usize| {
        let _ = sh.sh.assign(b"OPTIND", ind.to_string().into_bytes());
        sh.sh.optpos = 0;
        let _ = sh.sh.assign(var, b"?".to_vec());
        sh.sh.remove(b"OPTARG");
        Ret::Status(1)
    };
    let Some(arg) = args.get(ind - 1) else { return done(sh, ind) };
    if pos == 0 {
        if arg == b"--" {
            return done(sh, ind + 1);
        }
        if arg.len() < 2 || arg[0] != b'-' {
            return done(sh, ind);
        }
        pos = 1;
    }
    let c = arg.get(pos).copied().unwrap_or(b'?');
    pos += 1;
    let end = pos >= arg.len();
    let known = spec.iter().position(|&b| b == c).filter(|_| c != b':');
    let takes = known.is_some_and(|n| spec.get(n + 1) == Some(&b':'));
    let mut value = None;
    let mut shown = c;
    let mut complaint = None;
    if known.is_none() {
        shown = b'?';
        if silent {
            value = Some(vec![c]);
        } else {
            complaint = Some(format!("illegal option -- {}", c as char));
        }
    } else if takes {
        if !end {
            value = Some(arg[pos..].to_vec());
        } else if let Some(next) = args.get(ind) {
            value = Some(next.clone());
            ind += 1;
        } else if silent {
            shown = b':';
            value = Some(vec![c]);
        } else {
            shown = b'?';
            complaint = Some(format!("option requires an argument -- {}", c as char));
        }
    }
    if end || takes {
        ind += 1;
        pos = 0;
    }
    if let Some(m) = complaint.filter(|_| sh.sh.get(b"OPTERR").is_none_or(|v| v != b"0")) {
        let name = text::lossy(&sh.sh.arg0).into_owned();
        sh.emit(os, 2, format!("{name}: {m}\n"), None);
    }
    let _ = sh.sh.assign(b"OPTIND", ind.to_string().into_bytes());
    sh.sh.optpos = pos;
    let _ = sh.sh.assign(var, vec![shown]);
    match value {
        Some(v) => {
            let _ = sh.sh.assign(b"OPTARG", v);
        }
        None => sh.sh.remove(b"OPTARG"),
    }
    Ret::Status(0)
}

pub fn umask(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let (mut symbolic, mut print) = (false, false);
    let mut value = None;
    for a in &argv[1..] {
        match a.as_slice() {
            b"-S" => symbolic = true,
            b"-p" => print = true,
            a => value = Some(a.to_vec()),
        }
    }
    let old = os.sys().umask(0);
    os.sys().umask(old);
    let mask = match &value {
        None => old,
        Some(v) if v[0].is_ascii_digit() => match u32::from_str_radix(&text::lossy(v), 8) {
            Ok(m) if m <= 0o777 => m,
            _ => {
                return sh.usage(
                    os,
                    "umask",
                    &format!("{}: octal number out of range", text::lossy(v)),
                    1,
                );
            }
        },
        Some(v) => match symbolic_mask(v, old) {
            Some(m) => m,
            None => {
                let m = format!("`{}': invalid symbolic mode character", v[0] as char);
                return sh.usage(os, "umask", &m, 1);
            }
        },
    };
    if value.is_some() {
        os.sys().umask(mask);
        if !symbolic {
            return Ret::Status(0);
        }
    }
    let text = if symbolic {
        let part = |n: u32| -> String {
            let m = !(mask >> n) & 7;
            [(4, 'r'), (2, 'w'), (1, 'x')].iter().filter(|p| m & p.0 != 0).map(|p| p.1).collect()
        };
        format!("u={},g={},o={}", part(6), part(3), part(0))
    } else {
        format!("{mask:04o}")
    };
    let head = match (print, symbolic) {
        (true, true) => "umask -S ",
        (true, false) => "umask ",
        _ => "",
    };
    sh.sh.set_status(0);
    sh.emit(os, 1, format!("{head}{text}\n"), Some("umask"));
    Ret::Moved
}

fn symbolic_mask(s: &[u8], old: u32) -> Option<u32> {
    let mut allowed = !old & 0o777;
    for clause in s.split(|&b| b == b',') {
        let who_len = clause.iter().take_while(|b| b"ugoa".contains(b)).count();
        let mut who = 0;
        for b in &clause[..who_len] {
            who |= match b {
                b'u' => 0o700,
                b'g' => 0o070,
                b'o' => 0o007,
                _ => 0o777,
            };
        }
        if who == 0 {
            who = 0o777;
        }
        let op = *clause.get(who_len)?;
        let mut bits = 0;
        for b in &clause[who_len + 1..] {
            bits |= match b {
                b'r' => 0o444,
                b'w' => 0o222,
                b'x' | b'X' => 0o111,
                _ => return None,
            };
        }
        match op {
            b'+' => allowed |= bits & who,
            b'-' => allowed &= !(bits & who),
            b'=' => allowed = (allowed & !who) | (bits & who),
            _ => return None,
        }
    }
    Some(!allowed & 0o777)
}

/// The limits and what they are; they bound nothing here but are told.
const LIMITS: &[(&str, &str, u8, &str)] = &[
    ("real-time non-blocking time  ", "microseconds, -R", b'R', "unlimited"),
    ("core file size              ", "blocks, -c", b'c', "0"),
    ("data seg size               ", "kbytes, -d", b'd', "unlimited"),
    ("scheduling priority         ", "-e", b'e', "0"),
    ("file size                   ", "blocks, -f", b'f', "unlimited"),
    ("pending signals             ", "-i", b'i', "15000"),
    ("max locked memory           ", "kbytes, -l", b'l', "8192"),
    ("max memory size             ", "kbytes, -m", b'm', "unlimited"),
    ("open files                  ", "-n", b'n', "1024"),
    ("pipe size                   ", "512 bytes, -p", b'p', "8"),
    ("POSIX message queues        ", "bytes, -q", b'q', "819200"),
    ("real-time priority          ", "-r", b'r', "0"),
    ("stack size                  ", "kbytes, -s", b's', "8192"),
    ("cpu time                    ", "seconds, -t", b't', "unlimited"),
    ("max user processes          ", "-u", b'u', "15000"),
    ("virtual memory              ", "kbytes, -v", b'v', "unlimited"),
    ("file locks                  ", "-x", b'x', "unlimited"),
];

pub fn ulimit(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut letter = b'f';
    for a in &argv[1..] {
        if a == b"-a" {
            let mut out = String::new();
            for (name, unit, _, value) in LIMITS {
                let unit = format!("({unit})");
                out.push_str(&format!("{name}{unit:>19} {value}\n"));
            }
            sh.sh.set_status(0);
            sh.emit(os, 1, out, Some("ulimit"));
            return Ret::Moved;
        }
        if a.len() > 1 && a[0] == b'-' {
            for c in a[1..].iter().filter(|c| !b"SH".contains(c)) {
                letter = *c;
            }
        } else {
            return Ret::Status(0);
        }
    }
    match LIMITS.iter().find(|l| l.2 == letter) {
        Some(l) => {
            sh.sh.set_status(0);
            sh.emit(os, 1, format!("{}\n", l.3), Some("ulimit"));
            Ret::Moved
        }
        None => {
            let opt = format!("-{}", letter as char);
            sh.bad_option(os, "ulimit", &opt, "ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]")
        }
    }
}
