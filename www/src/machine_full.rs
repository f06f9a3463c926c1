//! The machine with all commands: the same module, built with the feature `full`.

mod blob;
#[path = "machine.rs"]
mod machine;

fn main() {}
