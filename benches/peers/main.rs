//! Every row of the performance page: the engine, and the live kernel beside it in the same run.
//!
//! Workload: F files (`BENCH_FILES`, default 100,000) over L = 10 lower layers; directories five
//! deep, twenty files in a leaf, each file in a pseudo-random layer, so that directories merge; and
//! one directory of 1,000 entries over all layers. Layers are tmpfs in both worlds. The engine runs
//! inside the process and pays no system call; the kernel's figures include it.
//!
//! `cargo bench --bench peers`; figures are medians of criterion's samples.

use criterion::{Criterion, Throughput};
use layerglass::cred::Cred;
use layerglass::memfs::{Config, MemFs, Profile};
use layerglass::sys::{AT_FDCWD, Sys, at};
use layerglass::types::{Mode, OpenFlags, RenameFlags};
use layerglass::vfs::{Kernel, Pid};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
mod live;

/// Where the lab lies in both worlds.
const LAYERS: usize = 10;
const BIG: u64 = 16 << 20;
const LISTED: usize = 1000;

/// A union ready to be measured, in either world.
pub trait Rig {
    fn sys<R>(&mut self, f: impl FnOnce(&mut dyn Sys) -> R) -> R;
    /// Back to the freshly mounted union.
    fn reset(&mut self);
}

/// The engine.
pub struct Engine {
    kernel: Kernel,
    pid: Pid,
    fresh: Kernel,
}

impl Engine {
    fn new(shape: Shape) -> Engine {
        let mut kernel = bare();
        let pid = kernel.boot_process(Cred::root());
        shape.build(&mut kernel.sys(pid), b"/lab");
        Engine { fresh: kernel.clone(), kernel, pid }
    }
}

impl Rig for Engine {
    fn sys<R>(&mut self, f: impl FnOnce(&mut dyn Sys) -> R) -> R {
        f(&mut self.kernel.sys(self.pid))
    }

    fn reset(&mut self) {
        self.kernel = self.fresh.clone();
    }
}

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

    fn leaf(self, leaf: usize) -> String {
        let base = self.base();
        let digits: Vec<String> =
            (0..5).rev().map(|it| format!("d{}", leaf / base.pow(it) % base)).collect();
        digits.join("/")
    }

    /// The path of a file below the root of the union.
    fn file(self, index: usize) -> String {
        format!("{}/f{}", self.leaf(index / 20), index % 20)
    }

    /// Builds the layers and mounts the union on `m` below `dir`, and goes there.
    pub fn build(self, sys: &mut dyn Sys, dir: &[u8]) {
        self.tree(sys, dir, 20_000);
        self.bodies(sys);
        self.mount(sys);
    }

    /// The layers without large files; the first `full` files have a page each.
    fn tree(self, sys: &mut dyn Sys, dir: &[u8], full: usize) {
        let _ = sys.mkdirat(AT_FDCWD, dir, 0o755);
        sys.chdir(dir).expect("the lab is there");
        for layer in 0..self.layers {
            mkdir(sys, &format!("l{layer}"));
        }
        let mut made = std::collections::HashSet::new();
        let body = [b'x'; 4096];
        for index in 0..self.files {
            // A multiplicative hash spreads files over the layers, the same in each run.
            let layer = (index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
            let layer = layer as usize % self.layers;
            let leaf = self.leaf(index / 20);
            if made.insert((layer, index / 20)) {
                mkdir_all(sys, &format!("l{layer}"), &leaf);
            }
            // Copy-up is measured on the first files.
            let body: &[u8] = if index < full { &body } else { b"" };
            write(sys, &format!("l{layer}/{leaf}/f{}", index % 20), body);
        }
        for index in 0..LISTED {
            let layer = index % self.layers;
            let _ = sys.mkdirat(AT_FDCWD, format!("l{layer}/many").as_bytes(), 0o755);
            write(sys, &format!("l{layer}/many/entry{index:04}"), b"");
        }
    }

    /// Files for the copy-up of much data.
    fn bodies(self, sys: &mut dyn Sys) {
        mkdir(sys, "l0/big");
        let chunk = vec![7u8; 1 << 20];
        for index in 0..32 {
            let path = format!("l0/big/b{index}");
            let flags = OpenFlags::WRONLY | OpenFlags::CREAT;
            let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).expect("room");
            for at in 0..BIG >> 20 {
                sys.pwrite(fd, &chunk, at << 20).expect("room");
            }
            sys.close(fd).expect("open");
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
}

fn mkdir(sys: &mut dyn Sys, path: &str) {
    sys.mkdirat(AT_FDCWD, path.as_bytes(), 0o755).expect("a new directory");
}

fn mkdir_all(sys: &mut dyn Sys, base: &str, path: &str) {
    let mut all = base.to_string();
    for part in path.split('/') {
        all = format!("{all}/{part}");
        let _ = sys.mkdirat(AT_FDCWD, all.as_bytes(), 0o755);
    }
}

fn write(sys: &mut dyn Sys, path: &str, body: &[u8]) {
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT;
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).expect("room");
    if !body.is_empty() {
        sys.pwrite(fd, body, 0).expect("room");
    }
    sys.close(fd).expect("open");
}

fn stat(sys: &mut dyn Sys, path: &[u8]) {
    let _ = std::hint::black_box(sys.statat(AT_FDCWD, path, at::SYMLINK_NOFOLLOW));
}

fn list(sys: &mut dyn Sys, path: &[u8]) -> usize {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::DIRECTORY, 0).expect("a directory");
    let mut count = 0;
    loop {
        let some = sys.getdents(fd, 4096).expect("readable");
        if some.is_empty() {
            break;
        }
        count += some.len();
    }
    sys.close(fd).expect("open");
    count
}

/// Every entry below, directories and files, stat of each.
fn walk(sys: &mut dyn Sys, path: &str) -> usize {
    let fd = sys.openat(AT_FDCWD, path.as_bytes(), OpenFlags::DIRECTORY, 0).expect("a directory");
    let mut entries = Vec::new();
    loop {
        let some = sys.getdents(fd, 4096).expect("readable");
        if some.is_empty() {
            break;
        }
        entries.extend(some);
    }
    sys.close(fd).expect("open");
    let mut count = entries.len();
    for entry in entries {
        if entry.name == b"." || entry.name == b".." {
            continue;
        }
        let below = format!("{path}/{}", String::from_utf8_lossy(&entry.name));
        if entry.kind == layerglass::types::FileType::Dir {
            count += walk(sys, &below);
        } else {
            stat(sys, below.as_bytes());
        }
    }
    count
}

/// An operation on the n-th thing of its kind; `limit` of them exist after a reset.
struct Row {
    name: &'static str,
    limit: usize,
    prepare: fn(&mut dyn Sys, Shape, usize),
    run: fn(&mut dyn Sys, &[u8], usize),
    path: fn(Shape, usize) -> String,
    goal: &'static str,
}

fn nothing(_: &mut dyn Sys, _: Shape, _: usize) {}

fn open_write(sys: &mut dyn Sys, path: &[u8]) {
    let fd = sys.openat(AT_FDCWD, path, OpenFlags::WRONLY, 0).expect("there");
    sys.pwrite(fd, b"y", 0).expect("room");
    sys.close(fd).expect("open");
}

const ROWS: &[Row] = &[
    Row {
        name: "stat first",
        limit: usize::MAX,
        prepare: nothing,
        run: |sys, path, _| stat(sys, path),
        path: Shape::file,
        goal: "",
    },
    Row {
        name: "stat warm",
        limit: usize::MAX,
        prepare: |sys, shape, n| stat(sys, shape.file(n).as_bytes()),
        run: |sys, path, _| stat(sys, path),
        path: Shape::file,
        goal: ">= 8x",
    },
    Row {
        name: "missing path first",
        limit: usize::MAX,
        prepare: nothing,
        run: |sys, path, _| stat(sys, path),
        path: |shape, n| format!("{}/none{}", shape.leaf(n / 20), n % 20),
        goal: ">= 30x",
    },
    Row {
        name: "missing path warm",
        limit: usize::MAX,
        prepare: |sys, shape, n| {
            stat(sys, format!("{}/none{}", shape.leaf(n / 20), n % 20).as_bytes());
        },
        run: |sys, path, _| stat(sys, path),
        path: |shape, n| format!("{}/none{}", shape.leaf(n / 20), n % 20),
        goal: "not slower than a hit",
    },
    Row {
        name: "copy-up 4 KiB",
        limit: 20_000,
        prepare: |sys, shape, n| stat(sys, shape.file(n).as_bytes()),
        run: |sys, path, _| open_write(sys, path),
        path: Shape::file,
        goal: ">= 30x",
    },
    Row {
        name: "copy-up 16 MiB, 1 byte",
        limit: 32,
        prepare: nothing,
        run: |sys, path, _| open_write(sys, path),
        path: |_, n| format!("big/b{n}"),
        goal: ">= 1,000x",
    },
    Row {
        name: "unlink",
        limit: usize::MAX,
        prepare: |sys, shape, n| stat(sys, shape.file(n).as_bytes()),
        run: |sys, path, _| sys.unlinkat(AT_FDCWD, path, 0).expect("there"),
        path: Shape::file,
        goal: ">= 20x",
    },
    Row {
        name: "rename file",
        limit: usize::MAX,
        prepare: |sys, shape, n| stat(sys, shape.file(n).as_bytes()),
        run: |sys, path, _| {
            let to = [path, b"x"].concat();
            sys.renameat2(AT_FDCWD, path, AT_FDCWD, &to, RenameFlags::NONE).expect("there");
        },
        path: Shape::file,
        goal: ">= 30x",
    },
    Row {
        name: "mkdir over whiteout",
        limit: usize::MAX,
        prepare: |sys, shape, n| {
            sys.unlinkat(AT_FDCWD, shape.file(n).as_bytes(), 0).expect("there");
        },
        run: |sys, path, _| sys.mkdirat(AT_FDCWD, path, 0o755).expect("free"),
        path: Shape::file,
        goal: ">= 15x",
    },
    Row {
        name: "rename directory (pure upper, 1,000 files)",
        limit: usize::MAX,
        prepare: |sys, _, n| {
            if n == 0 {
                mkdir(sys, "mv0");
                for index in 0..1000 {
                    write(sys, &format!("mv0/f{index}"), b"");
                }
            }
        },
        run: |sys, _, n| {
            let (from, to) = (format!("mv{n}"), format!("mv{}", n + 1));
            let flags = RenameFlags::NONE;
            sys.renameat2(AT_FDCWD, from.as_bytes(), AT_FDCWD, to.as_bytes(), flags)
                .expect("there");
        },
        path: |_, _| String::new(),
        goal: "<= 20 us",
    },
    Row {
        name: "chmod (metadata only)",
        limit: 20_000,
        prepare: |sys, shape, n| stat(sys, shape.file(n).as_bytes()),
        run: |sys, path, _| sys.fchmodat(AT_FDCWD, path, Mode::new(0o600)).expect("there"),
        path: Shape::file,
        goal: "",
    },
];

/// Median nanoseconds of one operation.
fn measure<R: Rig>(c: &mut Criterion, id: &str, rig: &mut R, shape: Shape, row: &Row) -> f64 {
    let mut samples = Vec::new();
    let limit = row.limit.min(shape.files);
    let mut next = limit;
    c.bench_function(id, |b| {
        b.iter_custom(|iters| {
            let mut spent = Duration::ZERO;
            for _ in 0..iters {
                if next >= limit {
                    rig.reset();
                    next = 0;
                }
                let n = next;
                next += 1;
                let path = (row.path)(shape, n);
                rig.sys(|sys| (row.prepare)(sys, shape, n));
                let start = Instant::now();
                rig.sys(|sys| (row.run)(sys, path.as_bytes(), n));
                spent += start.elapsed();
            }
            samples.push(spent.as_nanos() as f64 / iters as f64);
            spent
        });
    });
    median(samples)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The rows that need a shape of their own: listings and the walk.
fn listings<R: Rig>(
    c: &mut Criterion,
    who: &str,
    rig: &mut R,
) -> Vec<(&'static str, f64, &'static str)> {
    let mut rows = Vec::new();
    let mut first = Vec::new();
    c.bench_function(&format!("{who}/listing of 1,000 first"), |b| {
        b.iter_custom(|iters| {
            let mut spent = Duration::ZERO;
            for _ in 0..iters {
                rig.reset();
                let start = Instant::now();
                let count = rig.sys(|sys| list(sys, b"many"));
                spent += start.elapsed();
                assert_eq!(count, LISTED + 2);
            }
            first.push(spent.as_nanos() as f64 / iters as f64);
            spent
        });
    });
    rows.push(("listing of 1,000 first", median(first), ">= 10x"));
    let mut repeat = Vec::new();
    c.bench_function(&format!("{who}/listing of 1,000 repeat"), |b| {
        b.iter_custom(|iters| {
            let start = Instant::now();
            for _ in 0..iters {
                rig.sys(|sys| list(sys, b"many"));
            }
            let spent = start.elapsed();
            repeat.push(spent.as_nanos() as f64 / iters as f64);
            spent
        });
    });
    rows.push(("listing of 1,000 repeat", median(repeat), ">= 150x"));
    rig.reset();
    let start = Instant::now();
    let count = rig.sys(|sys| walk(sys, "."));
    rows.push(("walk, per entry", start.elapsed().as_nanos() as f64 / count as f64, ">= 15x"));
    rows
}

/// What only the engine has: building, undo, traces, memory.
fn engine_only(shape: Shape) -> Vec<(&'static str, f64, &'static str)> {
    let build = build_time(shape);
    let mut engine = Engine::new(shape);
    let paths: Vec<String> = (0..2000).map(|n| shape.file(n * 7 % shape.files)).collect();
    let chmod = |engine: &mut Engine, n: usize| {
        let path = paths[n % paths.len()].as_bytes();
        let mode = Mode::new(0o600 + (n as u32 & 7));
        engine.sys(|sys| sys.fchmodat(AT_FDCWD, path, mode)).expect("there");
    };
    (0..paths.len()).for_each(|n| chmod(&mut engine, n));
    let start = Instant::now();
    (0..20_000).for_each(|n| chmod(&mut engine, n));
    let plain = start.elapsed().as_nanos() as f64 / 20_000.0;
    // The machine keeps the state that was undone, for redo; letting it go is a row of its own.
    let (mut step, mut drops) = (Duration::ZERO, Duration::ZERO);
    for n in 0..20_000 {
        let start = Instant::now();
        let before = engine.kernel.clone();
        step += start.elapsed();
        chmod(&mut engine, n);
        let start = Instant::now();
        let undone = std::mem::replace(&mut engine.kernel, before);
        step += start.elapsed();
        let start = Instant::now();
        drop(undone);
        drops += start.elapsed();
    }
    let undo = step.as_nanos() as f64 / 20_000.0;
    let forget = drops.as_nanos() as f64 / 20_000.0;
    engine.kernel.trace.set_on(true);
    let start = Instant::now();
    for n in 0..20_000 {
        chmod(&mut engine, n);
        engine.kernel.trace.take();
    }
    let traced = start.elapsed().as_nanos() as f64 / 20_000.0;
    vec![
        ("build, per file", build, "<= 1.5 us"),
        ("undo step (snapshot and return)", undo, "<= 0.3 us"),
        ("letting go of an undone state", forget, ""),
        ("traced / untraced (ratio x1000)", traced / plain * 1000.0, "<= 2x"),
    ]
}

/// Nanoseconds a file of building the layers by system calls: a file is opened, created and closed,
/// its directories are made.
fn build_time(shape: Shape) -> f64 {
    let mut kernel = bare();
    let pid = kernel.boot_process(Cred::root());
    let start = Instant::now();
    shape.tree(&mut kernel.sys(pid), b"/lab", 0);
    start.elapsed().as_nanos() as f64 / shape.files as f64
}

fn bare() -> Kernel {
    let config = Config { inodes: 8_000_000, blocks: 1 << 30, ..Config::of(Profile::Tmpfs) };
    Kernel::new(Box::new(MemFs::with(config)), "tmpfs")
}

/// Tells this program that it is the child that measures memory.
const MEMORY: &str = "BENCH_MEMORY";

/// Memory is measured in a process of its own, since what others have freed would hide it.
fn memory(files: usize) {
    let me = std::env::current_exe().expect("this program");
    let status = std::process::Command::new(me).env(MEMORY, files.to_string()).status();
    if !status.is_ok_and(|it| it.success()) {
        println!("memory at {files} files: could not be measured");
    }
}

/// Bytes of memory for each file of the layers, and for each entry of the merged tree once all of
/// it was walked; names and paths count in full.
fn measure_memory(files: usize) {
    let resident = || -> f64 {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = text.split_whitespace().nth(1).and_then(|it| it.parse::<f64>().ok());
        pages.unwrap_or(f64::NAN) * 4096.0
    };
    let shape = Shape { files, layers: LAYERS };
    let mut kernel = bare();
    let pid = kernel.boot_process(Cred::root());
    let before = resident();
    shape.tree(&mut kernel.sys(pid), b"/lab", 0);
    let built = resident();
    shape.mount(&mut kernel.sys(pid));
    let count = walk(&mut kernel.sys(pid), ".") as f64;
    let after = resident();
    println!(
        "\nmemory at {files} files of 2 to 3 bytes of name, goal <= 130 B an entry beyond names"
    );
    println!(
        "  a file in the layers, with its share of their directories {:8.0} B",
        (built - before) / files as f64
    );
    println!(
        "  an entry of the merged tree, more                         {:8.0} B",
        (after - built) / count
    );
}

fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .without_plots()
        .configure_from_args()
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let quick = std::env::args().any(|it| it == "--test");
    if let Some(files) = std::env::var(MEMORY).ok().and_then(|it| it.parse().ok()) {
        return measure_memory(files);
    }
    let files = std::env::var("BENCH_FILES").ok().and_then(|it| it.parse().ok());
    let files = files.unwrap_or(if quick { 400 } else { 100_000 });
    let shape = Shape { files, layers: LAYERS };
    let mut c = criterion();
    let _ = Throughput::Elements(1);

    let mut engine = Engine::new(shape);
    let mut table = Vec::new();
    for row in ROWS {
        let ours = measure(&mut c, &format!("engine/{}", row.name), &mut engine, shape, row);
        table.push((row.name, ours, row.goal));
    }
    table.extend(listings(&mut c, "engine", &mut engine));
    drop(engine);

    let mut growth = Vec::new();
    let small = files.min(20_000);
    for row in ROWS.iter().take(4) {
        let time = |layers: usize, c: &mut Criterion| {
            let shape = Shape { files: small, layers };
            let mut rig = Engine::new(shape);
            measure(c, &format!("engine L={layers}/{}", row.name), &mut rig, shape, row)
        };
        let (one, many) = (time(1, &mut c), time(120, &mut c));
        growth.push((row.name, many / one));
    }

    #[cfg(target_os = "linux")]
    let theirs = live::rows(&mut c, shape);
    #[cfg(not(target_os = "linux"))]
    let theirs: Option<Vec<(&'static str, f64)>> = None;

    print_table(files, &table, theirs.as_deref());
    println!("\nt(120 layers)/t(1 layer), goal <= 1.1 for repeated lookups");
    growth.iter().for_each(|(name, ratio)| println!("  {name:<28} {ratio:6.2}"));
    println!("\nthe engine alone");
    for (name, value, goal) in engine_only(shape) {
        println!("  {name:<44} {value:12.0} ns   goal {goal}");
    }
    if !quick {
        memory(1_000_000);
    }
}

fn print_table(
    files: usize,
    table: &[(&'static str, f64, &'static str)],
    theirs: Option<&[(&'static str, f64)]>,
) {
    println!(
        "\nF = {files} files, L = {LAYERS} lower layers, tmpfs; the kernel's figures include the system call"
    );
    println!("  {:<44} {:>12} {:>12} {:>8}  goal", "operation", "engine ns", "kernel ns", "ratio");
    for (name, ours, goal) in table {
        let kernel = theirs.and_then(|all| all.iter().find(|it| it.0 == *name)).map(|it| it.1);
        let (kernel, ratio) = match kernel {
            Some(kernel) => (format!("{kernel:.0}"), format!("{:.1}x", kernel / ours)),
            None => ("-".into(), "-".into()),
        };
        println!("  {name:<44} {ours:>12.0} {kernel:>12} {ratio:>8}  {goal}");
    }
}
