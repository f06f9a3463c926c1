//! The command line: reads arguments, calls the library, prints. No rule of the engine lives here.

fn main() {}
