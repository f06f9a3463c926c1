//! What can be seen after an operation: the merged tree and every raw layer, one line an object.
//!
//! Normalised, and nothing else is: inode numbers become labels by first appearance (`i7`, shared
//! by raw and merged objects when all layers are on one file system), devices letters, times the
//! operation that set them (`t5`) unless a script chose them (`@5`), file handles the label of
//! the object that they name, temporary names `#1`, `#2`, entries of an index `@i7` after the object
//! that their name stands for, and the overlay's uuid `*`.

use super::lab::{BASE, Lab};
use super::word;
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::{Attr, Dev, Dirent, FileType, OpenFlags, Result, Timespec, Whence};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Objects by path, each as a line without its path.
pub type Seen = BTreeMap<String, String>;

type Key = (Dev, u64, FileType);

/// A name for an inode number.
#[derive(Clone)]
struct Label {
    number: u32,
    /// The last look that met it.
    round: u32,
    /// When the raw object was born: a number may be given to another one at once.
    born: Option<Timespec>,
}

/// Which trees to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Merged and raw.
    All,
    /// The raw layers alone: nothing that could change an overlay by looking.
    Raw,
    /// Nothing.
    Nothing,
}

/// Remembers what the labels stand for.
#[derive(Clone, Default)]
pub struct Observer {
    inos: BTreeMap<Key, Label>,
    last_ino: u32,
    round: u32,
    devs: Vec<Dev>,
    /// Where the operations begin: no stamp of an operation is older than its
    /// beginning or as late as the next. The clock may tick inside an operation, and nobody may
    /// look for a while: who set a stamp can be told all the same.
    starts: Vec<Timespec>,
    temps: BTreeMap<Vec<u8>, u32>,
    /// The object that a handle is of, and its label when the handle was learnt.
    handles: BTreeMap<Vec<u8>, (Key, u32)>,
    /// Raw objects that need not be read again while their ctime stands.
    known: BTreeMap<Key, (Timespec, String)>,
    /// Trust ctime of raw objects (fast) or read everything again (thorough).
    pub fast: bool,
    /// On one file system: (device of the overlay, device of its layers).
    same: Option<(Dev, Dev)>,
}

const DIR: OpenFlags = OpenFlags(OpenFlags::DIRECTORY.0 | OpenFlags::NOATIME.0);
const FILE: OpenFlags =
    OpenFlags(OpenFlags::NOATIME.0 | OpenFlags::NOFOLLOW.0 | OpenFlags::NONBLOCK.0);

/// One tree on its way into [`Seen`].
struct Walk<'a> {
    sys: &'a mut dyn Sys,
    raw: bool,
    out: &'a mut Seen,
}

impl Observer {
    /// Looks at the lab.
    pub fn look(&mut self, sys: &mut dyn Sys, lab: &Lab, mounted: bool, what: Look) -> Seen {
        let mut seen = Seen::new();
        if what == Look::Nothing {
            return seen;
        }
        self.round += 1;
        let all = what == Look::All;
        let lowers = lab.lowers.iter().chain(&lab.data).map(String::as_str);
        for root in lowers.chain(["u", "w"].into_iter().filter(|_| lab.upper)) {
            self.tree(&mut Walk { sys: &mut *sys, raw: true, out: &mut seen }, root);
        }
        if !mounted {
            // Numbers of devices that are gone go to whoever mounts next on the machine.
            self.devs.clear();
        }
        if all && mounted {
            self.same = None;
            let roots = (sys.statat(AT_FDCWD, b"m/.", 0), sys.statat(AT_FDCWD, b"l1/.", 0));
            if let (true, (Ok(over), Ok(layer))) = (lab.is_samefs(), roots) {
                self.same = Some((over.dev, layer.dev));
            }
            self.tree(&mut Walk { sys: &mut *sys, raw: false, out: &mut seen }, "m");
        }
        if all {
            self.forget();
        }
        seen
    }

    /// Device numbers of an overlay that is gone may go to anybody on the machine, so a random
    /// script that does not look in between knows nothing of the next mount's.
    pub fn unmounted(&mut self) {
        if self.fast {
            let gone = std::mem::take(&mut self.devs);
            self.inos.retain(|key, _| !gone.contains(&key.0));
        }
    }

    /// Inode numbers of objects that are gone may come back for others.
    fn forget(&mut self) {
        let round = self.round;
        self.inos.retain(|_, it| it.round == round);
        self.known.retain(|key, _| self.inos.contains_key(key));
    }

    fn tree(&mut self, walk: &mut Walk<'_>, root: &str) {
        let path = format!("{root}/.");
        match walk.sys.statat(AT_FDCWD, path.as_bytes(), 0) {
            Ok(attr) => self.object(walk, &mut path.into_bytes(), root.to_owned(), &attr),
            Err(err) => drop(walk.out.insert(root.to_owned(), format!("!{}", err.name()))),
        }
    }

    fn object(&mut self, walk: &mut Walk<'_>, path: &mut Vec<u8>, shown: String, attr: &Attr) {
        let key = self.key(attr, walk.raw);
        // Not where a script looks through an overlay in a layer: a copy-up is a birth there.
        if walk.raw && self.fast {
            self.notice_birth(key, attr.btime);
        }
        let mut line = self.attr(attr, walk.raw);
        if self.fast {
            self.rest(attr, &mut line);
        }
        let fresh = !self.known.contains_key(&key);
        if walk.raw && fresh {
            self.learn_handle(walk.sys, path, key);
        }
        let memo = match self.known.get(&key) {
            Some((ctime, text)) if walk.raw && self.fast && *ctime == attr.ctime => text.clone(),
            _ => {
                let text = self.inside(walk.sys, path, attr);
                if walk.raw {
                    self.known.insert(key, (attr.ctime, text.clone()));
                }
                text
            }
        };
        line.push_str(&memo);
        if attr.is_dir() {
            self.children(walk, path, &shown, &mut line);
        }
        walk.out.insert(shown, line);
    }

    /// What traces leave to the operation `stat` and random comparison looks at everywhere.
    fn rest(&mut self, attr: &Attr, line: &mut String) {
        let ctime = self.stamp(attr.ctime);
        write!(line, " size={} blocks={} c{ctime}", attr.size, attr.blocks).ok();
    }

    /// Content and attributes that are not in `stat`.
    fn inside(&mut self, sys: &mut dyn Sys, path: &[u8], attr: &Attr) -> String {
        let mut text = String::new();
        match attr.kind {
            FileType::Reg => match contents(sys, path, attr.size) {
                Ok(it) => write!(text, " {it}"),
                Err(err) => write!(text, " !{}", err.name()),
            },
            FileType::Symlink => match sys.readlinkat(AT_FDCWD, path) {
                Ok(to) => write!(text, " -> {}", word::show(&to)),
                Err(err) => write!(text, " -> !{}", err.name()),
            },
            _ => Ok(()),
        }
        .ok();
        match sys.listxattr(path, false) {
            Ok(mut names) => {
                if !self.fast {
                    names.sort();
                }
                for name in names {
                    self.xattr(sys, path, &name, &mut text);
                }
            }
            Err(Errno::EOPNOTSUPP) => {}
            Err(err) => drop(write!(text, " xattrs!{}", err.name())),
        }
        text
    }

    fn xattr(&mut self, sys: &mut dyn Sys, path: &[u8], name: &[u8], text: &mut String) {
        let value = match sys.getxattr(path, name, false) {
            Ok(value) => self.xattr_value(name, &value),
            Err(err) => format!("!{}", err.name()),
        };
        write!(text, " {}={value}", word::show(name)).ok();
    }

    /// An attribute's value as shown.
    pub fn xattr_value(&mut self, name: &[u8], value: &[u8]) -> String {
        let private = name.strip_prefix(b"trusted.overlay.");
        match private.or(name.strip_prefix(b"user.overlay.")) {
            Some(b"uuid") if value.len() == 16 => "*".to_owned(),
            Some(b"origin" | b"upper") if value.len() > 21 && value[..2] == [0, 0xfb] => {
                self.handle(value)
            }
            _ if value.len() > 64 => word::digest(value),
            _ => word::show(value),
        }
    }

    fn handle(&mut self, value: &[u8]) -> String {
        let flags = match value[3] {
            0 => String::new(),
            it => format!("+{it:x}"),
        };
        let known = self.handles.get(&value[21..]).copied();
        match known.map(|(key, number)| (self.inos.get(&key), number)) {
            // Whether a number has been given to another object by now is chance.
            Some((_, number)) if self.fast => format!("i{number}{flags}"),
            Some((Some(label), _)) => format!("i{}{flags}", label.number),
            _ => format!("?{}{flags}", value.len()),
        }
    }

    fn learn_handle(&mut self, sys: &mut dyn Sys, path: &[u8], key: Key) {
        if let Ok((_, _, bytes)) = sys.name_to_handle_at(AT_FDCWD, path, 0) {
            let number = self.label(key);
            self.handles.insert(bytes, (key, number));
        }
    }

    fn children(
        &mut self,
        walk: &mut Walk<'_>,
        path: &mut Vec<u8>,
        shown: &str,
        line: &mut String,
    ) {
        let mut entries = match listing(walk.sys, path) {
            Ok(entries) => entries,
            Err(err) => {
                line.push_str(&format!(" !{}", err.name()));
                return;
            }
        };
        let len = path.len();
        let mut names = vec![String::new(); entries.len()];
        for at in self.visits(&entries) {
            let entry = &entries[at];
            let mut mark = String::new();
            if entry.name != b"." && entry.name != b".." {
                path.push(b'/');
                path.extend(&entry.name);
                match walk.sys.statat(AT_FDCWD, path, at::SYMLINK_NOFOLLOW) {
                    Ok(attr) => {
                        // On several disks equal numbers may be chance: not for random scripts.
                        let chance = self.fast && !walk.raw && self.same.is_none();
                        let differs = attr.ino != entry.ino && !chance;
                        mark.push_str(if differs { "!" } else { "" });
                        mark.push_str(if attr.kind == entry.kind { "" } else { "^" });
                        let name = format!("{shown}/{}", self.name(&entry.name));
                        self.object(walk, path, name, &attr);
                    }
                    Err(err) => write!(mark, "!{}", err.name()).unwrap_or_default(),
                }
                path.truncate(len);
            }
            names[at] = self.name(&entry.name) + &mark;
        }
        line.push_str(&order(&mut entries, &names, walk.raw, self.fast));
    }

    /// In which order to look at the entries of a directory: as they come, but for those of an index.
    /// Where these stand depends on numbers, and what is met first is labelled first.
    fn visits(&mut self, entries: &[Dirent]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        if entries.iter().any(|it| unhex(&it.name).is_some()) {
            order.sort_by_cached_key(|at| {
                let name = &entries[*at].name;
                unhex(name).map(|_| self.name(name))
            });
        }
        order
    }

    /// A name as shown: temporary ones by first appearance.
    fn name(&mut self, name: &[u8]) -> String {
        if let Some(handle) = unhex(name) {
            return self.index_name(&handle);
        }
        let hex = name.strip_prefix(b"#").unwrap_or_default();
        if hex.is_empty() || !hex.iter().all(u8::is_ascii_hexdigit) {
            return word::show(name);
        }
        let next = self.temps.len() as u32 + 1;
        format!("#{}", self.temps.entry(name.to_vec()).or_insert(next))
    }

    /// An entry of an index: its name is the handle of an object.
    fn index_name(&mut self, handle: &[u8]) -> String {
        match self.handle(handle) {
            known if known.starts_with('i') => format!("@{known}"),
            _ => {
                let next = self.temps.len() as u32 + 1;
                format!("@?{}", self.temps.entry(handle.to_vec()).or_insert(next))
            }
        }
    }

    fn key(&self, attr: &Attr, raw: bool) -> Key {
        let dev = match self.same {
            Some((over, layer)) if !raw && attr.dev == over => layer,
            _ => attr.dev,
        };
        (dev, attr.ino, attr.kind)
    }

    /// The label of an inode.
    fn label(&mut self, key: Key) -> u32 {
        let next = self.last_ino + 1;
        let entry = self.inos.entry(key).or_insert(Label { number: next, round: 0, born: None });
        entry.round = self.round;
        self.last_ino = self.last_ino.max(entry.number);
        entry.number
    }

    /// Forgets the label of a number that another object has now.
    fn notice_birth(&mut self, key: Key, born: Timespec) {
        if self.inos.get(&key).is_some_and(|it| it.born.is_some_and(|old| old != born)) {
            self.inos.remove(&key);
            self.known.remove(&key);
        }
        self.label(key);
        if let Some(label) = self.inos.get_mut(&key) {
            label.born = Some(born);
        }
    }

    /// An operation begins.
    pub fn begin(&mut self, time: Timespec) {
        self.starts.push(time);
    }

    /// A time as shown.
    pub fn stamp(&mut self, time: Timespec) -> String {
        if time.sec < BASE + 100_000_000 {
            let nanos = if time.nsec == 0 { String::new() } else { format!(".{:09}", time.nsec) };
            return format!("@{}{nanos}", time.sec - BASE);
        }
        format!("t{}", self.starts.partition_point(|it| *it <= time))
    }

    /// Type, mode, owner, links, identity, times.
    fn attr(&mut self, attr: &Attr, raw: bool) -> String {
        let mut line = format!("{} {:04o}", letter(attr.kind), attr.mode.bits());
        if (attr.uid, attr.gid) != (0, 0) {
            write!(line, " {}:{}", attr.uid, attr.gid).ok();
        }
        if attr.is_dir() || attr.nlink != 1 {
            write!(line, " n{}", attr.nlink).ok();
        }
        if matches!(attr.kind, FileType::Chr | FileType::Blk) {
            write!(line, " {}:{}", attr.rdev.major, attr.rdev.minor).ok();
        }
        let label = self.label(self.key(attr, raw));
        write!(line, " i{label}").ok();
        if !raw {
            if !self.devs.contains(&attr.dev) {
                self.devs.push(attr.dev);
            }
            let dev = self.devs.iter().position(|it| *it == attr.dev).unwrap_or_default();
            if dev != 0 {
                write!(line, " v{}", char::from(b'A' + (dev % 26) as u8)).ok();
            }
        }
        let mtime = self.stamp(attr.mtime);
        write!(line, " {mtime}").ok();
        // Looking at a symbolic link moves its atime: not shown, and not a stamp to compare with.
        if attr.kind != FileType::Symlink {
            let atime = self.stamp(attr.atime);
            if atime != mtime {
                write!(line, " a{atime}").ok();
            }
        }
        line
    }

    /// The answer of `stat` in full, for a script that asks.
    pub fn stat(&mut self, attr: &Attr, raw: bool) -> String {
        let mut line = self.attr(attr, raw);
        if attr.nlink == 1 && !attr.is_dir() {
            line.push_str(" n1");
        }
        write!(line, " size={} blocks={} ctime={}", attr.size, attr.blocks, self.stamp(attr.ctime))
            .ok();
        line
    }
}

fn letter(kind: FileType) -> char {
    match kind {
        FileType::Reg => 'f',
        FileType::Dir => 'd',
        FileType::Symlink => 'l',
        FileType::Fifo => 'p',
        FileType::Sock => 's',
        FileType::Chr => 'c',
        FileType::Blk => 'b',
    }
}

/// The order of a listing, with positions where they tell something (`full`: all of them).
fn order(entries: &mut [Dirent], names: &[String], raw: bool, full: bool) -> String {
    let dots = entries.iter().take(2).map(|it| &it.name[..]).eq([&b"."[..], b".."]);
    let mut shown: Vec<&str> = names[if dots { 2 } else { 0 }..].iter().map(|it| &it[..]).collect();
    let counted = entries.iter().enumerate().all(|(n, it)| it.off == n as i64 + 1);
    let hashed = entries.iter().any(|it| (100_000..i64::MAX).contains(&it.off));
    // The number in a temporary name decides about its place, and so does that in an index where
    // names are hashed: they go last.
    let last = |it: &str| match it.as_bytes().first() {
        Some(b'#') => 1,
        Some(b'@') if hashed => 2,
        _ => 0,
    };
    let temporary = shown.iter().any(|it| last(it) > 0);
    shown.sort_by_key(|it| (last(it), if last(it) == 2 { *it } else { "" }));
    let mut out = format!(" [{}", shown.join(" "));
    let telling = full || (!raw && !counted && !hashed);
    if telling && !temporary {
        out.push_str(" /");
        for entry in entries {
            match entry.off {
                i64::MAX => out.push_str(" end"),
                off => write!(out, " {off}").unwrap_or_default(),
            }
        }
    }
    out.push(']');
    out
}

/// The handle that a name of an index stands for.
fn unhex(name: &[u8]) -> Option<Vec<u8>> {
    if name.len() < 44 || !name.starts_with(b"00fb") {
        return None;
    }
    let digit = |it: &u8| char::from(*it).to_digit(16);
    let byte = |it: &[u8]| Some((digit(&it[0])? << 4 | digit(&it[1])?) as u8);
    name.chunks_exact(2).map(byte).collect()
}

/// All entries of a directory.
///
/// # Errors
/// Of `open` and `getdents`.
pub fn listing(sys: &mut dyn Sys, path: &[u8]) -> Result<Vec<Dirent>> {
    let fd = sys.openat(AT_FDCWD, path, DIR, 0)?;
    let mut all = Vec::new();
    let res = loop {
        match sys.getdents(fd, 4096) {
            Ok(part) if part.is_empty() => break Ok(all),
            Ok(part) => all.extend(part),
            Err(err) => break Err(err),
        }
    };
    sys.close(fd)?;
    res
}

/// A file's content as shown.
fn contents(sys: &mut dyn Sys, path: &[u8], size: u64) -> Result<String> {
    let fd = sys.openat(AT_FDCWD, path, FILE, 0)?;
    let res = match size <= 65536 {
        true => small(sys, fd, size),
        false => large(sys, fd, size),
    };
    sys.close(fd)?;
    res
}

fn small(sys: &mut dyn Sys, fd: i32, size: u64) -> Result<String> {
    let mut buf = vec![0u8; size as usize + 64];
    let len = sys.read(fd, &mut buf)?;
    let odd = if len as u64 == size { String::new() } else { format!(" size={size}") };
    Ok(word::content(&buf[..len]) + &odd)
}

/// Only the parts with data, each with its place.
fn large(sys: &mut dyn Sys, fd: i32, size: u64) -> Result<String> {
    let mut hash = word::Fnv::default();
    let mut buf = vec![0u8; 65536];
    let mut pos = 0;
    while let Ok(start) = sys.lseek(fd, pos, Whence::Data) {
        let end = sys.lseek(fd, start as i64, Whence::Hole)?;
        let mut off = start;
        while off < end {
            let want = buf.len().min((end - off) as usize);
            let got = sys.pread(fd, &mut buf[..want], off)?;
            if got == 0 {
                break;
            }
            for (block, bytes) in buf[..got].chunks(512).enumerate() {
                if bytes.iter().any(|it| *it != 0) {
                    hash.add(&(off + block as u64 * 512).to_le_bytes());
                    hash.add(bytes);
                }
            }
            off += got as u64;
        }
        pos = end as i64;
    }
    Ok(format!("size={size} data={}", hash.show()))
}

/// What changed, as lines of a trace.
pub fn changes(before: &Seen, after: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, line) in after {
        match before.get(path) {
            None => lines.push((path, format!("+ {path} {line}"))),
            Some(old) if old != line => lines.push((path, format!("~ {path} {line}"))),
            Some(_) => {}
        }
    }
    lines.extend(
        before.keys().filter(|it| !after.contains_key(*it)).map(|it| (it, format!("- {it}"))),
    );
    lines.sort();
    lines.into_iter().map(|it| it.1).collect()
}
