//! Copy-on-write storage: a snapshot is a cheap clone, and no deep copy is made anywhere.
//!
//! Knows nothing of file systems.

mod label;
mod list;
mod map;
mod names;
mod rope;
mod table;
mod tree;

pub use label::Label;
pub use list::{NameList, name_hash};
pub use map::Map;
pub use names::NameMap;
pub use rope::{Rope, Seg, generate};
pub use table::Table;
pub use tree::Tree;
