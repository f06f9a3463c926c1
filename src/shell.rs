//! The shell of the simulated machine: a bash, and the commands of a Debian system.

pub mod arith;
pub mod ast;
pub mod brace;
pub mod command;
pub mod lex;
pub mod os;
pub mod parse;
pub mod pattern;
pub mod program;
pub mod regex;
pub mod text;
