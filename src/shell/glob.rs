//! Pathname expansion: patterns against the directories of the machine.

use super::ast::Str;
use super::pattern::{self, Options};
use super::state::Shell;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::{FileType, OpenFlags};

/// The paths that match, sorted; empty when none does.
pub fn expand(sys: &mut dyn Sys, sh: &Shell, pat: &[u8]) -> Vec<Str> {
    let g = Glob {
        dot: sh.shopt("dotglob"),
        star: sh.shopt("globstar"),
        o: Options { extglob: sh.shopt("extglob"), nocase: sh.shopt("nocaseglob") },
    };
    let mut out = Vec::new();
    let lead = pat.iter().take_while(|&&b| b == b'/').count();
    g.walk(sys, pat[..lead].to_vec(), &pat[lead..], &mut out);
    out.sort();
    out.dedup();
    out
}

struct Glob {
    dot: bool,
    star: bool,
    o: Options,
}

impl Glob {
    /// Adds the matches of `rest` under `base` (which ends with a slash, or is empty).
    fn walk(&self, sys: &mut dyn Sys, base: Str, rest: &[u8], out: &mut Vec<Str>) {
        let end = component_end(rest);
        let (part, tail) = rest.split_at(end);
        let slashes = tail.iter().take_while(|&&b| b == b'/').count();
        let (sep, tail) = tail.split_at(slashes);
        if part == b"**" && self.star {
            self.walk_deep(sys, base, sep, tail, out);
            return;
        }
        let last = sep.is_empty() && tail.is_empty();
        if !pattern::is_glob(part, self.o) {
            let mut path = base;
            path.extend(pattern::unescape(part));
            if last || tail.is_empty() {
                path.extend_from_slice(sep);
                if sys.statat(AT_FDCWD, &path, at::SYMLINK_NOFOLLOW).is_ok() {
                    out.push(path);
                }
                return;
            }
            path.extend_from_slice(sep);
            self.walk(sys, path, tail, out);
            return;
        }
        for (name, kind) in list(sys, &base) {
            if !self.name_matches(part, &name) {
                continue;
            }
            let mut path = base.clone();
            path.extend_from_slice(&name);
            if last {
                out.push(path);
            } else if is_dir(sys, &path, kind) {
                path.extend_from_slice(sep);
                if tail.is_empty() {
                    out.push(path);
                } else {
                    self.walk(sys, path, tail, out);
                }
            }
        }
    }

    /// `**`: every directory below, and with nothing after it every file too.
    fn walk_deep(&self, sys: &mut dyn Sys, base: Str, sep: &[u8], tail: &[u8], out: &mut Vec<Str>) {
        let mut todo = vec![base];
        while let Some(dir) = todo.pop() {
            if tail.is_empty() {
                if sep.is_empty() || !dir.is_empty() {
                    if !dir.is_empty() {
                        out.push(dir.clone());
                    }
                }
            } else {
                self.walk(sys, dir.clone(), tail, out);
            }
            for (name, kind) in list(sys, &dir) {
                if name.starts_with(b".") && !self.dot {
                    continue;
                }
                let mut path = dir.clone();
                path.extend_from_slice(&name);
                if kind == FileType::Dir {
                    path.push(b'/');
                    todo.push(path);
                } else if tail.is_empty() && sep.is_empty() {
                    out.push(path);
                }
            }
        }
        if tail.is_empty() && sep.is_empty() {
            for p in out.iter_mut().filter(|p| p.ends_with(b"/") && p.len() > 1) {
                p.pop();
            }
        }
    }

    /// A leading `?(…)` or `*(…)` may match nothing, so that the dot behind it is the first character.
    fn group_before_dot(&self, pat: &[u8]) -> bool {
        self.o.extglob
            && matches!(pat, [b'?' | b'*', b'(', ..])
            && pat.iter().position(|&b| b == b')').is_some_and(|n| pat.get(n + 1) == Some(&b'.'))
    }

    fn name_matches(&self, pat: &[u8], name: &[u8]) -> bool {
        if name == b"." || name == b".." {
            return false;
        }
        if name[0] == b'.'
            && !self.dot
            && !pat.starts_with(b".")
            && !pat.starts_with(b"\\.")
            && !self.group_before_dot(pat)
        {
            return false;
        }
        pattern::matches(pat, name, self.o)
    }
}

/// Where the first component ends: at a slash outside brackets and groups.
fn component_end(p: &[u8]) -> usize {
    let mut i = 0;
    while i < p.len() {
        match p[i] {
            b'\\' => i += 1,
            b'/' => return i,
            _ => {}
        }
        i += 1;
    }
    p.len()
}

fn is_dir(sys: &mut dyn Sys, path: &[u8], kind: FileType) -> bool {
    match kind {
        FileType::Dir => true,
        FileType::Symlink => sys.statat(AT_FDCWD, path, 0).is_ok_and(|a| a.kind == FileType::Dir),
        _ => false,
    }
}

fn list(sys: &mut dyn Sys, dir: &[u8]) -> Vec<(Str, FileType)> {
    let path: &[u8] = if dir.is_empty() { b"." } else { dir };
    let Ok(fd) = sys.openat(AT_FDCWD, path, OpenFlags::DIRECTORY | OpenFlags::CLOEXEC, 0) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    while let Ok(entries) = sys.getdents(fd, 256) {
        if entries.is_empty() {
            break;
        }
        out.extend(entries.into_iter().map(|e| (e.name, e.kind)));
    }
    let _ = sys.close(fd);
    out
}
