//! A mounted overlay with what calls need, driven by short lines of text.

use crate::cred::Cred;
use crate::errno::Errno;
use crate::fs::{Clock, Cx, Disks, checked};
use crate::memfs::{MemFs, Profile as Kind};
use crate::overlay::{self, LayerRoot, MountArgs, MountHost, Options, Overlay, Profile};
use crate::trace::{Step, Tracer};
use crate::types::{
    Dev, FileType, FsId, Ino, Mode, Name, NodeKind, OpenFlags, RenameFlags, Result, SetAttr,
    XattrMode,
};
use std::fmt::Write as _;

#[derive(Clone)]
pub struct Bed {
    pub disks: Disks,
    clock: Clock,
    trace: Tracer,
    cred: Cred,
    pub base: FsId,
    pub over: FsId,
    options: String,
    profile: Profile,
}

/// Option paths are names in the root of the base disk.
struct Host {
    base: FsId,
    devs: u32,
    profile: Profile,
}

impl MountHost for Host {
    fn resolve(&mut self, cx: &mut Cx<'_>, path: &[u8]) -> Result<LayerRoot> {
        let ino = walk(cx, self.base, path)?;
        Ok(LayerRoot { fs: self.base, ino, mount: 1, flags: 0 })
    }
    fn anon_dev(&mut self) -> Dev {
        self.devs += 1;
        Dev::new(0, self.devs)
    }
    fn profile(&self) -> Profile {
        self.profile
    }
}

fn name(bytes: &[u8]) -> Name<'_> {
    Name::new(bytes).expect("a name")
}

/// Follows names from the root; `.` and empty ones stay.
fn walk(cx: &mut Cx<'_>, fs: FsId, path: &[u8]) -> Result<Ino> {
    let mut at = cx.on(fs, |f, _| f.root());
    for part in path.split(|&b| b == b'/').filter(|it| !it.is_empty() && *it != b".") {
        at = cx.on(fs, |f, cx| f.lookup(cx, at, Name::new(part)?))?;
    }
    Ok(at)
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Bed {
    /// An overlay over so many empty lower layers.
    pub fn new(lowers: usize) -> Bed {
        Bed::with_fixture(lowers, "")
    }

    pub fn with_fixture(lowers: usize, fixture: &str) -> Bed {
        let mut bed = Bed::blank(lowers, Profile::V6_18);
        for line in fixture.lines() {
            bed.lay(line);
        }
        bed.mount().expect("mounts");
        bed
    }

    pub fn of_profile(profile: Profile) -> Bed {
        let mut bed = Bed::blank(1, profile);
        bed.mount().expect("mounts");
        bed
    }

    /// Tries to mount with these options: error and log.
    pub fn try_options(options: &str) -> (Option<Errno>, Vec<String>) {
        let mut bed = Bed::blank(2, Profile::V6_18);
        bed.options = options.to_owned();
        match bed.mount() {
            Ok(()) => (None, Vec::new()),
            Err(err) => (Some(err.errno), err.log),
        }
    }

    fn blank(lowers: usize, profile: Profile) -> Bed {
        let mut disks = Disks::default();
        let base = disks.add(Box::new(MemFs::new(Kind::Tmpfs)));
        let names: Vec<String> = (1..=lowers).map(|n| format!("l{n}")).collect();
        let mut bed = Bed {
            disks,
            clock: Clock::default(),
            trace: Tracer::off(),
            cred: Cred::root(),
            base,
            over: base,
            options: format!("lowerdir={},upperdir=u,workdir=w", names.join(":")),
            profile,
        };
        for dir in names.iter().map(String::as_str).chain(["u", "w"]) {
            bed.lay(&format!("d {dir}"));
        }
        bed
    }

    fn cx<R>(&mut self, f: impl FnOnce(&mut Cx<'_>) -> R) -> R {
        self.clock.tick();
        let Bed { disks, clock, trace, cred, .. } = self;
        f(&mut Cx { disks, cred, clock, trace })
    }

    /// Mounts (again).
    pub fn mount(&mut self) -> std::result::Result<(), overlay::MountError> {
        let mut host = Host { base: self.base, devs: 50, profile: self.profile };
        let options = self.options.clone();
        let args = MountArgs { options: Options::Data(options.as_bytes()), read_only: false };
        let mounted = self.cx(|cx| overlay::mount(cx, args, &mut host))?;
        self.over = self.disks.add(mounted.overlay);
        Ok(())
    }

    /// Unmounts as a crash does: nothing more is written.
    pub fn unmount(&mut self) {
        let over = self.over;
        self.cx(|cx| cx.on(over, |f, cx| f.unmounted(cx)));
        self.disks.remove(over);
    }

    pub fn overlay(&self) -> &Overlay {
        let fs = self.disks.peek(self.over).expect("mounted");
        fs.as_any().downcast_ref().expect("an overlay")
    }

    pub fn overlay_mut(&mut self) -> &mut Overlay {
        let over = self.over;
        let fs = self.disks.peek_mut(over).expect("mounted");
        fs.as_any_mut().downcast_mut().expect("an overlay")
    }

    pub fn keeps_versions(&mut self) -> bool {
        let base = self.base;
        self.cx(|cx| cx.on(base, |f, cx| f.version(cx, f.root()))).is_some()
    }

    /// What the kernel does before it changes something on the base disk.
    pub fn warn(&mut self, path: &str) {
        let base = self.base;
        self.cx(|cx| {
            let ino = walk(cx, base, path.as_bytes()).expect("a place");
            overlay::warn_of_change(cx, base, ino);
        });
    }

    pub fn record(&mut self) {
        self.trace = Tracer::recording();
    }

    pub fn steps(&mut self) -> Vec<Step> {
        let steps = self.trace.take();
        self.trace = Tracer::off();
        steps
    }

    /// Lays something on the base disk: `d PATH`, `f PATH [DATA]`, `w PATH` (whiteout).
    fn lay(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (verb, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let base = self.base;
        let (dir, last) = split(path);
        if !dir.is_empty() && self.cx(|cx| walk(cx, base, dir.as_bytes())).is_err() {
            self.lay(&format!("d {dir}"));
        }
        let kind = match verb {
            "d" => NodeKind::Dir,
            "w" => NodeKind::Chr(Dev::default()),
            _ => NodeKind::Reg,
        };
        let mode = Mode::new(if verb == "d" { 0o755 } else { 0o644 });
        let data = words.next().unwrap_or("");
        self.cx(|cx| {
            let dir = walk(cx, base, dir.as_bytes())?;
            let ino = checked::create(cx, base, dir, name(last.as_bytes()), kind, mode, 0)?;
            put(cx, base, ino, data.as_bytes())
        })
        .expect("a fixture");
    }

    pub fn find(&mut self, path: &str) -> Result<Ino> {
        let over = self.over;
        self.cx(|cx| walk(cx, over, path.as_bytes()))
    }

    /// One operation on the overlay.
    pub fn run(&mut self, line: &str) -> Result<()> {
        let over = self.over;
        let words: Vec<&str> = line.split(' ').collect();
        let (dir, last) = split(words[1]);
        let target = *words.get(2).unwrap_or(&"");
        let (to_dir, to_last) = split(target);
        let verb = words[0];
        let text = target.as_bytes().to_vec();
        self.cx(|cx| {
            let (at, last) = (walk(cx, over, dir.as_bytes())?, name(last.as_bytes()));
            let here = cx.on(over, |f, cx| f.lookup(cx, at, last));
            let make = |cx: &mut Cx<'_>, kind, mode| {
                checked::create(cx, over, at, last, kind, Mode::new(mode), 0o022).map(drop)
            };
            match verb {
                "mkdir" => make(cx, NodeKind::Dir, 0o777),
                "create" => make(cx, NodeKind::Reg, 0o666),
                "symlink" => make(cx, NodeKind::Symlink(b"target".to_vec()), 0o777),
                "mkfifo" => make(cx, NodeKind::Fifo, 0o666),
                "unlink" => checked::unlink(cx, over, at, last, here?),
                "rmdir" => checked::rmdir(cx, over, at, last, here?),
                "chmod" => checked::chmod(cx, over, here?, Mode::new(0o600)),
                "chown" => checked::chown(cx, over, here?, Some(7), Some(8)),
                "truncate" => {
                    let set = SetAttr { size: Some(2), ..SetAttr::default() };
                    checked::setattr(cx, over, here?, &set)
                }
                "setxattr" => checked::setxattr(cx, over, here?, b"user.k", b"v", XattrMode::Set),
                "flags" => checked::set_flags(cx, over, here?, 0x20),
                "unflag" => checked::set_flags(cx, over, here?, 0),
                "write" => put(cx, over, here?, &text),
                "link" | "rename" | "exchange" => {
                    let to = walk(cx, over, to_dir.as_bytes())?;
                    let to_name = name(to_last.as_bytes());
                    let there = cx.on(over, |f, cx| f.lookup(cx, to, to_name)).ok();
                    if verb == "link" {
                        return checked::link(cx, over, here?, to, to_name, false);
                    }
                    let flags = match verb {
                        "exchange" => RenameFlags::EXCHANGE,
                        _ => RenameFlags::NONE,
                    };
                    let from = (at, last, here?);
                    checked::rename(cx, over, from, (to, to_name, there), flags)
                }
                _ => unreachable!("{verb}"),
            }
        })
    }

    /// Names in a directory of the overlay, in its order.
    pub fn list(&mut self, path: &str) -> Vec<String> {
        let over = self.over;
        self.cx(|cx| {
            let dir = walk(cx, over, path.as_bytes())?;
            names(cx, over, dir)
        })
        .expect("lists")
    }

    /// The merged tree as text, by path.
    pub fn merged(&mut self) -> String {
        let over = self.over;
        self.tree(over, "")
    }

    /// A tree of the base disk as text, by path.
    pub fn raw(&mut self, dir: &str) -> String {
        let base = self.base;
        self.tree(base, dir)
    }

    fn tree(&mut self, fs: FsId, dir: &str) -> String {
        let mut out = String::new();
        self.cx(|cx| {
            let root = walk(cx, fs, dir.as_bytes())?;
            tree(cx, fs, root, ".", &mut out)
        })
        .expect("a tree");
        out
    }

    /// Does recorded writes again on these disks.
    pub fn replay(&mut self, steps: &[Step]) {
        for step in steps {
            if let Step::Write { fs, write, errno: None, .. } = step {
                self.cx(|cx| overlay::replay(cx, *fs, write))
                    .unwrap_or_else(|errno| panic!("{errno:?} at {write:?}"));
            }
        }
    }
}

fn put(cx: &mut Cx<'_>, fs: FsId, ino: Ino, data: &[u8]) -> Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    cx.on(fs, |f, cx| {
        let fh = f.open(cx, ino, OpenFlags::WRONLY)?;
        let res = f.write(cx, ino, fh, 0, data);
        f.release(cx, ino, fh);
        res.map(drop)
    })
}

fn names(cx: &mut Cx<'_>, fs: FsId, dir: Ino) -> Result<Vec<String>> {
    cx.on(fs, |f, cx| {
        let fh = f.open(cx, dir, OpenFlags::RDONLY | OpenFlags::DIRECTORY)?;
        let mut out = Vec::new();
        let res = f.readdir(cx, dir, fh, 0, &mut |entry| {
            let text = String::from_utf8_lossy(entry.name).into_owned();
            if text != "." && text != ".." {
                out.push(text);
            }
            true
        });
        f.release(cx, dir, fh);
        res.map(|()| out)
    })
}

/// One line an object: what it is, not when.
fn tree(cx: &mut Cx<'_>, fs: FsId, ino: Ino, path: &str, out: &mut String) -> Result<()> {
    let attr = cx.on(fs, |f, cx| f.peek_attr(cx, ino))?;
    let letter = match attr.kind {
        FileType::Dir => "d",
        FileType::Reg => "f",
        FileType::Symlink => "l",
        FileType::Chr => "c",
        _ => "o",
    };
    write!(out, "{path} {letter} {:04o} {}:{}", attr.mode.bits(), attr.uid, attr.gid).ok();
    if attr.kind == FileType::Reg {
        let text = cx.on(fs, |f, cx| {
            let fh = f.open(cx, ino, OpenFlags::RDONLY)?;
            let mut buf = vec![0; attr.size as usize];
            let res = f.read(cx, ino, fh, 0, &mut buf);
            f.release(cx, ino, fh);
            res.map(|_| buf)
        })?;
        write!(out, " {:?}", String::from_utf8_lossy(&text)).ok();
    }
    let mut xattrs = cx.on(fs, |f, cx| f.listxattr(cx, ino)).unwrap_or_default();
    xattrs.sort();
    for key in xattrs {
        let value = cx.on(fs, |f, cx| f.getxattr(cx, ino, &key))?;
        write!(out, " {}={}", String::from_utf8_lossy(&key), value.len()).ok();
    }
    out.push('\n');
    if attr.is_dir() {
        let mut below = names(cx, fs, ino)?;
        below.sort();
        for child in below {
            let shown = if path == "." { child.clone() } else { format!("{path}/{child}") };
            match cx.on(fs, |f, cx| f.lookup(cx, ino, name(child.as_bytes()))) {
                Ok(found) => tree(cx, fs, found, &shown, out)?,
                Err(errno) => writeln!(out, "{shown} !{errno:?}").unwrap_or_default(),
            }
        }
    }
    Ok(())
}
