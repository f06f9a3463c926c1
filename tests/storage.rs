//! Devices, and storage drivers side by side: scripts with what they print.
//!
//! Scripts of `tests/storage/devices` run once. Those of `tests/storage/scripts` run on every storage driver
//! that is built and have to print the same on each: what a container sees does not depend on how its layers
//! are kept. `REGENERATE=1 cargo test --test storage` writes the expected outputs, those of the second kind
//! from `overlay2`.

#![cfg(feature = "cli")]

use layerglass::drivers::ground;
use layerglass::machine::Machine;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storage").join(name)
}

/// The scripts of a folder, by name.
fn scripts(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).expect("a folder of scripts");
    let mut all: Vec<PathBuf> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
    all.retain(|it| it.extension().is_some_and(|it| it == "sh"));
    all.sort();
    assert!(!all.is_empty(), "no scripts in {name}");
    all
}

/// Both streams of a script on a machine whose engine has this driver.
fn output(script: &Path, driver: &str) -> String {
    let text = std::fs::read(script).expect("a script");
    let mut machine = Machine::boot();
    let init = machine.init();
    ground::prepare(&mut machine.kernel.sys(init), driver).expect("a machine for the driver");
    let pid = machine.start_script(&text, &[b"script".to_vec()]);
    let mut all = Vec::new();
    let status = machine.finish(pid, &mut |_, bytes| {
        all.extend_from_slice(bytes);
        true
    });
    format!("{}status {status}\n", String::from_utf8_lossy(&all))
}

/// The first line that differs.
fn difference(want: &str, is: &str) -> String {
    let (mut want, mut is) = (want.lines(), is.lines());
    let mut at = 0;
    loop {
        at += 1;
        match (want.next(), is.next()) {
            (None, None) => return "the ends differ".to_owned(),
            (a, b) if a == b => {}
            (a, b) => {
                let shown = |it: Option<&str>| it.unwrap_or("(nothing)").to_owned();
                return format!("line {at}:\n  want {}\n  is   {}", shown(a), shown(b));
            }
        }
    }
}

fn expected(script: &Path, driver: &str) -> String {
    let file = script.with_extension("out");
    if std::env::var_os("REGENERATE").is_some() && driver == "overlay2" {
        std::fs::write(&file, output(script, driver)).expect("a file that can be written");
    }
    std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}: missing", file.display()))
}

#[test]
fn devices_behave_as_recorded() {
    let mut failures = Vec::new();
    for script in scripts("devices") {
        let want = expected(&script, "overlay2");
        let is = output(&script, "overlay2");
        if want != is {
            failures.push(format!("{}: {}", script.display(), difference(&want, &is)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
