//! The operations: what is done before, what is measured, and what was promised.

use crate::measure::{Rig, median, nanos};
use crate::shape::{BIGS, FULL, LISTED, Shape, entries, mkdir, write};
use layerglass::sys::{AT_FDCWD, Sys, at};
use layerglass::types::{Entry, FileType, Mode, OpenFlags, RenameFlags};
use std::hint::black_box;

/// What was promised of a figure.
#[derive(Clone, Copy)]
pub enum Goal {
    /// At least so many times as fast as the kernel.
    Kernel(f64),
    /// At most so many nanoseconds.
    Nanos(f64),
    /// At most so many times another row.
    Row(&'static str, f64),
    /// Shown for information.
    None,
}

/// An operation on the n-th thing of its kind; `limit` of them exist on a fresh mount.
pub struct Row {
    pub name: &'static str,
    pub goal: Goal,
    pub limit: usize,
    /// How many are timed at once.
    pub batch: usize,
    /// Done once on a fresh mount.
    pub warm: fn(&mut dyn Sys, Shape),
    /// Done for each thing before its batch is timed.
    pub prepare: fn(&mut dyn Sys, Shape, usize),
    pub run: fn(&mut dyn Sys, &[u8], usize),
    pub path: fn(Shape, usize) -> String,
}

fn nothing(_: &mut dyn Sys, _: Shape) {}
fn no_more(_: &mut dyn Sys, _: Shape, _: usize) {}

fn stat(sys: &mut dyn Sys, path: &[u8]) {
    let _ = black_box(sys.statat(AT_FDCWD, path, at::SYMLINK_NOFOLLOW));
}

fn stat_all(sys: &mut dyn Sys, shape: Shape) {
    (0..shape.files).for_each(|n| stat(sys, shape.file(n).as_bytes()));
}

fn miss_all(sys: &mut dyn Sys, shape: Shape) {
    (0..shape.files).for_each(|n| stat(sys, shape.missing(n).as_bytes()));
}

fn known(sys: &mut dyn Sys, shape: Shape, n: usize) {
    stat(sys, shape.file(n).as_bytes());
}

fn scattered(shape: Shape, n: usize) -> String {
    shape.file(shape.scattered(n))
}

fn scattered_missing(shape: Shape, n: usize) -> String {
    shape.missing(shape.scattered(n))
}

fn open_write(sys: &mut dyn Sys, path: &[u8]) {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::WRONLY, 0).expect("there");
    sys.pwrite(fd, b"y", 0).expect("room");
    sys.close(fd).expect("open");
}

const LOOK: Row = Row {
    name: "",
    goal: Goal::None,
    limit: usize::MAX,
    batch: 10_000,
    warm: nothing,
    prepare: no_more,
    run: |sys, path, _| stat(sys, path),
    path: scattered,
};

const CHANGE: Row = Row { limit: FULL, batch: 1_000, prepare: known, path: Shape::file, ..LOOK };

/// The rows that many layers must not slow down come first: see [`LOOKS`].
pub const ROWS: &[Row] = &[
    Row { name: "stat warm", goal: Goal::Kernel(8.0), warm: stat_all, ..LOOK },
    Row {
        name: "missing path warm",
        goal: Goal::Row("stat warm", 1.0),
        warm: miss_all,
        path: scattered_missing,
        ..LOOK
    },
    Row { name: "stat first", ..LOOK },
    Row { name: "missing path first", goal: Goal::Kernel(30.0), path: scattered_missing, ..LOOK },
    Row {
        name: "copy-up of 4 KiB",
        goal: Goal::Kernel(30.0),
        run: |sys, path, _| open_write(sys, path),
        ..CHANGE
    },
    Row {
        name: "copy-up of 16 MiB, 1 byte written",
        goal: Goal::Kernel(1000.0),
        limit: BIGS,
        batch: 8,
        prepare: no_more,
        run: |sys, path, _| open_write(sys, path),
        path: |_, n| format!("big/b{n}"),
        ..CHANGE
    },
    Row {
        name: "unlink",
        goal: Goal::Kernel(20.0),
        run: |sys, path, _| sys.unlinkat(AT_FDCWD, path, 0).expect("there"),
        ..CHANGE
    },
    Row {
        name: "rename of a file",
        goal: Goal::Kernel(30.0),
        run: |sys, path, _| {
            // A buffer on the stack: the engine is measured, not the allocator.
            let mut to = [b'x'; 64];
            to[..path.len()].copy_from_slice(path);
            let to = &to[..path.len() + 1];
            sys.renameat2(AT_FDCWD, path, AT_FDCWD, to, RenameFlags::NONE).expect("there");
        },
        ..CHANGE
    },
    Row {
        name: "mkdir over a whiteout",
        goal: Goal::Kernel(15.0),
        prepare: |sys, shape, n| {
            sys.unlinkat(AT_FDCWD, shape.file(n).as_bytes(), 0).expect("there");
        },
        run: |sys, path, _| sys.mkdirat(AT_FDCWD, path, 0o755).expect("free"),
        ..CHANGE
    },
    Row {
        name: "rename of a directory with 1,000 files",
        goal: Goal::Nanos(20_000.0),
        warm: |sys, _| {
            mkdir(sys, "mv0");
            (0..1000).for_each(|n| write(sys, &format!("mv0/f{n}"), b""));
        },
        prepare: no_more,
        run: |sys, _, n| {
            let (from, to) = (format!("mv{n}"), format!("mv{}", n + 1));
            let (from, to) = (from.as_bytes(), to.as_bytes());
            sys.renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::NONE).expect("there");
        },
        path: |_, _| String::new(),
        ..CHANGE
    },
    Row {
        name: "chmod of a lower file",
        run: |sys, path, _| sys.fchmodat(AT_FDCWD, path, Mode::new(0o600)).expect("there"),
        ..CHANGE
    },
];

/// Those of [`ROWS`] that are tried with 1 and with 120 layers.
pub const LOOKS: usize = 4;

fn list(sys: &mut dyn Sys, path: &[u8]) -> usize {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::DIRECTORY, 0).expect("a directory");
    let (mut count, mut bytes) = (0, 0);
    let take = &mut |entry: Entry<'_>| bytes += entry.name.len();
    loop {
        match sys.each_dirent(fd, 4096, take).expect("readable") {
            0 => break,
            some => count += some,
        }
    }
    black_box(bytes);
    sys.close(fd).expect("open");
    count
}

/// Every entry below, and `stat` of each that is no directory; one buffer holds every path.
pub fn walk(sys: &mut dyn Sys, path: &mut Vec<u8>) -> usize {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::DIRECTORY, 0).expect("a directory");
    let (mut text, mut names) = (Vec::new(), Vec::new());
    let take = &mut |entry: Entry<'_>| {
        if entry.name != b"." && entry.name != b".." {
            text.extend_from_slice(entry.name);
            names.push((text.len(), entry.kind));
        }
    };
    while sys.each_dirent(fd, 4096, take).expect("readable") > 0 {}
    sys.close(fd).expect("open");
    let mut count = names.len();
    let (len, mut start) = (path.len(), 0);
    for (end, kind) in names {
        path.push(b'/');
        path.extend_from_slice(&text[start..end]);
        match kind {
            FileType::Dir => count += walk(sys, path),
            _ => stat(sys, path),
        }
        path.truncate(len);
        start = end;
    }
    count
}

/// Entries below, nothing asked of them.
pub fn count(sys: &mut dyn Sys, path: &str) -> usize {
    let all = entries(sys, path);
    let dirs = all.iter().filter(|it| it.1 == FileType::Dir);
    all.len() + dirs.map(|it| count(sys, &format!("{path}/{}", it.0))).sum::<usize>()
}

/// Nanoseconds of the rows that are no single operation: listings and the walk.
pub fn listings(rig: &mut dyn Rig) -> Vec<(&'static str, f64, Goal)> {
    let (mut first, mut repeat, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let once = |sys: &mut dyn Sys| assert_eq!(list(sys, b"many"), LISTED + 2);
    for _ in 0..9 {
        rig.reset();
        rig.with(&mut |sys| first.push(nanos(|| once(sys))));
        rig.with(&mut |sys| repeat.push(nanos(|| (0..100).for_each(|_| once(sys))) / 100.0));
    }
    for _ in 0..3 {
        rig.reset();
        rig.with(&mut |sys| {
            let mut count = 0;
            let spent = nanos(|| count = walk(sys, &mut b".".to_vec()));
            whole.push(spent / count as f64);
        });
    }
    vec![
        ("listing of 1,000, first", median(first), Goal::Kernel(10.0)),
        ("listing of 1,000, repeated", median(repeat), Goal::Kernel(150.0)),
        ("walk, per entry", median(whole), Goal::Kernel(15.0)),
    ]
}
