//! What can stand at a name, and where: the two axes of most tables.

/// What stands at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    /// One of two names.
    Linked,
    Dir,
    EmptyDir,
    /// A directory that holds whiteouts alone.
    Whites,
    OpaqueDir,
    Symlink,
    Fifo,
    Socket,
    Char,
    Block,
}

impl Kind {
    pub fn slug(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Linked => "linked",
            Kind::Dir => "dir",
            Kind::EmptyDir => "empty",
            Kind::Whites => "whites",
            Kind::OpaqueDir => "opaque",
            Kind::Symlink => "symlink",
            Kind::Fifo => "fifo",
            Kind::Socket => "socket",
            Kind::Char => "char",
            Kind::Block => "block",
        }
    }

    pub fn phrase(self) -> &'static str {
        match self {
            Kind::File => "a file",
            Kind::Linked => "a file with two names",
            Kind::Dir => "a directory",
            Kind::EmptyDir => "an empty directory",
            Kind::Whites => "a directory of whiteouts",
            Kind::OpaqueDir => "an opaque directory",
            Kind::Symlink => "a symbolic link",
            Kind::Fifo => "a fifo",
            Kind::Socket => "a socket",
            Kind::Char => "a character device",
            Kind::Block => "a block device",
        }
    }

    pub fn is_dir(self) -> bool {
        matches!(self, Kind::Dir | Kind::EmptyDir | Kind::Whites | Kind::OpaqueDir)
    }

    /// Lines of a script that put one at `layer/path`.
    pub fn plant(self, layer: &str, path: &str) -> Vec<String> {
        let at = format!("{layer}/{path}");
        match self {
            Kind::File => vec![format!("f {at} {layer} user.of={layer}")],
            Kind::Linked => vec![format!("f {at} {layer}"), format!("h {at}.too {at}")],
            Kind::Dir => vec![format!("d {at}"), format!("f {at}/in-{layer} 1")],
            Kind::EmptyDir => vec![format!("d {at}")],
            Kind::Whites => vec![format!("d {at}"), format!("w {at}/gone")],
            Kind::OpaqueDir => {
                vec![format!("d {at} trusted.overlay.opaque=y"), format!("f {at}/in-{layer} 1")]
            }
            Kind::Symlink => vec![format!("l {at} to-{layer}")],
            Kind::Fifo => vec![format!("p {at}")],
            Kind::Socket => vec![format!("s {at}")],
            Kind::Char => vec![format!("c {at} 1:3")],
            Kind::Block => vec![format!("b {at} 7:200")],
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Lower,
    Upper,
    /// In the upper and in the lower layer.
    Both,
    /// In both lower layers.
    TwoLowers,
    /// In the upper layer; the lower layer below it has a whiteout, and the one below that the
    /// same again.
    AboveWhiteout,
    /// Inside a directory of the lower layer.
    InLower,
    /// Of the lower layer, inside a directory that is merged.
    InMerged,
    /// Inside an opaque directory over one of the lower layer that has the name too.
    InOpaque,
    /// Inside a directory of the upper layer alone.
    InPure,
    /// Of the lower layer, inside a directory that was moved (a redirect).
    InMoved,
}

impl Place {
    pub fn slug(self) -> &'static str {
        match self {
            Place::Lower => "lower",
            Place::Upper => "upper",
            Place::Both => "both",
            Place::TwoLowers => "two-lowers",
            Place::AboveWhiteout => "above-whiteout",
            Place::InLower => "in-lower",
            Place::InMerged => "in-merged",
            Place::InOpaque => "in-opaque",
            Place::InPure => "in-pure",
            Place::InMoved => "in-moved",
        }
    }

    pub fn phrase(self) -> &'static str {
        match self {
            Place::Lower => "of the lower layer",
            Place::Upper => "of the upper layer",
            Place::Both => "of both layers",
            Place::TwoLowers => "of two lower layers",
            Place::AboveWhiteout => "of the upper layer above a whiteout in the middle",
            Place::InLower => "in a lower directory",
            Place::InMerged => "in a merged directory",
            Place::InOpaque => "in an opaque directory over one with the name",
            Place::InPure => "in a directory of the upper layer",
            Place::InMoved => "in a directory that was moved",
        }
    }

    pub fn layers(self) -> &'static str {
        match self {
            Place::TwoLowers | Place::AboveWhiteout => "l1 l2 u",
            _ => "l1 u",
        }
    }

    pub fn options(self) -> &'static str {
        if self == Place::InMoved { "redirect_dir=on" } else { "" }
    }

    /// The directory of the name, seen from a root: empty or `p/`.
    pub fn dir(self) -> &'static str {
        match self {
            Place::InLower | Place::InMerged | Place::InOpaque | Place::InPure | Place::InMoved => {
                "p/"
            }
            _ => "",
        }
    }

    /// The script before the mount that puts a `kind` here, with the name `name`.
    pub fn plant(self, kind: Kind, name: &str) -> Vec<String> {
        let mut lines = self.ground();
        lines.extend(self.put(kind, name));
        lines
    }

    /// The directories that the place consists of.
    pub fn ground(self) -> Vec<String> {
        let lines: &[&str] = match self {
            Place::InLower => &["d l1/p 0750 user.p=l1"],
            Place::InMerged => &["d l1/p", "d u/p"],
            Place::InOpaque => &["d l1/p", "d u/p trusted.overlay.opaque=y"],
            Place::InPure => &["d u/p"],
            Place::InMoved => &["d l1/q", "d u/p trusted.overlay.redirect=q", "w u/q"],
            _ => &[],
        };
        lines.iter().map(|it| (*it).to_owned()).collect()
    }

    /// One object at a name of this place, whose directories are there.
    pub fn put(self, kind: Kind, name: &str) -> Vec<String> {
        let inside = format!("p/{name}");
        let join = |parts: [Vec<String>; 2]| parts.concat();
        match self {
            Place::Lower => kind.plant("l1", name),
            Place::Upper => kind.plant("u", name),
            Place::Both => join([kind.plant("l1", name), kind.plant("u", name)]),
            Place::TwoLowers => join([kind.plant("l1", name), kind.plant("l2", name)]),
            Place::AboveWhiteout => {
                let below = [kind.plant("l2", name), vec![format!("w l1/{name}")]];
                join([join(below), kind.plant("u", name)])
            }
            Place::InLower | Place::InMerged => kind.plant("l1", &inside),
            Place::InOpaque => join([kind.plant("l1", &inside), kind.plant("u", &inside)]),
            Place::InPure => kind.plant("u", &inside),
            Place::InMoved => kind.plant("l1", &format!("q/{name}")),
        }
    }
}
