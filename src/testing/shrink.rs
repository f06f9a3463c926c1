//! Makes a failing script short: drops operations while it still fails.

use super::case::Case;

/// The shortest script found by dropping ever smaller runs of operations, for which `fails` still
/// holds. `budget` bounds how many scripts are tried.
pub fn shrink(case: &Case, mut budget: usize, mut fails: impl FnMut(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut chunk = best.steps.len() / 2;
    while chunk > 0 && budget > 0 {
        let mut at = best.steps.len();
        let mut any = false;
        while at > 0 && budget > 0 {
            let start = at.saturating_sub(chunk);
            let mut next = best.clone();
            next.steps.drain(start..at);
            budget -= 1;
            if !next.steps.is_empty() && fails(&next) {
                best = next;
                any = true;
            }
            at = start;
        }
        if !any || chunk > 1 {
            chunk /= 2;
        }
    }
    fewer_layers(best, fails)
}

/// Drops layers at the end that no operation names.
fn fewer_layers(mut best: Case, mut fails: impl FnMut(&Case) -> bool) -> Case {
    for key in ["disks", "observe"] {
        let mut next = best.clone();
        next.head.retain(|it| it.0 != key);
        if next.head.len() < best.head.len() && fails(&next) {
            best = next;
        }
    }
    let layers: Vec<String> =
        best.get("layers").split_ascii_whitespace().map(str::to_owned).collect();
    for layer in layers.iter().rev() {
        let mut next = best.clone();
        let kept: Vec<&str> =
            best.get("layers").split_ascii_whitespace().filter(|it| it != layer).collect();
        next.set("layers", &kept.join(" "));
        if kept.iter().any(|it| it.starts_with('l')) && fails(&next) {
            best = next;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_only_what_matters() {
        let text = "case: x\nlayers: l1\n\nf l1/a\nf l1/b\nmount\nunlink m/a\nunlink m/b\n";
        let case = Case::parse(text).unwrap();
        let small = shrink(&case, 100, |it| {
            it.steps.iter().any(|step| step.op.to_string() == "unlink m/b")
        });
        assert_eq!(small.steps.len(), 1);
    }
}
