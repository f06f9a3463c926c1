//! A volume group: physical volumes, the extents that logical volumes take of them. Sizes are in sectors.

/// A volume group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub id: String,
    pub seqno: u64,
    /// Sectors of an extent.
    pub extent: u64,
    pub physical: Vec<Physical>,
    pub logical: Vec<Logical>,
}

/// A device of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Physical {
    pub id: String,
    /// Its path, as found; as it was when it was written if it is not there.
    pub device: String,
    pub size: u64,
    /// The first sector of its extents.
    pub start: u64,
    pub extents: u64,
}

/// A logical volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logical {
    pub name: String,
    pub id: String,
    /// Not a part of another volume.
    pub visible: bool,
    /// Activated only when asked for by name (`-K`).
    pub skip: bool,
    pub created: u64,
    pub profile: Option<String>,
    pub segments: Vec<Segment>,
}

/// A run of extents of a logical volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub start: u64,
    pub count: u64,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Extents of a physical volume, by its place in the group.
    Linear {
        on: usize,
        at: u64,
    },
    Pool {
        meta: String,
        data: String,
        transaction: u64,
        chunk: u64,
        zero: bool,
    },
    Thin {
        pool: String,
        id: u64,
        transaction: u64,
        origin: Option<String>,
    },
}

impl Logical {
    pub fn extents(&self) -> u64 {
        self.segments.iter().map(|it| it.count).sum()
    }

    /// What its first segment is; the others are of the same kind.
    pub fn kind(&self) -> Option<&Kind> {
        self.segments.first().map(|it| &it.kind)
    }

    pub fn is_pool(&self) -> bool {
        matches!(self.kind(), Some(Kind::Pool { .. }))
    }
}

impl Group {
    pub fn get(&self, name: &str) -> Option<&Logical> {
        self.logical.iter().find(|it| it.name == name)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Logical> {
        self.logical.iter_mut().find(|it| it.name == name)
    }

    pub fn extents(&self) -> u64 {
        self.physical.iter().map(|it| it.extents).sum()
    }

    /// Extents of a physical volume that something lies on: first, number.
    fn taken(&self, on: usize) -> Vec<(u64, u64)> {
        let segments = self.logical.iter().flat_map(|it| &it.segments);
        let mut all: Vec<(u64, u64)> = segments
            .filter_map(|it| match it.kind {
                Kind::Linear { on: own, at } if own == on => Some((at, it.count)),
                _ => None,
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// Free extents of a physical volume.
    pub fn free_of(&self, on: usize) -> u64 {
        let taken: u64 = self.taken(on).iter().map(|it| it.1).sum();
        self.physical[on].extents.saturating_sub(taken)
    }

    pub fn free(&self) -> u64 {
        (0..self.physical.len()).map(|on| self.free_of(on)).sum()
    }

    /// Segments for so many extents behind the first `start` of a volume, in the first free ones; `None` if there are
    /// too few.
    pub fn allocate(&self, start: u64, count: u64) -> Option<Vec<Segment>> {
        let mut all: Vec<Segment> = Vec::new();
        let (mut next, end) = (start, start + count);
        for (on, volume) in self.physical.iter().enumerate() {
            let mut at = 0;
            let taken = self.taken(on);
            for (from, len) in taken.into_iter().chain([(volume.extents, 0)]) {
                let room = from.saturating_sub(at).min(end - next);
                if room > 0 {
                    all.push(Segment { start: next, count: room, kind: Kind::Linear { on, at } });
                    next += room;
                }
                at = from + len;
            }
        }
        (next == end).then_some(all)
    }

    /// Thin volumes of a pool.
    pub fn thins<'a>(&'a self, pool: &'a str) -> impl Iterator<Item = &'a Logical> {
        let of = move |it: &&Logical| matches!(it.kind(), Some(Kind::Thin { pool: own, .. }) if own == pool);
        self.logical.iter().filter(of)
    }

    /// The parts of a pool: data, metadata.
    pub fn parts(&self, pool: &str) -> Option<(String, String)> {
        match self.get(pool)?.kind()? {
            Kind::Pool { meta, data, .. } => Some((data.clone(), meta.clone())),
            _ => None,
        }
    }

    /// A name that is not taken: `lvol0`, `lvol1`, …
    pub fn free_name(&self) -> String {
        (0..).map(|n| format!("lvol{n}")).find(|it| self.get(it).is_none()).unwrap_or_default()
    }
}
