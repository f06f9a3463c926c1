//! Random scripts from a seed: layers full of every kind of object, then weighted operations.
//!
//! Few names and shallow trees, so that operations meet each other. The same seed gives the same
//! script on every machine.

use super::case::{Case, Op};
use super::word;

/// A small generator of random numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.draw() % end.max(1) as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What scripts may contain.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Mount options beside the layers.
    pub options: String,
    /// Operations after the mount.
    pub ops: usize,
    /// ext4 and mixed disks too.
    pub ext4: bool,
    /// Other users, devices, trusted attributes: not in a user namespace.
    pub root: bool,
}

const NAMES: &[&str] = &["a", "b", "d", "e"];
/// Descriptors that are open at a time.
const FDS: &[&str] = &["%f", "%g", "%h", "%i", "%j"];
const LONG: usize = 2;

/// A script under construction.
struct Maker<'a> {
    rng: Rng,
    plan: &'a Plan,
    ops: Vec<Op>,
    /// Paths that probably exist, without their layer.
    likely: Vec<String>,
    private: &'static str,
}

/// The script of a seed.
pub fn case(seed: u64, plan: &Plan) -> Case {
    let mut rng = Rng(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6c61_7965_7267);
    // The contract's four, and now and then a stack as containers have it.
    let lowers = if rng.one_in(10) { 5 + rng.below(8) } else { 1 + rng.below(4) };
    let mut layers: Vec<String> = (1..=lowers).map(|n| format!("l{n}")).collect();
    if lowers == 1 || !rng.one_in(20) {
        layers.push("u".into());
    }
    // Temporary names differ, and on ext4 with them the order in which a mount that is refused
    // half-way through has cleaned up.
    let ext4 = plan.ext4 && !plan.options.contains("volatile");
    let disks = disks(&mut rng, &layers, &Plan { ext4, ..plan.clone() });
    let observe = rng.pick(&["all", "all", "all", "raw", "end"]);
    let private = if plan.options.contains("userxattr") { "user" } else { "trusted" };
    let mut maker = Maker { rng, plan, ops: Vec::new(), likely: Vec::new(), private };
    for layer in &layers {
        maker.layer(layer);
    }
    maker.push("mount", &[]);
    while maker.ops.len() < LONG * plan.ops || maker.ops.is_empty() {
        let before = maker.ops.len();
        maker.operation();
        if maker.ops.iter().filter(|it| !it.is_fixture()).count() > plan.ops {
            break;
        }
        debug_assert!(maker.ops.len() > before, "every turn adds an operation");
    }
    let title = format!("random script of seed {seed}");
    let layers = layers.join(" ");
    let mut head = vec![("case", &title[..]), ("layers", &layers)];
    head.extend((!disks.is_empty()).then_some(("disks", &disks[..])));
    head.extend((!plan.options.is_empty()).then_some(("options", &plan.options[..])));
    head.extend((observe != "all").then_some(("observe", observe)));
    Case::of(&head, maker.ops)
}

fn disks(rng: &mut Rng, layers: &[String], plan: &Plan) -> String {
    match rng.below(10) {
        0 | 1 if plan.ext4 => "ext4".into(),
        2 => {
            let kinds: &[&str] =
                if plan.ext4 { &["tmpfs", "tmpfs2", "ext4"] } else { &["tmpfs", "tmpfs2"] };
            let words: Vec<_> =
                layers.iter().map(|layer| format!("{layer}={}", rng.pick(kinds))).collect();
            words.join(" ")
        }
        _ => String::new(),
    }
}

impl Maker<'_> {
    fn push(&mut self, verb: &str, args: &[&str]) {
        let args: Vec<&[u8]> = args.iter().map(|it| it.as_bytes()).collect();
        self.ops.push(Op::new(verb, &args));
    }

    /// A path that probably exists, or one that may.
    fn path(&mut self) -> String {
        if !self.likely.is_empty() && !self.rng.one_in(4) {
            let at = self.rng.below(self.likely.len());
            return self.likely[at].clone();
        }
        self.fresh()
    }

    /// A path of one to three names.
    fn fresh(&mut self) -> String {
        let mut path = self.rng.pick(NAMES).to_owned();
        let deeper = match self.rng.below(40) {
            0 => 5,
            it => [0, 0, 1, 1, 1, 2][it % 6],
        };
        for _ in 0..deeper {
            path = format!("{path}/{}", self.rng.pick(NAMES));
        }
        if self.rng.one_in(60) {
            let len = if self.rng.one_in(4) { 256 } else { 255 };
            path = format!("{path}/{}", "n".repeat(len));
        }
        path
    }

    fn merged(&mut self) -> String {
        match self.rng.below(30) {
            0 => {
                let fd = self.fd();
                format!("{fd}/{}", self.rng.pick(NAMES))
            }
            1 => format!("m/{}/", self.path()),
            2 => format!("m/{}/../{}", self.path(), self.rng.pick(NAMES)),
            _ => format!("m/{}", self.path()),
        }
    }

    /// A path for something new; it is likely from now on.
    fn new_path(&mut self) -> String {
        let path = match self.rng.below(3) {
            0 => self.path(),
            _ => self.fresh(),
        };
        if self.likely.len() < 40 && !self.likely.contains(&path) {
            self.likely.push(path.clone());
        }
        format!("m/{path}")
    }

    /// Fills a layer with a small tree.
    fn layer(&mut self, layer: &str) {
        let count = match (layer, self.rng.below(3)) {
            ("u", 0 | 1) => 0,
            (_, n) => 3 + n * 3,
        };
        let mut dirs = vec![String::new()];
        let mut taken: Vec<String> = Vec::new();
        let mut files: Vec<String> = Vec::new();
        for _ in 0..count {
            let parent = dirs[self.rng.below(dirs.len())].clone();
            let path = format!("{parent}{}", self.rng.pick(NAMES));
            if taken.contains(&path) {
                continue;
            }
            taken.push(path.clone());
            if !self.likely.contains(&path) {
                self.likely.push(path.clone());
            }
            let full = format!("{layer}/{path}");
            if self.node(&full, layer, &mut files) && path.matches('/').count() < 2 {
                dirs.push(format!("{path}/"));
            }
        }
        if self.plan.root && self.rng.one_in(12) && layer != "u" {
            let name = format!("{}.overlay.opaque", self.private);
            self.push("setxattr", &[layer, &name, "x"]);
        }
    }

    /// Makes one object; true for a directory.
    fn node(&mut self, path: &str, layer: &str, files: &mut Vec<String>) -> bool {
        let mut args = vec![path.to_owned()];
        let kind = self.rng.below(22);
        let verb = match kind {
            0..=7 => "d",
            8..=14 => {
                args.push(self.data());
                "f"
            }
            15 => {
                args.push(self.rng.pick(&["a", "d", "d/a", "../a", "nowhere"]).to_owned());
                "l"
            }
            16 if !files.is_empty() => {
                let at = self.rng.below(files.len());
                args.push(files[at].clone());
                self.push("h", &[path, &args[1].clone()]);
                return false;
            }
            17 => "p",
            18 | 19 => "w",
            20 if self.plan.root => {
                args.push("1:3".into());
                "c"
            }
            _ => {
                args.push(String::new());
                if layer != "u" && self.rng.one_in(2) {
                    args.push(format!("{}.overlay.whiteout=y", self.private));
                }
                "f"
            }
        };
        self.decorate(verb, kind, &mut args);
        let refs: Vec<&str> = args.iter().map(String::as_str).collect();
        self.push(verb, &refs);
        if verb == "f" {
            files.push(path.to_owned());
        }
        verb == "d"
    }

    fn data(&mut self) -> String {
        match self.rng.below(8) {
            0 => String::new(),
            1 => "0123456789".repeat(self.rng.below(900)),
            _ => format!("data{}", self.rng.below(100)),
        }
    }

    fn decorate(&mut self, verb: &str, kind: usize, args: &mut Vec<String>) {
        if verb == "w" {
            return;
        }
        if self.rng.one_in(3) && verb != "l" {
            args.push(self.mode(verb == "d"));
        }
        if self.plan.root && self.rng.one_in(4) {
            args.push(self.rng.pick(&["1000:1000", "0:50", "1001:0"]).to_owned());
        }
        if self.rng.one_in(5) && (verb == "d" || verb == "f") && kind < 15 {
            args.push(format!("user.k={}", self.rng.below(10)));
        }
        let metacopies = self.plan.options.contains("metacopy");
        if metacopies && self.rng.one_in(3) && verb == "f" && kind < 15 {
            args.push(format!("{}.overlay.metacopy=", self.private));
        }
        if verb == "d" && self.rng.one_in(6) {
            let value = self.rng.pick(&["y", "y", "y", "x", "n"]);
            args.push(format!("{}.overlay.opaque={value}", self.private));
        }
    }

    fn mode(&mut self, dir: bool) -> String {
        let dirs = &["0755", "0700", "0777", "1777", "2775", "0500"];
        let files = &["0644", "0600", "0666", "4755", "2755", "6777", "0444"];
        self.rng.pick(if dir { dirs } else { files }).to_owned()
    }

    fn fd(&mut self) -> String {
        self.rng.pick(FDS).to_owned()
    }

    /// One operation, or a short sequence of them.
    fn operation(&mut self) {
        match self.rng.below(100) {
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
                self.push("link", &[&from, &to]);
            }
            55..=58 => self.special(),
            59..=74 => self.change(),
            75..=90 => self.with_fd(),
            91..=93 => self.ask(),
            94..=95 => self.somebody(),
            96 => {
                let mask = self.rng.pick(&["022", "077", "000"]);
                self.push("umask", &[mask]);
            }
            97..=98 => self.again(),
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
            _ => self.push("rename", &[&from, &to]),
        }
    }

    fn special(&mut self) {
        let path = self.new_path();
        match self.rng.below(6) {
            0 if self.plan.root => self.push("mknod", &[&path, "c", "0640", "1:3"]),
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
        match self.rng.below(12) {
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
                let times = &["now", "omit", "@500", "@600.000000007"];
                let (atime, mtime) = (self.rng.pick(times), self.rng.pick(times));
                let verb = self.rng.pick(&["utimens", "lutimens"]);
                self.push(verb, &[&path, atime, mtime]);
            }
            7 | 8 => {
                let len = self.rng.pick(&["0", "3", "5000", "5"]);
                self.push("truncate", &[&path, len]);
            }
            9 | 10 => {
                let name = self.xattr_name();
                let mode: &[&str] = self.rng.pick(&[&[][..], &[], &["create"], &["replace"]]);
                let args = [&[&path[..], name, "v"][..], mode].concat();
                let verb = self.rng.pick(&["setxattr", "setxattr", "lsetxattr"]);
                self.push(verb, &args);
            }
            _ => {
                let name = self.xattr_name();
                self.push("removexattr", &[&path, name]);
            }
        }
    }

    fn xattr_name(&mut self) -> &'static str {
        self.rng.pick(&[
            "user.k",
            "user.k",
            "user.n",
            "trusted.t",
            "trusted.overlay.opaque",
            "bogus.x",
        ])
    }

    fn with_fd(&mut self) {
        let fd = self.fd();
        match self.rng.below(22) {
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
                let off = self.rng.pick(&["0", "2", "5000"]);
                self.push("pwrite", &[&fd, "patch", off]);
            }
            9 => {
                let mode = self.mode(false);
                self.push("chmod", &[&fd, &mode]);
            }
            10 => {
                let len = self.rng.pick(&["0", "4", "100"]);
                self.push("truncate", &[&fd, len]);
            }
            11 => self.push("stat", &[&fd]),
            12 => {
                let off = self.rng.pick(&["0", "1", "2", "3"]);
                self.push("lseek", &[&fd, off, "SET"]);
            }
            13 => {
                let max = self.rng.pick(&["1", "3", "4096"]);
                self.push("getdents", &[&fd, max]);
            }
            14 => {
                let other = self.fd();
                self.push("copyrange", &[&fd, "0", &other, "1", "9"]);
            }
            15 | 16 => self.space(&fd),
            17 => {
                let off = self.rng.pick(&["0", "1", "4096", "9000"]);
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
                self.push("setxattr", &[&fd, name, "w"]);
            }
            20 => self.push("utimens", &[&fd, "@700", "now"]),
            _ => self.push("close", &[&fd]),
        }
    }

    /// Space given and taken inside a file.
    fn space(&mut self, fd: &str) {
        // 0 allocate, 1 keep size, 3 punch a hole, 16 zero, 17 zero and keep size.
        let mode = self.rng.pick(&["0", "1", "3", "3", "16", "17"]);
        let off = self.rng.pick(&["0", "2", "4096", "5000"]);
        let len = self.rng.pick(&["1", "4096", "9000"]);
        self.push("fallocate", &[fd, mode, off, len]);
    }

    fn ask(&mut self) {
        let path = self.merged();
        match self.rng.below(6) {
            0 => self.push("access", &[&path, "2"]),
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
        if !self.plan.root {
            return self.ask();
        }
        match self.rng.below(6) {
            0 => self.push("as", &["1000:1000", "groups=50"]),
            1 => self.push("as", &["1000:1000", "caps=FOWNER"]),
            2 => self.push("as", &["1000:1000", "caps=DAC_OVERRIDE"]),
            3 => self.push("as", &["1001:50", "caps=CHOWN,FSETID"]),
            4 => self.push("as", &["1001:1001", "groups=1000,50"]),
            _ => self.push("as", &["1000:1000"]),
        }
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

    /// Unmount and mount again.
    fn again(&mut self) {
        for fd in FDS {
            self.push("close", &[fd]);
        }
        self.push("umount", &[]);
        self.push("mount", &[]);
    }

    fn tmpfile(&mut self) {
        let (fd, dir, name) = (self.fd(), self.merged(), self.new_path());
        self.push("open", &[&fd, &dir, "TMPFILE|RDWR", "0640"]);
        self.push("write", &[&fd, "unnamed"]);
        self.push("link", &[&fd, &name]);
    }
}

/// A seed's script as text, for a report.
pub fn shown(case: &Case) -> String {
    let ops: Vec<_> = case.steps.iter().map(|it| it.op.to_string()).collect();
    word::digest(ops.join("\n").as_bytes())
}
