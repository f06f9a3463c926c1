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
    // SAFETY: only namespaces and CLONE_FS are asked for, never CLONE_FILES: descriptors stay shared.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(super::errno)
}

/// Gives this thread a table of descriptors of its own, with nothing in it but 0, 1 and 2.
///
/// The caller promises that this thread neither has nor will be given a descriptor of another one.
pub(super) fn own_descriptors() -> Result<()> {
    const UNSHARE: libc::c_uint = 2;
    // SAFETY: the table is unshared first, so no other thread loses a descriptor, and this one has none
    // (the caller's promise).
    check(unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, UNSHARE) }
        as libc::c_int)
}

/// Work for another thread, which may borrow from the one that waits for it.
pub(super) type Job<'a> = Box<dyn FnOnce(&mut super::LiveSys) + Send + 'a>;

/// Has `job` done by whoever `send` gives it to; `wait` returns when it has been run or dropped.
pub(super) fn lend(job: Job<'_>, send: impl FnOnce(Job<'static>), wait: impl FnOnce()) {
    /// Waits even if sending panics.
    struct Wait<F: FnOnce()>(Option<F>);
    impl<F: FnOnce()> Drop for Wait<F> {
        fn drop(&mut self) {
            if let Some(wait) = self.0.take() {
                wait();
            }
        }
    }
    let _wait = Wait(Some(wait));
    // SAFETY: the types differ in lifetime alone, and what the job borrows outlives this call, which
    // does not end before the job is gone.
    send(unsafe { std::mem::transmute::<Job<'_>, Job<'static>>(job) });
}

fn record_lock(lock: &crate::sys::RangeLock) -> libc::flock {
    use crate::sys::Flock;
    let kind = match lock.kind {
        Flock::Shared => libc::F_RDLCK,
        Flock::Exclusive => libc::F_WRLCK,
        Flock::Unlock => libc::F_UNLCK,
    };
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: lock.start,
        l_len: lock.len,
        l_pid: 0,
    }
}

/// `F_SETLK`, `F_OFD_SETLK`.
pub(super) fn lock_range(fd: libc::c_int, lock: &crate::sys::RangeLock) -> Result<()> {
    let what = if lock.of_file { libc::F_OFD_SETLK } else { libc::F_SETLK };
    let mut it = record_lock(lock);
    // SAFETY: the kernel reads one `struct flock`, which outlives the call.
    check(unsafe { libc::fcntl(fd, what, &raw mut it) })
}

/// `F_GETLK`, `F_OFD_GETLK`: the lock in the way.
pub(super) fn range_in_the_way(
    fd: libc::c_int,
    lock: &crate::sys::RangeLock,
) -> Result<Option<crate::sys::RangeLock>> {
    use crate::sys::{Flock, RangeLock};
    let what = if lock.of_file { libc::F_OFD_GETLK } else { libc::F_GETLK };
    let mut it = record_lock(lock);
    // SAFETY: the kernel reads and writes one `struct flock`, which outlives the call.
    check(unsafe { libc::fcntl(fd, what, &raw mut it) })?;
    let kind = match i32::from(it.l_type) {
        libc::F_UNLCK => return Ok(None),
        libc::F_WRLCK => Flock::Exclusive,
        _ => Flock::Shared,
    };
    Ok(Some(RangeLock { kind, start: it.l_start, len: it.l_len, of_file: it.l_pid == -1 }))
}

/// A file in memory, to be read.
pub(super) struct Mapping {
    at: usize,
    len: usize,
}

/// `mmap(2)` of the beginning of a file: `PROT_READ`, `MAP_PRIVATE`.
pub(super) fn map(fd: libc::c_int, len: u64) -> Result<Mapping> {
    let len = len as usize;
    let none = std::ptr::null_mut();
    // SAFETY: the kernel chooses the place, so nothing that is in use is covered.
    let at = unsafe { libc::mmap(none, len, libc::PROT_READ, libc::MAP_PRIVATE, fd, 0) };
    if at == libc::MAP_FAILED { Err(last()) } else { Ok(Mapping { at: at as usize, len }) }
}

/// Stores `len` bytes that wait in the pipe `from` in a file: its pages are mapped (`MAP_SHARED`),
/// written, synchronised and unmapped.
pub(super) fn store(fd: libc::c_int, off: u64, from: libc::c_int, len: usize) -> Result<usize> {
    const PAGE: u64 = 4096;
    let (first, inside) = (off / PAGE * PAGE, (off % PAGE) as usize);
    let (none, size) = (std::ptr::null_mut(), (inside + len).max(1));
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the kernel chooses the place, so nothing that is in use is covered.
    let at = unsafe { libc::mmap(none, size, rights, libc::MAP_SHARED, fd, first as libc::off_t) };
    if at == libc::MAP_FAILED {
        return Err(last());
    }
    let map = Mapping { at: at as usize, len: size };
    if len == 0 {
        return Ok(0);
    }
    // SAFETY: `len` bytes from there on are in the mapping, which is ours; the kernel writes them and answers
    // EFAULT where no page can be had.
    let got = unsafe { libc::read(from, (map.at + inside) as *mut _, len) };
    if got < 0 {
        return Err(last());
    }
    // SAFETY: the range is the mapping.
    check(unsafe { libc::msync(at, size, libc::MS_SYNC) })?;
    Ok(got as usize)
}

impl Mapping {
    /// The bytes, read by the kernel: no signal where there is no page.
    pub(super) fn peek(&self, off: u64, len: u64) -> Result<Vec<u8>> {
        let len = len.min((self.len.next_multiple_of(4096) as u64).saturating_sub(off)) as usize;
        if len == 0 {
            return Err(Errno::EFAULT);
        }
        let mut buf = vec![0u8; len];
        let to = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: len };
        let from = libc::iovec { iov_base: (self.at + off as usize) as *mut _, iov_len: len };
        // SAFETY: the buffer has room for `len` bytes; the other side is only read, by the kernel, which
        // answers EFAULT for an address that is not mapped.
        let got = unsafe { libc::process_vm_readv(libc::getpid(), &to, 1, &from, 1, 0) };
        check(got as libc::c_int)?;
        buf.truncate(got as usize);
        Ok(buf)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nobody holds a reference into it.
        unsafe { libc::munmap(self.at as *mut _, self.len) };
    }
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
