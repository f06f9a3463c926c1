//! Which units of a device are in use, and how often each is referred to.

use super::node::Piece;
use crate::store::Tree;

/// Units that were handed out together, or what is left of them.
#[derive(Clone, Copy, Debug)]
struct Used {
    len: u64,
    refs: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Space {
    total: u64,
    used: u64,
    /// Handed out and taken back, ever.
    turnover: (u64, u64),
    /// What was handed out at once goes at once.
    whole: bool,
    runs: Tree<u64, Used>,
    free: Tree<u64, u64>,
}

impl Space {
    pub(super) fn new(total: u64, whole: bool) -> Space {
        let mut free = Tree::new();
        if total > 0 {
            free.insert(0, total);
        }
        Space { total, used: 0, turnover: (0, 0), whole, runs: Tree::new(), free }
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    /// Runs that are in use.
    pub(super) fn runs(&self) -> u64 {
        self.runs.len() as u64
    }

    pub(super) fn turnover(&self) -> (u64, u64) {
        self.turnover
    }

    /// Grows the device, or takes free units off its end; how many units it then has.
    pub(super) fn resize(&mut self, units: u64) -> u64 {
        if units > self.total {
            let (from, len) = (self.total, units - self.total);
            self.total = units;
            self.join(from, len);
        } else if let Some((start, len)) = self.free.floor(&u64::MAX).map(|(at, len)| (*at, *len))
            && start + len == self.total
        {
            let end = units.max(start);
            self.free.remove(&start);
            if end > start {
                self.free.insert(start, end - start);
            }
            self.total = end;
        }
        self.total
    }

    /// Takes units in pieces of at most `longest`, from the untouched end of the device if it is long enough,
    /// otherwise from the lowest free ones; `None`, and nothing taken, when there are too few.
    pub(super) fn allocate(&mut self, len: u64, longest: u64) -> Option<Vec<Piece>> {
        if self.total - self.used < len {
            return None;
        }
        let mut pieces = Vec::new();
        let mut left = len;
        while left > 0 {
            let last = self.free.floor(&u64::MAX).filter(|(_, have)| **have >= left);
            let (start, have) =
                last.or_else(|| self.free.iter().next()).map(|(at, len)| (*at, *len))?;
            let take = have.min(left).min(longest);
            self.free.remove(&start);
            if have > take {
                self.free.insert(start + take, have - take);
            }
            self.runs.insert(start, Used { len: take, refs: 1 });
            pieces.push(Piece { start, len: take, whole: start });
            left -= take;
        }
        self.used += len;
        self.turnover.0 += len;
        Some(pieces)
    }

    /// Lets a piece that is referred to once go on at its end, as far as units there are free and it stays below
    /// `longest`; how many more it then has.
    pub(super) fn grow(&mut self, piece: Piece, len: u64, longest: u64) -> u64 {
        let end = piece.start + piece.len;
        let Some((start, run)) = self.runs.floor(&(end - 1)).map(|(at, run)| (*at, *run)) else {
            return 0;
        };
        let Some(room) = self.free.get(&end).copied() else { return 0 };
        let more = room.min(len).min(longest.saturating_sub(run.len));
        if run.refs != 1 || start + run.len != end || more == 0 {
            return 0;
        }
        self.free.remove(&end);
        if room > more {
            self.free.insert(end + more, room - more);
        }
        self.runs.insert(start, Used { len: run.len + more, refs: 1 });
        self.used += more;
        self.turnover.0 += more;
        more
    }

    /// One more reference.
    pub(super) fn hold(&mut self, piece: Piece) {
        if piece.len == 0 {
            return;
        }
        if self.whole {
            if let Some(run) = self.runs.get_mut(&piece.whole) {
                run.refs += 1;
            }
            return;
        }
        for start in self.exact(piece) {
            if let Some(run) = self.runs.get_mut(&start) {
                run.refs += 1;
            }
        }
    }

    /// One reference less; what nothing refers to is free.
    pub(super) fn drop(&mut self, piece: Piece) {
        if piece.len == 0 {
            return;
        }
        let starts = if self.whole { vec![piece.whole] } else { self.exact(piece) };
        for start in starts {
            let Some(run) = self.runs.get_mut(&start) else { continue };
            run.refs -= 1;
            let Used { len, refs } = *run;
            if refs == 0 {
                self.runs.remove(&start);
                self.used -= len;
                self.turnover.1 += len;
                self.join(start, len);
            }
        }
    }

    /// References to the whole that a piece is of.
    pub(super) fn refs_of_whole(&self, piece: Piece) -> u32 {
        self.runs.get(&piece.whole).map_or(0, |run| run.refs)
    }

    /// Runs of a piece: how many units from its start on, and how often they are referred to.
    pub(super) fn counts(&self, piece: Piece) -> Vec<(u64, u32)> {
        if self.whole {
            return vec![(piece.len, self.refs_of_whole(piece))];
        }
        let end = piece.start + piece.len;
        let first = self.runs.floor(&piece.start).map_or(piece.start, |(at, _)| *at);
        let hit = self.runs.from(&first).take_while(|(at, _)| **at < end);
        let part = |at: u64, run: &Used| (at + run.len).min(end) - at.max(piece.start);
        hit.filter(|(at, run)| **at + run.len > piece.start)
            .map(|(at, run)| (part(*at, run), run.refs))
            .collect()
    }

    /// Cuts runs so that some of them make up the piece exactly; their starts.
    fn exact(&mut self, piece: Piece) -> Vec<u64> {
        self.cut(piece.start);
        self.cut(piece.start + piece.len);
        let end = piece.start + piece.len;
        self.runs.from(&piece.start).map(|(at, _)| *at).take_while(|at| *at < end).collect()
    }

    fn cut(&mut self, at: u64) {
        let Some((start, run)) = self.runs.floor(&at).map(|(start, run)| (*start, *run)) else {
            return;
        };
        if start == at || start + run.len <= at {
            return;
        }
        self.runs.insert(start, Used { len: at - start, refs: run.refs });
        self.runs.insert(at, Used { len: start + run.len - at, refs: run.refs });
    }

    /// Adds free units, as one with their neighbours.
    fn join(&mut self, start: u64, len: u64) {
        let (mut start, mut len) = (start, len);
        let below = self.free.floor(&start).map(|(at, len)| (*at, *len));
        if let Some((at, have)) = below.filter(|(at, have)| at + have == start) {
            self.free.remove(&at);
            (start, len) = (at, len + have);
        }
        if let Some(have) = self.free.remove(&(start + len)) {
            len += have;
        }
        self.free.insert(start, len);
    }
}
