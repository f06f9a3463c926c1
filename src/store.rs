//! Copy-on-write storage: a snapshot is a cheap clone, and no deep copy is made anywhere.
//!
//! Knows nothing of file systems.

mod names;
mod rope;
mod table;
mod tree;

pub use names::NameMap;
pub use rope::{Rope, Seg, generate};
pub use table::Table;
pub use tree::Tree;
