use super::*;
use crate::cred::Cred;
use crate::fs::{Clock, Disks, Fh, NewNode, Snapshot};
use crate::trace::Tracer;
use crate::types::{Attr, Mode, Name, NodeKind, RenameFlags, SetAttr, SetTime, Timespec};

/// A file system with what calls need.
struct Bed {
    fs: MemFs,
    disks: Disks,
    clock: Clock,
    cred: Cred,
    trace: Tracer,
}

impl Bed {
    fn new(profile: Profile) -> Bed {
        Bed {
            fs: MemFs::new(profile),
            disks: Disks::default(),
            clock: Clock::default(),
            cred: Cred::root(),
            trace: Tracer::off(),
        }
    }

    fn run<R>(&mut self, f: impl FnOnce(&mut MemFs, &mut Cx<'_>) -> R) -> R {
        let mut cx = Cx {
            disks: &mut self.disks,
            cred: &self.cred,
            clock: &mut self.clock,
            trace: &mut self.trace,
        };
        f(&mut self.fs, &mut cx)
    }

    fn make(&mut self, dir: Ino, name: &str, kind: NodeKind) -> Result<Ino> {
        let new = NewNode { kind, mode: Mode::new(0o644), uid: 0, gid: 0, xattrs: Vec::new() };
        self.run(|fs, cx| fs.create(cx, dir, name_of(name), &new))
    }

    fn file(&mut self, dir: Ino, name: &str) -> Ino {
        self.make(dir, name, NodeKind::Reg).unwrap()
    }

    fn dir(&mut self, dir: Ino, name: &str) -> Ino {
        self.make(dir, name, NodeKind::Dir).unwrap()
    }

    fn mv(&mut self, from: (Ino, &str), to: (Ino, &str), flags: RenameFlags) -> Result<()> {
        self.run(|fs, cx| fs.rename(cx, from.0, name_of(from.1), to.0, name_of(to.1), flags))
    }

    fn write(&mut self, ino: Ino, off: u64, data: &[u8]) -> Result<usize> {
        self.run(|fs, cx| fs.write(cx, ino, Fh(0), off, data))
    }

    fn read(&mut self, ino: Ino) -> Vec<u8> {
        let mut buf = vec![0; self.attr(ino).size as usize];
        let n = self.run(|fs, cx| fs.read(cx, ino, Fh(0), 0, &mut buf)).unwrap();
        buf.truncate(n);
        buf
    }

    fn attr(&mut self, ino: Ino) -> Attr {
        self.run(|fs, cx| fs.getattr(cx, ino)).unwrap()
    }

    /// (name, d_off) from a position on.
    fn list_from(&mut self, dir: Ino, pos: i64) -> Vec<(String, i64)> {
        let mut out = Vec::new();
        self.run(|fs, cx| {
            fs.readdir(cx, dir, Fh(0), pos, &mut |it| {
                out.push((String::from_utf8_lossy(it.name).into_owned(), it.next));
                true
            })
        })
        .unwrap();
        out
    }

    fn list(&mut self, dir: Ino) -> Vec<String> {
        self.list_from(dir, 0).into_iter().map(|it| it.0).collect()
    }
}

fn name_of(name: &str) -> Name<'_> {
    Name::new(name.as_bytes()).unwrap()
}

/// Each line observed on a real tmpfs of 6.18.
#[test]
fn tmpfs_lists_newest_first_with_its_cookies() {
    let mut bed = Bed::new(Profile::Tmpfs);
    let root = Ino(1);
    for name in ["a", "b", "c", "d", "e"] {
        bed.file(root, name);
    }
    bed.dir(root, "sub");
    assert_eq!(bed.list(root), [".", "..", "sub", "e", "d", "c", "b", "a"]);
    bed.run(|fs, cx| fs.unlink(cx, root, name_of("c"))).unwrap();
    bed.file(root, "c");
    bed.mv((root, "a"), (root, "z"), RenameFlags::NONE).unwrap();
    bed.mv((root, "b"), (root, "d"), RenameFlags::NONE).unwrap();
    assert_eq!(bed.list(root), [".", "..", "d", "z", "c", "sub", "e"]);
    assert_eq!(bed.list_from(root, 1)[0], ("..".into(), 6));
    bed.mv((root, "e"), (root, "z"), RenameFlags::EXCHANGE).unwrap();
    assert_eq!(bed.list(root), [".", "..", "z", "e", "d", "c", "sub"]);
    bed.mv((root, "d"), (root, "d2"), RenameFlags::WHITEOUT).unwrap();
    let offs: Vec<_> = bed.list_from(root, 1).into_iter().map(|it| it.1).collect();
    assert_eq!(bed.list(root), [".", "..", "d2", "d", "z", "e", "c", "sub"]);
    assert_eq!(offs, [11, 12, 10, 7, 9, 8, 0x7fff_ffff]);
    assert_eq!(bed.attr(root).size, 160);
}

/// Observed on ext4 with this seed.
#[test]
fn ext4_lists_by_hash() {
    let mut bed = Bed::new(Profile::Ext4);
    let root = Ino(2);
    for name in ["a", "b", "c", "d", "e"] {
        bed.file(root, name);
    }
    assert_eq!(bed.list(root), ["b", "a", "c", "e", "lost+found", "d", "..", "."]);
    assert_eq!(bed.list_from(root, 0)[0].1, 928_159_253_601_233_685);
    assert_eq!(bed.list_from(root, 8_032_922_937_905_225_727), [(".".into(), i64::MAX)]);
    let c = bed.run(|fs, cx| fs.lookup(cx, root, name_of("c"))).unwrap();
    let old = bed.run(|fs, cx| fs.encode_handle(cx, c)).unwrap();
    bed.run(|fs, cx| fs.unlink(cx, root, name_of("c"))).unwrap();
    assert_eq!(bed.file(root, "cc"), c, "the lowest free number is taken again");
    assert_eq!(bed.run(|fs, cx| fs.decode_handle(cx, old.0, &old.1)), Err(Errno::ESTALE));
}

#[test]
fn bytes_are_written_shared_and_cut() {
    let mut bed = Bed::new(Profile::Ext4);
    let root = Ino(2);
    let one = bed.file(root, "one");
    assert_eq!(bed.write(one, 5000, b"hello"), Ok(5));
    assert_eq!((bed.attr(one).size, bed.attr(one).blocks), (5005, 8));
    assert_eq!(&bed.read(one)[4998..], b"\0\0hello");
    let rope = bed.run(|fs, cx| fs.read_rope(cx, one, 0, 9999)).unwrap();
    let two = bed.file(root, "two");
    bed.run(|fs, cx| fs.write_rope(cx, two, 0, &rope)).unwrap();
    bed.run(|fs, cx| fs.setattr(cx, two, &SetAttr { size: Some(5005), ..SetAttr::default() }))
        .unwrap();
    assert_eq!(bed.write(two, 5001, b"E"), Ok(1));
    assert_eq!((&bed.read(one)[5000..], &bed.read(two)[5000..]), (&b"hello"[..], &b"hEllo"[..]));
    let cut = |size| SetAttr { size: Some(size), ..SetAttr::default() };
    bed.run(|fs, cx| fs.setattr(cx, two, &cut(5002))).unwrap();
    bed.run(|fs, cx| fs.setattr(cx, two, &cut(5004))).unwrap();
    assert_eq!(&bed.read(two)[5000..], b"hE\0\0");
}

/// Random writes, cuts and holes against a plain vector.
#[test]
fn data_agrees_with_a_vector() {
    let mut bed = Bed::new(Profile::Ext4);
    let ino = bed.file(Ino(2), "f");
    let mut plain: Vec<u8> = Vec::new();
    let mut seed = 1u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let mut kept = Vec::new();
    for step in 0..3000 {
        let (off, len) = (next(40_000), next(9_000) + 1);
        match next(8) {
            0..4 => {
                let data: Vec<u8> = (0..len).map(|i| (i + step) as u8).collect();
                let end = (off + len) as usize;
                plain.resize(plain.len().max(end), 0);
                plain[off as usize..end].copy_from_slice(&data);
                assert_eq!(bed.write(ino, off, &data), Ok(data.len()));
            }
            4 => {
                plain.resize(off as usize, 0);
                let set = SetAttr { size: Some(off), ..SetAttr::default() };
                bed.run(|fs, cx| fs.setattr(cx, ino, &set)).unwrap();
            }
            5 => {
                let end = plain.len().min((off + len) as usize);
                plain[(off as usize).min(end)..end].fill(0);
                bed.run(|fs, cx| fs.fallocate(cx, ino, 3, off, len)).unwrap();
            }
            6 => {
                let end = (off + len) as usize;
                plain.resize(plain.len().max(end), 0);
                bed.run(|fs, cx| fs.fallocate(cx, ino, 0, off, len)).unwrap();
            }
            _ => kept.push((bed.fs.clone(), plain.clone())),
        }
        assert!(bed.read(ino) == plain, "step {step}");
    }
    for (fs, plain) in kept {
        bed.fs = fs;
        assert!(bed.read(ino) == plain);
    }
}

#[test]
fn a_generated_file_ends_in_zeros_when_it_grows() {
    let mut bed = Bed::new(Profile::Ext4);
    let ino = bed.file(Ino(2), "f");
    bed.fs.set_contents(ino, &crate::store::Seg::Generated { seed: 1, at: 0, len: 10 }).unwrap();
    let first = bed.read(ino);
    assert_ne!(first, [0; 10]);
    bed.run(|fs, cx| fs.setattr(cx, ino, &SetAttr { size: Some(20), ..SetAttr::default() }))
        .unwrap();
    assert_eq!(bed.read(ino), [&first[..], &[0; 10]].concat());
}

#[test]
fn external_bytes_are_asked_for() {
    let mut bed = Bed::new(Profile::Ext4);
    let ino = bed.file(Ino(2), "f");
    bed.fs.set_contents(ino, &crate::store::Seg::External { source: 3, at: 0, len: 4 }).unwrap();
    let mut buf = [0; 4];
    let got = bed.run(|fs, cx| fs.read(cx, ino, Fh(0), 0, &mut buf));
    assert_eq!((got, bed.disks.blobs.needs().len()), (Err(Errno::EAGAIN), 1));
    bed.disks.blobs.supply(3, 0, Arc::from(*b"abcd"));
    assert_eq!(bed.read(ino), b"abcd");
}

#[test]
fn renames_keep_the_rules() {
    let mut bed = Bed::new(Profile::Ext4);
    let root = Ino(2);
    let d = bed.dir(root, "d");
    let e = bed.dir(d, "e");
    bed.file(root, "f");
    let none = RenameFlags::NONE;
    assert_eq!(bed.mv((root, "d"), (e, "x"), none), Err(Errno::EINVAL));
    assert_eq!(bed.mv((root, "f"), (root, "d"), none), Err(Errno::EISDIR));
    assert_eq!(bed.mv((root, "d"), (root, "f"), none), Err(Errno::ENOTDIR));
    assert_eq!(bed.mv((root, "nope"), (root, "f"), none), Err(Errno::ENOENT));
    let g = bed.dir(root, "g");
    assert_eq!(bed.mv((root, "g"), (root, "d"), none), Err(Errno::ENOTEMPTY));
    assert_eq!(bed.mv((d, "e"), (root, "g"), none), Ok(()));
    assert_eq!((bed.attr(root).nlink, bed.attr(d).nlink, bed.attr(e).nlink), (5, 2, 2));
    assert!(bed.run(|fs, cx| fs.getattr(cx, g)).is_err());
    assert_eq!(bed.run(|fs, cx| fs.parent(cx, e)), Ok(root));
}

#[test]
fn a_removed_directory_lives_while_pinned() {
    let mut bed = Bed::new(Profile::Tmpfs);
    let d = bed.dir(Ino(1), "d");
    bed.run(|fs, cx| fs.pin(cx, d));
    bed.run(|fs, cx| fs.rmdir(cx, Ino(1), name_of("d"))).unwrap();
    assert_eq!(bed.make(d, "x", NodeKind::Reg), Err(Errno::ENOENT));
    assert_eq!(bed.run(|fs, cx| fs.readdir(cx, d, Fh(0), 0, &mut |_| true)), Err(Errno::ENOENT));
    bed.run(|fs, cx| fs.unpin(cx, d));
    assert!(bed.run(|fs, cx| fs.getattr(cx, d)).is_err());
}

#[test]
fn stamps_are_coarse_until_somebody_looks() {
    let mut bed = Bed::new(Profile::Ext4);
    let f = bed.file(Ino(2), "f");
    let g = bed.file(Ino(2), "g");
    let first = bed.attr(f).mtime;
    bed.clock.tick();
    bed.write(g, 0, b"x").unwrap();
    assert_eq!(bed.attr(g).mtime, first, "within one tick, not looked at");
    bed.clock.tick();
    bed.write(f, 0, b"x").unwrap();
    assert!(bed.attr(f).mtime > first, "looked at before the write");
    let set = SetAttr { atime: Some(SetTime::To(Timespec::new(5, 6))), ..SetAttr::default() };
    bed.run(|fs, cx| fs.setattr(cx, f, &set)).unwrap();
    assert_eq!(bed.attr(f).atime, Timespec::new(5, 6));
}

#[test]
fn a_full_disk_takes_what_fits() {
    let mut bed = Bed::new(Profile::Tmpfs);
    let f = bed.file(Ino(1), "f");
    bed.fs.set_limits(2, 100);
    assert_eq!(bed.write(f, 0, &[1; 10_000]), Ok(8192));
    assert_eq!(bed.write(f, 8192, &[1; 10]), Err(Errno::ENOSPC));
    bed.run(|fs, cx| fs.unlink(cx, Ino(1), name_of("f"))).unwrap();
    assert_eq!(bed.run(|fs, cx| fs.statfs(cx)).unwrap().bfree, 2);
}

/// Number of entries and st_size of a directory that gets file0, file1, …; observed on ext4.
#[test]
fn ext4_directories_grow_by_blocks_and_keep_them() {
    let mut bed = Bed::new(Profile::Ext4);
    let dir = bed.dir(Ino(2), "d");
    let mut seen = Vec::new();
    let mut last = 0;
    for i in 0..3000 {
        bed.file(dir, &format!("file{i}"));
        let size = bed.attr(dir).size / 4096;
        if size != last {
            seen.push((i + 1, size));
            last = size;
        }
    }
    let want = [
        (1, 1),
        (254, 3),
        (499, 4),
        (523, 5),
        (1009, 6),
        (1019, 7),
        (1028, 8),
        (1041, 9),
        (1897, 10),
        (1976, 11),
        (2036, 12),
        (2046, 13),
        (2053, 14),
        (2057, 15),
        (2123, 16),
        (2243, 17),
    ];
    assert_eq!(seen, want);
    assert_eq!(
        bed.list_from(dir, 0)[..2],
        [(".".into(), 1 << 32), ("..".into(), 2_499_650_063_799_329)]
    );
    for i in 0..2990 {
        let name = format!("file{i}");
        bed.run(|fs, cx| fs.unlink(cx, dir, name_of(&name))).unwrap();
    }
    assert_eq!(bed.attr(dir).size, 69_632);
    assert_eq!(bed.list(dir)[2..5], ["file2990", "file2991", "file2995"]);
}

/// The same with long names.
#[test]
fn ext4_directories_of_long_names() {
    let mut bed = Bed::new(Profile::Ext4);
    let dir = bed.dir(Ino(2), "d");
    let mut seen = Vec::new();
    let mut last = 0;
    for i in 277..877 {
        bed.file(dir, &format!("{i:0>100}"));
        let size = bed.attr(dir).size / 4096;
        if size != last {
            seen.push((i - 276, size));
            last = size;
        }
    }
    let want =
        [1, 38, 72, 79, 130, 136, 170, 194, 229, 249, 269, 274, 294, 320, 326, 409, 437, 498];
    assert_eq!(seen.iter().map(|it| it.0).take(18).collect::<Vec<_>>(), want);
    assert_eq!(seen.last(), Some(&(584, 25)));
}

#[test]
fn the_meter_counts_what_was_done_and_nothing_else() {
    let mut bed = Bed::new(Profile::Ext4);
    let root = bed.fs.root();
    let file = bed.file(root, "f");
    let begin = bed.fs.meter();
    bed.write(file, 0, &[7; 10_000]).unwrap();
    let one = bed.fs.meter().since(begin);
    let expected = Meter { written: 10_000, allocated: 3 * data::BLOCK, ..Meter::default() };
    assert_eq!(one, expected, "three blocks for 10,000 bytes, and no name has changed");
    bed.write(file, 1, b"x").unwrap();
    assert_eq!(bed.read(file).len(), 10_000);
    let two = bed.fs.meter().since(begin).since(one);
    assert_eq!(two, Meter { read: 10_000, written: 1, ..Meter::default() });
    let kept = bed.fs.snapshot();
    bed.run(|fs, cx| fs.unlink(cx, root, name_of("f"))).unwrap();
    bed.run(|fs, cx| fs.unlink(cx, root, name_of("f"))).unwrap_err();
    let three = bed.fs.meter().since(kept.meter());
    assert_eq!(three, Meter { freed: 3 * data::BLOCK, metadata: 1, ..Meter::default() });
    assert_eq!(kept.meter().since(begin), one.plus(two), "a snapshot keeps what had been counted");
}

#[test]
fn what_the_meter_says_was_taken_and_given_back_is_what_is_in_use() {
    for profile in [Profile::Ext4, Profile::Tmpfs, Profile::Xfs] {
        let mut bed = Bed::new(profile);
        let root = bed.fs.root();
        let before = bed.fs.used_blocks;
        for turn in 0..200_u64 {
            let dir = bed.dir(root, &format!("d{turn}"));
            let file = bed.file(dir, "f");
            bed.write(file, turn * 777, &vec![1; turn as usize * 90]).unwrap();
            if turn % 3 == 0 {
                let gone = bed.run(|fs, cx| fs.unlink(cx, dir, name_of("f")));
                gone.and_then(|()| {
                    bed.run(|fs, cx| fs.rmdir(cx, root, name_of(&format!("d{turn}"))))
                })
                .unwrap();
            }
        }
        let grown = (bed.fs.used_blocks - before) * data::BLOCK;
        assert_eq!(bed.fs.meter().growth(), grown as i64, "{profile:?}");
        assert!(bed.fs.meter().freed > 0);
    }
}
