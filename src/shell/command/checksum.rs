//! sha256sum, as coreutils 9.1.

use super::common::quote;
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use sha2::{Digest, Sha256};

pub const SHA256SUM: Command = rare(Command {
    name: "sha256sum",
    usage: "Usage: {} [OPTION]... [FILE]...\nPrint or check SHA256 (256-bit) checksums.\n",
    summary: "print or check SHA-256 digests",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
});

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let table = "b|binary c|check |tag t|text z|zero |ignore-missing |quiet |status |strict w|warn";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let files = super::filter::inputs(parsed.operands.clone());
    if has("c") {
        let loud = if has("status") {
            0
        } else if has("quiet") {
            1
        } else {
            2
        };
        return files.iter().map(|it| check(ctx, it, loud)).max().unwrap_or(0);
    }
    let mut status = 0;
    for file in &files {
        let text = match ctx.read_input(file) {
            Ok(text) => text,
            Err(errno) => {
                ctx.fail_file(file, errno);
                status = 1;
                continue;
            }
        };
        let digest = hex(&text);
        let name = String::from_utf8_lossy(file);
        let mark = if has("b") { '*' } else { ' ' };
        let end = if has("z") { '\0' } else { '\n' };
        let line = if has("tag") {
            format!("SHA256 ({name}) = {digest}{end}")
        } else {
            format!("{digest} {mark}{name}{end}")
        };
        ctx.out(line);
    }
    status
}

fn hex(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|it| format!("{it:02x}")).collect()
}

/// Checks a list; `loud`: 0 says nothing, 1 only failures, 2 all.
fn check(ctx: &mut Ctx<'_>, list: &[u8], loud: u8) -> i32 {
    let text = match ctx.read_input(list) {
        Ok(text) => text,
        Err(errno) => {
            ctx.fail_file(list, errno);
            return 1;
        }
    };
    let (mut bad_lines, mut mismatches, mut unreadable, mut good) = (0, 0, 0, 0);
    for line in text.split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
        let is_digest = |it: &[u8]| it.iter().all(u8::is_ascii_hexdigit);
        let Some((digest, name)) = line
            .get(..64)
            .filter(|it| is_digest(it))
            .zip(line.get(66..))
            .filter(|_| line[64] == b' ')
        else {
            bad_lines += 1;
            continue;
        };
        let shown = quote::message(name);
        match ctx.read_file(name) {
            Err(errno) => {
                unreadable += 1;
                ctx.fail_file(name, errno);
                if loud > 0 {
                    ctx.out(format!("{shown}: FAILED open or read\n"));
                }
            }
            Ok(text) if hex(&text).as_bytes().eq_ignore_ascii_case(digest) => {
                good += 1;
                if loud > 1 {
                    ctx.out(format!("{shown}: OK\n"));
                }
            }
            Ok(_) => {
                mismatches += 1;
                if loud > 0 {
                    ctx.out(format!("{shown}: FAILED\n"));
                }
            }
        }
    }
    ctx.flush();
    if good + mismatches + unreadable == 0 {
        let list = quote::message(list);
        ctx.warn(format_args!("{list}: no properly formatted checksum lines found"));
        return 1;
    }
    let plural =
        |n: i32, one: &str, many: &str| if n == 1 { one.to_string() } else { many.to_string() };
    if loud > 0 {
        for (count, one, many) in [
            (bad_lines, "line is improperly formatted", "lines are improperly formatted"),
            (unreadable, "listed file could not be read", "listed files could not be read"),
            (mismatches, "computed checksum did NOT match", "computed checksums did NOT match"),
        ] {
            if count > 0 {
                ctx.warn(format_args!("WARNING: {count} {}", plural(count, one, many)));
            }
        }
    }
    i32::from(mismatches + unreadable > 0)
}
