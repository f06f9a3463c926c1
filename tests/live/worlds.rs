//! One script in both worlds: real bash on the real kernel, and the machine. Each starts as root in an
//! empty directory `/lab` (tmpfs), in a mount namespace of its own.

use layerglass::machine::{Machine, Outcome};
use std::process::{Command, Output, Stdio};

/// Goes to the lab.
pub const ENTER: &str = "mkdir -p /lab && mount -t tmpfs tmpfs /lab && cd /lab";
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The status of a real world that could not be entered.
pub const NO_LAB: i32 = 99;

/// Real bash; the script arrives as the argument of `-c`. Signals that this test was started to ignore
/// (by nohup, or in the background of a script) are not ignored there: bash would keep that.
pub fn real(script: &str) -> std::io::Result<Output> {
    let wrapped = format!("{ENTER} || exit {NO_LAB}; exec bash -c \"$1\"");
    Command::new("env")
        .args(["--default-signal", "unshare", "-m", "bash", "-c", &wrapped, "bash", script])
        .env_clear()
        .envs([("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("HOME", "/root")])
        .envs([("LOGNAME", "root"), ("USER", "root"), ("SHELL", "/bin/bash")])
        .stdin(Stdio::null())
        .output()
}

/// The machine.
pub fn ours(script: &str) -> Outcome {
    let mut machine = Machine::boot();
    machine.run_script(ENTER.as_bytes());
    let words = ["bash", "-c", "cd /lab; exec bash -c \"$1\"", "bash", script];
    machine.run_bash(&words.map(str::as_bytes), b"")
}
