//! dd, as coreutils 9.1.

use super::common::{args::sized, quote, size};
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::types::{FileType, OpenFlags, Whence};

pub const COMMAND: Command = rare(Command {
    name: "dd",
    usage: "Usage: {} [OPERAND]...\nCopy a file, converting and formatting according to the operands.\n",
    summary: "copy blocks",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
});

struct Plan {
    input: Option<Vec<u8>>,
    output: Option<Vec<u8>>,
    ibs: u64,
    obs: u64,
    count: Option<u64>,
    count_bytes: bool,
    skip: u64,
    seek: u64,
    notrunc: bool,
    excl: bool,
    nocreat: bool,
    append: bool,
    sync: bool,
    sparse: bool,
    full_block: bool,
    status: u8,
}

/// Largest block: memory of the page is bounded.
const BLOCK_MAX: u64 = 64 << 20;

fn main(ctx: &mut Ctx<'_>) -> i32 {
    if let Some(option) = ctx.args().iter().find(|it| it.starts_with(b"--")) {
        if let Err(status) = ctx.parse("") {
            return status;
        }
        let option = String::from_utf8_lossy(option).into_owned();
        return ctx.usage(format_args!("unrecognized option '{option}'"));
    }
    let plan = match plan(ctx) {
        Ok(plan) => plan,
        Err(status) => return status,
    };
    match copy(ctx, &plan) {
        Ok(()) => 0,
        Err(message) => {
            if !message.is_empty() {
                ctx.warn(message);
            }
            1
        }
    }
}

fn plan(ctx: &mut Ctx<'_>) -> Result<Plan, i32> {
    let mut plan = Plan {
        input: None,
        output: None,
        ibs: 512,
        obs: 512,
        count: None,
        count_bytes: false,
        skip: 0,
        seek: 0,
        notrunc: false,
        excl: false,
        nocreat: false,
        append: false,
        sync: false,
        sparse: false,
        full_block: false,
        status: b'd',
    };
    for word in ctx.args() {
        let Some(at) = word.iter().position(|it| *it == b'=') else {
            let word = quote::locale(word);
            return Err(ctx.usage(format_args!("unrecognized operand {word}")));
        };
        let (name, value) = (&word[..at], &word[at + 1..]);
        let number = |ctx: &mut Ctx<'_>| {
            product(value).ok_or_else(|| {
                let value = quote::locale(value);
                ctx.warn(format_args!("invalid number: {value}"));
                1
            })
        };
        match name {
            b"if" => plan.input = Some(value.to_vec()),
            b"of" => plan.output = Some(value.to_vec()),
            b"bs" => {
                plan.ibs = number(ctx)?;
                plan.obs = plan.ibs;
            }
            b"ibs" => plan.ibs = number(ctx)?,
            b"obs" => plan.obs = number(ctx)?,
            b"count" => {
                plan.count = Some(number(ctx)?);
                plan.count_bytes |= value.ends_with(b"B");
            }
            b"skip" | b"iseek" => plan.skip = number(ctx)?,
            b"seek" | b"oseek" => plan.seek = number(ctx)?,
            b"status" => plan.status = value.first().copied().unwrap_or(b'd'),
            b"conv" | b"iflag" | b"oflag" => flags(ctx, &mut plan, value)?,
            b"cbs" => {}
            _ => {
                let word = quote::locale(word);
                return Err(ctx.usage(format_args!("unrecognized operand {word}")));
            }
        }
    }
    if plan.ibs == 0 || plan.obs == 0 {
        ctx.warn("invalid number: ‘0’");
        return Err(1);
    }
    if plan.ibs.max(plan.obs) > BLOCK_MAX {
        ctx.warn("memory exhausted: blocks over 64 MiB are not simulated: use a larger count");
        return Err(1);
    }
    Ok(plan)
}

/// `2x1024`, `4K`.
fn product(value: &[u8]) -> Option<u64> {
    value.split(|it| *it == b'x').map(sized).try_fold(1u64, |all, it| all.checked_mul(it?))
}

fn flags(ctx: &mut Ctx<'_>, plan: &mut Plan, value: &[u8]) -> Result<(), i32> {
    for flag in value.split(|it| *it == b',') {
        match flag {
            b"notrunc" => plan.notrunc = true,
            b"excl" => plan.excl = true,
            b"nocreat" => plan.nocreat = true,
            b"append" => plan.append = true,
            b"sync" => plan.sync = true,
            b"sparse" => plan.sparse = true,
            b"fullblock" => plan.full_block = true,
            b"count_bytes" => plan.count_bytes = true,
            b"fsync" | b"fdatasync" | b"noerror" | b"direct" | b"dsync" => {}
            other => {
                let other = quote::locale(other);
                return Err(ctx.usage(format_args!("invalid conversion: {other}")));
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    full_in: u64,
    partial_in: u64,
    full_out: u64,
    partial_out: u64,
    bytes: u64,
}

fn copy(ctx: &mut Ctx<'_>, plan: &Plan) -> Result<(), String> {
    let input = match &plan.input {
        None => 0,
        Some(path) => ctx
            .open(path, OpenFlags::RDONLY, 0)
            .map_err(|errno| format!("failed to open {}: {errno}", quote::quoted(path)))?,
    };
    let output = open_output(ctx, plan)?;
    skip_input(ctx, plan, input)?;
    let mut tally = Tally::default();
    let mut left = plan.count;
    let mut hole_at_end = false;
    while left != Some(0) {
        let want = match left {
            Some(left) if plan.count_bytes => plan.ibs.min(left),
            _ => plan.ibs,
        };
        let mut block =
            read_block(ctx, input, want as usize, plan.full_block).map_err(|errno| {
                let name = plan.input.clone().unwrap_or(b"standard input".to_vec());
                format!("error reading {}: {errno}", quote::quoted(&name))
            })?;
        if block.is_empty() {
            break;
        }
        let whole = block.len() as u64 == plan.ibs;
        *(if whole { &mut tally.full_in } else { &mut tally.partial_in }) += 1;
        left = left.map(|it| it - if plan.count_bytes { block.len() as u64 } else { 1 });
        if plan.sync {
            block.resize(plan.ibs as usize, 0);
        }
        match write_block(ctx, plan, output, &block) {
            Ok(hole) => hole_at_end = hole,
            Err(message) => {
                ctx.flush();
                ctx.warn(message);
                report(ctx, plan, &tally);
                return Err(String::new());
            }
        }
        let full = block.len() as u64 / plan.obs;
        tally.full_out += full;
        tally.partial_out += u64::from(!(block.len() as u64).is_multiple_of(plan.obs));
        tally.bytes += block.len() as u64;
    }
    if hole_at_end && let Ok(end) = ctx.sys.lseek(output, 0, Whence::Cur) {
        let _ = ctx.sys.ftruncate(output, end as i64);
    }
    report(ctx, plan, &tally);
    Ok(())
}

fn open_output(ctx: &mut Ctx<'_>, plan: &Plan) -> Result<i32, String> {
    let Some(path) = &plan.output else { return Ok(1) };
    let mut flags = OpenFlags::WRONLY;
    if !plan.nocreat {
        flags = flags | OpenFlags::CREAT;
    }
    if plan.excl {
        flags = flags | OpenFlags::EXCL;
    }
    if plan.append {
        flags = flags | OpenFlags::APPEND;
    }
    if !plan.notrunc && plan.seek == 0 {
        flags = flags | OpenFlags::TRUNC;
    }
    let fd = ctx
        .open(path, flags, 0o666)
        .map_err(|errno| format!("failed to open {}: {errno}", quote::quoted(path)))?;
    if plan.seek > 0 {
        let off = plan.seek.saturating_mul(plan.obs).min(i64::MAX as u64) as i64;
        if !plan.notrunc {
            let done = ctx.sys.ftruncate(fd, off);
            // A device is as large as it is.
            let is_file = ctx.sys.fstat(fd).is_ok_and(|it| it.kind == FileType::Reg);
            if let (Err(errno), true) = (done, is_file) {
                return Err(format!(
                    "failed to truncate to {off} bytes in output file {}: {errno}",
                    quote::quoted(path)
                ));
            }
        }
        ctx.sys
            .lseek(fd, off, Whence::Set)
            .map_err(|errno| format!("{}: cannot seek: {errno}", quote::message(path)))?;
    }
    Ok(fd)
}

fn skip_input(ctx: &mut Ctx<'_>, plan: &Plan, input: i32) -> Result<(), String> {
    if plan.skip == 0 {
        return Ok(());
    }
    let off = plan.skip.saturating_mul(plan.ibs).min(i64::MAX as u64) as i64;
    if ctx.sys.lseek(input, off, Whence::Cur).is_ok() {
        return Ok(());
    }
    for _ in 0..plan.skip {
        match read_block(ctx, input, plan.ibs as usize, true) {
            Ok(block) if block.is_empty() => break,
            Ok(_) => {}
            Err(errno) => return Err(format!("error reading ‘standard input’: {errno}")),
        }
    }
    Ok(())
}

fn read_block(
    ctx: &mut Ctx<'_>,
    fd: i32,
    want: usize,
    full: bool,
) -> crate::types::Result<Vec<u8>> {
    let mut block = vec![0; want];
    let mut have = 0;
    loop {
        let n = ctx.sys.read(fd, &mut block[have..])?;
        have += n;
        if n == 0 || have == want || !full {
            block.truncate(have);
            return Ok(block);
        }
    }
}

/// True when the block was left out as a hole.
fn write_block(ctx: &mut Ctx<'_>, plan: &Plan, fd: i32, block: &[u8]) -> Result<bool, String> {
    if plan.sparse && block.iter().all(|it| *it == 0) {
        let skipped = ctx.sys.lseek(fd, block.len() as i64, Whence::Cur);
        if skipped.is_ok() {
            return Ok(true);
        }
    }
    if fd == 1 && plan.output.is_none() {
        ctx.out(block);
        return Ok(false);
    }
    ctx.write_all(fd, block).map(|()| false).map_err(|errno| {
        let name = plan.output.clone().unwrap_or(b"standard output".to_vec());
        format!("error writing {}: {errno}", quote::quoted(&name))
    })
}

fn report(ctx: &mut Ctx<'_>, plan: &Plan, tally: &Tally) {
    if plan.status == b'n' && plan.output.as_deref() != Some(b"noxfer") {
        // status=none says nothing, status=noxfer leaves the last line out; both start with n.
        let none = ctx.args().iter().any(|it| it == b"status=none");
        if none {
            return;
        }
    }
    ctx.flush();
    ctx.err(format!(
        "{}+{} records in\n{}+{} records out\n",
        tally.full_in, tally.partial_in, tally.full_out, tally.partial_out
    ));
    if ctx.args().iter().any(|it| it == b"status=noxfer") {
        return;
    }
    let plural = if tally.bytes == 1 { "" } else { "s" };
    let human = match tally.bytes {
        0..1000 => String::new(),
        1000..1024 => format!(" ({})", si(tally.bytes)),
        bytes => format!(" ({}, {})", si(bytes), iec(bytes)),
    };
    // Simulated time stands still while a program runs: a nominal microsecond.
    ctx.err(format!(
        "{} byte{plural}{human} copied, 1e-06 s, {}/s\n",
        tally.bytes,
        rate(tally.bytes)
    ));
}

fn si(bytes: u64) -> String {
    let text = size::human(bytes, 1000);
    spaced(&text, "B")
}

fn iec(bytes: u64) -> String {
    let text = size::human(bytes, 1024);
    spaced(&text, "iB")
}

fn rate(bytes: u64) -> String {
    si(bytes.saturating_mul(1_000_000))
}

/// `4.1K` as `4.1 kB` or `4.0 KiB`.
fn spaced(text: &str, unit: &str) -> String {
    match text.find(|it: char| it.is_ascii_alphabetic()) {
        Some(at) => {
            let letter =
                if unit == "B" { text[at..].to_string() } else { text[at..].to_uppercase() };
            let letter = if unit == "B" && letter == "K" { "k".to_string() } else { letter };
            format!("{} {letter}{unit}", &text[..at])
        }
        None => format!("{text} B"),
    }
}
