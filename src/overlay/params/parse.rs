//! From option text to [`Parsed`]: the table, syntax and escapes, and the walk to each directory.

use super::super::mount::{LayerRoot, MountHost, Options};
use super::{Config, Fsync, LowerOption, Parsed, RedirectMode, UuidMode, Verity, Xino};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::limits::OVERLAY_LOWERS_MAX;
use crate::types::Result;

/// `MS_RDONLY` in the flags of a mount.
const MS_RDONLY: u64 = 1;

/// What a value of an enumeration does.
type Choice = (&'static str, fn(&mut Parsed));

/// How an option takes its value.
enum Kind {
    Flag(fn(&mut Parsed)),
    Enum(&'static [Choice]),
    /// Colon-separated layers.
    Lowerdir,
    /// One layer, verbatim; data-only or not.
    Add {
        data: bool,
    },
    Upperdir,
    Workdir,
}

/// Every option of 6.18.
const TABLE: &[(&str, Kind)] = &[
    ("lowerdir", Kind::Lowerdir),
    ("lowerdir+", Kind::Add { data: false }),
    ("datadir+", Kind::Add { data: true }),
    ("upperdir", Kind::Upperdir),
    ("workdir", Kind::Workdir),
    ("default_permissions", Kind::Flag(|p| p.config.default_permissions = true)),
    (
        "redirect_dir",
        Kind::Enum(&[
            // This kernel always follows what is there: off only means that none is made.
            ("off", |p| set_redirect(p, RedirectMode::Follow)),
            ("follow", |p| set_redirect(p, RedirectMode::Follow)),
            ("nofollow", |p| set_redirect(p, RedirectMode::NoFollow)),
            ("on", |p| set_redirect(p, RedirectMode::On)),
        ]),
    ),
    ("index", Kind::Enum(&[("on", |p| set_index(p, true)), ("off", |p| set_index(p, false))])),
    (
        "uuid",
        Kind::Enum(&[
            ("off", |p| p.config.uuid = UuidMode::Off),
            ("null", |p| p.config.uuid = UuidMode::Null),
            ("auto", |p| p.config.uuid = UuidMode::Auto),
            ("on", |p| p.config.uuid = UuidMode::On),
        ]),
    ),
    ("nfs_export", Kind::Enum(&[("on", |p| set_nfs(p, true)), ("off", |p| set_nfs(p, false))])),
    ("userxattr", Kind::Flag(|p| p.config.userxattr = true)),
    (
        "xino",
        Kind::Enum(&[
            ("off", |p| p.config.xino = Xino::Off),
            ("auto", |p| p.config.xino = Xino::Auto),
            ("on", |p| p.config.xino = Xino::On),
        ]),
    ),
    (
        "metacopy",
        Kind::Enum(&[("on", |p| set_metacopy(p, true)), ("off", |p| set_metacopy(p, false))]),
    ),
    (
        "verity",
        Kind::Enum(&[
            ("off", |p| p.config.verity = Verity::Off),
            ("on", |p| p.config.verity = Verity::On),
            ("require", |p| p.config.verity = Verity::Require),
        ]),
    ),
    (
        "fsync",
        Kind::Enum(&[
            ("auto", |p| p.config.fsync = Fsync::Auto),
            ("strict", |p| p.config.fsync = Fsync::Strict),
            ("volatile", |p| p.config.fsync = Fsync::Volatile),
        ]),
    ),
    ("volatile", Kind::Flag(|p| p.config.fsync = Fsync::Volatile)),
    // Whose credentials act on layers; without a mounting helper both are the mounter's.
    ("override_creds", Kind::Flag(|_| {})),
    ("nooverride_creds", Kind::Flag(|_| {})),
];

/// Options of every file system that have no effect here (observed: accepted, with any value).
const COMMON: &[&[u8]] =
    &[b"rw", b"sync", b"async", b"dirsync", b"lazytime", b"nolazytime", b"mand", b"nomand"];

fn set_redirect(p: &mut Parsed, mode: RedirectMode) {
    p.config.redirect = mode;
    p.named.redirect = true;
}

fn set_index(p: &mut Parsed, on: bool) {
    p.config.index = on;
    p.named.index = true;
}

fn set_nfs(p: &mut Parsed, on: bool) {
    p.config.nfs_export = on;
    p.named.nfs_export = true;
}

fn set_metacopy(p: &mut Parsed, on: bool) {
    p.config.metacopy = on;
    p.named.metacopy = true;
}

/// What parsing carries along.
pub(in super::super) struct Parser<'a> {
    pub host: &'a mut dyn MountHost,
    pub log: &'a mut Vec<String>,
}

/// Reads all options in order; each directory is looked up when its option is read.
///
/// # Errors
/// `EINVAL` with a log line; those of the path walks.
pub(in super::super) fn parse(
    cx: &mut Cx<'_>,
    options: Options<'_>,
    parser: &mut Parser<'_>,
) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    match options {
        Options::Data(data) => {
            for option in split_options(data) {
                let (key, value) = match option.iter().position(|&b| b == b'=') {
                    Some(0) => continue,
                    Some(at) => (&option[..at], Some(&option[at + 1..])),
                    None => (option, None),
                };
                parser.option(cx, &mut parsed, key, value)?;
            }
        }
        Options::List(list) => {
            for (key, value) in list {
                let flag = value.is_empty() && key != b"lowerdir";
                parser.option(cx, &mut parsed, key, (!flag).then_some(value))?;
            }
        }
    }
    Ok(parsed)
}

/// Splits at commas that no backslash escapes; empty options do not count.
fn split_options(data: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < data.len() {
        match data[at] {
            b'\\' => at += 1,
            b',' => {
                out.push(&data[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.push(&data[start.min(data.len())..]);
    out.retain(|it| !it.is_empty());
    out
}

/// Takes each escaping backslash away.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next()),
            _ => out.push(byte),
        }
    }
    out
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Parser<'_> {
    fn fail<T>(&mut self, line: String) -> Result<T> {
        self.log.push(line);
        Err(Errno::EINVAL)
    }

    fn option(
        &mut self,
        cx: &mut Cx<'_>,
        parsed: &mut Parsed,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<()> {
        if key == b"ro" {
            parsed.read_only = true;
            return Ok(());
        }
        if COMMON.contains(&key) {
            return Ok(());
        }
        if key == b"source" {
            return self.fail("VFS: Multiple sources not supported".into());
        }
        let Some((name, kind)) = TABLE.iter().find(|row| row.0.as_bytes() == key) else {
            return self.fail(format!("overlay: Unknown parameter '{}'", text(key)));
        };
        self.set(cx, parsed, name, kind, value)
    }

    fn set(
        &mut self,
        cx: &mut Cx<'_>,
        parsed: &mut Parsed,
        name: &str,
        kind: &Kind,
        value: Option<&[u8]>,
    ) -> Result<()> {
        let bad = |it: &mut Self| it.fail(format!("overlay: Bad value for '{name}'"));
        match (kind, value) {
            (Kind::Flag(set), None) => {
                set(parsed);
                Ok(())
            }
            (Kind::Flag(_), Some(_)) => {
                self.fail(format!("overlay: Unexpected value for '{name}'"))
            }
            (Kind::Enum(choices), Some(value)) => {
                match choices.iter().find(|row| row.0.as_bytes() == value) {
                    Some((_, set)) => {
                        set(parsed);
                        Ok(())
                    }
                    None => bad(self),
                }
            }
            (Kind::Lowerdir, Some(value)) => self.lowerdir(cx, parsed, value),
            (_, None | Some(b"")) => bad(self),
            (Kind::Add { data }, Some(value)) => self.add(cx, parsed, value, *data),
            (Kind::Upperdir, Some(value)) => {
                parsed.upper = Some(self.own_dir(cx, value)?);
                parsed.config.upperdir = Some(value.to_vec());
                Ok(())
            }
            (Kind::Workdir, Some(value)) => {
                parsed.work = Some(self.own_dir(cx, value)?);
                parsed.config.workdir = Some(value.to_vec());
                Ok(())
            }
        }
    }

    /// `lowerdir=a:b`: replaces every layer named before; empty only takes them away.
    fn lowerdir(&mut self, cx: &mut Cx<'_>, parsed: &mut Parsed, value: &[u8]) -> Result<()> {
        reset(&mut parsed.config);
        parsed.lowers.clear();
        if value.is_empty() {
            return Ok(());
        }
        if value[0] == b':' {
            return self.fail("overlayfs: cannot append lower layer".into());
        }
        let layers = self.split_lowers(value)?;
        if layers.len() > OVERLAY_LOWERS_MAX {
            return self.fail(too_many());
        }
        let mut data_seen = false;
        for (path, data) in layers {
            if data_seen && !data {
                let line = "overlayfs: regular lower layers cannot follow data lower layers";
                return self.fail(line.into());
            }
            data_seen |= data;
            let root = self.resolve(cx, &unescape(path))?;
            parsed.lowers.push(root);
            parsed.config.lowers.push(LowerOption { text: path.to_vec(), data });
        }
        parsed.config.lowerdir = Some(value.to_vec());
        Ok(())
    }

    /// The layers of a `lowerdir=` value, each with "stands behind a double colon".
    fn split_lowers<'v>(&mut self, value: &'v [u8]) -> Result<Vec<(&'v [u8], bool)>> {
        let mut out = Vec::new();
        let (mut start, mut at, mut data) = (0, 0, false);
        while at < value.len() {
            match value[at] {
                b'\\' => at += 2,
                b':' => {
                    out.push((&value[start..at], data));
                    let colons = value[at..].iter().take_while(|&&b| b == b':').count();
                    at += colons;
                    if colons > 2 {
                        return self.fail(
                            "overlayfs: only single ':' or double '::' sequences of unescaped \
                             colons in lowerdir mount option allowed."
                                .into(),
                        );
                    }
                    if at == value.len() {
                        let line = "overlayfs: unescaped trailing colons in lowerdir mount option.";
                        return self.fail(line.into());
                    }
                    data = colons == 2;
                    start = at;
                }
                _ => at += 1,
            }
        }
        out.push((&value[start..], data));
        Ok(out)
    }

    /// `lowerdir+` and `datadir+`: one more layer, its path verbatim.
    fn add(
        &mut self,
        cx: &mut Cx<'_>,
        parsed: &mut Parsed,
        value: &[u8],
        data: bool,
    ) -> Result<()> {
        if parsed.config.lowerdir.is_some() {
            let line = "overlay: lowerdir+ and datadir+ cannot follow lowerdir";
            return self.fail(line.into());
        }
        if !data && parsed.config.lowers.iter().any(|it| it.data) {
            let line = "overlay: regular lower layers cannot follow data layers";
            return self.fail(line.into());
        }
        if parsed.lowers.len() == OVERLAY_LOWERS_MAX {
            return self.fail(too_many());
        }
        let root = self.resolve(cx, value)?;
        parsed.lowers.push(root);
        parsed.config.lowers.push(LowerOption { text: value.to_vec(), data });
        Ok(())
    }

    /// The upper or the work directory: must be writable.
    fn own_dir(&mut self, cx: &mut Cx<'_>, value: &[u8]) -> Result<LayerRoot> {
        let path = unescape(value);
        let root = self.resolve(cx, &path)?;
        let traits = cx.on(root.fs, |f, _| f.traits());
        if traits.has_d_real {
            return self
                .fail(format!("overlay: filesystem on {} not supported as upperdir", text(&path)));
        }
        if root.flags & MS_RDONLY != 0 || traits.read_only {
            return self.fail(format!("overlay: filesystem on {} is read-only", text(&path)));
        }
        Ok(root)
    }

    fn resolve(&mut self, cx: &mut Cx<'_>, path: &[u8]) -> Result<LayerRoot> {
        let root = match self.host.resolve(cx, path) {
            Ok(root) => root,
            Err(errno) => {
                let line =
                    format!("overlayfs: failed to resolve '{}': -{}", text(path), errno.number());
                self.log.push(line);
                return Err(errno);
            }
        };
        let is_dir = cx.on(root.fs, |f, cx| f.peek_attr(cx, root.ino))?.is_dir();
        if !is_dir {
            return self.fail(format!("overlay: {} is not a directory", text(path)));
        }
        Ok(root)
    }
}

fn too_many() -> String {
    format!("overlayfs: too many lower directories, limit is {OVERLAY_LOWERS_MAX}")
}

fn reset(config: &mut Config) {
    config.lowerdir = None;
    config.lowers.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_split_at_bare_commas() {
        assert_eq!(split_options(b"a,b=1,,c"), [&b"a"[..], b"b=1", b"c"]);
        assert_eq!(split_options(b"lowerdir=a\\,b,x"), [&b"lowerdir=a\\,b"[..], b"x"]);
        assert_eq!(split_options(b""), [b""; 0]);
        assert_eq!(split_options(b"a\\"), [b"a\\"]);
    }

    #[test]
    fn backslashes_escape() {
        assert_eq!(unescape(b"a\\:b\\\\c"), b"a:b\\c");
        assert_eq!(unescape(b"end\\"), b"end");
    }
}
