//! date, as coreutils 9.1, on simulated time in UTC.

use super::common::{quote, time};
use super::ctx::Ctx;
use super::{Command, Package, Start};

pub const COMMAND: Command = Command {
    name: "date",
    usage: "Usage: {} [OPTION]... [+FORMAT]\nDisplay date and time in the given FORMAT.\n",
    summary: "print the date and time",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
};

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let table = "d|date= f|file= I|iso-8601=? R|rfc-email |rfc-3339= r|reference= s|set= u|utc |universal |debug";
    let parsed = match ctx.parse(table) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut format: Vec<u8> = b"%a %b %e %H:%M:%S %Z %Y".to_vec();
    let now = ctx.sys.clock();
    let mut stamp = now;
    for given in &parsed.options {
        match given.id {
            "d" => match time::parse(given.bytes(), now) {
                Some(time) => stamp = time,
                None => {
                    let text = quote::locale(given.bytes());
                    ctx.warn(format_args!("invalid date {text}"));
                    return 1;
                }
            },
            "r" => match ctx.stat(given.bytes()) {
                Ok(attr) => stamp = attr.mtime,
                Err(errno) => {
                    ctx.fail_file(given.bytes(), errno);
                    return 1;
                }
            },
            "I" => {
                format = match given.bytes() {
                    b"" | b"date" => b"%Y-%m-%d".to_vec(),
                    b"hours" => b"%Y-%m-%dT%H%:z".to_vec(),
                    b"minutes" => b"%Y-%m-%dT%H:%M%:z".to_vec(),
                    b"seconds" => b"%Y-%m-%dT%H:%M:%S%:z".to_vec(),
                    b"ns" => b"%Y-%m-%dT%H:%M:%S,%N%:z".to_vec(),
                    other => {
                        let other = quote::locale(other);
                        return ctx
                            .usage(format_args!("invalid argument {other} for ‘--iso-8601’"));
                    }
                }
            }
            "R" => format = b"%a, %d %b %Y %H:%M:%S %z".to_vec(),
            "rfc-3339" => {
                format = match given.bytes() {
                    b"date" => b"%Y-%m-%d".to_vec(),
                    b"ns" => b"%Y-%m-%d %H:%M:%S.%N%:z".to_vec(),
                    _ => b"%Y-%m-%d %H:%M:%S%:z".to_vec(),
                }
            }
            "s" => {
                ctx.warn("-s: not simulated: the machine's clock moves by itself; use sleep");
                return 1;
            }
            "f" => {
                ctx.warn("-f: not simulated: use -d");
                return 1;
            }
            _ => {}
        }
    }
    match parsed.operands.as_slice() {
        [] => {}
        [word] if word.starts_with(b"+") => format = word[1..].to_vec(),
        [word] => {
            let word = quote::locale(word);
            ctx.warn(format_args!("invalid date {word}"));
            return 1;
        }
        [_, extra, ..] => {
            let extra = quote::locale(extra);
            return ctx.usage(format_args!("extra operand {extra}"));
        }
    }
    let mut line = time::format(&format, stamp);
    line.push(b'\n');
    ctx.out(line);
    0
}
