//! Many scripts in both worlds: one namespace of the real system for all of them, one machine that is
//! copied for each.

use super::Ran;
use layerglass::machine::{Machine, Ran as Slices};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every script finds: [`Kind::Language`] an empty directory, [`Kind::Tools`] a prepared overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Language,
    Tools,
}

/// The overlay that tools meet.
const OVERLAY: &str = include_str!("overlay.sh");

/// Takes each script named on standard input in turn.
const EACH: &str = r#"
shopt -s dotglob nullglob
mkdir -p /lab && mount -t tmpfs tmpfs /lab || exit 99
while IFS= read -r n; do
  cd /
  for it in /lab/m; do mountpoint -q "$it" && umount -R "$it"; done
  rm -rf /lab/*
  cd /lab || exit 99
  env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=UTC HOME=/root LOGNAME=root USER=root SHELL=/bin/bash \
    timeout --foreground -s KILL "$SECONDS_EACH" bash -c "$(<"$DIR/$n.sh")" >"$DIR/$n.out" 2>"$DIR/$n.err" </dev/null
  echo $? >"$DIR/$n.status"
done
"#;

/// Slices after which a script of ours counts as hanging.
const PATIENCE: u64 = 20_000;
const HANGS: i32 = 137;

/// A directory of its own, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("layerglass-{}-{nth}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        Scratch(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The script with what comes before it.
fn prepared(kind: Kind, script: &str) -> String {
    match kind {
        Kind::Language => script.trim_end_matches('\n').to_owned(),
        Kind::Tools => format!("{OVERLAY}\n{}", script.trim_end_matches('\n')),
    }
}

/// Real bash on the real kernel, each script for so long at most.
pub fn real(kind: Kind, scripts: &[String], seconds: &str) -> Vec<Ran> {
    let scratch = Scratch::new();
    let dir = &scratch.0;
    let mut names = String::new();
    for (nth, script) in scripts.iter().enumerate() {
        std::fs::write(dir.join(format!("{nth}.sh")), prepared(kind, script)).expect("is written");
        names.push_str(&format!("{nth}\n"));
    }
    std::fs::write(dir.join("names"), names).expect("is written");
    let names = std::fs::File::open(dir.join("names")).expect("was written");
    let status = Command::new("env")
        .args(["--default-signal", "unshare", "-m", "bash", "-c", EACH])
        .env("DIR", dir)
        .env("SECONDS_EACH", seconds)
        .env("PATH", super::worlds::PATH)
        .stdin(names)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|it| it.success()), "bash does not run in a namespace");
    (0..scripts.len()).map(|nth| answer(dir, nth)).collect()
}

fn answer(dir: &Path, nth: usize) -> Ran {
    let read = |what: &str| std::fs::read(dir.join(format!("{nth}.{what}"))).unwrap_or_default();
    let status = String::from_utf8_lossy(&read("status")).trim().parse().unwrap_or(-1);
    Ran::of(&read("out"), &read("err"), status)
}

/// The machine.
pub struct Ours(Machine);

impl Ours {
    pub fn new() -> Ours {
        let mut machine = Machine::boot();
        machine.run_script(super::worlds::ENTER.as_bytes());
        Ours(machine)
    }

    /// Runs a script; a panic is an answer that real bash never gives.
    pub fn run(&self, kind: Kind, script: &str) -> Ran {
        let run = std::panic::AssertUnwindSafe(|| self.play(kind, script));
        std::panic::catch_unwind(run).unwrap_or_else(|_| Ran::of(b"", b"panicked", -1))
    }

    fn play(&self, kind: Kind, script: &str) -> Ran {
        let mut machine = self.0.clone();
        let text = prepared(kind, script);
        let words = ["bash", "-c", "cd /lab; exec bash -c \"$1\"", "bash", &text];
        machine.feed(b"");
        let pid = machine.start(&words.map(|it| it.as_bytes().to_vec()));
        let (mut out, mut err, mut used) = (Vec::new(), Vec::new(), 0);
        loop {
            let ran = machine.run(Some(pid), 1_000);
            for (to_err, bytes) in machine.take_output() {
                if to_err { err.extend(bytes) } else { out.extend(bytes) }
            }
            used += 1_000;
            let status = match ran {
                Slices::More if used < PATIENCE => continue,
                Slices::More => HANGS,
                Slices::Over => machine.status(pid).unwrap_or(0),
                Slices::Waiting | Slices::Empty => machine.status(pid).unwrap_or(HANGS),
            };
            return Ran::of(&out, &err, status);
        }
    }
}
