//! Random operations on a union, each done on a plain directory too: what can be seen is the same.
//! And what must always hold: lower branches never change, the recorded writes make the same branch
//! again, a snapshot is not touched by what comes after it, and a new mount shows the same.

use crate::cred::Cred;
use crate::errno::Errno;
use crate::machine::Machine;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::trace::Step;
use crate::types::{FileType, Mode, OpenFlags, RenameFlags, Result};
use crate::vfs::Kernel;

/// Branches and policies, by turns.
const MOUNTS: [&str; 3] = [
    "br:/rw=rw:/ro1=ro+wh:/ro2=ro+wh",
    "br:/rw=rw:/rx=rw:/ro1=ro+wh:/ro2=ro+wh,create=rr,cpup=bu",
    "br:/ro1=ro+wh:/rw=rw:/rx=rw+nolwh:/ro2=ro+wh,cpup=bup",
];

const LOWERS: &str = "mkdir -p /rw /rx /m; for l in /ro1 /ro2; do mkdir -p $l/a/b $l/c; done
echo 1 > /ro1/a/x; echo 2 > /ro2/a/x; echo 3 > /ro2/a/y; echo 4 > /ro1/d; echo 5 > /ro2/c/z
touch /ro1/c/.wh.z; ln /ro2/a/y /ro2/y; ln -s a /ro1/x; mkdir /ro2/a/b/c; touch /ro1/a/b/.wh..wh..opq
mount -t aufs -o $BRANCHES none /m; cp -a /m /plain\n";

/// A generator of numbers: the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }

    fn path(&mut self) -> String {
        let depth = [1, 1, 2, 2, 2, 3][self.roll(6)];
        let mut out = String::new();
        for _ in 0..depth {
            out.push('/');
            out.push(char::from(b"abcxy"[self.roll(5)]));
        }
        out
    }
}

#[derive(Debug)]
enum Op {
    Write(String),
    Append(String),
    Mkdir(String),
    Unlink(String),
    Rmdir(String),
    Rename(String, String),
    Link(String, String),
    Symlink(String),
    Chmod(String, u32),
    Truncate(String),
}

fn random(dice: &mut Dice) -> Op {
    let path = dice.path();
    match dice.roll(16) {
        0..=3 => Op::Write(path),
        4 => Op::Append(path),
        5..=7 => Op::Mkdir(path),
        8 | 9 => Op::Unlink(path),
        10 => Op::Rmdir(path),
        11 | 12 => Op::Rename(path, dice.path()),
        13 => Op::Link(path, dice.path()),
        14 => match dice.roll(2) {
            0 => Op::Symlink(path),
            _ => Op::Chmod(path, [0o600, 0o644, 0o755][dice.roll(3)]),
        },
        _ => Op::Truncate(path),
    }
}

fn put(sys: &mut dyn Sys, path: &[u8], more: OpenFlags) -> Result<()> {
    let flags = OpenFlags::WRONLY | OpenFlags::NOFOLLOW | more;
    let fd = sys.openat(AT_FDCWD, path, flags, 0o644)?;
    let done = sys.write(fd, b"written\n").map(drop);
    sys.close(fd)?;
    done
}

fn act(sys: &mut dyn Sys, root: &str, op: &Op) -> Result<()> {
    let full = |path: &str| format!("{root}{path}").into_bytes();
    let (create, append) = (OpenFlags::CREAT | OpenFlags::TRUNC, OpenFlags::APPEND);
    match op {
        Op::Write(path) => put(sys, &full(path), create),
        Op::Append(path) => put(sys, &full(path), append),
        Op::Mkdir(path) => sys.mkdirat(AT_FDCWD, &full(path), 0o755),
        Op::Unlink(path) => sys.unlinkat(AT_FDCWD, &full(path), 0),
        Op::Rmdir(path) => sys.unlinkat(AT_FDCWD, &full(path), at::REMOVEDIR),
        Op::Rename(from, to) => {
            sys.renameat2(AT_FDCWD, &full(from), AT_FDCWD, &full(to), RenameFlags::NONE)
        }
        Op::Link(from, to) => sys.linkat(AT_FDCWD, &full(from), AT_FDCWD, &full(to), 0),
        Op::Symlink(path) => sys.symlinkat(b"a", AT_FDCWD, &full(path)),
        Op::Chmod(path, mode) => sys.fchmodat(AT_FDCWD, &full(path), Mode::new(*mode)),
        Op::Truncate(path) => sys.truncate(&full(path), 2),
    }
}

/// Everything below a directory: path, kind, mode, names of the inode, contents.
fn tree(sys: &mut dyn Sys, root: &str, dir: &str, out: &mut Vec<String>) {
    let at = format!("{root}{dir}").into_bytes();
    let flags = OpenFlags::RDONLY | OpenFlags::DIRECTORY;
    let fd = sys.openat(AT_FDCWD, &at, flags, 0).unwrap();
    let mut names = Vec::new();
    loop {
        let some = sys.getdents(fd, 64).unwrap();
        if some.is_empty() {
            break;
        }
        names.extend(some.into_iter().map(|it| String::from_utf8(it.name).unwrap()));
    }
    sys.close(fd).unwrap();
    names.sort();
    for name in names.iter().filter(|it| *it != "." && *it != "..") {
        let path = format!("{dir}/{name}");
        let full = format!("{root}{path}").into_bytes();
        let attr = sys.statat(AT_FDCWD, &full, at::SYMLINK_NOFOLLOW).unwrap();
        let text = match attr.kind {
            FileType::Reg => crate::machine::journal::read_whole(sys, &full).unwrap(),
            FileType::Symlink => sys.readlinkat(AT_FDCWD, &full).unwrap(),
            _ => Vec::new(),
        };
        let links = if attr.is_dir() { 0 } else { attr.nlink };
        let text = String::from_utf8_lossy(&text).into_owned();
        out.push(format!("{path} {:?} {:o} {links} {text:?}", attr.kind, attr.mode.bits()));
        if attr.is_dir() {
            tree(sys, root, &path, out);
        }
    }
}

fn seen(kernel: &mut Kernel, pid: i32, root: &str) -> String {
    let mut out = Vec::new();
    tree(&mut kernel.sys(pid), root, "", &mut out);
    out.join("\n")
}

/// Does again, on the state before, what the trace says was written.
fn replayed(before: &Kernel, steps: &[Step]) -> Kernel {
    let mut kernel = before.clone();
    for step in steps {
        if let Step::Write { fs, write, errno: None, .. } = step {
            let done = kernel.cx(&Cred::root(), |cx| crate::overlay::replay(cx, *fs, write));
            done.unwrap_or_else(|errno| panic!("{errno}: {step:?}"));
        }
    }
    kernel
}

fn play(seed: u64, count: usize) -> usize {
    let mut machine = Machine::boot();
    let data = MOUNTS[seed as usize % MOUNTS.len()];
    machine.run_script(LOWERS.replace("$BRANCHES", data).as_bytes());
    let pid = machine.init();
    let mut kernel = machine.kernel;
    let lowers = [seen(&mut kernel, pid, "/ro1"), seen(&mut kernel, pid, "/ro2")];
    let (mut dice, mut done) = (Dice(seed), 0);
    for n in 0..count {
        let op = random(&mut dice);
        let before = kernel.clone();
        let shown = seen(&mut kernel, pid, "/m");
        kernel.trace.set_on(true);
        let union = act(&mut kernel.sys(pid), "/m", &op);
        let steps = kernel.trace.take();
        kernel.trace.set_on(false);
        let at = format!("seed {seed}, operation {n}: {op:?} gave {union:?}");
        // What a read-only branch on top has cannot be changed at all.
        if !matches!(union, Err(Errno::EXDEV | Errno::EROFS)) {
            let plain = act(&mut kernel.sys(pid), "/plain", &op);
            assert_eq!(union, plain, "{at}");
        }
        done += usize::from(union.is_ok());
        let now = seen(&mut kernel, pid, "/m");
        assert_eq!(now, seen(&mut kernel, pid, "/plain"), "{at}");
        let lower = [seen(&mut kernel, pid, "/ro1"), seen(&mut kernel, pid, "/ro2")];
        assert_eq!(lower, lowers, "{at}");
        assert_eq!(shown, seen(&mut before.clone(), pid, "/m"), "{at}: a snapshot has changed");
        let mut again = replayed(&before, &steps);
        for branch in ["/rw", "/rx"] {
            assert_eq!(seen(&mut again, pid, branch), seen(&mut kernel, pid, branch), "{at}");
        }
    }
    // How many names a file had that are hidden now is forgotten with the mount.
    let names = |text: String| -> Vec<String> {
        let words = |line: &str| line.split(' ').take(3).collect::<Vec<_>>().join(" ");
        text.lines().map(words).collect()
    };
    let shown = names(seen(&mut kernel, pid, "/m"));
    let mut sys = kernel.sys(pid);
    sys.umount(b"/m", 0).unwrap();
    sys.mount(b"none", b"/m", b"aufs", 0, data.as_bytes()).unwrap();
    let now = names(seen(&mut kernel, pid, "/m"));
    assert_eq!(shown, now, "seed {seed}: another mount shows something else");
    done
}

#[test]
fn a_union_behaves_as_a_plain_directory() {
    let done: usize = (1..=6).map(|seed| play(seed, 120)).sum();
    assert!(done > 150, "most operations do nothing: {done}");
}

#[test]
#[ignore = "long: LAYERGLASS_FUZZ=COUNT of seeds, for whoever changes src/aufs"]
fn a_union_behaves_as_a_plain_directory_for_long() {
    let count = std::env::var("LAYERGLASS_FUZZ").ok().and_then(|it| it.parse().ok()).unwrap_or(100);
    for seed in 0..count {
        play(1000 + seed, 150);
    }
}
