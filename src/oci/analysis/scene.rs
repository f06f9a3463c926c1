//! A list of paths with their states: a layer's changes, or a merged tree. Everything that is shown
//! of files is a look at such a list.

use super::super::compare;
use super::super::layer::{Item, Layer, Path, What};
use super::super::tree::{Change, Place, Tree};
use super::describe;
use crate::survey::{Aspect, File, Filter, Kind, Listing, Row, Sort, State, Totals};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A path.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub path: Path,
    /// None for a directory that no layer names.
    pub place: Option<Place>,
    /// What lay there before the layer.
    pub before: Option<Place>,
    pub state: State,
}

/// Paths in byte order, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub nodes: Vec<Node>,
}

/// What each layer did to those below it.
pub(super) fn of_layers(layers: &[Arc<Layer>]) -> Vec<Scene> {
    let mut tree = Tree::default();
    let mut scenes = Vec::with_capacity(layers.len());
    for layer in layers {
        let mut found: BTreeMap<Path, (Option<Place>, Option<Place>)> = BTreeMap::new();
        let number = scenes.len() as u32;
        tree.push(layer.clone(), &mut |path, change| {
            let (old, new) = match change {
                Change::Added { new } => (None, Some(new)),
                Change::Replaced { old, new } => (Some(old), Some(new)),
                Change::Removed { old } => (Some(old), None),
            };
            // What the layer itself put there is not what was there before it.
            let old = old.filter(|old| old.layer < number);
            let entry = found.entry(path.clone()).or_insert((old, new));
            entry.1 = new;
        });
        let nodes = found.into_iter().filter_map(|(path, (before, now))| {
            let state = state(&tree, before, now)?;
            Some(Node { path, place: now.or(before), before, state })
        });
        scenes.push(Scene { nodes: nodes.collect() });
    }
    scenes
}

/// What became of a path; none for one that came and went within the layer.
fn state(tree: &Tree, before: Option<Place>, now: Option<Place>) -> Option<State> {
    Some(match (before, now) {
        (None, None) => return None,
        (None, Some(_)) => State::Added,
        (Some(_), None) => State::Removed,
        (Some(old), Some(new)) => match compare::items(tree.item(old), tree.item(new))[..] {
            [] => State::Same,
            _ => State::Changed,
        },
    })
}

/// A merged tree, with what its topmost layer did.
pub(super) fn merged(tree: &Tree, changes: Option<&Scene>) -> Scene {
    let mut nodes: Vec<Node> = Vec::new();
    let mut implied: BTreeSet<&[u8]> = BTreeSet::new();
    for (path, place) in tree.iter() {
        for (at, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
            let parent = &path[..at];
            if tree.get(parent).is_none() && implied.insert(parent) {
                let path = parent.into();
                nodes.push(Node { path, place: None, before: None, state: State::Same });
            }
        }
        let change = changes.and_then(|scene| scene.find(path)).map(|(_, node)| node);
        let (state, before) =
            change.map_or((State::Same, None), |change| (change.state, change.before));
        nodes.push(Node { path: path.clone(), place: Some(place), before, state });
    }
    if !implied.is_empty() {
        nodes.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Scene { nodes }
}

impl Scene {
    pub(super) fn find(&self, path: &[u8]) -> Option<(usize, &Node)> {
        let at = self.nodes.binary_search_by(|node| (*node.path).cmp(path)).ok()?;
        Some((at, &self.nodes[at]))
    }

    /// The node of a path as it is shown: where bytes were replaced, the first that looks so.
    pub(super) fn find_shown(&self, path: &str) -> Option<&Node> {
        let path = path.trim_matches('/');
        if let Some((_, node)) = self.find(path.as_bytes()) {
            return Some(node);
        }
        if !path.contains('\u{fffd}') {
            return None;
        }
        self.nodes.iter().find(|node| String::from_utf8_lossy(&node.path) == path)
    }

    /// Everything below a directory.
    fn below(&self, path: &[u8]) -> &[Node] {
        if path.is_empty() {
            return &self.nodes;
        }
        // Paths below `a` lie between `a/` and `a0`, the byte after the slash.
        let from = [path, b"/"].concat();
        let to = [path, b"0"].concat();
        let start = self.nodes.partition_point(|node| *node.path < *from);
        let end = self.nodes.partition_point(|node| *node.path < *to);
        &self.nodes[start..end]
    }

    pub(super) fn file(&self, layers: &[Arc<Layer>], path: &str) -> Option<File> {
        self.find_shown(path).map(|node| file(layers, node))
    }

    pub(super) fn directory(&self, layers: &[Arc<Layer>], path: &str) -> Option<Vec<Row>> {
        let path = path.trim_matches('/');
        let dir: Path = match self.find_shown(path) {
            Some(node) if kind(layers, node) != Kind::Directory => return None,
            Some(node) => node.path.clone(),
            None => path.as_bytes().into(),
        };
        let nodes = self.below(&dir);
        if nodes.is_empty() && !dir.is_empty() && self.find(&dir).is_none() {
            return None;
        }
        let skip = if dir.is_empty() { 0 } else { dir.len() + 1 };
        let mut children: BTreeMap<&[u8], (Option<&Node>, Totals)> = BTreeMap::new();
        for node in nodes {
            let rest = &node.path[skip..];
            let end = rest.iter().position(|&b| b == b'/');
            let child = children.entry(&rest[..end.unwrap_or(rest.len())]).or_default();
            match end {
                None => child.0 = Some(node),
                Some(_) => count(&mut child.1, layers, node),
            }
        }
        let rows = children.into_iter().map(|(name, (node, below))| {
            let file = match node {
                Some(node) => file(layers, node),
                None => {
                    let path = crate::tar::name::join(&dir, name).into();
                    let state = State::Same;
                    file(layers, &Node { path, place: None, before: None, state })
                }
            };
            Row { name: super::shown(name), file, below }
        });
        Some(rows.collect())
    }

    pub(super) fn list(&self, layers: &[Arc<Layer>], filter: &Filter) -> Listing {
        let below = self.find_shown(&filter.below).map(|node| node.path.clone());
        let below = below.unwrap_or_else(|| filter.below.trim_matches('/').as_bytes().into());
        let text = filter.text.to_lowercase();
        let mut chosen: Vec<&Node> = (self.below(&below).iter())
            .filter(|node| is_wanted(layers, node, filter, &text))
            .collect();
        let size = |node: &Node| bytes(layers, node);
        match filter.sort {
            Sort::Path => {}
            Sort::Size => chosen.sort_by_key(|node| std::cmp::Reverse(size(node))),
            Sort::Kind => {
                chosen.sort_by_key(|node| (kind(layers, node), std::cmp::Reverse(size(node))))
            }
            Sort::Time => chosen.sort_by_key(|node| {
                std::cmp::Reverse(node.place.map(|place| item(layers, place).mtime))
            }),
        }
        let limit = if filter.limit == 0 { usize::MAX } else { filter.limit as usize };
        let rows = chosen.iter().skip(filter.skip as usize).take(limit).map(|node| {
            let file = file(layers, node);
            Row { name: file.path.clone(), file, below: Totals::default() }
        });
        Listing {
            total: chosen.len() as u32,
            bytes: chosen.iter().fold(0, |sum: u64, node| sum.saturating_add(size(node))),
            rows: rows.collect(),
        }
    }

    /// How many paths were added, changed, removed.
    pub(super) fn counts(&self) -> (u32, u32, u32) {
        let of = |state| self.nodes.iter().filter(|node| node.state == state).count() as u32;
        (of(State::Added), of(State::Changed), of(State::Removed))
    }
}

fn is_wanted(layers: &[Arc<Layer>], node: &Node, filter: &Filter, text: &str) -> bool {
    let size = bytes(layers, node);
    (filter.kinds.is_empty() || filter.kinds.contains(&kind(layers, node)))
        && (filter.states.is_empty() || filter.states.contains(&node.state))
        && size >= filter.min
        && filter.max.is_none_or(|max| size <= max)
        && (text.is_empty() || String::from_utf8_lossy(&node.path).to_lowercase().contains(text))
}

fn item(layers: &[Arc<Layer>], place: Place) -> &Item {
    &layers[place.layer as usize].items[place.item as usize]
}

fn kind(layers: &[Arc<Layer>], node: &Node) -> Kind {
    node.place.map_or(Kind::Directory, |place| describe::kind(&item(layers, place).what))
}

/// Bytes of a file or of a symlink's target.
fn bytes(layers: &[Arc<Layer>], node: &Node) -> u64 {
    node.place.map_or(0, |place| item(layers, place).bytes())
}

fn count(totals: &mut Totals, layers: &[Arc<Layer>], node: &Node) {
    if kind(layers, node) != Kind::Directory {
        totals.files += 1;
    }
    totals.bytes = totals.bytes.saturating_add(bytes(layers, node));
    match node.state {
        State::Same => {}
        State::Added => totals.added += 1,
        State::Changed => totals.changed += 1,
        State::Removed => totals.removed += 1,
    }
}

fn file(layers: &[Arc<Layer>], node: &Node) -> File {
    let changed: Vec<Aspect> = match (node.state, node.before, node.place) {
        (State::Changed, Some(old), Some(new)) => {
            compare::items(item(layers, old), item(layers, new))
        }
        _ => Vec::new(),
    };
    let found = node.place.map(|place| (place, item(layers, place)));
    describe::file(&node.path, found, node.state, changed)
}

/// Whether the entry takes part in a tree at all.
pub(super) fn is_mark(what: &What) -> bool {
    matches!(what, What::Whiteout | What::Opaque)
}
