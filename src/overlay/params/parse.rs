//! From option text to [`Parsed`]: the table, syntax and escapes, and the walk to each directory.

use super::super::mount::{LayerRoot, MountHost, Options};
use super::super::profile::{Feature, Profile};
use super::table::{Choice, Kind, TABLE};
use super::{Config, LowerOption, Parsed, UuidMode};
use crate::errno::Errno;
use crate::fs::Cx;
use crate::limits::OVERLAY_LOWERS_MAX;
use crate::types::Result;

/// `MS_RDONLY` in the flags of a mount.
const MS_RDONLY: u64 = 1;

/// Options of every file system that have no effect here (observed: accepted, with any value).
const COMMON: &[&[u8]] =
    &[b"rw", b"sync", b"async", b"dirsync", b"lazytime", b"nolazytime", b"mand", b"nomand"];

/// What parsing carries along.
pub(in super::super) struct Parser<'a> {
    pub host: &'a mut dyn MountHost,
    pub log: &'a mut Vec<String>,
    pub profile: Profile,
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
    let mut later = Later::default();
    match options {
        Options::Data(data) => {
            for option in split_options(data) {
                let (key, value) = match option.iter().position(|&b| b == b'=') {
                    Some(0) => continue,
                    Some(at) => (&option[..at], Some(&option[at + 1..])),
                    None => (option, None),
                };
                parser.option(cx, (&mut parsed, &mut later), key, value)?;
            }
        }
        Options::List(list) => {
            for (key, value) in list {
                let flag = value.is_empty() && key != b"lowerdir";
                parser.option(cx, (&mut parsed, &mut later), key, (!flag).then_some(value))?;
            }
        }
    }
    if !parser.profile.has(Feature::MountApi) {
        parser.find_later(cx, &mut parsed, &later)?;
    }
    Ok(parsed)
}

/// Paths of the options that kernels before 6.5 look up when all options are read: upper, work and
/// lower, each as it was named last.
#[derive(Default)]
struct Later([Option<Vec<u8>>; 3]);

const LATER: [&str; 3] = ["upperdir", "workdir", "lowerdir"];

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
        (parsed, later): (&mut Parsed, &mut Later),
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
        let knows = |need: Option<Feature>| need.is_none_or(|it| self.profile.has(it));
        let row = TABLE.iter().find(|row| row.0.as_bytes() == key && knows(row.1));
        if !self.profile.has(Feature::MountApi) {
            let row = row.map(|row| (row.0, &row.2));
            return self.old_option(cx, (parsed, later), (key, value), row);
        }
        if key == b"source" {
            return self.fail(SOURCES.into());
        }
        let Some((name, _, kind)) = row else {
            return self.fail(format!("overlay: Unknown parameter '{}'", text(key)));
        };
        self.set(cx, parsed, name, kind, value)
    }

    /// Before 6.5 an option is a word with all its values, and there is one refusal for all.
    fn old_option(
        &mut self,
        cx: &mut Cx<'_>,
        (parsed, later): (&mut Parsed, &mut Later),
        (key, value): (&[u8], Option<&[u8]>),
        row: Option<(&'static str, &Kind)>,
    ) -> Result<()> {
        let whole = match value {
            Some(value) => [key, b"=", value].concat(),
            None => key.to_vec(),
        };
        let fits = |kind: &Kind| match (kind, value) {
            (Kind::Flag(_), value) => value.is_none(),
            (Kind::Enum(choices), Some(value)) => self.choice(choices, value).is_some(),
            (_, value) => value.is_some(),
        };
        match row {
            Some((name, kind)) if fits(kind) => {
                if let Some(at) = LATER.iter().position(|it| *it == name) {
                    later.0[at] = value.map(<[u8]>::to_vec);
                    return Ok(());
                }
                self.set(cx, parsed, name, kind, value)?;
                if !self.profile.has(Feature::Uuid) && parsed.config.uuid == UuidMode::On {
                    // The default there, which only says that handles name their file system.
                    parsed.config.uuid = UuidMode::Auto;
                }
                Ok(())
            }
            Some(("redirect_dir", _)) if value.is_some() => {
                self.fail(format!("overlayfs: bad mount option \"{}\"", text(&whole)))
            }
            _ => self.fail(format!(
                "overlayfs: unrecognized mount option \"{}\" or missing value",
                text(&whole)
            )),
        }
    }

    fn find_later(&mut self, cx: &mut Cx<'_>, parsed: &mut Parsed, later: &Later) -> Result<()> {
        let there = |it: &Option<Vec<u8>>| it.as_ref().is_some_and(|path| !path.is_empty());
        if !self.profile.has(Feature::LowerLayers) && !later.0.iter().all(there) {
            return self.fail("overlayfs: missing upperdir or lowerdir or workdir".into());
        }
        let [upper, work, lower] = &later.0;
        if there(upper) && !there(work) {
            return self.fail("overlayfs: missing 'workdir'".into());
        }
        if !there(lower) {
            return self.fail("overlayfs: missing 'lowerdir'".into());
        }
        if let (Some(upper), Some(work)) = (upper, work) {
            self.set(cx, parsed, LATER[0], &Kind::Upperdir, Some(upper))?;
            self.set(cx, parsed, LATER[1], &Kind::Workdir, Some(work))?;
        } else {
            parsed.config.workdir.clone_from(work);
        }
        self.set(cx, parsed, LATER[2], &Kind::Lowerdir, lower.as_deref())
    }

    /// What a value does, if this kernel knows it.
    fn choice(&self, choices: &'static [Choice], value: &[u8]) -> Option<fn(&mut Parsed)> {
        let knows = |need: Option<Feature>| need.is_none_or(|it| self.profile.has(it));
        choices.iter().find(|row| row.0.as_bytes() == value && knows(row.1)).map(|row| row.2)
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
            (Kind::Enum(choices), Some(value)) => match self.choice(choices, value) {
                Some(set) => {
                    set(parsed);
                    Ok(())
                }
                None => bad(self),
            },
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
        if !self.profile.has(Feature::LowerLayers) {
            // The whole value is one path.
            let root = self.resolve(cx, &unescape(value))?;
            parsed.lowers.push(root);
            parsed.config.lowers.push(LowerOption { text: value.to_vec(), data: false });
            parsed.config.lowerdir = Some(value.to_vec());
            return Ok(());
        }
        if value[0] == b':' && !self.profile.has(Feature::DataLayers) {
            return self.fail(EMPTY.into());
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
                    let gap = colons > 1 || at == value.len();
                    if gap && !self.profile.has(Feature::DataLayers) {
                        return self.fail(EMPTY.into());
                    }
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

/// What kernels without data-only layers say of a path that is missing between colons.
const EMPTY: &str = "overlayfs: empty lowerdir";
/// Whoever mounts names the source beside the options.
const SOURCES: &str = "Multiple sources";

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
