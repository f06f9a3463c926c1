//! The TypeScript declarations of the npm package are those of the Rust types, and a real compiler agrees
//! with them about real values.

use layerglass::port::Ask;
use layerglass::wasm::{Headless, Options, State, types};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packages/npm")
}

#[test]
fn the_declarations_are_those_of_the_types() {
    let path = root().join("src/types.d.ts");
    let now = types::declarations();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &now).expect("to write the declarations");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "{} is out of date: run this test with REGENERATE=1", path.display());
}

/// Runs lines on a new machine; all that came out of it.
fn session(options: &Options, lines: &[&str]) -> (Headless, Vec<layerglass::wasm::Slice>) {
    let mut machine = Headless::new(options).expect("a machine");
    let mut slices = Vec::new();
    let mut settle = |machine: &mut Headless| {
        loop {
            slices.push(machine.slice());
            match slices.last().map(|it| it.state) {
                Some(State::Busy) => {}
                Some(State::Waiting) => machine.give(Ask::EndInput),
                _ => return,
            }
        }
    };
    settle(&mut machine);
    for line in lines {
        machine.begin(Ask::Run { line: (*line).to_owned() }).expect("to begin");
        settle(&mut machine);
    }
    (machine, slices)
}

const SETUP: &str = "mkdir -p lower/d upper work merged\necho a > lower/a\nln -s a lower/l\n\
    mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=on merged";

const LINES: &[&str] = &[
    "echo b >> merged/a; mkdir merged/e; touch -d 2020-01-01 merged/e; rm merged/l; rm -r merged/d; mkdir merged/d",
    "mknod merged/p p; ln merged/a merged/h; mv merged/e merged/f; setfattr -n user.x -v 1 merged/a",
    "truncate -s 1G merged/big; cp --sparse=always merged/big merged/big2; cat; ls merged/none",
    "docker pull busybox; docker run -d --name web busybox sleep 100; docker volume create v; docker ps -a",
    "umount merged; dmesg",
];

/// Values of the session, by the name of their type.
fn values() -> Vec<(&'static str, String)> {
    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).expect("text")
    }
    let options = Options { setup: Some(SETUP.to_owned()), ..Options::default() };
    let (mut machine, slices) = session(&options, LINES);
    let mut all: Vec<_> = slices.iter().map(|it| ("Slice", json(it))).collect();
    let steps = machine.at().1;
    for n in 1..=steps {
        let trace = machine.trace_of(n).expect("a trace");
        // Of the thousands of a container, the first will do.
        all.push(("TraceStep[]", json(&&trace[..trace.len().min(400)])));
    }
    all.push(("View", json(&machine.view())));
    all.push(("Kept", json(&machine.kept())));
    machine.goto(steps - 1).expect("to go");
    let _ = machine.slice();
    for path in ["merged/a", "merged/d", "merged/none", "lower/l", "upper/l", "/etc/passwd"] {
        all.push(("TraceReport", json(&machine.trace(path).expect("a report"))));
        all.push(("Inspection", json(&machine.inspect(path).expect("a look"))));
    }
    all.push(("TreeDiff", json(&machine.diff(4, steps - 1, None).expect("a difference"))));
    all.push(("Failure", json(&machine.read("merged/none").expect_err("nothing there"))));
    all.push(("View", json(&machine.view())));
    all
}

/// The compiler that is installed for this test; `cargo xtask npm` and `cargo xtask test` bring it.
fn compiler() -> Option<PathBuf> {
    let tsc = root().join("node_modules/typescript/bin/tsc");
    tsc.is_file().then_some(tsc)
}

#[test]
#[ignore = "needs the TypeScript compiler of packages/npm: run by `cargo xtask npm`"]
fn the_compiler_accepts_real_values() {
    let tsc = compiler().expect("packages/npm/node_modules: run `npm ci` there");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("types");
    std::fs::create_dir_all(&dir).expect("a folder");
    let names = "Failure, Inspection, Kept, Slice, TraceReport, TraceStep, TreeDiff, View";
    let mut text = format!("import type {{ {names} }} from './types';\n");
    for (i, (name, value)) in values().iter().enumerate() {
        text += &format!("export const v{i}: {name} = {value};\n");
    }
    std::fs::write(dir.join("values.ts"), &text).expect("values");
    std::fs::write(dir.join("types.d.ts"), types::declarations()).expect("types");
    let check = || {
        Command::new("node")
            .arg(&tsc)
            .args(["--noEmit", "--strict", "--target", "es2022", "--module", "esnext"])
            .args(["--moduleResolution", "bundler", "values.ts"])
            .current_dir(&dir)
            .output()
            .expect("node")
    };
    let done = check();
    let said = String::from_utf8_lossy(&done.stdout);
    let said: String =
        said.lines().take(20).map(|it| it.chars().take(400).collect::<String>() + "\n").collect();
    assert!(done.status.success(), "{said}");
    // And it would have seen a difference.
    std::fs::write(dir.join("values.ts"), text.replace("\"status\":0", "\"status\":\"0\""))
        .expect("values");
    assert!(!check().status.success(), "the compiler accepts what is wrong");
}
