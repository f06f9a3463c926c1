//! The trees: nodes with reference counts, in one table.

use super::space::Space;
use super::{Class, Span, Stream};
use crate::store::Table;
use std::sync::Arc;

/// What an item is kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) object: u64,
    pub(super) class: Class,
    pub(super) at: u64,
}

/// Units of the device that an item refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) len: u64,
    /// Where the run begins that it was handed out with.
    pub(super) whole: u64,
}

impl Piece {
    /// No units: what an object takes of a node.
    pub(super) const fn of_object(bytes: u32) -> Piece {
        Piece { start: 0, len: 0, whole: bytes as u64 }
    }

    /// A part of it.
    pub(super) fn part(self, skip: u64, len: u64) -> Piece {
        Piece { start: self.start + skip, len, whole: self.whole }
    }
}

#[derive(Clone, Debug)]
enum Body {
    Leaf(Vec<(Key, Piece)>),
    /// Children with a key that is not above any in them (the first one's is not used).
    Inner(Vec<(Key, u64)>),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    refs: u32,
    body: Arc<Body>,
}

/// How much a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Children of a node at most.
    pub fan: usize,
    /// Bytes of items of a leaf at most.
    pub leaf: u64,
    /// Bytes of an item that has units; others say what they take.
    pub item: u64,
    /// A leaf that grows at its end stays full (Btrfs).
    pub fills: bool,
}

impl Measure {
    /// A number of items, whatever they are.
    pub const fn items(n: usize) -> Measure {
        Measure { fan: n, leaf: n as u64, item: 1, fills: false }
    }

    fn of(self, items: &[(Key, Piece)]) -> u64 {
        items.iter().map(|it| self.of_one(it)).sum()
    }

    fn of_one(self, (key, piece): &(Key, Piece)) -> u64 {
        match key.class {
            Class::Object => piece.whole,
            Class::Data | Class::Meta => self.item,
        }
    }

    /// Where a leaf is cut that holds too much since an item came to a place.
    fn cut(self, items: &[(Key, Piece)], at: usize) -> usize {
        if !self.fills {
            return split_point(items.len());
        }
        if at + 1 == items.len() {
            return at;
        }
        let half = self.of(items) / 2;
        let mut sum = 0;
        let point = items.iter().position(|it| {
            sum += self.of_one(it);
            sum > half
        });
        point.unwrap_or(1).max(1)
    }
}

/// A half of a node that was too large: its first key, and itself.
type Half = Option<(Key, u64)>;

#[derive(Clone, Debug)]
pub(super) struct Forest {
    pub(super) nodes: Table<Node>,
    pub(super) next: u64,
    pub(super) measure: Measure,
    /// Nodes that were made or copied, ever.
    pub(super) made: u64,
}

fn child(kids: &[(Key, u64)], key: &Key) -> usize {
    kids.partition_point(|(first, _)| first <= key).saturating_sub(1)
}

impl Forest {
    fn add(&mut self, body: Body) -> u64 {
        let id = self.next;
        self.next += 1;
        self.made += 1;
        self.nodes.insert(id, Node { refs: 1, body: Arc::new(body) });
        id
    }

    pub(super) fn leaf(&mut self) -> u64 {
        self.add(Body::Leaf(Vec::new()))
    }

    fn body(&self, id: u64) -> Arc<Body> {
        self.nodes.get(id).map_or_else(|| Arc::new(Body::Leaf(Vec::new())), |it| it.body.clone())
    }

    fn body_mut(&mut self, id: u64) -> Option<&mut Body> {
        self.nodes.get_mut(id).map(|it| Arc::make_mut(&mut it.body))
    }

    fn refs(&self, id: u64) -> u32 {
        self.nodes.get(id).map_or(0, |it| it.refs)
    }

    /// One more reference to a node.
    pub(super) fn hold(&mut self, id: u64) {
        if let Some(node) = self.nodes.get_mut(id) {
            node.refs += 1;
        }
    }

    /// One reference less: with the last one goes what the node refers to.
    pub(super) fn drop(&mut self, id: u64, space: &mut Space) {
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            let Some(node) = self.nodes.get_mut(id) else { continue };
            node.refs -= 1;
            if node.refs > 0 {
                continue;
            }
            let Some(node) = self.nodes.remove(id) else { continue };
            match &*node.body {
                Body::Leaf(items) => items.iter().for_each(|(_, piece)| space.drop(*piece)),
                Body::Inner(kids) => left.extend(kids.iter().map(|(_, kid)| *kid)),
            }
        }
    }

    /// The node itself if nobody else refers to it, otherwise a copy in its place.
    pub(super) fn own(&mut self, id: u64, space: &mut Space) -> u64 {
        if self.refs(id) <= 1 {
            return id;
        }
        let body = self.body(id);
        match &*body {
            Body::Leaf(items) => items.iter().for_each(|(_, piece)| space.hold(*piece)),
            Body::Inner(kids) => kids.iter().for_each(|(_, kid)| self.hold(*kid)),
        }
        if let Some(node) = self.nodes.get_mut(id) {
            node.refs -= 1;
        }
        self.add((*body).clone())
    }

    /// Puts an item (whose reference the caller has taken); the root of the tree from now on.
    pub(super) fn insert(&mut self, root: u64, key: Key, piece: Piece, space: &mut Space) -> u64 {
        let root = self.own(root, space);
        match self.insert_at(root, key, piece, space) {
            None => root,
            Some(half) => self.add(Body::Inner(vec![(key, root), half])),
        }
    }

    /// Makes the item of a key, which is in a leaf of the tree's own, longer.
    pub(super) fn lengthen(&mut self, root: u64, key: &Key, more: u64) {
        let mut at = root;
        loop {
            match self.body_mut(at) {
                Some(Body::Inner(kids)) => at = kids[child(kids, key)].1,
                Some(Body::Leaf(items)) => {
                    if let Ok(place) = items.binary_search_by(|(it, _)| it.cmp(key)) {
                        items[place].1.len += more;
                    }
                    return;
                }
                None => return,
            }
        }
    }

    /// The same below a node that is the tree's own.
    fn insert_at(&mut self, id: u64, key: Key, piece: Piece, space: &mut Space) -> Half {
        let body = self.body(id);
        match &*body {
            Body::Leaf(items) => {
                let found = items.binary_search_by(|(it, _)| it.cmp(&key));
                drop(body);
                let Some(Body::Leaf(items)) = self.body_mut(id) else { return None };
                match found {
                    Ok(at) => space.drop(std::mem::replace(&mut items[at].1, piece)),
                    Err(at) => items.insert(at, (key, piece)),
                }
                self.split(id, found.unwrap_or_else(|at| at))
            }
            Body::Inner(kids) => {
                let at = child(kids, &key);
                let kid = kids[at].1;
                drop(body);
                let own = self.own(kid, space);
                let half = self.insert_at(own, key, piece, space);
                let Some(Body::Inner(kids)) = self.body_mut(id) else { return None };
                kids[at].1 = own;
                if let Some(half) = half {
                    kids.insert(at + 1, half);
                }
                self.split(id, at)
            }
        }
    }

    /// Cuts a node that holds too much since something came to a place in it.
    fn split(&mut self, id: u64, at: usize) -> Half {
        let measure = self.measure;
        let (key, right) = match self.body_mut(id)? {
            Body::Leaf(items) if items.len() > 1 && measure.of(items) > measure.leaf => {
                let right = items.split_off(measure.cut(items, at));
                (right[0].0, Body::Leaf(right))
            }
            Body::Inner(kids) if kids.len() > measure.fan => {
                let right = kids.split_off(split_point(kids.len()));
                (right[0].0, Body::Inner(right))
            }
            _ => return None,
        };
        Some((key, self.add(right)))
    }

    /// Takes out all items from one key up to another; the root from now on.
    pub(super) fn remove(&mut self, root: u64, from: Key, to: Key, space: &mut Space) -> u64 {
        let mut root = self.own(root, space);
        if self.remove_at(root, &from, &to, space) {
            self.drop(root, space);
            return self.leaf();
        }
        // A root with one child is no use.
        while let Body::Inner(kids) = &*self.body(root)
            && let [(_, only)] = kids[..]
        {
            self.hold(only);
            self.drop(root, space);
            root = only;
        }
        root
    }

    /// The same below a node that is the tree's own; is it empty then?
    fn remove_at(&mut self, id: u64, from: &Key, to: &Key, space: &mut Space) -> bool {
        let body = self.body(id);
        match &*body {
            Body::Leaf(_) => {
                drop(body);
                let Some(Body::Leaf(items)) = self.body_mut(id) else { return true };
                let start = items.partition_point(|(key, _)| key < from);
                let end = items.partition_point(|(key, _)| key < to).max(start);
                items.drain(start..end).for_each(|(_, piece)| space.drop(piece));
                items.is_empty()
            }
            Body::Inner(kids) => {
                let first = child(kids, from);
                let end = kids.partition_point(|(key, _)| key < to).max(first + 1);
                let mut kept = Vec::new();
                for at in first..end.min(kids.len()) {
                    let (key, kid) = kids[at];
                    // Between two keys that are both within lies nothing that stays.
                    let inside = at > 0 && key >= *from;
                    if inside && kids.get(at + 1).is_some_and(|(next, _)| next <= to) {
                        self.drop(kid, space);
                        continue;
                    }
                    let own = self.own(kid, space);
                    match self.remove_at(own, from, to, space) {
                        true => self.drop(own, space),
                        false => kept.push((key, own)),
                    }
                }
                drop(body);
                let Some(Body::Inner(kids)) = self.body_mut(id) else { return true };
                let end = end.min(kids.len());
                kids.splice(first..end, kept);
                kids.is_empty()
            }
        }
    }

    /// Items of an object that overlap a range of places, ascending.
    pub(super) fn within(&self, root: u64, span: Span) -> Vec<(u64, Piece)> {
        let mut found = Vec::new();
        self.visit(root, span, false, &mut |at, piece, _| {
            found.push((at, piece));
        });
        found
    }

    /// The same with whether a node on the way to the item belongs to others too.
    pub(super) fn visit(
        &self,
        id: u64,
        span: Span,
        shared: bool,
        found: &mut dyn FnMut(u64, Piece, bool),
    ) {
        let shared = shared || self.refs(id) > 1;
        let (from, to) = (span.at, span.end());
        let Stream { object, class, .. } = span.stream;
        let key = |at| span.stream.key(at);
        match &*self.body(id) {
            Body::Leaf(items) => {
                // One that begins before may reach into the range.
                let start = items.partition_point(|(it, _)| *it < key(from)).saturating_sub(1);
                for (it, piece) in &items[start..] {
                    if *it >= key(to) {
                        break;
                    }
                    if it.object == object && it.class == class && it.at + piece.len > from {
                        found(it.at, *piece, shared);
                    }
                }
            }
            Body::Inner(kids) => {
                // The one before may end with an item that reaches into the range.
                let first = child(kids, &key(from)).saturating_sub(1);
                for (at, (first_key, kid)) in kids.iter().enumerate().skip(first) {
                    if at > first && *first_key >= key(to) {
                        break;
                    }
                    self.visit(*kid, span, shared, found);
                }
            }
        }
    }

    /// Is there an item of an object and class?
    pub(super) fn has(&self, id: u64, stream: Stream) -> bool {
        let Stream { object, class, .. } = stream;
        let key = |at| stream.key(at);
        match &*self.body(id) {
            Body::Leaf(items) => {
                let at = items.partition_point(|(it, _)| *it < key(0));
                items.get(at).is_some_and(|(it, _)| it.object == object && it.class == class)
            }
            Body::Inner(kids) => {
                let first = child(kids, &key(0));
                let rest = kids.iter().enumerate().skip(first);
                rest.take_while(|(at, (it, _))| *at == first || *it <= key(u64::MAX))
                    .any(|(_, (_, kid))| self.has(*kid, stream))
            }
        }
    }

    /// Items of a tree in nodes that none of the others has.
    pub(super) fn not_in(&self, root: u64, others: &[u64], found: &mut dyn FnMut(Piece)) {
        let mut left = vec![root];
        while let Some(id) = left.pop() {
            let body = self.body(id);
            if self.refs(id) > 1
                && let Some(key) = self.first_key(id)
                && others.iter().any(|other| self.leads_to(*other, &key, id))
            {
                continue;
            }
            match &*body {
                Body::Leaf(items) => items.iter().for_each(|(_, piece)| found(*piece)),
                Body::Inner(kids) => left.extend(kids.iter().map(|(_, kid)| *kid)),
            }
        }
    }

    fn first_key(&self, id: u64) -> Option<Key> {
        let mut at = id;
        loop {
            match &*self.body(at) {
                Body::Leaf(items) => return items.first().map(|(key, _)| *key),
                Body::Inner(kids) => at = kids.first()?.1,
            }
        }
    }

    /// Is a node on the way to a key?
    fn leads_to(&self, root: u64, key: &Key, node: u64) -> bool {
        let mut at = root;
        loop {
            if at == node {
                return true;
            }
            match &*self.body(at) {
                Body::Leaf(_) => return false,
                Body::Inner(kids) => at = kids[child(kids, key)].1,
            }
        }
    }

    /// All items of a tree that have units.
    pub(super) fn all_items(&self, id: u64, found: &mut dyn FnMut(Piece)) {
        match &*self.body(id) {
            Body::Leaf(items) => {
                items.iter().filter(|it| it.1.len > 0).for_each(|it| found(it.1));
            }
            Body::Inner(kids) => kids.iter().for_each(|(_, kid)| self.all_items(*kid, found)),
        }
    }

    /// All items of nodes that belong to this tree alone.
    pub(super) fn own_items(&self, id: u64, found: &mut dyn FnMut(Key, Piece)) {
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            if self.refs(id) > 1 {
                continue;
            }
            match &*self.body(id) {
                Body::Leaf(items) => items.iter().for_each(|(key, piece)| found(*key, *piece)),
                Body::Inner(kids) => left.extend(kids.iter().map(|(_, kid)| *kid)),
            }
        }
    }

    /// Nodes of a tree.
    pub(super) fn count(&self, id: u64) -> u64 {
        match &*self.body(id) {
            Body::Leaf(_) => 1,
            Body::Inner(kids) => 1 + kids.iter().map(|(_, kid)| self.count(*kid)).sum::<u64>(),
        }
    }

    /// Nodes that belong to this tree alone.
    pub(super) fn own_nodes(&self, id: u64) -> u64 {
        if self.refs(id) > 1 {
            return 0;
        }
        match &*self.body(id) {
            Body::Leaf(_) => 1,
            Body::Inner(kids) => 1 + kids.iter().map(|(_, kid)| self.own_nodes(*kid)).sum::<u64>(),
        }
    }
}

/// Most trees grow at their end: the left half stays rather full.
fn split_point(len: usize) -> usize {
    len - len / 3
}
