//! `trace`, `explain` and `layers`: where the files of an overlay come from.

mod explain;
mod stack;

use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::shell::os::Request;
use crate::sys::at;
use crate::trace::Step;
use crate::trace::step::{Layer, Verdict};
use crate::types::FileType;
pub use stack::{Branch, Stack, mark, mark_name, stack_of};

pub const TRACE: Command = Command {
    name: "trace",
    usage: "Usage: {} [-L] PATH...\nShow how each PATH is looked up in its overlay: which layers were asked for each\nname on the way, what each one answered, and the rule that decided.\n\n  -L, --dereference   follow a symbolic link at the end of PATH\n",
    summary: "show the lookup of a path, layer by layer, with its rules",
    package: Package::Other("trace (layerglass)"),
    trouble: 2,
    start: Start::Swift(run_trace),
};

pub const EXPLAIN: Command = Command {
    name: "explain",
    usage: "Usage: {} PATH...\nSay in words where each PATH of an overlay comes from, what hides what, and what\nwriting to it or deleting it would do to the layers.\n",
    summary: "say in words where a path comes from",
    package: Package::Other("explain (layerglass)"),
    start: Start::Swift(explain::run),
    ..TRACE
};

pub const LAYERS: Command = Command {
    name: "layers",
    usage: "Usage: {} [MOUNTPOINT...]\nList the layers of each overlay, the topmost first.\n",
    summary: "list the layers of each overlay",
    package: Package::Other("layers (layerglass)"),
    start: Start::Swift(run_layers),
    ..TRACE
};

/// A layer as people call it.
pub fn layer_name(layer: Layer) -> String {
    match layer {
        Layer::Upper => "upper".into(),
        Layer::Lower(n) => format!("lower {n}"),
        Layer::Work => "work".into(),
        Layer::Base => "base".into(),
    }
}

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Absent => "nothing here".into(),
        Verdict::Whiteout => "whiteout: deleted".into(),
        Verdict::File(kind) => kind_words(*kind).into(),
        Verdict::Dir => "directory".into(),
        Verdict::OpaqueDir => "opaque directory".into(),
        Verdict::Redirect(to) => format!("redirect to {to}"),
        Verdict::Metacopy => "metadata only".into(),
        Verdict::Hidden => "not asked".into(),
        Verdict::Error(errno) => format!("error: {errno}"),
    }
}

/// A kind of file in a word or two.
pub fn kind_words(kind: FileType) -> &'static str {
    match kind {
        FileType::Reg => "file",
        FileType::Dir => "directory",
        FileType::Symlink => "symbolic link",
        FileType::Chr => "character device",
        FileType::Blk => "block device",
        FileType::Fifo => "fifo",
        FileType::Sock => "socket",
    }
}

fn run_trace(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("L|dereference") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    let flags = if parsed.options.is_empty() { at::SYMLINK_NOFOLLOW } else { 0 };
    let mut status = 0;
    for path in &parsed.operands {
        let (res, steps) = ctx.sys.traced_stat(path, flags);
        let shown = String::from_utf8_lossy(path).into_owned();
        let stack = stack_of(ctx, path).map(|it| it.0).unwrap_or_default();
        let lookups = print_steps(ctx, &shown, &stack, &steps);
        if lookups == 0 {
            ctx.line(format!("{shown}: no overlay on the way: looked up directly"));
        } else {
            ctx.requests.push(Request::ShowTrace { path: path.clone() });
        }
        match res {
            Ok(attr) => {
                ctx.line(format!("=> {} (inode {})", kind_words(attr.kind), attr.ino));
            }
            Err(errno) => {
                ctx.line(format!("=> {errno} ({})", errno.name()));
                status = 1;
            }
        }
    }
    status
}

/// Prints the steps of one lookup; how many layers were asked or passed over.
fn print_steps(ctx: &mut Ctx<'_>, shown: &str, stack: &Stack, steps: &[Step]) -> usize {
    let mut last = String::new();
    let mut count = 0;
    for step in steps {
        match step {
            Step::Lookup { path, layer, verdict, rule, .. } => {
                if count == 0 {
                    ctx.line(format!("{shown}:"));
                }
                count += 1;
                if *path != last {
                    ctx.line(format!("  {}", quote::shell(path.as_bytes())));
                    last = path.clone();
                }
                let text = format!(
                    "    {:<9} {:<20} {:<6} {}",
                    stack.name_of(*layer),
                    verdict_words(verdict),
                    rule.id(),
                    rule.sentence()
                );
                ctx.line(text.trim_end());
            }
            Step::Decide { rule, errno: Some(errno), .. } => {
                let text = format!(
                    "    refused   {:<20} {:<6} {}",
                    errno.name(),
                    rule.id(),
                    rule.sentence()
                );
                ctx.line(text);
            }
            _ => {}
        }
    }
    count
}

fn run_layers(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let all = stack::all(ctx);
    let mut status = 0;
    let chosen: Vec<Stack> = if parsed.operands.is_empty() {
        if all.is_empty() {
            ctx.line("no overlay is mounted");
        }
        all
    } else {
        let mut chosen = Vec::new();
        for path in &parsed.operands {
            match stack_of(ctx, path) {
                Some((stack, _)) => chosen.push(stack),
                None => {
                    ctx.warn(format_args!("{}: not in an overlay", quote::message(path)));
                    status = 1;
                }
            }
        }
        chosen
    };
    for stack in chosen {
        let kind = if stack.upper.is_some() { "read-write" } else { "read-only" };
        if stack.is_aufs() {
            print_branches(ctx, &stack, kind);
            continue;
        }
        let n = stack.lowers.len();
        let layers = if n == 1 { "layer" } else { "layers" };
        ctx.line(format!("{}: overlay, {kind}, {n} lower {layers}", stack.target));
        if let Some(upper) = &stack.upper {
            ctx.line(format!("  {:<9} {upper}", "upper"));
        }
        for (at, lower) in stack.lowers.iter().enumerate() {
            let mark = if at >= stack.data_from { "data" } else { "lower" };
            ctx.line(format!("  {:<9} {lower}", format!("{mark} {}", at + 1)));
        }
        if let Some(work) = &stack.work {
            ctx.line(format!("  {:<9} {work}", "work"));
        }
    }
    status
}

fn print_branches(ctx: &mut Ctx<'_>, stack: &Stack, kind: &str) {
    let n = stack.branches.len();
    let branches = if n == 1 { "branch" } else { "branches" };
    ctx.line(format!("{}: aufs, {kind}, {n} {branches}", stack.target));
    for (name, dir) in stack.layers() {
        ctx.line(format!("  {name:<9} {dir}"));
    }
}
