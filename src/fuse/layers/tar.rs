//! A tar archive of an upper directory: what is kept when it cannot be written back.

use super::source::Shared;
use crate::fs::{Cx, FileSystem, NeedBytes};
use crate::fuse::host::Bring;
use crate::tar::{Entry, Kind, write};
use crate::types::{Attr, FileType, FsId, Ino, OpenFlags};
use std::collections::BTreeMap;
use std::io::{self, Write};

const PIECE: u64 = 1 << 16;

/// Writes everything below `root`; bytes that cannot be read are said, and zeros in the archive.
///
/// # Errors
/// Those of writing.
pub fn write(
    out: &mut impl Write,
    cx: &mut Cx<'_>,
    fs: FsId,
    root: Ino,
    sources: &Shared,
) -> io::Result<()> {
    let mut tar = Tar { out, fs, sources: sources.clone(), seen: BTreeMap::new() };
    let mut stack = vec![(b".".to_vec(), root)];
    while let Some((path, ino)) = stack.pop() {
        let attr = tar.call(cx, |f, cx| f.peek_attr(cx, ino))?;
        tar.entry(cx, &path, ino, &attr)?;
        if attr.kind == FileType::Dir {
            for (name, below) in tar.call(cx, |f, cx| super::export::list(f, cx, ino))? {
                stack.push(([&path[..], b"/", &name].concat(), below));
            }
        }
    }
    tar.out.write_all(&write::END)?;
    tar.out.flush()
}

struct Tar<'a, W> {
    out: &'a mut W,
    fs: FsId,
    sources: Shared,
    /// Files that may have more names, with the first.
    seen: BTreeMap<Ino, Vec<u8>>,
}

impl<W: Write> Tar<'_, W> {
    fn call<R>(
        &self,
        cx: &mut Cx<'_>,
        f: impl FnOnce(&mut dyn FileSystem, &mut Cx<'_>) -> crate::types::Result<R>,
    ) -> io::Result<R> {
        cx.on(self.fs, f).map_err(|err| io::Error::from_raw_os_error(err.number()))
    }

    fn entry(&mut self, cx: &mut Cx<'_>, path: &[u8], ino: Ino, attr: &Attr) -> io::Result<()> {
        let Some(kind) = self.kind(cx, ino, attr)? else {
            eprintln!(
                "layerglass fuse: {}: a socket has no place in an archive",
                path.escape_ascii()
            );
            return Ok(());
        };
        let mut xattrs = BTreeMap::new();
        for name in self.call(cx, |f, cx| f.listxattr(cx, ino))? {
            let value = self.call(cx, |f, cx| f.getxattr(cx, ino, &name))?;
            xattrs.insert(name, value);
        }
        let has_bytes = kind == Kind::Reg;
        let entry = Entry {
            uid: attr.uid,
            gid: attr.gid,
            mtime: attr.mtime,
            size: if has_bytes { attr.size } else { 0 },
            xattrs: xattrs.into_iter().collect(),
            ..Entry::new(path, kind, attr.mode.bits())
        };
        self.out.write_all(&write::headers(&entry))?;
        self.seen.entry(ino).or_insert_with(|| path.to_vec());
        if has_bytes {
            self.contents(cx, path, ino, attr.size)?;
        }
        Ok(())
    }

    fn kind(&self, cx: &mut Cx<'_>, ino: Ino, attr: &Attr) -> io::Result<Option<Kind>> {
        if let Some(first) = self.seen.get(&ino) {
            return Ok(Some(Kind::Link(first.clone())));
        }
        Ok(Some(match attr.kind {
            FileType::Reg => Kind::Reg,
            FileType::Dir => Kind::Dir,
            FileType::Symlink => Kind::Symlink(self.call(cx, |f, cx| f.readlink(cx, ino))?),
            FileType::Chr => Kind::Chr(attr.rdev),
            FileType::Blk => Kind::Blk(attr.rdev),
            FileType::Fifo => Kind::Fifo,
            FileType::Sock => return Ok(None),
        }))
    }

    fn contents(&mut self, cx: &mut Cx<'_>, path: &[u8], ino: Ino, size: u64) -> io::Result<()> {
        let mut pos = 0;
        while pos < size {
            let mut buf = vec![0; (size - pos).min(PIECE) as usize];
            if let Err(err) = self.read(cx, ino, pos, &mut buf) {
                eprintln!("layerglass fuse: {}: {err}", path.escape_ascii());
            }
            self.out.write_all(&buf)?;
            pos += buf.len() as u64;
        }
        let padding: Vec<u8> = write::padding(size).collect();
        self.out.write_all(&padding)
    }

    fn read(&mut self, cx: &mut Cx<'_>, ino: Ino, pos: u64, buf: &mut [u8]) -> io::Result<()> {
        cx.disks.blobs.forget();
        loop {
            let res = cx.on(self.fs, |f, cx| {
                let fh = f.open(cx, ino, OpenFlags::RDONLY)?;
                let res = f.read(cx, ino, fh, pos, buf);
                f.release(cx, ino, fh);
                res
            });
            let Err(err) = res else { return Ok(()) };
            let needs: Vec<NeedBytes> = cx.disks.blobs.needs().to_vec();
            if needs.is_empty() {
                return Err(io::Error::from_raw_os_error(err.number()));
            }
            for need in needs {
                let bytes = self.sources.bring(need);
                let given = bytes.as_ref().map_or_else(|_| [].into(), Clone::clone);
                cx.disks.blobs.supply(need.source, need.at, given);
                bytes?;
            }
        }
    }
}
