//! The recorded kernel traces replayed where this test runs.

use super::files;
use layerglass::testing::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::engine::Engine;

/// Every case does what the kernel was seen to do, but for those of tests/divergences.toml.
pub fn replays() {
    let root = env!("CARGO_MANIFEST_DIR");
    let known = files::read(&format!("{root}/tests/divergences.toml"));
    let cases = files::below("tests/corpus", "trace");
    assert!(cases.len() >= 150, "only {} cases", cases.len());
    let engine = Engine::default();
    let mut wrong = Vec::new();
    for (name, text) in &cases {
        let case = Case::parse(text).unwrap_or_else(|why| panic!("{name}: {why}"));
        let differs: String = match engine.record(&case) {
            Ok((got, _)) => differences(&case, &got).iter().map(|it| it.show()).collect(),
            Err(trouble) => trouble.to_string(),
        };
        let line = format!("case = \"{name}\"");
        if differs.is_empty() == known.lines().any(|it| it == line) {
            wrong.push(format!("{name}: {differs}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
