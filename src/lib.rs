//! Layerglass: a virtual union file system that behaves like Linux OverlayFS.

pub mod cred;
pub mod errno;
pub mod fs;
pub mod limits;
pub mod memfs;
pub mod overlay;
pub mod port;
pub mod shell;
pub mod store;
pub mod sys;
pub mod trace;
pub mod types;
pub mod vfs;
pub mod view;
