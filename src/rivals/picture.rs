//! What a driver holds, read from its own files and from the storage below.

use crate::drivers::{Driver, by_name, files};
use crate::sys::{AT_FDCWD, Sys, at};
use crate::types::control::{Control, Controlled};
use crate::types::{Dev, FileType, FsId, Ino, Layout, OpenFlags, Run};
use crate::vfs::{Kernel, Pid};
use crate::view::docker::{self, Docker};
use crate::view::rivals::{Further, Item, Pages, Picture, Role};
use std::collections::BTreeSet;

/// The file that tells how page cache is shared, in images made for it.
const LARGE: &str = "/data/big";
/// Runs of storage that a picture shows at most; neighbours are joined beyond.
const RUNS_MAX: usize = 512;
/// Extents of it that a picture shows at most.
const EXTENTS_MAX: usize = 64;
/// Bytes of a block of `stat`.
const SECTOR: u64 = 512;

/// The picture, and how page cache is shared. The kernel is a copy.
pub fn look(kernel: &mut Kernel, pid: Pid) -> (Picture, Option<Pages>) {
    let mut layout = kernel.layouts().into_iter().next().map(condensed);
    let Some(docker) = docker::look(kernel, pid) else {
        return (Picture { layout, ..Picture::default() }, None);
    };
    let Some(driver) = by_name(&docker.driver, &docker.root) else {
        return (Picture { layout, ..Picture::default() }, None);
    };
    let mut items = all(&mut kernel.sys(pid), &*driver, &docker);
    if let Some(layout) = &mut layout {
        name_devices(&mut kernel.sys(pid), &*driver, &items, layout);
    }
    let pages = pages(kernel, pid, (&*driver, &docker));
    if let Some(layout) = &layout {
        items.iter_mut().for_each(|it| share(&mut it.0, &it.1, layout));
    }
    (Picture { items: items.into_iter().map(|it| it.0).collect(), layout }, pages)
}

/// Every item with the driver's name of it.
fn all(sys: &mut dyn Sys, driver: &dyn Driver, docker: &Docker) -> Vec<(Item, String)> {
    let mut out: Vec<(Item, String)> = Vec::new();
    for layer in &docker.layers {
        let id = last(&layer.dir);
        let item = Item { name: layer.by.clone(), parent: layer.parent, ..Item::default() };
        out.push((measured(sys, driver, item, id), id.to_owned()));
    }
    for container in &docker.containers {
        let image = container.image.and_then(|it| docker.images.get(it));
        let top = image.and_then(|it| it.layers.last().copied());
        let (init, own) = (last(&container.init_dir), last(&container.dir));
        for (role, id) in [(Role::Init, init), (Role::Container, own)] {
            let parent = if role == Role::Init { top } else { out.len().checked_sub(1) };
            let item = Item { name: container.name.clone(), role, parent, ..Item::default() };
            out.push((measured(sys, driver, item, id), id.to_owned()));
        }
    }
    out
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Counts what lies in the item's own directory.
fn measured(sys: &mut dyn Sys, driver: &dyn Driver, mut item: Item, id: &str) -> Item {
    let top = driver.own_files(sys, id);
    let mut seen = BTreeSet::new();
    let mut open = vec![top];
    while let Some(dir) = open.pop() {
        let Ok(entries) = files::list(sys, dir.as_bytes()) else { continue };
        for entry in entries {
            let path = format!("{dir}/{}", String::from_utf8_lossy(&entry.name));
            let Ok(attr) = sys.statat(AT_FDCWD, path.as_bytes(), at::SYMLINK_NOFOLLOW) else {
                continue;
            };
            item.names += 1;
            item.marks += u64::from(is_mark(&entry.name, attr.kind, attr.rdev == Dev::new(0, 0)));
            if attr.kind == FileType::Dir {
                open.push(path);
            }
            if attr.nlink < 2 || attr.kind == FileType::Dir || seen.insert(attr.ino) {
                item.own += attr.blocks * SECTOR;
            }
        }
    }
    item.refers = item.own;
    let top = driver.own_files(sys, id);
    item.extents = extents(sys, &top);
    item.further = further(&mut item.extents);
    item
}

/// The extents of the large file in a tree (`FIEMAP`), neighbours that are alike as one; none where files have none.
fn extents(sys: &mut dyn Sys, dir: &str) -> Vec<(u64, bool)> {
    let path = format!("{dir}{LARGE}");
    let flags = OpenFlags::RDONLY | OpenFlags::CLOEXEC;
    let Ok(fd) = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0) else { return Vec::new() };
    let found = sys.control(fd, None, &Control::Extents);
    let _ = sys.close(fd);
    let Ok(Controlled::Extents(found)) = found else { return Vec::new() };
    let mut all: Vec<(u64, bool)> = Vec::new();
    for it in found {
        match all.last_mut() {
            Some(last) if last.1 == it.shared => last.0 += it.len,
            _ => all.push((it.len, it.shared)),
        }
    }
    all
}

/// Cuts what is beyond those that a picture shows, and sums it up.
fn further(all: &mut Vec<(u64, bool)>) -> Further {
    let mut sum = Further::default();
    for (len, shared) in all.drain(all.len().min(EXTENTS_MAX)..) {
        sum.count += 1;
        *if shared { &mut sum.shared } else { &mut sum.own } += len;
    }
    sum
}

/// A whiteout: device 0:0 of overlayfs, `.wh.NAME` of AUFS.
fn is_mark(name: &[u8], kind: FileType, zero: bool) -> bool {
    let aufs = name.starts_with(b".wh.") && !name.starts_with(b".wh..wh.");
    kind == FileType::Chr && zero || aufs && kind == FileType::Reg
}

/// Where storage is shared, what an item alone holds is told by the storage.
fn share(item: &mut Item, id: &str, layout: &Layout) {
    let found = layout.volumes.iter().find(|it| !it.frozen && last(&it.name).ends_with(id));
    if let Some(volume) = found.filter(|_| !id.is_empty()) {
        (item.own, item.refers) = (volume.exclusive, volume.refers);
    }
}

/// A device of a pool that nobody uses has only a number there; the driver's records say whose it is.
fn name_devices(
    sys: &mut dyn Sys,
    driver: &dyn Driver,
    items: &[(Item, String)],
    layout: &mut Layout,
) {
    for (_, id) in items.iter().filter(|it| !it.1.is_empty()) {
        let data = driver.metadata(sys, id).unwrap_or_default();
        let of = |key: &str| data.iter().find(|it| it.0 == key).map(|it| it.1.clone());
        let (Some(number), Some(name)) = (of("DeviceId"), of("DeviceName")) else { continue };
        let number = format!("thin {number}");
        if let Some(volume) = layout.volumes.iter_mut().find(|it| it.name == number) {
            volume.name = name;
        }
    }
}

/// How many inodes the running containers read the large file from.
fn pages(kernel: &mut Kernel, pid: Pid, (driver, docker): (&dyn Driver, &Docker)) -> Option<Pages> {
    let mut sources: BTreeSet<(FsId, Ino)> = BTreeSet::new();
    let mut pages = Pages::default();
    for container in docker.containers.iter().filter(|it| it.is_running()) {
        let mut sys = kernel.sys(pid);
        let Ok(merged) = driver.get(&mut sys, last(&container.dir)) else { continue };
        let path = format!("{merged}{LARGE}");
        let flags = OpenFlags::RDONLY | OpenFlags::CLOEXEC;
        let Ok(fd) = sys.openat(AT_FDCWD, path.as_bytes(), flags, 0) else { continue };
        let size = sys.fstat(fd).map_or(0, |it| it.size);
        if let Ok(source) = sys.page_source(fd) {
            pages.containers += 1;
            if sources.insert(source) {
                pages.bytes += size;
            }
        }
        let _ = sys.close(fd);
    }
    pages.inodes = sources.len();
    (pages.containers > 0).then_some(pages)
}

/// Joins neighbours until few enough are left: a joined run has the most references of its parts.
fn condensed(mut layout: Layout) -> Layout {
    while layout.runs.len() > RUNS_MAX {
        let joined = layout.runs.chunks(2).map(|pair| match pair {
            [a, b] => Run { at: a.at, len: b.at + b.len - a.at, refs: a.refs.max(b.refs) },
            _ => pair[0],
        });
        layout.runs = joined.collect();
    }
    layout
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_a_picture_is_summed_up() {
        let mut all: Vec<(u64, bool)> = (0..70).map(|at| (4096 + at, at % 2 == 0)).collect();
        let sum = |all: &[(u64, bool)]| all.iter().filter(|it| !it.1).map(|it| it.0).sum::<u64>();
        let own = sum(&all);
        let further = further(&mut all);
        assert_eq!((all.len(), further.count), (EXTENTS_MAX, 6));
        let item = Item { extents: all, further, ..Item::default() };
        assert_eq!(item.extents_in_all(), (70, own));
        let mut few = vec![(4096, true)];
        assert_eq!((super::further(&mut few), few.len()), (Further::default(), 1));
    }
}
