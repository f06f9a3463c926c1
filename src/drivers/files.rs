//! Whole files and trees by system calls.

use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::{Attr, Dirent, OpenFlags, Result};

/// Bytes that are read or written at a time.
pub const CHUNK: usize = 64 << 10;

/// A whole file.
///
/// # Errors
/// Those of opening and reading.
pub fn read(sys: &mut dyn Sys, path: &str) -> Result<Vec<u8>> {
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), OpenFlags::RDONLY | OpenFlags::CLOEXEC, 0)?;
    let mut all = Vec::new();
    let mut buf = vec![0; CHUNK];
    let done = loop {
        match sys.read(fd, &mut buf) {
            Ok(0) => break Ok(()),
            Ok(n) => all.extend_from_slice(&buf[..n]),
            Err(errno) => break Err(errno),
        }
    };
    let _ = sys.close(fd);
    done.map(|()| all)
}

/// A whole file as text without surrounding space.
///
/// # Errors
/// As [`read`].
pub fn read_text(sys: &mut dyn Sys, path: &str) -> Result<String> {
    Ok(String::from_utf8_lossy(&read(sys, path)?).trim().to_owned())
}

/// Makes or replaces a file.
///
/// # Errors
/// Those of opening and writing.
pub fn write(sys: &mut dyn Sys, path: &str, mut data: &[u8], mode: u32) -> Result<()> {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC | OpenFlags::CLOEXEC;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, mode)?;
    let done = loop {
        if data.is_empty() {
            break Ok(());
        }
        match sys.write(fd, data) {
            Ok(n) => data = &data[n..],
            Err(errno) => break Err(errno),
        }
    };
    let _ = sys.close(fd);
    done
}

/// Replaces a file in one step, so that nobody ever sees half of it.
///
/// # Errors
/// As [`write()`], and those of renaming.
pub fn replace(sys: &mut dyn Sys, path: &str, data: &[u8], mode: u32) -> Result<()> {
    let (dir, name) = path.rsplit_once('/').unwrap_or((".", path));
    let temporary = format!("{dir}/.tmp-{name}");
    write(sys, &temporary, data, mode)?;
    let flags = crate::types::RenameFlags::NONE;
    sys.renameat2(AT_FDCWD, temporary.as_bytes(), AT_FDCWD, path.as_bytes(), flags)
}

pub fn mkdir(sys: &mut dyn Sys, path: &str, mode: u32) -> Result<()> {
    sys.mkdirat(AT_FDCWD, path.as_bytes(), mode)
}

/// Makes a directory and those above it; one that is there stays as it is.
///
/// # Errors
/// Those of `mkdir`.
pub fn mkdir_all(sys: &mut dyn Sys, path: &str, mode: u32) -> Result<()> {
    match mkdir(sys, path, mode) {
        Err(Errno::ENOENT) => {
            let parent = path.trim_end_matches('/').rsplit_once('/').map_or("", |it| it.0);
            if parent.is_empty() {
                return Err(Errno::ENOENT);
            }
            mkdir_all(sys, parent, mode)?;
            mkdir(sys, path, mode)
        }
        Err(Errno::EEXIST) if stat(sys, path).is_ok_and(|attr| attr.is_dir()) => Ok(()),
        done => done,
    }
}

/// `lstat`.
///
/// # Errors
/// Those of the call.
pub fn lstat(sys: &mut dyn Sys, path: &[u8]) -> Result<Attr> {
    sys.statat(AT_FDCWD, path, at::SYMLINK_NOFOLLOW)
}

/// `stat`.
///
/// # Errors
/// Those of the call.
pub fn stat(sys: &mut dyn Sys, path: &str) -> Result<Attr> {
    sys.statat(AT_FDCWD, path.as_bytes(), 0)
}

pub fn exists(sys: &mut dyn Sys, path: &str) -> bool {
    lstat(sys, path.as_bytes()).is_ok()
}

/// The entries of a directory by name.
///
/// # Errors
/// Those of opening and listing.
pub fn list(sys: &mut dyn Sys, path: &[u8]) -> Result<Vec<Dirent>> {
    let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY | OpenFlags::CLOEXEC;
    let fd = sys.openat(AT_FDCWD, path, flags, 0)?;
    let mut all = Vec::new();
    let done = loop {
        match sys.getdents(fd, 1024) {
            Ok(some) if some.is_empty() => break Ok(()),
            Ok(some) => all.extend(some),
            Err(errno) => break Err(errno),
        }
    };
    let _ = sys.close(fd);
    done?;
    all.retain(|entry| entry.name != b"." && entry.name != b"..");
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// The names in a directory, as text.
pub fn names(sys: &mut dyn Sys, path: &str) -> Vec<String> {
    let all = list(sys, path.as_bytes()).unwrap_or_default();
    all.into_iter().map(|it| String::from_utf8_lossy(&it.name).into_owned()).collect()
}

/// Removes a path with all that is below it; nothing there is fine.
///
/// # Errors
/// Those of unlinking.
pub fn remove_all(sys: &mut dyn Sys, path: &[u8]) -> Result<()> {
    match sys.unlinkat(AT_FDCWD, path, 0) {
        Ok(()) | Err(Errno::ENOENT) => return Ok(()),
        Err(Errno::EISDIR | Errno::EPERM) => {}
        Err(errno) => return Err(errno),
    }
    for entry in list(sys, path)? {
        remove_all(sys, &join(path, &entry.name))?;
    }
    sys.unlinkat(AT_FDCWD, path, at::REMOVEDIR)
}

/// A name in a directory.
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    [dir, b"/", name].concat()
}
