//! Small scope: every state that few operations can reach from every small beginning, and in each of
//! them every operation once, on the engine and on the live kernel.
//!
//! The engine explores its own graph first ([`explore`]), without a kernel: so the counts are known
//! before anything is compared, and every machine that takes a share has the same list of states. Then each
//! state is built on both kernels, and each operation done there ([`against`]). As long as all answers
//! and all observations agree, the engine's graph is the kernel's: the beginnings are equal, and equal
//! states lead to equal states.
//!
//! What counts as one state is said in [`canon`].

pub mod alphabet;
pub mod canon;
pub mod explore;
pub mod ledger;
pub mod scope;
mod stand;

#[cfg(all(feature = "cli", target_os = "linux"))]
pub mod against;

pub use scope::{OptionSet, Scope};
