//! cd, pwd, pushd, popd, dirs.

use super::Ret;
use crate::errno::Errno;
use crate::shell::ast::Str;
use crate::shell::interp::Interp;
use crate::shell::os::Os;
use crate::shell::text;
use crate::shell::vars::Var;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::FileType;

/// A path made absolute and without `.` and `..`, by its text alone.
pub fn logical(cwd: &[u8], path: &[u8]) -> Str {
    let full = if path.starts_with(b"/") { path.to_vec() } else { [cwd, b"/", path].concat() };
    let mut out: Vec<&[u8]> = Vec::new();
    for part in full.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                out.pop();
            }
            p => out.push(p),
        }
    }
    let mut s = b"/".to_vec();
    s.extend(out.join(&b'/'));
    s
}

/// Changes the directory as `cd` does; the error is for a message.
pub fn change(sh: &mut Interp, os: &mut Os<'_>, dir: &[u8], physical: bool) -> Result<(), Errno> {
    let cwd = sh.sh.get(b"PWD").unwrap_or_else(|| b"/".to_vec());
    let new = if physical {
        os.sys().chdir(dir)?;
        os.sys().getcwd()?
    } else {
        let l = logical(&cwd, dir);
        // The path as given must exist too: `cd a/..` needs a.
        if dir.windows(2).any(|w| w == b"..") {
            os.sys().statat(AT_FDCWD, dir, 0)?;
        }
        match os.sys().chdir(&l) {
            Ok(()) => l,
            Err(e) => {
                os.sys().chdir(dir).map_err(|_| e)?;
                os.sys().getcwd()?
            }
        }
    };
    let old = sh.sh.vars.get(b"OLDPWD".as_slice()).is_none_or(|v| v.export);
    sh.sh.put(b"OLDPWD", Var { export: old, ..Var::scalar(cwd) });
    let export = sh.sh.vars.get(b"PWD".as_slice()).is_none_or(|v| v.export);
    sh.sh.put(b"PWD", Var { export, ..Var::scalar(new) });
    Ok(())
}

pub fn cd(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut physical = sh.sh.opts.physical;
    let mut args = &argv[1..];
    while let Some(a) = args.first().filter(|a| a.len() > 1 && a[0] == b'-') {
        if a == b"--" {
            args = &args[1..];
            break;
        }
        for c in &a[1..] {
            match c {
                b'P' => physical = true,
                b'L' => physical = false,
                b'e' | b'@' => {}
                c => {
                    let opt = format!("-{}", *c as char);
                    return sh.bad_option(os, "cd", &opt, "cd [-L|[-P [-e]] [-@]] [dir]");
                }
            }
        }
        args = &args[1..];
    }
    if args.len() > 1 {
        return sh.usage(os, "cd", "too many arguments", 1);
    }
    let mut print = false;
    let dir = match args.first().map(Vec::as_slice) {
        None => match sh.sh.get(b"HOME") {
            Some(h) => h,
            None => return sh.usage(os, "cd", "HOME not set", 1),
        },
        Some(b"-") => match sh.sh.get(b"OLDPWD") {
            Some(d) => {
                print = true;
                d
            }
            None => return sh.usage(os, "cd", "OLDPWD not set", 1),
        },
        Some(d) => d.to_vec(),
    };
    if dir.is_empty() {
        return Ret::Status(0);
    }
    let mut tries = vec![dir.clone()];
    if !dir.starts_with(b"/")
        && !dir.starts_with(b"./")
        && !dir.starts_with(b"../")
        && dir != b"."
        && dir != b".."
    {
        let path = sh.sh.get(b"CDPATH").unwrap_or_default();
        let more = path
            .split(|&b| b == b':')
            .filter(|p| !p.is_empty())
            .map(|p| [p, b"/", &dir[..]].concat());
        let found: Vec<Str> = more
            .filter(|p| os.sys().statat(AT_FDCWD, p, 0).is_ok_and(|a| a.kind == FileType::Dir))
            .take(1)
            .collect();
        print |= !found.is_empty();
        tries.splice(0..0, found);
    }
    match change(sh, os, &tries[0], physical) {
        Ok(()) => {
            sh.sh.set_status(0);
            if print {
                let mut out = sh.sh.get(b"PWD").unwrap_or_default();
                out.push(b'\n');
                sh.emit(os, 1, out, Some("cd"));
            }
            Ret::Moved
        }
        Err(e) => sh.usage(os, "cd", &format!("{}: {}", text::lossy(&dir), e.message()), 1),
    }
}

pub fn pwd(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let physical = argv.iter().skip(1).any(|a| a == b"-P") || sh.sh.opts.physical;
    let shown = sh.sh.get(b"PWD").filter(|p| !physical && same_dir(os, p));
    let dir = match shown {
        Some(d) => d,
        None => match os.sys().getcwd() {
            Ok(d) => d,
            Err(e) => {
                let m = format!(
                    "error retrieving current directory: getcwd: cannot access parent directories: {}",
                    e.message()
                );
                return sh.usage(os, "pwd", &m, 1);
            }
        },
    };
    sh.sh.set_status(0);
    sh.emit(os, 1, [&dir[..], b"\n"].concat(), Some("pwd"));
    Ret::Moved
}

/// Does the path still name the working directory? A directory that was removed keeps its name.
fn same_dir(os: &mut Os<'_>, path: &[u8]) -> bool {
    match (os.sys().statat(AT_FDCWD, path, 0), os.sys().statat(AT_FDCWD, b".", 0)) {
        (Ok(a), Ok(b)) => a.dev == b.dev && a.ino == b.ino,
        _ => true,
    }
}

fn stack(sh: &Interp) -> Vec<Str> {
    let mut v = vec![sh.sh.get(b"PWD").unwrap_or_default()];
    v.extend(sh.sh.dirs.iter().cloned());
    v
}

fn tilde(sh: &Interp, d: &[u8]) -> Str {
    let home = sh.sh.get(b"HOME").unwrap_or_default();
    if home.len() > 1 && d.starts_with(&home) && matches!(d.get(home.len()), None | Some(b'/')) {
        return [b"~", &d[home.len()..]].concat();
    }
    d.to_vec()
}

fn show(sh: &mut Interp, os: &mut Os<'_>) -> Ret {
    let line = stack(sh).iter().map(|d| tilde(sh, d)).collect::<Vec<_>>().join(&b' ');
    sh.sh.set_status(0);
    sh.emit(os, 1, [&line[..], b"\n"].concat(), Some("dirs"));
    Ret::Moved
}

pub fn dirs(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut out = Vec::new();
    let all = stack(sh);
    match argv.get(1).map(Vec::as_slice) {
        None => return show(sh, os),
        Some(b"-c") => {
            sh.sh.dirs.clear();
            return Ret::Status(0);
        }
        Some(b"-p") => all.iter().for_each(|d| out.extend([&tilde(sh, d)[..], b"\n"].concat())),
        Some(b"-l") => out.extend([&all.join(&b' ')[..], b"\n"].concat()),
        Some(b"-v") => {
            for (i, d) in all.iter().enumerate() {
                out.extend_from_slice(format!("{i:2}  ").as_bytes());
                out.extend([&tilde(sh, d)[..], b"\n"].concat());
            }
        }
        Some(a) => {
            let opt = text::lossy(a).into_owned();
            return match index(a, all.len()) {
                Some(n) if n < all.len() => {
                    sh.sh.set_status(0);
                    let line = [&tilde(sh, &all[n])[..], b"\n"].concat();
                    sh.emit(os, 1, line, Some("dirs"));
                    Ret::Moved
                }
                _ => sh.usage(os, "dirs", &format!("{opt}: invalid number"), 1),
            };
        }
    }
    sh.sh.set_status(0);
    sh.emit(os, 1, out, Some("dirs"));
    Ret::Moved
}

/// `+n` and `-n`.
fn index(a: &[u8], len: usize) -> Option<usize> {
    let n = usize::try_from(text::parse_int(a.get(1..)?)?).ok()?;
    match a[0] {
        b'+' => Some(n),
        b'-' => len.checked_sub(n + 1),
        _ => None,
    }
}

pub fn pushd(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut all = stack(sh);
    let arg = argv.get(1).cloned();
    match arg {
        None => {
            if all.len() < 2 {
                return sh.usage(os, "pushd", "no other directory", 1);
            }
            all.swap(0, 1);
        }
        Some(a)
            if a.len() > 1
                && (a[0] == b'+' || a[0] == b'-')
                && a[1..].iter().all(u8::is_ascii_digit) =>
        {
            match index(&a, all.len()) {
                Some(n) if n < all.len() => all.rotate_left(n),
                _ => {
                    let m = format!("{}: directory stack index out of range", text::lossy(&a));
                    return sh.usage(os, "pushd", &m, 1);
                }
            }
        }
        Some(d) => {
            let old = all.clone();
            if let Err(e) = change(sh, os, &d, false) {
                return sh.usage(os, "pushd", &format!("{}: {}", text::lossy(&d), e.message()), 1);
            }
            sh.sh.dirs = old;
            return show(sh, os);
        }
    }
    if let Err(e) = change(sh, os, &all[0].clone(), false) {
        return sh.usage(os, "pushd", &format!("{}: {}", text::lossy(&all[0]), e.message()), 1);
    }
    sh.sh.dirs = all[1..].to_vec();
    show(sh, os)
}

pub fn popd(sh: &mut Interp, os: &mut Os<'_>, argv: &[Str]) -> Ret {
    let mut all = stack(sh);
    if all.len() < 2 {
        return sh.usage(os, "popd", "directory stack empty", 1);
    }
    let n = match argv.get(1) {
        None => 0,
        Some(a) => match index(a, all.len()) {
            Some(n) if n < all.len() => n,
            _ => {
                let m = format!("{}: directory stack index out of range", text::lossy(a));
                return sh.usage(os, "popd", &m, 1);
            }
        },
    };
    all.remove(n);
    if n == 0 {
        if let Err(e) = change(sh, os, &all[0].clone(), false) {
            return sh.usage(os, "popd", &format!("{}: {}", text::lossy(&all[0]), e.message()), 1);
        }
    }
    sh.sh.dirs = all[1..].to_vec();
    show(sh, os)
}
