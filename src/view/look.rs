//! Looks closely at one path, on a copy of the machine: what each layer has there, and how the
//! union finds it.

use super::build::{self, lossy};
use super::union::{self, UnionLayer};
use super::{Body, Inspection, NodeReport, TraceReport, TraceRow, XattrRow, diff};
use crate::cred::Cred;
use crate::fs::Cx;
use crate::trace::Step;
use crate::trace::step::{Layer, Verdict};
use crate::types::{Attr, Civil, FileType, FsId, Ino, OpenFlags, Timespec};
use crate::vfs::{Kernel, Pid};

/// Bytes of a file that are shown.
const TEXT_MAX: usize = 64 * 1024;
const HEX_MAX: usize = 1024;

/// The overlay mount that a path lies in: its file system, its target, the path in it.
fn mount_of(kernel: &mut Kernel, path: &str) -> Option<(FsId, String, String)> {
    let none = crate::store::Map::new();
    let mounts = build::mounts(kernel, &none);
    let inside = |target: &str| {
        let rest = path.strip_prefix(target.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/').to_owned())
    };
    mounts
        .iter()
        .filter_map(|it| Some((FsId(it.overlay), it.target.clone(), inside(&it.target)?)))
        .max_by_key(|it| it.1.len())
}

/// Everything about one path.
pub fn inspect(kernel: &Kernel, pid: Pid, path: &str) -> Inspection {
    let mut kernel = kernel.clone();
    let cred = Cred::root();
    let mount = mount_of(&mut kernel, path);
    let seen = kernel.find(pid, path.as_bytes(), false).ok();
    let seen = seen
        .and_then(|it| kernel.cx(&cred, |cx| report(cx, (it.fs, it.ino), None, path.to_owned())));
    let mut layers = Vec::new();
    if let Some((fs, _, rel)) = &mount {
        let views = union::of(&kernel, *fs).map(|it| it.layers()).unwrap_or_default();
        for view in views {
            layers.extend(kernel.cx(&cred, |cx| in_layer(cx, &view, rel)));
        }
    }
    let text = |report: &NodeReport| match &report.body {
        Body::Text { text, .. } => Some(text.clone()),
        _ => None,
    };
    let lower = layers.iter().find(|it| matches!(it.layer, Some(Layer::Lower(_)))).and_then(text);
    let top = layers.iter().any(|it| it.layer == Some(Layer::Upper));
    let diff = match (lower, seen.as_ref().map(|it| text(it).unwrap_or_default())) {
        (Some(old), Some(new)) if top => diff::lines(&old, &new),
        _ => Vec::new(),
    };
    Inspection { path: path.to_owned(), mount: mount.map(|it| it.1), seen, layers, diff }
}

/// What a layer has under a path; where a whiteout has the last name, that one.
fn in_layer(cx: &mut Cx<'_>, view: &UnionLayer, rel: &str) -> Option<NodeReport> {
    let names: Vec<&str> = rel.split('/').filter(|it| !it.is_empty()).collect();
    let mut at = (view.fs, view.root);
    let (mut shown, mut hides) = (view.shown(rel), false);
    for (i, name) in names.iter().enumerate() {
        let found = view.lookup(cx, at, name.as_bytes())?;
        (at, hides) = (found.at, found.hides);
        if hides && i + 1 < names.len() {
            return None;
        }
    }
    if hides {
        let dir = names[..names.len() - 1].join("/");
        shown = format!("{}/.wh.{}", view.shown(&dir), names.last()?);
    }
    report(cx, at, Some(view.layer), shown)
}

/// The text of a file as a process sees it (its beginning, if it is long); `None` when it is none.
pub fn text(kernel: &Kernel, pid: Pid, path: &str) -> Option<String> {
    let mut kernel = kernel.clone();
    let found = kernel.find(pid, path.as_bytes(), false).ok()?;
    let bytes = kernel.cx(&Cred::root(), |cx| read(cx, (found.fs, found.ino)))?;
    String::from_utf8(bytes).ok().filter(|it| !it.contains('\0'))
}

fn report(
    cx: &mut Cx<'_>,
    at: (FsId, Ino),
    layer: Option<Layer>,
    path: String,
) -> Option<NodeReport> {
    let node = build::node(cx, at)?;
    let attr = build::attr_of(cx, at)?;
    let list = cx.on(at.0, |f, cx| f.listxattr(cx, at.1)).unwrap_or_default();
    let xattrs = list
        .iter()
        .map(|name| {
            let value = build::xattr(cx, at, name).unwrap_or_default();
            XattrRow { name: lossy(name), value: xattr_text(&value), meaning: meaning(name) }
        })
        .collect();
    let body = body(cx, at, &attr);
    let stat = stat_text(&path, &attr, &node.mode);
    Some(NodeReport { layer, path, node, stat, xattrs, body })
}

fn body(cx: &mut Cx<'_>, at: (FsId, Ino), attr: &Attr) -> Body {
    match attr.kind {
        FileType::Dir => {
            let mut names: Vec<String> =
                build::names_of(cx, at).iter().map(|it| lossy(it)).collect();
            names.sort();
            Body::Directory { names }
        }
        FileType::Symlink => {
            let target = cx.on(at.0, |f, cx| f.readlink(cx, at.1)).unwrap_or_default();
            Body::Symlink { target: lossy(&target) }
        }
        FileType::Reg => {
            let Some(bytes) = read(cx, at) else { return Body::None };
            let cut = attr.size > bytes.len() as u64;
            match std::str::from_utf8(&bytes) {
                Ok(text) if !text.contains('\0') => Body::Text { text: text.to_owned(), cut },
                _ => {
                    let shown = &bytes[..bytes.len().min(HEX_MAX)];
                    Body::Binary { hex: hex(shown), cut: cut || bytes.len() > HEX_MAX }
                }
            }
        }
        _ => Body::None,
    }
}

fn read(cx: &mut Cx<'_>, at: (FsId, Ino)) -> Option<Vec<u8>> {
    let fh = cx.on(at.0, |f, cx| f.open(cx, at.1, OpenFlags::RDONLY)).ok()?;
    let mut bytes = vec![0; TEXT_MAX];
    let n = cx.on(at.0, |f, cx| f.read(cx, at.1, fh, 0, &mut bytes)).unwrap_or(0);
    cx.on(at.0, |f, cx| f.release(cx, at.1, fh));
    bytes.truncate(n);
    Some(bytes)
}

fn hex(bytes: &[u8]) -> String {
    let line = |(i, chunk): (usize, &[u8])| {
        let cells: Vec<String> = chunk.iter().map(|b| format!("{b:02x}")).collect();
        let text: String = chunk
            .iter()
            .map(|b| if b.is_ascii_graphic() || *b == b' ' { *b as char } else { '.' })
            .collect();
        format!("{:06x}  {:<47}  {text}\n", i * 16, cells.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

fn xattr_text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => format!("\"{text}\""),
        _ => format!("0x{}", value.iter().map(|b| format!("{b:02x}")).collect::<String>()),
    }
}

fn meaning(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    if text.starts_with("system.posix_acl") {
        return Some("acl".to_owned());
    }
    let rest =
        text.strip_prefix("trusted.overlay.").or_else(|| text.strip_prefix("user.overlay."))?;
    Some(rest.to_owned())
}

/// What `stat` tells, in the same words.
fn stat_text(path: &str, attr: &Attr, mode: &str) -> String {
    let kind = match attr.kind {
        FileType::Fifo => "fifo",
        FileType::Chr => "character special file",
        FileType::Dir => "directory",
        FileType::Blk => "block special file",
        FileType::Reg if attr.size == 0 => "regular empty file",
        FileType::Reg => "regular file",
        FileType::Symlink => "symbolic link",
        FileType::Sock => "socket",
    };
    format!(
        "  File: {path}\n  Size: {:<10} Blocks: {:<6} {kind}\nDevice: {},{}  Inode: {}  Links: {}\nAccess: ({:04o}/{mode})  Uid: {}  Gid: {}\nModify: {}\nChange: {}\n",
        attr.size,
        attr.blocks,
        attr.dev.major,
        attr.dev.minor,
        attr.ino,
        attr.nlink,
        attr.mode.bits(),
        attr.uid,
        attr.gid,
        time(attr.mtime),
        time(attr.ctime),
    )
}

/// `2026-01-01 00:00:00.000000000`, in UTC.
pub fn time(at: Timespec) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(at.sec);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:09}", at.nsec)
}

/// The lookup of a path with nothing cached: every question to every layer.
pub fn trace(kernel: &Kernel, pid: Pid, path: &str) -> TraceReport {
    let mut kernel = kernel.clone();
    let Some((fs, target, _)) = mount_of(&mut kernel, path) else {
        return TraceReport { path: path.to_owned(), ..TraceReport::default() };
    };
    union::forget_names(&mut kernel, fs);
    kernel.trace.take();
    kernel.trace.set_on(true);
    let found = kernel.find(pid, path.as_bytes(), false);
    let steps = kernel.trace.take();
    kernel.trace.set_on(false);
    let rows: Vec<TraceRow> = steps.iter().filter_map(|step| row(step, fs)).collect();
    let cred = Cred::root();
    let result = found.ok().and_then(|it| kernel.cx(&cred, |cx| build::node(cx, (it.fs, it.ino))));
    let identity = found.ok().and_then(|it| union::of(&kernel, fs)?.identity(it.ino));
    let stat = result.as_ref().map(|it| {
        format!(
            "st_dev {}  st_ino {}  size {}  {}  nlink {}",
            it.dev, it.ino, it.size, it.mode, it.nlink
        )
    });
    TraceReport {
        path: path.to_owned(),
        mount: Some(target),
        rows,
        result,
        errno: found.err(),
        identity_from: identity,
        stat: stat.unwrap_or_default(),
    }
}

fn row(step: &Step, fs: FsId) -> Option<TraceRow> {
    let Step::Lookup { overlay, path, layer, verdict, rule } = step else { return None };
    (*overlay == fs).then(|| TraceRow {
        path: path.trim_start_matches('/').to_owned(),
        layer: *layer,
        verdict: verdict.clone(),
        rule: *rule,
        rule_id: rule.id().to_owned(),
        sentence: rule.sentence().to_owned(),
        chinese: rule.chinese().map(str::to_owned),
    })
}

/// Is this verdict the end of a lookup?
pub fn ends(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::File(_) | Verdict::Whiteout | Verdict::Error(_))
}
