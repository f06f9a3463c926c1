//! OverlayFS as Linux 6.18 has it, stacked on other file systems of the machine.
//!
//! Sees layers only through [`crate::fs::FileSystem`]; only `real` ever changes one. Knows no
//! paths of the machine and no processes: whoever mounts it resolves option paths ([`MountHost`]).

pub mod mount;

pub use mount::{LayerRoot, MountArgs, MountError, MountHost, Mounted, Options, mount};
