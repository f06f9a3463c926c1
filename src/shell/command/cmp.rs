//! cmp, as GNU diffutils 3.8.

use super::common::args::sized;
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};

pub const COMMAND: Command = rare(Command {
    name: "cmp",
    usage: "Usage: {} [OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]\nCompare two files byte by byte.\n",
    summary: "compare two files byte by byte",
    package: Package::Diffutils,
    trouble: 2,
    start: Start::Patient(main),
});

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let parsed =
        match ctx.parse("b|print-bytes i|ignore-initial= l|verbose n|bytes= s|quiet |silent") {
            Ok(parsed) => parsed,
            Err(status) => return status,
        };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let (silent, list, bytes) = (has("s") || has("silent"), has("l"), has("b"));
    let limit = parsed.options.iter().find(|it| it.id == "n").and_then(|it| sized(it.bytes()));
    let skips =
        parsed.options.iter().find(|it| it.id == "i").map(|it| it.text()).unwrap_or_default();
    let (first, second) = skips.split_once(':').unwrap_or((&skips, &skips));
    let skip = |text: &str, at: usize| {
        parsed.operands.get(at).map_or_else(|| sized(text.as_bytes()), |it| sized(it)).unwrap_or(0)
    };
    let skips = [skip(first, 2) as usize, skip(second, 3) as usize];
    let Some(a_name) = parsed.operands.first() else {
        return ctx.usage("missing operand after 'cmp'");
    };
    let b_name = parsed.operands.get(1).cloned().unwrap_or(b"-".to_vec());
    let mut texts = Vec::new();
    for (name, skip) in [a_name, &b_name].into_iter().zip(skips) {
        match ctx.read_input(name) {
            Ok(text) => texts.push(text.get(skip..).unwrap_or_default().to_vec()),
            Err(errno) => {
                if !silent {
                    let name = String::from_utf8_lossy(name).into_owned();
                    ctx.fail(name, errno);
                }
                return 2;
            }
        }
    }
    let limit = limit.map_or(usize::MAX, |it| it as usize);
    let (a, b) = (&texts[0][..texts[0].len().min(limit)], &texts[1][..texts[1].len().min(limit)]);
    let (a_name, b_name) = (String::from_utf8_lossy(a_name), String::from_utf8_lossy(&b_name));
    let differing: Vec<usize> = (0..a.len().min(b.len())).filter(|at| a[*at] != b[*at]).collect();
    if silent {
        return i32::from(!differing.is_empty() || a.len() != b.len());
    }
    if list {
        let width = a.len().max(b.len()).to_string().len();
        for at in &differing {
            let (x, y) = (a[*at], b[*at]);
            ctx.out(format!("{:>width$} {x:>3o} {y:>3o}\n", at + 1));
        }
    } else if let Some(at) = differing.first() {
        let line = a[..*at].iter().filter(|it| **it == b'\n').count() + 1;
        ctx.out(format!("{a_name} {b_name} differ: byte {}, line {line}", at + 1));
        if bytes {
            let show = |byte: u8| format!("{byte:3o} {}", visible(byte));
            ctx.out(format!(" is {} {}", show(a[*at]), show(b[*at])));
        }
        ctx.out("\n");
        return 1;
    }
    if a.len() == b.len() {
        return i32::from(!differing.is_empty());
    }
    let (short, text) = if a.len() < b.len() { (&a_name, a) } else { (&b_name, b) };
    ctx.flush();
    if text.is_empty() {
        ctx.err(format!("cmp: EOF on {short} which is empty\n"));
        return 1;
    }
    let lines = text.iter().filter(|it| **it == b'\n').count();
    let whole = text.ends_with(b"\n");
    let place = if list {
        String::new()
    } else if whole {
        format!(", line {lines}")
    } else {
        format!(", in line {}", lines + 1)
    };
    ctx.err(format!("cmp: EOF on {short} after byte {}{place}\n", text.len()));
    1
}

fn visible(byte: u8) -> String {
    match byte {
        0x20..=0x7e => char::from(byte).to_string(),
        0x7f => "^?".into(),
        0..=0x1f => format!("^{}", char::from(byte + 64)),
        _ => format!("M-{}", visible(byte - 128)),
    }
}
