//! Who calls: the ids come with the request, groups and capabilities from the caller's entry in
//! /proc.

use crate::cred::{Caps, Cred};
use std::path::Path;

/// Ids of a request.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub uid: u32,
    pub gid: u32,
    pub pid: u32,
}

/// What the rights are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// An ordinary call: effective ids and capabilities.
    Effective,
    /// `access(2)`, which asks for the real user. The ids of the request are those already; the
    /// capabilities are what that user would have.
    Real,
}

impl Caller {
    /// The credentials, as the caller has them now.
    pub fn cred(self, asks: Asks) -> Cred {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid));
        let Ok(status) = status else { return self.bare() };
        let ids = |key: &str| numbers(line(&status, key));
        let (uids, gids) = (ids("Uid:"), ids("Gid:"));
        let of = |list: &[u32], at: usize, other: u32| list.get(at).copied().unwrap_or(other);
        Cred {
            uid: of(&uids, 0, self.uid),
            gid: of(&gids, 0, self.gid),
            euid: of(&uids, 1, self.uid),
            egid: of(&gids, 1, self.gid),
            fsuid: self.uid,
            fsgid: self.gid,
            groups: ids("Groups:"),
            caps: self.caps(&status, asks),
            userns: false,
        }
    }

    fn caps(self, status: &str, asks: Asks) -> Caps {
        let key = match asks {
            Asks::Effective => "CapEff:",
            Asks::Real if self.uid != 0 => return Caps::NONE,
            Asks::Real => "CapPrm:",
        };
        let bits = u64::from_str_radix(line(status, key).trim(), 16).unwrap_or(0);
        let caps = Caps(bits & Caps::ALL.0);
        // Capabilities in another user namespace say nothing about this mount.
        if caps == Caps::NONE || is_foreign(self.pid) { Caps::NONE } else { caps }
    }

    /// Without an entry in /proc (another PID namespace, the kernel itself) the ids must do.
    fn bare(self) -> Cred {
        let root = self.uid == 0;
        let caps = if root { Caps::ALL } else { Caps::NONE };
        Cred { caps, ..Cred::user(self.uid, self.gid) }
    }

    /// For a write to an open file, which asks for no rights: only whether setuid bits stay.
    pub fn writer(self, drops_setuid: bool) -> Cred {
        let cred = self.bare();
        let caps = cred.caps;
        let caps = if drops_setuid { caps.without(Caps::FSETID) } else { caps.with(Caps::FSETID) };
        Cred { caps, ..cred }
    }

    /// Is a signal waiting for the caller that would end a system call it sleeps in?
    pub fn is_interrupted(self) -> bool {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", self.pid)) else {
            return self.pid != 0;
        };
        let set = |key: &str| u64::from_str_radix(line(&status, key).trim(), 16).unwrap_or(0);
        let pending = set("SigPnd:") | set("ShdPnd:");
        pending & !set("SigBlk:") & !set("SigIgn:") != 0
    }
}

/// What follows the key on its line.
fn line<'a>(status: &'a str, key: &str) -> &'a str {
    status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("")
}

fn numbers(text: &str) -> Vec<u32> {
    text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Does the process live in another user namespace than we do?
fn is_foreign(pid: u32) -> bool {
    let of = |path: &str| std::fs::read_link(Path::new(path)).ok();
    let own = of("/proc/self/ns/user");
    own.is_some() && of(&format!("/proc/{pid}/ns/user")) != own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_status_are_read() {
        let status = "Name:\tx\nUid:\t1\t2\t3\t4\nGroups:\t4 24 27 \nCapEff:\t000001ffffffffff\n";
        assert_eq!(numbers(line(status, "Uid:")), [1, 2, 3, 4]);
        assert_eq!(numbers(line(status, "Groups:")), [4, 24, 27]);
        assert_eq!(line(status, "CapEff:").trim(), "000001ffffffffff");
        assert_eq!(line(status, "CapPrm:"), "");
    }

    #[test]
    fn we_see_ourselves() {
        let me = Caller { uid: 12345, gid: 1, pid: std::process::id() };
        let cred = me.cred(Asks::Real);
        assert_eq!((cred.fsuid, cred.caps), (12345, Caps::NONE));
        assert!(!me.is_interrupted());
    }
}
