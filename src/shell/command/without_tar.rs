//! `tar` in a build without containers: the machine with all commands has it.

use super::Command;

pub const COMMAND: Command = super::elsewhere("tar", "pack and unpack archives");
