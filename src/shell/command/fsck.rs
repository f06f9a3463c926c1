//! `fsck.overlay`: looks for what does not fit in the layers of an overlay that is not mounted.

use super::common::quote;
use super::ctx::{Ctx, base_name, dir_name, join};
use super::lookup::{Stack, mark, mark_name};
use super::{Command, Package, Start};
use crate::sys::AT_FDCWD;
use crate::types::{Dev, FileType, XattrMode};

pub const COMMAND: Command = Command {
    name: "fsck.overlay",
    usage: "Usage: {} [-n|-p|-y] -o lowerdir=L1[:L2...],upperdir=U,workdir=W\nCheck the layers of an overlay: whiteouts that hide nothing, redirects that lead\nnowhere, directories that lack their impure mark.\n\n  -n   only tell (default)\n  -p   repair what is safe to repair\n  -y   repair everything\n",
    summary: "check the layers of an overlay",
    package: Package::Other("fsck.overlay (layerglass)"),
    trouble: 16,
    start: Start::Swift(run),
};

struct Check {
    stack: Stack,
    repair: bool,
    found: usize,
    left: usize,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("o= n a p y v f") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut stack, mut repair) = (Stack::default(), false);
    for given in &parsed.options {
        match given.id {
            "o" => stack.read(&given.text()),
            "p" | "a" | "y" => repair = true,
            "n" => repair = false,
            _ => {}
        }
    }
    if stack.lowers.is_empty() {
        return ctx.usage("-o lowerdir= is needed");
    }
    for (layer, dir) in stack.layers() {
        match ctx.stat(dir.as_bytes()) {
            Ok(attr) if attr.is_dir() => {}
            Ok(_) => {
                ctx.warn(format_args!("{layer} {dir}: not a directory"));
                return 8;
            }
            Err(errno) => {
                ctx.fail(format_args!("{layer} {dir}"), errno);
                return 8;
            }
        }
    }
    if repair && in_use(ctx, &stack) {
        ctx.warn("the overlay is mounted: unmount it first");
        return 8;
    }
    let mut check = Check { stack, repair, found: 0, left: 0 };
    let layers = check.stack.layers();
    for at in 0..layers.len() {
        check.layer(ctx, at, &layers);
    }
    let verdict = match (check.found, check.left) {
        (0, _) => "clean".to_string(),
        (n, 0) => format!("{n} repaired"),
        (n, left) => format!("{n} found, {left} left"),
    };
    ctx.line(format!("fsck.overlay: {verdict}"));
    match (check.found, check.left) {
        (0, _) => 0,
        (_, 0) => 1,
        _ => 4,
    }
}

fn in_use(ctx: &mut Ctx<'_>, stack: &Stack) -> bool {
    super::common::mounts::read(ctx).iter().any(|m| {
        let mut other = Stack::default();
        other.read(&m.fs_options);
        m.fstype == "overlay" && other.upper.is_some() && other.upper == stack.upper
    })
}

/// The path under which layers below have what stands at a path of this layer: every directory on
/// the way counts by its redirect.
fn lower_path(ctx: &mut Ctx<'_>, layer: &str, relative: &[u8]) -> Vec<u8> {
    let (mut here, mut below) = (Vec::new(), Vec::new());
    for name in relative.split(|&b| b == b'/').filter(|it| !it.is_empty() && *it != b".") {
        for path in [&mut here, &mut below] {
            if !path.is_empty() {
                path.push(b'/');
            }
        }
        here.extend_from_slice(name);
        match mark(ctx, &Stack::in_layer(layer, &here), "redirect", false).map(|it| it.1) {
            Some(to) if to.starts_with(b"/") => below = to[1..].to_vec(),
            Some(to) => below.extend(to),
            None => below.extend_from_slice(name),
        }
    }
    below
}

impl Check {
    /// Walks one layer from its root down.
    fn layer(&mut self, ctx: &mut Ctx<'_>, at: usize, layers: &[(String, String)]) {
        let (_, dir) = &layers[at];
        let mut todo: Vec<Vec<u8>> = vec![Vec::new()];
        while let Some(relative) = todo.pop() {
            let path = Stack::in_layer(dir, &relative);
            let mut children = ctx.children(&path).unwrap_or_default();
            children.sort_by(|a, b| a.name.cmp(&b.name));
            // The namespace of the overlay's attributes, once something copied up was seen.
            let mut copied_up = None;
            for child in &children {
                let below = join(&relative, &child.name);
                let below = below.strip_prefix(b"/").unwrap_or(&below).to_vec();
                let path = Stack::in_layer(dir, &below);
                let Ok(attr) = ctx.lstat(&path) else { continue };
                if attr.kind == FileType::Chr && attr.rdev == Dev::default() {
                    self.whiteout(ctx, at, layers, &below, &path);
                    continue;
                }
                if let Some((space, _)) = mark(ctx, &path, "origin", false) {
                    copied_up = Some(space);
                }
                if attr.is_dir() {
                    self.redirect(ctx, at, layers, &below, &path);
                    todo.push(below);
                }
            }
            // The layer itself may be given as a symbolic link.
            let root = relative.is_empty();
            let space = copied_up.filter(|_| at == 0 && self.stack.upper.is_some());
            if let Some(space) = space.filter(|_| mark(ctx, &path, "impure", root).is_none()) {
                self.impure(ctx, &path, space);
            }
        }
    }

    fn lower_has(
        &self,
        ctx: &mut Ctx<'_>,
        at: usize,
        layers: &[(String, String)],
        relative: &[u8],
    ) -> bool {
        layers[at + 1..].iter().any(|(_, dir)| ctx.lstat(&Stack::in_layer(dir, relative)).is_ok())
    }

    fn whiteout(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: usize,
        layers: &[(String, String)],
        relative: &[u8],
        path: &[u8],
    ) {
        // A parent that was moved is found below under its old name.
        let parent = lower_path(ctx, &layers[at].1, &dir_name(relative));
        let below = join(&parent, base_name(relative));
        let below = below.strip_prefix(b"/").unwrap_or(&below).to_vec();
        if self.lower_has(ctx, at, layers, &below) {
            return;
        }
        self.report(ctx, "orphan whiteout", path, None);
        if self.repair && ctx.sys.unlinkat(AT_FDCWD, path, 0).is_ok() {
            self.left -= 1;
        }
    }

    fn redirect(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: usize,
        layers: &[(String, String)],
        relative: &[u8],
        path: &[u8],
    ) {
        let Some((space, to)) = mark(ctx, path, "redirect", false) else { return };
        let below = lower_path(ctx, &layers[at].1, relative);
        if self.lower_has(ctx, at, layers, &below) {
            return;
        }
        self.report(ctx, "redirect to nothing", path, Some(&to));
        let name = mark_name(space, "redirect");
        if self.repair && ctx.sys.removexattr(path, name.as_bytes(), false).is_ok() {
            self.left -= 1;
        }
    }

    fn impure(&mut self, ctx: &mut Ctx<'_>, path: &[u8], space: &str) {
        self.report(ctx, "impure mark missing", path, None);
        let name = mark_name(space, "impure");
        if self.repair
            && ctx.sys.setxattr(path, name.as_bytes(), b"y", XattrMode::Set, false).is_ok()
        {
            self.left -= 1;
        }
    }

    fn report(&mut self, ctx: &mut Ctx<'_>, what: &str, path: &[u8], to: Option<&[u8]>) {
        self.found += 1;
        self.left += 1;
        let tail = to.map(|t| format!(" -> {}", String::from_utf8_lossy(t))).unwrap_or_default();
        let done = if self.repair { " (repaired)" } else { "" };
        ctx.line(format!("{what}: {}{tail}{done}", quote::message(path)));
    }
}
