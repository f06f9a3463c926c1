//! The engine with the workload in it, and what only it has: building, undo, traces, any number of
//! layers.

use crate::measure::{Rig, measure, median, nanos};
use crate::rows::{Goal, LOOKS, ROWS};
use crate::shape::{LAYERS, Shape};
use layerglass::cred::Cred;
use layerglass::memfs::{Config, MemFs, Profile};
use layerglass::sys::{AT_FDCWD, Sys};
use layerglass::types::Mode;
use layerglass::vfs::{Kernel, Pid};

const LAB: &[u8] = b"/lab";

/// It keeps one state, as a host does that takes no snapshots.
pub struct Engine {
    kernel: Kernel,
    pid: Pid,
    shape: Shape,
}

impl Engine {
    /// A machine with nothing but a tmpfs that has room.
    pub fn bare(shape: Shape) -> Engine {
        let config = Config { inodes: 8_000_000, blocks: 1 << 30, ..Config::of(Profile::Tmpfs) };
        let mut kernel = Kernel::new(Box::new(MemFs::with(config)), "tmpfs");
        let pid = kernel.boot_process(Cred::root());
        Engine { kernel, pid, shape }
    }

    pub fn new(shape: Shape) -> Engine {
        let mut engine = Engine::bare(shape);
        engine.with(&mut |sys| shape.build(sys, LAB));
        engine
    }
}

impl Rig for Engine {
    fn with(&mut self, f: &mut dyn FnMut(&mut dyn Sys)) {
        f(&mut self.kernel.sys(self.pid));
    }

    fn reset(&mut self) {
        let shape = self.shape;
        self.with(&mut |sys| shape.remount(sys, LAB));
    }
}

/// How much longer the looks take with 120 layers than with one: a ratio for each.
pub fn growth(files: usize) -> Vec<(&'static str, f64)> {
    let mut rigs = [1, 120].map(|layers| Engine::new(Shape { files, layers }));
    let ratio = |row| {
        let [one, many] = &mut rigs;
        let time = |rig: &mut Engine| {
            let shape = rig.shape;
            measure(rig, shape, row, 1)
        };
        // Taken in turns, the best of each: a neighbour on the machine is no property of layers.
        let mut best = (f64::INFINITY, f64::INFINITY);
        for _ in 0..5 {
            best = (best.0.min(time(one)), best.1.min(time(many)));
        }
        (row.name, best.1 / best.0)
    };
    ROWS[..LOOKS].iter().map(ratio).collect()
}

/// Changes one byte of metadata of one of many files that are copied up already.
struct Chmods {
    engine: Engine,
    paths: Vec<Vec<u8>>,
    next: usize,
}

impl Chmods {
    fn new(shape: Shape) -> Chmods {
        let paths =
            (0..2000.min(shape.files)).map(|n| shape.file(n * 7 % shape.files).into_bytes());
        let mut it = Chmods { paths: paths.collect(), engine: Engine::new(shape), next: 0 };
        (0..it.paths.len()).for_each(|_| it.step());
        it
    }

    fn step(&mut self) {
        let path = &self.paths[self.next % self.paths.len()];
        let mode = Mode::new(0o600 + (self.next as u32 & 7));
        self.next += 1;
        let mut sys = self.engine.kernel.sys(self.engine.pid);
        sys.fchmodat(AT_FDCWD, path, mode).expect("there");
    }

    /// Median of several rounds, nanoseconds a step.
    fn time(&mut self, mut step: impl FnMut(&mut Chmods)) -> f64 {
        const ROUND: usize = 2_000;
        let rounds = (0..7).map(|_| nanos(|| (0..ROUND).for_each(|_| step(self))) / ROUND as f64);
        median(rounds.collect())
    }
}

/// Undo: taking a snapshot and going back to it, with nothing between. The change itself costs more
/// when a snapshot was taken before it, and letting the state go that was left does too.
fn undo(shape: Shape) -> (f64, f64, f64) {
    let mut it = Chmods::new(shape);
    let plain = it.time(Chmods::step);
    let there_and_back = it.time(|it| {
        let before = it.engine.kernel.clone();
        it.engine.kernel = before;
    });
    let with_change = it.time(|it| {
        let before = it.engine.kernel.clone();
        it.step();
        it.engine.kernel = before;
    });
    (plain, there_and_back, with_change)
}

/// What the engine does without a kernel to compare with.
pub fn alone(shape: Shape) -> Vec<(&'static str, f64, Goal)> {
    let mut bare = Engine::bare(shape);
    let build = nanos(|| bare.with(&mut |sys| shape.tree(sys, LAB, 0))) / shape.files as f64;
    drop(bare);
    let (plain, step, changed) = undo(shape);
    let (_, small, _) = undo(Shape { files: 1_000, layers: 1 });
    let mut traced = Chmods::new(shape);
    traced.engine.kernel.trace.set_on(true);
    let with = traced.time(|it| {
        it.step();
        it.engine.kernel.trace.take();
    });
    vec![
        ("build by system calls, a file", build, Goal::Nanos(1_500.0)),
        ("undo step: snapshot and return", step, Goal::Nanos(300.0)),
        ("  the same with 1,000 files in 1 layer", small, Goal::None),
        ("chmod of an upper file, no snapshot", plain, Goal::None),
        ("  the same with an undo step around it", changed, Goal::None),
        (
            "  the same with its trace recorded",
            with,
            Goal::Row("chmod of an upper file, no snapshot", 2.0),
        ),
    ]
}

/// The shape that a machine of this many files has by default.
pub fn shape(files: usize) -> Shape {
    Shape { files, layers: LAYERS }
}
