//! The system calls on small file systems in memory.

use super::*;
use crate::errno::Errno;
use crate::memfs::{MemFs, Profile};
use crate::sys::{AT_FDCWD, Flock, Sys, at};
use crate::types::{FileType, Mode, OpenFlags, RenameFlags, SetTime, XattrMode};

fn machine() -> (Kernel, Pid) {
    let mut kernel = Kernel::new(Box::new(MemFs::new(Profile::Ext4)), "/dev/sda1");
    let pid = kernel.boot_process(Cred::root());
    (kernel, pid)
}

fn put(sys: &mut SysOf<'_>, path: &[u8], bytes: &[u8]) {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
    let fd = sys.openat(AT_FDCWD, path, flags, 0o644).unwrap();
    assert_eq!(sys.write(fd, bytes), Ok(bytes.len()));
    sys.close(fd).unwrap();
}

fn cat(sys: &mut SysOf<'_>, path: &[u8]) -> Result<Vec<u8>> {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::RDONLY, 0)?;
    let mut all = Vec::new();
    let mut buf = [0; 4096];
    loop {
        let n = sys.read(fd, &mut buf)?;
        if n == 0 {
            break;
        }
        all.extend_from_slice(&buf[..n]);
    }
    sys.close(fd)?;
    Ok(all)
}

#[test]
fn files_are_written_read_linked_renamed_and_removed() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    sys.mkdirat(AT_FDCWD, b"/d", 0o777).unwrap();
    assert_eq!(sys.statat(AT_FDCWD, b"/d", 0).unwrap().mode, Mode::new(0o755));
    put(&mut sys, b"/d/f", b"hello");
    assert_eq!(cat(&mut sys, b"d//./f"), Ok(b"hello".to_vec()));
    assert_eq!(sys.statat(AT_FDCWD, b"/d/f/", 0), Err(Errno::ENOTDIR));
    sys.linkat(AT_FDCWD, b"/d/f", AT_FDCWD, b"/d/g", 0).unwrap();
    assert_eq!(sys.statat(AT_FDCWD, b"/d/g", 0).unwrap().nlink, 2);
    let none = RenameFlags::NONE;
    assert_eq!(sys.renameat2(AT_FDCWD, b"/d", AT_FDCWD, b"/d/x", none), Err(Errno::EINVAL));
    sys.renameat2(AT_FDCWD, b"/d", AT_FDCWD, b"/e", none).unwrap();
    assert_eq!(sys.unlinkat(AT_FDCWD, b"/e", 0), Err(Errno::EISDIR));
    assert_eq!(sys.unlinkat(AT_FDCWD, b"/e", at::REMOVEDIR), Err(Errno::ENOTEMPTY));
    assert_eq!(sys.unlinkat(AT_FDCWD, b"/e/.", at::REMOVEDIR), Err(Errno::EINVAL));
    sys.unlinkat(AT_FDCWD, b"/e/f", 0).unwrap();
    sys.unlinkat(AT_FDCWD, b"/e/g", 0).unwrap();
    sys.unlinkat(AT_FDCWD, b"/e", at::REMOVEDIR).unwrap();
    assert_eq!(sys.statat(AT_FDCWD, b"/e", 0), Err(Errno::ENOENT));
}

#[test]
fn symbolic_links_are_followed_forty_times() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    put(&mut sys, b"/l0", b"x");
    for i in 1..=41 {
        let (target, name) = (format!("l{}", i - 1), format!("/l{i}"));
        sys.symlinkat(target.as_bytes(), AT_FDCWD, name.as_bytes()).unwrap();
    }
    assert_eq!(cat(&mut sys, b"/l40"), Ok(b"x".to_vec()));
    assert_eq!(cat(&mut sys, b"/l41"), Err(Errno::ELOOP));
    assert_eq!(sys.readlinkat(AT_FDCWD, b"/l3"), Ok(b"l2".to_vec()));
    let nofollow = OpenFlags::RDONLY | OpenFlags::NOFOLLOW;
    assert_eq!(sys.openat(AT_FDCWD, b"/l3", nofollow, 0), Err(Errno::ELOOP));
    let excl = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL;
    assert_eq!(sys.openat(AT_FDCWD, b"/l3", excl, 0), Err(Errno::EEXIST));
    sys.symlinkat(b"/", AT_FDCWD, b"/root").unwrap();
    assert_eq!(cat(&mut sys, b"/root/l1"), Ok(b"x".to_vec()));
    sys.symlinkat(b"new", AT_FDCWD, b"/dangling").unwrap();
    put(&mut sys, b"/dangling", b"n");
    assert_eq!(cat(&mut sys, b"/new"), Ok(b"n".to_vec()));
    assert_eq!(sys.mkdirat(AT_FDCWD, b"/dangling/", 0o755), Err(Errno::EEXIST));
}

#[test]
fn paths_have_limits() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    let name = [b'a'; 256];
    assert_eq!(sys.statat(AT_FDCWD, &name, 0), Err(Errno::ENAMETOOLONG));
    assert_eq!(sys.statat(AT_FDCWD, &[b'/'; 4096], 0), Err(Errno::ENAMETOOLONG));
    assert!(sys.statat(AT_FDCWD, &[b'/'; 4095], 0).is_ok());
    assert_eq!(sys.statat(AT_FDCWD, b"", 0), Err(Errno::ENOENT));
    assert!(sys.statat(AT_FDCWD, b"", at::EMPTY_PATH).is_ok());
    assert_eq!(sys.mkdirat(AT_FDCWD, b"/", 0), Err(Errno::EEXIST));
    assert_eq!(sys.mkdirat(AT_FDCWD, b"/..", 0), Err(Errno::EEXIST));
}

#[test]
fn working_directories_follow_renames_and_survive_removal() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    sys.mkdirat(AT_FDCWD, b"/a", 0o755).unwrap();
    sys.mkdirat(AT_FDCWD, b"/a/b", 0o755).unwrap();
    sys.chdir(b"/a/b").unwrap();
    assert_eq!(sys.getcwd(), Ok(b"/a/b".to_vec()));
    sys.renameat2(AT_FDCWD, b"/a", AT_FDCWD, b"/z", RenameFlags::NONE).unwrap();
    assert_eq!(sys.getcwd(), Ok(b"/z/b".to_vec()));
    put(&mut sys, b"../f", b"1");
    assert_eq!(cat(&mut sys, b"/z/f"), Ok(b"1".to_vec()));
    sys.unlinkat(AT_FDCWD, b"/z/b", at::REMOVEDIR).unwrap();
    assert_eq!(sys.getcwd(), Err(Errno::ENOENT));
    assert_eq!(sys.mkdirat(AT_FDCWD, b"x", 0o755), Err(Errno::ENOENT));
    assert_eq!(sys.chdir(b"..").map(|()| sys.getcwd()), Ok(Ok(b"/z".to_vec())));
}

/// What a path led to a moment ago is no answer once a directory on the way has gone elsewhere.
#[test]
fn a_path_walked_before_is_walked_anew_when_its_directories_change() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    for dir in [&b"/l"[..], b"/l/a", b"/u", b"/w", b"/m", b"/a"] {
        sys.mkdirat(AT_FDCWD, dir, 0o755).unwrap();
    }
    sys.mount(b"o", b"/m", b"overlay", 0, b"lowerdir=/l,upperdir=/u,workdir=/w").unwrap();
    for top in [&b""[..], b"/m"] {
        let at = |path: &str| [top, path.as_bytes()].concat();
        sys.mkdirat(AT_FDCWD, &at("/a/b"), 0o755).unwrap();
        put(&mut sys, &at("/a/b/f"), b"old");
        let before = sys.kernel.clone();
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Ok(b"old".to_vec()));
        // Exchanged with another one, which stands under the same name then.
        sys.mkdirat(AT_FDCWD, &at("/x"), 0o755).unwrap();
        put(&mut sys, &at("/x/f"), b"new");
        let exchange = RenameFlags::EXCHANGE;
        sys.renameat2(AT_FDCWD, &at("/x"), AT_FDCWD, &at("/a/b"), exchange).unwrap();
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Ok(b"new".to_vec()));
        assert_eq!(cat(&mut sys, &at("/x/f")), Ok(b"old".to_vec()));
        // Covered, and uncovered.
        sys.mount(b"t", &at("/a/b"), b"tmpfs", 0, b"").unwrap();
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Err(Errno::ENOENT));
        put(&mut sys, &at("/a/b/f"), b"top");
        sys.umount(&at("/a/b"), 0).unwrap();
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Ok(b"new".to_vec()));
        // Removed, and made again.
        sys.unlinkat(AT_FDCWD, &at("/a/b/f"), 0).unwrap();
        sys.unlinkat(AT_FDCWD, &at("/a/b"), at::REMOVEDIR).unwrap();
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Err(Errno::ENOENT));
        sys.mkdirat(AT_FDCWD, &at("/a/b"), 0o755).unwrap();
        put(&mut sys, &at("/a/b/f"), b"again");
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Ok(b"again".to_vec()));
        // Another user has no right to search, and is told so.
        sys.fchmodat(AT_FDCWD, &at("/a"), Mode::new(0o700)).unwrap();
        let user = sys.kernel.boot_process(Cred::user(1000, 1000));
        assert_eq!(cat(&mut sys.kernel.sys(user), &at("/a/b/f")), Err(Errno::EACCES));
        // And the state before is as it was.
        *sys.kernel = before;
        assert_eq!(cat(&mut sys, &at("/a/b/f")), Ok(b"old".to_vec()));
    }
}

#[test]
fn rights_of_other_users() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    put(&mut sys, b"/secret", b"s");
    sys.fchmodat(AT_FDCWD, b"/secret", Mode::new(0o600)).unwrap();
    sys.mkdirat(AT_FDCWD, b"/tmp", 0o777).unwrap();
    sys.fchmodat(AT_FDCWD, b"/tmp", Mode::new(0o1777)).unwrap();
    put(&mut sys, b"/tmp/of-root", b"");
    sys.set_cred(&Cred::user(1000, 1000)).unwrap();
    assert_eq!(cat(&mut sys, b"/secret"), Err(Errno::EACCES));
    assert_eq!(sys.faccessat(AT_FDCWD, b"/secret", 4, 0), Err(Errno::EACCES));
    assert_eq!(sys.mkdirat(AT_FDCWD, b"/x", 0o755), Err(Errno::EACCES));
    assert_eq!(sys.unlinkat(AT_FDCWD, b"/tmp/of-root", 0), Err(Errno::EPERM));
    put(&mut sys, b"/tmp/mine", b"m");
    assert_eq!(sys.statat(AT_FDCWD, b"/tmp/mine", 0).unwrap().uid, 1000);
    assert_eq!(sys.fchownat(AT_FDCWD, b"/tmp/mine", Some(0), None, 0), Err(Errno::EPERM));
    assert_eq!(sys.chroot(b"/tmp"), Err(Errno::EPERM));
    assert_eq!(
        sys.linkat(AT_FDCWD, b"/tmp/of-root", AT_FDCWD, b"/tmp/l", 0),
        Err(Errno::EPERM),
        "protected_hardlinks"
    );
    let child = kernel.fork(pid, &[]);
    assert_eq!(kernel.sys(child).set_cred(&Cred::root()), Err(Errno::EPERM));
    let mut sys = kernel.sys(child);
    let set = |sys: &mut SysOf<'_>, name: &[u8]| {
        sys.setxattr(b"/tmp/mine", name, b"v", XattrMode::Set, true)
    };
    assert_eq!(set(&mut sys, b"user.a"), Ok(()));
    assert_eq!(set(&mut sys, b"trusted.a"), Err(Errno::EPERM));
    assert_eq!(set(&mut sys, b"nothing.a"), Err(Errno::EOPNOTSUPP));
}

#[test]
fn a_write_by_a_user_clears_setuid() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    put(&mut sys, b"/f", b"1");
    sys.fchownat(AT_FDCWD, b"/f", Some(1000), Some(1000), 0).unwrap();
    sys.fchmodat(AT_FDCWD, b"/f", Mode::new(0o6777)).unwrap();
    put(&mut sys, b"/f", b"root may");
    assert_eq!(sys.statat(AT_FDCWD, b"/f", 0).unwrap().mode, Mode::new(0o6777));
    sys.set_cred(&Cred::user(1000, 1000)).unwrap();
    put(&mut sys, b"/f", b"2");
    assert_eq!(sys.statat(AT_FDCWD, b"/f", 0).unwrap().mode, Mode::new(0o777));
}

#[test]
fn mounts_cross_both_ways() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    for dir in [&b"/mnt"[..], b"/proc", b"/src", b"/src/in"] {
        sys.mkdirat(AT_FDCWD, dir, 0o755).unwrap();
    }
    sys.mount(b"t", b"/mnt", b"tmpfs", ms::NODEV, b"size=1m,mode=700").unwrap();
    put(&mut sys, b"/mnt/f", b"t");
    let (root, inside) =
        (sys.statat(AT_FDCWD, b"/", 0).unwrap(), sys.statat(AT_FDCWD, b"/mnt", 0).unwrap());
    assert_ne!(root.dev, inside.dev);
    assert_eq!(sys.statat(AT_FDCWD, b"/mnt/..", 0).unwrap().ino, root.ino);
    let none = RenameFlags::NONE;
    assert_eq!(sys.renameat2(AT_FDCWD, b"/mnt/f", AT_FDCWD, b"/f", none), Err(Errno::EXDEV));
    assert_eq!(sys.unlinkat(AT_FDCWD, b"/mnt", at::REMOVEDIR), Err(Errno::EBUSY));
    sys.mount(b"proc", b"/proc", b"proc", 0, b"").unwrap();
    sys.mount(b"/mnt", b"/src/in", b"", ms::BIND, b"").unwrap();
    assert_eq!(cat(&mut sys, b"/src/in/f"), Ok(b"t".to_vec()));
    let shown = String::from_utf8(cat(&mut sys, b"/proc/mounts").unwrap()).unwrap();
    assert_eq!(
        shown,
        "/dev/sda1 / ext4 rw,relatime 0 0\n\
         t /mnt tmpfs rw,nodev,relatime,size=1024k,mode=700 0 0\n\
         proc /proc proc rw,relatime 0 0\n\
         t /src/in tmpfs rw,nodev,relatime,size=1024k,mode=700 0 0\n"
    );
    sys.mount(b"", b"/src/in", b"", ms::REMOUNT | ms::BIND | ms::RDONLY, b"").unwrap();
    assert_eq!(sys.mkdirat(AT_FDCWD, b"/src/in/d", 0o755), Err(Errno::EROFS));
    assert_eq!(sys.mkdirat(AT_FDCWD, b"/src/in/f", 0o755), Err(Errno::EEXIST));
    sys.mkdirat(AT_FDCWD, b"/mnt/d", 0o755).unwrap();
    sys.chdir(b"/mnt/d").unwrap();
    assert_eq!(sys.getcwd(), Ok(b"/mnt/d".to_vec()));
    assert_eq!(sys.umount(b"/mnt", 0), Err(Errno::EBUSY));
    sys.chdir(b"/").unwrap();
    assert_eq!(sys.umount(b"/src", 0), Err(Errno::EINVAL));
    sys.umount(b"/src/in", 0).unwrap();
    sys.umount(b"/mnt", 0).unwrap();
    assert_eq!(sys.statat(AT_FDCWD, b"/mnt/f", 0), Err(Errno::ENOENT));
}

#[test]
fn proc_shows_descriptors_and_their_links_work() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    sys.mkdirat(AT_FDCWD, b"/proc", 0o555).unwrap();
    sys.mount(b"proc", b"/proc", b"proc", 0, b"").unwrap();
    let flags = OpenFlags::RDWR | OpenFlags::TMPFILE;
    let fd = sys.openat(AT_FDCWD, b"/", flags, 0o600).unwrap();
    sys.write(fd, b"unnamed").unwrap();
    let link = format!("/proc/self/fd/{fd}");
    let shown = sys.readlinkat(AT_FDCWD, link.as_bytes()).unwrap();
    assert!(shown.starts_with(b"/#") && shown.ends_with(b" (deleted)"), "{shown:?}");
    sys.linkat(AT_FDCWD, link.as_bytes(), AT_FDCWD, b"/named", at::SYMLINK_FOLLOW).unwrap();
    assert_eq!(cat(&mut sys, b"/named"), Ok(b"unnamed".to_vec()));
    assert_eq!(cat(&mut sys, link.as_bytes()), Ok(b"unnamed".to_vec()));
    let excl = OpenFlags::RDWR | OpenFlags::TMPFILE | OpenFlags::EXCL;
    let fd = sys.openat(AT_FDCWD, b"/", excl, 0o600).unwrap();
    let link = format!("/proc/self/fd/{fd}");
    let res = sys.linkat(AT_FDCWD, link.as_bytes(), AT_FDCWD, b"/n", at::SYMLINK_FOLLOW);
    assert_eq!(res, Err(Errno::ENOENT));
    assert_eq!(sys.readlinkat(AT_FDCWD, b"/proc/self/cwd"), Ok(b"/".to_vec()));
    assert!(cat(&mut sys, b"/proc/version").unwrap().starts_with(b"Linux version 6.18"));
    assert_eq!(sys.statat(AT_FDCWD, b"/proc/self/nothing", 0), Err(Errno::ENOENT));
}

#[test]
fn pipes_wait_end_and_break() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    let (r, w) = sys.pipe().unwrap();
    let mut buf = [0; 8];
    assert_eq!(sys.read(r, &mut buf), Err(Errno::EAGAIN));
    assert_eq!(sys.write(w, b"abc"), Ok(3));
    let child = kernel.fork(pid, &[(0, r)]);
    let mut sys = kernel.sys(pid);
    sys.close(r).unwrap();
    sys.close(w).unwrap();
    let mut sys = kernel.sys(child);
    assert_eq!(sys.read(0, &mut buf), Ok(3));
    assert_eq!(sys.read(0, &mut buf), Ok(0));
    let (r, w) = sys.pipe().unwrap();
    sys.close(r).unwrap();
    assert_eq!(sys.write(w, b"x"), Err(Errno::EPIPE));
    assert!(kernel.take_sigpipe(child));
    assert!(!kernel.take_sigpipe(child));
    kernel.exit(child);
    assert!(kernel.pipes.is_empty());
}

#[test]
fn fifos_are_pipes_by_inode() {
    let (mut kernel, pid) = machine();
    let other = kernel.fork(pid, &[]);
    let mut sys = kernel.sys(pid);
    sys.mknodat(AT_FDCWD, b"/p", FileType::Fifo.bits() | 0o600, Dev::default()).unwrap();
    let (rd, wr) = (OpenFlags::RDONLY, OpenFlags::WRONLY);
    assert_eq!(sys.openat(AT_FDCWD, b"/p", wr | OpenFlags::NONBLOCK, 0), Err(Errno::ENXIO));
    assert_eq!(sys.openat(AT_FDCWD, b"/p", rd, 0), Err(Errno::EAGAIN));
    let w = kernel.sys(other).openat(AT_FDCWD, b"/p", wr, 0).unwrap();
    kernel.sys(other).write(w, b"hi").unwrap();
    kernel.exit(other);
    let r = kernel.sys(pid).openat(AT_FDCWD, b"/p", rd, 0).unwrap();
    let mut buf = [0; 8];
    assert_eq!(kernel.sys(pid).read(r, &mut buf), Ok(2));
    assert_eq!(kernel.sys(pid).read(r, &mut buf), Ok(0));
}

#[test]
fn console_output_is_kept_in_order() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    sys.write(1, b"out").unwrap();
    sys.write(2, b"err").unwrap();
    sys.write(1, b"1").unwrap();
    let mut buf = [0; 16];
    assert_eq!(sys.read(0, &mut buf), Err(Errno::EAGAIN));
    assert!(!sys.isatty(0));
    kernel.console.type_in(b"line\n");
    kernel.console.closed = true;
    assert_eq!(kernel.sys(pid).read(0, &mut buf), Ok(5));
    assert_eq!(kernel.sys(pid).read(0, &mut buf), Ok(0));
    let taken = kernel.console.take();
    let want = [
        (Stream::Out, b"out".to_vec()),
        (Stream::Err, b"err".to_vec()),
        (Stream::Out, b"1".to_vec()),
    ];
    assert_eq!(taken, want);
}

#[test]
fn a_clone_is_a_snapshot() {
    let (mut kernel, pid) = machine();
    put(&mut kernel.sys(pid), b"/f", b"before");
    let mut old = kernel.clone();
    put(&mut kernel.sys(pid), b"/f", b"after");
    assert_eq!(cat(&mut old.sys(pid), b"/f"), Ok(b"before".to_vec()));
    assert_eq!(cat(&mut kernel.sys(pid), b"/f"), Ok(b"after".to_vec()));
}

#[test]
fn open_flags() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    put(&mut sys, b"/f", b"12345");
    let open = |sys: &mut SysOf<'_>, path: &[u8], flags| sys.openat(AT_FDCWD, path, flags, 0o644);
    let (rd, wr) = (OpenFlags::RDONLY, OpenFlags::WRONLY);
    assert_eq!(open(&mut sys, b"/", wr), Err(Errno::EISDIR));
    assert_eq!(open(&mut sys, b"/f", rd | OpenFlags::DIRECTORY), Err(Errno::ENOTDIR));
    assert_eq!(open(&mut sys, b"/n/", wr | OpenFlags::CREAT), Err(Errno::EISDIR));
    assert_eq!(open(&mut sys, b"/", rd | OpenFlags::CREAT), Err(Errno::EISDIR));
    assert_eq!(open(&mut sys, b"/", rd | OpenFlags::TMPFILE), Err(Errno::EINVAL));
    let fd = open(&mut sys, b"/f", wr | OpenFlags::APPEND).unwrap();
    sys.write(fd, b"6").unwrap();
    assert_eq!(sys.lseek(fd, 0, crate::types::Whence::Cur), Ok(6));
    let path = open(&mut sys, b"/f", OpenFlags::PATH).unwrap();
    assert_eq!(sys.read(path, &mut [0; 1]), Err(Errno::EBADF));
    assert_eq!(sys.fchmod(path, Mode::new(0)), Err(Errno::EBADF));
    assert_eq!(sys.fstat(path).unwrap().size, 6);
    assert_eq!(sys.fstat(99), Err(Errno::EBADF));
    let copy = sys.dup(fd, 10).unwrap();
    assert_eq!(copy, 10);
    assert_eq!(sys.flock(fd, Flock::Exclusive), Ok(()));
    assert_eq!(sys.flock(copy, Flock::Exclusive), Ok(()));
    let other = open(&mut sys, b"/f", rd).unwrap();
    assert_eq!(sys.flock(other, Flock::Shared), Err(Errno::EAGAIN));
    assert_eq!(sys.ftruncate(other, 0), Err(Errno::EINVAL));
    assert_eq!(sys.truncate(b"/f", -1), Err(Errno::EINVAL));
    assert_eq!(sys.truncate(b"/", 1), Err(Errno::EISDIR));
}

#[test]
fn reading_moves_atime_once() {
    let (mut kernel, pid) = machine();
    put(&mut kernel.sys(pid), b"/f", b"x");
    let long_ago = SetTime::To(crate::types::Timespec::new(1, 0));
    let none = kernel.sys(pid).utimensat(AT_FDCWD, b"/nowhere", None, None, 0);
    assert_eq!(none, Ok(()), "nothing to do: the path is not looked at");
    kernel.sys(pid).utimensat(AT_FDCWD, b"/f", Some(long_ago), Some(long_ago), 0).unwrap();
    kernel.clock.advance(1_000_000_000);
    cat(&mut kernel.sys(pid), b"/f").unwrap();
    let first = kernel.sys(pid).statat(AT_FDCWD, b"/f", 0).unwrap();
    assert!(first.atime > first.ctime);
    kernel.clock.advance(1_000_000_000);
    cat(&mut kernel.sys(pid), b"/f").unwrap();
    assert_eq!(kernel.sys(pid).statat(AT_FDCWD, b"/f", 0).unwrap().atime, first.atime);
}

#[test]
fn default_acls_are_inherited() {
    let (mut kernel, pid) = machine();
    let mut sys = kernel.sys(pid);
    sys.mkdirat(AT_FDCWD, b"/d", 0o755).unwrap();
    sys.fchmodat(AT_FDCWD, b"/d", Mode::new(0o700)).unwrap();
    let acl = |tag: u16, perm: u16, id: u32| {
        [&tag.to_le_bytes()[..], &perm.to_le_bytes(), &id.to_le_bytes()].concat()
    };
    let raw = [
        2u32.to_le_bytes().to_vec(),
        acl(1, 7, u32::MAX),
        acl(2, 7, 1000),
        acl(4, 5, u32::MAX),
        acl(16, 7, u32::MAX),
        acl(32, 0, u32::MAX),
    ]
    .concat();
    let name = b"system.posix_acl_default";
    sys.setxattr(b"/d", name, &raw, XattrMode::Set, true).unwrap();
    assert_eq!(sys.setxattr(b"/d/none", name, &raw, XattrMode::Set, true), Err(Errno::ENOENT));
    put(&mut sys, b"/d/f", b"");
    assert_eq!(sys.statat(AT_FDCWD, b"/d/f", 0).unwrap().mode, Mode::new(0o640));
    assert_eq!(sys.setxattr(b"/d/f", name, &raw, XattrMode::Set, true), Err(Errno::EACCES));
    sys.set_cred(&Cred::user(1000, 1000)).unwrap();
    assert_eq!(sys.statat(AT_FDCWD, b"/d/f", 0), Err(Errno::EACCES), "no right to search");
    let again = cat(&mut kernel.sys(pid), b"/d/f");
    assert_eq!(again, Err(Errno::EACCES));
}
