//! The built-in scenarios, in the order of the list. They lie beside the page as one file, which is
//! there before the page is drawn.

use layerglass::scenario::Scenario;
use std::cell::OnceCell;

thread_local! {
    static TEXTS: OnceCell<&'static [String]> = const { OnceCell::new() };
}

/// The introduction.
pub const INTRO: usize = 0;
/// The article's lab.
pub const LAB: usize = 1;

/// The first lesson of the track.
pub const TRACK_A: usize = 2;

/// Takes the texts of the scenario files, once.
pub fn set(texts: Vec<String>) {
    TEXTS.with(|it| {
        it.get_or_init(|| texts.leak());
    });
}

/// Texts of the scenario files.
pub fn all() -> &'static [String] {
    TEXTS.with(|it| it.get().copied().unwrap_or_default())
}

/// All of them, read.
pub fn list() -> Vec<Scenario> {
    all().iter().filter_map(|text| layerglass::scenario::parse(text).ok()).collect()
}

/// The scenario with this id (`#lab=ID`).
pub fn by_id(id: &str) -> Option<usize> {
    all().iter().position(|text| text.lines().any(|line| line.strip_prefix("id: ") == Some(id)))
}
