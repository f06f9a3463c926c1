//! The conformance lab: scripts of system calls, what was observed, and the comparison of both
//! kernels, simulated and live.
//!
//! Everything here sees files through [`crate::sys::Sys`] alone, so the same script runs on the
//! engine (natively or in the browser) and on Linux. It never looks into the engine's structures.

pub mod case;
pub mod compare;
pub mod duel;
pub mod engine;
pub mod generate;
pub mod lab;
#[cfg(all(feature = "cli", target_os = "linux"))]
pub mod live;
pub mod observe;
pub mod program;
pub mod record;
pub mod run;
pub mod shrink;
pub mod stage;
pub mod sweep;
pub mod word;

pub use case::{Case, Op};
pub use lab::{Disks, Lab};
pub use run::Run;
