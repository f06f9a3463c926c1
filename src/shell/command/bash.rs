//! bash and sh: the shell as a program of its own.

use super::{Command, Package, Start};

/// bash.
pub const COMMAND: Command = Command {
    name: "bash",
    usage: "Usage:\t{} [GNU long option] [option] ...\n\t{} [GNU long option] [option] script-file ...\n",
    summary: "run commands from a file, a string or standard input",
    package: Package::Other("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)"),
    trouble: 2,
    start: Start::Program(crate::shell::builtin::start::bash),
};

/// sh.
pub const SH: Command = Command { name: "sh", ..COMMAND };
