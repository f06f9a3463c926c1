//! The machine with all commands: the same module, built with the feature `full`.

#[path = "machine.rs"]
mod machine;

fn main() {}
