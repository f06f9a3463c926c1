//! `docker` in a build without containers: the machine with all commands has it, and if this is that one, it
//! says so.

use super::{Command, Package, Start, rare};

pub const COMMAND: Command = rare(Command {
    name: "docker",
    usage: "Usage:  {} [OPTIONS] COMMAND\n",
    summary: "images and containers on the simulated engine",
    package: Package::Other("Docker is not in this build of the machine"),
    trouble: 127,
    start: Start::Swift(|ctx| {
        ctx.err("docker: not simulated: this machine is built without containers; mount layers by hand\n");
        127
    }),
});

pub const DOCKERD: Command = super::elsewhere("dockerd", "the engine with other options");

/// Programs that only images have: there are no images.
pub static PROGRAMS: &[&Command] = &[];
