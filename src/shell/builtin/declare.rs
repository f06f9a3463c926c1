//! declare, local, export, readonly, unset.

use super::Ret;
use crate::shell::ast::{Str, Value as Literal};
use crate::shell::expand::{Expander, Stop, set_element};
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::text;
use crate::shell::unparse;
use crate::shell::vars::{Assoc, Value, Var};
use std::sync::Arc;

/// Attributes to turn on and off.
#[derive(Default, Clone)]
struct Flags {
    on: Str,
    off: Str,
    print: bool,
    functions: bool,
    names_only: bool,
    global: bool,
    inherit: bool,
}

pub fn declare(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let name = text::lossy(&argv[0]).into_owned();
    let local = sh.sh.calls.iter().any(|c| c.function);
    run(sh, os, &name, argv, Flags::default(), local)
}

pub fn local(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    if !sh.sh.calls.iter().any(|c| c.function) {
        return sh.usage(os, "local", "can only be used in a function", 1);
    }
    run(sh, os, "local", argv, Flags::default(), true)
}

pub fn export(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let takes_away = argv.get(1).is_some_and(|a| {
        a.len() > 1
            && a[0] == b'-'
            && a[1..].iter().all(|b| b"fnp".contains(b))
            && a.contains(&b'n')
    });
    if takes_away {
        let functions = argv[1].contains(&b'f');
        let f = Flags { off: b"x".to_vec(), functions, ..Flags::default() };
        return run(sh, os, "export", &[&argv[..1], &argv[2..]].concat(), f, false);
    }
    run(sh, os, "export", argv, Flags { on: b"x".to_vec(), ..Flags::default() }, false)
}

pub fn readonly(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    run(sh, os, "readonly", argv, Flags { on: b"r".to_vec(), ..Flags::default() }, false)
}

fn run(
    sh: &mut Interp,
    os: &mut Os<'_>,
    name: &str,
    argv: &[Str],
    mut f: Flags,
    local: bool,
) -> Ret {
    let given = f.on.clone();
    let mut at = 1;
    while let Some(a) = argv.get(at) {
        if a == b"--" {
            at += 1;
            break;
        }
        if a.len() < 2 || !(a[0] == b'-' || a[0] == b'+') {
            break;
        }
        for &c in &a[1..] {
            match c {
                b'p' => f.print = true,
                b'f' => f.functions = true,
                b'F' => {
                    f.functions = true;
                    f.names_only = true;
                }
                b'g' => f.global = true,
                b'I' => f.inherit = true,
                b'a' | b'A' | b'i' | b'l' | b'u' | b'n' | b'r' | b'x' | b't' | b'c' => {
                    if a[0] == b'-' { f.on.push(c) } else { f.off.push(c) }
                }
                c => {
                    let usage = match name {
                        "export" => "export [-fn] [name[=value] ...] or export -p",
                        "readonly" => "readonly [-aAf] [name[=value] ...] or readonly -p",
                        "local" => "local [option] name[=value] ...",
                        "typeset" => {
                            "typeset [-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]"
                        }
                        _ => {
                            "declare [-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]"
                        }
                    };
                    return sh.bad_option(
                        os,
                        name,
                        &format!("{}{}", a[0] as char, c as char),
                        usage,
                    );
                }
            }
        }
        at += 1;
    }
    let args = &argv[at..];
    let exports = f.on.contains(&b'x') || f.off.contains(&b'x');
    if f.functions && exports && !(args.is_empty() && name != "export") {
        return export_functions(sh, os, name, args, &f);
    }
    if f.functions && name != "readonly" {
        return functions(sh, os, name, args, &f);
    }
    if args.is_empty() {
        return list(
            sh,
            os,
            &f,
            !given.is_empty() || f.print || !f.on.is_empty(),
            local && name == "local",
        );
    }
    if f.print && given.is_empty() {
        return print(sh, os, name, args);
    }
    let mut status = 0;
    for (i, a) in args.iter().enumerate() {
        let literal = sh.decls.iter().find(|d| d.0 == at + i).map(|d| d.1.clone());
        if let Err(m) = one(sh, os, name, a, literal.as_deref(), &f, local && !f.global) {
            if let Some(m) = m {
                sh.complain(os, &m);
            }
            status = 1;
        }
    }
    Ret::Status(status)
}

fn one(
    sh: &mut Interp,
    os: &mut Os<'_>,
    cmd: &str,
    arg: &[u8],
    literal: Option<&crate::shell::ast::Assign>,
    f: &Flags,
    local: bool,
) -> Result<(), Option<String>> {
    let eq = arg.iter().position(|&b| b == b'=');
    let (mut name, value) = match eq {
        Some(n) => (&arg[..n], Some(&arg[n + 1..])),
        None => (arg, None),
    };
    let append = value.is_some() && name.ends_with(b"+");
    if append {
        name = &name[..name.len() - 1];
    }
    let mut key = None;
    if let Some(open) = name.iter().position(|&b| b == b'[') {
        if name.ends_with(b"]") {
            key = Some(name[open + 1..name.len() - 1].to_vec());
            name = &name[..open];
        }
    }
    if cmd == "local" && name == b"-" && value.is_none() {
        let opts = sh.sh.opts;
        if let Some(call) = sh.sh.calls.iter_mut().rev().find(|c| c.function) {
            call.opts.get_or_insert(opts);
        }
        return Ok(());
    }
    if !text::is_name(name) {
        return Err(Some(format!("{cmd}: `{}': not a valid identifier", text::lossy(arg))));
    }
    if local {
        let old = sh.sh.vars.get(name).cloned();
        if old.as_ref().is_some_and(|v| v.readonly) && !already_local(sh, name) {
            return Err(Some(format!("{cmd}: {}: readonly variable", text::lossy(name))));
        }
        sh.sh.make_local(name);
        if let (Some(old), true) = (old, f.inherit || sh.sh.shopt("localvar_inherit")) {
            if sh.sh.vars.get(name).is_none() {
                sh.sh.put(name, old);
            }
        }
    }
    let target = if f.on.contains(&b'n') || f.off.contains(&b'n') {
        name.to_vec()
    } else {
        sh.sh.resolve(name)
    };
    let mut var = sh.sh.vars.get(&target).cloned().unwrap_or_default();
    if var.readonly && (value.is_some() || f.off.contains(&b'r')) {
        return Err(Some(format!("{cmd}: {}: readonly variable", text::lossy(name))));
    }
    attributes(&mut var, f, key.is_some())
        .map_err(|m| Some(format!("{cmd}: {}: {m}", text::lossy(name))))?;
    let readonly = std::mem::replace(&mut var.readonly, false);
    sh.sh.put(&target, var);
    let xtrace = sh.sh.opts.xtrace;
    let mut x =
        Expander { sh: &mut sh.sh, os, answers: &[], used: 0, trace: Vec::new(), unbound: false };
    let res = match (literal.map(|l| &l.value), value, &key) {
        (Some(Literal::Array(items)), ..) => x.array(&target, append, items),
        (_, Some(v), Some(k)) => {
            let k = match x.sh.var(&target).map(|v| &v.value) {
                Some(Value::Assoc(_)) => Ok(k.clone()),
                _ => x.arith(k).map(|n| n.to_string().into_bytes()),
            };
            k.and_then(|k| {
                set_element(x.sh, &target, &k, v.to_vec(), append)
                    .map_err(|m| Stop::Discard(Some(m), 1))
            })
        }
        (_, Some(v), None) if f.on.contains(&b'n') => {
            x.sh.put(&target, Var { nameref: true, ..Var::scalar(v.to_vec()) });
            Ok(())
        }
        (_, Some(v), None) => x.scalar(&target, append, v.to_vec()),
        _ => Ok(()),
    };
    if xtrace && value.is_some() && literal.is_none() && matches!(cmd, "export" | "readonly") {
        let line = [name, b"=", &text::quote_if_needed(value.unwrap_or_default())[..]].concat();
        sh.trace_line(os, &line);
    }
    if readonly || f.on.contains(&b'r') {
        let var = sh.sh.vars.get(&target).cloned().unwrap_or_default();
        sh.sh.put(&target, Var { readonly: true, ..var });
    }
    match res {
        Ok(()) => Ok(()),
        Err(Stop::Discard(m, _)) => Err(m),
        Err(stop) => {
            sh.failed(os, stop);
            Err(None)
        }
    }
}

fn already_local(sh: &Interp, name: &[u8]) -> bool {
    sh.sh.calls.iter().rev().find(|c| c.function).is_some_and(|c| c.saved.contains_key(name))
}

fn attributes(var: &mut Var, f: &Flags, element: bool) -> Result<(), &'static str> {
    for (set, on) in [(&f.on, true), (&f.off, false)] {
        for c in set {
            match c {
                b'i' => var.integer = on,
                b'x' => var.export = on,
                b'n' => var.nameref = on,
                b'l' => {
                    var.lower = on;
                    var.upper &= !on;
                }
                b'u' => {
                    var.upper = on;
                    var.lower &= !on;
                }
                b'a' if on => match &mut var.value {
                    Value::Assoc(_) => return Err("cannot convert associative to indexed array"),
                    Value::Indexed(_) => {}
                    v => {
                        let old = std::mem::take(v);
                        var.bare = old == Value::Unset;
                        let mut m = crate::store::Map::new();
                        if let Value::Scalar(s) = old {
                            m.insert(0, s);
                        }
                        *v = Value::Indexed(m);
                    }
                },
                b'A' if on => match &mut var.value {
                    Value::Indexed(_) => return Err("cannot convert indexed to associative array"),
                    Value::Assoc(_) => {}
                    v => {
                        let old = std::mem::take(v);
                        var.bare = old == Value::Unset;
                        let mut a = Assoc::default();
                        if let Value::Scalar(s) = old {
                            a.set(b"0".to_vec(), s);
                        }
                        *v = Value::Assoc(a);
                    }
                },
                _ => {}
            }
        }
    }
    let _ = element;
    Ok(())
}

/// `declare -p name …`.
fn print(sh: &mut Interp, os: &mut Os<'_>, cmd: &str, names: &[Str]) -> Ret {
    let mut status = 0;
    for n in names {
        match sh.sh.vars.get(n) {
            Some(v) => {
                let shown = line(n, v);
                sh.emit(os, 1, shown, Some(cmd));
            }
            None => {
                sh.complain(os, &format!("{cmd}: {}: not found", text::lossy(n)));
                status = 1;
            }
        }
    }
    sh.sh.set_status(status);
    Ret::Moved
}

fn line(name: &[u8], v: &Var) -> Str {
    let letters = v.letters();
    let mut out =
        format!("declare -{} ", if letters.is_empty() { "-" } else { &letters }).into_bytes();
    out.extend_from_slice(name);
    out.extend(v.shown(true));
    out.push(b'\n');
    out
}

fn list(sh: &mut Interp, os: &mut Os<'_>, f: &Flags, declared: bool, local: bool) -> Ret {
    let mut out = Vec::new();
    let locals: Option<Vec<Str>> = local
        .then(|| {
            sh.sh.calls.iter().rev().find(|c| c.function).map(|c| c.saved.keys().cloned().collect())
        })
        .flatten();
    for (n, v) in sh.sh.vars.iter() {
        if locals.as_ref().is_some_and(|l| !l.contains(n)) {
            continue;
        }
        let letters = v.letters().into_bytes();
        if !f.on.iter().all(|c| letters.contains(c)) {
            continue;
        }
        if declared {
            out.extend(line(n, v));
        } else if !matches!(v.value, Value::Unset) {
            out.extend_from_slice(n);
            out.extend(v.shown(false));
            out.push(b'\n');
        }
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("declare"));
    Ret::Moved
}

/// `export -f`, `declare -fx`.
fn export_functions(sh: &mut Interp, os: &mut Os<'_>, cmd: &str, names: &[Str], f: &Flags) -> Ret {
    if names.is_empty() {
        let funcs = sh.sh.funcs.clone();
        let mut out = Vec::new();
        for name in &sh.sh.exported_funcs {
            if let Some((func, _)) = funcs.get(name) {
                out.extend(unparse::function(func));
                out.extend([b"\ndeclare -fx ", &name[..], b"\n"].concat());
            }
        }
        sh.sh.set_status(0);
        sh.emit(os, 1, out, Some(cmd));
        return Ret::Moved;
    }
    let mut status = 0;
    for name in names {
        if !sh.sh.funcs.contains_key(name) {
            if cmd == "export" {
                sh.complain(os, &format!("{cmd}: {}: not a function", text::lossy(name)));
            }
            status = 1;
            continue;
        }
        sh.sh.exported_funcs.retain(|it| it != name);
        if !f.off.contains(&b'x') {
            sh.sh.exported_funcs.push(name.clone());
        }
    }
    Ret::Status(status)
}

fn functions(sh: &mut Interp, os: &mut Os<'_>, cmd: &str, names: &[Str], f: &Flags) -> Ret {
    let funcs = sh.sh.funcs.clone();
    let mut out = Vec::new();
    let mut status = 0;
    if names.is_empty() {
        for (n, (func, _)) in funcs.iter() {
            if f.names_only {
                out.extend_from_slice(&[b"declare -f ", &n[..], b"\n"].concat());
            } else {
                out.extend(unparse::function(func));
                out.push(b'\n');
            }
        }
    }
    for n in names {
        match funcs.get(n) {
            Some(_) if f.names_only => out.extend_from_slice(&[&n[..], b"\n"].concat()),
            Some((func, _)) => {
                out.extend(unparse::function(func));
                out.push(b'\n');
            }
            None => status = 1,
        }
    }
    sh.sh.set_status(status);
    sh.emit(os, 1, out, Some(cmd));
    Ret::Moved
}

pub fn unset(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut mode = 0;
    let mut status = 0;
    for a in &argv[1..] {
        match a.as_slice() {
            b"-v" | b"-f" | b"-n" if mode == 0 => {
                mode = a[1];
                continue;
            }
            b"--" => continue,
            _ => {}
        }
        if mode != b'f' {
            if let Some(open) = a.iter().position(|&b| b == b'[').filter(|_| a.ends_with(b"]")) {
                let key = a[open + 1..a.len() - 1].to_vec();
                status |= unset_element(sh, os, &a[..open], &key);
                continue;
            }
            let name = if mode == b'n' { a.clone() } else { sh.sh.resolve(a) };
            match sh.sh.vars.get(&name) {
                Some(v) if v.readonly => {
                    sh.complain(
                        os,
                        &format!("unset: {}: cannot unset: readonly variable", text::lossy(a)),
                    );
                    status = 1;
                    continue;
                }
                Some(_) => {
                    sh.sh.remove(&name);
                    continue;
                }
                None if mode == b'v' && !text::is_name(a) => {
                    sh.complain(
                        os,
                        &format!("unset: `{}': not a valid identifier", text::lossy(a)),
                    );
                    status = 1;
                    continue;
                }
                None => {}
            }
        }
        if mode != b'v' && mode != b'n' {
            Arc::make_mut(&mut sh.sh.funcs).remove(a);
        }
    }
    Ret::Status(status)
}

fn unset_element(sh: &mut Interp, os: &mut Os<'_>, name: &[u8], key: &[u8]) -> i32 {
    let name = sh.sh.resolve(name);
    let Some(mut var) = sh.sh.vars.get(&name).cloned() else { return 0 };
    match &mut var.value {
        Value::Assoc(a) => a.remove(key),
        Value::Indexed(m) => {
            if key == b"@" || key == b"*" {
                m.clear();
            } else {
                let mut x = Expander {
                    sh: &mut sh.sh,
                    os,
                    answers: &[],
                    used: 0,
                    trace: Vec::new(),
                    unbound: false,
                };
                let Ok(mut i) = x.arith(key) else { return 1 };
                if i < 0 {
                    i += m.last_key_value().map_or(0, |(k, _)| k + 1);
                }
                m.remove(&i);
            }
        }
        _ if key == b"0" => {
            sh.sh.remove(&name);
            return 0;
        }
        _ => {
            sh.complain(os, &format!("unset: {}: not an array variable", text::lossy(&name)));
            return 1;
        }
    }
    sh.sh.put(&name, var);
    0
}
