//! Bytes of memory, measured in a process of its own, since what others have freed would hide them.

use crate::engine::{Engine, shape};
use crate::measure::Rig;
use crate::rows::walk;
use crate::shape::LAYERS;

/// Tells this program that it is that process.
pub const VARIABLE: &str = "BENCH_MEMORY";

/// What an entry may take beyond its name.
pub const GOAL: f64 = 130.0;

/// Bytes an entry: of the layers, and more of the merged tree once all of it was walked.
pub struct Memory {
    pub layers: f64,
    pub merged: f64,
}

/// Runs this program once more and reads its answer.
pub fn measured(files: usize) -> Option<Memory> {
    let me = std::env::current_exe().ok()?;
    let out = std::process::Command::new(me)
        .env(VARIABLE, files.to_string())
        .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")
        .output()
        .ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok();
    Some(Memory { layers: next()?, merged: next()? })
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|it| it.parse::<f64>().ok());
    pages.unwrap_or(f64::NAN) * 4096.0
}

/// In the process of its own: prints two numbers.
pub fn answer(files: usize) {
    let shape = shape(files);
    let mut engine = Engine::bare(shape);
    let before = resident();
    engine.with(&mut |sys| shape.tree(sys, b"/lab", 0));
    let built = resident();
    let mut entries = 0;
    for layer in 0..LAYERS {
        let root = format!("/lab/l{layer}");
        engine.with(&mut |sys| entries += crate::rows::count(sys, &root));
    }
    let ready = resident();
    let mut merged = 0;
    engine.with(&mut |sys| {
        shape.mount(sys);
        merged = walk(sys, &mut b".".to_vec());
    });
    println!("{} {}", (built - before) / entries as f64, (resident() - ready) / merged as f64);
}
