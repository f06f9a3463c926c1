//! Line differences as GNU diff chooses them: a shortest edit script whose hunks are moved as far
//! down as they go.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Lines `a` of the old file give way to lines `b` of the new one (half-open, from 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub a: std::ops::Range<usize>,
    pub b: std::ops::Range<usize>,
}

/// The changes that turn `old` into `new`, in order.
pub(super) fn changes<T: Ord + Eq + std::hash::Hash>(old: &[T], new: &[T]) -> Vec<Change> {
    let mut gone = vec![false; old.len()];
    let mut come = vec![false; new.len()];
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (tag, a, b) = op.as_tag_tuple();
        if tag != DiffTag::Equal {
            gone[a].fill(true);
            come[b].fill(true);
        }
    }
    slide(old, &mut gone, &mut come);
    slide(new, &mut come, &mut gone);
    pair_up(&gone, &come)
}

/// Moves each run of changed lines as far down as equal lines allow, joining runs that meet.
fn slide<T: Eq>(lines: &[T], mine: &mut [bool], theirs: &mut [bool]) {
    let mut at = 0;
    while at < mine.len() {
        if !mine[at] {
            at += 1;
            continue;
        }
        let mut start = at;
        let mut end = run_end(mine, at);
        while end < mine.len() && lines[start] == lines[end] && alone(mine, theirs, start, end) {
            mine[start] = false;
            mine[end] = true;
            start += 1;
            end = run_end(mine, end);
        }
        at = end;
    }
}

/// A run opposite of changes on the other side stays where it is: it is a replacement.
fn alone(mine: &[bool], theirs: &[bool], start: usize, end: usize) -> bool {
    let kept_before = mine[..start].iter().filter(|it| !**it).count();
    let mut kept = 0;
    let mut other = 0;
    while other < theirs.len() && (kept < kept_before || theirs[other]) {
        if theirs[other] && kept == kept_before {
            return false;
        }
        kept += usize::from(!theirs[other]);
        other += 1;
    }
    end <= mine.len()
}

fn run_end(flags: &[bool], from: usize) -> usize {
    flags[from..].iter().position(|it| !it).map_or(flags.len(), |it| from + it)
}

fn pair_up(gone: &[bool], come: &[bool]) -> Vec<Change> {
    let (mut a, mut b, mut out) = (0, 0, Vec::new());
    while a < gone.len() || b < come.len() {
        let (a_end, b_end) = (run_or(gone, a), run_or(come, b));
        if a_end > a || b_end > b {
            out.push(Change { a: a..a_end, b: b..b_end });
            (a, b) = (a_end, b_end);
        } else {
            (a, b) = (a + 1, b + 1);
        }
    }
    out
}

fn run_or(flags: &[bool], from: usize) -> usize {
    if from < flags.len() { run_end(flags, from) } else { flags.len() }
}

/// Hunks of a unified diff: changes no further apart than twice the context.
pub(super) fn hunks(changes: &[Change], context: usize) -> Vec<&[Change]> {
    changes.chunk_by(|one, next| next.a.start - one.a.end <= 2 * context).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(old: &str, new: &str) -> Vec<(usize, usize, usize, usize)> {
        let old: Vec<char> = old.chars().collect();
        let new: Vec<char> = new.chars().collect();
        changes(&old, &new)
            .into_iter()
            .map(|it| (it.a.start, it.a.end, it.b.start, it.b.end))
            .collect()
    }

    #[test]
    fn inserts_slide_down() {
        // diff of a,b,b,c against a,b,b,b,c says 3a4: the last of the equal lines is new.
        assert_eq!(spans("abbc", "abbbc"), [(3, 3, 3, 4)]);
        assert_eq!(spans("abc", "axc"), [(1, 2, 1, 2)]);
        assert_eq!(spans("", "ab"), [(0, 0, 0, 2)]);
        assert_eq!(spans("ab", "ab"), []);
    }
}
