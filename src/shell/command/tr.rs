//! tr, as coreutils 9.1.

use super::ctx::Ctx;
use super::tr_sets::{Set, Translator, complement, parse};
use super::{Command, Package, Start, rare};

pub const COMMAND: Command = rare(Command {
    name: "tr",
    usage: "Usage: {} [OPTION]... SET1 [SET2]\nTranslate, squeeze, and/or delete characters.\n",
    summary: "translate or delete bytes",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
});

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let table = "+ c|complement C d|delete s|squeeze-repeats t|truncate-set1";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let has = |id: &str| parsed.options.iter().any(|it| it.id == id);
    let (complemented, delete, squeeze) = (has("c") || has("C"), has("d"), has("s"));
    let wants = if delete == squeeze { 2 } else { 1 };
    if let Err(status) = operand_count(ctx, &parsed.operands, wants, delete, squeeze) {
        return status;
    }
    let mut sets = Vec::new();
    for text in &parsed.operands {
        match parse(text) {
            Ok(set) => sets.push(set),
            Err(message) => {
                ctx.warn(message);
                return 1;
            }
        }
    }
    if sets[0].fill.is_some() {
        ctx.warn("the [c*] repeat construct may not appear in string1");
        return 1;
    }
    if complemented {
        sets[0].bytes = complement(&sets[0].bytes);
    }
    match translator(&sets, delete, squeeze, has("t"), complemented) {
        Ok(translator) => run(ctx, translator),
        Err(message) => {
            ctx.warn(message);
            1
        }
    }
}

fn operand_count(
    ctx: &mut Ctx<'_>,
    operands: &[Vec<u8>],
    wants: usize,
    delete: bool,
    squeeze: bool,
) -> Result<(), i32> {
    let quoted = |text: &Vec<u8>| super::common::quote::locale(text);
    let allowed = if squeeze && !delete { 2 } else { wants };
    if operands.is_empty() {
        return Err(ctx.usage("missing operand"));
    }
    if operands.len() < wants {
        ctx.warn(format_args!("missing operand after {}", quoted(&operands[operands.len() - 1])));
        let why = if delete {
            "Two strings must be given when both deleting and squeezing repeats."
        } else {
            "Two strings must be given when translating."
        };
        ctx.err(format!("{why}\n"));
        ctx.try_help();
        return Err(1);
    }
    if let Some(extra) = operands.get(allowed) {
        ctx.warn(format_args!("extra operand {}", quoted(extra)));
        if delete && !squeeze {
            ctx.err("Only one string may be given when deleting without squeezing repeats.\n");
        }
        ctx.try_help();
        return Err(1);
    }
    Ok(())
}

fn translator(
    sets: &[Set],
    delete: bool,
    squeeze: bool,
    truncate: bool,
    complemented: bool,
) -> Result<Translator, String> {
    let mut translator = Translator {
        map: Box::new(std::array::from_fn(|i| i as u8)),
        delete: Box::new([false; 256]),
        squeeze: Box::new([false; 256]),
        last: None,
    };
    let first = &sets[0].bytes;
    if delete {
        first.iter().for_each(|it| translator.delete[usize::from(*it)] = true);
    } else if let Some(second) = sets.get(1) {
        let mut to = second.bytes.clone();
        if second.case_class && !sets[0].case_class && !complemented {
            return Err("when translating, the only character classes that may appear in\n\
                        string2 are 'upper' and 'lower'"
                .into());
        }
        if let Some((at, byte)) = second.fill {
            let missing = first.len().saturating_sub(to.len());
            to.splice(at..at, std::iter::repeat_n(byte, missing));
        }
        if to.is_empty() && !truncate {
            return Err("when not truncating set1, string2 must be non-empty".into());
        }
        for (i, from) in first.iter().enumerate() {
            let target = to.get(i).or(if truncate { None } else { to.last() });
            if let Some(target) = target {
                translator.map[usize::from(*from)] = *target;
            }
        }
    }
    if squeeze {
        let set = sets.last().map(|it| &it.bytes[..]).unwrap_or_default();
        set.iter().for_each(|it| translator.squeeze[usize::from(*it)] = true);
    }
    Ok(translator)
}

fn run(ctx: &mut Ctx<'_>, mut translator: Translator) -> i32 {
    let mut block = vec![0; 65536];
    loop {
        match ctx.sys.read(0, &mut block) {
            Ok(0) => return 0,
            Ok(n) => {
                let mut out = Vec::new();
                translator.apply(&block[..n], &mut out);
                ctx.out(out);
            }
            Err(errno) => {
                ctx.fail("read error", errno);
                return 1;
            }
        }
    }
}
