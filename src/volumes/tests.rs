//! Trees on one pool, without a kernel around them.

use super::*;
use crate::cred::Cred;
use crate::fs::{Clock, Disks, NewNode};
use crate::pool::{Class, Stream, Usage};
use crate::trace::Tracer;
use crate::types::control::{Control, Controlled, Zfs};
use crate::types::{Mode, Name, NodeKind, OpenFlags};

/// A file system with what it needs around it.
struct Bed {
    all: Volumes,
    disks: Disks,
    clock: Clock,
    trace: Tracer,
}

impl Bed {
    fn of(all: Volumes) -> Bed {
        let (disks, clock, trace) = (Disks::default(), Clock::default(), Tracer::default());
        Bed { all, disks, clock, trace }
    }

    fn btrfs() -> Bed {
        Bed::of(Volumes::btrfs(&make("")).unwrap())
    }

    fn zfs() -> Bed {
        let devices = [("/disk".to_owned(), 1 << 30)];
        Bed::of(Volumes::zfs(&make("tank"), &devices, &[]).unwrap())
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut Volumes, &mut Cx<'_>) -> R) -> R {
        let cred = Cred::root();
        let mut cx = Cx {
            disks: &mut self.disks,
            cred: &cred,
            clock: &mut self.clock,
            trace: &mut self.trace,
        };
        f(&mut self.all, &mut cx)
    }

    fn ask(&mut self, at: Ino, other: Option<Ino>, ask: Control) -> Result<Controlled> {
        self.call(|all, cx| all.control(cx, at, other, &ask))
    }

    fn zfs_ask(&mut self, ask: Zfs) -> Result<Controlled> {
        let root = self.all.root();
        self.ask(root, None, Control::Zfs(ask))
    }

    fn look(&mut self, dir: Ino, name: &str) -> Result<Ino> {
        self.call(|all, cx| all.lookup(cx, dir, Name::new(name.as_bytes())?))
    }

    /// A new file of some bytes.
    fn file(&mut self, dir: Ino, name: &str, size: usize) -> Ino {
        let kind = NodeKind::Reg;
        let new = NewNode { kind, mode: Mode::new(0o644), uid: 0, gid: 0, xattrs: Vec::new() };
        let name = Name::new(name.as_bytes()).unwrap();
        let ino = self.call(|all, cx| all.create(cx, dir, name, &new)).unwrap();
        self.put(ino, 0, &vec![7; size]).unwrap();
        ino
    }

    fn put(&mut self, ino: Ino, at: u64, data: &[u8]) -> Result<()> {
        self.call(|all, cx| {
            let fh = all.open(cx, ino, OpenFlags::WRONLY)?;
            let mut done = 0;
            while done < data.len() {
                match all.write(cx, ino, fh, at + done as u64, &data[done..]) {
                    Ok(n) => done += n,
                    Err(errno) => {
                        all.release(cx, ino, fh);
                        return Err(errno);
                    }
                }
            }
            all.release(cx, ino, fh);
            Ok(())
        })
    }

    fn remove(&mut self, dir: Ino, name: &str) -> Result<()> {
        self.call(|all, cx| all.unlink(cx, dir, Name::new(name.as_bytes())?))
    }

    fn usage(&self, ino: Ino) -> Usage {
        self.all.pool.usage(self.all.tree(split(ino).0).unwrap().volume, Class::Data).unwrap()
    }
}

fn make(name: &str) -> Make {
    Make {
        size: 1 << 30,
        uuid: [9; 16],
        devs: Dev::new(0, 0x1000),
        now: Timespec::default(),
        name: name.to_owned(),
    }
}

fn snapshot(name: &str) -> Control {
    Control::Snapshot { name: name.into(), read_only: false }
}

#[test]
fn a_deleted_subvolume_gives_all_back_and_undo_brings_it_again() {
    let mut bed = Bed::btrfs();
    let top = bed.all.root();
    bed.ask(top, None, Control::Create { name: b"a".to_vec() }).unwrap();
    let a = bed.look(top, "a").unwrap();
    bed.file(a, "big", 1 << 20);
    bed.ask(top, Some(a), snapshot("b")).unwrap();
    let b = bed.look(top, "b").unwrap();
    let before = bed.all.clone();
    let big = bed.look(b, "big").unwrap();
    bed.put(big, 5000, b"x").unwrap();
    assert_eq!(
        (bed.all.pool.used(), bed.usage(b).exclusive, bed.all.costs().copied),
        (257, 1, 4096)
    );
    for name in ["a", "b"] {
        bed.ask(top, None, Control::Delete { name: name.into() }).unwrap();
    }
    assert_eq!((bed.all.pool.used(), bed.look(top, "a")), (0, Err(Errno::ENOENT)));
    bed.all = before;
    assert_eq!((bed.all.pool.used(), bed.usage(b)), (256, Usage { total: 256, exclusive: 0 }));
}

/// Small writes one after the other are one extent; after a commit a block goes elsewhere.
#[test]
fn writes_are_gathered_until_the_commit() {
    let mut bed = Bed::btrfs();
    let top = bed.all.root();
    let file = bed.file(top, "f", 0);
    for at in 0..300 {
        bed.put(file, at * 1000, &[1; 1000]).unwrap();
    }
    assert_eq!(bed.all.extents(file).unwrap().len(), 1);
    assert_eq!((bed.all.pool.used(), bed.all.pool.spent().allocated), (74, 74));
    bed.call(|all, cx| all.sync(cx));
    bed.put(file, 100_000, b"x").unwrap();
    let extents = bed.all.extents(file).unwrap();
    assert_eq!(
        (extents.len(), bed.all.pool.used()),
        (3, 75),
        "the old block stays with its extent"
    );
}

/// An open file of a deleted subvolume, and one that was open when a snapshot was taken.
#[test]
fn what_is_held_stays_and_is_not_inherited() {
    let mut bed = Bed::btrfs();
    let top = bed.all.root();
    bed.ask(top, None, Control::Create { name: b"a".to_vec() }).unwrap();
    let a = bed.look(top, "a").unwrap();
    let file = bed.file(a, "f", 8192);
    let fh = bed.call(|all, cx| all.open(cx, file, OpenFlags::RDONLY)).unwrap();
    bed.remove(a, "f").unwrap();
    bed.ask(top, Some(a), snapshot("b")).unwrap();
    assert_eq!(bed.all.pool.used(), 2, "the removed file is still open in its own subvolume");
    let b = bed.look(top, "b").unwrap();
    assert_eq!(bed.usage(b).total, 0);
    bed.ask(top, None, Control::Delete { name: b"a".to_vec() }).unwrap();
    let mut buf = [0; 4];
    let read = bed.call(|all, cx| all.read(cx, file, fh, 0, &mut buf));
    assert_eq!((read, buf), (Ok(4), [7; 4]));
    bed.call(|all, cx| all.release(cx, file, fh));
    assert_eq!((bed.all.pool.used(), bed.all.trees.len()), (0, 2));
}

#[test]
fn a_full_file_system_refuses_and_stays_whole() {
    let mut bed = Bed::btrfs();
    let top = bed.all.root();
    let file = bed.file(top, "f", 0);
    let room = bed.all.pool.free();
    let rope = |len| crate::store::Rope { segs: vec![crate::store::Seg::Zero(len)] };
    bed.call(|all, cx| all.write_rope(cx, file, 0, &rope((room - 1) * 4096))).unwrap();
    bed.call(|all, cx| all.sync(cx));
    let other = bed.file(top, "g", 3000);
    assert_eq!(bed.put(other, 4096, &[1; 4096]), Err(Errno::ENOSPC));
    // Even what is there already cannot be written anew: it would go elsewhere first.
    assert_eq!(bed.put(file, 0, b"x"), Err(Errno::ENOSPC));
    bed.remove(top, "g").unwrap();
    bed.put(file, 0, b"x").unwrap();
}

#[test]
fn records_are_as_large_as_small_files_and_whole_for_large_ones() {
    let mut bed = Bed::zfs();
    let top = bed.all.root();
    for (size, sectors) in [(1, 1), (513, 2), (131_072, 256), (131_073, 512), (400_000, 1024)] {
        let file = bed.file(top, &format!("f{size}"), size);
        let (id, own) = split(file);
        let volume = bed.all.tree(id).unwrap().volume;
        assert_eq!(bed.all.pool.mapped(Stream::data(volume, own.0)), Ok(sectors), "{size}");
    }
}

#[test]
fn a_clone_pins_its_origin_and_a_deferred_snapshot_goes_with_the_last() {
    let mut bed = Bed::zfs();
    let name = |it: &str| it.to_owned();
    bed.zfs_ask(Zfs::Create { name: name("tank/a"), props: Vec::new() }).unwrap();
    // The maps of free space grow with each transaction.
    let used = |bed: &Bed| {
        let objects = bed.all.own_zfs().unwrap().objects();
        let maps = bed.all.pool.mapped(Stream::meta(objects, mos::MAPS)).unwrap();
        bed.all.pool.used() - maps
    };
    let before = used(&bed);
    bed.zfs_ask(Zfs::Snapshot { names: vec![name("tank/a@1")] }).unwrap();
    let (snapshot, clone) = (name("tank/a@1"), name("tank/b"));
    bed.zfs_ask(Zfs::Clone { snapshot, name: clone, props: Vec::new() }).unwrap();
    let destroy = |it: &str, defer| Zfs::Destroy { name: it.to_owned(), defer };
    assert_eq!(bed.zfs_ask(destroy("tank/a@1", false)), Err(Errno::EEXIST));
    assert_eq!(bed.zfs_ask(destroy("tank/a", false)), Err(Errno::EBUSY));
    bed.zfs_ask(destroy("tank/a@1", true)).unwrap();
    assert!(bed.zfs_ask(Zfs::Exists { name: name("tank/a@1") }).is_ok());
    bed.zfs_ask(destroy("tank/b", false)).unwrap();
    assert_eq!(bed.zfs_ask(Zfs::Exists { name: name("tank/a@1") }), Err(Errno::ENOENT));
    assert_eq!(used(&bed), before);
}

/// 1 GiB makes a pool of 960 MiB of which 832 MiB can be used, as `zpool create` on a file of that size shows.
#[test]
fn pools_have_the_size_that_zpool_shows() {
    assert_eq!([1u64 << 30, 100 << 20, 10 << 30].map(|it| pool_size(it) >> 20), [960, 80, 9728]);
    let bed = Bed::zfs();
    assert_eq!(zfs::slop(&bed.all.pool) * 512, 128 << 20);
}
