//! Two traces side by side.

use super::case::Case;

/// Where two traces of one script part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub line: usize,
    pub op: String,
    /// Lines that only the first has, and only the second.
    pub first: Vec<String>,
    pub second: Vec<String>,
}

impl Difference {
    /// As text: `-` what was expected, `+` what came.
    pub fn show(&self) -> String {
        let mut out = format!("line {}: {}\n", self.line, self.op);
        self.first.iter().for_each(|it| out.push_str(&format!("  expected  {it}\n")));
        self.second.iter().for_each(|it| out.push_str(&format!("  got       {it}\n")));
        out
    }
}

/// All operations whose observations differ.
pub fn differences(expected: &Case, got: &Case) -> Vec<Difference> {
    let pairs = expected.steps.iter().zip(&got.steps);
    pairs
        .filter_map(|(a, b)| {
            let only = |x: &[String], y: &[String]| -> Vec<String> {
                x.iter().filter(|it| !y.contains(it)).cloned().collect()
            };
            (a.seen != b.seen).then(|| Difference {
                line: a.line,
                op: a.op.to_string(),
                first: only(&a.seen, &b.seen),
                second: only(&b.seen, &a.seen),
            })
        })
        .collect()
}
