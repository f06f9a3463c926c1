//! The traces below tests/corpus.

use super::files;
use layerglass::testing::Case;
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
        let found: Vec<Recorded> = files::below("tests/corpus", "trace")
            .into_iter()
            .map(|(name, text)| {
                let case = Case::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
                Recorded { name, case }
            })
            .collect();
        assert!(!found.is_empty(), "no traces in tests/corpus");
        found
    })
}
