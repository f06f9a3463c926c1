//! `sync`: flushes files or file systems.

use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::types::OpenFlags;

pub const COMMAND: Command = Command {
    name: "sync",
    usage: "Usage: {} [OPTION] [FILE]...\nSynchronize cached writes to persistent storage\n\nIf one or more files are specified, sync only them,\nor their containing file systems.\n",
    summary: "flush files to disk",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
};

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("d|data f|file-system") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|o| o.id == id);
    if has("d") && has("f") {
        ctx.warn("cannot specify both --data and --file-system");
        return 1;
    }
    if has("d") && parsed.operands.is_empty() {
        ctx.warn("--data needs at least one argument");
        return 1;
    }
    if parsed.operands.is_empty() {
        everything(ctx);
        return 0;
    }
    let mut status = 0;
    for path in &parsed.operands {
        let what = quote::quoted(path);
        match ctx.open(path, OpenFlags::RDONLY | OpenFlags::NONBLOCK, 0) {
            Ok(fd) => {
                let done = if has("f") { ctx.sys.syncfs(fd) } else { ctx.sys.fsync(fd) };
                if let Err(errno) = done {
                    ctx.fail(format_args!("error syncing {what}"), errno);
                    status = 1;
                }
                let _ = ctx.sys.close(fd);
            }
            Err(errno) => {
                ctx.fail(format_args!("error opening {what}"), errno);
                status = 1;
            }
        }
    }
    status
}

/// Every file system that gathers writes before it makes extents or transactions of them.
fn everything(ctx: &mut Ctx<'_>) {
    for mount in super::common::mounts::read(ctx) {
        let on_thin = mount.fstype == "ext4" && mount.source.starts_with("/dev/mapper/");
        let gathers = ["btrfs", "zfs"].contains(&&*mount.fstype) || on_thin;
        if gathers && let Ok(fd) = ctx.open(mount.target.as_bytes(), OpenFlags::RDONLY, 0) {
            let _ = ctx.sys.syncfs(fd);
            let _ = ctx.sys.close(fd);
        }
    }
}
