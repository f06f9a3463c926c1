//! The list of cases that are known to differ.

use super::cases::Recorded;
use libtest_mimic::Trial;

/// `tests/divergences.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Divergences {
    #[serde(default)]
    divergence: Vec<Divergence>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    case: String,
    reason: String,
}

pub fn load() -> Divergences {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/divergences.toml");
    let text = std::fs::read_to_string(path).expect("tests/divergences.toml is there");
    toml::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"))
}

impl Divergences {
    /// Why the case may differ, if it may.
    pub fn reason(&self, case: &str) -> Option<String> {
        self.divergence.iter().find(|it| it.case == case).map(|it| it.reason.clone())
    }
}

/// The list itself: every entry names a case and has a reason.
pub fn checks(known: &Divergences, cases: &[Recorded]) -> Vec<Trial> {
    let odd: Vec<String> = known
        .divergence
        .iter()
        .filter(|it| {
            // `modes/MODE/CASE` is a case under other circumstances.
            let mode = it.case.strip_prefix("modes/").and_then(|it| it.split_once('/'));
            let name = mode.map_or(&it.case[..], |it| it.1);
            it.reason.trim().is_empty() || cases.iter().all(|case| case.name != name)
        })
        .map(|it| it.case.clone())
        .collect();
    let check = move || match odd.is_empty() {
        true => Ok(()),
        false => Err(format!("no such case, or no reason: {}", odd.join(", ")).into()),
    };
    vec![Trial::test("divergences", check)]
}
