//! Two ways to undo, on the engine's kind of state: many small records of which a step changes a few.
//! Pages that are copied when somebody shares them (what the engine has), and a plain vector with a
//! log of inverse changes.
//!
//! `cargo bench --bench history`; what follows from the figures stands in docs/PERFORMANCE.md.

use layerglass::store::Table;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// As large as an inode, and with a shared part as many inodes have.
#[derive(Clone)]
struct Record {
    words: [u64; 9],
    _shared: Option<Arc<u64>>,
}

/// The inverse of a step: what stood where.
type Inverse = Vec<(usize, Record)>;

/// Records that a step changes: about what a system call that changes something does.
const CHANGES: usize = 8;
const STEPS: usize = 2_000;

fn records(count: usize) -> impl Iterator<Item = Record> {
    let shared = Arc::new(7);
    (0..count as u64)
        .map(move |n| Record { words: [n; 9], _shared: (n % 3 == 0).then(|| shared.clone()) })
}

/// Places of a step: half of them near each other, half anywhere.
fn places(step: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..CHANGES).map(move |n| match n % 2 {
        0 => (step * 31 + n) % count,
        _ => (step * CHANGES + n).wrapping_mul(2_654_435_761) % count,
    })
}

/// The best of several rounds, in nanoseconds a step.
fn best(mut round: impl FnMut()) -> f64 {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed().as_nanos() as f64 / STEPS as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

/// Changes alone, changes that can be undone, the undoing, and a copy that both keep.
fn pages(count: usize) -> [f64; 4] {
    let mut table = Table::default();
    records(count).enumerate().for_each(|(n, it)| drop(table.insert(n as u64, it)));
    let change = |table: &mut Table<Record>, step: usize| {
        for at in places(step, count) {
            if let Some(record) = table.get_mut(at as u64) {
                record.words[0] += 1;
            }
        }
    };
    let plain = best(|| (0..STEPS).for_each(|step| change(&mut table, step)));
    let mut kept = Vec::with_capacity(STEPS);
    let (mut with, mut back) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..5 {
        let start = Instant::now();
        for step in 0..STEPS {
            kept.push(table.clone());
            change(&mut table, step);
        }
        with = with.min(start.elapsed().as_nanos() as f64 / STEPS as f64);
        let start = Instant::now();
        while let Some(before) = kept.pop() {
            table = before;
        }
        back = back.min(start.elapsed().as_nanos() as f64 / STEPS as f64);
    }
    let copy = best(|| (0..STEPS).for_each(|_| drop(black_box(table.clone()))));
    [plain, with, back, copy]
}

fn log(count: usize) -> [f64; 4] {
    let mut table: Vec<Record> = records(count).collect();
    let change = |table: &mut Vec<Record>, step: usize| {
        places(step, count).for_each(|at| table[at].words[0] += 1);
    };
    let plain = best(|| (0..STEPS).for_each(|step| change(&mut table, step)));
    let mut kept: Vec<Inverse> = Vec::with_capacity(STEPS);
    let (mut with, mut back) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..5 {
        let start = Instant::now();
        for step in 0..STEPS {
            let mut inverse = Inverse::with_capacity(CHANGES);
            for at in places(step, count) {
                inverse.push((at, table[at].clone()));
                table[at].words[0] += 1;
            }
            kept.push(inverse);
        }
        with = with.min(start.elapsed().as_nanos() as f64 / STEPS as f64);
        let start = Instant::now();
        while let Some(inverse) = kept.pop() {
            for (at, record) in inverse.into_iter().rev() {
                table[at] = record;
            }
        }
        back = back.min(start.elapsed().as_nanos() as f64 / STEPS as f64);
    }
    let start = Instant::now();
    drop(black_box(table.clone()));
    let copy = start.elapsed().as_nanos() as f64;
    [plain, with, back, copy]
}

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let quick = std::env::args().any(|it| it == "--test");
    let counts: &[usize] = if quick { &[2_000] } else { &[2_000, 100_000, 1_000_000] };
    println!("undo: {CHANGES} records of {} bytes change in a step; ns", size_of::<Record>());
    println!(
        "  {:<34} {:>10} {:>12} {:>8} {:>14}",
        "", "changes", "undoable", "undone", "a copy to keep"
    );
    for &count in counts {
        for (name, row) in [("shared pages", pages(count)), ("log of inverse changes", log(count))]
        {
            let [plain, with, back, copy] = row;
            let name = format!("{count} records, {name}");
            println!("  {name:<34} {plain:>10.0} {with:>12.0} {back:>8.0} {copy:>14.0}");
        }
    }
}
