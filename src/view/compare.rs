//! Two moments side by side: which paths of a mount differ, in what, and which steps did it. Both
//! pictures are made as any other; here they are only held against each other.

use super::{
    Change, MountInfo, Node, Row, Side, StepInfo, TreeChange, TreeDiff, build, diff, look,
};
use crate::store::Map;
use crate::types::FileType;
use crate::vfs::{Kernel, Pid};
use std::collections::BTreeSet;

/// Changes that are told.
const CHANGES_MAX: usize = 200;

/// A machine at one moment.
pub struct Moment {
    /// Steps done by then.
    pub at: usize,
    pub kernel: Kernel,
    pub pid: Pid,
}

impl Moment {
    fn mounts(&mut self) -> Vec<MountInfo> {
        build::mounts(&mut self.kernel, &Map::new())
    }

    /// The text of a path in a mount; empty when it is no text.
    fn text(&self, target: &str, path: &str) -> String {
        let full = format!("{}/{path}", target.trim_end_matches('/'));
        look::text(&self.kernel, self.pid, &full).unwrap_or_default()
    }
}

/// What differs between two moments in a mount: the one asked for, or the newest that either knows.
pub fn moments(
    mut old: Moment,
    mut new: Moment,
    wanted: Option<&str>,
    steps: &[StepInfo],
) -> TreeDiff {
    let (before, after) = (old.mounts(), new.mounts());
    let newest = || after.last().or(before.last()).map(|it| it.target.clone());
    let Some(target) = wanted.map(str::to_owned).or_else(newest) else {
        return TreeDiff { from: old.at, to: new.at, ..TreeDiff::default() };
    };
    let find = |list: &[MountInfo]| list.iter().rev().find(|it| it.target == target).cloned();
    let (before, after) = (find(&before), find(&after));
    let between: Vec<&StepInfo> =
        steps.iter().skip(old.at.min(new.at)).take(old.at.abs_diff(new.at)).collect();
    let mut all: Vec<Change> = paths(before.as_ref(), after.as_ref())
        .into_iter()
        .filter_map(|path| {
            let row = |it: &Option<MountInfo>| it.as_ref().and_then(|it| it.row(&path).cloned());
            let sides = (side(before.as_ref(), row(&before)), side(after.as_ref(), row(&after)));
            change(path, sides, &between)
        })
        .collect();
    let left_out = all.len().saturating_sub(CHANGES_MAX);
    all.truncate(CHANGES_MAX);
    for it in &mut all {
        let is_file = |side: &Side| side.node.as_ref().is_some_and(|it| it.kind == FileType::Reg);
        let text = |moment: &Moment, side: &Side| match is_file(side) {
            true => moment.text(&target, &it.path),
            false => String::new(),
        };
        let (was, is) = (text(&old, &it.before), text(&new, &it.after));
        if was != is {
            it.lines = diff::lines(&was, &is);
        }
    }
    TreeDiff {
        from: old.at,
        to: new.at,
        mount: Some(target),
        mounted: (before.is_some(), after.is_some()),
        changes: all,
        left_out,
    }
}

/// The paths of both, parents before children.
fn paths(before: Option<&MountInfo>, after: Option<&MountInfo>) -> BTreeSet<String> {
    let rows = before.into_iter().chain(after).flat_map(|it| &it.rows);
    rows.map(|it| it.path.clone()).collect()
}

fn side(mount: Option<&MountInfo>, row: Option<Row>) -> Side {
    let (Some(mount), Some(row)) = (mount, row) else { return Side::default() };
    let layer = row.sources().next().and_then(|it| mount.layers.get(it)).map(|it| it.layer);
    let layer = layer.filter(|_| row.merged.is_some());
    Side { layer, roles: row.cells.iter().map(|it| it.role).collect(), node: row.merged }
}

/// How the two sides of a path differ; `None` when they do not.
fn change(path: String, (before, after): (Side, Side), steps: &[&StepInfo]) -> Option<Change> {
    let facts = match (&before.node, &after.node) {
        (Some(old), Some(new)) => facts(old, new),
        _ => Vec::new(),
    };
    let touched: Vec<usize> = steps
        .iter()
        .filter(|step| step.effects.iter().any(|it| it.touches(&path)))
        .map(|step| step.n)
        .collect();
    let seen = match (&before.node, &after.node) {
        (None, None) => None,
        (None, Some(_)) => Some(TreeChange::Added),
        (Some(_), None) => Some(TreeChange::Deleted),
        // A directory differs when something in it does; that alone is no news.
        (Some(_), Some(new)) if new.kind == FileType::Dir && touched.is_empty() => None,
        _ if facts.is_empty() => None,
        _ => Some(TreeChange::Changed),
    };
    let moved = before.roles != after.roles && !before.roles.is_empty() && !after.roles.is_empty();
    (seen.is_some() || moved).then_some(Change {
        path,
        seen,
        before,
        after,
        steps: touched,
        lines: Vec::new(),
        facts,
    })
}

/// Metadata of two nodes that is not the same.
fn facts(old: &Node, new: &Node) -> Vec<(String, String, String)> {
    let rows = [
        ("mode", old.mode.clone(), new.mode.clone()),
        ("owner", old.owner.clone(), new.owner.clone()),
        ("size", old.size.to_string(), new.size.to_string()),
        ("inode", old.ino.to_string(), new.ino.to_string()),
        ("device", old.dev.clone(), new.dev.clone()),
        ("links", old.nlink.to_string(), new.nlink.to_string()),
        ("modify", old.mtime.clone(), new.mtime.clone()),
        ("target", old.extra.clone(), new.extra.clone()),
    ];
    let differ = rows.into_iter().filter(|(_, old, new)| old != new);
    differ.map(|(name, old, new)| (name.to_owned(), old, new)).collect()
}
