//! The built-in scenarios, in the order of the list. Those of the first tracks lie beside the page as one
//! file, which is there before the page is drawn; the later tracks follow as another.

use layerglass::scenario::Scenario;
use std::cell::Cell;

thread_local! {
    static ALL: Cell<&'static [Lesson]> = const { Cell::new(&[]) };
}

/// The introduction.
pub const INTRO: usize = 0;
/// The article's lab.
pub const LAB: usize = 1;

/// A scenario file.
#[derive(Clone)]
pub struct Lesson {
    /// The folder that it lies in: `lab`, `track-a` and so on.
    pub track: String,
    pub text: String,
}

/// Takes scenario files (track and text) behind those that are there.
pub fn add(more: Vec<(String, String)>) {
    let more = more.into_iter().map(|(track, text)| Lesson { track, text });
    let all: Vec<Lesson> = all().iter().cloned().chain(more).collect();
    ALL.set(all.leak());
}

/// All that are there.
pub fn all() -> &'static [Lesson] {
    ALL.get()
}

/// All of them, read, each with its track.
pub fn list() -> Vec<(&'static str, Scenario)> {
    let read = |it: &'static Lesson| {
        Some((it.track.as_str(), layerglass::scenario::parse(&it.text).ok()?))
    };
    all().iter().filter_map(read).collect()
}

/// The scenario with this id (`#lab=ID`).
pub fn by_id(id: &str) -> Option<usize> {
    all().iter().position(|it| it.text.lines().any(|line| line.strip_prefix("id: ") == Some(id)))
}
