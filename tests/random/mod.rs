//! Random scripts in real bash on the real kernel and in the machine.

pub mod batch;
mod language;
mod shrink;
mod tools;
mod words;

use super::{Ran, worlds};
use batch::{Kind, Ours};
use std::collections::BTreeSet;

/// Scripts that are run in one namespace.
const BATCH: usize = 100;

/// Runs `count` scripts from `seed` on; what differs, shrunk, as text.
pub fn compare(kind: Kind, seed: u64, count: usize, most: usize) -> Vec<String> {
    let ours = Ours::new();
    let mut found = Vec::new();
    let mut done = 0;
    while done < count && found.len() < most {
        let from = seed + done as u64;
        let seeds: Vec<u64> = (from..from + BATCH.min(count - done) as u64).collect();
        let scripts: Vec<String> = seeds.iter().map(|it| make(kind, *it)).collect();
        done += scripts.len();
        let want = batch::real(kind, &scripts, "10");
        for ((seed, script), want) in seeds.iter().zip(&scripts).zip(&want) {
            if ours.run(kind, script) != *want && found.len() < most {
                let difference = examine(kind, &ours, *seed, script);
                difference.iter().for_each(|it| eprintln!("{it}"));
                found.extend(difference);
            }
        }
    }
    found
}

fn make(kind: Kind, seed: u64) -> String {
    match kind {
        Kind::Language => language::script(seed),
        Kind::Tools => tools::script(seed),
    }
}

/// A difference that is still there at a second look, made short.
fn examine(kind: Kind, ours: &Ours, seed: u64, script: &str) -> Option<String> {
    let again = batch::real(kind, &[script.to_owned(), script.to_owned()], "10");
    let here = ours.run(kind, script);
    if again[0] != again[1] || again[0] == here {
        return None;
    }
    let (real_kinds, our_kinds) = (complaints(&again[0]), complaints(&here));
    let mut budget = 800usize;
    let small = shrink::shrink(script, |tries| {
        let tries = &tries[..tries.len().min(budget)];
        budget -= tries.len();
        let want = batch::real(kind, tries, "0.3");
        tries.iter().zip(&want).position(|(text, want)| {
            if !repeatable(text, want) || !complaints(want).is_subset(&real_kinds) {
                return false;
            }
            let got = ours.run(kind, text);
            got != *want && complaints(&got).is_subset(&our_kinds)
        })
    });
    let want = batch::real(kind, std::slice::from_ref(&small), "10").remove(0);
    let got = ours.run(kind, &small);
    Some(super::report(&format!("seed {seed}\n{small}\n"), &want, &got))
}

/// Does a text that shrinking made still do the same each time, and end?
fn repeatable(text: &str, want: &Ran) -> bool {
    let names_process = text.contains("$$") && !text.contains("kill -USR1 $$");
    !names_process
        && want.status != 137
        && !want.out.contains("PPID=")
        && !text.starts_with(['-', '+'])
}

/// What a script complained of, without whom and what it concerned: shrinking must not turn one
/// difference into another.
fn complaints(ran: &Ran) -> BTreeSet<String> {
    ran.err.lines().filter_map(|it| it.rsplit(": ").next()).map(str::to_owned).collect()
}
