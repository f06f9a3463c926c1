//! The files of /proc and /sys and what stands in them.

use super::view::{PidView, View};
use crate::fs::clock::START;
use crate::overlay::Feature;
use crate::types::Timespec;

/// How a file gets its content: from the view, for a process, at a time.
type Make = fn(&View, i32, Timespec) -> Vec<u8>;

#[derive(Clone, Copy)]
pub(super) enum Content {
    Dir,
    Link(fn(&View, i32) -> Option<Vec<u8>>),
    File(Make),
    /// A directory, and a parameter of a module with its value: of kernels that have the feature.
    DirOf(Feature),
    Param(Feature, &'static str),
}

/// Index of the root of /sys among the fixed files.
pub(super) const SYS_ROOT: usize = 22;

/// Fixed files: (index of the directory, name, content). A root is its own directory: the first that
/// of /proc, another that of /sys.
pub(super) const STATIC: &[(usize, &str, Content)] = &[
    (0, "", Content::Dir),
    (0, "cmdline", Content::File(|_, _, _| b"root=/dev/vda1 ro quiet\n".to_vec())),
    (0, "cpuinfo", Content::File(|_, _, _| cpuinfo())),
    (0, "filesystems", Content::File(|_, _, _| FILESYSTEMS.as_bytes().to_vec())),
    (0, "loadavg", Content::File(loadavg)),
    (0, "meminfo", Content::File(|view, _, _| meminfo(view))),
    (0, "mounts", Content::Link(|_, _| Some(b"self/mounts".to_vec()))),
    (0, "self", Content::Link(|view, _| Some(view.current.to_string().into_bytes()))),
    (0, "sys", Content::Dir),
    (0, "uptime", Content::File(|_, _, now| uptime(now))),
    (0, "version", Content::File(|view, _, _| version(view))),
    (8, "fs", Content::Dir),
    (8, "kernel", Content::Dir),
    (11, "protected_fifos", Content::File(|_, _, _| b"0\n".to_vec())),
    (11, "protected_hardlinks", Content::File(|_, _, _| b"1\n".to_vec())),
    (11, "protected_regular", Content::File(|_, _, _| b"0\n".to_vec())),
    (11, "protected_symlinks", Content::File(|_, _, _| b"0\n".to_vec())),
    (12, "hostname", Content::File(|view, _, _| line(&view.identity.hostname))),
    (12, "osrelease", Content::File(|view, _, _| line(&view.identity.release))),
    (12, "ostype", Content::File(|_, _, _| b"Linux\n".to_vec())),
    (12, "pid_max", Content::File(|_, _, _| b"4194304\n".to_vec())),
    (12, "version", Content::File(|view, _, _| line(&view.identity.version))),
    (SYS_ROOT, "", Content::Dir),
    (SYS_ROOT, "fs", Content::Dir),
    (SYS_ROOT, "kernel", Content::Dir),
    (SYS_ROOT, "module", Content::Dir),
    (25, "overlay", Content::DirOf(Feature::Redirects)),
    (26, "parameters", Content::DirOf(Feature::Redirects)),
    (27, "check_copy_up", Content::Param(Feature::Redirects, "N")),
    (27, "index", Content::Param(Feature::Index, "N")),
    (27, "metacopy", Content::Param(Feature::Metacopy, "N")),
    (27, "nfs_export", Content::Param(Feature::NfsExport, "N")),
    (27, "redirect_always_follow", Content::Param(Feature::RedirectFollow, "Y")),
    (27, "redirect_dir", Content::Param(Feature::Redirects, "N")),
    (27, "redirect_max", Content::Param(Feature::Redirects, "256")),
    (27, "xino_auto", Content::Param(Feature::Xino, "N")),
    (23, "aufs", Content::Dir),
];

/// Index of /sys/fs/aufs: below it, a directory for each mounted union.
pub(super) const UNIONS: usize = 36;

/// Files of each process, beside its directory `fd`.
pub(super) const PID_FILES: &[(&str, Content)] = &[
    ("cmdline", Content::File(cmdline)),
    ("comm", Content::File(|view, pid, _| line(&comm(view.pid(pid))))),
    ("cwd", Content::Link(|view, pid| view.pid(pid).map(|it| it.cwd.clone()))),
    ("exe", Content::Link(|view, pid| view.pid(pid).and_then(|it| it.exe.clone()))),
    ("mountinfo", Content::File(|view, _, _| view.mountinfo.clone())),
    ("mounts", Content::File(|view, _, _| view.mounts.clone())),
    ("root", Content::Link(|view, pid| view.pid(pid).map(|it| it.root.clone()))),
    ("status", Content::File(status)),
];

const FILESYSTEMS: &str = "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\nnodev\toverlay\nnodev\taufs\n\tbtrfs\nnodev\tzfs\n";

fn line(text: &str) -> Vec<u8> {
    format!("{text}\n").into_bytes()
}

fn version(view: &View) -> Vec<u8> {
    let id = &view.identity;
    line(&format!("Linux version {} (root@{}) {}", id.release, id.hostname, id.version))
}

fn cpuinfo() -> Vec<u8> {
    let core = |n: u32| {
        format!(
            "processor\t: {n}\nvendor_id\t: Layerglass\nmodel name\t: Simulated CPU\n\
             cpu cores\t: 2\n\n"
        )
    };
    (core(0) + &core(1)).into_bytes()
}

fn meminfo(view: &View) -> Vec<u8> {
    let total = view.identity.memory_kb;
    let free = total / 4 * 3;
    let row = |name: &str, kb: u64| format!("{:<16}{kb:>8} kB\n", format!("{name}:"));
    [
        row("MemTotal", total),
        row("MemFree", free),
        row("MemAvailable", free),
        row("Buffers", 0),
        row("Cached", total / 8),
        row("SwapTotal", 0),
        row("SwapFree", 0),
    ]
    .concat()
    .into_bytes()
}

fn uptime(now: Timespec) -> Vec<u8> {
    let secs = now.sec - START.sec;
    let hundredths = now.nsec / 10_000_000;
    line(&format!("{secs}.{hundredths:02} {}.{hundredths:02}", secs * 2))
}

fn loadavg(view: &View, _: i32, _: Timespec) -> Vec<u8> {
    let last = view.pids.iter().map(|it| it.pid).max().unwrap_or(1);
    line(&format!("0.00 0.00 0.00 1/{} {last}", view.pids.len()))
}

fn cmdline(view: &View, pid: i32, _: Timespec) -> Vec<u8> {
    let argv = view.pid(pid).map(|it| it.argv.clone()).unwrap_or_default();
    argv.iter().flat_map(|arg| arg.iter().copied().chain([0])).collect()
}

fn comm(pid: Option<&PidView>) -> String {
    let argv0 = pid.and_then(|it| it.argv.first()).map_or(&b"sh"[..], |it| it);
    let base = argv0.rsplit(|&byte| byte == b'/').next().unwrap_or(argv0);
    String::from_utf8_lossy(&base[..base.len().min(15)]).into_owned()
}

fn status(view: &View, pid: i32, _: Timespec) -> Vec<u8> {
    let Some(it) = view.pid(pid) else { return Vec::new() };
    let (uid, gid) = (it.uid, it.gid);
    format!(
        "Name:\t{}\nUmask:\t{:04o}\nState:\tR (running)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\n\
         PPid:\t{}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\n\
         CapEff:\t{:016x}\n",
        comm(Some(it)),
        it.umask,
        it.parent,
        it.caps,
    )
    .into_bytes()
}
