//! What may stand behind `-o`: read in order, as the branches and switches it asks for.
//!
//! Names and forms are those of the manual page aufs(5); what it says of a policy stands there.

use super::branch::Permission;
use super::policy::{CopyUpPolicy, CreatePolicy};
use crate::errno::Errno;

/// One thing that an option asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A branch at a place counted from the top; without a place below all others.
    Add {
        at: Option<usize>,
        path: Vec<u8>,
        permission: Option<Permission>,
    },
    Delete {
        path: Vec<u8>,
    },
    Modify {
        path: Vec<u8>,
        permission: Permission,
    },
    Set(Switch),
}

impl Change {
    /// The path that somebody has to find first.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Change::Add { path, .. } | Change::Delete { path } | Change::Modify { path, .. } => {
                Some(path)
            }
            Change::Set(_) => None,
        }
    }
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Where numbers are kept; `None` for `noxino`.
    Xino(Option<Vec<u8>>),
    PseudoLinks(bool),
    Udba(Udba),
    DirectIo(bool),
    TopDirectory(bool),
    Sum(bool),
    ShowWhiteouts(bool),
    AlwaysOpaque(bool),
    Create(CreatePolicy),
    CopyUp(CopyUpPolicy),
    /// Known and without consequence for what can be seen (caches, verbosity).
    Nothing,
}

/// What is done about changes that somebody makes in a branch directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Udba {
    /// Names that are known are not asked for again.
    None,
    /// Names are compared with the branches whenever they are used.
    #[default]
    Reval,
    /// The kernel is told of changes: the same can be seen here.
    Notify,
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Numbers outlive their inodes.
    pub xino: bool,
    pub plink: bool,
    pub udba: Udba,
    pub dio: bool,
    pub dirperm1: bool,
    pub sum: bool,
    pub shwh: bool,
    pub always_opaque: bool,
    pub create: CreatePolicy,
    pub copy_up: CopyUpPolicy,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            xino: true,
            plink: true,
            udba: Udba::default(),
            dio: false,
            dirperm1: false,
            sum: false,
            shwh: false,
            always_opaque: false,
            create: CreatePolicy::default(),
            copy_up: CopyUpPolicy::default(),
        }
    }
}

impl Config {
    pub(super) fn apply(&mut self, switch: &Switch) {
        match switch {
            Switch::Xino(file) => self.xino = file.is_some(),
            Switch::PseudoLinks(on) => self.plink = *on,
            Switch::Udba(udba) => self.udba = *udba,
            Switch::DirectIo(on) => self.dio = *on,
            Switch::TopDirectory(on) => self.dirperm1 = *on,
            Switch::Sum(on) => self.sum = *on,
            Switch::ShowWhiteouts(on) => self.shwh = *on,
            Switch::AlwaysOpaque(on) => self.always_opaque = *on,
            Switch::Create(policy) => self.create = *policy,
            Switch::CopyUp(policy) => self.copy_up = *policy,
            Switch::Nothing => {}
        }
    }

    /// What differs from the defaults, as /proc/mounts shows it behind `si=`.
    pub fn show(&self) -> String {
        let plain = Config::default();
        let mut out = String::new();
        let mut word = |on: bool, text: &str| {
            if on {
                out.push(',');
                out.push_str(text);
            }
        };
        word(!self.xino, "noxino");
        word(self.udba == Udba::None, "udba=none");
        word(self.udba == Udba::Notify, "udba=notify");
        word(self.shwh, "shwh");
        word(!self.plink, "noplink");
        word(self.dio, "dio");
        word(self.dirperm1, "dirperm1");
        word(self.create != plain.create, &format!("create={}", self.create.show()));
        word(self.copy_up != plain.copy_up, &format!("cpup={}", self.copy_up.show()));
        word(self.sum, "sum");
        word(self.always_opaque, "diropq=a");
        out
    }
}

/// An option that means nothing, with the line for the kernel log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub errno: Errno,
    pub log: Vec<String>,
}

impl Refusal {
    pub(super) fn new(errno: Errno, line: impl std::fmt::Display) -> Refusal {
        Refusal { errno, log: vec![format!("aufs: {line}")] }
    }

    pub(super) fn read_only(path: &str) -> Refusal {
        let line = format_args!("write permission for readonly mount or inode, {path}");
        Refusal::new(Errno::EINVAL, line)
    }
}

/// Reads the data of mount(2).
///
/// # Errors
/// `EINVAL` for an option that AUFS does not know, a wrong permission or an empty path.
pub fn parse(data: &[u8]) -> Result<Vec<Change>, Refusal> {
    let mut out = Vec::new();
    for word in data.split(|&byte| byte == b',').filter(|it| !it.is_empty()) {
        one(word, &mut out)?;
    }
    Ok(out)
}

/// The name of an option and its value: the first `=` or `:` parts them.
fn parts(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match word.iter().position(|byte| matches!(byte, b'=' | b':')) {
        Some(at) => (&word[..at], Some(&word[at + 1..])),
        None => (word, None),
    }
}

fn one(word: &[u8], out: &mut Vec<Change>) -> Result<(), Refusal> {
    let (name, value) = parts(word);
    let unknown = || Refusal::new(Errno::EINVAL, format_args!("unknown option {}", lossy(word)));
    let text = || value.map(lossy).ok_or_else(unknown);
    match name {
        b"br" | b"dirs" => {
            for branch in value.ok_or_else(unknown)?.split(|&byte| byte == b':') {
                out.push(added(None, branch)?);
            }
        }
        b"append" => out.push(added(None, value.ok_or_else(unknown)?)?),
        b"prepend" => out.push(added(Some(0), value.ok_or_else(unknown)?)?),
        b"add" | b"ins" => {
            let (at, branch) = parts(value.ok_or_else(unknown)?);
            let at = lossy(at).parse().map_err(|_| unknown())?;
            out.push(added(Some(at), branch.ok_or_else(unknown)?)?);
        }
        b"del" => out.push(Change::Delete { path: path(value.ok_or_else(unknown)?)? }),
        b"mod" => {
            let (at, permission) = with_permission(value.ok_or_else(unknown)?)?;
            let permission = permission.ok_or_else(unknown)?;
            out.push(Change::Modify { path: path(at)?, permission });
        }
        // What /proc/mounts shows comes back with a remount.
        b"si" => {}
        _ => out.push(Change::Set(switch(name, text().ok().as_deref()).ok_or_else(unknown)?)),
    }
    Ok(())
}

fn added(at: Option<usize>, branch: &[u8]) -> Result<Change, Refusal> {
    let (name, permission) = with_permission(branch)?;
    Ok(Change::Add { at, path: path(name)?, permission })
}

fn with_permission(branch: &[u8]) -> Result<(&[u8], Option<Permission>), Refusal> {
    let Some(at) = branch.iter().position(|&byte| byte == b'=') else { return Ok((branch, None)) };
    let text = lossy(&branch[at + 1..]);
    match Permission::parse(&text) {
        Some(permission) => Ok((&branch[..at], Some(permission))),
        None => Err(Refusal::new(Errno::EINVAL, format_args!("wrong permission {text}"))),
    }
}

fn path(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    match bytes.is_empty() {
        true => Err(Refusal::new(Errno::EINVAL, "a branch without a path")),
        false => Ok(bytes.to_vec()),
    }
}

fn switch(name: &[u8], value: Option<&str>) -> Option<Switch> {
    let flag = |on: bool, make: fn(bool) -> Switch| value.is_none().then(|| make(on));
    match name {
        b"xino" => Some(Switch::Xino(Some(value?.as_bytes().to_vec()))),
        b"noxino" => value.is_none().then_some(Switch::Xino(None)),
        b"plink" => flag(true, Switch::PseudoLinks),
        b"noplink" => flag(false, Switch::PseudoLinks),
        b"dio" => flag(true, Switch::DirectIo),
        b"nodio" => flag(false, Switch::DirectIo),
        b"dirperm1" => flag(true, Switch::TopDirectory),
        b"nodirperm1" => flag(false, Switch::TopDirectory),
        b"sum" | b"wsum" => flag(true, Switch::Sum),
        b"nosum" | b"nowsum" => flag(false, Switch::Sum),
        b"shwh" => flag(true, Switch::ShowWhiteouts),
        b"noshwh" => flag(false, Switch::ShowWhiteouts),
        b"udba" => Some(Switch::Udba(match value? {
            "none" => Udba::None,
            "reval" => Udba::Reval,
            "notify" | "inotify" | "hnotify" | "fsnotify" => Udba::Notify,
            _ => return None,
        })),
        b"diropq" => Some(Switch::AlwaysOpaque(match value? {
            "a" | "always" => true,
            "w" | "whiteouted" => false,
            _ => return None,
        })),
        b"create" | b"create_policy" => CreatePolicy::parse(value?).map(Switch::Create),
        b"cpup" | b"copyup" | b"copyup_policy" => CopyUpPolicy::parse(value?).map(Switch::CopyUp),
        b"dirwh" | b"rdcache" | b"rdblk" | b"rdhash" => {
            value?.parse::<u32>().ok().map(|_| Switch::Nothing)
        }
        b"verbose" | b"v" | b"noverbose" | b"quiet" | b"q" | b"silent" | b"trunc_xino"
        | b"notrunc_xino" | b"warn_perm" | b"nowarn_perm" | b"list_plink" | b"refrof"
        | b"norefrof" => value.is_none().then_some(Switch::Nothing),
        _ => None,
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added_paths(data: &str) -> Vec<(String, Option<&'static str>)> {
        let all = parse(data.as_bytes()).expect("reads");
        let one = |it: Change| match it {
            Change::Add { path, permission, .. } => {
                Some((lossy(&path), permission.map(Permission::show)))
            }
            _ => None,
        };
        all.into_iter().filter_map(one).collect()
    }

    #[test]
    fn branches_are_given_in_three_ways() {
        let want = vec![("/a".to_owned(), Some("rw")), ("/b".to_owned(), Some("ro+wh"))];
        for name in ["br=", "br:", "dirs="] {
            assert_eq!(added_paths(&format!("{name}/a=rw:/b=ro+wh")), want);
        }
        assert_eq!(added_paths("br=/a:/b"), [("/a".into(), None), ("/b".into(), None)]);
        assert_eq!(added_paths("append:/c=ro+wh,"), [("/c".into(), Some("ro+wh"))]);
    }

    #[test]
    fn nonsense_is_refused_with_a_line_that_names_it() {
        for (data, line) in [
            ("br=/a,frobnicate", "aufs: unknown option frobnicate"),
            ("br=/a=rx", "aufs: wrong permission rx"),
            ("br=/a::/b", "aufs: a branch without a path"),
            ("mod:/a", "aufs: unknown option mod:/a"),
            ("create=best", "aufs: unknown option create=best"),
            ("dio=1", "aufs: unknown option dio=1"),
            ("add:x:/a", "aufs: unknown option add:x:/a"),
        ] {
            let refusal = parse(data.as_bytes()).expect_err(data);
            assert_eq!((refusal.errno, &refusal.log[0][..]), (Errno::EINVAL, line), "{data}");
        }
    }

    #[test]
    fn what_differs_from_the_defaults_is_shown() {
        let mut config = Config::default();
        assert_eq!(config.show(), "");
        for change in
            parse(b"dirperm1,dio,xino=/dev/shm/aufs.xino,create=rr,cpup=bu").expect("reads")
        {
            if let Change::Set(switch) = change {
                config.apply(&switch);
            }
        }
        assert_eq!(config.show(), ",dio,dirperm1,create=rr,cpup=bu");
    }
}
