//! tee, as coreutils 9.1.

use super::ctx::Ctx;
use super::{Command, Package, Start};
use crate::types::OpenFlags;

pub const COMMAND: Command = Command {
    name: "tee",
    usage: "Usage: {} [OPTION]... [FILE]...\nCopy standard input to each FILE, and also to standard output.\n",
    summary: "copy input to files and output",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Patient(main),
};

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("a|append i|ignore-interrupts p |output-error=?") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let append = parsed.options.iter().any(|it| it.id == "a");
    let mode = if append { OpenFlags::APPEND } else { OpenFlags::TRUNC };
    let (mut fds, mut status) = (Vec::new(), 0);
    for file in parsed.operands {
        match ctx.open(&file, OpenFlags::WRONLY | OpenFlags::CREAT | mode, 0o666) {
            Ok(fd) => fds.push((fd, file)),
            Err(errno) => {
                ctx.fail_file(&file, errno);
                status = 1;
            }
        }
    }
    let mut block = vec![0; 65536];
    loop {
        let n = match ctx.sys.read(0, &mut block) {
            Ok(0) => return status,
            Ok(n) => n,
            Err(errno) => {
                ctx.fail("read error", errno);
                return 1;
            }
        };
        ctx.out(&block[..n]);
        ctx.flush();
        for (fd, file) in &fds {
            if let Err(errno) = ctx.write_all(*fd, &block[..n]) {
                ctx.fail_file(file, errno);
                status = 1;
            }
        }
    }
}
