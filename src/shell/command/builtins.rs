//! The programs that a shell has inside too: `/usr/bin/echo`, `printf`, `test`, `true`, `pwd` and
//! their kind, for `env`, `find -exec` and `xargs`. Each runs as the builtin of a fresh bash.

use super::{Command, Invocation, Package, Start};
use crate::shell::builtin::start;
use crate::shell::program::Program;

const fn outside(name: &'static str, summary: &'static str) -> Command {
    Command {
        name,
        usage: "Usage: {} [ARGUMENT]...\n",
        summary,
        package: Package::Coreutils,
        trouble: 1,
        start: Start::Program(inside),
    }
}

pub const ECHO: Command = outside("echo", "print its arguments");
pub const PRINTF: Command = outside("printf", "print formatted");
pub const TEST: Command = outside("test", "evaluate a condition");
pub const BRACKET: Command = outside("[", "evaluate a condition");
pub const TRUE: Command = outside("true", "succeed");
pub const FALSE: Command = outside("false", "fail");
pub const PWD: Command = outside("pwd", "print the working directory");
pub const KILL: Command = outside("kill", "send a signal to processes");

/// A bash without its file: a container may have the program and no bash.
fn inside(call: Invocation) -> Box<dyn Program> {
    let name = call.command.name;
    // The name is one of ours, the arguments stay arguments: nothing is evaluated twice.
    let line = format!("builtin {name} \"$@\"");
    let mut argv =
        vec![b"/bin/bash".to_vec(), b"-c".to_vec(), line.into_bytes(), name.as_bytes().to_vec()];
    argv.extend(call.argv.iter().skip(1).cloned());
    start::bash(Invocation { command: &super::bash::COMMAND, argv, env: call.env })
}
