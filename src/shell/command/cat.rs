//! `cat`: files one after the other.

use super::ctx::Ctx;
use super::filter::{Filter, Flow, Stage, inputs};
use super::{Command, Package, Start};
use crate::errno::Errno;

pub const COMMAND: Command = Command {
    name: "cat",
    usage: "Usage: {} [OPTION]... [FILE]...\nConcatenate FILE(s) to standard output.\n\nWith no FILE, or when FILE is -, read standard input.\n",
    summary: "print files",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Program(|call| Filter::boxed(call, setup)),
};

#[derive(Clone, Default)]
struct Cat {
    number: bool,
    number_nonblank: bool,
    squeeze: bool,
    ends: bool,
    tabs: bool,
    nonprinting: bool,
    line: u64,
    /// Newlines in a row just written.
    newlines: u32,
    failed: bool,
}

fn setup(ctx: &mut Ctx<'_>) -> Result<(Cat, Vec<Vec<u8>>), i32> {
    let parsed = ctx.parse(
        "A|show-all b|number-nonblank e E|show-ends n|number s|squeeze-blank t T|show-tabs u \
         v|show-nonprinting",
    )?;
    let mut cat = Cat { newlines: 1, ..Cat::default() };
    for given in &parsed.options {
        let id = given.id;
        cat.nonprinting |= matches!(id, "A" | "e" | "t" | "v");
        cat.ends |= matches!(id, "A" | "e" | "E");
        cat.tabs |= matches!(id, "A" | "t" | "T");
        cat.number_nonblank |= id == "b";
        cat.number |= id == "n";
        cat.squeeze |= id == "s";
    }
    Ok((cat, inputs(parsed.operands)))
}

impl Cat {
    fn plain(&self) -> bool {
        !(self.number
            || self.number_nonblank
            || self.squeeze
            || self.ends
            || self.tabs
            || self.nonprinting)
    }

    fn newline(&mut self, out: &mut Vec<u8>) {
        self.newlines += 1;
        if self.squeeze && self.newlines > 2 {
            return;
        }
        if self.newlines > 1 && self.number && !self.number_nonblank {
            self.count(out);
        }
        if self.ends {
            out.push(b'$');
        }
        out.push(b'\n');
    }

    fn count(&mut self, out: &mut Vec<u8>) {
        self.line += 1;
        out.extend(format!("{:6}\t", self.line).bytes());
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte == b'\n' {
            return self.newline(out);
        }
        if self.newlines > 0 && (self.number || self.number_nonblank) {
            self.count(out);
        }
        self.newlines = 0;
        match byte {
            b'\t' if self.tabs => out.extend(b"^I"),
            b'\t' => out.push(byte),
            _ if self.nonprinting => visible(byte, out),
            _ => out.push(byte),
        }
    }
}

fn visible(byte: u8, out: &mut Vec<u8>) {
    let low = if byte >= 128 {
        out.extend(b"M-");
        byte - 128
    } else {
        byte
    };
    match low {
        0..=31 => out.extend([b'^', low + 64]),
        127 => out.extend(b"^?"),
        _ => out.push(low),
    }
}

impl Stage for Cat {
    fn chunk(&mut self, data: &[u8], ctx: &mut Ctx<'_>) -> Flow {
        if self.plain() {
            ctx.out(data);
        } else {
            let mut out = Vec::with_capacity(data.len() + 64);
            data.iter().for_each(|&b| self.byte(b, &mut out));
            ctx.out(out);
        }
        ctx.flush();
        Flow::More
    }

    fn finish(&mut self, _ctx: &mut Ctx<'_>) -> i32 {
        i32::from(self.failed)
    }

    fn cannot_read(&mut self, name: &[u8], errno: Errno, ctx: &mut Ctx<'_>) {
        self.failed = true;
        ctx.fail_file(name, errno);
    }
}
