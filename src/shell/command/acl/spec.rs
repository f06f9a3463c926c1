//! Lists as people write them.

use super::entry::Who;
use crate::shell::command::common::users::Names;

/// One change that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub default: bool,
    pub who: Who,
    /// Permissions; `None` removes the entry.
    pub bits: Option<u8>,
    /// `X`: execution where it makes sense.
    pub exec_if_any: bool,
}

/// Reads comma-separated entries. `remove`: without permissions (`-x`).
///
/// # Errors
/// Where reading stopped (the count of characters, from 1).
pub fn parse(text: &str, remove: bool, default: bool, names: &Names) -> Result<Vec<Change>, usize> {
    let mut changes = Vec::new();
    let mut start = 0;
    for part in text.split([',', '\n']) {
        let trimmed = part.split('#').next().unwrap_or("").trim();
        if !trimmed.is_empty() {
            let change = entry(trimmed, remove, default, names).map_err(|at| start + at)?;
            changes.push(change);
        }
        start += part.len() + 1;
    }
    Ok(changes)
}

fn entry(text: &str, remove: bool, default: bool, names: &Names) -> Result<Change, usize> {
    let mut rest = text;
    let mut at = 1;
    let mut default = default;
    for prefix in ["default:", "d:"] {
        if let Some(tail) = rest.strip_prefix(prefix) {
            default = true;
            at += prefix.len();
            rest = tail;
            break;
        }
    }
    let (tag, mut tail) = rest.split_once(':').unwrap_or((rest, ""));
    let known =
        |long: &str| !tag.is_empty() && long.starts_with(tag) && (tag.len() == 1 || tag == long);
    let after_tag = at + tag.len() + 1;
    let mut after = after_tag;
    let who = if known("user") || known("group") {
        let (name, more) = tail.split_once(':').unwrap_or((tail, ""));
        tail = more;
        after += name.len() + 1;
        let user = known("user");
        match name {
            "" if user => Who::Owner,
            "" => Who::Group,
            name if user => Who::User(names.uid_of(name).ok_or(after_tag)?),
            name => Who::Named(names.gid_of(name).ok_or(after_tag)?),
        }
    } else if known("other") || known("mask") {
        if let Some(more) = tail.strip_prefix(':') {
            tail = more;
            after += 1;
        }
        if known("other") { Who::Other } else { Who::Mask }
    } else if !rest.contains(':') || names.uid_of(tag).is_none() {
        return Err(at);
    } else {
        // `name:perms` means a user.
        Who::User(names.uid_of(tag).ok_or(at)?)
    };
    if remove {
        return if tail.is_empty() {
            Ok(Change { default, who, bits: None, exec_if_any: false })
        } else {
            Err(after)
        };
    }
    let (bits, exec_if_any) = permissions(tail).map_err(|n| after + n)?;
    Ok(Change { default, who, bits: Some(bits), exec_if_any })
}

fn permissions(text: &str) -> Result<(u8, bool), usize> {
    if let [digit @ b'0'..=b'7'] = text.as_bytes() {
        return Ok((digit - b'0', false));
    }
    let (mut bits, mut any, mut seen) = (0, false, 0);
    for (at, ch) in text.chars().enumerate() {
        seen += 1;
        match ch {
            'r' => bits |= 4,
            'w' => bits |= 2,
            'x' => bits |= 1,
            'X' => any = true,
            '-' => {}
            _ => return Err(at),
        }
        if seen > 3 {
            return Err(at);
        }
    }
    if seen == 0 { Err(0) } else { Ok((bits, any)) }
}
