//! Entries of a list, and the form in which the kernel keeps them.

use crate::errno::Errno;
use crate::shell::command::common::users::Names;
use crate::shell::command::ctx::Ctx;
use crate::types::{Attr, Result, XattrMode};

pub const ACCESS: &[u8] = b"system.posix_acl_access";
pub const DEFAULT: &[u8] = b"system.posix_acl_default";

/// Whom an entry speaks of, in the order in which entries are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Owner,
    User(u32),
    Group,
    Named(u32),
    Mask,
    Other,
}

impl Who {
    /// The tag and id of the extended attribute.
    fn encode(self) -> (u16, u32) {
        match self {
            Who::Owner => (1, u32::MAX),
            Who::User(id) => (2, id),
            Who::Group => (4, u32::MAX),
            Who::Named(id) => (8, id),
            Who::Mask => (16, u32::MAX),
            Who::Other => (32, u32::MAX),
        }
    }

    fn decode(tag: u16, id: u32) -> Option<Who> {
        Some(match tag {
            1 => Who::Owner,
            2 => Who::User(id),
            4 => Who::Group,
            8 => Who::Named(id),
            16 => Who::Mask,
            32 => Who::Other,
            _ => return None,
        })
    }

    /// `user:daemon:` and so on.
    pub fn text(self, names: Option<&Names>) -> String {
        let user = |id: u32| names.map_or_else(|| id.to_string(), |n| n.user_or_id(id));
        let group = |id: u32| names.map_or_else(|| id.to_string(), |n| n.group_or_id(id));
        match self {
            Who::Owner => "user::".into(),
            Who::User(id) => format!("user:{}:", user(id)),
            Who::Group => "group::".into(),
            Who::Named(id) => format!("group:{}:", group(id)),
            Who::Mask => "mask::".into(),
            Who::Other => "other::".into(),
        }
    }
}

/// `rwx` with dashes.
pub fn perms(bits: u8) -> String {
    let letter = |bit: u8, c: char| if bits & bit != 0 { c } else { '-' };
    [letter(4, 'r'), letter(2, 'w'), letter(1, 'x')].iter().collect()
}

/// A list, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl(pub Vec<(Who, u8)>);

impl Acl {
    pub fn of_mode(mode: u32) -> Acl {
        Acl(vec![
            (Who::Owner, (mode >> 6 & 7) as u8),
            (Who::Group, (mode >> 3 & 7) as u8),
            (Who::Other, (mode & 7) as u8),
        ])
    }

    pub fn get(&self, who: Who) -> Option<u8> {
        self.0.iter().find(|e| e.0 == who).map(|e| e.1)
    }

    pub fn put(&mut self, who: Who, bits: u8) {
        self.0.retain(|e| e.0 != who);
        self.0.push((who, bits));
        self.0.sort();
    }

    /// False when there was no such entry.
    pub fn remove(&mut self, who: Who) -> bool {
        let before = self.0.len();
        self.0.retain(|e| e.0 != who);
        self.0.len() != before
    }

    /// Has entries beyond the three of the mode.
    pub fn is_extended(&self) -> bool {
        self.0.iter().any(|e| matches!(e.0, Who::User(_) | Who::Named(_) | Who::Mask))
    }

    /// The mask becomes the union of what it limits.
    pub fn mend_mask(&mut self) {
        let limited = |who: &Who| matches!(who, Who::User(_) | Who::Group | Who::Named(_));
        let bits = self.0.iter().filter(|e| limited(&e.0)).fold(0, |m, e| m | e.1);
        self.put(Who::Mask, bits);
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = 2u32.to_le_bytes().to_vec();
        for (who, bits) in &self.0 {
            let (tag, id) = who.encode();
            out.extend(tag.to_le_bytes());
            out.extend(u16::from(*bits).to_le_bytes());
            out.extend(id.to_le_bytes());
        }
        out
    }

    fn parse(bytes: &[u8]) -> Option<Acl> {
        let rest = bytes.strip_prefix(&2u32.to_le_bytes())?;
        let mut acl = Acl::default();
        for e in rest.chunks_exact(8) {
            let tag = u16::from_le_bytes([e[0], e[1]]);
            let id = u32::from_le_bytes([e[4], e[5], e[6], e[7]]);
            acl.0.push((Who::decode(tag, id)?, e[2] & 7));
        }
        acl.0.sort();
        Some(acl)
    }

    /// The access list of a file: its own, or that of its mode.
    pub fn access(ctx: &mut Ctx<'_>, path: &[u8], attr: &Attr) -> Acl {
        let kept = ctx.sys.getxattr(path, ACCESS, true).ok();
        kept.and_then(|b| Acl::parse(&b)).unwrap_or_else(|| Acl::of_mode(attr.mode.bits()))
    }

    /// The default list of a directory; empty when there is none.
    pub fn default_of(ctx: &mut Ctx<'_>, path: &[u8]) -> Acl {
        let kept = ctx.sys.getxattr(path, DEFAULT, true).ok();
        kept.and_then(|b| Acl::parse(&b)).unwrap_or_default()
    }

    /// Writes the list; an empty one removes what is there.
    ///
    /// # Errors
    /// Those of `setxattr` and `removexattr`.
    pub fn store(&self, ctx: &mut Ctx<'_>, path: &[u8], name: &[u8]) -> Result<()> {
        if self.0.is_empty() {
            return match ctx.sys.removexattr(path, name, true) {
                Err(Errno::ENODATA) => Ok(()),
                res => res,
            };
        }
        ctx.sys.setxattr(path, name, &self.bytes(), XattrMode::Set, true)
    }

    /// One line of text, entries joined.
    pub fn line(&self, names: &Names, short: bool) -> String {
        let all: Vec<String> = self
            .0
            .iter()
            .map(|(who, bits)| {
                let mut text = who.text(Some(names));
                if short {
                    let letter = text.remove(0);
                    let rest = text.split_once(':').map_or("", |r| r.1);
                    text = format!("{letter}:{rest}");
                }
                format!("{text}{}", perms(*bits))
            })
            .collect();
        all.join(",")
    }
}
