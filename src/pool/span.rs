//! What in a tree is meant: contents or metadata of an object, and a range of them.

use super::node::Key;
use super::{Class, Volume};

/// All places that an object has of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    pub volume: Volume,
    pub object: u64,
    pub class: Class,
}

/// Places of a stream, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub stream: Stream,
    pub at: u64,
    pub len: u64,
}

impl Stream {
    pub const fn data(volume: Volume, object: u64) -> Stream {
        Stream { volume, object, class: Class::Data }
    }

    pub const fn meta(volume: Volume, object: u64) -> Stream {
        Stream { volume, object, class: Class::Meta }
    }

    pub const fn object(volume: Volume, object: u64) -> Stream {
        Stream { volume, object, class: Class::Object }
    }

    pub const fn span(self, at: u64, len: u64) -> Span {
        Span { stream: self, at, len }
    }

    /// From one place to another, which is not in it.
    pub const fn between(self, from: u64, to: u64) -> Span {
        self.span(from, to.saturating_sub(from))
    }

    pub const fn all(self) -> Span {
        self.span(0, u64::MAX)
    }

    pub(super) const fn key(self, at: u64) -> Key {
        Key { object: self.object, class: self.class, at }
    }
}

impl Span {
    /// The first place behind it.
    pub const fn end(self) -> u64 {
        self.at.saturating_add(self.len)
    }

    /// What is left behind its first places.
    pub(super) const fn after(self, more: u64) -> Span {
        self.stream.between(self.at + more, self.end())
    }
}
