//! Names: which members are meant, which files are left out, and what a name becomes in an archive.

use super::options::{Named, Options, shown};
use crate::shell::command::ctx::{Ctx, join, strip_slashes};
use crate::shell::pattern;

/// A path below a directory; an absolute path stays what it is.
pub fn below(dir: &[u8], path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") { path.to_vec() } else { join(dir, path) }
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    pattern::matches(pattern, text, pattern::Options::default())
}

/// Whether a pattern meets the whole of a name, or a directory above it.
fn meets(pattern: &[u8], name: &[u8]) -> bool {
    let name = strip_slashes(name);
    let ends = (1..name.len()).filter(|&at| name[at] == b'/').chain([name.len()]);
    let pattern = strip_slashes(pattern);
    ends.into_iter().any(|end| matches(pattern, &name[..end]))
}

/// Whether `--exclude` leaves a name out: its patterns may begin after any slash.
pub fn is_excluded(options: &Options, name: &[u8]) -> bool {
    let starts = || (0..name.len()).filter(|&at| at == 0 || name[at - 1] == b'/');
    options.excluded.iter().any(|it| starts().any(|at| meets(it, &name[at..])))
}

/// Which of the members that were named have been seen.
pub struct Wanted<'a> {
    named: &'a [Named],
    seen: Vec<bool>,
    wildcards: bool,
}

impl<'a> Wanted<'a> {
    pub fn new(options: &'a Options) -> Wanted<'a> {
        let seen = vec![false; options.named.len()];
        Wanted { named: &options.named, seen, wildcards: options.wildcards }
    }

    /// The directory that a member belongs into, if it is wanted: it was named, or something above it
    /// was, or nothing at all.
    pub fn takes(&mut self, options: &Options, member: &[u8]) -> Option<Vec<u8>> {
        if is_excluded(options, strip_slashes(member)) {
            return None;
        }
        if self.named.is_empty() {
            return Some(options.dir.clone());
        }
        let whole = strip_slashes(member);
        let at = self.named.iter().position(|it| {
            let name = strip_slashes(&it.name);
            let rest = whole.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
                || self.wildcards && meets(name, whole)
        })?;
        self.seen[at] = true;
        Some(self.named[at].dir.clone())
    }

    /// Names what was not there; whether all was.
    pub fn tell_missing(&self, ctx: &mut Ctx<'_>) -> bool {
        let missing: Vec<&Named> =
            self.named.iter().zip(&self.seen).filter(|it| !it.1).map(|it| it.0).collect();
        let is_glob = |it: &&Named| pattern::is_glob(&it.name, pattern::Options::default());
        if !self.wildcards && missing.iter().any(is_glob) {
            ctx.warn("Pattern matching characters used in file names");
            ctx.warn("Use --wildcards to enable pattern matching, or --no-wildcards to suppress this warning");
        }
        for it in &missing {
            ctx.warn(format_args!("{}: Not found in archive", shown(&it.name)));
        }
        missing.is_empty()
    }
}

/// Beginnings that names lose in an archive, each said once.
#[derive(Default)]
pub struct Prefixes {
    names: Vec<Vec<u8>>,
    links: Vec<Vec<u8>>,
}

impl Prefixes {
    /// A name without what would lead out of the directory: everything up to the last `..`, and slashes
    /// at the beginning.
    pub fn cut<'n>(&mut self, ctx: &mut Ctx<'_>, name: &'n [u8], is_link: bool) -> &'n [u8] {
        let len = prefix(name);
        let (prefix, rest) = name.split_at(len);
        let (said, what) = match is_link {
            true => (&mut self.links, "hard link targets"),
            false => (&mut self.names, "member names"),
        };
        if !prefix.is_empty() && !said.iter().any(|it| it == prefix) {
            said.push(prefix.to_vec());
            let prefix = shown(prefix);
            ctx.warn(format_args!("Removing leading `{prefix}' from {what}"));
        }
        rest
    }
}

/// How much of a name leads out of where one is.
fn prefix(name: &[u8]) -> usize {
    let mut len = 0;
    let mut at = 0;
    while at < name.len() {
        let end = name[at..].iter().position(|&b| b == b'/').map_or(name.len(), |it| at + it);
        if &name[at..end] == b".." {
            len = (end + 1).min(name.len());
        }
        at = end + 1;
    }
    while name.get(len) == Some(&b'/') {
        len += 1;
    }
    len
}

/// A member may not be unpacked where a `..` in its name leads.
pub fn climbs(name: &[u8]) -> bool {
    name.split(|&b| b == b'/').any(|it| it == b"..")
}

/// The name without its first components; `None` when that is all of it.
pub fn stripped(name: &[u8], components: usize) -> Option<&[u8]> {
    let mut rest = name;
    for _ in 0..components {
        let at = rest.iter().position(|&b| b == b'/')?;
        rest = &rest[at..];
        while rest.first() == Some(&b'/') {
            rest = &rest[1..];
        }
    }
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::{climbs, prefix, stripped};

    #[test]
    fn names_lose_what_leads_out() {
        for (name, len) in
            [("a/b", 0), ("/a", 1), ("//a", 2), ("../a", 3), ("a/../../b/c", 8), ("..", 2)]
        {
            assert_eq!(prefix(name.as_bytes()), len, "{name}");
        }
        assert!(climbs(b"a/../b") && !climbs(b"a/..b"));
    }

    #[test]
    fn components_are_taken_from_the_front() {
        assert_eq!(stripped(b"a/b/c", 1), Some(&b"b/c"[..]));
        assert_eq!(stripped(b"a//b", 1), Some(&b"b"[..]));
        assert_eq!(stripped(b"a/", 1), None);
        assert_eq!(stripped(b"a", 1), None);
    }
}
