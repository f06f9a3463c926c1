//! Who may not: overlays that cannot be written, users without the right.

use super::sheet::Sheet;

/// Every kind of change; each leaves the lab as it was when it is refused.
const CHANGES: &[(&str, &str, &str)] = &[
    ("chmod", "chmod", "chmod m/p/f 0600"),
    ("chown", "chown", "chown m/p/f 7:7"),
    ("utimens", "new times", "utimens m/p/f @9 @9"),
    ("touch", "the present as time", "utimens m/p/f now now"),
    ("truncate", "truncate", "truncate m/p/f 0"),
    ("write", "opening for writing", "open %w m/p/f WRONLY\nwrite %w x\nclose %w"),
    ("trunc", "opening with O_TRUNC", "open %w m/p/f RDONLY|TRUNC\nclose %w"),
    ("read", "opening for reading", "open %w m/p/f RDONLY\nread %w 9\nclose %w"),
    ("setxattr", "setxattr", "setxattr m/p/f user.k v"),
    ("removexattr", "removexattr", "removexattr m/p/f user.x\nremovexattr m/p/f user.none"),
    (
        "acl",
        "an access list",
        "setxattr m/p/f system.posix_acl_access \"\\x02\\x00\\x00\\x00\\x01\\x00\\x06\\x00\\xff\\xff\\xff\\xff\\x04\\x00\\x04\\x00\\xff\\xff\\xff\\xff\\x20\\x00\\x04\\x00\\xff\\xff\\xff\\xff\"",
    ),
    (
        "create",
        "making a file",
        "open %w m/p/new WRONLY|CREAT 0644\nclose %w\nopen %x m/p/f RDONLY|CREAT 0644\nclose %x",
    ),
    ("mkdir", "making a directory", "mkdir m/p/new\nmkdir m/p/f"),
    ("symlink", "making a symbolic link", "symlink to m/p/new"),
    ("mknod", "making a fifo", "mknod m/p/new p 0644"),
    ("unlink", "deleting", "unlink m/p/f\nunlink m/p/none"),
    ("rmdir", "removing a directory", "rmdir m/p/d\nrmdir m/p/f"),
    ("rename", "renaming", "rename m/p/f m/p/g\nrename m/p/f m/p/f"),
    ("link", "linking", "link m/p/f m/p/g"),
    ("tmpfile", "an unnamed file", "open %w m/p RDWR|TMPFILE 0600\nclose %w"),
    ("flags", "setting flags", "open %w m/p/f RDONLY\nsetflags %w 0x80\nclose %w"),
    (
        "access",
        "asking for rights",
        "access m/p/f 2\naccess m/p/f 4\naccess m/p/f 1 eaccess\naccess m/p 3",
    ),
    ("list", "listing", "open %w m/p RDONLY|DIRECTORY\ngetdents %w\nclose %w"),
];

/// Circumstances: a slug, words, lines before the mount (after the objects), the mount, after it.
type Lock = (&'static str, &'static str, &'static str, &'static str, &'static str);

const LOCKS: &[Lock] = &[
    ("read-only", "on a mount that is read-only", "", "mount -r", ""),
    ("no-upper", "without an upper layer", "", "mount lowerdir=l1:l2", ""),
    ("remounted", "on a mount that became read-only", "", "mount", "remount ro"),
    ("stranger", "by a stranger", "", "mount", "as 1000:1000"),
    ("owner", "by the owner of the file", "", "mount\nchown m/p/f 1000:1000", "as 1000:1000"),
    (
        "group",
        "by a member of the group that may write",
        "",
        "mount\nchown m/p/f 0:50\nchmod m/p/f 0664",
        "as 1000:1000 groups=50",
    ),
    ("keeper", "by the owner of the directory", "", "mount\nchown m/p 1000:1000", "as 1000:1000"),
    (
        "sticky",
        "by a stranger in a sticky directory that all may write to",
        "",
        "mount\nchmod m/p 1777",
        "as 1000:1000",
    ),
    (
        "closed",
        "by a stranger in a directory that is closed",
        "",
        "mount\nchmod m/p 0700",
        "as 1000:1000",
    ),
    ("immutable", "on an immutable file of the lower layer", "chattr l1/p/f 0x10", "mount", ""),
    ("append", "on an append-only file of the lower layer", "chattr l1/p/f 0x20", "mount", ""),
];

pub fn sheet() -> Sheet {
    let mut sheet = Sheet::new("refused");
    for lock in LOCKS {
        for (slug, words, change) in CHANGES {
            let title = format!("{words} {}", lock.1);
            let flags = lock.2.rsplit(' ').next().filter(|it| !it.is_empty());
            let flags = flags.map(|it| format!(" flags={it}")).unwrap_or_default();
            let disks = if flags.is_empty() { "" } else { "ext4" };
            sheet
                .case(&format!("{}/{slug}", lock.0), &title, "R9.1 R1.7")
                .layers("l1 l2 u")
                .disks(disks)
                .do_([
                    "d l1/p",
                    &format!("f l1/p/f data user.x=1{flags}"),
                    "d l1/p/d",
                    lock.3,
                    lock.4,
                ])
                .do_([change])
                .done();
        }
    }
    sheet
}
