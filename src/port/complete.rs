//! What Tab completes: commands in the first place, paths elsewhere, as bash does by default.

use crate::sys::{AT_FDCWD, Sys};
use crate::types::{FileType, OpenFlags};
use crate::vfs::{Kernel, Pid};
use std::collections::BTreeSet;

/// The part of the line (byte range) that the candidates replace, and the candidates.
pub fn words(
    mut kernel: Kernel,
    pid: Pid,
    line: &str,
    cursor: usize,
) -> (usize, usize, Vec<String>) {
    let cursor =
        (0..=cursor.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let head = &line[..cursor];
    let breaks = |c: char| c.is_whitespace() || "|&;<>(){}=,:".contains(c);
    let from =
        head.rfind(breaks).map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
    let word = &head[from..];
    let before = head[..from].trim_end();
    let first = before.is_empty() || before.ends_with(['|', '&', ';', '(', '{']);
    let mut found = BTreeSet::new();
    let mut sys = kernel.sys(pid);
    if first && !word.contains('/') {
        for dir in ["/usr/sbin", "/usr/bin"] {
            found.extend(names(&mut sys, dir, word).into_iter().map(|it| it.0));
        }
        for builtin in [
            "cd", "echo", "exit", "export", "history", "help", "set", "unset", "alias", "type",
            "umask", "wait", "jobs", "read",
        ] {
            if builtin.starts_with(word) {
                found.insert(builtin.to_owned());
            }
        }
    } else {
        let (dir, base) = word
            .rsplit_once('/')
            .map_or(("", word), |(dir, base)| (if dir.is_empty() { "/" } else { dir }, base));
        let shown = &word[..word.len() - base.len()];
        for (name, is_dir) in names(&mut sys, if dir.is_empty() { "." } else { dir }, base) {
            found.insert(format!("{shown}{name}{}", if is_dir { "/" } else { "" }));
        }
    }
    (from, cursor, found.into_iter().collect())
}

/// Names in a directory that begin with `start`; hidden ones only when asked for.
fn names(sys: &mut dyn Sys, dir: &str, start: &str) -> Vec<(String, bool)> {
    let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY;
    let Ok(fd) = sys.openat(AT_FDCWD, dir.as_bytes(), flags, 0) else { return Vec::new() };
    let mut out = Vec::new();
    while let Ok(entries) = sys.getdents(fd, 1024) {
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let Ok(name) = String::from_utf8(entry.name) else { continue };
            let hidden = name.starts_with('.') && !start.starts_with('.');
            if name.starts_with(start) && !hidden && name != "." && name != ".." {
                out.push((name, entry.kind == FileType::Dir));
            }
        }
    }
    let _ = sys.close(fd);
    out
}
