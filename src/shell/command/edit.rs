//! `vi`, `vim`, `nano` and `edit`: the editors. The page shows a dialog; saving does to the file
//! system what the real editor does.

use super::ctx::{Ctx, base_name, dir_name, join};
use super::{Command, Package, Start};
use crate::shell::os::Request;
use crate::sys::{AT_FDCWD, Sys};
use crate::types::{Attr, FileType, Mode, OpenFlags, RenameFlags, Result, XattrMode};

const USAGE: &str = "Usage: {} [--save] FILE\nEdit FILE in a dialog of the page. Saving makes the same system calls as the real editor.\n\n      --save   without a terminal: take the new contents from standard input and save them\n";

pub const VI: Command = Command {
    name: "vi",
    usage: USAGE,
    summary: "edit a file (saves by rename, as vim does)",
    package: Package::Other("VIM - Vi IMproved 9.0 (2022 Jun 28, compiled May 04 2023 10:24:44)"),
    trouble: 1,
    start: Start::Patient(run),
};
pub const VIM: Command = Command { name: "vim", ..VI };
pub const NANO: Command = Command {
    name: "nano",
    summary: "edit a file (saves in place)",
    package: Package::Other(" GNU nano, version 7.2"),
    ..VI
};
pub const EDIT: Command =
    Command { name: "edit", package: Package::Other("edit (layerglass)"), ..NANO };

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("|save R n u= i= c= N") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let editor = ctx.call.command.name;
    let save = parsed.options.iter().any(|o| o.id == "save");
    let files: Vec<&Vec<u8>> = parsed.operands.iter().filter(|w| !w.starts_with(b"+")).collect();
    let Some(&file) = files.first() else {
        return ctx.usage("which file?");
    };
    if ctx.stat(file).is_ok_and(|a| a.is_dir()) {
        let shown = String::from_utf8_lossy(file).into_owned();
        ctx.warn(format_args!("{shown}: Is a directory"));
        return 1;
    }
    if save {
        let text = match ctx.read_all(0) {
            Ok(text) => text,
            Err(errno) => {
                ctx.fail("standard input", errno);
                return 1;
            }
        };
        if let Err(errno) = save_like_editor(&mut *ctx.sys, editor, file, &text) {
            ctx.fail_file(file, errno);
            return 1;
        }
        return 0;
    }
    if !(ctx.sys.isatty(0) && ctx.sys.isatty(1)) {
        let hint =
            "not simulated without a terminal: use echo, sed -i, or --save with a here-document";
        ctx.warn(hint);
        return 127;
    }
    let path = match ctx.sys.getcwd() {
        Ok(cwd) if !file.starts_with(b"/") => join(&cwd, file),
        _ => file.clone(),
    };
    ctx.requests.push(Request::Edit { path, editor: editor.to_string() });
    0
}

/// Saves a file as an editor would; the calls are those that vim 9.0 and nano 7.2 were seen to make.
///
/// # Errors
/// Those of the calls.
pub fn save_like_editor(sys: &mut dyn Sys, editor: &str, path: &[u8], text: &[u8]) -> Result<()> {
    match editor {
        "vi" | "vim" => save_like_vim(sys, path, text),
        "nano" => save_like_nano(sys, path, text),
        _ => write_over(sys, path, text, OpenFlags::TRUNC).map(|_| ()),
    }
}

/// `.name.swp` beside the file.
fn swap_name(path: &[u8]) -> Vec<u8> {
    let mut name = b".".to_vec();
    name.extend_from_slice(base_name(path));
    name.extend_from_slice(b".swp");
    join(&dir_of(path), &name)
}

/// The directory part as a prefix for names beside the file.
fn dir_of(path: &[u8]) -> Vec<u8> {
    if path.contains(&b'/') { dir_name(path) } else { Vec::new() }
}

fn make(sys: &mut dyn Sys, path: &[u8], mode: u32, extra: OpenFlags) -> Result<i32> {
    let flags = OpenFlags::RDWR | OpenFlags::CREAT | OpenFlags::EXCL | extra;
    sys.openat(AT_FDCWD, path, flags, mode)
}

fn write_all(sys: &mut dyn Sys, fd: i32, mut text: &[u8]) -> Result<()> {
    while !text.is_empty() {
        let n = sys.write(fd, text)?;
        text = &text[n.min(text.len())..];
    }
    Ok(())
}

/// Opens with `extra`, writes, syncs, closes.
fn write_over(sys: &mut dyn Sys, path: &[u8], text: &[u8], extra: OpenFlags) -> Result<()> {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | extra;
    let fd = sys.openat(AT_FDCWD, path, flags, 0o666)?;
    let cut = if extra == OpenFlags::TRUNC { Ok(()) } else { sys.ftruncate(fd, 0) };
    let done = cut.and_then(|()| write_all(sys, fd, text)).and_then(|()| sys.fsync(fd));
    let closed = sys.close(fd);
    done.and(closed)
}

/// The swap file of vim, made while the file is open.
fn open_swap(sys: &mut dyn Sys, path: &[u8], attr: Option<&Attr>) -> Option<Vec<u8>> {
    let swap = swap_name(path);
    let mut probe = swap.clone();
    probe.push(b'x');
    // vim first tries whether short names would collide.
    if let Ok(fd) = make(sys, &swap, 0o600, OpenFlags(0)) {
        let _ = sys.close(fd);
        if let Ok(fd) = make(sys, &probe, 0o600, OpenFlags(0)) {
            let _ = sys.close(fd);
            let _ = sys.unlinkat(AT_FDCWD, &probe, 0);
        }
        let _ = sys.unlinkat(AT_FDCWD, &swap, 0);
    }
    let fd = make(sys, &swap, 0o600, OpenFlags::NOFOLLOW).ok()?;
    if let Some(attr) = attr {
        let _ = sys.fchmodat(AT_FDCWD, &swap, Mode::new(attr.mode.bits() & 0o777));
    }
    let _ = sys.write(fd, &[b'b', b'0'].repeat(6144));
    let _ = sys.close(fd);
    Some(swap)
}

fn save_like_vim(sys: &mut dyn Sys, path: &[u8], text: &[u8]) -> Result<()> {
    let old = sys.statat(AT_FDCWD, path, 0).ok();
    let link = sys
        .statat(AT_FDCWD, path, crate::sys::at::SYMLINK_NOFOLLOW)
        .is_ok_and(|a| a.kind == FileType::Symlink);
    let swap = open_swap(sys, path, old.as_ref());
    let done = match old {
        None => write_over(sys, path, text, OpenFlags(0)),
        // 'backupskip': nothing is kept aside below /tmp.
        Some(attr) if below_tmp(sys, path) => rewrite(sys, path, text, &attr),
        Some(attr) if attr.nlink > 1 || link || !can_replace(sys, path, &attr) => {
            by_copy(sys, path, text, &attr)
        }
        Some(attr) => by_rename(sys, path, text, &attr),
    };
    if let Some(swap) = swap {
        let _ = sys.unlinkat(AT_FDCWD, &swap, 0);
    }
    done
}

fn below_tmp(sys: &mut dyn Sys, path: &[u8]) -> bool {
    if path.starts_with(b"/") {
        return path.starts_with(b"/tmp/");
    }
    let cwd = sys.getcwd().unwrap_or_default();
    cwd == b"/tmp" || cwd.starts_with(b"/tmp/")
}

/// vim makes a file `4913` to see whether a new one gets the same owner and mode.
fn can_replace(sys: &mut dyn Sys, path: &[u8], attr: &Attr) -> bool {
    let probe = join(&dir_of(path), b"4913");
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
    let Ok(fd) = sys.openat(AT_FDCWD, &probe, flags, attr.mode.bits()) else { return false };
    let owned = sys.fchown(fd, Some(attr.uid), Some(attr.gid)).is_ok();
    let made = sys.statat(AT_FDCWD, &probe, 0);
    let _ = sys.close(fd);
    let _ = sys.unlinkat(AT_FDCWD, &probe, 0);
    owned && made.is_ok_and(|m| m.uid == attr.uid && m.gid == attr.gid && m.mode == attr.mode)
}

fn backup_name(path: &[u8]) -> Vec<u8> {
    let mut name = path.to_vec();
    name.push(b'~');
    name
}

fn acl_of(sys: &mut dyn Sys, path: &[u8]) -> Option<Vec<u8>> {
    sys.getxattr(path, b"system.posix_acl_access", true).ok()
}

/// The list that stands for a mode, which vim writes where the file had none.
fn acl_of_mode(mode: u32) -> Vec<u8> {
    let mut out = 2u32.to_le_bytes().to_vec();
    for (tag, shift) in [(1u16, 6), (4, 3), (32, 0)] {
        out.extend(tag.to_le_bytes());
        out.extend(((mode >> shift & 7) as u16).to_le_bytes());
        out.extend(u32::MAX.to_le_bytes());
    }
    out
}

fn finish(sys: &mut dyn Sys, path: &[u8], attr: &Attr, acl: Option<Vec<u8>>) {
    let _ = sys.fchmodat(AT_FDCWD, path, attr.mode);
    let acl = acl.unwrap_or_else(|| acl_of_mode(attr.mode.bits()));
    let _ = sys.setxattr(path, b"system.posix_acl_access", &acl, XattrMode::Set, true);
}

/// The old file becomes `name~`, a new one is written: a new inode.
fn by_rename(sys: &mut dyn Sys, path: &[u8], text: &[u8], attr: &Attr) -> Result<()> {
    let backup = backup_name(path);
    let acl = acl_of(sys, path);
    let _ = sys.unlinkat(AT_FDCWD, &backup, 0);
    sys.renameat2(AT_FDCWD, path, AT_FDCWD, &backup, RenameFlags::NONE)?;
    if let Err(errno) = write_over(sys, path, text, OpenFlags(0)) {
        let _ = sys.renameat2(AT_FDCWD, &backup, AT_FDCWD, path, RenameFlags::NONE);
        return Err(errno);
    }
    finish(sys, path, attr, acl);
    sys.unlinkat(AT_FDCWD, &backup, 0)
}

/// A copy is kept as `name~`, the file itself is written: the same inode.
fn by_copy(sys: &mut dyn Sys, path: &[u8], text: &[u8], attr: &Attr) -> Result<()> {
    let backup = backup_name(path);
    let _ = sys.unlinkat(AT_FDCWD, &backup, 0);
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::NOFOLLOW;
    let kept = sys.openat(AT_FDCWD, &backup, flags, attr.mode.bits() & 0o777);
    if let Ok(fd) = kept {
        if let Ok(from) = sys.openat(AT_FDCWD, path, OpenFlags::RDONLY, 0) {
            let mut buf = vec![0; 8192];
            while let Ok(n @ 1..) = sys.read(from, &mut buf) {
                write_all(sys, fd, &buf[..n])?;
            }
            let _ = sys.close(from);
        }
        let _ = sys.close(fd);
        let acl = acl_of(sys, path).unwrap_or_else(|| acl_of_mode(attr.mode.bits()));
        let _ = sys.setxattr(&backup, b"system.posix_acl_access", &acl, XattrMode::Set, true);
    }
    write_over(sys, path, text, OpenFlags(0))?;
    let _ = sys.fchmodat(AT_FDCWD, path, attr.mode);
    if kept.is_ok() {
        let _ = sys.unlinkat(AT_FDCWD, &backup, 0);
    }
    Ok(())
}

fn rewrite(sys: &mut dyn Sys, path: &[u8], text: &[u8], attr: &Attr) -> Result<()> {
    let acl = acl_of(sys, path);
    write_over(sys, path, text, OpenFlags(0))?;
    finish(sys, path, attr, acl);
    Ok(())
}

/// nano keeps a lock file while it is open and writes the file in place.
fn save_like_nano(sys: &mut dyn Sys, path: &[u8], text: &[u8]) -> Result<()> {
    let lock = swap_name(path);
    let mut made = false;
    for _ in 0..2 {
        let _ = sys.unlinkat(AT_FDCWD, &lock, 0);
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL;
        if let Ok(fd) = sys.openat(AT_FDCWD, &lock, flags, 0o666) {
            made = true;
            let _ = sys.write(fd, &[0; 1024]);
            let _ = sys.close(fd);
        }
    }
    let done = write_over(sys, path, text, OpenFlags::TRUNC);
    if made {
        let _ = sys.unlinkat(AT_FDCWD, &lock, 0);
    }
    done
}
