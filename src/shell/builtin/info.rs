//! type, command, hash, alias, help, history and other builtins that tell.

use super::Ret;
use crate::shell::ast::Str;
use crate::shell::command::{COMMANDS, exec};
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::text;
use crate::shell::unparse;
use crate::shell::unsimulated;
use std::sync::Arc;

const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do",
    "done", "in", "function", "time", "{", "}", "!", "[[", "]]", "coproc",
];

/// What a word is, by `type -t`.
#[derive(PartialEq)]
enum Kind {
    Alias(Str),
    Keyword,
    Function,
    Builtin,
    File(Str, bool),
}

fn kinds(sh: &mut Interp, os: &mut Os<'_>, word: &[u8], all: bool) -> Vec<Kind> {
    let mut out = Vec::new();
    if let Some(v) = sh.sh.aliases.get(word).filter(|_| sh.sh.shopt("expand_aliases")) {
        out.push(Kind::Alias(v.clone()));
    }
    if KEYWORDS.iter().any(|k| k.as_bytes() == word) {
        out.push(Kind::Keyword);
    }
    if sh.sh.funcs.contains_key(word) {
        out.push(Kind::Function);
    }
    if super::find(word).is_some() {
        out.push(Kind::Builtin);
    }
    if all || out.is_empty() {
        if let Some((f, _)) = sh.sh.hashed.get(word).filter(|_| !all) {
            out.push(Kind::File(f.clone(), true));
            return out;
        }
        let path = sh.sh.get(b"PATH").unwrap_or_default();
        let dirs: Vec<&[u8]> =
            if word.contains(&b'/') { vec![b""] } else { path.split(|&b| b == b':').collect() };
        for d in dirs {
            let found = exec::search(&mut os.sys(), word, d);
            let Ok(f) = found else { continue };
            if word.contains(&b'/')
                && exec::look(&mut os.sys(), &f).is_err_and(|e| e != crate::errno::Errno::ENOEXEC)
            {
                continue;
            }
            out.push(Kind::File(f, false));
            if !all {
                break;
            }
        }
    }
    if !all {
        out.truncate(1);
    }
    out
}

fn describe(sh: &Interp, word: &[u8], k: &Kind) -> Str {
    let tail: Str = match k {
        Kind::Alias(v) => [b" is aliased to `", &v[..], b"'"].concat(),
        Kind::Keyword => b" is a shell keyword".to_vec(),
        Kind::Builtin => b" is a shell builtin".to_vec(),
        Kind::File(f, true) => [b" is hashed (", &f[..], b")"].concat(),
        Kind::File(f, false) => [b" is ", &f[..]].concat(),
        Kind::Function => {
            let mut t = b" is a function\n".to_vec();
            if let Some((f, _)) = sh.sh.funcs.get(word) {
                t.extend(unparse::function(f));
            }
            t
        }
    };
    [word, &tail[..], b"\n"].concat()
}

pub fn type_(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let (mut all, mut short, mut path, mut force) = (false, false, false, false);
    let mut at = 1;
    while let Some(a) = argv.get(at).filter(|a| a.len() > 1 && a[0] == b'-') {
        at += 1;
        for c in &a[1..] {
            match c {
                b'a' => all = true,
                b't' => short = true,
                b'p' => path = true,
                b'P' => force = true,
                b'f' => {}
                c => {
                    let opt = format!("-{}", *c as char);
                    return sh.bad_option(os, "type", &opt, "type [-afptP] name [name ...]");
                }
            }
        }
    }
    let mut status = 0;
    let mut pieces: Vec<(i32, Str)> = Vec::new();
    for w in &argv[at..] {
        let mut ks = kinds(sh, os, w, all || force);
        if force {
            ks.retain(|k| matches!(k, Kind::File(..)));
            ks.truncate(if all { usize::MAX } else { 1 });
        }
        if ks.is_empty() {
            status = 1;
            if !short && !path && !force {
                let m = format!("{}type: {}: not found\n", sh.sh.prefix(), text::lossy(w));
                pieces.push((2, m.into_bytes()));
            }
        }
        for k in &ks {
            let line: Str = match k {
                _ if short => {
                    let t: &[u8] = match k {
                        Kind::Alias(_) => b"alias\n",
                        Kind::Keyword => b"keyword\n",
                        Kind::Function => b"function\n",
                        Kind::Builtin => b"builtin\n",
                        Kind::File(..) => b"file\n",
                    };
                    t.to_vec()
                }
                Kind::File(f, _) if path || force => [&f[..], b"\n"].concat(),
                _ if path => Vec::new(),
                k => describe(sh, w, k),
            };
            pieces.push((1, line));
        }
    }
    sh.sh.set_status(status);
    for (fd, text) in pieces {
        sh.emit(os, fd, text, Some("type"));
    }
    Ret::Moved
}

pub fn command(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let Some(flag) = argv.get(1) else { return Ret::Status(0) };
    let verbose = match flag.as_slice() {
        b"-v" => false,
        b"-V" => true,
        a => {
            let opt = text::lossy(&a[..2.min(a.len())]).into_owned();
            return sh.bad_option(os, "command", &opt, "command [-pVv] command [arg ...]");
        }
    };
    let mut status = 0;
    let mut out = Vec::new();
    let mut missing = Vec::new();
    for w in &argv[2..] {
        match kinds(sh, os, w, false).first() {
            None => {
                status = 1;
                if verbose {
                    missing.push(format!("command: {}: not found", text::lossy(w)));
                }
            }
            Some(k) if verbose => out.extend(describe(sh, w, k)),
            Some(Kind::File(f, _)) => out.extend([&f[..], b"\n"].concat()),
            Some(Kind::Alias(v)) => {
                out.extend([b"alias ", &w[..], b"=", &text::single_quote(v)[..], b"\n"].concat());
            }
            Some(_) => out.extend([&w[..], b"\n"].concat()),
        }
    }
    sh.sh.set_status(status);
    sh.emit(os, 1, out, Some("command"));
    for m in missing {
        sh.complain(os, &m);
    }
    Ret::Moved
}

pub fn builtin(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    match argv.get(1) {
        None => Ret::Status(0),
        Some(n) => sh.usage(os, "builtin", &format!("{}: not a shell builtin", text::lossy(n)), 1),
    }
}

pub fn enable(sh: &mut Interp, os: &mut Os<'_>, _: &[Str]) -> Ret {
    let out: String = super::BUILTINS.iter().map(|b| format!("enable {}\n", b.name)).collect();
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("enable"));
    Ret::Moved
}

pub fn hash(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    match argv.get(1).map(Vec::as_slice) {
        None => {
            if sh.sh.hashed.is_empty() {
                sh.emit(os, 1, "hash: hash table empty\n", Some("hash"));
                return Ret::Status(0);
            }
            let mut out = b"hits\tcommand\n".to_vec();
            for (f, hits) in sh.sh.hashed.values() {
                out.extend_from_slice(format!("{hits:4}\t").as_bytes());
                out.extend([&f[..], b"\n"].concat());
            }
            sh.emit(os, 1, out, Some("hash"));
            Ret::Status(0)
        }
        Some(b"-r") => {
            sh.sh.hashed.clear();
            Ret::Status(0)
        }
        Some(_) => {
            let path = sh.sh.get(b"PATH").unwrap_or_default();
            let mut status = 0;
            for n in argv[1..].iter().filter(|n| !n.starts_with(b"-")) {
                match exec::search(&mut os.sys(), n, &path) {
                    Ok(f) => {
                        sh.sh.hashed.insert(n.clone(), (f, 0));
                    }
                    Err(_) => {
                        sh.complain(os, &format!("hash: {}: not found", text::lossy(n)));
                        status = 1;
                    }
                }
            }
            Ret::Status(status)
        }
    }
}

pub fn alias(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut out = Vec::new();
    let mut status = 0;
    let show =
        |n: &[u8], v: &[u8]| [b"alias ", n, b"=", &text::single_quote(v)[..], b"\n"].concat();
    if argv.len() == 1 || argv[1] == b"-p" {
        for (n, v) in sh.sh.aliases.iter() {
            out.extend(show(n, v));
        }
    }
    let mut missing = Vec::new();
    for a in argv[1..].iter().filter(|a| *a != b"-p") {
        match a.iter().position(|&b| b == b'=').filter(|n| *n > 0) {
            Some(n) => {
                Arc::make_mut(&mut sh.sh.aliases).insert(a[..n].to_vec(), a[n + 1..].to_vec());
            }
            None => match sh.sh.aliases.get(a) {
                Some(v) => out.extend(show(a, v)),
                None => {
                    missing.push(format!("alias: {}: not found", text::lossy(a)));
                    status = 1;
                }
            },
        }
    }
    sh.sh.set_status(status);
    sh.emit(os, 1, out, Some("alias"));
    for m in missing {
        sh.complain(os, &m);
    }
    Ret::Moved
}

pub fn unalias(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut status = 0;
    for a in &argv[1..] {
        if a == b"-a" {
            sh.sh.aliases = Arc::default();
        } else if Arc::make_mut(&mut sh.sh.aliases).remove(a).is_none() {
            sh.complain(os, &format!("unalias: {}: not found", text::lossy(a)));
            status = 1;
        }
    }
    Ret::Status(status)
}

pub fn caller(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let n = argv.get(1).and_then(|a| text::parse_int(a));
    let calls = &sh.sh.calls;
    let Some(c) = calls.len().checked_sub(1 + n.unwrap_or(0).max(0) as usize).map(|i| &calls[i])
    else {
        return Ret::Status(1);
    };
    let i = calls.len() - 1 - n.unwrap_or(0).max(0) as usize;
    let (outer, file) = match i.checked_sub(1).map(|i| &calls[i]) {
        Some(o) => (text::lossy(&o.name).into_owned(), text::lossy(&o.source).into_owned()),
        None => ("main".into(), text::lossy(&sh.sh.arg0).into_owned()),
    };
    let line = if n.is_some() {
        format!("{} {outer} {file}\n", c.line)
    } else {
        format!("{} {file}\n", c.line)
    };
    sh.sh.set_status(0);
    sh.emit(os, 1, line, Some("caller"));
    Ret::Moved
}

pub fn times(sh: &mut Interp, os: &mut Os<'_>, _: &[Str]) -> Ret {
    sh.sh.set_status(0);
    sh.emit(os, 1, "0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n", Some("times"));
    Ret::Moved
}

pub fn history(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if argv.get(1).is_some_and(|a| a == b"-c") {
        sh.sh.history.clear();
        return Ret::Status(0);
    }
    let n = argv.get(1).and_then(|a| text::parse_int(a)).map_or(usize::MAX, |n| n.max(0) as usize);
    let skip = sh.sh.history.len().saturating_sub(n);
    let mut out = Vec::new();
    for (i, l) in sh.sh.history.iter().enumerate().skip(skip) {
        out.extend_from_slice(format!("{:5}  ", i + 1).as_bytes());
        out.extend([&l[..], b"\n"].concat());
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("history"));
    Ret::Moved
}

pub fn help(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if let Some(n) = argv.get(1).map(|n| text::lossy(n).into_owned()) {
        let line = if let Some(c) = COMMANDS.iter().find(|c| c.name == n) {
            format!("{}: {}\n", c.name, c.summary)
        } else if super::find(n.as_bytes()).is_some() {
            format!("{n}: a shell builtin\n")
        } else if let Some(h) = unsimulated::hint(&n) {
            format!("{n}: not simulated: {h}\n")
        } else {
            let m = format!(
                "no help topics match `{n}'.  Try `help help' or `man -k {n}' or `info {n}'."
            );
            return sh.usage(os, "help", &m, 1);
        };
        sh.sh.set_status(0);
        sh.emit(os, 1, line, Some("help"));
        return Ret::Moved;
    }
    let mut out = String::from("Commands of this machine:\n");
    for c in COMMANDS {
        out.push_str(&format!("  {:<12} {}\n", c.name, c.summary));
    }
    out.push_str("\nBuiltins of the shell:\n ");
    let mut width = 1;
    for b in super::BUILTINS {
        if width + b.name.len() > 76 {
            out.push_str("\n ");
            width = 1;
        }
        out.push_str(&format!(" {}", b.name));
        width += b.name.len() + 1;
    }
    out.push_str("\n\nNot simulated, and what to use instead:\n");
    for (names, hint) in unsimulated::LIST {
        out.push_str(&format!("  {names}\n      {hint}\n"));
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("help"));
    Ret::Moved
}
