//! The layers of an overlay, from the options that /proc/self/mountinfo shows; the branches of an
//! AUFS, from /sys/fs/aufs.

use crate::shell::command::common::mounts::{self, Mount};
use crate::shell::command::ctx::{Ctx, join};
use crate::shell::command::realpath::{Missing, canonical};
use crate::trace::step::Layer;

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
    /// The branches of an AUFS with what may be done there, topmost first; empty for an overlay.
    pub branches: Vec<Branch>,
}

/// A branch of an AUFS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    pub dir: String,
    /// `rw`, `ro+wh`, …
    pub permission: String,
}

impl Branch {
    fn is_writable(&self) -> bool {
        self.permission.starts_with("rw")
    }

    /// Whiteouts in it hide names.
    pub fn hides(&self) -> bool {
        self.is_writable() || self.permission.ends_with("+wh")
    }
}

impl Stack {
    fn of(ctx: &mut Ctx<'_>, mount: &Mount) -> Option<Stack> {
        if mount.fstype == "aufs" {
            return Some(Stack::of_aufs(ctx, mount));
        }
        if mount.fstype != "overlay" {
            return None;
        }
        let mut stack = Stack { target: mount.target.clone(), ..Stack::default() };
        stack.read(&mount.fs_options);
        Some(stack)
    }

    fn of_aufs(ctx: &mut Ctx<'_>, mount: &Mount) -> Stack {
        let mut stack = Stack { target: mount.target.clone(), ..Stack::default() };
        let si = mount.fs_options.split(',').find_map(|it| it.strip_prefix("si="));
        let home = format!("/sys/fs/aufs/si_{}", si.unwrap_or_default());
        while let Ok(line) = ctx.read_file(format!("{home}/br{}", stack.branches.len()).as_bytes())
        {
            let line = String::from_utf8_lossy(&line);
            let (dir, permission) =
                line.trim_end_matches('\n').rsplit_once('=').unwrap_or_default();
            let (dir, permission) = (dir.to_owned(), permission.to_owned());
            stack.branches.push(Branch { dir, permission });
        }
        let mut dirs = stack.branches.iter();
        if stack.branches.first().is_some_and(Branch::is_writable) {
            stack.upper = dirs.next().map(|it| it.dir.clone());
        }
        stack.lowers = dirs.map(|it| it.dir.clone()).collect();
        stack.data_from = usize::MAX;
        stack
    }

    pub fn is_aufs(&self) -> bool {
        !self.branches.is_empty()
    }

    /// What the file system is called.
    pub fn kind(&self) -> &'static str {
        if self.is_aufs() { "aufs" } else { "overlay" }
    }

    /// A layer as people call it.
    pub fn name_of(&self, layer: Layer) -> String {
        let top = usize::from(self.upper.is_none());
        let at = match layer {
            Layer::Upper => 0,
            Layer::Lower(n) => usize::from(n).saturating_sub(top),
            _ => usize::MAX,
        };
        match self.branches.get(at) {
            Some(branch) => format!("br{at} {}", branch.permission),
            None => super::layer_name(layer),
        }
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
        if self.is_aufs() {
            let named =
                |(at, it): (usize, &Branch)| (format!("br{at} {}", it.permission), it.dir.clone());
            return self.branches.iter().enumerate().map(named).collect();
        }
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

/// Every union that is mounted.
pub fn all(ctx: &mut Ctx<'_>) -> Vec<Stack> {
    mounts::read(ctx).iter().filter_map(|it| Stack::of(ctx, it)).collect()
}

/// The union that a path is in, and the path below its mount point.
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
    let stack = Stack::of(ctx, mount)?;
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
