//! Directory entries and the mount calls of fsopen(2): several calls made to look like one.

use super::errno;
use crate::errno::Errno;
use crate::types::{Entry, FileType, Result};
use rustix::fd::BorrowedFd;
use rustix::fs::{RawDir, SeekFrom};
use rustix::mount as mnt;
use std::mem::MaybeUninit;

fn kind(kind: rustix::fs::FileType) -> FileType {
    FileType::from_bits(kind.as_raw_mode()).unwrap_or(FileType::Reg)
}

/// The smallest record of an entry, with a name of up to four bytes, and by how much records grow.
const RECORD: usize = 24;
const RECORD_STEP: usize = 8;

/// Up to `max` entries. A single one is all that the kernel is asked for; of several, what it handed out beyond
/// `max` is given back by seeking.
pub(super) fn entries(
    fd: BorrowedFd<'_>,
    max: usize,
    buf: &mut [MaybeUninit<u8>],
    take: &mut dyn FnMut(Entry<'_>),
) -> Result<usize> {
    if max != 1 {
        return many(fd, max, buf, take);
    }
    let mut room = RECORD;
    loop {
        match many(fd, max, &mut buf[..room], take) {
            // Too small for this entry.
            Err(Errno::EINVAL) if room + RECORD_STEP <= buf.len() => room += RECORD_STEP,
            res => return res,
        }
    }
}

fn many(
    fd: BorrowedFd<'_>,
    max: usize,
    buf: &mut [MaybeUninit<u8>],
    take: &mut dyn FnMut(Entry<'_>),
) -> Result<usize> {
    let (mut count, mut last) = (0, None);
    let mut dir = RawDir::new(fd, buf);
    while let Some(entry) = dir.next() {
        let entry = entry.map_err(errno)?;
        if count == max {
            if let Some(last) = last {
                rustix::fs::seek(fd, SeekFrom::Start(last)).map_err(errno)?;
            }
            break;
        }
        let next = entry.next_entry_cookie();
        take(Entry {
            ino: entry.ino(),
            next: next as i64,
            kind: kind(entry.file_type()),
            name: entry.file_name().to_bytes(),
        });
        (count, last) = (count + 1, Some(next));
        if dir.is_buffer_empty() {
            break;
        }
    }
    Ok(count)
}

/// `fsopen`, `fsconfig`, `fsmount` and `move_mount`; with an error come the lines of the log.
pub(super) fn mount_new(
    source: &[u8],
    target: &[u8],
    fstype: &[u8],
    config: &[(Vec<u8>, Vec<u8>)],
    flags: u64,
) -> std::result::Result<(), (Errno, Vec<String>)> {
    let fs = mnt::fsopen(fstype, mnt::FsOpenFlags::FSOPEN_CLOEXEC)
        .map_err(|err| (errno(err), Vec::new()))?;
    let fail = |err| (errno(err), log_of(&fs));
    mnt::fsconfig_set_string(&fs, "source", source).map_err(fail)?;
    for (key, value) in config {
        // One parameter may be empty and is no flag: it takes back the layers named before.
        match value.is_empty() && key != b"lowerdir" {
            true => mnt::fsconfig_set_flag(&fs, &key[..]),
            false => mnt::fsconfig_set_string(&fs, &key[..], &value[..]),
        }
        .map_err(fail)?;
    }
    if flags & crate::sys::ms::RDONLY != 0 {
        mnt::fsconfig_set_flag(&fs, "ro").map_err(fail)?;
    }
    mnt::fsconfig_create(&fs).map_err(fail)?;
    let attrs = mnt::MountAttrFlags::from_bits_retain((flags & 0xf) as u32);
    let tree = mnt::fsmount(&fs, mnt::FsMountFlags::FSMOUNT_CLOEXEC, attrs).map_err(fail)?;
    let how = mnt::MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    mnt::move_mount(&tree, "", rustix::fs::CWD, target, how).map_err(fail)
}

/// The messages that wait in a mount context.
fn log_of(fs: &impl rustix::fd::AsFd) -> Vec<String> {
    let mut lines = Vec::new();
    let mut buf = [0u8; 4096];
    while let Ok(len) = rustix::io::read(fs, &mut buf[..]) {
        // Each starts with its severity: `e`, `w` or `i`.
        lines.push(String::from_utf8_lossy(&buf[..len]).trim_end().to_owned());
    }
    lines
}
