//! New inodes, and the bytes of files.

use super::{STASH_DIR, Work, attrs};
use crate::store::{Rope, Seg};
use crate::types::{Attr, FileType, Ino};
use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

/// Bytes moved at once.
const PIECE: u64 = 1 << 20;

/// What has changed in the bytes of a file that stays.
pub(super) struct Patch {
    ino: Ino,
    size: u64,
    /// Where there is nothing any more.
    holes: Vec<(u64, u64)>,
    /// Where new bytes stand in the patch file.
    parts: Vec<(u64, u64)>,
}

impl Work {
    /// Makes everything new in the stash. Nothing else is touched.
    pub(super) fn prepare(&mut self) -> io::Result<Vec<Patch>> {
        let mut patches = Vec::new();
        for (ino, attr) in self.inodes.clone() {
            if !self.was_imported(ino) {
                self.make(ino, &attr)?;
            } else if attr.kind == FileType::Reg {
                patches.extend(self.patch_for(ino)?);
            }
        }
        Ok(patches)
    }

    fn make(&mut self, ino: Ino, attr: &Attr) -> io::Result<()> {
        let stash = self.dir(STASH_DIR)?;
        let name = format!("n{}", ino.0).into_bytes();
        let mode = Mode::from_raw_mode(0o600);
        match attr.kind {
            FileType::Dir => rustix::fs::mkdirat(&*stash, &name[..], Mode::RWXU)?,
            FileType::Reg => {
                let rope = self.rope(ino)?;
                let file = create(&stash, &name)?;
                rustix::fs::ftruncate(&file, rope.len())?;
                self.fill(&file, &rope, |_, _| true)?;
            }
            FileType::Symlink => {
                let text = self.on(self.after, |f, cx| f.readlink(cx, ino))?;
                rustix::fs::symlinkat(&text[..], &*stash, &name[..])?;
            }
            kind => {
                let kind = rustix::fs::FileType::from_raw_mode(kind.bits());
                rustix::fs::mknodat(&*stash, &name[..], kind, mode, attr.rdev.encode())?;
            }
        }
        self.places.entry(ino).or_default().insert((STASH_DIR, name.clone()));
        self.set_new_attributes(&stash, &name, ino, attr)
    }

    fn rope(&mut self, ino: Ino) -> io::Result<Rope> {
        self.on(self.after, |f, cx| {
            let size = f.peek_attr(cx, ino)?.size;
            f.read_rope(cx, ino, 0, size)
        })
    }

    /// Writes those segments that `wanted` names; holes stay holes.
    fn fill(
        &mut self,
        file: &File,
        rope: &Rope,
        wanted: impl Fn(u64, &Seg) -> bool,
    ) -> io::Result<()> {
        let mut pos = 0;
        for seg in &rope.segs {
            if wanted(pos, seg) {
                self.write_segment(file, pos, seg)?;
            }
            pos += seg.len();
        }
        Ok(())
    }

    fn write_segment(&mut self, file: &File, pos: u64, seg: &Seg) -> io::Result<()> {
        match seg {
            Seg::Hole(_) => Ok(()),
            Seg::Zero(len) => {
                let keep = FallocateFlags::KEEP_SIZE;
                match rustix::fs::fallocate(file, keep, pos, *len) {
                    Ok(()) => Ok(()),
                    Err(rustix::io::Errno::OPNOTSUPP) => write_zeros(file, pos, *len),
                    Err(err) => Err(err.into()),
                }
            }
            Seg::Shared { bytes, off, len } => {
                let bytes = bytes.get(*off..off + len).ok_or(io::ErrorKind::UnexpectedEof)?;
                file.write_all_at(bytes, pos)
            }
            Seg::Generated { seed, at, len } => {
                let mut buf = vec![0; (*len).min(PIECE) as usize];
                let mut done = 0;
                while done < *len {
                    let n = (len - done).min(PIECE) as usize;
                    crate::store::generate(*seed, at + done, &mut buf[..n]);
                    file.write_all_at(&buf[..n], pos + done)?;
                    done += n as u64;
                }
                Ok(())
            }
            Seg::External { source, at, len } => {
                let from = self.sources.lock().file(*source)?;
                copy(&from, *at, file, pos, *len)
            }
        }
    }

    /// What has changed in the bytes of a file: the new ones are written into the stash.
    fn patch_for(&mut self, ino: Ino) -> io::Result<Option<Patch>> {
        let new = self.rope(ino)?;
        let old = self.on(self.before, |f, cx| {
            let size = f.peek_attr(cx, ino)?.size;
            f.read_rope(cx, ino, 0, size)
        })?;
        let own = old.segs.iter().find_map(|seg| match seg {
            Seg::External { source, .. } => Some(*source),
            _ => None,
        });
        let is_own = |pos: u64, seg: &Seg| matches!(seg, Seg::External { source, at, .. } if Some(*source) == own && *at == pos);
        let mut patch = Patch { ino, size: new.len(), holes: Vec::new(), parts: Vec::new() };
        let mut pos = 0;
        for seg in &new.segs {
            match seg {
                Seg::Hole(len) => patch.holes.push((pos, *len)),
                seg if is_own(pos, seg) => {}
                seg => patch.parts.push((pos, seg.len())),
            }
            pos += seg.len();
        }
        let same_holes = holes(&old) == patch.holes;
        if patch.parts.is_empty() && same_holes && patch.size == old.len() {
            return Ok(None);
        }
        if !patch.parts.is_empty() {
            let stash = self.dir(STASH_DIR)?;
            let file = create(&stash, format!("p{}", ino.0).as_bytes())?;
            rustix::fs::ftruncate(&file, patch.size)?;
            self.fill(&file, &new, |pos, seg| !is_own(pos, seg))?;
        }
        Ok(Some(patch))
    }

    /// Brings the new bytes into the files that stay.
    pub(super) fn patch(&mut self, patches: &[Patch]) -> io::Result<()> {
        for it in patches {
            let (dir, name) = self.place(it.ino)?;
            let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = File::from(rustix::fs::openat(&*dir, &name[..], flags, Mode::empty())?);
            rustix::fs::ftruncate(&file, it.size)?;
            for (pos, len) in &it.holes {
                punch(&file, *pos, *len)?;
            }
            if it.parts.is_empty() {
                continue;
            }
            let stash = self.dir(STASH_DIR)?;
            let name = format!("p{}", it.ino.0).into_bytes();
            let from = rustix::fs::openat(&*stash, &name[..], OFlags::RDONLY, Mode::empty())?;
            let from = File::from(from);
            for (pos, len) in &it.parts {
                copy(&from, *pos, &file, *pos, *len)?;
            }
            rustix::fs::unlinkat(&*stash, &name[..], AtFlags::empty())?;
        }
        Ok(())
    }

    fn set_new_attributes(
        &mut self,
        dir: &OwnedFd,
        name: &[u8],
        ino: Ino,
        attr: &Attr,
    ) -> io::Result<()> {
        let xattrs = self.xattrs(self.after, ino)?;
        let mut attr = *attr;
        if attr.kind == FileType::Dir {
            // Until it is full it must be open to us.
            attr.mode.0 |= attrs::OWN.0;
        }
        attrs::set_all(dir, name, &attr, &xattrs)
    }
}

fn holes(rope: &Rope) -> Vec<(u64, u64)> {
    let mut pos = 0;
    let mut holes = Vec::new();
    for seg in &rope.segs {
        if let Seg::Hole(len) = seg {
            holes.push((pos, *len));
        }
        pos += seg.len();
    }
    holes
}

fn create(dir: &OwnedFd, name: &[u8]) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(0o600))?))
}

fn punch(file: &File, pos: u64, len: u64) -> io::Result<()> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match rustix::fs::fallocate(file, flags, pos, len) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP) => write_zeros(file, pos, len),
        Err(err) => Err(err.into()),
    }
}

fn write_zeros(file: &File, pos: u64, len: u64) -> io::Result<()> {
    let zeros = vec![0; len.min(PIECE) as usize];
    let mut done = 0;
    while done < len {
        let n = (len - done).min(PIECE);
        file.write_all_at(&zeros[..n as usize], pos + done)?;
        done += n;
    }
    Ok(())
}

/// Copies bytes, by the kernel where it can. What lies beyond the end of `from` is an error: it
/// was there at the import.
fn copy(from: &File, at: u64, to: &File, pos: u64, len: u64) -> io::Result<()> {
    let (mut done, mut by_kernel) = (0, true);
    let mut buf = Vec::new();
    while done < len {
        let n = (len - done).min(PIECE) as usize;
        if by_kernel {
            let (mut from_at, mut to_at) = (at + done, pos + done);
            let res =
                rustix::fs::copy_file_range(from, Some(&mut from_at), to, Some(&mut to_at), n);
            match res {
                Ok(0) | Err(_) => by_kernel = false,
                Ok(n) => done += n as u64,
            }
            continue;
        }
        buf.resize(n, 0);
        from.read_exact_at(&mut buf, at + done)?;
        to.write_all_at(&buf, pos + done)?;
        done += n as u64;
    }
    Ok(())
}
