//! What a Debian system has and this machine does not, with what to use instead: one list, which `help` shows.

/// Names and hints, sorted.
pub const LIST: &[(&str, &str)] = &[
    ("apt", "the machine has every command it can run; programs of an image come with the image"),
    ("apt-get", "in a Dockerfile use `RUN apk add nginx` (a recorded package)"),
    ("awk", "use cut, sed, or ${var%…} and read"),
    ("bc", "use $((…))"),
    ("bzip2", "use tar without compression"),
    ("crontab", "use a loop with sleep"),
    ("curl", "the machine has no network"),
    ("dpkg", "use which to see what there is"),
    ("emacs", "use vi, nano or edit"),
    ("fdisk", "the disk of the machine is fixed"),
    ("fsck", "use fsck.overlay"),
    ("gcc", "write a script"),
    ("gdb", "use trace and explain"),
    ("git", "use undo, redo and goto"),
    ("gzip", "use tar without compression"),
    ("htop", "use jobs"),
    ("ip", "the machine has no network"),
    ("journalctl", "use dmesg"),
    ("less", "use cat, head or tail"),
    ("lsof", "use ls -l /proc/self/fd"),
    ("make", "write a script"),
    ("man", "use help, or NAME --help"),
    ("mkfs.ext4", "use mount -t tmpfs"),
    ("more", "use cat, head or tail"),
    ("nc", "the machine has no network"),
    ("perl", "use bash and sed"),
    ("ping", "the machine has no network"),
    ("python3", "use bash"),
    ("rsync", "use cp -a"),
    ("scp", "use cp"),
    ("screen", "use jobs and &"),
    ("ssh", "the machine has no network"),
    ("strace", "use trace"),
    ("systemctl", "the machine has no services"),
    ("tmux", "use jobs and &"),
    ("top", "use jobs"),
    ("useradd", "the users are in /etc/passwd"),
    ("wget", "the machine has no network"),
    ("zip", "use tar"),
];

/// What to use instead of a command.
pub fn hint(name: &str) -> Option<&'static str> {
    LIST.iter().find(|l| l.0 == name).map(|l| l.1)
}
