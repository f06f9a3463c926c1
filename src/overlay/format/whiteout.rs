//! Whiteouts: a character device 0:0, or an empty regular file that carries an attribute.

use crate::types::{Attr, Dev, FileType};

/// A whiteout by its inode alone (R0.3: the mode plays no part).
pub fn is_device(attr: &Attr) -> bool {
    attr.kind == FileType::Chr && attr.rdev == Dev::default()
}
