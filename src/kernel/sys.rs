//! The few calls that rustix has no safe form of. All unsafe code of the crate is in this file.

use crate::errno::Errno;
use crate::types::Result;
use std::ffi::CString;

fn text(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| Errno::EINVAL)
}

fn last() -> Errno {
    let number = std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO);
    Errno::from_number(number).unwrap_or(Errno::EIO)
}

fn check(res: libc::c_int) -> Result<()> {
    if res < 0 { Err(last()) } else { Ok(()) }
}

/// `truncate(2)`.
pub(super) fn truncate(path: &[u8], len: i64) -> Result<()> {
    let path = text(path)?;
    // SAFETY: the path is a NUL-terminated string that outlives the call.
    check(unsafe { libc::truncate(path.as_ptr(), len) })
}

/// `mount(2)` with data as given, bytes and all.
pub(super) fn mount(
    source: &[u8],
    target: &[u8],
    fstype: &[u8],
    flags: u64,
    data: &[u8],
) -> Result<()> {
    let (source, target, fstype, data) = (text(source)?, text(target)?, text(fstype)?, text(data)?);
    // SAFETY: four NUL-terminated strings that outlive the call.
    check(unsafe {
        libc::mount(source.as_ptr(), target.as_ptr(), fstype.as_ptr(), flags, data.as_ptr().cast())
    })
}

/// `f_fsid`, whose fields the C library hides.
pub(super) fn fsid(st: &rustix::fs::StatFs) -> [u32; 2] {
    const { assert!(size_of::<libc::fsid_t>() == size_of::<[u32; 2]>()) };
    // SAFETY: fsid_t is two 32-bit integers, any bit pattern is valid for both types.
    unsafe { std::mem::transmute_copy(&st.f_fsid) }
}

#[repr(C)]
struct Handle {
    bytes: u32,
    kind: i32,
    data: [u8; 128],
}

/// `name_to_handle_at(2)`: (mount id, type, bytes).
pub(super) fn name_to_handle_at(
    dir: libc::c_int,
    path: &[u8],
    flags: u32,
) -> Result<(i32, i32, Vec<u8>)> {
    let path = text(path)?;
    let mut handle = Handle { bytes: 128, kind: 0, data: [0; 128] };
    let mut mount: libc::c_int = 0;
    // SAFETY: the handle has room for the number of bytes that it announces, MAX_HANDLE_SZ.
    let res = unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            dir,
            path.as_ptr(),
            &raw mut handle,
            &raw mut mount,
            flags,
        )
    };
    check(res as libc::c_int)?;
    Ok((mount, handle.kind, handle.data[..handle.bytes as usize].to_vec()))
}

/// `open_by_handle_at(2)`.
pub(super) fn open_by_handle_at(
    mount: libc::c_int,
    kind: i32,
    bytes: &[u8],
    flags: u32,
) -> Result<rustix::fd::OwnedFd> {
    use rustix::fd::FromRawFd;
    let mut handle = Handle { bytes: bytes.len() as u32, kind, data: [0; 128] };
    let room = handle.data.get_mut(..bytes.len()).ok_or(Errno::EINVAL)?;
    room.copy_from_slice(bytes);
    // SAFETY: the handle is read only, and announces no more bytes than it has.
    let fd = unsafe {
        libc::syscall(libc::SYS_open_by_handle_at, mount, &raw mut handle, flags as libc::c_int)
    };
    check(fd as libc::c_int)?;
    // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
    Ok(unsafe { rustix::fd::OwnedFd::from_raw_fd(fd as libc::c_int) })
}

#[repr(C)]
struct Uuid {
    len: u8,
    uuid: [u8; 16],
}

/// `FS_IOC_GETFSUUID`.
pub(super) fn fs_uuid(fd: libc::c_int) -> Result<[u8; 16]> {
    /// Direction "read", 17 bytes, type 0x15, number 0.
    const GET: libc::Ioctl = 0x8011_1500;
    const { assert!(size_of::<Uuid>() == 17) };
    let mut it = Uuid { len: 0, uuid: [0; 16] };
    // SAFETY: the kernel writes at most the 17 bytes that the number of the request says.
    check(unsafe { libc::ioctl(fd, GET, &raw mut it) })?;
    if it.len == 16 { Ok(it.uuid) } else { Err(Errno::ENOTTY) }
}

/// `unshare(2)`.
pub(super) fn unshare(flags: rustix::thread::UnshareFlags) -> Result<()> {
    // SAFETY: only namespaces are asked for, never CLONE_FILES: descriptors stay shared.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(super::errno)
}

/// What `fork(2)` answered.
pub(super) enum Forked {
    Child,
    Parent(i32),
}

/// `fork(2)`. The caller has one thread.
pub(super) fn fork() -> Result<Forked> {
    // SAFETY: the process has one thread (the caller's promise), so the child may do anything.
    match unsafe { libc::fork() } {
        0 => Ok(Forked::Child),
        pid if pid > 0 => Ok(Forked::Parent(pid)),
        _ => Err(last()),
    }
}
