//! The workload, built by system calls so that it is the same in both worlds: F files over L lower
//! layers, directories five deep, twenty files in a leaf, each file in a pseudo-random layer, so
//! that directories merge; one directory of 1,000 entries over all layers; large files to copy up.

use layerglass::sys::{AT_FDCWD, Sys, at};
use layerglass::types::{Entry, FileType, OpenFlags};

pub const LAYERS: usize = 10;
/// Entries of the directory that is listed.
pub const LISTED: usize = 1000;
/// Files below this index have a page of data: those that are copied up.
pub const FULL: usize = 20_000;
/// Large files, and the bytes of each.
pub const BIGS: usize = 32;
const BIG: u64 = 16 << 20;

/// How much of everything.
#[derive(Clone, Copy)]
pub struct Shape {
    pub files: usize,
    pub layers: usize,
}

impl Shape {
    /// Smallest base whose fifth power has a leaf for every twenty files.
    fn base(self) -> usize {
        (2..).find(|b: &usize| b.pow(5) >= self.files / 20).unwrap_or(2)
    }

    pub fn leaf(self, leaf: usize) -> String {
        let base = self.base();
        let digits: Vec<String> =
            (0..5).rev().map(|it| format!("d{}", leaf / base.pow(it) % base)).collect();
        digits.join("/")
    }

    /// The path of a file below the root of the union.
    pub fn file(self, index: usize) -> String {
        format!("{}/f{}", self.leaf(index / 20), index % 20)
    }

    /// The path of a name that is in no layer.
    pub fn missing(self, index: usize) -> String {
        format!("{}/none{}", self.leaf(index / 20), index % 20)
    }

    /// The n-th file in an order that jumps about: a file and its neighbour are far apart.
    pub fn scattered(self, n: usize) -> usize {
        (n % self.files) * 7_919 % self.files
    }

    /// Builds the layers and mounts the union in `dir`, and goes there.
    pub fn build(self, sys: &mut dyn Sys, dir: &[u8]) {
        self.tree(sys, dir, FULL);
        bodies(sys);
        self.mount(sys);
    }

    /// The layers without large files; the first `full` files have a page each.
    pub fn tree(self, sys: &mut dyn Sys, dir: &[u8], full: usize) {
        let _ = sys.mkdirat(AT_FDCWD, dir, 0o755);
        sys.chdir(dir).expect("the lab is there");
        for layer in 0..self.layers {
            mkdir(sys, &format!("l{layer}"));
        }
        let body = [b'x'; 4096];
        let mut made = std::collections::HashSet::new();
        for index in 0..self.files {
            // A multiplicative hash spreads files over the layers, the same in each run.
            let layer = (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
            let layer = layer as usize % self.layers;
            let leaf = self.leaf(index / 20);
            if made.insert((layer, index / 20)) {
                mkdir_all(sys, &format!("l{layer}"), &leaf);
            }
            let body: &[u8] = if index < full { &body } else { b"" };
            write(sys, &format!("l{layer}/{leaf}/f{}", index % 20), body);
        }
        for index in 0..LISTED {
            let layer = index % self.layers;
            let _ = sys.mkdirat(AT_FDCWD, format!("l{layer}/many").as_bytes(), 0o755);
            write(sys, &format!("l{layer}/many/entry{index:04}"), b"");
        }
    }

    /// A fresh upper and the union over it.
    pub fn mount(self, sys: &mut dyn Sys) {
        for name in ["u", "w", "m"] {
            let _ = sys.mkdirat(AT_FDCWD, name.as_bytes(), 0o755);
        }
        let lowers: Vec<String> = (0..self.layers).map(|it| format!("l{it}")).collect();
        let data = format!("lowerdir={},upperdir=u,workdir=w", lowers.join(":"));
        sys.mount(b"overlay", b"m", b"overlay", 0, data.as_bytes()).expect("the union mounts");
        sys.chdir(b"m").expect("mounted");
    }

    /// From a used union to a freshly mounted one, nothing copied up and nothing remembered.
    pub fn remount(self, sys: &mut dyn Sys, lab: &[u8]) {
        sys.chdir(lab).expect("the lab is there");
        sys.umount(b"m", 0).expect("mounted and not in use");
        remove_all(sys, "u");
        remove_all(sys, "w");
        self.mount(sys);
    }
}

/// Files for the copy-up of much data.
fn bodies(sys: &mut dyn Sys) {
    mkdir(sys, "l0/big");
    let chunk = vec![7u8; 1 << 20];
    for index in 0..BIGS {
        let path = format!("l0/big/b{index}");
        let flags = OpenFlags::WRONLY | OpenFlags::CREAT;
        let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).expect("room");
        for at in 0..BIG >> 20 {
            sys.pwrite(fd, &chunk, at << 20).expect("room");
        }
        sys.close(fd).expect("open");
    }
}

pub fn mkdir(sys: &mut dyn Sys, path: &str) {
    sys.mkdirat(AT_FDCWD, path.as_bytes(), 0o755).expect("a new directory");
}

fn mkdir_all(sys: &mut dyn Sys, base: &str, path: &str) {
    let mut all = base.to_string();
    for part in path.split('/') {
        all = format!("{all}/{part}");
        let _ = sys.mkdirat(AT_FDCWD, all.as_bytes(), 0o755);
    }
}

pub fn write(sys: &mut dyn Sys, path: &str, body: &[u8]) {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).expect("room");
    if !body.is_empty() {
        sys.pwrite(fd, body, 0).expect("room");
    }
    sys.close(fd).expect("open");
}

fn remove_all(sys: &mut dyn Sys, path: &str) {
    for (name, kind) in entries(sys, path) {
        let below = format!("{path}/{name}");
        match kind {
            FileType::Dir => remove_all(sys, &below),
            _ => sys.unlinkat(AT_FDCWD, below.as_bytes(), 0).expect("there"),
        }
    }
    sys.unlinkat(AT_FDCWD, path.as_bytes(), at::REMOVEDIR).expect("empty");
}

/// Names in a directory, without `.` and `..`.
pub fn entries(sys: &mut dyn Sys, path: &str) -> Vec<(String, FileType)> {
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), OpenFlags::DIRECTORY, 0).expect("a directory");
    let mut all = Vec::new();
    let take = &mut |entry: Entry<'_>| {
        if entry.name != b"." && entry.name != b".." {
            all.push((String::from_utf8_lossy(entry.name).into_owned(), entry.kind));
        }
    };
    while sys.each_dirent(fd, 4096, take).expect("readable") > 0 {}
    sys.close(fd).expect("open");
    all
}
