//! Short stories that chance seldom tells: directories that go while somebody stands in them.

use super::{Maker, NAMES};

impl Maker<'_> {
    pub(super) fn story(&mut self) {
        match self.rng.below(3) {
            0 => self.razed(),
            1 => self.exchanged(),
            _ => self.grown(),
        }
    }

    /// A directory is emptied and removed; then it is asked for names by a descriptor.
    fn razed(&mut self) {
        let (fd, dir) = (self.fd(), self.merged());
        self.push("open", &[&fd, &dir, "RDONLY|DIRECTORY"]);
        for name in NAMES {
            let path = format!("{dir}/{name}");
            for below in NAMES {
                let path = format!("{path}/{below}");
                self.push("unlink", &[&path]);
            }
            self.push("rmdir", &[&path]);
            self.push("unlink", &[&path]);
        }
        self.push("rmdir", &[&dir]);
        self.asked(&fd);
    }

    /// A directory gets another name, and another one its own.
    fn exchanged(&mut self) {
        let (fd, dir, other) = (self.fd(), self.merged(), self.new_path());
        self.push("open", &[&fd, &dir, "RDONLY|DIRECTORY"]);
        self.push("rename", &[&dir, &other]);
        match self.rng.below(3) {
            0 => self.push("mkdir", &[&dir, "0755"]),
            1 => self.push("rename", &[&other, &dir]),
            _ => self.push("symlink", &["d", &dir]),
        }
        self.asked(&fd);
    }

    /// A name goes to an object of another kind, again and again.
    fn grown(&mut self) {
        let path = self.new_path();
        for _ in 0..3 + self.rng.below(4) {
            match self.rng.below(8) {
                0 | 1 => self.push("mkdir", &[&path, "0755"]),
                2 => self.push("rmdir", &[&path]),
                3 | 4 => self.push("unlink", &[&path]),
                5 => self.push("mknod", &[&path, "p", "0644"]),
                6 => self.push("symlink", &["b", &path]),
                _ => {
                    let below = format!("{path}/{}", self.rng.pick(NAMES));
                    self.push("mkdir", &[&below, "0755"]);
                }
            }
        }
    }

    /// A few names below an open directory.
    fn asked(&mut self, fd: &str) {
        for _ in 0..2 + self.rng.below(4) {
            let path = format!("{fd}/{}", self.rng.pick(NAMES));
            let to = if self.rng.one_in(2) { self.new_path() } else { format!("{fd}/n") };
            match self.rng.below(11) {
                0 | 1 => self.push("stat", &[&path]),
                2 => self.push("mkdir", &[&path, "0755"]),
                3 => self.push("unlink", &[&path]),
                4 => self.push("rmdir", &[&path]),
                5 => self.push("rename", &[&path, &to]),
                6 => self.push("link", &[&path, &to]),
                7 => self.getdents(fd, super::people::ALL),
                8 => self.push("lseek", &[fd, "0", "SET"]),
                9 => self.push("symlink", &["a", &path]),
                _ => {
                    let file = self.fd();
                    let flags = self.rng.pick(&["RDWR|CREAT|NONBLOCK", "RDONLY|NONBLOCK"]);
                    self.push("open", &[&file, &path, flags, "0644"]);
                }
            }
        }
    }
}
