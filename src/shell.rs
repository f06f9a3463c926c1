//! The shell of the simulated machine: a bash, and the commands of a Debian system.

pub mod os;
pub mod program;
pub mod regex;
