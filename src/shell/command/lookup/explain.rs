//! `explain`: one path of an overlay in words.

use super::{Branch, Stack, kind_words, mark, stack_of};
use crate::shell::command::common::quote;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::ctx::{base_name, dir_name, join};
use crate::trace::step::Layer;
use crate::types::{Attr, Dev, FileType};

/// What one layer has under the name.
struct Found {
    layer: String,
    path: Vec<u8>,
    attr: Attr,
    whiteout: bool,
    opaque: bool,
}

pub fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    let mut status = 0;
    for path in &parsed.operands {
        match stack_of(ctx, path) {
            Some((stack, relative)) => explain(ctx, path, &stack, &relative),
            None => {
                let shown = quote::message(path);
                ctx.line(format!(
                    "{shown} is not in an overlay: one file system, nothing to explain."
                ));
                status = 1;
            }
        }
    }
    status
}

fn find(ctx: &mut Ctx<'_>, layer: String, dir: &str, relative: &[u8]) -> Option<Found> {
    let path = Stack::in_layer(dir, relative);
    let attr = ctx.lstat(&path).ok()?;
    let device = attr.kind == FileType::Chr && attr.rdev == Dev::default();
    let by_mark = attr.kind == FileType::Reg
        && attr.size == 0
        && mark(ctx, &path, "whiteout", false).is_some();
    let opaque = attr.is_dir() && mark(ctx, &path, "opaque", false).is_some_and(|it| it.1 == b"y");
    Some(Found { layer, path, attr, whiteout: device || by_mark, opaque })
}

/// The same in a branch of an AUFS, where names make the marks.
fn find_in_branch(
    ctx: &mut Ctx<'_>,
    layer: String,
    branch: &Branch,
    relative: &[u8],
) -> Option<Found> {
    let path = Stack::in_layer(&branch.dir, relative);
    let hidden = join(&dir_name(&path), &[b".wh.", base_name(&path)].concat());
    if !relative.is_empty() && branch.hides() {
        if let Ok(attr) = ctx.lstat(&hidden) {
            return Some(Found { layer, path: hidden, attr, whiteout: true, opaque: false });
        }
    }
    let attr = ctx.lstat(&path).ok()?;
    let mark = join(&path, b".wh..wh..opq");
    let opaque = attr.is_dir() && branch.hides() && ctx.lstat(&mark).is_ok();
    Some(Found { layer, path, attr, whiteout: false, opaque })
}

fn explain(ctx: &mut Ctx<'_>, path: &[u8], stack: &Stack, relative: &[u8]) {
    let mut all = Vec::new();
    for (at, (layer, dir)) in stack.layers().into_iter().enumerate() {
        match stack.branches.get(at) {
            Some(branch) => all.extend(find_in_branch(ctx, layer, branch, relative)),
            None => all.extend(find(ctx, layer, &dir, relative)),
        }
    }
    let shown = quote::message(path);
    let merged = ctx.lstat(path);
    match merged {
        Err(errno) => missing(ctx, &shown, &all, &errno.to_string()),
        Ok(attr) => present(ctx, &shown, stack, &all, &attr, relative.is_empty()),
    }
    for found in &all {
        let mut what = kind_words(found.attr.kind).to_string();
        if found.whiteout {
            what = "whiteout".into();
        } else if found.opaque {
            what = "opaque directory".into();
        }
        ctx.line(format!("  {:<9} {what:<17} {}", found.layer, quote::shell(&found.path)));
    }
}

fn missing(ctx: &mut Ctx<'_>, shown: &str, all: &[Found], reason: &str) {
    let Some(first) = all.first() else {
        ctx.line(format!("{shown}: {reason}. No layer has this name."));
        return;
    };
    if first.whiteout {
        let below = all.len() > 1;
        let rest = if below {
            " What lower layers have under it is still there, but nobody sees it through the overlay."
        } else {
            " No lower layer has it any more: the whiteout has nothing to hide."
        };
        ctx.line(format!(
            "{shown} was deleted: a whiteout in {} hides the name.{rest}",
            first.layer
        ));
    } else {
        ctx.line(format!(
            "{shown}: {reason}. A layer has this name, but a directory above it is hidden or opaque."
        ));
    }
}

fn present(ctx: &mut Ctx<'_>, shown: &str, stack: &Stack, all: &[Found], attr: &Attr, root: bool) {
    let Some(top) = all.first().filter(|f| !f.whiteout) else {
        let (what, kind) = (kind_words(attr.kind), stack.kind());
        ctx.line(format!("{shown} is a {what} of the {kind}."));
        return;
    };
    let upper_name = stack.name_of(Layer::Upper);
    let in_upper = stack.upper.is_some() && top.layer == upper_name;
    if attr.is_dir() {
        directory(ctx, shown, all);
    } else {
        let hidden = all.len() - 1;
        let below = match hidden {
            0 => "No other layer has it.".to_string(),
            1 => "It hides the one in 1 layer below.".to_string(),
            n => format!("It hides those in {n} layers below."),
        };
        ctx.line(format!(
            "{shown} is a {}: it comes from {}. {below}",
            kind_words(attr.kind),
            top.layer
        ));
    }
    let Some(upper) = &stack.upper else {
        ctx.line("There is no upper layer: nothing can be changed here.");
        return;
    };
    if !in_upper && !root {
        let how = if attr.is_dir() {
            "Changing it would first make the same directory in"
        } else {
            "Writing to it would first copy it up to"
        };
        ctx.line(format!("{how} {upper}; the lower layers never change."));
    }
    if root {
        return;
    }
    let in_lower = all.iter().any(|f| f.layer != upper_name && !f.whiteout);
    if in_lower {
        ctx.line(format!("Deleting it would leave a whiteout in {upper}."));
    } else {
        ctx.line("Deleting it would leave nothing behind.");
    }
}

fn directory(ctx: &mut Ctx<'_>, shown: &str, all: &[Found]) {
    let stop = all
        .iter()
        .position(|f| f.opaque || f.whiteout || !f.attr.is_dir())
        .map_or(all.len(), |at| at + usize::from(all[at].opaque));
    let merged: Vec<&str> = all[..stop].iter().map(|f| f.layer.as_str()).collect();
    if merged.len() == 1 {
        ctx.line(format!("{shown} is a directory: it comes from {} alone.", merged[0]));
    } else {
        let list = merged.join(", ");
        ctx.line(format!("{shown} is a merged directory: its names come from {list}."));
    }
    if let Some(at) = all.iter().position(|f| f.opaque)
        && at + 1 < all.len()
    {
        ctx.line(format!("It is opaque in {}: what lies below is hidden.", all[at].layer));
    }
}
