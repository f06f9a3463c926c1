use super::changes::{self, Kind};
use super::diff::Parts;
use super::*;
use crate::machine::Machine;
use crate::oci::digest::Digest;
use crate::oci::engine::Engine;
use crate::oci::engine::layers::Digesting;
use crate::tar::Kind as Tar;
use crate::types::FileType;
use crate::vfs::SysOf;

/// A layer from a short form: `d/`, `f=text`, `.wh.x`.
fn source(words: &'static str) -> impl FnMut() -> Answer<Option<Part>> {
    let mut words = words.split_whitespace();
    move || {
        let Some(word) = words.next() else { return Ok(None) };
        let (path, data) = word.split_once('=').unwrap_or((word, ""));
        let is_dir = path.ends_with('/');
        let (kind, bits, mode) = match is_dir {
            true => (Tar::Dir, FileType::Dir, 0o755),
            false => (Tar::Reg, FileType::Reg, 0o644),
        };
        let mut entry = Entry::new(path.trim_end_matches('/'), kind, bits.bits() | mode);
        entry.size = data.len() as u64;
        entry.mtime = crate::types::Timespec::new(1_600_000_000, 0);
        Ok(Some(apply::part(entry, data.as_bytes().to_vec())))
    }
}

fn with(test: impl FnOnce(&mut SysOf<'_>)) {
    let mut machine = Machine::boot();
    let pid = machine.init();
    test(&mut machine.kernel.sys(pid));
}

fn text(sys: &mut dyn Sys, path: &str) -> String {
    String::from_utf8(files::read(sys, path).unwrap()).unwrap()
}

/// Names in a driver's archive of a layer.
fn names(driver: &dyn Driver, sys: &mut dyn Sys, id: &str, parent: Option<&str>) -> String {
    let mut parts = Parts::default();
    driver.diff(sys, id, parent, &mut parts).unwrap();
    let names = parts.all.iter().map(|it| String::from_utf8_lossy(&it.0.path).into_owned());
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn overlay2_lies_on_disk_as_docker_has_it() {
    with(|sys| {
        let driver = overlay2::Overlay2::new("/docker");
        driver.create(sys, "base", None).unwrap();
        driver.apply_diff(sys, "base", None, &mut source("d/ d/x=1 gone=2")).unwrap();
        assert_eq!(files::names(sys, "/docker/overlay2/base"), ["diff", "link"]);
        driver.create(sys, "top", Some("base")).unwrap();
        driver.create_read_write(sys, "rw", Some("top")).unwrap();
        assert_eq!(files::names(sys, "/docker/overlay2/base"), ["committed", "diff", "link"]);
        let top = files::names(sys, "/docker/overlay2/top");
        assert_eq!(top, ["committed", "diff", "link", "lower", "work"]);
        assert_eq!(files::names(sys, "/docker/overlay2/rw"), ["diff", "link", "lower", "work"]);
        let (base, top) =
            (text(sys, "/docker/overlay2/base/link"), text(sys, "/docker/overlay2/top/link"));
        assert_eq!((base.len(), base.trim() == base), (26, true));
        assert_eq!(text(sys, "/docker/overlay2/rw/lower"), format!("l/{top}:l/{base}"));
        let link =
            sys.readlinkat(crate::sys::AT_FDCWD, format!("/docker/overlay2/l/{top}").as_bytes());
        assert_eq!(link.unwrap(), b"../top/diff");
        let merged = driver.get(sys, "rw").unwrap();
        assert_eq!(merged, "/docker/overlay2/rw/merged");
        assert_eq!(files::names(sys, &merged), ["d", "gone"]);
        files::write(sys, &format!("{merged}/d/new"), b"n", 0o644).unwrap();
        sys.unlinkat(crate::sys::AT_FDCWD, format!("{merged}/gone").as_bytes(), 0).unwrap();
        assert_eq!(names(&driver, sys, "rw", Some("top")), "d d/new .wh.gone");
        driver.put(sys, "rw").unwrap();
        assert!(!files::exists(sys, &merged));
        assert_eq!(driver.diff_size(sys, "rw", Some("top")), Ok(1));
        driver.remove(sys, "rw").unwrap();
        assert_eq!(files::names(sys, "/docker/overlay2/l").len(), 2);
    });
}

#[test]
fn a_layer_has_the_same_effect_in_both_drivers() {
    let layers =
        ["d/ d/x=1 e/ e/y=2 gone=3 file=4", ".wh.gone d/ d/.wh..wh..opq d/n=5 e/.wh.y file=longer"];
    let mut seen = Vec::new();
    for name in ["overlay2", "vfs", "aufs"] {
        with(|sys| {
            let driver = by_name(name, "/docker").unwrap();
            driver.create(sys, "base", None).unwrap();
            driver.apply_diff(sys, "base", None, &mut source(layers[0])).unwrap();
            driver.create(sys, "top", Some("base")).unwrap();
            driver.apply_diff(sys, "top", Some("base"), &mut source(layers[1])).unwrap();
            let (old, new) = (driver.get(sys, "base").unwrap(), driver.get(sys, "top").unwrap());
            let found = changes::between(sys, Some(&old), &new).unwrap();
            let shown = |it: &changes::Change| {
                format!("{} {}", it.kind.letter(), String::from_utf8_lossy(&it.path))
            };
            assert_eq!(found.iter().filter(|it| it.kind == Kind::Deleted).count(), 3, "{name}");
            seen.push(found.iter().map(shown).collect::<Vec<_>>().join(" "));
        });
    }
    assert_eq!(seen[0], "C /d A /d/n D /d/x C /e D /e/y C /file D /gone");
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

/// containers.md F2 and E2, measured with dockerd 19.03 on Linux 5.4.
#[test]
fn aufs_lies_on_disk_as_docker_had_it() {
    with(|sys| {
        let driver = aufs::Aufs::new("/docker");
        driver.create(sys, "base", None).unwrap();
        let base = "olddir/ olddir/z=1 www/ www/one=1 www/two=2";
        driver.apply_diff(sys, "base", None, &mut source(base)).unwrap();
        driver.create(sys, "rw-init", Some("base")).unwrap();
        driver.create_read_write(sys, "rw", Some("rw-init")).unwrap();
        assert_eq!(files::names(sys, "/docker/aufs"), ["diff", "layers", "mnt"]);
        assert_eq!(text(sys, "/docker/aufs/layers/rw"), "rw-init\nbase\n");
        assert_eq!(text(sys, "/docker/aufs/layers/base"), "");
        assert_eq!(files::names(sys, "/docker/aufs/mnt"), ["base", "rw", "rw-init"]);
        let mnt = driver.get(sys, "rw").unwrap();
        assert_eq!(mnt, "/docker/aufs/mnt/rw");
        let line = text(sys, "/proc/self/mounts");
        assert!(line.trim_end().ends_with(",dio,dirperm1 0 0"), "{line}");
        for name in ["www/one", "www/two", "olddir/z"] {
            sys.unlinkat(crate::sys::AT_FDCWD, format!("{mnt}/{name}").as_bytes(), 0).unwrap();
        }
        files::remove_all(sys, format!("{mnt}/olddir").as_bytes()).unwrap();
        files::mkdir(sys, &format!("{mnt}/olddir"), 0o755).unwrap();
        files::write(sys, &format!("{mnt}/olddir/nn"), b"n", 0o644).unwrap();
        files::mkdir(sys, &format!("{mnt}/newdir"), 0o755).unwrap();
        let found = driver.own_changes(sys, "rw").unwrap().unwrap();
        let shown = |it: &changes::Change| {
            format!("{} {}", it.kind.letter(), String::from_utf8_lossy(&it.path))
        };
        let found: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(
            found,
            [
                "A /newdir",
                "C /olddir",
                "D /olddir/.wh..opq",
                "A /olddir/nn",
                "C /www",
                "D /www/one",
                "D /www/two"
            ]
        );
        driver.put(sys, "rw").unwrap();
        assert!(files::names(sys, &mnt).is_empty(), "the mount point stays");
        let mut parts = Parts::default();
        driver.diff(sys, "rw", Some("rw-init"), &mut parts).unwrap();
        let shown = |it: &Part| {
            let link = matches!(it.0.kind, Tar::Link(_));
            format!(
                "{} {:o}{}",
                String::from_utf8_lossy(&it.0.path),
                it.0.mode & 0o777,
                if link { " link" } else { "" }
            )
        };
        let entries: Vec<String> = parts.all.iter().map(shown).collect();
        assert_eq!(
            entries,
            [
                "newdir 755",
                "olddir 755",
                "olddir/.wh..wh..opq 444",
                "olddir/nn 644",
                "www 755",
                "www/.wh.one 444 link",
                "www/.wh.two 444 link",
            ]
        );
        assert_eq!(driver.metadata(sys, "rw"), None);
        driver.remove(sys, "rw").unwrap();
        assert_eq!(files::names(sys, "/docker/aufs/diff"), ["base", "rw-init"]);
        assert_eq!(files::names(sys, "/docker/aufs/layers"), ["base", "rw-init"]);
    });
}

#[test]
fn aufs_stacks_as_many_layers_as_it_has_branches() {
    with(|sys| {
        let driver = aufs::Aufs::new("/docker");
        driver.create(sys, "0", None).unwrap();
        for n in 1..=127 {
            driver.create(sys, &n.to_string(), Some(&(n - 1).to_string())).unwrap();
        }
        driver.apply_diff(sys, "0", None, &mut source("deep=1")).unwrap();
        let at = driver.get(sys, "126").unwrap();
        assert_eq!(text(sys, &format!("{at}/deep")), "1");
        let failure = driver.get(sys, "127").unwrap_err();
        assert!(failure.0.starts_with("error creating aufs mount to "), "{failure}");
    });
}

#[test]
fn what_goes_in_comes_out_with_the_same_digest() {
    let words = "d/ d/x=1 d/y=2 file=4";
    with(|sys| {
        let driver = by_name("overlay2", "/docker").unwrap();
        let mut digesting = Digesting::default();
        let mut layer = source(words);
        while let Some((entry, data)) = layer().unwrap() {
            digesting.entry(&entry).unwrap();
            if let Some(crate::store::Seg::Shared { bytes, .. }) = data.segs.first() {
                digesting.data(bytes).unwrap();
            }
            digesting.end(&entry).unwrap();
        }
        driver.create(sys, "base", None).unwrap();
        driver.apply_diff(sys, "base", None, &mut source(words)).unwrap();
        let mut again = Digesting::default();
        driver.diff(sys, "base", None, &mut again).unwrap();
        assert_eq!(again.finish(), digesting.finish());
    });
}

#[test]
fn hostile_and_odd_layers_end_as_in_docker() {
    with(|sys| {
        for (at, (words, why)) in [
            ("../evil=1", "entry \"../evil\": the name leaves the root of the archive"),
            ("x=1 .wh.x", "mknod /x: file exists"),
            (".wh.=1", "mknod /: file exists"),
            ("f=1 f/x=1", "open f/x: not a directory"),
        ]
        .into_iter()
        .enumerate()
        {
            let driver = overlay2::Overlay2::new("/docker");
            let id = format!("layer{at}");
            driver.create(sys, &id, None).unwrap();
            let done = driver.apply_diff(sys, &id, None, &mut source(words));
            assert_eq!(done, Err(Failure(why.to_owned())), "{words}");
        }
        assert!(!files::exists(sys, "/docker/evil"));
    });
}

#[test]
fn depth_has_a_limit_and_nothing_remains_of_one_too_many() {
    with(|sys| {
        let driver = overlay2::Overlay2::new("/docker");
        driver.create(sys, "0", None).unwrap();
        for at in 1..=overlay2::DEPTH_MAX {
            driver.create(sys, &at.to_string(), Some(&(at - 1).to_string())).unwrap();
        }
        let last = overlay2::DEPTH_MAX.to_string();
        // All of them fit into one page of options.
        let merged = driver.get(sys, &last).unwrap();
        assert!(files::exists(sys, &merged));
        driver.put(sys, &last).unwrap();
        let failed = driver.create(sys, "more", Some(&last));
        assert_eq!(failed, Err(Failure("max depth exceeded".to_owned())));
        assert!(!files::exists(sys, "/docker/overlay2/more"));
    });
}

#[test]
fn layers_are_kept_once_and_freed_when_nothing_stands_on_them() {
    with(|sys| {
        let engine = Engine::open(sys).unwrap();
        let base = engine.register(sys, None, None, &mut source("a=1")).unwrap();
        let again = engine.register(sys, None, None, &mut source("a=1")).unwrap();
        assert_eq!(base, again);
        let top = engine.register(sys, Some(base.chain), None, &mut source("b=22")).unwrap();
        assert_eq!((base.size, top.size), (1, 2));
        assert_eq!(top.chain, Digest::of(format!("{} {}", base.diff_id, top.diff_id).as_bytes()));
        assert_eq!(engine.layers(sys).len(), 2);
        assert_eq!(engine.release(sys, base.chain).unwrap(), [], "top stands on it");
        assert_eq!(engine.release(sys, top.chain).unwrap(), [top.chain, base.chain]);
        assert_eq!(files::names(sys, "/var/lib/docker/overlay2"), ["l"]);
    });
}
