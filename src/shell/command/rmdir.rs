//! `rmdir`: removes empty directories.

use super::common::quote;
use super::ctx::{Ctx, strip_slashes};
use super::{Command, Package, Start};
use crate::errno::Errno;
use crate::sys::{AT_FDCWD, at};
use crate::types::FileType;

pub const COMMAND: Command = Command {
    name: "rmdir",
    usage: "Usage: {} [OPTION]... DIRECTORY...\nRemove the DIRECTORY(ies), if they are empty.\n",
    summary: "remove empty directories",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("|ignore-fail-on-non-empty p|parents v|verbose") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|o| o.id == id);
    let (ignore, parents, verbose) = (has("ignore-fail-on-non-empty"), has("p"), has("v"));
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    let mut status = 0;
    for operand in &parsed.operands {
        let mut path = operand.as_slice();
        let mut first = true;
        loop {
            if verbose {
                let text = format!("{}: removing directory, {}\n", ctx.prog(), quote::quoted(path));
                ctx.out(text);
            }
            if let Err(errno) = ctx.sys.unlinkat(AT_FDCWD, path, at::REMOVEDIR) {
                if !(ignore && matches!(errno, Errno::ENOTEMPTY | Errno::EEXIST)) {
                    let link = errno == Errno::ENOTDIR
                        && path.ends_with(b"/")
                        && ctx
                            .lstat(strip_slashes(path))
                            .is_ok_and(|a| a.kind == FileType::Symlink)
                        && ctx.stat(path).is_ok_and(|a| a.is_dir());
                    let what = if first { "" } else { "directory " };
                    let shown = quote::quoted(path);
                    if link {
                        ctx.warn(format_args!(
                            "failed to remove {what}{shown}: Symbolic link not followed"
                        ));
                    } else {
                        ctx.fail(format_args!("failed to remove {what}{shown}"), errno);
                    }
                    status = 1;
                }
                break;
            }
            let trimmed = strip_slashes(path);
            match trimmed.iter().rposition(|&b| b == b'/') {
                Some(at) if parents => path = strip_slashes(&trimmed[..at]),
                _ => break,
            }
            if path.is_empty() {
                break;
            }
            first = false;
        }
    }
    status
}
