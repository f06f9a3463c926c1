//! The scenarios as one file that the page fetches when it opens: an array of their texts, in the order
//! of the list.
//!
//! Never here: what a scenario means.

use anyhow::{Result, ensure};

use crate::{corpus, repo};

/// Writes the file, if it is not there or a scenario has changed.
pub fn bundle() -> Result<()> {
    let dir = repo::root().join("static/scenarios");
    // Folders and files are named so that their names give the order.
    let paths = repo::files_below(&dir, &["yaml"])?;
    ensure!(!paths.is_empty(), "no scenarios in {}", dir.display());
    let mut texts = Vec::new();
    for path in paths {
        texts.push(corpus::json_string(&std::fs::read_to_string(path)?));
    }
    corpus::write("lessons.json", &format!("[\n{}\n]\n", texts.join(",\n")))
}
