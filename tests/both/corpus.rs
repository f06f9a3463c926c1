//! The recorded kernel traces replayed where this test runs.

use super::files;
use layerglass::port::{Ask, Server, Tell, ToMachine};
use layerglass::testing::Case;
use layerglass::testing::compare::differences;
use layerglass::testing::engine::Engine;

/// Every case does what the kernel was seen to do, but for those of tests/divergences.toml.
pub fn replays() {
    let root = env!("CARGO_MANIFEST_DIR");
    let known = files::read(&format!("{root}/tests/divergences.toml"));
    let cases = files::below("tests/corpus", "trace");
    assert!(cases.len() >= 1200, "only {} cases", cases.len());
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

/// What the page shows: a machine behind its port is given the traces and tells, a slice at a time,
/// how many traces are identical.
pub fn self_check() {
    let cases = files::below("tests/corpus", "trace");
    let mut server = Server::new();
    server.ask(ToMachine { id: 7, ask: Ask::SelfCheck { cases: cases.clone() } });
    let (mut slices, mut last) = (0, None);
    loop {
        let (tells, more) = server.pump();
        slices += 1;
        last = tells.into_iter().map(|it| it.tell).rfind(|it| !it.is_last()).or(last);
        if !more {
            break;
        }
    }
    let Some(Tell::Checked { same, done, total, differs, kernel }) = last else {
        panic!("no answer: {last:?}");
    };
    assert_eq!((same, done, total), (cases.len(), cases.len(), cases.len()), "{differs:?}");
    assert_eq!(kernel, "Linux 6.18");
    assert!(slices > 10, "the page would freeze: {slices} slices");
}
