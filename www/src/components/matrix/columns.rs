//! Which columns the matrix draws: with many layers, those that have nothing at the selected path or
//! in it lie folded beside each other.

use layerglass::view::{MountInfo, Row};
use std::collections::BTreeSet;

/// With more layers than this, columns are folded and narrow.
pub const MANY: usize = 8;

/// One column behind the merged view: layers from an index up to (not with) another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub from: usize,
    pub to: usize,
}

impl Column {
    pub const fn is_folded(self) -> bool {
        self.to - self.from > 1
    }
    pub const fn layers(self) -> usize {
        self.to - self.from
    }
}

/// The columns of a mount. `scope` is the selected path in it, `kept` are layers that are never
/// folded.
pub fn columns(mount: &MountInfo, scope: &str, kept: &BTreeSet<usize>) -> Vec<Column> {
    let quiet = |layer: usize| {
        mount.layers.len() > MANY
            && !kept.contains(&layer)
            && !mount.rows.iter().any(|row| is_in(row, scope) && has(row, layer))
    };
    let mut out: Vec<Column> = Vec::new();
    for layer in 0..mount.layers.len() {
        let quiet_now = quiet(layer);
        match out.last_mut() {
            Some(last) if quiet_now && quiet(last.to - 1) => last.to = layer + 1,
            _ => out.push(Column { from: layer, to: layer + 1 }),
        }
    }
    out
}

/// Every layer in a column of its own.
pub fn all(mount: &MountInfo) -> Vec<Column> {
    (0..mount.layers.len()).map(|from| Column { from, to: from + 1 }).collect()
}

/// The drawn column of a layer.
pub fn place(columns: &[Column], layer: usize) -> Option<usize> {
    columns.iter().position(|it| (it.from..it.to).contains(&layer))
}

fn is_in(row: &Row, scope: &str) -> bool {
    row.depth > 0 && crate::state::below(&row.path, scope).is_some()
        || scope.is_empty() && row.depth > 0
}

fn has(row: &Row, layer: usize) -> bool {
    row.cells.get(layer).is_some_and(|it| it.node.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use layerglass::trace::step::Layer;
    use layerglass::view::{Cell, LayerInfo, Ledger, Node, Role};

    fn mount(layers: usize, rows: &[(&str, &[usize])]) -> MountInfo {
        let node = Node {
            kind: layerglass::types::FileType::Reg,
            ino: 1,
            dev: String::new(),
            mode: String::new(),
            nlink: 1,
            owner: String::new(),
            size: 0,
            mtime: String::new(),
            extra: String::new(),
            copied_up: false,
            metacopy: false,
            redirect: None,
        };
        let info = |i: usize| LayerInfo {
            layer: Layer::Lower(i as u16 + 1),
            label: String::new(),
            path: String::new(),
            fs: String::new(),
            writable: false,
            data_only: false,
            entries: 0,
            bytes: 0,
        };
        let row = |(path, has): &(&str, &[usize])| Row {
            path: (*path).to_owned(),
            name: String::new(),
            depth: 1 + path.matches('/').count(),
            merged: None,
            origin: None,
            cells: (0..layers)
                .map(|i| Cell { role: Role::Absent, node: has.contains(&i).then(|| node.clone()) })
                .collect(),
        };
        MountInfo {
            overlay: 1,
            target: "/m".to_owned(),
            source: String::new(),
            options: String::new(),
            read_only: true,
            layers: (0..layers).map(info).collect(),
            work: Vec::new(),
            work_path: String::new(),
            rows: rows.iter().map(row).collect(),
            rows_left_out: 0,
            ledger: Ledger::default(),
            unseen: Vec::new(),
        }
    }

    #[test]
    fn layers_without_the_selected_path_are_folded() {
        let it = mount(12, &[("a", &[3, 9]), ("b", &[0])]);
        let none = BTreeSet::new();
        let spans = |scope: &str, kept: &BTreeSet<usize>| -> Vec<(usize, usize)> {
            columns(&it, scope, kept).iter().map(|it| (it.from, it.to)).collect()
        };
        assert_eq!(spans("a", &none), [(0, 3), (3, 4), (4, 9), (9, 10), (10, 12)]);
        assert_eq!(spans("", &none), [(0, 1), (1, 3), (3, 4), (4, 9), (9, 10), (10, 12)]);
        assert_eq!(spans("b", &BTreeSet::from([5])), [(0, 1), (1, 5), (5, 6), (6, 12)]);
        assert_eq!(place(&columns(&it, "a", &none), 7), Some(2));
    }

    #[test]
    fn few_layers_are_all_drawn() {
        assert_eq!(columns(&mount(8, &[]), "", &BTreeSet::new()).len(), 8);
    }
}
