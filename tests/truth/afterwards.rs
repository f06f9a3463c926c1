//! Questions asked of a copy of the kernel after an operation: what `fsck.overlay` says of the
//! layers, and what a fresh mount of them shows.

use layerglass::machine::Machine;
use layerglass::machine::journal::read_whole;
use layerglass::sys::{AT_FDCWD, Sys};
use layerglass::testing::case::Op;
use layerglass::testing::engine::Engine;
use layerglass::testing::lab::Lab;
use layerglass::testing::observe::{Look, Seen};
use layerglass::testing::run::{Paused, Run};
use layerglass::types::OpenFlags;
use layerglass::vfs::{Kernel, Pid};

const FSCK: &[u8] = b"/usr/sbin/fsck.overlay";

/// A machine, and the lab on a kernel that has nothing but the one command of interest: what is
/// small is compared quickly.
pub fn machine() -> (Machine, Engine) {
    let mut machine = Machine::boot();
    let init = machine.init();
    let image = read_whole(&mut machine.kernel.sys(init), FSCK).expect("the command is there");
    let mut engine = Engine::default();
    let mut sys = engine.sys();
    let mut furnish = || {
        sys.mkdirat(AT_FDCWD, b"/usr", 0o755)?;
        sys.mkdirat(AT_FDCWD, b"/usr/sbin", 0o755)?;
        let fd = sys.openat(AT_FDCWD, FSCK, OpenFlags::WRONLY | OpenFlags::CREAT, 0o755)?;
        sys.write(fd, &image)?;
        sys.close(fd)
    };
    furnish().expect("a place for the command");
    assert_eq!(engine.pid, init);
    (machine, engine)
}

/// The complaints of `fsck.overlay`, if any.
pub fn complaints(machine: &Machine, kernel: &Kernel, lab: &Lab) -> Option<String> {
    let mut machine = machine.clone();
    machine.kernel = kernel.clone();
    let script = format!("cd /lab/r && fsck.overlay -n -o {}", lab.data());
    let done = machine.run_bash(&[b"bash", b"-c", script.as_bytes()], b"");
    let said = String::from_utf8_lossy(&done.stdout()).into_owned();
    let errors = String::from_utf8_lossy(&done.stderr()).into_owned();
    (said != "fsck.overlay: clean\n").then(|| said + &errors)
}

/// What the operation `mount`, done again, shows otherwise than the first time.
pub fn remounted(
    kernel: &Kernel,
    pid: Pid,
    script: &Paused,
    mount: &Op,
) -> Result<Option<String>, String> {
    let mut kernel = kernel.clone();
    let mut sys = kernel.sys(pid);
    let mut run = script.clone().resume(&mut sys);
    run.release().map_err(|errno| format!("{errno:?}"))?;
    let before = merged(&mut run);
    for op in [&Op::new("umount", &[]), mount] {
        run.step(op).map_err(|why| format!("{op}: {why:?}"))?;
    }
    let after = merged(&mut run);
    let differs = |path: &&String| before.get(*path) != after.get(*path);
    let path = before.keys().chain(after.keys()).find(differs);
    let show = |seen: &Seen, path: &str| seen.get(path).cloned().unwrap_or_else(|| "-".into());
    Ok(path
        .map(|it| format!("{it}\n  before {}\n  after  {}", show(&before, it), show(&after, it))))
}

/// The merged tree without numbers and times, which a mount may give anew.
fn merged(run: &mut Run<'_>) -> Seen {
    let seen = run.look(Look::All).into_iter();
    let below = seen.filter(|(path, _)| path == "m" || path.starts_with("m/"));
    below.map(|(path, line)| (path, essence(&line))).collect()
}

/// Drops link counts, labels of inodes and devices, times, and the order of a listing.
fn essence(line: &str) -> String {
    let line = line.split(" [").next().unwrap_or(line);
    let volatile = |word: &str| {
        let digits =
            |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let label = word.strip_prefix(['i', 'n', 't']).is_some_and(digits);
        label
            || word.contains('@')
            || word.strip_prefix("at").is_some_and(digits)
            || word.len() == 2 && word.starts_with('v')
    };
    line.split(' ').filter(|it| !volatile(it)).collect::<Vec<_>>().join(" ")
}
