//! The shell of the simulated machine: a bash, and the commands of a Debian system.

pub mod arith;
pub mod ast;
pub mod brace;
pub mod builtin;
pub mod command;
pub mod expand;
pub mod files;
pub mod glob;
pub mod interp;
pub mod lex;
pub mod os;
pub mod parse;
pub mod pattern;
pub mod program;
pub mod prompt;
pub mod regex;
pub mod state;
pub mod text;
pub mod unparse;
pub mod unsimulated;
pub mod vars;
