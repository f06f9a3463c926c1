//! The same workload natively and in WebAssembly on Node.

use crate::measure::{median, nanos};
use std::process::Command;

#[path = "../pace.rs"]
mod pace;

pub const GOAL: f64 = 1.7;
const ROUNDS: usize = 5;

/// Runs `main` of a module so many times and prints the milliseconds of processor time of each.
const SCRIPT: &str = "
const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
for (let round = 0; round < Number(process.argv[2]); round++) {
    const { exports } = new WebAssembly.Instance(module, {});
    const start = process.cpuUsage();
    exports.main(0, 0);
    const { user, system } = process.cpuUsage(start);
    console.log((user + system) / 1000);
}";

/// How much longer it takes in WebAssembly.
///
/// # Errors
/// What is missing, in words.
pub fn ratio() -> Result<f64, String> {
    let module = build()?;
    let rounds = ROUNDS.to_string();
    let out = Command::new("node").args(["-e", SCRIPT, &module, &rounds]).output();
    let out = out.map_err(|err| format!("node: {err}"))?;
    let text = String::from_utf8_lossy(&out.stdout);
    let times: Vec<f64> = text.lines().filter_map(|it| it.parse().ok()).collect();
    if times.len() < ROUNDS {
        return Err(String::from_utf8_lossy(&out.stderr).trim().to_string());
    }
    // The first rounds also compile.
    let there = median(times[2..].to_vec()) * 1e6;
    let here = median((0..ROUNDS).map(|_| nanos(pace::main)).collect());
    Ok(there / here)
}

fn build() -> Result<String, String> {
    let root = env!("CARGO_MANIFEST_DIR");
    // A folder of its own: cargo may still hold the other one.
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or(format!("{root}/target"));
    let target = format!("{target}/wasm");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let args = ["--no-run", "--bench", "pace", "--no-default-features"];
    let out = Command::new(cargo)
        .current_dir(root)
        .args(["bench", "--target", "wasm32-unknown-unknown", "--message-format", "json"])
        .args(args)
        .env("CARGO_TARGET_DIR", &target)
        .output()
        .map_err(|err| format!("cargo: {err}"))?;
    if !out.status.success() {
        let text = String::from_utf8_lossy(&out.stderr);
        return Err(text.lines().find(|it| it.starts_with("error")).unwrap_or(&text).to_string());
    }
    let text = String::from_utf8_lossy(&out.stdout);
    let found = text.lines().rev().find_map(|line| {
        let rest = line.split_once("\"executable\":\"")?.1;
        rest.split_once('"').map(|it| it.0.to_string()).filter(|it| it.ends_with(".wasm"))
    });
    found.ok_or_else(|| "cargo named no module".into())
}
