//! What a Debian system has and this machine does not, with what to use instead: one list, which `help`
//! shows; and the command that somebody may have meant.

/// Names that share a hint, and the hint.
pub const LIST: &[(&str, &str)] = &[
    ("apt apt-cache apt-get dpkg dpkg-query", "the machine has every command it can run"),
    ("awk gawk mawk perl python python3", "use bash, sed, cut and tr"),
    ("bc dc factor", "use $((...))"),
    (
        "fdisk parted swapon tune2fs wipefs",
        "disks have no partitions and no swap; use losetup for another one, and mkfs.ext4",
    ),
    ("mkfs.xfs", "the machine has ext4, Btrfs, ZFS, tmpfs and overlay"),
    ("buildah containerd crane ctr kubectl podman runc skopeo umoci", "use docker"),
    ("bunzip2 bzip2 cpio unzip xz zip zstd", "use tar and gzip"),
    (
        "chcon getcap setcap setpriv",
        "security labels are not simulated; use setfattr, or sudo -u NAME",
    ),
    ("cksum b2sum md5sum sha1sum sha384sum sha512sum sum", "use sha256sum"),
    ("column expand fmt pr unexpand", "use printf with widths"),
    (
        "crontab systemctl service journalctl systemd-run",
        "the machine has no services; use a loop with sleep, and dmesg",
    ),
    (
        "curl ip ifconfig nc netstat ping rsync scp ss ssh telnet wget",
        "the machine has no network; use cp -a",
    ),
    ("csplit split", "use head, tail and dd"),
    ("debugfs dumpe2fs e2fsck fsck xfs_io", "use stat, du, layers, and fsck.overlay"),
    ("egrep fgrep rgrep", "use grep -E, grep -F or grep -r"),
    ("emacs ed ex joe", "use vi, nano or edit"),
    ("fallocate", "use truncate or dd"),
    ("flock fuser lsof lslocks", "use ls -l /proc/self/fd"),
    ("free htop pgrep pkill pidof ps pstree top uptime vmstat", "use jobs, wait and kill"),
    ("gcc cc g++ make cargo go node java", "write it for bash"),
    ("gdb ltrace namei perf strace", "use trace and explain"),
    ("getopt", "use getopts"),
    ("git hg svn", "use undo, redo and goto"),
    ("iconv locale locale-gen", "texts are UTF-8"),
    ("insmod lsmod modprobe rmmod", "overlay is built into the kernel; see /proc/filesystems"),
    ("join tsort ptx", "use sort, grep, cut and read"),
    (
        "last login passwd useradd userdel usermod groupadd adduser addgroup chsh w who users",
        "accounts are fixed, see getent; use su or sudo -u NAME",
    ),
    ("ldd ldconfig lscpu lspci lsusb sysctl", "look into /proc"),
    ("less more pager", "use cat, head or tail"),
    ("man info whatis apropos whereis", "use help, NAME --help, or which"),
    ("nsenter ip-netns lsns pivot_root", "there is one namespace; use chroot"),
    ("reboot shutdown halt poweroff", "use goto 0"),
    ("diff3 sdiff vimdiff patch", "use diff -u"),
    ("shred", "use rm"),
    ("shuf jot", "the machine is deterministic: use sort or seq"),
    ("yq", "use jq on JSON, grep and sed on text"),
    ("screen tmux script watch", "use a loop with sleep, jobs and &"),
    ("stty tput tty reset tset setterm", "the terminal is the page's, or none"),
];

/// What to use instead of a command.
pub fn hint(name: &str) -> Option<&'static str> {
    LIST.iter().find(|it| it.0.split(' ').any(|it| it == name)).map(|it| it.1)
}

/// The name nearest to a word that is no command, if one is near enough to be a slip of the finger.
pub fn meant<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = match word.len() {
        0 | 1 => return None,
        2..=4 => 1,
        _ => 2,
    };
    names.map(|it| (slips(word, it), it)).filter(|it| it.0 <= most).min().map(|it| it.1)
}

/// How many letters are missing, too many, wrong, or swapped with their neighbour.
fn slips(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let wrong = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = wrong.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::builtin::BUILTINS;
    use crate::shell::command::COMMANDS;

    #[test]
    fn the_list_names_only_what_is_missing_and_only_once() {
        let mut seen = std::collections::BTreeSet::new();
        for name in LIST.iter().flat_map(|it| it.0.split(' ')) {
            assert!(seen.insert(name), "{name} stands there twice");
            assert!(COMMANDS.iter().all(|it| it.name != name), "{name} is a command");
            assert!(BUILTINS.iter().all(|it| it.name != name), "{name} is a builtin");
        }
    }

    /// A hint must not send anybody to something that is missing as well.
    #[test]
    fn hints_name_what_is_there() {
        for (_, hint) in LIST {
            let words = hint.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
            for word in words {
                assert!(self::hint(word).is_none(), "{hint}: {word} is not there");
            }
        }
        assert_eq!(hint("skopeo"), hint("podman"));
        assert_eq!(hint("ls"), None);
    }

    #[test]
    fn slips_are_recognised() {
        let names = ["mount", "umount", "mkdir", "ls", "cat", "getfattr"];
        let meant = |word| meant(word, names.iter().copied());
        assert_eq!(meant("moutn"), Some("mount"));
        assert_eq!(meant("unmount"), Some("umount"));
        assert_eq!(meant("sl"), Some("ls"));
        assert_eq!(meant("getfatr"), Some("getfattr"));
        assert_eq!(meant("frobnicate"), None);
        assert_eq!(meant("x"), None);
    }
}
