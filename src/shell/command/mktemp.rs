//! `mktemp`: files and directories with names that nobody has.

use super::common::quote;
use super::ctx::{Ctx, join};
use super::{Command, Package, Start, rare};
use crate::errno::Errno;
use crate::sys::AT_FDCWD;
use crate::types::OpenFlags;

pub const COMMAND: Command = rare(Command {
    name: "mktemp",
    usage: "Usage: {} [OPTION]... [TEMPLATE]\nCreate a temporary file or directory, safely, and print its name.\nTEMPLATE must contain at least 3 consecutive 'X's in last component.\n",
    summary: "make a temporary file or directory",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
});

const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

#[derive(Default)]
struct Wish {
    directory: bool,
    dry: bool,
    quiet: bool,
    suffix: Option<Vec<u8>>,
    dir: Option<Vec<u8>>,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("d|directory u|dry-run q|quiet |suffix= p= |tmpdir=? t V") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish::default();
    let tmp = ctx.var("TMPDIR").filter(|d| !d.is_empty()).unwrap_or(b"/tmp").to_vec();
    let mut joined = false;
    for given in &parsed.options {
        match given.id {
            "d" => wish.directory = true,
            "u" => wish.dry = true,
            "q" => wish.quiet = true,
            "suffix" => wish.suffix = Some(given.bytes().to_vec()),
            "p" | "tmpdir" => {
                joined = true;
                wish.dir =
                    Some(given.value.clone().filter(|v| !v.is_empty()).unwrap_or(tmp.clone()));
            }
            "t" => {
                joined = true;
                wish.dir = Some(tmp.clone());
            }
            _ => {}
        }
    }
    if parsed.operands.len() > 1 {
        return ctx.usage("too many templates");
    }
    let template = match parsed.operands.first() {
        Some(template) => template.clone(),
        None => {
            joined = true;
            b"tmp.XXXXXXXXXX".to_vec()
        }
    };
    let (head, count, suffix) = match split(ctx, &wish, &template) {
        Ok(parts) => parts,
        Err(status) => return status,
    };
    let mut head = head;
    if joined {
        let dir = wish.dir.clone().unwrap_or(tmp);
        head = join(&dir, &head);
    }
    create(ctx, &wish, &head, count, &suffix)
}

/// Splits a template into what stands before the Xs, their number, and what stands after.
fn split(
    ctx: &mut Ctx<'_>,
    wish: &Wish,
    template: &[u8],
) -> Result<(Vec<u8>, usize, Vec<u8>), i32> {
    let mut whole = template.to_vec();
    let mut suffix_from = whole.len();
    match &wish.suffix {
        Some(suffix) => {
            if whole.last() != Some(&b'X') {
                let shown = quote::locale(template);
                ctx.warn(format_args!("with --suffix, template {shown} must end in X"));
                return Err(1);
            }
            whole.extend_from_slice(suffix);
        }
        None => suffix_from = whole.iter().rposition(|&b| b == b'X').map_or(0, |at| at + 1),
    }
    let suffix = whole[suffix_from..].to_vec();
    if suffix.contains(&b'/') {
        let shown = quote::locale(&suffix);
        ctx.warn(format_args!("invalid suffix {shown}, contains directory separator"));
        return Err(1);
    }
    let count = whole[..suffix_from].iter().rev().take_while(|b| **b == b'X').count();
    if count < 3 {
        ctx.warn(format_args!("too few X's in template {}", quote::locale(template)));
        return Err(1);
    }
    Ok((whole[..suffix_from - count].to_vec(), count, suffix))
}

fn create(ctx: &mut Ctx<'_>, wish: &Wish, head: &[u8], count: usize, suffix: &[u8]) -> i32 {
    let now = ctx.sys.clock();
    let mut seed = now.sec as u64 ^ u64::from(now.nsec) << 20 ^ (ctx.sys.getpid() as u64) << 44;
    let mut last = Errno::EEXIST;
    for _ in 0..1000 {
        let mut path = head.to_vec();
        path.extend((0..count).map(|_| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            LETTERS[(seed >> 33) as usize % LETTERS.len()]
        }));
        path.extend_from_slice(suffix);
        let made = if wish.dry {
            match ctx.lstat(&path) {
                Ok(_) => Err(Errno::EEXIST),
                Err(_) => Ok(()),
            }
        } else if wish.directory {
            ctx.sys.mkdirat(AT_FDCWD, &path, 0o700)
        } else {
            let flags = OpenFlags::RDWR | OpenFlags::CREAT | OpenFlags::EXCL;
            ctx.open(&path, flags, 0o600).map(|fd| {
                let _ = ctx.sys.close(fd);
            })
        };
        match made {
            Ok(()) => {
                ctx.line(path);
                return 0;
            }
            Err(Errno::EEXIST) => {}
            Err(errno) => {
                last = errno;
                break;
            }
        }
    }
    if !wish.quiet {
        let mut template = head.to_vec();
        template.extend(vec![b'X'; count]);
        template.extend_from_slice(suffix);
        let kind = if wish.directory { "directory" } else { "file" };
        let shown = quote::locale(&template);
        ctx.fail(format_args!("failed to create {kind} via template {shown}"), last);
    }
    1
}
