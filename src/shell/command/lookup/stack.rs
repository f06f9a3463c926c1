//! The layers of an overlay, from the options that /proc/self/mountinfo shows.

use crate::shell::command::common::mounts::{self, Mount};
use crate::shell::command::ctx::{Ctx, join};
use crate::shell::command::realpath::{Missing, canonical};

/// An overlay with the directories that it was mounted from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    pub target: String,
    pub upper: Option<String>,
    pub work: Option<String>,
    /// Topmost first; data-only layers last.
    pub lowers: Vec<String>,
    /// The number of the first data-only layer, counted from 0.
    pub data_from: usize,
}

impl Stack {
    fn of(mount: &Mount) -> Option<Stack> {
        if mount.fstype != "overlay" {
            return None;
        }
        let mut stack = Stack { target: mount.target.clone(), ..Stack::default() };
        stack.read(&mount.fs_options);
        Some(stack)
    }

    /// Takes the layers from a list of options.
    pub fn read(&mut self, options: &str) {
        for option in split(options, ',') {
            let Some((name, value)) = option.split_once('=') else { continue };
            match name {
                "upperdir" => self.upper = Some(unescape(value)),
                "workdir" => self.work = Some(unescape(value)),
                "lowerdir" => {
                    let mut data = false;
                    self.data_from = usize::MAX;
                    for part in split(value, ':') {
                        if part.is_empty() {
                            data = true;
                            continue;
                        }
                        if data && self.data_from == usize::MAX {
                            self.data_from = self.lowers.len();
                        }
                        self.lowers.push(unescape(&part));
                    }
                }
                "lowerdir+" => {
                    self.data_from = usize::MAX;
                    self.lowers.push(unescape(value));
                }
                _ => {}
            }
        }
    }

    /// Every layer with its name, the topmost first.
    pub fn layers(&self) -> Vec<(String, String)> {
        let upper = self.upper.iter().map(|dir| ("upper".to_string(), dir.clone()));
        let lowers = self
            .lowers
            .iter()
            .enumerate()
            .map(|(at, dir)| (format!("lower {}", at + 1), dir.clone()));
        upper.chain(lowers).collect()
    }

    /// A path below the mount point as seen in a layer.
    pub fn in_layer(dir: &str, relative: &[u8]) -> Vec<u8> {
        if relative.is_empty() { dir.as_bytes().to_vec() } else { join(dir.as_bytes(), relative) }
    }
}

/// Splits where the separator is not behind a backslash.
fn split(text: &str, separator: char) -> Vec<String> {
    let (mut all, mut part, mut escaped) = (Vec::new(), String::new(), false);
    for ch in text.chars() {
        if ch == separator && !escaped {
            all.push(std::mem::take(&mut part));
            continue;
        }
        escaped = ch == '\\' && !escaped;
        part.push(ch);
    }
    all.push(part);
    all
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        out.push(if ch == '\\' { chars.next().unwrap_or('\\') } else { ch });
    }
    out
}

/// Every overlay that is mounted.
pub fn all(ctx: &mut Ctx<'_>) -> Vec<Stack> {
    mounts::read(ctx).iter().filter_map(Stack::of).collect()
}

/// The overlay that a path is in, and the path below its mount point.
pub fn stack_of(ctx: &mut Ctx<'_>, path: &[u8]) -> Option<(Stack, Vec<u8>)> {
    let table = mounts::read(ctx);
    let base = crate::shell::command::ctx::base_name(path);
    // The last name is not followed: a link is asked about itself.
    let whole = if matches!(base, b"." | b".." | b"/") || path.ends_with(b"/") {
        canonical(ctx, path, Missing::All).ok()?
    } else {
        let dir = crate::shell::command::ctx::dir_name(path);
        join(&canonical(ctx, &dir, Missing::All).ok()?, base)
    };
    let mount = mounts::of_path(&table, &whole)?;
    let stack = Stack::of(mount)?;
    let relative = whole.strip_prefix(mount.target.as_bytes()).unwrap_or(&whole);
    let relative = relative.strip_prefix(b"/").unwrap_or(relative).to_vec();
    Some((stack, relative))
}

/// One of an overlay's own attributes on a layer: the namespace that it is in (`user` with
/// `userxattr`) and its value.
pub fn mark(
    ctx: &mut Ctx<'_>,
    path: &[u8],
    what: &str,
    follow: bool,
) -> Option<(&'static str, Vec<u8>)> {
    ["trusted", "user"].into_iter().find_map(|space| {
        let name = mark_name(space, what);
        ctx.sys.getxattr(path, name.as_bytes(), follow).ok().map(|value| (space, value))
    })
}

/// The full name of such an attribute.
pub fn mark_name(space: &str, what: &str) -> String {
    format!("{space}.overlay.{what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_name_the_layers() {
        let mut stack = Stack::default();
        stack.read("rw,lowerdir=/a:/b\\:c::/d,upperdir=/u,workdir=/w,uuid=on");
        assert_eq!(stack.lowers, ["/a", "/b:c", "/d"]);
        assert_eq!(stack.data_from, 2);
        assert_eq!(stack.upper.as_deref(), Some("/u"));
        assert_eq!(stack.work.as_deref(), Some("/w"));
    }
}
