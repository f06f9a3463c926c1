//! Source files as text: found, stripped of comments and strings' noise, searched.

use std::path::{Path, PathBuf};

/// A file of the repository.
pub struct Source {
    /// From the repository's root, with slashes.
    pub path: String,
    pub text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Source {
    /// Reads one file by its path from the root.
    pub fn read(path: &str) -> Source {
        let text = std::fs::read_to_string(root().join(path));
        Source { path: path.to_string(), text: text.unwrap_or_else(|e| panic!("{path}: {e}")) }
    }

    /// The room of a file below src: `overlay` for src/overlay.rs and src/overlay/dir.rs.
    pub fn room(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inside.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// These tests themselves, which have to name what they forbid.
    pub fn is_tidy(&self) -> bool {
        self.path.starts_with("tests/tidy")
    }

    /// The file up to its unit tests; nothing of a file that is a test module as a whole.
    pub fn without_tests(&self) -> Source {
        let whole = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        let end = self.text.find("\n#[cfg(test)]\nmod ").map_or(self.text.len(), |at| at + 1);
        let text = if whole { "" } else { &self.text[..end] };
        Source { path: self.path.clone(), text: text.to_string() }
    }

    /// The code lines with their numbers: comments are dropped.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().filter_map(|(i, line)| {
            let code = line.split("// ").next().unwrap_or_default();
            (!line.trim_start().starts_with("//")).then_some((i + 1, code))
        })
    }

    /// Code lines that hold one of the words, as findings.
    pub fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let hits = self.code().filter(|(_, code)| words.iter().any(|word| has_word(code, word)));
        hits.map(|(i, code)| format!("{}:{i}: {}", self.path, code.trim())).collect()
    }

    /// Any lines, comments too, that hold one of the texts.
    pub fn raw_lines_with(&self, texts: &[&str]) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        let hits = lines.filter(|(_, line)| texts.iter().any(|text| line.contains(text)));
        hits.map(|(i, line)| format!("{}:{}: {}", self.path, i + 1, line.trim())).collect()
    }
}

/// Whether `word` stands in `code` with no letter, digit or underscore before it.
pub fn has_word(code: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(inside))
}

/// The Rust files below a folder, sorted by path.
pub fn rust_files(dir: &str) -> Vec<Source> {
    let files = walk(&root().join(dir));
    files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .filter_map(load)
        .collect()
}

/// Every text file that a person wrote.
pub fn repository_files() -> Vec<Source> {
    walk(root()).iter().filter_map(load).collect()
}

fn load(path: &PathBuf) -> Option<Source> {
    let text = std::fs::read_to_string(path).ok()?; // pictures and archives are not text
    let path = path.strip_prefix(root()).ok()?.to_string_lossy().replace('\\', "/");
    Some(Source { path, text })
}

/// Files below a folder without what tools made.
fn walk(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return vec![] };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let made = ["target", "dist", "node_modules", "results", ".git", "corpus", "generated"];
        if path.is_dir() && !path.is_symlink() {
            if !made.contains(&name.as_str()) {
                files.extend(walk(&path));
            }
        } else if name != "Cargo.lock" && name != ".git" {
            files.push(path);
        }
    }
    files
}
