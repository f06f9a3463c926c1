//! One case on the engine.

use super::cases::Recorded;
use layerglass::testing::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::engine::Engine;
use libtest_mimic::{Failed, Trial};

/// Replays the case; with a `reason` it has to differ.
pub fn trial(recorded: &'static Recorded, reason: Option<String>) -> Trial {
    let kind = if reason.is_some() { "known divergence" } else { "" };
    let run = move || match (differs(&recorded.case), reason) {
        (None, None) | (Some(_), Some(_)) => Ok(()),
        (Some(text), None) => {
            Err(Failed::from(format!("tests/corpus/{}.trace\n{text}", recorded.name)))
        }
        (None, Some(_)) => Err("identical now: its entry in tests/divergences.toml must go".into()),
    };
    Trial::test(format!("replay/{}", recorded.name), run).with_kind(kind)
}

/// The differing lines, if any.
fn differs(case: &Case) -> Option<String> {
    match Engine::default().record(case) {
        Ok((got, _)) => shown(case, &got),
        Err(trouble) => Some(trouble.to_string()),
    }
}

/// What differs between the stored trace and another one: line, expected, got.
pub fn shown(stored: &Case, got: &Case) -> Option<String> {
    let found: String = differences(stored, got).iter().map(|it| it.show()).collect();
    (!found.is_empty()).then_some(found)
}
