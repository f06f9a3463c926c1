//! Weighted operations.

use super::Maker;
use super::people::ALL;

/// Names of attributes of which each is refused, hidden or kept for another reason.
const RARE_NAMES: &[&str] = &[
    "security.capability",
    "security.s",
    "system.s",
    "user.",
    "user.overlay.opaque",
    "trusted.overlay.overlay.opaque",
];

/// Offsets around the largest file of ext4 with blocks of 4 KiB, in the middle, and near the last of all: data in the
/// last page tmpfs does not find itself (`SEEK_DATA` on 6.18).
const FAR: &[&str] =
    &["17592186040310", "17592186040320", "4611686018427387904", "9223372036854751232"];

impl Maker<'_> {
    /// One operation, or a short sequence of them.
    pub(super) fn operation(&mut self) {
        match self.rng.below(60) {
            0..=3 => self.switch(),
            4..=12 => self.hold(),
            13 | 14 => self.again(),
            _ => self.plain_operation(),
        }
    }

    /// One that needs nobody else.
    pub(super) fn plain_operation(&mut self) {
        match self.rng.below(99) {
            0..=10 => self.create(),
            11..=19 => {
                let path = self.merged();
                self.push("unlink", &[&path]);
            }
            20..=26 => {
                let path = self.merged();
                self.push("rmdir", &[&path]);
            }
            27..=33 => {
                let (path, mode) = (self.new_path(), self.mode(true));
                self.push("mkdir", &[&path, &mode]);
            }
            34..=49 => self.rename(),
            50..=54 => {
                let (from, to) = (self.merged(), self.new_path());
                match self.rng.below(6) {
                    0 => self.push("link", &[&from, &to, "follow"]),
                    _ => self.push("link", &[&from, &to]),
                }
            }
            55..=58 => self.special(),
            59..=74 => self.change(),
            75..=90 => self.with_fd(),
            91..=93 if self.plan.options.contains("nfs_export") && self.rng.one_in(2) => {
                self.handle()
            }
            91..=93 => self.ask(),
            94 | 95 => self.somebody(),
            96 => {
                let mask = self.rng.pick(&["022", "077", "000"]);
                self.push("umask", &[mask]);
            }
            97 => self.story(),
            _ => self.tmpfile(),
        }
    }

    fn create(&mut self) {
        let (fd, path, mode) = (self.fd(), self.new_path(), self.mode(false));
        let flags = self.rng.pick(&[
            "WRONLY|CREAT|NONBLOCK",
            "RDWR|CREAT|EXCL|NONBLOCK",
            "RDWR|CREAT|TRUNC|NONBLOCK",
        ]);
        self.push("open", &[&fd, &path, flags, &mode]);
        if self.rng.one_in(2) {
            let data = self.data();
            self.push("write", &[&fd, &data]);
        }
        if self.rng.one_in(2) {
            self.push("close", &[&fd]);
        }
    }

    fn rename(&mut self) {
        let (from, to) = (self.merged(), self.new_path());
        match self.rng.below(8) {
            0 | 1 => self.push("rename", &[&from, &to, "EXCHANGE"]),
            2 => self.push("rename", &[&from, &to, "NOREPLACE"]),
            3 if self.rng.one_in(4) => {
                let flags = self.rng.pick(&["WHITEOUT", "NOREPLACE|EXCHANGE", "8"]);
                self.push("rename", &[&from, &to, flags]);
            }
            _ => self.push("rename", &[&from, &to]),
        }
    }

    fn special(&mut self) {
        let path = self.new_path();
        match self.rng.below(9) {
            0 if self.plan.root => self.push("mknod", &[&path, "c", "0640", "1:3"]),
            6 if self.plan.root => self.push("mknod", &[&path, "b", "0604", "8:1"]),
            7 => self.push("mknod", &[&path, "f", "0640"]),
            8 if self.plan.root => self.push("mknod", &[&path, "c", "0640", "0:1"]),
            1 => self.push("mknod", &[&path, "c", "0640", "0:0"]),
            2 => self.push("mknod", &[&path, "p", "0644"]),
            3 => self.push("mknod", &[&path, "s", "0644"]),
            _ => {
                let target = self.rng.pick(&["a", "d/b", "../e", "nowhere"]);
                self.push("symlink", &[target, &path]);
            }
        }
    }

    fn change(&mut self) {
        let path = self.merged();
        match self.rng.below(13) {
            12 => {
                let list = super::acl::acl(&mut self.rng, true, self.plan.root);
                let default = self.rng.one_in(2);
                let name =
                    if default { "system.posix_acl_default" } else { "system.posix_acl_access" };
                if self.rng.one_in(5) {
                    return self.push("removexattr", &[&path, name]);
                }
                self.push_bytes("setxattr", &[path.as_bytes(), name.as_bytes(), &list]);
            }
            0..=2 => {
                let dir = self.rng.one_in(3);
                let mode = self.mode(dir);
                self.push("chmod", &[&path, &mode]);
            }
            3 | 4 => {
                let owner = self.rng.pick(if self.plan.root {
                    &["1000:1000", "-:-", "0:0", "-:50"]
                } else {
                    &["0:0", "-:-"]
                });
                let verb = self.rng.pick(&["chown", "lchown"]);
                self.push(verb, &[&path, owner]);
            }
            5 | 6 => {
                let far = self.rng.pick(&["@-9000000000", "@20000000000", "@4294967296", "@-1"]);
                let times = &["now", "omit", "@500", "@600.000000007", "now", "omit", far];
                let (atime, mtime) = (self.rng.pick(times), self.rng.pick(times));
                let verb = self.rng.pick(&["utimens", "lutimens"]);
                self.push(verb, &[&path, atime, mtime]);
            }
            7 | 8 => {
                let len = self.offset(&["0", "3", "5000", "5"]);
                self.push("truncate", &[&path, len]);
            }
            9 | 10 => {
                let name = self.xattr_name();
                let mode: &[&str] = self.rng.pick(&[&[][..], &[], &["create"], &["replace"]]);
                let (value, mode) = (self.value(), mode.first().map(|it| it.as_bytes()));
                let mut args = vec![path.as_bytes(), name.as_bytes(), &value];
                args.extend(mode);
                let verb = self.rng.pick(&["setxattr", "setxattr", "lsetxattr"]);
                self.push_bytes(verb, &args);
            }
            _ => {
                let name = self.xattr_name();
                self.push("removexattr", &[&path, name]);
            }
        }
    }

    fn xattr_name(&mut self) -> &'static str {
        let rare = self.rng.pick(RARE_NAMES);
        self.rng.pick(&[
            "user.k",
            "user.k",
            "user.n",
            "trusted.t",
            "trusted.overlay.opaque",
            "bogus.x",
            rare,
        ])
    }

    /// The value of an attribute: none, small, as large as a block of ext4 takes or does not, or too large for all.
    fn value(&mut self) -> Vec<u8> {
        let len = match self.rng.below(16) {
            0 | 1 => 0,
            2 => [300, 3000, 3900, 5000, 65_537][self.rng.below(5)],
            _ => 1,
        };
        vec![b'v'; len]
    }

    fn with_fd(&mut self) {
        let fd = self.fd();
        match self.rng.below(28) {
            0..=4 => {
                let path = self.merged();
                let flags = self.rng.pick(&[
                    "RDONLY",
                    "RDONLY",
                    "WRONLY",
                    "RDWR",
                    "WRONLY|APPEND",
                    "WRONLY|TRUNC",
                    "RDONLY|DIRECTORY",
                    "RDONLY|NOFOLLOW",
                ]);
                let flags = format!("{flags}|NONBLOCK");
                self.push("open", &[&fd, &path, &flags]);
            }
            5 => self.push("read", &[&fd, "20"]),
            6 | 7 => {
                let data = self.data();
                self.push("write", &[&fd, &data]);
            }
            8 => {
                let off = self.offset(&["0", "2", "5000"]);
                self.push("pwrite", &[&fd, "patch", off]);
            }
            9 => {
                let mode = self.mode(false);
                self.push("chmod", &[&fd, &mode]);
            }
            10 => {
                let len = self.offset(&["0", "4", "100"]);
                self.push("truncate", &[&fd, len]);
            }
            11 => self.push("stat", &[&fd]),
            12 => {
                let off = self.offset(&["0", "1", "2", "3"]);
                self.push("lseek", &[&fd, off, "SET"]);
            }
            13 => {
                let max = self.rng.pick(&["1", "3", ALL]);
                self.getdents(&fd, max);
            }
            14 => {
                let other = self.fd();
                let (from, to) = (self.offset(&["0"]), self.offset(&["1"]));
                self.push("copyrange", &[&fd, from, &other, to, "9"]);
            }
            15 | 16 => self.space(&fd),
            17 => {
                let off = self.offset(&["0", "1", "4096", "9000"]);
                let whence = self.rng.pick(&["DATA", "HOLE", "END", "CUR"]);
                self.push("lseek", &[&fd, off, whence]);
            }
            18 => {
                let owner = self.rng.pick(if self.plan.root {
                    &["1000:1000", "-:-", "0:0", "-:50"]
                } else {
                    &["0:0", "-:-"]
                });
                self.push("chown", &[&fd, owner]);
            }
            19 => {
                let name = self.xattr_name();
                let value = self.value();
                self.push_bytes("setxattr", &[fd.as_bytes(), name.as_bytes(), &value]);
            }
            20 => self.push("utimens", &[&fd, "@700", "now"]),
            22 => {
                let name = self.xattr_name();
                let verb = self.rng.pick(&["removexattr", "getxattr"]);
                self.push(verb, &[&fd, name]);
            }
            23 => {
                let how = self.rng.pick(&["SH", "EX", "UN"]);
                self.push("flock", &[&fd, how]);
            }
            24 if self.plan.root => {
                // None, append-only, immutable, noatime, both of the first; now and then others.
                let other = format!("{:#x}", 1u32 << self.rng.below(32));
                let flags = self.rng.pick(&["0x0", "0x20", "0x10", "0x80", "0x30", "0x0", &other]);
                self.push("setflags", &[&fd, flags]);
            }
            25 => self.push("getflags", &[&fd]),
            26 => {
                let verb = self.rng.pick(&["fsync", "syncfs", "listxattr", "getfl"]);
                self.push(verb, &[&fd]);
            }
            27 => {
                let to = self.new_path();
                self.push("link", &[&fd, &to]);
            }
            _ => self.push("close", &[&fd]),
        }
    }

    /// Space given and taken inside a file.
    fn space(&mut self, fd: &str) {
        // 0 allocate, 1 keep size, 3 punch a hole, 16 zero, 17 zero and keep size, 8 collapse, 32
        // insert, 128 write zeros; 2, 64 and 129 are refused.
        let mode = self
            .rng
            .pick(&["0", "1", "3", "3", "16", "17", "8", "8", "32", "32", "2", "64", "128", "129"]);
        let off = self.offset(&["0", "2", "4096", "4096", "5000", "8192"]);
        let len = self.rng.pick(&["1", "4096", "4096", "9000"]);
        self.push("fallocate", &[fd, mode, off, len]);
    }

    /// One of these, or now and then one about which file systems have limits.
    fn offset(&mut self, near: &[&'static str]) -> &'static str {
        if self.rng.one_in(16) { self.rng.pick(FAR) } else { self.rng.pick(near) }
    }

    fn ask(&mut self) {
        let path = self.merged();
        match self.rng.below(6) {
            0 => {
                let mask = self.rng.pick(&["0", "1", "2", "2", "4", "6", "7"]);
                let mut args = vec![&path[..], mask];
                args.extend(self.rng.one_in(3).then_some("effective"));
                self.push("access", &args);
            }
            1 => self.push("listxattr", &[&path]),
            2 => self.push("readlink", &[&path]),
            3 => {
                let name = self.xattr_name();
                self.push("getxattr", &[&path, name]);
            }
            4 => self.push("stat", &[&path]),
            _ => self.push("lstat", &[&path]),
        }
    }

    /// A few operations as somebody else.
    fn somebody(&mut self) {
        if !self.plan.root || self.plain[self.who] {
            return self.ask();
        }
        self.become_somebody();
        for _ in 0..1 + self.rng.below(6) {
            match self.rng.below(6) {
                0 => self.create(),
                1 => self.rename(),
                2 => self.change(),
                3 => self.with_fd(),
                4 => {
                    let path = self.merged();
                    self.push("unlink", &[&path]);
                }
                _ => {
                    let path = self.new_path();
                    self.push("mkdir", &[&path, "0777"]);
                }
            }
        }
        self.push("as", &["root"]);
    }

    fn tmpfile(&mut self) {
        let (fd, dir, name) = (self.fd(), self.merged(), self.new_path());
        let flags = if self.rng.one_in(5) { "TMPFILE|RDWR|EXCL" } else { "TMPFILE|RDWR" };
        self.push("open", &[&fd, &dir, flags, "0640"]);
        self.push("write", &[&fd, "unnamed"]);
        self.push("link", &[&fd, &name]);
    }

    /// A file handle: kept, or opened.
    fn handle(&mut self) {
        let name = self.rng.pick(&["x", "y", "z"]);
        if self.rng.one_in(2) {
            let path = self.merged();
            return self.push("keephandle", &[name, &path]);
        }
        let fd = self.fd();
        let flags = self.rng.pick(&["RDONLY|NONBLOCK", "WRONLY|NONBLOCK", "RDWR|NONBLOCK", "PATH"]);
        self.push("byhandle", &[&fd, name, flags]);
    }
}
