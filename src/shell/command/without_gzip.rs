//! `gzip` in a build without containers: the machine with all commands has it.

use super::Command;

pub const GZIP: Command = super::elsewhere("gzip", "compress files");
pub const GUNZIP: Command = super::elsewhere("gunzip", "uncompress files");
pub const ZCAT: Command = super::elsewhere("zcat", "print compressed files");
