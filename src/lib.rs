//! Layerglass: a virtual union file system that behaves like Linux OverlayFS.

#[cfg(feature = "all-commands")]
pub mod aufs;
pub mod block;
pub mod cred;
#[cfg(feature = "containers")]
pub mod drivers;
pub mod errno;
pub mod fs;
#[cfg(all(feature = "fuse", target_os = "linux"))]
pub mod fuse;
#[cfg(all(any(feature = "cli", feature = "fuse"), target_os = "linux"))]
pub mod kernel;
pub mod limits;
pub mod machine;
pub mod memfs;
#[cfg(feature = "containers")]
pub mod oci;
pub mod overlay;
pub mod pool;
pub mod port;
#[cfg(feature = "containers")]
pub mod rivals;
pub mod scenario;
pub mod shell;
pub mod store;
pub mod survey;
pub mod sys;
#[cfg(any(feature = "containers", feature = "fuse"))]
pub mod tar;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trace;
pub mod types;
pub mod vfs;
pub mod view;
pub mod volumes;
