//! The built-in scenarios, in the order of the list.

use layerglass::scenario::Scenario;

macro_rules! scenario {
    ($name:literal) => {
        include_str!(concat!("../../static/scenarios/", $name, ".yaml"))
    };
}

/// Texts of the scenario files.
pub const ALL: &[&str] = &[
    scenario!("lab/00-image-container-delete"),
    scenario!("lab/01-the-lab"),
    scenario!("track-a/01-one-view"),
    scenario!("track-a/02-copy-up"),
    scenario!("track-a/03-whiteout"),
    scenario!("track-a/04-many-lowers"),
    scenario!("track-a/05-opaque"),
    scenario!("track-a/06-rules-of-the-house"),
];

/// The introduction.
pub const INTRO: usize = 0;
/// The article's lab.
pub const LAB: usize = 1;

/// The first lesson of the track.
pub const TRACK_A: usize = 2;

/// All of them, read.
pub fn list() -> Vec<Scenario> {
    ALL.iter().filter_map(|text| layerglass::scenario::parse(text).ok()).collect()
}

/// The scenario with this id (`#lab=ID`).
pub fn by_id(id: &str) -> Option<usize> {
    ALL.iter().position(|text| text.lines().any(|line| line.strip_prefix("id: ") == Some(id)))
}
