//! The traces below tests/corpus.

use layerglass::testing::Case;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A recorded case with the name of its file: `rename/exchange`.
pub struct Recorded {
    pub name: String,
    pub case: Case,
}

/// Every case, sorted by name.
pub fn all() -> &'static [Recorded] {
    static ALL: OnceLock<Vec<Recorded>> = OnceLock::new();
    ALL.get_or_init(|| {
        let dir = dir();
        let mut found = Vec::new();
        collect(&dir, &dir, &mut found);
        found.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(!found.is_empty(), "no traces in {}", dir.display());
        found
    })
}

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn collect(root: &Path, dir: &Path, found: &mut Vec<Recorded>) {
    for entry in std::fs::read_dir(dir).expect("tests/corpus is there") {
        let path = entry.expect("a directory can be read").path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|it| it == "trace") {
            let name = path.strip_prefix(root).expect("below").with_extension("");
            let text = std::fs::read_to_string(&path).expect("a trace is text");
            let case = Case::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", name.display()));
            found.push(Recorded { name: name.to_string_lossy().into_owned(), case });
        }
    }
}
