//! Listing directories: merged ones from a list built once per version, others passed through.
//!
//! Order, offsets and inode numbers are the kernel's (section 3).

mod listing;

use super::Overlay;
use super::entry::{Numbers, ROOT, flag};
use super::file::Open;
use super::format::whiteout;
use super::inode::Look;
use super::real::Place;
use crate::errno::Errno;
use crate::fs::{Cx, Emit, Entry, Fh};
use crate::store::name_hash;
use crate::trace::Rule;
use crate::types::{FileType, FsId, Ino, OpenFlags, Result, Whence};
use listing::{Halt, Index, Item, Listing};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many listings may be remembered before the oldest unused ones are forgotten.
const KEPT: usize = 256;

/// A listing and the number of open directories that use it.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    list: Arc<Listing>,
    users: u32,
}

/// A whiteout in an upper directory that is to be removed.
pub(super) struct Leftover {
    pub name: Vec<u8>,
}

fn is_dots(name: &[u8]) -> bool {
    name == b"." || name == b".."
}

impl Overlay {
    /// Lists from a position on.
    pub(super) fn list(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        if self.node(id)?.has(flag::DEAD) {
            self.decide(cx, id, Rule::ReadDirRemoved, Some(Errno::ENOENT));
            return Err(Errno::ENOENT);
        }
        if pos == 0 {
            self.rewind(id, fh)?;
        }
        if self.opened(fh)?.passes {
            self.list_through(cx, id, fh, pos, emit)
        } else {
            self.list_merged(cx, id, fh, pos, emit)
        }
    }

    fn opened(&self, fh: Fh) -> Result<&Open> {
        self.files.get(fh.0).ok_or(Errno::EBADF)
    }

    /// Back at the start: a listing of an older version is let go, and a directory that was
    /// copied up since is merged from now on (R3.5, R3.6).
    fn rewind(&mut self, id: u64, fh: Fh) -> Result<()> {
        let inode = self.node(id)?;
        let version = inode.dir.as_ref().map_or(0, |dir| dir.version);
        let passes = inode.passes_through();
        let listing = self.opened(fh)?.listing;
        let outdated =
            listing.filter(|it| self.listings.get(*it).is_none_or(|it| it.list.version != version));
        if let Some(old) = outdated {
            self.put_listing(id, old);
        }
        if let Some(open) = self.files.get_mut(fh.0) {
            open.passes = passes;
            if outdated.is_some() {
                open.listing = None;
            }
        }
        Ok(())
    }

    /// `lseek` on a directory.
    pub(super) fn seek_listing(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        pos: i64,
        (off, whence): (i64, Whence),
    ) -> Result<i64> {
        // Only at the start is it seen that the directory was copied up since (observed on 6.18).
        if pos == 0 {
            self.rewind(id, fh)?;
        }
        if self.opened(fh)?.passes {
            let (fs, real, real_fh) = self.opened(fh)?.real;
            return cx.on(fs, |f, cx| f.seekdir(cx, real, real_fh, pos, off, whence));
        }
        match whence {
            Whence::Set | Whence::Cur if off >= 0 => Ok(off),
            _ => Err(Errno::EINVAL),
        }
    }

    /// A directory with one real directory behind it, numbers translated where needed (R3.1).
    fn list_through(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        self.decide(cx, id, Rule::ReadDirPassthrough, None);
        let inode = self.node(id)?;
        // The directory that was there when it was opened, even if it has been copied up since.
        let (fs, real, real_fh) = self.opened(fh)?.real;
        let parent = inode.parent;
        let impure = inode.has(flag::IMPURE) && inode.upper == Some(real) && fs == self.upper_fs();
        let mut above = None;
        let mut numbers = None;
        if self.one_dev() {
            if id != ROOT && self.is_merged_dir(parent) {
                above = Some(self.attr(cx, parent, Look::Quiet)?.ino);
            }
            if impure {
                numbers = self.impure_numbers(cx, id)?;
            }
        }
        let inode = self.node(id)?;
        let mut pass = |mut entry: Entry<'_>| {
            let known = match entry.name {
                b".." => above,
                name => numbers.as_ref().and_then(|it| it.get(name).copied()),
            };
            entry.ino = known.unwrap_or_else(|| self.listed_number(inode, entry.ino));
            emit(entry)
        };
        cx.on(fs, |f, cx| f.readdir(cx, real, real_fh, pos, &mut pass))
    }

    /// The numbers of copied-up entries in a directory that is not merged. With none left the
    /// directory is not impure any more (R3.10).
    ///
    /// What was found is kept until something is copied up or moved here. A new link of a file
    /// that was copied up elsewhere is not noticed, and shows its real number (observed on 6.18).
    fn impure_numbers(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<Option<Numbers>> {
        let dir = self.node(id)?.dir.as_deref();
        let version = dir.map_or(0, |it| it.version);
        let kept = dir.and_then(|it| it.numbers.as_ref()).filter(|it| it.0 == version);
        if let Some((_, known)) = kept {
            return Ok(Some(known.clone()));
        }
        let upper = self.upper_of(id)?;
        let fs = self.upper_fs();
        let mut raw = Vec::new();
        self.raw_list(cx, fs, upper, &mut |entry| {
            if !is_dots(entry.name) {
                raw.push((entry.name.to_vec(), entry.ino));
            }
            true
        })?;
        let mut map = BTreeMap::new();
        for (name, real) in raw {
            let shown = self.number_of(cx, id, &name, real)?.unwrap_or(real);
            if shown != real {
                map.insert(name, shown);
            }
        }
        if map.is_empty() {
            self.decide(cx, id, Rule::ImpureCleared, None);
            // Best effort.
            let _ = self.do_remove_private(cx, Place::Of(id), upper, self.names().impure);
            self.node_mut(id)?.set(flag::IMPURE, false);
            return Ok(None);
        }
        let map = Arc::new(map);
        if let Some(dir) = self.dir_mut(id) {
            dir.numbers = Some((version, map.clone()));
        }
        Ok(Some(map))
    }

    /// The number to show for an entry; `None` when the name leads nowhere.
    fn number_of(
        &mut self,
        cx: &mut Cx<'_>,
        dir: u64,
        name: &[u8],
        real: u64,
    ) -> Result<Option<u64>> {
        let target = match name {
            b"." => dir,
            b".." if dir == ROOT => return Ok(Some(real)),
            b".." => self.node(dir)?.parent,
            name => match self.find(cx, dir, name)? {
                Some(handle) => self.base(handle),
                None => return Ok(None),
            },
        };
        let inode = self.node(target)?;
        if self.one_dev() && inode.has_origin() {
            self.decide(cx, target, Rule::ReadDirIno, None);
            return Ok(Some(self.attr(cx, target, Look::Quiet)?.ino));
        }
        Ok(Some(self.listed_number(inode, real)))
    }

    fn list_merged(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        fh: Fh,
        pos: i64,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let listing = match self.opened(fh)?.listing {
            Some(listing) => listing,
            None => {
                let listing = self.take_listing(cx, id)?;
                if let Some(open) = self.files.get_mut(fh.0) {
                    open.listing = Some(listing);
                }
                listing
            }
        };
        let Ok(start) = usize::try_from(pos) else { return Err(Errno::EINVAL) };
        let (mut at, mut held) = (start, None);
        loop {
            let list = &self.listings.get(listing).ok_or(Errno::EBADF)?.list;
            let halt = list.read(&mut at, &mut held, emit);
            let Halt::Asks(item) = halt else { return Ok(()) };
            // Numbers that depend on a lookup are asked as late as the kernel asks them.
            let (name, it) = (list.name(item).to_vec(), list.items[item]);
            if let Some(errno) = self.settle(cx, id, listing, item, &name, it)? {
                let list = &self.listings.get(listing).ok_or(Errno::EBADF)?.list;
                let enough = held.is_some_and(|held| !emit(list.entry(held, item)));
                return if enough { Ok(()) } else { Err(errno) };
            }
        }
    }

    /// Asks what must be asked of an item: its number, and whether it is there at all. An item
    /// that cannot be looked up ends this reading with the error; the next one passes it over.
    fn settle(
        &mut self,
        cx: &mut Cx<'_>,
        id: u64,
        listing: u64,
        at: usize,
        name: &[u8],
        it: Item,
    ) -> Result<Option<Errno>> {
        let number = match self.one_dev() || it.check {
            true => self.number_of(cx, id, name, it.ino),
            false => Ok(Some(it.ino)),
        };
        if number.is_err() {
            self.decide_in(cx, id, name, Rule::BadEntryHidden, number.err());
        }
        let shared = self.listings.get_mut(listing).ok_or(Errno::EBADF)?;
        let list = Arc::make_mut(&mut shared.list);
        let item = &mut list.items[at];
        (item.check, item.asks) = (false, false);
        match number {
            Ok(Some(number)) => item.ino = number,
            // Gone meanwhile, or out of reach: listed no more (R2.16b).
            _ => {
                item.whiteout = true;
                list.spoilt = true;
            }
        }
        Ok(number.err())
    }

    /// The listing of a directory for one more user: the cached one if it is still true.
    fn take_listing(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<u64> {
        let dir = self.node(id)?.dir.as_ref().ok_or(Errno::ENOTDIR)?;
        let (version, cached) = (dir.version, dir.listing);
        if let Some(key) = cached {
            if self.is_current(cx, id, key, version) {
                self.decide(cx, id, Rule::ReadDirSnapshot, None);
                if let Some(shared) = self.listings.get_mut(key) {
                    shared.users += 1;
                }
                return Ok(key);
            }
            if self.listings.get(key).is_none_or(|it| it.users == 0) {
                self.drop_listing(key);
            }
        }
        self.decide(cx, id, Rule::ReadDirMerged, None);
        let mut list = self.read_merged(cx, id)?;
        list.version = version;
        list.stamps = self.stamps(cx, id)?;
        self.number_items(id, &mut list)?;
        let key = self.next_listing;
        self.next_listing += 1;
        self.forget_old_listings();
        self.listings.insert(key, Shared { list: Arc::new(list), users: 1 });
        if let Some(dir) = self.dir_mut(id) {
            dir.listing = Some(key);
        }
        Ok(key)
    }

    /// The listing of a directory, if one is kept, has a number that is to be asked for again.
    pub(super) fn spoil_listing(&mut self, dir: u64) {
        if let Some(key) = self.inodes.get(dir).and_then(|it| it.dir.as_ref()?.listing) {
            self.spoil(key);
        }
    }

    /// Who reads a listing goes on with it, and nobody takes it up after that.
    pub(super) fn spoil(&mut self, key: u64) {
        self.drop_listing(key);
        if let Some(shared) = self.listings.get_mut(key) {
            Arc::make_mut(&mut shared.list).spoilt = true;
        }
    }

    /// In use, it is what everybody sees; unused, it must still be what the layers have.
    fn is_current(&self, cx: &mut Cx<'_>, id: u64, key: u64, version: u64) -> bool {
        let Some(shared) = self.listings.get(key) else { return false };
        let list = &shared.list;
        if list.version != version || shared.users > 0 {
            return list.version == version;
        }
        let impure = self.inodes.get(id).is_some_and(|it| it.has(flag::IMPURE));
        !list.spoilt
            && list.impure == impure
            && list.marked == self.marked_layers()
            && list.stamps.iter().all(Option::is_some)
            && self.stamps(cx, id).is_ok_and(|now| now == list.stamps)
    }

    fn marked_layers(&self) -> usize {
        self.layers.iter().filter(|it| it.xwhiteouts).count()
    }

    fn stamps(&self, cx: &mut Cx<'_>, id: u64) -> Result<Vec<Option<u64>>> {
        let real = self.real_dirs(id)?;
        Ok(real.iter().map(|&(_, fs, ino)| cx.on(fs, |f, cx| f.version(cx, ino))).collect())
    }

    /// The real directories of a merged one, top to bottom.
    fn real_dirs(&self, id: u64) -> Result<Vec<(u16, FsId, Ino)>> {
        let inode = self.node(id)?;
        let upper = inode.upper.map(|ino| (0, self.upper_fs(), ino));
        let lower = inode.lower.as_slice().iter();
        let lower = lower.map(|it| (it.layer, self.layer_fs(it.layer), it.ino));
        Ok(upper.into_iter().chain(lower).collect())
    }

    /// An open directory lets its listing go; the last user leaves it for later ones.
    pub(super) fn put_listing(&mut self, id: u64, key: u64) {
        let Some(shared) = self.listings.get_mut(key) else { return };
        shared.users = shared.users.saturating_sub(1);
        let unused = shared.users == 0;
        let current = self.inodes.get(id).and_then(|it| it.dir.as_ref()?.listing) == Some(key);
        if unused && !current {
            self.drop_listing(key);
        }
    }

    /// Listings that nobody reads are kept for the next reader, the latest ones.
    fn forget_old_listings(&mut self) {
        while self.listings.len() >= KEPT && self.oldest_listing < self.next_listing {
            self.drop_listing(self.oldest_listing);
            self.oldest_listing += 1;
        }
    }

    pub(super) fn drop_listing(&mut self, key: u64) {
        if self.listings.get(key).is_some_and(|it| it.users == 0) {
            self.listings.remove(key);
        }
    }

    /// All names of all layers in the kernel's order, whiteouts marked (R3.2).
    fn read_merged(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<Listing> {
        let dirs = self.real_dirs(id)?;
        let xwhiteouts = self.node(id)?.has(flag::XWHITEOUTS);
        let mut list = Listing::default();
        let mut index = Index::new();
        let mut lowest = Vec::new();
        for (at, &(layer, fs, ino)) in dirs.iter().enumerate() {
            let is_lowest = at + 1 == dirs.len();
            let check = layer > 0 && xwhiteouts && self.layers[usize::from(layer)].xwhiteouts;
            let first = list.items.len();
            self.raw_list(cx, fs, ino, &mut |entry| {
                let hash = name_hash(entry.name);
                let item = index.find(&list, hash, entry.name).unwrap_or_else(|| {
                    list.push(&entry, layer == 0, check);
                    let item = list.items.len() - 1;
                    index.insert(hash, item);
                    item
                });
                if is_lowest {
                    lowest.push(item);
                }
                true
            })?;
            self.mark_whiteouts(cx, fs, ino, &mut list, first)?;
        }
        list.reorder(&lowest);
        Ok(list)
    }

    /// Which of the new entries of one layer are whiteouts.
    fn mark_whiteouts(
        &self,
        cx: &mut Cx<'_>,
        fs: FsId,
        dir: Ino,
        list: &mut Listing,
        first: usize,
    ) -> Result<()> {
        for at in first..list.items.len() {
            if list.items[at].kind != FileType::Chr {
                continue;
            }
            if let Some(ino) = self.raw_lookup(cx, fs, dir, list.name(at))? {
                list.items[at].whiteout = whiteout::is_device(&self.raw_attr(cx, fs, ino)?);
            }
        }
        Ok(())
    }

    /// Which numbers need a lookup: those above, and of the upper layer those that may be copies.
    fn number_items(&self, id: u64, list: &mut Listing) -> Result<()> {
        let impure = self.node(id)?.has(flag::IMPURE);
        list.impure = impure;
        list.marked = self.marked_layers();
        for at in 0..list.items.len() {
            let name = list.name(at);
            let asks = self.xino_bits > 0
                || name == b".."
                || list.items[at].upper && (name == b"." || impure);
            list.items[at].asks = asks;
        }
        Ok(())
    }

    /// All entries of a real directory.
    pub(super) fn raw_list(
        &self,
        cx: &mut Cx<'_>,
        fs: FsId,
        ino: Ino,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        self.as_mounter(cx, |cx| {
            cx.on(fs, |f, cx| {
                let fh = f.open(cx, ino, OpenFlags::RDONLY | OpenFlags::DIRECTORY)?;
                let res = f.readdir(cx, ino, fh, 0, emit);
                f.release(cx, ino, fh);
                res
            })
        })
    }

    /// Is the merged directory empty? Returns the whiteouts in its upper directory (R5.5).
    ///
    /// # Errors
    /// `ENOTEMPTY`.
    pub(super) fn check_empty(&mut self, cx: &mut Cx<'_>, id: u64) -> Result<Vec<Leftover>> {
        let list = self.read_merged(cx, id)?;
        let mut out = Vec::new();
        for (at, it) in list.items.iter().enumerate() {
            let name = list.name(at);
            if it.whiteout {
                if it.upper {
                    out.push(Leftover { name: name.to_vec() });
                }
            } else if !is_dots(name) {
                self.decide(cx, id, Rule::MergedEmpty, Some(Errno::ENOTEMPTY));
                return Err(Errno::ENOTEMPTY);
            }
        }
        self.decide(cx, id, Rule::MergedEmpty, None);
        Ok(out)
    }
}
