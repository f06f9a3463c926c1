//! Names in the terminal that can be followed: the paths that the picture knows.

use layerglass::view::View;
use std::collections::BTreeMap;

/// Paths of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Absolute paths by their last name.
    by_name: BTreeMap<String, Vec<String>>,
}

impl Known {
    pub fn of(view: &View) -> Known {
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in view.tree.iter().map(|it| &it.path).chain([&view.tree_root]) {
            let name = path.rsplit('/').next().unwrap_or_default();
            by_name.entry(name.to_owned()).or_default().push(path.clone());
        }
        Known { by_name }
    }

    /// The path that a word means: from the root, in one of these directories, or the only one with
    /// that name.
    pub fn find(&self, word: &str, dirs: &[String]) -> Option<String> {
        let word = word.trim_end_matches(['/', ':', '*', '@', ',']);
        let word = word.trim_matches(['\'', '"']).trim_start_matches("./");
        let name = word.rsplit('/').next().filter(|it| it.len() > 1)?;
        let paths = self.by_name.get(name)?;
        let has = |path: &str| paths.iter().find(|it| *it == path).cloned();
        if word.starts_with('/') {
            return has(word);
        }
        let inside =
            dirs.iter().find_map(|dir| has(&format!("{}/{word}", dir.trim_end_matches('/'))));
        inside.or_else(|| match paths.as_slice() {
            [only] if only.ends_with(&format!("/{word}")) => Some(only.clone()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_the_path_in_the_nearest_directory_or_the_only_one() {
        let mut view = View { tree_root: "/lab".to_owned(), ..View::default() };
        let row = |path: &str| layerglass::view::TreeRow {
            path: path.to_owned(),
            name: String::new(),
            depth: 0,
            kind: layerglass::types::FileType::Reg,
            size: 0,
            whiteout: false,
            mounted: None,
            role: None,
        };
        view.tree =
            ["/lab/upper/a", "/lab/upper/ab", "/lab/lower/ab", "/lab/lower/cd"].map(row).to_vec();
        let known = Known::of(&view);
        let dirs = ["/lab/lower".to_owned(), "/lab".to_owned()];
        assert_eq!(known.find("ab", &dirs).as_deref(), Some("/lab/lower/ab"));
        assert_eq!(known.find("upper/ab:", &dirs).as_deref(), Some("/lab/upper/ab"));
        assert_eq!(known.find("ab", &[]), None);
        assert_eq!(known.find("'cd'", &[]).as_deref(), Some("/lab/lower/cd"));
        assert_eq!(known.find("/lab/upper/ab", &[]).as_deref(), Some("/lab/upper/ab"));
        assert_eq!(known.find("a", &dirs), None);
    }
}
