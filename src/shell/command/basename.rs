//! `basename` and `dirname`: parts of file names.

use super::common::quote;
use super::ctx::{Ctx, base_name, dir_name};
use super::{Command, Package, Start};

pub const BASENAME: Command = Command {
    name: "basename",
    usage: "Usage: {} NAME [SUFFIX]\n  or:  {} OPTION... NAME...\nPrint NAME with any leading directory components removed.\nIf specified, also remove a trailing SUFFIX.\n",
    summary: "last part of a file name",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run_basename),
};

pub const DIRNAME: Command = Command {
    name: "dirname",
    usage: "Usage: {} [OPTION] NAME...\nOutput each NAME with its last non-slash component and trailing slashes\nremoved; if NAME contains no /'s, output '.' (meaning the current directory).\n",
    summary: "directory part of a file name",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run_dirname),
};

fn run_basename(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("+ a|multiple s|suffix= z|zero") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (mut many, mut suffix, mut end) = (false, Vec::new(), "\n");
    for given in &parsed.options {
        match given.id {
            "a" => many = true,
            "s" => (many, suffix) = (true, given.bytes().to_vec()),
            "z" => end = "\0",
            _ => {}
        }
    }
    let mut names = parsed.operands;
    if names.is_empty() {
        return ctx.usage("missing operand");
    }
    if !many && names.len() > 2 {
        let shown = quote::locale(&names[2]);
        return ctx.usage(format_args!("extra operand {shown}"));
    }
    if !many && names.len() == 2 {
        suffix = names.pop().unwrap_or_default();
    }
    for name in &names {
        let base = base_name(name);
        let cut = base.strip_suffix(suffix.as_slice()).filter(|rest| !rest.is_empty());
        ctx.out(cut.unwrap_or(base));
        ctx.out(end);
    }
    0
}

fn run_dirname(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("+ z|zero") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return ctx.usage("missing operand");
    }
    let end = if parsed.options.iter().any(|o| o.id == "z") { "\0" } else { "\n" };
    for name in &parsed.operands {
        ctx.out(dir_name(name));
        ctx.out(end);
    }
    0
}
