//! The ground floor against its goals: building, snapshots, undo steps, copies, memory.
//!
//! Prints one row a measurement, the median of several rounds. `cargo bench --bench memfs`.

use layerglass::cred::Cred;
use layerglass::fs::{Clock, Cx, Disks, Fh, FileSystem, NewNode, Snapshot};
use layerglass::memfs::{Config, MemFs, Profile};
use layerglass::trace::Tracer;
use layerglass::types::{Ino, Mode, Name, NodeKind, RenameFlags, SetAttr};
use std::time::Instant;

struct Bed {
    fs: MemFs,
    disks: Disks,
    clock: Clock,
    trace: Tracer,
    cred: Cred,
}

impl Bed {
    fn new(profile: Profile) -> Bed {
        let config = Config { inodes: 8_000_000, blocks: 1 << 30, ..Config::of(profile) };
        Bed {
            fs: MemFs::with(config),
            disks: Disks::default(),
            clock: Clock::default(),
            trace: Tracer::off(),
            cred: Cred::root(),
        }
    }

    fn run<R>(&mut self, f: impl FnOnce(&mut MemFs, &mut Cx<'_>) -> R) -> R {
        let Bed { fs, disks, clock, trace, cred } = self;
        f(fs, &mut Cx { disks, cred, clock, trace })
    }

    fn make(&mut self, dir: Ino, name: &str, kind: NodeKind) -> Ino {
        let new = NewNode { kind, mode: Mode::new(0o644), uid: 0, gid: 0, xattrs: Vec::new() };
        let name = Name::new(name.as_bytes()).expect("a name");
        self.run(|fs, cx| fs.create(cx, dir, name, &new)).expect("room")
    }

    /// Directories five deep, twenty files in a leaf.
    fn tree(&mut self, files: u64) -> Vec<Ino> {
        let mut made = Vec::new();
        let mut path = [self.fs.root(); 5];
        for leaf in 0..files / 20 {
            let mut rest = leaf;
            for depth in 0..4 {
                let fan = 16u64.pow(3 - depth);
                if rest % fan == 0 || leaf == 0 {
                    let name = format!("dir{}", leaf / fan);
                    let above = path[depth as usize];
                    path[depth as usize + 1] = self.make(above, &name, NodeKind::Dir);
                }
                rest %= fan;
            }
            for i in 0..20 {
                made.push(self.make(path[4], &format!("file{i:02}"), NodeKind::Reg));
            }
        }
        made
    }
}

/// Nanoseconds of one call of `f`, the median of nine rounds of `n` calls.
fn nanos(n: u64, mut f: impl FnMut(u64)) -> f64 {
    let mut rounds: Vec<f64> = (0..9)
        .map(|round| {
            let start = Instant::now();
            for i in 0..n {
                f(round * n + i);
            }
            start.elapsed().as_nanos() as f64 / n as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[4]
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn row(what: &str, value: f64, unit: &str) {
    println!("{what:<52} {value:>12.1} {unit}");
}

fn sized(profile: Profile, files: u64) {
    let before = resident();
    let mut bed = Bed::new(profile);
    let start = Instant::now();
    let inos = bed.tree(files);
    let build = start.elapsed().as_nanos() as f64 / files as f64;
    let label = |what: &str| format!("{profile:?} {files}: {what}");
    row(&label("build, a file"), build, "ns");
    // Names are 6 bytes each, and one ino of 8 bytes is kept here.
    let bytes = resident().saturating_sub(before) as f64 / files as f64 - 14.0;
    row(&label("memory beyond names, a file"), bytes, "bytes");
    let pick = |i: u64| inos[(i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % inos.len() as u64) as usize];
    row(&label("snapshot"), nanos(1000, |_| drop(bed.fs.snapshot())), "ns");
    row(
        &label("getattr"),
        nanos(1000, |i| {
            let _ = bed.run(|fs, cx| fs.getattr(cx, pick(i)));
        }),
        "ns",
    );
    let mode = SetAttr { mode: Some(Mode::new(0o600)), ..SetAttr::default() };
    row(
        &label("chmod"),
        nanos(1000, |i| bed.run(|fs, cx| fs.setattr(cx, pick(i), &mode)).unwrap()),
        "ns",
    );
    let step = nanos(1000, |i| {
        let kept = bed.fs.clone();
        bed.run(|fs, cx| fs.setattr(cx, pick(i), &mode)).unwrap();
        bed.fs = kept;
    });
    row(&label("snapshot + chmod + undo"), step, "ns");
    let near = nanos(1000, |i| {
        let kept = bed.fs.clone();
        bed.run(|fs, cx| fs.setattr(cx, inos[(i % 64) as usize], &mode)).unwrap();
        bed.fs = kept;
    });
    row(&label("snapshot + chmod + undo, near"), near, "ns");
    let dir = bed.make(bed.fs.root(), "work", NodeKind::Dir);
    let create = nanos(1000, |i| {
        let kept = bed.fs.clone();
        bed.make(dir, if i % 2 == 0 { "a" } else { "b" }, NodeKind::Reg);
        bed.fs = kept;
    });
    row(&label("snapshot + create + undo"), create, "ns");
    for i in 0..1000 {
        bed.make(dir, &format!("entry{i}"), NodeKind::Reg);
    }
    let lookup = nanos(1000, |i| {
        let name = format!("entry{}", i % 1000);
        let name = Name::new(name.as_bytes()).expect("a name");
        bed.run(|fs, cx| fs.lookup(cx, dir, name)).unwrap();
    });
    row(&label("lookup among 1000"), lookup, "ns");
    let list = nanos(20, |_| {
        let mut n = 0;
        bed.run(|fs, cx| {
            fs.readdir(cx, dir, Fh(0), 0, &mut |_| {
                n += 1;
                true
            })
        })
        .unwrap();
        assert_eq!(n, 1002);
    });
    row(&label("listing of 1000"), list / 1000.0, "µs");
    let (a, b) = (Name::new(b"entry1").unwrap(), Name::new(b"moved").unwrap());
    let rename = nanos(1000, |i| {
        let (from, to) = if i % 2 == 0 { (a, b) } else { (b, a) };
        bed.run(|fs, cx| fs.rename(cx, dir, from, dir, to, RenameFlags::NONE)).unwrap();
    });
    row(&label("rename"), rename, "ns");
}

/// Copies 16 MiB from one file system to another and writes one byte.
fn copy() {
    let (mut one, mut two) = (Bed::new(Profile::Ext4), Bed::new(Profile::Ext4));
    let root = one.fs.root();
    let from = one.make(root, "big", NodeKind::Reg);
    for i in 0..256u64 {
        one.run(|fs, cx| fs.write(cx, from, Fh(0), i << 16, &[i as u8; 1 << 16])).unwrap();
    }
    let to = two.make(root, "big", NodeKind::Reg);
    let cut = SetAttr { size: Some(0), ..SetAttr::default() };
    let time = nanos(100, |_| {
        let rope = one.run(|fs, cx| fs.read_rope(cx, from, 0, 1 << 24)).unwrap();
        two.run(|fs, cx| fs.write_rope(cx, to, 0, &rope)).unwrap();
        two.run(|fs, cx| fs.write(cx, to, Fh(0), 12_345, b"x")).unwrap();
        two.run(|fs, cx| fs.setattr(cx, to, &cut)).unwrap();
    });
    row("copy 16 MiB, write one byte, truncate", time / 1000.0, "µs");
    let mut chunk = vec![1u8; 1 << 24];
    let memory = nanos(3, |i| {
        let copy = chunk.clone();
        chunk[i as usize] = copy[5];
    });
    row("memcpy of 16 MiB, for comparison", memory / 1000.0, "µs");
}

fn main() {
    for files in [10_000, 100_000, 1_000_000] {
        sized(Profile::Ext4, files);
    }
    sized(Profile::Tmpfs, 100_000);
    copy();
}
