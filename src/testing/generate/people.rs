//! Several processes: who acts, from where, and what each holds while others go on.

use super::{FDS, Maker};

/// Processes of a script.
pub(super) const PEOPLE: usize = 4;
/// As many entries as a buffer takes.
pub(super) const ALL: &str = "all";

impl Maker<'_> {
    /// Another process acts.
    pub(super) fn switch(&mut self) {
        // The one user of a user namespace has no second process there.
        let who = if self.plan.root { self.rng.below(PEOPLE) } else { 0 };
        self.push("process", &[&who.to_string()]);
        self.who = who;
        if self.met[who] {
            return;
        }
        self.met[who] = true;
        if self.plan.root && who > 0 && self.rng.one_in(2) {
            self.become_somebody();
            self.plain[who] = true;
        }
        if self.rng.one_in(3) {
            let mask = self.rng.pick(&["022", "077", "000", "027"]);
            self.push("umask", &[mask]);
        }
        if self.rng.one_in(3) {
            self.go();
        }
    }

    /// To another working directory; nobody goes up from the mount point.
    fn go(&mut self) {
        let fd = self.fd();
        let path = self.path();
        let path = self.in_union(&path);
        match self.rng.below(8) {
            0 => self.push("chdir", &["m"]),
            1 => self.push("chdir", &[&fd]),
            _ => self.push("chdir", &[&path]),
        }
        // It may have failed: then names are looked for from the lab's directory, and are not there.
        self.moved[self.who] = true;
    }

    /// What only shows with something held: positions, locks, mappings, programs, places.
    pub(super) fn hold(&mut self) {
        let fd = self.fd();
        match self.rng.below(26) {
            0 | 1 => {
                let other = self.fd();
                self.push("dup", &[&fd, &other]);
            }
            2 => self.go(),
            3 => self.push("getcwd", &[]),
            4 => {
                self.push("home", &[]);
                self.moved[self.who] = false;
            }
            5..=7 => self.lock(&fd),
            8..=11 => self.map(&fd),
            12..=15 => self.list(&fd),
            16..=18 => self.program(),
            19 => {
                let path = self.merged();
                self.push("statfs", &[&path]);
            }
            20 => {
                let other = self.fd();
                self.push("clone", &[&fd, &other]);
            }
            _ => {
                let path = self.merged();
                let flags = self.rng.pick(&[
                    "PATH",
                    "PATH|DIRECTORY",
                    "PATH|NOFOLLOW",
                    "ACCMODE|NONBLOCK",
                    "RDONLY|DIRECT|NONBLOCK",
                    "RDWR|DIRECT|NONBLOCK",
                    "RDWR|NONBLOCK",
                    "WRONLY|SYNC|NONBLOCK",
                    "RDONLY|NOATIME|NONBLOCK",
                    "RDWR|APPEND|NONBLOCK",
                    "RDONLY|TRUNC|NONBLOCK",
                    "RDONLY|DIRECTORY",
                ]);
                self.push("open", &[&fd, &path, flags]);
            }
        }
    }

    fn lock(&mut self, fd: &str) {
        let start = self.rng.pick(&["0", "0", "2", "5", "100"]);
        let len = self.rng.pick(&["0", "1", "3", "10", "-2"]);
        let mut args = vec![fd, "r", start, len];
        let verb = self.rng.pick(&["lock", "lock", "lock", "testlock"]);
        args[1] = self.rng.pick(if verb == "lock" { &["r", "w", "w", "u"] } else { &["r", "w"] });
        if self.rng.one_in(3) {
            args.push("file");
        }
        self.push(verb, &args);
    }

    fn map(&mut self, fd: &str) {
        let name = self.rng.pick(&["p", "q"]);
        match self.rng.below(7) {
            5 | 6 => {
                let off = self.rng.pick(&["0", "0", "1", "3", "4095", "5000"]);
                self.push("store", &[fd, off, "stored"]);
            }
            0 | 1 => {
                let len = self.rng.pick(&["1", "4096", "8192", "20000"]);
                self.push("map", &[name, fd, len]);
            }
            2 | 3 => {
                let off = self.rng.pick(&["0", "0", "1", "4095", "4096", "8192"]);
                self.push("peek", &[name, off, "4096"]);
            }
            _ => self.push("unmap", &[name]),
        }
    }

    /// So many entries one by one, or [`ALL`].
    pub(super) fn getdents(&mut self, fd: &str, max: &str) {
        match max {
            ALL => self.push("getdents", &[fd]),
            max => self.push("getdents", &[fd, max]),
        }
    }

    /// A listing that is read on while the directory changes.
    fn list(&mut self, fd: &str) {
        match self.rng.below(5) {
            0 => {
                let path = self.merged();
                self.push("open", &[fd, &path, "RDONLY|DIRECTORY"]);
                self.push("getdents", &[fd, "2"]);
            }
            1 | 2 => {
                let max = self.rng.pick(&["1", "2", ALL]);
                self.getdents(fd, max);
            }
            3 => {
                let nth = self.rng.pick(&["0", "1", "2", "3"]);
                self.push("seekdir", &[fd, nth]);
            }
            _ => {
                let (off, whence) = self.rng.pick(&[
                    &("0", "SET"),
                    &("0", "SET"),
                    &("0", "CUR"),
                    &("1", "CUR"),
                    &("0", "END"),
                    &("-1", "SET"),
                ]);
                self.push("lseek", &[fd, off, whence]);
            }
        }
    }

    /// Nobody may write to a file that is executed.
    fn program(&mut self) {
        let name = self.rng.pick(&["s", "t"]);
        if self.rng.one_in(3) || self.executables.is_empty() {
            return self.push("kill", &[name]);
        }
        let at = self.rng.below(self.executables.len());
        let path = self.executables[at].clone();
        let path = self.in_union(&path);
        self.push("exec", &[name, &path]);
    }

    /// The process lets go of its descriptors one by one.
    pub(super) fn close_all(&mut self) {
        for fd in FDS {
            self.push("close", &[fd]);
        }
    }

    /// Everybody lets go of everything and stands in the lab's directory as root again.
    pub(super) fn let_go(&mut self) {
        self.push("letgo", &[]);
        self.moved = [false; PEOPLE];
        self.plain = [false; PEOPLE];
    }

    pub(super) fn become_somebody(&mut self) {
        match self.rng.below(6) {
            0 => self.push("as", &["1000:1000", "groups=50"]),
            1 => self.push("as", &["1000:1000", "caps=FOWNER"]),
            2 => self.push("as", &["1000:1000", "caps=DAC_OVERRIDE"]),
            3 => self.push("as", &["1001:50", "caps=CHOWN,FSETID"]),
            4 => self.push("as", &["1001:1001", "groups=1000,50"]),
            _ => self.push("as", &["1000:1000"]),
        }
    }
}
