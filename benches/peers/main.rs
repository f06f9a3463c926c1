//! Every row of the performance page with its goal and whether it holds: the engine, and the live
//! kernel's OverlayFS beside it in the same run.
//!
//! F files (`BENCH_FILES`, default 100,000) over L = 10 lower layers; both worlds on tmpfs; figures
//! are processor time of the one thread. The engine runs inside the process and pays no system
//! call; the kernel's figures include it. With `--check` a missed goal fails the run.
//! `BENCH_MEMORY` is for the program itself (see `memory`).

mod engine;
#[cfg(target_os = "linux")]
mod live;
mod measure;
mod memory;
mod report;
mod rows;
mod shape;
mod wasm;

use engine::Engine;
use report::Report;
use rows::{Goal, ROWS, listings};

/// Asks the C library for large pages: the kernel's own memory, to which it is compared, lies in
/// such pages too. A variable that must be there before a program starts.
const TUNABLES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

fn with_large_pages() {
    if std::env::var_os(TUNABLES.0).is_some() {
        return;
    }
    let Ok(me) = std::env::current_exe() else { return };
    let child = std::process::Command::new(me)
        .args(std::env::args_os().skip(1))
        .env(TUNABLES.0, TUNABLES.1)
        .status();
    if let Ok(status) = child {
        std::process::exit(status.code().unwrap_or(1));
    }
}

fn main() {
    with_large_pages();
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<usize>().ok());
    if let Some(files) = number(memory::VARIABLE) {
        return memory::answer(files);
    }
    let has = |arg: &str| std::env::args().any(|it| it == arg);
    // `cargo test --benches` only wants to know that it runs.
    let quick = has("--test");
    let files = number("BENCH_FILES").unwrap_or(if quick { 400 } else { 100_000 });
    let batches = if quick { 1 } else { 7 };
    let mut report = Report::default();
    compared(&mut report, files, batches);
    others(&mut report, files, if quick { 2_000 } else { 1_000_000 });
    if !quick {
        println!("\nWebAssembly on Node");
        let ratio = wasm::ratio().inspect_err(|why| println!("  left out: {why}")).ok();
        report.figure(
            "the workload of benches/pace.rs, against native",
            ratio,
            "x",
            Some(wasm::GOAL),
        );
    }
    if !report.end() && has("--check") {
        std::process::exit(1);
    }
}

#[cfg(not(target_os = "linux"))]
mod live {
    pub fn rows(_: crate::shape::Shape, _: usize) -> Result<Vec<(&'static str, f64)>, String> {
        Err("this is not Linux".into())
    }
}

/// The rows that the kernel has too.
fn compared(report: &mut Report, files: usize, batches: usize) {
    let shape = engine::shape(files);
    println!("measuring the engine, then the kernel, with {files} files: this takes minutes");
    let mut rig = Engine::new(shape);
    let mut ours: Vec<(&'static str, f64, Goal)> = ROWS
        .iter()
        .map(|row| (row.name, measure::measure(&mut rig, shape, row, batches), row.goal))
        .collect();
    ours.extend(listings(&mut rig));
    drop(rig);
    let theirs = live::rows(shape, batches).unwrap_or_else(|why| {
        println!("the kernel is left out: {why}");
        Vec::new()
    });
    println!(
        "\n{} layers, {files} files, tmpfs; ns of processor time, for the kernel with its system call",
        shape.layers
    );
    println!("  {:<42} {:>10} {:>12} {:>8}  goal", "operation", "engine", "kernel", "ratio");
    for (name, nanos, goal) in ours {
        let kernel = theirs.iter().find(|it| it.0 == name).map(|it| it.1);
        report.row(name, nanos, kernel, goal);
    }
}

/// What only the engine has.
fn others(report: &mut Report, files: usize, many: usize) {
    println!("\nthe engine alone");
    for (name, nanos, goal) in engine::alone(engine::shape(files)) {
        report.row(name, nanos, None, goal);
    }
    println!("\n120 layers against 1");
    for (name, ratio) in engine::growth(files.min(20_000)) {
        let most = name.ends_with("warm").then_some(1.1);
        report.figure(name, Some(ratio), "x", most);
    }
    println!("\nmemory, {many} files, names of 2 to 3 bytes included");
    let got = memory::measured(many);
    let goal = Some(memory::GOAL);
    let layers = got.as_ref().map(|it| it.layers);
    report.figure("an entry of the layers (files and directories)", layers, "B", goal);
    let merged = got.as_ref().map(|it| it.merged);
    report.figure("an entry of the merged tree that was walked, more", merged, "B", goal);
}
