//! What is done in every state: each system call, with few arguments.
//!
//! An action is one operation or a few that belong together (open, write, close), and leaves nothing
//! open behind. In the texts `P` stands for a path of one name, `Q` for the other's, `I` for that
//! other name inside `P`, `n` for the other name alone.

use super::scope::{OptionSet, Scope};
use crate::testing::case::Op;

/// Operations that are done in one go.
pub type Action = Vec<Op>;

/// Done to a name that is alone.
const ONE: &[&str] = &[
    // asking
    "stat P;lstat P;access P 2;readlink P;statfs P;getxattr P user.k;listxattr P;llistxattr P",
    "open %f P RDONLY;read %f 9;lseek %f 0 END;close %f",
    "open %f P RDONLY;flock %f EX;getfl %f;syncfs %f;listxattr %f;close %f",
    "open %f P RDONLY|DIRECTORY;getdents %f;getdents %f;close %f",
    "keephandle x P;byhandle %f x RDONLY;read %f 9;close %f",
    // opening
    "open %f P RDONLY|CREAT;close %f",
    "open %f P RDONLY|TRUNC;close %f",
    "open %f P WRONLY;close %f",
    "open %f P WRONLY|CREAT|EXCL;write %f new;close %f",
    "open %f P WRONLY|CREAT|TRUNC;close %f",
    "open %f P RDWR|APPEND;write %f +;pread %f 9 0;close %f",
    "open %f P RDWR|NOFOLLOW;pwrite %f x 1;fsync %f;close %f",
    "open %f P TMPFILE|RDWR;write %f t;link %f I;close %f",
    "open %f P RDONLY;open %g P WRONLY|TRUNC;write %g z;read %f 9;close %g;close %f",
    "open %f P RDWR;fallocate %f 0 0 9;lseek %f 0 HOLE;close %f",
    "open %f P RDONLY;setflags %f 0x20;getflags %f;close %f",
    "open %f P RDONLY;setflags %f 0x0;getflags %f;close %f",
    "open %f P RDWR;unlink P;write %f gone;stat %f;close %f",
    "open %f P RDONLY|DIRECTORY;rmdir P;getdents %f;stat %f;close %f",
    // making and removing
    "mkdir P 0700",
    "mknod P p 0644",
    "mknod P c 0640 0:0",
    "mknod P c 0640 1:3",
    "symlink n P",
    "unlink P",
    "rmdir P",
    // attributes
    "truncate P 0",
    "truncate P 3",
    "chmod P 0600",
    "chown P 1000:50",
    "lchown P -:-",
    "utimens P @500 @600",
    "lutimens P now omit",
    "setxattr P user.k v",
    "lsetxattr P trusted.t w",
    "setxattr P PRIVATEopaque y",
    "setxattr P user.k x replace",
    "removexattr P user.k",
    "lremovexattr P PRIVATEopaque",
    // inside
    "open %f I WRONLY|CREAT|EXCL;write %f in;close %f",
    "open %f I RDONLY;read %f 9;close %f",
    "mkdir I 0755",
    "unlink I",
    "rmdir I",
    "symlink n I",
    "chmod I 0640",
    "chdir P;umask 077;mkdir a 0777;umask 022;home",
    // both
    "link P I",
    "link I P",
    "rename P I",
    "rename I P",
    "rename I P EXCHANGE",
    "rename I P WHITEOUT",
    "rename P P",
    "open %f P RDONLY;open %g I WRONLY|CREAT;copyrange %f 0 %g 0 9;clone %g %f;close %g;close %f",
    // somebody else
    "as 1000:1000;open %f P RDWR|CREAT;write %f y;close %f;as root",
    "as 1000:1000;unlink P;mkdir I 0755;chmod P 0777;as root",
    // the mount
    "umount;mount",
    "remount ro;unlink P;open %f P WRONLY|CREAT;close %f;remount rw",
];

/// Done to each of two names.
const TWO: &[&str] = &[
    "lstat P;readlink P;open %f P RDONLY;read %f 9;getdents %f;close %f",
    "open %f P WRONLY;close %f",
    "open %f P WRONLY|CREAT|EXCL;write %f new;close %f",
    "open %f P WRONLY|CREAT|TRUNC;close %f",
    "open %f P RDWR|APPEND;write %f +;close %f",
    "open %f P TMPFILE|RDWR;link %f I;close %f",
    "mkdir P 0700",
    "mknod P p 0644",
    "symlink n P",
    "unlink P",
    "rmdir P",
    "truncate P 1",
    "chmod P 0600",
    "setxattr P user.k v",
    "link P Q",
    "rename P Q",
    "rename P Q NOREPLACE",
    "rename P Q EXCHANGE",
    "rename P Q WHITEOUT",
    "open %f I WRONLY|CREAT|EXCL;write %f in;close %f",
    "lstat I;open %f I RDONLY;read %f 9;getdents %f;close %f",
    "mkdir I 0755",
    "unlink I",
    "rmdir I",
    "chmod I 0640",
    "link Q I",
    "link I Q",
    "rename Q I",
    "rename I Q",
    "rename I Q EXCHANGE",
    "rename I Q WHITEOUT",
];

/// Done once for both.
const BOTH: &[&str] = &["umount;mount"];

/// Every action of a scope, in the order in which they are done.
pub fn actions(scope: Scope, set: &OptionSet) -> Vec<Action> {
    let spell = |texts: &[&str], p: &str, n: &str| -> Vec<Action> {
        texts.iter().map(|it| action(it, set, p, n)).collect()
    };
    match scope {
        // Inside the only name there is its like.
        Scope::One => spell(ONE, "a", "a"),
        Scope::Two => [spell(TWO, "a", "b"), spell(TWO, "b", "a"), spell(BOTH, "", "")].concat(),
    }
}

fn action(text: &str, set: &OptionSet, p: &str, n: &str) -> Action {
    let op = |text: &str| {
        let mut words = text.split(' ');
        let verb = words.next().unwrap_or_default();
        let args: Vec<Vec<u8>> = words.map(|it| word(it, set, p, n).into_bytes()).collect();
        Op { verb: verb.to_owned(), args }
    };
    text.split(';').map(op).collect()
}

/// The names of flags; nobody may wait for the other end of a fifo.
fn is_flags(word: &str) -> bool {
    ["RDONLY", "WRONLY", "RDWR", "TMPFILE"].iter().any(|it| word.starts_with(it))
}

fn word(word: &str, set: &OptionSet, p: &str, n: &str) -> String {
    match word {
        "P" => format!("m/{p}"),
        "Q" => format!("m/{n}"),
        "I" => format!("m/{p}/{n}"),
        // The only name's link leads nowhere, as those of its beginnings.
        "n" if p == n => "b".to_owned(),
        "n" => n.to_owned(),
        it if is_flags(it) => format!("{it}|NONBLOCK"),
        it => it.replace("PRIVATE", set.private()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::SETS;
    use super::*;

    /// A fifo would keep who opens it waiting, and the whole sweep with him.
    #[test]
    fn no_open_waits() {
        for action in Scope::ALL.iter().flat_map(|scope| actions(*scope, &SETS[0])) {
            for op in action.iter().filter(|it| it.verb == "open" || it.verb == "byhandle") {
                assert!(op.to_string().contains("NONBLOCK"), "{op}");
            }
        }
    }

    /// Exchanging the names takes every action to one of the alphabet.
    #[test]
    fn two_names_are_treated_alike() {
        let swap = |text: &str| -> String {
            let word = |it: &str| match it {
                "a" => "b".into(),
                "b" => "a".into(),
                it if it.starts_with("m/") => it
                    .chars()
                    .map(|c| {
                        ['b', 'a', c][if c == 'a' {
                            0
                        } else if c == 'b' {
                            1
                        } else {
                            2
                        }]
                    })
                    .collect(),
                it => it.to_owned(),
            };
            text.split(' ').map(word).collect::<Vec<_>>().join(" ")
        };
        let show = |action: &Action| -> Vec<String> { action.iter().map(Op::to_string).collect() };
        let all: Vec<_> = actions(Scope::Two, &SETS[0]).iter().map(show).collect();
        for action in &all {
            let other: Vec<String> = action.iter().map(|it| swap(it)).collect();
            assert!(all.contains(&other), "{other:?}");
        }
    }
}
