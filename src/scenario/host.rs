//! From a scenario to a prepared machine, and its goals asked of it.

use super::{Predicate, Scenario};
use crate::machine::journal::{Session, read_whole};
use crate::machine::schedule::Ran;
use crate::machine::{Machine, profile};
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::{Attr, Dev, FileType, Mode, OpenFlags};
use crate::vfs::{Kernel, Pid};
use crate::view::build;

/// A machine with the scenario's files, at the prompt. Setup lines have not run.
pub fn prepare(scenario: &Scenario) -> Session {
    let profile = profile::by_name(&scenario.kernel).unwrap_or(&profile::V6_18);
    let mut machine = Machine::boot_as(profile);
    let pid = machine.init();
    let mut sys = machine.kernel.sys(pid);
    let old = sys.umask(0o022);
    mkdirs(&mut sys, &scenario.dir);
    for entry in &scenario.host {
        let path = absolute(&scenario.dir, &entry.path);
        match &entry.content {
            None => mkdirs(&mut sys, &path),
            Some(content) => {
                if let Some((parent, _)) = path.rsplit_once('/') {
                    mkdirs(&mut sys, parent);
                }
                let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::TRUNC;
                if let Ok(fd) = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644) {
                    let _ = sys.write(fd, content.as_bytes());
                    let _ = sys.close(fd);
                }
                if let Some(mode) = entry.mode {
                    let _ = sys.fchmodat(AT_FDCWD, path.as_bytes(), Mode::new(mode));
                }
            }
        }
    }
    sys.umask(old);
    Session::new(machine, &scenario.dir)
}

fn mkdirs(sys: &mut dyn Sys, path: &str) {
    let mut at = String::new();
    for name in path.split('/').filter(|it| !it.is_empty()) {
        at = format!("{at}/{name}");
        let _ = sys.mkdirat(AT_FDCWD, at.as_bytes(), 0o755);
    }
}

/// A path of a scenario from the root.
pub fn absolute(dir: &str, path: &str) -> String {
    let path = path.trim_end_matches('/').trim_start_matches("./");
    if path.starts_with('/') { path.to_owned() } else { format!("{dir}/{path}") }
}

/// How many names a directory lists, without `.` and `..`.
fn entries(sys: &mut dyn Sys, path: &[u8]) -> Option<usize> {
    let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY;
    let fd = sys.openat(AT_FDCWD, path, flags, 0).ok()?;
    let mut names = 0;
    loop {
        match sys.getdents(fd, 1024) {
            Ok(some) if some.is_empty() => return Some(names),
            Ok(some) => {
                names += some.iter().filter(|it| it.name != b"." && it.name != b"..").count()
            }
            Err(_) => return None,
        }
    }
}

/// What goals are asked of: the state, and what the learner did since a step of the journal.
pub struct Question<'a> {
    pub session: &'a Session,
    pub dir: &'a str,
    /// Steps of the journal before this one do not count for `ran` and `printed`.
    pub since: usize,
}

impl Question<'_> {
    /// Is it true now?
    pub fn holds(&self, goal: &Predicate) -> bool {
        let mut kernel = self.session.machine().kernel.clone();
        let pid = self.session.shell();
        self.ask(&mut kernel, pid, goal)
    }

    fn ask(&self, kernel: &mut Kernel, pid: Pid, goal: &Predicate) -> bool {
        let full = |path: &str| absolute(self.dir, path).into_bytes();
        let stat = |kernel: &mut Kernel, path: &str| -> Option<Attr> {
            kernel.sys(pid).statat(AT_FDCWD, &full(path), at::SYMLINK_NOFOLLOW).ok()
        };
        let is_whiteout = |it: &Attr| it.kind == FileType::Chr && it.rdev == Dev::new(0, 0);
        let text = |kernel: &mut Kernel, path: &str| {
            let bytes = read_whole(&mut kernel.sys(pid), &full(path)).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        match goal {
            Predicate::Exists(path) => stat(kernel, path).is_some_and(|it| !is_whiteout(&it)),
            Predicate::Absent(path) => stat(kernel, path).is_none(),
            Predicate::IsDir(path) => stat(kernel, path).is_some_and(|it| it.is_dir()),
            Predicate::Whiteout(path) => stat(kernel, path).is_some_and(|it| is_whiteout(&it)),
            Predicate::Opaque(path) => {
                let names: [&[u8]; 2] = [b"trusted.overlay.opaque", b"user.overlay.opaque"];
                names.iter().any(|name| {
                    kernel.sys(pid).getxattr(&full(path), name, false).ok().as_deref() == Some(b"y")
                })
            }
            Predicate::Xattr(path, name, value) => {
                let found = kernel.sys(pid).getxattr(&full(path), name.as_bytes(), false).ok();
                found.is_some_and(|it| value.as_ref().is_none_or(|want| it == want.as_bytes()))
            }
            Predicate::Content(path, want) => text(kernel, path)
                .is_some_and(|it| it.trim_end_matches('\n') == want.trim_end_matches('\n')),
            Predicate::Has(path, part) => text(kernel, path).is_some_and(|it| it.contains(part)),
            Predicate::Prints(line, want) => self
                .tried(line)
                .is_some_and(|it| it.trim_end_matches('\n') == want.trim_end_matches('\n')),
            Predicate::PrintsPart(line, part) => {
                self.tried(line).is_some_and(|it| it.contains(part))
            }
            Predicate::Mounted(path) => self.mount(kernel, path).is_some(),
            Predicate::Unmounted(path) => self.mount(kernel, path).is_none(),
            Predicate::ReadOnly(path) => self.mount(kernel, path).is_some_and(|it| it.read_only),
            Predicate::Lowers(path, n) => self
                .mount(kernel, path)
                .is_some_and(|it| it.layers.iter().filter(|layer| !layer.writable).count() == *n),
            Predicate::Ran(part) => self.done().any(|it| it.line.contains(part)),
            Predicate::Printed(part) => {
                self.done().any(|it| String::from_utf8_lossy(&it.output).contains(part))
            }
            Predicate::Same(a, b) => match (stat(kernel, a), stat(kernel, b)) {
                (Some(a), Some(b)) => (a.ino, a.dev) == (b.ino, b.dev),
                _ => false,
            },
            Predicate::Differ(a, b) => match (stat(kernel, a), stat(kernel, b)) {
                (Some(a), Some(b)) => a.ino != b.ino,
                _ => false,
            },
            Predicate::Size(path, compare, n) => {
                stat(kernel, path).is_some_and(|it| compare.holds(it.size, *n))
            }
            Predicate::Mode(path, bits) => {
                stat(kernel, path).is_some_and(|it| it.mode.bits() & 0o7777 == *bits)
            }
            Predicate::Links(path, n) => {
                stat(kernel, path).is_some_and(|it| u64::from(it.nlink) == *n)
            }
            Predicate::Entries(path, n) => {
                entries(&mut kernel.sys(pid), &full(path)).is_some_and(|it| it == *n)
            }
            Predicate::CmdCount(most) => {
                let learner = self.session.entries().iter().take(self.session.at());
                learner.filter(|it| !it.setup).count() <= *most
            }
            Predicate::Not(goal) => !self.ask(kernel, pid, goal),
        }
    }

    /// What a command would print, tried in a copy of the machine; nothing if it does not end soon.
    fn tried(&self, line: &str) -> Option<String> {
        /// Slices of the scheduler: far more than a command takes that only looks at something.
        const PATIENCE: u64 = 200_000;
        let mut machine = self.session.machine().clone();
        let text = format!("cd {}; {line}\n", self.dir);
        machine.feed(b"");
        machine.take_output();
        let pid = machine.start_script(text.as_bytes(), &[b"bash".to_vec()]);
        let ran = machine.run(Some(pid), PATIENCE);
        let printed = machine.take_output().into_iter().filter(|it| !it.0);
        let bytes: Vec<u8> = printed.flat_map(|it| it.1).collect();
        (ran == Ran::Over).then(|| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn done(&self) -> impl Iterator<Item = &crate::machine::journal::Entry> {
        let at = self.session.at();
        self.session.entries().iter().take(at).skip(self.since).filter(|it| !it.setup)
    }

    fn mount(&self, kernel: &mut Kernel, path: &str) -> Option<crate::view::MountInfo> {
        let target = absolute(self.dir, path);
        let none = crate::store::Map::new();
        build::mounts(kernel, &none).into_iter().rev().find(|it| it.target == target)
    }
}
