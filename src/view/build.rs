//! Makes the picture: asks a copy of the kernel, so that looking leaves no mark on the machine.

use super::union::{self, Behind, Union, UnionLayer};
use super::{
    Cell, Fate, LayerInfo, Ledger, MountInfo, Node, Role, Row, TreeRow, Unseen, layers, look,
};
use crate::cred::Cred;
use crate::fs::Cx;
use crate::overlay::format::{Names, TRUSTED, USER};
use crate::store::Map;
use crate::trace::step::Layer;
use crate::types::{Attr, FileType, FsId, Ino, Name};
use crate::vfs::Kernel;
use std::collections::BTreeSet;

/// Rows of one mount that are drawn.
const ROWS_MAX: usize = 400;
/// Files listed whose bytes nobody sees.
const UNSEEN_MAX: usize = 100;
/// Rows of the plain tree.
const TREE_MAX: usize = 400;

/// A real directory or file.
type Real = (FsId, Ino);

/// All mounts of unions.
pub fn mounts(kernel: &mut Kernel, names: &Map<Real, String>) -> Vec<MountInfo> {
    let lines = mount_lines(kernel);
    let found: Vec<_> = kernel
        .mounts
        .iter()
        // Those of a container's own namespace are not seen from here.
        .filter(|mount| lines.contains_key(&mount.id.0) && union::of(kernel, mount.fs).is_some())
        .map(|mount| (mount.id, mount.fs, mount.flags, mount.source.to_vec()))
        .collect();
    found
        .into_iter()
        .map(|(id, fs, flags, source)| {
            let target = lines.get(&id.0).cloned().unwrap_or_default();
            one(kernel, fs, flags, &source, target, names)
        })
        .collect()
}

/// Where each mount hangs.
fn mount_lines(kernel: &Kernel) -> Map<u32, String> {
    let Some(first) = kernel.mounts.iter().next() else { return Map::new() };
    let place = crate::vfs::Place { mnt: first.id, fs: first.fs, ino: first.root };
    let root = crate::vfs::Kept { place, rel: std::sync::Arc::from([]), gone: false };
    let path = |id| kernel.mounts.path(id, b"", &root).map(|it| lossy(&it));
    kernel.mounts.iter().filter_map(|it| Some((it.id.0, path(it.id)?))).collect()
}

fn one(
    kernel: &mut Kernel,
    fs: FsId,
    flags: u64,
    source: &[u8],
    target: String,
    names: &Map<Real, String>,
) -> MountInfo {
    let cred = Cred::root();
    let found = union::of(kernel, fs);
    let views = found.map(|it| it.layers()).unwrap_or_default();
    let work = found.and_then(|it| it.work_dir());
    let base = found.and_then(|it| it.work_base());
    let options = kernel.disks.peek(fs).map(|it| lossy(&it.show_options())).unwrap_or_default();
    let frozen = flags & crate::sys::ms::RDONLY != 0
        || kernel.disks.peek(fs).is_some_and(|it| it.traits().read_only);
    let mut walk = Walk {
        fs,
        views: &views,
        rows: Vec::new(),
        left_out: 0,
        ledger: Ledger::default(),
        unseen: Vec::new(),
    };
    kernel.cx(&cred, |cx| {
        let root = Ino(cx.disks.peek(fs).map_or(0, |it| it.root().0));
        let behind = |it: &UnionLayer| Behind { at: (it.fs, it.root), hides: false };
        let reals = views.iter().map(|it| Some(behind(it))).collect();
        walk.row(cx, Here { path: String::new(), depth: 0, ino: Some(root), reals });
    });
    let Walk { rows, left_out, ledger, mut unseen, .. } = walk;
    unseen.sort_by_key(|it| std::cmp::Reverse(it.bytes));
    unseen.truncate(UNSEEN_MAX);
    let layers =
        views.iter().enumerate().map(|(i, it)| layer_info(kernel, it, &rows, i, names)).collect();
    let work_rows = kernel.cx(&cred, |cx| work.map(|at| work_rows(cx, at)).unwrap_or_default());
    MountInfo {
        overlay: fs.0,
        target,
        source: lossy(source),
        options: if frozen { format!("ro,{options}") } else { format!("rw,{options}") }
            .trim_end_matches(',')
            .replace(",,", ","),
        read_only: frozen || !views.iter().any(|it| it.writable),
        layers,
        work: work_rows,
        work_path: base
            .map(|at| names.get(&at).cloned().unwrap_or_else(|| "work".into()))
            .unwrap_or_default(),
        rows,
        rows_left_out: left_out,
        ledger,
        unseen,
    }
}

fn layer_info(
    kernel: &Kernel,
    view: &UnionLayer,
    rows: &[Row],
    column: usize,
    names: &Map<Real, String>,
) -> LayerInfo {
    let nodes = || rows.iter().skip(1).filter_map(|row| row.cells.get(column)?.node.as_ref());
    LayerInfo {
        layer: view.layer,
        label: view.label.clone(),
        path: names.get(&(view.fs, view.root)).cloned().unwrap_or_else(|| lossy(&view.path)),
        fs: kernel.disks.peek(view.fs).map(|it| it.type_name().to_owned()).unwrap_or_default(),
        writable: view.writable,
        data_only: false,
        entries: nodes().count(),
        bytes: nodes().filter(|it| it.kind == FileType::Reg).map(|it| it.size).sum(),
    }
}

fn work_rows(cx: &mut Cx<'_>, at: Real) -> Vec<TreeRow> {
    let mut out = Vec::new();
    for name in names_of(cx, at) {
        let Some(found) = lookup(cx, at, &name) else { continue };
        let Some(attr) = attr_of(cx, found) else { continue };
        let text = lossy(&name);
        out.push(layers::tree_row(format!("work/{text}"), text, 0, &attr));
    }
    out
}

/// One path: in the union and in every layer.
struct Here {
    path: String,
    depth: usize,
    ino: Option<Ino>,
    reals: Vec<Option<Behind>>,
}

struct Walk<'a> {
    fs: FsId,
    views: &'a [UnionLayer],
    rows: Vec<Row>,
    left_out: usize,
    ledger: Ledger,
    unseen: Vec<Unseen>,
}

impl Walk<'_> {
    fn row(&mut self, cx: &mut Cx<'_>, here: Here) {
        if self.rows.len() >= ROWS_MAX {
            self.left_out += 1;
            return;
        }
        let merged = here.ino.and_then(|ino| node(cx, (self.fs, ino)));
        let stack: Vec<Layer> = here.ino.map(|ino| self.stack(cx, ino)).unwrap_or_default();
        let nodes: Vec<Option<Node>> =
            here.reals.iter().map(|it| it.and_then(|it| behind_node(cx, it))).collect();
        let opaque = |cx: &mut Cx<'_>, view: &UnionLayer, it: Option<Behind>| {
            it.is_some_and(|it| {
                view.is_opaque(cx, it.at)
                    || private(cx, it.at, |it| it.opaque).as_deref() == Some(b"y")
            })
        };
        let is_dir = merged.as_ref().is_some_and(|it| it.kind == FileType::Dir);
        let mut cells = Vec::with_capacity(nodes.len());
        let mut stopped = false;
        for (i, found) in nodes.into_iter().enumerate() {
            let mine = stack.contains(&self.views[i].layer);
            let role = match &found {
                None => Role::Absent,
                Some(_) if stopped => Role::Shadowed,
                Some(it) if is_whiteout(it) => Role::Whiteout,
                Some(it) if is_dir && mine && it.kind == FileType::Dir => {
                    match opaque(cx, &self.views[i], here.reals[i]) {
                        true => Role::Opaque,
                        false if stack.len() > 1 => Role::Merged,
                        false => Role::Visible,
                    }
                }
                Some(_) if mine && !is_dir => Role::Visible,
                Some(_) => Role::Shadowed,
            };
            stopped |=
                matches!(role, Role::Whiteout | Role::Opaque) || role == Role::Visible && !is_dir;
            if let Some(node) = found.as_ref().filter(|it| it.kind == FileType::Reg) {
                self.count(&here.path, i, node.size, role, merged.is_some());
            }
            cells.push(Cell { role, node: found });
        }
        let name = here.path.rsplit('/').next().unwrap_or_default().to_owned();
        let below =
            cells.iter().any(|it| it.node.as_ref().is_some_and(|n| n.kind == FileType::Dir));
        let origin = here.ino.and_then(|ino| self.origin(cx, ino));
        let (path, depth) = (here.path.clone(), here.depth);
        self.rows.push(Row { path, name, depth, merged, cells, origin });
        if below && here.depth < 32 {
            self.children(cx, &here);
        }
    }

    fn count(&mut self, path: &str, column: usize, bytes: u64, role: Role, seen: bool) {
        let (sum, fate) = match role {
            Role::Visible => (&mut self.ledger.visible, Fate::Visible),
            Role::Shadowed if seen => (&mut self.ledger.shadowed, Fate::Shadowed),
            _ => (&mut self.ledger.removed, Fate::Removed),
        };
        *sum += bytes;
        if fate != Fate::Visible && bytes > 0 {
            let (path, layer) = (path.to_owned(), self.views[column].layer);
            self.unseen.push(Unseen { path, layer, bytes, fate });
        }
    }

    /// Column of the lower file that the upper one comes from.
    fn origin(&self, cx: &Cx<'_>, ino: Ino) -> Option<usize> {
        let it = self.overlay(cx)?;
        if it.is_directory(ino) {
            return None;
        }
        let stack = Union::Overlay(it).stack(ino);
        let top = *stack.first().filter(|it| **it == Layer::Upper)?;
        let from = *stack.iter().find(|it| **it != top)?;
        self.views.iter().position(|it| it.layer == from)
    }

    fn overlay<'c>(&self, cx: &'c Cx<'_>) -> Option<&'c crate::overlay::Overlay> {
        cx.disks.peek(self.fs)?.as_any().downcast_ref()
    }

    /// Layers behind an inode of the union, as the union itself says.
    fn stack(&self, cx: &Cx<'_>, ino: Ino) -> Vec<Layer> {
        let Some(it) = union::among(cx.disks, self.fs) else { return Vec::new() };
        let mut layers = it.stack(ino);
        // Below an upper file stands its origin, which shows nothing.
        if layers.first() == Some(&Layer::Upper) && !it.is_directory(ino) {
            layers.truncate(1);
        }
        layers
    }

    fn children(&mut self, cx: &mut Cx<'_>, here: &Here) {
        let mut names = BTreeSet::new();
        for (view, it) in self.views.iter().zip(&here.reals) {
            if let Some(it) = it.filter(|it| !it.hides) {
                names.extend(view.names(cx, it.at));
            }
        }
        if let Some(ino) = here.ino {
            names.extend(names_of(cx, (self.fs, ino)));
        }
        for name in names {
            if self.rows.len() >= ROWS_MAX {
                self.left_out += 1;
                continue;
            }
            let ino = here.ino.and_then(|ino| lookup(cx, (self.fs, ino), &name)).map(|it| it.1);
            let behind = |(view, it): (&UnionLayer, &Option<Behind>)| {
                let dir = it.filter(|it| !it.hides)?;
                view.lookup(cx, dir.at, &name)
            };
            let reals = self.views.iter().zip(&here.reals).map(behind).collect();
            let text = lossy(&name);
            let path = if here.path.is_empty() { text } else { format!("{}/{text}", here.path) };
            self.row(cx, Here { path, depth: here.depth + 1, ino, reals });
        }
    }
}

/// What a layer has under a name, in short; a file `.wh.NAME` is a whiteout.
fn behind_node(cx: &mut Cx<'_>, it: Behind) -> Option<Node> {
    let node = node(cx, it.at)?;
    Some(if it.hides { Node { extra: "whiteout".into(), ..node } } else { node })
}

/// A whiteout in its device form, or the attribute form on an empty file.
pub fn is_whiteout(node: &Node) -> bool {
    node.kind == FileType::Chr && node.extra == "0, 0" || node.extra == "whiteout"
}

/// One of an overlay's own attributes, in either namespace (`userxattr`).
fn private(cx: &mut Cx<'_>, at: Real, name: fn(&Names) -> &[u8]) -> Option<Vec<u8>> {
    [&TRUSTED, &USER].into_iter().find_map(|names| xattr(cx, at, name(names)))
}

/// An inode in short.
pub fn node(cx: &mut Cx<'_>, at: Real) -> Option<Node> {
    let attr = attr_of(cx, at)?;
    let redirect = private(cx, at, |it| it.redirect).map(|it| lossy(&it));
    let extra = match attr.kind {
        FileType::Symlink => {
            cx.on(at.0, |f, cx| f.readlink(cx, at.1)).map(|it| lossy(&it)).unwrap_or_default()
        }
        FileType::Chr | FileType::Blk => format!("{}, {}", attr.rdev.major, attr.rdev.minor),
        FileType::Reg if private(cx, at, |it| it.whiteout).is_some() => "whiteout".into(),
        _ => String::new(),
    };
    Some(Node {
        kind: attr.kind,
        ino: attr.ino,
        dev: format!("{}:{}", attr.dev.major, attr.dev.minor),
        mode: mode_text(&attr),
        nlink: attr.nlink,
        owner: format!("{}:{}", attr.uid, attr.gid),
        size: attr.size,
        mtime: look::time(attr.mtime),
        extra,
        copied_up: attr.kind != FileType::Dir && private(cx, at, |it| it.origin).is_some(),
        metacopy: private(cx, at, |it| it.metacopy).is_some(),
        redirect,
    })
}

/// `-rw-r--r--`
pub fn mode_text(attr: &Attr) -> String {
    let kind = match attr.kind {
        FileType::Fifo => 'p',
        FileType::Chr => 'c',
        FileType::Dir => 'd',
        FileType::Blk => 'b',
        FileType::Reg => '-',
        FileType::Symlink => 'l',
        FileType::Sock => 's',
    };
    let bits = attr.mode.bits();
    let mut out = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let three = bits >> shift & 7;
        out.push(if three & 4 != 0 { 'r' } else { '-' });
        out.push(if three & 2 != 0 { 'w' } else { '-' });
        out.push(match (three & 1 != 0, bits & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    out
}

/// Attributes without touching access times.
pub fn attr_of(cx: &mut Cx<'_>, at: Real) -> Option<Attr> {
    cx.on(at.0, |f, cx| f.peek_attr(cx, at.1)).ok()
}

/// An attribute's value.
pub fn xattr(cx: &mut Cx<'_>, at: Real, name: &[u8]) -> Option<Vec<u8>> {
    cx.on(at.0, |f, cx| f.getxattr(cx, at.1, name)).ok()
}

/// What stands under a name.
pub fn lookup(cx: &mut Cx<'_>, dir: Real, name: &[u8]) -> Option<Real> {
    let name = Name::new(name).ok()?;
    cx.on(dir.0, |f, cx| f.lookup(cx, dir.1, name)).ok().map(|ino| (dir.0, ino))
}

/// Names in a directory, `.` and `..` left out.
pub fn names_of(cx: &mut Cx<'_>, at: Real) -> Vec<Vec<u8>> {
    let flags = crate::types::OpenFlags::RDONLY | crate::types::OpenFlags::DIRECTORY;
    if attr_of(cx, at).is_none_or(|it| it.kind != FileType::Dir) {
        return Vec::new();
    }
    let Ok(fh) = cx.on(at.0, |f, cx| f.open(cx, at.1, flags)) else { return Vec::new() };
    let mut out = Vec::new();
    let _ = cx.on(at.0, |f, cx| {
        f.readdir(cx, at.1, fh, 0, &mut |entry| {
            if entry.name != b"." && entry.name != b".." {
                out.push(entry.name.to_vec());
            }
            true
        })
    });
    cx.on(at.0, |f, cx| f.release(cx, at.1, fh));
    out
}

/// The plain tree below a directory, with what mounts make of its directories.
pub fn tree(
    kernel: &mut Kernel,
    pid: crate::vfs::Pid,
    root: &str,
) -> (Vec<TreeRow>, Map<Real, String>) {
    let mut roles: Map<Real, String> = Map::new();
    let overlays: Vec<FsId> = kernel
        .mounts
        .iter()
        .map(|it| it.fs)
        .filter(|fs| union::of(kernel, *fs).is_some())
        .collect();
    for fs in overlays {
        let Some(it) = union::of(kernel, fs) else { continue };
        for layer in it.layers() {
            roles.insert((layer.fs, layer.root), layer.label);
        }
        if let Some(at) = it.work_base() {
            roles.insert(at, "work".to_owned());
        }
        let top = kernel.disks.peek(fs).map(|it| it.root());
        roles.insert((fs, top.unwrap_or(Ino(0))), "merged".to_owned());
    }
    let (mut rows, mut names) = (Vec::new(), Map::new());
    tree_dir(kernel, pid, root, 0, &roles, &mut rows, &mut names);
    (rows, names)
}

fn tree_dir(
    kernel: &mut Kernel,
    pid: crate::vfs::Pid,
    dir: &str,
    depth: usize,
    roles: &Map<Real, String>,
    rows: &mut Vec<TreeRow>,
    names: &mut Map<Real, String>,
) {
    let Ok(place) = kernel.find(pid, dir.as_bytes(), true) else { return };
    let cred = Cred::root();
    let mut list = kernel.cx(&cred, |cx| names_of(cx, (place.fs, place.ino)));
    list.sort();
    for name in list {
        if rows.len() >= TREE_MAX || depth > 24 {
            return;
        }
        let text = lossy(&name);
        let path = format!("{}/{text}", dir.trim_end_matches('/'));
        let Ok(found) = kernel.find(pid, path.as_bytes(), false) else { continue };
        let at = (found.fs, found.ino);
        let Some(attr) = kernel.cx(&cred, |cx| attr_of(cx, at)) else { continue };
        let mut row = layers::tree_row(path.clone(), text, depth, &attr);
        if found.mnt != place.mnt {
            row.mounted = kernel.disks.peek(found.fs).map(|it| it.type_name().to_owned());
        }
        row.role = roles.get(&at).cloned();
        names.get_or_insert_with(at, || path.clone());
        rows.push(row);
        if attr.kind == FileType::Dir {
            tree_dir(kernel, pid, &path, depth + 1, roles, rows, names);
        }
    }
}

/// Text for people.
pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
