//! Marks and words for kinds and roles: never colour alone.

use crate::i18n::Texts;
use layerglass::types::FileType;
use layerglass::view::{Node, Role};

/// The mark of an inode.
pub fn kind_glyph(node: &Node) -> &'static str {
    match node.kind {
        FileType::Dir => "▾",
        FileType::Symlink => "↪",
        FileType::Chr | FileType::Blk => "⌸",
        FileType::Fifo => "⇥",
        FileType::Sock => "⇄",
        FileType::Reg if node.nlink > 1 => "⧉",
        FileType::Reg => "▤",
    }
}

/// The word for a kind.
pub fn kind_word(kind: FileType, t: &Texts) -> &'static str {
    match kind {
        FileType::Dir => t.kind_dir,
        FileType::Symlink => t.kind_symlink,
        FileType::Chr | FileType::Blk => t.kind_device,
        FileType::Fifo => t.kind_fifo,
        FileType::Sock => t.kind_socket,
        FileType::Reg => t.kind_file,
    }
}

/// The words for a role.
pub fn role_word(role: Role, t: &Texts) -> &'static str {
    match role {
        Role::Absent => t.role_absent,
        Role::Visible => t.role_visible,
        Role::Merged => t.role_merged,
        Role::Shadowed => t.role_shadowed,
        Role::Whiteout => t.role_whiteout,
        Role::Opaque => t.role_opaque,
    }
}
