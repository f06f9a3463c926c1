//! Building images: what a Dockerfile says, and what follows from it without running anything.
//!
//! [`source`] cuts the text into instructions, [`instruction`] gives each its form, [`words`] puts
//! variables in. [`plan`] knows the stages, [`state`] what each instruction makes of an image's
//! configuration. [`context`] is where COPY and ADD take files from, [`copy`] lays them down,
//! [`cache`] knows what was built before and why something has to be built anew. Who prints, runs
//! commands and waits is the shell's `docker build`.

pub mod cache;
pub mod context;
pub mod copy;
pub mod fault;
pub mod flags;
pub mod golang;
pub mod heredoc;
pub mod ignore;
pub mod instruction;
pub mod owner;
pub mod pattern;
pub mod plan;
pub mod snapshot;
pub mod source;
pub mod state;
pub mod words;

#[cfg(test)]
mod tests;

pub use fault::Fault;
