//! The engine mounted on the real system: the simulated machine, or real directories imported into
//! it, served by FUSE.
//!
//! A host: it translates between the crate `fuser` and the system calls of the machine's kernel,
//! by inode. No rule of a file system lives here; permissions, umask, ACLs and stamps are the
//! engine's, with the credentials of whoever calls.

mod caller;
mod change;
mod convert;
mod flags;
mod host;
mod layers;
mod locks;
mod nodes;
mod serve;
mod session;
pub mod socket;

pub use host::Host;
pub use layers::Layers;
pub use session::{Ended, Mount};
