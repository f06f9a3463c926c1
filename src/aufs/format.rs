//! The names by which AUFS keeps what it knows inside a branch (containers.md F1).

use crate::limits::NAME_MAX;

/// What every name of AUFS's own begins with. Nobody reaches such a name through the union.
pub const PREFIX: &[u8] = b".wh.";
/// The file that every whiteout of a branch is another name of.
pub const BASE: &[u8] = b".wh..wh.aufs";
/// Where removed directories wait for whoever still has them open.
pub const ORPHANS: &[u8] = b".wh..wh.orph";
/// Where copies of files with several names have one more.
pub const PSEUDO_LINKS: &[u8] = b".wh..wh.plnk";
/// Inside a directory: nothing of branches below shows through.
pub const OPAQUE: &[u8] = b".wh..wh..opq";
/// Longest name: two prefixes and a suffix of five must still fit beside it (aufs documentation).
pub const LONGEST: usize = NAME_MAX - 2 * PREFIX.len() - 5;

/// The name that hides another one.
pub fn whiteout(name: &[u8]) -> Vec<u8> {
    [PREFIX, name].concat()
}

/// Does the name belong to AUFS itself?
pub fn is_own(name: &[u8]) -> bool {
    name.starts_with(PREFIX)
}

/// The name that a whiteout hides; `None` for anything else, the opaque mark too.
pub fn hidden_by(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(PREFIX).filter(|rest| !rest.is_empty() && !rest.starts_with(PREFIX))
}

/// `.wh..wh.plnk/NUMBER.REAL`: a pseudo-link by the number in the union and the one in its branch.
pub fn pseudo_link(number: u64, real: u64) -> Vec<u8> {
    format!("{number}.{real}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_union_itself_are_told_from_others() {
        assert_eq!(whiteout(b"a"), b".wh.a");
        assert_eq!(hidden_by(b".wh.a"), Some(&b"a"[..]));
        assert_eq!(hidden_by(OPAQUE), None);
        assert_eq!(hidden_by(b"wh.a"), None);
        assert!(is_own(BASE) && !is_own(b".why"));
        assert_eq!(LONGEST, 242);
    }
}
