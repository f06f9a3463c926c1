//! Where the exploration begins: every way in which few names can stand in three layers.

use crate::testing::case::{Case, Op};

/// What a name is in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Absent,
    File,
    Dir,
    /// A directory with the attribute that ends merging.
    Opaque,
    /// A symbolic link to the other name.
    Link,
    Whiteout,
}

pub const KINDS: [Kind; 6] =
    [Kind::Absent, Kind::File, Kind::Dir, Kind::Opaque, Kind::Link, Kind::Whiteout];

impl Kind {
    fn is_dir(self) -> bool {
        matches!(self, Kind::Dir | Kind::Opaque)
    }
}

/// The upper layer and two lower ones, from the bottom: their objects are made in this order.
const LAYERS: [&str; 3] = ["l2", "l1", "u"];

/// A name in each of [`LAYERS`].
type Column = [Kind; 3];

/// How many names there are, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `a`.
    One,
    /// `a` and `b`, side by side or `b` in `a`.
    Two,
}

impl Scope {
    pub const ALL: [Scope; 2] = [Scope::One, Scope::Two];

    pub fn name(self) -> &'static str {
        match self {
            Scope::One => "one",
            Scope::Two => "two",
        }
    }

    /// Operations in a row.
    pub fn depth(self) -> usize {
        match self {
            Scope::One => 3,
            Scope::Two => 2,
        }
    }

    /// How many names may change places without anything being another state.
    pub fn names(self) -> usize {
        match self {
            Scope::One => 1,
            Scope::Two => 2,
        }
    }
}

/// Mount options, and on which disks the layers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSet {
    pub name: &'static str,
    pub options: &'static str,
    pub disks: &'static str,
}

const fn set(name: &'static str, options: &'static str, disks: &'static str) -> OptionSet {
    OptionSet { name, options, disks }
}

/// The sets that are compared.
pub const SETS: &[OptionSet] = &[
    set("default", "", ""),
    set("redirect_dir=on", "redirect_dir=on", ""),
    set("redirect_dir=nofollow", "redirect_dir=nofollow", ""),
    set("metacopy=on", "metacopy=on", ""),
    set("index=on", "index=on", ""),
    set("nfs_export=on", "nfs_export=on", ""),
    set("index=on,metacopy=on", "index=on,metacopy=on", ""),
    set("userxattr", "userxattr", ""),
    set("volatile", "volatile", ""),
    set("xino=off-2-disks", "xino=off", "l2=tmpfs2"),
    set("xino=on-2-disks", "xino=on", "l2=tmpfs2"),
];

impl OptionSet {
    /// The set of that name.
    pub fn find(name: &str) -> Option<OptionSet> {
        SETS.iter().find(|it| it.name == name).copied()
    }

    /// The prefix of the attributes that a mount with these options keeps to itself.
    pub fn private(&self) -> &'static str {
        if self.options.contains("userxattr") { "user.overlay." } else { "trusted.overlay." }
    }
}

/// Every beginning of a scope, up to the exchange of names, as what lays its foundation.
pub fn roots(scope: Scope, set: &OptionSet) -> Vec<Vec<Op>> {
    match scope {
        Scope::One => columns().map(|a| fixtures(set, &a, None, false)).collect(),
        Scope::Two => side_by_side(set).chain(nested(set)).collect(),
    }
}

fn columns() -> impl Iterator<Item = Column> {
    let pairs = KINDS.into_iter().flat_map(|x| KINDS.into_iter().map(move |y| (x, y)));
    pairs.flat_map(|(x, y)| KINDS.into_iter().map(move |z| [x, y, z]))
}

/// `a` and `b` in the root: what is equal but for the names stands here once.
fn side_by_side(set: &OptionSet) -> impl Iterator<Item = Vec<Op>> {
    columns().flat_map(move |a| {
        columns().filter(move |b| a <= *b).map(move |b| fixtures(set, &a, Some(&b), false))
    })
}

/// `b` in `a`, in those layers where `a` is a directory, and in at least one.
fn nested(set: &OptionSet) -> impl Iterator<Item = Vec<Op>> {
    columns().flat_map(move |a| {
        let fits = move |b: &Column| {
            a.iter().zip(b).all(|(a, b)| a.is_dir() || *b == Kind::Absent)
                && *b != [Kind::Absent; 3]
        };
        columns().filter(fits).map(move |b| fixtures(set, &a, Some(&b), true))
    })
}

fn fixtures(set: &OptionSet, a: &Column, b: Option<&Column>, nested: bool) -> Vec<Op> {
    let mut ops = Vec::new();
    for (at, layer) in LAYERS.iter().enumerate() {
        ops.extend(object(set, layer, "a", "b", a[at]));
        if let Some(b) = b {
            let path = if nested { "a/b" } else { "b" };
            ops.extend(object(set, layer, path, "a", b[at]));
        }
    }
    ops
}

/// One object; content and time tell the layer and nothing else, so that names can be exchanged.
fn object(set: &OptionSet, layer: &str, path: &str, other: &str, kind: Kind) -> Option<Op> {
    let (data, time) = match layer {
        "l2" => ("lowest", "@2"),
        "l1" => ("low", "@1"),
        _ => ("upper", "@3"),
    };
    let path = format!("{layer}/{path}");
    let opaque = format!("{}opaque=y", set.private());
    let (verb, args): (&str, &[&str]) = match kind {
        Kind::Absent => return None,
        Kind::File => ("f", &[&path, data, time]),
        Kind::Dir => ("d", &[&path, time]),
        Kind::Opaque => ("d", &[&path, time, &opaque]),
        Kind::Link => ("l", &[&path, other, time]),
        Kind::Whiteout => ("w", &[&path, time]),
    };
    let args: Vec<&[u8]> = args.iter().map(|it| it.as_bytes()).collect();
    Some(Op::new(verb, &args))
}

/// A script of this set.
pub fn script(set: &OptionSet, title: &str, ops: Vec<Op>) -> Case {
    let mut head = vec![("case", title), ("layers", "l1 l2 u")];
    head.extend((!set.disks.is_empty()).then_some(("disks", set.disks)));
    head.extend((!set.options.is_empty()).then_some(("options", set.options)));
    Case::of(&head, ops)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_there_once() {
        let counts = Scope::ALL.map(|scope| {
            let all = roots(scope, &SETS[0]);
            let mut texts: Vec<String> = all.iter().map(|it| format!("{it:?}")).collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), all.len(), "a beginning stands twice");
            all.len()
        });
        // 6 kinds in 3 layers; unordered pairs of those; 16 in a layer for `b` in `a`, without
        // those where `b` is nowhere.
        assert_eq!(counts, [216, 216 * 217 / 2 + 16_usize.pow(3) - 216]);
    }
}
