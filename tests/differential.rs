//! The same scripts in real bash on the real kernel and in the machine: standard output, standard
//! error and status must be equal.
//!
//! Each script of `tests/scripts` runs in an empty directory `/lab` (tmpfs) of both worlds, as
//! root, in a mount namespace of its own. What may differ is on one list, [`mask`].

#![cfg(target_os = "linux")]

use layerglass::machine::Machine;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Goes to the lab, in both worlds.
const ENTER: &str = "mkdir -p /lab && mount -t tmpfs tmpfs /lab && cd /lab";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(PartialEq, Eq)]
struct Ran {
    out: String,
    err: String,
    status: i32,
}

fn scripts(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return all };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(scripts(&path));
        } else if path.extension().is_some_and(|it| it == "sh") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// Real bash in a namespace of its own; the script arrives as the argument of `-c`.
fn real(text: &str) -> Option<Ran> {
    let wrapped = format!("{ENTER} || exit 99; exec bash -c \"$1\"");
    let out = Command::new("unshare")
        .args(["-m", "bash", "-c", &wrapped, "bash", text])
        .env_clear()
        .envs([("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("HOME", "/root")])
        .envs([("LOGNAME", "root"), ("USER", "root"), ("SHELL", "/bin/bash")])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let status = out.status.code()?;
    (status != 99).then(|| Ran {
        out: mask(&String::from_utf8_lossy(&out.stdout)),
        err: mask(&String::from_utf8_lossy(&out.stderr)),
        status,
    })
}

fn ours(text: &str) -> Ran {
    let mut machine = Machine::boot();
    machine.run_script(ENTER.as_bytes());
    let words: Vec<Vec<u8>> = ["bash", "-c", "cd /lab; exec bash -c \"$1\"", "bash", text]
        .iter()
        .map(|it| it.as_bytes().to_vec())
        .collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let done = machine.run_bash(&words, b"");
    Ran {
        out: mask(&String::from_utf8_lossy(&done.stdout())),
        err: mask(&String::from_utf8_lossy(&done.stderr())),
        status: done.status,
    }
}

/// What may differ between two real machines: temporary names of the work directory (`#N`), and
/// nothing else that a script cannot avoid; scripts do not print dates or inode numbers.
fn mask(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let word = rest[..at].ends_with(['/', ' ', '\n']) || at == 0;
        out.push_str(&rest[..at]);
        out.push_str(if digits > 0 && word { "#N" } else { "#" });
        rest = &rest[at + 1 + if digits > 0 && word { digits } else { 0 }..];
    }
    out + rest
}

fn can_mount() -> Result<(), String> {
    let done = Command::new("unshare").args(["-m", "true"]).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        _ => Err("this user may not make mount namespaces".into()),
    }
}

#[test]
fn scripts_do_the_same_in_real_bash() {
    if let Err(why) = can_mount() {
        let required = std::env::var_os("LAYERGLASS_REQUIRE_LIVE").is_some();
        assert!(!required, "live comparison is required, but {why}");
        println!("ignored: {why}");
        return;
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let only = std::env::var("SCRIPT").unwrap_or_default();
    let (mut compared, mut failures) = (0, Vec::new());
    for path in scripts(&dir) {
        let name = path.strip_prefix(&dir).unwrap_or(&path).display().to_string();
        if !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a script is text");
        let want = real(&text).expect("bash runs in a namespace");
        let got = ours(&text);
        compared += 1;
        if want != got {
            failures.push(report(&name, &want, &got));
        }
    }
    println!("{compared} scripts compared with real bash, {} differ", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn report(name: &str, want: &Ran, got: &Ran) -> String {
    let mut text = format!("== {name}: status {} in real bash, {} here\n", want.status, got.status);
    for (stream, a, b) in [("stdout", &want.out, &got.out), ("stderr", &want.err, &got.err)] {
        if a != b {
            let diff = similar::TextDiff::from_lines(a, b);
            text.push_str(&format!("{stream} (- real, + here):\n"));
            text.push_str(&diff.unified_diff().context_radius(1).to_string());
        }
    }
    text
}
