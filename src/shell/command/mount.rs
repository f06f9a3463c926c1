//! `mount`: lists and makes mounts.

use super::common::mounts::{self, Mount};
use super::ctx::Ctx;
use super::realpath::{Missing, canonical};
use super::{Command, Package, Start};
use crate::block::{Ask, Setup, Tell};
use crate::errno::Errno;
use crate::sys::ms;
use crate::types::FileType;

pub const COMMAND: Command = Command {
    name: "mount",
    usage: "\nUsage:\n {} [-lhV]\n {} -a [options]\n {} [options] [--source] <source> | [--target] <directory>\n {} [options] <source> <directory>\n {} <operation> <mountpoint> [<target>]\n\nMount a filesystem.\n",
    summary: "mount a file system, or list mounts",
    package: Package::Other(
        "mount from util-linux 2.38.1 (libmount 2.38.1: selinux, smack, btrfs, verity, namespaces, assert, debug)",
    ),
    trouble: 1,
    start: if cfg!(feature = "all-commands") { Start::Swift(run) } else { Start::Program(small) },
};

/// In the machine without all commands, where AUFS is not either: a mount that may want one is for the
/// other machine.
fn small(call: super::Invocation) -> Box<dyn crate::shell::program::Program> {
    match call.argv.iter().any(|word| word.ends_with(b"aufs")) {
        true => Box::<super::elsewhere::Elsewhere>::default(),
        false => Box::new(super::once::Once::swift(call, run)),
    }
}

/// Exit status of a mount that the kernel refused.
const FAILED: i32 = 32;

/// Options that become flags: name, flag, set or clear.
const FLAGS: &[(&str, u64, bool)] = &[
    ("ro", ms::RDONLY, true),
    ("rw", ms::RDONLY, false),
    ("nosuid", ms::NOSUID, true),
    ("suid", ms::NOSUID, false),
    ("nodev", ms::NODEV, true),
    ("dev", ms::NODEV, false),
    ("noexec", ms::NOEXEC, true),
    ("exec", ms::NOEXEC, false),
    ("sync", 16, true),
    ("async", 16, false),
    ("dirsync", 128, true),
    ("noatime", ms::NOATIME, true),
    ("atime", ms::NOATIME, false),
    ("nodiratime", ms::NODIRATIME, true),
    ("diratime", ms::NODIRATIME, false),
    ("relatime", ms::RELATIME, true),
    ("norelatime", ms::RELATIME, false),
    ("strictatime", ms::STRICTATIME, true),
    ("nostrictatime", ms::STRICTATIME, false),
    ("silent", 1 << 15, true),
    ("loud", 1 << 15, false),
    ("remount", ms::REMOUNT, true),
    ("bind", ms::BIND, true),
    ("rbind", ms::BIND | ms::REC, true),
    ("move", ms::MOVE, true),
];

/// Changes of propagation: option, flags.
const PROPAGATION: &[(&str, u64)] = &[
    ("private", ms::PRIVATE),
    ("rprivate", ms::PRIVATE | ms::REC),
    ("slave", ms::SLAVE),
    ("rslave", ms::SLAVE | ms::REC),
    ("shared", ms::SHARED),
    ("rshared", ms::SHARED | ms::REC),
    ("unbindable", 1 << 17),
    ("runbindable", 1 << 17 | ms::REC),
];

#[derive(Default)]
struct Wish {
    flags: u64,
    propagation: Vec<u64>,
    data: Vec<String>,
    types: Option<String>,
    verbose: bool,
    fake: bool,
    source: Option<String>,
    target: Option<String>,
    loop_device: bool,
}

impl Wish {
    /// Takes a list of options; quotes keep commas together.
    fn options(&mut self, list: &str) {
        for option in split(list) {
            if let Some((_, flag, on)) = FLAGS.iter().find(|f| f.0 == option) {
                if *on {
                    self.flags |= flag
                } else {
                    self.flags &= !flag
                }
                continue;
            }
            if let Some((_, flags)) = PROPAGATION.iter().find(|p| p.0 == option) {
                self.propagation.push(*flags);
                continue;
            }
            match option.as_str() {
                "defaults" => {
                    self.flags &= !(ms::RDONLY | ms::NOSUID | ms::NODEV | ms::NOEXEC | 16);
                }
                "auto" | "noauto" | "user" | "nouser" | "users" | "nofail" | "_netdev"
                | "owner" | "group" | "" => {}
                "loop" => self.loop_device = true,
                other
                    if other.starts_with("x-")
                        || other.starts_with("X-")
                        || other.starts_with("comment=") => {}
                other => {
                    let name = other.split('=').next().unwrap_or(other);
                    if other.contains('=') && self.flags & ms::REMOUNT != 0 {
                        self.data.retain(|d| d.split('=').next() != Some(name));
                    }
                    self.data.push(other.to_string());
                }
            }
        }
    }
}

fn split(list: &str) -> Vec<String> {
    let (mut all, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for ch in list.chars() {
        match ch {
            '"' => {
                quoted = !quoted;
                word.push(ch);
            }
            ',' if !quoted => all.push(std::mem::take(&mut word)),
            _ => word.push(ch),
        }
    }
    all.push(word);
    all
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "a|all c|no-canonicalize f|fake F|fork T|fstab= i|internal-only l|show-labels \
         m|mkdir=? n|no-mtab o|options= |options-mode= |options-source= |options-source-force \
         O|test-opts= r|read-only t|types= |source= |target= |target-prefix= v|verbose \
         w|rw |read-write N|namespace= h V B|bind M|move R|rbind |make-shared |make-slave \
         |make-private |make-unbindable |make-rshared |make-rslave |make-rprivate \
         |make-runbindable L|label= U|uuid=",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut wish, mut all, mut labels) = (Wish::default(), false, false);
    for given in &parsed.options {
        match given.id {
            "a" => all = true,
            "f" => wish.fake = true,
            "l" => labels = true,
            "o" => wish.options(&given.text()),
            "r" => wish.flags |= ms::RDONLY,
            "w" | "read-write" => wish.flags &= !ms::RDONLY,
            "t" => wish.types = Some(given.text()),
            "source" => wish.source = Some(given.text()),
            "target" => wish.target = Some(given.text()),
            "v" => wish.verbose = true,
            "B" => wish.flags |= ms::BIND,
            "R" => wish.flags |= ms::BIND | ms::REC,
            "M" => wish.flags |= ms::MOVE,
            "V" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            "h" => {
                let usage = ctx.call.command.usage.replace("{}", "mount");
                ctx.out(usage);
                return 0;
            }
            id => {
                let kind = id.strip_prefix("make-");
                wish.propagation
                    .extend(PROPAGATION.iter().filter(|p| Some(p.0) == kind).map(|p| p.1));
            }
        }
    }
    let words: Vec<String> =
        parsed.operands.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
    if words.len() > 2 {
        return ctx.usage("bad usage");
    }
    if all {
        return 0;
    }
    let nothing = words.is_empty() && wish.source.is_none() && wish.target.is_none();
    if nothing {
        if parsed.options.iter().any(|o| !matches!(o.id, "l" | "t" | "v")) && !labels {
            return ctx.usage("bad usage");
        }
        return list(ctx, wish.types.as_deref());
    }
    operands(ctx, wish, &words)
}

fn list(ctx: &mut Ctx<'_>, types: Option<&str>) -> i32 {
    for mount in mounts::read(ctx) {
        if !types.is_none_or(|t| type_matches(t, &mount.fstype)) {
            continue;
        }
        ctx.line(format!(
            "{} on {} type {} ({})",
            mount.source,
            mount.target,
            mount.fstype,
            mount.options()
        ));
    }
    0
}

/// A list of types, turned around by `no` in front.
pub fn type_matches(list: &str, fstype: &str) -> bool {
    let (list, negated) = match list.strip_prefix("no") {
        Some(rest) => (rest, true),
        None => (list, false),
    };
    list.split(',').any(|t| t == fstype) != negated
}

fn operands(ctx: &mut Ctx<'_>, mut wish: Wish, words: &[String]) -> i32 {
    match words {
        [source, target] => {
            wish.source = Some(source.clone());
            wish.target = Some(target.clone());
        }
        [one] if wish.source.is_some() => wish.target = Some(one.clone()),
        [one] if wish.target.is_some() => wish.source = Some(one.clone()),
        [one] => wish.target = Some(one.clone()),
        _ => {}
    }
    let needs_source = wish.propagation.is_empty() && wish.flags & ms::REMOUNT == 0;
    if wish.source.is_none() && needs_source {
        let word = wish.target.clone().unwrap_or_default();
        if wish.flags & (ms::BIND | ms::MOVE) != 0 {
            let path = absolute(ctx, &word);
            ctx.warn(format_args!(
                "{path}: mount(2) system call failed: No such file or directory."
            ));
            hint(ctx);
            return FAILED;
        }
        ctx.warn(format_args!("{word}: can't find in /etc/fstab."));
        return 1;
    }
    if wish.target.is_none() {
        let word = wish.source.clone().unwrap_or_default();
        ctx.warn(format_args!("{word}: can't find in /etc/fstab."));
        return 1;
    }
    make(ctx, wish)
}

fn absolute(ctx: &mut Ctx<'_>, path: &str) -> String {
    match canonical(ctx, path.as_bytes(), Missing::None) {
        Ok(path) => String::from_utf8_lossy(&path).into_owned(),
        Err(_) => path.to_string(),
    }
}

/// One mount, from canonical names to the call and its messages.
fn make(ctx: &mut Ctx<'_>, mut wish: Wish) -> i32 {
    let target = absolute(ctx, &wish.target.clone().unwrap_or_default());
    let typed = wish.source.clone();
    let pseudo = wish.types.as_deref().is_some_and(is_pseudo);
    let mut source = match &typed {
        Some(source) if !pseudo => absolute(ctx, source),
        Some(source) => source.clone(),
        None => "none".to_string(),
    };
    if wish.flags & ms::REMOUNT != 0 {
        if let Some(status) = remount(ctx, &mut wish, &target, typed.is_some(), &mut source) {
            return status;
        }
    }
    if ctx.sys.cred().euid != 0 {
        ctx.warn(format_args!("{target}: must be superuser to use mount."));
        hint(ctx);
        return FAILED;
    }
    if wish.fake {
        return done(ctx, &wish, &source, &target);
    }
    if wish.loop_device {
        match loop_device(ctx, &source, wish.flags & ms::RDONLY != 0) {
            Ok(device) => source = device,
            Err(_) => {
                let shown = wish.target.unwrap_or_default();
                let source = typed.unwrap_or_default();
                ctx.warn(format_args!("{shown}: failed to setup loop device for {source}."));
                return FAILED;
            }
        }
    }
    if typed.is_some() || wish.flags & ms::REMOUNT != 0 {
        if let Err(errno) = first_call(ctx, &wish, &source, &target) {
            if wish.loop_device {
                let _ = ctx.sys.block(&Ask::Detach { device: source.as_bytes() });
            }
            return refused(ctx, &wish, &source, &target, errno);
        }
    }
    for flags in &wish.propagation {
        if ctx.sys.mount(b"none", target.as_bytes(), b"", *flags, b"").is_err() {
            ctx.warn(format_args!("{target}: not mount point or bad option."));
            hint(ctx);
            return FAILED;
        }
    }
    done(ctx, &wish, &source, &target)
}

/// A loop device for a file, which goes with the last mount of it.
fn loop_device(ctx: &mut Ctx<'_>, file: &str, read_only: bool) -> Result<String, Errno> {
    let Tell::Number(number) = ctx.sys.block(&Ask::FreeLoop)? else { return Err(Errno::EIO) };
    let device = format!("/dev/loop{number}");
    let setup = Setup { read_only, autoclear: true, ..Setup::default() };
    ctx.sys.block(&Ask::Attach { device: device.as_bytes(), file: file.as_bytes(), setup })?;
    Ok(device)
}

fn done(ctx: &mut Ctx<'_>, wish: &Wish, source: &str, target: &str) -> i32 {
    if wish.verbose {
        let what = if wish.flags & ms::BIND != 0 { "bind mounted" } else { "mounted" };
        let text = match wish.source {
            Some(_) => format!("{}: {source} {what} on {target}.\n", ctx.prog()),
            None => format!("{}: {target} propagation flags changed.\n", ctx.prog()),
        };
        ctx.out(text);
    }
    0
}

/// The call proper; a bind mount with options needs a second one.
fn first_call(ctx: &mut Ctx<'_>, wish: &Wish, source: &str, target: &str) -> Result<(), Errno> {
    let data = wish.data.join(",");
    let types = wish.types.clone().unwrap_or_default();
    let flags = wish.flags;
    if flags & ms::BIND != 0 && flags & ms::REMOUNT == 0 {
        let kind = flags & (ms::BIND | ms::REC);
        ctx.sys.mount(source.as_bytes(), target.as_bytes(), b"", kind, b"")?;
        let rest = flags & !(ms::BIND | ms::REC);
        if rest != 0 {
            let again = rest | ms::REMOUNT | ms::BIND | flags & ms::REC;
            ctx.sys.mount(b"none", target.as_bytes(), b"", again, b"")?;
        }
        return Ok(());
    }
    if types.is_empty() && flags & (ms::REMOUNT | ms::MOVE) == 0 {
        return guess(ctx, source, target, flags, &data);
    }
    first_that_mounts(ctx, types.split(','), source, target, flags, &data, Errno::ENODEV)
}

/// The first type that can be mounted; else the error of the last, or `none` without any.
fn first_that_mounts<'a>(
    ctx: &mut Ctx<'_>,
    types: impl Iterator<Item = &'a str>,
    source: &str,
    target: &str,
    flags: u64,
    data: &str,
    none: Errno,
) -> Result<(), Errno> {
    let (source, target, data) = (source.as_bytes(), target.as_bytes(), data.as_bytes());
    let mut last = none;
    for fstype in types {
        match ctx.sys.mount(source, target, fstype.as_bytes(), flags, data) {
            Ok(()) => return Ok(()),
            Err(errno) => last = errno,
        }
    }
    Err(last)
}

/// Without `-t`, every block file system of /proc/filesystems is tried.
fn guess(
    ctx: &mut Ctx<'_>,
    source: &str,
    target: &str,
    flags: u64,
    data: &str,
) -> Result<(), Errno> {
    let list = ctx.read_file(b"/proc/filesystems").unwrap_or_default();
    let list = String::from_utf8_lossy(&list).into_owned();
    ctx.stat(source.as_bytes())?;
    let types = list.lines().filter(|l| !l.starts_with("nodev")).map(str::trim);
    first_that_mounts(ctx, types, source, target, flags, data, Errno::ENOTBLK)
}

fn is_pseudo(types: &str) -> bool {
    ["overlay", "tmpfs", "proc", "sysfs", "devtmpfs", "devpts", "ramfs", "cgroup2", "fuse", "aufs"]
        .contains(&types)
}

/// A remount takes what was not named from the table. `Some` when there is no such mount.
fn remount(
    ctx: &mut Ctx<'_>,
    wish: &mut Wish,
    target: &str,
    named: bool,
    source: &mut String,
) -> Option<i32> {
    let table = mounts::read(ctx);
    let Some(mount) = table.iter().rfind(|m| m.target == target) else {
        if !named {
            ctx.warn(format_args!("{target}: mount point not mounted or bad option."));
            hint(ctx);
            return Some(FAILED);
        }
        return None;
    };
    if !named {
        inherit(wish, mount);
        *source = mount.source.clone();
    }
    None
}

fn inherit(wish: &mut Wish, mount: &Mount) {
    let mut old = Wish { flags: ms::REMOUNT, ..Wish::default() };
    for option in mount.options().split(',').filter(|o| !matches!(*o, "rw" | "ro")) {
        old.options(option);
    }
    let read_only = mount.options().split(',').next() == Some("ro");
    old.data.retain(|d| {
        let name = d.split('=').next();
        !wish.data.iter().any(|w| w.split('=').next() == name)
    });
    old.data.append(&mut wish.data);
    wish.data = old.data;
    wish.flags |= old.flags;
    let _ = read_only;
    wish.types = None;
}

fn hint(ctx: &mut Ctx<'_>) {
    ctx.err("       dmesg(1) may have more information after failed mount system call.\n");
}

/// Words for an error of the call.
fn refused(ctx: &mut Ctx<'_>, wish: &Wish, source: &str, target: &str, errno: Errno) -> i32 {
    let at = ctx.stat(target.as_bytes());
    let from = ctx.stat(source.as_bytes());
    let remount = wish.flags & ms::REMOUNT != 0;
    let kind = wish.types.clone().unwrap_or_default();
    let text = match errno {
        Errno::EPERM => "permission denied.".to_string(),
        Errno::EBUSY if remount => "mount point is busy.".to_string(),
        Errno::EBUSY => format!("{source} already mounted or mount point busy."),
        Errno::ENOENT if at.is_err() => "mount point does not exist.".to_string(),
        Errno::ENOENT | Errno::ENODEV if from.is_err() => {
            format!("special device {source} does not exist.")
        }
        Errno::ENOTDIR if at.is_ok_and(|a| !a.is_dir()) => {
            "mount point is not a directory.".to_string()
        }
        Errno::ENOTDIR if from.is_err() => {
            format!("special device {source} does not exist (a path prefix is not a directory).")
        }
        Errno::EINVAL if remount => "mount point not mounted or bad option.".to_string(),
        Errno::EINVAL => format!(
            "wrong fs type, bad option, bad superblock on {source}, missing codepage or helper program, or other error."
        ),
        Errno::ENODEV => format!("unknown filesystem type '{kind}'."),
        Errno::ENOTBLK => match from {
            Ok(attr) if attr.kind == FileType::Reg => {
                format!("{source} is not a block device; try \"-o loop\".")
            }
            _ => format!("{source} is not a block device."),
        },
        Errno::EROFS | Errno::EACCES if wish.flags & ms::RDONLY == 0 => {
            format!("cannot mount {source} read-only.")
        }
        errno => format!("mount(2) system call failed: {errno}."),
    };
    ctx.warn(format_args!("{target}: {text}"));
    hint(ctx);
    FAILED
}
