//! The accounts that every Debian has: /etc/passwd, /etc/group and /etc/shadow.

/// Name, number, group, full name, home and shell; nothing for the usual shell.
type User = (&'static str, u32, u32, &'static str, &'static str, &'static str);

const USERS: [User; 19] = [
    ("root", 0, 0, "root", "/root", "/bin/bash"),
    ("daemon", 1, 1, "daemon", "/usr/sbin", ""),
    ("bin", 2, 2, "bin", "/bin", ""),
    ("sys", 3, 3, "sys", "/dev", ""),
    ("sync", 4, 65_534, "sync", "/bin", "/bin/sync"),
    ("games", 5, 60, "games", "/usr/games", ""),
    ("man", 6, 12, "man", "/var/cache/man", ""),
    ("lp", 7, 7, "lp", "/var/spool/lpd", ""),
    ("mail", 8, 8, "mail", "/var/mail", ""),
    ("news", 9, 9, "news", "/var/spool/news", ""),
    ("uucp", 10, 10, "uucp", "/var/spool/uucp", ""),
    ("proxy", 13, 13, "proxy", "/bin", ""),
    ("www-data", 33, 33, "www-data", "/var/www", ""),
    ("backup", 34, 34, "backup", "/var/backups", ""),
    ("list", 38, 38, "Mailing List Manager", "/var/list", ""),
    ("irc", 39, 39, "ircd", "/run/ircd", ""),
    ("gnats", 41, 41, "Gnats Bug-Reporting System (admin)", "/var/lib/gnats", ""),
    ("_apt", 42, 65_534, "", "/nonexistent", ""),
    ("nobody", 65_534, 65_534, "nobody", "/nonexistent", ""),
];

const GROUPS: &str = "root 0 daemon 1 bin 2 sys 3 adm 4 tty 5 disk 6 lp 7 mail 8 news 9 uucp 10 man 12 proxy 13 \
    kmem 15 dialout 20 fax 21 voice 22 cdrom 24 floppy 25 tape 26 sudo 27 audio 29 dip 30 www-data 33 backup 34 \
    operator 37 list 38 irc 39 src 40 gnats 41 shadow 42 utmp 43 video 44 sasl 45 plugdev 46 staff 50 games 60 \
    users 100 nogroup 65534";

/// Which Debian.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    Buster,
    Bookworm,
}

impl Suite {
    /// Debian 12 has no bug tracker's account any more.
    fn has(self, name: &str) -> bool {
        name != "gnats" || self == Suite::Buster
    }

    pub fn passwd(self) -> String {
        let line = |&(name, uid, gid, full, home, shell): &User| {
            let (uid, home) = match (self, name) {
                (Suite::Buster, "_apt") => (100, home),
                (Suite::Buster, "irc") => (uid, "/var/run/ircd"),
                _ => (uid, home),
            };
            let shell = if shell.is_empty() { "/usr/sbin/nologin" } else { shell };
            format!("{name}:x:{uid}:{gid}:{full}:{home}:{shell}\n")
        };
        USERS.iter().filter(|it| self.has(it.0)).map(line).collect()
    }

    pub fn group(self) -> String {
        let words: Vec<&str> = GROUPS.split_whitespace().collect();
        let groups = words.chunks(2).filter(|it| self.has(it[0]));
        groups.map(|it| format!("{}:x:{}:\n", it[0], it[1])).collect()
    }

    /// Nobody has a password; `day` counts from 1970.
    pub fn shadow(self, day: u32) -> String {
        let users = USERS.iter().filter(|it| self.has(it.0));
        users.map(|it| format!("{}:*:{day}:0:99999:7:::\n", it.0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Suite;

    /// Sizes of the files in Debian 10 (base-passwd 3.5.46) and 12 (3.6.1).
    #[test]
    fn files_are_as_long_as_those_of_debian() {
        let lengths = |it: Suite| (it.passwd().len(), it.group().len(), it.shadow(18_829).len());
        assert_eq!(lengths(Suite::Buster), (926, 446, 501));
        assert_eq!(lengths(Suite::Bookworm), (839, 434, 474));
    }
}
