//! The scenarios as two files, each an array of `[track, text]` in the order of the list: the tracks that
//! a visit begins with, which the page fetches when it opens, and all later ones.
//!
//! Never here: what a scenario means.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::{corpus, repo};

/// Folders of the first file.
const FIRST: &[&str] = &["lab", "track-a"];

/// Writes the files, if they are not there or a scenario has changed.
pub fn bundle() -> Result<()> {
    let dir = repo::root().join("static/scenarios");
    // Folders and files are named so that their names give the order.
    let paths = repo::files_below(&dir, &["yaml"])?;
    ensure!(!paths.is_empty(), "no scenarios in {}", dir.display());
    let (mut first, mut more) = (Vec::new(), Vec::new());
    for path in paths {
        let track = path.parent().and_then(Path::file_name).unwrap_or_default();
        let track = track.to_string_lossy().into_owned();
        let list = if FIRST.contains(&track.as_str()) { &mut first } else { &mut more };
        list.push((track, std::fs::read_to_string(path)?));
    }
    corpus::write("lessons.json", &corpus::json(&first))?;
    corpus::write("lessons-more.json", &corpus::json(&more))
}
