//! Debian packages whose files were recorded: what `apt-get` brings into a simulated container. The list
//! says where and when; contents are generated, so nothing of the packages themselves is here.

const BOOKWORM: &str = include_str!("packages/bookworm.txt");

/// What is said wherever the list is used.
pub const PROVENANCE: &str = "file lists recorded from Debian 12 (bookworm) main amd64 on 2026-11-26; contents are generated";

/// A file of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    pub what: What,
    /// From the root, with its slash.
    pub dir: &'static str,
    /// Empty for the directory itself.
    pub name: &'static str,
    pub mode: u32,
    pub owner: (u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Dir,
    Bytes(u64),
    Symlink(&'static str),
}

impl File {
    pub fn path(&self) -> String {
        match (self.name, self.dir) {
            ("", dir) => dir.to_owned(),
            (name, "/") => format!("/{name}"),
            (name, dir) => format!("{dir}/{name}"),
        }
    }
}

/// A package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    pub arch: &'static str,
    /// Installed-Size, in KiB.
    pub installed: u64,
    /// The size of its archive as apt shows it.
    pub archive: String,
    pub depends: Vec<&'static str>,
    pub recommends: Vec<&'static str>,
    pub files: Vec<File>,
}

/// Everything that is recorded.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// What `apt-get update` brings: names and sizes.
    pub lists: Vec<(&'static str, u64)>,
    /// In an order in which each comes after what it depends on.
    pub packages: Vec<Package>,
}

/// Reads the list.
pub fn recorded() -> Recorded {
    let mut all = Recorded::default();
    let mut dir = "";
    for line in BOOKWORM.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if let Some(head) = line.strip_prefix("package ") {
            all.packages.push(package(head));
        } else if line.starts_with('/') {
            dir = words.next().unwrap_or_default();
            let (mode, owner) = rights(words.next(), words.next(), 0o755);
            let file = File { what: What::Dir, dir, name: "", mode, owner };
            all.packages.last_mut().map(|it| it.files.push(file)).unwrap_or_default();
        } else if let (Some(name), Some(second)) = (words.next(), words.next()) {
            let third = words.next();
            let Some(package) = all.packages.last_mut() else {
                all.lists.push((name, second.parse().unwrap_or(0)));
                continue;
            };
            let (what, mode, owner) = match second {
                ">" => (What::Symlink(third.unwrap_or_default()), 0o777, (0, 0)),
                size => {
                    let (mode, owner) = rights(third, words.next(), 0o644);
                    (What::Bytes(size.parse().unwrap_or(0)), mode, owner)
                }
            };
            package.files.push(File { what, dir, name, mode, owner });
        }
    }
    all
}

fn package(head: &'static str) -> Package {
    let words: Vec<&'static str> = head.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let more = words.iter().skip(5).copied();
    let (recommends, depends): (Vec<_>, Vec<_>) = more.partition(|it| it.starts_with('?'));
    Package {
        name: word(0),
        version: word(1),
        arch: word(2),
        installed: word(3).parse().unwrap_or(0),
        archive: word(4).replace('_', " "),
        depends,
        recommends: recommends.into_iter().map(|it| &it[1..]).collect(),
        files: Vec::new(),
    }
}

fn rights(mode: Option<&str>, owner: Option<&str>, default: u32) -> (u32, (u32, u32)) {
    let mode = mode.and_then(|it| u32::from_str_radix(it, 8).ok()).unwrap_or(default);
    let owner = owner.and_then(|it| it.split_once(':')).unwrap_or(("0", "0"));
    (mode, (owner.0.parse().unwrap_or(0), owner.1.parse().unwrap_or(0)))
}

impl Recorded {
    pub fn find(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|it| it.name == name)
    }

    /// The packages that installing `names` takes, in the order of installation.
    pub fn closure(&self, names: &[String], recommends: bool) -> Vec<&Package> {
        let mut wanted: Vec<String> = names.to_vec();
        let mut at = 0;
        while at < wanted.len() {
            if let Some(package) = self.find(&wanted[at]) {
                let more = package.recommends.iter().filter(|_| recommends);
                for name in package.depends.iter().chain(more) {
                    if !wanted.iter().any(|it| it == name) {
                        wanted.push((*name).to_owned());
                    }
                }
            }
            at += 1;
        }
        self.packages.iter().filter(|it| wanted.iter().any(|name| name == it.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_in_order() {
        let all = recorded();
        assert_eq!((all.packages.len(), all.lists.len()), (42, 2));
        for (at, package) in all.packages.iter().enumerate() {
            assert!(package.installed > 0 && !package.files.is_empty(), "{}", package.name);
            for needed in &package.depends {
                let place = all.packages.iter().position(|it| it.name == *needed);
                assert!(
                    place.is_some_and(|it| it < at),
                    "{} needs {needed} before it",
                    package.name
                );
            }
        }
        let nginx = all.find("nginx").unwrap();
        let program = nginx.files.iter().find(|it| it.path() == "/usr/sbin/nginx").unwrap();
        assert_eq!((program.mode, program.what), (0o755, What::Bytes(1_260_456)));
        assert_eq!(all.closure(&["nginx".to_owned()], true).len(), 20);
        assert_eq!(all.closure(&["nginx".to_owned()], false).len(), 17);
    }
}
